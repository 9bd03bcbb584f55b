"""One accessible workbook of all tables: cover, contents, notes, then one table to a sheet."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Sequence
from copy import copy
from datetime import datetime
from io import BytesIO
from pathlib import Path
from typing import Any

from resilience_stats.disclosure.formatting import SHORTHAND
from resilience_stats.errors import ReportError
from resilience_stats.tables.table import Cell, Table, clean_text

_BEGINNING = (1980, 1, 1, 0, 0, 0)
#: Widths in letters: of the widest column, and of lines that are read.
_WIDEST, _READING = 60, 90
#: The style of cells by whether they are bold and whether their text is wrapped.
_Looks = dict[tuple[bool, bool], Any]


def write_workbook(
    tables: Sequence[Table], path: str | Path, *, title: str, about: Sequence[str] = (), language: str = "en-GB"
) -> None:
    """Write tables to an Excel workbook that a screen reader can follow.

    Parameters
    ----------
    tables : sequence of Table
        One sheet each, in this order.
    path : str or Path
        Of the .xlsx file.
    title : str
        Of the workbook.
    about : sequence of str
        What a reader is told on a cover, before the contents; without it there is no cover.

    Raises
    ------
    ReportError
        If two tables share an id.

    Notes
    -----
    After the GOV.UK Analysis Function's guidance on accessible spreadsheets: a contents sheet with links, a notes
    sheet, unique sheet names, one marked-up table per sheet with one row of headings that starts in column A, no
    merged cells, no blank rows or columns, no filters and no frozen panes (they trouble those who enlarge the screen),
    text wrapped, shorthand explained above the table, nothing below it. Texts are stored as texts, so that none is run
    as a formula. The file's bytes depend on the tables alone.

    Examples
    --------
    >>> import tempfile
    >>> from resilience_stats.tables import Column
    >>> table = Table(id="t", caption="One", columns=(Column("n"),), rows=((Cell("1", 1),),))
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     write_workbook([table], Path(folder) / "tables.xlsx", title="Example")
    """
    from openpyxl import Workbook

    names, looks = sheet_names(tables), _Looks()
    book = Workbook()
    book.properties.title = clean_text(title)
    book.properties.language = language
    book.properties.creator = "resilience_stats"
    book.properties.created = book.properties.modified = datetime(*_BEGINNING[:3])
    contents = book.active
    if about:
        _cover(book.active, looks, title, about)
        contents = book.create_sheet("Contents")
    _contents(contents, looks, tables, names, title)
    _notes(book.create_sheet("Notes"), looks, tables, names)
    for number, (table, name) in enumerate(zip(tables, names, strict=True), start=1):
        _sheet(book.create_sheet(name), looks, table, number)
    held = BytesIO()
    book.save(held)
    Path(path).write_bytes(_without_clock(held.getvalue()))


def sheet_names(tables: Sequence[Table]) -> list[str]:
    """Return a unique sheet name for each table: ``Table_1`` and so on.

    Examples
    --------
    >>> sheet_names([])
    []
    """
    ids = [table.id for table in tables]
    twice = sorted({name for name in ids if ids.count(name) > 1})
    if twice:
        raise ReportError("two tables share an id", where="workbook", found=twice, action="Use Table.with_id.")
    return [f"Table_{number}" for number in range(1, len(tables) + 1)]


def _cover(sheet: Any, looks: _Looks, title: str, about: Sequence[str]) -> None:
    sheet.title = "Cover"
    sheet.column_dimensions["A"].width = _READING
    _text(sheet, looks, 1, 1, title, bold=True)
    for row, line in enumerate(about, start=2):
        _text(sheet, looks, row, 1, line)


def _contents(sheet: Any, looks: _Looks, tables: Sequence[Table], names: Sequence[str], title: str) -> None:
    sheet.title = "Contents"
    _text(sheet, looks, 1, 1, title, bold=True)
    _text(sheet, looks, 2, 1, f"This workbook holds {len(tables)} tables, one to a sheet, and a sheet of notes.")
    lines = [[Cell("Notes"), Cell("Notes and shorthand")]]
    lines += [[Cell(name), Cell(table.caption)] for name, table in zip(names, tables, strict=True)]
    _grid(sheet, looks, 3, ["Sheet", "Title"], lines, "contents")
    for row in range(4, 4 + len(lines)):
        cell = sheet.cell(row=row, column=1)
        cell.hyperlink = f"#'{cell.value}'!A1"
        cell.style = "Hyperlink"


def _notes(sheet: Any, looks: _Looks, tables: Sequence[Table], names: Sequence[str]) -> None:
    _text(sheet, looks, 1, 1, "Notes and shorthand", bold=True)
    lines = [[Cell("All"), Cell(code), Cell(meaning)] for code, meaning in SHORTHAND.items()]
    for name, table in zip(names, tables, strict=True):
        lines += [[Cell(name), Cell(f"[note {k}]"), Cell(text)] for k, text in enumerate(table.notes, start=1)]
    _grid(sheet, looks, 2, ["Sheet", "Mark", "Meaning"], lines, "notes")


def _sheet(sheet: Any, looks: _Looks, table: Table, number: int) -> None:
    above = [f"Table {number}: {table.caption}"]
    above += [f"{code} {meaning}" for code, meaning in table.shorthand()]
    above += [f"[note {k}] {text}" for k, text in enumerate(table.notes, start=1)]
    above += [f"Source: {table.source}"] if table.source else []
    for row, text in enumerate(above, start=1):
        _text(sheet, looks, row, 1, text, bold=row == 1, wrap=False)
    _grid(
        sheet,
        looks,
        len(above) + 1,
        [c.label for c in table.columns],
        [list(row) for row in table.rows],
        f"table_{number}",
    )


def _grid(
    sheet: Any, looks: _Looks, top: int, headings: Sequence[str], lines: Sequence[Sequence[Cell]], name: str
) -> None:
    from openpyxl.utils import get_column_letter
    from openpyxl.worksheet.table import Table as Marked

    labels = _unique(headings)
    for column, label in enumerate(labels, start=1):
        _text(sheet, looks, top, column, label, bold=True)
        lengths = [len(label), *(len(line[column - 1].text) for line in lines)]
        sheet.column_dimensions[get_column_letter(column)].width = min(max(lengths) + 3, _WIDEST)
    for row, line in enumerate(lines, start=top + 1):
        for column, cell in enumerate(line, start=1):
            _put(sheet, looks, row, column, cell)
    if lines:
        end = f"{get_column_letter(len(labels))}{top + len(lines)}"
        sheet.add_table(Marked(displayName=name, ref=f"A{top}:{end}", autoFilter=None))


def _put(sheet: Any, looks: _Looks, row: int, column: int, cell: Cell) -> None:
    number = cell.value
    if isinstance(number, (int, float)) and not isinstance(number, bool) and number == number:
        held = sheet.cell(row=row, column=column, value=number)
        held.number_format = _number_format(cell.text)
        return
    _text(sheet, looks, row, column, cell.text)


def _text(
    sheet: Any, looks: _Looks, row: int, column: int, text: str, *, bold: bool = False, wrap: bool = True
) -> None:
    from openpyxl.styles import Alignment, Font

    held = sheet.cell(row=row, column=column, value=clean_text(text))
    held.data_type = "s"  # also where it begins like a formula
    if (bold, wrap) not in looks:  # to look a style up is slow: once for all cells that look alike
        held.alignment, held.font = Alignment(wrap_text=wrap, vertical="top"), Font(bold=bold)
        looks[bold, wrap] = held._style
    held._style = copy(looks[bold, wrap])


def _number_format(text: str) -> str:
    decimals = len(text.rstrip("%").partition(".")[2]) if re.fullmatch(r"[−0-9.,]+%?", text) else 3
    return "#,##0" + ("." + "0" * decimals if decimals else "")


def _unique(headings: Sequence[str]) -> list[str]:
    """Return headings as a marked-up table needs them: no two alike, none blank."""
    seen: dict[str, int] = {}
    held = []
    for text in headings:
        clean = clean_text(text).strip() or "Column"
        seen[clean.lower()] = seen.get(clean.lower(), 0) + 1
        held.append(clean if seen[clean.lower()] == 1 else f"{clean} ({seen[clean.lower()]})")
    return held


def _without_clock(raw: bytes) -> bytes:
    """Return the archive with the time of writing taken out, so that equal tables give equal bytes."""
    out = BytesIO()
    with zipfile.ZipFile(BytesIO(raw)) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            content = old.read(name)
            if name == "docProps/core.xml":
                content = re.sub(rb"(<dcterms:modified[^>]*>)[^<]*", rb"\g<1>1980-01-01T00:00:00Z", content)
            new.writestr(zipfile.ZipInfo(name, _BEGINNING), content, zipfile.ZIP_DEFLATED)
    return out.getvalue()
