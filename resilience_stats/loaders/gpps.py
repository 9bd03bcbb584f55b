"""NHS England and Ipsos: GP Patient Survey, practice level."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

from resilience_stats.loaders.limits import DEFAULT_LIMITS, Limits
from resilience_stats.loaders.sources import load_source
from resilience_stats.loaders.table import RAISE

if TYPE_CHECKING:
    import pandas as pd

SHARES = (
    "overall_good",
    "phone_easy",
    "contact_good",
    "receptionist_helpful",
    "website_easy",
    "preferred_seen",
    "confidence",
    "needs_met",
)


def load_gpps(
    path: str | Path, *, year: int | None = None, on_error: str = RAISE, limits: Limits = DEFAULT_LIMITS
) -> pd.DataFrame:
    """Return patients' experience, one row per practice: shares from 0 to 1 with the answers behind them.

    Parameters
    ----------
    path : str or pathlib.Path
        The practice-level CSV (weighted) of any year from 2018; 2017 has some of the questions.
    year : int, optional
        Year of the survey; default the year in the file's name.
    on_error : {"raise", "set_aside"}
    limits : Limits

    Returns
    -------
    pandas.DataFrame
        ``practice_code, practice_name, pcn_code, icb_code, distributed, received, response_rate``, then ``overall_good,
        phone_easy, contact_good, receptionist_helpful, website_easy, preferred_seen, confidence, needs_met``, each with
        its ``_base`` for intervals; ``year`` and ``series`` (``to 2017``, ``2018 to 2023``, ``2024 on``: not comparable
        across them). Negative codes (such as -97) are suppressed results and missing.

    Raises
    ------
    DataError
        With every fault of the file in ``problems``.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     file = Path(folder) / "GPPS_2024_Practice_data.csv"
    ...     _ = file.write_text("ad_practicecode,overallexp.pcteval,localgpservicesphone.pcteval\\nA81001,0.74,-97\\n")
    ...     load_gpps(file)[["overall_good", "phone_easy"]].to_numpy().tolist()
    [[0.74, nan]]
    """
    frame = load_source(path, "gpps", on_error=on_error, limits=limits)
    for column in (*SHARES, "response_rate"):
        if frame[column].max() > 1:
            frame[column] = frame[column] / 100
    found = re.search(r"20[0-9]{2}", Path(path).name)
    year = year if year is not None else int(found.group()) if found else None
    frame["year"], frame["series"] = year, None if year is None else _series(year)
    return frame.astype({"year": "Int64", "series": "str"})


def _series(year: int) -> str:
    """Return the series that a survey year belongs to; results are not comparable across series."""
    if year < 2018:
        return "to 2017"
    return "2018 to 2023" if year < 2024 else "2024 on"
