"""How wide the columns of a printed table are: as few lines as the page has room for, and no number torn apart."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache

from resilience_stats.report.breaking import NO_WIDTH

#: Type sizes tried, in points; characters that a column's margins take.
_SIZES, _MARGIN = (8.4, 7.6, 6.8, 6.0), 2.5
#: Lines of a cell that are few enough to keep the larger type, and the most that a cell is ever given.
_FEW, _MOST = 4, 200
#: Pieces that stay on one line: an interval, with its brackets where it has any, or else a word.
_PIECE = re.compile(r"\(?[−<]?\d[\d.,%−]* to [−<]?\d[\d.,%−]*\)?|[^\s\u200b]+")


def table_layout(labels: Sequence[str], rows: Sequence[Sequence[str]]) -> tuple[float, list[float]]:
    """Return the type size of a table in points, and the width of each column in per cent of the page.

    Every column has room for its longest word and its longest interval. Beyond that, widths are such that the cell of
    most lines has as few as the page allows. The larger type is kept as long as cells have few lines, and a table
    whose cells all stand on one line stays as narrow as it is.

    Parameters
    ----------
    labels : sequence of str
        Headings, one per column.
    rows : sequence of sequence of str
        Cells as they are printed.

    Examples
    --------
    >>> table_layout(["Area", "n"], [["External relationships", "138"]])
    (8.4, [25.5, 5.7])
    """
    columns = [
        (_pieces(label), sorted({_pieces(row[i]) for row in rows}, key=_length)) for i, label in enumerate(labels)
    ]
    fitting = [(size, found) for size in _SIZES if (found := _fit(columns, _room(size)))]
    if not fitting:
        widths = [_narrowest(column, _MOST) for column in columns]
        return _SIZES[-1], [round(100.0 * w / sum(widths), 1) for w in widths]
    size, (lines, widths) = next((f for f in fitting[:2] if f[1][0] <= _FEW), fitting[0])
    taken = _room(size) if lines == 1 else sum(widths)
    return size, [round(100.0 * w / taken, 1) for w in widths]


_Pieces = tuple[int, ...]
_Column = tuple[_Pieces, list[_Pieces]]


def _fit(columns: Sequence[_Column], room: float) -> tuple[int, list[float]] | None:
    """The fewest lines in which all cells find room, with the widths; None where a piece would have to be broken."""
    if sum(_narrowest(c, _MOST) for c in columns) > room:
        return None
    for lines in range(1, _MOST):
        widths = [_narrowest(c, lines) for c in columns]
        if sum(widths) <= room:
            return lines, widths
    return None


def _narrowest(column: _Column, lines: int) -> float:
    """The narrowest width of a column, in characters, at which no cell takes more lines."""
    label, cells = column
    # Headings are bold: a quarter wider. They may take a line more than the cells.
    heading = 1.25 * _width_for(label, max(lines + 1, 3))
    return _MARGIN + max(heading, *(_width_for(c, lines) for c in cells[-60:]), *_longest_pieces(cells), 1.0)


def _longest_pieces(cells: Sequence[_Pieces]) -> tuple[float, ...]:
    return (float(max((max(c, default=0) for c in cells), default=0)),)


@cache
def _width_for(pieces: _Pieces, lines: int) -> float:
    """The least width at which these pieces, put on lines one after the other, take no more lines."""
    low, high = max(pieces, default=1), max(_length(pieces), 1)
    while low < high:
        middle = (low + high) // 2
        low, high = (low, middle) if _lines(pieces, middle) <= lines else (middle + 1, high)
    # Letters are of unequal width: a cell of several lines needs some more room than it counts.
    return float(low) if _lines(pieces, low) == 1 else 1.08 * low


def _lines(pieces: _Pieces, width: int) -> int:
    count, used = 1, 0
    for piece in pieces:
        if used and used + 1 + piece > width:
            count, used = count + 1, piece
        else:
            used += piece + (1 if used else 0)
    return count


def _length(pieces: _Pieces) -> int:
    return sum(pieces) + max(len(pieces) - 1, 0)


def _pieces(text: str) -> _Pieces:
    return tuple(len(p) for p in _PIECE.findall(text.replace(NO_WIDTH, " ")))


def _room(size: float) -> float:
    """Characters of DejaVu Sans that stand side by side on a page of 172 mm: 0.605 em each on average."""
    return 172.0 / (0.605 * size * 0.3528)
