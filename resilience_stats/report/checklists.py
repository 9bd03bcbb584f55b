"""Reporting checklists filled from the run: what of each item stands in the report, where, and what people must write.

The items are data (``data/schema/reference/checklists``). An item's state is read off what the chapters of this run
have really left: a table that is taken out, or a chapter that fails, takes the item's state with it.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from string import Formatter
from typing import Any

from resilience_stats.disclosure import DisclosedFrame
from resilience_stats.errors import ReportError, did_you_mean
from resilience_stats.report.methods_text import is_there, outputs_of
from resilience_stats.report.reading import Row, has_interval, interval_text, is_shown, n_text, rows_of, value_text
from resilience_stats.report.wording import wording
from resilience_stats.resources import schema_directory
from resilience_stats.results.rows import TOTAL

FILLED, PART, AUTHOR, NOT_APPLICABLE = "filled", "part", "author", "not_applicable"


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """A table or figure that a chapter of this run shows.

    Attributes
    ----------
    chapter : str
        The chapter's name.
    id : str
        The block's own identifier; empty for the chapter itself.
    title : str
        Caption of the table, or headline of the figure.
    """

    chapter: str
    id: str
    title: str

    @property
    def place(self) -> str:
        """``chapter/id``, as the checklists name it."""
        return f"{self.chapter}/{self.id}" if self.id else self.chapter


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What the run says to one item.

    Attributes
    ----------
    item, section, asks : str
        Number, part of the article, and what is asked.
    state : str
        ``filled``, ``part`` (the author completes it), ``author`` or ``not_applicable``.
    says : str
        A sentence from released rows, or what is left to do.
    where : tuple of Shown
        The tables and figures that answer it.
    """

    item: str
    section: str
    asks: str
    state: str
    says: str
    where: tuple[Shown, ...] = field(default=())


@cache
def read_checklist(name: str) -> Mapping[str, Any]:
    """Return one checklist as it is written down.

    Parameters
    ----------
    name : str
        ``tripod_ai``, ``strobe`` or ``rap``.

    Raises
    ------
    ReportError
        If there is no such checklist.

    Examples
    --------
    >>> read_checklist("strobe")["title"]
    'STROBE'
    """
    folder = schema_directory() / "reference" / "checklists"
    path = folder / f"{name}.json"
    if not path.is_file():
        known = sorted(p.stem for p in folder.glob("*.json"))
        raise ReportError(f"there is no checklist '{name}'", where=folder.name, action=did_you_mean(name, known))
    held: Mapping[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return held


def fill_checklist(name: str, released: DisclosedFrame, shown: Iterable[Shown]) -> list[Answer]:
    """Return the state of every item of a checklist, with what the run says to it and where.

    Parameters
    ----------
    name : str
        ``tripod_ai`` or ``strobe``.
    released : DisclosedFrame
        The released rows of the run: every number of a sentence is read from them.
    shown : iterable of Shown
        What the chapters of the run show.

    Notes
    -----
    An item is filled where every table that answers it is shown; in part where some are, or where a person has to add
    something; the author's where none is. It does not apply where what it asks about was not done, which is told by
    tables that are not shown or outputs that have no row, and says so.
    """
    checklist, places = read_checklist(name), {s.place: s for s in shown}
    whole = checklist.get("applies_where", [])
    if whole and not any(place in places for place in whole):
        return [_not_applicable(item, checklist["otherwise"]) for item in checklist["items"]]
    there = {*places, *outputs_of(released)}
    return [
        _answer(item, released, places)
        if is_there(item.get("applies_where", there), there)
        else _not_applicable(item, item["otherwise"])
        for item in checklist["items"]
    ]


def _answer(item: Mapping[str, Any], released: DisclosedFrame, places: Mapping[str, Shown]) -> Answer:
    words = wording("checklists")["says"]
    found = tuple(places[place] for place in item.get("evidence", ()) if place in places)
    missing = len(item.get("evidence", ())) - len(found)
    adds = item.get("author_adds", "")
    state = AUTHOR if not found else PART if missing or adds else FILLED
    if state == AUTHOR:
        return _made(item, AUTHOR, words["absent"] if missing else words["author"], ())
    says = [_sentence(item, released) or words["see"]]
    says += [words["adds"].format(what=adds)] if adds else []
    says += [words["incomplete"]] if missing else []
    return _made(item, state, " ".join(says), found)


def _not_applicable(item: Mapping[str, Any], why: str) -> Answer:
    return _made(item, NOT_APPLICABLE, why[:1].upper() + why[1:] + ".", ())


def _made(item: Mapping[str, Any], state: str, says: str, where: tuple[Shown, ...]) -> Answer:
    return Answer(item=item["item"], section=item["section"], asks=item["asks"], state=state, says=says, where=where)


def _sentence(item: Mapping[str, Any], released: DisclosedFrame) -> str:
    """The first sentence of the item all of whose values are released and shown; empty where there is none."""
    values = {name: _value(spec, released) for name, spec in item.get("values", {}).items()}
    for text in item.get("says", ()):
        named = [name for _, name, _, _ in Formatter().parse(text) if name]
        if all(values[name] for name in named):
            return str(text).format(**values)
    return ""


def _value(spec: Mapping[str, Any], released: DisclosedFrame) -> str:
    chapter, output, statistic = spec["from"].split("/")
    rows = [r for r in rows_of(released, output, statistic) if r["chapter"] == chapter]
    rows = [r for r in rows if "group" not in spec or r["group"] == spec["group"]]
    if "at" in spec:
        rows = rows[spec["at"] : spec["at"] + 1]
    return TAKES[spec.get("take", "value")](rows)


def _first(rows: Sequence[Row]) -> str:
    return value_text(rows[0]) if rows and is_shown(rows[0]) else ""


def _interval(rows: Sequence[Row]) -> str:
    return interval_text(rows[0]) if rows and is_shown(rows[0]) and has_interval(rows[0]) else ""


def _n(rows: Sequence[Row]) -> str:
    return n_text(rows[0]) if rows and is_shown(rows[0]) else ""


def _end(rows: Sequence[Row], sign: int) -> str:
    known = [r for r in rows if is_shown(r)]
    return value_text(max(known, key=lambda r: sign * r["value"])) if known else ""


def _span(rows: Sequence[Row]) -> str:
    least, most = _end(rows, -1), _end(rows, 1)
    return least if least == most else f"{least} to {most}"


def _different(rows: Sequence[Row], name: str, without: str = "") -> str:
    count = len({r[name] for r in rows} - {without})
    return f"{count:,}" if count else ""


#: How a value of a checklist's sentence is taken from the rows that it names.
TAKES: Mapping[str, Any] = {
    "value": _first,
    "interval": _interval,
    "n": _n,
    "least": lambda rows: _end(rows, -1),
    "most": lambda rows: _end(rows, 1),
    "span": _span,
    "count": lambda rows: f"{len(rows):,}" if rows else "",
    "terms": lambda rows: _different(rows, "term"),
    "groups": lambda rows: _different(rows, "group"),
    "groups_but_all": lambda rows: _different(rows, "group", TOTAL),
}
