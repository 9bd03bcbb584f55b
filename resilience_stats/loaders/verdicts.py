"""Findings of cells and rows: what the types and constraints say, keys, and the order of dates."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from resilience_stats.errors import did_you_mean
from resilience_stats.loaders.body import Body
from resilience_stats.loaders.findings import Finding, shorten
from resilience_stats.loaders.headers import HeaderMatch
from resilience_stats.loaders.judging import judge
from resilience_stats.loaders.values import Converted
from resilience_stats.schema import ColumnSpec, TableSpec
from resilience_stats.schema.dictionary import allowed_text

_ACTIONS = {
    "blank": "Fill the cell.",
    "duplicate": "Keep one of the two rows.",
    "default code": "A default code is no practice; find the practice's own code.",
    "branch code": "Use the practice's own six-character code.",
    "impossible date": "There is no such day (the day comes before the month); correct the date.",
    "day number": "A spreadsheet counts days so: give the column the format yyyy-mm-dd, and export the file again.",
    "short year": "Write the year with four figures.",
    "empty date": "A spreadsheet shows an empty cell so: empty it.",
    "date in the future": "Correct the date.",
    "dates out of order": "Correct one of the two dates.",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet:
    """What the rules are applied to: the rows as read, where the columns stand, and the converted columns."""

    file: str
    spec: TableSpec
    body: Body
    match: HeaderMatch
    columns: Mapping[str, ColumnSpec]
    converted: Mapping[str, Converted]


def judge_cells(sheet: Sheet, reasons: Mapping[int, str]) -> tuple[list[Finding], dict[int, str]]:
    """Return the findings of all cells in rows that are not set aside, and position -> rule of the rows at fault."""
    faults = {
        (k, name): rule for name, c in sheet.converted.items() for k, rule in c.faults.items() if k not in reasons
    }
    faults = _repeated_keys(sheet, reasons) | _dates_out_of_order(sheet, reasons) | faults
    texts = {name: c.canonical for name, c in sheet.converted.items()}
    judged = judge(sheet.spec, list(sheet.columns.values()), texts, sorted({k for k, _ in faults}))
    faults = judged | faults
    findings = [_fault(sheet, k, name, rule) for (k, name), rule in sorted(faults.items())]
    findings += [
        _note(sheet, k, name, rule, action)
        for name, c in sheet.converted.items()
        for k, rule, action in c.notes
        if k not in reasons
    ]
    at_fault: dict[int, str] = {}
    for (k, _), rule in faults.items():
        at_fault.setdefault(k, rule)
    return findings, at_fault


def _repeated_keys(sheet: Sheet, reasons: Mapping[int, str]) -> dict[tuple[int, str], str]:
    key = tuple(sheet.spec.key) or tuple(sheet.spec.extras.get("rowKey", ()))
    if not key or not set(key) <= set(sheet.columns):
        return {}
    cells = list(zip(*(sheet.converted[name].canonical for name in key), strict=True))
    if len(set(cells)) == len(cells):
        return {}
    seen: dict[tuple[str, ...], int] = {}
    repeated = {}
    for k, row in enumerate(cells):
        if k in reasons or not row[0]:
            continue
        if row in seen:
            repeated[(k, key[0])] = "duplicate"
        seen.setdefault(row, k)
    return repeated


def _dates_out_of_order(sheet: Sheet, reasons: Mapping[int, str]) -> dict[tuple[int, str], str]:
    wrong: dict[tuple[int, str], str] = {}
    for first, second in sheet.spec.extras.get("orders", ()):
        if first in sheet.columns and second in sheet.columns:
            late = (sheet.converted[first].values > sheet.converted[second].values).to_numpy()
            wrong |= {(int(k), second): "dates out of order" for k in late.nonzero()[0] if int(k) not in reasons}
    return wrong


def _cell(sheet: Sheet, k: int, name: str) -> str:
    return sheet.body.rows[k][sheet.match.positions[name]]


def _fault(sheet: Sheet, k: int, name: str, rule: str) -> Finding:
    column = sheet.columns[name]
    found, allowed = shorten(_cell(sheet, k, name)), allowed_text(column)
    action = _ACTIONS.get(rule, "")
    if rule == "duplicate":
        allowed = "each " + " and ".join(sheet.spec.key or sheet.spec.extras.get("rowKey", ())) + " once"
    elif rule == "dates out of order":
        first = next(
            a
            for a, b in sheet.spec.extras["orders"]
            if b == name and a in sheet.columns and sheet.converted[a].canonical[k] > sheet.converted[b].canonical[k]
        )
        allowed = f"not before {first}, {_cell(sheet, k, first)}"
    elif rule == "not in the list":
        near = did_you_mean(found, [str(v) for v in column.constraints["enum"]])
        action = near if near.startswith("Did") else "Use one of the list."
    return Finding(
        file=sheet.file,
        rule=rule,
        row=sheet.body.lines[k],
        column=sheet.match.written[name],
        found=found,
        allowed=allowed,
        action=action or f"Correct the cell, or change the rule in data/schema/{sheet.spec.name}.json.",
    )


def _note(sheet: Sheet, k: int, name: str, rule: str, action: str) -> Finding:
    return Finding(
        file=sheet.file,
        rule=rule,
        row=sheet.body.lines[k],
        column=sheet.match.written[name],
        found=shorten(_cell(sheet, k, name)),
        allowed=allowed_text(sheet.columns[name]),
        action=action,
        severity="note",
    )
