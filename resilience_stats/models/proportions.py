"""Proportions with their intervals."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from resilience_stats.errors import ModelError, require_choice
from resilience_stats.results import Result
from resilience_stats.results.tidy import tidy_frame
from resilience_stats.stats.proportions import METHODS


def proportion_interval(
    x: float | Sequence[float] | pd.Series,
    n: float | Sequence[float] | pd.Series,
    method: str = "wilson",
    *,
    conf_level: float = 0.95,
    population: int | None = None,
) -> Result:
    """Return x/n with its confidence interval, one row per pair.

    Parameters
    ----------
    x, n : number or sequence
        Counts of successes and of trials; a single `n` serves every `x`.
    method : {"wilson", "wilson_continuity", "clopper_pearson", "jeffreys", "agresti_coull"}
    conf_level : float
    population : int, optional
        Size of the finite population that the `n` were drawn from. Wilson's interval then uses the effective sample
        size n (N - 1) / (N - n) (Cochran, Sampling Techniques, 1977, section 2.6); only with ``method="wilson"``.

    Returns
    -------
    Result
        `tidy()` adds the columns x and n.

    Raises
    ------
    ModelError
        Where x exceeds n, n is not positive, or the method is unknown.

    Examples
    --------
    >>> proportion_interval(39, 53).tidy()[["estimate", "conf_low", "conf_high"]].round(3).to_numpy().tolist()
    [[0.736, 0.604, 0.836]]
    """
    require_choice(method, METHODS, "method")
    counts, trials = np.broadcast_arrays(np.atleast_1d(np.asarray(x, float)), np.atleast_1d(np.asarray(n, float)))
    if not ((trials > 0) & (counts >= 0) & (counts <= trials)).all():
        raise ModelError("counts must satisfy 0 <= x <= n and n > 0", where="arguments x, n")
    if not 0 < conf_level < 1:
        raise ModelError("not a confidence level", where="argument conf_level", found=conf_level, allowed="0 to 1")
    effective = trials if population is None else _effective(trials, population, method)
    share = counts / trials
    low, high = METHODS[method](share * effective, effective, conf_level)
    names = list(x.index) if isinstance(x, pd.Series) else range(len(counts))
    rows = tidy_frame(term=[str(k) for k in names], estimate=share, conf_low=low, conf_high=high, x=counts, n=trials)
    return Result(estimates=rows, fit={"method": method, "conf_level": conf_level, "population": population})


def _effective(n: np.ndarray, population: int, method: str) -> np.ndarray:
    if method != "wilson":
        raise ModelError("a finite population goes with Wilson's interval only", where="argument population")
    if (n > population).any():
        raise ModelError("more were observed than the population holds", where="argument population", found=population)
    with np.errstate(divide="ignore"):
        return np.where(n == population, 1e12, n * (population - 1) / (population - n))
