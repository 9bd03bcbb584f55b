"""Programmes over several waves: difference in differences with its placebo, where there are waves enough for one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

import resilience_stats as rs
from resilience_stats.display import Shown
from resilience_stats.errors import ModelError
from resilience_stats.report.rows.labels import code_labels, known
from resilience_stats.report.rows.programme_effects import FEWEST
from resilience_stats.report.rows.waves import wave_scores
from resilience_stats.results.rows import combine_rows, make_rows

#: Waves that a placebo needs: two before the start and one after.
FEWEST_WAVES = 3
_HELD: dict[str, Any] = {"chapter": "programmes"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Studies(Shown):
    """Programmes over the waves.

    Attributes
    ----------
    waves : int
        How many there are.
    fits : mapping of str to DifferenceInDifferencesResult
        By programme; only where at least ten practices started between the same two waves and ten were in none.
    start : mapping of str to int
        The first wave after the programme began.
    left_out : mapping of str to int
        Practices that started between two other waves, and are in neither group.
    too_few : tuple of str
    """

    waves: int
    fits: Mapping[str, Any]
    start: Mapping[str, int]
    left_out: Mapping[str, int]
    too_few: tuple[str, ...]


def fit_event_studies(cohort: Any, *, conf_level: float = 0.95) -> Studies:
    """Return, for each programme, the difference in differences over the waves; empty with fewer than three waves.

    Parameters
    ----------
    cohort : Cohort
    conf_level : float

    Notes
    -----
    A wave's day is the median day on which its answers were completed. Practices start on different days: those that
    started between the same two waves, the largest such set with a wave before, are compared with practices in no
    programme; the others are left out, because a comparison of practices supported early with practices supported
    later can have the wrong sign. Standard errors by practice, CR2. Model: `difference_in_differences`. Source of the
    warning: Goodman-Bacon, J Econometrics 2021;225:254-277.
    """
    scores, table = wave_scores(cohort), cohort.programmes
    fits, start, left_out, too_few = {}, {}, {}, []
    if scores.shape[1] >= FEWEST_WAVES and table is not None and not table.empty:
        days = _days(cohort)
        never = scores.index.difference(table["practice_code"])
        for label, part in table.groupby(known(table["programme"].map(code_labels("programme_names"))), sort=True):
            first = part.dropna(subset=["started_on"]).groupby("practice_code")["started_on"].min()
            waves = first.map(lambda day: next((w for w, d in days.items() if d > day), None)).dropna()
            counts = waves[waves.isin(list(days)[2:]) & waves.index.isin(scores.index)].value_counts()
            fit = None
            if len(counts) and counts.iloc[0] >= FEWEST and len(never) >= FEWEST:
                begin = int(counts.index[0])
                joined = waves.index[waves == begin].intersection(scores.index)
                fit = _study(scores, joined, never, begin, conf_level)
            if fit is None:
                too_few.append(str(label))
                continue
            fits[str(label)], start[str(label)] = fit, begin
            left_out[str(label)] = int(first.index.isin(scores.index).sum() - len(joined))
    return Studies(waves=scores.shape[1], fits=fits, start=start, left_out=left_out, too_few=tuple(too_few))


def _days(cohort: Any) -> dict[int, pd.Timestamp]:
    held = cohort.responses.dropna(subset=["wave", "completed_at"])
    median = held.groupby("wave")["completed_at"].median().sort_index()
    return {int(wave): day for wave, day in median.items()}


def _study(scores: pd.DataFrame, joined: pd.Index, never: pd.Index, begin: int, conf_level: float) -> Any:
    wide = scores.loc[joined.union(never)].rename_axis("practice").reset_index()
    long = wide.melt("practice", var_name="wave", value_name="score").dropna()
    long["wave"] = long["wave"].astype(int)
    long["joined"] = long["practice"].isin(joined).astype(int)
    try:
        return rs.difference_in_differences(long, outcome="score", unit="practice", time="wave", treated="joined",
                                            start=begin, conf_level=conf_level)  # fmt: skip
    except (ModelError, np.linalg.LinAlgError):
        return None


def event_rows(studies: Studies) -> pd.DataFrame:
    """Return each programme's difference in differences, and the difference at each wave against the last one before.

    Notes
    -----
    Differences at waves before the start are the placebo: they should be nothing. The p value is that of all of them
    together.
    """
    frames = [make_rows(**_HELD, output="programme_waves", statistic="columns", value=studies.waves)]
    for label, fit in studies.fits.items():
        figures, events = fit.fit, fit.events
        n = int(figures["n_units"])
        held: dict[str, Any] = {**_HELD, "group": label, "n": n}
        frames += [
            make_rows(**held, output="programme_did", statistic="change_points", value=figures["effect"],
                      conf_low=figures["conf_low"], conf_high=figures["conf_high"]),
            make_rows(**held, output="programme_did", statistic="p_value", value=figures["parallel_p_value"],
                      term="placebo"),
            make_rows(**_HELD, group=label, output="programme_did_left_out", statistic="practices",
                      value=studies.left_out[label], n=n + studies.left_out[label]),
            make_rows(**held, output="programme_events", term=[str(t) for t in events["time"]],
                      statistic="change_points", value=events["estimate"], conf_low=events["conf_low"],
                      conf_high=events["conf_high"]),
        ]  # fmt: skip
        start = make_rows(
            **_HELD, output="programme_start", group=label, statistic="date", value=str(studies.start[label])
        )
        frames.append(start)
    few = [make_rows(**_HELD, output="programme_did_few", term=name, statistic="setting", value="so")
           for name in studies.too_few]  # fmt: skip
    return combine_rows([*frames, *few])
