"""The document model: what the page and the PDF are both drawn from."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from resilience_stats.report.links import resolve_links

Model = dict[str, Any]
LANGUAGE = "en-GB"
_NUMBERED = {"table": "Table", "figure": "Figure"}


def build_document(
    chapters: Sequence[Model],
    *,
    title: str,
    area: str,
    year: int,
    edition: str,
    notices: Sequence[Mapping[str, str]] = (),
    contents_note: str = "",
) -> Model:
    """Return the whole report as one plain structure: chapters numbered, tables and figures numbered and linked to.

    Parameters
    ----------
    chapters : sequence of dict
        As `chapter_model` gives them.
    title, area, year, edition
        Of the study.
    notices : sequence of mapping
        ``mark`` (short, on every page) and ``text`` (in full, at the front).
    contents_note : str
        A line below the contents.

    Returns
    -------
    dict
        ``language, title, area, year, edition, notices, contents_note, chapters``; each chapter has ``id, number,
        title, failure, sections`` (its second-level headings) and ``blocks``; each block has an ``id`` that is unique.
    """
    counters = dict.fromkeys(_NUMBERED, 0)
    return {
        "language": LANGUAGE,
        "title": title,
        "area": area,
        "year": year,
        "edition": edition,
        "notices": [dict(n) for n in notices],
        "contents_note": contents_note,
        "chapters": resolve_links([_chapter(c, number, counters) for number, c in enumerate(chapters, 1)]),
    }


def _chapter(chapter: Model, number: int, counters: dict[str, int]) -> Model:
    chapter_id = slug(chapter["id"])
    blocks = [_block(b, f"{chapter_id}-{i}", counters) for i, b in enumerate(chapter["blocks"], 1)]
    sections = [
        {"id": b["id"], "title": plain(b["spans"])} for b in blocks if b["kind"] == "heading" and b["level"] == 2
    ]
    return {
        **chapter,
        "name": chapter["id"],
        "id": chapter_id,
        "number": number,
        "blocks": blocks,
        "sections": sections,
    }


def _block(block: Model, block_id: str, counters: dict[str, int]) -> Model:
    kind = block["kind"]
    if kind not in _NUMBERED:
        return {**block, "id": block_id}
    counters[kind] += 1
    label = f"{_NUMBERED[kind]} {counters[kind]}"
    numbered_block = {**block, "id": f"{kind}-{counters[kind]}", "label": label, "origin": block["id"]}
    if kind == "figure":
        numbered_block["svg"] = _own_ids(block["svg"], block["id"], numbered_block["id"])
    return numbered_block


def _own_ids(svg: str, old: str, new: str) -> str:
    """Two drawings on one page must not share ids: clip paths are looked up by them."""
    return svg.replace(f'"{old}--', f'"{new}--').replace(f"#{old}--", f"#{new}--")


def plain(spans: Iterable[Mapping[str, str]]) -> str:
    """Return the text of spans without their styles.

    Examples
    --------
    >>> plain([{"text": "Who "}, {"text": "answered", "style": "strong"}])
    'Who answered'
    """
    return "".join(s["text"] for s in spans)


def slug(text: str) -> str:
    """Return `text` as it may stand in an address within the page.

    Examples
    --------
    >>> slug("Special measures")
    'special-measures'
    """
    return re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-") or "part"


def numbered(document: Model, kind: str) -> list[Model]:
    """Return the tables, or the figures, of a document in their order."""
    return [b for c in document["chapters"] for b in c["blocks"] if b["kind"] == kind]
