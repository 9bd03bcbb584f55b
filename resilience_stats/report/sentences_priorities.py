"""Sentences on whom to offer support: for the internal edition alone."""

from __future__ import annotations

from resilience_stats.disclosure import DisclosedFrame
from resilience_stats.disclosure.formatting import decimal_text
from resilience_stats.report.reading import Row, find, rows_of, value_text
from resilience_stats.report.rows.priorities import FIRM, SOFT
from resilience_stats.report.wording import phrase, wording


def criteria_sentences(released: DisclosedFrame) -> list[str]:
    """Return how many criteria have data, and which have none."""
    used = rows_of(released, "priority_criteria", "weight")
    absent = [_small(str(r["term"])) for r in rows_of(released, "priority_absent", "source")]
    if not used:
        return [phrase("priorities", "none")]
    said = [phrase("priorities", "criteria", used=len(used), total=len(used) + len(absent))]
    name = "absent_none" if not absent else "absent_one" if len(absent) == 1 else "absent_many"
    return [*said, phrase("priorities", name, names="; ".join(absent))]


def capacity_sentences(released: DisclosedFrame) -> list[str]:
    """Return what there is to offer, who asked, how firm the offers are and what makes them unsure."""
    words = wording("priorities")
    at = {str(r["term"]): r for r in rows_of(released, "priority_capacity", "practices")}
    if not at:
        return []
    counts = {name: value_text(at[label]) for name, label in words["capacity_of"].items()}
    said = [phrase("priorities", "capacity", **{k: counts[k] for k in ("places", "offered", "reserve")})]
    hours = [find(released, "priority_hours", "rows", term=words["hours_of"][k]) for k in ("all", "used")]
    if hours[0] is not None and hours[1] is not None:
        said.append(phrase("priorities", "hours", all=value_text(hours[0]), used=value_text(hours[1])))
    if counts["asked"] == "0":
        said.append(phrase("priorities", "self_referral_unknown"))
    else:
        said.append(phrase("priorities", "self_referral", asked=counts["asked"], offered=counts["asked_offered"]))
    levels = {"firm_at": f"{decimal_text(100 * FIRM, 0)}%", "soft_at": f"{decimal_text(100 * SOFT, 0)}%"}
    said.append(phrase("priorities", "firm", **{k: counts[k] for k in ("firm", "soft", "offered")}, **levels))
    worst = _worst(released)
    if worst is not None:
        said.append(phrase("priorities", "doubts", worst=str(worst["term"]), kept=value_text(worst)))
    return said


def _worst(released: DisclosedFrame) -> Row | None:
    together = wording("priorities")["doubts_of"]["all"]
    rows = [r for r in rows_of(released, "priority_doubts", "kept_places") if r["term"] != together]
    return min(rows, key=lambda r: r["value"]) if rows else None


def _small(label: str) -> str:
    return label if label[:2].isupper() else label[:1].lower() + label[1:]
