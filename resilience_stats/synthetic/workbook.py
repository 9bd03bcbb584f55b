"""Files whose bytes depend on their content alone: CSV and xlsx without the time of writing."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import pandas as pd

#: The time that every part of a workbook carries: the earliest that a zip archive can state.
EPOCH = (1980, 1, 1, 0, 0, 0)
_STAMPS = re.compile(rb"(<dcterms:(?:created|modified)[^>]*>)[^<]*(</dcterms:(?:created|modified)>)")


def write_csv(
    path: Path,
    frame: pd.DataFrame,
    *,
    crlf: bool = False,
    bom: bool = False,
    header: bool = True,
    quote_all: bool = False,
) -> None:
    """Write a frame as CSV with the line ends and byte-order mark that a publisher uses; dates are ISO days."""
    text = frame.to_csv(
        index=False,
        header=header,
        lineterminator="\r\n" if crlf else "\n",
        date_format="%Y-%m-%d",
        quoting=1 if quote_all else 0,
    )
    path.write_bytes(text.encode("utf-8-sig" if bom else "utf-8"))


def write_workbook(path: Path, sheets: Mapping[str, Iterable[Sequence[object]]]) -> None:
    """Write sheets of rows as xlsx, the same bytes for the same rows."""
    import openpyxl

    book = openpyxl.Workbook(write_only=True)
    for title, rows in sheets.items():
        sheet = book.create_sheet(title)
        for row in rows:
            sheet.append([_cell(v) for v in row])
    held = io.BytesIO()
    book.save(held)
    with zipfile.ZipFile(held) as source, zipfile.ZipFile(path, "w") as target:
        for entry in source.infolist():
            content = source.read(entry)
            if entry.filename == "docProps/core.xml":
                content = _STAMPS.sub(rb"\g<1>1980-01-01T00:00:00Z\g<2>", content)
            member = zipfile.ZipInfo(entry.filename, EPOCH)
            member.compress_type = zipfile.ZIP_DEFLATED
            target.writestr(member, content)


def _cell(value: object) -> object:
    if value is None or value is pd.NaT or (isinstance(value, float) and value != value):
        return None
    return value.to_pydatetime() if isinstance(value, pd.Timestamp) else value
