"""Shrinkage of many units' values towards what they have in common."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import optimize, special, stats

from resilience_stats.errors import ModelError


@dataclass(frozen=True, slots=True, kw_only=True)
class NormalShrinkage:
    """The normal-normal model fitted to k units.

    Attributes
    ----------
    tau2 : float
        Variance of the true values between units.
    mean, mean_std_error : float
    q, df, i2, h2 : float
        Cochran's Q with its degrees of freedom; share (per cent) and ratio of variation beyond chance.
    weight : ndarray, shape (k,)
        Share of each unit's own value in its shrunken value (its reliability).
    shrunken, std_error : ndarray, shape (k,)
        The standard error includes that of the mean.
    """

    tau2: float
    mean: float
    mean_std_error: float
    q: float
    df: int
    i2: float
    h2: float
    weight: np.ndarray
    shrunken: np.ndarray
    std_error: np.ndarray


def shrink_normal(y: np.ndarray, v: np.ndarray, method: str = "reml") -> NormalShrinkage:
    """Return shrunken values under y_i ~ N(theta_i, v_i), theta_i ~ N(mu, tau^2).

    Parameters
    ----------
    y, v : ndarray, shape (k,)
        Values and their known variances.
    method : {"reml", "dl", "pm"}
        Restricted maximum likelihood; DerSimonian and Laird; Paule and Mandel.

    Notes
    -----
    With B = tau^2 / (tau^2 + v) the shrunken value is B y + (1 - B) mu and its variance B v + (1 - B)^2 var(mu).
    I^2 = tau^2 / (tau^2 + s^2) with the typical variance s^2 = (k-1) sum w / ((sum w)^2 - sum w^2), w = 1/v.
    Sources: DerSimonian and Laird, Control Clin Trials 1986;7:177-188; Paule and Mandel, J Res NBS 1982;87:377-385;
    Higgins and Thompson, Stat Med 2002;21:1539-1558; Raudenbush and Bryk, J Educ Stat 1985;10:75-98.

    Examples
    --------
    >>> fit = shrink_normal(np.array([0.0, 1.0, 2.0, 5.0]), np.full(4, 0.5), "dl")
    >>> round(fit.tau2, 4), fit.shrunken.round(3).tolist()
    (4.1667, [0.214, 1.107, 2.0, 4.679])
    """
    w = 1 / v
    fixed = (w * y).sum() / w.sum()
    q = float((w * (y - fixed) ** 2).sum())
    df = len(y) - 1
    tau2 = {"reml": _reml, "dl": _dersimonian_laird, "pm": _paule_mandel}[method](y, v)
    ws = 1 / (v + tau2)
    mean = float((ws * y).sum() / ws.sum())
    b = tau2 / (tau2 + v)
    typical = df * w.sum() / (w.sum() ** 2 - (w**2).sum())
    return NormalShrinkage(
        tau2=tau2,
        mean=mean,
        mean_std_error=float(np.sqrt(1 / ws.sum())),
        q=q,
        df=df,
        i2=float(100 * tau2 / (tau2 + typical)),
        h2=float(tau2 / typical + 1),
        weight=b,
        shrunken=b * y + (1 - b) * mean,
        std_error=np.sqrt(b * v + (1 - b) ** 2 / ws.sum()),
    )


def _dersimonian_laird(y: np.ndarray, v: np.ndarray) -> float:
    w = 1 / v
    q = (w * (y - (w * y).sum() / w.sum()) ** 2).sum()
    return max(0.0, float((q - (len(y) - 1)) / (w.sum() - (w**2).sum() / w.sum())))


def _generalised_q(tau2: float, y: np.ndarray, v: np.ndarray) -> float:
    w = 1 / (v + tau2)
    return float((w * (y - (w * y).sum() / w.sum()) ** 2).sum())


def _paule_mandel(y: np.ndarray, v: np.ndarray) -> float:
    df = len(y) - 1
    if _generalised_q(0.0, y, v) <= df:
        return 0.0
    top = float(np.var(y)) + 1.0
    while _generalised_q(top, y, v) > df:
        top *= 2
    return float(optimize.brentq(lambda t: _generalised_q(t, y, v) - df, 0.0, top, xtol=1e-14, rtol=1e-14))


def _reml(y: np.ndarray, v: np.ndarray) -> float:
    def score(tau2: float) -> float:
        """Twice the slope of the restricted log-likelihood in tau squared."""
        w = 1 / (v + tau2)
        r = y - (w * y).sum() / w.sum()
        return float((w**2 * r**2).sum() - w.sum() + (w**2).sum() / w.sum())

    if score(0.0) <= 0:
        # The restricted likelihood may still rise further out; a coarse look tells.
        grid = np.linspace(0.0, float(np.var(y, ddof=1)) * 4 + 1e-12, 200)
        values = np.array([score(t) for t in grid])
        rising = np.flatnonzero(values > 0)
        if rising.size == 0:
            return 0.0
        low = grid[rising[0]]
    else:
        low = 0.0
    top = max(float(np.var(y, ddof=1)), low) + 1e-12
    while score(top) > 0:
        top *= 2
    return float(optimize.brentq(score, low, top, xtol=1e-15, rtol=1e-14))


@dataclass(frozen=True, slots=True, kw_only=True)
class BetaShrinkage:
    """The beta-binomial model fitted to k units: prior Beta(alpha, beta) and each unit's posterior."""

    alpha: float
    beta: float
    log_likelihood: float
    posterior_mean: np.ndarray
    conf_low: np.ndarray
    conf_high: np.ndarray


def shrink_proportions(x: np.ndarray, n: np.ndarray, conf_level: float = 0.95) -> BetaShrinkage:
    """Return shrunken proportions under x_i ~ Bin(n_i, p_i), p_i ~ Beta(alpha, beta), by maximum likelihood.

    Parameters
    ----------
    x, n : ndarray, shape (k,)
    conf_level : float
        Coverage of the posterior intervals (which take alpha and beta as known).

    Raises
    ------
    ModelError
        Where the units vary less than the binomial allows, so that the likelihood has no maximum.

    Notes
    -----
    log L = sum log B(x + a, n - x + b) - log B(a, b) + log C(n, x), maximised over (log a, log b) by Newton's method.
    Posterior Beta(x + a, n - x + b). Source: Griffiths, Biometrics 1973;29:637-648.

    Examples
    --------
    >>> fit = shrink_proportions(np.array([1.0, 5.0, 9.0, 18.0]), np.array([10.0, 10.0, 12.0, 20.0]))
    >>> bool((np.diff(fit.posterior_mean) > 0).all())
    True
    """
    start = np.log(_moment_start(x, n))
    found = optimize.minimize(_beta_loss, start, args=(x, n), jac=True, method="BFGS", options={"gtol": 1e-6})
    t = found.x
    for _ in range(50):
        step = np.linalg.solve(_beta_hessian(t, x, n), _beta_loss(t, x, n)[1])
        t = t - step
        if np.abs(step).max() < 1e-13 or t.max() > 25:
            break
    if not np.isfinite(t).all() or t.max() > 16:
        raise ModelError(
            "the units vary no more than chance allows, so there is nothing to shrink towards by this model",
            action="Use the common proportion.",
        )
    a, b = np.exp(t)
    tail = (1 - conf_level) / 2
    return BetaShrinkage(
        alpha=float(a),
        beta=float(b),
        log_likelihood=float(-_beta_loss(t, x, n)[0]),
        posterior_mean=(x + a) / (n + a + b),
        conf_low=stats.beta.ppf(tail, x + a, n - x + b),
        conf_high=stats.beta.ppf(1 - tail, x + a, n - x + b),
    )


def _moment_start(x: np.ndarray, n: np.ndarray) -> np.ndarray:
    mean = x.sum() / n.sum()
    between = ((n * (x / n - mean) ** 2).sum() / n.sum() - mean * (1 - mean) / n.mean()) / (mean * (1 - mean))
    size = max(0.5, 1 / np.clip(between, 1e-3, 0.6) - 1)
    return np.array([mean, 1 - mean]) * size


def _beta_loss(t: np.ndarray, x: np.ndarray, n: np.ndarray) -> tuple[float, np.ndarray]:
    a, b = np.exp(t)
    loss = -np.sum(special.betaln(x + a, n - x + b) - special.betaln(a, b) + _log_choose(n, x))
    common = special.digamma(a + b) - special.digamma(n + a + b)
    slope = np.array(
        [
            a * np.sum(special.digamma(x + a) - special.digamma(a) + common),
            b * np.sum(special.digamma(n - x + b) - special.digamma(b) + common),
        ]
    )
    return float(loss), -slope


def _beta_hessian(t: np.ndarray, x: np.ndarray, n: np.ndarray) -> np.ndarray:
    a, b = np.exp(t)
    trigamma = lambda z: special.polygamma(1, z)  # noqa: E731
    common = np.sum(trigamma(a + b) - trigamma(n + a + b))
    slope = -_beta_loss(t, x, n)[1]
    aa = slope[0] + a**2 * (np.sum(trigamma(x + a) - trigamma(a)) + common)
    bb = slope[1] + b**2 * (np.sum(trigamma(n - x + b) - trigamma(b)) + common)
    return -np.array([[aa, a * b * common], [a * b * common, bb]])


def _log_choose(n: np.ndarray, x: np.ndarray) -> np.ndarray:
    return special.gammaln(n + 1) - special.gammaln(x + 1) - special.gammaln(n - x + 1)
