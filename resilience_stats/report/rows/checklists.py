"""The reporting checklists as rows, and as tables whose last column leads to what answers each item."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

import resilience_stats
from resilience_stats.disclosure import DisclosedFrame
from resilience_stats.report.blocks import Block, LinkedTable, bullets
from resilience_stats.report.checklists import (
    AUTHOR,
    FILLED,
    NOT_APPLICABLE,
    PART,
    Answer,
    Shown,
    fill_checklist,
    read_checklist,
)
from resilience_stats.report.reading import rows_of
from resilience_stats.report.wording import phrase, wording
from resilience_stats.results.rows import combine_rows, make_rows
from resilience_stats.tables import Table
from resilience_stats.tables.build import simple_table

MET, UNMET, PERSON, ELSEWHERE = "met", "unmet", "person", "elsewhere"
_FILE = "file:"
_BETWEEN = "; "
_PARTS = {"asks": "definition", "state": "kind", "says": "found", "where": "source"}


def checklist_rows(chapter: Any, name: str) -> pd.DataFrame:
    """Return each item of a checklist: what is asked, its state, what the run says to it, and where.

    Parameters
    ----------
    chapter : Chapter
        It knows what the other chapters have released and what they show.
    name : str
        ``tripod_ai`` or ``strobe``.

    Returns
    -------
    pandas.DataFrame
        Rows of output `name`; term is the item's number, group its section.
    """
    return answer_rows(fill_checklist(name, chapter.released(), chapter.shown()), name)


def rap_rows(chapter: Any) -> pd.DataFrame:
    """Return each item of the levels of a reproducible analytical pipeline, with its state and what meets it."""
    return answer_rows(_rap_answers(chapter.shown(), _repository()), "rap")


def answer_rows(answers: Sequence[Answer], name: str) -> pd.DataFrame:
    """Return the answers to a checklist as rows of output `name`."""
    held: dict[str, Any] = {"chapter": "methods", "output": name}
    held |= {"term": [a.item for a in answers], "group": [a.section for a in answers]}
    texts = {
        "asks": [a.asks for a in answers],
        "state": [wording("checklists")["states"][a.state] for a in answers],
        "says": [a.says for a in answers],
        "where": [_BETWEEN.join(s.place or f"{_FILE}{s.title}" for s in a.where) or "[z]" for a in answers],
    }
    return combine_rows([make_rows(**held, statistic=_PARTS[part], value=texts[part]) for part in texts])


def checklist_blocks(chapter: Any, released: DisclosedFrame, name: str) -> list[Block | LinkedTable]:
    """Return how much of a checklist the run fills, and its table with links to what answers each item.

    Parameters
    ----------
    chapter : Chapter
    released : DisclosedFrame
        With the rows of `checklist_rows`, or of `rap_rows` for ``rap``.
    name : str
        ``tripod_ai``, ``strobe`` or ``rap``.
    """
    texts = {part: [str(r["value"]) for r in rows_of(released, name, s)] for part, s in _PARTS.items()}
    rows = rows_of(released, name, _PARTS["state"])
    first = [str(r["group" if name == "rap" else "term"]) for r in rows]
    titles = {s.place: s.title or s.chapter for s in chapter.shown()}
    found = [[p for p in where.split(_BETWEEN) if p in titles or p.startswith(_FILE)] for where in texts["where"]]
    where = [_BETWEEN.join(titles.get(p, p.removeprefix(_FILE)) for p in places) or "[z]" for places in found]
    lines = list(zip(first, texts["asks"], texts["state"], texts["says"], where, strict=True))
    links = [(i, 4, [_target(p) for p in places]) for i, places in enumerate(found) if places]
    return [bullets([_summary(name, texts["state"])]), LinkedTable(_table(name, lines), links)]


def _table(name: str, lines: Sequence[Sequence[str]]) -> Table:
    words = wording("checklists")
    columns = ("level" if name == "rap" else "item", "asks", "state", "says", "where")
    return simple_table(
        lines,
        [words["columns"][c] for c in columns],
        id=name.replace("_", "-"),
        caption=words["captions"][name],
        row_headers=2,
        left=range(5),
        source=read_checklist(name)["source"],
    )


def _target(place: str) -> tuple[str, str]:
    """Chapter and id of a table or figure; of a file of the repository no chapter, and its name."""
    if place.startswith(_FILE):
        return "", place.removeprefix(_FILE)
    chapter, _, identifier = place.partition("/")
    return chapter, identifier


def _summary(name: str, states: Sequence[str]) -> str:
    words, checklist = wording("checklists"), read_checklist(name)
    count = {state: states.count(text) for state, text in words["states"].items()}
    if name == "rap":
        which = "rap_elsewhere" if count[ELSEWHERE] else "rap"
        told = {"met": count[MET], "unmet": count[UNMET], "open": count[PERSON], "elsewhere": count[ELSEWHERE]}
        return phrase("checklists", which, items=len(states), **told)
    if count[NOT_APPLICABLE] == len(states):
        return phrase("checklists", "not_at_all", title=checklist["title"], why=checklist["otherwise"])
    told = {state: count[state] for state in (FILLED, PART, AUTHOR, NOT_APPLICABLE)}
    held = {"title": checklist["title"], "about": checklist["about"], "items": len(states)}
    return phrase("checklists", "about", **held, **told)


def _repository() -> Path | None:
    """The copy of the repository that runs; None where the package was installed without one."""
    folder = Path(resilience_stats.__file__).resolve().parents[1]
    return folder if (folder / "pyproject.toml").is_file() else None


def _rap_answers(shown: Iterable[Shown], repository: Path | None) -> list[Answer]:
    places = {s.place: s for s in shown}
    return [_rap_answer(number, item, places, repository) for number, item in enumerate(_rap_items(), 1)]


def _rap_items() -> Sequence[Mapping[str, Any]]:
    items: Sequence[Mapping[str, Any]] = read_checklist("rap")["items"]
    return items


def _rap_answer(number: int, item: Mapping[str, Any], places: Mapping[str, Shown], repository: Path | None) -> Answer:
    words = wording("checklists")["says"]
    held = {"item": str(number), "section": item["level"], "asks": item["asks"]}
    if item.get("person"):
        return Answer(**held, state=PERSON, says=words["person"].format(how=item["how"]))
    files = [e.removeprefix(_FILE) for e in item["evidence"] if e.startswith(_FILE)]
    there = [f for f in files if repository is not None and (repository / f).exists()]
    inside = [places[e] for e in item["evidence"] if e in places]
    says = ([words["files"]] if there else []) + ([words["report"]] if inside else [])
    state = MET
    if len(there) + len(inside) < len(item["evidence"]):
        lost = [
            e.removeprefix(_FILE) for e in item["evidence"] if e not in places and e.removeprefix(_FILE) not in there
        ]
        state = ELSEWHERE if repository is None and files else UNMET
        says.append(words["elsewhere"] if state == ELSEWHERE else words["unmet"].format(files=", ".join(lost)))
    where = (*inside, *(Shown(chapter="", id="", title=f) for f in there))
    return Answer(**held, state=state, says=" ".join(says), where=where)
