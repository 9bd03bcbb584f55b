"""Groups of practices compared, variable by variable, with effect sizes and intervals."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from scipy import stats as sps

from resilience_stats.errors import ModelError
from resilience_stats.models.inputs import require_columns
from resilience_stats.models.multiplicity import adjust_p_values
from resilience_stats.results import Note, Result, note
from resilience_stats.results.comparison import ComparisonResult
from resilience_stats.results.tidy import tidy_frame
from resilience_stats.stats.association import correlations, cross_table, two_by_two
from resilience_stats.stats.two_samples import two_groups

FEWEST = 2


def compare_groups(
    data: pd.DataFrame,
    by: str,
    variables: Sequence[str],
    *,
    adjust: str = "bh",
    conf_level: float = 0.95,
) -> ComparisonResult:
    """Return how groups differ in each variable: difference, interval, effect size, tests.

    Parameters
    ----------
    data : pandas.DataFrame
    by : str
        Column of groups; with two, differences are first level less second (levels sorted, or in category order).
    variables : sequence of str
        Numeric columns are compared by means and by ranks, the others by counts.
    adjust : str
        How p-values are adjusted over the variables (`adjust_p_values`).
    conf_level : float

    Returns
    -------
    ComparisonResult
        `tidy()`: term, estimate (difference of means of two groups; Cramer's V of counts), limits, p_value, adjusted
        p, method, standardised_difference, n. `details`: one row per variable with every figure computed.

    Raises
    ------
    ModelError
        For unknown columns, or fewer than two groups.

    Notes
    -----
    Two groups: Welch's t. More: Welch's analysis of variance with eta squared, and Kruskal-Wallis. Counts: chi-square,
    and Fisher's exact test in a 2 x 2 table. Formulae: `resilience_stats.stats.two_samples` and
    `resilience_stats.stats.association`.

    Examples
    --------
    >>> frame = pd.DataFrame({"g": ["a", "a", "a", "b", "b", "b"], "x": [1.0, 2, 3, 2, 3, 5]})
    >>> compare_groups(frame, "g", ["x"]).tidy()[["estimate", "standardised_difference"]].round(3).to_numpy().tolist()
    [[-1.333, -1.033]]
    """
    require_columns(data, [by], "by")
    require_columns(data, list(variables), "variables")
    used = data[data[by].notna()]
    levels = list(used[by].astype("category").cat.remove_unused_categories().cat.categories)
    if len(levels) < 2:
        raise ModelError("there is a single group", where="argument by", found=levels, allowed="two or more groups")
    details, notes = [], []
    for name in variables:
        row, more = _compare(used, by, levels, name, conf_level)
        details.append({"variable": name, **row})
        notes += more
    table = pd.DataFrame(details)
    rows = tidy_frame(
        term=table["variable"],
        estimate=table["estimate"],
        statistic=table["statistic"],
        df=table["df"],
        p_value=table["p_value"],
        conf_low=table["conf_low"],
        conf_high=table["conf_high"],
        adjusted_p_value=adjust_p_values(table["p_value"], adjust).to_numpy(),
        method=table["method"],
        standardised_difference=table["standardised_difference"],
        n=table["n"],
    )
    fit = {"by": by, "levels": ", ".join(map(str, levels)), "adjust": adjust, "variables": len(table)}
    return ComparisonResult(estimates=rows, fit=fit, notes=tuple(notes), details=table)


def association(data: pd.DataFrame, x: str, y: str, *, conf_level: float = 0.95) -> Result:
    """Return every usual measure of association between two columns.

    Parameters
    ----------
    data : pandas.DataFrame
    x, y : str
        Numeric or categorical; orders are those of the numbers or categories.
    conf_level : float

    Returns
    -------
    Result
        `tidy()`: one row per measure; `glance()`: all figures side by side. Numeric columns add correlations, a 2 x 2
        table its exact test and odds ratio.

    Examples
    --------
    >>> frame = pd.DataFrame({"x": [1, 1, 2, 2, 3, 3], "y": [1, 2, 2, 3, 3, 3]})
    >>> association(frame, "x", "y").glance()["tau_b"].round(3).tolist()
    [0.783]
    """
    require_columns(data, [x, y], "x, y")
    used = data[[x, y]].dropna()
    figures: dict[str, float] = {}
    table = pd.crosstab(used[x], used[y]).to_numpy(dtype=float)
    if min(table.shape) < 2:
        raise ModelError("a column holds a single value", where="arguments x, y", found=f"{table.shape}")
    figures |= cross_table(table)
    if table.shape == (2, 2):
        figures |= two_by_two(table, conf_level)
    if all(pd.api.types.is_numeric_dtype(used[c]) and not pd.api.types.is_bool_dtype(used[c]) for c in (x, y)):
        figures |= correlations(used[x].to_numpy(dtype=float), used[y].to_numpy(dtype=float), conf_level)
    notes: tuple[Note, ...] = ()
    if figures["least_expected"] < 5:
        text = f"The least expected count is {figures['least_expected']:.1f}: chi-square is rough."
        notes = (note("small-expected-counts", text),)
    rows = tidy_frame(term=list(figures), estimate=list(figures.values()))
    return Result(estimates=rows, fit=figures, notes=notes)


def _compare(
    used: pd.DataFrame, by: str, levels: list, name: str, conf_level: float
) -> tuple[dict[str, object], list[Note]]:
    column = used[name]
    numeric = pd.api.types.is_numeric_dtype(column) and not pd.api.types.is_bool_dtype(column)
    here = used[column.notna()]
    counts = here.groupby(by, observed=False)[name].size().reindex(levels, fill_value=0)
    notes = []
    if (counts < 5).any():
        small = ", ".join(f"{k} ({v})" for k, v in counts.items() if v < 5)
        notes.append(note("tiny-groups", f"'{name}' has fewer than 5 values in: {small}."))
    if (counts < FEWEST).any() or here[name].nunique() < 2:
        return _nothing(int(counts.sum())), notes
    if not numeric:
        return _counts(here, by, levels, name, conf_level), notes
    groups = [here.loc[here[by] == v, name].to_numpy(dtype=float) for v in levels]
    if any(np.ptp(g) == 0 for g in groups):
        notes.append(note("no-variation", f"'{name}' does not vary within a group: no t test."))
        return _nothing(int(counts.sum())), notes
    return (_pair(groups, conf_level) if len(groups) == 2 else _several(groups)), notes


def _nothing(n: int) -> dict[str, object]:
    gone = dict.fromkeys(("estimate", "statistic", "df", "p_value", "conf_low", "conf_high", "standardised_difference"),
                         float("nan"))  # fmt: skip
    return {"method": "not compared", "n": n, **gone}


def _pair(groups: list[np.ndarray], conf_level: float) -> dict[str, object]:
    found = two_groups(groups[0], groups[1], conf_level)
    return {"method": "Welch t", "n": len(groups[0]) + len(groups[1]), "estimate": found["difference"],
            "statistic": found["welch_t"], "df": found["welch_df"], "p_value": found["welch_p_value"],
            "conf_low": found["welch_low"], "conf_high": found["welch_high"], **found}  # fmt: skip


def _several(groups: list[np.ndarray]) -> dict[str, object]:
    """Welch's analysis of variance (Biometrika 1951;38:330-336), eta squared, Kruskal-Wallis."""
    n = np.array([len(g) for g in groups], dtype=float)
    mean, w = np.array([g.mean() for g in groups]), n / np.array([g.var(ddof=1) for g in groups])
    k, centre = len(groups), (w @ mean) / w.sum()
    a = (w * (mean - centre) ** 2).sum() / (k - 1)
    b = ((1 - w / w.sum()) ** 2 / (n - 1)).sum()
    f, df = a / (1 + 2 * (k - 2) / (k**2 - 1) * b), (k**2 - 1) / (3 * b)
    values = np.concatenate(groups)
    between = float((n * (mean - values.mean()) ** 2).sum())
    eta = between / float(((values - values.mean()) ** 2).sum())
    kruskal = sps.kruskal(*groups)
    return {"method": "Welch ANOVA", "n": int(n.sum()), "estimate": eta, "statistic": f, "df": df,
            "p_value": float(sps.f.sf(f, k - 1, df)), "conf_low": np.nan, "conf_high": np.nan,
            "standardised_difference": np.nan, "eta_squared": eta, "kruskal_h": float(kruskal.statistic),
            "kruskal_p_value": float(kruskal.pvalue)}  # fmt: skip


def _counts(here: pd.DataFrame, by: str, levels: list, name: str, conf_level: float) -> dict[str, object]:
    table = pd.crosstab(here[by], here[name]).reindex(levels, fill_value=0).to_numpy(dtype=float)
    found = cross_table(table)
    method, p = "chi-square", found["p_value"]
    if table.shape == (2, 2):
        found |= two_by_two(table, conf_level)
        method, p = "Fisher exact", found["fisher_p_value"]
    smd = _smd_of_shares(table) if len(levels) == 2 else float("nan")
    return {**found, "method": method, "n": int(table.sum()), "estimate": found["cramers_v"],
            "statistic": found["chi_square"], "p_value": p, "conf_low": np.nan, "conf_high": np.nan,
            "standardised_difference": smd}  # fmt: skip


def _smd_of_shares(table: np.ndarray) -> float:
    """Standardised difference of a category: (p - q)' S^-1 (p - q) under the root (Yang and Dalton, SAS Forum 2012)."""
    p, q = (table / table.sum(axis=1, keepdims=True))[:, 1:]
    spread = (np.diag(p) - np.outer(p, p) + np.diag(q) - np.outer(q, q)) / 2
    gap = p - q
    value = float(gap @ np.linalg.pinv(spread) @ gap)
    return float(np.sign(gap[0]) * np.sqrt(value)) if len(gap) == 1 else float(np.sqrt(value))
