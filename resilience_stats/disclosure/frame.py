"""`DisclosedFrame`: rows that have been through the policy, and the only thing tables, figures and files accept."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pandas as pd

from resilience_stats.disclosure.policy import Policy
from resilience_stats.disclosure.rounding import is_rounded
from resilience_stats.disclosure.statistics import statistic
from resilience_stats.display import Part, Shown
from resilience_stats.errors import DisclosureError
from resilience_stats.results.rows import ROW_COLUMNS

WITHHELD = "[c]"
ROUNDED = "rounded"
AUDIT_COLUMNS = ("output", "rule", "cell", "reason")
_NUMBERS = ("value", "conf_low", "conf_high", "n")


@dataclass(frozen=True, slots=True)
class DisclosedFrame(Shown):
    """Analysis results that may leave under their policy.

    Attributes
    ----------
    rows : pandas.DataFrame
        The ten columns of `ROW_COLUMNS`. A withheld row has ``"[c]"`` in `disclosure` and no numbers.
    policy : Policy
        What was applied.
    audit : pandas.DataFrame
        One row per row withheld or changed: output, rule, cell, reason. Not for release: it tells what was small.

    Raises
    ------
    DisclosureError
        If a withheld row holds a number, or a row that the policy withholds holds one.

    Examples
    --------
    >>> from resilience_stats.results.rows import make_rows
    >>> from resilience_stats.disclosure import apply_policy
    >>> rows = make_rows("participation", "by_place", group=["A", "B"], term="Responded", value=[40, 30])
    >>> apply_policy(rows, "board").select(group="A").rows["value"].tolist()
    [40.0]
    """

    rows: pd.DataFrame
    policy: Policy
    audit: pd.DataFrame = field(repr=False)

    def __post_init__(self) -> None:
        if list(self.rows.columns) != list(ROW_COLUMNS):
            raise DisclosureError("not disclosed rows", found=list(self.rows.columns), allowed=", ".join(ROW_COLUMNS))
        _require_empty(self.rows)
        _require_large(self.rows, self.policy)

    def select(
        self,
        *,
        chapter: str | Iterable[str] | None = None,
        output: str | Iterable[str] | None = None,
        group: str | Iterable[str] | None = None,
        term: str | Iterable[str] | None = None,
        statistic: str | Iterable[str] | None = None,
    ) -> DisclosedFrame:
        """Return the rows that match, still disclosed; each argument is one value or several."""
        keep = pd.Series(True, index=self.rows.index)
        wanted = {"chapter": chapter, "output": output, "group": group, "term": term, "statistic": statistic}
        for column, values in wanted.items():
            if values is not None:
                keep &= self.rows[column].isin([values] if isinstance(values, str) else list(values))
        audit = (
            self.audit
            if output is None
            else self.audit[self.audit["output"].isin([output] if isinstance(output, str) else list(output))]
        )
        return DisclosedFrame(self.rows[keep].reset_index(drop=True), self.policy, audit.reset_index(drop=True))

    def to_csv(self) -> str:
        """Return the rows as CSV: ten columns, every digit that was released, nothing in a withheld row's numbers."""
        out = io.StringIO()
        writer = csv.writer(out, lineterminator="\n")
        writer.writerow(ROW_COLUMNS)
        for row in self.rows.itertuples(index=False):
            writer.writerow([_csv_cell(value) for value in row])
        return out.getvalue()

    def _shown(self) -> Iterable[Part]:
        withheld = int((self.rows["disclosure"] == WITHHELD).sum())
        yield self.policy.label, f"{len(self.rows)} rows, {withheld} of them withheld"
        yield "", self.rows


def require_disclosed(rows: Any) -> DisclosedFrame:
    """Return `rows` if it is a `DisclosedFrame`; raise otherwise.

    Raises
    ------
    DisclosureError
        For anything else, so that nothing is shown that has not been through the policy.

    Examples
    --------
    >>> require_disclosed(pd.DataFrame())
    Traceback (most recent call last):
    ...
    resilience_stats.errors.DisclosureError: these rows have not been through the disclosure policy: ...
    """
    if not isinstance(rows, DisclosedFrame):
        raise DisclosureError(
            "these rows have not been through the disclosure policy",
            found=type(rows).__name__,
            allowed="DisclosedFrame",
            action="Pass them through apply_policy(rows, policy) first.",
        )
    return rows


def read_results(path: str | Path) -> pd.DataFrame:
    """Return the rows of a `results.csv`, for comparison with this year's.

    Examples
    --------
    >>> read_results("no-such-file.csv")
    Traceback (most recent call last):
    ...
    resilience_stats.errors.DisclosureError: no-such-file.csv: no such file.
    """
    if not Path(path).is_file():
        raise DisclosureError("no such file", where=str(path))
    held = pd.read_csv(path, dtype=str, keep_default_na=False, encoding="utf-8")
    if list(held.columns) != list(ROW_COLUMNS):
        raise DisclosureError(
            "not a results file", where=str(path), found=list(held.columns), allowed=", ".join(ROW_COLUMNS)
        )
    for column in ("conf_low", "conf_high", "n"):
        held[column] = pd.to_numeric(held[column], errors="coerce")
    held["value"] = [_number_or_text(text) for text in held["value"]]
    return held


def _require_empty(rows: pd.DataFrame) -> None:
    withheld = rows["disclosure"] == WITHHELD
    if rows.loc[withheld, list(_NUMBERS)].notna().any(axis=None):
        raise DisclosureError("a withheld row holds a number", where="DisclosedFrame", action="Use apply_policy.")


def _require_large(rows: pd.DataFrame, policy: Policy) -> None:
    shown = rows[rows["disclosure"] != WITHHELD]
    specs = [statistic(name) for name in shown["statistic"]]
    n = pd.to_numeric(shown["n"], errors="coerce").to_numpy(dtype=float)
    value = pd.to_numeric(shown["value"], errors="coerce").to_numpy(dtype=float)
    for spec, people, number in zip(specs, n, value, strict=True):
        if not spec.protected or spec.kind == "score":
            continue
        held = [x for x in (people, number if spec.kind == "count" else people) if x == x]
        if any(0 < x < policy.threshold or not is_rounded(x, policy) for x in held):
            raise DisclosureError(
                "a row holds a number that the policy withholds", where="DisclosedFrame", action="Use apply_policy."
            )


def _csv_cell(value: Any) -> str:
    if value is None or value is pd.NA or (isinstance(value, float) and value != value):
        return ""
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return str(int(value))
    if isinstance(value, str) and value[:1] in ("=", "+", "-", "@", "\t", "\r"):
        return "'" + value  # a spreadsheet would run it
    return repr(float(value)) if isinstance(value, float) else str(value)


def _number_or_text(text: str) -> float | str | None:
    if text == "":
        return None
    try:
        return float(text)
    except ValueError:
        return text
