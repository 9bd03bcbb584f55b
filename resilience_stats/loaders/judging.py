"""Have frictionless judge the rows that the quick screen points at, by the same Table Schema that an analyst can run.

The screen looks at whole columns at a time; frictionless looks at every cell in Python. Shown only the rows that the
screen suspects, it costs nothing on a clean file of any size; a test holds the two to the same verdicts.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from resilience_stats.schema import ColumnSpec, TableSpec

_RULES = {
    "required": "blank",
    "enum": "not in the list",
    "pattern": "wrong form",
    "minimum": "too small",
    "maximum": "too large",
    "unique": "duplicate",
}
_TYPE_RULES = {
    "number": "not a number",
    "integer": "not a number",
    "date": "not a date",
    "datetime": "not a date",
    "boolean": "not yes or no",
}


def descriptor(columns: Sequence[ColumnSpec], key: Sequence[str] = ()) -> dict[str, Any]:
    """Return the Table Schema of some columns in their canonical text, for frictionless.

    Examples
    --------
    >>> descriptor([ColumnSpec(name="n", type="integer")])["fields"]
    [{'name': 'n', 'type': 'integer', 'constraints': {}}]
    """
    fields = []
    for column in columns:
        field: dict[str, Any] = {"name": column.name, "type": column.type, "constraints": dict(column.constraints)}
        if column.type == "boolean":
            field |= {"trueValues": [column.true_values[0]], "falseValues": [column.false_values[0]]}
        fields.append(field)
    return {"fields": fields, "missingValues": [""], "primaryKey": list(key)}


def judge(
    spec: TableSpec, columns: Sequence[ColumnSpec], canonical: Mapping[str, Sequence[str]], suspects: Sequence[int]
) -> dict[tuple[int, str], str]:
    """Return frictionless' verdict on the suspected rows: (position, column) -> rule broken.

    Parameters
    ----------
    spec : TableSpec
    columns : sequence of ColumnSpec
        The columns that the file has.
    canonical : Mapping of str to sequence of str
        Their canonical text, all rows.
    suspects : sequence of int
        Positions of the rows to judge, rising.
    """
    if not suspects:
        return {}
    from frictionless import Resource, Schema

    names = [c.name for c in columns]
    key = spec.key if set(spec.key) <= set(names) else ()
    rows = [names, *([canonical[n][k] for n in names] for k in suspects)]
    resource = Resource(data=rows, schema=Schema.from_descriptor(descriptor(columns, key)))
    report = resource.validate(limit_errors=max(1000, 2 * len(suspects) * len(names)))
    verdicts: dict[tuple[int, str], str] = {}
    for fault in report.flatten(["rowNumber", "fieldName", "type", "note"]):
        row, name, kind, note = fault
        if row is None or kind in ("blank-row", "primary-key"):
            continue
        rule = "duplicate" if kind == "unique-error" else _rule(kind, str(note), spec_type(columns, name))
        verdicts.setdefault((suspects[row - 2], str(name)), rule)
    return verdicts


def spec_type(columns: Sequence[ColumnSpec], name: str | None) -> str:
    """Return the type of a named column; text where there is no such column."""
    return next((c.type for c in columns if c.name == name), "string")


def _rule(kind: str, note: str, column_type: str) -> str:
    if kind == "type-error":
        return _TYPE_RULES.get(column_type, "wrong form")
    constraint = note.split('"')[1] if '"' in note else ""
    return _RULES.get(constraint, constraint or kind)
