"""Read a sheet of a workbook (xlsx, xls, ods) as text, with the defences that a zip file needs."""

from __future__ import annotations

import datetime as dt
import zipfile
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

from resilience_stats.errors import did_you_mean
from resilience_stats.loaders.findings import Finding, shorten
from resilience_stats.loaders.limits import Limits
from resilience_stats.loaders.raw import Gathered, RawTable, Unreadable, Wanted, fingerprint, gather

_BOMB_RATIO, _BOMB_FROM = 300, 50_000_000
_FORMULA_SCAN_BYTES = 60_000_000


def read_workbook(path: Path, limits: Limits, sheets: Sequence[str] = (), wanted: Wanted | None = None) -> RawTable:
    """Return the cells of one sheet as text.

    Parameters
    ----------
    path : pathlib.Path
    limits : Limits
    sheets : sequence of str
        Names of the sheet, in order of preference; none means the first sheet. With a single sheet in the file, that
        one is read whatever its name.

    Raises
    ------
    Unreadable
        Not a workbook, a zip bomb, no such sheet, an empty sheet, or beyond the limits.
    """
    from python_calamine import CalamineError, CalamineWorkbook

    name = path.name
    _refuse_bomb(path, limits)
    try:
        book = CalamineWorkbook.from_path(str(path))
        sheet_name = _choose_sheet(book.sheet_names, sheets, name)
        sheet = book.get_sheet_by_name(sheet_name)
    except (CalamineError, OSError, ValueError) as fault:
        raise Unreadable(_not_a_workbook(name, fault)) from None
    _refuse_size(sheet, sheet_name, name, limits)
    gathered = gather(_numbered(sheet), wanted)
    if not gathered.rows:
        action = "Choose the sheet that holds the table, or export the file again."
        raise Unreadable(
            Finding(file=name, rule="empty sheet", row=1, column=sheet_name, found="nothing", action=action)
        )
    findings = [] if gathered.width is not None else _formulas(path, sheet_name, gathered, (sheet.start or (0, 0))[1])
    return RawTable(
        path=path,
        sheet=sheet_name,
        rows=gathered.rows,
        lines=gathered.lines,
        width=gathered.width,
        encoding="workbook",
        sha256=fingerprint(path),
        findings=tuple(findings),
    )


def _refuse_bomb(path: Path, limits: Limits) -> None:
    if not zipfile.is_zipfile(path):
        return
    try:
        with zipfile.ZipFile(path) as archive:
            entries = archive.infolist()
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError) as fault:
        raise Unreadable(_not_a_workbook(path.name, fault)) from None
    unpacked = sum(e.file_size for e in entries)
    packed = sum(e.compress_size for e in entries)
    if unpacked > limits.max_unpacked_bytes or (unpacked > _BOMB_FROM and unpacked > _BOMB_RATIO * max(packed, 1)):
        raise Unreadable(
            Finding(
                file=path.name,
                rule="zip bomb",
                row=1,
                found=f"{packed:,} bytes that unpack to {unpacked:,}",
                allowed=f"{limits.max_unpacked_bytes:,} bytes, and {_BOMB_RATIO} times the packed size",
                action="The file was not opened. Ask its sender; if it is genuine, raise [limits] max_unpacked_bytes.",
            )
        )


def _not_a_workbook(name: str, fault: object) -> Finding:
    action = "Save it from the spreadsheet program as .xlsx, or as CSV."
    return Finding(
        file=name, rule="not a workbook", row=1, found=shorten(fault), allowed="xlsx, xls or ods", action=action
    )


def _choose_sheet(there: list[str], wanted: Sequence[str], name: str) -> str:
    if not there:
        raise Unreadable(_not_a_workbook(name, "no sheets"))
    folded = {s.strip().casefold(): s for s in there}
    for sheet in wanted:
        if sheet.strip().casefold() in folded:
            return folded[sheet.strip().casefold()]
    if not wanted or len(there) == 1:
        return there[0]
    action = f"Rename the sheet. {did_you_mean(wanted[0], there)}"
    raise Unreadable(
        Finding(
            file=name,
            rule="sheet name",
            row=1,
            column=wanted[0],
            found=", ".join(there),
            allowed=" or ".join(wanted),
            action=action,
        )
    )


def _refuse_size(sheet: Any, sheet_name: str, name: str, limits: Limits) -> None:
    if sheet.height > limits.max_rows or sheet.width > limits.max_columns:
        found = f"{sheet.height} rows and {sheet.width} columns"
        allowed = f"{limits.max_rows} rows and {limits.max_columns} columns"
        action = "Raise [limits] in the study file."
        raise Unreadable(
            Finding(file=name, rule="too large", row=1, column=sheet_name, found=found, allowed=allowed, action=action)
        )


def _numbered(sheet: Any) -> Iterator[tuple[int, list[str]]]:
    """Yield each row as text with its number in the sheet, from the first row of the sheet on."""
    for number, row in enumerate(sheet.iter_rows(), start=1):
        yield number, [cell if type(cell) is str else as_text(cell) for cell in row]


def as_text(cell: object) -> str:
    """Return a cell's value as the text that a CSV would hold.

    Examples
    --------
    >>> as_text(3.0), as_text(True), as_text(dt.date(2019, 1, 2))
    ('3', 'TRUE', '2019-01-02')
    """
    if isinstance(cell, bool):
        return "TRUE" if cell else "FALSE"
    if isinstance(cell, float):
        return str(int(cell)) if cell.is_integer() and abs(cell) < 2**53 else repr(cell)
    if isinstance(cell, dt.datetime):
        return cell.isoformat(sep=" ", timespec="seconds")
    return "" if cell is None else str(cell)


def _formulas(path: Path, sheet: str, gathered: Gathered, first_column: int) -> list[Finding]:
    """Put a formula's own text, inert, where the workbook stores no value for it; and name every formula."""
    found = []
    rows, lines = gathered.rows, gathered.lines
    at = {line: position for position, line in enumerate(lines)}
    for line, place, formula in _formula_cells(path, sheet):
        column = place - first_column
        if line not in at or column >= len(rows[at[line]]):
            continue
        row = rows[at[line]]
        row[column] = row[column] or formula
        header = rows[0][column] if column < len(rows[0]) else None
        action = "Not run. The stored value is used, or the formula's text where there is none; paste values instead."
        found.append(
            Finding(
                file=path.name,
                rule="formula",
                row=line,
                column=header,
                found=shorten(formula),
                allowed="a value",
                action=action,
                severity="note",
            )
        )
    return found


def _formula_cells(path: Path, sheet: str) -> Iterator[tuple[int, int, str]]:
    if path.suffix.lower() not in {".xlsx", ".xlsm"} or not _holds_formulas(path):
        return
    import openpyxl

    book = openpyxl.load_workbook(path, read_only=True, data_only=False)
    try:
        for row in book[sheet].iter_rows():
            for cell in row:
                if cell.data_type == "f":
                    yield cell.row, cell.column - 1, str(cell.value)
    finally:
        book.close()


def _holds_formulas(path: Path) -> bool:
    wanted: Callable[[zipfile.ZipInfo], bool] = lambda e: e.filename.startswith("xl/worksheets/")  # noqa: E731
    try:
        with zipfile.ZipFile(path) as archive:
            sheets = [e for e in archive.infolist() if wanted(e) and e.file_size <= _FORMULA_SCAN_BYTES]
            return any(b"<f>" in (data := archive.read(e)) or b"<f " in data for e in sheets)
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError, RuntimeError):
        return False
