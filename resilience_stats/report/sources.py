"""A hash of the package's own source and definitions: what was worked out by older ones is not used again."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from functools import cache
from pathlib import Path

from resilience_stats.resources import schema_directory

#: What a number or a sentence can hang on. The templates and styles of page and PDF are none of it.
SUFFIXES = (".py", ".toml", ".json", ".csv")


@cache
def source_hash() -> str:
    """Return a hash of the package's source and definitions as they were when this process first asked.

    Examples
    --------
    >>> len(source_hash())
    64
    """
    return digest(f"{path.name} {file_hash(path)}" for path in source_files())


def source_files() -> list[Path]:
    """Return the files of the package that a number or a sentence can hang on, in the order of their paths."""
    folders = (Path(__file__).resolve().parents[1], schema_directory())
    return sorted(p for folder in folders for p in folder.rglob("*") if p.suffix in SUFFIXES)


def file_hash(path: Path) -> str:
    """Return the SHA-256 of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def digest(parts: Iterable[str]) -> str:
    """Return one SHA-256 of several texts.

    Examples
    --------
    >>> digest(["a", "bc"]) == digest(["ab", "c"])
    False
    """
    return hashlib.sha256("\x1f".join(parts).encode("utf-8")).hexdigest()
