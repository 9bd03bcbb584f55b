"""Run the chapters' notebooks side by side."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields
from typing import Any

from resilience_stats.report.chapters import ChapterSource
from resilience_stats.report.kept import Kept, text_hash
from resilience_stats.report.kernels import Kernels
from resilience_stats.report.release import release_text, release_together
from resilience_stats.report.run import Run

_ESCAPES = re.compile(r"\x1b\[[0-9;]*m")


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """Where and why a chapter stopped.

    Attributes
    ----------
    cell : int
        Position of the cell in the notebook, counted from 1; 0 where no cell was reached.
    source : str
        First line of that cell.
    error : str
        Class and message.
    """

    cell: int
    source: str
    error: str

    def __str__(self) -> str:
        place = f"cell {self.cell} ({self.source})" if self.cell else "before the first cell"
        return f"{place}: {self.error}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """How the run of one chapter ended.

    Attributes
    ----------
    chapter : ChapterSource
    seconds : float
    failure : Failure or None
    """

    chapter: ChapterSource
    seconds: float
    failure: Failure | None


def run_chapters(
    chapters: Sequence[ChapterSource],
    run: Run,
    *,
    kernels: Kernels,
    tell: Callable[[str], None],
    kept: Kept | None = None,
) -> tuple[Outcome, ...]:
    """Run every chapter; those that read results begin when all others have ended. One failure stops no other.

    Parameters
    ----------
    chapters : sequence of ChapterSource
    run : Run
        Its folder must have been written by `write_run`.
    kernels : Kernels
        The processes to run them in.
    tell : callable
        Is told one line per chapter.
    kept : Kept, optional
        Chapters of earlier runs; one that has not changed is taken from there.

    Returns
    -------
    tuple of Outcome
        In the order of `chapters`.
    """
    first = [c for c in chapters if not c.reads_results]
    ended = _side_by_side(first, run, kernels, tell, kept)
    again = release_together(run, [name for name, outcome in ended.items() if outcome.failure is None])
    if again:
        tell(f"  withholding more, so that no chapter gives away what another hides: {', '.join(again)}")
        whole = release_text(run)
        ended |= _side_by_side([c for c in first if c.name in again], run, kernels, tell, kept, whole)
    readers = [c for c in chapters if c.reads_results]
    ended |= _side_by_side(readers, run, kernels, tell, kept, release_text(run) if readers else "")
    return tuple(ended[c.name] for c in chapters)


def _side_by_side(
    chapters: Sequence[ChapterSource],
    run: Run,
    kernels: Kernels,
    tell: Callable[[str], None],
    kept: Kept | None,
    released: str = "",
) -> dict[str, Outcome]:
    read = text_hash(released) if released else ""
    outcomes = {}
    for chapter in chapters:
        if kept is not None and kept.restore(chapter, read):
            tell(f"  chapter {chapter.name}: unchanged")
            outcomes[chapter.name] = Outcome(chapter=chapter, seconds=0.0, failure=None)
    changed = [c for c in chapters if c.name not in outcomes]
    for outcome in kernels.map(lambda manager, chapter: _run_one(manager, chapter, run, tell), changed):
        outcomes[outcome.chapter.name] = outcome
        if kept is not None and outcome.failure is None:
            kept.keep(outcome.chapter, read)
    return outcomes


def _run_one(manager: Any, chapter: ChapterSource, run: Run, tell: Callable[[str], None]) -> Outcome:
    begun = time.perf_counter()
    failure = _execute(manager, chapter, run)
    seconds = time.perf_counter() - begun
    tell(f"  chapter {chapter.name}: " + (f"FAILED in {failure}" if failure else f"done in {seconds:.1f} s"))
    return Outcome(chapter=chapter, seconds=seconds, failure=failure)


def _execute(manager: Any, chapter: ChapterSource, run: Run) -> Failure | None:
    import papermill
    from papermill.exceptions import PapermillExecutionError

    try:
        papermill.execute_notebook(
            str(chapter.notebook),
            str(run.notebook_file(chapter.name)),
            parameters=_values(chapter, run),
            kernel_name="python3",
            progress_bar=False,
            km=manager,
        )
    except PapermillExecutionError as error:
        return Failure(
            cell=error.cell_index + 1,
            source=_first_line(error.source),
            error=f"{error.ename}: {_plain(error.evalue)}",
        )
    except Exception as error:  # a kernel that dies must not take the other chapters with it
        return Failure(cell=0, source="", error=f"{type(error).__name__}: {_plain(str(error))}")
    if not run.blocks_file(chapter.name).exists():
        return Failure(cell=0, source="", error="the notebook never called chapter.close()")
    return None


def _values(chapter: ChapterSource, run: Run) -> dict[str, object]:
    values = {f.name: getattr(run.parameters, f.name) for f in fields(run.parameters)}
    values["run"] = str(run.directory)
    return {name: values[name] for name in chapter.declared}


def _first_line(source: str) -> str:
    return next((line.strip() for line in source.splitlines() if line.strip()), "")


def _plain(text: str) -> str:
    return _ESCAPES.sub("", text).strip()
