"""Words of headlines and descriptions, made from numbers."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from resilience_stats.disclosure import DisclosedFrame, format_value, require_disclosed
from resilience_stats.disclosure.frame import WITHHELD
from resilience_stats.errors import ReportError
from resilience_stats.tables.build import plain_records
from resilience_stats.tables.table import slug

Record = dict[str, Any]


def records(disclosed: DisclosedFrame, *statistics: str) -> list[Record]:
    """Return the rows as mappings, those of the named statistics only where any are named.

    Raises
    ------
    ReportError
        If there is nothing to draw.

    Examples
    --------
    >>> from resilience_stats.disclosure import apply_policy
    >>> from resilience_stats.results.rows import make_rows
    >>> records(apply_policy(make_rows("a", "b", value=[10]), "board"), "count")[0]["value"]
    10.0
    """
    held = plain_records(require_disclosed(disclosed).rows)
    chosen = [r for r in held if not statistics or r["statistic"] in statistics]
    if not chosen:
        found = list(dict.fromkeys(r["statistic"] for r in held))
        raise ReportError("nothing to draw", where="figure", found=found, allowed=", ".join(statistics) or "rows")
    return chosen


def shown(record: Mapping[str, Any] | None) -> bool:
    """Return whether a row has a number that may be drawn.

    Examples
    --------
    >>> shown({"disclosure": "[c]", "value": None})
    False
    """
    if record is None or record["disclosure"] == WITHHELD or isinstance(record["value"], str):
        return False
    return record["value"] is not None and math.isfinite(record["value"])


def some_shown(disclosed: DisclosedFrame, *names: str) -> list[Record]:
    """Return the rows of the named statistics that may be drawn.

    Raises
    ------
    ReportError
        If the edition withholds them all.

    Examples
    --------
    >>> from resilience_stats.disclosure import apply_policy
    >>> from resilience_stats.results.rows import make_rows
    >>> some_shown(apply_policy(make_rows("a", "b", value=[3]), "board"), "count")
    Traceback (most recent call last):
    ...
    resilience_stats.errors.ReportError: figure: every value is withheld: found 'count'. ...
    """
    held = [r for r in records(disclosed, *names) if shown(r)]
    if not held:
        action = "Use an edition that shows these values, or larger groups."
        raise ReportError("every value is withheld", where="figure", found=", ".join(names), action=action)
    return held


def has_interval(record: Mapping[str, Any]) -> bool:
    """Return whether a row has both ends of an interval.

    Examples
    --------
    >>> has_interval({"conf_low": 0.1, "conf_high": float("nan")})
    False
    """
    return bool(math.isfinite(record["conf_low"]) and math.isfinite(record["conf_high"]))


def printed(record: Mapping[str, Any], *, sign: bool = True) -> str:
    """Return the value of a row as it is printed, with % for shares; ``[c]`` or ``[x]`` where there is none.

    Examples
    --------
    >>> printed({"statistic": "share", "value": 0.5, "disclosure": ""})
    '50%'
    """
    if record["disclosure"] == WITHHELD:
        return WITHHELD
    name = str(record["statistic"])
    text = format_value(name, record["value"])
    if text.startswith("["):
        return text
    return per_cent(record["value"]) if sign and is_fraction(name) else text


def per_cent(fraction: float) -> str:
    """Return a fraction as whole per cent, halves up.

    Examples
    --------
    >>> per_cent(0.745), per_cent(0.004)
    ('75%', '0%')
    """
    from resilience_stats.disclosure.formatting import decimal_text

    return decimal_text(round(fraction * 100, 9), 0) + "%"


def is_fraction(name: str) -> bool:
    """Return whether a statistic is printed as per cent.

    Examples
    --------
    >>> is_fraction("share")
    True
    """
    from resilience_stats.disclosure.statistics import FRACTIONS, statistic

    return statistic(name).kind in FRACTIONS


def listed(names: Iterable[str], *, most: int = 3) -> str:
    """Return names as words: "A, B and C"; beyond `most` the rest is counted.

    Examples
    --------
    >>> listed(["A", "B", "C"]), listed(["A", "B", "C", "D", "E"])
    ('A, B and C', 'A, B, C and 2 others')
    """
    held = list(names)
    if len(held) > most:
        rest = len(held) - most
        return f"{', '.join(held[:most])} and {rest} other{'s' if rest > 1 else ''}"
    return held[0] if len(held) == 1 else f"{', '.join(held[:-1])} and {held[-1]}" if held else ""


def counted(number: int, one: str, many: str = "") -> str:
    """Return a number with its noun: "1 place", "3 places", "no places".

    Examples
    --------
    >>> counted(1, "place"), counted(0, "place"), counted(2, "country", "countries")
    ('1 place', 'no places', '2 countries')
    """
    plural = many or one + "s"
    return f"{number or 'no'} {one if number == 1 else plural}"


def capital(text: str) -> str:
    """Return text with its first letter large, the others as they are.

    Examples
    --------
    >>> capital("no place")
    'No place'
    """
    return text[:1].upper() + text[1:]


def withheld_words(held: Sequence[Mapping[str, Any]]) -> str:
    """Return a sentence on how many of the rows are withheld; empty where none is.

    Examples
    --------
    >>> withheld_words([{"disclosure": "[c]"}, {"disclosure": ""}])
    ' 1 of 2 values is withheld.'
    """
    hidden = sum(r["disclosure"] == WITHHELD for r in held)
    return f" {hidden} of {len(held)} values {'is' if hidden == 1 else 'are'} withheld." if hidden else ""


def figure_id(disclosed: DisclosedFrame, given: str | None, kind: str) -> str:
    """Return the id given, or one made of the output's name and the kind of figure.

    Examples
    --------
    >>> from resilience_stats.disclosure import apply_policy
    >>> from resilience_stats.results.rows import make_rows
    >>> figure_id(apply_policy(make_rows("a", "by_place", value=[10]), "board"), None, "bars")
    'by-place-bars'
    """
    return given or slug(f"{'-'.join(dict.fromkeys(disclosed.rows['output']))} {kind}")
