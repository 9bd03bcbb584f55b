"""Sentences on how far the drivers' findings hang on choices."""

from __future__ import annotations

from resilience_stats.disclosure import DisclosedFrame
from resilience_stats.models.guards import FEW_CLUSTERS, FEW_DF, IMPLAUSIBLE_R2
from resilience_stats.report.reading import Row, find, is_shown, rows_of, value_text
from resilience_stats.report.wording import phrase, wording

#: Codes of the model's notes whose figures are rows of this chapter, so that they are told as such.
TOLD_AS_ROWS = frozenset(
    {
        "rows-dropped",
        "clusters",
        "few-clusters",
        "df-budget",
        "implausibly-good",
        "part-of-outcome-allowed",
        "mediator-adjusted",
    }
)


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
    return [*said, *_about_the_curve(released)] if said else [phrase("driver_checks", "curve_none")]


def _about_the_curve(released: DisclosedFrame) -> list[str]:
    pooled = [r for r in rows_of(released, "specification_imputations", "imputations") if is_shown(r) and r["value"]]
    models = {str(r["value"]) for r in rows_of(released, "specifications", "setting")}
    said = (
        [phrase("driver_checks", "curve_imputed", m=value_text(max(pooled, key=lambda r: r["value"])))]
        if pooled
        else []
    )
    without = [str(r["term"]) for r in rows_of(released, "specification_without", "setting")]
    said += [phrase("driver_checks", "curve_without", names=", ".join(without))] if without else []
    lost = [r for r in rows_of(released, "specification_failed", "specifications") if is_shown(r) and r["value"]]
    told = ", ".join(f"{r['term']} ({value_text(r)})" for r in lost)
    said += [phrase("driver_checks", "curve_failed", names=told)] if lost else []
    if wording("driver_checks")["options"]["ordinal"] in models:
        said.append(phrase("driver_checks", "curve_ordinal"))
    return [*said, phrase("driver_checks", "curve_note")]


def parallel_sentences(released: DisclosedFrame) -> list[str]:
    """Return whether one odds ratio serves every cut of the ordered model, by its tests."""
    rows = [r for r in rows_of(released, "parallel", "p_value") if is_shown(r)]
    every = wording("driver_checks")["parallel_all"]
    level = wording("evidence")["level"]
    whole = next((r for r in rows if r["term"] == every), None)
    # Each predictor is asked about: the smallest p has to survive as many tests as there are.
    single = [r for r in rows if r["term"] != every]
    against = [str(r["term"]) for r in single if r["value"] * len(single) < level]
    if against:
        return [phrase("driver_checks", "parallel_fails", names=", ".join(against))]
    if whole is None:
        return [phrase("driver_checks", "parallel_untold")] if single else []
    name = "parallel_fails_together" if whole["value"] < level else "parallel_held"
    return [phrase("driver_checks", name, p=value_text(whole))]


def _named(words: dict[str, str]) -> list[tuple[str, str]]:
    return [("share" if k == "sign" else k, label) for k, label in words.items()]


def specification_subtitle(released: DisclosedFrame) -> str:
    """Return what the specification curve shows: the exposure that the study declares first."""
    row = next(iter(rows_of(released, "specified", "setting")), None)
    return phrase("driver_checks", "curve_subtitle", predictor=row["value"] if row is not None else "")


def method_sentences(released: DisclosedFrame) -> list[str]:
    """Return whether anything is explained by its own parts, and what one respondent's mood may be behind."""
    names = [str(r["term"]) for r in rows_of(released, "same_respondent", "setting")]
    parts = [str(r["term"]) for r in rows_of(released, "parts_allowed", "setting")]
    said = [phrase("drivers", "part_allowed", predictor=name) for name in parts] or [
        phrase("driver_checks", "circular")
    ]
    if names:
        return [*said, phrase("driver_checks", "common_method", names=", ".join(names))]
    return [*said, phrase("driver_checks", "other_sources")]


def guard_sentences(released: DisclosedFrame) -> list[str]:
    """Return what the networks leave of the degrees of freedom, whether the fit is too good, and further notes."""
    said = _networks(released)
    fit = find(released, "guards", "r_squared_adjusted")
    if fit is not None:
        name = "implausible" if fit["value"] > IMPLAUSIBLE_R2 else "plausible"
        said.append(phrase("drivers", name, value=value_text(fit), most=IMPLAUSIBLE_R2))
    notes = [r for r in rows_of(released, "model_notes", "note") if r["term"] not in TOLD_AS_ROWS]
    return [*said, *(str(r["value"]) for r in notes)]


def _networks(released: DisclosedFrame) -> list[str]:
    term = wording("drivers")["budget"]["networks"]
    count = find(released, "guards", "columns", term=term)
    low, high = (find(released, "guards", "df", term=term, group=end) for end in ("low", "high"))
    if count is None or low is None or high is None:
        return [phrase("drivers", "strangers")] if rows_of(released, "strangers", "setting") else []
    ends = dict.fromkeys((value_text(low), value_text(high)))
    df = phrase("drivers", "df_one" if len(ends) == 1 else "df_between", low=value_text(low), high=value_text(high))
    said = [phrase("drivers", "networks", networks=value_text(count), df=df)]
    few = count["value"] < FEW_CLUSTERS or low["value"] < FEW_DF
    return [*said, phrase("drivers", "few_networks")] if few else said
