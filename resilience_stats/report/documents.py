"""The files of a report, written from the document model; the PDF at the same time as the others."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from resilience_stats.report.book import write_book
from resilience_stats.report.breaking import printable_model
from resilience_stats.report.chapter import finished_results
from resilience_stats.report.collect import chapter_model
from resilience_stats.report.document import Model, build_document
from resilience_stats.report.html import render_html
from resilience_stats.report.notices import report_notices
from resilience_stats.report.pdf import render_pdf
from resilience_stats.report.pictures import as_pictures
from resilience_stats.report.progress import Progress
from resilience_stats.report.results_file import write_results
from resilience_stats.report.run import Run
from resilience_stats.report.runner import Outcome
from resilience_stats.report.word import render_word
from resilience_stats.report.wording import phrase


def report_document(run: Run, outcomes: Sequence[Outcome], *, part: bool = False) -> Model:
    """Return the document model of a run whose chapters have ended; one that holds a part of them says so."""
    document = build_document(
        [chapter_model(outcome, run) for outcome in outcomes],
        title=run.study.title,
        area=run.study.area,
        year=run.study.year,
        edition=run.policy.label,
        notices=[*report_notices(run), *(_part_notice(outcomes) if part else [])],
        contents_note=run.policy.description,
    )
    document = printable_model(document)
    return document if run.policy.figure_formats[0] == "svg" else as_pictures(document)


def _part_notice(outcomes: Sequence[Outcome]) -> list[dict[str, str]]:
    """The policy sees the rows of a part alone; beside the whole, the difference could tell what either withholds."""
    titles = ", ".join(o.chapter.title for o in outcomes)
    return [{"mark": phrase("notices", "part_mark"), "text": phrase("notices", "part_text", chapters=titles)}]


def write_documents(
    run: Run, outcomes: Sequence[Outcome], files: Mapping[str, Path], told: Progress, *, part: bool = False
) -> Model:
    """Write page, PDF, Word file, workbook and every number printed; return the document that they are written from.

    Parameters
    ----------
    run : Run
        Its chapters have ended.
    outcomes : sequence of Outcome
        Of the chapters to show.
    files : mapping of str to pathlib.Path
        Where each goes: ``html, pdf, word, workbook, results``.
    told : Progress
    part : bool
        Whether chapters of the report were left out on purpose.
    """
    document = report_document(run, outcomes, part=part)

    def write(name: str, action: Callable[[Path], object]) -> None:
        """Write one format and tell that it is being written."""
        with told.stage(WRITING[name]):
            action(files[name])

    with ThreadPoolExecutor(max_workers=1) as beside:  # Typst draws the PDF without Python's lock
        drawn = beside.submit(write, "pdf", lambda path: path.write_bytes(render_pdf(document)))
        write("html", lambda path: path.write_text(render_html(document), encoding="utf-8"))
        write("word", lambda path: path.write_bytes(render_word(document)))
        write("workbook", lambda path: write_book(document, path))
        write("results", lambda path: write_results(finished_results(run), path))
        drawn.result()
    return document


#: The stages of `write_documents`, as they are told.
WRITING = {
    "html": "Writing the page",
    "pdf": "Writing the PDF",
    "word": "Writing the Word file",
    "workbook": "Writing the workbook",
    "results": "Writing every number printed",
}


def keep_failed(run: Run, outcomes: Sequence[Outcome], folder: Path) -> None:
    """Keep the notebooks that failed, with the error in its cell, and none of an earlier run."""
    shutil.rmtree(folder, ignore_errors=True)
    for chapter in [o.chapter for o in outcomes if o.failure]:
        if run.notebook_file(chapter.name).exists():
            folder.mkdir(parents=True, exist_ok=True)
            shutil.copy(run.notebook_file(chapter.name), folder / chapter.notebook.name)
