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
