"""Two nested models compared over completed data sets: D1, D2, D3 and D4."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from resilience_stats.errors import ModelError, require_choice
from resilience_stats.models.pooling import pool, pool_test, pooled_test_result
from resilience_stats.results import Note, Result, note
from resilience_stats.results.linear import LinearResult
from resilience_stats.results.logistic import LogisticResult
from resilience_stats.results.ordinal import OrdinalResult
from resilience_stats.stats import pooling
from resilience_stats.stats.least_squares import gaussian_log_likelihood, least_squares
from resilience_stats.stats.logistic import binomial_log_likelihood, fit_binomial
from resilience_stats.stats.ordinal import fit_cumulative_link, log_likelihood, ordinal_problem

METHODS = ("d1", "d2", "d2_likelihood", "d3", "d3_refitted", "d4")
Array = np.ndarray


@dataclass(frozen=True, slots=True, kw_only=True)
class _Likelihood:
    """One fitted model as a likelihood: rows, parameters, and what can be made of them.

    `value` is the log-likelihood at parameters, `refitted` that with the coefficients held fixed but the intercept and
    the variance estimated again, `maximum` the largest one on rows (outcome, columns, weights, offset).
    """

    rows: tuple[Array, ...]
    parameters: Array
    value: Callable[[tuple[Array, ...], Array], float]
    refitted: Callable[[tuple[Array, ...], Array], float] | None
    maximum: Callable[[tuple[Array, ...]], float]


def compare_pooled(full: Sequence[Result], reduced: Sequence[Result], *, method: str = "d3") -> Result:
    """Return the pooled test of a model against one nested in it, each fitted to every completed data set.

    Parameters
    ----------
    full, reduced : sequence of LinearResult, LogisticResult or OrdinalResult, length m
        The same outcome; the terms of `reduced` are among those of `full`.
    method : {"d1", "d2", "d2_likelihood", "d3", "d3_refitted", "d4"}
        Pooled Wald test; combined Wald or likelihood-ratio statistics; Meng and Rubin's likelihood-ratio test with all
        parameters at their pooled values; the same with intercept and residual variance estimated again, as mice does
        it; Chan and Meng's test on the stacked data.

    Returns
    -------
    Result
        `glance()`: statistic, df_num, df_den, riv, p_value, method, terms.

    Raises
    ------
    ModelError
        Models that are not nested, penalised or robust in a way that has no likelihood, or of different kinds.

    Notes
    -----
    See `resilience_stats.stats.pooling` for D1 to D4. Holding only the coefficients fixed lets part of the difference
    between pooled and own estimates go into the intercept and the variance, so "d3_refitted" is not the published test.

    Examples
    --------
    >>> import pandas as pd
    >>> from resilience_stats.models.linear import fit_linear
    >>> x = [1.0, 2, 3, 4, 5, 6]
    >>> sets = [pd.DataFrame({"x": x, "z": [0, 1, 1, 0, 1, v], "y": [1.0, 3, 2, 5, 4, 6]}) for v in (0, 1, 2)]
    >>> full = [fit_linear(d, "y", ["x", "z"]) for d in sets]
    >>> compare_pooled(full, [fit_linear(d, "y", ["x"]) for d in sets]).glance()["terms"].tolist()
    ['z']
    """
    require_choice(method, METHODS, "method")
    tested = _tested_terms(full, reduced)
    if method in ("d1", "d2"):
        return pool_test(pool(full), tested, method=method)
    models, nested = [_likelihood(f) for f in full], [_likelihood(f) for f in reduced]
    own = 2.0 * (_own(models) - _own(nested))
    k = len(tested)
    if method == "d2_likelihood":
        test = pooling.d2(own, k)
    elif method == "d4":
        test = pooling.d4(own, 2.0 * (_stacked(models) - _stacked(nested)), k)
    else:
        test = pooling.d3(own, 2.0 * (_pooled(models, method) - _pooled(nested, method)), k)
    notes: tuple[Note, ...] = ()
    if test.riv < 0:
        text = "The relative increase in variance came out negative, as it can in small samples: use D1 beside this."
        notes = (note("negative-riv", text),)
    return pooled_test_result(test, method, tested, notes)


def _tested_terms(full: Sequence[Result], reduced: Sequence[Result]) -> list[str]:
    if len(full) != len(reduced) or len(full) < 2:
        raise ModelError(
            "both models need a fit to every completed data set", where="arguments full, reduced",
            found=f"{len(full)} and {len(reduced)}", allowed="two or more of each",
        )  # fmt: skip
    terms, kept = list(full[0].estimates["term"]), set(reduced[0].estimates["term"])
    if not kept < set(terms):
        raise ModelError(
            "the models are not nested", where="argument reduced", found=sorted(kept - set(terms)) or sorted(kept),
            action="Give the same outcome, and fewer of the same predictors.",
        )  # fmt: skip
    return [t for t in terms if t not in kept]


def _own(models: Sequence[_Likelihood]) -> Array:
    return np.array([m.value(m.rows, m.parameters) for m in models])


def _pooled(models: Sequence[_Likelihood], method: str) -> Array:
    mean = np.mean([m.parameters for m in models], axis=0)
    if method == "d3":
        return np.array([m.value(m.rows, mean) for m in models])
    values = [None if m.refitted is None else m.refitted(m.rows, mean) for m in models]
    if any(v is None for v in values):
        raise ModelError("d3_refitted exists for linear and logistic models", where="argument method")
    return np.array(values, dtype=float)


def _stacked(models: Sequence[_Likelihood]) -> float:
    rows = tuple(np.concatenate(parts) for parts in zip(*(m.rows for m in models), strict=True))
    return models[0].maximum(rows) / len(models)


def _likelihood(fit: Result) -> _Likelihood:
    if isinstance(fit, LinearResult):
        return _linear(fit)
    if isinstance(fit, LogisticResult) and fit.penalty == "none":
        return _logistic(fit)
    if isinstance(fit, OrdinalResult) and fit.random_effects is None and fit.fit["n"] == fit.fit["n_rows"]:
        return _ordinal(fit)
    raise ModelError(
        "this fit has no likelihood that can be taken at pooled estimates", where="arguments full, reduced",
        found=type(fit).__name__, allowed="linear, logistic without penalty, ordinal without weights and groups",
        action="Use method='d1' or 'd2'.",
    )  # fmt: skip


def _linear(fit: LinearResult) -> _Likelihood:
    d = fit.design
    w = np.ones(len(d.y)) if d.weights is None else d.weights
    beta = fit.estimates["estimate"].to_numpy(dtype=float)
    variance = float(w @ (d.y - d.x @ beta) ** 2) / len(d.y)

    def value(rows: tuple[Array, ...], parameters: Array) -> float:
        """Log-likelihood of the rows at these parameters."""
        y, x, weight = rows
        return gaussian_log_likelihood(y - x @ parameters[:-1], weight, float(parameters[-1]))

    def refitted(rows: tuple[Array, ...], parameters: Array) -> float:
        """Log-likelihood at these coefficients with what is not tested estimated again."""
        y, x, weight = rows
        rest = y - x @ parameters[:-1]
        rest = rest - weight @ rest / weight.sum()
        return gaussian_log_likelihood(rest, weight, float(weight @ rest**2) / len(y))

    def maximum(rows: tuple[Array, ...]) -> float:
        """Highest log-likelihood of the rows."""
        y, x, weight = rows
        rest = y - x @ least_squares(x, y, weights=weight).coefficients
        return gaussian_log_likelihood(rest, weight, float(weight @ rest**2) / len(y))

    rows = (d.y, d.x, w)
    return _Likelihood(rows=rows, parameters=np.append(beta, variance), value=value, refitted=refitted, maximum=maximum)


def _logistic(fit: LogisticResult) -> _Likelihood:
    rows = (
        fit.rows["outcome"].to_numpy(dtype=float),
        fit.design.to_numpy(dtype=float),
        fit.rows["weight"].to_numpy(dtype=float),
        fit.rows["offset"].to_numpy(dtype=float),
    )

    def value(rows: tuple[Array, ...], parameters: Array) -> float:
        """Log-likelihood of the rows at these parameters."""
        y, x, weight, offset = rows
        return float(binomial_log_likelihood(y, x @ parameters + offset, weight))

    def refitted(rows: tuple[Array, ...], parameters: Array) -> float:
        """Log-likelihood at these coefficients with what is not tested estimated again."""
        y, x, weight, offset = rows
        ones = np.ones((len(y), 1))
        return fit_binomial(ones, y, weights=weight, offset=x @ parameters + offset).log_likelihood

    def maximum(rows: tuple[Array, ...]) -> float:
        """Highest log-likelihood of the rows."""
        y, x, weight, offset = rows
        return fit_binomial(x, y, weights=weight, offset=offset).log_likelihood

    beta = fit.estimates["estimate"].to_numpy(dtype=float)
    return _Likelihood(rows=rows, parameters=beta, value=value, refitted=refitted, maximum=maximum)


def _ordinal(fit: OrdinalResult) -> _Likelihood:
    if set(fit.estimates["component"]) - {"threshold", "location"}:
        raise ModelError("d3 and d4 exist for ordinal models without nominal and scale effects", where="argument full")
    link = str(fit.fit["link"])

    def value(rows: tuple[Array, ...], parameters: Array) -> float:
        """Log-likelihood of the rows at these parameters."""
        return log_likelihood(ordinal_problem(rows[0], rows[1], link=link), parameters)

    def maximum(rows: tuple[Array, ...]) -> float:
        """Highest log-likelihood of the rows."""
        return fit_cumulative_link(ordinal_problem(rows[0], rows[1], link=link)).log_likelihood

    parameters = fit.estimates["estimate"].to_numpy(dtype=float)
    return _Likelihood(rows=(fit.level, fit.x), parameters=parameters, value=value, refitted=None, maximum=maximum)
