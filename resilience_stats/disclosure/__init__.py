"""Disclosure control: the only way from analysis results to tables, figures and files.

`apply_policy` withholds small numbers, then as many others as it takes that they cannot be worked out, then rounds.
"""

from resilience_stats.disclosure.apply import apply_policy
from resilience_stats.disclosure.formatting import format_interval, format_value
from resilience_stats.disclosure.frame import DisclosedFrame, read_results, require_disclosed
from resilience_stats.disclosure.magnitude import check_magnitude
from resilience_stats.disclosure.policy import Policy, preset_names, read_policy
from resilience_stats.disclosure.statistics import Statistic, statistic
from resilience_stats.disclosure.years import released_again

__all__ = [
    "DisclosedFrame",
    "Policy",
    "Statistic",
    "apply_policy",
    "check_magnitude",
    "format_interval",
    "format_value",
    "preset_names",
    "read_policy",
    "read_results",
    "released_again",
    "require_disclosed",
    "statistic",
]
