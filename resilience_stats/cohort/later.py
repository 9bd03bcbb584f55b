"""What came after the census date: kept apart from what a model may know, to hold the model against."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from resilience_stats.cohort.codes_gone import LINEAGE_TABLES
from resilience_stats.cohort.filenames import NEVER, date_in_name
from resilience_stats.cohort.linking import AFTER, Linked, combine_records
from resilience_stats.cohort.reading import AS_OF, FILE, Table

#: How long after the census date something still counts as what became of a practice.
WINDOW_MONTHS = 24
#: Sources of which the first version after the census date is kept, as ``<table>_later``.
FOLLOWED = ("gpps", "workforce", "payments")
#: Of these sources, the columns that are compared with those of every practice in the file.
EVERYONE: Mapping[str, tuple[str, ...]] = {
    "gpps": ("contact_good", "phone_easy", "overall_good"),
    "workforce": ("patients", "gp_fte", "gp_source"),
    "payments": ("registered_patients", "weighted_patients"),
}
CODES_LATER, CODES_BEFORE = "codes_later", "codes_before"
#: Events with which a code ends.
ENDS = ("merge", "takeover", "closure")


def window_end(census: pd.Timestamp) -> pd.Timestamp:
    """Return the last day on which something still counts as what became of a practice.

    Examples
    --------
    >>> window_end(pd.Timestamp("2019-11-30"))
    Timestamp('2021-11-30 00:00:00')
    """
    return census + pd.DateOffset(months=WINDOW_MONTHS)


def version_after(dates: pd.Series, census: pd.Timestamp) -> pd.Timestamp:
    """Return the first date after the census within the window; NaT if there is none.

    Examples
    --------
    >>> dates = pd.Series(pd.to_datetime(["2019-03-31", "2021-03-31", "2020-03-31"]))
    >>> version_after(dates, pd.Timestamp("2019-11-30")), version_after(dates, pd.Timestamp("2015-11-30"))
    (Timestamp('2020-03-31 00:00:00'), NaT)
    """
    known = (pd.Timestamp(d) for d in dates.dropna().unique())
    inside = [d for d in known if census + pd.Timedelta(days=1) <= d <= window_end(census)]
    return min(inside, default=NEVER)


def later_records(
    linked: Linked, asked: pd.Index, census: pd.Timestamp, additive: tuple[str, ...]
) -> pd.DataFrame | None:
    """Return, of a source with versions, the records of practices asked in the first version after the census date.

    Parameters
    ----------
    linked : Linked
        All rows with ``asof``, and their fates.
    asked : pandas.Index
    census : pandas.Timestamp
    additive : tuple of str
        Columns that add up where practices have merged by the census date.

    Returns
    -------
    pandas.DataFrame or None
        Indexed by ``practice_code``; None where there is no such version. A code that has ended since has no record of
        its own any more; what is recorded under its heir is not given to it.
    """
    chosen = version_after(linked.frame[AS_OF], census)
    if pd.isna(chosen):
        return None
    here = linked.fates.eq(AFTER) & linked.frame[AS_OF].eq(chosen) & linked.frame["practice_code"].isin(asked)
    return combine_records(linked.frame[here], additive)


def everyone(name: str, frame: pd.DataFrame, chosen: pd.Timestamp) -> pd.DataFrame | None:
    """Return some columns of one version of a source for every practice in the file, to find cut points by.

    Parameters
    ----------
    name : str
        Table; None is returned unless it is one of `EVERYONE`.
    frame : pandas.DataFrame
        All rows with ``asof`` and the codes as written.
    chosen : pandas.Timestamp
        The version.
    """
    if name not in EVERYONE or pd.isna(chosen):
        return None
    rows = frame[frame[AS_OF].eq(chosen)].drop_duplicates("practice_code").set_index("practice_code")
    return rows[[c for c in EVERYONE[name] if c in rows]]


def codes_after(tables: Mapping[str, Table], asked: pd.Index, census: pd.Timestamp) -> pd.DataFrame | None:
    """Return which codes of practices asked ended in the window after the census date.

    Parameters
    ----------
    tables : mapping of str to Table
        The tables of lineage and the register of codes, those that the study has.
    asked : pandas.Index
    census : pandas.Timestamp

    Returns
    -------
    pandas.DataFrame or None
        Indexed by ``practice_code``: ``gone`` (boolean), ``gone_on``, ``event`` (``merge, takeover, closure``, or
        ``ended`` where only the register of codes tells) and ``asof``, the day on which the window closed. None unless
        one of the files reaches to the end of the window: before that nobody knows who will still be there.

    Notes
    -----
    A file reaches as far as the date in its name or its latest event, whichever is later. A practice that takes others
    over has not ended; nor has one that was split.
    """
    end = window_end(census)
    events, reach = [], [NEVER]
    for name in (n for n in (*LINEAGE_TABLES, "ods_practices") if n in tables):
        rows, told = tables[name].frame, _ends(name, tables[name].frame)
        events.append(told)
        dated = rows.select_dtypes("datetime").max()
        reach += [*dated, *(date_in_name(str(f)) for f in rows[FILE].unique())]
    if not any(not pd.isna(d) and d >= end for d in reach):
        return None
    # What is told first counts: the LMC's own table before the others, the register of codes last.
    all_told = pd.concat(events, ignore_index=True)
    inside = all_told["gone_on"].gt(census) & all_told["gone_on"].le(end)
    first = all_told[inside].drop_duplicates("practice_code").set_index("practice_code").reindex(asked)
    gone = pd.Series(np.asarray(first["gone_on"].notna()), index=asked, dtype="boolean")
    return first.assign(gone=gone, **{AS_OF: end}).rename_axis("practice_code")[["gone", "gone_on", "event", AS_OF]]


def codes_before(tables: Mapping[str, Table], asked: pd.Index, census: pd.Timestamp) -> pd.DataFrame | None:
    """Return which practices asked merged, took over or were split in the window before the census date.

    Returns
    -------
    pandas.DataFrame or None
        Indexed by ``practice_code``, the code that carries on: ``event`` and ``asof``, the day of its latest change.
        None where the study has no table of lineage.
    """
    told = [t.frame for n, t in tables.items() if n in LINEAGE_TABLES and "new_code" in t.frame]
    if not told:
        return None
    rows = pd.concat([f[["new_code", "event", "event_date"]] for f in told], ignore_index=True)
    dates = pd.to_datetime(rows["event_date"])
    inside = dates.gt(census - pd.DateOffset(months=WINDOW_MONTHS)) & dates.le(census)
    held = rows[inside & rows["event"].ne("closure") & rows["new_code"].isin(asked)].sort_values("event_date")
    last = held.drop_duplicates("new_code", keep="last").set_index("new_code").rename_axis("practice_code")
    return last.rename(columns={"event_date": AS_OF}).sort_index()


def _ends(name: str, rows: pd.DataFrame) -> pd.DataFrame:
    """Return ``practice_code, event, gone_on`` of the codes that end, as one table tells it."""
    if name == "ods_practices":
        ended = rows[rows["close_date"].notna()]
        told = {"practice_code": ended["practice_code"], "event": "ended", "gone_on": ended["close_date"]}
        return pd.DataFrame(told)
    if name == "closures":
        # This list has no dates: the register of codes dates what it names.
        return pd.DataFrame({"practice_code": [], "event": [], "gone_on": pd.to_datetime([])})
    ended = rows[rows["event"].isin(ENDS) & ~rows["old_code"].eq(rows["new_code"]).fillna(False)]
    told = {"practice_code": ended["old_code"], "event": ended["event"], "gone_on": pd.to_datetime(ended["event_date"])}
    return pd.DataFrame(told)
