"""`load_cohort`: read every file, carry the codes, join as of the census date, account for every row."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType

import pandas as pd

from resilience_stats.cohort.accounts import JOINED, account_rows
from resilience_stats.cohort.asof import LAG_COLUMNS, lag_row
from resilience_stats.cohort.codes_gone import LINEAGE_TABLES, read_codes_gone
from resilience_stats.cohort.cohort import Cohort
from resilience_stats.cohort.frame import build_frame
from resilience_stats.cohort.later import CODES_BEFORE, CODES_LATER, codes_after, codes_before
from resilience_stats.cohort.lineage import LOG_COLUMNS, Lineage
from resilience_stats.cohort.linking import (
    AFTER,
    AUDIT_COLUMNS,
    NO_PRACTICE,
    Linked,
    audit_ratings,
    audit_records,
    audit_stage,
    link_records,
    reasons_without_record,
)
from resilience_stats.cohort.neighbours import neighbour_exposure
from resilience_stats.cohort.public import (
    RATED_AFTER,
    is_band,
    join_network_table,
    join_period_table,
    join_ratings,
    join_register,
    join_spells,
)
from resilience_stats.cohort.reading import FILE, ROW, Table, in_words, read_tables
from resilience_stats.cohort.responses import RULE, choose_responses, no_responses
from resilience_stats.errors import StudyError
from resilience_stats.loaders.research_lists import UNCHANGED
from resilience_stats.notes import Note, note
from resilience_stats.schema import Instrument, load_instrument
from resilience_stats.study import Study, open_study

#: The LMC's own tables of records, and the day for which a record holds.
OWN_TABLES: Mapping[str, str] = {
    "phq": "completed_at",
    "rat": "assessed_on",
    "programmes": "offered_on",
    "special_measures": "entered_on",
    "local_intelligence": "noted_on",
    "practice_assessments": "assessed_on",
}
#: How the other sources are joined; whatever is not named here is a table of one period.
JOINS = {
    "ods_practices": join_register,
    "pcn_membership": join_spells,
    "cqc_directory": join_ratings,
    "cqc_ratings": join_ratings,
}
LOOK_UP = "a look-up of the publisher, of no practice"
PREFERRED = "another response of this practice and wave is preferred"


@dataclass(slots=True)
class _Parts:
    """What the joins leave behind, gathered until the cohort is frozen."""

    fates: dict[str, pd.Series] = field(default_factory=dict)
    records: dict[str, pd.DataFrame] = field(default_factory=dict)
    tables: dict[str, pd.DataFrame] = field(default_factory=dict)
    everyone: dict[str, pd.DataFrame] = field(default_factory=dict)
    audit: list[dict[str, object]] = field(default_factory=list)
    lags: list[dict[str, object]] = field(default_factory=list)
    logs: list[pd.DataFrame] = field(default_factory=list)
    notes: list[Note] = field(default_factory=list)


def load_cohort(study: Study | str | Path, *, on_error: str = "set_aside") -> Cohort:
    """Return the joined tables of one year, with every row and every code accounted for.

    Parameters
    ----------
    study : Study, str or pathlib.Path
        An opened study, or the path of its file.
    on_error : {"set_aside", "raise"}
        Set rows at fault aside, where they are counted and can be mended, or refuse their file.

    Raises
    ------
    StudyError
        The study names no practice register.
    DataError
        A file cannot be read, or the rows of a file do not add up.

    Notes
    -----
    Codes are carried to the census date through the lineage table. Of each public source the version nearest before the
    census date is taken; what is younger is kept apart and counted. Amounts of merged practices are added up. Without a
    PHQ the cohort is the frame and its public sources.

    Examples
    --------
    >>> import tempfile
    >>> from resilience_stats.synthetic import write_example
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     cohort = load_cohort(write_example(folder, practices=40, responses=30).path)
    >>> len(cohort.practices), len(cohort.current())
    (40, 30)
    """
    study = open_study(study)
    if "practice_register" not in study.files:
        action = "Name the table of practices asked."
        raise StudyError("'practice_register' is needed", where=f"{study.path}, [files]", action=action)
    tables = read_tables(study, on_error=on_error)
    gone = read_codes_gone(tables, pd.Timestamp(study.census_date))
    lineage = gone.lineage
    practices, register = build_frame(tables["practice_register"].frame, lineage)
    instruments = {name: load_instrument(study.instruments[name]) for name in ("phq", "rat")}
    parts = _Parts(fates=dict(gone.fates), notes=list(gone.notes))
    _keep_link(parts, "practice_register", register)
    for name in (n for n in OWN_TABLES if n in tables):
        _join_own(parts, tables[name], lineage, practices.index)
    if "phq" in tables:
        _choose_responses(parts, instruments["phq"])
    else:
        parts.records["phq"] = parts.records["phq_other"] = no_responses(instruments["phq"])
    _join_public(parts, tables, lineage, practices.index)
    _audit_ratings(parts, practices.index)
    _add_neighbours(parts, tables, lineage, practices.index)
    wave = _choose_wave(parts, study)
    return _freeze(study, instruments, practices, wave, tables, lineage, parts)


def _keep_link(parts: _Parts, name: str, linked: Linked) -> None:
    parts.fates[name] = linked.fates
    parts.logs.append(linked.log)
    parts.audit += audit_records(name, linked)


def _join_own(parts: _Parts, table: Table, lineage: Lineage, asked: pd.Index) -> None:
    date = OWN_TABLES[table.name]
    linked = link_records(table.name, table.frame, lineage, asked, date=date)
    _keep_link(parts, table.name, linked)
    parts.records[table.name] = linked.frame[linked.fates.eq(JOINED)].reset_index(drop=True)
    if table.name == "phq":
        used = linked.frame[linked.fates.eq(JOINED)]
        parts.records["phq"] = used
        for wave, rows in used.groupby("wave"):
            parts.lags.append(lag_row(f"phq {wave}", rows[date].max().normalize(), lineage.census))


def _choose_responses(parts: _Parts, instrument: Instrument) -> None:
    used = parts.records["phq"]
    speaks = choose_responses(used, instrument)
    parts.fates["phq"] = parts.fates["phq"].where(~parts.fates["phq"].index.isin(speaks.index[~speaks]), PREFERRED)
    parts.records["phq"] = used[speaks].reset_index(drop=True)
    parts.records["phq_other"] = used[~speaks].reset_index(drop=True)
    parts.audit += audit_stage(
        "phq", "one response per practice and wave", pd.Series(PREFERRED, index=used.index).where(~speaks, "")
    )
    if (~speaks).any():
        parts.notes.append(note("several-responses", f"{int((~speaks).sum())} responses were not used: {RULE}."))


def _join_public(parts: _Parts, tables: Mapping[str, Table], lineage: Lineage, asked: pd.Index) -> None:
    hints: dict[str, pd.Index] = {}
    others = [n for n in tables if n not in OWN_TABLES and n not in ("practice_register", *LINEAGE_TABLES)]
    # The register of codes first: it knows why a code is not elsewhere. Networks last: they need the memberships.
    for name in sorted(others, key=lambda n: (n == "pcn_workforce", n != "ods_practices")):
        if "practice_code" not in tables[name].frame and name != "pcn_workforce":
            parts.fates[name] = pd.Series(LOOK_UP, index=tables[name].frame.index, dtype=object)
            parts.tables[name] = tables[name].frame
            continue
        if name == "pcn_workforce":
            members = parts.tables.get("pcn_membership")
            networks = pd.Index([] if members is None else sorted(members["pcn_code"].dropna().unique()))
            joined = join_network_table(tables[name], lineage, networks, {})
        else:
            aside = _reasons_set_aside(tables[name], asked)
            joined = JOINS.get(name, join_period_table)(tables[name], lineage, asked, {**aside, **hints})
        parts.fates[name] = joined.fates
        parts.tables |= joined.tables
        parts.everyone |= joined.everyone
        parts.audit += joined.audit
        parts.lags += joined.lags
        parts.logs.append(joined.log)
        parts.notes += [note(code, message) for code, message in joined.notes]
        hints |= joined.hints
    ends = {CODES_BEFORE: codes_before, CODES_LATER: codes_after}
    found = {name: find(tables, asked, lineage.census) for name, find in ends.items()}
    parts.tables |= {name: frame for name, frame in found.items() if frame is not None}


def _audit_ratings(parts: _Parts, asked: pd.Index) -> None:
    """Count whose answers and whose rating are of one practice, through every change of its code."""
    fates = parts.fates.get("phq", pd.Series(dtype=object))
    unlinked = fates[~fates.isin([JOINED, PREFERRED, AFTER, NO_PRACTICE])]
    for name in (n for n in ("cqc_directory", "cqc_ratings") if n in parts.tables):
        later = parts.tables[f"{name}_later"].index
        reasons = reasons_without_record(asked, parts.tables[name].index, {RATED_AFTER: later})
        parts.audit += audit_ratings(name, parts.records["phq"], unlinked, parts.tables[name], reasons)


def _reasons_set_aside(table: Table, asked: pd.Index) -> dict[str, pd.Index]:
    """Return reason -> practices asked of which the loader set a row aside, branch codes by the practice's part."""
    aside = table.set_aside
    if "practice_code" not in aside or aside.empty:
        return {}
    codes = aside["practice_code"].astype(str).str.strip().str.upper().str[:6]
    concerned = codes.isin(asked)
    reasons = aside["reason"].astype(str)
    return {
        f"set aside: {r}": pd.Index(codes[concerned & reasons.eq(r)].unique())
        for r in sorted(reasons[concerned].unique())
    }


def _add_neighbours(parts: _Parts, tables: Mapping[str, Table], lineage: Lineage, asked: pd.Index) -> None:
    if "list_size" not in tables:
        return
    exposure = neighbours_of(parts, tables, lineage)
    parts.tables["neighbours"] = exposure.reindex(asked).dropna(how="all").rename_axis("practice_code")


def neighbours_of(parts: _Parts, tables: Mapping[str, Table], lineage: Lineage) -> pd.DataFrame:
    """Return neighbour exposure of every practice in the list-size file, by its code on the census date."""
    lists = tables["list_size"].frame
    lists = lists[~is_band(lists)]
    dates = pd.to_datetime(lists["extract_date"])
    past = dates[dates <= lineage.census]
    if past.empty or "postcode" not in lists:
        return pd.DataFrame(columns=["neighbours"])
    # The list of a year before knows the practices that have closed since; without one, closures cannot be seen.
    year = [d for d in past.unique() if d <= past.max() - pd.Timedelta(days=320)]
    places = lists[dates.eq(max(year, default=past.max()))].drop_duplicates("practice_code").set_index("practice_code")
    closed = pd.Index([c for c, events in lineage.events.items() if any(e.event == "closure" for e in events)])
    ods = tables["ods_practices"].frame if "ods_practices" in tables else None
    if ods is not None:
        ended = ods["close_date"].notna() & (ods["close_date"] <= lineage.census)
        closed = closed.union(pd.Index(ods.loc[ended, "practice_code"]).difference(pd.Index(list(lineage.events))))
    heirs = pd.Series({c: e[-1].heirs[0] for c, e in lineage.events.items() if len(e[-1].heirs) == 1}, dtype=object)
    exposure = neighbour_exposure(places, closed=closed, struggling=_struggling(parts, tables, lineage), heirs=heirs)
    return exposure


def _struggling(parts: _Parts, tables: Mapping[str, Table], lineage: Lineage) -> pd.Index:
    codes: set[str] = set()
    for name in ("cqc_directory", "cqc_ratings"):
        if name in tables:
            rated = tables[name].frame
            rating = "overall_rating" if "overall_rating" in rated else "rating"
            poor = rated[rating].isin(["Inadequate", "Requires improvement"]) & (
                rated["publication_date"] <= lineage.census
            )
            codes |= set(rated.loc[poor, "practice_code"])
    if "programmes" in parts.records:
        supported = parts.records["programmes"]
        codes |= set(supported.loc[supported["programme"].eq("GPRP"), "practice_code"])
    if "special_measures" in parts.records:
        codes |= set(parts.records["special_measures"]["practice_code"])
    return pd.Index(sorted(codes))


def _choose_wave(parts: _Parts, study: Study) -> int | None:
    waves = sorted(int(w) for w in parts.records["phq"]["wave"].dropna().unique() if w <= study.year)
    if not waves:
        parts.notes.append(note("no-responses", "No response belongs to this wave or an earlier one."))
        return None
    if waves[-1] != study.year:
        message = f"No response is of {study.year}; the wave of {waves[-1]} is used."
        parts.notes.append(note("earlier-wave", message))
    return waves[-1]


def _freeze(
    study: Study,
    instruments: Mapping[str, Instrument],
    practices: pd.DataFrame,
    wave: int | None,
    tables: Mapping[str, Table],
    lineage: Lineage,
    parts: _Parts,
) -> Cohort:
    logs = [log for log in parts.logs if len(log)]
    empty = pd.DataFrame(columns=["practice_code", "written_code", "link"])
    aside = _set_aside(tables, parts.fates)
    return Cohort(
        study=study,
        instruments=instruments,
        practices=practices,
        wave=wave,
        responses=parts.records["phq"],
        other_responses=parts.records["phq_other"],
        rat=parts.records.get("rat", empty),
        programmes=parts.records.get("programmes", empty),
        special_measures=parts.records.get("special_measures", empty),
        local_intelligence=parts.records.get("local_intelligence", empty),
        practice_assessments=parts.records.get("practice_assessments", empty),
        tables=MappingProxyType(parts.tables),
        join_audit=pd.DataFrame(parts.audit, columns=list(AUDIT_COLUMNS)),
        row_accounts=account_rows(tables, parts.fates),
        lag_table=pd.DataFrame(parts.lags, columns=list(LAG_COLUMNS)).astype({"lag_days": "Int64"}),
        lineage_log=pd.concat(logs, ignore_index=True) if logs else pd.DataFrame(columns=list(LOG_COLUMNS)),
        set_aside=aside,
        sources=pd.DataFrame([{"table": n, **s} for n, t in tables.items() for s in t.sources]),
        notes=(*parts.notes, *_notes(tables, lineage, parts)),
        original_cells=_original_cells(tables, aside),
        name_matches=_name_matches(tables),
        everyone=MappingProxyType(parts.everyone),
    )


def _original_cells(tables: Mapping[str, Table], aside: pd.DataFrame) -> Mapping[str, pd.DataFrame]:
    """Return file -> its rows set aside as they stand in it; of the other rows nothing is kept."""
    lines = {str(file): set(rows["row"].dropna()) for file, rows in aside.groupby("file")}
    known = {f: c for t in tables.values() for f, c in t.cells.items() if len(c)}
    return MappingProxyType({f: known[f][known[f].index.isin(rows)] for f, rows in lines.items() if f in known})


def _name_matches(tables: Mapping[str, Table]) -> pd.DataFrame:
    columns = ["file", "row", "typed", "practice_code", "score", "decision", "candidate"]
    frames = [t.names for t in tables.values() if "decision" in t.names and len(t.names)]
    return pd.concat(frames, ignore_index=True)[columns] if frames else pd.DataFrame(columns=columns)


def _set_aside(tables: Mapping[str, Table], fates: Mapping[str, pd.Series]) -> pd.DataFrame:
    """Return rows that are not used and can be mended: those of the loaders, and the LMC's own without a practice."""
    asides = {n: t.set_aside[~t.set_aside["reason"].eq(UNCHANGED)] for n, t in tables.items() if len(t.set_aside)}
    frames = [aside.assign(table=n) for n, aside in asides.items() if len(aside)]
    for name in (n for n in OWN_TABLES if n in tables):
        lost = ~fates[name].isin([JOINED, PREFERRED])
        rows = tables[name].frame[lost]
        if len(rows):
            frames.append(
                rows.rename(columns={FILE: "file", ROW: "row"})
                .assign(table=name, reason=fates[name][lost])
                .astype(object)
            )
    if not frames:
        return pd.DataFrame(columns=["table", "file", "row", "reason"])
    together = pd.concat([f.astype(object) for f in frames], ignore_index=True)
    first = ["table", "file", "row", "reason"]
    return together.reindex(columns=[*first, *(c for c in together.columns if c not in first)])


def _notes(tables: Mapping[str, Table], lineage: Lineage, parts: _Parts) -> list[Note]:
    notes = []
    for name, table in tables.items():
        faults = {e["reason"]: e["rows"] for e in table.accounts if e["reason"] not in ("read", "used")}
        if faults and name in (*OWN_TABLES, "practice_register", "lineage"):
            told = ", ".join(f"{n} {reason}" for reason, n in faults.items())
            notes.append(note("rows-set-aside", f"Rows of {in_words(name)} were set aside: {told}."))
    if len(names := _name_matches(tables)):
        sure = names["decision"].eq("accepted")
        told = f"{len(names)} responses have a practice's name for its code: {int(sure.sum())} matched"
        told += f" (lowest score {names.loc[sure, 'score'].min():.2f})" if sure.any() else ""
        notes.append(note("names-matched", f"{told}, {int((~sure).sum())} doubtful and set aside."))
    for name in (n for n in OWN_TABLES if n in parts.fates):
        lost = parts.fates[name][~parts.fates[name].isin([JOINED, PREFERRED])]
        if len(lost):
            told = ", ".join(f"{n} {reason}" for reason, n in lost.value_counts().items())
            message = f"Records of {in_words(name)} belong to no practice asked: {told}."
            notes.append(note("records-without-practice", message))
    if lineage.later:
        notes.append(
            note("lineage-later", f"{lineage.later} lineage events are later than the census date and left out.")
        )
    for lag in parts.lags:
        if isinstance(lag["lag_days"], int) and lag["lag_days"] > 3 * 366:
            message = f"{in_words(str(lag['table']))} holds for a day {lag['lag_days']} days before the census date."
            notes.append(note("old-source", message))
    return notes
