"""NHS England's Organisation Data Service: GP practices, and which network they belong to."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from resilience_stats.loaders.limits import DEFAULT_LIMITS, Limits
from resilience_stats.loaders.sources import load_source
from resilience_stats.loaders.table import RAISE

if TYPE_CHECKING:
    import pandas as pd


def load_ods_practices(path: str | Path, *, on_error: str = RAISE, limits: Limits = DEFAULT_LIMITS) -> pd.DataFrame:
    """Return the GP practices of the ODS register, open and closed, one row per code.

    Parameters
    ----------
    path : str or pathlib.Path
        ``epraccur``: the old file without headers (status A, C, D; setting 4) or the new export (status ACTIVE; roles
        such as ``RO177|RO76``), with or without headers.
    on_error : {"raise", "set_aside"}
    limits : Limits

    Returns
    -------
    pandas.DataFrame
        ``practice_code, practice_name, region_code, icb_code, address_1 ... address_5, postcode, open_date, close_date,
        status, ...``. Rows that are no GP practice, default codes (V81997 to V81999) and codes that are not English are
        set aside and counted in ``attrs["account"]``. Branches and hubs with a code of their own remain: the register
        has no field that tells them apart.

    Raises
    ------
    DataError
        With every fault of the file in ``problems``.

    Examples
    --------
    >>> import tempfile
    >>> row = ["A81001", "ABBEY", "Y63", "QHM", *[""] * 5, "TS18 1HU", "19740401", "", "A", *[""] * 12, "4", ""]
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     file = Path(folder) / "epraccur.csv"
    ...     _ = file.write_text(",".join(row) + "\\n")
    ...     load_ods_practices(file)[["practice_code", "status"]].iloc[0].tolist()
    ['A81001', 'active']
    """
    return load_source(path, "ods_practices", on_error=on_error, limits=limits)


def load_pcn_membership(path: str | Path, *, on_error: str = RAISE, limits: Limits = DEFAULT_LIMITS) -> pd.DataFrame:
    """Return which practice belonged to which primary care network and when, one row per spell.

    Parameters
    ----------
    path : str or pathlib.Path
        ``ePCN.xlsx`` (sheet of core partners) or ``epcncorepartnerdetails.csv``, with or without headers.
    on_error : {"raise", "set_aside"}
    limits : Limits

    Returns
    -------
    pandas.DataFrame
        ``practice_code, practice_name, practice_commissioner_code, ..., pcn_code, pcn_name, ..., start_date, end_date,
        same_commissioner``; a missing end date is a current spell. A practice may be in two networks at once.

    Raises
    ------
    DataError
        With every fault of the file in ``problems``.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     file = Path(folder) / "epcncorepartnerdetails.csv"
    ...     _ = file.write_text("A81001,ABBEY,16C,TEES,U89141,STOCKTON PCN,16C,TEES,20190701,,TRUE\\n")
    ...     load_pcn_membership(file)["pcn_code"].tolist()
    ['U89141']
    """
    return load_source(path, "pcn_membership", on_error=on_error, limits=limits)
