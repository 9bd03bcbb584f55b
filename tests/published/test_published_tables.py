"""Published tables: what must be flagged, and nothing else."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from resilience_stats.errors import ModelError
from resilience_stats.models.published import (
    check_published_table,
    published_odds_ratios,
    special_measures_reference,
)


def test_exactly_the_two_misprinted_rows_are_flagged() -> None:
    made = check_published_table(published_odds_ratios())
    bad = made.tidy().query("not consistent").set_index("term")
    assert list(bad.index) == ["Aged 75 or over, %", "London against North"]
    assert abs(np.sqrt(0.93 * 0.98) - bad.loc["London against North", ["implied_low", "implied_high"]].mean()) < 0.001
    assert bad.loc["Aged 75 or over, %", "implied_low"] > 1.05
    assert not bad.loc["London against North", "contained"]
    assert len(made.notes) == made.glance()["flagged"].iloc[0] == 2


def test_numbers_do_as_well_as_text() -> None:
    table = published_odds_ratios()
    numbers = table.assign(**{c: table[c].astype(float) for c in ("estimate", "conf_low", "conf_high")})
    assert check_published_table(numbers).tidy()["consistent"].tolist() == (
        check_published_table(table).tidy()["consistent"].tolist()
    )


def test_true_intervals_pass_whatever_the_rounding() -> None:
    rng = np.random.default_rng(4)
    log, error = rng.normal(0, 0.6, 400), rng.uniform(0.02, 0.5, 400)
    for places in (1, 2, 3):
        rows = pd.DataFrame({
            "estimate": [f"{v:.{places}f}" for v in np.exp(log)],
            "conf_low": [f"{v:.{places}f}" for v in np.exp(log - 1.96 * error)],
            "conf_high": [f"{v:.{places}f}" for v in np.exp(log + 1.96 * error)],
        })  # fmt: skip
        rows = rows[rows.astype(float).min(axis=1) > 0]
        assert check_published_table(rows).tidy()["consistent"].all()


def test_a_digit_out_of_place_is_found() -> None:
    rows = pd.DataFrame({"estimate": ["1.43", "0.30"], "conf_low": ["1.06", "0.12"], "conf_high": ["1.39", "0.48"]})
    made = check_published_table(rows)
    assert made.tidy()["consistent"].tolist() == [False, False]
    assert check_published_table(rows, kind="difference").tidy()["consistent"].tolist() == [False, True]


def test_ratios_must_be_positive() -> None:
    with pytest.raises(ModelError, match="above 0"):
        check_published_table(pd.DataFrame({"estimate": [-1.0], "conf_low": [-2.0], "conf_high": [0.0]}))


def test_the_table_of_outcomes_flags_22_percent_and_no_other() -> None:
    made = special_measures_reference()
    glance = made.glance().iloc[0]
    assert glance["percentages"] == 9
    assert glance["percentages_wrong"] == 1
    assert glance["identities_failed"] == 0
    assert [n.code for n in made.notes].count("printed-percentage") == 1
    assert "12 of 53 is 22.6 %, printed 22 %" in str(made.notes[0])
    np.testing.assert_allclose([glance["improved_p_value"], glance["good_p_value"]], [0.69, 1.0], atol=0.005)


@pytest.mark.parametrize(
    ("term", "share"),
    [
        ("left_of_reinspected", (73.6, 60.4, 83.6)),
        ("left_of_ended", (65.0, 52.4, 75.8)),
        ("left_of_supported", (36.1, 27.7, 45.5)),
        ("improved_of_reinspected", (83.0, 70.8, 90.8)),
        ("closed_of_reinspected", (3.8, 1.0, 12.8)),
        ("comparator_improved_of_reinspected", (79.5, 72.3, 85.1)),
    ],
)
def test_every_denominator_with_its_interval(term: str, share: tuple[float, float, float]) -> None:
    row = special_measures_reference().tidy().set_index("term").loc[term, ["estimate", "conf_low", "conf_high"]]
    np.testing.assert_allclose(100 * row.to_numpy(dtype=float), share, atol=0.05)
