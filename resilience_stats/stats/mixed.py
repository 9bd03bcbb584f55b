"""Linear mixed models with one grouping: every likelihood from sums per group, so an evaluation costs microseconds."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy.optimize import minimize

from resilience_stats.errors import ModelError
from resilience_stats.stats.least_squares import least_squares

#: A relative standard deviation of a random effect below this is called 0 (a singular fit).
SINGULAR = 1e-4
_TIGHT = {"ftol": 1e-15, "gtol": 1e-9}
Criterion = Callable[[np.ndarray], tuple[float, np.ndarray]]


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupSums:
    """Cross-products per group; p fixed columns, q random ones, m groups.

    Columns are those of an orthonormal basis of X (``basis``), random columns have unit mean square (``scale``), the
    outcome is its least-squares residual: nothing large cancels.

    Attributes
    ----------
    zz, zx, ze : numpy.ndarray, shapes (m, q, q), (m, q, p), (m, q)
    xx : numpy.ndarray, shape (m, p, p)
    sizes : numpy.ndarray, shape (m,)
    rss : float
        Sum of squares of the least-squares residual.
    start : numpy.ndarray, shape (p,)
        Least-squares coefficients of the original columns.
    back : numpy.ndarray, shape (p, p)
        Turns coefficients of the basis into coefficients of the original columns.
    scale : numpy.ndarray, shape (q,)
    """

    zz: np.ndarray
    zx: np.ndarray
    ze: np.ndarray
    xx: np.ndarray
    sizes: np.ndarray
    rss: float
    start: np.ndarray
    back: np.ndarray
    scale: np.ndarray

    @property
    def n(self) -> int:
        """Number of rows."""
        return int(self.sizes.sum())


@dataclass(frozen=True, slots=True, kw_only=True)
class Evaluation:
    """The model at one relative covariance factor; names as in `GroupSums`.

    Attributes
    ----------
    shrink : numpy.ndarray, shape (m, q, q)
        S = L (I + L'Z'ZL)^-1 L', so that (I + ZLL'Z')^-1 = I - Z S Z'.
    log_det : float
        Log-determinant of I + ZLL'Z'.
    information : numpy.ndarray, shape (p, p)
        Basis' (I + ZLL'Z')^-1 basis.
    gamma : numpy.ndarray, shape (p,)
        Generalised least-squares coefficients of the basis (for the residual outcome).
    rss : float
        Generalised residual sum of squares.
    """

    factor: np.ndarray
    shrink: np.ndarray
    log_det: float
    information: np.ndarray
    gamma: np.ndarray
    rss: float


@dataclass(frozen=True, slots=True, kw_only=True)
class MixedFit:
    """A fitted linear mixed model.

    Attributes
    ----------
    coefficients : numpy.ndarray, shape (p,)
    vcov : numpy.ndarray, shape (p, p)
    theta : numpy.ndarray
        Lower triangle, column by column, of the Cholesky factor of the random effects' covariance over sigma^2.
    covariance : numpy.ndarray, shape (q, q)
        Covariance of the random effects.
    sigma : float
    criterion : float
        Minus twice the (restricted) log-likelihood.
    effects, effects_se : numpy.ndarray, shape (m, q)
        Conditional modes (BLUPs) and their conditional standard deviations.
    reml : bool
    singular : bool
    sums : GroupSums
    at : Evaluation
    """

    coefficients: np.ndarray
    vcov: np.ndarray
    theta: np.ndarray
    covariance: np.ndarray
    sigma: float
    criterion: float
    effects: np.ndarray
    effects_se: np.ndarray
    reml: bool
    singular: bool
    sums: GroupSums
    at: Evaluation


def group_sums(x: np.ndarray, y: np.ndarray, z: np.ndarray, codes: np.ndarray) -> GroupSums:
    """Return the cross-products per group.

    Parameters
    ----------
    x : numpy.ndarray, shape (n, p)
    y : numpy.ndarray, shape (n,)
    z : numpy.ndarray, shape (n, q)
        Columns with a random coefficient (ones first for a random intercept).
    codes : numpy.ndarray of int, shape (n,)
        Group of each row, 0..m - 1.
    """
    fit = least_squares(x, y)
    scale = np.sqrt(np.mean(z**2, axis=0))
    zs, m = z / scale, int(codes.max()) + 1

    def total(a: np.ndarray, b: np.ndarray) -> np.ndarray:
        """Sums of products within groups."""
        out = np.zeros((m, a.shape[1], b.shape[1]))
        np.add.at(out, codes, a[:, :, None] * b[:, None, :])
        return out

    return GroupSums(
        zz=total(zs, zs),
        zx=total(zs, fit.q),
        ze=total(zs, fit.residuals[:, None])[:, :, 0],
        xx=total(fit.q, fit.q),
        sizes=np.bincount(codes).astype(float),
        rss=fit.rss,
        start=fit.coefficients,
        back=fit.influence @ fit.q,
        scale=scale,
    )


def evaluate(sums: GroupSums, factor: np.ndarray) -> Evaluation:
    """Return the generalised least-squares solution at the relative covariance factor `factor`, shape (q, q)."""
    q = len(factor)
    inner = np.eye(q) + factor.T @ sums.zz @ factor
    root = np.linalg.cholesky(inner)
    half = np.linalg.solve(root, np.broadcast_to(factor.T, root.shape))
    shrink = np.swapaxes(half, 1, 2) @ half
    hx = half @ sums.zx
    he = (half @ sums.ze[:, :, None])[:, :, 0]
    information = np.eye(sums.zx.shape[2]) - np.einsum("mqp,mqr->pr", hx, hx)
    right = -np.einsum("mqp,mq->p", hx, he)
    gamma = np.linalg.solve(information, right)
    return Evaluation(
        factor=factor,
        shrink=shrink,
        log_det=2.0 * float(np.log(np.einsum("mii->mi", root)).sum()),
        information=information,
        gamma=gamma,
        rss=sums.rss - float(np.sum(he**2)) - float(gamma @ right),
    )


def criterion(sums: GroupSums, at: Evaluation, reml: bool) -> float:
    """Return minus twice the profiled log-likelihood, restricted or not.

    ML: log|I + ZLL'Z'| + n (1 + log(2 pi r2 / n)); REML: the same with n - p for n, plus log|X'(I + ZLL'Z')^-1 X|
    (Bates, Maechler, Bolker & Walker 2015, J Stat Softw 67(1), equations 34 and 41); r2 the generalised residual sum of
    squares.
    """
    n, p = sums.n, len(sums.start)
    df = n - p if reml else n
    value = at.log_det + df * (1.0 + np.log(2.0 * np.pi * at.rss / df))
    if reml:
        value += np.linalg.slogdet(at.information)[1] - 2.0 * np.linalg.slogdet(sums.back)[1]
    return float(value)


def factor_of(theta: np.ndarray, q: int) -> np.ndarray:
    """Return the lower-triangular factor whose columns `theta` lists."""
    factor = np.zeros((q, q))
    columns, rows = np.triu_indices(q)
    factor[rows, columns] = theta
    return factor


def theta_of(factor: np.ndarray) -> np.ndarray:
    """Return the lower triangle of `factor`, column by column."""
    columns, rows = np.triu_indices(len(factor))
    return factor[rows, columns]


def slope_in_covariance(sums: GroupSums, at: Evaluation, reml: bool, sigma2: float | None = None) -> np.ndarray:
    """Return the derivative of the criterion with respect to the relative covariance LL', shape (q, q).

    With `sigma2` that of the criterion at this residual variance, and not of the profiled one.
    """
    variance = at.rss / (sums.n - len(sums.start) if reml else sums.n) if sigma2 is None else sigma2
    # K = (I + Z'Z LL')^-1 applied to Z'v is Z'(I + ZLL'Z')^-1 v
    keep = np.eye(len(at.factor)) - sums.zz @ at.shrink
    u = (keep @ (sums.ze - sums.zx @ at.gamma)[:, :, None])[:, :, 0]
    slope = np.einsum("mij,mjk->ik", keep, sums.zz) - (u.T @ u) / variance
    if reml:
        w = keep @ sums.zx
        slope -= np.einsum("mip,pr,mjr->ij", w, np.linalg.inv(at.information), w)
    return slope


def gradient(sums: GroupSums, at: Evaluation, reml: bool) -> np.ndarray:
    """Return the derivative of `criterion` with respect to the lower triangle of the factor."""
    return theta_of(2.0 * slope_in_covariance(sums, at, reml) @ at.factor)


def fit_mixed_model(sums: GroupSums, *, reml: bool = True) -> MixedFit:
    """Return the maximum of the (restricted) likelihood.

    Notes
    -----
    L-BFGS-B on the profiled criterion with its analytic gradient, finished by Newton steps on the elements off the
    boundary. In the factor every boundary point is stationary; so a random intercept is sought in its variance ratio,
    and a search in several dimensions that ends on the boundary is repeated from smaller starts.
    """
    q = sums.zz.shape[1]
    if len(sums.sizes) < 2 or sums.n <= len(sums.start) + 1:
        raise ModelError("too few groups or rows for a mixed model", found=f"{len(sums.sizes)} groups, {sums.n} rows")
    columns, rows = np.triu_indices(q)
    diagonal = rows == columns

    def both(theta: np.ndarray) -> tuple[float, np.ndarray]:
        """Criterion and slope."""
        at = evaluate(sums, factor_of(theta, q))
        return criterion(sums, at, reml), gradient(sums, at, reml)

    theta = _search_ratio(sums, reml) if q == 1 else _search_factor(both, theta_of(np.eye(q)), diagonal)
    return _finish(sums, _polish(both, theta, diagonal), reml)


def _search_ratio(sums: GroupSums, reml: bool) -> np.ndarray:
    def both(ratio: np.ndarray) -> tuple[float, np.ndarray]:
        """Criterion and slope."""
        at = evaluate(sums, np.sqrt(ratio)[:, None])
        return criterion(sums, at, reml), slope_in_covariance(sums, at, reml)[0]

    found = minimize(both, np.ones(1), jac=True, bounds=[(0.0, None)], method="L-BFGS-B", options=_TIGHT)
    return np.sqrt(found.x)


def _search_factor(both: Criterion, start: np.ndarray, diagonal: np.ndarray) -> np.ndarray:
    bounds = [(0.0, None) if d else (None, None) for d in diagonal]
    best, lowest = start, np.inf
    for size in (1.0, 0.3, 0.1, 0.03):
        found = minimize(both, size * start, jac=True, bounds=bounds, method="L-BFGS-B", options=_TIGHT)
        if found.fun < lowest - 1e-9:
            best, lowest = found.x, found.fun
        if (best[diagonal] > SINGULAR).all():
            break
    return best


def _polish(both: Criterion, theta: np.ndarray, diagonal: np.ndarray) -> np.ndarray:
    free = ~(diagonal & (theta < SINGULAR))
    for _ in range(4):
        value, slope = both(theta)
        if not free.any() or np.max(np.abs(slope[free])) < 1e-9:
            break
        steps = 1e-5 * np.maximum(1.0, np.abs(theta))
        hessian = np.empty((len(theta), len(theta)))
        for k in range(len(theta)):
            move = np.zeros_like(theta)
            move[k] = steps[k]
            up, down = both(theta + move)[1], both(theta - move)[1]
            hessian[:, k] = (up - down) / (2.0 * steps[k])
        part = hessian[np.ix_(free, free)]
        if np.linalg.eigvalsh((part + part.T) / 2.0)[0] <= 0:
            break
        better = theta.copy()
        better[free] -= np.linalg.solve(part, slope[free])
        if (better[diagonal] < 0).any() or both(better)[0] > value + 1e-8:
            break
        theta = better
    return theta


def _finish(sums: GroupSums, theta: np.ndarray, reml: bool) -> MixedFit:
    q = sums.zz.shape[1]
    at = evaluate(sums, factor_of(theta, q))
    df = sums.n - len(sums.start) if reml else sums.n
    sigma2 = at.rss / df
    factor = at.factor / sums.scale[:, None]
    residual = sums.ze - sums.zx @ at.gamma
    spread = sigma2 * np.einsum("mii->mi", at.shrink)
    return MixedFit(
        coefficients=sums.start + sums.back @ at.gamma,
        vcov=sigma2 * sums.back @ np.linalg.inv(at.information) @ sums.back.T,
        theta=theta_of(factor),
        covariance=sigma2 * factor @ factor.T,
        sigma=float(np.sqrt(sigma2)),
        criterion=criterion(sums, at, reml),
        effects=np.einsum("mij,mj->mi", at.shrink, residual) / sums.scale,
        effects_se=np.sqrt(spread) / sums.scale,
        reml=reml,
        singular=bool((np.diag(at.factor) < SINGULAR).any()),
        sums=sums,
        at=at,
    )
