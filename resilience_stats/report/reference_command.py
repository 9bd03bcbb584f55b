"""``python -m resilience_stats reference``: write the reference pages of the documentation."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def reference(
    folder: Annotated[Path, typer.Argument(help="folder to write into")] = Path("docs/reference"),
) -> None:
    """Write the reference pages of the documentation: functions, errors, notes, results, commands."""
    from resilience_stats.report.reference import write_reference

    for path in write_reference(folder):
        typer.echo(str(path))
