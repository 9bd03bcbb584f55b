"""The command ``report``: build the cohort report once, or again after each change."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from resilience_stats.errors import ReportError
from resilience_stats.report.build import FILE_NAMES, Order, ReportFiles, build_report
from resilience_stats.report.console import tell
from resilience_stats.report.progress import Progress


def report(
    study: Annotated[
        Path | None,
        typer.Argument(help="study.toml or its folder; the synthetic example if left out", show_default=False),
    ] = None,
    out: Annotated[
        Path | None, typer.Option(help="folder to write into [default: reports/<year>]", show_default=False)
    ] = None,
    chapter: Annotated[
        list[str] | None,
        typer.Option(help="build this chapter only; may be given several times (see: list)", show_default=False),
    ] = None,
    edition: Annotated[
        str | None, typer.Option(help="board, internal or public [default: as the study says]", show_default=False)
    ] = None,
    jobs: Annotated[int, typer.Option(min=1, help="chapters to run at a time")] = 2,
    fresh: Annotated[bool, typer.Option("--fresh", help="run everything again, also what has not changed")] = False,
    watch: Annotated[
        bool, typer.Option("--watch", help="build again whenever a notebook or a file of the study changes")
    ] = False,
) -> None:
    """Build the cohort report: page, PDF, Word file, workbook of tables, every number printed, manifest and log.

    A chapter that fails is told with its cell; the others are built, and the command ends with an error.
    """
    if watch and fresh:
        raise ReportError("--watch builds what has changed and --fresh everything", action="Give one of them.")
    order = Order(study=study, out=out, chapters=tuple(chapter or ()), edition=edition, resume=not fresh)
    if watch:
        _watch(order, jobs)
        return
    made = build_report(
        study, out=out, chapters=order.chapters, edition=edition, jobs=jobs, resume=order.resume, progress=_told()
    )
    _name_files(made)
    if made.failures:
        raise ReportError(
            f"The report is incomplete: {'; '.join(made.failures)}",
            action=f"The notebooks that failed lie in {made.html.parent / 'failed'}.",
        )


def _told() -> Progress:
    return Progress(sys.stderr)


def _watch(order: Order, jobs: int) -> None:
    from resilience_stats.report.watch import watch_report

    try:
        watch_report(order, jobs=jobs, progress=_told, tell=tell, built=_tell_built)
    except KeyboardInterrupt:
        tell("Stopped watching.")


def _tell_built(made: ReportFiles) -> None:
    tell(f"Built: {made.html}")
    for failure in made.failures:
        tell(f"Incomplete: {failure}")


def _name_files(made: ReportFiles) -> None:
    for field in FILE_NAMES:
        typer.echo(str(getattr(made, field)))
