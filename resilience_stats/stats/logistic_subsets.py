"""Log-likelihoods of many logistic models at once: every subset of the predictors, every resample."""

from __future__ import annotations

import numpy as np

_BLOCK = 2**22
_MAX_ITER = 60
_TOLERANCE = 1e-14
#: Linear predictors beyond this are probabilities of 0 and 1 to the last digit; separated models stop here.
_LARGE = 35.0


def subset_log_likelihood(x: np.ndarray, y: np.ndarray, member: np.ndarray, counts: np.ndarray) -> np.ndarray:
    """Return the maximised binomial log-likelihood of every subset of columns under every set of row weights.

    Parameters
    ----------
    x : numpy.ndarray, shape (n, q)
        With the column of ones first.
    y : numpy.ndarray, shape (n,)
        0 or 1.
    member : numpy.ndarray of bool, shape (s, q)
        Columns of each subset.
    counts : numpy.ndarray, shape (b, n)

    Returns
    -------
    numpy.ndarray, shape (s, b)
        Under separation the supremum, to rounding.

    Notes
    -----
    Newton's method on all problems side by side; a step that lowers the likelihood is halved.

    Examples
    --------
    >>> member = np.array([[True, False], [True, True]])
    >>> x = np.column_stack([np.ones(4), [0.0, 1.0, 0.0, 1.0]])
    >>> subset_log_likelihood(x, np.array([0.0, 0.0, 1.0, 1.0]), member, np.ones((1, 4)))[:, 0].round(4)
    array([-2.7726, -2.7726])
    """
    scaled = _scaled(x)
    which = np.repeat(np.arange(len(member)), len(counts))
    weights = np.tile(np.arange(len(counts)), len(member))
    out = np.empty(len(which))
    block = max(1, _BLOCK // (len(y) + x.shape[1] ** 2))
    for start in range(0, len(which), block):
        part = slice(start, start + block)
        out[part] = _maximise(scaled, y, member[which[part]], counts[weights[part]])
    return out.reshape(len(member), len(counts))


def pseudo_r2(log_likelihood: np.ndarray, null: np.ndarray, n: float, measure: str) -> np.ndarray:
    """Return a likelihood-based R2.

    McFadden (1974): 1 - l / l0. Cox & Snell: 1 - exp(2 (l0 - l) / n). Nagelkerke (1991), Biometrika 78:691: Cox and
    Snell's over its largest value 1 - exp(2 l0 / n).
    """
    if measure == "mcfadden":
        return 1.0 - log_likelihood / null
    cox_snell = -np.expm1(2.0 * (null - log_likelihood) / n)
    return cox_snell if measure == "cox_snell" else cox_snell / -np.expm1(2.0 * null / n)


def _scaled(x: np.ndarray) -> np.ndarray:
    out = x.copy()
    spread = x[:, 1:].std(axis=0)
    out[:, 1:] = (x[:, 1:] - x[:, 1:].mean(axis=0)) / np.where(spread > 0, spread, 1.0)
    return out


def _maximise(x: np.ndarray, y: np.ndarray, member: np.ndarray, counts: np.ndarray) -> np.ndarray:
    q = x.shape[1]
    products = (x[:, :, None] * x[:, None, :]).reshape(len(x), q * q)
    beta = np.zeros(member.shape)
    outside = (~member).astype(float)
    value = _value(beta @ x.T, y, counts)
    for _ in range(_MAX_ITER):
        eta = np.clip(beta @ x.T, -_LARGE, _LARGE)
        mean = 1.0 / (1.0 + np.exp(-eta))
        gradient = ((counts * (y - mean)) @ x) * member
        hessian = ((counts * (mean * (1.0 - mean))) @ products).reshape(-1, q, q)
        hessian *= member[:, :, None] & member[:, None, :]
        hessian[:, np.arange(q), np.arange(q)] += outside + 1e-12
        step = np.linalg.solve(hessian, gradient[:, :, None])[:, :, 0]
        gain = np.einsum("mq,mq->m", step, gradient)
        moved = _value((beta + step) @ x.T, y, counts)
        for _ in range(20):
            worse = moved < value - 1e-12 * np.abs(value)
            if not worse.any():
                break
            step[worse] /= 2.0
            moved[worse] = _value((beta[worse] + step[worse]) @ x.T, y, counts[worse])
        beta, value = beta + step, moved
        if np.all(gain <= _TOLERANCE * (1.0 + np.abs(value))):
            break
    return value


def _value(eta: np.ndarray, y: np.ndarray, counts: np.ndarray) -> np.ndarray:
    return np.einsum("mn,mn->m", counts, y * eta - np.logaddexp(0.0, eta))
