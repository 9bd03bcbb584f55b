"""What the national model hangs on, and what acting on it would gain: rows that release whole, verdicts that follow."""

from __future__ import annotations

import pandas as pd
import pytest

import resilience_stats as rs
from resilience_stats.disclosure import DisclosedFrame, apply_policy
from resilience_stats.report.rows.national_checks import (
    national_sensitivity_rows,
    national_subgroup_rows,
    national_threshold_rows,
)
from resilience_stats.report.rows.ratings import checked_table_rows
from resilience_stats.report.sentences_national import (
    national_sensitivity_sentences,
    national_subgroup_sentences,
    national_threshold_sentences,
)
from resilience_stats.report.sentences_ratings import checked_table_sentences


def release(rows: pd.DataFrame) -> DisclosedFrame:
    return apply_policy(rows, "board")


@pytest.mark.parametrize("make", [national_sensitivity_rows, national_subgroup_rows, national_threshold_rows])
@pytest.mark.parametrize("edition", ["board", "public"])
def test_published_material_is_never_withheld(make, edition: str) -> None:
    assert (apply_policy(make(), edition).rows["disclosure"] != "[c]").all()


def test_every_variant_has_a_name_for_readers() -> None:
    terms = national_sensitivity_rows().query("output == 'national_sensitivity'")["term"]
    assert not terms.str.startswith(("main", "without", "only", "five")).any()


def test_inherited_ratings_are_said_to_matter_only_where_they_do() -> None:
    rows = national_sensitivity_rows()
    assert "nothing hangs on them" in national_sensitivity_sentences(release(rows))[0]
    moved = (rows["term"] == "Without inherited ratings") & (rows["statistic"] == "c_statistic")
    rows.loc[moved, "value"] = 0.5
    said = national_sensitivity_sentences(release(rows))[0]
    assert "the model hangs on them" in said
    assert "between 0.50 (without inherited ratings)" in said


def test_subgroups_are_said_to_differ_only_where_they_do() -> None:
    rows = national_subgroup_rows()
    alike = national_subgroup_sentences(release(rows))
    assert "in none do they differ" in alike[0]
    assert "a coin could give" in alike[1]
    differ = (rows["output"] == "national_subgroup_tests") & (rows["term"] == "Contract")
    rows.loc[differ, "value"] = 0.001
    rows.loc[rows["statistic"] == "c_statistic", ["value", "conf_low"]] = [0.7, 0.65]
    said = national_subgroup_sentences(release(rows))
    assert "they differ by contract" in said[0]
    assert "coin" not in said[1]


def test_levels_with_few_events_have_counts_and_no_c_statistic() -> None:
    rows = national_subgroup_rows()
    held = rs.national_model().subgroups
    few = held[held["c_statistic"].isna()]["term"].tolist()
    assert few
    assert not rows[rows["term"].isin(few) & (rows["statistic"] == "c_statistic")].size
    assert set(few) <= set(rows[rows["statistic"] == "published_of"]["term"])


def test_a_threshold_is_recommended_only_where_it_beats_both_strategies() -> None:
    rows = national_threshold_rows()
    assert "at these thresholds: 15%" in national_threshold_sentences(release(rows))[0]
    gain = rows["statistic"].isin(["gain_over_all", "gain_over_none"])
    rows.loc[gain, "conf_low"] = -0.1
    said = national_threshold_sentences(release(rows))
    assert "At no threshold" in said[0]
    assert "would be offered support" in said[1]


def test_numbers_at_thresholds_are_those_of_the_decision_curve() -> None:
    rows, n = national_threshold_rows(), rs.national_model().fit["n"]
    at = rs.national_model().decisions.query("term == 'model'").set_index("threshold").loc[0.2]
    held = rows[rows["term"] == "20%"].set_index("statistic")["value"].astype(float)
    assert held["acted_on_share"] == pytest.approx(at["acted_on"] / n)
    assert held["published_ppv"] == pytest.approx(at["true_positives"] / at["acted_on"])
    assert held["gain_over_none"] == pytest.approx(
        (at["true_positives"] - (at["acted_on"] - at["true_positives"]) * 0.25) / n
    )


def test_the_published_table_is_checked_before_it_is_believed() -> None:
    rows = checked_table_rows()
    said = checked_table_sentences(release(rows))[0]
    assert "2 cannot be right as printed" in said
    assert "London against North" in said
    assert "Aged 75 or over" in said
    right = rows[rows["statistic"] != "decision"]
    assert "agree with their intervals" in checked_table_sentences(release(right))[0]
