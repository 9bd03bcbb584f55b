"""Fingertips (DHSC): deprivation of the population that a practice serves."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from resilience_stats.loaders.limits import DEFAULT_LIMITS, Limits
from resilience_stats.loaders.sources import load_source
from resilience_stats.loaders.table import RAISE

if TYPE_CHECKING:
    import pandas as pd


def load_deprivation(path: str | Path, *, on_error: str = RAISE, limits: Limits = DEFAULT_LIMITS) -> pd.DataFrame:
    """Return the deprivation score of each practice's registered population.

    Parameters
    ----------
    path : str or pathlib.Path
        The CSV that the Fingertips API gives for one indicator (93553: IMD 2019) at practice level.
    on_error : {"raise", "set_aside"}
    limits : Limits

    Returns
    -------
    pandas.DataFrame
        ``indicator_id, indicator_name, practice_code, practice_name, area_type, sex, age, category, time_period,
        imd_score, count, denominator, value_note``. England and other larger areas, repeated rows and codes that are
        not practices are set aside.

    Raises
    ------
    DataError
        With every fault of the file in ``problems``.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     file = Path(folder) / "93553.csv"
    ...     _ = file.write_text("Area Code,Area Type,Time period,Value\\nE92000001,England,2019,21.7\\n"
    ...         "A81001,GPs,2019,29.1\\n")
    ...     load_deprivation(file)["imd_score"].tolist()
    [29.1]
    """
    return load_source(path, "deprivation", on_error=on_error, limits=limits)
