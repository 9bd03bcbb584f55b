"""Bootstrap intervals of reliability coefficients, all resamples of a chunk at once."""

from __future__ import annotations

import numpy as np

from resilience_stats.errors import ModelError
from resilience_stats.stats.bootstrap import (
    acceleration,
    basic,
    bca,
    jackknife_influence,
    normal,
    percentile,
    regression_influence,
)
from resilience_stats.stats.extraction import ml_loadings, ml_uniquenesses
from resilience_stats.stats.resampling import draw_rows, resample

STATISTICS = ("alpha", "alpha_standardised", "omega_ml")


def alpha_bootstrap(
    x: np.ndarray,
    *,
    n_boot: int,
    level: float,
    random_state: int | np.random.Generator,
    resamples: np.ndarray | None = None,
    statistics: tuple[str, ...] = STATISTICS,
) -> list[dict[str, object]]:
    """Return one record per statistic and kind of interval.

    Parameters
    ----------
    x : numpy.ndarray, shape (n, k)
        Complete answers.
    n_boot : int
        Replicates; those in which an item does not vary are left out and counted in `n_boot` of the record.
    resamples : numpy.ndarray of int, shape (R, n), optional
        Rows of given resamples, which replace random ones.

    Notes
    -----
    Methods: `percentile` and `bca_jackknife` interpolate order statistics linearly (jackknife acceleration);
    `percentile_boot`, `bca_regression`, `basic` and `normal` are the definitions of R's boot (interpolation on the
    normal scale, acceleration from the regression of the replicates on the frequencies).

    Source: Davison & Hinkley (1997), Bootstrap Methods and their Application, ch. 5; Efron (1987), JASA 82.

    Examples
    --------
    >>> x = np.random.default_rng(1).normal(size=(50, 1)) + np.random.default_rng(2).normal(size=(50, 4))
    >>> records = alpha_bootstrap(x, n_boot=200, level=0.95, random_state=1, statistics=("alpha",))
    >>> sorted({r["method"] for r in records})[0]
    'basic'
    """
    n = len(x)
    if resamples is None:
        counts = resample(
            lambda rngs: np.stack([np.bincount(draw_rows(rng, n), minlength=n) for rng in rngs]),
            n_boot,
            random_state=random_state,
            batched=True,
        )
    else:
        counts = _frequencies(np.asarray(resamples), n)
    whole = _coefficients(x, np.ones((1, n)), statistics)
    left_out = _coefficients(x, 1.0 - np.eye(n), statistics)
    drawn = _coefficients(x, counts.astype(float), statistics)
    records: list[dict[str, object]] = []
    for name in statistics:
        usable = np.isfinite(drawn[name])
        records += _intervals(name, float(whole[name][0]), drawn[name][usable], counts[usable], left_out[name], level)
    return records


def _frequencies(resamples: np.ndarray, n: int) -> np.ndarray:
    if resamples.ndim != 2 or resamples.shape[1] != n or resamples.min() < 0 or resamples.max() >= n:
        raise ModelError(
            "resamples must hold row numbers from 0, one resample a row",
            where="argument resamples",
            found=f"{resamples.shape}, {resamples.min()}..{resamples.max()}",
            allowed=f"(R, {n}), 0..{n - 1}",
        )
    return np.stack([np.bincount(row, minlength=n) for row in resamples])


def _coefficients(x: np.ndarray, weights: np.ndarray, statistics: tuple[str, ...]) -> dict[str, np.ndarray]:
    """Each statistic for each row of frequencies, from weighted cross-products about the means of the whole."""
    k = x.shape[1]
    centred = x - x.mean(axis=0)
    n = weights.sum(axis=1)[:, None, None]
    sums = weights @ centred
    products = (weights @ (centred[:, :, None] * centred[:, None, :]).reshape(len(x), k * k)).reshape(-1, k, k)
    c = (products - sums[:, :, None] * sums[:, None, :] / n) / (n - 1.0)
    variances = np.einsum("rjj->rj", c)
    varies = (variances > 1e-12 * np.max(variances)).all(axis=1)
    variances = np.where(varies[:, None], variances, np.nan)
    out: dict[str, np.ndarray] = {}
    if "alpha" in statistics:
        out["alpha"] = k / (k - 1) * (1.0 - variances.sum(axis=1) / c.sum(axis=(1, 2)))
    r = c / np.sqrt(variances[:, :, None] * variances[:, None, :])
    if "alpha_standardised" in statistics:
        out["alpha_standardised"] = k / (k - 1) * (1.0 - k / r.sum(axis=(1, 2)))
    if "omega_ml" in statistics:
        out["omega_ml"] = _omega(r, variances)
    return out


def _omega(r: np.ndarray, variances: np.ndarray) -> np.ndarray:
    """Omega of the one-factor ML model for a stack of correlation matrices; missing where one is not definite."""
    omega = np.full(len(r), np.nan)
    sound = np.isfinite(r).all(axis=(1, 2))
    sound[sound] = np.linalg.eigvalsh(r[sound])[:, 0] > 1e-10
    if r.shape[1] < 3 or not sound.any():
        return omega
    psi, _, _ = ml_uniquenesses(r[sound], 1)
    loadings = ml_loadings(r[sound], psi, 1)[:, :, 0]
    shared = np.sum(loadings * np.sqrt(variances[sound]), axis=1) ** 2
    omega[sound] = shared / (shared + np.sum(psi * variances[sound], axis=1))
    return omega


def _intervals(
    name: str, estimate: float, t: np.ndarray, counts: np.ndarray, left_out: np.ndarray, level: float
) -> list[dict[str, object]]:
    if len(t) < 2 or not np.isfinite(estimate):
        return []
    limits = {
        "percentile": percentile(t, level),
        "percentile_boot": percentile(t, level, interpolation="normal"),
        "basic": basic(t, estimate, level),
        "normal": normal(t, estimate, level),
    }
    if np.isfinite(left_out).all() and 0 < np.mean(t < estimate) < 1:
        jackknife = acceleration(jackknife_influence(left_out))
        limits["bca_jackknife"] = bca(t, estimate, jackknife, level)
        limits["bca_jackknife_boot"] = bca(t, estimate, jackknife, level, interpolation="normal")
        if len(t) > counts.shape[1]:
            regression = acceleration(regression_influence(t, counts.astype(float)))
            limits["bca_regression"] = bca(t, estimate, regression, level, interpolation="normal")
    shared = {"statistic": name, "estimate": estimate, "n_boot": len(t), "boot_sd": float(t.std(ddof=1))}
    bias = float(t.mean()) - estimate
    return [
        {"method": method, "conf_low": low, "conf_high": high, "bias": bias} | shared
        for method, (low, high) in limits.items()
    ]
