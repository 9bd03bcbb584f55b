"""Pickles of results and settings, whose read-only mappings have no pickled form of their own."""

from __future__ import annotations

import io
import pickle
from types import MappingProxyType
from typing import Any


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


class _Pickler(pickle.Pickler):
    def reducer_override(self, thing: Any) -> Any:
        return (_read_only, (dict(thing),)) if isinstance(thing, MappingProxyType) else NotImplemented


def _read_only(content: dict[Any, Any]) -> MappingProxyType[Any, Any]:
    return MappingProxyType(content)
