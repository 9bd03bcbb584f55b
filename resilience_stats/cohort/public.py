"""Public sources as of the census date: one record per practice asked, with why the others have none."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import pandas as pd

from resilience_stats.cohort.accounts import JOINED
from resilience_stats.cohort.asof import add_dates, lag_row, version_a_year_before, version_before
from resilience_stats.cohort.filenames import NEVER
from resilience_stats.cohort.later import FOLLOWED, everyone, later_records, version_after
from resilience_stats.cohort.lineage import OWN, Lineage
from resilience_stats.cohort.linking import (
    AFTER,
    OTHER_VERSION,
    OUTSIDE,
    PRACTICES,
    audit_stage,
    combine_records,
    link_records,
    reasons_without_record,
)
from resilience_stats.cohort.reading import AS_OF, Table, in_words

#: Column that dates the rows of a source (else the file's name does), and what adds up when practices merge.
DATE_COLUMNS: Mapping[str, str] = {"list_size": "extract_date", "deprivation": "time_period", "appointments": "month"}
ADDITIVE: Mapping[str, str] = {
    "list_size": r"patients",
    "workforce": r"patients|.*_(fte|headcount|all|locums)",
    "payments": r"(?!payment_per_).*",
    "qof_maximum_points": r"maximum_points",
}
#: Sources with many rows per practice, which stay as they are: what to add up depends on the question.
LONG = ("qof_prevalence", "qof_achievement", "appointments")
#: Sources that change too slowly to leave out when they are younger than the census; it is said when they are.
SLOW = ("deprivation",)
RATED_AFTER, SUPERSEDED = "rated after the census date", "an earlier rating of the same practice"
FOLLOWING = "a rating of the same practice that followed later"
BAND = "one sex or age band"
OF_NETWORK = "of a network, not of a practice"
NOT_OVERALL = "rating of a key question or population group"


@dataclass(frozen=True, slots=True, kw_only=True)
class Joined:
    """What one source gives to the cohort.

    Attributes
    ----------
    tables : mapping of str to pandas.DataFrame
        One row per practice asked that has a record, indexed by ``practice_code``, with ``asof`` and ``records``.
    fates : pandas.Series
        What became of each row of the source.
    audit, lags : list of dict
        Rows of the join audit and of the lag table.
    log : pandas.DataFrame
        Codes that were carried.
    notes : list of (code, message)
    everyone : mapping of str to pandas.DataFrame
        Of a source that practices are compared in, every practice in the file.
    """

    tables: Mapping[str, pd.DataFrame] = field(repr=False)
    fates: pd.Series = field(repr=False)
    audit: list[dict[str, object]]
    lags: list[dict[str, object]]
    log: pd.DataFrame = field(repr=False)
    notes: list[tuple[str, str]] = field(default_factory=list)
    hints: Mapping[str, pd.Index] = field(default_factory=dict)
    everyone: Mapping[str, pd.DataFrame] = field(default_factory=dict)


def join_period_table(table: Table, lineage: Lineage, asked: pd.Index, hints: Mapping[str, pd.Index]) -> Joined:
    """Return a table of counts, amounts or scores: the version that is nearest before the census date.

    Parameters
    ----------
    table : Table
    lineage : Lineage
    asked : pandas.Index
        Codes of the practices in the frame.
    hints : mapping of str to pandas.Index
        Reason -> practices to which it applies, for those that turn out to have no record.

    Notes
    -----
    Records of practices that have merged are added up, so that a merged practice is compared with itself. Where the
    list of a year before is among the versions, it is given too, as ``<table>_previous``; of sources that tell what
    became of practices the first version after the census date, as ``<table>_later``.
    """
    dated = add_dates(table, DATE_COLUMNS.get(table.name))
    banded = is_band(dated)
    linked = link_records(table.name, dated, lineage, asked, date=AS_OF, stranger=OUTSIDE)
    chosen = version_before(dated[AS_OF], lineage.census)
    notes: list[tuple[str, str]] = []
    if pd.isna(chosen) and (table.name in SLOW or dated[AS_OF].isna().all()):
        chosen, note = _version_that_there_is(table.name, dated[AS_OF])
        notes.append(note)
        linked = link_records(table.name, dated, lineage, asked, date=None, stranger=OUTSIDE)
    previous = version_a_year_before(dated[AS_OF], chosen) if table.name == "list_size" else NEVER
    here = dated[AS_OF].isna() if pd.isna(chosen) else dated[AS_OF].eq(chosen)
    then = dated[AS_OF].eq(previous)
    fates = linked.fates.mask(linked.fates.eq(JOINED) & ~here & ~then, OTHER_VERSION)
    fates = fates.mask(fates.eq(JOINED) & banded, BAND)
    pattern = ADDITIVE.get(table.name, "(?!)")
    numbers = tuple(c for c in dated.select_dtypes("number").columns if re.fullmatch(pattern, str(c)))
    chosen_rows = linked.frame[fates.eq(JOINED) & here]
    long = table.name in LONG
    tables = {table.name: chosen_rows.set_index("practice_code") if long else combine_records(chosen_rows, numbers)}
    if not pd.isna(previous):
        tables[f"{table.name}_previous"] = combine_records(linked.frame[fates.eq(JOINED) & then], numbers)
    later = pd.Index(linked.frame.loc[linked.fates.eq(AFTER), "practice_code"].unique())
    audit, lags = [], []
    for name, part in tables.items():
        reasons = reasons_without_record(asked, part.index, {AFTER: later, **hints})
        audit += audit_stage(name, PRACTICES, reasons)
        lags.append(lag_row(name, part[AS_OF].max() if len(part) else chosen, lineage.census))
    followed = later_records(linked, asked, lineage.census, numbers) if table.name in FOLLOWED else None
    tables |= {} if followed is None else {f"{table.name}_later": followed}
    whole = {"": chosen, "_later": version_after(dated[AS_OF], lineage.census)}
    held = {f"{table.name}{when}": everyone(table.name, dated[~banded], day) for when, day in whole.items()}
    return Joined(
        tables=tables,
        fates=fates,
        audit=audit,
        lags=lags,
        log=linked.log,
        notes=notes,
        everyone={name: frame for name, frame in held.items() if frame is not None},
    )


def is_band(frame: pd.DataFrame) -> pd.Series:
    """Return which rows are a part of the patients only: one sex, or one age band."""
    part = pd.Series(False, index=frame.index)
    for column in ("sex", "age"):
        if column in frame and frame[column].eq("ALL").any():
            part |= frame[column].ne("ALL")
    return part


def _version_that_there_is(name: str, dates: pd.Series) -> tuple[pd.Timestamp, tuple[str, str]]:
    first = dates.min()
    if pd.isna(first):
        return NEVER, (
            "date-unknown",
            f"The date of {in_words(name)} is not known: neither a column nor the file's name states one.",
        )
    message = (
        f"{in_words(name)} is of {first.date().isoformat()}, after the census date; "
        "it changes slowly and is used all the same."
    )
    return first, ("younger-than-census", message)


def join_network_table(table: Table, lineage: Lineage, networks: pd.Index, hints: Mapping[str, pd.Index]) -> Joined:
    """Return a source that speaks of networks and not of practices: the rows of the networks of practices asked.

    Staff of a network cannot be attributed to its practices, and so nothing is joined to a practice here.
    """
    dated = add_dates(table, None)
    chosen = version_before(dated[AS_OF], lineage.census)
    fates = pd.Series(OF_NETWORK, index=dated.index, dtype=object)
    fates[~dated["pcn_code"].isin(networks)] = OUTSIDE
    fates[fates.eq(OF_NETWORK) & ~dated[AS_OF].eq(chosen)] = OTHER_VERSION
    fates[dated[AS_OF] > lineage.census] = AFTER
    part = dated[fates.eq(OF_NETWORK)]
    reasons = reasons_without_record(networks, pd.Index(part["pcn_code"].unique()), hints)
    audit = audit_stage(table.name, "network of a practice asked to record", reasons)
    lags = [lag_row(table.name, chosen, lineage.census)]
    return Joined(tables={table.name: part}, fates=fates, audit=audit, lags=lags, log=pd.DataFrame())


def join_register(table: Table, lineage: Lineage, asked: pd.Index, hints: Mapping[str, pd.Index]) -> Joined:
    """Return the register of codes, with who was open on the census date and when each code began and ended.

    Its opening and closing dates say why a practice is missing from other sources. The file bears no date of its own;
    the latest change that it records stands for it in the lag table.
    """
    linked = link_records(table.name, table.frame, lineage, asked, date=None, stranger=OUTSIDE)
    # A register speaks of codes: a code that has ended is not carried to its heir, its own row is there.
    own = linked.frame.assign(practice_code=linked.frame["written_code"], link=OWN)
    fates = pd.Series(JOINED, index=own.index, dtype=object).where(own["practice_code"].isin(asked), OUTSIDE)
    begun, ended = own["open_date"] <= lineage.census, own["close_date"] <= lineage.census
    own[AS_OF], own["open_at_census"] = lineage.census, begun & ~ended
    part = combine_records(own[fates.eq(JOINED)], ())
    known = {
        "closed before the census date": pd.Index(own.loc[ended, "practice_code"]),
        "not yet open on the census date": pd.Index(own.loc[own["open_date"] > lineage.census, "practice_code"]),
    }
    audit = audit_stage(table.name, PRACTICES, reasons_without_record(asked, part.index, hints))
    recorded = version_before(pd.concat([own["open_date"], own["close_date"]]), lineage.census)
    lags = [lag_row(table.name, recorded, lineage.census)]
    return Joined(tables={table.name: part}, fates=fates, audit=audit, lags=lags, log=linked.log[:0], hints=known)


def join_spells(table: Table, lineage: Lineage, asked: pd.Index, hints: Mapping[str, pd.Index]) -> Joined:
    """Return PCN membership on the census date: the spell that holds then, the latest begun where several do.

    The file bears no date of its own; the latest change that it records stands for it in the lag table.
    """
    frame = table.frame
    begun, ended = frame["start_date"], frame["end_date"]
    linked = link_records(table.name, frame, lineage, asked, date="start_date", stranger=OUTSIDE)
    over = linked.fates.eq(JOINED) & ended.notna() & (ended <= lineage.census)
    fates = linked.fates.mask(over, "spell over before the census date")
    held = linked.frame[fates.eq(JOINED)].assign(**{AS_OF: begun})
    latest = held.sort_values(AS_OF, kind="stable", na_position="first").index
    twice = held.loc[latest].duplicated("practice_code", keep="last")
    fates[twice.index[twice]] = "another spell of the practice began later"
    part = combine_records(linked.frame[fates.eq(JOINED)].assign(**{AS_OF: lineage.census}), ())
    audit = audit_stage(table.name, PRACTICES, reasons_without_record(asked, part.index, hints))
    lags = [lag_row(table.name, version_before(pd.concat([begun, ended]), lineage.census), lineage.census)]
    return Joined(tables={table.name: part}, fates=fates, audit=audit, lags=lags, log=linked.log)


def join_ratings(table: Table, lineage: Lineage, asked: pd.Index, hints: Mapping[str, pd.Index]) -> Joined:
    """Return CQC's overall ratings: as they stood on the census date, and, apart, those published later.

    Notes
    -----
    CQC publishes only the rating that stands. A rating published after the census date is an outcome and never a
    predictor; the rating that stood on the census date is then unknown, and the practice has none. Of several ratings
    of one practice the latest published by the census date counts, and of those after it the first; on one day, the
    lower one. Monthly files that were kept, named together, show ratings that one file alone no longer has.
    """
    frame = table.frame.rename(columns={"rating": "overall_rating", "rating_missing": "overall_rating_missing"})
    frame = frame.assign(**{AS_OF: frame["publication_date"]})
    linked = link_records(table.name, frame, lineage, asked, date=AS_OF, stranger=OUTSIDE)
    in_frame = linked.frame["practice_code"].isin(asked)
    fates = linked.fates.mask(linked.fates.eq(AFTER), OUTSIDE).mask(linked.fates.eq(AFTER) & in_frame, RATED_AFTER)
    if "key_question" in frame:
        overall = frame["population_group"].eq("Overall") & frame["key_question"].eq("Overall")
        fates = fates.mask(fates.isin([JOINED, RATED_AFTER]) & ~overall, NOT_OVERALL)
    parts = {}
    wanted = ((table.name, JOINED, SUPERSEDED), (f"{table.name}_later", RATED_AFTER, FOLLOWING))
    for name, fate, superseded in wanted:
        held = linked.frame[fates.eq(fate)]
        nearest = held.assign(worth=held["overall_rating"].map(_worth)).sort_values(
            [AS_OF, "worth"], ascending=[fate == JOINED, False], kind="stable", na_position="first"
        )
        fates[nearest.index[nearest.duplicated("practice_code", keep="last")]] = superseded
        parts[name] = combine_records(linked.frame[fates.eq(fate)], ())
    now, later = parts[table.name], parts[f"{table.name}_later"]
    reasons = reasons_without_record(asked, now.index, {RATED_AFTER: later.index, **hints})
    audit = audit_stage(table.name, PRACTICES, reasons)
    lags = [lag_row(table.name, now[AS_OF].max(), lineage.census)]
    hidden = len(later.index.difference(now.index))
    message = (
        f"Of {hidden} practices {in_words(table.name)} has only a rating from after the census date; theirs of then is "
        "hidden."
    )
    notes = [("rating-hidden", message)] if hidden else []
    return Joined(tables=parts, fates=fates, audit=audit, lags=lags, log=linked.log, notes=notes)


def _worth(rating: Any) -> int:
    ratings = ("Inadequate", "Requires improvement", "Good", "Outstanding")
    return ratings.index(rating) if rating in ratings else -1
