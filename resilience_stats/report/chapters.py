"""Which chapters there are: one notebook each, in the order of their file names."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from resilience_stats.disclosure import Policy
from resilience_stats.errors import ReportError, did_you_mean, shortened
from resilience_stats.report.settings import declared_parameters


@dataclass(frozen=True, slots=True, kw_only=True)
class ChapterSource:
    """A chapter's notebook, not yet run.

    Attributes
    ----------
    name : str
        Identifier, from the file name without its number.
    notebook : pathlib.Path
    title : str
        The notebook's first heading.
    reads_results : bool
        Whether it reads the other chapters' rows, and so runs after them.
    editions : tuple of str
        The only editions that it belongs to; empty for all.
    declared : dict
        The parameters that it declares, with their defaults.
    """

    name: str
    notebook: Path
    title: str
    reads_results: bool
    editions: tuple[str, ...]
    declared: dict[str, object]


def find_chapters(folder: Path) -> tuple[ChapterSource, ...]:
    """Return the chapters in `folder`, checked, in the order of the report.

    Raises
    ------
    ReportError
        If there is none, or a notebook has no heading or unusable parameters.
    """
    notebooks = sorted(p for p in folder.glob("[0-9]*.ipynb"))
    if not notebooks:
        raise ReportError("no chapter's notebook lies here", where=str(folder))
    return tuple(read_chapter(p) for p in notebooks)


def read_chapter(notebook: Path) -> ChapterSource:
    """Return one chapter from its notebook, unrun."""
    try:
        content = json.loads(notebook.read_text(encoding="utf-8"))
    except (ValueError, RecursionError) as error:
        raise ReportError("this is no notebook, or only half of one", where=notebook.name) from error
    if not _is_notebook(content):
        raise ReportError("this file of JSON is no notebook", where=notebook.name, allowed="Jupyter's format 4")
    headings = ["".join(c["source"]) for c in content["cells"] if c["cell_type"] == "markdown"]
    first = next((h.strip().splitlines()[0] for h in headings if h.strip()), "")
    if not first.startswith("# "):
        raise ReportError("a chapter begins with a heading '# ...'", where=notebook.name, found=first)
    settings = content.get("metadata", {}).get("resilience_stats", {})
    return ChapterSource(
        name=chapter_name(notebook),
        notebook=notebook,
        title=first[2:].strip(),
        reads_results=bool(settings.get("reads_results", False)),
        editions=_editions(settings.get("editions", []), notebook),
        declared=declared_parameters(notebook),
    )


def _is_notebook(content: Any) -> bool:
    cells = content.get("cells") if isinstance(content, dict) else None
    return isinstance(cells, list) and isinstance(content.get("metadata", {}), dict) and all(map(_is_cell, cells))


def _is_cell(cell: Any) -> bool:
    if not isinstance(cell, dict) or not isinstance(cell.get("metadata", {}), dict):
        return False
    lines = cell.get("source")
    whole = isinstance(lines, str) or (isinstance(lines, list) and all(isinstance(line, str) for line in lines))
    return whole and cell.get("cell_type") in ("code", "markdown", "raw")


def chapter_name(notebook: Path) -> str:
    """Return the chapter's name: that of its file without the number.

    Examples
    --------
    >>> chapter_name(Path("04_drivers.ipynb"))
    'drivers'
    """
    return notebook.stem.split("_", 1)[-1]


def _editions(named: object, notebook: Path) -> tuple[str, ...]:
    """Return the editions that a notebook's metadata name; a slip there must not put a chapter before the board."""
    if not isinstance(named, list) or not all(isinstance(name, str) for name in named):
        raise ReportError("'editions' holds a list of names", where=notebook.name, found=named)
    for name in named:
        Policy.preset(name)
    return tuple(named)


def select_chapters(chapters: Sequence[ChapterSource], names: Sequence[str]) -> tuple[ChapterSource, ...]:
    """Return the chapters named, all where none is named.

    Raises
    ------
    ReportError
        For a name that is no chapter's, with the nearest known one.
    """
    for name in names:
        require_chapter(name, [c.name for c in chapters])
    return tuple(c for c in chapters if not names or c.name in names)


def require_chapter(name: str, known: Sequence[str]) -> None:
    """Raise `ReportError` unless `name` is one of the chapters, with the nearest that is."""
    if name not in known:
        where = "--chapter"
        raise ReportError(f"there is no chapter '{shortened(name)}'", where=where, action=did_you_mean(name, known))


def belonging(chapters: Sequence[ChapterSource], edition: str, asked: Sequence[str] = ()) -> tuple[ChapterSource, ...]:
    """Return the chapters that belong to an edition.

    Parameters
    ----------
    chapters : sequence of ChapterSource
    edition : str
        Name of the preset that the report's policy is made from.
    asked : sequence of str
        Chapters that were asked for by name.

    Raises
    ------
    ReportError
        If one that was asked for does not belong to the edition: leaving it out unsaid would look like a fault.
    """
    kept = tuple(c for c in chapters if not c.editions or edition in c.editions)
    for chapter in chapters:
        if chapter not in kept and chapter.name in asked:
            raise ReportError(
                f"the chapter '{chapter.name}' is no part of the {edition} edition",
                where="--chapter",
                allowed=f"edition {' or '.join(chapter.editions)}",
                action=f"Add --edition {chapter.editions[0]}; it is not to be passed on.",
            )
    return kept
