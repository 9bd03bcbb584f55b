"""Which variable, level and outcome make a logistic regression run off to infinity?"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from resilience_stats.models.logistic_rows import LogisticRows, logistic_rows
from resilience_stats.results import Note, Result, note
from resilience_stats.results.tidy import tidy_frame
from resilience_stats.stats.separation import detect_separation


def check_separation(data: pd.DataFrame, outcome: str, predictors: Sequence[str]) -> Result:
    """Return, before any fit, what would make maximum-likelihood estimates infinite.

    Parameters
    ----------
    data : pandas.DataFrame
    outcome : str
    predictors : sequence of str

    Returns
    -------
    Result
        `tidy()`: one row a coefficient: `term, estimate` (+inf, -inf, or missing where it is finite), `variable,
        level, outcome` (the only outcome seen there), `direction`, `n` (rows at that level). `glance()`: `separation`
        (``none, quasi-complete, complete``), `n, events, infinite_terms`. One note for each level, or each range of a
        number, that meets a single outcome.

    Notes
    -----
    Existence and directions by linear programming (Konis 2007); levels by cross-tables.

    Examples
    --------
    >>> frame = pd.DataFrame({"closed": [0, 0, 0, 1, 1, 0], "single": ["n", "n", "n", "y", "y", "n"]})
    >>> found = check_separation(frame, "closed", ["single"])
    >>> found.glance()["separation"].iloc[0]
    'complete'
    >>> found.tidy().loc[1, ["variable", "level", "outcome"]].tolist()
    ['single', 'y', 1]
    """
    rows = logistic_rows(data, outcome, predictors)
    found = detect_separation(rows.x, rows.y)
    records = [_record(rows, k, float(found.direction[k])) for k in range(len(rows.terms))]
    frame = pd.DataFrame(records)
    infinite = np.array([{1.0: np.inf, -1.0: -np.inf}.get(d, np.nan) for d in found.direction])
    estimates = tidy_frame(term=rows.terms, estimate=infinite, **frame)
    glance = {
        "separation": found.kind, "n": len(rows.y), "events": int(rows.y.sum()),
        "infinite_terms": int(np.count_nonzero(found.direction)),
    }  # fmt: skip
    return Result(estimates=estimates, fit=glance, notes=(*rows.notes, *_notes(rows, outcome, found.kind, records)))


def _record(rows: LogisticRows, k: int, direction: float) -> dict[str, object]:
    source, term, column = rows.sources[k], rows.terms[k], rows.x[:, k]
    said = {1.0: "up", -1.0: "down"}.get(direction, "")
    level: object = term[len(source) + 1 : -1] if term.startswith(f"{source}[") else ""
    blank = {"variable": source, "level": level, "outcome": pd.NA, "direction": said, "n": len(column)}
    if source == "(Intercept)":
        return blank
    if set(np.unique(column)) <= {0.0, 1.0}:
        return _binary_record(rows.y, column, blank)
    low, high = _range(column, rows.y, 0.0), _range(column, rows.y, 1.0)
    if low[1] <= high[0] or high[1] <= low[0]:
        bound = high[0] if low[1] <= high[0] else high[1]
        return blank | {"level": f"{'>=' if low[1] <= high[0] else '<='} {bound:g}", "outcome": 1}
    return blank


def _binary_record(y: np.ndarray, column: np.ndarray, blank: dict[str, object]) -> dict[str, object]:
    for value in (1.0, 0.0):
        seen = np.unique(y[column == value])
        if len(seen) == 1:
            named = blank["level"] if blank["level"] != "" and value == 1.0 else value
            label = f"not {blank['level']}" if blank["level"] != "" and value == 0.0 else named
            shown = label if isinstance(label, str) else int(float(str(label)))
            return blank | {"level": shown, "outcome": int(seen[0]), "n": int((column == value).sum())}
    return blank


def _range(column: np.ndarray, y: np.ndarray, outcome: float) -> tuple[float, float]:
    values = column[y == outcome]
    return (float(values.min()), float(values.max())) if len(values) else (np.inf, -np.inf)


def _notes(rows: LogisticRows, outcome: str, kind: str, records: Sequence[dict[str, object]]) -> list[Note]:
    if kind == "none":
        return []
    said = [
        note("separated-level", f"{r['variable']} = {r['level']}: all {r['n']} rows have {outcome} = {r['outcome']}.")
        if not str(r["level"]).startswith((">", "<"))
        else note("separated-range", f"{r['variable']} {r['level']} exactly where {outcome} = {r['outcome']}.")
        for r in records
        if r["outcome"] is not pd.NA
    ]
    runs = [t for t, r in zip(rows.terms, records, strict=True) if r["direction"]]
    return [
        note(f"{kind}-separation", f"Maximum-likelihood estimates are infinite for: {', '.join(runs)}. Use Firth."),
        *said,
    ]
