"""How the files were read and joined: nothing lost without a line that says so."""

from __future__ import annotations

from typing import Any

import pandas as pd

from resilience_stats.report.rows.labels import table_label
from resilience_stats.report.wording import wording
from resilience_stats.results.rows import combine_rows, make_rows

#: Tables of which a row tells something about a practice: how many there are is protected like any other number.
CONFIDENTIAL = ("rat", "programmes", "special_measures", "local_intelligence", "practice_assessments")


def join_rows(cohort: Any) -> pd.DataFrame:
    """Return the rows, the matched and the unmatched of each join, and what the reasons were.

    Parameters
    ----------
    cohort : Cohort
        Its audit has one line per table, stage and reason; here a table and stage are one line. Of the tables in
        `CONFIDENTIAL` the numbers are in output ``joins_own``, as counts that the policy may withhold.
    """
    frames = []
    for (table, stage), part in cohort.join_audit.groupby(["table", "stage"], sort=False):
        held: dict[str, Any] = {"chapter": "participation", "group": table_label(str(table))}
        counts = {"rows": part["rows"].iloc[0], "matched": part["matched"].sum(), "unmatched": part["unmatched"].sum()}
        numbers = {name: int(v) for name, v in counts.items()}
        if table in CONFIDENTIAL:
            words = wording("tables")["joins_own"]
            terms, whole = [words[name] for name in numbers], words["rows"]
            frames.append(
                make_rows(
                    **held, output="joins_own", term=terms, value=list(numbers.values()), part_of=["", whole, whole]
                )
            )
            continue
        held |= {"output": "joins", "term": _capital(str(stage))}
        frames.append(make_rows(**held, statistic=list(numbers), value=list(numbers.values())))
        frames.append(make_rows(**held, statistic="counted_reason", value=_reasons(part)))
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
    return combine_rows(
        [
            make_rows("participation", "lags", term=terms, statistic="date", value=dates),
            make_rows(
                "participation",
                "lags",
                term=terms,
                statistic="lag_days",
                value=[None if pd.isna(v) else float(v) for v in lags["lag_days"]],
            ),
        ]
    )


def account_rows(cohort: Any) -> pd.DataFrame:
    """Return what became of the rows of each file: read, set aside and why; of the files of `CONFIDENTIAL` nothing."""
    files = cohort.sources.loc[cohort.sources["table"].isin(CONFIDENTIAL), "file"]
    accounts = cohort.row_accounts[~cohort.row_accounts["file"].isin(files)]
    return make_rows(
        "methods",
        "accounts",
        group=accounts["file"].astype(str),
        term=[_capital(r) for r in accounts["reason"].astype(str)],
        statistic="rows",
        value=accounts["rows"],
    )
