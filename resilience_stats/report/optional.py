"""Tables and figures of analyses that a study may not have, or may not show."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pandas as pd

from resilience_stats.disclosure import DisclosedFrame
from resilience_stats.disclosure.frame import WITHHELD


def where_any(make: Callable[..., Any], released: DisclosedFrame, **settings: Any) -> list[Any]:
    """Return the table or figure of `released` in a list, or an empty list where nothing of it may be shown.

    Parameters
    ----------
    make : callable
        E.g. ``rs.figure_scree``.
    released : DisclosedFrame
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
    numbers = known & rows["value"].map(lambda value: not isinstance(value, str))
    return [make(released, **settings)] if numbers.any() else []
