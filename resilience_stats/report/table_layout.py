"""How wide the columns of a printed table are: as few lines as the page has room for, and no number torn apart."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from resilience_stats.report.breaking import NO_WIDTH

#: Type sizes tried, in points: no table is printed smaller than the last.
SIZES = (8.4, 8.0)
#: Room between the margins of a page that stands and of one that lies, and what a column's margins take; points.
_UPRIGHT, _LYING, _MARGIN = 172.0 / 0.3528, 259.0 / 0.3528, 9.0
#: Lines of a cell that are few enough to keep the larger type, and the most that a cell is ever given.
_FEW, _MOST = 4, 200
#: Lines of a heading that are not too many, however few the cells have.
_HEADING = 3
#: Units of an em in which words are measured, the size they are measured in, and room for what that does not know.
_EM, _MEASURED, _SLACK = 1000, 100, 1.02
#: Pieces that stay on one line: an interval of numbers or dates, with its brackets where it has any, or else a word.
_PIECE = re.compile(r"\(?[−<]?\d[\d.,%−-]* to [−<]?\d[\d.,%−-]*\)?|[^\s\u200b]+")


@dataclass(frozen=True, slots=True)
class Part:
    """Columns of a table that stand side by side: their places in the table, and the width of each in per cent."""

    columns: tuple[int, ...]
    widths: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Layout:
    """How a table is printed.

    Attributes
    ----------
    size : float
        Of the type, in points.
    lying : bool
        Whether it needs a page that lies on its side.
    parts : tuple of Part
        One; several below each other where the columns do not stand side by side even so. Each begins with the first
        column, which names the rows.
    """

    size: float
    lying: bool
    parts: tuple[Part, ...]


_Pieces = tuple[int, ...]
_Column = tuple[_Pieces, tuple[_Pieces, ...]]
_Widths = tuple[float, ...]


def table_layout(labels: Sequence[str], rows: Sequence[Sequence[str]]) -> Layout:
    """Return the type size of a table, whether its page lies on its side, and the widths of its columns.

    Every column has room for its longest word and its longest interval, measured in the type they are printed in.
    Beyond that, widths are such that the cell of most lines has as few as the page allows, and what room is left goes
    where it saves lines. The larger type is kept as long as cells have few lines, and a table whose cells all stand on
    one line stays as narrow as it is.

    Parameters
    ----------
    labels : sequence of str
        Headings, one per column.
    rows : sequence of sequence of str
        Cells as they are printed.

    Examples
    --------
    >>> table_layout(["Area", "n"], [["External relationships", "138"]])
    Layout(size=8.4, lying=False, parts=(Part(columns=(0, 1), widths=(21.0, 5.1)),))
    """
    columns = [(_pieces(label, True), tuple(_pieces(row[i]) for row in rows)) for i, label in enumerate(labels)]
    every = tuple(range(len(columns)))
    for lying, room in ((False, _UPRIGHT), (True, _LYING)):
        fitting = [(size, found) for size in SIZES if (found := _fit(columns, room, size))]
        if fitting:
            size, (_, widths) = next((f for f in fitting if f[1][0] <= _FEW), fitting[0])
            return Layout(size, lying, (_part(every, widths, room),))
    return Layout(SIZES[-1], False, tuple(_in_parts(columns)))


def _part(columns: Sequence[int], widths: Sequence[float], room: float) -> Part:
    shrunk = min(1.0, room / sum(widths))  # below one only where a single word is wider than a page
    return Part(tuple(columns), tuple(round(100.0 * shrunk * w / room - 0.05, 1) for w in widths))


def _in_parts(columns: Sequence[_Column]) -> list[Part]:
    """The columns in order, as many beside the first as a page has room for."""
    size = SIZES[-1]
    least = [_narrowest(c, _MOST, size) for c in columns]
    groups: list[list[int]] = [[]]
    for i in range(1, len(columns)):
        if groups[-1] and least[0] + sum(least[j] for j in groups[-1]) + least[i] > _UPRIGHT:
            groups.append([])
        groups[-1].append(i)
    parts = []
    for group in groups:
        places = [0, *group]
        found = _fit([columns[i] for i in places], _UPRIGHT, size)
        parts.append(_part(places, found[1] if found else [least[i] for i in places], _UPRIGHT))
    return parts


def _fit(columns: Sequence[_Column], room: float, size: float) -> tuple[int, _Widths] | None:
    """The fewest lines in which all cells find room, with the widths; None where a piece would have to be broken."""
    if sum(_narrowest(c, _MOST, size) for c in columns) > room:
        return None
    for lines in range(1, _MOST):
        widths = [_narrowest(c, lines, size) for c in columns]
        if sum(widths) <= room:
            return lines, _spread(columns, widths, room, size, lines)
    return None


def _spread(columns: Sequence[_Column], widths: list[float], room: float, size: float, most: int) -> _Widths:
    """Give what room is left to the column that saves the most lines for it, again and again."""
    counts = [_line_counts(c, w, size) for c, w in zip(columns, widths, strict=True)]
    while True:
        best, gain = None, 0.0
        for i, column in enumerate(columns):
            others = [max(at, default=0) for at in zip(*(c for j, c in enumerate(counts) if j != i), strict=True)]
            for wider in _steps(column, widths[i], size, most):
                cost = wider - widths[i]
                if cost > room - sum(widths):
                    continue
                own = _line_counts(column, wider, size)
                saved = sum(max(o, a) - max(o, b) for o, a, b in zip(others, counts[i], own, strict=True))
                if saved / cost > gain:
                    best, gain = (i, wider, own), saved / cost
        if best is None:
            return _filled(widths, counts, room)
        widths[best[0]], counts[best[0]] = best[1], best[2]


def _filled(widths: Sequence[float], counts: Sequence[Sequence[int]], room: float) -> _Widths:
    """Give what is left, which saves the longest cells no line, to the columns whose cells have several."""
    several = [w if max(c[1:], default=1) > 1 else 0.0 for w, c in zip(widths, counts, strict=True)]
    left = room - sum(widths)
    return tuple(w + left * s / sum(several) if s else w for w, s in zip(widths, several, strict=True))


def _steps(column: _Column, width: float, size: float, most: int) -> list[float]:
    """Widths beyond the present one at which the heading or the longest cell takes a line less."""
    found = {_narrowest(column, lines, size) for lines in range(1, most + 1)}
    found |= {_MARGIN + _points(_width_for(column[0], lines), size) for lines in range(1, _HEADING + 2)}
    return sorted(w for w in found if w > width + 0.1)


def _line_counts(column: _Column, width: float, size: float) -> list[int]:
    inner = int((width - _MARGIN) / size * _EM / _SLACK) + 1
    return [_lines(pieces, inner) for pieces in (column[0], *column[1])]


@cache
def _narrowest(column: _Column, lines: int, size: float) -> float:
    """The narrowest width of a column, in points, at which no cell takes more lines. Headings may take one more."""
    label, cells = column
    heading = _width_for(label, max(lines + 1, _HEADING))
    return _MARGIN + _points(max(heading, *(_width_for(c, lines) for c in set(cells)), _EM), size)


def _points(width: int, size: float) -> float:
    return _SLACK * width * size / _EM


@cache
def _width_for(pieces: _Pieces, lines: int) -> int:
    """The least width at which these pieces, put on lines one after the other, take no more lines."""
    low, high = max(pieces, default=1), max(_length(pieces), 1)
    while low < high:
        middle = (low + high) // 2
        low, high = (low, middle) if _lines(pieces, middle) <= lines else (middle + 1, high)
    return low


@cache
def _lines(pieces: _Pieces, width: int) -> int:
    count, used, space = 1, 0, _space()
    for piece in pieces:
        if used and used + space + piece > width:
            count, used = count + 1, piece
        else:
            used += piece + (space if used else 0)
    return count


def _length(pieces: _Pieces) -> int:
    return sum(pieces) + _space() * max(len(pieces) - 1, 0)


def _pieces(text: str, bold: bool = False) -> _Pieces:
    return tuple(sum(_advance(ch, bold) for ch in p) for p in _PIECE.findall(text.replace(NO_WIDTH, " ")))


def _space() -> int:
    return _advance(" ", True)


@cache
def _advance(character: str, bold: bool) -> int:
    """How wide a character is printed, in thousandths of an em; a whole em where the type does not hold it."""
    from matplotlib.ft2font import LoadFlags

    font = _font(bold)
    if not font.get_char_index(ord(character)):
        return _EM
    return round(font.load_char(ord(character), LoadFlags.NO_HINTING).linearHoriAdvance / 65536 / _MEASURED * _EM)


@cache
def _font(bold: bool) -> Any:
    import matplotlib
    from matplotlib.ft2font import FT2Font

    name = "DejaVuSans-Bold.ttf" if bold else "DejaVuSans.ttf"
    font = FT2Font(str(Path(matplotlib.get_data_path()) / "fonts" / "ttf" / name))
    font.set_size(_MEASURED, 72)
    return font
