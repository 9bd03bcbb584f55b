"""The document model as one tagged PDF, through our own Typst template."""

from __future__ import annotations

import json
import shutil
import tempfile
from collections.abc import Sequence
from dataclasses import asdict
from itertools import groupby
from operator import itemgetter
from pathlib import Path

from resilience_stats.errors import ReportError
from resilience_stats.report.breaking import breakable_model
from resilience_stats.report.document import Model, numbered
from resilience_stats.report.pictures import drawing_format, font_folder, write_drawing
from resilience_stats.report.table_layout import table_layout

#: Letters of a cell that may need more than a page.
_TALL = 1000
#: What may stand between a heading and its table, and how many blocks of it may move with the table.
_TEXTS, _LED_BY = ("heading", "paragraph", "list"), 3
_TEMPLATE = Path(__file__).parent / "templates" / "report.typ"


def render_pdf(document: Model) -> bytes:
    """Return the PDF, checked against PDF/UA-1 while it is made.

    The same document gives the same bytes on every machine: the fonts are those of matplotlib's wheel and the
    timestamp is fixed. Text goes in as data and is never read as Typst code.

    Raises
    ------
    ReportError
        If Typst refuses, with its own words.
    """
    import typst

    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        shutil.copy(_TEMPLATE, folder / "report.typ")
        for figure in numbered(document, "figure"):
            write_drawing(figure, folder)
        (folder / "document.json").write_text(
            json.dumps(_without_drawings(breakable_model(document))), encoding="utf-8"
        )
        try:
            return bytes(
                typst.compile(
                    str(folder / "report.typ"),
                    root=str(folder),
                    font_paths=[font_folder()],
                    ignore_system_fonts=True,
                    pdf_standards=["ua-1"],
                    timestamp=0,
                )
            )
        except typst.TypstError as error:
            raise ReportError(f"the PDF could not be made: {error}", where="report.typ") from error


def _without_drawings(document: Model) -> Model:
    chapters = [
        {**c, "blocks": [], "groups": page_groups([_for_typst(b) for b in c["blocks"]])} for c in document["chapters"]
    ]
    return {**document, "chapters": chapters}


def _for_typst(block: Model) -> Model:
    if block["kind"] == "figure":
        return {**{k: v for k, v in block.items() if k not in ("svg", "png")}, "format": drawing_format(block)}
    if block["kind"] != "table":
        return block
    layout = asdict(table_layout([c["label"] for c in block["columns"]], block["rows"]))
    tall = any(len(cell) > _TALL for row in block["rows"] for cell in row)
    return {**block, **layout, "tall": tall}


def page_groups(blocks: Sequence[Model]) -> list[Model]:
    """Return the blocks of a chapter in groups, each for pages that stand or for pages that lie on their side.

    A heading, with the few lines below it, goes onto the side-lying page of the table that they belong to.

    Examples
    --------
    >>> [(g["lying"], len(g["blocks"])) for g in page_groups(
    ...     [{"kind": "paragraph"}, {"kind": "heading"}, {"kind": "table", "lying": True}, {"kind": "paragraph"}])]
    [(False, 1), (True, 2), (False, 1)]
    """
    lying = [bool(b.get("lying")) for b in blocks]
    for place in [i for i, lies in enumerate(lying) if lies]:
        before = place
        while before and blocks[before - 1]["kind"] in _TEXTS and place - before < _LED_BY:
            before -= 1
            if blocks[before]["kind"] == "heading":
                lying[before:place] = [True] * (place - before)
    groups = groupby(zip(lying, blocks, strict=True), key=itemgetter(0))
    return [{"lying": lies, "blocks": [b for _, b in members]} for lies, members in groups]
