"""Scores of every wave: what a control chart and an event study are made of."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pandas as pd

import resilience_stats as rs
from resilience_stats.display import Shown
from resilience_stats.features.scores import phq_scores
from resilience_stats.models.spc import FEWEST as FEWEST_WAVES
from resilience_stats.report.wording import wording
from resilience_stats.results.rows import combine_rows, make_rows

#: Fewest practices that answered in every wave for a chart of these alone.
PANEL = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Waves(Shown):
    """The overall score over the waves.

    Attributes
    ----------
    scores : pandas.DataFrame
        Practice (rows) by wave (columns, in order of time).
    panel : bool
        Whether the chart is of the practices that answered in every wave; else of all that answered in each.
    means : pandas.DataFrame
        By wave: mean, n.
    chart : Result or None
        `control_chart` of the means; None where there are too few waves.
    """

    scores: pd.DataFrame
    panel: bool
    means: pd.DataFrame
    chart: Any


def wave_scores(cohort: Any) -> pd.DataFrame:
    """Return the overall score of each practice (rows) in each wave (columns).

    Parameters
    ----------
    cohort : Cohort
    """
    held = cohort.responses[["practice_code", "wave"]].copy()
    scores = phq_scores(cohort.responses, cohort.instruments["phq"])
    held["score"] = scores["phq_overall"] if "phq_overall" in scores else float("nan")
    held = held.dropna()
    return held.pivot_table(index="practice_code", columns="wave", values="score", aggfunc="last").sort_index(axis=1)


def fit_waves(cohort: Any) -> Waves:
    """Return the mean score of each wave, with a control chart where there are at least four waves.

    Parameters
    ----------
    cohort : Cohort
    """
    scores = wave_scores(cohort)
    steady = scores.dropna()
    panel = scores.shape[1] > 1 and len(steady) >= PANEL
    used = steady if panel else scores
    means = pd.DataFrame({"mean": used.mean(), "n": used.notna().sum()})
    chart = rs.control_chart(means["mean"]) if len(means) >= FEWEST_WAVES else None
    return Waves(scores=scores, panel=panel, means=means, chart=chart)


def wave_rows(waves: Waves) -> pd.DataFrame:
    """Return the mean of each wave, the chart's limits and what each point shows; without a chart the means alone."""
    words, labels = wording("comparing")["waves"], [str(w) for w in waves.means.index]
    held: dict[str, Any] = {"chapter": "comparing", "output": "compare_waves"}
    many = [int(n) for n in waves.means["n"]]
    frames = [
        make_rows(**held, term=labels, statistic="mean", value=waves.means["mean"], n=many),
        make_rows(chapter="comparing", output="compare_wave_kind", statistic="setting",
                  value=words["panel" if waves.panel else "all"]),
        make_rows(chapter="comparing", output="compare_wave_kind", statistic="columns", value=len(labels)),
    ]  # fmt: skip
    if waves.chart is not None:
        tidy = waves.chart.tidy()
        for name, column in (("target", "mean"), ("control_low", "conf_low"), ("control_high", "conf_high")):
            frames.append(make_rows(**held, term=labels, statistic=name, value=tidy[column], n=many))
        named = [words[d] for d in tidy["direction"]]
        frames.append(make_rows(**held, term=labels, statistic="variation", value=named))
    return combine_rows(frames)
