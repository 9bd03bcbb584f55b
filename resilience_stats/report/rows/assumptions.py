"""What the results rest on: assumptions with how sure one can be of each, read off rows, and how much it matters."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import pandas as pd

from resilience_stats.disclosure import DisclosedFrame
from resilience_stats.report.methods_text import is_there, outputs_of
from resilience_stats.report.reading import Row, is_shown, rows_of, value_text
from resilience_stats.report.wording import wording
from resilience_stats.results.rows import combine_rows, make_rows

_HELD = {"chapter": "methods", "output": "assumptions"}
Found = tuple[float, str]


def assumption_rows(results: DisclosedFrame) -> pd.DataFrame:
    """Return the assumptions of the analyses in the run: how sure, how much each matters, and what speaks for it.

    Parameters
    ----------
    results : DisclosedFrame
        The released rows of the chapters.

    Notes
    -----
    How sure one can be is decided by a released number against the two marks of wording/assumptions.toml; where no
    number can tell, it says so. How much an assumption matters is a judgement, written down there.
    """
    there = outputs_of(results)
    held = [a for a in wording("assumptions")["assumptions"] if is_there(a["where"], there)]
    terms, rated = [a["name"] for a in held], [_rated(a, results) for a in held]
    matters = [wording("methods")["ratings"][a["matters"]] for a in held]
    columns = {"evidence": [sure for sure, _ in rated], "kind": matters, "reason": [why for _, why in rated]}
    return combine_rows([make_rows(**_HELD, term=terms, statistic=s, value=v) for s, v in columns.items()])


def _rated(assumption: Mapping[str, Any], results: DisclosedFrame) -> tuple[str, str]:
    words = wording("methods")["ratings"]
    found = _decide(assumption, results) if "from" in assumption else None
    if found is None:
        # A reason that names a number has nothing to name where none was released.
        return words["unknown"], words["no_number"] if "{value}" in assumption["reason"] else assumption["reason"]
    value, text = found
    first, second = assumption["marks"]
    low = assumption["better"] == "low"
    met = [value <= mark if low else value >= mark for mark in (first, second)]
    return words[f"sure_{sum(met) if met[1] else 0}"], assumption["reason"].format(value=text)


def _decide(assumption: Mapping[str, Any], results: DisclosedFrame) -> Found | None:
    chapter, output, statistic = assumption["from"].split("/")
    if assumption["take"] == "networks":
        label = wording("drivers")["budget"]["networks"]
        rows = [r for r in rows_of(results, "budget", "columns") if r["term"] == label]
        return _TAKES["first"](rows)
    rows = [r for r in rows_of(results, output, statistic) if r["chapter"] == chapter]
    return _TAKES[assumption["take"]](rows if assumption["take"] == "count" else [r for r in rows if is_shown(r)])


def _one(rows: Sequence[Row], key: Callable[[Row], float] | None) -> Found | None:
    if not rows:
        return None
    row = rows[0] if key is None else min(rows, key=key)
    return float(row["value"]), value_text(row)


def _largest_size(rows: Sequence[Row]) -> Found | None:
    found = _one(rows, lambda r: -abs(r["value"]))
    return None if found is None else (abs(found[0]), found[1])


def _last_share(rows: Sequence[Row]) -> Found | None:
    """The third stage of the flow, what the model is of, as a share of those who answered."""
    if len(rows) < 3 or not rows[-2]["value"]:
        return None
    share = float(rows[-1]["value"]) / float(rows[-2]["value"])
    return share, f"{value_text(rows[-1])} of {value_text(rows[-2])}"


_TAKES: Mapping[str, Callable[[Sequence[Row]], Found | None]] = {
    "first": lambda rows: _one(rows, None),
    "smallest": lambda rows: _one(rows, lambda r: float(r["value"])),
    "largest_size": _largest_size,
    "last_share": _last_share,
    "count": lambda rows: (float(len(rows)), f"{len(rows)}"),
}
