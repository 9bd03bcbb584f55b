"""What spreadsheets do to dates and numbers: each slip is named, with what to do, and no row of it is used."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from resilience_stats.errors import DataError
from resilience_stats.loaders import load_practice_assessments

HEADER = ["practice_code", "assessed_on", "programme", "assessment", "measure", "value"]


def row(assessed_on: str = "2019-02-19", value: str = "2.9", code: str = "E81001") -> list[str]:
    return [code, assessed_on, "GPDP", "financial_check", "Months of costs held in reserve", value]


def written(folder: Path, *rows: list[str]) -> Path:
    file = folder / "practice_assessments.csv"
    with file.open("w", encoding="utf-8", newline="") as stream:
        csv.writer(stream).writerows([HEADER, *rows])
    return file


@pytest.mark.parametrize(
    ("slip", "rule", "action"),
    [
        (row("43515"), "day number", "yyyy-mm-dd"),
        (row("43515.0"), "day number", "yyyy-mm-dd"),
        (row("19/02/19"), "short year", "four figures"),
        (row("1899-12-30"), "empty date", "empty it"),
        (row("02/19/2019"), "impossible date", "day comes before the month"),
        (row("30/02/2019"), "impossible date", "no such day"),
        (row("last spring"), "not a date", ""),
        (row(value="1e400"), "too large", ""),
        (row(value="-1e300"), "too large", ""),
        (row(value="9" * 400), "too large", ""),
        (row(value="inf"), "not a number", ""),
        (row(value="nan"), "not a number", ""),
        (row(value="1,000"), "not a number", ""),
        (row(value="£25"), "not a number", ""),
        (row(value="#REF!"), "not a number", ""),
        (row(code="8.1E+04"), "wrong form", ""),
    ],
)
def test_a_slip_of_a_spreadsheet_is_named(tmp_path: Path, slip: list[str], rule: str, action: str) -> None:
    file = written(tmp_path, row(code="E81002"), slip)
    with pytest.raises(DataError, match=rule) as caught:
        load_practice_assessments(file)
    assert action in str(caught.value)
    used = load_practice_assessments(file, on_error="set_aside")
    assert used["practice_code"].tolist() == ["E81002"]
    assert used.attrs["problems"]["rule"].tolist() == [rule]
