"""What the generator knows and an analyst never does: the answers that a method is asked to recover."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import pandas as pd

from resilience_stats.display import Shown


@dataclass(frozen=True, slots=True, kw_only=True)
class Truth(Shown):
    """The known truth behind one synthetic study.

    Effects are on the scale of the outcome: points of the 0 to 100 overall score of the PHQ.

    Attributes
    ----------
    outcome : str
        Name of the feature that the drivers act on.
    drivers : pandas.DataFrame
        One row per predictor named in the study file: ``name, role, effect_per_sd, effect_per_unit, sd, is_null``.
        ``sd`` is the predictor's standard deviation over the whole frame, not over the responders.
    null_predictors : tuple of str
        Predictors in the study file whose true effect is nought.
    loadings : pandas.DataFrame
        One row per item: ``item, area, general, specific`` (loadings of the latent answer).
    reliability : pandas.DataFrame
        Cronbach's alpha implied by the model, per area and overall: ``scale, items, alpha``.
    retest : float
        Correlation of the overall score of two waves implied by the model, without programmes.
    r_squared : float
        Share of the variance of latent resilience that the drivers carry.
    pcn_share : float
        Share of the variance of latent resilience that lies between PCNs.
    programme_effect : float
        Mean points that GPRP adds to the score of the practices that it supported.
    response_slope : float
        Log-odds of answering per standard deviation of latent resilience.
    practices : pandas.DataFrame
        Indexed by practice code: ``resilience, resilience_previous, expected_score, responded, responded_previous,
        in_gprp`` and the true value of every predictor, also where the public file says it is missing; of invented
        practices also ``later_code_gone, later_inspected, patients_view, patients_view_later``.
    criteria : pandas.DataFrame
        One row per external criterion: ``name, scale, effect``, the planted association with latent resilience; no
        rows for real practices, whose public files are as published.
    names : mapping of str to tuple of str
        Codes behind each planted oddity, e.g. ``duplicate_response``, ``merged``, ``workforce_missing``.
    random_state : int
        The seed.
    path : pathlib.Path
        The study file.
    """

    outcome: str
    drivers: pd.DataFrame = field(repr=False)
    null_predictors: tuple[str, ...]
    loadings: pd.DataFrame = field(repr=False)
    reliability: pd.DataFrame = field(repr=False)
    retest: float
    r_squared: float
    pcn_share: float
    programme_effect: float
    response_slope: float
    practices: pd.DataFrame = field(repr=False)
    criteria: pd.DataFrame = field(repr=False)
    names: Mapping[str, tuple[str, ...]] = field(repr=False)
    random_state: int
    path: Path

    def effect(self, name: str, *, per: str = "unit") -> float:
        """Return the true effect of one predictor in points of the score, per natural unit or per ``"sd"``."""
        column = self.drivers.set_index("name")[f"effect_per_{per}"]
        return float(column.to_dict()[name])
