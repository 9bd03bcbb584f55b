"""Sentences on what few events can carry: every number is a released row of the simulation."""

from __future__ import annotations

from resilience_stats.disclosure import DisclosedFrame, format_value
from resilience_stats.report.reading import Row, is_shown, rows_of, value_text
from resilience_stats.report.rows.rare_events import rare_events
from resilience_stats.report.wording import phrase, wording

_PROMISED = 0.95


def rare_event_sentences(released: DisclosedFrame) -> list[str]:
    """Return how wrong estimates and predictions from the fewest events are, by method."""
    words, made = wording("rare_events"), rare_events()
    at = _by_place(released)
    places = list(dict.fromkeys(place for place, _, _ in at))
    if not places:
        return []
    few = places[0]
    said = [phrase("rare_events", "run", replicates=format_value("count", made["replicates"]),
                   practices=format_value("count", made["practices"]))]  # fmt: skip
    rare = {m: words["effect"].format(method=words["methods"][m], predictor=words["predictors"]["z"])
            for m in ("none", "firth")}  # fmt: skip
    said.append(phrase(
        "rare_events", "bias_none", events=few, practices=format_value("count", made["practices"]),
        share=value_text(at[few, words["infinite"], "no_answer_share"]),
        **{m: value_text(at[few, rare[m], "bias"]) for m in rare},
    ))  # fmt: skip
    covers = {m: [r for (_, term, s), r in at.items() if s == "coverage" and term.startswith(words["methods"][m])]
              for m in ("none", "firth")}  # fmt: skip
    said.append(phrase("rare_events", "coverage", **_ends(covers["firth"], ""), **_ends(covers["none"], "none_"),
                       target=value_text({"statistic": "coverage", "value": _PROMISED})))  # fmt: skip
    risks = {m: value_text(at[few, words["methods"][m], "risk_ratio"]) for m in ("firth", "flic", "flac")}
    said.append(phrase("rare_events", "risks", events=few, **risks))
    errors = {k: value_text(at[few, label, "c_error"]) for k, label in words["c_statistics"].items()}
    return [*said, phrase("rare_events", "optimism", events=few, **errors)]


def _by_place(released: DisclosedFrame) -> dict[tuple[str, str, str], Row]:
    outputs = ("rare_effects", "rare_infinite", "rare_risks", "rare_optimism")
    rows = [row for output in outputs for row in rows_of(released, output) if is_shown(row)]
    return {(str(r["group"]), str(r["term"]), str(r["statistic"])): r for r in rows}


def _ends(rows: list[Row], prefix: str) -> dict[str, str]:
    low, high = min(rows, key=lambda r: r["value"]), max(rows, key=lambda r: r["value"])
    return {f"{prefix}low": value_text(low), f"{prefix}high": value_text(high)}
