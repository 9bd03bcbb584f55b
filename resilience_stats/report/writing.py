"""Folders that files are written into: looked at before the work, used by one run at a time, filled all at once."""

from __future__ import annotations

import contextlib
import errno
import os
import shutil
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from resilience_stats.errors import FileAccessError, access_error

_FULL = (errno.ENOSPC, errno.EDQUOT)
#: A disk with fewer bytes left is full.
_LITTLE = 2**20


def require_writable(folder: Path, names: Iterable[str] = ()) -> Path:
    """Make a folder, if it is not there, and find out whether files can be written into it; return it.

    Parameters
    ----------
    folder : pathlib.Path
    names : iterable of str
        Files that will be written: one that lies there already must not be locked or a folder.

    Raises
    ------
    FileAccessError
        Before minutes of work, rather than after them.

    Examples
    --------
    >>> with tempfile.TemporaryDirectory() as name:
    ...     require_writable(Path(name) / "reports" / "2019", ["tables.xlsx"]).name
    '2019'
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder) as probe:
            probe.write(b"x")
    except OSError as fault:
        raise access_error(fault, where=folder) from None
    for name in names:
        _require_free(folder / name)
    return folder


def require_writable_file(file: Path) -> Path:
    """Find out whether a file can be written, its folder being made if need be; return the file.

    Raises
    ------
    FileAccessError
    """
    return require_writable(file.parent, [file.name]) / file.name


def _require_free(file: Path) -> None:
    try:
        with file.open("r+b"):
            pass
    except FileNotFoundError:
        pass
    except OSError as fault:
        raise access_error(fault, where=file) from None


@contextmanager
def sole_use(folder: Path) -> Iterator[None]:
    """Keep a second run out of a folder while one writes into it: the files of the two would lie there mixed.

    Raises
    ------
    FileAccessError
        If another run is at it.

    Notes
    -----
    The system frees the folder when the run ends, however it ends. Where it has no such locks (Windows, some network
    disks), nothing is kept out.
    """
    with contextlib.ExitStack() as held:
        with contextlib.suppress(ImportError, PermissionError, NotImplementedError):
            import fcntl

            place = os.open(folder, os.O_RDONLY)
            held.callback(os.close, place)
            try:
                fcntl.flock(place, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                action = "Wait for it, or name another folder with --out."
                raise FileAccessError(
                    "another run is writing into this folder", where=str(folder), action=action
                ) from None
            except OSError:  # a disk without locks
                pass
        yield


@contextmanager
def written_together(folder: Path) -> Iterator[Path]:
    """Give an empty folder to write into; its files then stand in `folder`, all of them, or none where that fails.

    Raises
    ------
    FileAccessError
        If a file of the same name is locked or a folder; nothing has been replaced then.

    Examples
    --------
    >>> with tempfile.TemporaryDirectory() as name:
    ...     with written_together(Path(name)) as draft:
    ...         _ = (draft / "a.txt").write_text("whole")
    ...     sorted(p.name for p in Path(name).iterdir())
    ['a.txt']
    """
    with tempfile.TemporaryDirectory(dir=folder, prefix=".unfinished-") as name:
        draft = Path(name)
        try:
            yield draft
        except OSError as fault:
            if fault.errno in _FULL and shutil.disk_usage(folder).free < _LITTLE:
                raise access_error(fault, where=folder) from None  # the system does not say which disk is full
            raise
        made = sorted(draft.iterdir())
        for file in made:
            _require_free(folder / file.name)
        for file in made:
            file.replace(folder / file.name)


def write_file(file: Path, content: bytes) -> None:
    """Write one file so that it is whole or not there."""
    with written_together(file.parent) as draft:
        (draft / file.name).write_bytes(content)
