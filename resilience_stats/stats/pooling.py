"""Rubin's rules: one inference from m completed data sets."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import stats


@dataclass(frozen=True, slots=True, kw_only=True)
class Pooled:
    """Pooled estimates of p parameters.

    Attributes
    ----------
    estimate, within, between, total : ndarray, shape (p,)
        Mean estimate; mean variance; variance between imputations; total variance.
    riv : ndarray, shape (p,)
        Relative increase in variance due to missing answers.
    share : ndarray, shape (p,)
        Share of the total variance due to missing answers (lambda).
    df : ndarray, shape (p,)
        Barnard-Rubin degrees of freedom (Rubin's where the complete-data ones are infinite).
    df_rubin : ndarray, shape (p,)
    fmi : ndarray, shape (p,)
        Fraction of missing information.
    """

    estimate: np.ndarray
    within: np.ndarray
    between: np.ndarray
    total: np.ndarray
    riv: np.ndarray
    share: np.ndarray
    df: np.ndarray
    df_rubin: np.ndarray
    fmi: np.ndarray


def rubin(estimates: np.ndarray, variances: np.ndarray, df_complete: float = np.inf) -> Pooled:
    """Return pooled estimates with Barnard and Rubin's degrees of freedom.

    Parameters
    ----------
    estimates, variances : ndarray, shape (m, p)
    df_complete : float
        Residual degrees of freedom of the model on complete data.

    Notes
    -----
    t = u + (1 + 1/m) b; lambda = (1 + 1/m) b / t; r = (1 + 1/m) b / u; v_old = (m - 1) / lambda^2;
    v_obs = (v + 1) / (v + 3) v (1 - lambda); df = v_old v_obs / (v_old + v_obs); fmi = (r + 2 / (df + 3)) / (r + 1).
    Sources: Rubin, Multiple Imputation for Nonresponse in Surveys, 1987, chapter 3; Barnard and Rubin, Biometrika
    1999;86:948-955; van Buuren, Flexible Imputation of Missing Data, 2018, section 2.3.

    Examples
    --------
    >>> rubin(np.array([[1.0], [2.0], [3.0]]), np.ones((3, 1)), 20).total.round(4).tolist()
    [2.3333]
    """
    m = len(estimates)
    within, between = variances.mean(axis=0), estimates.var(axis=0, ddof=1)
    extra = (1 + 1 / m) * between
    total = within + extra
    share, riv = extra / total, extra / within
    with np.errstate(divide="ignore"):
        df_rubin = (m - 1) / share**2
    if np.isinf(df_complete):
        df = df_rubin
    else:
        observed = (df_complete + 1) / (df_complete + 3) * df_complete * (1 - share)
        df = 1 / (1 / df_rubin + 1 / observed)
    fmi = (riv + 2 / (df + 3)) / (riv + 1)
    return Pooled(
        estimate=estimates.mean(axis=0),
        within=within,
        between=between,
        total=total,
        riv=riv,
        share=share,
        df=df,
        df_rubin=df_rubin,
        fmi=fmi,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class PooledTest:
    """A pooled joint test: F, its degrees of freedom, the relative increase in variance, and p."""

    f: float
    df_num: float
    df_den: float
    riv: float
    p_value: float


def d1(estimates: np.ndarray, covariances: np.ndarray, df_complete: float = np.inf) -> PooledTest:
    """Return the pooled Wald test that k parameters are all zero.

    Parameters
    ----------
    estimates : ndarray, shape (m, k)
    covariances : ndarray, shape (m, k, k)
    df_complete : float
        Finite: Reiter's denominator degrees of freedom; infinite: those of Li, Raghunathan and Rubin.

    Notes
    -----
    r = (1 + 1/m) trace(B U^-1) / k and F = q' U^-1 q / (k (1 + r)). Sources: Li, Raghunathan and Rubin, J Am Stat
    Assoc 1991;86:1065-1073; Reiter, Biometrika 2007;94:502-508.

    Examples
    --------
    >>> test = d1(np.array([[1.0], [2.0], [3.0]]), np.ones((3, 1, 1)))
    >>> round(test.f, 4), test.df_num
    (1.7143, 1)
    """
    m, k = estimates.shape
    mean, within = estimates.mean(axis=0), covariances.mean(axis=0)
    between = np.atleast_2d(np.cov(estimates, rowvar=False))
    riv = float((1 + 1 / m) * np.trace(np.linalg.solve(within, between)) / k)
    f = float(mean @ np.linalg.solve(within, mean)) / (k * (1 + riv))
    df = _df_li(m, k, riv) if np.isinf(df_complete) else _df_reiter(m, k, riv, df_complete)
    return PooledTest(f=f, df_num=k, df_den=df, riv=riv, p_value=float(stats.f.sf(f, k, df)))


def d2(wald: np.ndarray, k: int) -> PooledTest:
    """Return the pooled test of m chi-square statistics with k degrees of freedom each.

    Parameters
    ----------
    wald : ndarray, shape (m,)
        Wald or likelihood-ratio statistics.
    k : int

    Notes
    -----
    r = (1 + 1/m) var(sqrt d); F = (mean(d)/k - (m+1)/(m-1) r) / (1 + r); df = k^(-3/m) (m - 1) (1 + 1/r)^2.
    Source: Li, Meng, Raghunathan and Rubin, Stat Sinica 1991;1:65-92.

    Examples
    --------
    >>> round(d2(np.array([4.0, 9.0, 16.0]), 1).riv, 4)
    1.3333
    """
    m = len(wald)
    riv = float((1 + 1 / m) * np.var(np.sqrt(np.maximum(wald, 0.0)), ddof=1))
    f = (float(wald.mean()) / k - (m + 1) / (m - 1) * riv) / (1 + riv)
    df = float(k ** (-3 / m) * (m - 1) * (1 + 1 / riv) ** 2) if riv > 0 else np.inf
    return PooledTest(f=f, df_num=k, df_den=df, riv=riv, p_value=float(stats.f.sf(max(f, 0.0), k, df)))


def d3(own: np.ndarray, pooled: np.ndarray, k: int) -> PooledTest:
    """Return the pooled likelihood-ratio test from the statistics at two sets of estimates.

    Parameters
    ----------
    own : ndarray, shape (m,)
        Likelihood-ratio statistic of each completed data set at its own estimates.
    pooled : ndarray, shape (m,)
        The same with both models at their pooled estimates.
    k : int
        Parameters that the larger model has more.

    Notes
    -----
    r = (m + 1) / (k (m - 1)) (mean(own) - mean(pooled)), F = mean(pooled) / (k (1 + r)), with the denominator degrees
    of freedom of Li, Raghunathan and Rubin. Source: Meng and Rubin, Biometrika 1992;79:103-111. r can come out
    negative in small samples; the degrees of freedom then have no meaning beside it.

    Examples
    --------
    >>> test = d3(np.array([4.0, 9.0, 16.0]), np.array([3.0, 6.0, 9.0]), 1)
    >>> round(test.f, 4), round(test.riv, 4)
    (0.72, 7.3333)
    """
    m = len(own)
    riv = float((m + 1) / (k * (m - 1)) * (own.mean() - pooled.mean()))
    f = float(pooled.mean()) / (k * (1 + riv))
    df = _df_li(m, k, riv)
    return PooledTest(f=f, df_num=k, df_den=df, riv=riv, p_value=float(stats.f.sf(f, k, df)))


def d4(own: np.ndarray, stacked: float, k: int) -> PooledTest:
    """Return the pooled likelihood-ratio test from the statistic on all completed data sets below one another.

    Parameters
    ----------
    own : ndarray, shape (m,)
        Likelihood-ratio statistic of each completed data set.
    stacked : float
        That of the stacked data, divided by m.
    k : int

    Notes
    -----
    r = (m + 1) / (k (m - 1)) (mean(own) - stacked), F = stacked / (k (1 + r)), df = k (m - 1) (1 + 1/r)^2. Source: Chan
    and Meng, Statistica Sinica 2022;32:1489-1514.

    Examples
    --------
    >>> round(d4(np.array([4.0, 9.0, 16.0]), 8.0, 1).f, 4)
    1.8462
    """
    m = len(own)
    riv = float((m + 1) / (k * (m - 1)) * (own.mean() - stacked))
    f = stacked / (k * (1 + riv))
    df = float(k * (m - 1) * (1 + 1 / riv) ** 2) if riv != 0 else np.inf
    return PooledTest(f=f, df_num=k, df_den=df, riv=riv, p_value=float(stats.f.sf(f, k, df)))


def _df_li(m: int, k: int, riv: float) -> float:
    t = k * (m - 1)
    if riv == 0:
        return np.inf
    if t > 4:
        return 4 + (t - 4) * (1 + (1 - 2 / t) / riv) ** 2
    return t * (1 + 1 / k) * (1 + 1 / riv) ** 2 / 2


def _df_reiter(m: int, k: int, riv: float, df_complete: float) -> float:
    t = k * (m - 1)
    if t < 4:
        return _df_li(m, k, riv)
    if t == 4:  # the limit of the formula below
        return 4.0
    a = riv * t / (t - 2)
    v = (df_complete + 1) / (df_complete + 3) * df_complete
    c0, c1, c2 = 1 / (t - 4), v - 2 * (1 + a), v - 4 * (1 + a)
    z = (
        1 / c2
        + c0 * (a**2 * c1) / ((1 + a) ** 2 * c2)
        + c0 * (8 * a**2 * c1 / ((1 + a) * c2**2) + 4 * a**2 / ((1 + a) * c2))
        + c0 * (4 * a**2 / (c2 * c1) + 16 * a**2 * c1 / c2**3)
        + c0 * (8 * a**2 / c2**2)
    )
    return 4 + 1 / z
