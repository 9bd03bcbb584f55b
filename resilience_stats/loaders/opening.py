"""Open any table file: by what it is, not by what it is called, and say where the two differ."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from resilience_stats.errors import FileMissingError, did_you_mean
from resilience_stats.loaders.delimited import read_delimited
from resilience_stats.loaders.findings import Finding
from resilience_stats.loaders.limits import Limits
from resilience_stats.loaders.raw import RawTable, Unreadable, Wanted
from resilience_stats.loaders.workbook import read_workbook

TEXT_ENDINGS = (".csv", ".txt", ".tsv")
WORKBOOK_ENDINGS = (".xlsx", ".xlsm", ".xls", ".ods")
_ZIP, _OLE = b"PK\x03\x04", b"\xd0\xcf\x11\xe0"


def open_table(path: Path, limits: Limits, sheets: Sequence[str] = (), wanted: Wanted | None = None) -> RawTable:
    """Return the cells of a file as text, whether it is delimited text or a workbook.

    Raises
    ------
    FileMissingError
        There is no such file.
    Unreadable
        It holds no table that can be read; the findings say why.
    """
    if not path.is_file():
        near = did_you_mean(path.name, sorted(p.name for p in path.parent.iterdir())) if path.parent.is_dir() else ""
        raise FileMissingError("there is no such file", where=str(path), action=near if "Did" in near else None)
    _check_ending(path, limits)
    if path.suffix.lower() in WORKBOOK_ENDINGS:
        return read_workbook(path, limits, sheets, wanted)
    return read_delimited(path, limits, wanted)


def _check_ending(path: Path, limits: Limits) -> None:
    ending = path.suffix.lower()
    size = path.stat().st_size
    with path.open("rb") as stream:
        start = stream.read(8)
    packed = start.startswith((_ZIP, _OLE))
    fault = None
    if size > limits.max_file_bytes:
        fault = ("too large", f"{size:,} bytes", f"{limits.max_file_bytes:,} bytes", "Raise [limits] max_file_bytes.")
    elif ending not in TEXT_ENDINGS + WORKBOOK_ENDINGS:
        allowed = ", ".join(TEXT_ENDINGS + WORKBOOK_ENDINGS)
        fault = ("file ending", ending or "no ending", allowed, "Save the table as CSV or as a workbook.")
    elif size and ending in WORKBOOK_ENDINGS and not packed:
        fault = ("not a workbook", "text", "a workbook", "Save it as .xlsx, or give it the ending .csv.")
    elif ending in TEXT_ENDINGS and packed:
        fault = ("file ending", "a workbook called " + ending, ending, "Give it the ending .xlsx, or export as CSV.")
    elif not size:
        fault = ("empty file", "nothing", "a header and rows", "Export the file again.")
    if fault:
        rule, found, allowed, action = fault
        raise Unreadable(Finding(file=path.name, rule=rule, row=1, found=found, allowed=allowed, action=action))
