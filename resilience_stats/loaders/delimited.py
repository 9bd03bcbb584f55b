"""Read a delimited text file: encoding, delimiter, quotes, and the line that each row stands on."""

from __future__ import annotations

import codecs
import csv
import hashlib
import io
import re
from collections.abc import Iterator
from pathlib import Path

from resilience_stats.loaders.findings import Finding
from resilience_stats.loaders.limits import Limits
from resilience_stats.loaders.raw import RawTable, Unreadable, Wanted, gather

_DELIMITERS = (",", ";", "\t", "|")
_NOT_ASCII = re.compile(r"[^\x00-\x7f]")


def read_delimited(path: Path, limits: Limits, wanted: Wanted | None = None) -> RawTable:
    """Return the cells of a delimited text file.

    UTF-8 is tried strictly, with or without its mark; a UTF-16 mark is obeyed; anything else is read as Windows-1252,
    and that is said. No guessing library: those take a pound sign for a Polish letter.

    Raises
    ------
    Unreadable
        Empty, no text, unbalanced quotes, or beyond the limits.
    """
    content = path.read_bytes()
    name = path.name
    if not content.strip(b"\xef\xbb\xbf \t\r\n"):
        raise Unreadable(
            Finding(file=name, rule="empty file", row=1, found="nothing", allowed="a header and rows", action=_AGAIN)
        )
    text, encoding = decode(content, name)
    delimiter = _delimiter(text)
    gathered = gather(_parse(text, delimiter, name, limits), wanted)
    findings = _what_to_say(name, gathered.rows, gathered.lines, encoding, delimiter)
    return RawTable(
        path=path,
        sheet=None,
        rows=gathered.rows,
        lines=gathered.lines,
        width=gathered.width,
        encoding=encoding,
        sha256=hashlib.sha256(content).hexdigest(),
        findings=tuple(findings),
    )


_AGAIN = "Export the file again."


def decode(content: bytes, name: str) -> tuple[str, str]:
    """Return the text of a file and the encoding that it was read with.

    Examples
    --------
    >>> decode("naïve".encode("cp1252"), "a.csv")
    ('naïve', 'cp1252')
    """
    try:
        if content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
            return content.decode("utf-16"), "utf-16"
    except UnicodeDecodeError:
        raise Unreadable(_undecodable(content, 0, name)) from None
    try:
        return content.decode("utf-8-sig"), "utf-8"
    except UnicodeDecodeError:
        pass
    try:
        return content.removeprefix(codecs.BOM_UTF8).decode("cp1252"), "cp1252"
    except UnicodeDecodeError as fault:
        raise Unreadable(_undecodable(content, fault.start, name)) from None


def _undecodable(content: bytes, position: int, name: str) -> Finding:
    row = content.count(b"\n", 0, position) + 1
    found = f"byte 0x{content[position]:02x}"
    return Finding(file=name, rule="not text", row=row, found=found, allowed="UTF-8 or Windows-1252", action=_AGAIN)


def _delimiter(text: str) -> str:
    first = next((line for line in text.splitlines() if line.strip()), "")
    counts = {d: first.count(d) for d in _DELIMITERS}
    return "," if counts[","] else max(_DELIMITERS, key=lambda d: counts[d])


def _parse(text: str, delimiter: str, name: str, limits: Limits) -> Iterator[tuple[int, list[str]]]:
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    start = 1
    try:
        for count, row in enumerate(reader, start=1):
            yield start, row
            start = reader.line_num + 1
            if count > limits.max_rows or len(row) > limits.max_columns:
                raise Unreadable(_too_large(name, start, limits))
    except csv.Error as fault:
        found = f"{fault}"
        action = "Mend the quotes of that line, or export the file again."
        raise Unreadable(
            Finding(file=name, rule="unreadable line", row=start, found=found, allowed="CSV", action=action)
        ) from None


def _too_large(name: str, row: int, limits: Limits) -> Finding:
    allowed = f"{limits.max_rows} rows and {limits.max_columns} columns"
    return Finding(file=name, rule="too large", row=row, allowed=allowed, action="Raise [limits] in the study file.")


def _what_to_say(name: str, rows: list[list[str]], lines: list[int], encoding: str, delimiter: str) -> list[Finding]:
    said = []
    if encoding == "cp1252":
        row, column, cell = _first_foreign(rows, lines)
        action = "Read as Windows-1252; check that the text is right, or save the file as 'CSV UTF-8'."
        said.append(
            Finding(
                file=name,
                rule="encoding",
                row=row,
                column=column,
                found=f"Windows-1252 ({cell})",
                allowed="UTF-8",
                action=action,
                severity="note",
            )
        )
    if delimiter != "," and rows and len(rows[0]) > 1:
        action = "Read so; save the file with commas to be rid of this line."
        shown = {"\t": "tab"}.get(delimiter, delimiter)
        said.append(
            Finding(file=name, rule="delimiter", row=1, found=shown, allowed=",", action=action, severity="note")
        )
    return said


def _first_foreign(rows: list[list[str]], lines: list[int]) -> tuple[int, str | None, str]:
    for row, line in zip(rows, lines, strict=True):
        for position, cell in enumerate(row):
            if _NOT_ASCII.search(cell):
                header = rows[0][position] if position < len(rows[0]) else None
                return line, header, cell[:40]
    return 1, None, ""
