"""The command that tries the methods on invented cohorts again."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def operating_characteristics(
    replicates: Annotated[int, typer.Option(min=2, help="invented cohorts of each kind")] = 1000,
    seed: Annotated[int, typer.Option(min=0, help="another seed gives other cohorts")] = 2019,
    jobs: Annotated[int, typer.Option(min=1, help="processes; the numbers do not depend on it")] = 2,
    out: Annotated[
        Path | None, typer.Option(help="file to write [default: the packaged one]", show_default=False)
    ] = None,
) -> None:
    """Try the methods on invented cohorts with known truth, and write how often they are right."""
    from resilience_stats.report.operating_characteristics import make_operating_characteristics

    typer.echo(str(make_operating_characteristics(replicates=replicates, random_state=seed, jobs=jobs, out=out)))
