from __future__ import annotations

import zipfile
from pathlib import Path

import pandas as pd

from resilience_stats.synthetic.workbook import EPOCH, write_csv, write_workbook


def test_a_workbook_bears_no_time_of_writing(tmp_path: Path) -> None:
    for name in ("a.xlsx", "b.xlsx"):
        write_workbook(tmp_path / name, {"S": [["x", "day"], [1, pd.Timestamp("2019-11-30")], [None, pd.NaT]]})
    assert (tmp_path / "a.xlsx").read_bytes() == (tmp_path / "b.xlsx").read_bytes()
    with zipfile.ZipFile(tmp_path / "a.xlsx") as book:
        assert {entry.date_time for entry in book.infolist()} == {EPOCH}
    frame = pd.read_excel(tmp_path / "a.xlsx", engine="calamine")
    assert frame.iloc[0].tolist() == [1, pd.Timestamp("2019-11-30")]


def test_csv_has_the_line_ends_and_marks_of_its_publisher(tmp_path: Path) -> None:
    write_csv(tmp_path / "a.csv", pd.DataFrame({"a": [1], "b": ["x"]}), crlf=True, bom=True)
    assert (tmp_path / "a.csv").read_bytes() == b"\xef\xbb\xbfa,b\r\n1,x\r\n"
    write_csv(tmp_path / "b.csv", pd.DataFrame({"a": [1]}), header=False, quote_all=True)
    assert (tmp_path / "b.csv").read_bytes() == b'"1"\n'
