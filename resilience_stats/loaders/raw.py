"""A table as text, cell by cell, before anything is known of what it means."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import chain, islice
from pathlib import Path

from resilience_stats.loaders.findings import Finding

LOOK_AHEAD = 12


@dataclass(frozen=True, slots=True, kw_only=True)
class RawTable:
    """Cells as text.

    Attributes
    ----------
    path : pathlib.Path
    sheet : str or None
    rows : list of list of str
        Without blank rows; the header, where there is one, is among them.
    lines : list of int
        The line of each row as a person sees it, counted from 1.
    encoding : str
        ``utf-8``, ``utf-16``, ``cp1252`` or ``workbook``.
    sha256 : str
    findings : tuple of Finding
    width : int or None
        How many columns the file has, where only those that are read were kept.
    """

    path: Path
    sheet: str | None
    rows: list[list[str]]
    lines: list[int]
    encoding: str
    sha256: str
    findings: tuple[Finding, ...] = ()
    width: int | None = None


class Unreadable(Exception):
    """A file of which no table can be had; carries the findings that say why."""

    def __init__(self, *findings: Finding) -> None:
        self.findings = findings
        super().__init__("; ".join(f.rule for f in findings))


def fingerprint(path: Path) -> str:
    """Return the SHA-256 of a file, as the manifest prints it."""
    digest = hashlib.sha256()
    with path.open("rb") as stream:
        while block := stream.read(1 << 20):
            digest.update(block)
    return digest.hexdigest()


class RaggedRow(list[str]):
    """A row that does not fit its header, kept whole while its neighbours are cut to the columns that are read."""


@dataclass(slots=True)
class Gathered:
    """Rows without the blank ones, the lines they stand on, and how wide the header is where columns were left out."""

    rows: list[list[str]]
    lines: list[int]
    width: int | None = None


Wanted = Callable[[Sequence[Sequence[str]]], tuple[int, ...] | None]


def gather(numbered: Iterable[tuple[int, list[str]]], wanted: Wanted | None = None) -> Gathered:
    """Return the rows that are not blank; of a wide table only the columns that are read.

    Parameters
    ----------
    numbered : iterable of (int, list of str)
        Line and row.
    wanted : callable, optional
        Told the first twelve rows, answers with the positions to keep, or None for all. Equal texts are then held once,
        so that a table of a thousand columns, or of 320,000 rows, fits in memory.
    """
    stream = ((line, row) for line, row in numbered if (row and row[0].strip()) or "".join(row).strip())
    top = list(islice(stream, LOOK_AHEAD))
    positions = wanted([row for _, row in top]) if wanted is not None else None
    if positions is None:
        pairs = [*top, *stream]
        return Gathered([row for _, row in pairs], [line for line, _ in pairs])
    width = max(len(row) for _, row in top)
    held: dict[str, str] = {}
    rows, lines = [], []
    for line, row in chain(top, stream):
        lines.append(line)
        if len(row) == width or (len(row) > width and not any(row[width:])):
            rows.append([held.setdefault(row[k], row[k]) for k in positions])
        else:
            rows.append(RaggedRow(row))
    return Gathered(rows, lines, width)
