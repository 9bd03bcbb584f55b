"""`build_report`: a study in, the cohort report out."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from resilience_stats.display import Shown
from resilience_stats.errors import FileAccessError, access_error
from resilience_stats.report.progress import Progress

if TYPE_CHECKING:
    from resilience_stats.report.kernels import Kernels

#: What each file of a report is called.
FILE_NAMES = {
    "html": "cohort-report.html",
    "pdf": "cohort-report.pdf",
    "word": "cohort-report.docx",
    "workbook": "tables.xlsx",
    "results": "results.csv",
    "manifest": "manifest.json",
    "log": "report.log",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportFiles(Shown):
    """What `build_report` has written.

    Attributes
    ----------
    html, pdf, word, workbook, results, manifest, log : pathlib.Path
        The report as a page, as a PDF and as a Word file; all its tables as a workbook; every number printed; what it
        was made from; and what was told while it was made.
    failures : tuple of str
        One line per chapter that could not be built; its executed notebook lies in the folder ``failed``.
    seconds : mapping of str to float
        Wall time of each part that was done.
    """

    html: Path
    pdf: Path
    word: Path
    workbook: Path
    results: Path
    manifest: Path
    log: Path
    failures: tuple[str, ...]
    seconds: Mapping[str, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """What was asked for: the arguments of `build_report`."""

    study: Any = None
    out: Path | None = None
    chapters: tuple[str, ...] = ()
    edition: str | None = None
    parameters: Mapping[str, object] = field(default_factory=dict)
    notebooks: Path | None = None
    resume: bool = False


def build_report(
    study: Any = None,
    *,
    out: str | Path | None = None,
    chapters: Sequence[str] = (),
    edition: str | None = None,
    jobs: int = 2,
    parameters: Mapping[str, object] | None = None,
    notebooks: str | Path | None = None,
    resume: bool = False,
    progress: Progress | None = None,
) -> ReportFiles:
    """Write the cohort report of a study: page, PDF, Word file, workbook, every number printed, manifest and log.

    Parameters
    ----------
    study : Study or path, optional
        The study or its file; the synthetic example where none is given.
    out : path, optional
        Folder to write into; ``reports/<year>`` by default, with the edition's name where it is not the study's own.
    chapters : sequence of str
        Chapters to build; by default all that belong to the edition. One that reads the others' results, as the
        summary does, has them run (or taken from an earlier run) and shows itself alone.
    edition : str, optional
        ``board``, ``internal`` or ``public``; the study's own policy by default.
    jobs : int
        Chapters to run at a time.
    parameters : mapping, optional
        Values for the chapters' parameters, e.g. ``{"n_boot": 200}``; see `ChapterParameters`.
    notebooks : path, optional
        Folder of the chapters; the shipped ones by default.
    resume : bool
        Take what has not changed from an earlier run, and keep what this one works out in the user's cache.
    progress : Progress, optional
        Told what happens; silent by default.

    Returns
    -------
    ReportFiles
        A chapter that fails does not stop the others: see `failures`.

    Raises
    ------
    ResilienceStatsError
        If the study or its files cannot be used, a chapter or parameter is unknown, or a chapter named is no part of
        the edition.

    Examples
    --------
    >>> build_report(chapters=["divers"])  # doctest: +IGNORE_EXCEPTION_DETAIL
    Traceback (most recent call last):
    resilience_stats.errors.ReportError: --chapter: there is no chapter 'divers'. Did you mean 'drivers'?
    """
    order = Order(
        study=study,
        out=Path(out) if out else None,
        chapters=tuple(chapters),
        edition=edition,
        parameters=parameters or {},
        notebooks=Path(notebooks) if notebooks else None,
        resume=resume,
    )
    order = without_closed_cache(order, (progress or Progress(None)).tell)
    # The folder holds the cohort before disclosure: never beside the report, and gone when it is built.
    with temporary_folder() as work, start_kernels(order, jobs, work) as kernels:
        from resilience_stats.report.making import make_report  # its imports pass while the first kernel starts

        return make_report(order, kernels, progress or Progress(None), work)


@contextmanager
def temporary_folder() -> Iterator[Path]:
    """Give a folder that only its owner reads, gone afterwards."""
    with tempfile.TemporaryDirectory(prefix="resilience_stats_") as name:
        yield Path(name)


def without_closed_cache(order: Order, tell: Callable[[str], None]) -> Order:
    """Return an order that keeps nothing, and say so, where the user's cache cannot be written; else the order."""
    from resilience_stats.report.cache import cache_folder
    from resilience_stats.report.writing import require_writable

    try:
        if order.resume:
            require_writable(cache_folder("kept", "results"))
    except (OSError, RuntimeError, FileAccessError) as fault:  # RuntimeError: the user has no home
        told = access_error(fault) if isinstance(fault, OSError) else fault
        tell(f"Nothing is kept for the next run, and all is worked out anew. {told}")
        return replace(order, resume=False)
    return order


def start_kernels(order: Order, jobs: int, work: Path) -> Kernels:
    """Return the processes that the chapters will run in, the first of them already starting.

    Costly results are kept in the user's cache, or for this run alone where nothing is to be kept.
    """
    from resilience_stats.report.cache import cache_folder
    from resilience_stats.report.costly import VARIABLE
    from resilience_stats.report.kernels import Kernels

    results = cache_folder("kept", "results") if order.resume else work / "results"
    results.mkdir(mode=0o700, exist_ok=True)
    kernels = Kernels(jobs, {VARIABLE: str(results)})
    # How many chapters have changed is yet to be seen, and there may be fewer of them than jobs.
    kernels.begin(1 if order.resume else min(jobs, os.cpu_count() or 1))
    return kernels
