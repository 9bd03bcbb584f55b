"""`Table`: a table as a value. What it says stands here; how it looks is for the page that shows it."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from resilience_stats.disclosure.formatting import SHORTHAND
from resilience_stats.display import Part, Shown, clean_text, escape
from resilience_stats.errors import ReportError

_FORMULA = ("=", "+", "-", "@", "\t", "\r", "|", "%")


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a table.

    Attributes
    ----------
    label : str
        Heading, with the unit in brackets where there is one.
    align : str
        ``"left"`` for words, ``"right"`` for numbers.
    header : bool
        Whether its cells name their row (``<th scope="row">``).
    """

    label: str
    align: str = "right"
    header: bool = False


@dataclass(frozen=True, slots=True)
class Cell:
    """One cell: what is printed, and the number behind it for spreadsheets."""

    text: str
    value: float | int | str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Table(Shown):
    """A table ready to be shown.

    Attributes
    ----------
    id : str
        Unique on the page; letters, digits and hyphens.
    caption : str
        What, of whom, where and when.
    columns : tuple of Column
        No cell spans two columns or rows: each heading is one cell.
    rows : tuple of tuple of Cell
        As many cells as columns; never blank.
    notes : tuple of str
        Printed under the numbers 1, 2, ...; the text refers to them as ``[note 1]``.
    source : str
        Where the data come from.

    Examples
    --------
    >>> columns = (Column("Place", "left", True), Column("Practices"))
    >>> table = Table(id="t", caption="Practices by place", columns=columns, rows=((Cell("North"), Cell("[c]")),))
    >>> [code for code, _ in table.shorthand()]
    ['[c]']
    """

    id: str
    caption: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[Cell, ...], ...]
    notes: tuple[str, ...] = ()
    source: str = ""

    def __post_init__(self) -> None:
        if not self.caption.strip():
            raise ReportError("a table needs a caption", where=f"table {self.id!r}")
        if not re.fullmatch(r"[A-Za-z][A-Za-z0-9-]*", self.id):
            raise ReportError("not usable as an id", where="table", found=self.id, allowed="letters, digits, hyphens")
        if any(len(row) != len(self.columns) for row in self.rows):
            raise ReportError("a row differs in length from the headings", where=f"table {self.id!r}")

    def with_id(self, identifier: str) -> Table:
        """Return the same table under another id, for a page that shows two of a kind."""
        return replace(self, id=identifier)

    def shorthand(self) -> list[tuple[str, str]]:
        """Return the codes that stand in cells, each with its meaning."""
        used = {cell.text for row in self.rows for cell in row}
        words = " ".join(used)
        return [(code, meaning) for code, meaning in SHORTHAND.items() if code in words]

    def to_model(self) -> dict[str, Any]:
        """Return plain lists and texts for a document template; nothing is escaped."""
        return {
            "kind": "table",
            "id": self.id,
            "caption": clean_text(self.caption),
            "columns": [{"label": clean_text(c.label), "align": c.align, "header": c.header} for c in self.columns],
            "rows": [[clean_text(cell.text) for cell in row] for row in self.rows],
            "notes": [clean_text(text) for text in self.notes],
            "shorthand": [list(pair) for pair in self.shorthand()],
            "source": clean_text(self.source),
        }

    def to_html(self, *, number: str = "") -> str:
        """Return the table as HTML; `number` is printed before the caption, e.g. ``"Table 3"``."""
        before, after = self._around()
        label = f'<span class="number">{escape(number)}:</span> ' if number else ""
        head = "".join(f'<th scope="col" {_aligned(c)}>{escape(c.label)}</th>' for c in self.columns)
        body = "\n".join(f"<tr>{self._row_html(row)}</tr>" for row in self.rows)
        described = f' aria-describedby="{self.id}-about"' if before else ""
        return (
            f'<div class="rs-table" id="{self.id}-block">{before}'
            f'<div class="scroll" role="region" aria-labelledby="{self.id}-caption" tabindex="0">'
            f'<table id="{self.id}"{described}>\n'
            f'<caption id="{self.id}-caption">{label}{escape(self.caption)}</caption>\n'
            f"<thead><tr>{head}</tr></thead>\n<tbody>\n{body}\n</tbody>\n</table></div>{after}</div>"
        )

    def _row_html(self, row: tuple[Cell, ...]) -> str:
        parts = []
        for column, cell in zip(self.columns, row, strict=True):
            tag, scope = ("th", ' scope="row"') if column.header else ("td", "")
            parts.append(f"<{tag}{scope} {_aligned(column)}>{escape(cell.text)}</{tag}>")
        return "".join(parts)

    def _around(self) -> tuple[str, str]:
        lines = [f"<li><code>{escape(code)}</code> {escape(meaning)}</li>" for code, meaning in self.shorthand()]
        lines += [f"<li>[note {k}] {escape(text)}</li>" for k, text in enumerate(self.notes, start=1)]
        before = f'<ul class="about" id="{self.id}-about">{"".join(lines)}</ul>' if lines else ""
        after = f'<p class="source">Source: {escape(self.source)}</p>' if self.source else ""
        return before, after

    def _repr_html_(self) -> str:
        return self.to_html()

    def _shown(self) -> Iterable[Part]:
        import pandas as pd

        yield (
            self.caption,
            pd.DataFrame(
                dict(enumerate(zip(*[[cell.text for cell in row] for row in self.rows], strict=True))),
                columns=range(len(self.columns)),
            ).set_axis([column.label for column in self.columns], axis=1),
        )
        yield "", tuple(f"{code} {meaning}" for code, meaning in self.shorthand())
        yield "", tuple(f"[note {k}] {text}" for k, text in enumerate(self.notes, start=1))
        yield "Source" if self.source else "", self.source

    def to_csv(self) -> str:
        """Return headings and cells as CSV; a text that a spreadsheet would run is made harmless."""
        out = io.StringIO()
        writer = csv.writer(out, lineterminator="\n")
        writer.writerow([plain_cell(c.label) for c in self.columns])
        for row in self.rows:
            writer.writerow([_csv_value(cell) for cell in row])
        return out.getvalue()

    def records(self) -> list[Mapping[str, str]]:
        """Return the printed cells, one mapping of heading to text per row."""
        labels = [c.label for c in self.columns]
        return [dict(zip(labels, [cell.text for cell in row], strict=True)) for row in self.rows]


def _aligned(column: Column) -> str:
    # Said in place as well: a notebook has a style sheet of its own, which sets all to the right.
    return f'class="{column.align}" style="text-align:{column.align}"'


def plain_cell(text: object) -> str:
    """Return text that no spreadsheet takes for a formula.

    Examples
    --------
    >>> plain_cell("=1+1"), plain_cell("−1.5")
    ("'=1+1", '−1.5')
    """
    clean = clean_text(text)
    return "'" + clean if clean.lstrip(" ").startswith(_FORMULA) else clean


def slug(text: str) -> str:
    """Return text as an id: lower-case letters, digits and hyphens, a letter first.

    Examples
    --------
    >>> slug("By place & size"), slug("2019")
    ('by-place-size', 't-2019')
    """
    held = re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-")
    return held if held[:1].isalpha() else f"t-{held}".rstrip("-")


def _csv_value(cell: Cell) -> str:
    if isinstance(cell.value, (int, float)) and not isinstance(cell.value, bool) and cell.value == cell.value:
        return str(int(cell.value)) if float(cell.value).is_integer() else repr(cell.value)
    return plain_cell(cell.text)
