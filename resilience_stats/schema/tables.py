"""Table definitions: Table Schema JSON, with the headers that publishers have used and the years they hold for.

A definition is plain Table Schema, so that ``frictionless validate --schema data/schema/x.json x.csv`` executes it.
What Table Schema has no word for stands in properties of our own, which it ignores:

==================  =================================================================================================
``headers``         header variants of a field: ``header``, ``years``, and ``with`` = headers that must stand beside it
``semantic``        ``practice_code``: stripped, put in capitals and checked against the rules for ODS codes
``optional``        the column need not be in the file
``dateFormats``     formats read, in order; the file of record is ISO
``missingKinds``    code -> kind of missing, for codes that say why there is no value
``missingBelow``    numbers below it are codes for suppressed results, and missing
``elseMissing``     a text that breaks the rules is missing, and noted; for publishers' fields that are not ours to mend
``valueMap``        spelling in the file -> spelling kept
``notAfter``        ``today``: a later date is a fault
``orders``          pairs of date columns of which the first may not be later
``setAside``        rows that are not ours, by reason: column, and the pattern or values that mark them
``unknownHeaders``  ``near`` (a header close to a missing one is an error) or ``ignore`` (wide files read by name)
==================  =================================================================================================
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Any

from resilience_stats.errors import SchemaError, did_you_mean
from resilience_stats.resources import schema_directory
from resilience_stats.schema.definitions import read_definition, require_keys

TYPES = ("string", "integer", "number", "boolean", "date", "datetime")


@dataclass(frozen=True, slots=True, kw_only=True)
class HeaderVariant:
    """One spelling of a header, the years it holds for, and headers that must stand beside it."""

    header: str
    years: str = ""
    beside: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ColumnSpec:
    """One field of a table.

    Attributes
    ----------
    name, title, description, unit : str
    type : str
        ``string, integer, number, boolean, date`` or ``datetime``.
    headers : tuple of HeaderVariant
        Spellings in published files, beside ``name`` itself.
    optional : bool
        Whether the column may be absent from a file.
    constraints : Mapping
        Table Schema constraints: ``required, unique, pattern, enum, minimum, maximum``.
    missing_values : tuple of str
        Texts that mean "no value".
    missing_kinds : Mapping
        Of these, the ones that say why; a text column that has them is given a ``<name>_missing`` beside it.
    missing_below : float or None
        Numbers below it are codes for suppressed results.
    else_missing : bool
        Whether a text that breaks the rules is taken as missing, and noted, instead of stopping the file.
    value_map : Mapping
        Spelling in the file -> spelling kept.
    """

    name: str
    title: str = ""
    type: str = "string"
    description: str = ""
    unit: str = ""
    semantic: str = ""
    headers: tuple[HeaderVariant, ...] = ()
    optional: bool = False
    constraints: Mapping[str, Any] = field(default_factory=lambda: MappingProxyType({}))
    missing_values: tuple[str, ...] = ("",)
    missing_kinds: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    date_formats: tuple[str, ...] = ()
    not_after: str = ""
    group_char: str = ""
    true_values: tuple[str, ...] = ("true", "True", "TRUE", "1")
    false_values: tuple[str, ...] = ("false", "False", "FALSE", "0")
    codes: str = ""
    else_missing: bool = False
    missing_below: float | None = None
    value_map: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))


@dataclass(frozen=True, slots=True, kw_only=True)
class TableSpec:
    """One table: its columns, keys and rules, and where the file comes from.

    Attributes
    ----------
    name, title, description, owner : str
    columns : tuple of ColumnSpec
    key : tuple of str
        Columns that together name a row.
    path : pathlib.Path
        The definition file.
    extras : Mapping
        Everything else that the definition says.
    """

    name: str
    title: str
    description: str
    owner: str
    columns: tuple[ColumnSpec, ...]
    key: tuple[str, ...]
    path: Path
    extras: Mapping[str, Any]

    @property
    def column_names(self) -> tuple[str, ...]:
        """Names of the columns, in order."""
        return tuple(c.name for c in self.columns)

    def column(self, name: str) -> ColumnSpec:
        """Return one column's definition; `SchemaError` names the nearest when there is none."""
        for spec in self.columns:
            if spec.name == name:
                return spec
        raise SchemaError(f"no column '{name}'", where=str(self.path), action=did_you_mean(name, self.column_names))


def table_names() -> tuple[str, ...]:
    """Return the names of all tables that are defined, in alphabetical order.

    Examples
    --------
    >>> "practice_register" in table_names()
    True
    """
    files = sorted(schema_directory().glob("*.json"))
    return tuple(p.stem for p in files if "fields" in read_definition(p))


@cache
def load_table_spec(name: str) -> TableSpec:
    """Return the definition of one table of ``data/schema``.

    Raises
    ------
    SchemaError
        There is no such table, or its definition is malformed.

    Examples
    --------
    >>> load_table_spec("practice_register").key
    ('practice_code',)
    """
    path = schema_directory() / f"{name}.json"
    if not path.is_file():
        raise SchemaError(f"no table '{name}' is defined", where=str(path), action=did_you_mean(name, table_names()))
    return table_spec(read_definition(path), path)


def table_spec(content: Mapping[str, Any], path: Path) -> TableSpec:
    """Return a `TableSpec` of the content of a definition file.

    Examples
    --------
    >>> table_spec({"name": "t", "fields": [{"name": "a"}]}, Path("t.json")).column_names
    ('a',)
    """
    require_keys(content, ("name", "fields"), str(path))
    shared = _missing(content.get("missingValues", [""]))
    columns = tuple(_column(f, f"{path}, field {k}", shared) for k, f in enumerate(content["fields"], start=1))
    key = content.get("primaryKey", ())
    key = (key,) if isinstance(key, str) else tuple(key)
    known = [c.name for c in columns]
    for name in key:
        if name not in known:
            raise SchemaError("the key names no column", where=str(path), found=name, action=did_you_mean(name, known))
    taken = {"name", "title", "description", "owner", "fields", "primaryKey", "missingValues"}
    return TableSpec(
        name=content["name"],
        title=content.get("title", content["name"]),
        description=content.get("description", ""),
        owner=content.get("owner", ""),
        columns=columns,
        key=key,
        path=path,
        extras=MappingProxyType({k: v for k, v in content.items() if k not in taken}),
    )


def _column(entry: Mapping[str, Any], where: str, shared: tuple[str, ...]) -> ColumnSpec:
    require_keys(entry, ("name",), where)
    kind = entry.get("type", "string")
    if kind not in TYPES:
        raise SchemaError("unknown type", where=where, found=kind, allowed=", ".join(TYPES))
    more: dict[str, Any] = {
        ours: tuple(entry[theirs])
        for ours, theirs in (
            ("date_formats", "dateFormats"),
            ("true_values", "trueValues"),
            ("false_values", "falseValues"),
        )
        if theirs in entry
    }
    texts = {k: entry[k] for k in ("title", "description", "unit", "semantic", "codes") if k in entry}
    return ColumnSpec(
        name=entry["name"],
        type=kind,
        headers=tuple(_variant(h, where) for h in entry.get("headers", ())),
        optional=bool(entry.get("optional", False)),
        constraints=MappingProxyType(dict(entry.get("constraints", {}))),
        missing_values=_missing(entry["missingValues"]) if "missingValues" in entry else shared,
        missing_kinds=MappingProxyType(dict(entry.get("missingKinds", {}))),
        missing_below=entry.get("missingBelow"),
        else_missing=bool(entry.get("elseMissing", False)),
        value_map=MappingProxyType(dict(entry.get("valueMap", {}))),
        not_after=entry.get("notAfter", ""),
        group_char=entry.get("groupChar", ""),
        **texts,
        **more,
    )


def _variant(entry: Mapping[str, Any], where: str) -> HeaderVariant:
    require_keys(entry, ("header",), f"{where}, headers")
    return HeaderVariant(header=entry["header"], years=str(entry.get("years", "")), beside=tuple(entry.get("with", ())))


def _missing(values: Any) -> tuple[str, ...]:
    return tuple(dict.fromkeys(["", *(str(v) for v in values)]))
