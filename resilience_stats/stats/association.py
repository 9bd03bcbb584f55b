"""Association of two classifications or two ordered variables."""

from __future__ import annotations

import numpy as np
from scipy import optimize, stats


def cross_table(table: np.ndarray) -> dict[str, float]:
    """Return tests and measures of association of an r x c table of counts.

    Parameters
    ----------
    table : ndarray, shape (r, c)
        Rows and columns in their order.

    Notes
    -----
    Pearson chi-square and likelihood-ratio G without correction; Cramer's V, and V corrected for bias (Bergsma, J
    Korean Stat Soc 2013;42:323-328); Goodman and Kruskal's gamma, Kendall's tau-b, Somers' d of columns given rows.

    Examples
    --------
    >>> round(cross_table(np.array([[10.0, 5.0], [3.0, 12.0]]))["cramers_v"], 3)
    0.471
    """
    n = table.sum()
    rows, columns = table.sum(axis=1), table.sum(axis=0)
    expected = np.outer(rows, columns) / n
    chi = float(((table - expected) ** 2 / expected).sum())
    r, c = table.shape
    df = (r - 1) * (c - 1)
    seen = table > 0
    concordant, discordant = _pairs(table)
    total = n * (n - 1) / 2
    tied_rows, tied_columns = (float((m * (m - 1) / 2).sum()) for m in (rows, columns))
    inner = max(0.0, chi / n - df / (n - 1))
    rb, cb = r - (r - 1) ** 2 / (n - 1), c - (c - 1) ** 2 / (n - 1)
    difference = concordant - discordant
    return {
        "n": float(n), "chi_square": chi, "df": df, "p_value": float(stats.chi2.sf(chi, df)),
        "g": float(2 * (table[seen] * np.log(table[seen] / expected[seen])).sum()),
        "least_expected": float(expected.min()),
        "cramers_v": float(np.sqrt(chi / n / (min(r, c) - 1))),
        "cramers_v_corrected": float(np.sqrt(inner / (min(rb, cb) - 1))),
        "gamma": difference / (concordant + discordant) if concordant + discordant else float("nan"),
        "tau_b": difference / float(np.sqrt((total - tied_rows) * (total - tied_columns))),
        "somers_d": difference / (total - tied_rows),
    }  # fmt: skip


def _pairs(table: np.ndarray) -> tuple[float, float]:
    concordant = discordant = 0.0
    for i in range(table.shape[0]):
        for j in range(table.shape[1]):
            concordant += table[i, j] * table[i + 1 :, j + 1 :].sum()
            discordant += table[i, j] * table[i + 1 :, :j].sum()
    return float(concordant), float(discordant)


def two_by_two(table: np.ndarray, conf_level: float = 0.95) -> dict[str, float]:
    """Return exact and approximate figures of a 2 x 2 table of counts.

    Notes
    -----
    Fisher's exact test (two-sided by probability), the conditional maximum-likelihood odds ratio with its exact
    interval, the sample odds ratio with Woolf's interval, Yates' chi-square, McNemar with continuity correction, phi
    and Yule's Q. Sources: Fisher 1935; Woolf, Ann Hum Genet 1955;19:251-253; McNemar, Psychometrika 1947;12:153-157.

    Examples
    --------
    >>> round(two_by_two(np.array([[3.0, 1.0], [1.0, 3.0]]))["fisher_p_value"], 4)
    0.4857
    """
    (a, b), (c, d) = table
    n = table.sum()
    odds, low, high = conditional_odds_ratio(table, conf_level)
    z = stats.norm.ppf(0.5 + conf_level / 2)
    with np.errstate(divide="ignore", invalid="ignore"):
        sample = float(np.float64(a * d) / np.float64(b * c))
        error = float(np.sqrt((1 / table).sum()))
        yule = float(np.float64(a * d - b * c) / np.float64(a * d + b * c))
        woolf = np.exp(np.log(sample) + np.array([-1, 1]) * z * error)
    margins = (a + b) * (c + d) * (a + c) * (b + d)
    yates = n * max(0.0, abs(a * d - b * c) - n / 2) ** 2 / margins if margins else float("nan")
    return {
        "fisher_p_value": float(stats.fisher_exact(table)[1]), "odds_ratio": odds, "odds_ratio_low": low,
        "odds_ratio_high": high, "sample_odds_ratio": sample, "woolf_low": float(woolf[0]),
        "woolf_high": float(woolf[1]), "yates_chi_square": float(yates),
        "mcnemar": float((max(abs(b - c) - 1, 0.0)) ** 2 / (b + c)) if b + c else float("nan"),
        "phi": float((a * d - b * c) / np.sqrt(margins)) if margins else float("nan"), "yules_q": yule,
    }  # fmt: skip


def conditional_odds_ratio(table: np.ndarray, conf_level: float = 0.95) -> tuple[float, float, float]:
    """Return the conditional maximum-likelihood odds ratio of a 2 x 2 table and its exact limits.

    Notes
    -----
    Given the margins the first cell follows Fisher's non-central hypergeometric distribution; the estimate solves
    mean = observed, the limits put the observed cell at either tail. Source: Cornfield, Proc 3rd Berkeley Symp
    1956;4:135-148.

    Examples
    --------
    >>> [round(v, 3) for v in conditional_odds_ratio(np.array([[3.0, 1.0], [1.0, 3.0]]))]
    [6.408, 0.212, 626.244]
    """
    m, n, k, x = (int(v) for v in (table[:, 0].sum(), table[:, 1].sum(), table[0].sum(), table[0, 0]))
    support = np.arange(max(0, k - n), min(k, m) + 1)
    base = stats.hypergeom.logpmf(support, m + n, m, k)

    def mass(log_odds: float) -> np.ndarray:
        """Probability of every table with these margins at this log odds ratio."""
        w = base + support * log_odds
        w = np.exp(w - w.max())
        return w / w.sum()

    def solve(gap: object) -> float:
        """The odds ratio at which `gap` is 0."""
        return float(np.exp(optimize.brentq(gap, -40.0, 40.0, xtol=1e-13, rtol=1e-14)))

    tail = (1 - conf_level) / 2
    lowest, highest = x == support[0], x == support[-1]
    if lowest and highest:
        return float("nan"), 0.0, float("inf")
    estimate = 0.0 if lowest else float("inf") if highest else solve(lambda t: float(mass(t) @ support) - x)
    low = 0.0 if lowest else solve(lambda t: float(mass(t)[support >= x].sum()) - tail)
    high = float("inf") if highest else solve(lambda t: float(mass(t)[support <= x].sum()) - tail)
    return estimate, low, high


def correlations(x: np.ndarray, y: np.ndarray, conf_level: float = 0.95) -> dict[str, float]:
    """Return Pearson's and Spearman's correlation with intervals, and the Mantel-Haenszel trend statistic.

    Notes
    -----
    Fisher's z; for Spearman with variance (1 + r^2/2) / (n - 3) (Bonett and Wright, Psychometrika 2000;65:23-28).
    Trend: (n - 1) r^2 (Mantel, J Am Stat Assoc 1963;58:690-700).

    Examples
    --------
    >>> round(correlations(np.array([1.0, 2, 3, 4, 5]), np.array([1.0, 3, 2, 5, 4]))["spearman"], 3)
    0.8
    """
    n = len(x)
    z = stats.norm.ppf(0.5 + conf_level / 2)
    r = float(np.corrcoef(x, y)[0, 1])
    rank = float(np.corrcoef(stats.rankdata(x), stats.rankdata(y))[0, 1])
    half, rank_half = z / np.sqrt(n - 3), z * np.sqrt((1 + rank**2 / 2) / (n - 3))
    t = r * np.sqrt((n - 2) / (1 - r**2))
    return {
        "n": n, "pearson": r, "pearson_low": float(np.tanh(np.arctanh(r) - half)),
        "pearson_high": float(np.tanh(np.arctanh(r) + half)), "pearson_p_value": float(2 * stats.t.sf(abs(t), n - 2)),
        "spearman": rank, "spearman_low": float(np.tanh(np.arctanh(rank) - rank_half)),
        "spearman_high": float(np.tanh(np.arctanh(rank) + rank_half)), "trend_chi_square": (n - 1) * r**2,
    }  # fmt: skip
