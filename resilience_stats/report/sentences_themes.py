"""Sentences on what assessments with the RAT found."""

from __future__ import annotations

from resilience_stats.disclosure import DisclosedFrame
from resilience_stats.disclosure.frame import WITHHELD
from resilience_stats.report.reading import find, interval_text, is_shown, n_text, rows_of, value_text
from resilience_stats.report.wording import phrase, wording


def theme_sentences(released: DisclosedFrame) -> list[str]:
    """Return for each programme the cause noted most often, with the warning that causes are impressions."""
    rows, assessed = rows_of(released, "rat_causes", "share"), rows_of(released, "plan_steps")
    if not assessed:
        return [phrase("themes", "none")]
    if not rows_of(released, "rat_pairs_tried"):
        return [phrase("themes", "no_causes")]
    said = []
    for programme in dict.fromkeys(str(r["group"]) for r in assessed):
        own = [r for r in rows if r["group"] == programme and is_shown(r)]
        if not own:
            said.append(phrase("themes", "causes_withheld", programme=programme))
            continue
        top = max(own, key=lambda r: r["value"])
        said.append(phrase("themes", "causes", programme=programme, n=n_text(top), most=top["term"],
                           share=value_text(top), interval=interval_text(top)))  # fmt: skip
    return [*said, phrase("themes", "impressions")]


def pair_sentences(released: DisclosedFrame) -> list[str]:
    """Return for each programme how many pairs of causes come together beyond chance, of how many tried."""
    said = []
    for tried in rows_of(released, "rat_pairs_tried", "specifications"):
        clear = [r for r in rows_of(released, "rat_pairs", "p_adjusted") if r["group"] == tried["group"]]
        name = {0: "pairs_none", 1: "pairs_one"}.get(len(clear), "pairs_some")
        said.append(phrase("themes", name, programme=tried["group"], tried=value_text(tried), clear=len(clear)))
    return said


def plan_sentences(released: DisclosedFrame) -> list[str]:
    """Return for each programme how many practices were assessed, assessed again, and due for another look."""
    words, said = wording("themes")["steps"], []
    for programme in dict.fromkeys(str(r["group"]) for r in rows_of(released, "plan_steps")):
        told = {}
        for name, term in words.items():
            row = find(released, "plan_steps", "practices", group=programme, term=term)
            told[name] = WITHHELD if row is None else value_text(row)
        said.append(phrase("themes", "plans", programme=programme, **told))
    return said
