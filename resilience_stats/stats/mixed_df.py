"""Small-sample degrees of freedom of a linear mixed model: Satterthwaite, and Kenward and Roger."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.stats import f as f_distribution

from resilience_stats.stats.mixed import MixedFit, evaluate, factor_of, slope_in_covariance, theta_of
from resilience_stats.stats.sandwich import WaldTest


@dataclass(frozen=True, slots=True, kw_only=True)
class Satterthwaite:
    """Covariance of the variance parameters, and how the coefficients' covariance depends on them.

    Attributes
    ----------
    vcov : numpy.ndarray, shape (p, p)
    slopes : numpy.ndarray, shape (k, p, p)
        Derivative of `vcov` with respect to each variance parameter.
    spread : numpy.ndarray, shape (k, k)
        Covariance of the variance parameters.
    """

    vcov: np.ndarray
    slopes: np.ndarray
    spread: np.ndarray


@dataclass(frozen=True, slots=True, kw_only=True)
class KenwardRoger:
    """The adjusted covariance and the pieces of its degrees of freedom.

    Attributes
    ----------
    vcov : numpy.ndarray, shape (p, p)
        Adjusted.
    unadjusted : numpy.ndarray, shape (p, p)
    weights : numpy.ndarray, shape (k, k)
        Covariance of the (co)variance components.
    first : numpy.ndarray, shape (k, p, p)
        -X'V^-1 (dV / dcomponent) V^-1 X.
    """

    vcov: np.ndarray
    unadjusted: np.ndarray
    weights: np.ndarray
    first: np.ndarray


def satterthwaite(fit: MixedFit) -> Satterthwaite:
    """Return what Satterthwaite's degrees of freedom need.

    Notes
    -----
    The variance parameters are the factor's lower triangle and sigma; their covariance is twice the inverse of the
    Hessian of the criterion, found from central differences of its analytic gradient (Kuznetsova, Brockhoff &
    Christensen 2017, J Stat Softw 82(13)). Directions in which the criterion is flat (a variance of 0) are left out.
    """
    sums, q = fit.sums, len(fit.covariance)
    df = sums.n - len(sums.start) if fit.reml else sums.n

    def slope(parameters: np.ndarray) -> np.ndarray:
        """Gradient of the deviance in theta and sigma."""
        sigma = parameters[-1]
        at = evaluate(sums, factor_of(parameters[:-1], q))
        own = theta_of(2.0 * slope_in_covariance(sums, at, fit.reml, sigma**2) @ at.factor)
        return np.append(own, 2.0 * df / sigma - 2.0 * at.rss / sigma**3)

    here = np.append(theta_of(fit.at.factor), fit.sigma)
    steps = 1e-5 * np.maximum(np.abs(here), 1e-2)
    hessian = np.empty((len(here), len(here)))
    for k, step in enumerate(steps):
        move = np.zeros_like(here)
        move[k] = step
        hessian[:, k] = (slope(here + move) - slope(here - move)) / (2.0 * step)
    values, vectors = np.linalg.eigh((hessian + hessian.T) / 2.0)
    usable = values > 1e-8 * values[-1]
    spread = 2.0 * (vectors[:, usable] / values[usable]) @ vectors[:, usable].T
    return Satterthwaite(vcov=fit.vcov, slopes=_covariance_slopes(fit), spread=spread)


def satterthwaite_mixed_df(parts: Satterthwaite, contrasts: np.ndarray) -> np.ndarray:
    """Return 2 (c'Vc)^2 / Var(c'Vc) for each row c of `contrasts`."""
    variance = np.einsum("ij,jk,ik->i", contrasts, parts.vcov, contrasts)
    slope = np.einsum("ij,kjl,il->ik", contrasts, parts.slopes, contrasts)
    return 2.0 * variance**2 / np.einsum("ik,kl,il->i", slope, parts.spread, slope)


def satterthwaite_f(parts: Satterthwaite, coefficients: np.ndarray, contrasts: np.ndarray) -> WaldTest:
    """Return the F test that all contrasts are 0.

    Notes
    -----
    The contrasts are turned to uncorrelated ones; F is the mean of their squared t, and its denominator df are those of
    an F with the mean of the F(1, df_m) (Fai & Cornelius 1996, J Stat Comput Simul 54:363).
    """
    rows = np.atleast_2d(contrasts)
    values, vectors = np.linalg.eigh(rows @ parts.vcov @ rows.T)
    turned = vectors.T @ rows
    q = len(rows)
    value = float(np.sum((turned @ coefficients) ** 2 / values) / q)
    each = satterthwaite_mixed_df(parts, turned)
    if np.ptp(each) < 1e-8 * each[0]:
        df = float(each.mean())
    elif (each <= 2.0).any():
        df = 2.0
    else:
        mean = float(np.sum(each / (each - 2.0)))
        df = 2.0 * mean / (mean - q)
    return WaldTest(statistic=value, df_num=float(q), df_den=df, p_value=float(f_distribution.sf(value, q, df)))


def kenward_roger(fit: MixedFit) -> KenwardRoger:
    """Return Kenward and Roger's adjusted covariance of the coefficients.

    Notes
    -----
    Kenward & Roger (1997), Biometrics 53:983; Halekoh & Hojsgaard (2014), J Stat Softw 59(9). With V linear in its
    components s_r and P_r = -X'V^-1 V_r V^-1 X, Q_rs = X'V^-1 V_r V^-1 V_s V^-1 X: W is twice the inverse of the
    expected information tr(V^-1 V_r V^-1 V_s) - 2 tr(F Q_rs) + tr(F P_r F P_s), F = (X'V^-1 X)^-1, and the adjusted
    covariance is F + 2 F (sum_rs W_rs (Q_rs - P_r F P_s)) F. All traces are sums over groups of q x q matrices.
    """
    pieces = _Pieces.of(fit)
    k = len(pieces.basis) + 1
    p = len(fit.coefficients)
    phi = fit.sigma**2 * np.linalg.inv(fit.at.information)
    second = np.empty((k, k, p, p))
    trace = np.empty((k, k))
    first = np.empty((k, p, p))
    for r in range(k):
        first[r] = pieces.first(r)
        for s in range(r + 1):
            second[r, s] = pieces.second(r, s)
            second[s, r] = second[r, s].T
            trace[r, s] = trace[s, r] = pieces.trace(r, s)
    fp = phi @ first
    information = trace - 2.0 * np.einsum("ij,rsji->rs", phi, second) + np.einsum("rij,sji->rs", fp, fp)
    weights = 2.0 * np.linalg.inv((information + information.T) / 2.0)
    middle = np.einsum("rs,rsij->ij", weights, second) - np.einsum("rs,rij,jk,skl->il", weights, first, phi, first)
    adjusted = phi + 2.0 * phi @ ((middle + middle.T) / 2.0) @ phi
    back = fit.sums.back
    forward = np.linalg.inv(back)
    return KenwardRoger(
        vcov=back @ adjusted @ back.T,
        unadjusted=fit.vcov,
        weights=weights,
        first=np.einsum("ji,rjk,kl->ril", forward, first, forward),
    )


def kenward_roger_f(parts: KenwardRoger, coefficients: np.ndarray, contrasts: np.ndarray) -> WaldTest:
    """Return the scaled F test that all contrasts are 0.

    Notes
    -----
    Kenward & Roger (1997), section 3: `delta` is the scaling, and for one contrast it is 1.
    """
    rows = np.atleast_2d(contrasts)
    q = len(rows)
    phi = parts.unadjusted
    theta = rows.T @ np.linalg.solve(rows @ phi @ rows.T, rows)
    tp = np.einsum("ij,jk,rkl,lm->rim", theta, phi, parts.first, phi)
    traces = np.einsum("rii->r", tp)
    a1 = float(traces @ parts.weights @ traces)
    a2 = float(np.einsum("rs,rij,sji->", parts.weights, tp, tp))
    b = (a1 + 6.0 * a2) / (2.0 * q)
    g = ((q + 1) * a1 - (q + 4) * a2) / ((q + 2) * a2)
    divisor = 3.0 * q + 2.0 * (1.0 - g)
    c1, c2, c3 = g / divisor, (q - g) / divisor, (q + 2 - g) / divisor
    # V* / (2 E*^2), without the division by 1 - A2 / q, which may be 0
    rho = (1.0 - a2 / q) ** 2 * (1.0 + c1 * b) / (q * (1.0 - c2 * b) ** 2 * (1.0 - c3 * b))
    df = 4.0 + (q + 2) / (q * rho - 1.0)
    delta = df * (1.0 - a2 / q) / (df - 2.0)
    value = rows @ coefficients
    wald = float(value @ np.linalg.solve(rows @ parts.vcov @ rows.T, value)) / q
    statistic = delta * wald
    return WaldTest(
        statistic=statistic, df_num=float(q), df_den=df, p_value=float(f_distribution.sf(statistic, q, df)), delta=delta
    )


@dataclass(frozen=True, slots=True)
class _Pieces:
    """Sums over groups of the products that Kenward and Roger need; the residual component comes last."""

    basis: np.ndarray
    zvz: np.ndarray
    zvvz: np.ndarray
    zvx: np.ndarray
    zvvx: np.ndarray
    xvvx: np.ndarray
    xvvvx: np.ndarray
    vv: float

    @classmethod
    def of(cls, fit: MixedFit) -> _Pieces:
        """The pieces of a fit that all terms share."""
        sums, shrink, s2 = fit.sums, fit.at.shrink, fit.sigma**2
        q = shrink.shape[1]
        keep = np.eye(q) - sums.zz @ shrink  # Z'V^-1 = keep Z' / s2
        zx, zz = sums.zx, sums.zz
        zv_x = keep @ zx
        zv_z = keep @ zz
        # Z'V^-2 X = keep (Z'X - Z'Z S Z'X) / s2^2
        zvv_x, zvv_z = keep @ zv_x, keep @ zv_z
        st = np.swapaxes
        # X'V^-k X by applying (I - Z S Z') k times
        one = sums.xx - st(zx, 1, 2) @ shrink @ zx
        two = one - st(zx, 1, 2) @ shrink @ zv_x
        three = two - st(zx, 1, 2) @ shrink @ zvv_x
        rows, columns = np.tril_indices(q)
        basis = np.zeros((len(rows), q, q))
        basis[np.arange(len(rows)), rows, columns] = 1.0
        basis[np.arange(len(rows)), columns, rows] = 1.0
        plain = np.einsum("mij,mji->m", zz, shrink)
        squared = np.einsum("mij,mjk,mkl,mli->m", zz, shrink, zz, shrink)
        vv = float(np.sum(sums.sizes - 2.0 * plain + squared)) / s2**2
        return cls(
            basis, zv_z / s2, zvv_z / s2**2, zv_x / s2, zvv_x / s2**2, two.sum(0) / s2**2, three.sum(0) / s2**3, vv
        )

    def first(self, r: int) -> np.ndarray:
        """-X'V^-1 (dV/dr) V^-1 X."""
        if r == len(self.basis):
            return -self.xvvx
        return -np.einsum("mip,ij,mjk->pk", self.zvx, self.basis[r], self.zvx)

    def second(self, r: int, s: int) -> np.ndarray:
        """X'V^-1 (dV/dr) V^-1 (dV/ds) V^-1 X."""
        last = len(self.basis)
        if r == last and s == last:
            return self.xvvvx
        if r == last:
            return np.einsum("mip,ij,mjk->pk", self.zvvx, self.basis[s], self.zvx)
        if s == last:
            return np.einsum("mip,ij,mjk->pk", self.zvx, self.basis[r], self.zvvx)
        return np.einsum("mip,ij,mjk,kl,mlt->pt", self.zvx, self.basis[r], self.zvz, self.basis[s], self.zvx)

    def trace(self, r: int, s: int) -> float:
        """tr(V^-1 dV/dr V^-1 dV/ds)."""
        last = len(self.basis)
        if r == last and s == last:
            return self.vv
        if r == last or s == last:
            return float(np.einsum("ij,mji->", self.basis[min(r, s)], self.zvvz))
        return float(np.einsum("ij,mjk,kl,mli->", self.basis[r], self.zvz, self.basis[s], self.zvz))


def _covariance_slopes(fit: MixedFit) -> np.ndarray:
    sums, factor = fit.sums, fit.at.factor
    q = len(factor)
    c = np.linalg.inv(fit.at.information)
    w = (np.eye(q) - sums.zz @ fit.at.shrink) @ sums.zx
    columns, rows = np.triu_indices(q)
    out = np.empty((len(rows) + 1, *fit.vcov.shape))
    for k, (i, j) in enumerate(zip(rows, columns, strict=True)):
        move = np.zeros((q, q))
        move[i, j] = 1.0
        change = move @ factor.T + factor @ move.T
        inner = c @ np.einsum("mip,ij,mjr->pr", w, change, w) @ c
        out[k] = fit.sigma**2 * sums.back @ inner @ sums.back.T
    out[-1] = 2.0 * fit.vcov / fit.sigma
    return out
