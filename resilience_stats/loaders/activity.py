"""NHS England: staff of primary care networks, and appointments."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from resilience_stats.loaders.limits import DEFAULT_LIMITS, Limits
from resilience_stats.loaders.sources import load_source
from resilience_stats.loaders.table import RAISE

if TYPE_CHECKING:
    import pandas as pd


def load_pcn_workforce(path: str | Path, *, on_error: str = RAISE, limits: Limits = DEFAULT_LIMITS) -> pd.DataFrame:
    """Return the staff of primary care networks (ARRS among them), one row per person and role.

    Parameters
    ----------
    path : str or pathlib.Path
        "Primary Care Networks - <month> Individual Level".
    on_error : {"raise", "set_aside"}
    limits : Limits

    Returns
    -------
    pandas.DataFrame
        ``data_source, census_year, census_month, pcn_code, pcn_name, ..., staff_group, staff_role, detailed_role, fte,
        person_id``. It is of the network: to set it beside practices, sum by `pcn_fte` and say that it is shared.

    Raises
    ------
    DataError
        With every fault of the file in ``problems``.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     file = Path(folder) / "pcn.csv"
    ...     _ = file.write_text("PCN_CODE,STAFF_GROUP,FTE\\nU89141,Direct Patient Care,0.8\\n")
    ...     load_pcn_workforce(file)["fte"].tolist()
    [0.8]
    """
    return load_source(path, "pcn_workforce", on_error=on_error, limits=limits)


def pcn_fte(staff: pd.DataFrame) -> pd.DataFrame:
    """Return full-time equivalents by network and staff group: summed over roles, never averaged over people.

    Examples
    --------
    >>> import pandas as pd
    >>> rows = pd.DataFrame({"pcn_code": ["U1", "U1"], "staff_group": ["DPC", "DPC"], "fte": [0.5, 1.0]})
    >>> pcn_fte(rows)["fte"].tolist()
    [1.5]
    """
    return staff.groupby(["pcn_code", "staff_group"])["fte"].sum(min_count=1).reset_index()


def load_appointments(path: str | Path, *, on_error: str = RAISE, limits: Limits = DEFAULT_LIMITS) -> pd.DataFrame:
    """Return appointments by practice, month and kind.

    Parameters
    ----------
    path : str or pathlib.Path
        One regional practice-level CSV of "Appointments in General Practice".
    on_error : {"raise", "set_aside"}
    limits : Limits

    Returns
    -------
    pandas.DataFrame
        ``month, practice_code, practice_name, supplier, pcn_code, commissioner_code, professional, mode,
        national_category, wait, appointments, status``. ``Unknown`` and ``Unmapped`` are kept: they are levels.

    Raises
    ------
    DataError
        With every fault of the file in ``problems``.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     file = Path(folder) / "appointments.csv"
    ...     _ = file.write_text("APPOINTMENT_MONTH_START_DATE,GP_CODE,HCP_TYPE,COUNT_OF_APPOINTMENTS\\n"
    ...         "01OCT2022,A81001,GP,412\\n")
    ...     load_appointments(file)["appointments"].tolist()
    [412]
    """
    return load_source(path, "appointments", on_error=on_error, limits=limits)
