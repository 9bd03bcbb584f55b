"""NHS England: Quality and Outcomes Framework."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from resilience_stats.errors import DataError
from resilience_stats.loaders.limits import DEFAULT_LIMITS, Limits
from resilience_stats.loaders.sources import load_source, stack_sources
from resilience_stats.loaders.table import RAISE

if TYPE_CHECKING:
    import pandas as pd


def load_qof_prevalence(path: str | Path, *, on_error: str = RAISE, limits: Limits = DEFAULT_LIMITS) -> pd.DataFrame:
    """Return how many patients each practice has on each disease register, one row per practice and register.

    Parameters
    ----------
    path : str or pathlib.Path
        ``PREVALENCE_yyyy.csv`` of the raw data.
    on_error : {"raise", "set_aside"}
    limits : Limits

    Returns
    -------
    pandas.DataFrame
        ``practice_code, group_code, register, patient_list_type, patients``; prevalence is ``register / patients``, on
        the list that the register is counted on. A register of 0 is real; a row that is absent was not reported.

    Raises
    ------
    DataError
        With every fault of the file in ``problems``.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     file = Path(folder) / "PREVALENCE_2021.csv"
    ...     _ = file.write_text("PRACTICE_CODE,GROUP_CODE,REGISTER,PATIENT_LIST_TYPE,PRACTICE_LIST_SIZE\\n"
    ...         "A81001,AF,95,TOTAL,4098\\n")
    ...     load_qof_prevalence(file)["register"].tolist()
    [95.0]
    """
    return load_source(path, "qof_prevalence", on_error=on_error, limits=limits)


def load_qof_achievement(
    path: str | Path | Sequence[str | Path], *, on_error: str = RAISE, limits: Limits = DEFAULT_LIMITS
) -> pd.DataFrame:
    """Return QOF achievement, one row per practice, indicator and measure.

    Parameters
    ----------
    path : path, folder or sequence of paths
        One regional ``ACHIEVEMENT_<region>_yyyy.csv``, the folder of the seven, or a list of them.
    on_error : {"raise", "set_aside"}
    limits : Limits

    Returns
    -------
    pandas.DataFrame
        ``region_code, region_name, practice_code, indicator_code, measure, value``; ``measure`` is one of
        ``achieved_points, numerator, denominator, register, pcas, exceptions``.

    Raises
    ------
    DataError
        With every fault of the files in ``problems``; the folder holds no such file.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     file = Path(folder) / "ACHIEVEMENT_LONDON_2021.csv"
    ...     _ = file.write_text("PRACTICE_CODE,INDICATOR_CODE,MEASURE,VALUE\\nA81001,AF001,ACHIEVED_POINTS,5\\n")
    ...     load_qof_achievement(folder)["measure"].tolist()
    ['achieved_points']
    """
    if isinstance(path, str | Path) and not Path(path).is_dir():
        return load_source(path, "qof_achievement", on_error=on_error, limits=limits)
    files = sorted(Path(path).glob("ACHIEVEMENT*.csv")) if isinstance(path, str | Path) else [Path(p) for p in path]
    if not files:
        raise DataError(
            "the folder holds no ACHIEVEMENT file", where=str(path), allowed="ACHIEVEMENT_<region>_yyyy.csv"
        )
    return stack_sources(files, "qof_achievement", on_error=on_error, limits=limits)


def load_qof_maximum_points(
    path: str | Path, *, on_error: str = RAISE, limits: Limits = DEFAULT_LIMITS
) -> pd.DataFrame:
    """Return the points that each practice could earn, one row per practice.

    Parameters
    ----------
    path : str or pathlib.Path
        ``ORGANISATION_REFERENCE_yyyy.csv`` of the raw data.
    on_error : {"raise", "set_aside"}
    limits : Limits

    Returns
    -------
    pandas.DataFrame
        ``practice_code, maximum_points``, as `qof_points` wants it.

    Raises
    ------
    DataError
        With every fault of the file in ``problems``.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     file = Path(folder) / "qof_maximum_points.csv"
    ...     _ = file.write_text("PRACTICE_CODE,REVISED_MAXIMUM_POINTS\\nA81001,567\\n")
    ...     load_qof_maximum_points(file)['maximum_points'].tolist()
    [567.0]
    """
    return load_source(path, "qof_maximum_points", on_error=on_error, limits=limits)


def load_qof_geography(path: str | Path, *, on_error: str = RAISE, limits: Limits = DEFAULT_LIMITS) -> pd.DataFrame:
    """Return where each practice belonged in the QOF year, one row per practice.

    Parameters
    ----------
    path : str or pathlib.Path
        ``MAPPING_NHS_GEOGRAPHIES_yyyy.csv`` of the raw data.
    on_error : {"raise", "set_aside"}
    limits : Limits

    Returns
    -------
    pandas.DataFrame
        ``practice_code, practice_name, pcn_code, pcn_name, commissioner_code, ..., region_name``; PCN code ``U``
        (unallocated) is missing.

    Raises
    ------
    DataError
        With every fault of the file in ``problems``.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     file = Path(folder) / "qof_geography.csv"
    ...     _ = file.write_text("PRACTICE_CODE,PCN_ODS_CODE,PCN_NAME\\nA81001,U89141,Stockton PCN\\n")
    ...     load_qof_geography(file)['pcn_code'].tolist()
    ['U89141']
    """
    return load_source(path, "qof_geography", on_error=on_error, limits=limits)


def load_qof_indicators(path: str | Path, *, on_error: str = RAISE, limits: Limits = DEFAULT_LIMITS) -> pd.DataFrame:
    """Return the indicators of a QOF year, one row each.

    Parameters
    ----------
    path : str or pathlib.Path
        ``MAPPING_INDICATORS_yyyy.csv`` of the raw data.
    on_error : {"raise", "set_aside"}
    limits : Limits

    Returns
    -------
    pandas.DataFrame
        ``indicator_code, points, group_code, group_name, domain_code, domain_name, patient_list_type``.

    Raises
    ------
    DataError
        With every fault of the file in ``problems``.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     file = Path(folder) / "qof_indicators.csv"
    ...     _ = file.write_text("INDICATOR_CODE,INDICATOR_POINT_VALUE\\nAF001,5\\n")
    ...     load_qof_indicators(file)['points'].tolist()
    [5.0]
    """
    return load_source(path, "qof_indicators", on_error=on_error, limits=limits)


def qof_points(achievement: pd.DataFrame, maximum: pd.DataFrame | None = None) -> pd.DataFrame:
    """Return the points that each practice achieved, and their share of what it could have.

    Parameters
    ----------
    achievement : pandas.DataFrame
        As `load_qof_achievement` gives it.
    maximum : pandas.DataFrame, optional
        ``practice_code, maximum_points`` (from ``ORGANISATION_REFERENCE_yyyy.csv``; indicators that a practice cannot
        earn are taken off). Without it the share is missing: 100 per cent is not assumed.

    Returns
    -------
    pandas.DataFrame
        ``practice_code, points, maximum_points, share``, one row per practice.

    Examples
    --------
    >>> import pandas as pd
    >>> rows = pd.DataFrame({"practice_code": ["A81001"] * 2, "measure": ["achieved_points"] * 2, "value": [5.0, 7.5]})
    >>> qof_points(rows, pd.DataFrame({"practice_code": ["A81001"], "maximum_points": [25.0]}))["share"].tolist()
    [0.5]
    """
    points = achievement.loc[achievement["measure"] == "achieved_points"]
    out = points.groupby("practice_code")["value"].sum().rename("points").reset_index()
    if maximum is None:
        return out.assign(maximum_points=float("nan"), share=float("nan"))
    out = out.merge(maximum[["practice_code", "maximum_points"]], on="practice_code", how="left")
    return out.assign(share=out["points"] / out["maximum_points"])
