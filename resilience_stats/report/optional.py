"""Tables and figures of analyses that a study may not have, or may not show."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import pandas as pd

from resilience_stats.disclosure import DisclosedFrame
from resilience_stats.disclosure.frame import WITHHELD
from resilience_stats.report.blocks import Block, bullets


def where_any(make: Callable[..., Any], released: DisclosedFrame, *, needs: str = "", **settings: Any) -> list[Any]:
    """Return the table or figure of `released` in a list, or an empty list where nothing of it may be shown.

    Parameters
    ----------
    make : callable
        E.g. ``rs.figure_scree``.
    released : DisclosedFrame
    needs : str
        A statistic without which there is nothing to draw; any will do by default.
    **settings
        Of `make`.

    Examples
    --------
    >>> from resilience_stats.disclosure import apply_policy
    >>> from resilience_stats.results.rows import make_rows
    >>> few = apply_policy(make_rows("a", "b", statistic="alpha", value=0.8, n=3), "board")
    >>> where_any(print, few), where_any(len, few.select(output="c"))
    ([], [])
    """
    rows = released.rows
    known = (rows["disclosure"] != WITHHELD) & rows["value"].map(lambda value: not pd.isna(value))
    if needs:
        known &= rows["statistic"] == needs
    numbers = known & rows["value"].map(lambda value: not isinstance(value, str))
    return [make(released, **settings)] if numbers.any() else []


def where_words(make: Callable[..., Any], released: DisclosedFrame, **settings: Any) -> list[Any]:
    """Return the table of `released` in a list, or an empty list where there is no row: for tables of words.

    Examples
    --------
    >>> from resilience_stats.disclosure import apply_policy
    >>> from resilience_stats.results.rows import make_rows
    >>> none = apply_policy(make_rows("a", "b", statistic="reason", value=[]), "board")
    >>> where_words(print, none)
    []
    """
    return [make(released, **settings)] if len(released.rows) else []


def points(sentences: Iterable[str]) -> list[Block]:
    """Return sentences as a list of the report, in a list; an empty one where there are none.

    Examples
    --------
    >>> points([]), len(points(["One."]))
    ([], 1)
    """
    held = list(sentences)
    return [bullets(held)] if held else []
