"""NHS England: General Practice Workforce, practice level."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import TYPE_CHECKING

from resilience_stats.loaders.limits import DEFAULT_LIMITS, Limits
from resilience_stats.loaders.sources import load_source
from resilience_stats.loaders.table import RAISE

if TYPE_CHECKING:
    import pandas as pd

ZERO_MEANT_NOTHING_UNTIL = dt.date(2023, 2, 1)
_GROUPS = ("gp_fte", "nurse_fte", "direct_care_fte", "admin_fte")


def load_workforce(
    path: str | Path,
    *,
    census_date: dt.date | None = None,
    on_error: str = RAISE,
    limits: Limits = DEFAULT_LIMITS,
) -> pd.DataFrame:
    """Return full-time equivalents and headcounts, one row per practice.

    Parameters
    ----------
    path : str or pathlib.Path
        The detailed practice-level CSV of any month; columns are found by name, never by position.
    census_date : datetime.date, optional
        Day of the count. Before February 2023 the publisher wrote 0 where a practice had given no data at all; with the
        date given, such rows (every staff group 0) become missing, with ``no_data`` true.
    on_error : {"raise", "set_aside"}
    limits : Limits

    Returns
    -------
    pandas.DataFrame
        ``practice_code, practice_name, pcn_code, ..., patients, gp_headcount, gp_fte (without trainees and locums),
        gp_fte_with_locums, gp_fte_all, nurse_fte, direct_care_fte, admin_fte, manager_fte, ..., gp_source, ...,
        no_data``. ``ND``, ``NA``, ``EST``, ``NS`` and ``.`` are missing, not 0.

    Raises
    ------
    DataError
        With every fault of the file in ``problems``.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     file = Path(folder) / "workforce.csv"
    ...     _ = file.write_text("PRAC_CODE,TOTAL_PATIENTS,TOTAL_GP_EXTGL_FTE,TOTAL_NURSES_FTE,TOTAL_ADMIN_FTE\\n"
    ...         "A81001,4147,ND,1,4.9\\n")
    ...     load_workforce(file)["gp_fte"].isna().tolist()
    [True]
    """
    frame = load_source(path, "workforce", on_error=on_error, limits=limits)
    given = frame[list(_GROUPS)]
    frame["no_data"] = given.isna().all(axis=1)
    if census_date is not None and census_date < ZERO_MEANT_NOTHING_UNTIL:
        nothing = given.fillna(0).eq(0).all(axis=1)
        staff = [c for c in frame if str(c).endswith(("_fte", "_headcount", "_all", "_locums"))]
        frame.loc[nothing, staff] = float("nan")
        frame["no_data"] = nothing
    return frame
