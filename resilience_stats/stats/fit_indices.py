"""How well a model with a chi-square test fits: CFI, TLI, RMSEA with interval, residual means.

References
----------
Bentler (1990) Psychological Bulletin 107 (CFI); Tucker & Lewis (1973) Psychometrika 38 (TLI); Steiger & Lind (1980),
Browne & Cudeck (1993) (RMSEA); Steiger (1998) Structural Equation Modeling 5 (several groups); Brosseau-Liard & Savalei
(2014) Multivariate Behavioral Research 49 and Li & Bentler (2006) (robust forms); Bentler (1995) EQS manual (SRMR).
"""

from __future__ import annotations

import numpy as np
from scipy import optimize, special


def comparative_fit(
    chi_square: float, df: float, null: float, null_df: float, scaling: float = 1.0, null_scaling: float = 1.0
) -> float:
    """Return the CFI: ``1 - max(T - c df, 0) / max(T - c df, T0 - c0 df0, 0)``.

    `scaling` c is one for the plain index; the mean weight of the robust tests gives the robust index.

    Examples
    --------
    >>> round(comparative_fit(85.306, 24, 918.852, 36), 3)
    0.931
    """
    own = max(chi_square - scaling * df, 0.0)
    worst = max(own, null - null_scaling * null_df, 0.0)
    return 1.0 - own / worst if worst > 0 else 1.0


def tucker_lewis(
    chi_square: float, df: float, null: float, null_df: float, scaling: float = 1.0, null_scaling: float = 1.0
) -> float:
    """Return the TLI: ``1 - [(T - c df) df0] / [(T0 - c0 df0) df]``; one where the model has no test.

    Examples
    --------
    >>> round(tucker_lewis(85.306, 24, 918.852, 36), 3)
    0.896
    """
    below = (null - null_scaling * null_df) * df
    return 1.0 - (chi_square - scaling * df) * null_df / below if df > 0 and below != 0 else 1.0


def rmsea(chi_square: float, df: float, n: float, *, groups: int = 1, scaling: float = 1.0) -> float:
    """Return the RMSEA: ``sqrt(max(T / (n df) - c / n, 0)) sqrt(groups)``.

    Examples
    --------
    >>> round(rmsea(85.306, 24, 301), 3)
    0.092
    """
    return float(np.sqrt(max(chi_square / n / df - scaling / n, 0.0) * groups)) if df > 0 else 0.0


def rmsea_interval(
    chi_square: float, df: float, n: float, *, groups: int = 1, scaling: float = 1.0, level: float = 0.9
) -> tuple[float, float]:
    """Return the interval of the RMSEA from the non-central chi-square.

    The limits solve ``P(X(df, lambda) <= T) = 1 - a/2`` and ``a/2``; each is ``sqrt(c lambda groups / (n df))``.

    Examples
    --------
    >>> tuple(round(x, 3) for x in rmsea_interval(85.306, 24, 301))
    (0.071, 0.114)
    """
    if df < 1 or not np.isfinite(chi_square):
        return (0.0, 0.0) if np.isfinite(chi_square) else (np.nan, np.nan)
    tail = (1.0 - level) / 2.0

    def limit(probability: float) -> float:
        """Noncentrality at which chi-square has this probability."""

        def gap(noncentrality: float) -> float:
            """How far the probability at this noncentrality is off."""
            return _noncentral(chi_square, df, noncentrality) - probability

        if gap(0.0) <= 0:
            return 0.0
        top = max(n, 4.0 * chi_square)
        return float(optimize.brentq(gap, 0.0, top, xtol=1e-10)) if gap(top) < 0 else 0.0

    low, high = (np.sqrt(scaling * limit(q) * groups / (n * df)) for q in (1.0 - tail, tail))
    return float(low), float(high)


def rmsea_close(
    chi_square: float, df: float, n: float, *, groups: int = 1, scaling: float = 1.0, close: float = 0.05
) -> float:
    """Return the p-value of the hypothesis that the RMSEA is at most `close` (Browne & Cudeck 1993).

    Examples
    --------
    >>> rmsea_close(85.306, 24, 301) < 0.001
    True
    """
    if df <= 0 or not np.isfinite(chi_square):
        return np.nan
    return float(1.0 - _noncentral(chi_square, df, n * df * close**2 / scaling / groups))


def residual_means(
    sample: tuple[np.ndarray | None, np.ndarray],
    model: tuple[np.ndarray | None, np.ndarray],
) -> dict[str, float]:
    """Return root mean square residuals of one group, means and covariances.

    Parameters
    ----------
    sample, model : tuple of (means or None, covariances)

    Returns
    -------
    dict
        ``rmr`` raw; ``srmr`` residuals over the sample's standard deviations (Bentler); ``srmr_mplus`` of the two
        standardised matrices, with relative residuals of the variances.

    Examples
    --------
    >>> sample, model = np.array([[1.0, 0.5], [0.5, 1.0]]), np.eye(2)
    >>> round(residual_means((None, sample), (None, model))["srmr"], 4)
    0.2887
    """
    (m, s), (mu, sigma) = sample, model
    p = len(s)
    lower = np.tril_indices(p)
    spread, other = np.sqrt(np.diag(s)), np.sqrt(np.diag(sigma))
    raw = (s - sigma)[lower]
    scaled = ((s - sigma) / np.outer(spread, spread))[lower]
    strict = np.tril_indices(p, -1)
    mixed = (s / np.outer(spread, spread) - sigma / np.outer(other, other))[strict]
    mplus = np.concatenate([mixed, (np.diag(s) - np.diag(sigma)) / np.diag(s)])
    if m is not None and mu is not None:
        raw = np.concatenate([raw, m - mu])
        scaled = np.concatenate([scaled, (m - mu) / spread])
        mplus = np.concatenate([mplus, m / spread - mu / other])
    return {name: float(np.sqrt((x**2).mean())) for name, x in (("rmr", raw), ("srmr", scaled), ("srmr_mplus", mplus))}


def _noncentral(value: float, df: float, noncentrality: float) -> float:
    return float(special.chndtr(value, df, noncentrality))
