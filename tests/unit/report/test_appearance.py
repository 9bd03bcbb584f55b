"""Colours of the page in both schemes, and the type of drawings at the width of a phone."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import resilience_stats.report as report
from resilience_stats.figures.style import INK, PAPER, SIZE, WIDTH, contrast

CSS = (Path(report.__file__).parent / "templates" / "report.css").read_text(encoding="utf-8")
#: Ink and ground of text, and the contrast it needs: 7 for what is read at length, 4.5 for the rest, 3 for shapes.
PAIRS = [
    ("ink", "paper", 7), ("ink", "panel", 7), ("soft", "paper", 4.5), ("soft", "panel", 4.5), ("link", "paper", 4.5),
    ("link", "panel", 4.5), ("mark-ink", "mark", 7), ("rule", "paper", 3), ("mark-line", "paper", 3),
    ("bad", "paper", 4.5),
]  # fmt: skip


def schemes() -> dict[str, dict[str, str]]:
    light, dark = (
        dict(re.findall(r"--([\w-]+): (#\w+)", block)) for block in re.findall(r":root \{(.*?)\}", CSS, re.S)[:2]
    )
    return {"light": light, "dark": {**light, **dark}}


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize(("ink", "ground", "least"), PAIRS)
def test_text_and_rules_stand_out_in_both_schemes(scheme: str, ink: str, ground: str, least: float) -> None:
    colours = schemes()[scheme]
    assert contrast(colours[ink], colours[ground]) >= least


def test_the_dark_scheme_is_dark() -> None:
    held = schemes()
    assert contrast(held["dark"]["paper"], "#000000") < 1.5
    assert contrast(held["light"]["paper"], "#FFFFFF") < 1.1


def test_drawings_keep_their_own_white_card_in_both() -> None:
    """Their colours are checked against white (see the figures' own tests), so white is what they stand on."""
    card = re.search(r"figure \.drawing \{ background: (#\w+)", CSS)
    assert card is not None
    assert card[1].upper() == PAPER
    assert contrast(INK, card[1]) > 7


def test_type_in_drawings_is_large_enough_also_on_a_phone() -> None:
    own = SIZE * 96 / 72
    assert own >= 14
    least = re.search(r"figure \.drawing svg.*?min-width: ([\d.]+)rem", CSS)
    assert least is not None
    assert own * float(least[1]) * 16 / (WIDTH * 96) >= 12
