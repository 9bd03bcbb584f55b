"""The day for which a record holds, the version of a file that is nearest before the census, and the lag between."""

from __future__ import annotations

import re

import pandas as pd

from resilience_stats.cohort.filenames import NEVER, date_in_name
from resilience_stats.cohort.reading import AS_OF, FILE, Table

#: Versions that lie within so many days of a year before are a year before.
YEAR_TOLERANCE = 45
#: Days on which a deprivation index was released; before it nobody could have used it.
INDEX_RELEASED = {2015: "2015-09-30", 2019: "2019-09-26", 2025: "2025-10-30"}
#: Sources whose files are named by a year: the day in it for which they hold (end of fieldwork, of the financial year).
YEAR_ENDS = {
    "gpps": "03-31",
    "qof_prevalence": "03-31",
    "qof_achievement": "03-31",
    "qof_maximum_points": "03-31",
    "qof_geography": "03-31",
}
LAG_COLUMNS = ("table", "source_date", "census_date", "lag_days")


def add_dates(table: Table, column: str | None) -> pd.DataFrame:
    """Return the rows of a table with ``asof``: from its own column where it has one, else from the file's name."""
    frame = table.frame
    if table.name in YEAR_ENDS:
        return frame.assign(
            **{AS_OF: frame[FILE].map({n: year_end(n, YEAR_ENDS[table.name]) for n in frame[FILE].unique()})}
        )
    if column is not None and column in frame:
        dates = frame[column]
        dates = dates if pd.api.types.is_datetime64_any_dtype(dates) else dates.astype("string").map(_date_of_text)
    else:
        dates = frame[FILE].map({name: date_in_name(name) for name in frame[FILE].unique()})
    return frame.assign(**{AS_OF: pd.to_datetime(dates)})


def year_end(name: str, day: str) -> pd.Timestamp:
    """Return a day of the year that a file's name speaks of, of the second where it speaks of two.

    Examples
    --------
    >>> year_end("PREVALENCE_2021_v2.csv", "03-31"), year_end("PREVALENCE_1920.csv", "03-31")
    (Timestamp('2021-03-31 00:00:00'), Timestamp('2020-03-31 00:00:00'))
    >>> year_end("GPPS_2019_Practice_data_weighted.csv", "03-31")
    Timestamp('2019-03-31 00:00:00')
    """
    # Digits that could be a year and could be two of them are a year: survey and QOF files are named by one.
    if found := re.search(r"(?<!\d)(20\d\d)(?!\d|[-_]\d\d(?!\d))", name):
        return pd.Timestamp(f"{found[1]}-{day}")
    return date_in_name(name)


def _date_of_text(text: object) -> pd.Timestamp:
    if not isinstance(text, str):
        return NEVER
    if re.fullmatch(r"20\d\d", text):
        return pd.Timestamp(INDEX_RELEASED.get(int(text), f"{text}-12-31"))
    return date_in_name(text)


def version_before(dates: pd.Series, census: pd.Timestamp) -> pd.Timestamp:
    """Return the latest date not after the census; NaT if there is none."""
    known = dates.dropna().unique()
    return max((d for d in map(pd.Timestamp, known) if d <= census), default=NEVER)


def version_a_year_before(dates: pd.Series, current: pd.Timestamp) -> pd.Timestamp:
    """Return the date nearest to twelve months before `current`, within 45 days; NaT if there is none."""
    if pd.isna(current):
        return NEVER
    wanted = current - pd.DateOffset(years=1)
    near = [d for d in map(pd.Timestamp, dates.dropna().unique()) if abs((d - wanted).days) <= YEAR_TOLERANCE]
    return min(near, key=lambda d: abs((d - wanted).days), default=NEVER)


def lag_row(table: str, source: pd.Timestamp, census: pd.Timestamp) -> dict[str, object]:
    """Return one row of the lag table; a negative lag means that the source is younger than the outcome.

    Examples
    --------
    >>> lag_row("list_size", pd.Timestamp("2019-11-01"), pd.Timestamp("2019-11-30"))["lag_days"]
    29
    """
    lag = None if pd.isna(source) else int((census - source).days)
    return dict(zip(LAG_COLUMNS, (table, source, census, lag), strict=True))
