"""Weighted least squares by a centred and scaled QR, with everything that covariances and diagnostics need."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.linalg import qr, solve_triangular

from resilience_stats.errors import ModelError

#: A column whose part that no other column explains is shorter than this, relative to its own spread, is redundant.
COLLINEAR = 1e-7


@dataclass(frozen=True, slots=True, kw_only=True)
class LeastSquares:
    """A fitted linear model; n rows, p columns. "Whitened" means multiplied by the square root of the weight.

    Attributes
    ----------
    x : numpy.ndarray, shape (n, p)
    y : numpy.ndarray, shape (n,)
    weights : numpy.ndarray, shape (n,)
    coefficients : numpy.ndarray, shape (p,)
    fitted, residuals : numpy.ndarray, shape (n,)
    q : numpy.ndarray, shape (n, p)
        Orthonormal basis of the whitened columns; the hat matrix is ``q @ q.T``.
    influence : numpy.ndarray, shape (p, n)
        Maps the whitened outcome to the coefficients: (X'WX)^-1 X'W^(1/2).
    unscaled : numpy.ndarray, shape (p, p)
        (X'WX)^-1.
    rss, tss : float
        Weighted residual sum of squares, and total one about the weighted mean (about 0 without intercept).
    has_intercept : bool
    """

    x: np.ndarray
    y: np.ndarray
    weights: np.ndarray
    coefficients: np.ndarray
    fitted: np.ndarray
    residuals: np.ndarray
    q: np.ndarray
    influence: np.ndarray
    unscaled: np.ndarray
    rss: float
    tss: float
    has_intercept: bool

    @property
    def df_residual(self) -> int:
        """Rows less columns."""
        return self.x.shape[0] - self.x.shape[1]

    @property
    def leverage(self) -> np.ndarray:
        """Diagonal of the hat matrix, shape (n,)."""
        return np.einsum("ij,ij->i", self.q, self.q)

    @property
    def whitened_residuals(self) -> np.ndarray:
        """Residuals times the square root of the weight, shape (n,)."""
        return self.residuals * np.sqrt(self.weights)


def least_squares(
    x: np.ndarray,
    y: np.ndarray,
    *,
    weights: np.ndarray | None = None,
    names: Sequence[str] | None = None,
) -> LeastSquares:
    """Return the weighted least-squares fit of `y` on the columns of `x`.

    Parameters
    ----------
    x : numpy.ndarray, shape (n, p)
        With the column of ones, if any, first.
    y : numpy.ndarray, shape (n,)
    weights : numpy.ndarray, shape (n,), optional
        Positive; 1 by default.
    names : sequence of str, optional
        Column names for the error message.

    Raises
    ------
    ModelError
        Where there are not more rows than columns, a weight is not positive, or a column is a linear combination of
        the columns before it; all such columns are named.

    Notes
    -----
    b = (X'WX)^-1 X'Wy. Columns are centred on their weighted means and scaled to unit length before the Householder QR
    (Golub & Van Loan 2013, section 5.3), and the solution is transformed back: this is what makes the collinear
    longley data come out to ten digits.

    Examples
    --------
    >>> x = np.column_stack([np.ones(4), [1.0, 2.0, 3.0, 4.0]])
    >>> least_squares(x, np.array([3.0, 5.0, 7.0, 9.0])).coefficients.round(9)
    array([1., 2.])
    """
    n, p = x.shape
    w = np.ones(n) if weights is None else np.asarray(weights, dtype=float)
    if not (w > 0).all():
        raise ModelError("weights must be positive", where="argument weights", found=float(w.min()))
    if n <= p:
        raise ModelError(
            "more columns than the rows can carry", found=f"{n} rows, {p} columns", allowed="rows > columns"
        )
    has_intercept = bool(p and np.all(x[:, 0] == 1.0))
    root = np.sqrt(w)
    scaled, back = _standardise(x, w, has_intercept)
    q, r = qr(scaled * root[:, None], mode="economic", check_finite=False)
    _require_full_rank(r, names)
    to_coefficients = back @ solve_triangular(r, np.eye(p), check_finite=False)
    centre = float(w @ y / w.sum()) if has_intercept else 0.0
    coefficients = to_coefficients @ (q.T @ (root * (y - centre)))
    shifted = (q @ (q.T @ (root * (y - centre)))) / root
    if has_intercept:
        coefficients[0] += centre
    residuals = y - centre - shifted
    return LeastSquares(
        x=x,
        y=y,
        weights=w,
        coefficients=coefficients,
        fitted=shifted + centre,
        residuals=residuals,
        q=q,
        influence=to_coefficients @ q.T,
        unscaled=to_coefficients @ to_coefficients.T,
        rss=float(w @ residuals**2),
        tss=float(w @ (y - centre) ** 2),
        has_intercept=has_intercept,
    )


def gaussian_log_likelihood(residuals: np.ndarray, weights: np.ndarray, variance: float) -> float:
    """Return the log-likelihood of residuals with variance `variance` / weight.

    Examples
    --------
    >>> round(gaussian_log_likelihood(np.array([1.0, -1.0]), np.ones(2), 1.0), 4)
    -2.8379
    """
    n = len(residuals)
    return float(0.5 * (np.log(weights).sum() - n * np.log(2 * np.pi * variance) - weights @ residuals**2 / variance))


def require_full_rank(x: np.ndarray, names: Sequence[str] | None = None) -> None:
    """Raise `ModelError`, naming the columns at fault, where a column of `x` follows from the ones before it.

    Examples
    --------
    >>> require_full_rank(np.array([[1.0, 2.0], [1.0, 3.0], [1.0, 5.0]]))
    """
    if x.shape[0] < x.shape[1] or not x.size:
        return
    scaled, _ = _standardise(x, np.ones(len(x)), bool(np.all(x[:, 0] == 1.0)))
    _require_full_rank(qr(scaled, mode="r", check_finite=False)[0][: x.shape[1]], names)


def _standardise(x: np.ndarray, w: np.ndarray, has_intercept: bool) -> tuple[np.ndarray, np.ndarray]:
    # x = scaled @ inverse(back), so coefficients = back @ (coefficients of the scaled columns)
    p = x.shape[1]
    means = w @ x / w.sum() if has_intercept else np.zeros(p)
    if has_intercept:
        means[0] = 0.0
    centred = x - means
    length = np.sqrt(w @ centred**2)
    length[length <= COLLINEAR * np.sqrt(w @ x**2)] = 1.0
    back = np.diag(1.0 / length)
    if has_intercept:
        back[0, 1:] = -means[1:] / length[1:]
    return centred / length, back


def _require_full_rank(r: np.ndarray, names: Sequence[str] | None) -> None:
    redundant = np.flatnonzero(np.abs(np.diag(r)) < COLLINEAR)
    if not redundant.size:
        return
    labels = list(names) if names is not None else [f"column {j}" for j in range(r.shape[0])]
    kept = [j for j in range(r.shape[0]) if j not in set(redundant.tolist())]
    sentences = []
    for j in redundant:
        before = [k for k in kept if k < j]
        share = np.linalg.lstsq(r[:, before], r[:, j], rcond=None)[0] if before else np.empty(0)
        partners = [
            labels[k] for k, b in zip(before, share, strict=True) if abs(b) > 1e-6 and labels[k] != "(Intercept)"
        ]
        sentences.append(
            f"'{labels[j]}' follows from {', '.join(partners)}" if partners else f"'{labels[j]}' is constant"
        )
    raise ModelError(
        "predictors are linearly dependent: " + "; ".join(sentences),
        where="argument predictors",
        action="Leave out: " + ", ".join(labels[j] for j in redundant) + ".",
    )
