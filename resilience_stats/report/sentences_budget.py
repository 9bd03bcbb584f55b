"""Sentences on what the practices carry: which declared predictors go together, and which had to be left out."""

from __future__ import annotations

from resilience_stats.disclosure import DisclosedFrame
from resilience_stats.report.reading import Row, find, rows_of, value_text
from resilience_stats.report.wording import phrase, wording


def adjusted_sentences(released: DisclosedFrame) -> list[str]:
    """Return how the effects of the adjusted model are to be read; nothing where there is no such model.

    Parameters
    ----------
    released : DisclosedFrame
        The rows of `effect_rows` after the policy.
    """
    terms = {str(r["term"]).partition(": ")[0] for r in rows_of(released, "effects", "effect_per_sd")}
    if not terms:
        return []
    return [phrase("drivers", "adjusted" if len(terms) > 1 else "adjusted_one")]


def refused_sentences(released: DisclosedFrame) -> list[str]:
    """Return which declared predictors the practices do not carry beside the others, and what is left of them.

    Parameters
    ----------
    released : DisclosedFrame
        The rows of `budget_rows` after the policy.
    """
    words = wording("drivers")
    flat = rows_of(released, "outcome_flat", "setting")
    if flat:
        return [phrase("drivers", f"outcome_{flat[0]['value']}")]
    every = rows_of(released, "refused", "reason")
    if not every and not rows_of(released, "predictors", "role"):
        return [phrase("drivers", "no_predictor")]
    same = [str(r["term"]) for r in every if r["value"] == words["refused"]["constant"]]
    said = [phrase("drivers", "refused_constant", names=", ".join(same))] if same else []
    rows = [r for r in every if str(r["term"]) not in same]
    return [*said, *_too_many(released, rows)] if rows else said


def _too_many(released: DisclosedFrame, rows: list[Row]) -> list[str]:
    words = wording("drivers")
    kept = [str(r["term"]) for r in rows_of(released, "carried", "setting")]
    only_mediators = {str(r["group"]) for r in rows} == {words["roles"]["mediator"]}
    name = "refused_all" if not kept else "refused_mediators" if only_mediators else "refused_joint"
    said = [phrase("drivers", name, kept=", ".join(kept), **_sums(released))]
    for left, sentence in (("alone", "refused_alone"), ("nowhere", "refused_nowhere")):
        names = [str(r["term"]) for r in rows if r["value"] == words["refused"][left]]
        said += [phrase("drivers", sentence, names=", ".join(names))] if names else []
    return said


def _sums(released: DisclosedFrame) -> dict[str, str]:
    words = wording("drivers")
    value, few = words["budget"]["value"], words["refused"]["few"]
    practices = find(released, "budget", "practices", group=value, term=words["budget"]["practices"])
    carried, each = (
        find(released, "budget", "columns", group=value, term=words["refused"][name]) for name in ("carried", "each")
    )
    one = carried is not None and carried["value"] == 1
    return {
        "n": few if practices is None else value_text(practices),
        "carried": _text(carried),
        "each": _text(each),
        "parameters": words["refused"]["parameter" if one else "parameters"],
    }


def _text(row: Row | None) -> str:
    return "" if row is None else value_text(row)
