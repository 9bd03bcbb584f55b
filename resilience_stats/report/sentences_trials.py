"""Sentences on how methods fared on invented cohorts."""

from __future__ import annotations

from resilience_stats.disclosure import DisclosedFrame
from resilience_stats.report.reading import find, n_text, rows_of, value_text
from resilience_stats.report.wording import wording

_TOLD = {
    "programmes": {"naive": "naive_nothing", "found": "found_nothing", "covered": "covered_planted"},
    "comparing": {"score": "score_covered", "rank": "rank_covered", "none": "flagged_none",
                  "additive": "flagged_additive_consistent"},
}  # fmt: skip


def trial_sentences(released: DisclosedFrame, chapter: str) -> list[str]:
    """Return how often the methods of a chapter were right on invented cohorts."""
    output, labels, told = f"trials_{chapter}", wording("trials")[chapter], {}
    for name, figure in _TOLD[chapter].items():
        row = find(released, output, "simulated_share", term=labels[figure])
        if row is None:
            return []
        told[name] = value_text(row)
    n = n_text(rows_of(released, output)[0])
    return [str(wording("trials")["sentences"][chapter]).format(n=n, **told)]
