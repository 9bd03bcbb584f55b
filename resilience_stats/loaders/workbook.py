"""Read a sheet of a workbook (xlsx, xls, ods) as text, with the defences that a zip file needs."""

from __future__ import annotations

import datetime as dt
import html
import re
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from resilience_stats.errors import did_you_mean
from resilience_stats.loaders.findings import Finding, shorten
from resilience_stats.loaders.limits import Limits
from resilience_stats.loaders.raw import Gathered, RawTable, Unreadable, Wanted, fingerprint, gather

_BOMB_RATIO, _BOMB_FROM = 300, 50_000_000
_FORMULA_SCAN_BYTES = 60_000_000
_FORMULA = re.compile(r"<f(?:\s[^>]*)?>([^<]*)</f>|<f[^>]*/>")
_PLACE = re.compile(r"\br=\"([A-Z]{1,3})([0-9]{1,7})\"")


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
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError, zlib.error) as fault:
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
    """Put a formula's own text, inert, where the workbook stores no value for it; name the formulas that have one.

    Text that begins as a formula is named where the columns are converted.
    """
    found = []
    rows, lines = gathered.rows, gathered.lines
    at = {line: position for position, line in enumerate(lines)}
    for line, place, formula in _formula_cells(path, sheet):
        column = place - first_column
        row = rows[at[line]] if line in at else []
        if 0 <= column < len(row) and not row[column]:
            row[column] = formula
            continue
        header = rows[0][column] if 0 <= column < len(rows[0]) else None
        action = "Not run: the stored value is used." if row else "The row holds no stored values and is not read."
        found.append(
            Finding(
                file=path.name,
                rule="formula",
                row=line,
                column=header,
                found=shorten(formula),
                allowed="a value",
                action=f"{action} Paste values instead.",
                severity="note",
            )
        )
    return found


def _formula_cells(path: Path, sheet: str) -> Iterator[tuple[int, int, str]]:
    """Yield row, column (from 0) and text of each formula of a sheet, found in its XML without interpreting it."""
    for cell in _sheet_xml(path, sheet).split("<c ")[1:]:
        formula = _FORMULA.search(cell) if "<f" in cell else None
        place = _PLACE.search(cell) if formula else None
        if formula and place:
            yield int(place.group(2)), _column_number(place.group(1)), "=" + html.unescape(formula.group(1) or "")


def _sheet_xml(path: Path, sheet: str) -> str:
    """Return the XML of a sheet of an xlsx file, or nothing where it cannot be had: its cells were read without it."""
    if path.suffix.lower() not in {".xlsx", ".xlsm"}:
        return ""
    try:
        with zipfile.ZipFile(path) as archive:
            book = archive.read("xl/workbook.xml").decode("utf-8", "replace")
            links = archive.read("xl/_rels/workbook.xml.rels").decode("utf-8", "replace")
            tags = [t for t in re.findall(r"<sheet [^>]*>", book) if html.unescape(_attribute(t, "name")) == sheet]
            link = _attribute(tags[0], "r:id") if tags else ""
            targets = [t for t in re.findall(r"<Relationship [^>]*>", links) if _attribute(t, "Id") == link]
            target = _attribute(targets[0], "Target") if targets else ""
            name = target.removeprefix("/") if target.startswith("/") else f"xl/{target}"
            if archive.getinfo(name).file_size > _FORMULA_SCAN_BYTES:
                return ""
            return archive.read(name).decode("utf-8", "replace")
    except (KeyError, OSError, ValueError, NotImplementedError, RuntimeError, zipfile.BadZipFile, zlib.error):
        return ""


def _attribute(tag: str, name: str) -> str:
    found = re.search(rf"\s{re.escape(name)}=\"([^\"]*)\"", tag)
    return found.group(1) if found else ""


def _column_number(letters: str) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + ord(letter) - ord("A") + 1
    return number - 1
