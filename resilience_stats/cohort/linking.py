"""Records to practices: each record ends with one fate, and the fates make the join audit."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from resilience_stats.cohort.accounts import JOINED
from resilience_stats.cohort.lineage import CARRIED, CLOSED, OWN, SPLIT, Lineage, carry_codes, log_links

AUDIT_COLUMNS = ("table", "stage", "rows", "matched", "unmatched", "reason")
AFTER, OUTSIDE, NO_PRACTICE = "after the census date", "outside the frame", "no practice asked has this code"
OTHER_VERSION = "another version is nearer the census date"
RECORDS, PRACTICES, LINKS = "record to practice asked", "practice asked to record", "code through lineage"
RATINGS = "response to rating"


@dataclass(frozen=True, slots=True, kw_only=True)
class Linked:
    """A table whose records carry today's codes.

    Attributes
    ----------
    frame : pandas.DataFrame
        All rows, with ``practice_code`` as it is called on the census date, ``written_code`` and ``link``.
    fates : pandas.Series
        What became of each row.
    log : pandas.DataFrame
        Codes that were carried, or could not be.
    """

    frame: pd.DataFrame = field(repr=False)
    fates: pd.Series = field(repr=False)
    log: pd.DataFrame = field(repr=False)


def link_records(
    table: str, frame: pd.DataFrame, lineage: Lineage, asked: pd.Index, *, date: str | None, stranger: str = NO_PRACTICE
) -> Linked:
    """Return the records of a table with today's codes and a fate each.

    Parameters
    ----------
    table : str
    frame : pandas.DataFrame
        Needs ``practice_code``.
    lineage : Lineage
    asked : pandas.Index
        Codes of the practices in the frame.
    date : str or None
        Column that says for which day a record holds; records of a later day than the census are kept apart.
    stranger : str
        What to call a record whose code belongs to no practice asked.
    """
    written = frame[date] if date is not None else pd.Series(pd.NaT, index=frame.index)
    carried = carry_codes(lineage, frame["practice_code"], written)
    fates = pd.Series(JOINED, index=frame.index, dtype=object, name="fate")
    unknown = ~carried["practice_code"].isin(asked)
    fates[unknown] = stranger
    if stranger == NO_PRACTICE:
        # Of the LMC's own records it is said what became of the practice; who is outside the frame stays that.
        gone = carried["practice_code"].map(lineage.vanished).where(unknown & carried["link"].isin([OWN, CARRIED]))
        carried["link"] = carried["link"].where(gone.isna(), gone)
        fates = fates.where(gone.isna(), gone)
    for lost in (CLOSED, SPLIT):
        fates[carried["link"] == lost] = lost
    fates[pd.to_datetime(written) >= lineage.census + pd.Timedelta(days=1)] = AFTER
    log = log_links(lineage, table, frame["practice_code"], carried)
    out = frame.assign(
        written_code=frame["practice_code"], practice_code=carried["practice_code"], link=carried["link"]
    )
    return Linked(frame=out, fates=fates, log=log)


def audit_records(table: str, linked: Linked) -> list[dict[str, object]]:
    """Return the join audit of a table's records: how many found a practice, and why the others did not."""
    links = linked.frame.loc[linked.fates == JOINED, "link"].value_counts()
    rows = audit_stage(table, RECORDS, linked.fates.where(linked.fates != JOINED, ""))
    if CARRIED in links.index:
        detail = {"table": table, "stage": LINKS, "unmatched": 0, "rows": int(links.sum())}
        rows += [{**detail, "matched": int(links.get(link, 0)), "reason": link} for link in (OWN, CARRIED)]
    return rows


def audit_ratings(
    table: str, responses: pd.DataFrame, unlinked: pd.Series, rated: pd.DataFrame, reasons: pd.Series
) -> list[dict[str, object]]:
    """Return how many responses have a rating of the same practice, however its code has changed between the two.

    Parameters
    ----------
    table : str
        The table of ratings.
    responses : pandas.DataFrame
        Responses of practices asked: ``practice_code, link``.
    unlinked : pandas.Series
        Why other responses could not be linked to a practice: closed, split, successor not known.
    rated : pandas.DataFrame
        Ratings, indexed by practice code, with ``link``.
    reasons : pandas.Series
        Indexed by practice code: why a practice asked has no rating; blank where it has.
    """
    missing = responses["practice_code"].map(reasons)
    rows = audit_stage(table, RATINGS, pd.concat([missing, unlinked], ignore_index=True))
    codes = responses.loc[missing.eq(""), "practice_code"]
    carried = responses.loc[codes.index, "link"].eq(CARRIED) | codes.map(rated["link"]).eq(CARRIED)
    if carried.any():
        through = {**rows[0], "matched": int(carried.sum()), "reason": CARRIED}
        rows = [{**rows[0], "matched": int((~carried).sum())}, through, *rows[1:]]
    return rows


def audit_stage(table: str, stage: str, reasons: pd.Series) -> list[dict[str, object]]:
    """Return the audit rows of one stage: blank reason = matched; the counts add up to ``rows``.

    Examples
    --------
    >>> [(r["matched"], r["unmatched"], r["reason"]) for r in audit_stage("phq", "s", pd.Series(["", "", "closed"]))]
    [(2, 0, ''), (0, 1, 'closed')]
    """
    counts = reasons.value_counts(sort=False)
    base = {"table": table, "stage": stage, "rows": len(reasons)}
    rows: list[dict[str, object]] = [{**base, "matched": int(counts.get("", 0)), "unmatched": 0, "reason": ""}]
    for reason in sorted(r for r in counts.index if r):
        rows.append({**base, "matched": 0, "unmatched": int(counts[reason]), "reason": reason})
    return rows


def combine_records(frame: pd.DataFrame, additive: tuple[str, ...]) -> pd.DataFrame:
    """Return one row per practice: amounts of merged practices added up, everything else from its own record.

    Parameters
    ----------
    frame : pandas.DataFrame
        Needs ``practice_code`` and ``link``; of several records, the own one leads, then the one with the largest first
        additive column.
    additive : tuple of str
        Columns to add up. A sum of which one part is missing is missing: half a merged practice is not the practice.

    Returns
    -------
    pandas.DataFrame
        Indexed by ``practice_code``, with ``records`` = how many were combined.
    """
    present = [c for c in additive if c in frame]
    order = pd.DataFrame(
        {"own": frame["link"].ne(OWN), "size": -frame[present[0]] if present else 0}, index=frame.index
    )
    ranked = frame.loc[order.sort_values(["own", "size"], kind="stable").index]
    first = ranked.drop_duplicates("practice_code").set_index("practice_code")
    counts = frame.groupby("practice_code").size().reindex(first.index)
    several = counts.index[counts > 1]
    if len(several) and present:
        parts = frame[frame["practice_code"].isin(several)]
        sums = parts.groupby("practice_code")[present].sum(skipna=False)
        first = first.astype({c: sums[c].dtype for c in present if first[c].dtype != sums[c].dtype})
        first.loc[sums.index, present] = sums
    return first.assign(records=counts.astype(int)).sort_index()


def reasons_without_record(
    asked: pd.Index, found: pd.Index, hints: Mapping[str, pd.Index], otherwise: str = "not in the file"
) -> pd.Series:
    """Return for each practice asked a blank where it has a record, else why not: the first hint that names it."""
    reasons = pd.Series(np.where(asked.isin(found), "", otherwise), index=asked, dtype=object)
    for reason, codes in reversed(list(hints.items())):
        reasons[(reasons != "") & asked.isin(codes)] = reason
    return reasons
