"""From disclosed rows to a `Table`: the one place where rows become cells."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import pandas as pd

from resilience_stats.disclosure import DisclosedFrame, format_interval, format_value, require_disclosed, statistic
from resilience_stats.disclosure.formatting import decimal_text, heading
from resilience_stats.disclosure.frame import WITHHELD
from resilience_stats.disclosure.statistics import FRACTIONS, WORDS
from resilience_stats.errors import ReportError, require_choice
from resilience_stats.tables.table import Cell, Column, Table, slug

NOT_APPLICABLE = "[z]"
INTERVAL = "95% interval"
_FIELDS = ("group", "term", "statistic")


def table_rows(
    disclosed: DisclosedFrame,
    *,
    caption: str,
    row: str | Sequence[str] = ("group", "term"),
    column: str = "statistic",
    headers: Mapping[str, str] | None = None,
    show_n: bool = True,
    show_intervals: bool = True,
    notes: Sequence[str] = (),
    source: str = "",
    id: str | None = None,
) -> Table:
    """Return any disclosed rows as a table.

    Parameters
    ----------
    disclosed : DisclosedFrame
        The rows of one output.
    caption : str
        What, of whom, where and when.
    row : str or sequence of str
        Fields that name a row of the table: "group", "term" or both. One that is empty throughout is left out.
    column : str
        The field whose values become columns: "statistic", "group" or "term".
    headers : mapping of str to str, optional
        Headings: of "group", "term", "n" or "interval", and of any column's value.
    show_n, show_intervals : bool
        Whether n and the intervals get columns, where the rows have them.
    notes : sequence of str
        Numbered from 1; a caption, heading or label refers to them as ``[note 1]``.
    source : str
        Where the data come from.
    id : str, optional
        Made from the output's name by default.

    Returns
    -------
    Table
        Numbers are formatted by data/schema/statistics.json. Withheld cells read ``[c]``, cells with no value
        ``[x]``, cells that no row fills ``[z]``.

    Raises
    ------
    DisclosureError
        If the rows have not been through the policy.

    Examples
    --------
    >>> from resilience_stats.disclosure import apply_policy
    >>> from resilience_stats.results.rows import make_rows
    >>> rows = make_rows("participation", "by_place", group=["North", "South", "West", "All"], value=[3, 9, 20, 32])
    >>> table = table_rows(apply_policy(rows, "board"), caption="Practices by place", headers={"group": "Place"})
    >>> table.records()[0], table.records()[2]
    ({'Place': 'North', 'Number': '[c]'}, {'Place': 'West', 'Number': '20'})
    """
    held = require_disclosed(disclosed).rows
    require_choice(column, _FIELDS, "column")
    if held.empty:
        raise ReportError("a table needs rows", where=caption)
    fields = [name for name in ([row] if isinstance(row, str) else row) if name != column and (held[name] != "").any()]
    named = dict(headers or {})
    lines = list(dict.fromkeys(map(tuple, held[fields].itertuples(index=False, name=None)))) if fields else [()]
    at = _index(held, fields, column)
    levels = list(dict.fromkeys(held[column]))
    with_n = show_n and _informative_n(held)
    parts = [Column(named.get(name, _DEFAULT_HEADERS[name]), "left", True) for name in fields]
    makers: list[Any] = []
    if with_n:
        parts.append(Column(named.get("n", "n")))
        makers.append(lambda line: _n_cell([at.get((line, level)) for level in levels]))
    for level in levels:
        texts, makes = _level(held, column, level, at, named, show_intervals)
        parts += texts
        makers += makes
    cells = tuple((*(Cell(text or "All") for text in line), *(make(line) for make in makers)) for line in lines)
    name = id or slug("-".join(dict.fromkeys(held["output"])))
    return Table(id=name, caption=caption, columns=tuple(parts), rows=cells, notes=tuple(notes), source=source)


def value_cell(row: Mapping[str, Any] | None, *, per_cent: bool = False) -> Cell:
    """Return the cell of one row's value; `per_cent` prints the sign where the heading cannot.

    Examples
    --------
    >>> value_cell(None).text, value_cell({"statistic": "share", "value": 0.5, "disclosure": ""}).text
    ('[z]', '50.0')
    """
    if row is None:
        return Cell(NOT_APPLICABLE)
    if row["disclosure"] == WITHHELD:
        return Cell(WITHHELD)
    spec, value = statistic(str(row["statistic"])), row["value"]
    text = format_value(spec.name, value)
    if text.startswith("[") or spec.kind in WORDS or isinstance(value, str):
        return Cell(text, text if not text.startswith("[") else None)
    if per_cent and spec.kind in FRACTIONS:
        text += "%"
    return Cell(text, float(value) * 100 if spec.kind in FRACTIONS else float(value))


def interval_cell(row: Mapping[str, Any] | None) -> Cell:
    """Return the cell of one row's interval.

    Examples
    --------
    >>> interval_cell({"statistic": "alpha", "conf_low": 0.7, "conf_high": 0.8, "disclosure": ""}).text
    '0.70 to 0.80'
    """
    if row is None:
        return Cell(NOT_APPLICABLE)
    if row["disclosure"] == WITHHELD:
        return Cell(WITHHELD)
    return Cell(format_interval(str(row["statistic"]), row["conf_low"], row["conf_high"]))


def joined_cell(row: Mapping[str, Any] | None) -> Cell:
    """Return value and interval in one cell: ``0.31 (0.12 to 0.50)``.

    Examples
    --------
    >>> joined_cell({"statistic": "alpha", "value": 0.75, "conf_low": 0.7, "conf_high": 0.8, "disclosure": ""}).text
    '0.75 (0.70 to 0.80)'
    """
    value, interval = value_cell(row), interval_cell(row)
    if value.text.startswith("[") or interval.text == NOT_APPLICABLE:
        return value
    return Cell(f"{value.text} ({interval.text})", value.value)


def records_of(disclosed: DisclosedFrame) -> list[dict[str, Any]]:
    """Return the disclosed rows as mappings of column to value."""
    return plain_records(require_disclosed(disclosed).rows)


def plain_records(rows: pd.DataFrame) -> list[dict[str, Any]]:
    """Return the rows of a frame as mappings of column name to value."""
    return [{str(name): value for name, value in record.items()} for record in rows.to_dict("records")]


def simple_table(
    lines: Iterable[Sequence[Cell | str]],
    headings: Sequence[str],
    *,
    id: str,
    caption: str,
    row_headers: int = 1,
    left: Iterable[int] = (),
    notes: Sequence[str] = (),
    source: str = "",
) -> Table:
    """Return a table of ready cells; the first `row_headers` columns name the rows.

    Examples
    --------
    >>> simple_table([["numpy", "2.4"]], ["Software", "Version"], id="software", caption="Software").to_csv()
    'Software,Version\\nnumpy,2.4\\n'
    """
    words = set(left) | set(range(row_headers))
    columns = tuple(Column(text, "left" if k in words else "right", k < row_headers) for k, text in enumerate(headings))
    cells = tuple(tuple(c if isinstance(c, Cell) else Cell(c) for c in line) for line in lines)
    return Table(id=id, caption=caption, columns=columns, rows=cells, notes=tuple(notes), source=source)


_DEFAULT_HEADERS = {"group": "Group", "term": "Item", "statistic": "Statistic"}
_Index = dict[tuple[tuple[Any, ...], str], dict[str, Any]]


def _index(held: pd.DataFrame, fields: Sequence[str], column: str) -> _Index:
    at: _Index = {}
    for record in plain_records(held):
        place = (tuple(record[name] for name in fields), str(record[column]))
        if place in at:
            raise ReportError(
                "two rows for one cell",
                where=f"output {record['output']!r}",
                found=" / ".join(str(record[name]) for name in _FIELDS),
                action="Select one statistic, or name the row by group and term.",
            )
        at[place] = record
    return at


def _level(
    held: pd.DataFrame, column: str, level: str, at: _Index, named: Mapping[str, str], show_intervals: bool
) -> tuple[list[Column], list[Any]]:
    rows = held[held[column] == level]
    specs = [statistic(name) for name in dict.fromkeys(rows["statistic"])]
    label = named.get(level) or (heading(specs[0]) if column == "statistic" else _with_unit(level or "All", specs))
    words = all(spec.kind in WORDS for spec in specs)
    mixed = len({spec.unit for spec in specs}) > 1
    columns = [Column(label, "left" if words else "right")]
    makers: list[Any] = [lambda line: value_cell(at.get((line, level)), per_cent=mixed)]
    if show_intervals and rows["conf_low"].notna().any():
        text = named.get("interval", INTERVAL)
        columns.append(Column(f"{text}, {specs[0].label if column == 'statistic' else level}"))
        makers.append(lambda line: interval_cell(at.get((line, level))))
    return columns, makers


def _with_unit(label: str, specs: Sequence[Any]) -> str:
    units = {spec.unit for spec in specs}
    unit = next(iter(units)) if len(units) == 1 else ""
    return f"{label} ({unit})" if unit else label


def _informative_n(held: pd.DataFrame) -> bool:
    """Return whether n says more than the counts beside it do."""
    others = held[held["n"].notna()]
    kinds = {statistic(name).kind for name in others["statistic"]}
    return bool(kinds - {"count", "score"})


def _n_cell(records: Iterable[Mapping[str, Any] | None]) -> Cell:
    held = [record for record in records if record is not None]
    numbers = {record["n"] for record in held if record["n"] is not None and not math.isnan(record["n"])}
    if numbers:
        ends = sorted({min(numbers), max(numbers)})
        text = " to ".join(decimal_text(end, 0) for end in ends)
        return Cell(text, ends[0] if len(ends) == 1 else None)
    if any(record["disclosure"] == WITHHELD for record in held):
        return Cell(WITHHELD)
    return Cell(NOT_APPLICABLE)
