"""The closed list of statistics, read from data/schema/statistics.json."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

from resilience_stats.errors import DisclosureError, did_you_mean
from resilience_stats.resources import schema_directory

#: Kinds held as fractions of one and printed as per cent.
FRACTIONS = frozenset({"share", "fit_share"})
#: Kinds that hold words.
WORDS = frozenset({"text", "note"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Statistic:
    """How one statistic is protected and printed.

    Attributes
    ----------
    name : str
        As in the column `statistic` of the rows.
    kind : str
        Decides suppression: count, share, mean, extreme, score, coefficient, p_value, df, fit, fit_share, tally,
        days or text.
    label : str
        Heading of its column.
    decimals : int
        Digits after the point when printed (after multiplication by 100 for per cent).
    unit : str
        Unit printed in the heading; may be empty.
    protected : bool
        Whether disclosure control looks at n at all.
    """

    name: str
    kind: str
    label: str
    decimals: int
    unit: str
    protected: bool


@cache
def statistics() -> Mapping[str, Statistic]:
    """Return every known statistic by name.

    Examples
    --------
    >>> statistics()["alpha"].label
    "Cronbach's alpha"
    """
    held = json.loads((schema_directory() / "statistics.json").read_text(encoding="utf-8"))
    protected = {name: bool(kind["protected"]) for name, kind in held["kinds"].items()}
    return {row["name"]: Statistic(**row, protected=protected[row["kind"]]) for row in held["statistics"]}


def statistic(name: str) -> Statistic:
    """Return the definition of one statistic.

    Raises
    ------
    DisclosureError
        If the name is not in data/schema/statistics.json.

    Examples
    --------
    >>> statistic("response_rate").kind
    'share'
    """
    known = statistics()
    if name not in known:
        raise DisclosureError(
            "unknown statistic",
            where="column statistic",
            found=name,
            allowed="the names in data/schema/statistics.json",
            action=did_you_mean(str(name), known),
        )
    return known[name]
