"""What a long command tells on standard error while it works, and the wall time of each of its parts."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO


class Progress:
    """Stages told as lines; the seconds of each are kept for the manifest.

    Parameters
    ----------
    stream : text stream or None
        Where the lines go; None for silence. Standard error by default.
    """

    def __init__(self, stream: IO[str] | None = sys.stderr) -> None:
        self.seconds: dict[str, float] = {}
        self._stream = stream
        self._start = time.perf_counter()

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        """Tell that a part begins, and note how long it took."""
        self.tell(name)
        begun = time.perf_counter()
        try:
            yield
        finally:
            self.seconds[name] = time.perf_counter() - begun

    def tell(self, text: str) -> None:
        """Write one line with the time since the start."""
        if self._stream is not None:
            self._stream.write(f"[{time.perf_counter() - self._start:6.1f} s] {text}\n")
            self._stream.flush()
