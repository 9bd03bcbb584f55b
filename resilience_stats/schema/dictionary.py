"""The data dictionary: every table and field as one frame, and as a page."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from resilience_stats.schema.tables import ColumnSpec, load_table_spec, table_names

if TYPE_CHECKING:
    import pandas as pd


def data_dictionary() -> pd.DataFrame:
    """Return every field of every table that the package reads.

    Returns
    -------
    pandas.DataFrame
        One row per field: ``table, column, title, type, unit, required, allowed, missing_values, headers,
        description``.

    Examples
    --------
    >>> fields = data_dictionary()
    >>> fields.query("table == 'practice_register' and column == 'contract_type'")["allowed"].item()
    'GMS, PMS, APMS'
    """
    import pandas as pd

    rows = [_row(name, c) for name in table_names() for c in load_table_spec(name).columns]
    return pd.DataFrame(rows)


def dictionary_markdown() -> str:
    """Return the data dictionary as a Markdown page: a heading and a table of fields for each table.

    Examples
    --------
    >>> dictionary_markdown().startswith("# Data dictionary")
    True
    """
    parts = ["# Data dictionary", ""]
    for name in table_names():
        spec = load_table_spec(name)
        parts += [f"## `{name}`: {spec.title}", "", spec.description, ""]
        parts += ["| column | type | allowed | what it is |", "|---|---|---|---|"]
        for column in spec.columns:
            row = {k: str(v).replace("|", "\\|") for k, v in _row(name, column).items()}
            parts.append(f"| `{row['column']}` | {row['type']} | {row['allowed']} | {row['description']} |")
        parts.append("")
    return "\n".join(parts)


def _row(table: str, column: ColumnSpec) -> dict[str, Any]:
    return {
        "table": table,
        "column": column.name,
        "title": column.title,
        "type": column.type,
        "unit": column.unit,
        "required": bool(column.constraints.get("required", False)),
        "allowed": allowed_text(column),
        "missing_values": ", ".join(v for v in column.missing_values if v),
        "headers": "; ".join(f"{h.header} ({h.years})" if h.years else h.header for h in column.headers),
        "description": column.description,
    }


def allowed_text(column: ColumnSpec) -> str:
    """Return in words what a column allows.

    Examples
    --------
    >>> allowed_text(ColumnSpec(name="share", type="number", constraints={"minimum": 0, "maximum": 100}))
    'a number, 0 to 100'
    """
    rules = column.constraints
    if "enum" in rules:
        return ", ".join(str(v) for v in rules["enum"])
    if column.semantic == "practice_code":
        return "a six-character ODS practice code such as A12345, not a default code"
    words = {
        "string": "text",
        "integer": "a whole number",
        "number": "a number",
        "boolean": f"{'/'.join(column.true_values)} or {'/'.join(column.false_values)}",
        "date": "a date, yyyy-mm-dd or dd/mm/yyyy",
        "datetime": "a date and time, yyyy-mm-dd hh:mm",
    }[column.type]
    if "minimum" in rules and "maximum" in rules:
        return f"{words}, {rules['minimum']} to {rules['maximum']}"
    if "minimum" in rules:
        return f"{words}, at least {rules['minimum']}"
    if "maximum" in rules:
        return f"{words}, at most {rules['maximum']}"
    return f"{words} matching {rules['pattern']}" if "pattern" in rules else words
