"""How strong the evidence for a difference is: one rule for the whole report, its words in wording/evidence.toml."""

from __future__ import annotations

from resilience_stats.report.reading import Row, has_interval, is_shown
from resilience_stats.report.wording import phrase, wording


def strength(effect: Row | None, p_adjusted: Row | None) -> str:
    """Return ``withheld``, ``unclear``, ``some`` or ``good``.

    Parameters
    ----------
    effect : row or None
        With its interval.
    p_adjusted : row or None
        Its p after adjustment for the number of effects looked at.

    Notes
    -----
    The interval decides between unclear and the rest; the adjusted p, whether a finding survives having been looked
    for among others. Neither tells a cause.

    Examples
    --------
    >>> effect = {"value": 2.0, "conf_low": 0.4, "conf_high": 3.6, "disclosure": ""}
    >>> strength(effect, {"value": 0.03, "disclosure": ""}), strength({**effect, "conf_low": -0.1}, None)
    ('good', 'unclear')
    """
    if effect is None or not is_shown(effect) or not has_interval(effect):
        return "withheld"
    if effect["conf_low"] <= 0 <= effect["conf_high"]:
        return "unclear"
    survives = p_adjusted is not None and is_shown(p_adjusted) and p_adjusted["value"] < wording("evidence")["level"]
    return "good" if survives else "some"


def strength_label(effect: Row | None, p_adjusted: Row | None) -> str:
    """Return the label of `strength` in words."""
    return phrase("evidence", f"label_{strength(effect, p_adjusted)}")


def direction(effect: Row) -> str:
    """Return ``higher`` or ``lower``.

    Examples
    --------
    >>> direction({"value": -0.5})
    'lower'
    """
    return "higher" if effect["value"] > 0 else "lower"
