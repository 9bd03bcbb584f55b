from __future__ import annotations

import pandas as pd
import pytest

from resilience_stats.cohort.accounts import account_rows, require_balance
from resilience_stats.cohort.reading import Table
from resilience_stats.errors import DataError


def table(**more: int) -> Table:
    accounts = [{"file": "a.csv", "reason": "read", "rows": 5}, {"file": "a.csv", "reason": "used", "rows": 3}]
    accounts += [{"file": "a.csv", "reason": reason, "rows": n} for reason, n in more.items()]
    frame = pd.DataFrame({"source_file": ["a.csv"] * 3})
    return Table(name="t", frame=frame, accounts=tuple(accounts), sources=(), set_aside=pd.DataFrame())


def test_used_rows_are_told_apart_by_what_became_of_them() -> None:
    got = account_rows({"t": table(blank=2)}, {"t": pd.Series(["joined", "joined", "closed"])})
    assert got.to_dict("records") == [
        {"file": "a.csv", "reason": "read", "rows": 5},
        {"file": "a.csv", "reason": "joined", "rows": 2},
        {"file": "a.csv", "reason": "blank", "rows": 2},
        {"file": "a.csv", "reason": "closed", "rows": 1},
    ]


def test_a_row_that_is_lost_stops_the_run() -> None:
    with pytest.raises(DataError, match="1 rows lost"):
        account_rows({"t": table(blank=1)}, {"t": pd.Series(["joined"] * 3)})
    with pytest.raises(DataError, match="1 rows too many"):
        require_balance([{"file": "a", "reason": "read", "rows": 1}, {"file": "a", "reason": "used", "rows": 2}])
