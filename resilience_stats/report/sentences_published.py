"""What others found beside what is found here, in words: every verdict follows from released rows."""

from __future__ import annotations

from resilience_stats.disclosure import DisclosedFrame
from resilience_stats.report.evidence import direction
from resilience_stats.report.reading import Row, has_interval, is_shown, rows_of, value_text
from resilience_stats.report.wording import phrase, wording


def published_sentences(released: DisclosedFrame) -> list[str]:
    """Return for each predictor how many published effects point the way that ours does, and what has none."""
    if rows_of(released, "published_outcome", "setting"):
        return [phrase("published", "not_compared")]
    by_predictor: dict[str, list[Row]] = {}
    for row in rows_of(released, "published", "published_direction"):
        by_predictor.setdefault(str(row["group"]), []).append(row)
    said = [_sentence(name, rows, _ours(released, name)) for name, rows in by_predictor.items()]
    none = [str(r["term"]) for r in rows_of(released, "published_none", "setting")]
    if not said:
        return [phrase("published", "nothing")]
    said += [phrase("published", "none", names=", ".join(none))] if none else []
    return [*said, phrase("published", "caution")]


def _ours(released: DisclosedFrame, predictor: str) -> Row | None:
    rows = [r for r in rows_of(released, "published", "effect_per_sd") if r["group"] == predictor]
    return rows[0] if rows and is_shown(rows[0]) and has_interval(rows[0]) else None


def _sentence(predictor: str, rows: list[Row], ours: Row | None) -> str:
    words = wording("published")
    told = [str(r["value"]) for r in rows]
    higher, lower = told.count(words["higher"]), told.count(words["lower"])
    counts = {"given": higher + lower, "higher": higher, "lower": lower}
    if ours is None:
        return phrase("published", "withheld", predictor=predictor)
    if not counts["given"]:
        return phrase("published", "none_given", predictor=predictor)
    if ours["conf_low"] <= 0 <= ours["conf_high"]:
        return phrase("published", "unsettled_here", predictor=predictor, **counts)
    side = direction(ours)
    other = counts["lower" if side == "higher" else "higher"]
    return phrase("published", "same", predictor=predictor, side=side, same=counts[side], other=other, **counts)


def published_again_sentences(released: DisclosedFrame) -> list[str]:
    """Return how many published effects come out again in public files, and where one odds ratio does not serve."""
    words = wording("published")
    verdicts = [str(r["value"]) for r in rows_of(released, "published_again", "direction")]
    count = {name: verdicts.count(label) for name, label in words["agreement"].items()}
    said = []
    if verdicts:
        said.append(phrase("published", "again_agrees", count=len(verdicts), agrees=count["agrees"]))
        others = len(verdicts) - count["agrees"]
        told = {"same": count["same direction"], "opposite": count["opposite"] + count["contradicts"]}
        if others:
            said.append(phrase("published", "again_not", others=others, contradicts=count["contradicts"], **told))
    rejected = [
        f"{r['term']} (p = {value_text(r)})"
        for r in rows_of(released, "published_parallel", "p_value")
        if is_shown(r) and r["value"] < wording("evidence")["level"]
    ]
    return [*said, phrase("published", "parallel", names=", ".join(rejected))] if rejected else said


def source_sentences(released: DisclosedFrame) -> list[str]:
    """Return where the published effects come from."""
    rows = rows_of(released, "published_sources", "source")
    return [f"{row['term']}: {row['value']}." for row in rows]
