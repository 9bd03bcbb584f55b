"""Sentences on outcomes: what was refused, fitted and found; what went with leaving special measures, and when."""

from __future__ import annotations

from resilience_stats.disclosure import DisclosedFrame
from resilience_stats.report.reading import Row, interval_text, is_shown, n_text, rows_of, value_text
from resilience_stats.report.wording import phrase, wording

_CLEAR = 0.05


def local_model_sentences(released: DisclosedFrame) -> list[str]:
    """Return which local models were refused, which were made smaller, and what those that remain show.

    Notes
    -----
    An effect is told as higher or lower only where its interval excludes an odds ratio of one.
    """
    told = {row["term"]: row["value"] for row in rows_of(released, "local_model_decisions", "decision")}
    said = []
    for verdict, text in wording("outcomes")["decisions"].items():
        names = [term for term, decided in told.items() if decided == text]
        if names:
            said.append(phrase("outcomes", verdict, names=listed(names)))
    said += [_effect(row) for row in rows_of(released, "local_models", "odds_ratio") if is_shown(row)]
    said += [_number(row) for row in rows_of(released, "local_numbers", "effect_per_sd") if is_shown(row)]
    said += [
        phrase("outcomes", "fit", outcome=row["group"], c=value_text(row), interval=interval_text(row))
        for row in rows_of(released, "local_model_fit", "c_statistic")
        if is_shown(row)
    ]
    return said


def missing_outcome_sentences(released: DisclosedFrame) -> list[str]:
    """Return which outcomes the study has no data of."""
    shown = {row["term"] for row in rows_of(released, "local_budget", "parameters_allowed")}
    words = wording("outcomes")
    absent = [label for label in (*words["outcomes"].values(), words["access"]) if label not in shown]
    return [phrase("outcomes", "missing", names=listed(absent))] if absent else []


def success_sentences(released: DisclosedFrame) -> list[str]:
    """Return what went with leaving special measures more or less often than chance allows, or why nothing is said."""
    words = wording("special_measures")
    tried = rows_of(released, "success", "odds_ratio")
    ratios = [row for row in tried if is_shown(row)]
    p_values = {row["term"]: row for row in rows_of(released, "success", "p_adjusted") if is_shown(row)}
    if tried and not ratios:
        return [phrase("special_measures", "success_withheld")]
    if not ratios:
        return [phrase("special_measures", "no_success", least=words["least"], each=words["least_of_each"])]
    clear = [row for row in ratios if row["term"] in p_values and p_values[row["term"]]["value"] < _CLEAR]
    if not clear:
        return [phrase("special_measures", "success_none", n=len(ratios))]
    return [
        phrase("special_measures", "success_more" if row["value"] > 1 else "success_less", name=row["term"],
               ratio=value_text(row), interval=interval_text(row), p=value_text(p_values[row["term"]]))
        for row in clear
    ]  # fmt: skip


def duration_sentences(released: DisclosedFrame) -> list[str]:
    """Return how many have left special measures by the last half-year shown, or why that is not estimated."""
    words = wording("special_measures")
    left = [row for row in rows_of(released, "duration", "cumulative_share")
            if is_shown(row) and row["group"] == words["outcomes"]["improved"]]  # fmt: skip
    if not left:
        return [phrase("special_measures", "no_duration", least=words["least"])]
    last = left[-1]
    return [
        phrase("special_measures", "duration", months=str(last["term"]).capitalize(), left=value_text(last),
               interval=interval_text(last))
    ]  # fmt: skip


def _effect(row: Row) -> str:
    low, high = row["conf_low"], row["conf_high"]
    name = "effect_higher" if low > 1 else "effect_lower" if high < 1 else "effect_unclear"
    return phrase("outcomes", name, outcome=row["group"], predictor=_inside(str(row["term"])), ratio=value_text(row),
                  interval=interval_text(row), n=n_text(row))  # fmt: skip


def _number(row: Row) -> str:
    low, high = row["conf_low"], row["conf_high"]
    name = "number_higher" if low > 0 else "number_lower" if high < 0 else "number_unclear"
    return phrase("outcomes", name, outcome=row["group"], predictor=_inside(str(row["term"])), effect=value_text(row),
                  interval=interval_text(row), n=n_text(row))  # fmt: skip


def _inside(label: str) -> str:
    """A label inside a sentence: an abbreviation or a unit keeps its capitals."""
    return label if label[1:2].isupper() else label[:1].lower() + label[1:]


def listed(names: list[str]) -> str:
    """Return names in quotation marks, with *and* before the last.

    Examples
    --------
    >>> listed(["a", "b"])
    '“a” and “b”'
    """
    held = [f"“{name}”" for name in names]
    return held[0] if len(held) == 1 else ", ".join(held[:-1]) + " and " + held[-1]
