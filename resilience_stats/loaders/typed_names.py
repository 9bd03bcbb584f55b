"""A practice's name where its code should stand: matched to the register with a score, and never guessed."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from resilience_stats.loaders.attached import AttachedFrame
from resilience_stats.loaders.findings import Finding, shorten
from resilience_stats.loaders.headers import find_header_row, plain
from resilience_stats.loaders.matching import match_practice_names
from resilience_stats.loaders.raw import RawTable
from resilience_stats.schema import TableSpec

if TYPE_CHECKING:
    import pandas as pd

MATCHED, DOUBTFUL = "practice name instead of a code", "doubtful practice name"
_WORD = re.compile(r"[^\W\d_]{3,}")


@dataclass(frozen=True, slots=True, kw_only=True)
class TypedNames:
    """Names typed instead of codes.

    Attributes
    ----------
    matches : Mapping of int to Mapping
        Line -> ``typed, practice_code, score, decision, candidate``; see `match_practice_names`.
    column : str
        The header of the column of codes.
    """

    matches: Mapping[int, Mapping[str, object]] = field(default_factory=dict)
    column: str = "practice_code"

    @property
    def doubtful(self) -> set[int]:
        """Lines of the names that were not matched."""
        return {line for line, match in self.matches.items() if match["decision"] != "accepted"}

    def findings(self, file: str) -> list[Finding]:
        """Return a note for each name that was matched, and an error for each that was not."""
        return [self._finding(file, line, match) for line, match in self.matches.items()]

    def _finding(self, file: str, line: int, match: Mapping[str, object]) -> Finding:
        sure = match["decision"] == "accepted"
        near = f"'{match['candidate']}' has the nearest name (score {match['score']:.2f})" if match["candidate"] else ""
        doubt = f"{near}; write the code." if near else "Write the code."
        return Finding(
            file=file,
            row=line,
            column=self.column,
            rule=MATCHED if sure else DOUBTFUL,
            found=shorten(match["typed"]),
            allowed="a code of the register, or a name that is surely one practice's",
            action=f"Read as '{match['candidate']}' (score {match['score']:.2f}); write it so." if sure else doubt,
            severity="note" if sure else "error",
        )


def names_frame(matches: Mapping[int, Mapping[str, object]]) -> AttachedFrame:
    """Return what each name was taken for: ``row, typed, practice_code, score, decision, candidate``."""
    columns = ("typed", "practice_code", "score", "decision", "candidate")
    rows = [{"row": line, **{c: match[c] for c in columns}} for line, match in matches.items()]
    return AttachedFrame(rows, columns=["row", *columns])


def resolve_names(raw: RawTable, spec: TableSpec, register: pd.DataFrame | None) -> tuple[RawTable, TypedNames]:
    """Return the cells with codes for the practice names that were typed instead, and what was matched to what.

    Parameters
    ----------
    raw : RawTable
        With its header among the rows.
    spec : TableSpec
        Needs a column ``practice_code``; where that cell is blank, ``practice_name`` speaks.
    register : pandas.DataFrame or None
        ``practice_code, practice_name``; without it nothing is matched.
    """
    import pandas as pd

    if register is None or not len(register) or not raw.rows:
        return raw, TypedNames()
    top = find_header_row(raw.rows, spec)
    header = raw.rows[top]
    at, named = _position(header, spec, "practice_code"), _position(header, spec, "practice_name")
    if at is None:
        return raw, TypedNames()
    typed = {
        k: name
        for k, row in enumerate(raw.rows)
        if k > top and (name := _typed(row, at, named)) and len(row) == len(header)
    }
    if not typed:
        return raw, TypedNames()
    found = match_practice_names(pd.Series(typed, dtype=object), register)
    rows = list(raw.rows)
    for k, code in found["practice_code"].dropna().items():
        rows[int(str(k))] = [*rows[int(str(k))][:at], str(code), *rows[int(str(k))][at + 1 :]]
    matches = {raw.lines[int(str(k))]: {str(n): v for n, v in m.items()} for k, m in found.to_dict("index").items()}
    return replace(raw, rows=rows), TypedNames(matches=matches, column=header[at])


def _position(header: Sequence[str], spec: TableSpec, name: str) -> int | None:
    column = next((c for c in spec.columns if c.name == name), None)
    known = {plain(h) for h in (name, *(v.header for v in column.headers))} if column is not None else set()
    return next((k for k, h in enumerate(header) if plain(h) in known), None)


def _typed(row: Sequence[str], at: int, named: int | None) -> str:
    """Return the name that stands for the code; blank where there is a code, right or wrong, or nothing."""
    cell = row[at].strip() if at < len(row) else ""
    if not cell and named is not None and named < len(row):
        cell = row[named].strip()
    return cell if _WORD.search(cell) else ""
