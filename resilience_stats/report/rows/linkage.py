"""How the files were read and joined: nothing lost without a line that says so."""

from __future__ import annotations

from typing import Any

import pandas as pd

from resilience_stats.report.rows.labels import table_label
from resilience_stats.results.rows import combine_rows, make_rows


def join_rows(cohort: Any) -> pd.DataFrame:
    """Return the rows, the matched and the unmatched of each join, and what the reasons were.

    Parameters
    ----------
    cohort : Cohort
        Its audit has one line per table, stage and reason; here a table and stage are one line.
    """
    frames = []
    for (table, stage), part in cohort.join_audit.groupby(["table", "stage"], sort=False):
        held = {
            "chapter": "participation",
            "output": "joins",
            "group": table_label(str(table)),
            "term": _capital(str(stage)),
        }
        counts = {"rows": part["rows"].iloc[0], "matched": part["matched"].sum(), "unmatched": part["unmatched"].sum()}
        frames.append(make_rows(**held, statistic=list(counts), value=[int(v) for v in counts.values()]))
        frames.append(make_rows(**held, statistic="reason", value=_reasons(part)))
    return combine_rows(frames)


def _reasons(part: pd.DataFrame) -> str:
    told = part[part["reason"].fillna("") != ""]
    number = told["matched"] + told["unmatched"]
    return (
        "; ".join(f"{reason}: {count:,}" for reason, count in zip(told["reason"], number, strict=True)) or "all matched"
    )


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def lag_rows(cohort: Any) -> pd.DataFrame:
    """Return the date of each source and its distance from the census date, in days."""
    lags = cohort.lag_table
    terms = [table_label(t) for t in lags["table"]]
    dates = ["not dated" if pd.isna(d) else pd.Timestamp(d).date().isoformat() for d in lags["source_date"]]
    return combine_rows([
        make_rows("participation", "lags", term=terms, statistic="date", value=dates),
        make_rows("participation", "lags", term=terms, statistic="lag_days", value=[None if pd.isna(v) else float(v) for v in lags["lag_days"]]),
    ])  # fmt: skip


def account_rows(cohort: Any) -> pd.DataFrame:
    """Return what became of the rows of each file: read, set aside and why."""
    accounts = cohort.row_accounts
    return make_rows("methods", "accounts", group=accounts["file"].astype(str), term=[_capital(r) for r in accounts["reason"].astype(str)],
                     statistic="rows", value=accounts["rows"])  # fmt: skip
