"""Pickles of results and settings, whose read-only mappings have no pickled form of their own."""

from __future__ import annotations

import io
import os
import pickle
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final

#: What `read_pickled` gives where there is nothing; None may have been kept.
NOTHING: Final = object()


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


def read_pickled(path: Path) -> Any:
    """Return what lies pickled in a file that `os.utime` then marks as used, or `NOTHING`.

    A file that is not there, damaged, or of a class that is no more holds nothing: what is kept can be made again.
    """
    try:
        found = pickle.loads(path.read_bytes())
        os.utime(path)
    except (OSError, pickle.UnpicklingError, EOFError, AttributeError, ImportError, IndexError, ValueError):
        return NOTHING
    return found


class _Pickler(pickle.Pickler):
    def reducer_override(self, thing: Any) -> Any:
        return (_read_only, (dict(thing),)) if isinstance(thing, MappingProxyType) else NotImplemented


def _read_only(content: dict[Any, Any]) -> MappingProxyType[Any, Any]:
    return MappingProxyType(content)
