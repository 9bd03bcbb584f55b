"""The rules of inspection changed: under which of them was a rating published?"""

from __future__ import annotations

import pandas as pd

#: First day of each era, its name, and what was new. Ratings follow inspections by weeks to months, so a rating that
#: was published soon after a boundary may come from an inspection under the rules before it.
RATING_ERAS: tuple[tuple[str, str, str], ...] = (
    ("1900-01-01", "October 2014 to March 2018", "six population groups rated on all five key questions"),
    ("2018-04-01", "April 2018 to September 2021", "population groups rated for effective and responsive only"),
    ("2021-10-01", "October 2021 to October 2023", "population groups no longer rated"),
    ("2023-11-01", "November 2023 to November 2024", "single assessment framework, scored quality statements"),
    ("2024-12-01", "December 2024 on", "scores of evidence categories dropped"),
)
ERA_NAMES = tuple(name for _, name, _ in RATING_ERAS)


def rating_era(published_on: pd.Series) -> pd.Series:
    """Return the era of the inspection rules in which each rating was published, an ordered category.

    Parameters
    ----------
    published_on : pandas.Series of dates

    Returns
    -------
    pandas.Series
        Missing where the date is.

    Notes
    -----
    Boundaries April 2018, October 2021, November 2023 and December 2024, from the Care Quality Commission's provider
    guidance of each year. An outcome must not be pooled across them without this variable.

    Examples
    --------
    >>> rating_era(pd.Series(["2018-03-31", "2018-04-01", None])).tolist()
    ['October 2014 to March 2018', 'April 2018 to September 2021', nan]
    """
    days = pd.to_datetime(published_on)
    edges = [pd.Timestamp(first) for first, _, _ in RATING_ERAS] + [pd.Timestamp("2200-01-01")]
    made = pd.cut(days, bins=pd.DatetimeIndex(edges), labels=list(ERA_NAMES), right=False)
    return made.rename("rating_era")
