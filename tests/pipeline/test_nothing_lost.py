"""Hostile cells, typed names, old codes, faults: everything is loaded, or set aside with a reason and mendable."""

from __future__ import annotations

import csv
import shutil
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest
from support import shared

import resilience_stats as rs
from resilience_stats.cohort import load_cohort, write_set_aside
from resilience_stats.cohort.lineage import CARRIED
from resilience_stats.errors import DataError
from resilience_stats.loaders import load_phq, match_instrument
from resilience_stats.loaders.table import as_frame, load
from resilience_stats.report.commands import run_command
from resilience_stats.synthetic import write_example

FORMULA = '=HYPERLINK("http://x.example","y")'
HOSTILE = {
    "formula": FORMULA,
    "script": "<script>alert(1)</script>",
    "typst": '#read("/etc/passwd") *bold* $x$ @label',
    "control": "Ab\x07bey\x1b[31m",
    "direction": "Abbey \u202eyegrus\u2066",
    "long": "x" * 100_000,
    "path": "../../../../etc/passwd",
    "plus": "+44 1234 567890",
    "at": "@SUM(A1:A9)",
}


@pytest.fixture(scope="module")
def example(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_example(tmp_path_factory.mktemp("example"), practices=60, responses=45).path.parent


@pytest.fixture
def study(example: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(example, tmp_path / "study"))


def rows_of(path: Path) -> list[list[str]]:
    with path.open(encoding="utf-8-sig", newline="") as stream:
        return list(csv.reader(stream))


def write_rows(path: Path, rows: list[list[str]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as stream:
        csv.writer(stream).writerows(rows)


def balanced(accounts: pd.DataFrame) -> bool:
    signed = accounts["rows"].where(accounts["reason"].eq("read"), -accounts["rows"])
    return bool(signed.groupby(accounts["file"]).sum().eq(0).all())


def test_hostile_cells_are_data(study: Path) -> None:
    phq = rows_of(study / "phq_2018.csv")
    role, name = phq[0].index("respondent_role"), phq[0].index("practice_name")
    for k, text in enumerate(HOSTILE.values(), start=1):
        phq[k][role] = phq[k][name] = text
    write_rows(study / "phq_2018.csv", phq)
    register = rows_of(study / "practice_register.csv")
    place = register[0].index("place")
    for k, text in enumerate(HOSTILE.values(), start=1):
        register[k][place] = register[k][register[0].index("practice_name")] = text
    write_rows(study / "practice_register.csv", register)
    cohort = load_cohort(study)
    assert balanced(cohort.row_accounts)
    assert len(cohort.practices) == 60
    # Typed names that are formulas are kept as texts; the long one is cut, control characters are taken out.
    assert FORMULA in set(cohort.practices["place"])
    assert cohort.practices["place"].str.len().max() <= 32_767
    assert not cohort.practices["place"].str.contains("[\x00-\x08\x1b]", regex=True).any()
    problems = rs.check_study(study)
    rules = set(problems.loc[problems["file"].isin(["phq_2018.csv", "practice_register.csv"]), "rule"])
    assert all(any(word in rule for rule in rules) for word in ("formula", "control character", "too long"))
    assert problems["severity"].eq("note").all()
    assert not (study.parent / "etc").exists()


def test_hostile_cells_in_rows_to_mend_are_harmless(study: Path, tmp_path: Path) -> None:
    phq = rows_of(study / "phq_2018.csv")
    code, role = phq[0].index("practice_code"), phq[0].index("respondent_role")
    item = phq[0].index("leadership_1")
    for k, text in enumerate(HOSTILE.values(), start=1):
        phq[k][role], phq[k][item] = text, "9"
    phq[len(HOSTILE) + 1][code] = FORMULA
    phq.append(["ragged", FORMULA])
    write_rows(study / "phq_2018.csv", phq)
    cohort = load_cohort(study)
    assert balanced(cohort.row_accounts)
    (written,) = [p for p in write_set_aside(cohort, tmp_path / "aside") if p.name.startswith("phq_2018")]
    sheet = rows_of(written)
    assert sheet[0][:2] == ["reason", "row"]
    by_line = {int(r[sheet[0].index("row")]): r for r in sheet[1:]}
    for k in range(1, len(HOSTILE) + 1):
        assert by_line[k + 1][0] == "not an option"
        assert by_line[k + 1][sheet[0].index("leadership_1")] == "9"
    assert by_line[len(phq)][0] == "ragged row"
    assert len(by_line) == len(sheet) - 1
    cells = [cell for row in sheet for cell in row]
    assert not [
        c for c in cells if c.startswith(("=", "@", "+", "-")) and not c.lstrip("+-").replace(".", "").isdigit()
    ]
    assert f"'{FORMULA}" in cells
    assert "../../../../etc/passwd" in cells
    assert max(map(len, cells)) <= 32_767
    assert not any(ch in c for c in cells for ch in "\x00\x07\x1b\u202e\u2066")
    # Mended and run again, the file of that run is gone.
    write_rows(study / "phq_2018.csv", [phq[0], *phq[len(HOSTILE) + 2 : -1]])
    again = write_set_aside(load_cohort(study), tmp_path / "aside")
    assert not any("not an option" in p.read_text(encoding="utf-8-sig") for p in again)


def test_a_name_typed_for_a_code_is_matched_or_listed(study: Path, tmp_path: Path) -> None:
    register = {r[0]: r[1] for r in rows_of(study / "practice_register.csv")[1:]}
    phq = rows_of(study / "phq_2018.csv")
    code, name = phq[0].index("practice_code"), phq[0].index("practice_name")
    known = [k for k in range(1, len(phq)) if list(register.values()).count(register.get(phq[k][code], "")) == 1]
    sure, blank, doubtful = known[:3]
    right = [phq[k][code] for k in (sure, blank)]
    phq[sure][code], phq[sure][name] = f"The {register[right[0]]}".upper(), ""
    phq[blank][code], phq[blank][name] = "", register[right[1]]
    wanted = register[phq[doubtful][code]]
    phq[doubtful][code] = wanted[: len(wanted) // 2] + " Srgry xx"
    write_rows(study / "phq_2018.csv", phq)
    cohort = load_cohort(study)
    matches = cohort.name_matches.set_index("row")
    assert matches.loc[[sure + 1, blank + 1], "practice_code"].tolist() == right
    assert matches.loc[[sure + 1, blank + 1], "score"].min() >= 0.97
    assert matches.loc[doubtful + 1, "decision"] != "accepted"
    waves = cohort.responses[cohort.responses["wave"].eq(2018)]
    assert set(right) <= set(waves["written_code"])
    aside = cohort.set_aside.query("reason == 'doubtful practice name'")
    assert aside["row"].tolist() == [doubtful + 1]
    assert any(n.code == "names-matched" for n in cohort.notes)
    assert balanced(cohort.row_accounts)
    problems = rs.check_study(study).set_index("rule")
    assert problems.loc["doubtful practice name", "severity"] == "error"
    assert problems.loc["practice name instead of a code", "row"].tolist() == [sure + 1, blank + 1]
    (sheet,) = [p for p in write_set_aside(cohort, tmp_path / "aside") if p.name.startswith("phq_2018")]
    assert {"candidate", "score"} <= set(rows_of(sheet)[0])


def test_an_account_that_does_not_balance_stops_the_run(study: Path) -> None:
    loaded = load(study / "programmes.csv", "programmes")
    short = replace(
        loaded, frame=loaded.frame.iloc[1:], account=({**loaded.account[0]}, {**loaded.account[1], "rows": 1})
    )
    with pytest.raises(DataError, match="does not balance"):
        as_frame(short)
    lost = replace(loaded, account=(loaded.account[0], {**loaded.account[1], "rows": loaded.account[1]["rows"] - 1}, {
        "file": "programmes.csv", "reason": "blank", "rows": 1}))  # fmt: skip
    with pytest.raises(DataError, match="does not balance"):
        as_frame(lost)


def test_researchers_tables_are_lineage(study: Path, example: Path) -> None:
    folder = shared("data/closures")
    for name in ("merger_lookup_2020-04.csv", "closed_or_merged.csv"):
        shutil.copy(folder / name, study / name)
    text = (study / "study.toml").read_text(encoding="utf-8")
    lines = '[files]\nmerger_lookup = "merger_lookup_2020-04.csv"\nclosures = "closed_or_merged.csv"\n'
    (study / "study.toml").write_text(text.replace("[files]\n", lines), encoding="utf-8")
    lookup = rows_of(study / "merger_lookup_2020-04.csv")
    moved = next(r for r in lookup[1:] if r[0] != r[1] and r[5].endswith("2016"))
    closed = next(r[0] for r in rows_of(study / "closed_or_merged.csv")[1:] if r[2] == "Closed")
    register = rows_of(study / "practice_register.csv")
    heir = register[1][0]
    phq = rows_of(study / "phq_2018.csv")
    code, wave = phq[0].index("practice_code"), phq[0].index("response_id")
    # The look-up names a practice of this study as the heir: an answer from before, a rating from after.
    phq += [[*phq[1][:wave], "late", *phq[1][wave + 1 :]], [*phq[1][:wave], "shut", *phq[1][wave + 1 :]]]
    phq[-2][code], phq[-1][code] = moved[1], closed
    write_rows(study / "phq_2018.csv", phq)
    for row in lookup:
        if row[1] == moved[1]:
            row[0] = heir
    write_rows(study / "merger_lookup_2020-04.csv", lookup)
    cohort = load_cohort(study)
    assert balanced(cohort.row_accounts)
    joined = pd.concat([cohort.responses, cohort.other_responses]).set_index("response_id")
    assert joined.loc["late", ["practice_code", "written_code", "link"]].tolist() == [heir, moved[1], CARRIED]
    assert "closed, on a day not known" in set(cohort.set_aside["reason"])
    stage = cohort.join_audit.query("stage == 'response to rating'")
    assert stage["matched"].sum() + stage["unmatched"].sum() == stage["rows"].iloc[0]
    assert {CARRIED, "closed, on a day not known"} <= set(stage["reason"])
    assert sum(n.code == "research-lineage" for n in cohort.notes) == 2
    problems = rs.check_study(study)
    assert set(problems.loc[problems["found"].isin([moved[1], closed]), "rule"]) == {"old code"}


def test_a_rating_from_after_the_census_is_said_to_hide_the_one_before(study: Path) -> None:
    cohort = load_cohort(study)
    hidden = cohort.tables["cqc_directory_later"].index.difference(cohort.tables["cqc_directory"].index)
    (told,) = [n.message for n in cohort.notes if n.code == "rating-hidden"]
    assert told.startswith(f"Of {len(hidden)} practices")


def test_check_passes_on_notes_and_not_on_faults(study: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run_command(["check", str(study)]) == 0
    shown = capsys.readouterr()
    assert "No problem found" in shown.err
    assert len(shown.out.splitlines()) < 30
    path = study / "programmes.csv"
    path.write_text(path.read_text(encoding="utf-8").replace("GPRP", "GPPR", 1), encoding="utf-8")
    assert run_command(["check", str(study)]) == 12
    assert "1 problem found" in capsys.readouterr().err
    sheet = rows_of(study / "set-aside" / "programmes.csv.set-aside.csv")
    assert sheet[1][0] == "not in the list"
    assert "GPPR" in sheet[1]


def test_a_question_map_is_drafted_confirmed_and_used(study: Path, capsys: pytest.CaptureFixture[str]) -> None:
    phq = rows_of(study / "phq_2018.csv")
    at = phq[0].index("leadership_1")
    phq[0][at] = "Partners share one clear direction for the practice"
    write_rows(study / "phq_2018.csv", phq)
    export, drafted = study / "phq_2018.csv", study / "phq_2018-questions.csv"
    assert run_command(["instrument", "match", str(export), "--instrument", "phq"]) == 0
    assert "1 are for you to decide" in capsys.readouterr().err
    draft = rows_of(drafted)
    asked = {r[0]: r for r in draft[1:]}
    assert asked[phq[0][at]][1] == match_instrument(export).set_index("question").loc[phq[0][at], "item_id"]
    with pytest.raises(DataError, match="missing column"):
        load_phq(export, question_map=drafted)
    confirmed = draft[0].index("confirmed")
    write_rows(drafted, [draft[0], *([*r[:confirmed], "yes", *r[confirmed + 1 :]] for r in draft[1:])])
    assert load_phq(export, question_map=drafted)["leadership_1"].notna().any()
    # A draft that may hold decisions is not written over.
    assert run_command(["instrument", "match", str(export)]) == 10


def test_a_file_of_after_the_census_enters_nothing(study: Path) -> None:
    old, new = "practice_level_2019-09.csv", "practice_level_2020-03.csv"
    (study / old).rename(study / new)
    text = (study / "study.toml").read_text(encoding="utf-8")
    (study / "study.toml").write_text(text.replace(old, new), encoding="utf-8")
    cohort = load_cohort(study)
    assert cohort.tables["workforce"].empty
    audit = cohort.join_audit.query("table == 'workforce' and unmatched > 0")
    assert audit[["unmatched", "reason"]].to_numpy().tolist() == [[60, "after the census date"]]
    assert rs.build_features(cohort).frame["gp_fte_per_1000"].isna().all()
    assert balanced(cohort.row_accounts)
