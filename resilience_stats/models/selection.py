"""Stability selection: which predictors would be picked again in half of the practices."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from resilience_stats.errors import ModelError
from resilience_stats.models.inputs import build_design
from resilience_stats.results import Result, note
from resilience_stats.results.tidy import tidy_frame
from resilience_stats.stats.resampling import resample


def select_stable(
    data: pd.DataFrame,
    outcome: str,
    predictors: Sequence[str],
    *,
    n_pairs: int = 50,
    n_selected: int | None = None,
    threshold: float = 0.75,
    random_state: int | np.random.Generator,
    n_jobs: int | None = None,
) -> Result:
    """Return how often each predictor is among the first that the lasso picks in random halves of the data.

    Parameters
    ----------
    data : pandas.DataFrame
    outcome : str
    predictors : sequence of str
        Factors are counted as one predictor: chosen when any of their levels is.
    n_pairs : int
        Pairs of complementary halves.
    n_selected : int, optional
        Predictors picked in each half (q); default: the most that keep the bound at or below one false selection.
    threshold : float
        Share of halves from which a predictor counts as stable; above 0.5.
    random_state : int or numpy.random.Generator
    n_jobs : int, optional
        As in joblib.

    Returns
    -------
    Result
        `tidy()`: term, estimate (share of halves in which it was picked), conf_low and conf_high (Wilson, over halves),
        stable. `glance()`: n_selected, threshold, false_selections_bound, n_halves, n.

    Notes
    -----
    Expected number of false selections <= q^2 / ((2 threshold - 1) p), if noise predictors are exchangeable.
    Sources: Meinshausen and Buehlmann, J R Stat Soc B 2010;72:417-473; complementary pairs: Shah and Samworth,
    J R Stat Soc B 2013;75:55-80.

    Examples
    --------
    >>> rng = np.random.default_rng(1)
    >>> frame = pd.DataFrame(rng.normal(size=(138, 6)), columns=list("abcdef"))
    >>> frame["y"] = frame["a"] + rng.normal(size=138)
    >>> fit = select_stable(frame, "y", list("abcdef"), n_pairs=20, random_state=1)
    >>> fit.tidy().query("stable")["term"].tolist()
    ['a']
    """
    if not 0.5 < threshold <= 1:
        raise ModelError("the bound needs a threshold above one half", where="argument threshold", found=threshold,
                         allowed="0.5 to 1")  # fmt: skip
    design = build_design(data, outcome, predictors)
    names, p = list(predictors), len(predictors)
    if p < 2 or len(design.y) < 20:
        raise ModelError("stability selection needs two predictors and 20 rows", found=f"{p} and {len(design.y)}")
    q = n_selected or max(1, int(np.sqrt((2 * threshold - 1) * p)))
    if not 1 <= q < p:
        raise ModelError(
            "not a number of predictors to pick", where="argument n_selected", found=q, allowed=f"1 to {p - 1}"
        )
    source = np.array([names.index(s) for s in design.sources[1:]])
    x, y = design.x[:, 1:], design.y

    def halves(rng: np.random.Generator) -> np.ndarray:
        """What is selected in each of two complementary halves of the rows."""
        rows = rng.permutation(len(y))
        size = len(y) // 2
        return np.stack([_first(x[h], y[h], source, q, p) for h in (rows[:size], rows[size : 2 * size])])

    picked = resample(halves, n_pairs, random_state=random_state, n_jobs=n_jobs).reshape(-1, p)
    share = picked.mean(axis=0)
    bound = q**2 / ((2 * threshold - 1) * p)
    low, high = _interval(picked)
    fit = {"n_selected": q, "threshold": threshold, "false_selections_bound": bound, "n_halves": len(picked),
           "n": len(y)}  # fmt: skip
    rows = tidy_frame(term=names, estimate=share, conf_low=low, conf_high=high, stable=share >= threshold)
    return Result(estimates=rows, fit=fit, notes=(*design.notes, *_notes(bound)))


def _first(x: np.ndarray, y: np.ndarray, source: np.ndarray, q: int, p: int) -> np.ndarray:
    from sklearn.linear_model import lars_path

    spread = x.std(axis=0)
    usable = spread > 0
    z = np.where(usable, (x - x.mean(axis=0)) / np.where(usable, spread, 1.0), 0.0)
    path = lars_path(z, y - y.mean(), method="lasso", max_iter=max(4 * q, q + 4))[2]
    chosen = np.zeros(p)
    for column in path.T:
        now = np.unique(source[column != 0])
        if len(now) > q:
            break
        chosen[:] = 0
        chosen[now] = 1
    return chosen


def _interval(picked: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    from resilience_stats.stats.proportions import wilson

    return wilson(picked.sum(axis=0), np.full(picked.shape[1], float(len(picked))))


def _notes(bound: float) -> tuple:
    if bound > 1:
        return (
            note("weak-bound", f"Up to {bound:.1f} of the stable predictors may be false: pick fewer in each half."),
        )
    return ()
