"""Row accounts: of each file, rows read = rows used + rows set aside, by reason."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import pandas as pd

from resilience_stats.cohort.reading import FILE, Table
from resilience_stats.errors import DataError

ACCOUNT_COLUMNS = ("file", "reason", "rows")
READ, USED = "read", "used"
JOINED = "joined to a practice asked"


def account_rows(tables: Mapping[str, Table], fates: Mapping[str, pd.Series]) -> pd.DataFrame:
    """Return the row accounts of all files.

    Parameters
    ----------
    tables : mapping of str to Table
        Their loaders' accounts hold ``read``, ``used`` and the reasons for setting aside.
    fates : mapping of str to pandas.Series
        Of each table, what became of each row that the loader would use.

    Returns
    -------
    pandas.DataFrame
        ``file, reason, rows``; the first row of each file is ``read``, and the others add up to it.

    Raises
    ------
    DataError
        They do not.
    """
    rows: list[dict[str, Any]] = []
    for name, table in tables.items():
        sizes = fates[name].groupby([table.frame[FILE], fates[name]], sort=True).size()
        counts: dict[Any, int] = sizes.to_dict()
        for entry in table.accounts:
            if entry["reason"] == USED:
                rows += [{"file": f, "reason": r, "rows": int(n)} for (f, r), n in counts.items() if f == entry["file"]]
            else:
                rows.append(dict(entry))
    require_balance(rows)
    frame = pd.DataFrame(rows, columns=list(ACCOUNT_COLUMNS))
    order = {f: i for i, f in enumerate(dict.fromkeys(frame["file"]))}
    keys = pd.DataFrame({"file": frame["file"].map(order), "read": frame["reason"] != READ, "rows": -frame["rows"]})
    return frame.loc[keys.sort_values(["file", "read", "rows"], kind="stable").index].reset_index(drop=True)


def require_balance(rows: Iterable[Mapping[str, Any]]) -> None:
    """Raise `DataError` unless, for each file, the rows read are the rows used and set aside.

    Examples
    --------
    >>> rows = [{"file": "a.csv", "reason": "read", "rows": 2}, {"file": "a.csv", "reason": "used", "rows": 2}]
    >>> require_balance(rows)
    """
    left: dict[str, int] = {}
    for entry in rows:
        sign = 1 if entry["reason"] == READ else -1
        left[entry["file"]] = left.get(entry["file"], 0) + sign * int(entry["rows"])
    for file, rest in left.items():
        if rest:
            raise DataError(
                "the row account does not balance",
                where=file,
                found=f"{abs(rest)} rows {'lost' if rest > 0 else 'too many'}",
                action="This is a fault of the package; please report it.",
            )
