"""Chapters that a person opens by hand: those that read the others' results find them made, of the same example."""

from __future__ import annotations

import sys
from dataclasses import replace

from resilience_stats.report.chapters import belonging, find_chapters
from resilience_stats.report.kept import Kept
from resilience_stats.report.kernels import Kernels
from resilience_stats.report.progress import Progress
from resilience_stats.report.run import Run, write_run
from resilience_stats.report.runner import run_chapters
from resilience_stats.resources import notebook_directory


def with_others(run: Run) -> Run:
    """Return a run over the same study in which every chapter that reads no results has been run.

    Parameters
    ----------
    run : Run
        Of a notebook that was opened by hand.

    Notes
    -----
    They are run in a folder of their own, so that a chapter that a person is changing is never given the rows of an
    earlier state of itself. What has not changed since the last time is taken from there; what is run says so.
    """
    held = replace(run, directory=run.directory / "others")
    chapters = [c for c in belonging(find_chapters(notebook_directory()), run.policy.name) if not c.reads_results]
    write_run(held)
    with Kernels(2) as kernels:
        run_chapters(chapters, held, kernels=kernels, progress=Progress(sys.stderr), kept=Kept(held))
    return held
