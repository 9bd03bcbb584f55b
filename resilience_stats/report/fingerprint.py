"""One hash of what a function is given: frames, results and settings, by their content."""

from __future__ import annotations

import hashlib
import io
import pickle
from collections.abc import Callable, Mapping, Sequence, Set
from dataclasses import fields, is_dataclass
from typing import Any

import numpy as np
import pandas as pd

_PLAIN = frozenset((str, bytes, int, float, bool, complex, type(None)))


def fingerprint(*things: Any) -> str:
    """Return a hash that is the same for the same content, in this process and in another.

    Parameters
    ----------
    *things
        Frames, series, arrays, dataclasses, mappings, sequences and plain values, however deep.

    Examples
    --------
    >>> frame = pd.DataFrame({"score": [1.0, 2.0]})
    >>> fingerprint(frame, 0.95) == fingerprint(frame.copy(), 0.95)
    True
    >>> fingerprint(frame, 0.95) == fingerprint(frame, 0.9)
    False
    """
    made = hashlib.sha256()

    def take(part: bytes) -> None:
        """Hash a part after its length: two parts are never taken for another two."""
        made.update(len(part).to_bytes(8, "big") + part)

    for thing in things:
        _give(thing, take)
    return made.hexdigest()


def _give(thing: Any, take: Callable[[bytes], None]) -> None:
    """Give the parts of a thing, each with its kind before it, to be hashed in their order."""
    kind = type(thing)
    take(kind.__name__.encode())
    if kind in _PLAIN:  # most things are: not to be held against everything else first
        take(repr(thing).encode())
    elif isinstance(thing, (pd.DataFrame, pd.Series, pd.Index, np.ndarray, pd.api.extensions.ExtensionArray)):
        _give_data(thing, take)
    elif is_dataclass(thing):
        _give({f.name: getattr(thing, f.name) for f in fields(thing)}, take)
    elif isinstance(thing, Mapping):
        for key, value in thing.items():
            _give(key, take)
            _give(value, take)
    elif isinstance(thing, Set):
        for one in sorted(fingerprint(value).encode() for value in thing):
            take(one)
    elif isinstance(thing, Sequence) and not isinstance(thing, (str, bytes)):
        for value in thing:
            _give(value, take)
        take(b"end")
    else:
        take(_plain(thing))


def _give_data(thing: Any, take: Callable[[bytes], None]) -> None:
    if isinstance(thing, pd.DataFrame):
        _give([*thing.columns, thing.attrs, thing.index], take)
        for _, column in thing.items():
            _give(column.values, take)
    elif isinstance(thing, pd.Series):
        _give([thing.name, thing.attrs, thing.index, thing.values], take)
    elif isinstance(thing, pd.Index):
        _give([*thing.names, thing.values], take)
    elif isinstance(thing, np.ndarray):
        held = np.ascontiguousarray(thing)
        take(str((thing.dtype, thing.shape)).encode())
        take(_by_content(held.ravel().tolist()) if thing.dtype == object else held.tobytes())
    else:
        take(str(thing.dtype).encode())
        take(_values(thing))


def _values(array: Any) -> bytes:
    try:
        return np.asarray(pd.util.hash_array(array, categorize=True)).tobytes()
    except TypeError:  # cells of several kinds
        return _by_content(list(array))


def _plain(thing: Any) -> bytes:
    if callable(thing):
        return f"{getattr(thing, '__module__', '')}.{getattr(thing, '__qualname__', repr(thing))}".encode()
    if thing is None or isinstance(thing, (str, bytes, int, float, complex, np.generic)):
        return repr(thing).encode()
    return _by_content(thing)


def _by_content(thing: Any) -> bytes:
    """A pickle that writes a thing out each time it comes; the usual one tells one object from two that are equal."""
    held = io.BytesIO()
    pickler = pickle.Pickler(held, protocol=pickle.HIGHEST_PROTOCOL)
    pickler.fast = True
    pickler.dump(thing)
    return held.getvalue()
