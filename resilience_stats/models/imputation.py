"""Multiple imputation by chained equations."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np
import pandas as pd

from resilience_stats.errors import ModelError, require_choice
from resilience_stats.models.inputs import require_columns
from resilience_stats.models.pooling import pool
from resilience_stats.results import Note, note
from resilience_stats.results.imputation import ImputationResult
from resilience_stats.results.tidy import tidy_frame
from resilience_stats.stats.chained_equations import Chain, Column, run_chains
from resilience_stats.stats.resampling import spawn

METHODS = ("pmm", "norm", "logistic", "ordered", "nominal")
Passive = Mapping[str, Sequence[str] | Callable[[pd.DataFrame], pd.Series]]

__all__ = ["impute", "pool"]


def impute(
    data: pd.DataFrame,
    *,
    m: int = 20,
    random_state: int | np.random.Generator,
    method: Mapping[str, str] | str | None = None,
    iterations: int = 5,
    donors: int = 5,
    passive: Passive | None = None,
    exclude: Sequence[str] = (),
) -> ImputationResult:
    """Return `m` completed copies of the data.

    Parameters
    ----------
    data : pandas.DataFrame, shape (n, columns)
        Numbers, booleans, text and categories.
    m : int
        Number of completed data sets.
    random_state : int or numpy.random.Generator
    method : mapping of str to str, or str, optional
        ``pmm`` (predictive mean matching; keeps the values that occur), ``norm`` (Bayesian linear regression),
        ``logistic``, ``ordered`` (proportional odds) or ``nominal`` (multinomial). One name serves all numeric columns.
        Default: pmm for numbers, logistic for two categories, ordered and nominal for more.
    iterations : int
        Rounds through the columns.
    donors : int
        Known rows from which predictive mean matching draws.
    passive : mapping of str to list of columns or callable, optional
        Columns computed from others after every round: the mean of the columns listed, or ``f(frame)``. They predict
        other columns but not their own parts.
    exclude : sequence of str
        Columns carried along that neither predict nor are imputed (codes, names).

    Returns
    -------
    ImputationResult
        `completed`; `tidy()`: for each variable the method, n_missing, share_missing, and the means of known and of
        drawn values; `chains` to see whether the rounds settled; `glance()`: m, iterations, r_hat_max.

    Raises
    ------
    ModelError
        For unknown columns or methods, or a column without any known value.

    Notes
    -----
    Chain i draws from child i of the seed, so that asking for more imputations leaves the first ones as they were.
    Source: van Buuren, Flexible Imputation of Missing Data, 2nd edition, 2018.

    Examples
    --------
    >>> frame = pd.DataFrame({"a": [1.0, 2, None, 4, 5, 6, 7, 8], "b": [2.0, 4, 6, 8, 10, None, 14, 16]})
    >>> fit = impute(frame, m=3, random_state=1)
    >>> len(fit.completed), int(fit.completed[0].isna().sum().sum())
    (3, 0)
    """
    if m < 2:
        raise ModelError("too few imputations", where="argument m", found=m, allowed="2 or more")
    require_columns(data, list(exclude), "exclude")
    require_columns(data, list(passive or {}), "passive")
    active = [c for c in data.columns if c not in set(exclude)]
    methods = _methods(data[active], method, passive or {})
    values, categories = _coded(data[active], methods)
    columns, width = _columns(data[active], values, methods, categories, passive or {})
    rngs = [np.random.default_rng(seed) for seed in spawn(random_state, m)]
    chains = run_chains(values, columns, width, iterations, donors, rngs)
    completed = tuple(_decoded(data, active, chain.values, categories) for chain in chains)
    visited = [c.name for c in columns if c.missing.size]
    r_hat = _r_hat(chains)
    fit = {
        "m": m,
        "iterations": iterations,
        "n": len(data),
        "r_hat_max": float(np.max(r_hat, initial=1.0)),
        "rows_complete": int(data[active].notna().all(axis=1).sum()),
    }
    return ImputationResult(
        estimates=_summary(values, columns, chains),
        fit=fit,
        notes=_notes(data[active], visited, r_hat),
        completed=completed,
        chains=_chain_frame(chains, visited),
    )


def _methods(data: pd.DataFrame, method: Mapping[str, str] | str | None, passive: Passive) -> dict[str, str]:
    chosen = {}
    for name in data.columns:
        column = data[name]
        if name in passive:
            chosen[name] = "passive"
        elif isinstance(method, Mapping) and name in method:
            chosen[name] = method[name]
        else:
            chosen[name] = _default(column, method if isinstance(method, str) else "pmm")
        if chosen[name] != "passive":
            require_choice(chosen[name], METHODS, f"method of '{name}'")
        if column.isna().all():
            raise ModelError(
                f"column '{name}' has no known value to learn from",
                where=f"column {name}",
                action="Leave it out of the imputation.",
            )
    return chosen


def _default(column: pd.Series, numeric: str) -> str:
    if pd.api.types.is_bool_dtype(column):
        return "logistic"
    if pd.api.types.is_numeric_dtype(column):
        return numeric
    if column.nunique() <= 2:
        return "logistic"
    ordered = isinstance(column.dtype, pd.CategoricalDtype) and column.cat.ordered
    return "ordered" if ordered else "nominal"


def _coded(data: pd.DataFrame, methods: Mapping[str, str]) -> tuple[np.ndarray, dict[str, pd.Index]]:
    coded, categories = np.full(data.shape, np.nan), {}
    for j, name in enumerate(data.columns):
        column = data[name]
        number = pd.api.types.is_numeric_dtype(column) and not pd.api.types.is_bool_dtype(column)
        if methods[name] in ("pmm", "norm", "passive") and number:
            coded[:, j] = column.astype("Float64").to_numpy(dtype=float, na_value=np.nan)
            continue
        category = column.astype("category").cat.remove_unused_categories()
        categories[name] = category.cat.categories
        codes = category.cat.codes.to_numpy(dtype=float, copy=True)
        coded[:, j] = np.where(codes < 0, np.nan, codes)
    return coded, categories


def _columns(
    data: pd.DataFrame,
    values: np.ndarray,
    methods: Mapping[str, str],
    categories: Mapping[str, pd.Index],
    passive: Passive,
) -> tuple[list[Column], int]:
    places, width = {}, 1
    for j, name in enumerate(data.columns):
        known = values[~np.isnan(values[:, j]), j]
        dummies = len(categories[name]) - 1 if methods[name] == "nominal" else 1
        size = 0 if np.ptp(known) == 0 else dummies
        places[name] = tuple(range(width, width + size))
        width += size
    parts = {name: set(v) if not callable(v) else set() for name, v in passive.items()}
    columns = []
    for j, name in enumerate(data.columns):
        # A passive score is arithmetic of its parts: it must not predict them, nor they be regressed on it.
        barred = {name} | {score for score, items in parts.items() if name in items}
        predictors = (0, *(p for other in data.columns if other not in barred for p in places[other]))
        columns.append(
            Column(
                name=str(name),
                method=methods[name],
                position=j,
                design=places[name],
                predictors=predictors,
                levels=len(categories.get(name, ())),
                missing=np.flatnonzero(np.isnan(values[:, j])),
                passive=_passive(list(data.columns), passive[name]) if name in passive else None,
            )
        )
    return sorted(columns, key=lambda c: c.method == "passive"), width


def _passive(
    names: list[str], rule: Sequence[str] | Callable[[pd.DataFrame], pd.Series]
) -> Callable[[np.ndarray], np.ndarray]:
    if callable(rule):
        return lambda values: np.asarray(rule(pd.DataFrame(values, columns=names)), dtype=float)
    places = [names.index(name) for name in rule]
    return lambda values: values[:, places].mean(axis=1)


def _decoded(
    data: pd.DataFrame, active: list[str], values: np.ndarray, categories: Mapping[str, pd.Index]
) -> pd.DataFrame:
    out = data.copy()
    for j, name in enumerate(active):
        if not data[name].isna().any():
            continue
        if name in categories:
            drawn = pd.Series(categories[name].take(values[:, j].astype(int)), index=data.index)
            out[name] = drawn.astype(data[name].dtype)
        elif pd.api.types.is_integer_dtype(data[name]) and np.array_equal(values[:, j], np.round(values[:, j])):
            out[name] = pd.Series(values[:, j].astype(int), index=data.index).astype(data[name].dtype)
        else:
            out[name] = values[:, j]
    return out


def _summary(values: np.ndarray, columns: list[Column], chains: list[Chain]) -> pd.DataFrame:
    ordered = sorted(columns, key=lambda c: c.position)
    drawn = [
        float(np.mean([c.values[k.missing, k.position] for c in chains])) if k.missing.size else np.nan for k in ordered
    ]
    return tidy_frame(
        term=[c.name for c in ordered],
        estimate=drawn,
        method=[c.method for c in ordered],
        n_missing=[c.missing.size for c in ordered],
        share_missing=[c.missing.size / len(values) for c in ordered],
        mean_known=np.nanmean(values, axis=0),
        mean_drawn=drawn,
    )


def _r_hat(chains: list[Chain]) -> np.ndarray:
    """Gelman and Rubin's ratio for the means of the drawn values over the second half of the rounds."""
    means = np.stack([c.means for c in chains])
    half = means[:, means.shape[1] // 2 :]
    length = half.shape[1]
    if length < 2 or half.size == 0:
        return np.ones(means.shape[2])
    within = half.var(axis=1, ddof=1).mean(axis=0)
    between = length * half.mean(axis=1).var(axis=0, ddof=1)
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = np.sqrt(((length - 1) / length * within + between / length) / within)
    return np.where(within > 0, ratio, 1.0)


def _chain_frame(chains: list[Chain], visited: list[str]) -> pd.DataFrame:
    rows = [
        (i, step, name, chain.means[step - 1, k], chain.deviations[step - 1, k])
        for i, chain in enumerate(chains, start=1)
        for step in range(1, len(chain.means) + 1)
        for k, name in enumerate(visited)
    ]
    return pd.DataFrame(rows, columns=["imputation", "iteration", "variable", "mean", "std_dev"])


def _notes(data: pd.DataFrame, visited: list[str], r_hat: np.ndarray) -> tuple[Note, ...]:
    notes = []
    if not visited:
        notes.append(note("nothing-missing", "No value is missing: the completed copies are the data themselves."))
    share = float(data.isna().any(axis=1).mean())
    if share > 0.5:
        notes.append(note("many-incomplete-rows", f"{share:.0%} of the rows lack at least one value."))
    constant = [str(c) for c in data.columns if data[c].nunique() == 1]
    if constant:
        notes.append(note("constant-column", f"Without variation, so they predict nothing: {', '.join(constant)}."))
    if len(r_hat) and np.max(r_hat) > 1.5:
        worst = visited[int(np.argmax(r_hat))]
        notes.append(note("not-settled", f"The chains of '{worst}' still drift: ask for more iterations."))
    return tuple(notes)
