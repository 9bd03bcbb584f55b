"""Whom a feedback report compares a practice with, so that no number of reports together tells on one practice.

Had each practice its own nearest peers, two practices that put their reports together would hold figures of two groups
that differ in a few members, sometimes in one, and the difference would tell on it. Here practices alike form groups
that do not overlap, a group has two halves, and each half is shown the figures of the other: all reports of a half say
the same of the same practices, none of them its reader, and ten of them tell no more than one.
"""

from __future__ import annotations

import pandas as pd

from resilience_stats.features.scores import log_of
from resilience_stats.models.peers import FEWEST, SIMILARITY


def alike_groups(data: pd.DataFrame, *, size: int = 15) -> dict[str, tuple[str, ...]]:
    """Return for each practice the practices that it is compared with: the other half of its group.

    Parameters
    ----------
    data : pandas.DataFrame
        Practices with a score, by code; of `SIMILARITY` those columns that there are.
    size : int
        Practices in a half, at least, as long as there are so many.

    Returns
    -------
    dict of str to tuple of str
        Empty where two halves of ten cannot be had.

    Notes
    -----
    The practices are split in two parts of nearly equal size along the trait (in standard deviations; the list by its
    logarithm) in which they differ most, and the parts again, into as many groups as hold twice `size`. In a group,
    ordered by the trait in which it differs most, every other practice goes to the other half. What is not known of a
    practice is taken as typical.

    What a coalition of any size can learn of one practice: a quartile of n scores moves by no more than a single score
    does, and is shown in steps of `BASE` points; so even who knows every other score of the half finds that scores in a
    span of `BASE` points or more would have given the same reports (but where the scale ends, at 0 and 100).

    Examples
    --------
    >>> import numpy as np
    >>> frame = pd.DataFrame({"list_size": np.geomspace(2000, 20000, 40)}, index=[f"P{i:02d}" for i in range(40)])
    >>> groups = alike_groups(frame, size=10)
    >>> groups["P00"][:3], groups["P02"] == groups["P00"], len(groups["P39"])
    (('P01', 'P03', 'P05'), True, 10)
    """
    if len(data) < 2 * FEWEST:
        return {}
    parts = _split(_traits(data), max(1, len(data) // (2 * size)))
    halves = [(tuple(map(str, part[::2])), tuple(map(str, part[1::2]))) for part in parts]
    return {name: other for a, b in halves for half, other in ((a, b), (b, a)) for name in half}


def _traits(data: pd.DataFrame) -> pd.DataFrame:
    columns: dict[str, pd.Series] = {}
    for name in (c for c in SIMILARITY if c in data):
        column = data[name]
        if pd.api.types.is_numeric_dtype(column):
            values = column.astype(float)
            columns[name] = log_of(values) if name == "list_size" else values
        else:
            codes = pd.Series(pd.factorize(column, sort=True)[0], index=data.index, dtype=float)
            columns[name] = codes.where(codes >= 0)
    traits = pd.DataFrame(columns, index=data.index)
    traits = traits.fillna(traits.median()).fillna(0.0)
    spread = traits.std(ddof=0)
    return (traits - traits.mean()) / spread.where(spread > 0, 1.0)


def _split(traits: pd.DataFrame, groups: int) -> list[list[str]]:
    if traits.shape[1] == 0:
        return [list(traits.index)]
    widest = str(traits.std(ddof=0).idxmax())
    # Of practices equal in that trait the others decide, then their order in the table.
    order = [widest, *(c for c in traits.columns if c != widest)]
    ordered = traits.sort_values(order, kind="stable")
    if groups == 1:
        return [list(ordered.index)]
    left = groups // 2
    cut = round(len(traits) * left / groups)
    return [*_split(ordered.iloc[:cut], left), *_split(ordered.iloc[cut:], groups - left)]
