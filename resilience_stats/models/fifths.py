"""A score cut into fifths: the ordinal model of a continuous outcome, on a scale that can be compared."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from resilience_stats.models.ordinal import fit_ordinal
from resilience_stats.results import Result

#: Groups of equal size that are made of the outcome, and the variance of the logistic latent error.
LEVELS, _LOGISTIC_VARIANCE = 5, np.pi**2 / 3


def fit_fifths(
    data: pd.DataFrame,
    outcome: str,
    predictors: Sequence[str],
    *,
    levels: int = LEVELS,
    conf_level: float = 0.95,
) -> Result:
    """Return a proportional-odds model of the outcome cut into groups of equal size, with the latent scale's spread.

    Parameters
    ----------
    data : pandas.DataFrame
    outcome : str
        Numbers; with no more than `levels` different values they are taken as they are.
    predictors : sequence of str
    levels : int
    conf_level : float

    Returns
    -------
    Result
        `tidy()` as `fit_ordinal` (Wald intervals); `fit` adds ``latent_sd`` = sqrt(var(x b) + pi^2 / 3), McKelvey &
        Zavoina (1975).

    Examples
    --------
    >>> rng = np.random.default_rng(1)
    >>> data = pd.DataFrame({"x": rng.normal(size=2000)}).assign(y=lambda d: d["x"] + rng.normal(size=2000))
    >>> fit = fit_fifths(data, "y", ["x"])
    >>> round(float(fit.tidy().set_index("term").loc["x", "estimate"]) / float(str(fit.fit["latent_sd"])), 1)
    0.7
    """
    used = data.dropna(subset=[outcome, *predictors]).copy()
    if used[outcome].nunique() > levels:
        used[outcome] = pd.qcut(used[outcome].rank(method="average"), levels, labels=False, duplicates="drop")
    made = fit_ordinal(used, outcome, predictors, interval="wald", tests=(), conf_level=conf_level)
    # Thresholds come first in the estimates, the columns of x last.
    location = made.tidy()["estimate"].to_numpy(dtype=float)[-made.x.shape[1] :]
    spread = float(np.sqrt(np.var(made.x @ location, ddof=1) + _LOGISTIC_VARIANCE))
    return Result(estimates=made.estimates, fit={**made.fit, "latent_sd": spread}, notes=made.notes)
