"""Penalised regression: the whole path, and cross-validation on folds that are yours to name."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from resilience_stats.errors import ModelError, require_choice
from resilience_stats.models.guards import require_spread
from resilience_stats.models.inputs import build_design
from resilience_stats.results import Note, note
from resilience_stats.results.penalised import PenalisedResult
from resilience_stats.results.tidy import tidy_frame
from resilience_stats.stats.elastic_net import penalised_path as solve_path
from resilience_stats.stats.elastic_net import unit_deviance

MEASURES = ("deviance", "absolute_error", "auc")


def penalised_path(
    data: pd.DataFrame,
    outcome: str,
    predictors: Sequence[str],
    *,
    family: str = "gaussian",
    mixing: float = 1.0,
    penalties: Sequence[float] | None = None,
    folds: str | Sequence[int] | None = None,
    n_folds: int = 10,
    measure: str = "deviance",
    random_state: int | np.random.Generator | None = None,
) -> PenalisedResult:
    """Return lasso, ridge or elastic-net solutions along a path of penalties, cross-validated if asked.

    Parameters
    ----------
    data : pandas.DataFrame
    outcome : str
        Numeric; 0/1 for the binomial family.
    predictors : sequence of str
    family : {"gaussian", "binomial"}
    mixing : float
        1 lasso, 0 ridge, between them the elastic net.
    penalties : sequence of float, optional
        Default: 50 from the smallest that leaves all coefficients at zero down to a thousandth of it.
    folds : str or sequence of int, optional
        Column or sequence with the fold of each row; without it and `random_state`, no cross-validation.
    n_folds : int
        Folds drawn from `random_state` where `folds` is not given.
    measure : {"deviance", "absolute_error", "auc"}
    random_state : int or numpy.random.Generator, optional

    Returns
    -------
    PenalisedResult
        `tidy()`: term, penalty, estimate. `path`: penalty, deviance_ratio, df, and cv_mean, cv_std_error. `glance()`:
        penalty_max, null_deviance, penalty_min (best by cross-validation), penalty_1se (largest within one standard
        error of it), n.

    Raises
    ------
    ModelError
        For unknown options, negative penalties, or an outcome that does not suit the family.

    Notes
    -----
    No intervals and no p-values: a penalised estimate is biased on purpose, and inference after selection is not that
    of a model named beforehand. Solver and scale: `resilience_stats.stats.elastic_net.penalised_path`.

    Examples
    --------
    >>> frame = pd.DataFrame({"y": [1.0, 3, 5, 7.5, 9], "x": [0.0, 1, 2, 3, 4]})
    >>> penalised_path(frame, "y", ["x"], penalties=[0.5]).tidy()["estimate"].round(3).tolist()
    [1.707, 1.696]
    """
    require_choice(family, ("gaussian", "binomial"), "family")
    require_choice(measure, MEASURES, "measure")
    if not 0 <= mixing <= 1:
        raise ModelError("not a mixing weight", where="argument mixing", found=mixing, allowed="0 (ridge) to 1 (lasso)")
    extra = [folds] if isinstance(folds, str) else []
    design = build_design(data, outcome, predictors, extra=extra)
    x, y = design.x[:, 1:], design.y
    require_spread(y, outcome)
    if family == "binomial" and set(np.unique(y)) - {0.0, 1.0}:
        raise ModelError("the binomial family needs an outcome of 0 and 1", where="argument outcome", found=outcome)
    grid = _grid(x, y, penalties, mixing, family)
    path = solve_path(x, y, grid, mixing, family)
    table = pd.DataFrame({"penalty": grid, "deviance_ratio": path.deviance_ratio, "df": path.df})
    fit = {"penalty_max": path.penalty_max, "null_deviance": path.null_deviance, "mixing": mixing, "family": family,
           "n": len(y)}  # fmt: skip
    notes: list[Note] = list(design.notes)
    groups = _folds(data, design.rows, design.extra, folds, n_folds, random_state, len(y))
    if groups is not None:
        mean, error, more = _cross_validate(x, y, grid, mixing, family, groups, measure)
        table["cv_mean"], table["cv_std_error"] = mean, error
        fit |= _best(grid, mean, error, measure)
        notes += more
    terms = [t for t in design.terms for _ in grid]
    rows = tidy_frame(term=terms, estimate=path.coefficients.T.ravel(), penalty=np.tile(grid, len(design.terms)))
    return PenalisedResult(estimates=rows, fit=fit, notes=tuple(notes), path=table)


def _grid(x: np.ndarray, y: np.ndarray, penalties: Sequence[float] | None, mixing: float, family: str) -> np.ndarray:
    if penalties is not None:
        grid = np.asarray(penalties, dtype=float)
        if (grid < 0).any() or grid.size == 0:
            raise ModelError("penalties must be 0 or more", where="argument penalties", found=list(penalties))
        return grid
    top = solve_path(x, y, np.array([1e9]), 1.0, family).penalty_max / max(mixing, 1e-3)
    return np.geomspace(top, top / 1000, 50)


def _folds(
    data: pd.DataFrame,
    rows: pd.Index,
    extra: pd.DataFrame,
    folds: str | Sequence[int] | None,
    n_folds: int,
    random_state: int | np.random.Generator | None,
    n: int,
) -> np.ndarray | None:
    if isinstance(folds, str):
        return extra[folds].to_numpy()
    if folds is not None:
        return pd.Series(list(folds), index=data.index).loc[rows].to_numpy()
    if random_state is None:
        return None
    return np.random.default_rng(random_state).permutation(np.arange(n) % n_folds)


def _cross_validate(
    x: np.ndarray, y: np.ndarray, grid: np.ndarray, mixing: float, family: str, folds: np.ndarray, measure: str
) -> tuple[np.ndarray, np.ndarray, list[Note]]:
    names, values, sizes, notes = np.unique(folds), [], [], []
    if measure == "auc" and min((folds == f).sum() for f in names) < 10:
        measure = "deviance"
        notes.append(note("auc-needs-rows", "A fold has fewer than 10 rows, so deviance was used instead of the AUC."))
    for fold in names:
        out = folds == fold
        c = solve_path(x[~out], y[~out], grid, mixing, family).coefficients
        predictor = c[:, :1] + c[:, 1:] @ x[out].T
        values.append([_score(y[out], row, family, measure) for row in predictor])
        sizes.append(out.sum())
    scores, weights = np.array(values), np.array(sizes, dtype=float)
    mean = np.average(scores, axis=0, weights=weights)
    error = np.sqrt(np.average((scores - mean) ** 2, axis=0, weights=weights) / (len(names) - 1))
    return mean, error, notes


def _score(y: np.ndarray, predictor: np.ndarray, family: str, measure: str) -> float:
    if measure == "auc":
        return _auc(y, predictor)
    mean = predictor if family == "gaussian" else 1 / (1 + np.exp(-predictor))
    if measure == "absolute_error":
        return float(np.abs(y - mean).mean()) * (1 if family == "gaussian" else 2)
    return float(unit_deviance(y, mean, family).mean())


def _auc(y: np.ndarray, score: np.ndarray) -> float:
    ranks = pd.Series(score).rank().to_numpy()
    ones, zeros = (y == 1).sum(), (y == 0).sum()
    if ones == 0 or zeros == 0:
        return 0.5
    return float((ranks[y == 1].sum() - ones * (ones + 1) / 2) / (ones * zeros))


def _best(grid: np.ndarray, mean: np.ndarray, error: np.ndarray, measure: str) -> dict[str, float]:
    cost = -mean if measure == "auc" else mean
    least = grid[cost <= cost.min()].max()
    k = int(np.flatnonzero(grid == least)[0])
    return {"penalty_min": float(least), "penalty_1se": float(grid[cost <= cost[k] + error[k]].max())}
