"""Relative importance with its uncertainty: never a bare ranked bar."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np
import pandas as pd

from resilience_stats.errors import ModelError, require_choice
from resilience_stats.models.guards import common_method_notes, refuse_parts, require_spread
from resilience_stats.models.importance_problem import (
    BY_SUBSETS,
    CLOSED_FORM,
    MAX_GROUPS,
    Problem,
    all_subsets,
    build_problem,
    resampled,
    statistics,
)
from resilience_stats.models.inputs import build_design
from resilience_stats.results import Note, note
from resilience_stats.results.importance import ImportanceResult
from resilience_stats.results.tidy import tidy_frame
from resilience_stats.stats import bootstrap, importance
from resilience_stats.stats.resampling import resample

#: Other names of the methods.
ALIASES = {
    "shapley": "lmg",
    "general_dominance": "lmg",
    "relative_weights": "genizi",
    "johnson": "genizi",
    "betasq": "beta_squared",
}
INTERVALS = ("percentile", "basic", "normal", "bca")


def relative_importance(
    data: pd.DataFrame,
    outcome: str,
    predictors: Sequence[str],
    *,
    method: str = "lmg",
    n_boot: int = 0,
    random_state: int | np.random.Generator | None = None,
    groups: Mapping[str, Sequence[str]] | None = None,
    always: Sequence[str] = (),
    family: str = "gaussian",
    measure: str | None = None,
    weights: str | None = None,
    cluster: str | None = None,
    conf_level: float = 0.95,
    interval: str = "percentile",
    parts: Mapping[str, Iterable[str]] | None = None,
    allow_parts: Collection[str] = (),
    same_respondent: Collection[str] = (),
) -> ImportanceResult:
    """Return how much of R2 each predictor stands for, with bootstrap intervals and the probability of each rank.

    Parameters
    ----------
    data : pandas.DataFrame
    outcome : str
    predictors : sequence of str
        A factor is one group: its indicator columns enter and leave together.
    method : str
        "lmg" (also "shapley", "general_dominance"), "first", "last"; for linear models also "pratt", "beta_squared",
        "genizi" (also "relative_weights", "johnson"), "car".
    n_boot : int
        Bootstrap resamples of rows; 0 gives no interval.
    random_state : int or numpy.random.Generator
        Needed with `n_boot`.
    groups : mapping of str to sequence of str, optional
        Predictors that enter and leave together, under one name.
    always : sequence of str
        Predictors in every model; shares are then of the R2 beyond theirs.
    family : {"gaussian", "binomial"}
    measure : {"r2", "mcfadden", "nagelkerke", "cox_snell"}, optional
        R2 for gaussian and McFadden's for binomial by default.
    weights : str, optional
        Column of positive row weights.
    cluster : str, optional
        Column of clusters that are resampled whole.
    conf_level : float
    interval : {"percentile", "basic", "normal", "bca"}
    parts, allow_parts, same_respondent
        As in `fit_linear`.

    Returns
    -------
    ImportanceResult

    Raises
    ------
    ModelError
        More than 20 groups, a method that the family or the groups do not have, linearly dependent predictors.

    Examples
    --------
    >>> data = pd.DataFrame({"y": [1.0, 3, 2, 5, 4, 6], "a": [1.0, 2, 3, 4, 5, 6], "b": [0.0, 1, 0, 0, 1, 1]})
    >>> relative_importance(data, "y", ["a", "b"]).tidy()[["term", "estimate", "share", "rank"]].round(3)
      term  estimate  share  rank
    0    a     0.667  0.846     1
    1    b     0.121  0.154     2
    """
    chosen = ALIASES.get(method, method)
    require_choice(chosen, (*BY_SUBSETS, *CLOSED_FORM), "method")
    require_choice(family, ("gaussian", "binomial"), "family")
    require_choice(interval, INTERVALS, "interval")
    notes = refuse_parts(outcome, [*predictors, *always], parts, allow_parts)
    columns = [c for c in (weights, cluster) if c is not None]
    design = build_design(data, outcome, [*always, *predictors], extra=columns)
    require_spread(design.y, outcome)
    problem = build_problem(design, predictors, always, groups, family, measure, chosen, weights, cluster)
    r2 = all_subsets(problem, problem.base[None, :]) if len(problem.groups) <= MAX_GROUPS else None
    estimate = statistics(problem, problem.base[None, :], r2)
    draws = None
    if n_boot:
        if random_state is None:
            raise ModelError("a bootstrap needs a seed", where="argument random_state", action="Give an integer.")
        draws = resample(partial(resampled, problem), n_boot, random_state=random_state, batched=True)
    notes += design.notes + common_method_notes(outcome, predictors, same_respondent)
    notes += _method_notes(estimate[0], n_boot, cluster, interval)
    result = _result(problem, estimate[0], r2, draws, notes, conf_level, interval, outcome)
    return replace(result, notes=result.notes + _lost_notes(result.estimates)) if n_boot else result


def _method_notes(estimate: np.ndarray, n_boot: int, cluster: str | None, interval: str) -> tuple[Note, ...]:
    unit = "rows" if cluster is None else f"whole clusters ('{cluster}')"
    notes = [
        note("bootstrap", f"{interval} intervals from {n_boot} resamples of {unit}.")
        if n_boot
        else note("no-intervals", "Shares without intervals: set n_boot (1,000 or more) before comparing predictors.")
    ]
    if (estimate[:-2] < 0).any():
        notes.append(
            note("negative-share", "A share is negative: this method does not split R2 when predictors are correlated.")
        )
    return tuple(notes)


def _lost_notes(tidy: pd.DataFrame) -> tuple[Note, ...]:
    lost = tidy.loc[tidy["conf_low"].isna(), "term"].tolist()
    if not lost:
        return ()
    text = f"{', '.join(map(str, lost))}: every resample lies on one side of the estimate, so no bca interval exists."
    return (note("no-bca-interval", f"{text} The percentile interval does."),)


def _result(
    problem: Problem,
    estimate: np.ndarray,
    r2: np.ndarray | None,
    draws: np.ndarray | None,
    notes: tuple[Note, ...],
    conf_level: float,
    interval: str,
    outcome: str,
) -> ImportanceResult:
    g = len(problem.groups)
    names = list(problem.names)
    values, total = estimate[:g], float(estimate[:g].sum())
    rank = np.argsort(np.argsort(-values, kind="stable"), kind="stable") + 1
    tidy = tidy_frame(
        term=names,
        estimate=values,
        share=values / total,
        share_low=np.nan,
        share_high=np.nan,
        rank=rank,
        outcome=outcome,
        n=len(problem.y),
    )
    extras: dict[str, Any] = {}
    if draws is not None:
        tidy, extras = _with_draws(problem, tidy, draws, conf_level, interval)
    extras["subset_r2"] = None if r2 is None else r2[:, 0]
    fit = {
        "r_squared": float(estimate[g]),
        "r_squared_always": float(estimate[g + 1]),
        "total": total,
        "method": problem.method,
        "measure": problem.measure,
        "n": len(problem.y),
        "n_terms": g,
        "n_boot": 0 if draws is None else len(draws),
        "largest": names[int(np.argmax(values))],
    }
    return ImportanceResult(estimates=tidy, fit=fit, notes=notes, further=partial(_further, problem, r2), **extras)


def _further(problem: Problem, r2: np.ndarray | None, name: str) -> pd.DataFrame | None:
    if name == "metrics":
        return _metrics(problem, r2)
    if r2 is None:
        return None
    names, gains = list(problem.names), importance.conditional_dominance(r2[:, 0])
    if name == "conditional_dominance":
        return pd.DataFrame(gains, names, [f"k{k}" for k in range(len(names))])
    return pd.DataFrame(importance.complete_dominance(r2[:, 0], gains), names, names)


def _with_draws(
    problem: Problem, tidy: pd.DataFrame, draws: np.ndarray, conf_level: float, interval: str
) -> tuple[pd.DataFrame, dict[str, Any]]:
    g, names = len(problem.groups), list(problem.names)
    values = draws[:, :g]
    left_out = None
    if interval == "bca":
        n = len(problem.y)
        left_out = statistics(problem, (1.0 - np.eye(n)) * problem.base)[:, :g]
    shares = values / values.sum(axis=1, keepdims=True)
    limits = partial(_limits, kind=interval, conf_level=conf_level)
    low, high = limits(values, tidy["estimate"].to_numpy(), left_out)
    rest = None if left_out is None else left_out / left_out.sum(axis=1, keepdims=True)
    share_low, share_high = limits(shares, tidy["share"].to_numpy(), rest)
    ranks = importance.rank_probabilities(values.T)
    tidy = tidy.assign(
        std_error=values.std(axis=0, ddof=1),
        conf_low=low,
        conf_high=high,
        share_low=share_low,
        share_high=share_high,
        p_rank_1=ranks[:, 0],
    )
    ahead = (values[:, :, None] > values[:, None, :]).mean(axis=0)
    np.fill_diagonal(ahead, np.nan)
    return tidy, {
        "draws": pd.DataFrame(values, columns=names),
        "rank_probabilities": pd.DataFrame(ranks, index=names, columns=range(1, g + 1)),
        "pairwise": pd.DataFrame(ahead, index=names, columns=names),
    }


def _limits(
    draws: np.ndarray, estimate: np.ndarray, left_out: np.ndarray | None, *, kind: str, conf_level: float
) -> tuple[np.ndarray, np.ndarray]:
    out = []
    for j, t in enumerate(draws.T):
        if kind == "percentile":
            out.append(bootstrap.percentile(t, conf_level, interpolation="normal"))
        elif kind == "bca" and left_out is not None:
            out.append(_bca(t, float(estimate[j]), left_out[:, j], conf_level))
        else:
            made = bootstrap.basic if kind == "basic" else bootstrap.normal
            out.append(made(t, estimate[j], conf_level))
    return np.array([low for low, _ in out]), np.array([high for _, high in out])


def _bca(draws: np.ndarray, estimate: float, left_out: np.ndarray, conf_level: float) -> tuple[float, float]:
    # A share near 0 is often below all its resamples: the correction for bias is then infinite.
    if not 0.0 < np.mean(draws < estimate) < 1.0:
        return np.nan, np.nan
    a = bootstrap.acceleration(bootstrap.jackknife_influence(left_out))
    return bootstrap.bca(draws, estimate, a, conf_level, interpolation="normal")


def _metrics(problem: Problem, r2: np.ndarray | None) -> pd.DataFrame:
    columns: dict[str, np.ndarray] = {}
    if r2 is not None:
        columns = {name: method(r2)[:, 0] for name, method in BY_SUBSETS.items()}
        columns["lmg_percent"] = 100.0 * columns["lmg"] / columns["lmg"].sum()
    if problem.measure == "r2" and not problem.always:
        gram = importance.weighted_gram(np.column_stack([problem.x, problem.y]), problem.base[None, :])
        single = all(len(c) == 1 for c in problem.groups)
        closed: dict[str, Callable[[np.ndarray], np.ndarray]] = dict(CLOSED_FORM)
        if single:
            closed["std_beta"] = importance.standardised_coefficients
        else:
            del closed["beta_squared"]
        for name, method in closed.items():
            by_column = method(gram)[:, 0]
            columns[name] = np.array([by_column[list(c)].sum() for c in problem.groups])
    return pd.DataFrame(columns, index=list(problem.names))
