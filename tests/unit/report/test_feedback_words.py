"""Plain words: the measure of reading age, and every phrase of the practice's report against it."""

from __future__ import annotations

import json

import pytest

from resilience_stats.report.feedback_words import reading_age, reading_grade, shaming_words, syllables
from resilience_stats.report.wording import wording
from resilience_stats.resources import schema_directory


@pytest.mark.parametrize(
    ("word", "count"),
    [
        ("cat", 1), ("score", 1), ("table", 2), ("asked", 1), ("wanted", 2), ("practice", 2), ("practices", 3),
        ("people", 2), ("question", 2), ("area", 3), ("areas", 3), ("resilience", 4), ("likely", 2), ("chance", 1),
        ("little", 2), ("median", 3), ("patients", 2), ("create", 2), ("the", 1), ("aim", 1),
    ],
)  # fmt: skip
def test_syllables(word: str, count: int) -> None:
    assert syllables(word) == count


def test_grade_is_the_formula() -> None:
    # Two sentences, ten words, twelve syllables.
    text = "The cat sat on the mat. It was very happy."
    assert reading_grade(text) == pytest.approx(0.39 * 10 / 2 + 11.8 * 12 / 10 - 15.59)


def test_hard_prose_is_harder_than_plain_prose() -> None:
    hard = (
        "Methodological considerations necessitate circumspection regarding interpretability of comparative estimates."
    )
    plain = "We may be wrong. Take care when you read this."
    assert reading_age(hard) > 20
    assert reading_age(plain) < 9


def sentences() -> list[str]:
    prose = [str(v) for v in wording("feedback").values() if str(v).endswith(".")]
    actions = json.loads((schema_directory() / "actions.json").read_text(encoding="utf-8"))["actions"]
    return prose + [f"{a['text']}." for a in actions]


def test_own_words_can_be_read_at_twelve() -> None:
    # With ordinary numbers put in, so that the measure sees sentences as they are printed.
    text = " ".join(sentences()).replace("{", "").replace("}", "")
    assert reading_age(text) < 12


def test_no_single_phrase_is_hard() -> None:
    hard = {s: round(reading_age(s), 1) for s in sentences() if reading_age(s) > 15.5 and len(s.split()) > 8}
    assert not hard


def test_own_words_shame_nobody() -> None:
    assert shaming_words([*map(str, wording("feedback").values()), *sentences()]) == []


def test_shaming_words_are_found_whatever_their_form() -> None:
    text = ["Your practice FAILED and is poorly ranked.", "A weakness.", "Among the bottom ten."]
    assert [w.lower() for w in shaming_words(text)] == ["failed", "poorly", "ranked", "weakness", "bottom"]
    assert shaming_words(["We frankly thank you; the badge is new."]) == ["badge"]
