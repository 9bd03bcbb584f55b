"""How well factors reproduce a correlation matrix, and how to score them."""

from __future__ import annotations

import numpy as np
from scipy import stats as distributions
from scipy.optimize import brentq, linear_sum_assignment

SCORES = ("tenberge", "regression", "bartlett", "none")


def factor_fit(r: np.ndarray, loadings: np.ndarray, psi: np.ndarray, n: int, level: float = 0.9) -> dict[str, float]:
    """Return the chi-square test of a factor model and its indices.

    Parameters
    ----------
    r : numpy.ndarray, shape (p, p)
    loadings : numpy.ndarray, shape (p, m)
        Unrotated (rotation does not change the fit).
    psi : numpy.ndarray, shape (p,)
    n : int
    level : float
        Of the interval of the RMSEA.

    Notes
    -----
    F = tr(R Sigma^-1) + log|Sigma| - log|R| - p; chi-square = (n - 1 - (2p + 5)/6 - 2m/3) F (Bartlett). `tli` uses a
    multiplier of its own for each model and `rmsea` = sqrt(max(chi / (df (n - 1)) - 1 / (n - 1), 0)); `tli_psych` and
    `rmsea_psych` are what R's psych prints (one multiplier for both models; chi / (df n) - 1 / (n - 1)). `rmsr` is over
    the off-diagonal residuals, `rmsr_corrected` divides their sum of squares by 2 df, `srmr` counts the diagonal too.
    `chi_square_empirical` is n times the sum of squared residuals (both triangles).

    Source: Bartlett (1950), British Journal of Psychology (Stat. Section) 3; Tucker & Lewis (1973), Psychometrika 38;
    Steiger & Lind (1980); Browne & Cudeck (1993).

    Examples
    --------
    >>> r = np.eye(4) * 0.5 + 0.5
    >>> fit = factor_fit(r, np.full((4, 1), np.sqrt(0.5)), np.full(4, 0.5), 100)
    >>> abs(round(fit["chi_square"], 6)), fit["df"]
    (0.0, 2.0)
    """
    p, m = loadings.shape
    sigma = loadings @ loadings.T
    np.fill_diagonal(sigma, np.diag(sigma) + psi)
    residual = r - loadings @ loadings.T
    np.fill_diagonal(residual, 0.0)
    squared, log_r = float(np.sum(residual**2)), float(np.linalg.slogdet(r)[1])
    f = float(np.trace(np.linalg.solve(sigma, r)) + np.linalg.slogdet(sigma)[1]) - log_r - p
    df, df0, f0 = ((p - m) ** 2 - p - m) / 2.0, p * (p - 1) / 2.0, -log_r
    multiplier, multiplier0 = n - 1 - (2 * p + 5) / 6 - 2 * m / 3, n - 1 - (2 * p + 5) / 6
    chi, chi0 = multiplier * f, multiplier0 * f0
    fit = {
        "chi_square": chi,
        "df": df,
        "p_value": float(distributions.chi2.sf(chi, df)) if df > 0 else np.nan,
        "rmsr": np.sqrt(squared / (p * (p - 1))),
        "rmsr_corrected": np.sqrt(squared / (2 * df)) if df > 0 else np.nan,
        "srmr": np.sqrt((squared / 2 + np.sum((1.0 - np.diag(sigma)) ** 2)) / (p * (p + 1) / 2)),
        "objective_ml": f,
        "chi_square_null": chi0,
        "df_null": df0,
        "objective_null": f0,
        "chi_square_empirical": n * squared,
        "p_value_empirical": float(distributions.chi2.sf(n * squared, df)) if df > 0 else np.nan,
    }
    indices = dict.fromkeys(("tli", "tli_psych", "rmsea", "rmsea_psych", "rmsea_low", "rmsea_high", "bic"), np.nan)
    if df > 0:
        low, high = _rmsea_interval(chi, df, n, level)
        indices = {
            "tli": (chi0 / df0 - chi / df) / (chi0 / df0 - 1.0),
            "tli_psych": (f0 / df0 - f / df) / (f0 / df0 - 1.0 / multiplier),
            "rmsea": np.sqrt(max(chi / (df * (n - 1)) - 1.0 / (n - 1), 0.0)),
            "rmsea_psych": np.sqrt(max(chi / (df * n) - 1.0 / (n - 1), 0.0)),
            "rmsea_low": low,
            "rmsea_high": high,
            "bic": chi - df * np.log(n),
        }
    return {name: float(value) for name, value in (fit | indices).items()}


def _rmsea_interval(chi: float, df: float, n: int, level: float) -> tuple[float, float]:
    """Root-mean-square errors whose noncentral chi-square puts (1 -/+ level) / 2 above the statistic."""
    ends = []
    for p in ((1.0 + level) / 2.0, (1.0 - level) / 2.0):
        if distributions.chi2.cdf(chi, df) <= p:
            ends.append(0.0)
            continue
        top = 2.0 * chi + 100.0
        while distributions.ncx2.cdf(chi, df, top) > p:
            top *= 2.0
        root = brentq(lambda x, p=p: distributions.ncx2.cdf(chi, df, max(x, 1e-12)) - p, 0.0, top, xtol=1e-10)
        ends.append(float(np.sqrt(root / (n - 1) / df)))
    return ends[0], ends[1]


def score_weights(
    r: np.ndarray, loadings: np.ndarray, phi: np.ndarray, psi: np.ndarray, method: str = "tenberge"
) -> np.ndarray:
    """Return weights W, shape (p, m), so that standardised items times W are factor scores.

    With pattern L and structure S = L phi: regression R^-1 S (Thurstone); bartlett Psi^-1 L (L' Psi^-1 L)^-1; tenberge
    R^-1/2 C phi^1/2 with C the orthonormal part of R^-1/2 L phi^1/2, which makes the scores correlate as the factors.

    Source: Thomson (1951); Bartlett (1937), British Journal of Psychology 28; ten Berge, Krijnen, Wansbeek & Shapiro
    (1999), Linear Algebra and its Applications 289.

    Examples
    --------
    >>> r = np.eye(3) * 0.5 + 0.5
    >>> score_weights(r, np.full((3, 1), np.sqrt(0.5)), np.eye(1), np.full(3, 0.5), "regression").round(4)
    array([[0.3536], [0.3536], [0.3536]])
    """
    if method == "regression":
        return np.linalg.solve(r, loadings @ phi)
    if method == "bartlett":
        weighted = loadings / psi[:, None]
        return weighted @ np.linalg.inv(loadings.T @ weighted)
    root = _power(phi, 0.5)
    a = loadings @ root
    inner = a.T @ np.linalg.solve(r, a)
    return np.linalg.solve(r, a) @ _power(inner, -0.5) @ root


def align(loadings: np.ndarray, target: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return (columns, signs, congruences) that bring `loadings` nearest to `target`.

    Columns are assigned to those of the target so that the sum of absolute Tucker congruences,
    sum(a b) / sqrt(sum a^2 sum b^2), is largest.

    Source: Tucker (1951); Lorenzo-Seva & ten Berge (2006), Methodology 2, 57-64.

    Examples
    --------
    >>> target = np.array([[0.8, 0.0], [0.0, 0.7]])
    >>> columns, signs, congruence = align(-target[:, ::-1], target)
    >>> columns, signs, congruence
    (array([1, 0]), array([-1., -1.]), array([1., 1.]))
    """
    lengths = np.sqrt(np.outer(np.sum(target**2, axis=0), np.sum(loadings**2, axis=0)))
    congruence = (target.T @ loadings) / np.where(lengths > 0, lengths, 1.0)
    _, columns = linear_sum_assignment(-np.abs(congruence))
    matched = congruence[np.arange(len(columns)), columns]
    signs = np.where(matched < 0, -1.0, 1.0)
    return columns, signs, matched * signs


def _power(matrix: np.ndarray, exponent: float) -> np.ndarray:
    values, vectors = np.linalg.eigh(matrix)
    return (vectors * np.maximum(values, 1e-300) ** exponent) @ vectors.T
