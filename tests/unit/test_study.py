"""The study file: every field, and every way of getting it wrong."""

from __future__ import annotations

import dataclasses
import datetime as dt
import hashlib
from pathlib import Path

import pytest

from resilience_stats.errors import DataError, FileMissingError, StudyError
from resilience_stats.study import Outcome, Predictor, open_study

WHOLE = """[study]
title = "Practice resilience in Example LMC"
year = 2019
area = "Example LMC"
synthetic = true
random_state = 7
census_date = 2019-11-30
[files]
practice_register = "register.csv"
phq = ["phq_2018.csv", "phq_2019.csv"]
[instruments]
phq = "mine.json"
[outcome]
name = "phq_overall"
label = "Overall resilience score"
[[predictors]]
name = "gp_fte_per_1000"
role = "exposure"
[[predictors]]
name = "imd_score"
role = "confounder"
[policy]
preset = "internal"
threshold = 7
[compare]
previous_results = "before/results.csv"
[limits]
max_rows = 1000
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in ("register.csv", "phq_2018.csv", "phq_2019.csv", "mine.json", "before/results.csv"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("x", encoding="utf-8")
    return tmp_path


def study(folder: Path, text: str = WHOLE) -> Path:
    path = folder / "study.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_every_field_is_read(folder: Path) -> None:
    got = open_study(study(folder))
    assert (got.title, got.year, got.area) == ("Practice resilience in Example LMC", 2019, "Example LMC")
    assert got.synthetic is True
    assert got.random_state == 7
    assert got.census_date == dt.date(2019, 11, 30)
    assert got.files["practice_register"] == (folder / "register.csv",)
    assert [p.name for p in got.files["phq"]] == ["phq_2018.csv", "phq_2019.csv"]
    assert got.instruments == {"phq": folder / "mine.json", "rat": "rat"}
    assert got.outcome == Outcome(name="phq_overall", label="Overall resilience score")
    assert got.predictors[1] == Predictor(name="imd_score", role="confounder")
    assert got.policy == {"preset": "internal", "threshold": 7}
    assert got.previous_results == folder / "before/results.csv"
    assert got.limits == {"max_rows": 1000}
    assert got.path == folder / "study.toml"
    assert open_study(folder) == got
    with pytest.raises(dataclasses.FrozenInstanceError):
        got.year = 2020  # type: ignore[misc]


def test_what_is_left_out_has_a_default(folder: Path) -> None:
    got = open_study(study(folder, "[study]\ntitle = 'T'\nyear = 2019\narea = 'A'\n"))
    assert got.census_date == dt.date(2019, 12, 31)
    assert got.random_state == 2019
    assert (got.synthetic, got.policy["preset"], got.predictors) == (False, "board", ())


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("title =", "titel =", "Did you mean 'title'"),
        ("[policy]", "[polcy]", "Did you mean 'policy'"),
        ("practice_register =", "practice_registr =", "Did you mean 'practice_register'"),
        ("threshold = 7", "treshold = 7", "Did you mean 'threshold'"),
        ('role = "exposure"', 'role = "exposur"', "Did you mean 'exposure'"),
        ('preset = "internal"', 'preset = "intern"', "Did you mean 'internal'"),
        ("census_date = 2019-11-30", "census_date = 2019-02-31", "not TOML"),
        ("census_date = 2019-11-30", 'census_date = "2019-02-31"', "impossible date"),
        ("census_date = 2019-11-30", "census_date = 2010-11-30", "contradicts the year"),
        ("census_date = 2019-11-30", "census_date = 5", "is not a date"),
        ("year = 2019", "year = 'now'", "year"),
        ("year = 2019", "year = 219", "year"),
        ("synthetic = true", "synthetic = 1", "switch"),
        ("random_state = 7", "random_state = -7", "random_state"),
        ('name = "imd_score"', 'name = "gp_fte_per_1000"', "named twice"),
        ('title = "Practice resilience in Example LMC"', "title = 3", "title"),
        ('phq = ["phq_2018.csv", "phq_2019.csv"]', "phq = []", "list of paths"),
        ("max_rows = 1000", "max_rows = 0", "max_rows"),
        ("[limits]", "[limits", "not TOML"),
    ],
)
def test_a_mistake_is_a_study_error_that_names_it(folder: Path, old: str, new: str, words: str) -> None:
    assert old in WHOLE
    with pytest.raises(StudyError, match=words):
        open_study(study(folder, WHOLE.replace(old, new, 1)))


def test_a_missing_file_is_named_with_the_nearest(folder: Path) -> None:
    with pytest.raises(FileMissingError, match=r"Did you mean 'phq_2019\.csv'") as caught:
        open_study(study(folder, WHOLE.replace("phq_2019.csv", "phq-2019.csv")))
    assert isinstance(caught.value, StudyError)
    assert isinstance(caught.value, DataError)
    assert caught.value.exit_code == 13


def test_a_missing_study_is_named_with_the_nearest(folder: Path) -> None:
    study(folder)
    with pytest.raises(StudyError, match=r"Did you mean 'study\.toml'"):
        open_study(folder / "studdy.toml")


def test_a_file_that_is_not_the_one_named_by_its_hash_is_an_error(folder: Path) -> None:
    right = hashlib.sha256(b"x").hexdigest()
    assert open_study(study(folder, WHOLE + f'[sha256]\n"register.csv" = "{right}"\n')).sha256
    (folder / "register.csv").write_text("y", encoding="utf-8")
    with pytest.raises(StudyError, match="not the one that was named"):
        open_study(folder)


def test_what_there_is_to_offer(tmp_path: Path) -> None:
    head = "[study]\ntitle = 'A'\nyear = 2019\narea = 'B'\n"
    file = tmp_path / "study.toml"
    file.write_text(head + "[support]\nplaces = 12\nhours = 300\nhours_each = 25.5\nweights = {qof = 2}\n")
    held = open_study(file).support
    assert dict(held) == {"places": 12, "hours": 300, "hours_each": 25.5, "weights": {"qof": 2}}
    for wrong in ("places = 1.5", "places = -1", "reserve = 2", "hours = 10", "weights = 3", "weights = {qof = -1}",
                  "plases = 3", "places = true"):  # fmt: skip
        file.write_text(f"{head}[support]\n{wrong}\n")
        with pytest.raises(StudyError):
            open_study(file)


def test_a_part_of_the_outcome_is_let_in_only_by_a_switch(folder: Path) -> None:
    role = 'role = "confounder"'
    got = open_study(study(folder, WHOLE.replace(role, role + "\nallow_part_of_outcome = true")))
    assert [p.allow_part_of_outcome for p in got.predictors] == [False, True]
    with pytest.raises(StudyError, match=r"allow_part_of_outcome.*not a switch.*'yes'"):
        open_study(study(folder, WHOLE.replace(role, role + '\nallow_part_of_outcome = "yes"')))
