"""Practice codes die, merge and split: what a code written on one day is called on another."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field

import pandas as pd

from resilience_stats.errors import DataError

#: What became of a record's code on its way to the census date.
OWN, CARRIED, CLOSED, SPLIT = "own code", "carried by lineage", "closed", "split: cannot be linked"
LOG_COLUMNS = ("table", "old_code", "new_code", "event", "event_date", "outcome", "rows")


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """One thing that happened to a code; `heirs` is empty for a closure and has several codes for a split."""

    event: str
    date: pd.Timestamp
    heirs: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Lineage:
    """What became of each code by the census date.

    Attributes
    ----------
    events : mapping of str to tuple of Event
        Old code -> its events, in order of date.
    census : pandas.Timestamp
        Events after this day have not happened yet.
    later : int
        How many events of the table are later than the census date.
    vanished : mapping of str to str
        Codes that are known to have ended, nobody says when or into what -> how to call it.
    """

    events: Mapping[str, tuple[Event, ...]]
    census: pd.Timestamp
    later: int = 0
    vanished: Mapping[str, str] = field(default_factory=dict)


def build_lineage(
    table: pd.DataFrame | None, census: dt.date | pd.Timestamp, *, vanished: Mapping[str, str] | None = None
) -> Lineage:
    """Return the lineage of codes up to the census date.

    Parameters
    ----------
    table : pandas.DataFrame or None
        ``old_code, new_code, event, event_date``, one row per old and new code.
    census : date
    vanished : mapping of str to str, optional
        Codes that ended on a day that nobody knows -> how to call it.

    Raises
    ------
    DataError
        Two codes succeed each other on one day.

    Examples
    --------
    >>> table = pd.DataFrame({"old_code": ["A81001"], "new_code": ["A81002"], "event": ["merge"],
    ...                       "event_date": [pd.Timestamp("2019-04-01")]})
    >>> carry_code(build_lineage(table, pd.Timestamp("2019-11-30")), "A81001", pd.Timestamp("2018-11-30"))
    ('A81002', 'carried by lineage')
    """
    census = pd.Timestamp(census)
    if table is None or table.empty:
        return Lineage(events={}, census=census, vanished=vanished or {})
    happened = table[table["event_date"] <= census]
    events: dict[str, list[Event]] = {}
    for (old, event, date), rows in happened.groupby(["old_code", "event", "event_date"], sort=True):
        heirs = tuple(sorted(c for c in rows["new_code"].dropna().astype(str) if c))
        if event == "closure" or heirs != (old,):
            events.setdefault(str(old), []).append(Event(event=str(event), date=pd.Timestamp(str(date)), heirs=heirs))
    ordered = {code: tuple(sorted(happenings, key=lambda e: e.date)) for code, happenings in events.items()}
    lineage = Lineage(events=ordered, census=census, later=len(table) - len(happened), vanished=vanished or {})
    for code in ordered:
        carry_code(lineage, code, pd.Timestamp.min)
    return lineage


def carry_code(lineage: Lineage, code: str, written: pd.Timestamp) -> tuple[str, str]:
    """Return what a code is called on the census date, and how it got there.

    Parameters
    ----------
    lineage : Lineage
    code : str
        As written in the record.
    written : pandas.Timestamp
        The day for which the record holds; NaT = not known, taken to be before every event.

    Returns
    -------
    code, outcome : str
        Outcome is ``own code``, ``carried by lineage``, ``closed`` or ``split: cannot be linked``; in the last two the
        code is the last one that could be had.

    Notes
    -----
    A record from before a merger or take-over belongs to the heir; so does one that was written later with the old
    code out of habit, because that code names nobody else. A record from before a split belongs to one of several
    heirs, and nothing says to which, even if one of them kept the code; one from after the split belongs to that one.
    """
    current, outcome, seen = code, OWN, {code}
    when = pd.Timestamp.min if pd.isna(written) else pd.Timestamp(written)
    while True:
        found = next((e for e in lineage.events.get(current, ()) if _concerns(e, current, when, seen)), None)
        if found is None:
            return current, outcome
        if not found.heirs:
            return current, CLOSED
        if len(found.heirs) > 1:
            return current, SPLIT
        current, outcome, when = found.heirs[0], CARRIED, max(when, found.date)
        seen.add(current)


def _concerns(event: Event, code: str, when: pd.Timestamp, seen: set[str]) -> bool:
    """Return whether an event befell the practice that `code` stood for at `when`."""
    if event.date > when:
        return True
    if event.date == when and seen.intersection(event.heirs) - {code}:
        raise DataError(
            "two practice codes succeed each other on one day",
            where="lineage table",
            found=", ".join(sorted(seen)),
            action="Correct the dates or the codes of these events.",
        )
    # The event is past: after it the code means nobody, unless it was left in use, or was given out again since.
    return code not in event.heirs and not seen.intersection(event.heirs)


def carry_codes(lineage: Lineage, codes: pd.Series, written: pd.Series | pd.Timestamp) -> pd.DataFrame:
    """Return ``practice_code`` and ``link`` for many records, with the index of `codes`.

    Examples
    --------
    >>> empty = build_lineage(None, pd.Timestamp("2019-11-30"))
    >>> carry_codes(empty, pd.Series(["A81001"]), pd.Timestamp("2018-11-30"))["link"].tolist()
    ['own code']
    """
    out = pd.DataFrame({"practice_code": codes.astype(object), "link": OWN}, index=codes.index)
    concerned = codes.isin(list(lineage.events)).to_numpy()
    if concerned.any():
        dates = written if isinstance(written, pd.Series) else pd.Series(written, index=codes.index)
        pairs = zip(codes[concerned].astype(str), dates[concerned], strict=True)
        carried = [carry_code(lineage, code, when) for code, when in pairs]
        out.loc[concerned, "practice_code"] = [c for c, _ in carried]
        out.loc[concerned, "link"] = [o for _, o in carried]
    return out


def log_links(lineage: Lineage, table: str, before: pd.Series, after: pd.DataFrame) -> pd.DataFrame:
    """Return one row per old code that records of a table were carried from, or could not be carried from."""
    moved = after["link"] != OWN
    if not moved.any():
        return pd.DataFrame(columns=list(LOG_COLUMNS))
    pairs = pd.DataFrame(
        {"old_code": before[moved], "new_code": after.loc[moved, "practice_code"], "outcome": after.loc[moved, "link"]}
    )
    counts = pairs.groupby(["old_code", "new_code", "outcome"], sort=True).size().rename("rows").reset_index()
    events = [lineage.events.get(str(code), (None,))[0] for code in counts["old_code"]]
    counts["table"], counts["event"] = table, [e.event if e else "not known" for e in events]
    counts["event_date"] = pd.to_datetime(pd.Series([e.date if e else pd.NaT for e in events], index=counts.index))
    counts.loc[counts["outcome"] != CARRIED, "new_code"] = None
    return counts[list(LOG_COLUMNS)]
