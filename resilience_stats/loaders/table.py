"""From a file to a typed frame: open, match headers, convert, judge, set aside, account."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from resilience_stats.errors import DataError, require_choice
from resilience_stats.loaders.asides import set_aside_reasons
from resilience_stats.loaders.attached import AttachedFrame
from resilience_stats.loaders.body import Body, split_header, take_out_ragged, unknown_columns
from resilience_stats.loaders.findings import Finding, problem_frame, raise_on_errors
from resilience_stats.loaders.headers import columns_wanted, match_headers
from resilience_stats.loaders.limits import DEFAULT_LIMITS, Limits
from resilience_stats.loaders.opening import open_table
from resilience_stats.loaders.original import original_cells
from resilience_stats.loaders.raw import RawTable, Unreadable
from resilience_stats.loaders.values import convert
from resilience_stats.loaders.verdicts import Sheet, judge_cells
from resilience_stats.schema import TableSpec, load_table_spec

if TYPE_CHECKING:
    import pandas as pd

RAISE = "raise"


@dataclass(frozen=True, slots=True, kw_only=True)
class Loaded:
    """A table as read: the frame indexed by the line in the file, and all that was found on the way.

    Attributes
    ----------
    frame : pandas.DataFrame
        Typed columns of the rows that are used.
    set_aside : pandas.DataFrame
        Text of the rows that are not, with ``file, row, reason``.
    findings : tuple of Finding
    account : tuple of dict
        ``file, reason, rows``: ``read``, ``used``, and each reason for setting aside.
    source : dict
        ``path, sha256, encoding, sheet``.
    headers : Mapping
        Column -> header as written in the file.
    cells : pandas.DataFrame
        Rows as they stand in the file, indexed by line: those set aside; of the LMC's own tables, all.
    names : Mapping
        Line -> what a practice's name was taken for that stood where its code should.
    """

    frame: pd.DataFrame
    set_aside: pd.DataFrame
    findings: tuple[Finding, ...]
    account: tuple[dict[str, Any], ...]
    source: dict[str, Any]
    headers: Mapping[str, str]
    cells: pd.DataFrame
    names: Mapping[int, Mapping[str, object]] = field(default_factory=dict)


def load(
    path: str | Path,
    spec: TableSpec | str,
    *,
    on_error: str = "raise",
    limits: Limits = DEFAULT_LIMITS,
    raw: RawTable | None = None,
) -> Loaded:
    """Return a table, or raise `DataError` with every problem of the file attached.

    Parameters
    ----------
    path : str or pathlib.Path
    spec : TableSpec or str
    on_error : {"raise", "set_aside"}
        What to do with rows at fault: refuse the file, or set them aside with their reason and go on. A file without
        its columns is refused either way.
    limits : Limits
    raw : RawTable, optional
        Cells already read.
    """
    require_choice(on_error, ("raise", "set_aside"), "on_error")
    spec = load_table_spec(spec) if isinstance(spec, str) else spec
    path = Path(path)
    try:
        loaded = read(path, spec, limits=limits, raw=raw)
    except Unreadable as fault:
        raise_on_errors(fault.findings, path)
        raise DataError(str(fault), where=str(path), problems=problem_frame(fault.findings)) from None
    if on_error == "raise" or loaded.frame.empty:
        raise_on_errors(loaded.findings, path)
    return loaded


def as_frame(loaded: Loaded, frame: pd.DataFrame | None = None) -> pd.DataFrame:
    """Return the public frame: rows renumbered; ``source``, ``account``, ``set_aside``, ``problems`` in ``attrs``.

    There too: ``cells``, the rows set aside as they stand in the file (of the LMC's own tables, all rows), and
    ``rows``, the line of each row of the frame where ``cells`` has it.

    Raises
    ------
    DataError
        The row account does not balance.
    """
    kept = loaded.frame if frame is None else frame
    out = kept.reset_index(drop=True)
    _require_balance(loaded)
    out.attrs = {
        "source": dict(loaded.source),
        "account": [dict(entry) for entry in loaded.account],
        "set_aside": AttachedFrame(loaded.set_aside),
        "problems": AttachedFrame(problem_frame(loaded.findings)),
        "cells": AttachedFrame(loaded.cells),
    }
    if kept.index.name == "row" and len(loaded.cells) and kept.index.isin(loaded.cells.index).all():
        out.attrs["rows"] = tuple(int(line) for line in kept.index)
    return out


def _require_balance(loaded: Loaded) -> None:
    """Raise `DataError` unless rows read = rows used + rows set aside, by the account and by the rows themselves."""
    entries = {str(entry["reason"]): int(entry["rows"]) for entry in loaded.account}
    read_rows, accounted = entries.get("read", 0), sum(n for reason, n in entries.items() if reason != "read")
    away = accounted - entries.get("used", 0)
    if read_rows != accounted or away != len(loaded.set_aside):
        raise DataError(
            "the row account does not balance",
            where=str(loaded.source["path"]),
            found=f"{read_rows} read, {accounted} accounted for; {away} set aside, {len(loaded.set_aside)} at hand",
            action="This is a fault of the package; please report it.",
        )


def read(
    path: Path,
    spec: TableSpec,
    *,
    limits: Limits = DEFAULT_LIMITS,
    today: dt.date | None = None,
    raw: RawTable | None = None,
    written: RawTable | None = None,
) -> Loaded:
    """Return a table with all its findings; a file that does not hold the table at all raises `Unreadable`.

    Parameters
    ----------
    path : pathlib.Path
    spec : TableSpec
    limits : Limits
    today : datetime.date, optional
        Day after which a date lies in the future.
    raw : RawTable, optional
        Cells already read, by a loader that had to rearrange them first.
    written : RawTable, optional
        The cells as they stood before that, line by line.
    """
    raw = raw or open_table(path, limits, tuple(spec.extras.get("sheets", ())), columns_wanted(spec))
    body, findings = split_header(raw, spec)
    match = match_headers(body.header, body.header_line, spec, path.name)
    findings = [*raw.findings, *findings, *match.findings, *unknown_columns(body, match, spec, path.name)]
    if any(f.severity == "error" for f in match.findings):
        raise Unreadable(*findings)
    whole, ragged = take_out_ragged(body, path.name, raw.width)
    columns = {c.name: c for c in spec.columns if c.name in match.positions}
    when = today or dt.date.today()
    converted = {
        name: convert(c, [r[match.positions[name]] for r in whole.rows], today=when, longest=limits.max_cell_characters)
        for name, c in columns.items()
    }
    reasons = set_aside_reasons(spec, converted, len(whole.rows))
    sheet = Sheet(file=path.name, spec=spec, body=whole, match=match, columns=columns, converted=converted)
    cells, at_fault = judge_cells(sheet, reasons)
    loaded = _assemble(raw, sheet, {**at_fault, **reasons}, [*findings, *ragged, *cells], ragged)
    return replace(loaded, cells=_cells(written or raw, body, spec, loaded))


def _cells(written: RawTable, body: Body, spec: TableSpec, loaded: Loaded) -> pd.DataFrame:
    """Return the rows as they stand in the file: those that may have to be mended."""
    wanted = set(body.lines) if spec.owner == "LMC" else set(loaded.set_aside["row"])
    rows = {line: row for line, row in zip(written.lines, written.rows, strict=True) if line in wanted}
    header = body.header
    if written.rows and body.header_line in written.lines:
        header = written.rows[written.lines.index(body.header_line)]
    return original_cells(header, rows, spec.extras.get("notRead", ()))


def _assemble(
    raw: RawTable, sheet: Sheet, gone: Mapping[int, str], findings: Sequence[Finding], ragged: Sequence[Finding]
) -> Loaded:
    import pandas as pd

    lines = sheet.body.lines
    columns: dict[str, Any] = {}
    for spec in sheet.spec.columns:
        converted = sheet.converted.get(spec.name) or convert(spec, [""] * len(lines), today=dt.date.min, longest=1)
        columns[spec.name] = converted.values.array
        if converted.kinds is not None:
            columns[f"{spec.name}_missing"] = converted.kinds.array
    frame = pd.DataFrame(columns, index=pd.Index(lines, name="row"))
    keep = [k not in gone for k in range(len(lines))]
    away = sorted(gone)
    set_aside = pd.DataFrame(
        {
            "file": raw.path.name,
            "row": [lines[k] for k in away],
            "reason": [gone[k] for k in away],
            **{n: [c.canonical[k] for k in away] for n, c in sheet.converted.items()},
        }
    )
    if ragged:
        rows = {"file": raw.path.name, "row": [f.row for f in ragged], "reason": "ragged row"}
        broken = pd.DataFrame(rows | dict.fromkeys(sheet.converted, ""))
        set_aside = pd.concat([set_aside, broken], ignore_index=True).sort_values("row", ignore_index=True)
    return Loaded(
        frame=frame.loc[keep],
        set_aside=set_aside,
        findings=tuple(findings),
        account=account_of(raw.path.name, len(lines) + len(ragged), sum(keep), set_aside),
        source={"path": raw.path.name, "sha256": raw.sha256, "encoding": raw.encoding, "sheet": raw.sheet},
        headers=sheet.match.written,
        cells=pd.DataFrame(),
    )


def account_of(file: str, rows_read: int, used: int, set_aside: pd.DataFrame) -> tuple[dict[str, Any], ...]:
    """Return the row account of one file: ``read``, ``used``, and each reason for setting aside.

    Examples
    --------
    >>> import pandas as pd
    >>> [e["rows"] for e in account_of("a.csv", 5, 3, pd.DataFrame({"reason": ["blank", "blank"]}))]
    [5, 3, 2]
    """
    counts = Counter(set_aside["reason"])
    reasons = {"read": rows_read, "used": used, **dict(sorted(counts.items()))}
    return tuple({"file": file, "reason": reason, "rows": rows} for reason, rows in reasons.items())
