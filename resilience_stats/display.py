"""How values show themselves as the last line of a notebook cell, and in a terminal: short, escaped, rounded."""

from __future__ import annotations

import html
import math
import re
import textwrap
from collections.abc import Iterable, Mapping, Sequence, Sized
from dataclasses import dataclass, fields, is_dataclass, replace
from itertools import accumulate
from numbers import Integral, Real
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

#: Characters that no format may carry: controls, and marks that turn the direction of the text around them.
_UNSAFE = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff\ufffe\uffff\ud800-\udfff]"
)
_MARKS = "\u0300-\u036f\u0483-\u0489\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe20-\ufe2f"
#: Marks piled on one letter stand on the lines above and below it.
_PILE = re.compile(f"([{_MARKS}]{{4}})[{_MARKS}]+")
_DIGITS = 4
_EXACT = 2**53
_LEFT, _RIGHT = ' style="text-align:left"', ' style="text-align:right"'


@dataclass(frozen=True, slots=True)
class Bounds:
    """How much is shown; the rest is counted and named."""

    rows: int
    columns: int
    cell: int
    lines: int = 12
    text: int = 400


_PAGE = Bounds(rows=100, columns=20, cell=160)
_TERMINAL = Bounds(rows=20, columns=12, cell=40)


@dataclass(frozen=True, slots=True)
class Figures:
    """Names and numbers that run on in a line."""

    values: Mapping[str, object]


#: A sentence, names with values in a list or in a line, a frame, or several sentences.
Content: TypeAlias = "str | Mapping[str, object] | Figures | pd.DataFrame | tuple[str, ...]"
#: A heading, which may be empty, and what stands under it.
Part: TypeAlias = "tuple[str, Content]"


class Shown:
    """What shows itself: `_shown` says what is to be seen, under headings; both displays are made of it."""

    __slots__ = ()

    def __init_subclass__(cls) -> None:
        # A dataclass keeps a `__repr__` that stands in its own class, and writes its own over one that it inherits.
        cls.__repr__ = cls.__repr__  # type: ignore[method-assign]

    def _shown(self) -> Iterable[Part]:
        yield type(self).__name__, parts_of(self)

    def _repr_html_(self) -> str:
        return as_html(self._shown())

    def __repr__(self) -> str:
        return as_text(self._shown())


def parts_of(thing: object, *, without: Sequence[str] = ()) -> dict[str, str]:
    """Return the fields of a dataclass by name, each with what it holds in a word or two.

    Examples
    --------
    >>> from resilience_stats.notes import note
    >>> parts_of(note("few-rows", "Only 3 rows."))
    {'code': 'few-rows', 'message': 'Only 3 rows.'}
    """
    if not is_dataclass(thing):
        return {}
    held = {f.name: getattr(thing, f.name) for f in fields(thing) if f.repr or is_held(getattr(thing, f.name))}
    named = [name for name, value in held.items() if not (name in without or name[0] == "_" or value is None)]
    return {name: in_brief(held[name]) for name in named}


def in_brief(value: object) -> str:
    """Return what a value is, in a word or two, and small values as they are.

    Examples
    --------
    >>> import numpy as np
    >>> import pandas as pd
    >>> in_brief(pd.DataFrame({"a": [1, 2]})), in_brief(np.zeros((3, 2))), in_brief(0.123456), in_brief(("a", "b"))
    ('frame of 2 × 1', 'array of 3 × 2', '0.1235', 'a, b')
    """
    import numpy as np
    import pandas as pd

    if isinstance(value, pd.DataFrame):
        return f"frame of {value.shape[0]} × {value.shape[1]}"
    if isinstance(value, pd.Series):
        return f"series of {len(value)}"
    if isinstance(value, np.ndarray) and value.ndim:
        return f"array of {' × '.join(map(str, value.shape))}"
    if isinstance(value, Mapping):
        numbers = all(isinstance(v, Real) for v in value.values())
        held = (f"{key} {short(v)}" if numbers else str(key) for key, v in value.items())
        return _clipped(", ".join(held), _PAGE.text) or "none"
    if isinstance(value, (tuple, list, set, frozenset)):
        return _several(list(value))
    if is_held(value) or callable(value):
        return type(value).__name__
    return _clipped(short(value), _PAGE.text)


def is_held(value: object) -> bool:
    """Return whether a value holds others."""
    return is_dataclass(value) or (isinstance(value, Sized) and not isinstance(value, str))


def _several(values: list[object]) -> str:
    if any(is_held(value) for value in values):
        return f"{len(values)} of {type(values[0]).__name__}"
    return _clipped(", ".join(short(value) for value in values), _PAGE.text) or "none"


def short(value: object) -> str:
    """Return one value with four digits, and nothing for a missing one.

    Examples
    --------
    >>> short(0.123456), short(12345.678), short(120.0), short(1.3e-9), short(float("nan")), short(True)
    ('0.1235', '12345.7', '120', '1.3e-09', '', 'True')
    """
    import numpy as np
    import pandas as pd

    if isinstance(value, (bool, np.bool_)):
        return str(value)
    if value is None or value is pd.NA or value is pd.NaT:
        return ""
    if isinstance(value, Integral):
        return str(int(value))
    if isinstance(value, (Real, np.floating)):
        text = _number(float(value), _decimals(np.array([float(value)])))
        return text.rstrip("0").rstrip(".") if "." in text and "e" not in text else text
    if isinstance(value, pd.Timestamp) and value == value.normalize():
        return value.date().isoformat()
    return clean_text(value)


def clean_text(text: object) -> str:
    """Return text without control characters and direction marks; line breaks become spaces.

    Examples
    --------
    >>> clean_text("a\\u202eb\\nc")
    'ab c'
    """
    return printable(re.sub(r"[\r\n\t\u2028\u2029]+", " ", str(text)))


def printable(text: str) -> str:
    """Return text without control characters and direction marks, and with no more marks on a letter than a script has.

    Examples
    --------
    >>> printable("a\\u202eb\\nc"), len(printable("e" + 300 * "\\u0301"))
    ('ab\\nc', 5)
    """
    return _PILE.sub(r"\1", _UNSAFE.sub("", text))


def escape(text: object) -> str:
    """Return text that HTML shows as it is.

    Examples
    --------
    >>> escape("<script>")
    '&lt;script&gt;'
    """
    return html.escape(clean_text(text), quote=True)


def as_html(parts: Iterable[Part]) -> str:
    """Return headings and what stands under them as HTML that needs no style sheet and takes the page's colours.

    Examples
    --------
    >>> as_html([("Fit", Figures({"n": 3})), ("", ("<b>",))])
    '<p><strong>Fit</strong> <code>n</code> 3</p>\\n<ul><li>&lt;b&gt;</li></ul>'
    """
    return "\n".join(text for heading, thing in parts if (text := _part_html(heading, thing)))


def as_text(parts: Iterable[Part]) -> str:
    """Return headings and what stands under them as plain text.

    Examples
    --------
    >>> import pandas as pd
    >>> print(as_text([("Fit", Figures({"n": 3})), ("", pd.DataFrame({"term": ["a"], "estimate": [0.12345678]}))]))
    Fit: n 3
    term estimate
    a      0.1235
    """
    return "\n".join(text for heading, thing in parts if (text := _part_text(heading, thing)))


def _part_html(heading: str, thing: Content) -> str:
    import pandas as pd

    head = f"<strong>{escape(heading)}</strong>" if heading else ""
    if isinstance(thing, str):
        return f"<p>{' '.join(filter(None, (head, escape(_clipped(thing, _PAGE.text)))))}</p>"
    if isinstance(thing, Figures):
        line = " · ".join(f"<code>{escape(k)}</code> {escape(v)}" for k, v in _line(thing))
        return f"<p>{' '.join(filter(None, (head, line)))}</p>" if line else ""
    above = f"<p>{head}</p>\n" if head else ""
    if isinstance(thing, pd.DataFrame):
        return above + _frame_html(thing) if thing.shape[1] else ""
    if isinstance(thing, Mapping):
        rows = "".join(
            f'<tr><th scope="row"{_LEFT}>{escape(k)}</th><td{_LEFT}>{escape(_clipped(short(v), _PAGE.text))}</td></tr>'
            for k, v in thing.items()
        )
        return f"{above}<table>{rows}</table>" if rows else above.strip()
    lines = "".join(f"<li>{escape(line)}</li>" for line in _lines(thing))
    return f"{above}<ul>{lines}</ul>" if lines else ""


def _part_text(heading: str, thing: Content) -> str:
    import pandas as pd

    head = f"{clean_text(heading)}: " if heading else ""
    if isinstance(thing, str):
        return f"{head}{clean_text(_clipped(thing, _PAGE.text))}".removesuffix(": ")
    if isinstance(thing, Figures):
        line = ", ".join(f"{clean_text(k)} {clean_text(v)}" for k, v in _line(thing))
        return textwrap.fill(head + line, _width(), subsequent_indent="  ") if line else ""
    above = head.rstrip(" ") + "\n" if head else ""
    if isinstance(thing, pd.DataFrame):
        return above + _frame_text(thing) if thing.shape[1] else ""
    if isinstance(thing, Mapping):
        rows = [f"  {clean_text(k)}: {_clipped(short(v), _PAGE.text)}" for k, v in thing.items()]
        return (above + "\n".join(rows)).removesuffix(":\n")
    rows = [textwrap.fill(f"- {clean_text(line)}", _width(), subsequent_indent="  ") for line in _lines(thing)]
    return above + "\n".join(rows) if rows else ""


def _line(figures: Figures) -> list[tuple[str, str]]:
    held = [(name, _clipped(in_brief(value), _PAGE.cell)) for name, value in figures.values.items()]
    return [(name, text) for name, text in held if text]


def _lines(sentences: Sequence[str]) -> list[str]:
    lines = [_clipped(str(sentence), _PAGE.text) for sentence in sentences[: _PAGE.lines]]
    left = len(sentences) - len(lines)
    return [*lines, f"and {left} more"] if left else lines


def _width() -> int:
    import pandas as pd

    return int(pd.get_option("display.width") or 80)


@dataclass(frozen=True, slots=True)
class _Grid:
    """A frame as texts: a name and its cells for each column, which are of words, and what is left out."""

    names: list[str]
    columns: list[list[str]]
    words: list[bool]
    rows_left: int
    left_out: list[str]
    empty: list[str]

    @property
    def rest(self) -> str:
        """What is not shown, in a line."""
        rows = [f"{self.rows_left} more rows"] if self.rows_left else []
        columns = [f"not shown: {_clipped(', '.join(self.left_out), _PAGE.cell)}"] if self.left_out else []
        empty = [f"empty: {_clipped(', '.join(self.empty), _PAGE.cell)}"] if self.empty else []
        return f"… {'; '.join([*rows, *columns, *empty])}" if rows or columns or empty else ""


def _frame_html(frame: pd.DataFrame) -> str:
    grid = _grid(frame, _PAGE)
    styles = [_LEFT if w else _RIGHT for w in grid.words]
    head = "".join(f'<th scope="col"{s}>{escape(c)}</th>' for c, s in zip(grid.names, styles, strict=True))
    rows = (
        "".join(f"<td{style}>{escape(cell)}</td>" for cell, style in zip(row, styles, strict=True))
        for row in zip(*grid.columns, strict=True)
    )
    body = "\n".join(f"<tr>{row}</tr>" for row in rows)
    after = f"\n<p>{escape(grid.rest)}</p>" if grid.rest else ""
    return f"<table>\n<thead><tr>{head}</tr></thead>\n<tbody>\n{body}\n</tbody>\n</table>{after}"


def _frame_text(frame: pd.DataFrame) -> str:
    grid = _grid(frame, _TERMINAL)
    if not len(frame):
        return textwrap.fill(f"no rows of {_clipped(', '.join(grid.names), _PAGE.cell)}", _width())
    columns = []
    for name, cells, words in zip(grid.names, grid.columns, grid.words, strict=True):
        wide = max(map(len, (name, *cells)))
        columns.append([cell.ljust(wide) if words else cell.rjust(wide) for cell in (name, *cells)])
    fit = sum(total <= _width() for total in accumulate(len(column[0]) + 1 for column in columns))
    shown = columns[: max(fit, 2)]
    rest = replace(grid, left_out=[*grid.names[len(shown) :], *grid.left_out]).rest
    lines = [" ".join(row).rstrip() for row in zip(*shown, strict=True)]
    return "\n".join([*lines, *textwrap.wrap(rest, _width(), subsequent_indent="  ")])


def _grid(frame: pd.DataFrame, bounds: Bounds) -> _Grid:
    import pandas as pd

    part = frame.iloc[: bounds.rows]
    named = [
        (clean_text(name), part.iloc[:, k]) for k, name in enumerate(frame.columns) if not _is_empty(frame.iloc[:, k])
    ]
    empty = [clean_text(name) for k, name in enumerate(frame.columns) if _is_empty(frame.iloc[:, k])]
    if not isinstance(frame.index, pd.RangeIndex):
        levels = [(name, part.index.get_level_values(k).to_series()) for k, name in enumerate(frame.index.names)]
        named = [("" if name is None else clean_text(name), values) for name, values in levels] + named
    shown = named[: bounds.columns]
    return _Grid(
        names=[_clipped(name, bounds.cell) for name, _ in shown],
        columns=[[_clipped(clean_text(text), bounds.cell) for text in _column(values)] for _, values in shown],
        words=[not any(isinstance(v, Real) for v in values) for _, values in shown],
        rows_left=len(frame) - len(part),
        left_out=[name for name, _ in named[bounds.columns :]],
        empty=empty,
    )


def _is_empty(values: pd.Series) -> bool:
    return len(values) > 0 and bool(values.isna().all())


def _column(values: pd.Series) -> list[str]:
    """A column of fractions with as many decimals as the smallest needs, so that their points stand in a line."""
    import numpy as np
    import pandas as pd

    if not pd.api.types.is_float_dtype(values.dtype):
        return [in_brief(value) for value in values]
    numbers = values.to_numpy(dtype=float, na_value=np.nan)
    whole = numbers[np.isfinite(numbers) & ~np.isin(numbers, (-1, 0, 1))] % 1 == 0
    if whole.any() and not whole.all():  # counts and shares in one column
        return [short(x) for x in numbers]
    decimals = _decimals(numbers)
    return [_number(x, decimals) for x in numbers]


def _decimals(numbers: np.ndarray) -> int:
    import numpy as np

    size = np.abs(numbers[np.isfinite(numbers) & (numbers != 0)])
    if size.size == 0 or (np.all(size % 1 == 0) and size.max() < _EXACT):
        return 0
    return min(_DIGITS, max(1, _DIGITS - 1 - math.floor(math.log10(size.min()))))


def _number(x: float, decimals: int) -> str:
    if math.isnan(x):
        return ""
    if math.isinf(x):
        return "inf" if x > 0 else "-inf"
    if abs(x) >= _EXACT or 0 < abs(x) < 0.5 * 10.0**-decimals:
        return f"{x:.2g}"
    return f"{x:.{decimals}f}"


def _clipped(text: str, length: int) -> str:
    return text if len(text) <= length else text[: length - 1] + "…"
