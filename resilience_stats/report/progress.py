"""What a long command tells on standard error while it works, how long it will still take, and its log."""

from __future__ import annotations

import contextlib
import sys
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import IO

#: A rest shorter than this, in seconds, is not worth telling.
_SHORTEST = 1.0


class Progress:
    """Stages and tasks told as lines; the seconds of each are kept for the manifest.

    Parameters
    ----------
    stream : text stream or None
        Where the lines go; None for silence. Standard error by default.
    """

    def __init__(self, stream: IO[str] | None = sys.stderr) -> None:
        self.seconds: dict[str, float] = {}
        self._stream = stream
        self._log: Path | None = None
        self._lines: list[str] = []
        self._start = time.perf_counter()
        self._expected: dict[str, float] = {}
        self._tasks: list[str] = []
        self._done: list[float] = []
        self._begun: dict[str, float] = {}
        self._jobs = 1
        self._lock = threading.RLock()

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        """Tell that a part begins, and note how long it took."""
        with self._lock:
            self._begun[name] = time.perf_counter()
            self.tell(name, left=True)
        try:
            yield
        finally:
            self.finish(name)

    def expect(self, seconds: Mapping[str, float]) -> None:
        """Say how long stages and tasks took the last time; what is left is worked out from it."""
        with self._lock:
            self._expected |= {name: value for name, value in seconds.items() if name not in self.seconds}

    def plan(self, tasks: list[str], jobs: int) -> None:
        """Say which tasks of a stage are to come, and how many are done at a time."""
        with self._lock:
            self._tasks, self._jobs = list(tasks), max(jobs, 1)

    def skip(self, name: str) -> None:
        """Say that a stage or task need not be done."""
        with self._lock:
            self._expected.pop(name, None)

    def begin(self, name: str) -> None:
        """Note that a task begins."""
        with self._lock:
            self._begun[name] = time.perf_counter()

    def finish(self, name: str) -> None:
        """Note how long a stage or task took."""
        with self._lock:
            passed = time.perf_counter() - self._begun.pop(name)
            self.seconds[name] = self.seconds.get(name, 0.0) + passed
            self._expected.pop(name, None)
            if name in self._tasks:
                self._tasks.remove(name)
                self._done.append(passed)

    def left(self) -> float | None:
        """Return the seconds that are likely left, or None where neither an earlier run nor this one can tell.

        Notes
        -----
        What each stage and task took the last time, less what has passed of those that run. A task that is new takes as
        long as those of this run have taken on average. Tasks that are done several at a time share their sum, but
        none ends before the longest of them.
        """
        with self._lock:
            usual = sum(self._done) / len(self._done) if self._done else None
            tasks = [self._rest(t, usual) for t in self._tasks]
            known = [t for t in tasks if t is not None]
            if len(known) < len(tasks) or not (known or self._expected):
                return None
            stages = sum(self._rest(s, None) or 0.0 for s in self._expected if s not in self._tasks)
            return stages + max([sum(known) / self._jobs, *known])

    def _rest(self, name: str, usual: float | None) -> float | None:
        whole = self._expected.get(name, usual)
        passed = time.perf_counter() - self._begun[name] if name in self._begun else 0.0
        return None if whole is None else max(whole - passed, 0.0)

    def tell(self, text: str, *, left: bool = False) -> None:
        """Write one line with the time since the start, and with the time left if that is asked for and known."""
        with self._lock:
            rest = self.left() if left else None
            told = f"; about {_in_words(rest)} left" if rest is not None and rest >= _SHORTEST else ""
            self.note(f"{text}{told}", shown=True)

    def note(self, text: str, *, shown: bool = False) -> None:
        """Write one line into the log, and to the stream if it is to be shown."""
        line = f"[{time.perf_counter() - self._start:6.1f} s] {text}\n"
        with self._lock:
            self._lines.append(line)
            if shown and self._stream is not None:
                self._stream.write(line)
                self._stream.flush()
            if self._log is not None:
                # A line that finds no room must not hide why the run ends.
                with contextlib.suppress(OSError), self._log.open("a", encoding="utf-8") as file:
                    file.write(line)

    def log_to(self, path: Path, heading: str) -> None:
        """Write everything told, what was told before included, into a file under a heading."""
        with self._lock:
            path.write_text(f"{heading}\n\n{''.join(self._lines)}", encoding="utf-8")
            self._log = path


def _in_words(seconds: float) -> str:
    """Return a time as a person says it.

    Examples
    --------
    >>> _in_words(12.4), _in_words(200)
    ('12 s', '3 min')
    """
    return f"{seconds:.0f} s" if seconds < 100 else f"{seconds / 60:.0f} min"
