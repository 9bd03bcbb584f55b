"""Seconds per practice report: Typst in one process, beside the same pages printed by a headless browser.

Run: python benchmarks/feedback.py [browser]. One run prints both and their ratio, in wall time and in processor time
(of all processes of the browser), because a browser that is started for each page spreads over all cores.
"""

from __future__ import annotations

import resource
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import resilience_stats as rs
from resilience_stats.report import feedback
from resilience_stats.report.feedback_support import feedback_page
from resilience_stats.report.prepare import prepare_run

BROWSER_PAGES = 6


def main() -> None:
    """Print one line for each part."""
    browser = sys.argv[1] if len(sys.argv) > 1 else shutil.which("chromium") or shutil.which("google-chrome")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        rs.write_example(folder / "study")
        start = time.perf_counter()
        made = rs.build_feedback(folder / "study", out=folder / "out")
        whole = time.perf_counter() - start
        _say(f"build_feedback, {len(made.files)} practices, pdf and html, files read and all: {whole:.1f} s")
        subjects = feedback._subjects(prepare_run(folder / "study", folder), None, 15, None)
        start = time.perf_counter()
        pages = [feedback_page(s) for s in subjects]
        _say(f"words and drawings: {(time.perf_counter() - start) / len(pages):.4f} s a report")
        ours = _typst(pages)
        _say(f"typst, tagged and checked against UA-1: {ours[0]:.3f} s wall, {ours[1]:.3f} s processor a report")
        if browser is None:
            _say("no browser found: name one")
            return
        theirs = _printed(browser, pages[:BROWSER_PAGES], folder)
        _say(f"same pages by headless browser: {theirs[0]:.3f} s wall, {theirs[1]:.3f} s processor a report")
        _say(f"ratio: {theirs[0] / ours[0]:.1f} in wall time, {theirs[1] / ours[1]:.1f} in processor time")


def _typst(pages: list[dict]) -> tuple[float, float]:
    wall, processor = time.perf_counter(), time.process_time()
    for page in pages:
        feedback.render_feedback_pdf(page)
    return (time.perf_counter() - wall) / len(pages), (time.process_time() - processor) / len(pages)


def _printed(browser: str, pages: list[dict], folder: Path) -> tuple[float, float]:
    wall, before = time.perf_counter(), resource.getrusage(resource.RUSAGE_CHILDREN)
    for i, page in enumerate(pages):
        file = folder / f"{i}.html"
        file.write_text(feedback.render_feedback_html(page), encoding="utf-8")
        command = [browser, "--headless", "--no-sandbox", "--disable-gpu", "--no-pdf-header-footer"]
        subprocess.run(
            [*command, f"--print-to-pdf={folder / f'{i}.pdf'}", file.as_uri()], capture_output=True, check=True
        )
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    spent = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return (time.perf_counter() - wall) / len(pages), spent / len(pages)


def _say(text: str) -> None:
    sys.stdout.write(text + "\n")


if __name__ == "__main__":
    main()
