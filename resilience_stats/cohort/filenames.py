"""Publishers say in the file's name for when a file holds, each in their own way."""

from __future__ import annotations

import re
from typing import cast

import pandas as pd

#: No day: what an unknown date is.
NEVER: pd.Timestamp = cast("pd.Timestamp", pd.NaT)

_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")


def date_in_name(name: str) -> pd.Timestamp:
    """Return the day that a file's name speaks of, NaT if it does not.

    A month stands for its first day, on which counts are taken; a financial year for its last.

    Examples
    --------
    >>> date_in_name("gp-reg-pat-prac-all_2021-01.csv")
    Timestamp('2021-01-01 00:00:00')
    >>> date_in_name("nhspaymentsgp-20-21.csv"), date_in_name("practice_level_2020-21.csv")
    (Timestamp('2021-03-31 00:00:00'), Timestamp('2021-03-31 00:00:00'))
    >>> date_in_name("GPWPracticeCSV.092019.csv"), date_in_name("01_November_2019_Latest_ratings.ods")
    (Timestamp('2019-09-01 00:00:00'), Timestamp('2019-11-01 00:00:00'))
    >>> date_in_name("epraccur.csv")
    NaT
    """
    text = name.lower()
    month = "|".join(_MONTHS)
    if found := re.search(rf"(\d{{1,2}})?[ _-]*({month})[a-z]*[ _.-]*(20\d\d)", text):
        return pd.Timestamp(int(found[3]), _MONTHS.index(found[2]) + 1, int(found[1] or 1))
    if found := re.search(r"(?<!\d)(20\d\d)[-_.]?(0[1-9]|1[0-2])(?!\d)", text):
        return pd.Timestamp(int(found[1]), int(found[2]), 1)
    if found := re.search(r"(?<!\d)(0[1-9]|1[0-2])[-_.]?(20\d\d)(?!\d)", text):
        return pd.Timestamp(int(found[2]), int(found[1]), 1)
    for pattern in (r"(?<!\d)20(\d\d)[-_]?(\d\d)(?!\d)", r"(?<!\d)(\d\d)[-_]?(\d\d)(?!\d)"):
        if (found := re.search(pattern, text)) and (int(found[1]) + 1) % 100 == int(found[2]):
            return pd.Timestamp(2000 + int(found[2]), 3, 31)
    return NEVER
