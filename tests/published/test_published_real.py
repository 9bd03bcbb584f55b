"""Published effects on real files of later years: direction and rough size; what does not agree, and why."""

from __future__ import annotations

import importlib.util
from typing import Any

import numpy as np
import pandas as pd
import pytest
from support import CHECKOUT, shared

from resilience_stats.errors import ModelError
from resilience_stats.models.published_effects import (
    compare_with_published,
    published_effects,
    published_on_real_data,
)


def benchmark() -> Any:
    spec = importlib.util.spec_from_file_location("published_results", CHECKOUT / "benchmarks" / "published_results.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def table() -> tuple[pd.DataFrame, dict[str, Any]]:
    made, figures = benchmark().published_results(shared("data"))
    return made.set_index("id"), figures


@pytest.mark.needs_shared
@pytest.mark.slow
class TestRealFiles:
    def test_single_handed_is_adverse_and_funding_favourable(self, table) -> None:
        rows, _ = table
        assert rows.loc["ratings_2017_single_handed", "ours_high"] < 1
        assert abs(np.log(rows.loc["ratings_2017_single_handed", "ours"] / 0.53)) < 0.3
        assert rows.loc["ratings_2017_payments", "ours_low"] > 1

    def test_deprivation_is_adverse_but_small(self, table) -> None:
        rows, _ = table
        made = rows.loc["ratings_2024_better_rating_imd"]
        assert made["ours_high"] < 1
        assert abs(made["ours"] - 0.92) < 0.03

    def test_effects_of_2024_are_found_within_their_intervals(self, table) -> None:
        rows = table[0].filter(like="ratings_2024_better", axis=0)
        assert ((rows["ours"] > rows["published_low"]) & (rows["ours"] < rows["published_high"])).all()

    def test_proportional_odds_is_rejected_for_size_and_rurality(self, table) -> None:
        p = table[1]["proportional_odds"]
        assert p["log_list_size"] < 0.01
        assert p["rural"] < 0.05

    def test_size_separates_the_top_and_deprivation_the_bottom(self, table) -> None:
        rows, figures = table
        assert rows.loc["ratings_2024_below_outstanding_list", "ours_high"] < 1
        assert rows.loc["ratings_2024_requires_improvement_or_worse_imd", "ours_low"] > 1
        for name in ("requires_improvement_or_worse", "below_outstanding"):
            assert abs(figures["auc"][name]["ours"] - figures["auc"][name]["published"]) < 0.02

    def test_gp_numbers_rise_with_the_rating(self, table) -> None:
        means = table[1]["means"]["gp_fte_per_1000"]
        ordered = [means[k] for k in ("Inadequate", "Requires improvement", "Good", "Outstanding")]
        assert ordered == sorted(ordered)

    def test_large_lists_keep_their_code(self, table) -> None:
        rows, figures = table
        assert rows.loc["survival_2023_list", "ours_low"] < 0.36 < rows.loc["survival_2023_list", "ours_high"]
        for band in figures["gone_by_size"]:
            assert abs(band["ours"] - band["published"]) < 0.03
        ours = [b["ours"] for b in figures["gone_by_size"]]
        assert ours == sorted(ours, reverse=True)

    def test_deprivation_changes_sign_once_size_is_adjusted(self, table) -> None:
        rows, _ = table
        assert rows.loc["survival_2023_imd_unadjusted", "ours"] > 1 > rows.loc["survival_2023_imd_adjusted", "ours"]

    def test_the_packaged_table_is_the_one_that_the_files_give(self, table) -> None:
        shipped = published_on_real_data().set_index("id")
        np.testing.assert_allclose(table[0]["ours"], shipped["ours"].reindex(table[0].index), rtol=1e-5)
        assert table[0]["verdict"].equals(shipped["verdict"].reindex(table[0].index))


def test_published_figures_are_inside_their_intervals() -> None:
    rows = published_effects()
    held = rows[rows["conf_low"].notna()]
    assert rows["id"].is_unique
    assert ((held["conf_low"] <= held["estimate"]) & (held["estimate"] <= held["conf_high"])).all()
    assert rows["source"].str.len().gt(40).all()


def test_every_published_effect_has_a_direction_and_only_words_have_no_number() -> None:
    rows = published_effects()
    assert set(rows["direction"]) == {-1.0, 1.0}
    assert set(rows.loc[rows["estimate"].isna(), "scale"]) == {"direction"}
    assert set(rows.loc[rows["settled"].eq("no interval"), "scale"]) == {"direction"}
    unsettled = set(rows.loc[rows["settled"].eq("no"), "id"])
    assert "ratings_2017_dispensing" in unsettled
    assert "ratings_2024_requires_improvement_or_worse_list" in unsettled
    assert "ratings_2017_single_handed" not in unsettled


def test_every_disagreement_has_a_reason() -> None:
    rows, published = published_on_real_data(), published_effects()
    assert set(rows["id"]) == set(
        published.loc[published["outcome"].isin(rows["outcome"]) & published["scale"].eq("odds_ratio"), "id"]
    )
    assert rows.loc[rows["verdict"].ne("agrees"), "why"].str.len().gt(20).all()
    assert "contradicts" not in set(rows["verdict"])


def ours(estimate: float, low: float, high: float, term: str = "single_handed") -> pd.DataFrame:
    return pd.DataFrame({"term": [term], "estimate": [estimate], "conf_low": [low], "conf_high": [high]})


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ((-3.0, -5.0, -1.0), "agrees"), ((-3.0, -7.0, 1.0), "same direction"),
        ((3.0, -1.0, 7.0), "opposite"), ((3.0, 1.0, 5.0), "contradicts"),
    ],
)  # fmt: skip
def test_the_verdict_follows_the_numbers(values: tuple[float, float, float], said: str) -> None:
    assert compare_with_published(ours(*values)).tidy()["agreement"].tolist() == [said]
    turned = tuple(-v for v in (values[0], values[2], values[1]))
    assert compare_with_published(ours(*turned), outcome_better=-1).tidy()["agreement"].tolist() == [said]


def test_equal_units_are_tested_for_a_difference() -> None:
    same = compare_with_published(ours(0.53, 0.44, 0.63), scale="odds_ratio").tidy().iloc[0]
    assert same["agreement"] == "agrees"
    assert abs(same["difference_z"]) < 1e-12
    far = compare_with_published(ours(0.10, 0.08, 0.12), scale="odds_ratio").tidy().iloc[0]
    assert far["agreement"] == "same direction"
    assert far["difference_p_value"] < 1e-6
    log = compare_with_published(ours(*np.log([0.10, 0.08, 0.12])), scale="log_odds").tidy().iloc[0]
    np.testing.assert_allclose(log["difference_z"], far["difference_z"])


def test_our_own_names_of_terms_are_known() -> None:
    made = compare_with_published(ours(0.4, 0.1, 0.8, "rurality[Rural]"))
    assert made.tidy()["expected"].tolist() == [1.0, 1.0]
    assert compare_with_published(ours(0.4, 0.1, 0.8, "x"), terms={"x": "rural"}).fit["n"] == 2
    assert compare_with_published(ours(1, 0, 2, "nothing")).notes[0].code == "nothing-to-compare"
    with pytest.raises(ModelError):
        compare_with_published(ours(1, 0, 2), outcome_better=0)


def test_directions_are_compared_over_all_outcomes_and_units_of_one_quantity() -> None:
    made = compare_with_published(ours(4.0, 1.0, 7.0, "log_list_size"), outcome=None).tidy().set_index("id")
    assert made.loc["survival_2023_list", "agreement"] == "agrees"  # fewer codes gone is better
    assert made.loc["ratings_2024_better_rating_list", "agreement"] == "agrees"
    assert made.loc["experience_2021_list", "agreement"] == "contradicts"  # larger lists, less satisfied patients
    assert made.loc["imbalance_2016_list", "agreement"] == "contradicts"
    assert "difference_z" not in made.columns
    per_gp = compare_with_published(ours(-4.0, -7.0, -1.0, "patients_per_gp"), outcome=None).tidy()
    assert set(per_gp["agreement"]) == {"agrees"}  # fewer patients for each GP is more GPs for the patients
    assert set(per_gp["id"]) == {"ratings_2017_gps", "satisfaction_2019_gps"}


def test_sizes_are_never_compared_over_outcomes_or_scales() -> None:
    with pytest.raises(ModelError, match="one outcome"):
        compare_with_published(ours(0.9, 0.8, 1.0, "imd_score"), scale="odds_ratio", outcome=None)
    assert (
        compare_with_published(ours(1.1, 1.0, 1.2, "imd_score"), scale="odds_ratio", outcome="gp_turnover").fit["n"]
        == 0
    )
    assert (
        compare_with_published(ours(1.1, 1.0, 1.2, "log_list_size"), scale="odds_ratio", outcome="code_gone").fit["n"]
        == 0
    )
