"""The command ``example``: a synthetic study to try things on."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

import resilience_stats as rs
from resilience_stats.errors import StudyError
from resilience_stats.report.console import tell
from resilience_stats.report.writing import require_writable
from resilience_stats.study import LARGEST_SEED, require_text

#: Practices of the example where none are told.
_PRACTICES = 197


def example(
    directory: Annotated[Path, typer.Argument(help="folder to write the study into")],
    practices: Annotated[int | None, typer.Option(min=20, help="practices asked", show_default="197")] = None,
    responses: Annotated[
        float | None, typer.Option(help="practices that answer, or their share", show_default="138")
    ] = None,
    seed: Annotated[int, typer.Option(min=0, max=LARGEST_SEED, help="another seed gives another cohort")] = 2019,
    public: Annotated[
        Path | None, typer.Option(help="folder of real public files to set it on", show_default=False)
    ] = None,
    commissioner: Annotated[
        list[str] | None, typer.Option(help="with --public: only these areas", show_default=False)
    ] = None,
    register: Annotated[
        Path | None, typer.Option(help="with --public: a real practice register", show_default=False)
    ] = None,
    any_contract: Annotated[bool, typer.Option("--any-contract", help="with --public: not GMS alone")] = False,
    area: Annotated[str, typer.Option(help="name of the committee")] = "Example LMC",
) -> None:
    """Write a synthetic study, in the formats that the loaders read, to try things on."""
    require_text(area, "--area", "example")
    settings: dict[str, Any] = {"random_state": seed, "area": area}
    if responses is not None:
        settings["responses"] = _answering(responses, practices, public)
    if public is not None:
        from resilience_stats.synthetic import find_public_files

        if not public.is_dir():
            raise StudyError("there is no such folder", where="--public", found=str(public))
        settings = {"responses": 0.7, **settings, "public_files": find_public_files(public), "practices": practices}
        settings |= {"commissioners": commissioner or None, "register": register}
        settings |= {"contracts": None} if any_contract else {}
    elif commissioner or register or any_contract:
        raise StudyError("--commissioner, --register and --any-contract need --public")
    settings |= {"practices": practices} if practices is not None else {}
    if any(require_writable(directory).iterdir()):
        raise StudyError(
            "the folder is not empty", where=str(directory), action="Name a new one; nothing is overwritten."
        )
    rs.write_example(directory, **settings)
    typer.echo(str(directory / "study.toml"))
    tell(f"Its report: python -m resilience_stats report {directory / 'study.toml'}")


def _answering(responses: float, practices: int | None, public: Path | None) -> int | float:
    """Return how many practices answer, or the share of them: what was asked for, or an error, and nothing between."""
    most = (_PRACTICES if practices is None else practices) if public is None else None
    whole = float(responses).is_integer()
    if 0 < responses < 1 or (whole and responses >= 1 and (most is None or responses <= most)):
        return int(responses) if responses >= 1 else responses
    allowed = f"a whole number, 1 to {most:,}, or a share below 1" if most else "a whole number, or a share below 1"
    raise StudyError("so many cannot answer", where="--responses", found=responses, allowed=allowed)
