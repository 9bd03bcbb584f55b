"""Rows as they stand in their file, written so that a person can mend them."""

from __future__ import annotations

import stat
from pathlib import Path

import pandas as pd
import pytest

from resilience_stats.loaders.original import as_written, harmless, mending_sheet, original_cells, write_sheets


def test_cells_keep_their_headers_and_leave_out_what_is_not_read() -> None:
    cells = original_cells(["Code", "Email", "", "Code"], {3: ["A1", "a@x", "z", "B1", "more"], 9: ["A2"]}, ["email"])
    assert cells.columns.tolist() == ["Code", "column 3", "Code (column 4)", "column 5"]
    assert cells.loc[3].tolist() == ["A1", "z", "B1", "more"]
    assert cells.loc[9].tolist() == ["A2", "", "", ""]


def test_a_sheet_has_reason_and_row_first_in_the_order_of_the_file() -> None:
    aside = pd.DataFrame({"file": "f.csv", "row": [7, 2], "reason": ["blank", "duplicate"], "code": ["", "A1"]})
    cells = original_cells(["reason", "code"], {2: ["x", " a1"], 7: ["y", ""]})
    sheet = mending_sheet(aside, cells)
    assert sheet.columns.tolist() == ["reason", "row", "reason (in the file)", "code"]
    assert sheet.to_numpy().tolist() == [["duplicate", 2, "x", " a1"], ["blank", 7, "y", ""]]
    assert mending_sheet(aside, None)["code"].tolist() == ["A1", ""]


@pytest.mark.parametrize("text", ["=1+1", "  =1+1", "@x", "+44 20", "-x", "\t=1", "\uff1d1"])
def test_what_a_spreadsheet_would_run_is_not_run(text: str) -> None:
    assert harmless(text).startswith("'")
    assert as_written(harmless(text)).lstrip(" ")[:1] == text.translate({9: None}).lstrip(" ")[:1] or "\t" in text


@pytest.mark.parametrize("text", ["-5", "+1.5", "a=1", "1e5", "\u00a32", "caf\u00e9", "two\nlines"])
def test_other_texts_stay_as_they_are(text: str) -> None:
    assert harmless(text) == text


def test_what_cannot_be_seen_is_shown_and_what_is_too_long_is_cut() -> None:
    assert harmless("a\x00b\u202ec") == "a\\x00b\\u202ec"
    assert len(harmless("x" * 100_000)) <= 32_767
    assert "100,000 characters" in harmless("x" * 100_000)
    assert len(harmless("=" * 100_000)) <= 32_767


def test_files_stay_in_their_folder_and_old_ones_go(tmp_path: Path) -> None:
    sheet = pd.DataFrame({"reason": ["blank"], "row": [2], "=code": ["x"]})
    folder = tmp_path / "aside"
    written = write_sheets({"../2018/phq.csv": sheet, "rat.csv": sheet, "none.csv": sheet[:0]}, folder)
    assert [p.parent for p in written] == [folder, folder]
    assert sorted(p.name for p in folder.iterdir()) == ["2018__phq.csv.set-aside.csv", "rat.csv.set-aside.csv"]
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert "'=code" in written[0].read_text(encoding="utf-8-sig")
    (folder / "mine.csv").write_text("kept")
    assert write_sheets({}, folder) == ()
    assert [p.name for p in folder.iterdir()] == ["mine.csv"]
