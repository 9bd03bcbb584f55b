"""Indexes of prediction on the sample a model was fitted to and on another, for many models at once."""

from __future__ import annotations

import numpy as np
from scipy.special import expit, log_expit, logit

from resilience_stats.stats.validation_fits import batch_recalibration

Array = np.ndarray
#: Order of the indexes of a binary outcome along the last axis; the first eleven but Emax are those of rms::validate.
BINARY_INDEXES = (
    "dxy", "r2", "intercept", "slope", "d", "u", "q", "brier", "g", "gp", "c_statistic", "brier_scaled",
    "calibration_in_the_large", "log_loss", "observed_expected", "observed_minus_expected",
)  # fmt: skip
#: Indexes of a continuous outcome, those of rms::validate first.
LINEAR_INDEXES = ("r2", "mse", "g", "intercept", "slope")
#: Indexes that mean something where only one outcome was seen.
_WITHOUT_BOTH_OUTCOMES = ("brier", "log_loss", "observed_expected", "observed_minus_expected")
_EDGE = 1e-15


def binary_indexes(y: Array, eta: Array, counts: Array | None = None, *, in_sample: bool = False) -> Array:
    """Return the indexes of B models on one outcome, shape (B, len(BINARY_INDEXES)).

    Parameters
    ----------
    y : numpy.ndarray, shape (n,)
    eta : numpy.ndarray, shape (B, n)
        Linear predictors.
    counts : numpy.ndarray, shape (B, n), optional
        How often each row counts.
    in_sample : bool
        The models are maximum-likelihood fits to these very rows: their calibration is then perfect by construction
        and is not computed.

    Notes
    -----
    Missing where a sample has one outcome only, but for the indexes that need no other.

    Dxy = 2 c - 1; R2 Nagelkerke of the recalibrated predictor; D, U, Q as in `stats.calibration.rms_indexes` but D of
    the recalibrated predictor; g and gp Gini's mean difference of the recalibrated predictor and risk (Harrell 2015,
    section 5.3 and 10.9; ``rms::validate.lrm``).

    Examples
    --------
    >>> binary_indexes(np.array([0.0, 1, 0, 1]), np.array([[-1.0, 1, 0, 2]])).shape
    (1, 16)
    """
    eta = np.clip(eta, logit(_EDGE), -logit(_EDGE))
    b, n_rows = eta.shape
    c = np.ones((b, n_rows)) if counts is None else counts
    n, events = c.sum(axis=1), c @ y
    share = events / n
    with np.errstate(divide="ignore", invalid="ignore"):
        null = events * np.log(share) + (n - events) * np.log1p(-share)
    plain = (c * (y * eta + log_expit(-eta))).sum(axis=1)
    if in_sample:
        intercept, slope, large, better = np.zeros(b), np.ones(b), np.zeros(b), plain
    else:
        intercept, slope, large = batch_recalibration(y, eta, counts)
        moved = intercept[:, None] + slope[:, None] * eta
        better = (c * (y * moved + log_expit(-moved))).sum(axis=1)
    ratio = 2.0 * (better - null)
    risk = expit(eta)
    brier = (c * (y - risk) ** 2).sum(axis=1) / n
    auc, gini, gini_risk = _ranked(y, eta, c, intercept, slope)
    d, u = (ratio - 1.0) / n, (2.0 * (better - plain) - 2.0) / n
    mean_risk = (c * risk).sum(axis=1) / n
    with np.errstate(divide="ignore", invalid="ignore"):
        out = np.column_stack([
            2.0 * auc - 1.0, (1.0 - np.exp(-ratio / n)) / (1.0 - np.exp(2.0 * null / n)), intercept, slope, d, u, d - u,
            brier, gini, gini_risk, auc, 1.0 - brier / (share * (1.0 - share)), large, -plain / n,
            share / mean_risk, share - mean_risk,
        ])  # fmt: skip
    one_sided = (events == 0) | (events == n)
    out[np.ix_(one_sided, [BINARY_INDEXES.index(k) for k in BINARY_INDEXES if k not in _WITHOUT_BOTH_OUTCOMES])] = (
        np.nan
    )
    return out


def _ranked(y: Array, eta: Array, c: Array, intercept: Array, slope: Array) -> tuple[Array, Array, Array]:
    """c-statistics and Gini's mean differences of recalibrated predictor and risk, from one sort of each row."""
    order = np.argsort(eta, axis=1)
    e, w, ones = (np.take_along_axis(v, order, axis=1) for v in (eta, c, c * y))
    zeros = w - ones
    upto = np.cumsum(zeros, axis=1)
    new = np.ones(e.shape, dtype=bool)
    new[:, 1:] = e[:, 1:] != e[:, :-1]
    if new.all():
        middle = upto - 0.5 * zeros
    else:
        last = np.ones(e.shape, dtype=bool)
        last[:, :-1] = new[:, 1:]
        before = np.maximum.accumulate(np.where(new, upto - zeros, 0.0), axis=1)
        after = np.minimum.accumulate(np.where(last, upto, np.inf)[:, ::-1], axis=1)[:, ::-1]
        middle = 0.5 * (before + after)
    with np.errstate(divide="ignore", invalid="ignore"):
        auc = np.einsum("bn,bn->b", ones, middle) / (ones.sum(axis=1) * upto[:, -1])
    upto_all = np.cumsum(w, axis=1)
    n = upto_all[:, -1]
    place = w * (2.0 * upto_all - w - n[:, None])
    scale = 2.0 / (n * (n - 1.0))
    risk = expit(intercept[:, None] + slope[:, None] * e)
    gini = np.abs(np.einsum("bn,bn->b", place, e) * slope * scale)
    return auc, gini, np.abs(np.einsum("bn,bn->b", place, risk) * scale)


def linear_indexes(y: Array, eta: Array, counts: Array | None = None, *, in_sample: bool = False) -> Array:
    """Return R2, MSE, g, intercept and slope of B predictions of one continuous outcome, shape (B, 5).

    Notes
    -----
    As ``rms::validate.ols``: R2 about the mean of the rows predicted, g Gini's mean difference of slope times
    prediction.

    Examples
    --------
    >>> linear_indexes(np.array([1.0, 2, 3]), np.array([[1.0, 2, 3]]))[0].round(6)
    array([1.        , 0.        , 1.333333, 0.        , 1.        ])
    """
    c = np.ones_like(eta) if counts is None else counts
    n = c.sum(axis=1)
    mean = (c @ y) / n
    total = (c * (y - mean[:, None]) ** 2).sum(axis=1)
    loss = (c * (y - eta) ** 2).sum(axis=1)
    intercept, slope = np.zeros(len(eta)), np.ones(len(eta))
    if not in_sample:
        centre = (c * eta).sum(axis=1) / n
        away = eta - centre[:, None]
        with np.errstate(divide="ignore", invalid="ignore"):
            slope = (c * away * (y - mean[:, None])).sum(axis=1) / (c * away**2).sum(axis=1)
        intercept = mean - slope * centre
    gini = _ranked(np.zeros(len(y)), eta, c, np.zeros(len(eta)), slope)[1]
    return np.column_stack([1.0 - loss / total, loss / n, gini, intercept, slope])


def largest_calibration_error(intercept: float, slope: float) -> float:
    """Return the largest distance between a risk and itself recalibrated, over the grid of ``rms::validate``.

    Examples
    --------
    >>> largest_calibration_error(0.0, 1.0) < 1e-12
    True
    """
    p = np.arange(1, 2000) * 5e-4
    return float(np.max(np.abs(p - expit(intercept + slope * logit(p)))))


def weight_of_632(apparent: float, left_out: float, no_information: float) -> tuple[float, float]:
    """Return relative overfitting and the weight of the left-out estimate in the .632+ estimator.

    Notes
    -----
    Efron & Tibshirani (1997): R = (left out - apparent) / (no information - apparent), kept within 0 and 1,
    weight .632 / (1 - .368 R).

    Examples
    --------
    >>> weight_of_632(0.1, 0.2, 0.5)
    (0.25, 0.6960352422907489)
    """
    gap = no_information - apparent
    rate = 0.0 if gap == 0 else float(np.clip((left_out - apparent) / gap, 0.0, 1.0))
    return rate, 0.632 / (1.0 - 0.368 * rate)


def no_information(y: Array, p: Array) -> dict[str, float]:
    """Return what the indexes would be if outcome and prediction had nothing to do with each other.

    Examples
    --------
    >>> no_information(np.array([0.0, 1]), np.array([0.0, 1.0]))["brier"].__round__(4)
    0.5
    """
    share, p = y.mean(), np.clip(p, _EDGE, 1.0 - _EDGE)
    return {
        "brier": float(share * np.mean((1.0 - p) ** 2) + (1.0 - share) * np.mean(p**2)),
        "log_loss": float(-share * np.mean(np.log(p)) - (1.0 - share) * np.mean(np.log1p(-p))),
        "c_statistic": 0.5, "dxy": 0.0, "brier_scaled": 0.0, "r2": 0.0,
    }  # fmt: skip
