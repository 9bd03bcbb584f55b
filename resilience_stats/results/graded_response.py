"""What a graded response model hands back."""

from __future__ import annotations

from dataclasses import dataclass, field

import pandas as pd

from resilience_stats.results.base import Result


@dataclass(frozen=True, slots=True, kw_only=True)
class GradedResponseResult(Result):
    """A fitted graded response model of one area.

    `tidy()` has per item its ``slope`` and its thresholds (``threshold 1`` ...: where on the latent scale the answer is
    as likely above as below), with columns ``item`` and ``parameter``.

    Attributes
    ----------
    item_parameters : pandas.DataFrame
        One row an item: ``slope``, ``threshold_1`` ..., ``intercept_1`` ....
    information : pandas.DataFrame
        By ``theta``: each item's information, ``test`` (their sum) and ``standard_error`` (1 / sqrt(test)).
    scores : pandas.DataFrame
        One row per respondent used: ``score`` (posterior mean, EAP), ``standard_error`` (posterior SD), ``answered``.
    residual_correlations : pandas.DataFrame
        Yen's Q3: large values name items that share more than the area.
    covariance : pandas.DataFrame
        Of slopes and intercepts.
    """

    item_parameters: pd.DataFrame = field(repr=False)
    information: pd.DataFrame = field(repr=False)
    scores: pd.DataFrame = field(repr=False)
    residual_correlations: pd.DataFrame = field(repr=False)
    covariance: pd.DataFrame = field(repr=False)
