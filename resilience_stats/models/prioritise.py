"""Whom to offer support first: scope for support by likely impact, under capacity, and how firm each place is."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from resilience_stats.errors import ModelError, did_you_mean
from resilience_stats.resources import schema_directory
from resilience_stats.results import Note, note
from resilience_stats.results.priority import PriorityResult
from resilience_stats.results.tidy import tidy_frame
from resilience_stats.stats import priority as numerics

#: A criterion met to this degree gives a reason for a kind of support; so many kinds are named at most.
STRONG, MENU = 0.75, 3
_SOURCES = {
    "weights": {"vary_weights": True, "fill_missing": False, "add_error": False},
    "missing": {"vary_weights": False, "fill_missing": True, "add_error": False},
    "error": {"vary_weights": False, "fill_missing": False, "add_error": True},
    "all": {"vary_weights": True, "fill_missing": True, "add_error": True},
}


def prioritise(
    features: pd.DataFrame,
    criteria: Sequence[Mapping[str, Any]] | pd.DataFrame | None = None,
    *,
    weights: Mapping[str, float] | None = None,
    capacity: int | Mapping[str, float] = 20,
    hours: float | str | None = None,
    std_errors: Mapping[str, float | str] | None = None,
    reserve: float = 0.25,
    concentration: float = 4.0,
    n_draws: int = 1000,
    random_state: int | np.random.Generator = 0,
) -> PriorityResult:
    """Return the practices in the order in which support would be offered, with how firm each place is.

    Parameters
    ----------
    features : pandas.DataFrame
        One row per practice, the index naming it; also the locally held columns (``self_referral``, ``readiness``,
        ``external_concern`` and so on) where there are any.
    criteria : sequence of mapping or pandas.DataFrame, optional
        Each with id, label, axis (``scope`` or ``impact``), column, rule and weight, and as the rule needs threshold or
        range; support (kinds) and reason for the menu. Default: those of ``data/schema/support_criteria.json``.
    weights : mapping, optional
        Criterion -> weight, over those of the criteria.
    capacity : int or mapping
        Places, or ``{"places": 20, "hours": 400}``.
    hours : float or str, optional
        Hours that each practice needs, or the column that tells; needed where the capacity is in hours.
    std_errors : mapping, optional
        Column -> standard error of measurement, or the column that holds it.
    reserve : float
        Length of the reserve list as a share of the places offered.
    concentration : float
        How closely drawn weights keep to those given (4: most weights within half to double).
    n_draws : int
        Draws for each source of doubt.
    random_state : int or numpy.random.Generator

    Returns
    -------
    PriorityResult
        `tidy()`, by falling priority: term, estimate (scope x impact, 0 to 1), place, decision (``offer``, ``reserve``,
        ``not now``), scope, impact, cell, self_referral, hours, criteria_known, criteria_missing; place_low, place_high
        (95 % of the draws); probability_offered and monte_carlo_error, and the same probability with only one thing in
        doubt: offered_weights, offered_missing, offered_error. `glance()`: practices, places, hours, offered, reserve,
        firm_offers (offered in at least 90 % of draws), criteria_used, criteria_without_data.

    Raises
    ------
    ModelError
        For malformed criteria, unknown weights, no criterion with data, or an impossible capacity.

    Notes
    -----
    Scope and impact are weighted means of the degrees (0 to 1) to which the criteria of each axis are met; a missing
    degree counts as the mean of the practices where it is known. Priority is their product, so that neither makes up
    for the lack of the other; without any criterion of impact it is half the scope. In the draws, weights come from a
    Dirichlet distribution around those given, missing degrees from the practices where they are known, and columns get
    their measurement error.
    Criteria: Vulnerable Practice Programme 2015 and GPRP 2016 as published summaries give them. They order an offer;
    none has been shown to predict failure. For the resilience team only: never for a board report.

    Examples
    --------
    >>> frame = pd.DataFrame({"patients_per_gp": [1500.0, 3000.0, 2200.0], "self_referral": [False, True, True]},
    ...                      index=["A", "B", "C"])
    >>> fit = prioritise(frame, capacity=1, n_draws=50)
    >>> fit.tidy()[["term", "decision"]].to_numpy().tolist()
    [['B', 'offer'], ['C', 'reserve'], ['A', 'not now']]
    """
    table = _criteria(criteria, weights)
    used = table[[c in features.columns and features[c].notna().any() for c in table["column"]]]
    if not (used["axis"] == "scope").any():
        raise ModelError("no criterion of the scope for support has data", where="argument features",
                         allowed=", ".join(table.loc[table["axis"] == "scope", "column"]))  # fmt: skip
    problem = _problem(features, used, std_errors or {})
    limit = _capacity(features, capacity, hours)
    degrees = numerics.degrees_of(problem)
    scope, impact, priority = numerics.priorities(problem, degrees, problem.weights)
    offered = numerics.choose(priority, limit)
    rng = np.random.default_rng(random_state)
    draws = {name: numerics.simulate(problem, limit, rng, n_draws, concentration=concentration, **kind)
             for name, kind in _SOURCES.items()}  # fmt: skip
    rows = _rows(features, degrees, (scope, impact, priority), offered, limit, reserve, draws)
    figures = {
        "practices": len(features), "places": limit.places, "hours": limit.total_hours, "offered": int(offered.sum()),
        "reserve": int((rows["decision"] == "reserve").sum()),
        "firm_offers": int(((rows["decision"] == "offer") & (rows["probability_offered"] >= 0.9)).sum()),
        "criteria_used": len(used), "criteria_without_data": len(table) - len(used), "n_draws": n_draws,
        "edition": "internal",
    }  # fmt: skip
    known = table.assign(practices_known=[int(features[c].notna().sum()) if c in features else 0
                                          for c in table["column"]])  # fmt: skip
    contributions = _contributions(features, used, degrees)
    return PriorityResult(
        estimates=rows,
        fit=figures,
        notes=tuple(_notes(table, used, rows, degrees, problem, limit)),
        contributions=contributions,
        support=_menu(contributions, used, list(rows["term"])),
        matrix=pd.crosstab(rows["cell"].str.split(", ").str[0], rows["cell"].str.split(", ").str[1]),
        criteria=known,
    )


def support_criteria() -> list[dict[str, Any]]:
    """Return the shipped criteria.

    Examples
    --------
    >>> [c["id"] for c in support_criteria()][:2]
    ['cqc_rating', 'professional_performance']
    """
    path = schema_directory() / "support_criteria.json"
    return list(json.loads(path.read_text(encoding="utf-8"))["criteria"])


def _criteria(
    given: Sequence[Mapping[str, Any]] | pd.DataFrame | None, weights: Mapping[str, float] | None
) -> pd.DataFrame:
    listed = support_criteria() if given is None else given
    table = pd.DataFrame(listed).reset_index(drop=True)
    for name in ("id", "axis", "column", "rule"):
        if name not in table or table[name].isna().any():
            raise ModelError(f"a criterion lacks its {name}", where="argument criteria")
    for name, allowed in (("axis", ("scope", "impact")), ("rule", numerics.RULES)):
        wrong = table.loc[~table[name].isin(allowed)]
        if len(wrong):
            raise ModelError(f"unknown {name}", where=f"criterion {wrong['id'].iloc[0]}", found=wrong[name].iloc[0],
                             allowed=", ".join(allowed))  # fmt: skip
    if table["id"].duplicated().any():
        raise ModelError("a criterion is named twice", where="argument criteria",
                         found=table.loc[table["id"].duplicated(), "id"].iloc[0])  # fmt: skip
    absent: dict[str, Any] = {"label": table["id"], "weight": 1.0, "support": None, "reason": None}
    table = table.assign(**{name: value for name, value in absent.items() if name not in table})
    table["weight"] = table["weight"].fillna(1.0).astype(float)
    for name, weight in (weights or {}).items():
        if name not in set(table["id"]):
            raise ModelError(f"no criterion '{name}'", where="argument weights",
                             action=did_you_mean(name, list(table["id"])))  # fmt: skip
        table.loc[table["id"] == name, "weight"] = float(weight)
    if (table["weight"] < 0).any() or table["weight"].sum() == 0:
        raise ModelError("weights must not be negative, nor all 0", where="argument weights")
    return table


def _problem(features: pd.DataFrame, used: pd.DataFrame, std_errors: Mapping[str, float | str]) -> numerics.Problem:
    for name, error in std_errors.items():
        if name not in features or (isinstance(error, str) and error not in features):
            raise ModelError(
                f"no column named '{name if name not in features else error}'",
                where="argument std_errors",
                action=did_you_mean(name, map(str, features.columns)),
            )
    values, errors = [], []
    for column in used["column"]:
        values.append(_numbers(features, column))
        error = std_errors.get(column, 0.0)
        size = _numbers(features, error) if isinstance(error, str) else np.full(len(features), float(error))
        errors.append(np.nan_to_num(size))
    rules = tuple(_rule(row) for row in used.to_dict("records"))
    return numerics.Problem(
        values=np.column_stack(values), errors=np.column_stack(errors), criteria=rules,
        weights=used["weight"].to_numpy(), impact=(used["axis"] == "impact").to_numpy(),
    )  # fmt: skip


def _numbers(features: pd.DataFrame, column: str) -> np.ndarray:
    try:
        return features[column].astype("Float64").to_numpy(dtype=float, na_value=np.nan)
    except (TypeError, ValueError) as error:
        raise ModelError("a criterion's column must hold numbers, or true and false",
                         where=f"column {column}") from error  # fmt: skip


def _rule(row: Mapping[Any, Any]) -> numerics.Criterion:
    if row["rule"] in ("below", "above"):
        threshold = row.get("threshold")
        if threshold is None or pd.isna(threshold):
            raise ModelError("the rule needs a threshold", where=f"criterion {row['id']}", found=row["rule"])
        return numerics.Criterion(rule=row["rule"], threshold=float(threshold))
    if row["rule"] == "scale":
        ends = row.get("range")
        if not isinstance(ends, (list, tuple)) or len(ends) != 2 or not ends[0] < ends[1]:
            raise ModelError("the rule needs a range", where=f"criterion {row['id']}", found=ends,
                             allowed="two numbers, low and high")  # fmt: skip
        return numerics.Criterion(rule="scale", low=float(ends[0]), high=float(ends[1]))
    return numerics.Criterion(rule=row["rule"])


def _capacity(
    features: pd.DataFrame, capacity: int | Mapping[str, float], hours: float | str | None
) -> numerics.Capacity:
    limits = dict(capacity) if isinstance(capacity, Mapping) else {"places": capacity}
    unknown = set(limits) - {"places", "hours"}
    if unknown or not limits or any(v < 0 for v in limits.values()):
        raise ModelError("impossible capacity", where="argument capacity", found=capacity,
                         allowed="a number of places, or places and hours, none negative")  # fmt: skip
    if "hours" in limits and hours is None:
        raise ModelError("capacity in hours needs the hours of each practice", where="argument hours",
                         action="Give a number, or the column that tells.")  # fmt: skip
    if isinstance(hours, str):
        if hours not in features:
            raise ModelError(f"no column named '{hours}'", where="argument hours",
                             action=did_you_mean(hours, map(str, features.columns)))  # fmt: skip
        needed = _numbers(features, hours)
        needed = np.where(np.isnan(needed), np.nanmedian(needed), needed)
    else:
        needed = np.full(len(features), 0.0 if hours is None else float(hours))
    return numerics.Capacity(places=int(limits.get("places", len(features))),
                             total_hours=float(limits.get("hours", np.inf)), hours=needed)  # fmt: skip


def _rows(
    features: pd.DataFrame, degrees: np.ndarray,
    scores: tuple[np.ndarray, np.ndarray, np.ndarray], offered: np.ndarray, limit: numerics.Capacity, reserve: float,
    draws: Mapping[str, tuple[np.ndarray, np.ndarray]],
) -> pd.DataFrame:  # fmt: skip
    scope, impact, priority = scores
    order = np.argsort(-priority, kind="stable")
    place = np.empty(len(order), dtype=int)
    place[order] = np.arange(1, len(order) + 1)
    decision = np.where(offered, "offer", "not now").astype(object)
    waiting = [i for i in order if not offered[i]][: int(np.ceil(reserve * offered.sum()))]
    decision[waiting] = "reserve"
    cell = [f"{'high' if s else 'low'} scope, {'high' if i else 'low'} impact"
            for s, i in zip(scope > np.median(scope), impact > np.median(impact), strict=True)]  # fmt: skip
    ranks, offers = draws["all"]
    sure = offers.mean(axis=0)
    asked = features["self_referral"] if "self_referral" in features else pd.Series(pd.NA, index=features.index)
    known = (~np.isnan(degrees)).sum(axis=1)
    frame = tidy_frame(
        term=list(features.index), estimate=priority, place=place, decision=decision, scope=scope, impact=impact,
        cell=cell, self_referral=asked.to_numpy(), hours=limit.hours, criteria_known=known,
        criteria_missing=degrees.shape[1] - known, place_low=np.quantile(ranks, 0.025, axis=0, method="lower"),
        place_high=np.quantile(ranks, 0.975, axis=0, method="higher"), probability_offered=sure,
        monte_carlo_error=np.sqrt(sure * (1 - sure) / len(offers)),
        **{f"offered_{name}": draws[name][1].mean(axis=0) for name in ("weights", "missing", "error")},
    )  # fmt: skip
    return frame.iloc[order].reset_index(drop=True)


def _contributions(features: pd.DataFrame, used: pd.DataFrame, degrees: np.ndarray) -> pd.DataFrame:
    wide = pd.DataFrame(degrees, index=pd.Index(features.index, name="term"), columns=list(used["id"]))
    long = wide.melt(ignore_index=False, var_name="criterion", value_name="degree").reset_index().dropna()
    long = long.merge(used[["id", "axis", "weight"]], left_on="criterion", right_on="id").drop(columns="id")
    part = long["degree"] * long["weight"]
    total = part.groupby([long["term"], long["axis"]]).transform("sum")
    long["share"] = (part / total.where(total > 0)).fillna(0.0)
    return long[["term", "criterion", "axis", "degree", "weight", "share"]]


def _menu(contributions: pd.DataFrame, used: pd.DataFrame, order: list[object]) -> pd.DataFrame:
    """Return for each practice the kinds of support that its most pressing criteria suggest, each once."""
    labels = {c["id"]: c["label"] for c in json.loads(
        (schema_directory() / "support_types.json").read_text(encoding="utf-8"))["codes"]}  # fmt: skip
    known = used.set_index("id")
    pressing = contributions[(contributions["axis"] == "scope") & (contributions["degree"] >= STRONG)]
    pressing = pressing.sort_values("share", ascending=False, kind="stable")
    by_term: dict[object, pd.DataFrame] = dict(list(pressing.groupby("term", sort=False)))
    rows = []
    for term in order:
        named: set[str] = set()
        for criterion in by_term[term]["criterion"] if term in by_term else ():
            kinds = known.loc[criterion, "support"]
            fresh = [k for k in (kinds if isinstance(kinds, (list, tuple)) else ()) if k not in named]
            if fresh and len(named) < MENU:
                named.add(fresh[0])
                reason = known.loc[criterion, "reason"] or known.loc[criterion, "label"]
                rows.append((term, fresh[0], labels.get(fresh[0], fresh[0]), str(reason), criterion))
    return pd.DataFrame(rows, columns=["term", "support", "label", "reason", "criterion"])


def _notes(
    table: pd.DataFrame, used: pd.DataFrame, rows: pd.DataFrame, degrees: np.ndarray, problem: numerics.Problem,
    limit: numerics.Capacity,
) -> list[Note]:  # fmt: skip
    notes = [note("internal-only", "For the resilience team only: it names practices and must not leave the LMC.")]
    absent = table.loc[~table["id"].isin(used["id"]), "label"]
    if len(absent):
        notes.append(note("criteria-without-data", f"Without data, and so without weight: {'; '.join(absent)}."))
    missing = int(np.isnan(degrees).sum())
    if missing:
        text = f"{missing} of {degrees.size} values of criteria are missing; each counts as the average of the others."
        notes.append(note("criteria-missing", text))
    if not problem.impact.any():
        notes.append(note("impact-unknown", "Nothing is known of likely impact; the order is that of scope alone."))
    if not (problem.errors > 0).any():
        notes.append(note("error-unknown", "No measurement error was given; places look firmer than they are."))
    soft = rows[(rows["decision"] == "offer") & (rows["probability_offered"] < 0.5)]
    if len(soft):
        text = (
            f"{len(soft)} of the practices offered a place would lose it in most draws: decide on those by judgement."
        )
        notes.append(note("soft-places", text))
    passed = rows[
        (rows["decision"] != "offer") & (rows["place"] < rows.loc[rows["decision"] == "offer", "place"].max())
    ]
    if len(passed) and np.isfinite(limit.total_hours):
        text = f"{len(passed)} practices need more hours than were left and were passed over for others that fit."
        notes.append(note("passed-over", text))
    notes.append(note("no-prediction", "These criteria order an offer; none has been shown to predict failure."))
    return notes
