"""`build_report`: a study in, the cohort report out."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from resilience_stats.report.book import write_book
from resilience_stats.report.chapter import finished_results
from resilience_stats.report.chapters import ChapterSource, belonging, find_chapters, select_chapters
from resilience_stats.report.collect import chapter_model
from resilience_stats.report.document import Model, build_document
from resilience_stats.report.html import render_html
from resilience_stats.report.kept import Kept
from resilience_stats.report.kernels import Kernels
from resilience_stats.report.manifest import build_manifest, write_manifest
from resilience_stats.report.mending import write_cohort_rows
from resilience_stats.report.notices import report_notices
from resilience_stats.report.pdf import render_pdf
from resilience_stats.report.prepare import edition_policy, prepare_run, write_example_study
from resilience_stats.report.progress import Progress
from resilience_stats.report.results_file import write_results
from resilience_stats.report.run import Run, write_run
from resilience_stats.report.runner import Outcome, run_chapters
from resilience_stats.report.settings import parameters_from
from resilience_stats.report.word import render_word
from resilience_stats.resources import notebook_directory
from resilience_stats.study import open_study

#: What each file of a report is called.
FILE_NAMES = {
    "html": "cohort-report.html",
    "pdf": "cohort-report.pdf",
    "word": "cohort-report.docx",
    "workbook": "tables.xlsx",
    "results": "results.csv",
    "manifest": "manifest.json",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportFiles:
    """What `build_report` has written.

    Attributes
    ----------
    html, pdf, word, workbook, results, manifest : pathlib.Path
        The report as a page, as a PDF and as a Word file; all its tables as a workbook; every number printed; and what
        it was made from.
    failures : tuple of str
        One line per chapter that could not be built; its executed notebook lies in the folder ``failed``.
    seconds : mapping of str to float
        Wall time of each part.
    """

    html: Path
    pdf: Path
    word: Path
    workbook: Path
    results: Path
    manifest: Path
    failures: tuple[str, ...]
    seconds: Mapping[str, float]


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
    """Write the cohort report of a study: page, PDF, Word file, workbook, every number printed, and the manifest.

    Parameters
    ----------
    study : Study or path, optional
        The study or its file; the synthetic example where none is given.
    out : path, optional
        Folder to write into; ``reports/<year>`` by default, with the edition's name where it is not the study's own.
    chapters : sequence of str
        Chapters to build; by default all that belong to the edition.
    edition : str, optional
        ``board``, ``internal`` or ``public``; the study's own policy by default.
    jobs : int
        Chapters to run at a time.
    parameters : mapping, optional
        Values for the chapters' parameters, e.g. ``{"n_boot": 200}``; see `ChapterParameters`.
    notebooks : path, optional
        Folder of the chapters; the shipped ones by default.
    resume : bool
        Take chapters that have not changed from an earlier run, and keep those of this one in the user's cache.
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
    told = progress or Progress(None)
    wanted = select_chapters(find_chapters(Path(notebooks or notebook_directory())), chapters)
    chosen = parameters_from(parameters or {})
    # The run's folder holds the cohort before disclosure: never beside the report, and gone when it is built.
    with tempfile.TemporaryDirectory(prefix="resilience_stats_") as name, Kernels(jobs) as kernels:
        work = Path(name)
        if study is None:
            with told.stage("Writing the synthetic example"):
                study = write_example_study(work / "study")
        wanted = belonging(wanted, edition_policy(open_study(study), edition).name, chapters)
        run = prepare_run(study, work / "run", edition=edition, parameters=chosen, progress=told)
        write_run(run)
        with told.stage(f"Running {len(wanted)} chapters"):
            kept = Kept(run) if resume else None
            outcomes = run_chapters(wanted, run, kernels=kernels, tell=told.tell, kept=kept)
        return _write(run, outcomes, Path(out) if out else default_folder(run, edition), told)


def default_folder(run: Run, edition: str | None) -> Path:
    """Return where a report goes that was not told where: ``reports/<year>``, other editions beside it."""
    own = run.study.policy.get("preset", "board")
    return Path("reports") / (str(run.study.year) if edition in (None, own) else f"{run.study.year}-{edition}")


def _write(run: Run, outcomes: Sequence[Outcome], folder: Path, told: Progress) -> ReportFiles:
    folder.mkdir(parents=True, exist_ok=True)
    files = {field: folder / name for field, name in FILE_NAMES.items()}
    document = report_document(run, outcomes)
    with told.stage("Writing the page"):
        files["html"].write_text(render_html(document), encoding="utf-8")
    with told.stage("Writing the PDF"):
        files["pdf"].write_bytes(render_pdf(document))
    with told.stage("Writing the Word file"):
        files["word"].write_bytes(render_word(document))
    with told.stage("Writing the workbook"):
        write_book(document, files["workbook"])
    with told.stage("Writing every number printed"):
        write_results(finished_results(run), files["results"])
    write_cohort_rows(run.cohort, folder, told.tell)
    _keep_failed(run, [o.chapter for o in outcomes if o.failure], folder / "failed")
    seconds = {**told.seconds, **{f"chapter {o.chapter.name}": o.seconds for o in outcomes}}
    made = [path for field, path in files.items() if field != "manifest"]
    write_manifest(build_manifest(run, outputs=made, seconds=seconds), files["manifest"])
    failures = tuple(f"chapter {o.chapter.name}, {o.failure}" for o in outcomes if o.failure)
    return ReportFiles(**files, failures=failures, seconds=seconds)


def report_document(run: Run, outcomes: Sequence[Outcome]) -> Model:
    """Return the document model of a run whose chapters have ended."""
    return build_document(
        [chapter_model(outcome, run) for outcome in outcomes],
        title=run.study.title,
        area=run.study.area,
        year=run.study.year,
        edition=run.policy.label,
        notices=report_notices(run),
        contents_note=run.policy.description,
    )


def _keep_failed(run: Run, chapters: Sequence[ChapterSource], folder: Path) -> None:
    """Keep the notebooks that failed, with the error in its cell, and none of an earlier run."""
    shutil.rmtree(folder, ignore_errors=True)
    for chapter in chapters:
        if run.notebook_file(chapter.name).exists():
            folder.mkdir(parents=True, exist_ok=True)
            shutil.copy(run.notebook_file(chapter.name), folder / chapter.notebook.name)
