"""The command that makes the national model again."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def national_model(
    data: Annotated[Path, typer.Option(help="folder of the public files: CQC directory, payments, workforce, IMD")],
    out: Annotated[
        Path | None, typer.Option(help="folder to write to [default: the packaged files]", show_default=False)
    ] = None,
    n_boot: Annotated[int, typer.Option(min=20, help="resamples of the validation")] = 500,
) -> None:
    """Fit the national models of inspection ratings and of codes that go on the public files and write them."""
    from resilience_stats.report.national_model import CLOSURE_NAME, NAME, make_closure_model, make_national_model

    for make, name in ((make_national_model, NAME), (make_closure_model, CLOSURE_NAME)):
        typer.echo(str(make(data, out=out / name if out is not None else None, n_boot=n_boot)))
