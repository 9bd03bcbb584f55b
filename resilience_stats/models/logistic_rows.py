"""The rows of a logistic regression: outcome coded 0/1, weights, offset, clusters."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from resilience_stats.errors import ModelError
from resilience_stats.models.inputs import build_design, require_columns
from resilience_stats.results import Note, note


@dataclass(frozen=True, slots=True, kw_only=True)
class LogisticRows:
    """Arrays of one regression.

    Attributes
    ----------
    x : numpy.ndarray, shape (n, p)
        Intercept first.
    y : numpy.ndarray, shape (n,)
        0 or 1.
    weights, offset : numpy.ndarray, shape (n,)
    terms, sources : tuple of str
        Names of the columns and the predictors they come from.
    index : pandas.Index
    cluster : numpy.ndarray or None
    notes : tuple of Note
    """

    x: np.ndarray
    y: np.ndarray
    weights: np.ndarray
    offset: np.ndarray
    terms: tuple[str, ...]
    sources: tuple[str, ...]
    index: pd.Index
    cluster: np.ndarray | None
    notes: tuple[Note, ...]


def logistic_rows(
    data: pd.DataFrame,
    outcome: str,
    predictors: Sequence[str],
    *,
    offset: str | None = None,
    weights: str | None = None,
    cluster: str | None = None,
) -> LogisticRows:
    """Return the complete rows, the outcome coded 0 and 1.

    Raises
    ------
    ModelError
        Where the outcome does not have exactly two values, or weights are negative.

    Examples
    --------
    >>> frame = pd.DataFrame({"y": ["no", "yes", "no"], "x": [1.0, 2, 3]})
    >>> logistic_rows(frame, "y", ["x"]).y
    array([0., 1., 0.])
    """
    require_columns(data, [outcome], "outcome")
    frame, said = _two_levels(data, outcome)
    extra = [c for c in (offset, weights, cluster) if c is not None]
    if weights is not None:
        require_columns(frame, [weights], "weights")
        frame = frame[frame[weights].ne(0)]  # a frequency of 0 is no row
    design = build_design(frame, outcome, predictors, extra=extra)
    n = len(design.y)
    w = np.ones(n) if weights is None else design.extra[weights].to_numpy(dtype=float)
    if (w < 0).any():
        raise ModelError("weights must be frequencies", where=f"column {weights}", allowed="0 or more")
    shift = np.zeros(n) if offset is None else design.extra[offset].to_numpy(dtype=float)
    return LogisticRows(
        x=design.x, y=design.y, weights=w, offset=shift, terms=design.terms, sources=design.sources, index=design.rows,
        cluster=None if cluster is None else design.extra[cluster].to_numpy(), notes=(*said, *design.notes),
    )  # fmt: skip


def _two_levels(data: pd.DataFrame, outcome: str) -> tuple[pd.DataFrame, tuple[Note, ...]]:
    column = data[outcome]
    values = column.dropna().unique()
    if isinstance(column.dtype, pd.CategoricalDtype):
        values = np.array([c for c in column.cat.categories if c in set(values)], dtype=object)
    else:
        values = np.sort(values)
    if set(values.tolist()) <= {0, 1}:
        return data, ()
    if len(values) != 2:
        raise ModelError(
            f"the outcome '{outcome}' has {len(values)} values", where="argument outcome",
            found=values[:6].tolist(), allowed="two: 0 and 1, or two levels with the event last",
        )  # fmt: skip
    coded = (column == values[1]).astype(float).where(column.notna())
    said = note("outcome-recoded", f"The event is {outcome} = {values[1]}; {values[0]} counts as no event.")
    return data.assign(**{outcome: coded}), (said,)
