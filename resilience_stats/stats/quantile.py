"""Quantile regression by linear programming."""

from __future__ import annotations

import numpy as np
from scipy import stats
from scipy.optimize import linprog
from scipy.sparse import csr_array

from resilience_stats.errors import ModelError


def quantile_fit(x: np.ndarray, y: np.ndarray, tau: float) -> np.ndarray:
    """Return the coefficients that minimise the sum of the check function, shape (p,).

    Parameters
    ----------
    x : numpy.ndarray, shape (n, p)
    y : numpy.ndarray, shape (n,)
    tau : float
        Quantile, between 0 and 1.

    Notes
    -----
    min sum_i (tau - 1(e_i < 0)) e_i through its dual, max y'a subject to X'a = (1 - tau) X'1 and 0 <= a <= 1 (Koenker &
    Bassett 1978, Econometrica 46:33); the coefficients are the multipliers of the equality. Columns are scaled first.

    Examples
    --------
    >>> quantile_fit(np.ones((5, 1)), np.array([1.0, 2.0, 3.0, 4.0, 50.0]), 0.5).round(6).tolist()
    [3.0]
    """
    if not 0 < tau < 1:
        raise ModelError("not a quantile", where="argument tau", found=tau, allowed="between 0 and 1")
    scale = np.abs(x).max(axis=0)
    scale[scale == 0] = 1.0
    scaled = x / scale
    size = max(float(np.abs(y).max()), 1e-300)
    found = linprog(
        -y / size,
        A_eq=csr_array(scaled.T),
        b_eq=(1.0 - tau) * scaled.sum(axis=0),
        bounds=(0.0, 1.0),
        method="highs-ds",
        options={"primal_feasibility_tolerance": 1e-10, "dual_feasibility_tolerance": 1e-10},
    )
    if not found.success:
        raise ModelError("quantile regression found no solution", found=found.message)
    b = -np.asarray(found.eqlin.marginals) * size / scale
    return _through_points(x, y, b)


def quantile_covariance(x: np.ndarray, y: np.ndarray, tau: float) -> np.ndarray:
    """Return the covariance that allows the spread to differ between rows, shape (p, p).

    Notes
    -----
    tau (1 - tau) H^-1 X'X H^-1, H = X'diag(f)X, the density f of each row from the difference of the fits at tau +- h
    (Hendricks & Koenker 1992, JASA 87:58), h the bandwidth of Hall & Sheather (1988) (R: ``summary.rq(se = "nid")``).
    """
    h = bandwidth(tau, len(y))
    if tau + h > 1 or tau - h < 0:
        raise ModelError(
            "the quantile is too extreme for this many rows", where="argument tau", found=tau,
            action="Use se='bootstrap'.",
        )  # fmt: skip
    gap = x @ (quantile_fit(x, y, tau + h) - quantile_fit(x, y, tau - h))
    density = np.maximum(0.0, 2.0 * h / np.where(gap > 1e-10, gap, np.inf))
    inverse = np.linalg.inv((x.T * density) @ x)
    return tau * (1.0 - tau) * inverse @ (x.T @ x) @ inverse


def bandwidth(tau: float, n: int, alpha: float = 0.05) -> float:
    """Return the bandwidth of Hall & Sheather (1988), J R Stat Soc B 50:381, for intervals of level 1 - alpha."""
    z = stats.norm.ppf(tau)
    density = stats.norm.pdf(z)
    third = float(stats.norm.ppf(1.0 - alpha / 2.0)) ** (2.0 / 3.0)
    return float(n ** (-1.0 / 3.0) * third * ((1.5 * density**2) / (2.0 * z**2 + 1.0)) ** (1.0 / 3.0))


def check_loss(residuals: np.ndarray, tau: float) -> float:
    """Return the sum of the check function."""
    return float(np.sum(residuals * (tau - (residuals < 0))))


def _through_points(x: np.ndarray, y: np.ndarray, b: np.ndarray) -> np.ndarray:
    # An optimal fit goes through p rows exactly: solve for them, to lose the solver's tolerance.
    p = x.shape[1]
    nearest = np.argsort(np.abs(y - x @ b), kind="stable")[:p]
    if np.linalg.matrix_rank(x[nearest]) < p:
        return b
    exact = np.linalg.solve(x[nearest], y[nearest])
    return exact if np.allclose(exact, b, rtol=1e-5, atol=1e-8) else b
