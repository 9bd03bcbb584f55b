"""The user's own cache: what need not be worked out twice. Nobody else may read it; it holds what is not disclosed."""

from __future__ import annotations

import contextlib
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


def cache_folder(*parts: str) -> Path:
    """Return a folder in the user's cache, made if it is not there, readable by its owner alone.

    Parameters
    ----------
    *parts : str
        Names of folders, from the outermost.
    """
    cache = os.environ.get("XDG_CACHE_HOME")
    folder = (Path(cache) if cache else Path.home() / ".cache") / "resilience_stats"
    for name in ("", *parts):
        folder = folder / name
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    return folder


@contextmanager
def new_folder(place: Path) -> Iterator[Path]:
    """Give an empty folder to fill; it stands at `place` when it is complete, and not at all if that fails."""
    with tempfile.TemporaryDirectory(dir=place.parent, prefix=".") as name:
        filling = Path(name) / "filling"
        filling.mkdir(mode=0o700)
        yield filling
        with contextlib.suppress(OSError):  # another process may have put the same there
            filling.rename(place)


def write_whole(place: Path, content: bytes) -> None:
    """Write a file so that nobody ever reads half of it."""
    handle, name = tempfile.mkstemp(dir=place.parent, prefix=".")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
        Path(name).replace(place)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def forget_oldest(folder: Path, most: int) -> None:
    """Delete what was used longest ago, where a folder holds more than `most` things."""
    held = [p for p in folder.iterdir() if not p.name.startswith(".")]
    held.sort(key=_last_used)
    for old in held[: max(len(held) - most, 0)]:
        if old.is_dir():
            shutil.rmtree(old, ignore_errors=True)
        else:
            old.unlink(missing_ok=True)


def _last_used(path: Path) -> float:
    try:
        return path.stat().st_mtime
    except FileNotFoundError:  # another process has just deleted it
        return 0.0
