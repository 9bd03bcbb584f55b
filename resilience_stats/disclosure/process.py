"""Numbers of the process (records read, matched, set aside) and words about it, where counts are rounded.

In an edition that gives every count as it is, the number of records read is no secret: it follows from the n's, and is
withheld where an n is (`telling_records`). In one that rounds, an exact number of records would undo the rounding of
the counts beside it.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Collection, Mapping

import pandas as pd

from resilience_stats.disclosure.policy import Policy
from resilience_stats.disclosure.primary import Findings
from resilience_stats.disclosure.rounding import rounded
from resilience_stats.disclosure.statistics import statistic

#: A number that ends what is counted: "not in the file: 2; closed: 1".
_COUNTED = re.compile(r": [\d,]+(?=;|$)")
#: A date or a year, which stay, or any other number that is no part of a name such as HC3.
_NUMBER = re.compile(
    r"(?P<kept>\d{4}-\d{2}-\d{2}|(?<![\w.,])(?:19|20)\d{2}(?![\d.,]?\d))|(?<![\w.,])\d[\d,]*(?:\.\d+)?"
)
_HIDDEN = "[c]"


def process_findings(rows: pd.DataFrame, policy: Policy) -> Findings:
    """Return the numbers of records to withhold, with rule and reason; none where counts are not rounded.

    Examples
    --------
    >>> from resilience_stats.results.rows import make_rows
    >>> rows = make_rows("a", "joins", term="phq", statistic=["rows", "unmatched"], value=[141, 3])
    >>> process_findings(rows, Policy.preset("public"))
    {1: ('few-records', 'the number of records is below 8')}
    """
    if policy.rounding_base <= 1 or policy.small != "withheld":
        return {}
    reason = ("few-records", f"the number of records is below {policy.threshold}")
    return {
        i: reason
        for i, (name, value) in enumerate(zip(rows["statistic"], rows["value"], strict=True))
        if statistic(name).kind == "record" and 0 < float(value) < policy.threshold
    }


def telling_records(rows: pd.DataFrame, secrets: Collection[int]) -> Findings:
    """Return the numbers of records that would tell a withheld number of practices: a file holds one record of each.

    Parameters
    ----------
    secrets : collection of int
        Withheld numbers of practices of which the files hold a record. One less is the number of a practice's peers.

    Notes
    -----
    With such a number go the other numbers of the same file (group, or term where there is none), which add up to it.

    Examples
    --------
    >>> from resilience_stats.results.rows import make_rows
    >>> rows = make_rows("a", "joins", group=["phq", "phq", "cqc"], statistic=["rows", "matched", "rows"],
    ...                  value=[60, 59, 61])
    >>> sorted(telling_records(rows, {59}))
    [0, 1]
    """
    telling = {number - less for number in secrets for less in (0, 1)}
    files: dict[tuple[str, ...], list[int]] = defaultdict(list)
    columns = zip(*(rows[name] for name in ("chapter", "output", "group", "term", "statistic")), strict=True)
    for i, (chapter, output, group, term, name) in enumerate(columns):
        if statistic(name).kind == "record":
            files[(chapter, output, group or term)].append(i)
    told = [held for held in files.values() if any(rows.at[i, "value"] in telling for i in held)]
    reason = ("telling-records", "with it, a withheld number of practices would be known")
    return {i: reason for held in told for i in held}


def released_process(name: str, value: object, policy: Policy, shown: Mapping[int, int]) -> object:
    """Return a number of records as rounded, words without the numbers in them, and anything else as it is.

    Parameters
    ----------
    shown : mapping of int to int
        Totals that are not rounded by themselves: the same number must not be shown in two ways.

    Examples
    --------
    >>> public = Policy.preset("public")
    >>> released_process("counted_reason", "not in the file: 2; closed: 1", public, {})
    'not in the file; closed'
    >>> [released_process("rows", number, public, {197: 200}) for number in (197, 141)]
    [200, 140]
    """
    kind = statistic(name).kind
    if policy.rounding_base <= 1:
        return value
    if kind == "note":
        return without_numbers(str(value))
    if kind == "record" and isinstance(value, (int, float)):
        return shown.get(round(value), rounded(round(value), policy))
    return value


def without_numbers(text: str) -> str:
    """Return words without what they count: a number that ends a part is left out, any other but a year is hidden.

    Examples
    --------
    >>> without_numbers("closed: 1; rated after the census date: 1,025")
    'closed; rated after the census date'
    >>> without_numbers("69 of 1,197 rows lack a value of 2019 (HC3).")
    '[c] of [c] rows lack a value of 2019 (HC3).'
    """
    return _NUMBER.sub(lambda found: found["kept"] or _HIDDEN, _COUNTED.sub("", text))
