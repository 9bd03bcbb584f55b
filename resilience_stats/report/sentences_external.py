"""The score against what lies outside the questionnaire, in words and as tables: verdicts follow from released rows."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from resilience_stats.disclosure import DisclosedFrame
from resilience_stats.models.guards import IMPLAUSIBLE_C
from resilience_stats.report.evidence import strength
from resilience_stats.report.reading import Row, find, interval_text, is_shown, n_text, rows_of, value_text
from resilience_stats.report.sentences import level_text
from resilience_stats.report.wording import phrase, wording

_TOPIC = "external"


def external_sentences(released: DisclosedFrame, *, conf_level: float) -> list[str]:
    """Return for each criterion how the score goes with it, or why nothing is said; and of which there is no file."""
    level = level_text(conf_level)
    listed = [str(r["term"]) for r in rows_of(released, "external", "setting")]
    absent = [str(r["term"]) for r in rows_of(released, "external_absent", "reason")]
    if not listed:
        return [phrase(_TOPIC, "nothing")]
    events = {str(r["term"]) for r in rows_of(released, "external_events", "parameters_allowed")}
    said = [_event(released, c, level) if c in events else _number(released, c, level) for c in listed]
    said += [s for c in listed for s in (_given(released, c, level), _inspected(released, c)) if s]
    said += _too_good(released)
    said.append(phrase(_TOPIC, "same_time"))
    return [*said, phrase(_TOPIC, "absent", names="; ".join(absent))] if absent else said


def evidence_of(released: DisclosedFrame, criterion: str) -> str:
    """Return ``withheld``, ``unclear``, ``some`` or ``good`` for one criterion, by the rule of `strength`."""
    alone = wording(_TOPIC)["groups"]["alone"]
    number = find(released, "external_numbers", "standardised_estimate", term=criterion, group=alone)
    if number is not None:
        return strength(number, find(released, "external_numbers", "p_adjusted", term=criterion, group=alone))
    odds = find(released, "external_events", "odds_ratio", term=criterion, group=alone)
    if odds is None:
        return "withheld"
    return strength(_logarithms(odds), find(released, "external_events", "p_adjusted", term=criterion, group=alone))


def _logarithms(odds: Row) -> Row:
    return {**odds, **{k: float(np.log(odds[k])) for k in ("value", "conf_low", "conf_high")}}


def _number(released: DisclosedFrame, criterion: str, level: str) -> str:
    words = wording(_TOPIC)
    alone = words["groups"]["alone"]
    rows = [r for r in rows_of(released, "external_numbers", "correlation_coefficient") if r["term"] == criterion]
    if not rows:
        return phrase(_TOPIC, "too_few", criterion=criterion)
    row = find(released, "external_numbers", "correlation_coefficient", term=criterion, group=alone)
    verdict = evidence_of(released, criterion)
    if row is None or verdict == "withheld":
        return phrase(_TOPIC, "withheld", criterion=criterion)
    side = "higher" if row["value"] > 0 else "lower"
    told = {"value": value_text(row), "interval": interval_text(row), "n": n_text(row), "level": level}
    return phrase(
        _TOPIC,
        "number_unclear" if verdict == "unclear" else "number_clear",
        criterion=criterion,
        side=side,
        expected=_as_expected(released, criterion, side),
        evidence=words[f"label_{verdict}"],
        **told,
    )


def _as_expected(released: DisclosedFrame, criterion: str, side: str) -> str:
    words = wording(_TOPIC)
    row = find_text(released, "external", "direction", criterion)
    return str(words["expected" if row == words["direction"][side] else "unexpected"])


def find_text(released: DisclosedFrame, output: str, statistic: str, term: str) -> str:
    """Return the words of one row, blank where there is none."""
    return next((str(r["value"]) for r in rows_of(released, output, statistic) if r["term"] == term), "")


def _event(released: DisclosedFrame, criterion: str, level: str) -> str:
    words = wording(_TOPIC)
    alone = words["groups"]["alone"]
    held = {
        name: find(released, "external_events", name, term=criterion, group=alone)
        for name in ("events", "parameters_allowed", "odds_ratio")
    }
    events, allowed, odds = held["events"], held["parameters_allowed"], held["odds_ratio"]
    if allowed is None:
        return phrase(_TOPIC, "withheld", criterion=criterion)
    if not allowed["value"]:
        shown = {"criterion": criterion, "n": n_text(allowed)}
        if events is None:
            return phrase(_TOPIC, "event_few_withheld", **shown)
        return phrase(_TOPIC, "event_few", events=value_text(events), **shown)
    verdict = evidence_of(released, criterion)
    if odds is None or events is None or verdict == "withheld":
        return phrase(_TOPIC, "withheld", criterion=criterion)
    higher = odds["value"] > 1
    return phrase(
        _TOPIC,
        "event_unclear" if verdict == "unclear" else "event_clear",
        criterion=criterion,
        side=words["common" if higher else "rare"],
        expected=_as_expected(released, criterion, "higher" if higher else "lower"),
        evidence=words[f"label_{verdict}"],
        value=value_text(odds),
        interval=interval_text(odds),
        events=value_text(events),
        n=n_text(odds),
        level=level,
    )


def _given(released: DisclosedFrame, criterion: str, level: str) -> str:
    group = wording(_TOPIC)["groups"]["given"]
    row = find(released, "external_numbers", "standardised_estimate", term=criterion, group=group)
    if row is None:
        return ""
    told = {"value": value_text(row), "interval": interval_text(row), "n": n_text(row), "level": level}
    return phrase(_TOPIC, "given", criterion=criterion, **told)


def _inspected(released: DisclosedFrame, criterion: str) -> str:
    """Of ratings that came later, how many practices have one: inspectors choose whom they visit."""
    words = wording(_TOPIC)
    if find_text(released, "external", "kind", criterion) != words["by_choice"]:
        return ""
    row = find(released, "external", "practices", term=criterion)
    scored = find(released, "external_scored", "practices", term=words["scored"])
    if row is None or scored is None:
        return ""
    return phrase(_TOPIC, "inspected", criterion=criterion, known=value_text(row), of=value_text(scored))


def _too_good(released: DisclosedFrame) -> list[str]:
    rows = [r for r in rows_of(released, "external_events", "c_statistic") if is_shown(r)]
    alone = wording(_TOPIC)["groups"]["alone"]
    return [
        phrase(_TOPIC, "good_fit", criterion=r["term"], value=value_text(r), most=IMPLAUSIBLE_C)
        for r in rows
        if r["group"] == alone and r["value"] > IMPLAUSIBLE_C
    ]


def evidence_text(verdict: str) -> str:
    """Return the label of `evidence_of` in words.

    Examples
    --------
    >>> evidence_text("unclear")
    'Unclear: the interval holds both higher and lower'
    """
    labels: Mapping[str, str] = wording(_TOPIC)
    return labels[f"label_{verdict}"]
