"""Survey tools' exports: recognise which tool wrote a file, and lay its cells out as a plain wide table."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping, Sequence
from dataclasses import replace

from resilience_stats.loaders.answers import folded
from resilience_stats.loaders.headers import plain
from resilience_stats.loaders.raw import RawTable
from resilience_stats.schema import Instrument

_FILLERS = {"", "response", "openendedresponse", "othpleasespecify", "otherpleasespecify", "pleasespecify"}
_NUMBERED = re.compile(r"^\s*(?:q(?:uestion)?\s*)?\d{1,3}\s*[.):]\s*", re.IGNORECASE)
_US_DATE = re.compile(r"^(\d{1,2})/(\d{1,2})/(\d{4})(\s+\d{1,2}:\d{2}(?::\d{2})?)?(\s*[AaPp][Mm])?$")


def lay_out(raw: RawTable, instrument: Instrument, question_map: Mapping[str, str]) -> tuple[RawTable, str]:
    """Return the cells with item ids as headers, and the name of the layout found.

    Layouts: ``plain`` (item ids as headers), ``microsoft_forms`` (ID, Start time, Completion time ...),
    ``survey_monkey`` (two header rows: the question, then the row of the matrix or "Response"; dates month first) and
    ``google_forms`` (Timestamp ...). A question is matched to an item by its text or id, without regard to case,
    space, numbering or closing punctuation, or by the map that the analyst confirmed.
    """
    layout = recognise(raw.rows)
    if layout == "survey_monkey":
        raw = _survey_monkey(raw)
    header = [_as_item(h, instrument, question_map) for h in raw.rows[0]]
    return replace(raw, rows=[header, *raw.rows[1:]]), layout


def recognise(rows: Sequence[Sequence[str]]) -> str:
    """Return which tool wrote a file, by its first two rows.

    Examples
    --------
    >>> recognise([["Timestamp", "Practice code"], ["2019/11/01 10:00:00", "A81001"]])
    'google_forms'
    """
    first = {plain(c) for c in rows[0]}
    second = {plain(c) for c in rows[1]} if len(rows) > 1 else set()
    if {"respondentid", "collectorid"} <= first and second & {"response", "openendedresponse"}:
        return "survey_monkey"
    if {"respondentid", "collectorid"} <= first and "" in {plain(c) for c in rows[1][:1]}:
        return "survey_monkey"
    if {"id", "starttime", "completiontime"} <= first:
        return "microsoft_forms"
    return "google_forms" if plain(rows[0][0]) == "timestamp" else "plain"


def question_key(text: str) -> str:
    """Return a question's text as it is compared: no number in front, no closing mark, no odd space.

    Examples
    --------
    >>> question_key("3.\\u00a0The partners share a clear direction?*")
    'the partners share a clear direction'
    """
    return folded(_NUMBERED.sub("", text)).rstrip(" .?:*!")


def _as_item(header: str, instrument: Instrument, question_map: Mapping[str, str]) -> str:
    known = {question_key(i.text): i.id for i in instrument.items}
    known |= {question_key(c.label): c.id for c in instrument.codes}
    known |= {plain(i): i for i in (*instrument.item_ids, *(c.id for c in instrument.codes))}
    known |= {question_key(question): item for question, item in question_map.items()}
    inner = re.search(r"\[(.+)\]\s*$", header)
    for candidate in (header, inner.group(1) if inner else header):
        for key in (question_key(candidate), plain(candidate)):
            if key in known:
                return known[key]
    return header


def _survey_monkey(raw: RawTable) -> RawTable:
    top, under = raw.rows[0], raw.rows[1]
    width = max(len(top), len(under))
    top, under = top + [""] * (width - len(top)), under + [""] * (width - len(under))
    header, question = [], ""
    for question_cell, row_cell in zip(top, under, strict=True):
        question = question_cell.strip() or question
        header.append(question if plain(row_cell) in _FILLERS else row_cell.strip())
    dates = [k for k, h in enumerate(header) if plain(h) in ("startdate", "enddate", "datecreated", "datemodified")]
    rows = [list(r) for r in raw.rows[2:]]
    for row in rows:
        for k in dates:
            if k < len(row):
                row[k] = month_first(row[k])
    return replace(raw, rows=[header, *rows], lines=[raw.lines[0], *raw.lines[2:]])


def month_first(text: str) -> str:
    """Return a month-first date and time as ISO; any other text unchanged.

    Examples
    --------
    >>> month_first("11/30/2019 02:05:00 PM")
    '2019-11-30 14:05:00'
    """
    match = _US_DATE.match(text.strip())
    if match is None:
        return text
    month, day, year, clock, half = match.groups()
    hour, minute, second = ([*map(int, (clock or "0:0").strip().split(":")), 0])[:3]
    if half:
        hour = hour % 12 + (12 if half.strip().lower() == "pm" else 0)
    try:
        when = dt.datetime(int(year), int(month), int(day), hour, minute, second)
    except ValueError:
        return text
    return when.isoformat(sep=" ")
