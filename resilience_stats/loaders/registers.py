"""The LMC's own registers: practices, programmes, special measures, lineage, local intelligence, assessments."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from resilience_stats.loaders.limits import DEFAULT_LIMITS, Limits
from resilience_stats.loaders.table import RAISE, as_frame, load

if TYPE_CHECKING:
    import pandas as pd


def load_practice_register(
    path: str | Path, *, on_error: str = "raise", limits: Limits = DEFAULT_LIMITS
) -> pd.DataFrame:
    """Return the frame: every practice that could have been asked, one row each.

    Parameters
    ----------
    path : str or pathlib.Path
        CSV or workbook; columns as in ``data/schema/practice_register.json``.
    on_error : {"raise", "set_aside"}
        Refuse a file with faults, or set the rows at fault aside.
    limits : Limits

    Returns
    -------
    pandas.DataFrame
        ``practice_code, practice_name, place, contract_type, invited_on``.
        ``attrs``: ``source``, ``account``, ``set_aside``, ``problems``.

    Raises
    ------
    DataError
        With every fault of the file in ``problems``.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     file = Path(folder) / "practice_register.csv"
    ...     _ = file.write_text("practice_code,practice_name,place,contract_type,invited_on\\n"
    ...         "A81001,Abbey,North,GMS,\\n")
    ...     load_practice_register(file)[["practice_code", "contract_type"]].iloc[0].tolist()
    ['A81001', 'GMS']
    """
    return as_frame(load(path, "practice_register", on_error=on_error, limits=limits))


def load_programmes(path: str | Path, *, on_error: str = RAISE, limits: Limits = DEFAULT_LIMITS) -> pd.DataFrame:
    """Return who took part in which programme, one row per practice, programme and kind of support.

    Parameters
    ----------
    path : str or pathlib.Path
        CSV or workbook; columns as in ``data/schema/programmes.json``.
    on_error : {"raise", "set_aside"}
        Refuse a file with faults, or set the rows at fault aside.
    limits : Limits

    Returns
    -------
    pandas.DataFrame
        ``practice_code, programme, offered_on, started_on, ended_on, status, support_type``.
        ``attrs``: ``source``, ``account``, ``set_aside``, ``problems``.

    Raises
    ------
    DataError
        With every fault of the file in ``problems``.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     file = Path(folder) / "programmes.csv"
    ...     _ = file.write_text("practice_code,programme,offered_on,started_on,ended_on,status,support_type\\n"
    ...         "A81001,GPRP,2017-05-01,2017-06-01,,active,coaching\\n")
    ...     load_programmes(file)[["programme", "status"]].iloc[0].tolist()
    ['GPRP', 'active']
    """
    return as_frame(load(path, "programmes", on_error=on_error, limits=limits))


def load_special_measures(
    path: str | Path, *, on_error: str = "raise", limits: Limits = DEFAULT_LIMITS
) -> pd.DataFrame:
    """Return the special-measures register, one row per entry.

    Parameters
    ----------
    path : str or pathlib.Path
        CSV or workbook; columns as in ``data/schema/special_measures.json``.
    on_error : {"raise", "set_aside"}
        Refuse a file with faults, or set the rows at fault aside.
    limits : Limits

    Returns
    -------
    pandas.DataFrame
        ``practice_code, entered_on, support_offered_on, support_accepted_on, reinspected_on, outcome``.
        ``attrs``: ``source``, ``account``, ``set_aside``, ``problems``.

    Raises
    ------
    DataError
        With every fault of the file in ``problems``.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     file = Path(folder) / "special_measures.csv"
    ...     _ = file.write_text(
    ...         "practice_code,entered_on,support_offered_on,support_accepted_on,reinspected_on,outcome\\n"
    ...         "A81001,2016-05-01,2016-06-01,,,awaiting_reinspection\\n")
    ...     load_special_measures(file)[["practice_code", "outcome"]].iloc[0].tolist()
    ['A81001', 'awaiting_reinspection']
    """
    return as_frame(load(path, "special_measures", on_error=on_error, limits=limits))


def load_lineage(path: str | Path, *, on_error: str = RAISE, limits: Limits = DEFAULT_LIMITS) -> pd.DataFrame:
    """Return what became of each practice code: merger, take-over, split or closure.

    Parameters
    ----------
    path : str or pathlib.Path
        CSV or workbook; columns as in ``data/schema/lineage.json``.
    on_error : {"raise", "set_aside"}
        Refuse a file with faults, or set the rows at fault aside.
    limits : Limits

    Returns
    -------
    pandas.DataFrame
        ``old_code, new_code, event, event_date``.
        ``attrs``: ``source``, ``account``, ``set_aside``, ``problems``.

    Raises
    ------
    DataError
        With every fault of the file in ``problems``.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     file = Path(folder) / "lineage.csv"
    ...     _ = file.write_text("old_code,new_code,event,event_date\\nA81001,A81002,merge,01/04/2018\\n")
    ...     load_lineage(file)[["old_code", "new_code"]].iloc[0].tolist()
    ['A81001', 'A81002']
    """
    return as_frame(load(path, "lineage", on_error=on_error, limits=limits))


def load_local_intelligence(
    path: str | Path, *, on_error: str = RAISE, limits: Limits = DEFAULT_LIMITS
) -> pd.DataFrame:
    """Return what the LMC knows of practices and no public file tells, one row per practice, criterion and day.

    Parameters
    ----------
    path : str or pathlib.Path
        CSV or workbook; columns as in ``data/schema/local_intelligence.json``, criteria as in ``local_criteria.json``.
    on_error : {"raise", "set_aside"}
        Refuse a file with faults, or set the rows at fault aside.
    limits : Limits

    Returns
    -------
    pandas.DataFrame
        ``practice_code, criterion, value, noted_on, source``; a flag is 1 or 0.
        ``attrs``: ``source``, ``account``, ``set_aside``, ``problems``.

    Raises
    ------
    DataError
        With every fault of the file in ``problems``.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     file = Path(folder) / "local_intelligence.csv"
    ...     _ = file.write_text("practice_code,criterion,value,noted_on,source\\n"
    ...         "A81001,closed_list,1,2019-06-01,ICB\\n")
    ...     load_local_intelligence(file)["criterion"].tolist()
    ['closed_list']
    """
    return as_frame(load(path, "local_intelligence", on_error=on_error, limits=limits))


def load_practice_assessments(
    path: str | Path, *, on_error: str = RAISE, limits: Limits = DEFAULT_LIMITS
) -> pd.DataFrame:
    """Return assessments made within a programme, such as the financial check and the motivational map.

    Parameters
    ----------
    path : str or pathlib.Path
        CSV or workbook; columns as in ``data/schema/practice_assessments.json``, kinds as in ``assessment_kinds.json``.
    on_error : {"raise", "set_aside"}
        Refuse a file with faults, or set the rows at fault aside.
    limits : Limits

    Returns
    -------
    pandas.DataFrame
        ``practice_code, assessed_on, programme, assessment, measure, value``, one row per figure.
        ``attrs``: ``source``, ``account``, ``set_aside``, ``problems``.

    Raises
    ------
    DataError
        With every fault of the file in ``problems``.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     file = Path(folder) / "practice_assessments.csv"
    ...     _ = file.write_text("practice_code,assessed_on,programme,assessment,measure,value\\n"
    ...         "A81001,2019-03-01,GPDP,financial_check,Months of reserves,2.5\\n")
    ...     load_practice_assessments(file)["value"].tolist()
    [2.5]
    """
    return as_frame(load(path, "practice_assessments", on_error=on_error, limits=limits))
