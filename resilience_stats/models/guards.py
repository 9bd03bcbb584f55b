"""Checks that keep an honest model honest: no part of the outcome among its causes, no more terms than n carries."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Mapping, Sequence

import numpy as np

from resilience_stats.errors import CircularModelError, ModelError
from resilience_stats.results import Note, note

#: Expected shrinkage below which the number of terms is called too many (van Houwelingen & Le Cessie 1990).
ENOUGH_SHRINKAGE = 0.9
#: Adjusted R2, c-statistic and weighted kappa above which the reader is told to look for an artefact; see
#: `implausible_notes`.
IMPLAUSIBLE_R2, IMPLAUSIBLE_C, IMPLAUSIBLE_KAPPA = 0.5, 0.85, 0.4
#: Below this many clusters, or this many degrees of freedom, even CR2 tests are unreliable (Tipton 2015).
FEW_CLUSTERS, FEW_DF = 10, 4.0
#: Rows that each parameter of a linear model needs before anything is known of its strength; see `carried_by_rows`.
LEAST_ROWS_PER_PARAMETER = 10


def require_spread(y: np.ndarray, outcome: str) -> None:
    """Raise where every row used has the same outcome: no model says anything of it.

    Examples
    --------
    >>> require_spread(np.array([1.0, 2.0]), "score")
    >>> require_spread(np.array([2.0, 2.0]), "score")
    Traceback (most recent call last):
    resilience_stats.errors.ModelError: column score: the outcome is the same in every row used: found 2.0.
    """
    if np.ptp(y) == 0:
        raise ModelError("the outcome is the same in every row used", where=f"column {outcome}", found=float(y[0]))


def refuse_parts(
    outcome: str,
    predictors: Sequence[str],
    parts: Mapping[str, Iterable[str]] | None,
    allow_parts: Collection[str] = (),
) -> tuple[Note, ...]:
    """Raise where a predictor shares arithmetic with the outcome; return a note for each that was let through by name.

    Parameters
    ----------
    outcome : str
    predictors : sequence of str
    parts : mapping of str to iterable of str, optional
        For each score the columns it is made of, themselves scores or not (`FeatureTable.part_of`).
    allow_parts : collection of str
        Predictors that the caller accepts all the same.

    Raises
    ------
    CircularModelError
        Naming each predictor and the columns it has in common with the outcome.

    Examples
    --------
    >>> [n.code for n in refuse_parts("total", ["q1"], {"total": ["q1", "q2"]}, allow_parts=["q1"])]
    ['part-of-outcome-allowed']
    """
    made_of = {name: tuple(columns) for name, columns in (parts or {}).items()}
    own = _leaves(outcome, made_of)
    shared = {name: sorted(own & _leaves(name, made_of)) for name in predictors}
    circular = {name: common for name, common in shared.items() if common}
    refused = {name: common for name, common in circular.items() if name not in allow_parts}
    if refused:
        raise CircularModelError(
            f"'{outcome}' is made of the same answers as its predictors "
            + "; ".join(f"'{name}' (both hold {_some(common)})" for name, common in refused.items()),
            where="argument predictors",
            action="Such a model is arithmetic, not evidence. Use an outcome from another source, or name the columns "
            "in allow_parts to print them with a note.",
        )
    return tuple(
        note(
            "part-of-outcome-allowed",
            f"'{name}' is part of the outcome '{outcome}' ({_some(common)}); its coefficient is arithmetic in part. It "
            "was let through by name.",
        )
        for name, common in circular.items()
    )


def shrinkage(likelihood_ratio: float, parameters: int) -> float:
    """Return the expected shrinkage (LR - p) / LR of a model's slopes.

    van Houwelingen & Le Cessie (1990), Statistics in Medicine 9:1303. For a linear model LR = -n log(1 - R2).

    Examples
    --------
    >>> round(shrinkage(-138 * math.log(1 - 0.3), 4), 3)
    0.919
    """
    return 1.0 - parameters / likelihood_ratio if likelihood_ratio > 0 else float("-inf")


def likelihood_ratio(r_squared: float, n: float) -> float:
    """Return the likelihood-ratio chi-square of a linear model, -n log(1 - R2).

    Examples
    --------
    >>> round(likelihood_ratio(0.3, 138), 1)
    49.2
    """
    return -float(n) * math.log(1.0 - float(r_squared)) if r_squared < 1 else float("inf")


def affordable_parameters(likelihood_ratio: float) -> int:
    """Return how many parameters a model of this strength carries at an expected shrinkage of 0.9.

    Solves `shrinkage` for p: at most (1 - 0.9) LR.

    Examples
    --------
    >>> affordable_parameters(-138 * math.log(1 - 0.3))
    4
    """
    return math.floor((1.0 - ENOUGH_SHRINKAGE) * max(likelihood_ratio, 0.0))


def carried_by_rows(n: float) -> int:
    """Return how many parameters beside the intercept `n` rows carry, whatever the strength of the association.

    One for every ten rows: the lower end of the ten to twenty rows a parameter of Harrell (2015), Regression Modeling
    Strategies, section 4.4, for an outcome measured in numbers. It is known before the model is fitted, so that it can
    choose between models without choosing by their results; `affordable_parameters` can not, and is told beside it.

    Examples
    --------
    >>> carried_by_rows(17), carried_by_rows(138)
    (1, 13)
    """
    return math.floor(n / LEAST_ROWS_PER_PARAMETER)


def budget_notes(likelihood_ratio: float, parameters: int, n: int) -> tuple[Note, ...]:
    """Return a note where the model has more parameters than shrinkage of 0.9 allows, with what would fit."""
    expected = shrinkage(likelihood_ratio, parameters)
    if parameters == 0 or expected >= ENOUGH_SHRINKAGE:
        return ()
    affordable = affordable_parameters(likelihood_ratio)
    advice = (
        f"At this strength of association {n} rows carry {_count(affordable)}: choose beforehand, combine columns, "
        "or penalise."
        if affordable
        else f"At this strength of association {n} rows carry no parameter: describe, and do not model."
    )
    said = "nothing" if expected <= 0 else f"{100 * expected:.0f} %"
    return (
        note(
            "df-budget",
            f"{_count(parameters)} on {n} rows: expect {said} of the effects found here in new data (shrinkage, "
            f"aim {100 * ENOUGH_SHRINKAGE:.0f} %). {advice}",
        ),
    )


def _count(parameters: int) -> str:
    return "1 parameter" if parameters == 1 else f"{parameters} parameters"


def common_method_notes(outcome: str, predictors: Sequence[str], same_respondent: Collection[str]) -> tuple[Note, ...]:
    """Return a note where outcome and predictors come from one respondent's form."""
    common = [p for p in predictors if p in same_respondent]
    if not common or outcome not in same_respondent:
        return ()
    return (
        note(
            "common-method",
            f"{_some(common)} and the outcome '{outcome}' were answered by the same person on the same form; a good or "
            "bad day moves both, so part of the association is the respondent's. Check with an outcome from elsewhere.",
        ),
    )


def implausible_notes(
    adjusted_r2: float | None = None, *, c_statistic: float | None = None, kappa: float | None = None
) -> tuple[Note, ...]:
    """Return a note for each figure of fit that no published model of practice quality from outside data has reached.

    Published models of English practices reach a weighted kappa of about 0.1 and an AUC below 0.85; an AUC of 0.85
    between two normal groups of equal size is a point-biserial R2 of 0.35. An adjusted R2 above 0.5, a c-statistic
    above 0.85 or a weighted kappa above 0.4 therefore points to an artefact before it points to a discovery.

    Examples
    --------
    >>> [n.code for n in implausible_notes(0.3, c_statistic=0.91)]
    ['implausibly-good']
    """
    figures = (
        ("adjusted R2", adjusted_r2, IMPLAUSIBLE_R2),
        ("c-statistic", c_statistic, IMPLAUSIBLE_C),
        ("weighted kappa", kappa, IMPLAUSIBLE_KAPPA),
    )
    return tuple(
        note(
            "implausibly-good",
            f"The {name} is {value:.2f}, more than models of practice quality from outside data reach. "
            "Look for a predictor that is part of the outcome, comes from the same answers, or was measured after it.",
        )
        for name, value, most in figures
        if value is not None and value > most
    )


def cluster_notes(n_clusters: int, df: Iterable[float], kind: str) -> tuple[Note, ...]:
    """Return the sentence that always states clusters and degrees of freedom, and a warning where they are few."""
    values = [d for d in df if math.isfinite(d)]
    low, high = min(values), max(values)
    span = f"{low:.1f} to {high:.1f}" if high - low > 0.05 else f"{low:.1f}"
    notes = [note("clusters", f"{kind} standard errors from {n_clusters} clusters; degrees of freedom {span}.")]
    if n_clusters < FEW_CLUSTERS or low < FEW_DF:
        notes.append(
            note(
                "few-clusters",
                f"{n_clusters} clusters and as few as {low:.1f} degrees of freedom: below {FEW_CLUSTERS} clusters or "
                f"{FEW_DF:.0f} degrees of freedom p values can be too small even with CR2.",
            )
        )
    return tuple(notes)


def unused_cluster_notes(cluster: str | None, kind: str) -> tuple[Note, ...]:
    """Return a warning where clusters were named beside a covariance that does not look at them.

    Examples
    --------
    >>> [n.code for n in unused_cluster_notes("pcn", "HC3")], unused_cluster_notes("pcn", "CR2")
    (['clusters-not-used'], ())
    """
    if cluster is None or kind.startswith("CR") or kind == "survey":
        return ()
    text = f"{kind} standard errors take rows of one '{cluster}' as strangers to each other; leave vcov out for CR2."
    return (note("clusters-not-used", text),)


def _leaves(name: str, made_of: Mapping[str, tuple[str, ...]], seen: frozenset[str] = frozenset()) -> set[str]:
    if name in seen or name not in made_of:
        return {name}
    return {name}.union(*(_leaves(part, made_of, seen | {name}) for part in made_of[name]))


def _some(names: Sequence[str], limit: int = 4) -> str:
    quoted = [f"'{n}'" for n in names[:limit]]
    return ", ".join(quoted) + (f" and {len(names) - limit} more" if len(names) > limit else "")
