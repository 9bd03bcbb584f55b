"""Influence, collinearity and specification tests of a least-squares fit."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy import stats

from resilience_stats.errors import ModelError
from resilience_stats.stats.least_squares import LeastSquares, least_squares

#: R and SciPy state no p value of the Shapiro-Wilk test above this many rows.
SHAPIRO_LIMIT = 5000


@dataclass(frozen=True, slots=True, kw_only=True)
class DiagnosticTest:
    """One test: its statistic, degrees of freedom (missing where it has none) and p value."""

    name: str
    statistic: float
    df_num: float = float("nan")
    df_den: float = float("nan")
    p_value: float = float("nan")


def influence_measures(fit: LeastSquares) -> dict[str, np.ndarray]:
    """Return what each row does to the fit.

    Returns
    -------
    dict of numpy.ndarray, shape (n,); ``dfbetas`` has shape (n, p)
        `leverage`; `standardised_residual` and `studentised_residual` (internal and external); `cooks_distance`;
        `dffits`; `press_residual` (residual of the row when it is left out); `dfbetas` (change of each coefficient when
        the row is left out, in its standard errors).

    Notes
    -----
    Belsley, Kuh & Welsch (1980), chapter 2; Cook (1977), Technometrics 19:15. With whitened residual e, leverage h and
    s_(i)^2 = (RSS - e^2 / (1 - h)) / (n - p - 1). Rows of leverage 1 have missing values.
    """
    p = fit.x.shape[1]
    h, e = fit.leverage, fit.whitened_residuals
    free = np.where(h < 1.0 - 1e-10, 1.0 - h, np.nan)
    s2 = fit.rss / fit.df_residual
    left_out = np.sqrt(np.maximum(fit.rss - e**2 / free, 0.0) / max(fit.df_residual - 1, 1))
    # A row without which the fit is perfect has no studentised residual.
    left_out = np.where((left_out > 0) & (fit.df_residual > 1), left_out, np.nan)
    studentised = e / (left_out * np.sqrt(free))
    change = (fit.influence * (e / free)).T
    return {
        "leverage": h,
        "standardised_residual": e / np.sqrt(s2 * free),
        "studentised_residual": studentised,
        "cooks_distance": (e / free) ** 2 * h / (s2 * p),
        "dffits": studentised * np.sqrt(h / free),
        "press_residual": fit.residuals / free,
        "dfbetas": change / (left_out[:, None] * np.sqrt(np.diag(fit.unscaled))),
    }


def variance_inflation(fit: LeastSquares, groups: Sequence[Sequence[int]]) -> np.ndarray:
    """Return the generalised variance inflation factor of each group of columns (the ordinary one for single columns).

    Parameters
    ----------
    fit : LeastSquares
    groups : sequence of sequence of int
        Column numbers of `fit.x`, intercept not among them.

    Notes
    -----
    det(R_gg) det(R_rest) / det(R), R the correlation of the estimated coefficients without the intercept (Fox & Monette
    1992, J Am Stat Assoc 87:178).
    """
    columns = [j for group in groups for j in group]
    part = fit.unscaled[np.ix_(columns, columns)]
    scale = np.sqrt(np.diag(part))
    correlation = part / np.outer(scale, scale)
    whole = np.linalg.slogdet(correlation)[1]
    out, start = np.empty(len(groups)), 0
    for k, group in enumerate(groups):
        own = np.zeros(len(columns), dtype=bool)
        own[start : start + len(group)] = True
        start += len(group)
        rest = np.linalg.slogdet(correlation[np.ix_(~own, ~own)])[1] if not own.all() else 0.0
        out[k] = np.exp(np.linalg.slogdet(correlation[np.ix_(own, own)])[1] + rest - whole)
    return out


def breusch_pagan(fit: LeastSquares) -> DiagnosticTest:
    """Test that the residual variance does not depend on the predictors.

    n R^2 of the squared residuals on the columns, chi-square on p - 1 df (Koenker 1981, J Econometrics 17:107: the
    studentised form, which does not lean on normality).
    """
    n, p = fit.x.shape
    squares = fit.residuals**2
    auxiliary = least_squares(fit.x, squares / squares.mean())
    value = n * (1.0 - auxiliary.rss / auxiliary.tss)
    return DiagnosticTest(
        name="breusch_pagan", statistic=value, df_num=p - 1.0, p_value=float(stats.chi2.sf(value, p - 1))
    )


def reset_test(fit: LeastSquares, powers: Sequence[int] = (2, 3)) -> DiagnosticTest:
    """Test that powers of the fitted values add nothing, as they do in a wrong form (Ramsey 1969, JRSS B 31:350)."""
    centred = fit.fitted - fit.fitted.mean()
    centred = centred / np.abs(centred).max()
    # Powers of centred values span the same space as powers of the values, and stay far from collinear.
    wide = np.column_stack([fit.x, *(centred**k for k in powers)])
    try:
        larger = least_squares(wide, fit.y, weights=fit.weights)
    except ModelError:
        # With few distinct fitted values (a single factor, say) their powers follow from the predictors.
        return DiagnosticTest(name="reset", statistic=float("nan"))
    value = (fit.rss - larger.rss) / len(powers) / (larger.rss / larger.df_residual)
    return DiagnosticTest(
        name="reset",
        statistic=value,
        df_num=float(len(powers)),
        df_den=float(larger.df_residual),
        p_value=float(stats.f.sf(value, len(powers), larger.df_residual)),
    )


def shapiro_wilk(fit: LeastSquares) -> DiagnosticTest:
    """Test that the residuals are normal (Royston 1995, algorithm AS R94); missing above 5,000 rows."""
    if not 3 <= len(fit.y) <= SHAPIRO_LIMIT:
        return DiagnosticTest(name="shapiro_wilk", statistic=float("nan"))
    value, p_value = stats.shapiro(fit.residuals)
    return DiagnosticTest(name="shapiro_wilk", statistic=float(value), p_value=float(p_value))


def durbin_watson(fit: LeastSquares) -> DiagnosticTest:
    """Sum of squared successive differences of the residuals over that of squares; 2 where rows are independent."""
    e = fit.residuals
    return DiagnosticTest(name="durbin_watson", statistic=float(np.sum(np.diff(e) ** 2) / np.sum(e**2)))


def outlier_test(fit: LeastSquares) -> DiagnosticTest:
    """Largest absolute studentised residual, with Bonferroni's p value over the rows (Weisberg 2014, section 9.4)."""
    largest = float(np.nanmax(np.abs(influence_measures(fit)["studentised_residual"])))
    df = fit.df_residual - 1
    p_value = min(1.0, len(fit.y) * 2.0 * float(stats.t.sf(largest, df)))
    return DiagnosticTest(name="outlier", statistic=largest, df_den=float(df), p_value=p_value)


def log_likelihood(fit: LeastSquares) -> float:
    """Return the maximised normal log-likelihood: -(n (log(2 pi RSS / n) + 1) - sum log w) / 2."""
    n = len(fit.y)
    return float(0.5 * (np.log(fit.weights).sum() - n * (np.log(2.0 * np.pi * fit.rss / n) + 1.0)))
