"""Bootstrap intervals and permutation tests of any statistic."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import pandas as pd
from scipy import stats as sps

from resilience_stats.errors import ModelError, require_choice
from resilience_stats.results import Note, Result, note
from resilience_stats.results.tidy import tidy_frame
from resilience_stats.stats import bootstrap as boot
from resilience_stats.stats.resampling import draw_rows, evaluate, resample

ALTERNATIVES = ("two_sided", "greater", "less")


def bootstrap_interval(
    data: pd.DataFrame,
    statistic: Callable[[pd.DataFrame], float],
    *,
    n_boot: int = 1999,
    random_state: int | np.random.Generator,
    conf_level: float = 0.95,
    indices: np.ndarray | None = None,
    n_jobs: int | None = None,
) -> Result:
    """Return bootstrap intervals of a statistic by every common method.

    Parameters
    ----------
    data : pandas.DataFrame, shape (n, columns)
    statistic : callable
        Takes a frame of n rows, gives a number.
    n_boot : int
    random_state : int or numpy.random.Generator
    conf_level : float
    indices : ndarray of int, shape (n_boot, n), optional
        Row numbers (from 0) of each resample; default: drawn from `random_state`.
    n_jobs : int, optional
        As in joblib; results do not depend on it.

    Returns
    -------
    Result
        `tidy()`: one row per method: ``normal, basic, percentile, bca`` (quantiles interpolated on the normal scale,
        acceleration by regression on resample frequencies) and ``percentile_linear, bca_jackknife,
        bca_jackknife_normal`` (quantiles interpolated linearly or normally, acceleration by the jackknife).
        `glance()`: estimate, bias, std_error, z0, acceleration_regression, acceleration_jackknife, jackknife_std_error,
        n_boot, n.

    Examples
    --------
    >>> frame = pd.DataFrame({"x": np.arange(20.0)})
    >>> fit = bootstrap_interval(frame, lambda d: d["x"].mean(), n_boot=199, random_state=1)
    >>> fit.glance()[["estimate", "n"]].to_numpy().tolist()
    [[9.5, 20.0]]
    """
    n = len(data)
    if n < 3:
        raise ModelError("too few rows to resample", where="argument data", found=n, allowed="3 or more")
    rows = _rows(n, n_boot, random_state) if indices is None else np.asarray(indices, dtype=int)
    if rows.min() < 0 or rows.max() >= n:
        raise ModelError("row numbers beyond the data", where="argument indices", allowed=f"0 to {n - 1}")
    estimate = float(statistic(data))
    t = evaluate(lambda i: float(statistic(data.iloc[i])), rows, n_jobs=n_jobs)
    notes: list[Note] = []
    lost = ~np.isfinite(t)
    if lost.any():
        notes.append(note("replicates-lost", f"{lost.sum()} of {len(t)} replicates gave no number and were left out."))
        t, rows = t[~lost], rows[~lost]
    others = [np.delete(np.arange(n), i) for i in range(n)]
    left_out = evaluate(lambda i: float(statistic(data.iloc[i])), others, n_jobs=n_jobs)
    frequencies = np.stack([np.bincount(i, minlength=n) for i in rows])
    return _result(estimate, t, left_out, frequencies, conf_level, tuple(notes))


def _rows(n: int, n_boot: int, random_state: int | np.random.Generator) -> np.ndarray:
    return resample(lambda rng: draw_rows(rng, n), n_boot, random_state=random_state).astype(int)


def _result(
    estimate: float,
    t: np.ndarray,
    left_out: np.ndarray,
    frequencies: np.ndarray,
    conf_level: float,
    notes: tuple[Note, ...],
) -> Result:
    jackknife = boot.acceleration(boot.jackknife_influence(left_out))
    regression = boot.acceleration(boot.regression_influence(t, frequencies))
    limits = {
        "normal": boot.normal(t, estimate, conf_level),
        "basic": boot.basic(t, estimate, conf_level),
        "percentile": boot.percentile(t, conf_level, interpolation="normal"),
        "bca": boot.bca(t, estimate, regression, conf_level, interpolation="normal"),
        "percentile_linear": boot.percentile(t, conf_level),
        "bca_jackknife": boot.bca(t, estimate, jackknife, conf_level),
        "bca_jackknife_normal": boot.bca(t, estimate, jackknife, conf_level, interpolation="normal"),
    }
    low, high = np.array(list(limits.values())).T
    n = len(left_out)
    fit = {
        "estimate": estimate,
        "bias": float(t.mean() - estimate),
        "std_error": float(t.std(ddof=1)),
        "z0": float(sps.norm.ppf(np.mean(t < estimate))),
        "acceleration_regression": regression,
        "acceleration_jackknife": jackknife,
        "jackknife_std_error": float(np.sqrt((n - 1) / n * ((left_out - left_out.mean()) ** 2).sum())),
        "conf_level": conf_level,
        "n_boot": len(t),
        "n": n,
    }
    rows = tidy_frame(
        term=limits, estimate=[estimate] * len(low), std_error=fit["std_error"], conf_low=low, conf_high=high
    )
    return Result(estimates=rows, fit=fit, notes=notes)


def permutation_test(
    y: Sequence[float] | pd.Series,
    x: Sequence[float] | pd.Series,
    *,
    statistic: str = "mean_difference",
    alternative: str = "two_sided",
    exact: bool = False,
    n_permutations: int = 9999,
    random_state: int | np.random.Generator | None = None,
) -> Result:
    """Return the permutation p-value of a difference of means or of a correlation.

    Parameters
    ----------
    y : sequence
        Values.
    x : sequence
        For ``mean_difference`` a group of two values (the larger is group 1), for ``correlation`` numbers.
    statistic : {"mean_difference", "correlation"}
    alternative : {"two_sided", "greater", "less"}
        Two-sided compares absolute values.
    exact : bool
        Go through every split of two groups; otherwise `n_permutations` random ones, for which `random_state` is
        needed, with p = (1 + number as extreme) / (1 + number drawn).

    Returns
    -------
    Result
        `glance()` adds mc_std_error, the Monte-Carlo standard error of p (0 where exact), and n_permutations.

    Notes
    -----
    Source: Phipson and Smyth, Stat Appl Genet Mol Biol 2010;9:39.

    Examples
    --------
    >>> fit = permutation_test([1.0, 2.0, 8.0, 9.0], [0, 0, 1, 1], exact=True)
    >>> fit.tidy()[["estimate", "p_value"]].round(4).to_numpy().tolist()
    [[7.0, 0.3333]]
    """
    require_choice(statistic, ("mean_difference", "correlation"), "statistic")
    require_choice(alternative, ALTERNATIVES, "alternative")
    values, other = _complete(y, x)
    observed, group = _observed(values, other, statistic)
    if exact:
        if group is None:
            raise ModelError("exact permutation serves a difference of means only", where="argument exact")
        drawn = boot.two_sample_splits(values, group)
        p, error = _share(drawn, observed, alternative), 0.0
    else:
        if random_state is None:
            raise ModelError("random permutations need a seed", where="argument random_state", found=None)
        drawn = _random_permutations(values, other if group is None else group, n_permutations, random_state)
        extreme = _share(drawn, observed, alternative) * len(drawn)
        p = (1 + extreme) / (1 + len(drawn))
        error = float(np.sqrt(p * (1 - p) / len(drawn)))
    fit = {"p_value": p, "mc_std_error": error, "n_permutations": len(drawn), "exact": exact, "n": len(values)}
    return Result(estimates=tidy_frame(term=[statistic], estimate=[observed], p_value=[p]), fit=fit)


def _complete(y: Sequence[float] | pd.Series, x: Sequence[float] | pd.Series) -> tuple[np.ndarray, np.ndarray]:
    values, other = np.asarray(y, dtype=float), np.asarray(x, dtype=float)
    if values.shape != other.shape:
        raise ModelError("y and x must be of one length", where="arguments y, x", found=f"{len(values)}, {len(other)}")
    here = np.isfinite(values) & np.isfinite(other)
    return values[here], other[here]


def _observed(y: np.ndarray, x: np.ndarray, statistic: str) -> tuple[float, np.ndarray | None]:
    if statistic == "correlation":
        return float(np.corrcoef(y, x)[0, 1]), None
    levels = np.unique(x)
    if len(levels) != 2:
        raise ModelError("a difference of means needs two groups", where="argument x", found=levels.tolist())
    group = x == levels[1]
    return float(y[group].mean() - y[~group].mean()), group


def _random_permutations(
    y: np.ndarray, x: np.ndarray, n_permutations: int, random_state: int | np.random.Generator
) -> np.ndarray:
    # Both statistics are linear in y given x, so one product serves a whole chunk of permutations.
    if x.dtype == bool:
        weights = np.where(x, 1 / x.sum(), -1 / (~x).sum())
        centred = y
    else:
        weights = (x - x.mean()) / np.sqrt(((x - x.mean()) ** 2).sum())
        centred = (y - y.mean()) / np.sqrt(((y - y.mean()) ** 2).sum())

    def chunk(generators: list[np.random.Generator]) -> np.ndarray:
        """The statistic of one permutation for each generator."""
        return np.stack([rng.permutation(centred) for rng in generators]) @ weights

    return resample(chunk, n_permutations, random_state=random_state, batched=True, chunk=500)


def _share(drawn: np.ndarray, observed: float, alternative: str) -> float:
    slack = 1e-12 * max(1.0, abs(observed))
    if alternative == "two_sided":
        return float(np.mean(np.abs(drawn) >= abs(observed) - slack))
    signed = drawn - observed if alternative == "greater" else observed - drawn
    return float(np.mean(signed >= -slack))
