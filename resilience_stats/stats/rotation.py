"""Rotations of a loading matrix by gradient projection, many starts at once, and the classical varimax and promax."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from resilience_stats.errors import require_choice

ROTATIONS = ("none", "varimax", "promax", "oblimin", "geomin")
#: Criterion value and gradient for a batch of loading matrices, shapes (s, p, m) -> (s,), (s, p, m).
Criterion = Callable[[np.ndarray], tuple[np.ndarray, np.ndarray]]


@dataclass(frozen=True, slots=True)
class Rotation:
    """A rotated solution.

    Attributes
    ----------
    loadings : numpy.ndarray, shape (p, m)
        Pattern; columns by falling sum of squares, each with a positive sum.
    phi : numpy.ndarray, shape (m, m)
        Factor correlations (identity for orthogonal rotations).
    criterion : float
        Value of the criterion at the solution (NaN where the method has none).
    converged : bool
    starts, agree : int
        Number of starts, and of those that reached this solution's criterion value.
    best_criterion : float
        Lowest value over all starts.
    """

    loadings: np.ndarray
    phi: np.ndarray
    criterion: float
    converged: bool
    starts: int = 1
    agree: int = 1
    best_criterion: float = float("nan")


def rotate(
    loadings: np.ndarray,
    rotation: str = "oblimin",
    *,
    kaiser: bool | None = None,
    gamma: float = 0.0,
    delta: float = 0.01,
    power: float = 4.0,
    n_starts: int = 1,
    keep: str = "first",
    rng: np.random.Generator | None = None,
) -> Rotation:
    """Return `loadings` rotated, columns sorted by sum of squares and signed to be positive in sum.

    Parameters
    ----------
    loadings : numpy.ndarray, shape (p, m)
    rotation : {"none", "varimax", "promax", "oblimin", "geomin"}
    kaiser : bool, optional
        Scale rows to unit length while rotating (Kaiser normalisation). Default: for varimax and for the varimax
        stage of promax, as in R's `stats`; not for oblimin and geomin, as in GPArotation. For promax, True
        normalises the target stage also, as R's psych does.
    gamma : float
        Oblimin parameter; 0 is quartimin.
    delta : float
        Geomin constant.
    power : float
        Promax power.
    n_starts : int
        First the identity, then random orthogonal matrices from `rng` (oblimin and geomin).
    keep : {"first", "best"}
        The solution from the identity start, or the one of lowest criterion.

    Examples
    --------
    >>> a = np.array([[0.8, 0.0], [0.7, 0.0], [0.0, 0.6], [0.0, 0.5]])
    >>> mix = np.array([[0.8, -0.6], [0.6, 0.8]])
    >>> rotate(a @ mix, "oblimin").loadings.round(4) + 0.0
    array([[0.8, 0. ], [0.7, 0. ], [0. , 0.6], [0. , 0.5]])
    """
    require_choice(rotation, ROTATIONS, "rotation")
    require_choice(keep, ("first", "best"), "keep")
    m = loadings.shape[1]
    if rotation == "none" or m == 1:
        return _ordered(loadings, np.eye(m), float("nan"), True)
    if rotation == "varimax":
        rotated, _ = varimax(loadings, kaiser=kaiser is not False)
        return _ordered(rotated, np.eye(m), float("nan"), True)
    if rotation == "promax":
        rotated, phi = promax(loadings, power=power, kaiser=bool(kaiser))
        return _ordered(rotated, phi, float("nan"), True)
    criterion = oblimin_criterion(gamma) if rotation == "oblimin" else geomin_criterion(delta)
    return _oblique(loadings, criterion, bool(kaiser), n_starts, keep, rng)


def varimax(
    loadings: np.ndarray, *, kaiser: bool = True, tolerance: float = 1e-14, max_iter: int = 5000
) -> tuple[np.ndarray, np.ndarray]:
    """Return (rotated loadings, orthogonal matrix) of largest variance of squared loadings within columns.

    Repeats T <- U V' from the singular value decomposition of A'(B^3 - B diag(mean B^2)), B = A T, until the sum of
    singular values stops growing. Should that settle away from a maximum, plane rotations finish the work.

    Source: Kaiser (1958), Psychometrika 23; the polar form is that of R's `stats`.

    Examples
    --------
    >>> a = np.array([[0.8, 0.0], [0.7, 0.0], [0.0, 0.6], [0.0, 0.5]])
    >>> np.abs(varimax(a @ np.array([[0.6, 0.8], [-0.8, 0.6]]))[0]).round(6)
    array([[0. , 0.8],
           [0. , 0.7],
           [0.6, 0. ],
           [0.5, 0. ]])
    """
    lengths = np.sqrt(np.sum(loadings**2, axis=1)) if kaiser else np.ones(len(loadings))
    a = loadings / lengths[:, None]
    turn, total = np.eye(a.shape[1]), 0.0
    for _ in range(max_iter):
        b = a @ turn
        u, s, vt = np.linalg.svd(a.T @ (b**3 - b * np.mean(b**2, axis=0)))
        turn, before, total = u @ vt, total, float(s.sum())
        if total < before * (1.0 + tolerance):
            break
    b = a @ turn
    stationary = b.T @ (b**3 - b * np.mean(b**2, axis=0))
    if np.max(np.abs(stationary - stationary.T)) > 1e-6:
        turn = _plane_rotations(a)
    return loadings @ turn, turn


def _plane_rotations(a: np.ndarray, *, max_sweeps: int = 500) -> np.ndarray:
    """Varimax by Kaiser's planar angles, which rise at every step: tan 4t = (D - 2 A B / p) / (C - (A^2 - B^2) / p)."""
    p, m = a.shape
    turn = np.eye(m)
    for _ in range(max_sweeps):
        largest = 0.0
        for i in range(m):
            for j in range(i + 1, m):
                b = a @ turn[:, [i, j]]
                u, v = b[:, 0] ** 2 - b[:, 1] ** 2, 2.0 * b[:, 0] * b[:, 1]
                above = 2.0 * (u @ v - u.sum() * v.sum() / p)
                below = u @ u - v @ v - (u.sum() ** 2 - v.sum() ** 2) / p
                t = np.arctan2(above, below) / 4.0
                turn[:, [i, j]] = turn[:, [i, j]] @ np.array([[np.cos(t), -np.sin(t)], [np.sin(t), np.cos(t)]])
                largest = max(largest, abs(t))
        if largest < 1e-12:
            break
    return turn


def promax(loadings: np.ndarray, *, power: float = 4.0, kaiser: bool = False) -> tuple[np.ndarray, np.ndarray]:
    """Return (pattern, factor correlations) after varimax and a least-squares fit to powered loadings.

    Target Q = B |B|^(power - 1); U = (B'B)^-1 B'Q with columns scaled so that diag(phi) = 1; phi = (U'U)^-1 (with the
    orthogonal varimax matrix before it dropping out).

    Source: Hendrickson & White (1964), British Journal of Statistical Psychology 17.

    Examples
    --------
    >>> a = np.array([[0.8, 0.1], [0.7, 0.0], [0.1, 0.6], [0.2, 0.5]])
    >>> promax(a)[1].diagonal().round(12)
    array([1., 1.])
    """
    rotated, _ = varimax(loadings)
    lengths = np.sqrt(np.sum(rotated**2, axis=1)) if kaiser else np.ones(len(rotated))
    b = rotated / lengths[:, None]
    u = np.linalg.lstsq(b, b * np.abs(b) ** (power - 1.0), rcond=None)[0]
    u = u * np.sqrt(np.diag(np.linalg.inv(u.T @ u)))
    return rotated @ u, np.linalg.inv(u.T @ u)


def oblimin_criterion(gamma: float = 0.0) -> Criterion:
    """Return the direct oblimin criterion: sum over column pairs of the (adjusted) products of squared loadings.

    f = <L^2, (I - gamma/p 11') L^2 N> / 4 with N = 11' - I; gradient L * (I - gamma/p 11') L^2 N.

    Source: Jennrich & Sampson (1966), Psychometrika 31; Bernaards & Jennrich (2005), Educ. Psychol. Meas. 65.

    Examples
    --------
    >>> value, _ = oblimin_criterion()(np.array([[[1.0, 0.0], [0.5, 0.5]]]))
    >>> value
    array([0.03125])
    """

    def criterion(batch: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Criterion and gradient of every matrix of the batch."""
        squares = batch**2
        others = squares.sum(axis=2, keepdims=True) - squares
        if gamma:
            others = others - gamma * others.mean(axis=1, keepdims=True)
        return np.sum(squares * others, axis=(1, 2)) / 4.0, batch * others

    return criterion


def geomin_criterion(delta: float = 0.01) -> Criterion:
    """Return the geomin criterion: sum over rows of the geometric mean of squared loadings plus `delta`.

    Source: Yates (1987), Multivariate Exploratory Data Analysis; Browne (2001), Multivariate Behav. Res. 36.

    Examples
    --------
    >>> value, _ = geomin_criterion(0.01)(np.array([[[1.0, 0.0]]]))
    >>> value.round(6)
    array([0.100499])
    """

    def criterion(batch: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Criterion and gradient of every matrix of the batch."""
        squares = batch**2 + delta
        means = np.exp(np.mean(np.log(squares), axis=2, keepdims=True))
        return means[:, :, 0].sum(axis=1), 2.0 / batch.shape[2] * batch / squares * means

    return criterion


def gradient_projection(
    loadings: np.ndarray, criterion: Criterion, starts: np.ndarray, *, tolerance: float = 1e-7, max_iter: int = 10_000
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return (T, criterion, converged) of oblique rotations from each start, all starts stepped together.

    Minimises f(A (T')^-1) over T with unit columns: step along the projected gradient, renormalise, double the step
    after success and halve it until f falls by half of alpha |g|^2.

    Parameters
    ----------
    starts : numpy.ndarray, shape (s, m, m)

    Source: Jennrich (2002), Psychometrika 67, 7-19; Bernaards & Jennrich (2005), Educ. Psychol. Meas. 65, 676-696.

    Examples
    --------
    >>> a = np.array([[0.8, 0.0], [0.7, 0.0], [0.0, 0.6], [0.0, 0.5]])
    >>> gradient_projection(a, oblimin_criterion(), np.eye(2)[None])[1]
    array([0.])
    """
    turn, step = starts.copy(), np.ones(len(starts))
    value, gradient = _in_turn(loadings, criterion, turn)
    done, active = np.zeros(len(starts), dtype=bool), np.arange(len(starts))
    for _ in range(max_iter):
        t, g = turn[active], gradient[active]
        projected = g - t * np.sum(t * g, axis=1, keepdims=True)
        size = np.sum(projected**2, axis=(1, 2))
        ready = size < tolerance**2
        done[active[ready]] = True
        active, projected, size = active[~ready], projected[~ready], size[~ready]
        if not len(active):
            break
        step[active] *= 2.0
        turn[active], value[active], gradient[active], step[active] = _line_search(
            loadings, criterion, turn[active], value[active], gradient[active], projected, size, step[active]
        )
    return turn, value, done


def _line_search(
    loadings: np.ndarray,
    criterion: Criterion,
    turn: np.ndarray,
    value: np.ndarray,
    gradient: np.ndarray,
    projected: np.ndarray,
    size: np.ndarray,
    step: np.ndarray,
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Halve each start's step, at most ten times, until its criterion has fallen enough; the last trial is taken."""
    new, new_value, new_gradient, step = turn.copy(), value.copy(), gradient.copy(), step.copy()
    todo = np.arange(len(turn))
    for attempt in range(11):
        trial = turn[todo] - step[todo, None, None] * projected[todo]
        trial /= np.sqrt(np.sum(trial**2, axis=1, keepdims=True))
        trial_value, trial_gradient = _in_turn(loadings, criterion, trial)
        new[todo], new_value[todo], new_gradient[todo] = trial, trial_value, trial_gradient
        short = value[todo] - trial_value <= 0.5 * size[todo] * step[todo]
        todo = todo[short]
        if not len(todo) or attempt == 10:
            break
        step[todo] /= 2.0
    return new, new_value, new_gradient, step


def _in_turn(loadings: np.ndarray, criterion: Criterion, turn: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Criterion at A (T')^-1 and its gradient with respect to T, for a batch of T."""
    inverse = np.linalg.inv(turn)
    rotated = loadings @ np.swapaxes(inverse, 1, 2)
    value, gradient = criterion(rotated)
    inner = np.swapaxes(rotated, 1, 2) @ gradient @ inverse
    return value, -np.swapaxes(inner, 1, 2)


def _oblique(
    loadings: np.ndarray, criterion: Criterion, kaiser: bool, n_starts: int, keep: str, rng: np.random.Generator | None
) -> Rotation:
    lengths = np.sqrt(np.sum(loadings**2, axis=1)) if kaiser else np.ones(len(loadings))
    m = loadings.shape[1]
    starts = np.concatenate([np.eye(m)[None], _random_orthogonal(n_starts - 1, m, rng)])
    turns, values, converged = gradient_projection(loadings / lengths[:, None], criterion, starts)
    chosen = int(np.argmin(np.where(converged, values, np.inf))) if keep == "best" and converged.any() else 0
    turn = turns[chosen]
    same = converged & (np.abs(values - values[chosen]) <= 1e-6 * max(1.0, abs(float(values[chosen]))))
    return _ordered(
        loadings @ np.linalg.inv(turn).T,
        turn.T @ turn,
        float(values[chosen]),
        bool(converged[chosen]),
        starts=n_starts,
        agree=int(same.sum()),
        best=float(values[converged].min()) if converged.any() else float("nan"),
    )


def _random_orthogonal(n: int, m: int, rng: np.random.Generator | None) -> np.ndarray:
    if n < 1:
        return np.empty((0, m, m))
    q, upper = np.linalg.qr((rng or np.random.default_rng(0)).standard_normal((n, m, m)))
    return q * np.sign(np.diagonal(upper, axis1=1, axis2=2))[:, None, :]


def _ordered(
    loadings: np.ndarray,
    phi: np.ndarray,
    criterion: float,
    converged: bool,
    *,
    starts: int = 1,
    agree: int = 1,
    best: float = float("nan"),
) -> Rotation:
    signs = np.where(loadings.sum(axis=0) < 0, -1.0, 1.0)
    order = np.argsort(-np.sum(loadings**2, axis=0), kind="stable")
    phi = (phi * np.outer(signs, signs))[np.ix_(order, order)]
    return Rotation((loadings * signs)[:, order], phi, criterion, converged, starts, agree, best)
