"""What was done otherwise than the study file declares, and what could not be done: read off the released rows."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import fields
from typing import Any

import pandas as pd

from resilience_stats.disclosure import DisclosedFrame
from resilience_stats.report.reading import rows_of
from resilience_stats.report.rows.labels import feature_labels
from resilience_stats.report.settings import ChapterParameters
from resilience_stats.report.wording import wording
from resilience_stats.results.rows import combine_rows, make_rows

Departure = tuple[str, str, str, str]
_HELD = {"chapter": "methods"}
_STATISTICS = ("definition", "found", "reason")


def deviation_rows(chapter: Any) -> pd.DataFrame:
    """Return each departure from the study file: what was planned, what was done and why.

    Parameters
    ----------
    chapter : Chapter
        Its study declares the plan; the released rows of the other chapters tell what was done.

    Notes
    -----
    Looked at: each declared predictor and its role against the terms of the adjusted model, terms that were not
    declared, the disclosure policy and its overrides, and the parameters of the chapters. None gives no rows.
    """
    results = chapter.results()
    found = [
        *_predictors(chapter.study, chapter.features, results),
        *_policy(chapter.study, chapter.policy),
        *_parameters(chapter.run.parameters),
    ]
    terms = [what for what, *_ in found]
    made = {name: [departure[i] for departure in found] for i, name in enumerate(_STATISTICS, 1)}
    return combine_rows(
        [make_rows(**_HELD, output="deviations", term=terms, statistic=s, value=v) for s, v in made.items()]
    )


def _predictors(study: Any, features: Any, results: DisclosedFrame) -> Iterable[Departure]:
    words, roles = wording("methods")["deviations"], wording("drivers")["roles"]
    labels = feature_labels(features)
    terms = [str(r["term"]) for r in rows_of(results, "effects", "effect_per_sd") if r["chapter"] == "drivers"]
    refused = {str(r["term"]): str(r["value"]) for r in rows_of(results, "refused", "reason")}
    if study.predictors and not terms and not refused and not rows_of(results, "outcome_flat"):
        planned = words["analysis_planned"].format(count=len(study.predictors))
        what = words["analysis"].format(outcome=study.outcome.label)
        return [(what, planned, words["analysis_done"], words["analysis_reason"])]
    used = dict.fromkeys(term.partition(": ")[0] for term in terms)
    declared = {labels.get(p.name, p.name): p for p in study.predictors}
    made = []
    for label, predictor in declared.items():
        role, is_mediator = roles[predictor.role], predictor.role == "mediator"
        if label in refused and not is_mediator:
            planned = words["predictor_planned"].format(role=role)
            made.append((label, planned, words["predictor_done"], _why_refused(refused[label])))
        elif is_mediator == (label in used):
            kind = "mediator" if is_mediator else "predictor"
            planned = words[f"{kind}_planned"].format(role=role)
            why = words["undeclared_reason"] if is_mediator else _why_absent(features, predictor.name)
            made.append((label, planned, words[f"{kind}_done"], why))
    for row in rows_of(results, "predictors", "role"):
        label, told = str(row["term"]), str(row["value"])
        if label in declared and told != roles[declared[label].role]:
            planned = words["role_planned"].format(role=roles[declared[label].role])
            made.append((label, planned, told, words["other_reason"]))
    for label in used:
        if label not in declared:
            planned = words["undeclared_planned"]
            made.append((label, planned, words["undeclared_done"], words["undeclared_reason"]))
    return made


def _why_refused(value: str) -> str:
    same = value == wording("drivers")["refused"]["constant"]
    return str(wording("methods")["deviations"]["no_variation" if same else "refused_reason"])


def _why_absent(features: Any, name: str) -> str:
    words, frame = wording("methods")["deviations"], features.frame
    if name not in frame or frame[name].isna().all():
        return str(words["no_values"])
    return str(words["no_variation" if frame[name].nunique() == 1 else "other_reason"])


def _policy(study: Any, policy: Any) -> Iterable[Departure]:
    words, own = wording("methods")["deviations"], study.policy.get("preset", "board")
    if policy.name.split(" ")[0] != own:
        return [(words["policy"], str(own), policy.name, words["policy_reason"])]
    changed = {k: v for k, v in study.policy.items() if k not in ("preset", "pseudonym_key")}
    preset = type(policy).preset(own)
    labels = wording("methods")["policy"]
    return [
        (
            words["override"].format(name=labels.get(k, k)),
            str(getattr(preset, k, "")),
            str(v),
            words["override_reason"],
        )
        for k, v in changed.items()
    ]


def _parameters(parameters: ChapterParameters) -> Iterable[Departure]:
    words, names = wording("methods")["deviations"], wording("methods")["settings"]
    for field in fields(ChapterParameters):
        value = getattr(parameters, field.name)
        if field.name != "run" and value != field.default:
            name = words["setting"].format(name=names.get(field.name, field.name))
            yield (name, str(field.default) or names["none"], str(value) or names["none"], words["setting_reason"])


def deviation_sentences(released: DisclosedFrame) -> list[str]:
    """Return whether anything departs from the study file."""
    count = len(rows_of(released, "deviations", "found"))
    name = "none" if not count else "one" if count == 1 else "some"
    return [wording("methods")["deviations"][name].format(count=count)]


def not_made_rows(results: DisclosedFrame) -> pd.DataFrame:
    """Return the analyses that the data could not carry, each with its reason.

    Parameters
    ----------
    results : DisclosedFrame
        The released rows of the chapters, which leave a row where they refuse.
    """
    words = wording("methods")["not_made"]
    found = [(words["omitted"], str(r["value"])) for r in rows_of(results, "omitted", "reason")]
    for name in ("factor_rules_refused", "loadings_refused", "areas_model_refused"):
        found += [(words[name], str(r["value"])) for r in rows_of(results, name, "reason")]
    refused = [r for r in rows_of(results, "rat_structure", "setting") if r["value"] == "refused"]
    found += [(words["rat_structure"], words["rat_reason"])] * bool(refused)
    few = [str(r["term"]) for r in rows_of(results, "programme_few")]
    found += [(words["programme_few"].format(name=name), words["programme_reason"]) for name in few]
    return make_rows(
        **_HELD, output="not_made", term=[w for w, _ in found], statistic="reason", value=[y for _, y in found]
    )


def not_made_sentences(released: DisclosedFrame) -> list[str]:
    """Return which analyses were not made and why; that all were, where none is left out."""
    words, rows = wording("methods")["not_made"], rows_of(released, "not_made", "reason")
    if not rows:
        return [str(words["none"])]
    first = words["one" if len(rows) == 1 else "some"].format(count=len(rows))
    lines = [words["line"].format(what=r["term"], why=str(r["value"]).rstrip(".")) for r in rows]
    return [f"{first} {'; '.join(lines)}."]
