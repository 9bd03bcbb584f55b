"""One hash of what a function is given: frames, results and settings, by their content."""

from __future__ import annotations

import hashlib
import io
import pickle
from collections.abc import Iterator, Mapping, Sequence, Set
from dataclasses import fields, is_dataclass
from typing import Any

import numpy as np
import pandas as pd


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
    for thing in things:
        for part in _parts(thing):
            made.update(len(part).to_bytes(8, "big") + part)
    return made.hexdigest()


def _parts(thing: Any) -> Iterator[bytes]:
    yield type(thing).__name__.encode()
    if isinstance(thing, pd.DataFrame):
        yield from _parts([*thing.columns, thing.attrs, thing.index])
        for position in range(thing.shape[1]):
            yield from _parts(thing.iloc[:, position].values)
    elif isinstance(thing, pd.Series):
        yield from _parts([thing.name, thing.attrs, thing.index, thing.values])
    elif isinstance(thing, pd.Index):
        yield from _parts([*thing.names, thing.values])
    elif isinstance(thing, pd.api.extensions.ExtensionArray):
        yield from (str(thing.dtype).encode(), _values(thing))
    elif isinstance(thing, np.ndarray):
        held = np.ascontiguousarray(thing)
        yield from (
            str((thing.dtype, thing.shape)).encode(),
            _by_content(list(held.flat)) if thing.dtype == object else held.tobytes(),
        )
    elif is_dataclass(thing):
        yield from _parts({f.name: getattr(thing, f.name) for f in fields(thing)})
    elif isinstance(thing, Mapping):
        for key, value in thing.items():
            yield from (*_parts(key), *_parts(value))
    elif isinstance(thing, Set):
        yield from sorted(fingerprint(value).encode() for value in thing)
    elif isinstance(thing, Sequence) and not isinstance(thing, (str, bytes)):
        for value in thing:
            yield from _parts(value)
        yield b"end"
    else:
        yield _plain(thing)


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
