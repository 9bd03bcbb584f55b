"""How the files were joined: counts by stage, as-of dates, what became of each row."""

from __future__ import annotations

from collections.abc import Sequence

from resilience_stats.disclosure import DisclosedFrame
from resilience_stats.tables.build import table_rows
from resilience_stats.tables.table import Table


def table_join_audit(
    disclosed: DisclosedFrame,
    *,
    caption: str = "Rows matched at each join",
    notes: Sequence[str] = (),
    source: str = "",
    id: str | None = None,
) -> Table:
    """Return rows, matched and unmatched by table (`group`) and stage or reason (`term`).

    Examples
    --------
    >>> from resilience_stats.disclosure import apply_policy
    >>> from resilience_stats.results.rows import make_rows
    >>> rows = make_rows("methods", "joins", group="phq", term="practice code",
    ...                  statistic=["rows", "matched"], value=[140, 138])
    >>> table_join_audit(apply_policy(rows, "board")).to_csv()
    'Table,Stage,Rows,Matched\\nphq,practice code,140,138\\n'
    """
    return table_rows(
        disclosed, caption=caption, headers={"group": "Table", "term": "Stage"}, notes=notes, source=source, id=id
    )


def table_lags(
    disclosed: DisclosedFrame,
    *,
    caption: str = "Date of each source, and how far it lies from the census date",
    notes: Sequence[str] = (),
    source: str = "",
    id: str | None = None,
) -> Table:
    """Return the date and the lag in days of each table (`term`): statistics ``date`` and ``lag_days``.

    Examples
    --------
    >>> from resilience_stats.disclosure import apply_policy
    >>> from resilience_stats.results.rows import make_rows
    >>> rows = make_rows("methods", "lags", term="workforce", statistic=["date", "lag_days"], value=["2019-09-30", 61])
    >>> table_lags(apply_policy(rows, "board")).records()[0]
    {'Table': 'workforce', 'Date': '2019-09-30', 'Lag (days)': '61'}
    """
    return table_rows(
        disclosed, caption=caption, headers={"term": "Table", "group": "Source"}, notes=notes, source=source, id=id
    )


def table_row_accounts(
    disclosed: DisclosedFrame,
    *,
    caption: str = "What became of the rows of each file",
    notes: Sequence[str] = (),
    source: str = "",
    id: str | None = None,
) -> Table:
    """Return the rows of each file (`group`) by reason (`term`): read, set aside and why, kept.

    Examples
    --------
    >>> from resilience_stats.disclosure import apply_policy
    >>> from resilience_stats.results.rows import make_rows
    >>> rows = make_rows("methods", "accounts", group="phq.csv", term=["read", "duplicate"],
    ...                  statistic="rows", value=[140, 2])
    >>> [r["Rows"] for r in table_row_accounts(apply_policy(rows, "board")).records()]
    ['140', '2']
    """
    return table_rows(
        disclosed, caption=caption, headers={"group": "File", "term": "Reason"}, notes=notes, source=source, id=id
    )
