"""Pickles of results and settings, whose read-only mappings have no pickled form of their own."""

from __future__ import annotations

import contextlib
import hashlib
import io
import os
import pickle
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final

from resilience_stats.report.cache import write_whole

#: What `read_pickled` gives where there is nothing; None may have been kept.
NOTHING: Final = object()
_HASH = hashlib.sha256().digest_size


def pickled(thing: Any) -> bytes:
    """Return `thing` as bytes that `pickle.loads` reads.

    Examples
    --------
    >>> pickle.loads(pickled(MappingProxyType({"n": 138})))
    mappingproxy({'n': 138})
    """
    held = io.BytesIO()
    _Pickler(held, protocol=pickle.HIGHEST_PROTOCOL).dump(thing)
    return held.getvalue()


def keep_pickled(path: Path, thing: Any) -> None:
    """Keep a thing for `read_pickled`, behind the hash of its bytes; where there is no room, nothing is kept."""
    content = pickled(thing)
    with contextlib.suppress(OSError):
        write_whole(path, hashlib.sha256(content).digest() + content)


def read_pickled(path: Path) -> Any:
    """Return what `keep_pickled` has kept in a file that `os.utime` then marks as used, or `NOTHING`.

    A file that is not there, damaged, or of a class that is no more holds nothing: what is kept can be made again.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as name:
    ...     keep_pickled(Path(name, "kept"), {"n": 138})
    ...     kept = read_pickled(Path(name, "kept"))
    ...     _ = Path(name, "kept").write_bytes(Path(name, "kept").read_bytes()[:-1])
    ...     kept, read_pickled(Path(name, "kept")) is NOTHING
    ({'n': 138}, True)
    """
    try:
        held = path.read_bytes()
        if hashlib.sha256(held[_HASH:]).digest() != held[:_HASH]:
            return NOTHING
        found = pickle.loads(held[_HASH:])
        os.utime(path)
    except Exception:  # what an earlier version has pickled can fail in any way
        return NOTHING
    return found


class _Pickler(pickle.Pickler):
    def reducer_override(self, thing: Any) -> Any:
        """Write a read-only mapping as a dict, which pickle can."""
        return (_read_only, (dict(thing),)) if isinstance(thing, MappingProxyType) else NotImplemented


def _read_only(content: dict[Any, Any]) -> MappingProxyType[Any, Any]:
    return MappingProxyType(content)
