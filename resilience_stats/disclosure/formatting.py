"""How numbers are printed: one place, from data/schema/statistics.json."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal
from typing import Any

import pandas as pd

from resilience_stats.disclosure.statistics import FRACTIONS, WORDS, Statistic, statistic

#: The proper minus sign: a hyphen breaks at the end of a line and is read out as a dash.
MINUS = "−"
#: Printed for a state, never blank: see `SHORTHAND`.
NOT_AVAILABLE = "[x]"
#: Meaning of each state that a cell may print.
SHORTHAND = {
    "[c]": "confidential: withheld because it describes, or would reveal, too few people or practices",
    "[x]": "not available",
    "[z]": "not applicable",
    "[u]": "low reliability: too few answers for a steady figure",
    "[low]": "smaller than the rounding, but not zero",
}
_SMALLEST_P = Decimal("0.001")


def format_value(name: str, value: Any) -> str:
    """Return a number as it is printed, without its unit; ``"[x]"`` where there is none.

    Parameters
    ----------
    name : str
        A statistic of data/schema/statistics.json.
    value : number or str
        Shares as fractions of one.

    Notes
    -----
    Decimal rounding, half away from zero, on the shortest decimal that names the number, so that 0.125 prints 0.13 on
    every machine. Thousands are set apart by commas. A p value below 0.001 prints ``<0.001``, never 0.000.

    Examples
    --------
    >>> format_value("p_value", 0.00002), format_value("share", 0.70051), format_value("count", 12345.0)
    ('<0.001', '70.1', '12,345')
    """
    spec = statistic(name)
    if value is None or value is pd.NA or (isinstance(value, float) and value != value):
        return NOT_AVAILABLE
    if spec.kind in WORDS or isinstance(value, str):
        return str(value)
    number = Decimal(repr(float(value)))
    if not number.is_finite():
        return NOT_AVAILABLE
    if spec.kind == "p_value" and number < _SMALLEST_P:
        return "<0.001"
    return decimal_text(number * 100 if spec.kind in FRACTIONS else number, spec.decimals)


def decimal_text(number: Decimal | float, decimals: int) -> str:
    """Return a number with so many decimals, half away from zero, commas at thousands and a true minus sign.

    Examples
    --------
    >>> decimal_text(-1234.565, 2), decimal_text(-0.001, 1)
    ('−1,234.57', '0.0')
    """
    exact = number if isinstance(number, Decimal) else Decimal(repr(float(number)))
    rounded = exact.quantize(Decimal(1).scaleb(-decimals), rounding=ROUND_HALF_UP)
    text = f"{abs(rounded):,.{decimals}f}"
    return MINUS + text if rounded < 0 else text


def format_interval(name: str, low: Any, high: Any) -> str:
    """Return an interval as it is printed: ``0.61 to 0.84``; ``"[z]"`` where there is none.

    Examples
    --------
    >>> format_interval("alpha", 0.6123, 0.8401)
    '0.61 to 0.84'
    >>> format_interval("alpha", None, None)
    '[z]'
    """
    ends = [format_value(name, end) for end in (low, high)]
    if ends == [NOT_AVAILABLE, NOT_AVAILABLE]:
        return "[z]"
    return f"{ends[0]} to {ends[1]}"


def heading(spec: Statistic) -> str:
    """Return the heading of a statistic's column, with its unit.

    Examples
    --------
    >>> heading(statistic("response_rate"))
    'Response rate (%)'
    """
    return f"{spec.label} ({spec.unit})" if spec.unit else spec.label
