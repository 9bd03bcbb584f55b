"""Build a report again whenever a notebook, a file of the study or a word of the report changes."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from pathlib import Path

import resilience_stats as rs
from resilience_stats.disclosure import read_policy
from resilience_stats.errors import ResilienceStatsError
from resilience_stats.report.build import Order, ReportFiles, start_kernels, temporary_folder, without_closed_cache
from resilience_stats.report.chapters import chapter_name, require_chapter
from resilience_stats.report.kernels import Kernels
from resilience_stats.report.making import make_report
from resilience_stats.report.progress import Progress
from resilience_stats.report.sources import source_files, source_hash
from resilience_stats.report.wording import wording
from resilience_stats.resources import notebook_directory
from resilience_stats.study import require_study

#: Seconds between two looks at the files.
PAUSE = 0.5
#: What a file looked like: time of its last change in nanoseconds, and size in bytes.
Looks = Mapping[Path, tuple[int, int]]


def watch_report(
    order: Order,
    *,
    jobs: int,
    progress: Callable[[], Progress],
    tell: Callable[[str], None],
    built: Callable[[ReportFiles], None],
) -> None:
    """Build a report, and again after each change, until interrupted.

    Parameters
    ----------
    order : Order
        With ``resume``: what has not changed is not run again.
    jobs : int
        Chapters to run at a time; the processes stay from one build to the next.
    progress : callable
        Makes the `Progress` of one build.
    tell : callable
        Is told what is waited for, and what is wrong: an error ends a build, not the watching.
    built : callable
        Is given the files of each build.

    Raises
    ------
    ResilienceStatsError
        If what was ordered cannot be had whatever is changed in the files: no such study, edition or chapter.
    KeyboardInterrupt
        When it is interrupted; processes and temporary files are gone by then.
    """
    _require_known(order)
    order = without_closed_cache(order, tell)
    with temporary_folder() as folder, start_kernels(order, jobs, folder) as kernels:
        while True:
            before = look(order)
            _build(order, kernels, progress(), tell, built)
            tell("Watching notebooks, study files and wording; Ctrl-C ends it.")
            changed = wait_for_change(order, before)
            tell(f"Changed: {', '.join(p.name for p in changed)}")
            if set(changed) & set(source_files()):
                _forget_sources(kernels)
            if any(path.suffix == ".py" for path in changed):
                tell("The package's own code has changed: chapters use it from now on, the rest after a new start.")


def _require_known(order: Order) -> None:
    """A slip in the command is told at once; what is wrong in a file is waited for."""
    if order.edition is not None:
        read_policy(order.edition)
    known = [chapter_name(p) for p in (order.notebooks or notebook_directory()).glob("[0-9]*.ipynb")]
    for name in order.chapters:
        require_chapter(name, sorted(known))
    if order.study is not None:
        require_study(order.study)


def look(order: Order) -> Looks:
    """Return what the watched files look like now. A file that is not there now is none of them."""
    notebooks = order.notebooks or notebook_directory()
    found = {}
    for path in [*sorted(notebooks.glob("*.ipynb")), *_study_files(order), *source_files()]:
        try:
            state = path.stat()
        except FileNotFoundError:  # being saved by an editor that writes a new file
            continue
        found[path] = (state.st_mtime_ns, state.st_size)
    return found


def wait_for_change(order: Order, before: Looks) -> list[Path]:
    """Return the files that differ from `before`, once some do and no more are being written."""
    while True:
        now = look(order)
        if now != before:
            time.sleep(PAUSE)
            settled = look(order)
            if settled == now:
                return sorted(p for p in {*before, *now} if before.get(p) != now.get(p))
        else:
            time.sleep(PAUSE)


def _study_files(order: Order) -> list[Path]:
    """The study file and all that it names; the study file alone while it cannot be read."""
    if order.study is None:
        return []
    try:
        study = rs.open_study(order.study)
    except ResilienceStatsError:
        path = Path(order.study)
        return [path / "study.toml" if path.is_dir() else path]
    named = [*study.instruments.values(), *study.question_maps.values(), study.previous_results]
    files = [p for files in study.files.values() for p in files]
    return [study.path, *files, *(p for p in named if isinstance(p, Path))]


def _build(
    order: Order,
    kernels: Kernels,
    progress: Progress,
    tell: Callable[[str], None],
    built: Callable[[ReportFiles], None],
) -> None:
    try:
        with temporary_folder() as work:
            built(make_report(order, kernels, progress, work))
    except ResilienceStatsError as error:
        tell(str(error))


def _forget_sources(kernels: Kernels) -> None:
    """A process reads the package's words and definitions once: after a change others take its place."""
    source_hash.cache_clear()
    wording.cache_clear()
    kernels.restart()
