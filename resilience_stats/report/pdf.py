"""The document model as one tagged PDF, through our own Typst template."""

from __future__ import annotations

import json
import re
import shutil
import tempfile
from collections.abc import Sequence
from pathlib import Path

from resilience_stats.errors import ReportError
from resilience_stats.report.breaking import NO_WIDTH, breakable_model
from resilience_stats.report.document import Model, numbered
from resilience_stats.report.pictures import drawing_format, write_drawing

_TEMPLATE = Path(__file__).parent / "templates" / "report.typ"


def render_pdf(document: Model) -> bytes:
    """Return the PDF, checked against PDF/UA-1 while it is made.

    The same document gives the same bytes on every machine: the fonts are those of matplotlib's wheel and the
    timestamp is fixed. Text goes in as data and is never read as Typst code.

    Raises
    ------
    ReportError
        If Typst refuses, with its own words.
    """
    import matplotlib
    import typst

    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        shutil.copy(_TEMPLATE, folder / "report.typ")
        for figure in numbered(document, "figure"):
            write_drawing(figure, folder)
        (folder / "document.json").write_text(
            json.dumps(_without_drawings(breakable_model(document))), encoding="utf-8"
        )
        try:
            return bytes(
                typst.compile(
                    str(folder / "report.typ"),
                    root=str(folder),
                    font_paths=[str(Path(matplotlib.get_data_path()) / "fonts" / "ttf")],
                    ignore_system_fonts=True,
                    pdf_standards=["ua-1"],
                    timestamp=0,
                )
            )
        except typst.TypstError as error:
            raise ReportError(f"the PDF could not be made: {error}", where="report.typ") from error


def _without_drawings(document: Model) -> Model:
    chapters = [{**c, "blocks": [_for_typst(b) for b in c["blocks"]]} for c in document["chapters"]]
    return {**document, "chapters": chapters}


def _for_typst(block: Model) -> Model:
    if block["kind"] == "figure":
        return {**{k: v for k, v in block.items() if k not in ("svg", "png")}, "format": drawing_format(block)}
    if block["kind"] != "table":
        return block
    size, widths = table_layout([c["label"] for c in block["columns"]], block["rows"])
    columns = [{**c, "width": w} for c, w in zip(block["columns"], widths, strict=True)]
    tall = any(len(cell) > _TALL for row in block["rows"] for cell in row)
    return {**block, "columns": columns, "size": size, "tall": tall}


def table_layout(labels: Sequence[str], rows: Sequence[Sequence[str]]) -> tuple[float, list[float]]:
    """Return the type size of a table in points, and the width of each column in per cent of the page.

    The largest size is taken at which no word has to be broken. Every column has room for its longest word, and beyond
    that so much that no cell of the table takes more lines than it must. A small table stays narrow.

    Examples
    --------
    >>> table_layout(["Area", "n"], [["External relationships", "138"]])
    (8.4, [25.5, 5.7])
    """
    columns = [(label, [row[i] for row in rows]) for i, label in enumerate(labels)]
    least = [_MARGIN + max(1.25 * _longest_word([label]), _unbroken(cells)) for label, cells in columns]
    longest = [max(map(len, cells), default=0) for _, cells in columns]
    size = next((s for s in _SIZES if sum(least) <= _room(s)), _SIZES[-1])
    widths = next((w for k in range(1, _MOST_LINES) if sum(w := _in_lines(longest, least, k)) <= _room(size)), least)
    in_one_line = all(w >= _MARGIN + n for w, n in zip(widths, longest, strict=True))
    scale = 100.0 / (max(_room(size), sum(widths)) if in_one_line else sum(widths))
    return size, [round(w * scale, 1) for w in widths]


def _in_lines(longest: Sequence[int], least: Sequence[float], lines: int) -> list[float]:
    """The width of each column, in characters, with which its longest cell takes so many lines."""
    # Words do not fill their lines: a cell of several lines needs some more room than its letters.
    ragged = 1.0 if lines == 1 else 1.15
    return [max(m, _MARGIN + ragged * n / lines) for m, n in zip(least, longest, strict=True)]


#: A cell of numbers: an estimate with its interval, a date, a state in brackets. A sentence may begin with a number.
_NUMBERS = re.compile(r"[−<\[]?[\d\[−](?:[^a-z]| to ){0,40}|\[[a-z]+\]")
#: Letters of a cell that may need more than a page.
_TALL = 1000
#: The most lines that a cell is given.
_MOST_LINES = 200
#: Type sizes tried, in points; characters that a column's margins take.
_SIZES, _MARGIN = (8.4, 7.6, 6.8, 6.0), 2.5


def _room(size: float) -> float:
    """Characters of DejaVu Sans that stand side by side on a page of 172 mm: 0.605 em each on average."""
    return 172.0 / (0.605 * size * 0.3528)


def _unbroken(cells: Sequence[str]) -> int:
    """The longest piece that should stay on one line: a number with its interval, or else a word."""
    numbers = [len(c) for c in cells if _NUMBERS.fullmatch(c)]
    return max([*numbers, _longest_word(cells)])


def _longest_word(texts: Sequence[str]) -> int:
    return max((len(w) for text in texts for w in text.replace(NO_WIDTH, " ").split()), default=0)
