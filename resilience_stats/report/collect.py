"""An executed chapter as blocks: its markdown cells and what its code cells added, in the order of the notebook."""

from __future__ import annotations

import json
from typing import Any

from resilience_stats.report.chapter import BLOCK_KEY
from resilience_stats.report.figure_sources import named_source
from resilience_stats.report.markdown import blocks_from_markdown
from resilience_stats.report.run import Run
from resilience_stats.report.runner import Outcome


def chapter_model(outcome: Outcome, run: Run) -> dict[str, Any]:
    """Return one chapter of the document model.

    Returns
    -------
    dict
        ``id, title, failure`` (text or None) and ``blocks``. A failed chapter has no blocks: half of an analysis can
        mislead more than none.
    """
    chapter = outcome.chapter
    model: dict[str, Any] = {"id": chapter.name, "title": chapter.title, "failure": None, "blocks": []}
    if outcome.failure is not None:
        return {**model, "failure": str(outcome.failure)}
    added = json.loads(run.blocks_file(chapter.name).read_text(encoding="utf-8"))["blocks"]
    cells = json.loads(run.notebook_file(chapter.name).read_text(encoding="utf-8"))["cells"]
    for cell in cells:
        if cell["cell_type"] == "markdown":
            model["blocks"] += blocks_from_markdown("".join(cell["source"]))
        else:
            model["blocks"] += [added[i] for i in _shown(cell)]
    model["blocks"] = [named_source(block, run) for block in _without_title(model["blocks"])]
    return model


def _shown(cell: dict[str, Any]) -> list[int]:
    return [o["metadata"][BLOCK_KEY] for o in cell.get("outputs", ()) if BLOCK_KEY in o.get("metadata", {})]


def _without_title(blocks: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The first heading is the chapter's title, which the report sets itself."""
    return blocks[1:] if blocks and blocks[0].get("level") == 1 else blocks
