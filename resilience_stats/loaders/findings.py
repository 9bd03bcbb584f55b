"""What was found in a file: one record per fault, and the frame of them that a person reads."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from resilience_stats.errors import DataError

if TYPE_CHECKING:
    import pandas as pd

COLUMNS = ("file", "row", "column", "found", "rule", "allowed", "action", "severity")
_SHOWN = 80


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One fault.

    Attributes
    ----------
    file : str
    row : int or None
        The line as a person sees it in an editor or a workbook, counted from 1.
    column : str or None
        The header in the file, or the name of the column that is wanted.
    found, rule, allowed, action : str
    severity : str
        ``error``: the row cannot be used, or, where no row is named, the file; ``note``: read, and said how.
    """

    file: str
    rule: str
    row: int | None = None
    column: str | None = None
    found: str = ""
    allowed: str = ""
    action: str = ""
    severity: str = "error"


def shorten(value: object) -> str:
    """Return a value as it can be shown in a message: one line, printable, not longer than 80 characters.

    Examples
    --------
    >>> shorten("a\\x00b")
    'a\\\\x00b'
    """
    text = str(value)
    text = "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text[: _SHOWN + 1])
    return text if len(text) <= _SHOWN else text[: _SHOWN - 1] + "…"


def problem_frame(findings: Iterable[Finding]) -> pd.DataFrame:
    """Return findings as a frame, in the order of the files and rows.

    Returns
    -------
    pandas.DataFrame
        ``file, row, column, found, rule, allowed, action, severity``; the last is ``error`` or ``note``.

    Examples
    --------
    >>> problem_frame([Finding(file="a.csv", rule="type", row=2, column="n", found="x")])["row"].tolist()
    [2]
    """
    import pandas as pd

    order: dict[str, int] = {}
    listed = list(dict.fromkeys(findings))
    for finding in listed:
        order.setdefault(finding.file, len(order))
    listed.sort(key=lambda f: (order[f.file], f.row or 0))
    frame = pd.DataFrame([{c: getattr(f, c) for c in COLUMNS} for f in listed], columns=list(COLUMNS))
    return frame.astype({"row": "Int64"})


def one_note_per_row(findings: Iterable[Finding]) -> list[Finding]:
    """Return findings with the notes of one rule on one row of a file put together: a row without staff is one matter.

    The note stands at the first of the columns and names the others.

    Examples
    --------
    >>> notes = [Finding(file="a.csv", rule="code for missing", row=2, column=c, severity="note") for c in "xyz"]
    >>> [(f.column, f.action) for f in one_note_per_row(notes)]
    [('x', 'The same in y, z.')]
    """
    kept: dict[object, list[Finding]] = {}
    for finding in findings:
        alike = finding.severity == "note" and finding.row is not None
        kept.setdefault((finding.file, finding.row, finding.rule) if alike else finding, []).append(finding)
    return [_together(group) for group in kept.values()]


def _together(group: Sequence[Finding]) -> Finding:
    others = list(dict.fromkeys(f.column for f in group[1:] if f.column and f.column != group[0].column))
    if not others:
        return group[0]
    return replace(group[0], action=f"{group[0].action} The same in {', '.join(others)}.".strip())


def errors_of(findings: Iterable[Finding]) -> list[Finding]:
    """Return the findings for which a file is not loaded."""
    return [f for f in findings if f.severity == "error"]


def raise_on_errors(findings: Sequence[Finding], path: Path) -> None:
    """Raise `DataError` for the first error, with all findings attached, if there is any error.

    Examples
    --------
    >>> raise_on_errors([Finding(file="a.csv", rule="type", severity="note")], Path("a.csv"))
    """
    errors = errors_of(findings)
    if not errors:
        return
    first = errors[0]
    where = ", ".join(
        [str(path)]
        + ([f"row {first.row}"] if first.row is not None else [])
        + ([f"column {first.column}"] if first.column else [])
    )
    more = "" if len(errors) == 1 else f" (the first of {len(errors)} faults in this file)"
    raise DataError(
        first.rule + more,
        where=where,
        found=first.found or None,
        allowed=first.allowed or None,
        action=first.action or None,
        problems=problem_frame(findings),
    )
