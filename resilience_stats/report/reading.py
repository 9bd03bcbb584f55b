"""Reading disclosed rows for sentences: a number in a sentence is a released one, printed as in the tables."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from resilience_stats.disclosure import DisclosedFrame, format_interval, format_value, statistic
from resilience_stats.disclosure.frame import WITHHELD

Row = Mapping[str, Any]


def rows_of(released: DisclosedFrame, output: str, statistic: str | None = None) -> list[Row]:
    """Return the rows of one output, in their order."""
    held = released.select(output=output) if statistic is None else released.select(output=output, statistic=statistic)
    rows: list[Row] = [{str(k): v for k, v in record.items()} for record in held.rows.to_dict("records")]
    return rows


def find(released: DisclosedFrame, output: str, statistic: str, *, term: str = "", group: str = "") -> Row | None:
    """Return the one row with these labels, or None where it is absent or withheld."""
    for row in rows_of(released, output, statistic):
        if row["term"] == term and row["group"] == group:
            return row if is_shown(row) else None
    return None


def is_shown(row: Row) -> bool:
    """Return whether a row has a number to print."""
    return row["disclosure"] != WITHHELD and row["value"] is not None and not pd.isna(row["value"])


def value_text(row: Row) -> str:
    """Return the value as a sentence prints it, with the sign of per cent.

    Examples
    --------
    >>> value_text({"statistic": "response_rate", "value": 0.701})
    '70.1%'
    """
    unit = statistic(str(row["statistic"])).unit
    return format_value(str(row["statistic"]), row["value"]) + (unit if unit == "%" else "")


def interval_text(row: Row) -> str:
    """Return the interval as a sentence prints it.

    Examples
    --------
    >>> interval_text({"statistic": "mean", "conf_low": 51.24, "conf_high": 58.0})
    '51.2 to 58.0'
    """
    text = format_interval(str(row["statistic"]), row["conf_low"], row["conf_high"])
    return text + "%" if statistic(str(row["statistic"])).unit == "%" and not text.startswith("[") else text


def n_text(row: Row) -> str:
    """Return the number of practices behind a row, or that it is withheld."""
    return WITHHELD if pd.isna(row["n"]) else format_value("count", row["n"])


def has_interval(row: Row) -> bool:
    """Return whether a row has both ends of an interval."""
    return not (pd.isna(row["conf_low"]) or pd.isna(row["conf_high"]))
