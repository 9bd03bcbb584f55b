"""NHS England: patients registered at a GP practice."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from resilience_stats.loaders.limits import DEFAULT_LIMITS, Limits
from resilience_stats.loaders.sources import load_source
from resilience_stats.loaders.table import RAISE

if TYPE_CHECKING:
    import pandas as pd


def load_list_size(path: str | Path, *, on_error: str = RAISE, limits: Limits = DEFAULT_LIMITS) -> pd.DataFrame:
    """Return registered patients: one row per practice, or per practice, sex and age band.

    Parameters
    ----------
    path : str or pathlib.Path
        ``gp-reg-pat-prac-all`` (all persons) or ``gp-reg-pat-prac-quin-age`` (five-year bands), any month.
    on_error : {"raise", "set_aside"}
    limits : Limits

    Returns
    -------
    pandas.DataFrame
        ``practice_code, extract_date, organisation_type, commissioner_code, commissioner_ons_code, postcode, sex, age,
        patients``. In the age file the rows of larger areas are set aside, and ``sex`` and ``age`` have ``ALL`` rows
        beside the bands: choose before summing.

    Raises
    ------
    DataError
        With every fault of the file in ``problems``.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     file = Path(folder) / "gp-reg-pat-prac-all.csv"
    ...     _ = file.write_text("EXTRACT_DATE,TYPE,CODE,SEX,AGE,NUMBER_OF_PATIENTS\\n"
    ...         "01JAN2021,GP,A81001,ALL,ALL,4100\\n")
    ...     load_list_size(file)["patients"].tolist()
    [4100]
    """
    return load_source(path, "list_size", on_error=on_error, limits=limits)
