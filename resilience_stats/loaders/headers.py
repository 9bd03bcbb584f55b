"""Find which column of a file is which column of the definition, whatever the publisher called it that year."""

from __future__ import annotations

import difflib
import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from resilience_stats.loaders.findings import Finding, shorten
from resilience_stats.loaders.raw import LOOK_AHEAD, Wanted
from resilience_stats.schema import ColumnSpec, TableSpec

_NEAR = 0.8


@dataclass(frozen=True, slots=True, kw_only=True)
class HeaderMatch:
    """Where each column stands: name -> position, the header as written, and what was found on the way."""

    positions: Mapping[str, int]
    written: Mapping[str, str]
    findings: tuple[Finding, ...]


def plain(header: str) -> str:
    """Return a header as it is compared: letters and digits only, without case.

    Examples
    --------
    >>> plain("Partner\\nOrganisation\\u00a0Code ")
    'partnerorganisationcode'
    """
    return re.sub(r"[\W_]+", "", unicodedata.normalize("NFKC", header).casefold())


def find_header_row(rows: Sequence[Sequence[str]], spec: TableSpec) -> int:
    """Return the position of the row that names the most columns of the definition, among the first twelve.

    Examples
    --------
    >>> from resilience_stats.schema import load_table_spec
    >>> find_header_row([["A title"], ["old_code", "new_code"]], load_table_spec("lineage"))
    1
    """
    known = {plain(h) for c in spec.columns for h in _spellings(c)}
    best, most = 0, 0
    for position, row in enumerate(rows[:LOOK_AHEAD]):
        named = len({plain(c) for c in row} & known)
        if named > most:
            best, most = position, named
    return best


def columns_wanted(spec: TableSpec) -> Wanted | None:
    """Return what tells, from the first rows of a wide file, which of its columns are read; None for a narrow table.

    Where the header is not whole, or the layout has none, all columns are kept, so that a message can name them.
    """
    if spec.extras.get("unknownHeaders", "near") != "ignore":
        return None

    def wanted(rows: Sequence[Sequence[str]]) -> tuple[int, ...] | None:
        """The places of the columns that are read, or None where all have to be kept."""
        if not rows:
            return None
        header = rows[find_header_row(rows, spec)]
        match = match_headers(header, 1, spec, "")
        if match.findings or len(header) != max(map(len, rows)):
            return None
        return tuple(sorted({*match.positions.values()}))

    return wanted


def match_headers(header: Sequence[str], line: int, spec: TableSpec, file: str) -> HeaderMatch:
    """Match the headers of a file to the columns of a definition.

    A header matches by its letters and digits, in any case, against the column's name and its declared variants in
    order; a variant with ``with`` counts only where those headers stand beside it. A column that is wanted and not
    there is an error; where an unread header is close to it, the error names that header.
    """
    at: dict[str, list[int]] = {}
    for position, text in enumerate(header):
        at.setdefault(plain(text), []).append(position)
    positions: dict[str, int] = {}
    findings: list[Finding] = []
    for column in spec.columns:
        spelling = _spelling_there(column, at)
        if spelling is None:
            continue
        positions[column.name] = at[spelling][0]
        if len(at[spelling]) > 1:
            findings.append(_twice(file, line, header, at[spelling], column))
    unread = [p for p in range(len(header)) if p not in positions.values() and plain(header[p])]
    findings += _missing_columns(header, line, spec, file, positions, unread)
    written = {name: header[p].strip() for name, p in positions.items()}
    return HeaderMatch(positions=positions, written=written, findings=tuple(findings))


def unknown_headers(header: Sequence[str], match: HeaderMatch, spec: TableSpec) -> list[str]:
    """Return the headers that are neither read nor declared as not read."""
    declared = {plain(h) for h in spec.extras.get("notRead", ())}
    used = set(match.positions.values())
    return [h for p, h in enumerate(header) if p not in used and plain(h) and plain(h) not in declared]


def _spellings(column: ColumnSpec) -> list[str]:
    return [column.name, *(h.header for h in column.headers)]


def _spelling_there(column: ColumnSpec, at: Mapping[str, list[int]]) -> str | None:
    if plain(column.name) in at:
        return plain(column.name)
    for variant in column.headers:
        if plain(variant.header) in at and all(plain(b) in at for b in variant.beside):
            return plain(variant.header)
    return None


def _twice(file: str, line: int, header: Sequence[str], places: list[int], column: ColumnSpec) -> Finding:
    found = f"'{shorten(header[places[0]])}' in columns {', '.join(str(p + 1) for p in places)}"
    action = "Delete or rename the column that is not meant."
    return Finding(
        file=file, rule="duplicated header", row=line, column=column.name, found=found, allowed="once", action=action
    )


def _missing_columns(
    header: Sequence[str], line: int, spec: TableSpec, file: str, positions: Mapping[str, int], unread: list[int]
) -> list[Finding]:
    near_only = spec.extras.get("unknownHeaders", "near") == "ignore"
    findings = []
    for column in spec.columns:
        if column.name in positions:
            continue
        texts = [header[p] for p in unread]
        if column.optional and near_only:
            texts = [t for t in texts if not (t.isascii() and t.isprintable())]
        near = _nearest(column, texts)
        if near is None and column.optional:
            continue
        allowed = " or ".join(dict.fromkeys(_spellings(column)))
        if near is None:
            others = ", ".join(f"'{shorten(header[p])}'" for p in unread[:5])
            action = _how_to_add(column, spec)
            action += f" Headers not read: {others}." if others else ""
            findings.append(
                Finding(file=file, rule="missing column", row=line, column=column.name, allowed=allowed, action=action)
            )
        else:
            action = f"Did you mean '{column.name}'? Rename the header."
            findings.append(
                Finding(
                    file=file,
                    rule="misspelt column",
                    row=line,
                    column=near.strip(),
                    found=shorten(near),
                    allowed=allowed,
                    action=action,
                )
            )
    return findings


def _how_to_add(column: ColumnSpec, spec: TableSpec) -> str:
    if column.semantic == "answer":
        instead = "name its question in a question map, or, where that wave was not asked it, write the years that were"
        return f"Add the column, {instead} under 'waves' in the instrument's file."
    return f"Add the column, or add its header to 'headers' in data/schema/{spec.name}.json."


def _nearest(column: ColumnSpec, unread: list[str]) -> str | None:
    best, score = None, _NEAR
    for text in unread:
        for spelling in _spellings(column):
            a, b = plain(text), plain(spelling)
            if re.sub(r"\D", "", a) != re.sub(r"\D", "", b) or min(len(a), len(b)) < 4:
                continue
            ratio = difflib.SequenceMatcher(None, a, b).ratio()
            if ratio >= score:
                best, score = text, ratio
    return best
