"""Plain sentences from disclosed rows: the rows decide the verdict, wording/*.toml says it."""

from __future__ import annotations

from collections.abc import Mapping

from resilience_stats.disclosure import DisclosedFrame
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
from resilience_stats.report.rows.drivers import DriverModels
from resilience_stats.report.wording import phrase, wording
from resilience_stats.results.rows import TOTAL


def level_text(conf_level: float) -> str:
    """Return a confidence level as it is printed.

    Examples
    --------
    >>> level_text(0.95)
    '95%'
    """
    return f"{100 * conf_level:g}%"


def response_sentences(released: DisclosedFrame, by: str) -> list[str]:
    """Return how many answered, and how far the groups of one characteristic differ in that."""
    output = f"response_by_{by}"
    asked, responded = find(released, output, "asked", group=TOTAL), find(released, output, "responded", group=TOTAL)
    rate = find(released, output, "response_rate", group=TOTAL)
    if asked is None or responded is None or rate is None:
        return [phrase("sentences", "response_withheld")]
    said = [
        phrase("sentences", "response", asked=value_text(asked), responded=value_text(responded), rate=value_text(rate))
    ]
    every = [r for r in rows_of(released, output, "response_rate") if r["group"] != TOTAL]
    rates = [r for r in every if is_shown(r)]
    if len(rates) > 1:
        low, high = min(rates, key=lambda r: r["value"]), max(rates, key=lambda r: r["value"])
        said.append(
            phrase(
                "sentences",
                "response_range" if len(rates) == len(every) else "response_range_shown",
                low=value_text(low),
                low_group=low["group"],
                high=value_text(high),
                high_group=high["group"],
            )
        )
    return said


def comparison_sentences(released: DisclosedFrame) -> list[str]:
    """Return in which characteristics those who answered differ from those who did not by more than a little."""
    rows = [r for r in rows_of(released, "comparison", "smd") if is_shown(r)]
    if rows_of(released, "comparison_one_group", "setting"):
        return [phrase("sentences", "one_group")]
    least = wording("sentences")["notable_difference"]
    notable = [r for r in rows if abs(r["value"]) >= least]
    if not rows:
        return []
    if not notable:
        return [phrase("sentences", "alike", count=len(rows), least=least)]
    named = ", ".join(f"{r['term']} ({value_text(r)})" for r in notable)
    return [phrase("sentences", "differ", named=named, least=least, count=len(rows))]


def linkage_sentences(released: DisclosedFrame) -> list[str]:
    """Return how many joins matched every row, and the reasons of those that did not."""
    unmatched = [r for r in rows_of(released, "joins", "unmatched") if is_shown(r) and r["value"] > 0]
    reasons = {(r["group"], r["term"]): r["value"] for r in rows_of(released, "joins", "counted_reason")}
    hidden = dict.fromkeys(str(r["group"]) for r in rows_of(released, "joins", "unmatched") if not is_shown(r))
    withheld = [phrase("sentences", "joins_withheld", names=", ".join(hidden))] if hidden else []
    if not unmatched:
        return withheld or [phrase("sentences", "joins_whole")]
    return withheld + [
        phrase(
            "sentences",
            "joins_unmatched",
            table=r["group"],
            stage=str(r["term"]).lower(),
            count=value_text(r),
            reason=reasons.get((r["group"], r["term"]), ""),
        )
        for r in unmatched
    ]


def reliability_sentences(released: DisclosedFrame, *, conf_level: float) -> list[str]:
    """Return which areas are measured reliably enough to be read on their own."""
    areas = [r for r in rows_of(released, "reliability", "alpha") if is_shown(r)]
    row = find(released, "reliability_whole", "alpha", term=wording("instrument")["all_items"])
    least = wording("sentences")["least_reliability"]
    said = []
    if row is not None:
        figures = {"value": value_text(row), "interval": interval_text(row), "n": n_text(row)}
        said.append(phrase("sentences", "reliability_whole", level=level_text(conf_level), **figures))
    below = [r["term"] for r in areas if r["conf_high"] < least]
    above = [r["term"] for r in areas if r["conf_low"] >= least]
    open_ = [r["term"] for r in areas if r["conf_low"] < least <= r["conf_high"]]
    if not areas and row is None and not rows_of(released, "reliability", "alpha"):
        said.append(phrase("instrument", "reliability_none"))
    said += _flat(released)
    for key, names in (("reliability_above", above), ("reliability_open", open_), ("reliability_below", below)):
        if names:
            said.append(phrase("sentences", key, names=", ".join(names), least=least, level=level_text(conf_level)))
    return said


def _flat(released: DisclosedFrame) -> list[str]:
    """The questions that nobody answered, and those that all answered alike."""
    rows, words = rows_of(released, "items_flat", "setting"), wording("instrument")["flat"]
    named = {key: [f"“{r['term']}”" for r in rows if r["value"] == words[key]] for key in ("unanswered", "alike")}
    return [phrase("instrument", f"flat_{key}", names=", ".join(names)) for key, names in named.items() if names]


def driver_sentences(released: DisclosedFrame, *, conf_level: float) -> list[str]:
    """Return one sentence per predictor, confounders last; its verdict follows from the interval and the adjusted p."""
    rows = rows_of(released, "effects", "effect_per_sd")
    roles = {str(r["term"]): str(r["value"]) for r in rows_of(released, "predictors", "role")}
    confounder = wording("drivers")["roles"]["confounder"]
    parts = {str(r["term"]) for r in rows_of(released, "parts_allowed", "setting")}
    beside = [r for r in rows if _of_predictor(r, roles) == confounder]
    asked = [r for r in rows if r not in beside]
    said = [_driver(r, released, conf_level, "part" if str(r["term"]) in parts else "") for r in asked]
    return said + [_driver(r, released, conf_level, "confounder") for r in beside]


def _of_predictor(row: Row, held: Mapping[str, str]) -> str | None:
    """What is held of the predictor of a row: a level of a factor stands after a colon."""
    term = str(row["term"])
    return held.get(term, held.get(term.rpartition(": ")[0]))


def _driver(row: Row, released: DisclosedFrame, conf_level: float, role: str = "") -> str:
    p = find(released, "effects", "p_adjusted", term=row["term"])
    verdict = strength(row, p)
    if verdict == "withheld":
        return phrase("drivers", "withheld", predictor=row["term"])
    name = role or (verdict if verdict == "unclear" else direction(row))
    unit = next((str(r["value"]) for r in rows_of(released, "effects", "unit") if r["term"] == row["term"]), "")
    grouped = find(released, "effects", "effect", term=row["term"]) if "against" in unit and role != "part" else None
    shown = row if grouped is None else grouped
    return phrase(
        "drivers",
        name if grouped is None else f"{name}_group",
        predictor=row["term"],
        unit=unit,
        value=value_text(shown),
        interval=interval_text(shown),
        n=n_text(row),
        level=level_text(conf_level),
        evidence=strength_label(row, p),
    )


def importance_sentences(released: DisclosedFrame, *, conf_level: float) -> list[str]:
    """Return which predictor is the most important, or that none can be called so."""
    ranks = [r for r in rows_of(released, "importance", "rank_probability") if is_shown(r)]
    if not ranks:
        alone = len(rows_of(released, "effects", "effect_per_sd")) == 1
        return [phrase("drivers", "one_predictor")] if alone else []
    first = max(ranks, key=lambda r: r["value"])
    share = find(released, "importance", "importance_share", term=first["term"])
    if share is None:
        return []
    name = "first_clear" if first["value"] >= wording("drivers")["first_probability"] else "first_unclear"
    said = phrase(
        "drivers",
        name,
        predictor=first["term"],
        share=value_text(share),
        interval=interval_text(share),
        probability=value_text(first),
        level=level_text(conf_level),
    )
    return [said, *_floor(released)]


def _floor(released: DisclosedFrame) -> list[str]:
    shares = [r for r in rows_of(released, "importance", "importance_share") if is_shown(r) and has_interval(r)]
    return [phrase("drivers", "shares_floor")] if any(r["value"] < r["conf_low"] for r in shares) else []


def budget_sentences(released: DisclosedFrame) -> list[str]:
    """Return whether the data carry the model."""
    words = wording("drivers")
    row = find(
        released, "budget", "calibration_slope", group=words["budget"]["value"], term=words["budget"]["shrinkage"]
    )
    if row is None:
        return []
    name = "budget_enough" if row["value"] >= words["least_shrinkage"] else "budget_short"
    said = [phrase("drivers", name, shrinkage=value_text(row), least=words["least_shrinkage"], n=n_text(row))]
    return said if name == "budget_enough" else [*said, *_proposal(released)]


def _proposal(released: DisclosedFrame) -> list[str]:
    words = wording("drivers")["budget"]
    carried, used = (
        find(released, "budget", "columns", group=words["value"], term=words[name])
        for name in ("carried", "parameters")
    )
    if carried is None or used is None:
        return []
    name = "proposal" if carried["value"] else "proposal_none"
    return [phrase("drivers", name, n=n_text(carried), carried=value_text(carried), used=value_text(used))]


def special_measures_sentences(released: DisclosedFrame) -> list[str]:
    """Return how much can be said of special measures, which with few cases is little."""
    words = wording("special_measures")
    row = next(
        (r for r in rows_of(released, "stages", "practices") if r["term"] == words["stages"]["entered_on"]), None
    )
    if row is None:
        return [phrase("special_measures", "register_absent")]
    if is_shown(row) and row["value"] == 0:
        return [phrase("special_measures", "none")]
    if not is_shown(row) or row["value"] < words["least"]:
        return [phrase("special_measures", "few", least=words["least"])]
    return [phrase("special_measures", "several", n=value_text(row))]


def note_sentences(released: DisclosedFrame, *, output: str = "model_notes") -> list[str]:
    """Return what the fitted models want their reader to know, each thing once."""
    return [str(row["value"]) for row in rows_of(released, output, "note") if is_shown(row)]


def mediator_sentences(models: DriverModels) -> list[str]:
    """Return which predictors were declared as mediators and what was done with them, and of which nothing is known."""
    named = {n: role for n, role in (models.roles | models.refused).items() if role == "mediator"}
    put_in = "mediators" if models.with_mediators is not None else "mediators_alone"
    names = ", ".join(models.labels[name] for name in named)
    said = [phrase("drivers", put_in, names=names) if names else phrase("drivers", "no_mediators")]
    absent = [models.labels[name] for name in models.absent]
    return [*said, phrase("drivers", "absent", names=", ".join(absent))] if absent else said
