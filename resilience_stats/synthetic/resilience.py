"""Latent resilience of each practice in two waves: drivers, PCN, lasting difference, and the state of the year."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from resilience_stats.errors import StudyError, did_you_mean

#: Effects on latent resilience, in its own standard deviations, of one standard deviation of the predictor.
EFFECTS: Mapping[str, float] = {
    "gp_fte_per_1000": 0.30,
    "imd_score": -0.25,
    "list_growth_12m": -0.20,
    "log_list_size": 0.15,
    "nurse_fte_per_1000": 0.0,
    "payments_per_weighted_patient": 0.0,
}
#: Roles of the predictors, for the study file.
ROLES: Mapping[str, str] = {"imd_score": "confounder", "log_list_size": "confounder"}
#: Shares of the variance of resilience that lie between PCNs, and in the state of one wave.
PCN_SHARE, STATE_SHARE = 0.08, 0.20
#: Real files hold values that no straight line should follow; a driver acts on values within this many deviations.
FURTHEST = 4.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Resilience:
    """Latent resilience, with unit variance over the frame, and what it is made of.

    Attributes
    ----------
    before, now : numpy.ndarray
        Resilience at the previous wave and at this one, without programmes.
    sd : pandas.Series
        Standard deviation of each predictor over the frame.
    r_squared, pcn_share, wave_r : float
        Shares of the variance that drivers and PCN carry, and the correlation of the two waves.
    """

    before: np.ndarray
    now: np.ndarray
    sd: pd.Series
    r_squared: float
    pcn_share: float
    wave_r: float


def draw_resilience(
    practices: pd.DataFrame, values: pd.DataFrame, effects: Mapping[str, float], rng: np.random.Generator
) -> Resilience:
    """Return the latent resilience of each practice.

    Parameters
    ----------
    practices : pandas.DataFrame
        Needs ``alive`` (whether in the frame today) and ``pcn_code``.
    values : pandas.DataFrame
        True values of the predictors; where a real file has none, the mean is taken.
    effects : mapping of str to float
        Effect of each predictor per standard deviation, on resilience of unit variance.
    rng : numpy.random.Generator

    Notes
    -----
    ``resilience = sum_j b_j z_j + pcn + lasting + state``. Predictors are standardised over the frame of today; the
    lasting part takes what variance the others leave, so that the whole has variance 1.
    """
    chosen = _checked(values, effects)
    alive = practices["alive"].to_numpy()
    mean, sd = chosen[alive].mean(), chosen[alive].std(ddof=1)
    z = ((chosen - mean) / sd.where(sd > 0, 1.0)).fillna(0.0).clip(-FURTHEST, FURTHEST).to_numpy()
    driven = z @ np.array([effects[c] for c in chosen.columns], dtype=float)
    explained = float(np.var(driven[alive], ddof=1)) if alive.sum() > 1 else 0.0
    lasting = 1 - explained - PCN_SHARE - STATE_SHARE
    if lasting <= 0:
        raise StudyError(
            "the effects explain more variance than there is",
            where="argument effects",
            found=round(explained, 3),
            allowed=f"less than {1 - PCN_SHARE - STATE_SHARE:.2f}",
            action="Plant smaller effects.",
        )
    _, group = np.unique(practices["pcn_code"].fillna("").to_numpy(dtype=str), return_inverse=True)
    kept = driven + np.sqrt(PCN_SHARE) * rng.standard_normal(group.max() + 1)[group]
    kept = kept + np.sqrt(lasting) * rng.standard_normal(len(kept))
    before, now = (kept + np.sqrt(STATE_SHARE) * rng.standard_normal(len(kept)) for _ in range(2))
    return Resilience(before=before, now=now, sd=sd, r_squared=explained, pcn_share=PCN_SHARE, wave_r=1 - STATE_SHARE)


def _checked(values: pd.DataFrame, effects: Mapping[str, float]) -> pd.DataFrame:
    for name in effects:
        if name not in values.columns or values[name].isna().all():
            hint = did_you_mean(name, values.columns)
            raise StudyError(
                "no driver can be planted on this predictor",
                where="argument effects",
                found=name,
                allowed=", ".join(values.columns),
                action=hint if hint.startswith("Did") else None,
            )
    return values[list(effects)]


def draw_responders(resilience: np.ndarray, responses: int, slope: float, rng: np.random.Generator) -> np.ndarray:
    """Return who answers: exactly `responses` of the practices, the more resilient the likelier.

    Notes
    -----
    Independent Bernoulli draws with log-odds ``a + slope * resilience``, kept when their number is the one asked for
    (conditional Poisson sampling; Hajek 1964, Annals of Mathematical Statistics 35, 1491-1523), so that the slope
    given the total is exactly `slope`.
    """
    n = len(resilience)
    if responses >= n:
        return np.ones(n, dtype=bool)
    if responses <= 0:
        return np.zeros(n, dtype=bool)
    low, high = -60.0, 60.0
    for _ in range(200):
        middle = (low + high) / 2
        expected = np.sum(1 / (1 + np.exp(-(middle + slope * resilience))))
        low, high = (middle, high) if expected < responses else (low, middle)
    chance = 1 / (1 + np.exp(-(low + slope * resilience)))
    while True:
        drawn = rng.random(n) < chance
        if drawn.sum() == responses:
            return np.asarray(drawn)
