"""One draw of a whole study: from practices to answers, supported practices and responders."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.optimize import brentq

from resilience_stats.errors import StudyError
from resilience_stats.schema import Instrument
from resilience_stats.synthetic import latent, programmes, survey
from resilience_stats.synthetic.resilience import Resilience, draw_resilience, draw_responders

#: Share of the frame that GPRP supports: 40 of 197.
SUPPORTED_SHARE = 40 / 197
#: Responses per wave of which one more practice answers twice, and one more breaks off.
PER_ODDITY = 46


@dataclass(frozen=True, slots=True)
class Plan:
    """What is planted.

    Attributes
    ----------
    effects : mapping of str to float
        Predictor -> effect on resilience, in standard deviations.
    responses : int or float
        Practices that answer in each wave; below 1, a share of the frame.
    supported : int or None
        Practices in GPRP.
    programme_effect : float
        Points that GPRP adds.
    response_slope : float
        Log-odds of answering per standard deviation.
    """

    effects: Mapping[str, float]
    responses: int | float
    supported: int | None
    programme_effect: float
    response_slope: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Realised:
    """One draw; arrays run over the rows of `practices`.

    Attributes
    ----------
    practices, values : pandas.DataFrame
        The practices, and the true values of the predictors.
    between : tuple of pandas.Timestamp
        Census dates of the previous wave and of this one.
    instrument : Instrument
    measurement : latent.Measurement
    resilience : Resilience
        Before programmes.
    after : numpy.ndarray
        Resilience at this wave with what GPRP added.
    supported, answered_before, answered : numpy.ndarray of bool
    waves : tuple of survey.Wave
        Responses of the previous wave and of this one.
    programme_effect : float
        Mean points that GPRP added to the expected score of the supported.
    """

    practices: pd.DataFrame
    values: pd.DataFrame
    between: tuple[pd.Timestamp, pd.Timestamp]
    instrument: Instrument
    measurement: latent.Measurement
    resilience: Resilience
    after: np.ndarray
    supported: np.ndarray
    answered_before: np.ndarray
    answered: np.ndarray
    waves: tuple[survey.Wave, survey.Wave]
    programme_effect: float


def realise(
    practices: pd.DataFrame,
    values: pd.DataFrame,
    census: pd.Timestamp,
    instrument: Instrument,
    plan: Plan,
    rng: Mapping[str, np.random.Generator],
) -> Realised:
    """Return one draw of a study.

    Parameters
    ----------
    practices : pandas.DataFrame
        As `invent_practices` or `real_practices` gives them.
    values : pandas.DataFrame
        Values of the predictors.
    census : pandas.Timestamp
    instrument : Instrument
    plan : Plan
    rng : mapping of str to numpy.random.Generator
        One stream per stage, so that what is changed in one stage leaves the others as they were.
    """
    alive = practices["alive"].to_numpy()
    measurement = latent.draw_measurement(instrument, rng["measurement"])
    resilience = draw_resilience(practices, values, plan.effects, rng["resilience"])
    count = round(plan.responses * alive.sum()) if 0 < plan.responses < 1 else int(plan.responses)
    answered_before = draw_responders(resilience.before, count, plan.response_slope, rng["responders"])
    states = (resilience.before, resilience.now)
    steps = latent.draw_waves(measurement, states, _copy(rng["answers"]))
    supported = programmes.choose_supported(
        latent.observed_score(measurement, steps[0]),
        answered_before & alive,
        round(SUPPORTED_SHARE * alive.sum()) if plan.supported is None else plan.supported,
        rng["choice"],
    )
    after = resilience.now + supported * _shift(measurement, resilience.now[supported], plan.programme_effect)
    # The same stream again: only the answers that the programme moves differ.
    steps = latent.draw_waves(measurement, (resilience.before, after), rng["answers"])
    answered = np.zeros(len(practices), dtype=bool)
    answered[alive] = draw_responders(after[alive], count, plan.response_slope, rng["responders"])
    between = (census - pd.DateOffset(years=1), census)
    waves = tuple(
        survey.collect_wave(
            instrument, practices.loc[who, "name"], answers[who], when, rng["waves"], oddities=who.sum() // PER_ODDITY
        )
        for who, answers, when in zip((answered_before, answered), steps, between, strict=True)
    )
    gain = latent.expected_score(measurement, after) - latent.expected_score(measurement, resilience.now)
    return Realised(
        practices=practices,
        values=values,
        between=between,
        instrument=instrument,
        measurement=measurement,
        resilience=resilience,
        after=after,
        supported=supported,
        answered_before=answered_before,
        answered=answered,
        waves=(waves[0], waves[1]),
        programme_effect=float(gain[supported].mean()) if supported.any() else 0.0,
    )


def _shift(measurement: latent.Measurement, theta: np.ndarray, points: float) -> float:
    """Return what must be added to resilience for the mean expected score to rise by `points`."""
    if points == 0 or not len(theta):
        return 0.0
    start = latent.expected_score(measurement, theta).mean()
    low, high = sorted((0.0, 8.0 if points > 0 else -8.0))
    if (
        not latent.expected_score(measurement, theta + low).mean()
        <= start + points
        <= latent.expected_score(measurement, theta + high).mean()
    ):
        raise StudyError("the programme cannot move the score so far", where="argument programme_effect", found=points)
    return float(
        brentq(lambda d: latent.expected_score(measurement, theta + d).mean() - start - points, low, high, xtol=1e-12)
    )


def _copy(rng: np.random.Generator) -> np.random.Generator:
    twin = np.random.default_rng(0)
    twin.bit_generator.state = rng.bit_generator.state
    return twin
