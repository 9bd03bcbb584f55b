"""Covariances that survive unequal variances and clusters, with the small-sample tests that belong to them.

Everything is written for a weighted least-squares fit. A generalised linear model is one at convergence: see
`generalised_fit`.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.stats import f as f_distribution

from resilience_stats.errors import ModelError, require_choice
from resilience_stats.stats.least_squares import LeastSquares, least_squares

HC_KINDS = ("HC0", "HC1", "HC2", "HC3", "HC4", "HC4m", "HC5")
CR_KINDS = ("CR0", "CR1", "CR1S", "CR1p", "CR2", "CR3")
#: Eigenvalues of a cluster's residual projection below this are taken as 0 (a cluster that fixes a coefficient).
_SINGULAR = 1e-12
#: A correlation matrix of estimates with a smallest eigenvalue below this is called singular.
_RANK = 1e-13


@dataclass(frozen=True, slots=True, kw_only=True)
class ClusterCovariance:
    """A cluster-robust covariance with what its tests need.

    Attributes
    ----------
    vcov : numpy.ndarray, shape (p, p)
    kind : str
    n_clusters : int
    adjusted : numpy.ndarray, shape (p, n)
        Influence of each whitened residual on the coefficients after the small-sample adjustment.
    codes : numpy.ndarray of int, shape (n,)
        Cluster of each row, 0..n_clusters - 1.
    target : numpy.ndarray, shape (n,)
        Working variance of the whitened errors.
    fit : LeastSquares
    """

    vcov: np.ndarray
    kind: str
    n_clusters: int
    adjusted: np.ndarray
    codes: np.ndarray
    target: np.ndarray
    fit: LeastSquares


@dataclass(frozen=True, slots=True, kw_only=True)
class WaldTest:
    """A joint test of several linear combinations being 0.

    Attributes
    ----------
    statistic, df_num, df_den, p_value : float
    delta : float
        The factor between the Wald statistic over its df and `statistic` (1 for the plain F).
    """

    statistic: float
    df_num: float
    df_den: float
    p_value: float
    delta: float = 1.0


def generalised_fit(
    x: np.ndarray,
    y: np.ndarray,
    linear_predictor: np.ndarray,
    mean: np.ndarray,
    slope: np.ndarray,
    variance: np.ndarray,
) -> LeastSquares:
    """Return the least-squares problem that a generalised linear model solves at its maximum.

    Parameters
    ----------
    x : numpy.ndarray, shape (n, p)
    y, linear_predictor, mean : numpy.ndarray, shape (n,)
    slope : numpy.ndarray, shape (n,)
        d mean / d linear predictor.
    variance : numpy.ndarray, shape (n,)
        Variance of `y` that the family states (divided by the prior weight).

    Notes
    -----
    On the scale of the response: columns slope * x, weights 1 / variance, residuals y - mean. `unscaled` is then the
    inverse of the expected information, and ``cluster_covariance(..., target=variance)`` is clubSandwich's.

    Examples
    --------
    >>> y = np.array([0.0, 1.0, 1.0, 1.0])
    >>> p = np.full(4, 0.75)
    >>> fit = generalised_fit(np.ones((4, 1)), y, np.log(p / (1 - p)), p, p * (1 - p), p * (1 - p))
    >>> float(fit.unscaled[0, 0].round(6)) == round(1 / (4 * 0.75 * 0.25), 6)
    True
    """
    return least_squares(x * slope[:, None], slope * linear_predictor + y - mean, weights=1.0 / variance)


def classical_covariance(fit: LeastSquares) -> np.ndarray:
    """Return s^2 (X'WX)^-1, shape (p, p), with s^2 = RSS / (n - p)."""
    return fit.unscaled * (fit.rss / fit.df_residual)


def hc_covariance(fit: LeastSquares, kind: str) -> np.ndarray:
    """Return a heteroscedasticity-consistent covariance, shape (p, p).

    Parameters
    ----------
    fit : LeastSquares
    kind : {"HC0", "HC1", "HC2", "HC3", "HC4", "HC4m", "HC5"}

    Raises
    ------
    ModelError
        For HC2 and above where a row has leverage 1: its own parameter fits it exactly, whatever its value.

    Notes
    -----
    (X'WX)^-1 X'W^(1/2) diag(w e^2 a) W^(1/2)X (X'WX)^-1, where with leverage h and hbar = p / n the factor a is 1;
    n / (n - p); 1 / (1 - h); 1 / (1 - h)^2 (MacKinnon & White 1985, J Econometrics 29:305); (1 - h)^-min(4, h / hbar)
    (Cribari-Neto 2004, Comput Stat Data Anal 45:215); HC4m: (1 - h)^-(min(1, h / hbar) + min(1.5, h / hbar))
    (Cribari-Neto & da Silva 2011, AStA 95:129); HC5: (1 - h)^(-d / 2), d = min(h / hbar, max(4, 0.7 hmax / hbar))
    (Cribari-Neto, Souza & Vasconcellos 2007, Commun Stat Theory Methods 36:1877).
    """
    require_choice(kind, HC_KINDS, "vcov")
    n, p = fit.x.shape
    h = fit.leverage
    free = np.ones(n) if kind in ("HC0", "HC1") else 1.0 - _below_one(h)
    ratio = h * n / p
    power = {
        "HC2": 1.0,
        "HC3": 2.0,
        "HC4": np.minimum(4.0, ratio),
        "HC4m": np.minimum(1.0, ratio) + np.minimum(1.5, ratio),
        "HC5": np.minimum(ratio, max(4.0, 0.7 * float(ratio.max()))) / 2.0,
    }.get(kind, 0.0)
    scale = n / (n - p) if kind == "HC1" else 1.0
    scores = fit.influence * (fit.whitened_residuals * free ** (-np.asarray(power) / 2.0))
    return scale * (scores @ scores.T)


def cluster_covariance(
    fit: LeastSquares,
    clusters: np.ndarray,
    kind: str = "CR2",
    *,
    target: np.ndarray | None = None,
) -> ClusterCovariance:
    """Return a cluster-robust covariance.

    Parameters
    ----------
    fit : LeastSquares
    clusters : numpy.ndarray, shape (n,)
        Any labels.
    kind : {"CR0", "CR1", "CR1S", "CR1p", "CR2", "CR3"}
    target : numpy.ndarray, shape (n,), optional
        Working variance of the errors, up to a factor; 1 by default, also with weights (as clubSandwich does for a
        linear model). For a generalised linear model pass its variances; see `generalised_fit`.

    Notes
    -----
    M (sum_i X_i'W_i A_i e_i e_i'A_i'W_i X_i) M, M = (X'WX)^-1, over the m clusters. CR0: A = I. CR1, CR1S, CR1p: CR0
    times m / (m - 1), m (n - 1) / ((m - 1)(n - p)), m / (m - p). CR2 (Bell & McCaffrey 2002, Surv Methodol 28:169;
    Pustejovsky & Tipton 2018, J Bus Econ Stat 36:672): A_i = D_i' B_i^(-1/2) D_i with D'D the target and B_i = D_i
    [(I - H) target (I - H)']_ii D_i', so that it is unbiased if the target is true. CR3: A_i = (I - H_ii)^-1.

    Examples
    --------
    >>> from resilience_stats.stats.least_squares import least_squares
    >>> x = np.column_stack([np.ones(6), [1.0, 2, 3, 4, 5, 6]])
    >>> fit = least_squares(x, np.array([1.0, 3, 2, 5, 4, 6]))
    >>> cluster_covariance(fit, np.array(list("aabbcc")), "CR2").n_clusters
    3
    """
    require_choice(kind, CR_KINDS, "vcov")
    codes = np.unique(clusters, return_inverse=True)[1]
    m = int(codes.max()) + 1
    n, p = fit.x.shape
    if m < 2:
        raise ModelError("one cluster only", where="argument cluster", found=m, allowed="2 or more")
    if kind == "CR1p" and m <= p:
        raise ModelError("CR1p needs more clusters than parameters", found=f"{m} clusters, {p} parameters")
    variance = fit.weights if target is None else fit.weights * target
    scale = {"CR1": m / (m - 1), "CR1S": m * (n - 1) / ((m - 1) * (n - p)), "CR1p": m / max(m - p, 1)}.get(kind, 1.0)
    adjusted = np.sqrt(scale) * _adjust(fit, codes, kind, variance)
    scores = _sum_by(codes, m, (adjusted * fit.whitened_residuals).T)
    return ClusterCovariance(
        vcov=scores.T @ scores, kind=kind, n_clusters=m, adjusted=adjusted, codes=codes, target=variance, fit=fit
    )


def satterthwaite_df(covariance: ClusterCovariance, contrasts: np.ndarray | None = None) -> np.ndarray:
    """Return the degrees of freedom of the t test of each contrast.

    Parameters
    ----------
    covariance : ClusterCovariance
    contrasts : numpy.ndarray, shape (q, p), optional
        The identity by default: one test per coefficient.

    Notes
    -----
    2 E(V)^2 / Var(V) of the contrast's variance estimate under the working model: (sum_i P_ii)^2 / sum_ij P_ij^2, P the
    covariance of the clusters' contributions (Bell & McCaffrey 2002; Pustejovsky & Tipton 2018, equation 11).
    """
    rows = np.eye(covariance.fit.x.shape[1]) if contrasts is None else np.atleast_2d(contrasts)
    out = np.empty(len(rows))
    for k, row in enumerate(rows):
        parts = _contributions(covariance, row[None, :])
        # Var = 2 sum P_ij^2; for one contrast both sums of `_spread` are that of P_ij^2
        out[k] = 2.0 * float(parts.expected()[0, 0]) ** 2 / parts.spread()
    return out


def htz_test(covariance: ClusterCovariance, contrasts: np.ndarray) -> WaldTest:
    """Return the approximate Hotelling T-squared test that all contrasts are 0.

    Parameters
    ----------
    covariance : ClusterCovariance
    contrasts : numpy.ndarray, shape (q, p)

    Notes
    -----
    Pustejovsky & Tipton (2018), section 3.2: with D the contrasts' covariance standardised by its working expectation,
    eta = q (q + 1) / sum of Var(D_st); F = (eta - q + 1) / (eta q) times the Wald statistic on q and eta - q + 1 df.
    Without a p value where the clusters are too few for so many contrasts: a singular covariance, or eta <= q - 1.
    """
    rows = np.atleast_2d(contrasts)
    q = len(rows)
    values, vectors = np.linalg.eigh(_contributions(covariance, rows).expected())
    b = rows @ covariance.fit.coefficients
    wald = _quadratic(b, rows @ covariance.vcov @ rows.T)
    if values[0] <= _RANK * values[-1] or np.isnan(wald):
        return _no_test(q)
    half = (vectors / np.sqrt(values)) @ vectors.T
    eta = q * (q + 1) / _contributions(covariance, half @ rows).spread()
    df = max(0.0, eta - q + 1)
    delta = df / eta
    value = delta * wald / q
    p_value = float(f_distribution.sf(value, q, df)) if df > 0 else float("nan")
    return WaldTest(statistic=value, df_num=float(q), df_den=df, p_value=p_value, delta=delta)


def wald_test(coefficients: np.ndarray, vcov: np.ndarray, contrasts: np.ndarray, df_den: float) -> WaldTest:
    """Return the F form of the Wald test that all contrasts are 0: b'C'(C V C')^-1 C b / q on q and `df_den` df."""
    rows = np.atleast_2d(contrasts)
    b = rows @ coefficients
    value = _quadratic(b, rows @ vcov @ rows.T) / len(rows)
    if np.isnan(value):
        return _no_test(len(rows))
    p_value = float(f_distribution.sf(value, len(rows), df_den))
    return WaldTest(statistic=value, df_num=float(len(rows)), df_den=df_den, p_value=p_value)


def _quadratic(b: np.ndarray, vcov: np.ndarray) -> float:
    # b' V^-1 b, missing where V is singular: fewer clusters than contrasts
    scale = np.sqrt(np.diag(vcov))
    if not (scale > 0).all() or np.linalg.eigvalsh(vcov / np.outer(scale, scale))[0] <= _RANK:
        return float("nan")
    return float(b @ np.linalg.solve(vcov, b))


def _no_test(q: int) -> WaldTest:
    missing = float("nan")
    return WaldTest(statistic=missing, df_num=float(q), df_den=missing, p_value=missing, delta=missing)


def _below_one(h: np.ndarray) -> np.ndarray:
    full = np.flatnonzero(h > 1.0 - 1e-10)
    if full.size:
        raise ModelError(
            "a row has leverage 1, so its residual says nothing of its variance",
            found=f"{full.size} such rows, the first is row {int(full[0]) + 1} of those used",
            action="Merge the level of the factor that holds this row alone, or use vcov='HC1'.",
        )
    return h


def _sum_by(codes: np.ndarray, m: int, values: np.ndarray) -> np.ndarray:
    order = np.argsort(codes, kind="stable")
    starts = np.searchsorted(codes[order], np.arange(m))
    return np.add.reduceat(values[order], starts, axis=0)


def _adjust(fit: LeastSquares, codes: np.ndarray, kind: str, variance: np.ndarray) -> np.ndarray:
    if kind not in ("CR2", "CR3"):
        return fit.influence
    plain = kind == "CR3" or bool(np.all(fit.weights == 1.0) and np.all(variance == 1.0))
    spread = fit.q.T @ (fit.q * variance[:, None])
    out = np.empty_like(fit.influence)
    order = np.argsort(codes, kind="stable")
    for rows in np.split(order, np.flatnonzero(np.diff(codes[order])) + 1):
        block = fit.influence[:, rows]
        if plain:
            out[:, rows] = _adjust_plain(block, fit.q[rows], -0.5 if kind == "CR2" else -1.0)
        else:
            out[:, rows] = _adjust_weighted(block, fit.q[rows], fit.weights[rows], variance[rows], spread)
    return out


def _adjust_plain(block: np.ndarray, q: np.ndarray, power: float) -> np.ndarray:
    # (I - QQ')^power through the thin singular vectors of Q: cheap however large the cluster
    u, s, _ = np.linalg.svd(q, full_matrices=False)
    free = 1.0 - s**2
    usable = free > _SINGULAR
    factor = np.where(usable, np.where(usable, free, 1.0) ** power, 0.0)
    return block + ((block @ u) * (factor - 1.0)) @ u.T


def _adjust_weighted(
    block: np.ndarray, q: np.ndarray, weights: np.ndarray, variance: np.ndarray, spread: np.ndarray
) -> np.ndarray:
    # In whitened space the target is diag(variance); D is the root of the target itself, variance / weights.
    hat = q @ q.T
    residual = np.diag(variance) - hat * variance - variance[:, None] * hat + q @ spread @ q.T
    root = np.sqrt(variance / weights) / np.sqrt(weights)
    values, vectors = np.linalg.eigh(root[:, None] * residual * root)
    usable = values > _SINGULAR
    inverse = (vectors[:, usable] / np.sqrt(values[usable])) @ vectors[:, usable].T
    d = np.sqrt(variance / weights)
    adjustment = d[:, None] * inverse * d
    # influence acts on whitened residuals: W^(1/2) A W^(-1/2)
    return block @ (np.sqrt(weights)[:, None] * adjustment / np.sqrt(weights))


@dataclass(frozen=True, slots=True)
class _Contributions:
    """Covariance of the clusters' contributions to q contrasts: P_ij = [i = j] own_i + W_i' K W_j.

    Kept in this form, since m x m x q x q numbers would not fit in memory for a thousand networks.
    """

    own: np.ndarray  # (m, q, q)
    wide: np.ndarray  # (m, r, q)
    kernel: np.ndarray  # (r, r)

    def expected(self) -> np.ndarray:
        """Return sum_i P_ii, shape (q, q)."""
        return self.own.sum(axis=0) + np.einsum("mrq,rs,mst->qt", self.wide, self.kernel, self.wide, optimize=True)

    def spread(self) -> float:
        """Return sum_ij tr(P_ij)^2 + tr(P_ij P_ij), the summed variance of the entries of the contrasts' covariance."""
        m, r, q = self.wide.shape
        flat = self.wide.reshape(m, r * q)
        gram = (flat.T @ flat).reshape(r, q, r, q)
        left = np.tensordot(self.kernel, gram, axes=(1, 0))
        # sum_ij of tr(B_ij)^2 and of tr(B_ij B_ij), B_ij = W_i' K W_j
        total = float(np.einsum("asbt,btas->", left, left, optimize=True))
        right = np.tensordot(gram, self.kernel, axes=(2, 1))
        total += float(np.einsum("lskt,ltsk->", left, right, optimize=True))
        outer = np.swapaxes(self.wide, 1, 2) @ (self.kernel @ self.wide)
        for part, sign in ((self.own + outer, 1.0), (outer, -1.0)):
            total += sign * float(np.sum(np.einsum("mss->m", part) ** 2) + np.einsum("mst,mts->", part, part))
        return total


def _contributions(covariance: ClusterCovariance, contrasts: np.ndarray) -> _Contributions:
    fit, codes, m = covariance.fit, covariance.codes, covariance.n_clusters
    a = (contrasts @ covariance.adjusted).T
    weighted = a * covariance.target[:, None]
    own = _sum_by(codes, m, a[:, :, None] * weighted[:, None, :])
    u = _sum_by(codes, m, fit.q[:, :, None] * a[:, None, :])
    k = fit.q.shape[1]
    if np.all(covariance.target == 1.0):
        return _Contributions(own, u, -np.eye(k))
    v = _sum_by(codes, m, fit.q[:, :, None] * weighted[:, None, :])
    spread = fit.q.T @ (fit.q * covariance.target[:, None])
    kernel = np.block([[spread, -np.eye(k)], [-np.eye(k), np.zeros((k, k))]])
    return _Contributions(own, np.concatenate([u, v], axis=1), kernel)


@dataclass(frozen=True, slots=True, kw_only=True)
class Covariance:
    """A covariance of any kind, ready for tests.

    Attributes
    ----------
    vcov : numpy.ndarray, shape (p, p)
    df : numpy.ndarray, shape (p,)
        Degrees of freedom of each coefficient's t test.
    df_joint : float
        Denominator degrees of freedom of joint F tests (not used where `cluster` is of kind CR2).
    n_clusters : int or None
    cluster : ClusterCovariance or None
    """

    vcov: np.ndarray
    df: np.ndarray
    df_joint: float
    n_clusters: int | None = None
    cluster: ClusterCovariance | None = None

    def joint(self, fit: LeastSquares, contrasts: np.ndarray) -> WaldTest:
        """Test that all contrasts are 0, by the test that belongs to this kind of covariance."""
        if self.cluster is not None and self.cluster.kind == "CR2":
            return htz_test(self.cluster, contrasts)
        return wald_test(fit.coefficients, self.vcov, contrasts, self.df_joint)


def robust_covariance(fit: LeastSquares, kind: str, clusters: np.ndarray | None = None) -> Covariance:
    """Return the covariance of any kind with the degrees of freedom that go with it.

    Parameters
    ----------
    fit : LeastSquares
    kind : str
        "classical", or one of `HC_KINDS` or `CR_KINDS`.
    clusters : numpy.ndarray, shape (n,), optional
        Needed for the CR kinds.

    Notes
    -----
    n - p degrees of freedom for classical and HC, Satterthwaite's for CR2, clusters less one for the other CR kinds.
    """
    require_choice(kind, ("classical", *HC_KINDS, *CR_KINDS), "vcov")
    p = fit.x.shape[1]
    if kind in CR_KINDS:
        if clusters is None:
            raise ModelError(f"{kind} needs clusters", where="argument cluster", action="Name the column of clusters.")
        found = cluster_covariance(fit, clusters, kind)
        m = found.n_clusters
        df = satterthwaite_df(found) if kind == "CR2" else np.full(p, m - 1.0)
        return Covariance(vcov=found.vcov, df=df, df_joint=m - 1.0, n_clusters=m, cluster=found)
    vcov = classical_covariance(fit) if kind == "classical" else hc_covariance(fit, kind)
    return Covariance(vcov=vcov, df=np.full(p, float(fit.df_residual)), df_joint=float(fit.df_residual))
