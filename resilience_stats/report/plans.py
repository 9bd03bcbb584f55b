"""From an assessment to a plan: what was found, what to do first, who, by when, and when to look again."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from resilience_stats.errors import ReportError, did_you_mean
from resilience_stats.features.scores import rat_scores
from resilience_stats.models.themes import ThemeResult, finding_themes
from resilience_stats.report.action_library import Action, actions_for, load_actions, support_labels
from resilience_stats.schema import Instrument

COLUMNS = ("reason", "area", "score", "action", "support", "owner", "due", "repeat_on")


def action_plan(
    cohort: Any,
    practice: str,
    *,
    actions: str | Path | None = None,
    areas: int = 3,
    repeat_months: int = 6,
) -> pd.DataFrame:
    """Return the action plan of a practice that was assessed, from its latest assessment.

    Parameters
    ----------
    cohort : Cohort
    practice : str
        Practice code.
    actions : path, optional
        The resilience team's own library; the shipped one by default.
    areas : int
        Areas with the lowest scores that get an action beside those of the coded causes.
    repeat_months : int
        Months from the assessment to the next look.

    Returns
    -------
    pandas.DataFrame
        ``reason`` (a coded cause, or the area's score), ``area, score`` (0 to 100), ``action, support`` (labels of the
        closed list), ``owner, due`` (for the practice to fill in), ``repeat_on``. Causes come first; no action twice.

    Raises
    ------
    ReportError
        If the practice was not assessed.

    Examples
    --------
    >>> import tempfile
    >>> from resilience_stats.cohort import load_cohort
    >>> from resilience_stats.synthetic import write_example
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     cohort = load_cohort(write_example(folder, practices=60, responses=45).path)
    >>> plan = action_plan(cohort, cohort.rat["practice_code"].iloc[0])
    >>> list(plan.columns) == list(COLUMNS), plan["action"].is_unique
    (True, True)
    """
    known = cohort.rat["practice_code"].astype(str)
    if practice not in set(known):
        raise ReportError(f"practice '{practice}' has no assessment", where="argument practice",
                          action=did_you_mean(practice, sorted(set(known))))  # fmt: skip
    rat: Instrument = cohort.instruments["rat"]
    latest = cohort.rat[known == practice].sort_values("assessed_on", kind="stable").tail(1)
    rows = _plan(latest.iloc[0], rat_scores(latest, rat).iloc[0], rat, load_actions(actions), areas, repeat_months)
    return pd.DataFrame(rows, columns=list(COLUMNS))


def cohort_plans(cohort: Any, *, areas: int = 3, repeat_months: int = 6) -> pd.DataFrame:
    """Return the action plans of all assessed practices, below each other: `action_plan` with ``practice`` and more.

    Parameters
    ----------
    cohort : Cohort
    areas, repeat_months : int
        As in `action_plan`.

    Returns
    -------
    pandas.DataFrame
        The columns of `action_plan` after ``practice, programme, assessed_on``.

    Examples
    --------
    >>> import tempfile
    >>> from resilience_stats.cohort import load_cohort
    >>> from resilience_stats.synthetic import write_example
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     cohort = load_cohort(write_example(folder, practices=60, responses=45).path)
    >>> plans, code = cohort_plans(cohort), cohort.rat["practice_code"].iloc[0]
    >>> plans.loc[plans["practice"] == code, "action"].tolist() == action_plan(cohort, code)["action"].tolist()
    True
    """
    rat: Instrument = cohort.instruments["rat"]
    latest = cohort.rat.sort_values("assessed_on", kind="stable").drop_duplicates("practice_code", keep="last")
    scores, library, rows = rat_scores(latest, rat), load_actions(None), []
    for (_, row), (_, own) in zip(latest.iterrows(), scores.iterrows(), strict=True):
        about = (str(row["practice_code"]), row["programme"], row["assessed_on"])
        rows += [(*about, *line) for line in _plan(row, own, rat, library, areas, repeat_months)]
    return pd.DataFrame(rows, columns=["practice", "programme", "assessed_on", *COLUMNS])


def cohort_themes(cohort: Any) -> ThemeResult:
    """Return how often each coded cause was found, and which come together, for each programme apart.

    Examples
    --------
    >>> import tempfile
    >>> from resilience_stats.cohort import load_cohort
    >>> from resilience_stats.synthetic import write_example
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     themes = cohort_themes(load_cohort(write_example(folder, practices=60, responses=45).path))
    >>> sorted(themes.tidy()["group"].unique())
    ['GPDP', 'GPRP']
    """
    rat: Instrument = cohort.instruments["rat"]
    labels = {c.id: c.label for c in rat.codes if c.id in cohort.rat}
    latest = cohort.rat.sort_values("assessed_on", kind="stable").drop_duplicates("practice_code", keep="last")
    return finding_themes(latest, list(labels), group="programme", labels=labels)


def _plan(
    assessment: pd.Series,
    scores: pd.Series,
    rat: Instrument,
    library: Sequence[Action],
    areas: int,
    repeat_months: int,
) -> list[tuple[Any, ...]]:
    """Return the lines of one practice's plan: actions for its causes, then for its lowest areas, none twice."""
    chosen = _for_causes(assessment, rat, library) + _for_areas(scores, rat, library, areas)
    again = pd.Timestamp(assessment["assessed_on"]) + pd.DateOffset(months=repeat_months)
    rows, seen = [], set()
    for reason, action in chosen:
        if action.id not in seen:
            seen.add(action.id)
            rows.append((reason, _area_label(rat, action.area), scores.get(f"rat_{action.area}"), action.text,
                         "; ".join(support_labels(action.support)), "", "", again))  # fmt: skip
    return rows


def _for_causes(row: pd.Series, rat: Instrument, library: Sequence[Action]) -> list[tuple[str, Action]]:
    found = []
    for code in rat.codes:
        seen = row.get(code.id)
        if not pd.isna(seen) and int(seen) == 1:
            found += [(code.label, a) for a in library if code.id in a.causes][:1]
    return found


def _for_areas(scores: pd.Series, rat: Instrument, library: Sequence[Action], count: int) -> list[tuple[str, Action]]:
    known = {a: float(scores[f"rat_{a.id}"]) for a in rat.areas if not pd.isna(scores.get(f"rat_{a.id}"))}
    lowest = sorted(known, key=lambda a: known[a])[:count]
    return [(f"{a.label}: {known[a]:.0f} of 100", actions_for(library, a.id)[0]) for a in lowest]


def _area_label(rat: Instrument, area: str) -> str:
    return {a.id: a.label for a in rat.areas}.get(area, "")
