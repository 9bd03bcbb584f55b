"""The last report written once more, for practice, while the chapters that have changed still run.

A change to one chapter leaves most of a report as it was. What loads libraries, sets pages and draws pictures is done
beside the chapter, and Typst and `to_png` remember it; when the chapter has ended, the rest is quickly written.
"""

from __future__ import annotations

import contextlib
import json
import os
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

from resilience_stats.report.book import write_book
from resilience_stats.report.cache import cache_folder, forget_oldest, write_whole
from resilience_stats.report.document import Model
from resilience_stats.report.html import render_html
from resilience_stats.report.manifest import policy_settings
from resilience_stats.report.pdf import render_pdf
from resilience_stats.report.pictures import to_png
from resilience_stats.report.run import Run
from resilience_stats.report.sources import digest
from resilience_stats.report.word import render_word

#: Reports whose last document is kept; those used longest ago are deleted.
MOST = 12
#: Seconds after which a rehearsal lets the threads that wait for the chapters' processes have their turn.
_SWITCH = 0.0005


@contextmanager
def rehearsed(document: Model | None, *, busy: int) -> Iterator[None]:
    """Write a document into nowhere while the body runs, as far as that goes; nothing hangs on how far.

    Parameters
    ----------
    document : dict or None
        What was last written, or nothing to practise with.
    busy : int
        Processors that the body needs; with none to spare it is left alone.
    """
    if document is None or busy >= (os.cpu_count() or 1):
        yield
        return
    stop, usual = threading.Event(), sys.getswitchinterval()
    sys.setswitchinterval(_SWITCH)
    with ThreadPoolExecutor(max_workers=1) as beside:
        beside.submit(_rehearse, document, stop)
        try:
            yield
        finally:
            stop.set()
            sys.setswitchinterval(usual)


def last_document(run: Run, chapters: Sequence[str]) -> Model | None:
    """Return the document that the last report of these chapters was written from, if it is kept."""
    with contextlib.suppress(OSError, ValueError):
        held: Model = json.loads(_place(run, chapters).read_text(encoding="utf-8"))
        return held
    return None


def keep_document(run: Run, chapters: Sequence[str], document: Model) -> None:
    """Keep the document of a report for the next rehearsal; where there is no room, there is none."""
    place = _place(run, chapters)
    with contextlib.suppress(OSError):
        place.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        write_whole(place, json.dumps(document).encode("utf-8"))
        forget_oldest(place.parent, MOST)


def _place(run: Run, chapters: Sequence[str]) -> Path:
    settings = json.dumps(policy_settings(run), default=str)
    name = digest([str(run.study.path.resolve()), settings, *chapters])
    return cache_folder("kept") / "documents" / f"{name[:32]}.json"


def _rehearse(document: Model, stop: threading.Event) -> None:
    with tempfile.TemporaryDirectory() as folder:
        blank = {**document, "chapters": []}
        steps: Sequence[Callable[[], object]] = (
            lambda: render_word(blank),
            lambda: write_book(blank, Path(folder) / "tables.xlsx"),
            lambda: render_pdf(document),
            lambda: to_png(document),
            lambda: render_html(document),
        )
        for step in steps:
            if not stop.is_set():
                with contextlib.suppress(Exception):  # what fails here fails, and is told, when the report is written
                    step()
