"""Agreement of raters on the same subjects, and whether one respondent's change is more than noise."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import stats as distributions

FORMS = ("ICC1", "ICC2", "ICC3", "ICC1k", "ICC2k", "ICC3k")


@dataclass(frozen=True, slots=True)
class VarianceTable:
    """Two-way analysis of variance of subjects by raters, one score a cell.

    Attributes
    ----------
    n, k : int
        Subjects and raters.
    between, raters, residual, within : float
        Mean squares; `within` pools raters and residual.
    """

    n: int
    k: int
    between: float
    raters: float
    residual: float
    within: float


def variance_table(scores: np.ndarray) -> VarianceTable:
    """Return the mean squares of a complete table, subjects in rows and raters in columns.

    Examples
    --------
    >>> variance_table(np.array([[1.0, 2.0], [3.0, 4.0], [5.0, 7.0]])).between.__round__(4)
    10.1667
    """
    n, k = scores.shape
    grand = scores.mean()
    subjects = k * float(np.sum((scores.mean(axis=1) - grand) ** 2))
    raters = n * float(np.sum((scores.mean(axis=0) - grand) ** 2))
    residual = float(np.sum((scores - grand) ** 2)) - subjects - raters
    within = (raters + residual) / (n * (k - 1))
    return VarianceTable(n, k, subjects / (n - 1), raters / (k - 1), residual / ((n - 1) * (k - 1)), within)


def intraclass_forms(table: VarianceTable, level: float = 0.95) -> list[dict[str, float | str]]:
    """Return the six forms of Shrout and Fleiss with F test and interval.

    ICC1: raters differ from subject to subject; ICC2: a random sample of raters, absolute agreement; ICC3: these
    raters, consistency; ...k: of the mean of the k raters.

    Source: Shrout & Fleiss (1979), Psychological Bulletin 86, 420-428; McGraw & Wong (1996), Psychological Methods 1
    (interval of ICC2).

    Examples
    --------
    >>> table = variance_table(np.array([[1.0, 2.0], [3.0, 4.0], [5.0, 7.0]]))
    >>> [round(float(form["estimate"]), 3) for form in intraclass_forms(table)]
    [0.821, 0.833, 0.968, 0.902, 0.909, 0.984]
    """
    n, k, b, j, e, w = table.n, table.k, table.between, table.raters, table.residual, table.within
    second = (b - e) / (b + (k - 1) * e + k * (j - e) / n)
    estimates = (
        (b - w) / (b + (k - 1) * w),
        second,
        (b - e) / (b + (k - 1) * e),
        (b - w) / b,
        (b - e) / (b + (j - e) / n),
        (b - e) / b,
    )
    df1, one_way, two_way = n - 1, n * (k - 1), (n - 1) * (k - 1)
    ratios = _ratio_limits(b / w, df1, one_way, level), _ratio_limits(b / e, df1, two_way, level)
    single = [((low - 1) / (low + k - 1), (high - 1) / (high + k - 1)) for low, high in ratios]
    mean = [(1 - 1 / low, 1 - 1 / high) for low, high in ratios]
    random = _random_raters_interval(table, second, level)
    limits = (single[0], random, single[1], mean[0], tuple(k * v / (1 + v * (k - 1)) for v in random), mean[1])
    rows: list[dict[str, float | str]] = []
    for form, estimate, (low, high) in zip(FORMS, estimates, limits, strict=True):
        f, df2 = (b / w, one_way) if form.startswith("ICC1") else (b / e, two_way)
        rows.append(
            {
                "term": form,
                "estimate": estimate,
                "statistic": f,
                "df": df1,
                "df_residual": df2,
                "p_value": float(distributions.f.sf(f, df1, df2)),
                "conf_low": low,
                "conf_high": high,
            }
        )
    return rows


def one_way_unbalanced(groups: list[np.ndarray], level: float = 0.95) -> dict[str, float]:
    """Return the one-way intraclass correlation for subjects with different numbers of scores.

    ICC = (B - W) / (B + (n0 - 1) W) with n0 = (N - sum n_i^2 / N) / (a - 1); the interval from the F distribution with
    n0 in place of a common number of scores, exact where all subjects have the same number.

    Source: Donner (1986), International Statistical Review 54, 67-82; Searle (1971), Linear Models, ch. 9.

    Examples
    --------
    >>> one_way_unbalanced([np.array([1.0, 2.0]), np.array([5.0, 6.0, 7.0]), np.array([9.0])])["n0"].__round__(4)
    1.8333
    """
    sizes = np.array([len(g) for g in groups], dtype=float)
    a, total = len(groups), sizes.sum()
    means = np.array([g.mean() for g in groups])
    grand = float(np.sum(sizes * means) / total)
    between = float(np.sum(sizes * (means - grand) ** 2)) / (a - 1)
    within = float(sum(np.sum((g - g.mean()) ** 2) for g in groups)) / (total - a)
    n0 = (total - np.sum(sizes**2) / total) / (a - 1)
    icc = (between - within) / (between + (n0 - 1) * within)
    f = between / within
    low, high = _ratio_limits(f, a - 1, total - a, level)
    return {
        "estimate": float(icc),
        "statistic": f,
        "df": a - 1,
        "df_residual": float(total - a),
        "p_value": float(distributions.f.sf(f, a - 1, total - a)),
        "conf_low": float((low - 1) / (low + n0 - 1)),
        "conf_high": float((high - 1) / (high + n0 - 1)),
        "n0": float(n0),
        "estimate_mean": 1.0 - 1.0 / f,
        "mean_conf_low": 1.0 - 1.0 / low,
        "mean_conf_high": 1.0 - 1.0 / high,
        "design_effect": float(1.0 + (total / a - 1.0) * icc),
        "between": between,
        "within": within,
    }


def _ratio_limits(f: float, df1: float, df2: float, level: float) -> tuple[float, float]:
    p = 0.5 + level / 2.0
    return f / float(distributions.f.ppf(p, df1, df2)), f * float(distributions.f.ppf(p, df2, df1))


def _random_raters_interval(table: VarianceTable, icc: float, level: float) -> tuple[float, float]:
    n, k, b, j, e = table.n, table.k, table.between, table.raters, table.residual
    ratio, p = j / e, 0.5 + level / 2.0
    spread = k * icc * ratio + n * (1 + (k - 1) * icc) - k * icc
    df = (k - 1) * (n - 1) * spread**2 / ((n - 1) * k**2 * icc**2 * ratio**2 + (n * (1 + (k - 1) * icc) - k * icc) ** 2)
    upper, lower = float(distributions.f.ppf(p, n - 1, df)), float(distributions.f.ppf(p, df, n - 1))
    rest = k * j + (k * n - k - n) * e
    return n * (b - upper * e) / (upper * rest + n * b), n * (lower * b - e) / (rest + n * lower * b)
