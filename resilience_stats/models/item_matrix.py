"""Turn items, or a correlation matrix somebody already has, into what the psychometric functions work on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from resilience_stats.errors import ModelError, require_choice
from resilience_stats.models.inputs import numeric_items, require_columns
from resilience_stats.results import Note, note
from resilience_stats.stats.categories import merge_sparse
from resilience_stats.stats.correlations import (
    correlation_matrix,
    covariance_matrix,
    pairwise_counts,
    rank_correlation_matrix,
    smooth,
)
from resilience_stats.stats.polychoric import polychoric

KINDS = ("pearson", "spearman", "polychoric", "tetrachoric")
MISSING = ("complete", "pairwise")
#: A category with fewer answers than this is named in a note, whether or not it is merged.
SPARSE = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemMatrix:
    """Items and their correlations.

    Attributes
    ----------
    names : tuple of str
    answers : numpy.ndarray of shape (n, k), or None
        The rows used, NaN for missing; None where a matrix was given.
    r : numpy.ndarray, shape (k, k)
    covariance : numpy.ndarray, shape (k, k)
        Equal to `r` where the correlations are not Pearson's of answers.
    n : int
        Rows behind the least-answered pair.
    n_rows : int
        Rows given.
    rows : pandas.Index or None
    notes : tuple of Note
    """

    names: tuple[str, ...]
    answers: np.ndarray | None
    r: np.ndarray
    covariance: np.ndarray
    n: int
    n_rows: int
    rows: pd.Index | None
    notes: tuple[Note, ...]


def item_matrix(
    items: pd.DataFrame,
    *,
    correlation: str = "pearson",
    missing: str = "complete",
    n_obs: int | None = None,
    reverse: Sequence[str] = (),
    minimum: int = 2,
    merge_below: int = 0,
) -> ItemMatrix:
    """Return answers, correlations and counts.

    Parameters
    ----------
    items : pandas.DataFrame
        One column an item; or, with `n_obs`, a square correlation or covariance matrix.
    correlation : {"pearson", "spearman", "polychoric", "tetrachoric"}
    missing : {"complete", "pairwise"}
        Rows with every answer, or for each pair the rows that have both.
    n_obs : int, optional
        Says that `items` is a matrix, found on so many rows.
    reverse : sequence of str
        Items whose answers run the other way; they become smallest + largest answer - x.
    minimum : int
        Fewest items.
    merge_below : int
        Ordinal correlations: categories with fewer answers join a neighbour, and a note says so.

    Examples
    --------
    >>> frame = pd.DataFrame({"a": [1, 2, 3, 4], "b": [1, 3, 2, 4], "c": [2, 1, 4, None]})
    >>> item_matrix(frame).n, item_matrix(frame, missing="pairwise").n
    (3, 3)
    """
    require_choice(correlation, KINDS, "correlation")
    require_choice(missing, MISSING, "missing")
    require_columns(items, list(reverse), "reverse")
    x, names = numeric_items(items, minimum=minimum)
    signs = np.where([c in set(reverse) for c in items.columns], -1.0, 1.0)
    if n_obs is not None:
        return _given(x, signs, names, n_obs)
    x = np.where(signs < 0, np.nanmin(x) + np.nanmax(x) - x, x) if len(reverse) else x
    notes: list[Note] = []
    used = ~np.isnan(x).any(axis=1) if missing == "complete" else ~np.isnan(x).all(axis=1)
    if not used.all():
        notes.append(_dropped(len(x), int(used.sum()), missing))
    if used.sum() < 3:
        raise ModelError("too few rows with answers", found=int(used.sum()), allowed="3 or more")
    x = x[used]
    _require_variation(x, names)
    if correlation in ("polychoric", "tetrachoric"):
        x = _merged(x, names, merge_below, notes)
    found = item_correlations(x, correlation)
    _require_correlations(found, names)
    r, changed = smooth(found)
    if changed:
        notes.append(
            note("matrix-smoothed", "The correlations were not positive definite; negative eigenvalues were raised.")
        )
    counts = pairwise_counts(x)
    if missing == "pairwise" and counts.min() < counts.max():
        notes.append(
            note("pairwise-n", f"Pairs of items rest on {counts.min()} to {counts.max()} rows; n is the least.")
        )
    return ItemMatrix(
        names=names,
        answers=x,
        r=r,
        covariance=covariance_matrix(x) if correlation == "pearson" else r,
        n=int(counts.min()),
        n_rows=len(used),
        rows=items.index[used],
        notes=tuple(notes),
    )


def item_correlations(x: np.ndarray, kind: str) -> np.ndarray:
    """Return the correlation matrix of answers, not smoothed.

    Examples
    --------
    >>> item_correlations(np.array([[1.0, 1.0], [2.0, 3.0], [3.0, 2.0]]), "spearman")[0, 1].round(3)
    np.float64(0.5)
    """
    if kind == "pearson":
        return correlation_matrix(x)
    if kind == "spearman":
        return rank_correlation_matrix(x)
    return polychoric(x, zero_cells="half" if kind == "tetrachoric" else "none").matrix


def _require_variation(x: np.ndarray, names: tuple[str, ...]) -> None:
    for j, name in enumerate(names):
        values = x[~np.isnan(x[:, j]), j]
        if len(values) == 0 or values.min() == values.max():
            raise ModelError(
                f"item '{name}' has the same answer in every row used",
                where=f"column {name}",
                found=float(values[0]) if len(values) else "no answer",
                action="Leave it out: it cannot correlate with anything.",
            )


def _require_correlations(r: np.ndarray, names: tuple[str, ...]) -> None:
    """Pairs may have rows of their own, in which an item need not vary though it does elsewhere."""
    unknown = np.argwhere(np.isnan(r))
    if len(unknown):
        one, other = (names[k] for k in unknown[0])
        raise ModelError(
            f"items '{one}' and '{other}' have no correlation in the rows that answer both",
            where=f"columns {one}, {other}",
            found="one of them has the same answer in all of these rows",
            action="Leave one of them out, or use rows with every answer.",
        )


def _merged(x: np.ndarray, names: tuple[str, ...], merge_below: int, notes: list[Note]) -> np.ndarray:
    merged, told = merge_sparse(x, merge_below)
    for j, gone in told:
        values = ", ".join(f"{v:g}" for v in gone)
        message = f"{names[j]}: categories {values} had fewer than {merge_below} answers and were merged."
        notes.append(note("categories-merged", message))
    _, sparse = merge_sparse(x, SPARSE)
    if sparse and not merge_below:
        listed = ", ".join(names[j] for j, _ in sparse[:10]) + (", ..." if len(sparse) > 10 else "")
        message = f"{len(sparse)} items have a category with fewer than {SPARSE} answers ({listed}); see merge_below."
        notes.append(note("sparse-categories", message))
    return merged


def _given(matrix: np.ndarray, signs: np.ndarray, names: tuple[str, ...], n_obs: int) -> ItemMatrix:
    square = matrix.shape[0] == matrix.shape[1]
    if not square or np.isnan(matrix).any() or not np.allclose(matrix, matrix.T, atol=1e-8):
        raise ModelError(
            "n_obs says that items is a correlation matrix, but it is not square, symmetric and complete",
            where="argument items",
            found=f"{matrix.shape[0]} x {matrix.shape[1]}",
            action="Leave n_obs out to give answers, one row a respondent.",
        )
    matrix, scale = matrix * np.outer(signs, signs), np.sqrt(np.diag(matrix))
    r = matrix / np.outer(scale, scale)
    np.fill_diagonal(r, 1.0)
    r, changed = smooth((r + r.T) / 2.0)
    notes = (note("matrix-smoothed", "The matrix given was not positive definite; negative eigenvalues were raised."),)
    return ItemMatrix(
        names=names,
        answers=None,
        r=r,
        covariance=r * np.outer(scale, scale),
        n=int(n_obs),
        n_rows=int(n_obs),
        rows=None,
        notes=notes if changed else (),
    )


def _dropped(given: int, used: int, missing: str) -> Note:
    what = "lack an answer" if missing == "complete" else "have no answer at all"
    return note("rows-dropped", f"{given - used} of {given} rows {what} and were left out.")
