"""What assessments find across a cohort: how often each cause, and which come together."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import combinations

import numpy as np
import pandas as pd
from scipy import stats

from resilience_stats.errors import ModelError
from resilience_stats.models.inputs import require_columns
from resilience_stats.results import Note, Result, note
from resilience_stats.results.tidy import tidy_frame
from resilience_stats.stats.multiplicity import benjamini_hochberg
from resilience_stats.stats.proportions import wilson


@dataclass(frozen=True, slots=True, kw_only=True)
class ThemeResult(Result):
    """Findings across a cohort.

    Attributes
    ----------
    pairs : pandas.DataFrame
        One row per pair of findings and group: first, second, group, both, expected (if they came together by chance
        alone), phi, p_value (exact, two-sided), p_adjusted (false discovery rate within the group), n.
    """

    pairs: pd.DataFrame = field(repr=False)


def finding_themes(
    data: pd.DataFrame,
    findings: Sequence[str],
    *,
    group: str | None = None,
    labels: Mapping[str, str] | None = None,
    conf_level: float = 0.95,
) -> ThemeResult:
    """Return how many practices have each finding, and which findings come together.

    Parameters
    ----------
    data : pandas.DataFrame
        One row per assessment; findings are 1 (seen), 0 (looked for, not seen) or missing (not looked for).
    findings : sequence of str
    group : str, optional
        Programme of the assessment: practices in difficulty and practices that do well are never counted together
        unasked.
    labels : mapping, optional
        Finding -> label.
    conf_level : float
        Of the Wilson intervals of the shares.

    Returns
    -------
    ThemeResult
        `tidy()`: term, estimate (share), conf_low, conf_high, label, group, count, n (practices looked at).

    Raises
    ------
    ModelError
        For unknown columns, or values other than 0, 1 and missing.

    Notes
    -----
    phi is Pearson's correlation of two 0/1 columns; p values are Fisher's. Source: Fisher, J R Stat Soc 1935;98:39-82.

    Examples
    --------
    >>> frame = pd.DataFrame({"a": [1, 1, 1, 0, 0, 0], "b": [1, 1, 1, 0, 0, 0]})
    >>> fit = finding_themes(frame, ["a", "b"])
    >>> fit.pairs[["both", "expected", "phi"]].round(3).to_numpy().tolist()
    [[3.0, 1.5, 1.0]]
    """
    require_columns(data, [*findings, *([group] if group else [])], "findings, group")
    flags = data[list(findings)].apply(pd.to_numeric, errors="coerce").astype(float)
    if (data[list(findings)].notna() & ~flags.isin([0.0, 1.0])).any(axis=None):
        raise ModelError("findings are 0, 1 or missing", where="argument findings")
    parts = {"all": flags} if group is None else {str(g): flags[data[group] == g] for g in _levels(data[group])}
    shares = pd.concat([_shares(part, name, labels or {}, conf_level) for name, part in parts.items()])
    pairs = pd.concat([_pairs(part, name) for name, part in parts.items()], ignore_index=True)
    figures = {"assessments": len(data), "findings": len(findings), "groups": len(parts)}
    return ThemeResult(estimates=shares.reset_index(drop=True), fit=figures, notes=tuple(_notes(parts)), pairs=pairs)


def _levels(column: pd.Series) -> list[object]:
    return sorted(column.dropna().unique(), key=str)


def _shares(flags: pd.DataFrame, group: str, labels: Mapping[str, str], level: float) -> pd.DataFrame:
    n, x = flags.notna().sum().to_numpy(dtype=float), flags.sum().to_numpy(dtype=float)
    low, high = wilson(x, np.maximum(n, 1.0), level)
    rows = tidy_frame(
        term=list(flags.columns), estimate=np.where(n > 0, x / np.maximum(n, 1.0), np.nan),
        conf_low=np.where(n > 0, low, np.nan), conf_high=np.where(n > 0, high, np.nan),
        label=[labels.get(c, c) for c in map(str, flags.columns)], group=group, count=x.astype(int), n=n.astype(int),
    )  # fmt: skip
    return rows.sort_values("count", ascending=False, kind="stable")


def _pairs(flags: pd.DataFrame, group: str) -> pd.DataFrame:
    rows = []
    for first, second in combinations(map(str, flags.columns), 2):
        both = flags[[first, second]].dropna().to_numpy()
        n, a, b = len(both), both[:, 0].sum(), both[:, 1].sum()
        if n == 0 or a in (0, n) or b in (0, n):
            continue
        together = int((both[:, 0] * both[:, 1]).sum())
        table = [[together, int(a) - together], [int(b) - together, n - int(a) - int(b) + together]]
        rows.append({"first": first, "second": second, "group": group, "both": together, "expected": a * b / n,
                     "phi": float(np.corrcoef(both.T)[0, 1]), "p_value": float(stats.fisher_exact(table)[1]),
                     "n": n})  # fmt: skip
    columns = ["first", "second", "group", "both", "expected", "phi", "p_value", "n"]
    out = pd.DataFrame(rows, columns=columns)
    out["p_adjusted"] = benjamini_hochberg(out["p_value"].to_numpy()) if len(out) else []
    return out.sort_values("p_value", kind="stable")


def _notes(parts: Mapping[str, pd.DataFrame]) -> list[Note]:
    small = [f"{name} ({len(part)})" for name, part in parts.items() if len(part) < 20]
    notes = (
        [note("few-assessments", f"Few assessments in: {', '.join(small)}; pairs are hardly known.")] if small else []
    )
    return [*notes, note("impressions", "Findings are assessors' impressions: ideas to test, not causes shown.")]
