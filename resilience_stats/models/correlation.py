"""Correlations of items: Pearson, Spearman, polychoric, tetrachoric, polyserial."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from scipy import stats as distributions

from resilience_stats.errors import ModelError, require_choice
from resilience_stats.models.correlation_pairs import mixed_pairs, ordinal_pairs, product_moment_pairs
from resilience_stats.models.inputs import numeric_items, require_columns
from resilience_stats.models.item_matrix import MISSING, SPARSE
from resilience_stats.results import Note, note
from resilience_stats.results.correlation import CorrelationResult
from resilience_stats.stats.categories import merge_sparse
from resilience_stats.stats.correlations import (
    correlation_matrix,
    pairwise_counts,
    rank_correlation_matrix,
    smooth,
)
from resilience_stats.stats.polychoric import polychoric

KINDS = ("pearson", "spearman", "polychoric", "tetrachoric", "polyserial", "biserial")


def correlate(
    items: pd.DataFrame,
    *,
    kind: str = "pearson",
    estimator: str = "two_step",
    missing: str = "pairwise",
    thresholds_from: str = "item",
    zero_cells: str | None = None,
    merge_below: int = 0,
    continuous: Sequence[str] = (),
    conf_level: float = 0.95,
) -> CorrelationResult:
    """Return the correlation matrix of items, with thresholds, pairwise counts and an interval for every pair.

    Parameters
    ----------
    items : pandas.DataFrame, shape (n, k)
        Numbers or ordered categories.
    kind : {"pearson", "spearman", "polychoric", "tetrachoric", "polyserial", "biserial"}
        Polyserial: columns named in `continuous` are continuous, the others ordinal; pairs of ordinal items are
        polychoric and pairs of continuous ones Pearson's. Biserial is polyserial for items with two answers by the
        classical formula.
    estimator : {"two_step", "ml"}
        Thresholds from the margins and then the correlation, or both together for each pair.
    missing : {"pairwise", "complete"}
    thresholds_from : {"item", "pair"}
        With pairwise missing answers: thresholds from all rows that answered the item (as R's psych and lavaan do by
        default), or from those that answered both items of the pair.
    zero_cells : {"none", "half"}, optional
        "half" puts 0.5 in the empty cells of two-by-two tables. Default: "half" for tetrachoric, as R's psych, else
        "none".
    merge_below : int
        Categories with fewer answers join a neighbour (5 is a usual choice). 0 keeps all, as R does.
    continuous : sequence of str
    conf_level : float

    Returns
    -------
    CorrelationResult
        `matrix`, `thresholds`, `n_pairs`. `tidy()` adds `item_1`, `item_2`, `n`, and for ordinal pairs `empty_cells`,
        `corrected`, `boundary`, `log_likelihood` and the test of bivariate normality (`normality_chi_square`,
        `normality_df`, `normality_p_value`); `pair_thresholds` holds the thresholds of each pair as estimated.

    Notes
    -----
    Standard errors: Pearson and Spearman (1 - r^2) / sqrt(n - 1), intervals by Fisher's z; polychoric two-step from
    the influence of every row on thresholds and correlation, ML from the observed information, intervals on the z
    scale.

    Examples
    --------
    >>> answers = pd.DataFrame({"a": [0, 0, 1, 1], "b": [0, 1, 0, 1]}).loc[[0] * 40 + [1] * 9 + [2] * 12 + [3] * 39]
    >>> correlate(answers, kind="polychoric").tidy()[["term", "estimate", "n"]].round(3).to_numpy().tolist()
    [['a ~~ b', 0.793, 100]]
    """
    require_choice(kind, KINDS, "kind")
    require_choice(estimator, ("two_step", "ml"), "estimator")
    require_choice(missing, MISSING, "missing")
    require_choice(thresholds_from, ("item", "pair"), "thresholds_from")
    zero_cells = ("half" if kind == "tetrachoric" else "none") if zero_cells is None else zero_cells
    require_choice(zero_cells, ("none", "half"), "zero_cells")
    require_columns(items, list(continuous), "continuous")
    x, names = numeric_items(items)
    x, notes = _rows(x, missing)
    ordinal = [] if kind in ("pearson", "spearman") else [j for j, c in enumerate(items.columns) if c not in continuous]
    x = _prepare(x, names, ordinal, kind, merge_below, notes)
    cuts = None
    if not ordinal:
        raw = rank_correlation_matrix(x) if kind == "spearman" else correlation_matrix(x)
        pairs = product_moment_pairs(raw, names, pairwise_counts(x), conf_level)
    elif len(ordinal) == x.shape[1]:
        fit = polychoric(x, thresholds_from=thresholds_from, zero_cells=zero_cells)
        raw, pairs, cuts = ordinal_pairs(fit, names, estimator, conf_level)
    else:
        raw, pairs = mixed_pairs(x, names, set(ordinal), kind, estimator, conf_level)
    notes += _flags(pairs, raw)
    smoothed, _ = smooth(raw)
    index = list(names)
    return CorrelationResult(
        estimates=pairs,
        fit=_figures(pairs, raw, kind, estimator if ordinal else None, len(x)),
        notes=tuple(notes),
        matrix=pd.DataFrame(smoothed, index=index, columns=index),
        raw_matrix=pd.DataFrame(raw, index=index, columns=index),
        thresholds=_thresholds(x, names, ordinal),
        n_pairs=pd.DataFrame(pairwise_counts(x), index=index, columns=index),
        pair_thresholds=cuts,
        categories={names[j]: tuple(np.unique(x[~np.isnan(x[:, j]), j]).tolist()) for j in ordinal},
    )


def _rows(x: np.ndarray, missing: str) -> tuple[np.ndarray, list[Note]]:
    gaps = np.isnan(x)
    used = ~gaps.any(axis=1) if missing == "complete" else ~gaps.all(axis=1)
    notes = []
    if not used.all():
        notes.append(note("rows-dropped", f"{(~used).sum()} of {len(x)} rows were left out for missing answers."))
    if missing == "pairwise" and gaps[used].any():
        counts = pairwise_counts(x[used])
        notes.append(note("pairwise-n", f"Pairs of items rest on {counts.min()} to {counts.max()} rows."))
    if used.sum() < 3:
        raise ModelError("too few rows with answers", found=int(used.sum()), allowed="3 or more")
    return x[used], notes


def _prepare(
    x: np.ndarray, names: tuple[str, ...], ordinal: list[int], kind: str, merge_below: int, notes: list[Note]
) -> np.ndarray:
    """Merge or name sparse categories; refuse items that do not suit the kind."""
    if merge_below and ordinal:
        merged, told = merge_sparse(x[:, ordinal], merge_below)
        x = x.copy()
        x[:, ordinal] = merged
        for j, gone in told:
            listed = ", ".join(f"{v:g}" for v in gone)
            message = f"{names[ordinal[j]]}: categories {listed} had fewer than {merge_below} answers and were merged."
            notes.append(note("categories-merged", message))
    sparse = []
    for j in ordinal:
        values, counts = np.unique(x[~np.isnan(x[:, j]), j], return_counts=True)
        if kind in ("tetrachoric", "biserial") and len(values) != 2:
            raise ModelError(
                f"a {kind} correlation needs items with two answers",
                where=f"column {names[j]}",
                found=f"{len(values)} different answers",
                allowed="2",
                action="Use kind='polychoric' or 'polyserial'.",
            )
        sparse += [names[j]] if counts.min() < SPARSE else []
    if sparse and not merge_below:
        listed = ", ".join(sparse[:10]) + (", ..." if len(sparse) > 10 else "")
        message = f"{len(sparse)} items have a category with fewer than {SPARSE} answers ({listed}); see merge_below."
        notes.append(note("sparse-categories", message))
    return x


def _flags(pairs: pd.DataFrame, raw: np.ndarray) -> list[Note]:
    notes = []
    if "corrected" in pairs and pairs["corrected"].any():
        message = f"{int(pairs['corrected'].sum())} two-by-two tables had empty cells, which were given 0.5."
        notes.append(note("zero-cells-half", message))
    if "boundary" in pairs and pairs["boundary"].any():
        message = f"The likelihood of {int(pairs['boundary'].sum())} pairs rises to a correlation of one; set to .999."
        notes.append(note("correlation-at-boundary", message))
    if smooth(raw)[1]:
        message = "The matrix was not positive definite; `matrix` is smoothed, `raw_matrix` is as estimated."
        notes.append(note("matrix-smoothed", message))
    return notes


def _figures(pairs: pd.DataFrame, raw: np.ndarray, kind: str, estimator: str | None, n: int) -> dict[str, object]:
    return {
        "kind": kind,
        "estimator": estimator,
        "n": n,
        "n_smallest_pair": int(pairs["n"].min()),
        "k": len(raw),
        "mean_correlation": float(pairs["estimate"].mean()),
        "smallest_eigenvalue": float(np.linalg.eigvalsh(raw)[0]),
        "empty_cells": int(pairs["empty_cells"].sum()) if "empty_cells" in pairs else 0,
    }


def _thresholds(x: np.ndarray, names: tuple[str, ...], ordinal: list[int]) -> pd.DataFrame | None:
    if not ordinal:
        return None
    rows = {}
    for j in ordinal:
        _, counts = np.unique(x[~np.isnan(x[:, j]), j], return_counts=True)
        rows[names[j]] = pd.Series(distributions.norm.ppf(np.cumsum(counts)[:-1] / counts.sum()))
    frame = pd.DataFrame(rows).T
    frame.columns = pd.Index(range(1, frame.shape[1] + 1))
    return frame
