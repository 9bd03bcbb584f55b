"""A small report to test the machinery on: a run without data, and notebooks written by the test."""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from resilience_stats.disclosure import Policy
from resilience_stats.report.run import Run, read_run, write_run
from resilience_stats.report.settings import ChapterParameters

HOSTILE = '<script>alert(1)</script> #eval("1") $x$ ‮ =1+1'

PARAMETERS = 'run: str = ""\nn_boot: int = 10'


def write_notebook(path: Path, cells: list[tuple[str, str]], **metadata: Any) -> None:
    made = []
    for number, (kind, source) in enumerate(cells):
        code = {"outputs": [], "execution_count": None} if kind != "markdown" else {}
        tags = {"tags": ["parameters"]} if kind == "parameters" else {}
        made.append(
            {
                "id": f"cell-{number}",
                "cell_type": "markdown" if kind == "markdown" else "code",
                "metadata": tags,
                "source": source,
                **code,
            }
        )
    kernel = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}
    content = {"cells": made, "metadata": {**kernel, **metadata}, "nbformat": 4, "nbformat_minor": 5}
    path.write_text(json.dumps(content), encoding="utf-8")


def small_run(folder: Path) -> Run:
    study = SimpleNamespace(
        title=HOSTILE,
        area="Example LMC",
        year=2019,
        synthetic=True,
        random_state=1,
        policy={},
        census_date=dt.date(2019, 11, 30),
        path=Path(__file__),
        files={},
        instruments={},
        question_maps={},
        previous_results=None,
    )
    instrument = SimpleNamespace(illustrative=True, title="PHQ", notice="Not the committee's own items.")
    cohort = SimpleNamespace(instruments={"phq": instrument}, wave=2019)
    run = Run(
        directory=folder,
        study=study,
        cohort=cohort,
        features=None,
        policy=Policy.preset("board"),
        parameters=ChapterParameters(n_boot=20),
    )
    write_run(run)
    return read_run(folder)


ROWS = """
from resilience_stats.report import open_chapter
from resilience_stats.results.rows import make_rows
chapter = open_chapter("{name}", run)
released = chapter.disclose(make_rows("", "by_place", group=["North", "All"], term="Practices", value=[{value}] * 2))
chapter.add("{name} says {value}.")
"""
READER = "from resilience_stats.report import open_chapter\nchapter = open_chapter('summary', run)"


def write_chapter(folder: Path, number: int, name: str, value: int, *, last: str = "chapter.close()") -> None:
    cells = [("markdown", f"# {name}"), ("parameters", PARAMETERS), ("code", ROWS.format(name=name, value=value))]
    write_notebook(folder / f"0{number}_{name}.ipynb", [*cells, ("code", last)])


def write_three_chapters(folder: Path) -> Path:
    """Write a summary that reads the others, and two chapters, into a new folder; return it."""
    folder.mkdir()
    told = "chapter.add(f'{len(chapter.results().rows)} rows were released.')\nchapter.close()"
    write_notebook(
        folder / "01_summary.ipynb",
        [("markdown", "# Summary"), ("parameters", PARAMETERS), ("code", READER), ("code", told)],
        resilience_stats={"reads_results": True},
    )
    write_chapter(folder, 2, "places", 20)
    write_chapter(folder, 3, "networks", 30)
    return folder
