"""The command that makes the national model again."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def national_model(
    data: Annotated[Path, typer.Option(help="folder of the public files: CQC directory, payments, workforce, IMD")],
    out: Annotated[
        Path | None, typer.Option(help="file to write [default: the packaged one]", show_default=False)
    ] = None,
    n_boot: Annotated[int, typer.Option(min=20, help="resamples of the validation")] = 500,
) -> None:
    """Fit the national model of inspection ratings on the public files and write it."""
    from resilience_stats.report.national_model import make_national_model

    typer.echo(str(make_national_model(data, out=out, n_boot=n_boot)))
