"""What the comparison of scores and the shortening of a scale hand back."""

from __future__ import annotations

from dataclasses import dataclass, field

import pandas as pd

from resilience_stats.results.base import Result


@dataclass(frozen=True, slots=True, kw_only=True)
class ScoreComparison(Result):
    """Scores of each area by several methods, and how far the choice moves respondents.

    `tidy()` has one row per area and pair of methods: ``estimate`` is Spearman's correlation; ``area``, ``reference``,
    ``method``, ``pearson``, ``kendall``, ``share_reliable_move``, ``share_other_fifth``, ``median_rank_move``,
    ``max_rank_move``, ``n``.

    Attributes
    ----------
    scores : pandas.DataFrame
        Columns (area, method); one row per row of the data, missing where an item was not answered.
    reliability : pandas.DataFrame
        By area: ``alpha``, ``standard_error`` of the sum score in points, ``reliable_distance`` in standard deviations.
    """

    scores: pd.DataFrame = field(repr=False)
    reliability: pd.DataFrame = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class ShortScale(Result):
    """The fewest items that keep a share of the information.

    `tidy()` has one row an item, most informative first: ``estimate`` is its share of the information,
    ``cumulative_share``, ``kept``, and with resampling ``share_kept``: how often it was kept.

    Attributes
    ----------
    kept : tuple of str
    information : pandas.DataFrame
        By ``theta``: information of the ``full`` and the ``short`` scale, and their standard errors.
    scores : pandas.DataFrame
        ``full`` and ``short`` score of each respondent with standard errors.
    """

    kept: tuple[str, ...]
    information: pd.DataFrame = field(repr=False)
    scores: pd.DataFrame = field(repr=False)
