"""The command ``feedback``: registered by ``commands.py``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from resilience_stats.errors import ReportError
from resilience_stats.report.progress import Progress


def feedback(
    study: Annotated[
        Path | None,
        typer.Argument(help="study.toml or its folder; the synthetic example if left out", show_default=False),
    ] = None,
    practice: Annotated[
        list[str] | None, typer.Option(help="this practice only; may be given several times", show_default=False)
    ] = None,
    out: Annotated[
        Path | None, typer.Option(help="folder to write into [default: reports/<year>-feedback]", show_default=False)
    ] = None,
    formats: Annotated[
        list[str] | None, typer.Option("--format", help="pdf or html [default: both]", show_default=False)
    ] = None,
    peers: Annotated[int, typer.Option(min=10, help="practices that each is compared with, at least")] = 15,
) -> None:
    """Write a report for each practice that answered, for that practice alone, and a manifest."""
    from resilience_stats.report.feedback import FORMATS, build_feedback

    made = build_feedback(
        study, practice or None, out=out, formats=tuple(formats or FORMATS), peers=peers, progress=Progress()
    )
    typer.echo(str(made.manifest))
    typer.echo(f"{len(made.files)} reports, {made.seconds['per report']:.2f} s each")
    if made.failures:
        raise ReportError(
            f"{len(made.failures)} practices have no report",
            found="; ".join(f"{code}: {reason}" for code, reason in made.failures.items()),
        )
