"""Sentences on what the national model hangs on, and on what acting on its risks would do."""

from __future__ import annotations

import math
from collections.abc import Sequence

import resilience_stats as rs
from resilience_stats.disclosure import DisclosedFrame
from resilience_stats.report.reading import Row, find, interval_text, is_shown, n_text, rows_of, value_text
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
    over = {row["term"]: row for row in _shown(released, "national_gains", "gain_over_all")}
    none = {row["term"]: row for row in _shown(released, "national_gains", "gain_over_none")}
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


def closure_sentences(released: DisclosedFrame) -> list[str]:
    """Return how well the model of codes that go tells them apart, and what goes with it most."""
    words, fit = wording("national")["closure_model"], rs.closure_model().fit
    c = find(released, "closure_performance", "c_statistic", term=words["c_statistic"])
    slope = find(released, "closure_performance", "calibration_slope", term=words["slope"])
    events = find(released, "closure_performance", "published_count", term=words["events"])
    if c is None or slope is None or events is None:
        return []
    said = [phrase("national", "closure", n=n_text(c), events=value_text(events), first=fit["first"], last=fit["last"],
                   c=value_text(c), interval=interval_text(c), slope=value_text(slope))]  # fmt: skip
    ratios = _shown(released, "closure_model", "odds_ratio")
    clear = [row for row in ratios if row["conf_low"] > 1 or row["conf_high"] < 1]
    if clear:
        most = max(clear, key=lambda row: abs(math.log(row["value"])))
        said.append(phrase("national", "closure_strongest", name=most["term"], ratio=value_text(most),
                           interval=interval_text(most)))  # fmt: skip
    return said


def local_closure_sentences(released: DisclosedFrame) -> list[str]:
    """Return how many local codes went against what the model expects, or that it is not known."""
    at = {row["statistic"]: row for row in rows_of(released, "local_closure")}
    if not at:
        return [phrase("national", "closure_none")]
    expected, share, ratio = at["published_expected"], at["share"], at.get("observed_expected")
    if not is_shown(share):
        return [phrase("national", "closure_withheld", expected=value_text(expected), n=n_text(expected))]
    said = [phrase("national", "closure_local", expected=value_text(expected), n=n_text(expected),
                   observed=value_text(share))]  # fmt: skip
    if ratio is not None and is_shown(ratio):
        low, high = ratio["conf_low"], ratio["conf_high"]
        key = "closure_more" if low > 1 else "closure_fewer" if high < 1 else "closure_alike"
        said.append(phrase("national", key, ratio=value_text(ratio), interval=interval_text(ratio)))
    return said


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
