"""Every key of a study file with every kind of wrong value: an error that names the key, never another one."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pytest

from resilience_stats.errors import DisclosureError, StudyError, access_error
from resilience_stats.report.prepare import edition_policy, pseudonym_key
from resilience_stats.resources import schema_directory
from resilience_stats.study import open_study

HEAD = {"title": '"T"', "year": "2019", "area": '"A"'}
FILES = {"phq": '["a.csv", "b.csv"]', "rat": '"c.csv"'}
HASH = hashlib.sha256(b"x").hexdigest()
POLICY = json.loads((schema_directory() / "policies.json").read_text(encoding="utf-8"))["policies"]["board"]
WRONG = {
    "empty": '""', "blank": '"  "', "word": '"nonsense"', "negative": "-1", "zero": "0", "huge": "1" + "0" * 30,
    "digits": "9" * 400, "nan": "nan", "inf": "inf", "fraction": "1.5", "true": "true", "list": "[]",
    "mixed list": '["a", 3]', "table": "{}", "other table": "{a = 1}", "date": "2019-02-01", "time": "10:00:00",
    "nul": r'"a\u0000b"', "bell": r'"a\u0007b"', "long": f'"{"w" * 5000}"', "absolute": '"/no/such/file"',
    "folder": '"."', "upwards": '"../../../../.."',
}  # fmt: skip
TEXTS = {"word", "long", "absolute", "folder", "upwards"}
AMOUNTS = {"zero", "fraction"}
#: What is a right value of a key, though it looks odd.
RIGHT = {
    ("study", "title"): TEXTS, ("study", "area"): TEXTS, ("study", "synthetic"): {"true"},
    ("study", "random_state"): {"zero"}, ("study", "census_date"): {"date"},
    ("outcome", "name"): TEXTS, ("outcome", "label"): TEXTS,
    ("predictors", "name"): TEXTS, ("predictors", "allow_part_of_outcome"): {"true"},
    ("policy", "pseudonym_key"): {"long", "absolute", "upwards"}, ("policy", "secondary"): {"true"},
    ("policy", "dominance_share"): {"zero"}, ("policy", "p_ratio"): {"zero"},
    ("support", "places"): {"zero"}, ("support", "hours"): AMOUNTS, ("support", "hours_each"): AMOUNTS,
    ("support", "reserve"): {"zero"}, ("support", "weights"): {"table", "other table"},
    ("policy", "threshold"): {"zero"}, ("policy", "practice_threshold"): {"zero"},
    ("policy", "rounding_base"): {"zero"}, ("policy", "minimum_residual_df"): {"zero"},
}  # fmt: skip
KEYS = [
    *(("study", k) for k in ("title", "year", "area", "synthetic", "random_state", "census_date")),
    *(("files", k) for k in FILES), ("instruments", "phq"), ("question_maps", '"a.csv"'), ("outcome", "name"),
    ("outcome", "label"), *(("predictors", k) for k in ("name", "role", "allow_part_of_outcome")), ("policy", "preset"),
    ("policy", "pseudonym_key"), *(("policy", k) for k in POLICY if k not in ("label", "description")),
    ("compare", "previous_results"),
    *(("support", k) for k in ("places", "hours", "hours_each", "reserve", "weights")),
    *(("limits", k) for k in ("max_cell_characters", "max_rows", "max_columns", "max_file_bytes")),
    ("sha256", '"c.csv"'),
]  # fmt: skip
OTHERS = {"predictors": {"name": '"imd_score"'}, "support": {"hours_each": "10"}}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("study")
    for name in ("a.csv", "b.csv", "c.csv"):
        (made / name).write_text("x", encoding="utf-8")
    return made


def opened(folder: Path, section: str, key: str, value: str) -> None:
    whole: dict[str, dict[str, str]] = {"study": HEAD, "files": FILES}
    whole[section] = {**whole.get(section, OTHERS.get(section, {})), key: value}
    lines = []
    for name, entries in whole.items():
        lines.append(f"[[{name}]]" if name == "predictors" else f"[{name}]")
        lines += [f"{k} = {v}" for k, v in entries.items()]
    file = folder / "study.toml"
    file.write_text("\n".join(lines), encoding="utf-8")
    edition_policy(open_study(file), None)


@pytest.mark.parametrize(("section", "key"), KEYS)
def test_a_wrong_value_is_an_error_that_names_its_key(folder: Path, section: str, key: str) -> None:
    for kind, value in WRONG.items():
        if kind in RIGHT.get((section, key), ()):
            opened(folder, section, key, value)
            continue
        with pytest.raises((StudyError, DisclosureError)) as caught:
            opened(folder, section, key, value)
        told = str(caught.value)
        assert key.strip('"') in told, (kind, told)
        assert section in told, (kind, told)
        assert len(told) < 1000, (kind, told)
        assert "\x00" not in told
        assert "\x07" not in told


@pytest.mark.parametrize("name", ["title", "year", "area"])
def test_what_is_needed_is_said_to_be_needed(folder: Path, name: str) -> None:
    file = folder / "study.toml"
    file.write_text("\n".join(["[study]", *(f"{k} = {v}" for k, v in HEAD.items() if k != name)]), encoding="utf-8")
    with pytest.raises(StudyError, match=rf"\[study\]: '{name}' is needed"):
        open_study(file)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ('[study]\ntitle = "Zoë"\n'.encode("utf-16"), "Save it again as UTF-8"),
        ('[study]\ntitle = "Zoë"\n'.encode("cp1252"), "Save it again as UTF-8"),
        (b"", "'year' is needed"),
        (b"\xef\xbb\xbf", "'year' is needed"),
        (b'[study]\nyear = 2019\nyear = 2020\n', "not TOML.*line 3.*no key stands twice"),
        (b"[study]\nyear = 2019\n[study]\ntitle = 'a'\n", "not TOML.*line 3"),
        (b"[study]\nyear = " + b"[" * 20_000, "not TOML"),
        (b"[study]\r\nyear = 2019\x00", "not TOML"),
        (b"year = 2019", r"unknown section.*'year'"),
        (b"study = 3", "'study' is not a section"),
        (b"[study]\n" + b"# remark\n" * 200_000, "is no study file"),
    ],
)  # fmt: skip
def test_a_file_that_is_no_study_file(tmp_path: Path, content: bytes, words: str) -> None:
    file = tmp_path / "study.toml"
    file.write_bytes(content)
    with pytest.raises(StudyError, match=words):
        open_study(file)


def test_line_ends_marks_and_tabs_of_other_editors_are_read(tmp_path: Path) -> None:
    file = tmp_path / "study.toml"
    lines = ["[study]", "\ttitle = 'Zoë’s'", "\tyear = 2019", "\tarea = 'A'", ""]
    file.write_bytes("\r\n".join(lines).encode("utf-8-sig"))
    assert open_study(file).title == "Zoë’s"


def test_paths_that_lead_nowhere(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x", encoding="utf-8")
    for path in (tmp_path / "file" / "study.toml", tmp_path / ("x" * 5000), "/dev/null", "a\0b", 3, None):
        with pytest.raises(StudyError) as caught:
            open_study(path)  # type: ignore[arg-type]
        assert len(str(caught.value)) < 500


def test_a_map_for_an_export_that_is_not_there_is_not_passed_over(folder: Path) -> None:
    with pytest.raises(StudyError, match=r"\[question_maps\]: unknown export.*Did you mean 'a\.csv'"):
        opened(folder, "question_maps", '"a.cvs"', '"c.csv"')


def test_two_files_of_one_name_are_both_held_to_the_hash(folder: Path) -> None:
    (folder / "d").mkdir()
    (folder / "d" / "c.csv").write_text("y", encoding="utf-8")
    (folder / "study.toml").write_text(
        "[study]\ntitle='a'\nyear=2019\narea='b'\n[files]\nrat = ['d/c.csv', 'c.csv']\n"
        f"[sha256]\n'c.csv' = '{HASH}'\n", encoding="utf-8",
    )  # fmt: skip
    with pytest.raises(StudyError, match="not the one that was named"):
        open_study(folder)


def test_the_own_secret_of_a_study_is_used(folder: Path) -> None:
    opened(folder, "policy", "pseudonym_key", '"kept from year to year"')
    assert pseudonym_key(open_study(folder)) == "kept from year to year"
    opened(folder, "policy", "threshold", "7")
    made = pseudonym_key(open_study(folder))
    (folder / "a.csv").write_text("other answers", encoding="utf-8")
    assert pseudonym_key(open_study(folder)) != made


def test_an_error_of_the_system_is_a_sentence() -> None:
    told = str(access_error(PermissionError(13, "Permission denied", "x" * 999)))
    assert "permission denied. Close the file" in told
    assert len(told) < 400
    assert str(access_error(OSError("odd"))) == "odd."
