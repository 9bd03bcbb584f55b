"""Checks and conversions that every model shares: columns exist, are numeric, rows complete, factors coded."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from resilience_stats.errors import ModelError, did_you_mean
from resilience_stats.results import Note, note


@dataclass(frozen=True, slots=True, kw_only=True)
class Design:
    """Arrays ready for a solver.

    Attributes
    ----------
    y : numpy.ndarray, shape (n,)
    x : numpy.ndarray, shape (n, p)
        Intercept first where one was asked for.
    terms : tuple of str
        Name of each column of `x`; a level of a factor is ``column[level]``.
    sources : tuple of str
        The predictor that each column of `x` comes from (``(Intercept)`` for the intercept).
    rows : pandas.Index
        Labels of the rows used.
    extra : pandas.DataFrame
        The further columns asked for (clusters, weights, offset), rows used only.
    notes : tuple of Note
    """

    y: np.ndarray
    x: np.ndarray
    terms: tuple[str, ...]
    sources: tuple[str, ...]
    rows: pd.Index
    extra: pd.DataFrame
    notes: tuple[Note, ...]


def require_columns(data: pd.DataFrame, columns: Sequence[str], argument: str) -> None:
    """Raise `ModelError` naming the first column that `data` lacks.

    Examples
    --------
    >>> require_columns(pd.DataFrame({"a": [1]}), ["a"], "predictors")
    """
    for name in columns:
        if name not in data.columns:
            raise ModelError(
                f"no column named '{name}'",
                where=f"argument {argument}",
                allowed=f"the {len(data.columns)} columns of the data",
                action=did_you_mean(name, [str(c) for c in data.columns]),
            )


def numeric_items(items: pd.DataFrame, *, minimum: int = 2) -> tuple[np.ndarray, tuple[str, ...]]:
    """Return item answers as floats with NaN for missing, and their names.

    Parameters
    ----------
    items : pandas.DataFrame, shape (n, k)
        Numbers or ordered categories.
    minimum : int
        Fewest columns accepted.

    Examples
    --------
    >>> numeric_items(pd.DataFrame({"q1": [1, 2], "q2": [2, None]}))[0]
    array([[ 1.,  2.],
           [ 2., nan]])
    """
    if not isinstance(items, pd.DataFrame):
        raise ModelError("items must be a data frame, one column an item", found=type(items).__name__)
    if items.shape[1] < minimum:
        raise ModelError("too few items", where="argument items", found=items.shape[1], allowed=f"{minimum} or more")
    return np.column_stack([_floats(items[c], str(c)) for c in items.columns]), tuple(str(c) for c in items.columns)


def build_design(
    data: pd.DataFrame,
    outcome: str,
    predictors: Sequence[str],
    *,
    extra: Sequence[str] = (),
    intercept: bool = True,
) -> Design:
    """Return the arrays of a regression on complete rows, with treatment-coded factors.

    Parameters
    ----------
    data : pandas.DataFrame
    outcome : str
        Numeric, boolean or ordered categorical column.
    predictors : sequence of str
        Text, boolean and categorical columns become one indicator per level but the first (categories in their own
        order, text sorted).
    extra : sequence of str
        Columns carried along (cluster, weights, offset); a missing value there drops the row too.
    intercept : bool
        Put a column of ones first.

    Raises
    ------
    ModelError
        For unknown or repeated columns, the outcome among the predictors, non-numeric columns, or no complete row.

    Examples
    --------
    >>> frame = pd.DataFrame({"y": [1.0, 2.0, 4.0], "g": ["a", "b", "a"]})
    >>> build_design(frame, "y", ["g"]).terms
    ('(Intercept)', 'g[b]')
    """
    predictors = list(predictors)
    require_columns(data, [outcome], "outcome")
    require_columns(data, predictors, "predictors")
    require_columns(data, list(extra), "cluster, weights or offset")
    if outcome in predictors:
        raise ModelError(f"the outcome '{outcome}' is among the predictors", where="argument predictors")
    if len(set(predictors)) != len(predictors):
        raise ModelError("a predictor is named twice", where="argument predictors", found=predictors)
    if not extra and intercept:
        plain = _plain_design(data, outcome, predictors)
        if plain is not None:
            return plain
    wanted = list(dict.fromkeys([outcome, *predictors, *extra]))
    complete = data[wanted].notna().all(axis=1)
    used = data[wanted] if complete.all() else data.loc[complete, wanted]
    dropped = len(data) - len(used)
    if used.empty:
        raise ModelError("no row has a value in every column of the model", found=f"{len(data)} rows")
    notes = (note("rows-dropped", f"{dropped} of {len(data)} rows lack a value and were left out."),) if dropped else ()
    columns, terms, sources = [], [], []
    if intercept:
        columns.append(np.ones(len(used)))
        terms.append("(Intercept)")
        sources.append("(Intercept)")
    for name in predictors:
        block, labels = _encode(used[name], name)
        columns.extend(block)
        terms.extend(labels)
        sources.extend([name] * len(labels))
    return Design(
        y=_floats(used[outcome], outcome),
        x=np.column_stack(columns) if columns else np.empty((len(used), 0)),
        terms=tuple(terms),
        sources=tuple(sources),
        rows=used.index,
        extra=used[list(extra)],
        notes=notes,
    )


def _plain_design(data: pd.DataFrame, outcome: str, predictors: list[str]) -> Design | None:
    """Return the design where every column is of plain finite numbers, which needs no look at each column by itself."""
    frame = data[[outcome, *predictors]]
    if any(not isinstance(t, np.dtype) or t.kind not in "fiu" for t in frame.dtypes.to_numpy()):
        return None
    values = frame.to_numpy(dtype=float)
    if values.shape[1] != 1 + len(predictors) or not len(values) or not np.isfinite(values).all():
        return None
    x = np.empty(values.shape)
    x[:, 0], x[:, 1:] = 1.0, values[:, 1:]
    names = ("(Intercept)", *predictors)
    y, none = np.ascontiguousarray(values[:, 0]), pd.DataFrame(index=data.index)
    return Design(y=y, x=x, terms=names, sources=names, rows=data.index, extra=none, notes=())


def _floats(column: pd.Series, name: str) -> np.ndarray:
    if isinstance(column.dtype, pd.CategoricalDtype):
        codes = column.cat.codes.to_numpy(dtype=float, copy=True)
        codes[codes < 0] = np.nan
        numbers = pd.to_numeric(pd.Series(column.cat.categories), errors="coerce").to_numpy(dtype=float)
        return codes + 1.0 if np.isnan(numbers).any() else _look_up(codes, numbers)
    if isinstance(column.dtype, np.dtype) and column.dtype.kind in "fiu":
        values = column.to_numpy(dtype=float, copy=True)
        _require_finite(values, name)
        return values
    try:
        values = column.astype("Float64").to_numpy(dtype=float, na_value=np.nan)
    except (TypeError, ValueError) as error:
        bad = next((v for v in column.dropna() if not isinstance(v, (int, float, np.number))), None)
        raise ModelError(
            f"column '{name}' is not numeric", where=f"column {name}", found=bad, allowed="numbers"
        ) from error
    _require_finite(values, name)
    return values


def _require_finite(values: np.ndarray, name: str) -> None:
    if np.isinf(values).any():
        raise ModelError(f"column '{name}' holds an infinite value", where=f"column {name}", allowed="finite numbers")


def _look_up(codes: np.ndarray, numbers: np.ndarray) -> np.ndarray:
    out = np.full(codes.shape, np.nan)
    seen = ~np.isnan(codes)
    out[seen] = numbers[codes[seen].astype(int)]
    return out


def _encode(column: pd.Series, name: str) -> tuple[list[np.ndarray], list[str]]:
    if pd.api.types.is_bool_dtype(column):
        return [column.astype(float).to_numpy()], [name]
    if pd.api.types.is_numeric_dtype(column):
        return [_floats(column, name)], [name]
    category = column.astype("category").cat.remove_unused_categories()
    levels = list(category.cat.categories)
    if len(levels) < 2:
        raise ModelError(
            f"predictor '{name}' has a single level among the rows used",
            where=f"column {name}",
            found=levels,
            action="Leave it out, or check the rows with missing values.",
        )
    return [(category == level).to_numpy(dtype=float) for level in levels[1:]], [f"{name}[{v}]" for v in levels[1:]]
