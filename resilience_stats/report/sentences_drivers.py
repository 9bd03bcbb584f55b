"""Sentences on how far the drivers' findings hang on choices."""

from __future__ import annotations

from resilience_stats.disclosure import DisclosedFrame
from resilience_stats.report.reading import Row, find, is_shown, rows_of, value_text
from resilience_stats.report.wording import phrase, wording


def sensitivity_sentences(released: DisclosedFrame) -> list[str]:
    """Return for which predictors every way of fitting the model agrees, and what could not be done."""
    rows = [r for r in rows_of(released, "sensitivity", "effect_per_sd") if is_shown(r)]
    by_term = {term: [r["value"] for r in rows if r["term"] == term] for term in dict.fromkeys(r["term"] for r in rows)}
    count = len({r["group"] for r in rows})
    same = [term for term, values in by_term.items() if min(values) > 0 or max(values) < 0]
    other = [term for term in by_term if term not in same]
    said = [
        phrase("driver_checks", name, count=count, names=", ".join(names))
        for name, names in (("steady", same), ("unsteady", other))
        if names
    ]
    far = find(released, "influential", "practices")
    if far is not None:
        said.append(phrase("driver_checks", "influential", count=value_text(far)))
    said += _places(released)
    omitted = [str(r["value"]) for r in rows_of(released, "omitted", "reason")]
    return [*said, phrase("driver_checks", "omitted", names="; ".join(omitted))] if omitted else said


def _places(released: DisclosedFrame) -> list[str]:
    words = wording("driver_checks")["variants"]
    rows = [r for r in rows_of(released, "sensitivity_other", "effect_per_sd") if is_shown(r)]
    low = {r["term"]: r["value"] for r in rows if r["group"] == words["place_low"]}
    high = {r["term"]: r["value"] for r in rows if r["group"] == words["place_high"]}
    turned = [term for term in low if term in high and low[term] < 0 < high[term]]
    kept = [term for term in low if term in high and term not in turned]
    said = [phrase("driver_checks", "places", names=", ".join(kept))] if kept else []
    return [*said, phrase("driver_checks", "places_change", names=", ".join(turned))] if turned else said


def specification_sentences(released: DisclosedFrame) -> list[str]:
    """Return for each exposure the share of specifications that agree in sign, and how far the estimates reach."""
    words = wording("driver_checks")["summary"]
    rows = rows_of(released, "specification_summary")
    by_term: dict[str, dict[str, Row]] = {}
    for row in rows:
        if row["term"] and is_shown(row):
            by_term.setdefault(str(row["term"]), {})[str(row["group"])] = row
    said = [
        phrase("driver_checks", "curve", predictor=term, **{k: value_text(at[label]) for k, label in _named(words)})
        for term, at in by_term.items()
        if set(words.values()) <= at.keys()
    ]
    return [*said, phrase("driver_checks", "curve_note")] if said else [phrase("driver_checks", "curve_none")]


def _named(words: dict[str, str]) -> list[tuple[str, str]]:
    return [("share" if k == "sign" else k, label) for k, label in words.items()]


def specification_subtitle(released: DisclosedFrame) -> str:
    """Return what the specification curve shows: the exposure that the study declares first."""
    row = next(iter(rows_of(released, "specified", "setting")), None)
    return phrase("driver_checks", "curve_subtitle", predictor=row["value"] if row is not None else "")


def method_sentences(released: DisclosedFrame) -> list[str]:
    """Return that nothing is explained by its own parts, and what one respondent's mood may be behind."""
    names = [str(r["term"]) for r in rows_of(released, "same_respondent", "setting")]
    said = phrase("driver_checks", "common_method", names=", ".join(names)) if names else None
    return [phrase("driver_checks", "circular"), said or phrase("driver_checks", "other_sources")]
