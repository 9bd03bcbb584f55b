"""A table as text, cell by cell, before anything is known of what it means."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

from resilience_stats.loaders.findings import Finding


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
    blank_rows : int
    sha256 : str
    findings : tuple of Finding
    """

    path: Path
    sheet: str | None
    rows: list[list[str]]
    lines: list[int]
    encoding: str
    blank_rows: int
    sha256: str
    findings: tuple[Finding, ...] = ()


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


def drop_blank(rows: list[list[str]], lines: list[int]) -> tuple[list[list[str]], list[int], int]:
    """Return rows without those of which every cell is blank, their lines, and how many were blank."""
    blank = {k for k, r in enumerate(rows) if not (r and r[0].strip()) and not "".join(r).strip()}
    if not blank:
        return rows, lines, 0
    keep = [k for k in range(len(rows)) if k not in blank]
    return [rows[k] for k in keep], [lines[k] for k in keep], len(blank)
