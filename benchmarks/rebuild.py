"""Seconds to build the report again after a change to one chapter, beside the whole report, for each chapter in turn.

Run: python benchmarks/rebuild.py [chapter ...]. Prints for each chapter the seconds and their ratio to the whole, once
as the command is started anew, and once as ``--watch`` builds it, whose processes are warm.
"""

from __future__ import annotations

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

import resilience_stats as rs
from resilience_stats.report.build import Order, start_kernels
from resilience_stats.report.chapters import ChapterSource, find_chapters
from resilience_stats.report.commands import ONE_THREAD
from resilience_stats.report.making import make_report
from resilience_stats.report.progress import Progress
from resilience_stats.resources import notebook_directory

_BUILD = """
import sys
from resilience_stats.report.build import build_report
build_report(sys.argv[1], notebooks=sys.argv[2], out=sys.argv[3], resume=sys.argv[4] == "resume")
"""


def main() -> None:
    """Print one line for each chapter."""
    for name in ONE_THREAD:
        os.environ.setdefault(name, "1")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        os.environ["XDG_CACHE_HOME"] = str(folder / "cache")
        rs.write_example(folder / "study")
        notebooks = folder / "notebooks"
        shutil.copytree(notebook_directory(), notebooks)
        chapters = [c for c in find_chapters(notebooks) if not c.editions]
        wanted = [c for c in chapters if c.name in sys.argv[1:] or not sys.argv[1:]]
        whole = _seconds(folder, "fresh")
        _seconds(folder, "resume")
        _say(f"whole report: {whole:.1f} s; nothing changed: {_seconds(folder, 'resume'):.1f} s")
        anew = {}
        for chapter in wanted:
            _change(chapter)
            anew[chapter.name] = _seconds(folder, "resume")
        with _watching(folder) as build:
            build()
            for chapter in wanted:
                _change(chapter)
                warm = build()
                cold = anew[chapter.name]
                _say(
                    f"{chapter.name:<18} anew {cold:5.1f} s, ratio {cold / whole:.2f};"
                    f"  watched {warm:5.1f} s, ratio {warm / whole:.2f}"
                )


def _change(chapter: ChapterSource) -> None:
    """Change what a chapter says; the number makes each change another."""
    content = json.loads(chapter.notebook.read_text(encoding="utf-8"))
    said = {"cell_type": "markdown", "id": "said", "metadata": {}, "source": f"Said at {time.time_ns()}."}
    content["cells"] = [c for c in content["cells"] if c.get("id") != "said"] + [said]
    chapter.notebook.write_text(json.dumps(content), encoding="utf-8")


def _seconds(folder: Path, how: str) -> float:
    told = [str(folder / "study"), str(folder / "notebooks"), str(folder / "out"), how]
    begun = time.perf_counter()
    subprocess.run([sys.executable, "-c", _BUILD, *told], check=True)
    return time.perf_counter() - begun


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
