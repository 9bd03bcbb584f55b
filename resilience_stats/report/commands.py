"""The commands of ``python -m resilience_stats``."""

from __future__ import annotations

import os
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import Annotated, Any

import typer

import resilience_stats as rs
from resilience_stats.errors import DataError, ReportError, ResilienceStatsError, StudyError, UsageError, access_error
from resilience_stats.report.console import show_frame, tell
from resilience_stats.report.example_command import example
from resilience_stats.report.faults import OUT_OF_MEMORY, OWN_FAULT, tell_fault
from resilience_stats.report.feedback_command import feedback
from resilience_stats.report.instrument_commands import instrument
from resilience_stats.report.national_command import national_model
from resilience_stats.report.operating_command import operating_characteristics
from resilience_stats.report.reference_command import reference
from resilience_stats.report.report_command import report

#: Linear algebra on one thread: results do not depend on the machine, and chapters that run side by side do not fight.
ONE_THREAD = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")

app = typer.Typer(
    name="python -m resilience_stats",
    help="Statistics of general-practice resilience: a year's files in, the cohort report out.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
StudyFile = Annotated[
    Path | None, typer.Argument(help="study.toml or its folder; the synthetic example if left out", show_default=False)
]


def run_command(arguments: list[str]) -> int:
    """Run one command and return its exit code; errors meant for the analyst are told without a traceback."""
    for name in ONE_THREAD:
        os.environ.setdefault(name, "1")
    try:
        _require_filled(arguments)
        app(args=arguments)
    except ResilienceStatsError as error:
        tell(str(error))
        return error.exit_code
    except KeyboardInterrupt:
        tell("Stopped.")
        return 130
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else int(bool(end.code))
    except OSError as fault:
        return _tell_access(fault)
    except MemoryError:
        tell("The memory did not suffice. Close other programs, or give --jobs 1.")
        return OUT_OF_MEMORY
    except Exception as fault:  # a fault of ours: the analyst is told where to read more, and is shown no traceback
        tell_fault(fault)
        return OWN_FAULT
    return 0


def _require_filled(arguments: list[str]) -> None:
    if "" in arguments and arguments[:1] != ["test"]:
        raise UsageError("an argument is empty", action="A variable of the shell that is not set looks like that.")


def _tell_access(fault: OSError) -> int:
    error = access_error(fault)
    tell(str(error))
    return error.exit_code


app.command()(report)


@app.command()
def check(
    study: StudyFile = None,
    set_aside: Annotated[
        Path | None,
        typer.Option(
            help="folder for the rows to mend, one CSV per file [default: set-aside beside the study file]",
            show_default=False,
        ),
    ] = None,
) -> None:
    """List every problem in a study's files, with file, row and column; write the rows to mend beside them."""
    if study is None:
        raise StudyError("Which study?", action="Name its file: python -m resilience_stats check path/to/study.toml")
    from resilience_stats.report.mending import write_checked_rows

    settings = rs.open_study(study)
    problems = rs.check_study(settings)
    if len(problems):
        show_frame(problems)
    write_checked_rows(problems.attrs["set_aside"], set_aside or settings.directory / "set-aside", tell)
    faults = int(problems["severity"].eq("error").sum())
    notes = len(problems) - faults
    told = f"{notes} note{'' if notes == 1 else 's'} on how cells were read" if notes else "nothing to note"
    if faults:
        message = f"{faults} problem{'' if faults == 1 else 's'} found in the files ({told})"
        raise DataError(message, problems=problems)
    tell(f"No problem found; {told}.")


app.command()(example)


@app.command()
def schema(
    table: Annotated[str | None, typer.Argument(help="one table; all if left out", show_default=False)] = None,
    markdown: Annotated[bool, typer.Option("--markdown", help="as a page for a wiki or a repository")] = False,
) -> None:
    """Print the data dictionary: every field that the package reads."""
    from resilience_stats.schema.dictionary import data_dictionary, dictionary_markdown
    from resilience_stats.schema.tables import load_table_spec

    if markdown:
        typer.echo(dictionary_markdown())
        return
    fields = data_dictionary()
    if table is not None:
        load_table_spec(table)  # an unknown table is an error with a hint
        fields = fields[fields["table"] == table]
    show_frame(fields[["table", "column", "type", "required", "allowed", "description"]])


app.command("national-model")(national_model)
app.command("operating-characteristics")(operating_characteristics)
app.command()(feedback)
app.command()(reference)
app.add_typer(instrument, name="instrument")


@app.command("list")
def list_chapters() -> None:
    """List the chapters of the report."""
    from resilience_stats.report.chapters import find_chapters
    from resilience_stats.resources import notebook_directory

    for found in find_chapters(notebook_directory()):
        only = f" ({' and '.join(found.editions)} edition only)" if found.editions else ""
        typer.echo(f"{found.name:<18} {found.title}{only}")


@app.command(context_settings={"allow_extra_args": True, "ignore_unknown_options": True, "help_option_names": []})
def test(context: typer.Context) -> None:
    """Run the tests of a checkout; arguments go to pytest."""
    checkout = Path(rs.__file__).resolve().parents[1]
    if not (checkout / "tests").is_dir():
        raise ReportError(
            "there are no tests here", where=str(checkout), action="Run this from a checkout of the project."
        )
    if not all(find_spec(name) for name in ("pytest", "xdist", "hypothesis")):
        raise ReportError(
            "the tests need pytest, pytest-xdist and hypothesis",
            action="Install them, or let the lock file's environment be made: see README.md.",
        )
    command = [sys.executable, "-m", "pytest", "-n", "2", *context.args]
    raise typer.Exit(subprocess.run(command, cwd=checkout, check=False).returncode)


@app.command("help")
def show_help(context: typer.Context) -> None:
    """Show the commands."""
    parent: Any = context.parent
    typer.echo(parent.get_help())
