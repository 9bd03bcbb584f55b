"""Sentences on what the national model hangs on, and on what acting on its risks would do."""

from __future__ import annotations

from collections.abc import Sequence

from resilience_stats.disclosure import DisclosedFrame
from resilience_stats.report.reading import Row, find, interval_text, is_shown, rows_of, value_text
from resilience_stats.report.wording import phrase, wording

_CLEAR, _COIN = 0.05, 0.5


def national_sensitivity_sentences(released: DisclosedFrame) -> list[str]:
    """Return between what the model's c-statistic moves with the rows and the predictors, and over the regions."""
    words, said = wording("national")["variants"], []
    held = _shown(released, "national_sensitivity", "c_statistic")
    if len(held) > 1:
        said.append(phrase("national", "sensitivity", inherited=_inherited(held, words), **_ends(held)))
    regions = _shown(released, "national_areas", "c_statistic")
    if len(regions) > 1:
        said.append(phrase("national", "areas", **_ends(regions)))
    return said


def _inherited(held: Sequence[Row], words: dict[str, str]) -> str:
    at = {row["term"]: row for row in held}
    main, without = at.get(words["main"]), at.get(words["without inherited ratings"])
    if main is None or without is None:
        return ""
    moved = abs(main["value"] - without["value"]) >= wording("national")["inherited_least"]
    key = "inherited_differs" if moved else "inherited_same"
    return phrase("national", key, main=value_text(main), without=value_text(without))


def national_subgroup_sentences(released: DisclosedFrame) -> list[str]:
    """Return whether the model's risks come true alike in the kinds of practice, and where it separates least."""
    tests = _shown(released, "national_subgroup_tests", "p_value")
    held = _shown(released, "national_subgroups", "c_statistic")
    if not tests or not held:
        return []
    clear = [str(row["term"]).lower() for row in tests if row["value"] < _CLEAR]
    names = ", ".join(clear or [str(row["term"]).lower() for row in tests])
    least = min(held, key=lambda row: row["value"])
    weakest = "subgroups_coin" if least["conf_low"] <= _COIN else "subgroups_weakest"
    return [
        phrase("national", "subgroups_differ" if clear else "subgroups_alike", names=names),
        phrase("national", weakest, group=str(least["group"]).lower(), term=least["term"], c=value_text(least),
               interval=interval_text(least)),
    ]  # fmt: skip


def national_threshold_sentences(released: DisclosedFrame) -> list[str]:
    """Return at which thresholds the model's risks beat both offering support to all and offering it to nobody."""
    over = {row["term"]: row for row in _shown(released, "national_thresholds", "gain_over_all")}
    none = {row["term"]: row for row in _shown(released, "national_thresholds", "gain_over_none")}
    if not over:
        return []
    clear = [t for t, row in over.items() if row["conf_low"] > 0 and t in none and none[t]["conf_low"] > 0]
    key = "thresholds_some" if clear else "thresholds_none"
    said = [phrase("national", key, thresholds=", ".join(map(str, clear)))]
    example = clear[0] if clear else list(over)[len(over) // 2]
    parts = {k: find(released, "national_thresholds", s, term=str(example))
             for k, s in (("acted", "acted_on_share"), ("ppv", "published_ppv"), ("npv", "published_npv"))}  # fmt: skip
    if all(parts.values()):
        said.append(phrase("national", "threshold_example", threshold=example,
                           **{k: value_text(row) for k, row in parts.items() if row is not None}))  # fmt: skip
    return [*said, phrase("national", "ask")]


def _shown(released: DisclosedFrame, output: str, statistic: str) -> list[Row]:
    return [row for row in rows_of(released, output, statistic) if is_shown(row)]


def _ends(held: Sequence[Row]) -> dict[str, str]:
    low, high = min(held, key=lambda r: r["value"]), max(held, key=lambda r: r["value"])
    return {
        "low": value_text(low), "low_name": _inside(str(low["term"])), "high": value_text(high),
        "high_name": _inside(str(high["term"])),
    }  # fmt: skip


def _inside(label: str) -> str:
    """A label inside a sentence: the names of months, regions and contracts keep their capitals."""
    first = label.split(" ", 1)[0]
    plain = {w.split(" ", 1)[0] for w in wording("national")["variants"].values()} | set(wording("national")["lower"])
    return label[:1].lower() + label[1:] if first in plain else label
