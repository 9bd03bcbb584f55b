"""Turn the text of one column into values of its type, and find the cells that cannot be."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from resilience_stats.schema import ColumnSpec

if TYPE_CHECKING:
    import pandas as pd

_NUMBER = re.compile(r"[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]+)?")
_WHOLE = re.compile(r"[+-]?[0-9]+(\.0*)?")
_NOT_NUMERIC = re.compile(r"[^0-9eE+.\-\n]")
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
_LOOKS_LIKE_A_DATE = re.compile(r"([0-9]{1,2}[/.-][0-9]{1,2}[/.-][0-9]{2,4}|[0-9]{4}-[0-9]{2}-[0-9]{2}).*")
#: Beyond it a number is a slip, and cannot be counted with exactly.
_LARGEST = 1e15
_SHORT_YEAR = re.compile(r"[0-9]{1,2}[/.-][0-9]{1,2}[/.-][0-9]{2}( .*)?")
_DAY_NUMBER = re.compile(r"[1-6][0-9]{4}(\.[0-9]+)?")
#: What a spreadsheet makes of an empty cell that is formatted as a date.
_EMPTY_DATES = (dt.date(1899, 12, 30), dt.date(1899, 12, 31))
_MIDNIGHT = re.compile(r"[ T]00:00(:00)?(\.0*)?$")
_WORD = re.compile(r"[ -/:-~]{2,}")
_PLAIN_SPACES = " \t\r\n"
_SPACES = _PLAIN_SPACES + "\u00a0\u2007\u202f\ufeff"
_DATE_FORMATS = ("%Y-%m-%d", "%d/%m/%Y")


@dataclass(slots=True, kw_only=True)
class Converted:
    """One column after conversion.

    Attributes
    ----------
    canonical : list of str
        The text of record, as the Table Schema wants it; blank where there is no value.
    values : pandas.Series
    kinds : pandas.Series or None
        Kind of missing, for a text column that declares kinds.
    faults : dict
        Position -> rule that the cell breaks.
    notes : list of tuple
        Position, rule and what was done, for cells that were changed in reading.
    """

    canonical: list[str]
    values: pd.Series
    kinds: pd.Series | None = None
    faults: dict[int, str] = field(default_factory=dict)
    notes: list[tuple[int, str, str]] = field(default_factory=list)


def convert(column: ColumnSpec, cells: Iterable[str], *, today: dt.date, longest: int) -> Converted:
    """Return the values of one column with the faults of its cells.

    Cells are stripped of surrounding space; the column's missing values become blank. Practice codes lose inner space
    and small letters (noted). Lists are matched without regard to case. Dates are read with the column's formats and
    kept as ISO. Numbers may carry the declared thousands mark and a pound sign. Control characters are taken out of
    free text and texts longer than `longest` are cut, both noted; anywhere else such a cell is a fault.
    """
    missing = set(column.missing_values)
    stripped = [strip_space(c) for c in cells]
    canonical = ["" if c in missing else c for c in stripped]
    if column.type in ("number", "integer"):
        converted = _numbers(column, canonical)
    elif column.type in ("date", "datetime"):
        converted = _dates(column, canonical, today)
    elif column.type == "boolean":
        converted = _switches(column, canonical)
    else:
        converted = _texts(column, canonical, longest)
    if column.missing_kinds and column.type == "number":
        coded = [k for k, c in enumerate(stripped) if c and c in missing]
        converted.notes += [(k, "code for missing", "Taken as missing, not as 0.") for k in coded]
    if column.else_missing and converted.faults:
        _take_as_missing(converted, words_only=column.type in ("number", "integer"))
    if column.missing_kinds and column.type == "string":
        converted.kinds = _kinds(column, stripped)
    if column.constraints.get("required"):
        converted.faults.update({k: "blank" for k, c in enumerate(converted.canonical) if not c})
    return converted


def strip_space(cell: str) -> str:
    """Return a cell without the space around it; a cell of odd spaces only is left as it is, to be named, not blank.

    Control characters are no space here: a digit that was overwritten by one must not become a blank.

    Examples
    --------
    >>> strip_space("\u00a0 12 "), strip_space("\u00a0")
    ('12', '\xa0')
    """
    return cell.strip(_SPACES) or cell.strip(_PLAIN_SPACES)


def _take_as_missing(converted: Converted, *, words_only: bool) -> None:
    """Take faulty cells as missing, and note it; of numbers only words, for a digit in it may be a number damaged."""
    taken = [k for k in converted.faults if not words_only or _WORD.fullmatch(converted.canonical[k])]
    for position in taken:
        converted.canonical[position] = ""
        converted.notes.append((position, converted.faults.pop(position), "Taken as missing."))
    converted.values[taken] = None


def _kinds(column: ColumnSpec, cells: list[str]) -> pd.Series:
    import pandas as pd

    known = set(column.constraints.get("enum", ()))
    return pd.Series([column.missing_kinds.get(c, None if c in known else "other") for c in cells], dtype="str")


def practice_code(text: str) -> str:
    """Return a practice code as it is compared: without space, in capitals.

    Examples
    --------
    >>> practice_code(" a81 001 ")
    'A81001'
    """
    return "".join(text.split()).upper()


def _by_unique(cells: list[str], change: Callable[[str], Any]) -> list[Any]:
    known: dict[str, Any] = {c: change(c) for c in dict.fromkeys(cells)}
    return [known[c] for c in cells]


def _texts(column: ColumnSpec, cells: list[str], longest: int) -> Converted:
    import pandas as pd

    notes: list[tuple[int, str, str]] = []
    enum = [str(v) for v in column.constraints.get("enum", ())]
    pattern = column.constraints.get("pattern")
    canonical = cells
    if column.semantic == "practice_code":
        canonical = _by_unique(cells, practice_code)
        changed = [k for k, (a, b) in enumerate(zip(cells, canonical, strict=True)) if a != b]
        notes += [(k, "form of the code", f"Read as '{canonical[k]}'; write it so.") for k in changed]
    elif enum or column.value_map:
        spelled = {e.casefold(): e for e in enum} | {k.casefold(): v for k, v in column.value_map.items()}
        canonical = _by_unique(cells, lambda c: spelled.get(" ".join(c.split()).casefold(), c))
    elif not pattern and column.semantic != "answer":
        canonical, notes = _inert([c.strip(_SPACES) for c in cells], longest)
    faults: dict[int, str] = {}
    if enum:
        faults = _faults(canonical, lambda c: c in enum, "not in the list")
    if pattern:
        test = re.compile(pattern)
        faults |= _faults(canonical, lambda c: test.fullmatch(c) is not None, "wrong form")
    if column.semantic == "practice_code":
        faults = {k: _code_fault(canonical[k], rule) for k, rule in faults.items()}
    values = pd.Series([c or None for c in canonical], dtype="str")
    return Converted(canonical=canonical, values=values, faults=faults, notes=notes)


def _code_fault(code: str, rule: str) -> str:
    if re.fullmatch(r"V8199[789]", code):
        return "default code"
    return "branch code" if re.fullmatch(r"[A-Z][0-9]{8}", code) else rule


def _faults(canonical: list[str], passes: Callable[[str], bool], rule: str) -> dict[int, str]:
    failing = {c for c in dict.fromkeys(canonical) if c and not passes(c)}
    return {k: rule for k, c in enumerate(canonical) if c in failing} if failing else {}


def _inert(cells: list[str], longest: int) -> tuple[list[str], list[tuple[int, str, str]]]:
    notes: list[tuple[int, str, str]] = []
    control = _CONTROL.search("\n".join(cells)) is not None
    if not control and max(map(len, cells), default=0) <= longest and not any(c[:1] == "=" for c in cells):
        return cells, notes
    canonical = list(cells)
    for position, cell in enumerate(cells):
        if control and _CONTROL.search(cell):
            canonical[position] = _CONTROL.sub("", canonical[position])
            notes.append((position, "control character", "Taken out of the text; export the file again."))
        if len(cell) > longest:
            canonical[position] = canonical[position][:longest]
            done = f"{len(cell):,} characters cut to {longest:,}; the limit is max_cell_characters in [limits]."
            notes.append((position, "too long", done))
        if cell.startswith("="):
            notes.append((position, "formula", "Kept as text and never run; replace it by its value."))
    return canonical, notes


def _numbers(column: ColumnSpec, cells: list[str]) -> Converted:
    import pandas as pd

    canonical = cells
    if column.group_char:
        mark = column.group_char
        canonical = _by_unique(cells, lambda c: c.replace(mark, "").replace("£", "").replace(" ", ""))
    joined = "\n".join(canonical)
    values = pd.to_numeric(pd.Series(canonical, dtype=object).replace("", None), errors="coerce").astype("float64")
    faults: dict[int, str] = {}
    whole = column.type == "integer"
    if whole or _NOT_NUMERIC.search(joined) or int(values.isna().sum()) != canonical.count(""):
        form = _WHOLE if whole else _NUMBER
        faults = _faults(canonical, lambda c: form.fullmatch(c) is not None, "not a number")
        values[list(faults)] = float("nan")
    vast = values.abs().gt(_LARGEST).to_numpy()
    if vast.any():
        faults |= {int(k): "too large" for k in vast.nonzero()[0]}
        values[vast] = float("nan")
    if column.missing_below is not None:
        coded = values.lt(column.missing_below).to_numpy()
        canonical = ["" if code else c for c, code in zip(canonical, coded, strict=True)]
        values[coded] = float("nan")
    if whole and not faults:
        canonical = _by_unique(canonical, lambda c: c.split(".")[0])
    for bound, rule, breaks in (
        ("minimum", "too small", values.lt),
        ("maximum", "too large", values.gt),
    ):
        if bound in column.constraints:
            faults |= {int(k): rule for k in breaks(column.constraints[bound]).to_numpy().nonzero()[0]}
    return Converted(canonical=canonical, values=values.astype("Int64") if whole else values, faults=faults)


def _dates(column: ColumnSpec, cells: list[str], today: dt.date) -> Converted:
    import pandas as pd

    formats = column.date_formats or _DATE_FORMATS
    timed = column.type == "datetime"
    parsed: dict[str, dt.datetime | None] = {c: _parse_date(c, formats, timed) for c in dict.fromkeys(cells)}
    canonical = [_iso(parsed[c], timed) if parsed[c] is not None else c for c in cells]
    faults: dict[int, str] = {}
    for position, cell in enumerate(cells):
        when = parsed[cell]
        if when is None and cell:
            faults[position] = _date_fault(cell)
        elif when is not None and when.date() in _EMPTY_DATES:
            faults[position] = "empty date"
        elif when is not None and column.not_after == "today" and when.date() > today:
            faults[position] = "date in the future"
    values = pd.Series([parsed[c] for c in cells], dtype="datetime64[us]")
    return Converted(canonical=canonical, values=values, faults=faults)


def _date_fault(cell: str) -> str:
    if _DAY_NUMBER.fullmatch(cell):
        return "day number"
    if _SHORT_YEAR.fullmatch(cell):
        return "short year"
    return "impossible date" if _LOOKS_LIKE_A_DATE.fullmatch(cell) else "not a date"


def _iso(when: dt.datetime | None, timed: bool) -> str:
    if when is None:
        return ""
    return when.isoformat(timespec="seconds") if timed else when.date().isoformat()


def _parse_date(text: str, formats: Iterable[str], timed: bool) -> dt.datetime | None:
    if not text:
        return None
    if not timed:
        text = _MIDNIGHT.sub("", text)
    for form in formats:
        try:
            return dt.datetime.strptime(text, form)
        except ValueError:
            continue
    return None


def _switches(column: ColumnSpec, cells: list[str]) -> Converted:
    import pandas as pd

    yes, no = {v.casefold() for v in column.true_values}, {v.casefold() for v in column.false_values}
    canonical = _by_unique(
        cells,
        lambda c: column.true_values[0] if c.casefold() in yes else column.false_values[0] if c.casefold() in no else c,
    )
    meaning = {column.true_values[0]: True, column.false_values[0]: False}
    faults = _faults(canonical, lambda c: c in meaning, "not yes or no")
    values = pd.Series([meaning.get(c) for c in canonical], dtype="boolean")
    return Converted(canonical=canonical, values=values, faults=faults)
