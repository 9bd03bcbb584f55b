"""Factor models of ordinal items: thresholds and polychoric correlations, fitted by diagonally weighted least squares.

References
----------
Muthén (1984) Psychometrika 49; Muthén, du Toit & Spisic (1997) (robust weighted least squares); Asparouhov & Muthén
(2010) (scaled and shifted test); Savalei (2021) Multivariate Behavioral Research 56 (robust fit indices).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy import linalg
from scipy.special import ndtr

from resilience_stats.stats.bivariate_normal import bivariate_normal_density
from resilience_stats.stats.cfa_ml import Solution
from resilience_stats.stats.cfa_structure import Structure, curvature, implied_ordinal, jacobian_ordinal, start_values
from resilience_stats.stats.polychoric import Polychoric, cell_probabilities, polychoric

SQRT_2PI = float(np.sqrt(2.0 * np.pi))


@dataclass(frozen=True, slots=True, kw_only=True)
class OrdinalMoments:
    """First stage of one group.

    Attributes
    ----------
    n : int
    thresholds : tuple of numpy.ndarray
        By item.
    correlations : numpy.ndarray, shape (p, p)
    gamma : numpy.ndarray, shape (d, d)
        n times the covariance matrix of thresholds, then correlations of the pairs (first item of the pair slowest).
    codes : numpy.ndarray of int, shape (n, p)
    empty_cells : int
        Empty cells in all two-way tables.
    """

    n: int
    thresholds: tuple[np.ndarray, ...]
    correlations: np.ndarray
    gamma: np.ndarray
    codes: np.ndarray
    empty_cells: int

    @property
    def vector(self) -> np.ndarray:
        """Thresholds, then correlations."""
        first, second = np.triu_indices(len(self.correlations), 1)
        return np.concatenate([*self.thresholds, self.correlations[first, second]])


def ordinal_moments(x: np.ndarray) -> OrdinalMoments:
    """Return thresholds, polychoric correlations and their joint asymptotic covariance matrix, complete rows.

    Estimates solve ``sum_n s_n = 0`` with the univariate scores for thresholds and the bivariate score in rho for each
    pair. With ``A11`` the outer product of an item's own threshold scores, ``A21`` of a pair's rho score with its
    threshold scores and ``A22`` of its rho score with itself, respondent n contributes ``A11^-1 s1`` to the thresholds
    and ``A22^-1 (s2 - A21 A11^-1 s1)`` to the correlations; gamma is n times the sum of the outer products (Muthén
    1984).

    Examples
    --------
    >>> rng = np.random.default_rng(1)
    >>> x = np.digitize(rng.normal(size=(300, 1)) + rng.normal(size=(300, 4)), [-1, 1]).astype(float)
    >>> ordinal_moments(x).gamma.shape
    (14, 14)
    """
    first = polychoric(x, zero_cells="half")
    n, p = x.shape
    scores, inverses = zip(*[_threshold_scores(first, i) for i in range(p)], strict=True)
    thresholds = np.hstack([s @ a for s, a in zip(scores, inverses, strict=True)])
    rho_score, slopes_a, slopes_b = _pair_scores(first)
    weights = first.tables * rho_score
    information = (weights * rho_score).sum(axis=(1, 2))
    cross = _cross_products(first, weights, slopes_a, slopes_b)
    i, j = first.pairs[:, 0], first.pairs[:, 1]
    rho = rho_score[np.arange(len(i))[None, :], first.codes[:, i], first.codes[:, j]]
    rho = (rho - thresholds @ cross.T) / information
    influence = np.hstack([thresholds, rho])
    return OrdinalMoments(
        n=n,
        thresholds=first.thresholds,
        correlations=first.matrix,
        gamma=n * (influence.T @ influence),
        codes=first.codes,
        empty_cells=int(first.empty_cells.sum()),
    )


def fit_dwls(
    structure: Structure, moments: Sequence[OrdinalMoments], *, tolerance: float = 1e-12, max_iterations: int = 500
) -> Solution:
    """Return the parameters that minimise ``1/2 sum_g (n_g - 1) / n r' W r``, W the inverse diagonal of gamma.

    Levenberg-Marquardt from the structure's starting values; r are the residuals of thresholds and correlations.

    Examples
    --------
    >>> from resilience_stats.stats.cfa_specify import Specification, specify
    >>> rng = np.random.default_rng(1)
    >>> x = np.digitize(rng.normal(size=(300, 1)) + rng.normal(size=(300, 4)), [-1, 1]).astype(float)
    >>> first = ordinal_moments(x)
    >>> wanted = Specification(factors=[[0, 1, 2, 3]], n_items=4, means=True)
    >>> model = specify(wanted, [np.zeros(4)], [first.correlations], [first.thresholds])
    >>> fit_dwls(model, [first]).converged
    True
    """
    theta = start_values(structure)
    weight = discrepancy_weights(moments)
    target = np.concatenate([m.vector for m in moments])
    gap = target - np.concatenate(implied_ordinal(structure, theta))
    value, damping, size = 0.5 * float(weight @ gap**2), 1e-3, np.inf
    for iteration in range(max_iterations):
        slope = np.vstack(jacobian_ordinal(structure, theta))
        gradient = slope.T @ (weight * gap)
        size = float(np.abs(gradient).max(initial=0.0))
        if size < tolerance:
            return Solution(theta=theta, converged=True, iterations=iteration, gradient=size)
        curve = slope.T @ (weight[:, None] * slope)
        if size < 1e-3:
            curve = _with_curvature(structure, theta, weight * gap, curve)
        for _ in range(30):
            step = _damped_step(curve, gradient, damping)
            trial = target - np.concatenate(implied_ordinal(structure, theta + step))
            new = 0.5 * float(weight @ trial**2)
            if new <= value * (1.0 + 1e-13):
                theta, gap, value, damping = theta + step, trial, new, damping * 0.05
                break
            damping = max(damping * 10.0, 1e-8)
        else:
            break
    return Solution(theta=theta, converged=size < 1e-7, iterations=max_iterations, gradient=size)


def discrepancy_weights(moments: Sequence[OrdinalMoments]) -> np.ndarray:
    """Return ``(n_g - 1) / n`` over the diagonal of gamma, all groups in a row.

    Examples
    --------
    >>> rng = np.random.default_rng(1)
    >>> x = np.digitize(rng.normal(size=(300, 1)) + rng.normal(size=(300, 4)), [-1, 1]).astype(float)
    >>> first = ordinal_moments(x)
    >>> np.allclose(discrepancy_weights([first]) * np.diag(first.gamma), 299 / 300)
    True
    """
    n = sum(m.n for m in moments)
    return np.concatenate([(m.n - 1.0) / n / np.diag(m.gamma) for m in moments])


def catml_pieces(
    structure: Structure, theta: np.ndarray, moments: Sequence[OrdinalMoments], bread: np.ndarray, df: int
) -> tuple[float, float, float, float] | None:
    """Return what the robust indices of ordinal models need; None where a correlation matrix is not positive definite.

    The estimates are judged by the normal-theory discrepancy of the polychoric correlations, whose mean under the model
    is ``tr(M' V M Gamma)``, ``M = I - D E^-1 D' W``, V the normal weight of correlations at the model (Savalei 2021).

    Returns
    -------
    tuple of (statistic, scaling, null statistic, null scaling)
    """
    n = np.array([m.n for m in moments], dtype=float)
    share = n / n.sum()
    statistic, null = 0.0, 0.0
    normal, dwls, gamma, slopes = [], [], [], []
    for f, m, sigma, slope in zip(
        share, moments, _implied_correlations(structure, theta), jacobian_ordinal(structure, theta), strict=True
    ):
        sample_sign, sample_log = np.linalg.slogdet(m.correlations)
        model_sign, model_log = np.linalg.slogdet(sigma)
        if np.linalg.eigvalsh(m.correlations)[0] < np.finfo(float).eps ** 0.5 or model_sign <= 0 or sample_sign <= 0:
            return None
        t = len(structure.threshold_item)
        inverse = np.linalg.inv(sigma)
        statistic += m.n * (model_log - sample_log + float((inverse * m.correlations).sum()) - len(sigma))
        null -= m.n * sample_log
        normal.append(f * _correlation_weight(inverse))
        dwls.append(f / np.diag(m.gamma)[t:])
        gamma.append(m.gamma[t:, t:] / f)
        slopes.append(slope[t:])
    big_gamma, slope, weight = linalg.block_diag(*gamma), np.vstack(slopes), np.concatenate(dwls)
    left = np.eye(len(weight)) - slope @ bread @ (slope.T * weight)
    trace = float(((left.T @ linalg.block_diag(*normal) @ left) * big_gamma).sum())
    null_df = len(weight)
    return statistic, trace / df if df else np.nan, null, float(np.trace(big_gamma)) / null_df


def ordinal_residuals(structure: Structure, theta: np.ndarray, moments: Sequence[OrdinalMoments]) -> dict[str, float]:
    """Return root mean square residuals and the GFI of an ordinal model.

    ``srmr`` over correlations and the (zero) variances; ``rmr`` and ``srmr_bentler`` over thresholds too.

    Examples
    --------
    >>> from resilience_stats.stats.cfa_specify import Specification, specify
    >>> rng = np.random.default_rng(1)
    >>> x = np.digitize(rng.normal(size=(300, 1)) + rng.normal(size=(300, 4)), [-1, 1]).astype(float)
    >>> first = ordinal_moments(x)
    >>> wanted = Specification(factors=[[0, 1, 2, 3]], n_items=4, means=True)
    >>> model = specify(wanted, [np.zeros(4)], [first.correlations], [first.thresholds])
    >>> bool(ordinal_residuals(model, fit_dwls(model, [first]).theta, [first])["srmr"] < 0.05)
    True
    """
    n = np.array([m.n for m in moments], dtype=float)
    p, t = structure.n_items, len(structure.threshold_item)
    out = {"srmr": 0.0, "srmr_bentler": 0.0, "rmr": 0.0, "gfi": 0.0}
    for f, m, model in zip(n / n.sum(), moments, implied_ordinal(structure, theta), strict=True):
        gap, weight = m.vector - model, 1.0 / np.diag(m.gamma)
        total = float(np.sqrt((gap**2).sum() / (len(gap) + p)))
        out["srmr"] += f * float(np.sqrt((gap[t:] ** 2).sum() / (p * (p + 1) / 2)))
        out["srmr_bentler"] += f * total
        out["rmr"] += f * total
        out["gfi"] += f * float(1.0 - weight @ gap**2 / (weight @ m.vector**2))
    return out


def independence_ordinal(structure: Structure) -> Structure:
    """Return the baseline of an ordinal model: free thresholds, no correlation.

    Examples
    --------
    >>> from resilience_stats.stats.cfa_specify import Specification, specify
    >>> rng = np.random.default_rng(1)
    >>> x = np.digitize(rng.normal(size=(300, 1)) + rng.normal(size=(300, 4)), [-1, 1]).astype(float)
    >>> first = ordinal_moments(x)
    >>> wanted = Specification(factors=[[0, 1, 2, 3]], n_items=4, means=True)
    >>> model = specify(wanted, [np.zeros(4)], [first.correlations], [first.thresholds])
    >>> independence_ordinal(model).n_free
    8
    """
    t, groups = len(structure.threshold_item), structure.n_groups
    return Structure(
        n_items=structure.n_items,
        n_factors=0,
        n_groups=groups,
        group=np.repeat(np.arange(groups), t),
        matrix=("tau",) * (t * groups),
        row=np.tile(structure.threshold_item, groups),
        column=np.tile(np.arange(t), groups),
        free=np.arange(t * groups),
        value=np.zeros(t * groups),
        means=False,
        threshold_item=structure.threshold_item,
    )


def _damped_step(curve: np.ndarray, gradient: np.ndarray, damping: float) -> np.ndarray:
    damped = curve + damping * np.diag(np.maximum(np.diag(curve), 1e-12))
    try:
        return linalg.cho_solve(linalg.cho_factor(damped), gradient)
    except linalg.LinAlgError:
        return np.linalg.lstsq(damped, gradient, rcond=None)[0]


def _with_curvature(structure: Structure, theta: np.ndarray, pull: np.ndarray, curve: np.ndarray) -> np.ndarray:
    """Return the full Hessian where scales and latent means are fixed and it is positive definite, else `curve`.

    The Hessian adds ``- sum_k w_k r_k d2 rho_k``; see `cfa_structure.curvature`.
    """
    moving = {structure.matrix[k] for k in np.flatnonzero(structure.free >= 0)}
    if moving & {"alpha", "delta", "nu"}:
        return curve
    p, t = structure.n_items, len(structure.threshold_item)
    first, second = np.triu_indices(p, 1)
    by_cov = []
    for g in range(structure.n_groups):
        own = np.zeros((p, p))
        start = g * (t + len(first)) + t
        own[first, second] = own[second, first] = -0.5 * pull[start : start + len(first)]
        by_cov.append(own)
    full = curve + curvature(structure, theta, [np.zeros(p)] * structure.n_groups, by_cov)
    return full if np.linalg.eigvalsh(full)[0] > 0 else curve


def _threshold_scores(first: Polychoric, item: int) -> tuple[np.ndarray, np.ndarray]:
    """Each respondent's score in the item's thresholds, and the inverse of its sum of outer products."""
    tau = first.thresholds[item]
    density = np.exp(-0.5 * tau**2) / SQRT_2PI
    share = np.diff(np.concatenate([[0.0], ndtr(tau), [1.0]]))
    table = np.zeros((len(tau) + 1, len(tau)))
    at = np.arange(len(tau))
    table[at, at] = density / share[:-1]
    table[at + 1, at] = -density / share[1:]
    counts = np.bincount(first.codes[:, item], minlength=len(table))
    return table[first.codes[:, item]], np.linalg.inv(table.T @ (counts[:, None] * table))


def _pair_scores(first: Polychoric) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Derivatives of every cell's log probability: in rho (q, c, c), and what each threshold moves (q, c - 1, c)."""
    a, b = first.grid
    rho = first.rho[:, None, None]
    probability = np.maximum(cell_probabilities(a, b, first.rho), 1e-300)
    density = np.pad(bivariate_normal_density(a[:, :, None], b[:, None, :], rho), ((0, 0), (1, 1), (1, 1)))
    cell = density[:, 1:, 1:] - density[:, :-1, 1:] - density[:, 1:, :-1] + density[:, :-1, :-1]
    # Cells without an answer carry no weight; there a ratio of two vanishing numbers must not overflow.
    seen = first.tables > 0
    inverse = np.where(seen, 1.0 / np.where(seen, probability, 1.0), 0.0)
    return cell * inverse, _strip(a, b, first.rho), _strip(b, a, first.rho)


def _strip(a: np.ndarray, b: np.ndarray, rho: np.ndarray) -> np.ndarray:
    """What moves across threshold u, by cell v: ``phi(a_u) [Phi((b_v - rho a_u)/s) - Phi((b_{v-1} - rho a_u)/s)]``."""
    spread = np.sqrt(1.0 - rho**2)[:, None, None]
    inner = ndtr((b[:, None, :] - rho[:, None, None] * a[:, :, None]) / spread)
    ends = np.pad(inner, ((0, 0), (0, 0), (1, 0)))
    upper = np.pad(inner, ((0, 0), (0, 0), (0, 1)), constant_values=1.0)
    return np.exp(-0.5 * a**2)[:, :, None] / SQRT_2PI * (upper - ends)


def _cross_products(first: Polychoric, weights: np.ndarray, slopes_a: np.ndarray, slopes_b: np.ndarray) -> np.ndarray:
    """``A21``: sum over respondents of a pair's rho score times its threshold scores, shape (q, t)."""
    a, b = first.grid
    probability = np.maximum(cell_probabilities(a, b, first.rho), 1e-300)
    ratio = np.where(weights != 0, weights / probability, 0.0)
    by_a = np.einsum("quv,quv->qu", ratio[:, :-1] - ratio[:, 1:], slopes_a)
    turned = ratio.transpose(0, 2, 1)
    by_b = np.einsum("quv,quv->qu", turned[:, :-1] - turned[:, 1:], slopes_b)
    sizes = [len(t) for t in first.thresholds]
    start = np.concatenate([[0], np.cumsum(sizes)])
    out = np.zeros((len(first.pairs), start[-1]))
    for item, size in enumerate(sizes):
        place = slice(start[item], start[item] + size)
        one, other = first.pairs[:, 0] == item, first.pairs[:, 1] == item
        out[one, place] = by_a[one, :size]
        out[other, place] = by_b[other, :size]
    return out


def _implied_correlations(structure: Structure, theta: np.ndarray) -> list[np.ndarray]:
    p, t = structure.n_items, len(structure.threshold_item)
    first, second = np.triu_indices(p, 1)
    out = []
    for vector in implied_ordinal(structure, theta):
        matrix = np.eye(p)
        matrix[first, second] = matrix[second, first] = vector[t:]
        out.append(matrix)
    return out


def _correlation_weight(inverse: np.ndarray) -> np.ndarray:
    """Normal-theory weight of correlations, ``1/2 D' (R^-1 (x) R^-1) D`` off the diagonal."""
    i, j = np.triu_indices(len(inverse), 1)
    return inverse[np.ix_(i, i)] * inverse[np.ix_(j, j)] + inverse[np.ix_(i, j)] * inverse[np.ix_(j, i)]
