"""The graded response model: what each ordinal item tells, and how surely, along the whole scale."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from scipy import stats

from resilience_stats.errors import ModelError
from resilience_stats.models.cfa_inputs import MINIMUM_ROWS
from resilience_stats.models.cfa_ordinal import merge_categories
from resilience_stats.models.inputs import numeric_items, require_columns
from resilience_stats.results import Note, note
from resilience_stats.results.graded_response import GradedResponseResult
from resilience_stats.results.tidy import tidy_frame
from resilience_stats.stats.graded_response import (
    GradedResponse,
    fit_graded,
    item_information,
    latent_nodes,
    person_scores,
    yen_q3,
)

#: Below this many rows slopes and outer thresholds are too uncertain to be read one by one (Reise & Yu 1990).
STEADY_ROWS = 500
#: A residual correlation this far above the average names a dependent pair (Christensen, Makransky & Horton 2017).
Q3_EXCESS = 0.2


def fit_graded_response(
    items: pd.DataFrame,
    *,
    reverse: Sequence[str] = (),
    merge_below: int = 0,
    conf_level: float = 0.95,
    information_at: Sequence[float] | None = None,
    allow_small_n: bool = False,
) -> GradedResponseResult:
    """Score the respondents on one area from their ordinal answers, with the error of every score.

    Parameters
    ----------
    items : pandas.DataFrame
        The items of one area. Missing answers are left out of the likelihood; rows without any answer are dropped.
    reverse : sequence of str
        Items whose answers run the other way; they become smallest + largest answer - x.
    merge_below : int
        Join a category with fewer answers to its neighbour (0: never).
    conf_level : float
    information_at : sequence of float, optional
        Points of the latent scale (mean 0, SD 1) for `information`; -4 to 4 by 0.1 if not given.
    allow_small_n : bool
        Fit although n cannot bear it.

    Returns
    -------
    GradedResponseResult
        `glance()`: ``log_likelihood, aic, bic, marginal_reliability`` (mean of I / (I + 1) over the respondents' normal
        distribution), ``empirical_reliability`` (variance of the scores over itself plus the mean squared error),
        ``max_q3``, ``n``, ``n_parameters``.

    Raises
    ------
    ModelError
        For fewer than 50 rows, unknown columns, or an item with a single category.

    Notes
    -----
    Marginal maximum likelihood with theta standard normal; standard errors from the observed information. Thresholds
    are ``-c / a`` with delta-method errors. Formulas and sources: `stats.graded_response`.

    Examples
    --------
    >>> rng = np.random.default_rng(2)
    >>> theta = rng.normal(size=(400, 1))
    >>> behind = theta + rng.logistic(scale=0.5, size=(400, 4))
    >>> frame = pd.DataFrame(np.digitize(behind, [-1, 0, 1]), columns=list("abcd"))
    >>> fit = fit_graded_response(frame)
    >>> fit.fit["converged"], bool(abs(fit.item_parameters["slope"].mean() - 2) < 0.4)
    (True, True)
    """
    require_columns(items, list(reverse), "reverse")
    answers, names = numeric_items(items)
    answers = reversed_answers(answers, [c in set(reverse) for c in items.columns])
    used = ~np.isnan(answers).all(axis=1)
    notes = _size_notes(len(answers), int(used.sum()), allow_small_n=allow_small_n)
    codes, categories, merged = encode_answers(answers[used], names, merge_below)
    fit = fit_graded(codes, categories)
    theta = np.arange(-4.0, 4.05, 0.1) if information_at is None else np.asarray(information_at, dtype=float)
    labels = parameter_labels(names, categories)
    q3 = yen_q3(fit, codes)
    score, error = person_scores(fit.posterior, fit.nodes)
    return GradedResponseResult(
        estimates=_estimates(fit, names, conf_level),
        fit=_figures(fit, score, error, q3, len(codes)),
        notes=(*notes, *merged, *_fit_notes(fit, names, q3)),
        item_parameters=_item_parameters(fit, names),
        information=information_frame(fit, names, theta),
        scores=pd.DataFrame(
            {"score": score, "standard_error": error, "answered": (~np.isnan(codes)).sum(axis=1)},
            index=items.index[used],
        ),
        residual_correlations=pd.DataFrame(q3, index=names, columns=names),
        covariance=pd.DataFrame(fit.covariance, index=labels, columns=labels),
    )


def reversed_answers(answers: np.ndarray, reverse: Sequence[bool]) -> np.ndarray:
    """Return answers with the named columns turned: smallest + largest answer of all items - x.

    Examples
    --------
    >>> reversed_answers(np.array([[1.0, 1.0], [5.0, 4.0]]), [False, True])
    array([[1., 5.],
           [5., 2.]])
    """
    if not any(reverse):
        return answers
    ends = float(np.nanmin(answers) + np.nanmax(answers))
    return np.where(np.asarray(reverse), ends - answers, answers)


def encode_answers(
    answers: np.ndarray, names: Sequence[str], merge_below: int
) -> tuple[np.ndarray, list[int], list[Note]]:
    """Return categories from zero (NaN missing), how many each item has, and a note for each merger.

    Examples
    --------
    >>> encode_answers(np.array([[1.0], [5.0], [np.nan]]), ["q1"], 0)[0].ravel()
    array([ 0.,  1., nan])
    """
    (answers,), notes = merge_categories([answers], names, merge_below)
    codes = np.full(answers.shape, np.nan)
    categories = []
    for i, name in enumerate(names):
        seen = ~np.isnan(answers[:, i])
        values, codes[seen, i] = np.unique(answers[seen, i], return_inverse=True)
        if not 2 <= len(values) <= 50:
            raise ModelError(
                "a graded response model needs ordinal items",
                where=f"column {name}",
                found=f"{len(values)} different answers",
                allowed="2 to 50",
            )
        categories.append(len(values))
    return codes, categories, notes


def information_frame(fit: GradedResponse, names: Sequence[str], theta: np.ndarray) -> pd.DataFrame:
    """Return item and test information over the latent scale."""
    parts = {name: item_information(a, c, theta) for name, a, c in zip(names, fit.slopes, fit.intercepts, strict=True)}
    total = np.sum(list(parts.values()), axis=0)
    return pd.DataFrame({"theta": theta, **parts, "test": total, "standard_error": 1.0 / np.sqrt(total)})


def parameter_labels(names: Sequence[str], categories: Sequence[int]) -> list[str]:
    """Return the names of slopes and intercepts, item by item.

    Examples
    --------
    >>> parameter_labels(["q1"], [3])
    ['q1: slope', 'q1: intercept 1', 'q1: intercept 2']
    """
    return [
        f"{name}: {'slope' if k == 0 else f'intercept {k}'}"
        for name, count in zip(names, categories, strict=True)
        for k in range(count)
    ]


def _size_notes(given: int, used: int, *, allow_small_n: bool) -> list[Note]:
    notes = []
    if used < given:
        notes.append(note("rows-dropped", f"{given - used} of {given} rows have no answer and were left out."))
    if used < MINIMUM_ROWS and not allow_small_n:
        raise ModelError(
            f"{used} rows cannot bear a graded response model",
            where="argument items",
            found=used,
            allowed=f"{MINIMUM_ROWS} or more",
            action="Use the sum score with its standard error of measurement. allow_small_n=True fits it all the same.",
        )
    if used < MINIMUM_ROWS:
        notes.append(note("small-n-allowed", f"{used} rows cannot bear this model; it was asked for by name."))
    elif used < STEADY_ROWS:
        notes.append(
            note(
                "small-n",
                f"{used} rows: below {STEADY_ROWS} single slopes and outer thresholds are uncertain (see their "
                "intervals); the scores are steadier than the items.",
            )
        )
    return notes


def _root(variance: float) -> float:
    """Standard error; missing where the information is not that of a maximum, so that the variance is below 0."""
    return float(np.sqrt(variance)) if variance >= 0 else float("nan")


def _estimates(fit: GradedResponse, names: Sequence[str], conf_level: float) -> pd.DataFrame:
    rows = []
    start = 0
    for name, a, c in zip(names, fit.slopes, fit.intercepts, strict=True):
        block = fit.covariance[start : start + len(c) + 1, start : start + len(c) + 1]
        start += len(c) + 1
        rows.append((name, "slope", a, _root(block[0, 0])))
        for k, value in enumerate(c):
            pull = np.zeros(len(block))
            pull[0], pull[k + 1] = value / a**2, -1.0 / a
            rows.append((name, f"threshold {k + 1}", -value / a, _root(pull @ block @ pull)))
    frame = pd.DataFrame(rows, columns=["item", "parameter", "estimate", "std_error"])
    z = frame["estimate"] / frame["std_error"]
    reach = stats.norm.ppf(0.5 + conf_level / 2.0) * frame["std_error"]
    return tidy_frame(
        term=frame["item"] + ": " + frame["parameter"],
        estimate=frame["estimate"],
        std_error=frame["std_error"],
        statistic=z,
        df=np.inf,
        p_value=2.0 * stats.norm.sf(np.abs(z)),
        conf_low=frame["estimate"] - reach,
        conf_high=frame["estimate"] + reach,
        item=frame["item"].to_numpy(),
        parameter=frame["parameter"].to_numpy(),
    )


def _item_parameters(fit: GradedResponse, names: Sequence[str]) -> pd.DataFrame:
    rows = {}
    for name, a, c in zip(names, fit.slopes, fit.intercepts, strict=True):
        rows[name] = {"slope": a}
        rows[name] |= {f"threshold_{k + 1}": -value / a for k, value in enumerate(c)}
        rows[name] |= {f"intercept_{k + 1}": value for k, value in enumerate(c)}
    frame = pd.DataFrame.from_dict(rows, orient="index")
    return frame[["slope", *sorted((c for c in frame if c != "slope"), key=_by_kind)]]


def _by_kind(column: object) -> tuple[bool, int]:
    kind, number = str(column).rsplit("_", 1)
    return kind == "intercept", int(number)


def _figures(fit: GradedResponse, score: np.ndarray, error: np.ndarray, q3: np.ndarray, n: int) -> dict[str, object]:
    q = len(fit.covariance)
    nodes, weights = latent_nodes()
    test = sum(item_information(a, c, nodes) for a, c in zip(fit.slopes, fit.intercepts, strict=True))
    spread = float(np.var(score, ddof=1))
    return {
        "log_likelihood": fit.log_likelihood,
        "aic": -2.0 * fit.log_likelihood + 2.0 * q,
        "bic": -2.0 * fit.log_likelihood + q * np.log(n),
        "marginal_reliability": float(weights @ (test / (test + 1.0))),
        "empirical_reliability": spread / (spread + float(np.mean(error**2))),
        "max_q3": float(q3[np.triu_indices(len(q3), 1)].max()),
        "n": n,
        "n_parameters": q,
        "converged": fit.converged,
        "iterations": fit.iterations,
    }


def _fit_notes(fit: GradedResponse, names: Sequence[str], q3: np.ndarray) -> list[Note]:
    notes = []
    if not fit.converged:
        notes.append(
            note(
                "not-converged",
                f"The iteration stopped with a gradient of {fit.gradient:.1e}: do not use the estimates.",
            )
        )
    against = [f"'{n}'" for n, a in zip(names, fit.slopes, strict=True) if a < 0]
    if against:
        notes.append(
            note(
                "negative-slope",
                f"{', '.join(against)} run against the other items; name them in reverse if they were worded so.",
            )
        )
    first, second = np.triu_indices(len(names), 1)
    pairs = q3[first, second]
    extreme = np.flatnonzero(pairs > pairs.mean() + Q3_EXCESS)
    if len(extreme):
        worst = extreme[np.argmax(pairs[extreme])]
        notes.append(
            note(
                "local-dependence",
                f"{len(extreme)} pairs of items share more than the area, most '{names[first[worst]]}' and "
                f"'{names[second[worst]]}' (Q3 {pairs[worst]:.2f}): reliability and information are overstated.",
            )
        )
    return notes
