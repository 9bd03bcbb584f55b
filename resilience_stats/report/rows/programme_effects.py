"""What can be said of a programme: denominators by name, the change as seen, by chance, and against others."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from scipy import stats as distributions

import resilience_stats as rs
from resilience_stats.display import Shown
from resilience_stats.errors import ModelError
from resilience_stats.report.costly import kept_between_runs
from resilience_stats.report.rows.labels import code_labels, feature_labels, known
from resilience_stats.report.wording import wording
from resilience_stats.results.rows import combine_rows, make_rows

BEFORE, AFTER = "phq_overall_previous", "phq_overall"
#: Fewest practices of a programme, and of those without one, for a comparison of their changes.
FEWEST = 10
#: Points of a scatter beyond which single practices can no longer be seen.
MOST_POINTS = 400
_GROUP = "part"
_HELD: dict[str, Any] = {"chapter": "programmes"}


@dataclass(frozen=True, slots=True, kw_only=True)
class ProgrammeModels(Shown):
    """Change after each programme, compared with practices that were in none.

    Attributes
    ----------
    steps : pandas.DataFrame
        Programme (label) by offered, started, completed, measured: numbers of practices.
    plain, weighted : dict
        Programme -> ProgrammeChangeResult, without and with overlap weights; only where enough were measured twice.
    too_few : tuple of str
        Programmes of which fewer than ten practices (or fewer than ten without any) were measured twice.
    covariates : tuple of str
        The study's predictors that the comparison holds fixed.
    labels : dict
        Column -> what it is called in print.
    conf_level : float
    """

    steps: pd.DataFrame
    plain: Mapping[str, Any]
    weighted: Mapping[str, Any]
    too_few: tuple[str, ...]
    covariates: tuple[str, ...]
    labels: Mapping[str, str]
    conf_level: float


@kept_between_runs
def fit_programmes(cohort: Any, features: Any, *, conf_level: float = 0.95) -> ProgrammeModels:
    """Return, for each programme, the change of practices that started it against those that were in no programme.

    Parameters
    ----------
    cohort : Cohort
    features : FeatureTable
    conf_level : float

    Notes
    -----
    Started: with a date up to the census date. The comparison holds the score before fixed, and the study's numeric
    predictors that at least nine in ten practices have (`programme_change`: ANCOVA, HC3; then with overlap weights).
    Practices offered a programme that they did not start are in neither group.
    """
    table, frame = cohort.programmes, features.frame_for_change()
    census = pd.Timestamp(cohort.study.census_date)
    steps = _steps(table, frame, census)
    covariates = _covariates(cohort.study, frame)
    data = frame[[c for c in (BEFORE, AFTER, *covariates) if c in frame]].astype("Float64").astype(float)
    never = ~data.index.isin(table["practice_code"]) if table is not None else np.ones(len(data), dtype=bool)
    plain: dict[str, Any] = {}
    weighted: dict[str, Any] = {}
    too_few = []
    for label, part in _by_programme(table):
        started = data.index.isin(_codes(part, part["started_on"] <= census))
        result = _compared(data, started, never, covariates, "none", conf_level)
        if result is None:
            too_few.append(label)
            continue
        plain[label] = result
        balanced = _compared(data, started, never, covariates, "overlap", conf_level)
        if balanced is not None:
            weighted[label] = balanced
    named = {**feature_labels(features), BEFORE: wording("programme_effects")["score_before"]}
    return ProgrammeModels(
        steps=steps,
        plain=plain,
        weighted=weighted,
        too_few=tuple(too_few),
        covariates=covariates,
        labels=named,
        conf_level=conf_level,
    )


def _by_programme(table: pd.DataFrame | None) -> list[tuple[str, pd.DataFrame]]:
    if table is None or table.empty:
        return []
    names = known(table["programme"].map(code_labels("programme_names")))
    return [(str(label), part) for label, part in table.groupby(names, sort=True)]


def _codes(part: pd.DataFrame, inside: pd.Series) -> pd.Series:
    return part.loc[inside.fillna(False).astype(bool), "practice_code"].drop_duplicates()


def _steps(table: pd.DataFrame | None, frame: pd.DataFrame, census: pd.Timestamp) -> pd.DataFrame:
    if BEFORE in frame and AFTER in frame:
        twice = set(frame.index[frame[[BEFORE, AFTER]].notna().all(axis=1)])
    else:
        twice = set()
    rows = {}
    for label, part in _by_programme(table):
        started = _codes(part, part["started_on"] <= census)
        rows[label] = {
            "offered": part["practice_code"].nunique(),
            "started": len(started),
            "completed": len(_codes(part, part["status"] == "completed")),
            "measured": len(set(started) & twice),
        }
    return pd.DataFrame(rows).T


def _covariates(study: Any, frame: pd.DataFrame) -> tuple[str, ...]:
    names = [p.name for p in study.predictors if p.role != "mediator" and p.name in frame]
    held = [n for n in names if pd.api.types.is_numeric_dtype(frame[n]) or pd.api.types.is_bool_dtype(frame[n])]
    return tuple(n for n in held if frame[n].notna().mean() >= 0.9 and frame[n].nunique() > 1)


def _compared(
    data: pd.DataFrame,
    started: np.ndarray,
    never: np.ndarray,
    covariates: tuple[str, ...],
    comparison: str,
    conf_level: float,
) -> Any:
    if BEFORE not in data or AFTER not in data:
        return None
    words = wording("programme_effects")["groups"]
    used = data.assign(part=np.where(started, words["in"], words["out"]))[started | (never & ~started)]
    complete = used.dropna()
    if min((complete[_GROUP] == words[g]).sum() for g in ("in", "out")) < FEWEST:
        return None
    used = used.assign(part=pd.Categorical(used[_GROUP], [words["out"], words["in"]]))
    try:
        return rs.programme_change(
            used,
            before=BEFORE,
            after=AFTER,
            group=_GROUP,
            covariates=covariates,
            comparison=comparison,
            conf_level=conf_level,
        )
    except (ModelError, np.linalg.LinAlgError):
        return None


def step_rows(models: ProgrammeModels) -> pd.DataFrame:
    """Return how many practices each programme was offered to, how many started, completed and were measured twice."""
    words = wording("programme_effects")["steps"]
    return combine_rows(
        make_rows(
            **_HELD,
            output="programme_steps",
            group=str(label),
            term=[words[name] for name in models.steps.columns],
            statistic="practices",
            value=[int(v) for v in row],
            n=int(row["offered"]),
            # The table of what became of those that started counts these two again.
            cell=[f"{name} {label}" if name in ("started", "measured") else "" for name in models.steps.columns],
        )
        for label, row in models.steps.iterrows()
    )


def effect_of_programme_rows(models: ProgrammeModels) -> pd.DataFrame:
    """Return, for each programme, the change as seen, the change expected with no effect, and the adjusted difference.

    Notes
    -----
    The interval of the change as seen is Student's t on the supported practices; the expected change is
    ``(1 - r) (M - m)``, r the correlation of the waves among practices in no programme.
    """
    words, frames = wording("programme_effects")["measures"], []
    for label, result in models.plain.items():
        rows = result.practices[result.practices["group"] == wording("programme_effects")["groups"]["in"]]
        n, change = len(rows), rows["change"]
        half = distributions.t.ppf(0.5 + models.conf_level / 2, n - 1) * float(change.std(ddof=1)) / float(np.sqrt(n))
        held: dict[str, Any] = {**_HELD, "output": "programme_effects", "group": label, "statistic": "change_points"}
        naive, expected = float(change.mean()), float(result.fit["expected_change"])
        drift = float(rows["drift"].mean())
        frames += [
            make_rows(**held, term=words["naive"], value=naive, conf_low=naive - half, conf_high=naive + half, n=n),
            make_rows(**held, term=words["expected"], value=expected, n=n),
            make_rows(**held, term=words["others"], value=drift, n=int(result.fit["n"]) - n),
            _effect(result, held, words["ancova"]),
        ]
        if label in models.weighted:
            frames.append(_effect(models.weighted[label], held, words["overlap"]))
        for name, key in (("e_value", "e_value"), ("e_value_low", "e_value_low")):
            frames.append(
                make_rows(
                    **_HELD,
                    output="programme_e_values",
                    group=label,
                    term=words[name],
                    statistic="e_value",
                    value=result.fit[key],
                    n=n,
                )
            )
    apart = [label for label in models.plain if label not in models.weighted]
    for output, labels in (("programme_few", models.too_few), ("programme_no_overlap", apart)):
        frames += [make_rows(**_HELD, output=output, term=n, statistic="setting", value="so") for n in labels]
    return combine_rows(frames)


def _effect(result: Any, held: Mapping[str, Any], term: str) -> pd.DataFrame:
    fit = result.fit
    return make_rows(
        **held,
        term=term,
        value=fit["effect"],
        conf_low=fit["effect_low"],
        conf_high=fit["effect_high"],
        n=fit["n"],
    )


def balance_rows(models: ProgrammeModels) -> pd.DataFrame:
    """Return how far supported practices differ from the others, before and after overlap weights."""
    frames = []
    for label, result in models.weighted.items():
        table = result.balance
        held: dict[str, Any] = {**_HELD, "output": "programme_balance", "group": label, "n": result.fit["n"]}
        terms = [models.labels.get(str(v), str(v)) for v in table["variable"]]
        frames += [
            make_rows(**held, term=terms, statistic="smd", value=table["difference_before"]),
            make_rows(**held, term=terms, statistic="smd_weighted", value=table["difference_after"]),
        ]
    return combine_rows(frames)


def scatter_rows(models: ProgrammeModels) -> pd.DataFrame:
    """Return change against the score before of the largest programme's comparison, with the change expected.

    Notes
    -----
    The line is ``(1 - r) (M - x)`` at the ends of the scale's used range. Empty where there are too many practices to
    be seen one by one.
    """
    if not models.plain:
        return combine_rows([])
    words = wording("programme_effects")["groups"]
    label = max(models.plain, key=lambda name: int(models.steps["measured"].astype(int)[name]))
    result = models.plain[label]
    held = result.practices.sort_values("group", key=lambda group: group != words["in"], kind="stable")
    if len(held) > MOST_POINTS:
        return combine_rows([])
    names = {words["in"]: label, words["out"]: words["out"]}
    groups, codes = [names[g] for g in held["group"]], [str(code) for code in held.index]
    rows: dict[str, Any] = {**_HELD, "output": "programme_scatter"}
    ends = [10 * np.floor(held["before"].min() / 10), 10 * np.ceil(held["before"].max() / 10)]
    pull = [(1 - float(result.fit["reliability"])) * (float(held["before"].mean()) - x) for x in ends]
    means = held.groupby("group", sort=False)["change"].agg(["mean", "size"])
    return combine_rows(
        [
            make_rows(**rows, group=groups, term=codes, statistic="score_previous", value=held["before"]),
            make_rows(**rows, group=groups, term=codes, statistic="score_change", value=held["change"]),
            make_rows(**rows, term=[f"{x:g}" for x in ends], statistic="expected_change", value=pull, n=len(held)),
            make_rows(
                **rows,
                group=[names[g] for g in means.index],
                statistic="mean_change",
                value=means["mean"],
                n=means["size"],
            ),
        ]
    )
