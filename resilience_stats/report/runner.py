"""Run the chapters' notebooks side by side."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields

from resilience_stats.report.chapters import ChapterSource
from resilience_stats.report.execute import Failure, execute_notebook
from resilience_stats.report.kept import Kept
from resilience_stats.report.kernels import Kernel, Kernels
from resilience_stats.report.progress import Progress
from resilience_stats.report.release import release_text, release_together
from resilience_stats.report.run import Run
from resilience_stats.report.sources import digest


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """How the run of one chapter ended.

    Attributes
    ----------
    chapter : ChapterSource
    seconds : float
        0 for a chapter that was kept from an earlier run.
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
    progress: Progress,
    kept: Kept | None = None,
    expected: Mapping[str, float] | None = None,
) -> tuple[Outcome, ...]:
    """Run every chapter; those that read results begin when all others have ended. One failure stops no other.

    Parameters
    ----------
    chapters : sequence of ChapterSource
    run : Run
        Its folder must have been written by `write_run`.
    kernels : Kernels
        The processes to run them in.
    progress : Progress
        Is told one line per chapter.
    kept : Kept, optional
        Chapters of earlier runs; one that has not changed is taken from there.
    expected : mapping of str to float, optional
        Seconds that chapters took the last time (see `task_name`): the longest is begun first.

    Returns
    -------
    tuple of Outcome
        In the order of `chapters`.
    """
    at_work = _Work(run, kernels, progress, kept, expected or {})
    first = [c for c in chapters if not c.reads_results]
    ended = at_work.side_by_side(first)
    # In the order of the report, not that in which they ended: what is withheld must not hang on a race.
    again = release_together(run, [c.name for c in first if ended[c.name].failure is None], kept=kept)
    if again:
        progress.tell(f"  withholding more, so that no chapter gives away what another hides: {', '.join(again)}")
        ended |= at_work.side_by_side([c for c in first if c.name in again], release_text(run))
    readers = [c for c in chapters if c.reads_results]
    ended |= at_work.side_by_side(readers, release_text(run) if readers else "")
    return tuple(ended[c.name] for c in chapters)


def task_name(chapter: ChapterSource) -> str:
    """Return what a chapter is called among the parts of a report whose times are kept."""
    return f"chapter {chapter.name}"


@dataclass(frozen=True, slots=True)
class _Work:
    run: Run
    kernels: Kernels
    progress: Progress
    kept: Kept | None
    expected: Mapping[str, float]

    def side_by_side(self, chapters: Sequence[ChapterSource], released: str = "") -> dict[str, Outcome]:
        """Run the chapters at the same time, or restore those that have not changed."""
        read = digest([released]) if released else ""
        ended = {}
        for chapter in chapters:
            if self.kept is not None and self.kept.restore(chapter, read):
                self.progress.skip(task_name(chapter))
                self.progress.tell(f"  {task_name(chapter)}: unchanged")
                ended[chapter.name] = Outcome(chapter=chapter, seconds=0.0, failure=None)
        changed = [c for c in chapters if c.name not in ended]
        # One that was never timed may be the longest of all.
        changed.sort(key=lambda c: -self.expected.get(task_name(c), float("inf")))
        self.progress.plan([task_name(c) for c in changed], self.kernels.jobs)
        for outcome in self.kernels.map(lambda kernel, chapter: self._run_one(kernel, chapter, read), changed):
            ended[outcome.chapter.name] = outcome
        return ended

    def _run_one(self, kernel: Kernel, chapter: ChapterSource, read: str) -> Outcome:
        begun, run = time.perf_counter(), self.run
        self.progress.begin(task_name(chapter))
        failure = execute_notebook(kernel, chapter.notebook, run.notebook_file(chapter.name), _values(chapter, run))
        if failure is None and not run.blocks_file(chapter.name).exists():
            failure = Failure(cell=0, source="", error="the notebook never called chapter.close()")
        if failure is None and self.kept is not None:
            self.kept.keep(chapter, read)
        self.progress.finish(task_name(chapter))
        seconds = time.perf_counter() - begun
        told = f"FAILED in {failure}" if failure else f"done in {seconds:.1f} s"
        self.progress.tell(f"  {task_name(chapter)}: {told}", left=True)
        return Outcome(chapter=chapter, seconds=seconds, failure=failure)


def _values(chapter: ChapterSource, run: Run) -> dict[str, object]:
    values = {f.name: getattr(run.parameters, f.name) for f in fields(run.parameters)}
    values["run"] = str(run.directory)
    return {name: values[name] for name in chapter.declared}
