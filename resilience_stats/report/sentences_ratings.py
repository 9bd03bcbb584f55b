"""Sentences on inspection ratings: every number is a released row, every verdict follows from it."""

from __future__ import annotations

import datetime as dt

import resilience_stats as rs
from resilience_stats.disclosure import DisclosedFrame, format_value
from resilience_stats.report.reading import Row, find, interval_text, is_shown, n_text, rows_of, value_text
from resilience_stats.report.sentences_outcomes import listed
from resilience_stats.report.wording import phrase, wording


def era_sentences(released: DisclosedFrame) -> list[str]:
    """Return how the share of poor ratings differs between the oldest and the newest of those that stand."""
    words = wording("ratings")
    shares = rows_of(released, "eras_share", "published_share")
    held = [r for r in shares if r["term"] == words["worse"] and is_shown(r)]
    if len(held) < 2:
        return []
    old, new = held[0], held[-1]
    return [
        phrase("ratings", "fewest", old=value_text(old), first=old["group"], new=value_text(new), last=new["group"],
               bad=words["worse"].lower())
    ]  # fmt: skip


def local_budget_sentences(released: DisclosedFrame) -> list[str]:
    """Return for which outcomes the local events carry no parameter, and how many for the others."""
    held: dict[int, list[str]] = {}
    for row in rows_of(released, "local_budget", "parameters_allowed"):
        held.setdefault(int(row["value"]), []).append(str(row["term"]))
    said = []
    for count, names in sorted(held.items()):
        if count == 0:
            said.append(phrase("ratings", "budget_none", outcomes=listed(names)))
            continue
        allowed = phrase("ratings", "parameter" if count == 1 else "parameters", n=count)
        said.append(phrase("ratings", "budget_some", outcomes=listed(names), allowed=allowed))
    return said


def national_model_sentences(released: DisclosedFrame) -> list[str]:
    """Return how well the national model separates practices, and whether it is one model at all."""
    words, window = wording("ratings"), rs.national_model().held["window"]
    c = find(released, "national_performance", "c_statistic", term=words["terms"]["c_statistic"])
    slope = find(released, "national_calibration", "calibration_slope")
    p = find(released, "national_performance", "p_value", term=words["model"]["performance"])
    if c is None or slope is None:
        return []
    first, last = _day(window["first"]), _day(window["snapshot"])
    said = [
        phrase("ratings", "national", n=n_text(c), first=first, last=last, c=value_text(c), interval=interval_text(c),
               slope=value_text(slope))
    ]  # fmt: skip
    if p is not None and p["value"] < 0.05:
        said.append(phrase("ratings", "eras_differ", p=value_text(p)))
    return said


def local_calibration_sentences(released: DisclosedFrame) -> list[str]:
    """Return what the national model expects of local practices and how far it was moved, or that it does not apply."""
    rows = rows_of(released, "local_calibration")
    if not rows:
        window = rs.national_model().held["window"]
        return [phrase("ratings", "not_applied", first=_day(window["first"]), last=_day(window["snapshot"]))]
    at = {r["statistic"]: r for r in rows}
    share, risk = at["share"], at["published_expected"]
    if not (is_shown(share) and is_shown(risk)):
        return [phrase("ratings", "applied_withheld", n=n_text(risk))]
    said = [phrase("ratings", "applied", n=n_text(risk), expected=value_text(risk), observed=value_text(share))]
    ratio = at.get("observed_expected")
    if ratio is not None and is_shown(ratio):
        low, high = ratio["conf_low"], ratio["conf_high"]
        key = "applied_more" if low > 1 else "applied_fewer" if high < 1 else "applied_alike"
        said.append(phrase("ratings", key, ratio=value_text(ratio), interval=interval_text(ratio)))
    return [*said, *_update(released, at)]


def _update(released: DisclosedFrame, at: dict[str, Row]) -> list[str]:
    """What was done to the national model here."""
    words = wording("ratings")["updates"]
    decided = next((r["value"] for r in rows_of(released, "local_update", "decision")), None)
    verdict = next((name for name, text in words.items() if text == decided), None)
    if verdict is None:
        return []
    row = at.get(f"calibration_{verdict}")
    if row is None:
        return [phrase("ratings", "update_refused")]
    return [phrase("ratings", f"update_{verdict}", **{verdict: value_text(row)}, interval=interval_text(row))]


def published_outcome_sentences(released: DisclosedFrame) -> list[str]:
    """Return which printed percentage does not follow from its counts."""
    held = {(r["term"], r["statistic"]): r for r in rows_of(released, "published_outcomes")}
    said = []
    for (term, statistic), printed in held.items():
        share = held.get((term, "published_share"))
        if statistic == "printed_percent" and share is not None and abs(100 * share["value"] - printed["value"]) > 0.5:
            count, of = (value_text(held[term, name]) for name in ("published_count", "published_of"))
            said.append(phrase("ratings", "printed", label=term, count=count, of=of, share=value_text(share),
                               printed=format_value("count", printed["value"])))  # fmt: skip
    return said


def checked_table_sentences(released: DisclosedFrame) -> list[str]:
    """Return which rows of the published table of odds ratios cannot be right as printed."""
    count = find(released, "checked_table", "published_count", term=wording("ratings")["model"]["checked"])
    wrong = rows_of(released, "checked_table", "decision")
    if count is None:
        return []
    if not wrong:
        return [phrase("ratings", "checked_whole", n=value_text(count))]
    named = "; ".join(f"“{row['term']}” ({row['value']})" for row in wrong)
    return [phrase("ratings", "checked", n=value_text(count), wrong=format_value("count", len(wrong)), named=named)]


def nobody_should_conclude() -> list[str]:
    """Return the conclusions that the numbers of the chapter do not carry.

    Examples
    --------
    >>> nobody_should_conclude()[0].startswith("That support works")
    True
    """
    return list(wording("ratings")["nobody"].values())


def _day(text: str) -> str:
    day = dt.date.fromisoformat(text)
    return f"{day.day} {day:%B %Y}"
