"""Columns of a printed table: room for every word and interval, few lines, and no more width than needed."""

from __future__ import annotations

import pytest

from resilience_stats.report.table_layout import table_layout

TEXT = "Good overall experience in the survey of patients, among practices that grew by a fifth"
INTERVAL = "−2.20 (−3.00 to −1.40)"


def test_a_table_of_many_columns_gets_smaller_type_before_words_are_broken() -> None:
    wide = [f"Standardised difference {i}" for i in range(8)]
    size, widths = table_layout(wide, [["1"] * 8])
    assert size < 8.4
    assert sum(widths) <= 100.5


def test_a_small_table_stays_narrow() -> None:
    size, widths = table_layout(["A", "B"], [["1", "2"]])
    assert size == 8.4
    assert sum(widths) < 30


def test_a_column_of_text_gets_the_room_that_intervals_can_spare() -> None:
    labels = ["Predictor", "What was published", "Published effect", "Here", "Verdict"]
    row = ["Registered patients", TEXT, INTERVAL, INTERVAL, "Opposite direction"]
    _, widths = table_layout(labels, [row, row])
    assert widths[1] == max(widths)
    assert sum(widths) == pytest.approx(100.0, abs=0.5)


@pytest.mark.parametrize("columns", [2, 5, 7])
def test_no_interval_is_torn_apart(columns: int) -> None:
    size, widths = table_layout(["Term"] * columns, [["Deprivation"] + [INTERVAL] * (columns - 1)])
    characters = 172.0 / (0.605 * size * 0.3528)
    longest = len("(−3.00 to −1.40)")
    assert all(w / 100.0 * characters >= longest for w in widths[1:])


def test_an_empty_table_has_widths_for_its_headings() -> None:
    assert len(table_layout(["Area", "Practices"], [])[1]) == 2
