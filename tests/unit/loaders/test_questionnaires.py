"""Questionnaires: four layouts, labels or numbers, kinds of missing, waves, maps."""

from __future__ import annotations

import csv
import datetime as dt
import json
from pathlib import Path

import openpyxl
import pandas as pd
import pytest

from resilience_stats.errors import DataError, ModelError
from resilience_stats.loaders import load_phq, load_rat, match_instrument, one_response_per_practice
from resilience_stats.loaders.exports import month_first, question_key, recognise
from resilience_stats.resources import schema_directory
from resilience_stats.schema import Instrument, load_instrument

PHQ, RAT = load_instrument("phq"), load_instrument("rat")
FIRST = PHQ.items[0]
LABELS = [[i.options[(k + j) % len(i.options)].label for j, i in enumerate(PHQ.items)] for k in range(3)]
VALUES = [[i.options[(k + j) % len(i.options)].value for j, i in enumerate(PHQ.items)] for k in range(3)]
CODES = ["E81001", "E81002", "E81003"]


def put(path: Path, rows: list[list[object]]) -> Path:
    with path.open("w", encoding="utf-8", newline="") as stream:
        csv.writer(stream).writerows(rows)
    return path


def plain(path: Path, **change: str) -> Path:
    header = ["response_id", "practice_code", "completed_at", "wave", *PHQ.item_ids]
    rows: list[list[object]] = [[f"R{k}", CODES[k], "2019-11-04 10:14", "2019", *VALUES[k]] for k in range(3)]
    for name, value in change.items():
        rows[0][header.index(name)] = value
    return put(path, [header, *rows])


def forms(path: Path) -> Path:
    book = openpyxl.Workbook()
    page = book.active
    questions = [f"{k}.\u00a0{i.text.replace(' ', chr(160), 1)}?" for k, i in enumerate(PHQ.items, 1)]
    page.append(["ID", "Start time", "Completion time", "Email", "Name", "Practice\u00a0code", "Your role", *questions])
    for k in range(3):
        start = dt.datetime(2019, 11, 4, 10)
        page.append(
            [k + 1, start, start + dt.timedelta(minutes=14), "anonymous", "", CODES[k], "GP partner", *LABELS[k]]
        )
    book.save(path)
    return path


def survey_monkey(path: Path) -> Path:
    fixed = ["Respondent ID", "Collector ID", "Start Date", "End Date", "IP Address", "Practice code", "Your role"]
    under: list[object] = ["", "", "", "", "", "Open-Ended Response", "Response"]
    by_area = [[i for i in PHQ.items if i.area == a.id] for a in PHQ.areas]
    top: list[object] = [*fixed]
    for items in by_area:
        top += [f"How far do you agree? ({items[0].area})", *[""] * (len(items) - 1)]
        under += [i.text for i in items]
    order = [PHQ.item_ids.index(i.id) for items in by_area for i in items]
    rows: list[list[object]] = [
        [
            k,
            9,
            "11/04/2019 10:00:00 AM",
            "11/04/2019 02:14:00 PM",
            "1.2.3.4",
            CODES[k],
            "GP partner",
            *(LABELS[k][j] for j in order),
        ]
        for k in range(3)
    ]
    return put(path, [top, under, *rows])


def google(path: Path) -> Path:
    header = ["Timestamp", "Practice code", "Your role", *(f"About you [{i.text}]" for i in PHQ.items)]
    return put(path, [header, *(["04/11/2019 10:14:00", CODES[k], "GP partner", *LABELS[k]] for k in range(3))])


LAYOUTS = {
    "plain": (plain, "p.csv"),
    "microsoft_forms": (forms, "f.xlsx"),
    "survey_monkey": (survey_monkey, "s.csv"),
    "google_forms": (google, "g.csv"),
}


@pytest.mark.parametrize("layout", LAYOUTS)
def test_every_layout_gives_the_same_coded_answers(layout: str, tmp_path: Path) -> None:
    make, name = LAYOUTS[layout]
    frame = load_phq(make(tmp_path / name))
    assert frame.attrs["source"]["layout"] == layout
    assert frame[list(PHQ.item_ids)].astype(int).values.tolist() == VALUES
    assert frame["practice_code"].tolist() == CODES
    assert frame["wave"].tolist() == [2019] * 3
    assert frame["completed_at"].dt.date.unique().tolist() == [dt.date(2019, 11, 4)]
    assert frame["response_id"].is_unique
    assert frame[[f"{i}_missing" for i in PHQ.item_ids]].isna().all(axis=None)
    fixed = ["response_id", "practice_code", "practice_name", "respondent_role", "started_at", "completed_at", "wave"]
    assert frame.columns[:7].tolist() == fixed


def test_no_personal_column_is_kept(tmp_path: Path) -> None:
    for make, name in (LAYOUTS["microsoft_forms"], LAYOUTS["survey_monkey"]):
        frame = load_phq(make(tmp_path / name))
        assert not {"Email", "Name", "IP Address"} & set(frame.columns)


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("", "not_answered"),
        ("Don\u2019t know", "dont_know"),
        ("N/A", "not_applicable"),
        ("not asked", "not_asked"),
        ("NA", "not_applicable"),
        ("prefer not to say", "not_answered"),
    ],
)
def test_a_missing_answer_keeps_its_kind(tmp_path: Path, text: str, kind: str) -> None:
    frame = load_phq(plain(tmp_path / "p.csv", **{FIRST.id: text}))
    assert frame[FIRST.id].isna().tolist() == [True, False, False]
    assert frame[f"{FIRST.id}_missing"].iloc[0] == kind
    assert str(frame[FIRST.id].dtype) == "Int64"


@pytest.mark.parametrize("text", ["9", "0", "3.5", "Agre", "5 stars", "\x1f", "\u00a0"])
def test_an_answer_that_is_no_option_is_an_error_with_the_options(tmp_path: Path, text: str) -> None:
    with pytest.raises(DataError, match=f"row 2, column {FIRST.id}.*1 Strongly disagree"):
        load_phq(plain(tmp_path / "p.csv", **{FIRST.id: text}))
    frame = load_phq(plain(tmp_path / "p.csv", **{FIRST.id: text}), on_error="set_aside")
    assert frame["practice_code"].tolist() == CODES[1:]
    assert frame.attrs["set_aside"]["reason"].tolist() == ["not an option"]


def test_a_missing_item_column_is_an_error_and_an_item_not_asked_in_the_wave_is_not(tmp_path: Path) -> None:
    path = plain(tmp_path / "p.csv")
    rows = [line.split(",")[:-1] for line in path.read_text(encoding="utf-8").splitlines()]
    put(path, rows)
    with pytest.raises(DataError, match=f"column {PHQ.item_ids[-1]}: missing column"):
        load_phq(path)
    content = json.loads((schema_directory() / "instruments" / "phq.json").read_text(encoding="utf-8"))
    content["items"][-1]["waves"] = [2021]
    mine = tmp_path / "mine.json"
    mine.write_text(json.dumps(content), encoding="utf-8")
    frame = load_phq(path, instrument=mine, wave=2019)
    assert frame[f"{PHQ.item_ids[-1]}_missing"].tolist() == ["not_asked"] * 3


def with_waves(path: Path, *waves: int) -> Path:
    """The instrument with a last item that only these waves were asked."""
    content = json.loads((schema_directory() / "instruments" / "phq.json").read_text(encoding="utf-8"))
    content["items"][-1]["waves"] = list(waves)
    path.write_text(json.dumps(content), encoding="utf-8")
    return path


def test_an_item_of_some_waves_is_read_from_a_file_that_does_not_say_its_wave(tmp_path: Path) -> None:
    last = PHQ.item_ids[-1]
    everyone = load_phq(forms(tmp_path / "f.xlsx"))
    mine = with_waves(tmp_path / "mine.json", int(everyone["wave"].iloc[0]))
    asked = load_phq(tmp_path / "f.xlsx", instrument=mine)
    assert asked[last].notna().any()
    assert asked[last].tolist() == everyone[last].tolist()
    assert asked[f"{last}_missing"].equals(everyone[f"{last}_missing"])


def test_an_item_of_some_waves_that_has_no_column_is_missed_where_it_was_asked(tmp_path: Path) -> None:
    path, last = plain(tmp_path / "p.csv"), PHQ.item_ids[-1]
    wave = int(load_phq(path)["wave"].iloc[0])
    put(path, [line.split(",")[:-1] for line in path.read_text(encoding="utf-8").splitlines()])
    with pytest.raises(DataError, match=f"{last}.*missing column.*asked in {wave}"):
        load_phq(path, instrument=with_waves(tmp_path / "mine.json", wave))
    other = load_phq(path, instrument=with_waves(tmp_path / "mine.json", wave + 1))
    assert other[f"{last}_missing"].tolist() == ["not_asked"] * 3


def test_a_blank_is_no_withheld_answer_in_a_wave_that_was_not_asked(tmp_path: Path) -> None:
    last = PHQ.item_ids[-1]
    path = plain(tmp_path / "p.csv", **{last: ""})
    wave = int(load_phq(path)["wave"].iloc[0])
    kinds = {
        year: load_phq(path, instrument=with_waves(tmp_path / "mine.json", year))[f"{last}_missing"].iloc[0]
        for year in (wave, wave + 1)
    }
    assert kinds == {wave: "not_answered", wave + 1: "not_asked"}


def test_a_wave_can_be_given(tmp_path: Path) -> None:
    assert load_phq(forms(tmp_path / "f.xlsx"), wave=2020)["wave"].tolist() == [2020] * 3


def test_a_question_worded_otherwise_is_drafted_confirmed_and_read(tmp_path: Path) -> None:
    path = forms(tmp_path / "f.xlsx")
    book = openpyxl.load_workbook(path)
    book.active.cell(1, 8).value = "The partners share one clear direction for our practice"
    book.save(path)
    with pytest.raises(DataError, match=FIRST.id):
        load_phq(path)
    draft = match_instrument(path)
    row = draft.loc[draft["question"].str.startswith("The partners share one")].iloc[0]
    assert (row["item_id"], row["confirmed"]) == (FIRST.id, "no")
    assert row["score"] > 0.8 > row["second_score"]
    assert (
        draft.loc[draft["confirmed"] == "yes", "item_id"]
        .isin([*PHQ.item_ids, "practice_code", "respondent_role", "response_id", "started_at", "completed_at"])
        .all()
    )
    unconfirmed = tmp_path / "map.csv"
    draft.to_csv(unconfirmed, index=False)
    with pytest.raises(DataError, match=FIRST.id):
        load_phq(path, question_map=unconfirmed)
    draft["confirmed"] = "yes"
    draft.loc[draft["item_id"] != ""].to_csv(unconfirmed, index=False)
    assert load_phq(path, question_map=unconfirmed)[FIRST.id].tolist() == [VALUES[k][0] for k in range(3)]


def test_a_question_map_that_names_no_item_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="no such item"):
        load_phq(plain(tmp_path / "p.csv"), question_map={"Why?": "leadership_9"})


def rat_rows() -> list[list[object]]:
    header = ["practice_code", "assessed_on", "programme", *RAT.item_ids, *(c.id for c in RAT.codes)]
    return [header, ["E81001", "2018-03-01", "gprp", *("In place" for _ in RAT.items), *("1" for _ in RAT.codes)]]


def test_an_assessment_is_coded_with_its_findings(tmp_path: Path) -> None:
    frame = load_rat(put(tmp_path / "rat.csv", rat_rows()))
    assert frame["programme"].tolist() == ["GPRP"]
    assert frame[list(RAT.item_ids)].eq(4).all(axis=None)
    assert frame[[c.id for c in RAT.codes]].eq(1).all(axis=None)


def test_findings_that_were_not_looked_for_are_missing(tmp_path: Path) -> None:
    rows = [row[: 3 + len(RAT.items)] for row in rat_rows()]
    frame = load_rat(put(tmp_path / "rat.csv", rows))
    assert frame[[c.id for c in RAT.codes]].isna().all(axis=None)


def responses(instrument: Instrument) -> pd.DataFrame:
    rows = pd.DataFrame({i: [3, 3, 3, 3] for i in instrument.item_ids}, dtype="Int64")
    rows["practice_code"] = ["A", "A", "A", "B"]
    rows["wave"] = 2019
    rows["completed_at"] = pd.to_datetime(["2019-11-01", "2019-11-03", "2019-11-02", "2019-11-01"])
    rows.loc[1, instrument.item_ids[0]] = pd.NA
    return rows


@pytest.mark.parametrize(("rule", "kept"), [("most_complete", [2, 3]), ("latest", [1, 3]), ("first", [0, 3])])
def test_one_response_of_a_practice_is_used_by_a_named_rule(rule: str, kept: list[int]) -> None:
    given = responses(PHQ)
    used, others = one_response_per_practice(given, PHQ, rule=rule)
    assert used.index.tolist() == kept
    assert len(used) + len(others) == len(given)
    assert others["reason"].str.startswith("several responses").all()


def test_an_unknown_rule_is_named() -> None:
    with pytest.raises(ModelError, match="Did you mean 'latest'"):
        one_response_per_practice(responses(PHQ), PHQ, rule="lates")


def test_months_first_only_where_the_tool_writes_them_so() -> None:
    assert month_first("1/2/2019 9:05") == "2019-01-02 09:05:00"
    assert month_first("12/31/2019 12:00:00 AM") == "2019-12-31 00:00:00"
    assert month_first("31/12/2019") == "31/12/2019"
    assert question_key("Q12) Do you?") == "do you"
    assert recognise([["practice_code"]]) == "plain"
