"""Sentences of the questionnaire's chapter: its structure, what its scores tell apart, and the RAT beside it."""

from __future__ import annotations

from resilience_stats.disclosure import DisclosedFrame, format_value
from resilience_stats.report.reading import Row, find, interval_text, is_shown, n_text, rows_of, value_text
from resilience_stats.report.rows.structure import MERGE_BELOW
from resilience_stats.report.sentences import level_text
from resilience_stats.report.wording import phrase, wording


def factor_number_sentences(released: DisclosedFrame) -> list[str]:
    """Return how many factors the rules suggest, beside the areas that the questionnaire was written for."""
    refused = _refused(released, "factor_rules")
    if refused is not None:
        return [phrase("structure", "number_refused", reason=refused)]
    words = wording("structure")["rules"]
    shown = {r["term"]: r for r in rows_of(released, "factor_rules", "factors") if is_shown(r)}
    rules = [shown[words[k]] for k in ("components", "factors", "map") if words[k] in shown]
    areas = shown.get(words["areas"])
    if not rules or areas is None:
        return []
    low, high = min(rules, key=_value), max(rules, key=_value)
    name = "number_same" if low["value"] == high["value"] else "number"
    figures = {"low": value_text(low), "high": value_text(high), "areas": value_text(areas), "n": n_text(low)}
    said = [phrase("structure", name, **figures)]
    merged = find(released, "factor_merged", "items")
    if merged is not None:
        said.append(phrase("structure", "merged", least=MERGE_BELOW, count=value_text(merged)))
    return said


def loading_sentences(released: DisclosedFrame) -> list[str]:
    """Return how many questions have a place on the factors, or why none are shown."""
    refused = _refused(released, "loadings")
    if refused is not None:
        return [phrase("structure", "loadings_refused", reason=refused)]
    rows = [r for r in rows_of(released, "loadings", "loading") if is_shown(r)]
    if not rows:
        return []
    least = wording("structure")["least_loading"]
    loaded = {r["term"] for r in rows if abs(r["value"]) >= least}
    factors = len({r["group"] for r in rows})
    return [
        phrase(
            "structure",
            "loadings" if factors > 1 else "loadings_one",
            factors=factors,
            loaded=len(loaded),
            items=len({r["term"] for r in rows}),
            least=least,
        )
    ]


def areas_model_sentences(released: DisclosedFrame) -> list[str]:
    """Return whether one factor for each area fits the answers, and whether the practices carry such a model."""
    refused = _refused(released, "areas_model")
    if refused is not None:
        return [phrase("structure", "fit_refused", reason=refused)]
    words = wording("structure")
    at = {r["term"]: r for r in rows_of(released, "areas_model") if is_shown(r)}
    cfi, rmsea, srmr = (at.get(words["fit"][k]) for k in ("cfi", "rmsea", "srmr"))
    if cfi is None or rmsea is None or srmr is None:
        return []
    if cfi["value"] >= words["marks_cfi"] and rmsea["value"] <= words["marks_rmsea"]:
        name = "fit_good"
    elif cfi["value"] >= words["marks_cfi_fair"] and rmsea["value"] <= words["marks_rmsea_fair"]:
        name = "fit_fair"
    else:
        name = "fit_poor"
    figures = {"cfi": value_text(cfi), "rmsea": value_text(rmsea), "srmr": value_text(srmr)}
    marks = {"cfi_mark": words["marks_cfi"], "rmsea_mark": words["marks_rmsea"]}
    said = [phrase("structure", name, **figures, **marks)]
    ratio, parameters = at.get(words["fit"]["ratio"]), at.get(words["fit"]["parameters"])
    if ratio is not None and parameters is not None and ratio["value"] < words["least_rows_per_parameter"]:
        least = words["least_rows_per_parameter"]
        thin = {"parameters": value_text(parameters), "n": n_text(cfi), "ratio": value_text(ratio), "least": least}
        said.append(phrase("structure", "fit_thin", **thin))
    return said


def precision_sentences(released: DisclosedFrame, *, conf_level: float) -> list[str]:
    """Return what differences between scores can be told from error of measurement."""
    overall = wording("instrument")["overall"]
    differences = [r for r in rows_of(released, "precision", "minimal_detectable_change") if is_shown(r)]
    shares = {r["term"]: r for r in rows_of(released, "precision", "pair_share") if is_shown(r)}
    whole = next((r for r in differences if r["term"] == overall), None)
    said = []
    if whole is not None and overall in shares:
        figures = {"difference": _points(whole), "share": value_text(shares[overall])}
        said.append(phrase("precision", "overall", level=level_text(conf_level), **figures))
        said.append(phrase("precision", "not_apart"))
        said.append(phrase("precision", "change", difference=_points(whole)))
    areas = [r for r in differences if r["term"] != overall and r["term"] in shares]
    if len(areas) > 1:
        low, high = min(areas, key=_value), max(areas, key=_value)
        least = min((shares[r["term"]] for r in areas), key=_value)
        ends = {"low": _points(low), "low_area": low["term"], "high": _points(high), "high_area": high["term"]}
        told = {"low_share": value_text(least), "low_share_area": least["term"]}
        said.append(phrase("precision", "areas", **ends, **told))
    return said + _ends(released)


def _ends(released: DisclosedFrame) -> list[str]:
    mark, said = wording("precision")["end_mark"], []
    for end in ("floor", "ceiling"):
        names = [r["term"] for r in rows_of(released, "ends", end) if is_shown(r) and r["value"] > mark]
        if names:
            said.append(phrase("precision", end, names=", ".join(names), mark=_per_cent(mark)))
    return said or [phrase("precision", "no_ends", mark=_per_cent(mark))]


def agreement_sentences(released: DisclosedFrame, *, conf_level: float) -> list[str]:
    """Return how far the RAT agrees with the questionnaire, and for whom that holds."""
    words = wording("agreement")
    if rows_of(released, "agreement_few"):
        return [phrase("agreement", "few", least=words["least"])]
    at = {r["term"]: r for r in rows_of(released, "agreement") if is_shown(r)}
    mean, lower, upper = (at.get(words["measures"][k]) for k in ("difference", "lower", "upper"))
    if mean is None or lower is None or upper is None:
        return [phrase("agreement", "none")]
    level = level_text(conf_level)
    figures = {"n": n_text(mean), "difference": value_text(mean), "interval": interval_text(mean)}
    limits = {"lower": value_text(lower), "upper": value_text(upper)}
    said = [phrase("agreement", "overall", level=level, **figures, **limits)]
    icc = at.get(words["measures"]["icc"])
    if icc is not None:
        said.append(phrase("agreement", "icc", icc=value_text(icc), interval=interval_text(icc), level=level))
    return [*said, phrase("agreement", "selected")]


def rat_structure_sentences(released: DisclosedFrame) -> list[str]:
    """Return that the RAT is not analysed for factors, with how many practices and questions there are."""
    rows = {r["statistic"]: r for r in rows_of(released, "rat_structure") if is_shown(r)}
    if not {"practices", "items", "setting"} <= rows.keys():
        return []
    figures = {"practices": value_text(rows["practices"]), "items": value_text(rows["items"])}
    return [phrase("structure", f"rat_{rows['setting']['value']}", **figures)]


def _refused(released: DisclosedFrame, output: str) -> str | None:
    row = next(iter(rows_of(released, f"{output}_refused", "reason")), None)
    return None if row is None else str(row["value"])


def _value(row: Row) -> float:
    return float(row["value"])


def _points(row: Row) -> str:
    return format_value("change_points", row["value"])


def _per_cent(share: float) -> str:
    return f"{100 * share:g}%"
