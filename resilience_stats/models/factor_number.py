"""Can these items be factored, and into how many factors?"""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy.stats import rankdata

from resilience_stats.errors import ModelError, require_choice
from resilience_stats.models.item_matrix import item_matrix
from resilience_stats.results import Result, note
from resilience_stats.results.factors import FactorNumberResult
from resilience_stats.results.tidy import tidy_frame
from resilience_stats.stats.factor_number import (
    Reference,
    bartlett_sphericity,
    eigenvalues,
    kaiser_meyer_olkin,
    leading,
    minimum_average_partial,
    parallel_reference,
)

_KAISER = ((0.9, "marvellous"), (0.8, "meritorious"), (0.7, "middling"), (0.6, "mediocre"), (0.5, "miserable"))


def sampling_adequacy(
    items: pd.DataFrame, *, correlation: str = "pearson", missing: str = "complete", n_obs: int | None = None
) -> Result:
    """Return the Kaiser-Meyer-Olkin measure, overall and by item, and Bartlett's test of sphericity.

    Parameters
    ----------
    items : pandas.DataFrame
        One column an item; or, with `n_obs`, a correlation matrix.
    correlation : {"pearson", "spearman", "polychoric", "tetrachoric"}
    missing : {"complete", "pairwise"}
    n_obs : int, optional

    Returns
    -------
    Result
        `tidy()`: the measure of each item. `glance()`: `kmo`, `kmo_label` (Kaiser's words), `chi_square`, `df`,
        `p_value`, `log_p_value`, `determinant`, `n`, `k`.

    Examples
    --------
    >>> matrix = pd.DataFrame(np.eye(3) * 0.5 + 0.5, columns=["a", "b", "c"])
    >>> sampling_adequacy(matrix, n_obs=50).glance()[["kmo", "chi_square"]].round(3).to_numpy().tolist()
    [[0.692, 32.693]]
    """
    moments = item_matrix(items, correlation=correlation, missing=missing, n_obs=n_obs)
    overall, by_item = kaiser_meyer_olkin(moments.r)
    label = next((word for least, word in _KAISER if overall >= least), "unacceptable")
    fit: dict[str, object] = {"kmo": overall, "kmo_label": label}
    fit |= bartlett_sphericity(moments.r, moments.n)
    fit |= {"n": moments.n, "k": len(moments.names)}
    notes = list(moments.notes)
    if overall < 0.5:
        notes.append(note("not-factorable", f"A measure of {overall:.2f} is below .5: do not factor these items."))
    return Result(estimates=tidy_frame(term=moments.names, estimate=by_item), fit=fit, notes=tuple(notes))


def suggest_factors(
    items: pd.DataFrame,
    *,
    correlation: str = "pearson",
    n_iter: int = 200,
    random_state: int | np.random.Generator = 0,
    data: str | None = None,
    basis: str = "smc",
    quantile: float = 0.95,
    missing: str = "complete",
    merge_below: int = 0,
    n_obs: int | None = None,
) -> FactorNumberResult:
    """Return how many components and factors parallel analysis and the minimum average partial suggest.

    Parameters
    ----------
    items : pandas.DataFrame
        One column an item; or, with `n_obs`, a correlation matrix.
    correlation : {"pearson", "spearman", "polychoric"}
        Used for the items and, with `data` "permute", for the reference too.
    n_iter : int
        Reference data sets.
    random_state : int or numpy.random.Generator
    data : {"normal", "permute"}, optional
        Reference of independent normal variables, or of the answers shuffled item by item. Default: "normal" for
        Pearson, else "permute".
    basis : {"smc", "one_factor"}
        Communalities of the reduced matrix: squared multiple correlations, or one minres factor (as R's psych).
    quantile : float
        Of the reference, beside its mean.
    missing : {"complete", "pairwise"}
    merge_below : int
        Ordinal correlations: categories with fewer answers join a neighbour.
    n_obs : int, optional

    Returns
    -------
    FactorNumberResult
        `glance()`: `n_components_mean`, `n_components_q95`, `n_factors_mean`, `n_factors_q95` (leading eigenvalues
        above the mean, and above the quantile, of the reference), `n_map2`, `n_map4`, `n_above_one`. `tidy()` by rank:
        `component`, `component_mean`, `component_q95`, `factor`, `factor_mean`, `factor_q95` and Monte-Carlo errors.

    Notes
    -----
    The mean rule keeps too many at small n; the 95 % rule is the safer one. See `stats.factor_number` for sources.

    Examples
    --------
    >>> rng = np.random.default_rng(1)
    >>> answers = pd.DataFrame(rng.normal(size=(200, 6)) + np.repeat(rng.normal(size=(200, 2)), 3, axis=1))
    >>> suggest_factors(answers, random_state=1).glance()[["n_components_q95", "n_factors_q95", "n_map2"]].to_numpy()
    array([[2, 2, 2]])
    """
    require_choice(correlation, ("pearson", "spearman", "polychoric"), "correlation")
    require_choice(basis, ("smc", "one_factor"), "basis")
    data = ("normal" if correlation == "pearson" or n_obs is not None else "permute") if data is None else data
    require_choice(data, ("normal", "permute"), "data")
    if not 0.5 <= quantile < 1.0:
        raise ModelError("not an upper quantile", where="argument quantile", found=quantile, allowed="[0.5, 1)")
    moments = item_matrix(
        items, correlation=correlation, missing=missing, n_obs=n_obs, minimum=3, merge_below=merge_below
    )
    k = len(moments.names)
    components, factors = eigenvalues(moments.r, basis)
    answers = moments.answers
    if correlation == "spearman" and answers is not None and not np.isnan(answers).any():
        answers = rankdata(answers, axis=0)
    reference = parallel_reference(
        answers,
        n=moments.n,
        k=k,
        correlation="polychoric" if correlation == "polychoric" else "pearson",
        data=data,
        basis=basis,
        n_iter=n_iter,
        random_state=random_state,
    )
    squares, fourths = minimum_average_partial(moments.r)
    table = _by_rank(components, factors, reference, quantile)
    fit = {
        "n_components_mean": leading(components, table["component_mean"].to_numpy()),
        "n_components_q95": leading(components, table["component_q95"].to_numpy()),
        "n_factors_mean": leading(factors, table["factor_mean"].to_numpy()),
        "n_factors_q95": leading(factors, table["factor_q95"].to_numpy()),
        "n_map2": int(np.nanargmin(squares)),
        "n_map4": int(np.nanargmin(fourths)),
        "n_above_one": int(np.sum(components > 1.0)),
        "n": moments.n,
        "k": k,
        "n_iter": n_iter,
        "quantile": quantile,
    }
    partials = pd.DataFrame({"m": np.arange(k - 1), "map2": squares, "map4": fourths})
    notes = moments.notes
    if correlation != "pearson" and data == "normal":
        message = f"The reference is Pearson's of normal data, the items' is {correlation}: use data='permute'."
        notes = (*notes, note("reference-of-another-kind", message))
    return FactorNumberResult(estimates=table, fit=fit, notes=notes, partials=partials)


def _by_rank(components: np.ndarray, factors: np.ndarray, reference: Reference, quantile: float) -> pd.DataFrame:
    columns: dict[str, np.ndarray] = {}
    for name, real, drawn in (("component", components, reference.components), ("factor", factors, reference.factors)):
        columns[name] = real
        columns[f"{name}_mean"] = drawn.mean(axis=0)
        columns[f"{name}_mean_mcse"] = drawn.std(axis=0, ddof=1) / np.sqrt(len(drawn))
        columns[f"{name}_q95"] = np.quantile(drawn, quantile, axis=0)
        columns[f"{name}_q95_mcse"] = _quantile_error(drawn, quantile)
    return tidy_frame(term=range(1, len(components) + 1), estimate=components, **columns)


def _quantile_error(drawn: np.ndarray, quantile: float) -> np.ndarray:
    """Monte-Carlo error of a quantile: half the distance of the quantiles one binomial standard error either side."""
    reach = np.sqrt(quantile * (1.0 - quantile) / len(drawn))
    ends = np.quantile(drawn, [max(quantile - reach, 0.0), min(quantile + reach, 1.0)], axis=0)
    return (ends[1] - ends[0]) / 2.0
