"""Last year's results.csv: read with care, and set beside this year's only where the two can be compared."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from resilience_stats.disclosure import read_results
from resilience_stats.disclosure.frame import WITHHELD
from resilience_stats.errors import DisclosureError
from resilience_stats.report.wording import wording

_ACTION = "Name the results.csv as last year's report wrote it, without opening it in a spreadsheet."
#: Outputs and statistics that are read of last year's file.
_READ = {("scores", "mean"), ("response_by_place", "asked"), ("response_by_place", "responded"),
         ("response_by_place", "response_rate")}  # fmt: skip
#: What rounding may do to a number.
_NEAR = 1e-9


@dataclass(frozen=True, slots=True, kw_only=True)
class LastYear:
    """Last year's results and what they are of.

    Attributes
    ----------
    rows : pandas.DataFrame
    date : str
        Its census date; empty where the file does not tell.
    area, edition : str
        The same.
    conf_level : float or None
    """

    rows: pd.DataFrame
    date: str
    area: str
    edition: str
    conf_level: float | None


def read_last_year(path: str | Path) -> LastYear:
    """Return last year's results, checked.

    Parameters
    ----------
    path : str or pathlib.Path

    Raises
    ------
    DisclosureError
        If the file cannot be read as a table, has other columns, or holds where it is read a value that no report
        writes: words for a number, a mean outside its interval or its scale, a number of practices that is none, the
        same row twice.
    """
    try:
        rows = read_results(path)
    except (UnicodeDecodeError, pd.errors.ParserError, pd.errors.EmptyDataError) as error:
        raise DisclosureError("not a results file", where=str(path), found=_first(error), action=_ACTION) from error
    used = rows[[pair in _READ for pair in zip(rows["output"], rows["statistic"], strict=True)]]
    _require_numbers(used[used["disclosure"] != WITHHELD], Path(path))
    _require_once(used, Path(path))
    level = told(rows, "settings", "conf_level")
    return LastYear(
        rows=rows,
        date=told(rows, "settings", "census_date"),
        area=told(rows, "settings", "area"),
        edition=told(rows, "policy", "label"),
        conf_level=float(level) if _is_number(level) else None,
    )


def told(rows: pd.DataFrame, kind: str, name: str) -> str:
    """Return one setting that the methods chapter of a report prints; empty where it does not.

    Parameters
    ----------
    rows : pandas.DataFrame
        Released rows.
    kind : {"settings", "policy"}
    name : str
        As in ``wording/methods.toml``.
    """
    label = wording("methods")[kind][name]
    found = rows.loc[(rows["output"] == "settings") & (rows["term"] == label), "value"]
    return str(found.iloc[0]) if len(found) else ""


def why_not_compared(last: LastYear, study: Any) -> str:
    """Return the name of the reason for which the two years are not set side by side; empty where there is none.

    Parameters
    ----------
    last : LastYear
    study : Study
        Of this year.
    """
    census = str(getattr(study, "census_date", "") or f"{study.year}-12-31")
    if last.area and getattr(study, "area", last.area) != last.area:
        return "other_area"
    return "not_earlier" if last.date and last.date >= census else ""


def year_of(last: LastYear, this_year: int) -> str:
    """Return how last year is called: by its year, or as last year where the file does not tell a year of its own."""
    year = last.date[:4]
    return year if year and year != str(this_year) else str(wording("since")["last_year"])


def _first(error: Exception) -> str:
    return str(error).splitlines()[0]


def _is_number(text: Any) -> bool:
    try:
        return bool(float(text) == float(text))
    except (TypeError, ValueError):
        return False


def _require_numbers(rows: pd.DataFrame, path: Path) -> None:
    checks: Mapping[str, Callable[[Any], bool]] = {
        "value": lambda r: r.value is None or _is_number(r.value),
        "n": lambda r: not r.n < 1,
        "interval": lambda r: (
            not (_is_number(r.value) and (float(r.value) < r.conf_low - _NEAR or float(r.value) > r.conf_high + _NEAR))
        ),
        "share": lambda r: r.statistic != "response_rate" or r.value is None or -_NEAR <= float(r.value) <= 1 + _NEAR,
        "score": lambda r: r.output != "scores" or r.value is None or -_NEAR <= float(r.value) <= 100 + _NEAR,
    }
    for row in rows.itertuples():
        for name, holds in checks.items():
            if not holds(row):
                raise DisclosureError(
                    wording("since")["faults"][name],
                    where=f"{path}, line {int(str(row.Index)) + 2}",
                    found=f"{row.term!s}{row.group!s}: {row.statistic!s} {row.value!s}",
                    action=_ACTION,
                )


def _require_once(rows: pd.DataFrame, path: Path) -> None:
    keys = ["chapter", "output", "group", "term", "statistic"]
    twice = rows[rows.duplicated(keys)]
    if len(twice):
        row = twice.iloc[0]
        raise DisclosureError(
            wording("since")["faults"]["twice"],
            where=f"{path}, line {int(twice.index[0]) + 2}",
            found=f"{row['term'] or row['group']}: {row['statistic']}",
            action=_ACTION,
        )
