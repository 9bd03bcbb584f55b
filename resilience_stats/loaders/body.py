"""Where the header is, which rows belong under it, and which do not fit."""

from __future__ import annotations

from dataclasses import dataclass, replace

from resilience_stats.loaders.findings import Finding, shorten
from resilience_stats.loaders.headers import HeaderMatch, find_header_row, plain, unknown_headers
from resilience_stats.loaders.raw import RaggedRow, RawTable
from resilience_stats.schema import TableSpec


@dataclass(frozen=True, slots=True, kw_only=True)
class Body:
    """A header and the rows under it, each with its line in the file."""

    header: list[str]
    header_line: int
    rows: list[list[str]]
    lines: list[int]


def split_header(raw: RawTable, spec: TableSpec) -> tuple[Body, list[Finding]]:
    """Return header and rows; a headerless layout that the definition declares gets its names from there."""
    layout = spec.extras.get("headerless")
    if layout and len(raw.rows[0]) == len(layout) and find_header_row(raw.rows[:1], spec) == 0:
        named = {plain(c) for c in raw.rows[0]} & {plain(h) for h in layout if h}
        if not named:
            return Body(header=list(layout), header_line=0, rows=raw.rows, lines=raw.lines), []
    top = find_header_row(raw.rows, spec)
    body = Body(header=raw.rows[top], header_line=raw.lines[top], rows=raw.rows[top + 1 :], lines=raw.lines[top + 1 :])
    findings = [_above(raw)] if top else []
    if body.rows and _repeats_header(body, spec):
        findings.append(_second_header(raw, body))
        body = replace(body, rows=body.rows[1:], lines=body.lines[1:])
    if not body.rows:
        findings.append(_no_rows(raw, body))
    return body, findings


def take_out_ragged(body: Body, file: str, full_width: int | None = None) -> tuple[Body, list[Finding]]:
    """Return the rows that have as many cells as the header, and a finding for each that has not.

    A row that is longer by blank cells only is kept.
    """
    width = len(body.header)
    fits = [
        not isinstance(r, RaggedRow) and (len(r) == width or (len(r) > width and not any(r[width:]))) for r in body.rows
    ]
    if all(fits):
        return body, []
    findings = [_ragged(file, body, k, full_width or width) for k, good in enumerate(fits) if not good]
    keep = [k for k, good in enumerate(fits) if good]
    return replace(body, rows=[body.rows[k] for k in keep], lines=[body.lines[k] for k in keep]), findings


def unknown_columns(body: Body, match: HeaderMatch, spec: TableSpec, file: str) -> list[Finding]:
    """Return a note for each header that is neither read nor declared."""
    if spec.extras.get("unknownHeaders", "near") == "ignore":
        return []
    action = f"Not read. Delete the column, or declare it in data/schema/{spec.name}.json."
    return [
        Finding(
            file=file,
            rule="unknown column",
            row=body.header_line,
            column=shorten(header.strip()),
            found=shorten(header),
            allowed=", ".join(spec.column_names[:12]),
            action=action,
            severity="note",
        )
        for header in unknown_headers(body.header, match, spec)
    ]


def _repeats_header(body: Body, spec: TableSpec) -> bool:
    known = {plain(h) for c in spec.columns for h in [c.name, c.title, *(v.header for v in c.headers)]}
    known |= {plain(h) for h in body.header}
    filled = [plain(c) for c in body.rows[0] if plain(c)]
    return bool(filled) and sum(c in known for c in filled) * 2 > len(filled)


def _above(raw: RawTable) -> Finding:
    return Finding(
        file=raw.path.name,
        rule="rows above the header",
        row=raw.lines[0],
        column=shorten(raw.rows[0][0]),
        found=shorten(" ".join(raw.rows[0]).strip()),
        allowed="the header in the first row",
        action="The rows above it were not read; delete them.",
        severity="note",
    )


def _second_header(raw: RawTable, body: Body) -> Finding:
    return Finding(
        file=raw.path.name,
        rule="second header row",
        row=body.lines[0],
        column=body.header[0],
        found=shorten(", ".join(body.rows[0])),
        allowed="one header row",
        action="Delete the second header row.",
    )


def _no_rows(raw: RawTable, body: Body) -> Finding:
    return Finding(
        file=raw.path.name,
        rule="empty sheet" if raw.sheet else "empty file",
        row=body.header_line,
        column=raw.sheet or body.header[0],
        found="a header and no rows",
        allowed="at least one row",
        action="Export the file again, or take it out of the study file.",
    )


def _ragged(file: str, body: Body, k: int, width: int) -> Finding:
    cells = len(body.rows[k])
    return Finding(
        file=file,
        rule="ragged row",
        row=body.lines[k],
        column=body.header[min(cells, len(body.header)) - 1],
        found=f"{cells} cells",
        allowed=f"{width} cells",
        action="Check for a missing or an unquoted comma on that line.",
    )
