"""Two groups compared: tests and effect sizes."""

from __future__ import annotations

import numpy as np
from scipy import optimize, special, stats


def two_groups(a: np.ndarray, b: np.ndarray, conf_level: float = 0.95) -> dict[str, float]:
    """Return tests and effect sizes of the difference between two groups (a less b).

    Parameters
    ----------
    a, b : ndarray
        Without missing values, two rows or more each.
    conf_level : float

    Notes
    -----
    Welch and Student t; Cohen's d on the pooled sd; Hedges' J = Gamma(m/2) / (sqrt(m/2) Gamma((m-1)/2)), m = na+nb-2
    (J Educ Stat 1981;6:107-128); interval of d by inverting the non-central t (Steiger and Fouladi 1997); Glass's
    delta on the sd of b; Mann-Whitney with tie-corrected normal approximation and continuity correction; rank-biserial
    = 2 P(a > b) - 1 (Kerby, Compr Psychol 2014;3:11.IT.3.1); Brown-Forsythe (Levene about medians); F of variances.

    Examples
    --------
    >>> round(two_groups(np.array([1.0, 2, 3]), np.array([2.0, 3, 5]))["cohens_d"], 3)
    -1.033
    """
    na, nb = len(a), len(b)
    df = na + nb - 2
    pooled = np.sqrt(((na - 1) * a.var(ddof=1) + (nb - 1) * b.var(ddof=1)) / df)
    difference = float(a.mean() - b.mean())
    d = difference / pooled
    j = float(np.exp(special.gammaln(df / 2) - np.log(np.sqrt(df / 2)) - special.gammaln((df - 1) / 2)))
    size = na * nb / (na + nb)
    low, high = noncentral_limits(d * np.sqrt(size), df, conf_level)
    d_low, d_high = low / np.sqrt(size), high / np.sqrt(size)
    welch = stats.ttest_ind(a, b, equal_var=False)
    student = stats.ttest_ind(a, b)
    wl, wh = welch.confidence_interval(conf_level)
    sl, sh = student.confidence_interval(conf_level)
    u, u_p = mann_whitney(a, b)
    levene = stats.levene(a, b, center="median")
    ratio = float(a.var(ddof=1) / b.var(ddof=1))
    tail = stats.f.cdf(ratio, na - 1, nb - 1)
    return {
        "n_a": na, "n_b": nb, "mean_a": float(a.mean()), "mean_b": float(b.mean()),
        "sd_a": float(a.std(ddof=1)), "sd_b": float(b.std(ddof=1)), "difference": difference,
        "welch_t": float(welch.statistic), "welch_df": float(welch.df), "welch_p_value": float(welch.pvalue),
        "welch_low": float(wl), "welch_high": float(wh),
        "student_t": float(student.statistic), "student_df": df, "student_p_value": float(student.pvalue),
        "student_low": float(sl), "student_high": float(sh),
        "cohens_d": float(d), "cohens_d_low": d_low, "cohens_d_high": d_high,
        "hedges_j": j, "hedges_g": float(d) * j, "hedges_g_low": j * d_low, "hedges_g_high": j * d_high,
        "hedges_g_approximate": float(d) * (1 - 3 / (4 * df - 1)), "glass_delta": difference / float(b.std(ddof=1)),
        "mann_whitney_u": u, "mann_whitney_p_value": u_p, "probability_of_superiority": u / (na * nb),
        "rank_biserial": 2 * u / (na * nb) - 1, "levene_f": float(levene.statistic),
        "levene_p_value": float(levene.pvalue), "variance_ratio": ratio,
        "variance_ratio_p_value": float(2 * min(tail, 1 - tail)),
        "standardised_difference": difference / float(np.sqrt((a.var(ddof=1) + b.var(ddof=1)) / 2)),
    }  # fmt: skip


def noncentral_limits(t: float, df: float, conf_level: float) -> tuple[float, float]:
    """Return the non-centralities whose t distributions put `t` at their upper and lower tail.

    Examples
    --------
    >>> [round(v, 3) for v in noncentral_limits(0.0, 20, 0.95)]
    [-1.96, 1.96]
    """
    tail = (1 - conf_level) / 2

    def solve(p: float) -> float:
        """Noncentrality at which t has this probability."""
        reach = 5.0
        while (special.nctdtr(df, t - reach, t) - p) * (special.nctdtr(df, t + reach, t) - p) > 0:
            reach *= 2
        return float(optimize.brentq(lambda k: special.nctdtr(df, k, t) - p, t - reach, t + reach, xtol=1e-12))

    return solve(1 - tail), solve(tail)


def mann_whitney(a: np.ndarray, b: np.ndarray) -> tuple[float, float]:
    """Return U (pairs in which a exceeds b, ties a half) and its two-sided p with continuity correction.

    Examples
    --------
    >>> mann_whitney(np.array([1.0, 2.0]), np.array([3.0, 4.0]))[0]
    0.0
    """
    na, nb = len(a), len(b)
    ranks = stats.rankdata(np.concatenate([a, b]))
    u = float(ranks[:na].sum() - na * (na + 1) / 2)
    n = na + nb
    ties = np.unique(ranks, return_counts=True)[1]
    variance = na * nb / 12 * (n + 1 - float((ties**3 - ties).sum()) / (n * (n - 1)))
    centred = u - na * nb / 2
    if variance == 0:
        return u, 1.0
    z = (centred - np.sign(centred) * 0.5) / np.sqrt(variance)
    return u, float(min(1.0, 2 * min(stats.norm.cdf(z), stats.norm.sf(z))))
