"""What the practices at hand carry: which declared predictors go together, which only alone, and which not at all."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from resilience_stats.models.fifths import LEVELS
from resilience_stats.models.guards import LEAST_ROWS_PER_PARAMETER, carried_by_rows
from resilience_stats.report.wording import wording
from resilience_stats.results.rows import combine_rows, make_rows

CLUSTER = "pcn_code"
_HELD: dict[str, Any] = {"chapter": "drivers"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Carried:
    """The declared predictors by what the practices carry.

    Attributes
    ----------
    together : dict
        Predictor -> role, in the order declared: those of the joint models, and the mediators beside them.
    refused : dict
        The others, of which something is known, but those of `constant`.
    constant : dict
        Those that are the same in every practice that a model could be made of.
    alone : tuple of str
        Predictors that the practices carry in a model of their own.
    n : int
        Practices that have the outcome, a network and every predictor of the adjusted model.
    """

    together: dict[str, str]
    refused: dict[str, str]
    constant: dict[str, str]
    alone: tuple[str, ...]
    n: int


def settle_predictors(
    frame: pd.DataFrame, outcome: str, roles: Mapping[str, str], *, over_budget: str = ""
) -> tuple[pd.DataFrame, Carried]:
    """Return the data of a study's models and what its practices carry, before anything is fitted.

    Parameters
    ----------
    frame : pandas.DataFrame
        The features, one row per practice.
    outcome : str
    roles : mapping of str to str
        Predictor -> role, in the order declared.
    over_budget : str
        Names of outcomes, separated by commas, whose predictors all go together whatever the practices carry.

    Returns
    -------
    pandas.DataFrame
        Outcome, predictors and network. Without a network, and where the practices of the model are all of one, there
        is no such column: nothing then tells how alike practices of one network are.
    Carried
    """
    forced = {name.strip() for name in over_budget.split(",")}
    data = _usable(frame, [outcome, *roles, CLUSTER])
    carried = carried_predictors(data, outcome, roles, over_budget=forced)
    if CLUSTER not in data or complete(data, outcome, list(carried.together))[CLUSTER].nunique() > 1:
        return data, carried
    data = data.drop(columns=CLUSTER)
    return data, carried_predictors(data, outcome, roles, over_budget=forced)


def _usable(frame: pd.DataFrame, names: Sequence[str]) -> pd.DataFrame:
    """The columns of the model; nullable numbers become plain ones. Without any network, there is no such column."""
    told = CLUSTER in frame and frame[CLUSTER].notna().any()
    held = frame[[n for n in dict.fromkeys(names) if n in frame and (n != CLUSTER or told)]].copy()
    for name in held:
        if pd.api.types.is_numeric_dtype(held[name]) or pd.api.types.is_bool_dtype(held[name]):
            held[name] = held[name].astype("Float64").astype(float)
    return held


def carried_predictors(
    data: pd.DataFrame, outcome: str, roles: Mapping[str, str], *, over_budget: Collection[str] = ()
) -> Carried:
    """Return which of the declared predictors the practices carry together, in the order in which they are declared.

    Parameters
    ----------
    data : pandas.DataFrame
        One row per practice, with the outcome, the predictors and, where it is known, the network.
    outcome : str
    roles : mapping of str to str
        Predictor -> role.
    over_budget : collection of str
        Outcomes whose predictors all go together, whatever the practices carry.

    Notes
    -----
    Ten practices with all that the model needs for each parameter beside the intercept
    (`resilience_stats.models.guards.carried_by_rows`). The adjusted model takes the predictors in the declared order
    and ends before the first that is one too many: to pass over it and take a later one would be a choice that nobody
    declared. Mediators go in beside them all together or not at all. What is the same in every practice has no effect
    that could be found, and is passed over.

    Examples
    --------
    >>> data = pd.DataFrame({"score": range(24), "gps": range(24), "imd": range(24), "growth": range(24)})
    >>> told = carried_predictors(data, "score", {"gps": "exposure", "imd": "confounder", "growth": "exposure"})
    >>> list(told.together), list(told.refused), told.n
    (['gps', 'imd'], ['growth'], 24)
    """
    free = outcome in over_budget
    constant = {name: role for name, role in roles.items() if not _varies(data, outcome, [name])}
    main = [name for name, role in roles.items() if role != "mediator" and name not in constant]
    mediators = [name for name, role in roles.items() if role == "mediator" and name not in constant]
    kept: list[str] = []
    for name in main:
        if not (free or fits(data, outcome, [*kept, name])) or not _varies(data, outcome, [*kept, name]):
            break
        kept.append(name)
    if kept == main and _varies(data, outcome, [*kept, *mediators]):
        kept += mediators if free or fits(data, outcome, [*kept, *mediators]) else []
    together = {name: role for name, role in roles.items() if name in kept}
    return Carried(
        together=together,
        refused={name: role for name, role in roles.items() if name not in together and name not in constant},
        constant=constant,
        alone=tuple(n for n in roles if n not in constant and (free or fits(data, outcome, [n]))),
        n=len(complete(data, outcome, [name for name in kept if name in main])),
    )


def complete(data: pd.DataFrame, outcome: str, names: Sequence[str]) -> pd.DataFrame:
    """Return the practices with the outcome, these predictors and, where networks are known, a network."""
    return data.dropna(subset=[outcome, *names, *([CLUSTER] if CLUSTER in data else [])])


def fits(data: pd.DataFrame, outcome: str, names: Sequence[str]) -> bool:
    """Return whether the practices carry a model of these predictors; none where their outcome does not differ."""
    used = complete(data, outcome, names)
    if used[outcome].nunique() < 2:
        return False
    return sum(map(_columns, (used[name] for name in names))) <= carried_by_rows(len(used))


def _varies(data: pd.DataFrame, outcome: str, names: Sequence[str]) -> bool:
    used = complete(data, outcome, names)
    return all(used[name].nunique() > 1 for name in names)


def fifths_fit(n: float, parameters: int) -> bool:
    """Return whether `n` practices carry ordered fifths of the score: its cuts but one are parameters as well."""
    return parameters + LEVELS - 2 <= carried_by_rows(n)


def _columns(values: pd.Series) -> int:
    plain = pd.api.types.is_numeric_dtype(values) or pd.api.types.is_bool_dtype(values)
    return 1 if plain else max(values.nunique() - 1, 1)


def refused_rows(models: Any) -> pd.DataFrame:
    """Return the declared predictors that are in no joint model because the practices do not carry them, and the sums.

    Parameters
    ----------
    models : DriverModels

    Returns
    -------
    pandas.DataFrame
        Output ``refused``: each of them, whether it is shown alone or nowhere. ``carried``: those that go together.
        ``budget``: parameters declared and parameters carried. Nothing where all go together.
    """
    words, roles = wording("drivers"), wording("drivers")["roles"]
    constant = make_rows(
        **_HELD, output="refused", term=[models.labels[n] for n in models.constant],
        group=[roles[r] for r in models.constant.values()], statistic="reason", value=words["refused"]["constant"],
    )  # fmt: skip
    if models.data[models.outcome].nunique() < 2:
        known = "same" if models.data[models.outcome].notna().any() else "none"
        return make_rows(**_HELD, output="outcome_flat", statistic="setting", value=known)
    if not models.refused:
        return constant
    named = [models.labels[name] for name in models.refused]
    said = [words["refused"]["alone" if name in models.unadjusted else "nowhere"] for name in models.refused]
    kept = [models.labels[name] for name in models.predictors]
    declared = sum(_columns(models.data[name]) for name in models.roles | models.refused)
    held: dict[str, Any] = {**_HELD, "output": "budget", "group": words["budget"]["value"]}
    sums = {"declared": declared, "each": LEAST_ROWS_PER_PARAMETER, "carried": carried_by_rows(models.n)}
    frames = [
        make_rows(
            **_HELD, output="refused", term=named, group=[roles[r] for r in models.refused.values()],
            statistic="reason", value=said,
        ),
        make_rows(**_HELD, output="carried", term=kept, statistic="setting", value="in"),
        make_rows(**held, term=[words["refused"][k] for k in sums], statistic="columns", value=list(sums.values())),
    ]  # fmt: skip
    if models.adjusted is None:
        counted = {"statistic": "practices", "value": models.n, "n": models.n}
        frames.insert(2, make_rows(**held, term=words["budget"]["practices"], **counted))
    return combine_rows([*frames, constant])
