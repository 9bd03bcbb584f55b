"""``instrument match``: the draft of a question map, which a person confirms."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from resilience_stats.errors import StudyError
from resilience_stats.report.console import show_frame, tell

instrument = typer.Typer(help="Questionnaires: match an export's questions to the items.", no_args_is_help=True)


@instrument.callback()
def _questionnaires() -> None:
    """Match the questions of a survey tool's export to the items of an instrument."""


@instrument.command("match")
def match(
    export: Annotated[Path, typer.Argument(help="export of a survey tool, CSV or workbook")],
    name: Annotated[str, typer.Option("--instrument", help="phq, rat, or your own instrument's file")] = "phq",
    out: Annotated[
        Path | None, typer.Option(help="file to write [default: <export>-questions.csv]", show_default=False)
    ] = None,
) -> None:
    """Draft which question is which item; lines that are not 'confirmed' are for you to decide."""
    from resilience_stats.loaders import match_instrument
    from resilience_stats.loaders.original import harmless

    target = out or export.with_name(f"{export.stem}-questions.csv")
    if target.exists():
        raise StudyError(
            "there is such a file already",
            where=str(target),
            action="It may hold your decisions: move it away, or name another with --out.",
        )
    draft = match_instrument(export, name)
    draft.assign(question=draft["question"].map(harmless)).to_csv(
        target, index=False, encoding="utf-8-sig", float_format="%.2f"
    )
    typer.echo(str(target))
    doubtful = draft[draft["confirmed"] != "yes"]
    tell(f"{len(draft) - len(doubtful)} of {len(draft)} columns are sure, {len(doubtful)} are for you to decide.")
    if len(doubtful):
        show_frame(doubtful.drop(columns="confirmed").round(2))
        tell(f"Correct item_id where it is wrong, and write 'yes' under confirmed, in {target}.")
    tell(f'Then, in study.toml:\n[question_maps]\n"{export.name}" = "{target.name}"')
