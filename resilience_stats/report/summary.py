"""The findings of the report, read from the released rows of its chapters and from nothing else."""

from __future__ import annotations

from resilience_stats.disclosure import DisclosedFrame
from resilience_stats.report.blocks import Block, bullets, finding
from resilience_stats.report.evidence import direction, strength, strength_label
from resilience_stats.report.reading import (
    Row,
    find,
    has_interval,
    interval_text,
    is_shown,
    n_text,
    rows_of,
    value_text,
)
from resilience_stats.report.sentences import level_text
from resilience_stats.report.wording import phrase, wording
from resilience_stats.results.rows import TOTAL


def summary_findings(released: DisclosedFrame, *, conf_level: float) -> list[Block]:
    """Return three to five findings, each with its n, its size, its interval and the strength of its evidence.

    Parameters
    ----------
    released : DisclosedFrame
        The rows of the other chapters. A finding whose chapter could not be built is left out.
    conf_level : float
        Of the intervals in the rows.
    """
    level = level_text(conf_level)
    made = [
        _response(released, level),
        _score(released, level),
        _driver(released, level),
        _lowest_area(released, level),
        _reliability(released, level),
    ]
    return [block for block in made if block is not None]


def limits() -> Block:
    """Return what the report cannot say."""
    return bullets(entry["text"] for entry in wording("summary")["limits"])


def _facts(level: str, *, n: str, effect: str, interval: str, evidence: str, name: str = "estimate") -> dict[str, str]:
    words = wording("summary")["facts"]
    return {
        words["practices"]: n,
        words[name]: effect,
        words["interval"].format(level=level): interval,
        words["evidence"]: evidence,
    }


def _response(released: DisclosedFrame, level: str) -> Block | None:
    rate = find(released, "response_by_place", "response_rate", group=TOTAL)
    asked = find(released, "response_by_place", "asked", group=TOTAL)
    responded = find(released, "response_by_place", "responded", group=TOTAL)
    if rate is None or asked is None or responded is None:
        return None
    words = wording("summary")["facts"]
    headline = phrase("summary", "response", responded=value_text(responded), asked=value_text(asked))
    return finding(
        headline,
        _facts(
            level,
            n=value_text(asked),
            effect=words["share"].format(value=value_text(rate)),
            interval=words["no_interval"],
            evidence=phrase("evidence", "label_counted"),
        ),
    )


def _score(released: DisclosedFrame, level: str) -> Block | None:
    mean = find(released, "scores", "mean", term=wording("instrument")["overall"])
    if mean is None:
        return None
    return finding(phrase("summary", "score", value=value_text(mean)), _estimated(mean, level))


def _estimated(mean: Row, level: str) -> dict[str, str]:
    effect = wording("summary")["facts"]["points"].format(value=value_text(mean))
    return _facts(
        level,
        n=n_text(mean),
        effect=effect,
        interval=interval_text(mean),
        evidence=phrase("evidence", "label_estimated"),
    )


def _driver(released: DisclosedFrame, level: str) -> Block | None:
    exposures = _exposures(released)
    effects = rows_of(released, "effects", "effect_per_sd")
    rows = [r for r in effects if is_shown(r) and has_interval(r) and _predictor(r["term"]) in exposures]
    if not rows:
        return None
    adjusted = {r["term"]: find(released, "effects", "p_adjusted", term=r["term"]) for r in rows}
    best = max(rows, key=lambda r: (_RANKS[strength(r, adjusted[r["term"]])], abs(r["value"])))
    verdict = strength(best, adjusted[best["term"]])
    words = wording("summary")["facts"]
    if verdict == "unclear":
        headline = phrase("summary", "driver_none")
        effect = words["strongest_of"].format(count=len(rows), predictor=best["term"], value=value_text(best))
    else:
        headline = phrase("summary", f"driver_{direction(best)}", predictor=best["term"])
        effect = words["per_sd"].format(value=value_text(best))
    evidence = strength_label(best, adjusted[best["term"]])
    return finding(
        headline,
        _facts(level, n=n_text(best), effect=effect, interval=interval_text(best), evidence=evidence, name="effect"),
    )


def _exposures(released: DisclosedFrame) -> set[str]:
    """The predictors that the study asks about; confounders are there for their sake."""
    role = wording("drivers")["roles"]["exposure"]
    parts = {r["term"] for r in rows_of(released, "parts_allowed", "setting")}  # arithmetic, and no finding
    return {r["term"] for r in rows_of(released, "predictors", "role") if r["value"] == role} - parts


def _predictor(term: str) -> str:
    return term.partition(": ")[0]


_RANKS = {"withheld": 0, "unclear": 1, "some": 2, "good": 3}


def _lowest_area(released: DisclosedFrame, level: str) -> Block | None:
    overall = wording("instrument")["overall"]
    every = [r for r in rows_of(released, "scores", "mean") if r["term"] != overall]
    rows = [r for r in every if is_shown(r) and has_interval(r)]
    if len(rows) < 2:
        return None
    lowest = min(rows, key=lambda r: r["value"])
    others = [r["term"] for r in rows if r is not lowest and r["conf_low"] <= lowest["conf_high"]]
    total = len(rows) - 1
    if len(rows) < len(every):
        name = "area_shown_unclear" if others else "area_shown"
    else:
        name = "area_clear" if not others else "area_unclear" if len(others) < total else "area_unclear_all"
    headline = phrase("summary", name, area=lowest["term"], count=len(others), total=total, shown=len(rows))
    return finding(headline, _estimated(lowest, level))


def _reliability(released: DisclosedFrame, level: str) -> Block | None:
    row = find(released, "reliability_whole", "alpha", term=wording("instrument")["all_items"])
    if row is None:
        return None
    name = "reliability_enough" if row["conf_low"] >= wording("sentences")["least_reliability"] else "reliability_short"
    effect = wording("summary")["facts"]["alpha"].format(value=value_text(row))
    return finding(
        phrase("summary", name),
        _facts(
            level,
            n=n_text(row),
            effect=effect,
            interval=interval_text(row),
            evidence=phrase("evidence", "label_estimated"),
        ),
    )
