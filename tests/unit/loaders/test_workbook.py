"""Workbooks: what a cell becomes, which sheet is read, and what is refused."""

from __future__ import annotations

import datetime as dt
import zipfile
from pathlib import Path

import openpyxl
import pandas as pd
import pytest

from resilience_stats.errors import DataError
from resilience_stats.loaders import Limits, load_pcn_membership, load_practice_register

HEADER = ["practice_code", "practice_name", "place", "contract_type", "invited_on"]
ROW = ["A81001", "Abbey", "North", "GMS", dt.date(2019, 9, 1)]
PCN = ["Partner\nOrganisation\nCode", "PCN Code", "Practice to PCN\nRelationship\nStart Date",
       "Practice to PCN\nRelationship\nEnd Date"]  # fmt: skip


def book(path: Path, sheets: dict[str, list[list[object]]], first_cell: tuple[int, int] = (1, 1)) -> Path:
    made = openpyxl.Workbook()
    made.remove(made.active)
    for name, rows in sheets.items():
        page = made.create_sheet(name)
        for r, row in enumerate(rows):
            for c, value in enumerate(row):
                page.cell(first_cell[0] + r, first_cell[1] + c, value)
    made.save(path)
    return path


def test_a_workbook_gives_the_same_as_a_csv(tmp_path: Path) -> None:
    frame = load_practice_register(book(tmp_path / "r.xlsx", {"Sheet1": [HEADER, ROW]}))
    csv = tmp_path / "r.csv"
    csv.write_text(",".join(HEADER) + "\nA81001,Abbey,North,GMS,2019-09-01\n", encoding="utf-8")
    pd.testing.assert_frame_equal(frame, load_practice_register(csv), check_flags=False)
    assert frame.attrs["source"]["encoding"] == "workbook"


def test_the_row_is_that_of_the_sheet_also_below_empty_rows(tmp_path: Path) -> None:
    bad = [*ROW[:3], "XMS", ROW[4]]
    path = book(tmp_path / "r.xlsx", {"Sheet1": [HEADER, ROW, [], bad]}, first_cell=(3, 2))
    with pytest.raises(DataError, match="row 6, column contract_type"):
        load_practice_register(path)


def test_a_formula_is_text_in_its_own_column_and_never_run(tmp_path: Path) -> None:
    rows = [HEADER, ["A81001", '=HYPERLINK("http://x","y")', "North", "GMS", ""]]
    frame = load_practice_register(book(tmp_path / "r.xlsx", {"Sheet1": rows}, first_cell=(2, 3)))
    assert frame["practice_name"].tolist() == ['=HYPERLINK("http://x","y")']
    assert set(frame.attrs["problems"]["rule"]) == {"formula"}


def test_the_named_sheet_is_read(tmp_path: Path) -> None:
    rows = [PCN, ["A81001", "U89141", "20190701", ""]]
    path = book(tmp_path / "e.xlsx", {"PCNDetails": [["x"]], "PCN Core Partner Details": rows})
    assert load_pcn_membership(path)["pcn_code"].tolist() == ["U89141"]


def test_a_workbook_without_the_sheet_names_those_it_has(tmp_path: Path) -> None:
    path = book(tmp_path / "e.xlsx", {"PCNDetails": [["x"]], "PCN Core Partners": [PCN]})
    with pytest.raises(DataError, match="sheet name") as caught:
        load_pcn_membership(path)
    assert caught.value.problems["found"].tolist() == ["PCNDetails, PCN Core Partners"]


@pytest.mark.parametrize(
    "content", [b"practice_code\n", b"PK\x03\x04rubbish", b"PK\x03\x04" + b"\x00" * 400, b"\xd0\xcf\x11\xe0"]
)
def test_what_is_not_a_workbook_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "r.xlsx"
    path.write_bytes(content)
    with pytest.raises(DataError, match="not a workbook"):
        load_practice_register(path)


def test_a_zip_without_a_workbook_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "r.xlsx"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("../../outside.txt", "x")
    with pytest.raises(DataError, match="not a workbook"):
        load_practice_register(path)


def test_a_workbook_that_unpacks_beyond_the_limit_is_not_opened(tmp_path: Path) -> None:
    path = book(tmp_path / "r.xlsx", {"Sheet1": [HEADER, ROW]})
    with pytest.raises(DataError, match="zip bomb"):
        load_practice_register(path, limits=Limits(max_unpacked_bytes=1_000))
