"""What those who did not answer could change, in words."""

from __future__ import annotations

from resilience_stats.disclosure import DisclosedFrame
from resilience_stats.report.reading import find, interval_text, value_text
from resilience_stats.report.sentences import level_text
from resilience_stats.report.wording import wording


def nonresponse_sentences(released: DisclosedFrame, *, conf_level: float) -> list[str]:
    """Return the mean score of those who answered, weighted, and the bounds within which that of all asked lies."""
    words, level = wording("participation")["nonresponse"], level_text(conf_level)
    said = []
    for term, name in (("answered", "mean"), ("weighted", "moved")):
        row = find(released, "nonresponse", "mean", term=words[term])
        if row is not None:
            said.append(words[name].format(value=value_text(row), interval=interval_text(row), level=level))
    low, high = (find(released, "nonresponse", "mean", term=words[end]) for end in ("lowest", "highest"))
    if low is not None and high is not None:
        said.append(words["bounds"].format(low=value_text(low), high=value_text(high)))
    return said
