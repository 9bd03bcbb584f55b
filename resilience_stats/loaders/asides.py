"""Rows that are not ours: which, and for which declared reason."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from resilience_stats.errors import SchemaError
from resilience_stats.loaders.values import Converted
from resilience_stats.schema import TableSpec


def set_aside_reasons(spec: TableSpec, converted: Mapping[str, Converted], rows: int) -> dict[int, str]:
    """Return position -> reason for the rows that the definition's ``setAside`` rules mark, first rule first.

    A rule has a ``reason``, a ``column``, and one of ``blank``, ``values``, ``keep``, ``pattern``, ``atMost``; or
    ``repeats``, a list of columns of which a second equal row is set aside.
    """
    reasons: dict[int, str] = {}
    for rule in spec.extras.get("setAside", ()):
        if "repeats" in rule:
            _mark_repeats(rule, converted, rows, reasons)
        elif rule["column"] in converted:
            marked = _test(rule, spec)
            column = converted[rule["column"]]
            verdicts = {c: marked(c) for c in dict.fromkeys(column.canonical)}
            if any(verdicts.values()):
                for k, cell in enumerate(column.canonical):
                    if verdicts[cell]:
                        reasons.setdefault(k, rule["reason"])
    return reasons


def _test(rule: Mapping[str, Any], spec: TableSpec) -> Callable[[str], bool]:
    if rule.get("blank"):
        return lambda cell: not cell
    if "values" in rule:
        listed = {str(v).casefold() for v in rule["values"]}
        return lambda cell: cell.casefold() in listed
    if "keep" in rule:
        kept = {str(v).casefold() for v in rule["keep"]}
        return lambda cell: cell.casefold() not in kept
    if "pattern" in rule:
        pattern = re.compile(rule["pattern"])
        return lambda cell: pattern.fullmatch(cell) is not None
    if "atMost" in rule:
        return lambda cell: _number(cell) <= rule["atMost"]
    raise SchemaError("a setAside rule has no test", where=str(spec.path), found=dict(rule))


def _number(cell: str) -> float:
    try:
        return float(cell)
    except ValueError:
        return float("inf")


def _mark_repeats(
    rule: Mapping[str, Any], converted: Mapping[str, Converted], rows: int, reasons: dict[int, str]
) -> None:
    columns = [converted[c].canonical for c in rule["repeats"] if c in converted]
    seen: set[tuple[str, ...]] = set()
    for k in range(rows):
        if k in reasons:
            continue
        row = tuple(c[k] for c in columns)
        if row in seen:
            reasons[k] = rule["reason"]
        seen.add(row)
