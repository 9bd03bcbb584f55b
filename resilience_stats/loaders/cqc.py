"""Care Quality Commission: the directory of locations and the latest ratings."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from resilience_stats.loaders.limits import DEFAULT_LIMITS, Limits
from resilience_stats.loaders.sources import load_source
from resilience_stats.loaders.table import RAISE

if TYPE_CHECKING:
    import pandas as pd


def load_cqc_directory(path: str | Path, *, on_error: str = RAISE, limits: Limits = DEFAULT_LIMITS) -> pd.DataFrame:
    """Return the registered locations of GP practices with their overall rating, one row per location.

    Parameters
    ----------
    path : str or pathlib.Path
        "Care directory with filters" (HSCA active locations), xlsx, ods or csv.
    on_error : {"raise", "set_aside"}
    limits : Limits

    Returns
    -------
    pandas.DataFrame
        ``location_id, practice_code, location_name, registered_on, dormant, inspection_category, overall_rating,
        overall_rating_missing, publication_date, inherited, region, local_authority, ..., latitude, longitude,
        provider_id, ...``. Rating is missing with its kind (``not_rated``, ``no_published_rating`` ...), never a lowest
        level. Set aside: no practice code, branch codes, other inspection categories. Two locations may carry one
        practice code: both are kept.

    Raises
    ------
    DataError
        With every fault of the file in ``problems``.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     file = Path(folder) / "directory.csv"
    ...     _ = file.write_text("Location ID,Location ODS Code,Location Primary Inspection Category,"
    ...         "Location Latest Overall Rating\\n1-1, A81001,GP Practices,Not Rated\\n")
    ...     load_cqc_directory(file)["overall_rating_missing"].tolist()
    ['not_rated']
    """
    return load_source(path, "cqc_directory", on_error=on_error, limits=limits)


def load_cqc_ratings(path: str | Path, *, on_error: str = RAISE, limits: Limits = DEFAULT_LIMITS) -> pd.DataFrame:
    """Return the latest ratings of GP practices: one row per location, population group and key question.

    Parameters
    ----------
    path : str or pathlib.Path
        "Latest ratings", the monthly ods (about 320,000 rows), xlsx or csv; the header may stand on the second row.
    on_error : {"raise", "set_aside"}
    limits : Limits

    Returns
    -------
    pandas.DataFrame
        ``location_id, practice_code, location_name, ..., population_group, key_question, rating, rating_missing,
        publication_date, report_type, inherited, provider_id``. The overall rating of a practice is group ``Overall``,
        question ``Overall``. Set aside: no practice code, branch codes, other inspection categories. CQC publishes two
        ratings of one date where there are two; both are kept.

    Raises
    ------
    DataError
        With every fault of the file in ``problems``.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     file = Path(folder) / "ratings.csv"
    ...     _ = file.write_text("Location ID,Location ODS Code,Location Primary Inspection Category,"
    ...         "Service / Population Group,Domain,Latest Rating,Publication Date\\n"
    ...         "1-1,A81001,GP Practices,Overall,Well-led,Good,01/02/2023\\n")
    ...     load_cqc_ratings(file)["rating"].tolist()
    ['Good']
    """
    return load_source(path, "cqc_ratings", on_error=on_error, limits=limits)
