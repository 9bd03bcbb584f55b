"""Seconds to build the report again after a change to one chapter, beside the whole report, for each chapter in turn.

Run: python benchmarks/rebuild.py [--rounds 3] [chapter ...]. Each round builds the whole report with ``--fresh``, then
changes one chapter after the other and builds again, each time as a person starts the command anew; at the end once
more as ``--watch`` builds it, whose processes are warm. Prints the median of the rounds in seconds, wall and processor,
each with its ratio to the whole of the same round, and the machine's load: on a busy machine both mislead, as what is
done side by side while a chapter runs finds no processor that is idle.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median

import resilience_stats as rs
from resilience_stats.report.build import Order, start_kernels
from resilience_stats.report.chapters import ChapterSource, find_chapters
from resilience_stats.report.commands import ONE_THREAD
from resilience_stats.report.making import make_report
from resilience_stats.report.progress import Progress
from resilience_stats.resources import notebook_directory

#: The command itself, but for the notebooks, which are a copy that may be changed.
_COMMAND = """
import sys
from pathlib import Path
from resilience_stats import resources
notebooks = Path(sys.argv.pop())
resources.notebook_directory = lambda: notebooks
from resilience_stats.__main__ import main
main()
"""
#: Seconds on the clock and of all processors.
Spent = tuple[float, float]


def main() -> None:
    """Print one line for each chapter."""
    asked = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    asked.add_argument("chapters", nargs="*")
    asked.add_argument("--rounds", type=int, default=3)
    told = asked.parse_args()
    for name in ONE_THREAD:
        os.environ.setdefault(name, "1")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        os.environ["XDG_CACHE_HOME"] = str(folder / "cache")
        rs.write_example(folder / "study")
        notebooks = folder / "notebooks"
        shutil.copytree(notebook_directory(), notebooks)
        chapters = [c for c in find_chapters(notebooks) if not c.editions]
        wanted = [c for c in chapters if c.name in told.chapters or not told.chapters]
        _spent(folder)
        rounds = [_round(folder, wanted) for _ in range(told.rounds)]
        _tell_rounds(rounds)
        whole = median(r["whole report"][0] for r in rounds)
        with _watching(folder) as build:
            build()
            for chapter in wanted:
                _change(chapter)
                seconds = build()
                _say(f"{chapter.name:<18} watched {seconds:5.1f} s, ratio {seconds / whole:.2f}")


def _round(folder: Path, chapters: list[ChapterSource]) -> dict[str, Spent]:
    """Spend the time for the whole, for nothing changed, and for each chapter changed."""
    spent = {"whole report": _spent(folder, "--fresh"), "nothing changed": _spent(folder)}
    for chapter in chapters:
        _change(chapter)
        spent[chapter.name] = _spent(folder)
    return spent


def _tell_rounds(rounds: list[dict[str, Spent]]) -> None:
    _say(f"median of {len(rounds)} rounds; load of the last minutes {', '.join(f'{x:.1f}' for x in os.getloadavg())}")
    for name in rounds[0]:
        parts = []
        for position, kind in enumerate(("wall", "processor")):
            seconds = median(r[name][position] for r in rounds)
            ratio = median(r[name][position] / r["whole report"][position] for r in rounds)
            parts.append(f"{kind} {seconds:5.1f} s, ratio {ratio:.2f}")
        _say(f"{name:<18} {'; '.join(parts)}")


def _change(chapter: ChapterSource) -> None:
    """Change what a chapter says; the number makes each change another."""
    content = json.loads(chapter.notebook.read_text(encoding="utf-8"))
    said = {"cell_type": "markdown", "id": "said", "metadata": {}, "source": f"Said at {time.time_ns()}."}
    content["cells"] = [c for c in content["cells"] if c.get("id") != "said"] + [said]
    chapter.notebook.write_text(json.dumps(content), encoding="utf-8")


def _spent(folder: Path, *options: str) -> Spent:
    told = ["report", str(folder / "study"), "--out", str(folder / "out"), *options, str(folder / "notebooks")]
    begun, before = time.perf_counter(), os.times()
    subprocess.run([sys.executable, "-c", _COMMAND, *told], check=True, capture_output=True)
    after = os.times()
    used = after.children_user + after.children_system - before.children_user - before.children_system
    return time.perf_counter() - begun, used


@contextmanager
def _watching(folder: Path) -> Iterator[Callable[[], float]]:
    order = Order(study=folder / "study", out=folder / "out", notebooks=folder / "notebooks", resume=True)

    def build() -> float:
        begun = time.perf_counter()
        with tempfile.TemporaryDirectory() as work:
            make_report(order, kernels, Progress(None), Path(work))
        return time.perf_counter() - begun

    with tempfile.TemporaryDirectory() as work, start_kernels(order, 2, Path(work)) as kernels:
        yield build


def _say(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
