"""Firth's relatives: intercept corrections that mend predictions, and median bias reduction."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.optimize import brentq
from scipy.special import expit

from resilience_stats.stats.firth import FirthFit
from resilience_stats.stats.logistic import LogisticFit, fit_binomial, information

Array = np.ndarray


@dataclass(frozen=True, slots=True, kw_only=True)
class AugmentedFit:
    """FLAC: the weighted fit on real and pseudo rows, and what it was fitted to.

    Attributes
    ----------
    fit : LogisticFit
        Coefficients of the model, then that of the pseudo-row indicator.
    x, y, weights, offset : numpy.ndarray
        The 3n rows.
    """

    fit: LogisticFit
    x: Array
    y: Array
    weights: Array
    offset: Array


def flic_intercept(x: Array, y: Array, fit: FirthFit, intercept: int, *, weights: Array, offset: Array) -> Array:
    """Return Firth's coefficients with the intercept moved until predictions average to the observed share.

    Notes
    -----
    Maximum likelihood in the intercept alone with the rest as offset (Puhr et al. 2017).

    Examples
    --------
    >>> from resilience_stats.stats.firth import firth_data, fit_firth
    >>> x, y, one = np.ones((4, 1)), np.array([1.0, 0, 0, 0]), np.ones(4)
    >>> flic_intercept(x, y, fit_firth(firth_data(x, y)), 0, weights=one, offset=0 * one).round(4)
    array([-1.0986])
    """
    coefficients = fit.coefficients.copy()
    coefficients[intercept] = 0.0
    eta, wanted = offset + x @ coefficients, float(weights @ y)
    if not 0.0 < wanted < float(weights.sum()):
        moved = fit_binomial(np.ones((len(y), 1)), y, offset=eta, weights=weights)
        coefficients[intercept] = moved.coefficients[0]
        return coefficients
    # The predicted total rises with the intercept, so it is found however far apart the predictors lie.
    low, high = -float(eta.max()) - 40.0, -float(eta.min()) + 40.0
    coefficients[intercept] = brentq(lambda a: float(weights @ expit(a + eta)) - wanted, low, high, xtol=1e-13)
    return coefficients


def flac_fit(x: Array, y: Array, fit: FirthFit, *, weights: Array, offset: Array) -> AugmentedFit:
    """Return the fit on the rows augmented by Firth's pseudo-observations, told apart by an added covariate.

    Notes
    -----
    Each row enters once as itself, and twice (as an event and as none) with weight h / 2, h its hat value in Firth's
    fit; an indicator of the pseudo rows keeps them from biasing predictions towards one half (Puhr et al. 2017).
    """
    n = len(y)
    rows = np.vstack([np.column_stack([x, np.full(n, k)]) for k in (0.0, 1.0, 1.0)])
    outcome = np.concatenate([y, np.ones(n), np.zeros(n)])
    heavy = np.concatenate([weights, fit.hat / 2.0, fit.hat / 2.0])
    shift = np.tile(offset, 3)
    return AugmentedFit(
        fit=fit_binomial(rows, outcome, weights=heavy, offset=shift, max_iter=200), x=rows, y=outcome, weights=heavy,
        offset=shift,
    )  # fmt: skip


def fit_median_unbiased(
    x: Array, y: Array, *, weights: Array | None = None, offset: Array | None = None, max_iter: int = 2000
) -> LogisticFit:
    r"""Return the logistic regression whose estimates are approximately median unbiased.

    Notes
    -----
    Adjusted score :math:`X'\{y - p + W(\xi + Xu)\}`, :math:`W\xi = h(\tfrac12 - p)` as in Firth's, and
    :math:`u_j = K_j' X'\{\tilde h_j (2p - 1)/3\}`, where :math:`\tilde h_j = w (XK_j)^2 / (I^{-1})_{jj}` and
    :math:`K_j` is column j of the inverse information (Kenne Pagui, Salvan & Sartori 2017; Kosmidis, Kenne Pagui &
    Sartori 2020; ``brglm2`` type ``"AS_median"``).

    Examples
    --------
    >>> fit = fit_median_unbiased(np.ones((4, 1)), np.zeros(4))
    >>> bool(0 < fit.fitted[0] < 0.1)  # Firth's estimate is 0.1
    True
    """
    n, p = x.shape
    w = np.ones(n) if weights is None else weights
    shift = np.zeros(n) if offset is None else offset
    beta, done, iteration, largest = np.zeros(p), False, 0, np.inf
    for iteration in range(1, max_iter + 1):  # noqa: B007
        score, inverse = _median_score(x, y, w, expit(shift + x @ beta))
        step = inverse @ score
        # Steps that grow are cut: the adjusted score is not the gradient of anything to search along.
        size = min(1.0, 1.0 / max(float(np.max(np.abs(step))), 1e-300), 1.0 if largest > np.max(np.abs(step)) else 0.5)
        beta, largest = beta + size * step, float(np.max(np.abs(step)))
        if largest < 1e-11 * (1.0 + np.max(np.abs(beta))):
            done = True
            break
    predictor = shift + x @ beta
    fitted = expit(predictor)
    value = float(w @ (y * np.log(fitted) + (1 - y) * np.log1p(-fitted)))
    return LogisticFit(
        coefficients=beta, covariance=np.linalg.inv(information(x, fitted, w)), log_likelihood=value,
        predictor=predictor, fitted=fitted, iterations=iteration, converged=done,
    )  # fmt: skip


def _median_score(x: Array, y: Array, w: Array, fitted: Array) -> tuple[Array, Array]:
    variance = w * fitted * (1.0 - fitted)
    inverse = np.linalg.inv((x.T * variance) @ x)
    spread = x @ inverse
    hat = variance * np.einsum("ij,ij->i", spread, x)
    own = variance[:, None] * spread**2 / np.diag(inverse)
    u = np.einsum("ij,ij->j", spread, own * ((2.0 * fitted - 1.0) / 3.0)[:, None])
    score = x.T @ (w * (y - fitted) + hat * (0.5 - fitted) + variance * (x @ u))
    return score, inverse
