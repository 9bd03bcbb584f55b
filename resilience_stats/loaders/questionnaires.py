"""PHQ responses and RAT assessments: a plain wide table or a survey tool's export, coded by the instrument."""

from __future__ import annotations

import csv
import datetime as dt
from collections.abc import Collection, Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from resilience_stats.errors import DataError, require_choice
from resilience_stats.loaders.answers import NOT_ASKED, Answers, code_answers, not_asked, options_text, unasked_items
from resilience_stats.loaders.exports import lay_out
from resilience_stats.loaders.findings import Finding, problem_frame, raise_on_errors, shorten
from resilience_stats.loaders.limits import DEFAULT_LIMITS, Limits
from resilience_stats.loaders.opening import open_table
from resilience_stats.loaders.original import as_written
from resilience_stats.loaders.raw import RawTable, Unreadable
from resilience_stats.loaders.table import RAISE, Loaded, account_of, as_frame, read
from resilience_stats.loaders.typed_names import DOUBTFUL, TypedNames, names_frame, resolve_names
from resilience_stats.schema import ColumnSpec, Instrument, Item, Option, TableSpec, load_instrument, load_table_spec

if TYPE_CHECKING:
    import pandas as pd


def load_phq(
    path: str | Path,
    *,
    instrument: str | Path | Instrument = "phq",
    wave: int | None = None,
    question_map: str | Path | Mapping[str, str] | None = None,
    register: pd.DataFrame | None = None,
    on_error: str = RAISE,
    limits: Limits = DEFAULT_LIMITS,
) -> pd.DataFrame:
    """Return questionnaire responses, one row each, coded by the instrument.

    Parameters
    ----------
    path : str or pathlib.Path
        A plain wide CSV or workbook, or an export of Microsoft Forms (xlsx), SurveyMonkey (two header rows) or Google
        Forms. Answers may be numbers or labels.
    instrument : str, pathlib.Path or Instrument
    wave : int, optional
        The survey wave; needed only where the file has no ``wave`` and the year of completion is not it.
    question_map : path or Mapping, optional
        Question text -> item id, for questions worded otherwise than in the instrument (see `match_instrument`).
    register : pandas.DataFrame, optional
        ``practice_code, practice_name``: a name typed instead of a code is then matched to it (`match_practice_names`).
        Rows with a doubtful one are set aside with their ``candidate`` and ``score``; ``attrs["names"]`` lists all.
    on_error : {"raise", "set_aside"}
    limits : Limits

    Returns
    -------
    pandas.DataFrame
        ``response_id, practice_code, practice_name, respondent_role, started_at, completed_at, wave``, then for each
        item a column of its id (Int64, coded as given, not reversed) and ``<id>_missing`` (``not_asked, not_applicable,
        dont_know, not_answered``, or missing where there is an answer).

    Raises
    ------
    DataError
        With every fault of the file in ``problems``.

    Examples
    --------
    >>> import tempfile
    >>> ids = load_instrument("phq").item_ids
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     file = Path(folder) / "phq.csv"
    ...     _ = file.write_text(
    ...         "response_id,practice_code,completed_at,wave," + ",".join(ids) + "\\n"
    ...         "1,A81001,2019-11-04 10:00,2019," + ",".join("4" for _ in ids) + "\\n")
    ...     load_phq(file)[ids[0]].tolist()
    [4]
    """
    chosen = load_instrument(instrument)
    loaded = _load(path, "phq", chosen, question_map, on_error, limits, wave, register)
    frame = as_frame(loaded, _in_order(loaded.frame, load_table_spec("phq"), chosen))
    frame.attrs["names"] = names_frame(loaded.names)
    return frame


def load_rat(
    path: str | Path,
    *,
    instrument: str | Path | Instrument = "rat",
    on_error: str = RAISE,
    limits: Limits = DEFAULT_LIMITS,
) -> pd.DataFrame:
    """Return assessments, one row each, coded by the instrument, with root causes and causes for concern as 1 or 0.

    Parameters
    ----------
    path : str or pathlib.Path
        CSV or workbook; columns as in ``data/schema/rat.json`` and the instrument.
    instrument : str, pathlib.Path or Instrument
    on_error : {"raise", "set_aside"}
    limits : Limits

    Returns
    -------
    pandas.DataFrame
        ``practice_code, assessed_on, programme``, for each item its id and ``<id>_missing``, and for each coded finding
        its id (Int64: 1 seen, 0 looked for and not seen, missing = not looked for).

    Raises
    ------
    DataError
        With every fault of the file in ``problems``.

    Examples
    --------
    >>> import tempfile
    >>> rat = load_instrument("rat")
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     file = Path(folder) / "rat.csv"
    ...     _ = file.write_text(
    ...         "practice_code,assessed_on,programme," + ",".join(rat.item_ids) + "\\n"
    ...         "A81001,2018-03-01,GPRP," + ",".join("2" for _ in rat.item_ids) + "\\n")
    ...     load_rat(file)["programme"].tolist()
    ['GPRP']
    """
    chosen = load_instrument(instrument)
    loaded = _load(path, "rat", chosen, None, on_error, limits, None)
    return as_frame(loaded, _in_order(loaded.frame, load_table_spec("rat"), chosen))


def read_questionnaire(
    path: Path,
    table: str,
    instrument: Instrument,
    *,
    question_map: Mapping[str, str] | None = None,
    wave: int | None = None,
    limits: Limits = DEFAULT_LIMITS,
    raw: RawTable | None = None,
    today: dt.date | None = None,
    register: pd.DataFrame | None = None,
) -> Loaded:
    """Return a questionnaire file with all its findings; `Unreadable` where it holds no such table."""
    written = raw or open_table(path, limits)
    raw, layout = lay_out(written, instrument, question_map or {})
    asked = _asked(instrument, wave)
    # Of a file that does not say its wave, any item may be absent that not every wave was asked.
    optional = {i.id for i in asked if i.waves} if wave is None else set()
    spec = with_items(load_table_spec(table), asked, instrument, layout, optional)
    raw, names = resolve_names(raw, spec, register)
    loaded = _name_doubts(read(path, spec, limits=limits, raw=raw, today=today, written=written), names)
    frame, findings = _code_items(loaded, instrument, asked)
    frame, more = _add_wave(frame, table, wave, path.name, given="wave" in loaded.headers)
    frame, absent = _by_wave(frame, [i for i in asked if i.waves], loaded)
    if table == "phq" and layout != "plain" and "response_id" not in frame:
        frame.insert(0, "response_id", [str(line) for line in frame.index])
    source = {**loaded.source, "layout": layout}
    return _without_faulty(replace(loaded, frame=frame, source=source), [*findings, *more, *absent])


def with_items(
    spec: TableSpec,
    items: tuple[Item, ...],
    instrument: Instrument,
    layout: str = "plain",
    optional: Collection[str] = (),
) -> TableSpec:
    """Return a table's definition with a text column for each item, and one for each coded finding."""
    columns = [c for c in spec.columns if not (layout == "google_forms" and c.name == "response_id")]
    key = tuple(k for k in spec.key if k in {c.name for c in columns})
    columns += [
        ColumnSpec(name=i.id, title=i.text, description=i.text, semantic="answer", optional=i.id in optional)
        for i in items
    ]
    columns += [
        ColumnSpec(name=c.id, title=c.label, description=c.label, optional=True, semantic="answer")
        for c in instrument.codes
    ]
    return replace(spec, columns=tuple(columns), key=key)


def read_question_map(given: str | Path | Mapping[str, str] | None, instrument: Instrument) -> dict[str, str]:
    """Return question -> item id from a mapping, or from a confirmed CSV with ``question, item_id, confirmed``.

    Raises
    ------
    DataError
        The file lacks a column, or names an item that the instrument has not. Lines that are not confirmed are not
        used.
    """
    if given is None:
        return {}
    if isinstance(given, Mapping):
        pairs = dict(given)
    else:
        with Path(given).open(encoding="utf-8-sig", newline="") as stream:
            lines = list(csv.DictReader(stream))
        if not lines or not {"question", "item_id", "confirmed"} <= set(lines[0]):
            raise DataError("is not a question map", where=str(given), allowed="question, item_id, confirmed")
        agreed = [row for row in lines if (row["confirmed"] or "").strip().lower() in ("yes", "y", "1", "true")]
        pairs = {as_written(row["question"]): row["item_id"].strip() for row in agreed}
    known = {*instrument.item_ids, *(c.id for c in instrument.codes), *load_table_spec("phq").column_names}
    for question, item in pairs.items():
        if item not in known:
            where = f"question map, '{shorten(question)}'"
            raise DataError("no such item", where=where, found=item, allowed=f"an item of {instrument.id}")
    return pairs


def _load(
    path: str | Path,
    table: str,
    instrument: Instrument,
    question_map: str | Path | Mapping[str, str] | None,
    on_error: str,
    limits: Limits,
    wave: int | None,
    register: pd.DataFrame | None = None,
) -> Loaded:
    require_choice(on_error, (RAISE, "set_aside"), "on_error")
    path = Path(path)
    questions = read_question_map(question_map, instrument)
    try:
        loaded = read_questionnaire(
            path, table, instrument, question_map=questions, wave=wave, limits=limits, register=register
        )
    except Unreadable as fault:
        raise_on_errors(fault.findings, path)
        raise DataError(str(fault), where=str(path), problems=problem_frame(fault.findings)) from None
    if on_error == RAISE or loaded.frame.empty:
        raise_on_errors(loaded.findings, path)
    return loaded


def _asked(instrument: Instrument, wave: int | None) -> tuple[Item, ...]:
    absent = unasked_items(instrument, [wave]) if wave is not None else set()
    return tuple(i for i in instrument.items if i.id not in absent)


def _by_wave(frame: pd.DataFrame, items: list[Item], loaded: Loaded) -> tuple[pd.DataFrame, list[Finding]]:
    """Of items that not every wave was asked: no answer is withheld where none was asked for, and none may be lost."""
    findings = []
    frame = frame.copy()
    for item in items if "wave" in frame else ():
        kind, asked = f"{item.id}_missing", frame["wave"].isin(item.waves)
        frame[kind] = frame[kind].mask(~asked & frame[item.id].isna(), NOT_ASKED)
        if asked.any() and item.id not in loaded.headers:
            findings.append(
                Finding(
                    file=loaded.source["path"],
                    rule="missing column",
                    row=None,
                    column=item.id,
                    found=f"no column; the instrument says that it was asked in {', '.join(map(str, item.waves))}",
                    allowed=f"{item.id} or {shorten(item.text)}",
                    action="Add the column, or correct 'waves' in the instrument's file.",
                )
            )
    return frame, findings


def _code_items(loaded: Loaded, instrument: Instrument, asked: tuple[Item, ...]) -> tuple[pd.DataFrame, list[Finding]]:
    import pandas as pd

    frame = loaded.frame
    lines, findings = list(frame.index), []
    coded: dict[str, pd.Series] = {}
    expected = {i.id for i in asked}
    for item in instrument.items:
        there = item.id in loaded.headers and item.id in expected
        answers = code_answers(item, frame[item.id].fillna("").tolist()) if there else not_asked(len(frame))
        findings += [_no_option(loaded, item, lines[k], str(frame[item.id].iloc[k])) for k in answers.faults]
        coded |= _columns(item.id, answers, frame.index)
    for code in instrument.codes:
        item = _finding_item(code.id)
        there = code.id in loaded.headers
        answers = code_answers(item, frame[code.id].fillna("").tolist()) if there else not_asked(len(frame))
        findings += [_no_option(loaded, item, lines[k], str(frame[code.id].iloc[k])) for k in answers.faults]
        coded[code.id] = answers.values.set_axis(frame.index)
    fixed = frame.drop(columns=[c for c in coded if c in frame])
    return pd.concat([fixed, pd.DataFrame(coded, index=frame.index)], axis=1), findings


def _columns(name: str, answers: Answers, index: pd.Index) -> dict[str, pd.Series]:
    return {name: answers.values.set_axis(index), f"{name}_missing": answers.kinds.set_axis(index)}


def _finding_item(code: str) -> Item:
    options = (Option(value=0, label="No"), Option(value=1, label="Yes"))
    return Item(id=code, text=code, area="", scale="seen", options=options, direction=-1, missing={"": "not_asked"})


def _no_option(loaded: Loaded, item: Item, line: int, found: str) -> Finding:
    return Finding(
        file=loaded.source["path"],
        rule="not an option",
        row=line,
        column=loaded.headers.get(item.id, item.id),
        found=shorten(found),
        allowed=options_text(item),
        action="Correct the answer, or add the option or the missing code to the instrument file.",
    )


def _add_wave(
    frame: pd.DataFrame, table: str, wave: int | None, file: str, *, given: bool
) -> tuple[pd.DataFrame, list[Finding]]:
    if table != "phq" or given:
        return frame, []
    years = frame["completed_at"].dt.year.astype("Int64")
    frame = frame.assign(wave=years if wave is None else wave).astype({"wave": "Int64"})
    found = ", ".join(str(y) for y in sorted(frame["wave"].dropna().unique()))
    action = "Taken from the year of completion; add a column 'wave' to be sure." if wave is None else "As given."
    note = Finding(
        file=file,
        rule="wave missing",
        row=1,
        column="wave",
        found=f"no column; {found}",
        allowed="a year",
        action=action,
        severity="note",
    )
    return frame, [note]


def _name_doubts(loaded: Loaded, names: TypedNames) -> Loaded:
    """Say of rows without a code, but with a name, what the name was taken for, or why for nothing."""
    if not names.matches:
        return loaded
    findings = [
        f for f in loaded.findings if f.row not in names.doubtful or f.column != names.column or f.severity == "note"
    ]
    aside = loaded.set_aside.copy()
    doubtful = aside["row"].isin(names.doubtful)
    aside.loc[doubtful, "reason"] = DOUBTFUL
    for column in ("candidate", "score"):
        told = aside["row"].map({line: match[column] for line, match in names.matches.items()})
        aside[column] = told.where(doubtful).astype(object)
    file = loaded.source["path"]
    account = account_of(file, loaded.account[0]["rows"], len(loaded.frame), aside)
    named = (*findings, *names.findings(file))
    return replace(loaded, findings=named, set_aside=aside, account=account, names=names.matches)


def _without_faulty(loaded: Loaded, findings: list[Finding]) -> Loaded:
    """Move rows with an answer that is no option to the rows set aside, and keep the account in balance."""
    import pandas as pd

    bad = sorted({f.row for f in findings if f.severity == "error" and f.row is not None})
    account = loaded.account
    frame, aside = loaded.frame, loaded.set_aside
    if bad:
        gone = frame.loc[bad].astype(object).where(lambda f: f.notna(), "").reset_index(names="row")
        gone = gone.assign(file=loaded.source["path"], reason="not an option")
        aside = pd.concat([aside, gone[[c for c in aside.columns if c in gone]]], ignore_index=True)
        frame = frame.drop(index=bad)
        account = account_of(loaded.source["path"], account[0]["rows"], len(frame), aside)
    return replace(loaded, frame=frame, set_aside=aside, account=account, findings=(*loaded.findings, *findings))


def _in_order(frame: pd.DataFrame, spec: TableSpec, instrument: Instrument) -> pd.DataFrame:
    names = [n for n in spec.column_names if n in frame]
    names += [n for i in instrument.items for n in (i.id, f"{i.id}_missing")]
    return frame[[*names, *(c.id for c in instrument.codes)]]
