"""Change between two waves, and what of it is regression to the mean."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import stats


@dataclass(frozen=True, slots=True, kw_only=True)
class RegressionToMean:
    """Expected change of a group selected on a noisy baseline, with no effect of anything.

    Attributes
    ----------
    z : ndarray
        Cut-off in standard deviations of the baseline measure, towards the tail selected.
    c : ndarray
        Mean of a standard normal variable beyond z.
    std_dev_of_mean : ndarray
        Standard deviation of the baseline measure (the mean of the measurements).
    change : ndarray
        Size of the expected move towards the mean.
    """

    z: np.ndarray
    c: np.ndarray
    std_dev_of_mean: np.ndarray
    change: np.ndarray


def regression_to_mean(
    mean: np.ndarray,
    std_dev: np.ndarray,
    reliability: np.ndarray,
    cutoff: np.ndarray,
    below: np.ndarray,
    measurements: np.ndarray,
) -> RegressionToMean:
    """Return how far a group selected beyond a cut-off is expected to move back by chance alone.

    Parameters
    ----------
    mean, std_dev, reliability, cutoff, below, measurements : ndarray
        Of one shape. `below` is true where those below the cut-off are selected; `measurements` is how many baseline
        measurements are averaged.

    Notes
    -----
    With between-unit variance sb^2 = rho s^2 and within-unit variance sw^2 = (1 - rho) s^2:
    (sw^2 / m) / sqrt(sb^2 + sw^2 / m) * phi(z) / Phi(-z).
    Source: Barnett, van der Pols and Dobson, Int J Epidemiol 2005;34:215-220.

    Examples
    --------
    >>> one = np.array(1.0)
    >>> found = regression_to_mean(60 * one, 10 * one, 0.7 * one, 50 * one, one > 0, one)
    >>> round(float(found.change), 3)
    4.575
    """
    within, between = (1 - reliability) * std_dev**2, reliability * std_dev**2
    spread = np.sqrt(between + within / measurements)
    z = np.where(below, mean - cutoff, cutoff - mean) / spread
    c = np.exp(stats.norm.logpdf(z) - stats.norm.logsf(z))
    return RegressionToMean(z=z, c=c, std_dev_of_mean=spread, change=within / measurements / spread * c)


def paired_change(x: np.ndarray, y: np.ndarray, reliability: float | None, conf_level: float) -> dict[str, float]:
    """Return every usual figure of the change from `x` to `y` in n pairs.

    Parameters
    ----------
    x, y : ndarray, shape (n,)
    reliability : float or None
        Of the score; None takes the correlation of the two waves.
    conf_level : float

    Notes
    -----
    Standardised mean changes: d_z = mean / sd of the change; by the baseline's sd; by the root mean variance; and
    d_rm = d_z sqrt(2 (1 - r)). Reliable change: change / (sqrt 2 sd_x sqrt(1 - reliability)) beyond the normal
    quantile (Jacobson and Truax, J Consult Clin Psychol 1991;59:12-19). Pitman-Morgan: correlation of change and sum
    (Biometrika 1939;31:9-12 and 13-19). Wilcoxon signed-rank with normal approximation and continuity correction.
    Whether change depends on the baseline: Oldham's correlation of change and the waves' mean (J Chron Dis
    1962;15:969-977), and the change at the baseline's mean from the regression of `y` on it (Mee and Chua, Am Stat
    1991;45:39-42).

    Examples
    --------
    >>> round(paired_change(np.array([1.0, 2, 3, 5]), np.array([2.0, 4, 3, 6]), None, 0.95)["mean_change"], 3)
    1.0
    """
    d, n = y - x, len(x)
    mean, sd = float(d.mean()), float(d.std(ddof=1))
    error = sd / np.sqrt(n)
    r = float(np.corrcoef(x, y)[0, 1])
    half = stats.t.ppf(0.5 + conf_level / 2, n - 1) * error
    sd_x = float(x.std(ddof=1))
    # A measure cannot be less than wholly unreliable, but the case formula keeps r as it is.
    sem = sd_x * np.sqrt(1 - (r if reliability is None else reliability))
    index = d / (np.sqrt(2) * sem)
    z = stats.norm.ppf(0.5 + conf_level / 2)
    v, wilcoxon_p = signed_rank(d)
    pitman, pitman_p = _pitman_morgan(d, x + y)
    t = mean / error
    # The residual spread of y given x; its intercept at the mean of x is the mean of y.
    mee_chua = float(np.sqrt((1 - r**2) * (n - 1) / (n - 2) * y.var(ddof=1) / n))
    return {
        "n": n,
        "mean_before": float(x.mean()),
        "mean_after": float(y.mean()),
        "mean_change": mean,
        "sd_change": sd,
        "std_error": error,
        "statistic": t,
        "df": n - 1,
        "p_value": float(2 * stats.t.sf(abs(t), n - 1)),
        "conf_low": mean - half,
        "conf_high": mean + half,
        "correlation": r,
        "d_z": mean / sd,
        "d_baseline_sd": mean / sd_x,
        "d_average_sd": mean / float(np.sqrt((x.var(ddof=1) + y.var(ddof=1)) / 2)),
        "d_rm": mean / sd * float(np.sqrt(2 * (1 - r))),
        "hedges_j": 1 - 3 / (4 * (n - 1) - 1),
        "wilcoxon_v": v,
        "wilcoxon_p_value": wilcoxon_p,
        "sem": float(sem),
        "std_error_of_difference": float(np.sqrt(2) * sem),
        "n_reliably_improved": int((index > z).sum()),
        "n_reliably_worse": int((index < -z).sum()),
        "pitman_morgan_t": pitman,
        "pitman_morgan_p_value": pitman_p,
        "oldham_r": float(np.corrcoef(d, x + y)[0, 1]),
        "mee_chua_change": mean,
        "mee_chua_std_error": mee_chua,
        "mee_chua_statistic": mean / mee_chua if mee_chua > 0 else float("nan"),
    }


def signed_rank(d: np.ndarray) -> tuple[float, float]:
    """Return Wilcoxon's V (sum of positive ranks, zeros left out) and its two-sided p with continuity correction.

    Notes
    -----
    Variance m (m+1) (2m+1) / 24 - sum(t^3 - t) / 48 over ties. Source: Hollander and Wolfe, Nonparametric Statistical
    Methods, 1973, section 3.1.

    Examples
    --------
    >>> [round(v, 4) for v in signed_rank(np.array([1.0, 2.0, -3.0, 4.0, 5.0]))]
    [12.0, 0.2807]
    """
    d = d[d != 0]
    m = len(d)
    if m == 0:
        return 0.0, float("nan")
    ranks = stats.rankdata(np.abs(d))
    v = float(ranks[d > 0].sum())
    ties = np.unique(ranks, return_counts=True)[1]
    variance = m * (m + 1) * (2 * m + 1) / 24 - float((ties**3 - ties).sum()) / 48
    centred = v - m * (m + 1) / 4
    z = (centred - np.sign(centred) * 0.5) / np.sqrt(variance)
    return v, float(2 * min(stats.norm.cdf(z), stats.norm.sf(z)))


def _pitman_morgan(d: np.ndarray, s: np.ndarray) -> tuple[float, float]:
    r = float(np.corrcoef(d, s)[0, 1])
    df = len(d) - 2
    if df < 1 or abs(r) >= 1:
        return float("nan"), float("nan")
    t = r * np.sqrt(df / (1 - r**2))
    return float(t), float(2 * stats.t.sf(abs(t), df))


def e_value(risk_ratio: float) -> float:
    """Return how strongly an unmeasured confounder must go with both sides to explain a risk ratio away.

    Notes
    -----
    RR + sqrt(RR (RR - 1)), with RR turned to be at least 1. Source: VanderWeele and Ding, Ann Intern Med
    2017;167:268-274.

    Examples
    --------
    >>> round(e_value(3.9), 2), e_value(1.0)
    (7.26, 1.0)
    """
    ratio = max(risk_ratio, 1 / risk_ratio)
    return float(ratio + np.sqrt(ratio * (ratio - 1)))


def e_value_of_difference(d: float, std_error: float, conf_level: float = 0.95) -> tuple[float, float]:
    """Return the E-values of a standardised mean difference and of its interval's limit nearer to no effect.

    Notes
    -----
    RR = exp(0.91 d); the limit exp(0.91 d -+ 0.91 z se). The limit's E-value is 1 where the interval holds no effect.
    Source: VanderWeele and Ding 2017, table 2.

    Examples
    --------
    >>> [round(v, 2) for v in e_value_of_difference(0.5, 0.1)]
    [2.53, 1.97]
    """
    z = stats.norm.ppf(0.5 + conf_level / 2)
    near = abs(d) - z * std_error
    return e_value(float(np.exp(0.91 * d))), e_value(float(np.exp(0.91 * near))) if near > 0 else 1.0
