"""One lineage from several tables: the LMC's own first, then what researchers have published, for the other codes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import pandas as pd

from resilience_stats.cohort.lineage import Lineage, build_lineage
from resilience_stats.cohort.reading import Table, in_words
from resilience_stats.notes import Note, note

#: The tables of a study that say what became of codes.
LINEAGE_TABLES = ("lineage", "merger_lookup", "closures")
CLOSED_UNDATED, HEIR_UNKNOWN = "closed, on a day not known", "merged: successor not known"
BEFORE, LATER = "event before the census date", "event after the census date"
UNDATED, TOLD_ELSEWHERE = "event of which the date is not known", "another table tells what became of this code"
_COLUMNS = ["old_code", "new_code", "event", "event_date"]


@dataclass(frozen=True, slots=True, kw_only=True)
class CodesGone:
    """What became of codes, and what became of the rows that say so.

    Attributes
    ----------
    lineage : Lineage
    fates : mapping of str to pandas.Series
        Of each table of lineage, what each row is worth.
    notes : tuple of Note
    """

    lineage: Lineage
    fates: Mapping[str, pd.Series] = field(default_factory=dict)
    notes: tuple[Note, ...] = ()


def read_codes_gone(tables: Mapping[str, Table], census: pd.Timestamp) -> CodesGone:
    """Return the lineage of a study from all tables that speak of it.

    Parameters
    ----------
    tables : mapping of str to Table
        Of ``lineage`` (the LMC's own), ``merger_lookup`` and ``closures`` (researchers') those that the study has, and
        ``ods_practices``, which knows on which day a code ended.
    census : pandas.Timestamp

    Notes
    -----
    Of a code that the LMC's table names, the others are not asked. The look-up of mergers dates an event by the last
    month in which the old code had 1,000 patients: near the event, not on it. The list of closures has no dates: a code
    on it closed on the day that the register of codes gives; without one its records are named as unlinkable, not as
    unknown.
    """
    frames: list[pd.DataFrame] = []
    fates: dict[str, pd.Series] = {}
    vanished: dict[str, str] = {}
    known: set[str] = set()
    for name in (n for n in LINEAGE_TABLES if n in tables):
        rows = tables[name].frame
        if name == "closures":
            rows, undated = _closures(rows, tables.get("ods_practices"), known)
            vanished |= undated
        dates = pd.to_datetime(rows["event_date"])
        fate = pd.Series(BEFORE, index=rows.index, dtype=object).mask(dates > census, LATER).mask(dates.isna(), UNDATED)
        fates[name] = fate.mask(rows["old_code"].isin(known), TOLD_ELSEWHERE)
        usable = fates[name].isin([BEFORE, LATER])
        frames.append(rows.loc[usable, _COLUMNS].assign(event_date=dates[usable]))
        known |= set(rows["old_code"])
    events = [f for f in frames if len(f)]
    table = pd.concat(events, ignore_index=True) if events else None
    lineage = build_lineage(table, census, vanished=vanished)
    return CodesGone(lineage=lineage, fates=fates, notes=tuple(_notes(fates)))


def _closures(listed: pd.DataFrame, register: Table | None, known: set[str]) -> tuple[pd.DataFrame, dict[str, str]]:
    """Return the list of closures as lineage events, dated by the register of codes, and the codes without a date."""
    ended = pd.Series(dtype="datetime64[ns]")
    if register is not None:
        ended = register.frame.drop_duplicates("practice_code").set_index("practice_code")["close_date"]
    closed = listed["fate"].eq("closed").fillna(False)
    codes = listed["practice_code"]
    dates = pd.to_datetime(codes.map(ended)).where(closed)
    rows = pd.DataFrame(
        {"old_code": codes, "new_code": None, "event": "closure", "event_date": dates}, index=listed.index
    )
    undated = dates.isna() & ~codes.isin(known)
    reasons = closed.map({True: CLOSED_UNDATED, False: HEIR_UNKNOWN})
    return rows, dict(zip(codes[undated].astype(str), reasons[undated], strict=True))


def _notes(fates: Mapping[str, pd.Series]) -> list[Note]:
    told = []
    for name in (n for n in LINEAGE_TABLES[1:] if n in fates):
        counts = fates[name].value_counts()
        parts = ", ".join(f"{n} {reason}" for reason, n in counts.items())
        told.append(note("research-lineage", f"What became of codes is taken from {in_words(name)} too: {parts}."))
    return told
