"""The files of others: seeded apart, in their publishers' layouts, with the planted associations in them."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from resilience_stats.loaders import (
    load_cqc_directory,
    load_gpps,
    load_lineage,
    load_local_intelligence,
    load_practice_assessments,
    load_qof_achievement,
    load_qof_maximum_points,
    qof_points,
)
from resilience_stats.synthetic import aftermath, views, write_example
from resilience_stats.synthetic.outside import criteria_table


@pytest.fixture(scope="module")
def example(tmp_path_factory):
    folder = tmp_path_factory.mktemp("example")
    return write_example(folder, practices=80, responses=60), folder


def test_every_file_is_read_by_its_loader_without_a_fault(example) -> None:
    _, folder = example
    for year in (2019, 2020):
        survey = load_gpps(folder / f"GPPS_{year}_Practice_data_weighted.csv")
        assert survey["overall_good"].dropna().between(0, 1).all()
        assert survey["overall_good"].isna().sum() == 1
        assert survey["overall_good_base"].notna().sum() >= len(survey) - 1
        assert survey.attrs["problems"].empty
    points = qof_points(
        load_qof_achievement(folder / "ACHIEVEMENT_EXAMPLE_REGION_1819.csv"),
        load_qof_maximum_points(folder / "ORGANISATION_REFERENCE_1819.csv"),
    )
    assert points["share"].between(0.4, 1).all()
    assert set(points["maximum_points"]) <= {556.0, 559.0}
    assert len(load_local_intelligence(folder / "local_intelligence.csv"))
    assessed = load_practice_assessments(folder / "practice_assessments.csv")
    assert set(assessed["assessment"]) == {"financial_check", "motivational_map"}


def test_surveys_from_2024_have_the_new_layout(tmp_path) -> None:
    write_example(tmp_path, practices=20, responses=10, census_date="2024-11-30")
    survey = load_gpps(tmp_path / "GPPS_2024_Practice_data_weighted.csv")
    assert survey["series"].unique().tolist() == ["2024 on"]
    assert survey["contact_good"].notna().sum() == survey["overall_good"].notna().sum() == 19


def test_codes_that_ended_are_in_no_later_file(example) -> None:
    truth, folder = example
    gone = set(truth.practices.index[truth.practices["later_code_gone"]])
    events = load_lineage(folder / "lineage_2021-12.csv")
    assert set(events["old_code"]) == gone
    assert not set(events["new_code"].dropna()) & gone
    rated = load_cqc_directory(folder / "HSCA_Active_Locations_primary_medical_2021-12.xlsx", on_error="set_aside")
    assert not set(rated["practice_code"]) & gone


def test_the_planted_associations_are_there_where_there_are_enough_practices() -> None:
    rng = np.random.default_rng(5)
    n = 40_000
    theta, load = rng.standard_normal(n), rng.standard_normal(n)
    first, second = views.draw_views((theta, theta), load, rng)
    logit = {q: np.log(v / (1 - v)) for q, v in first.items()}
    effects = criteria_table().set_index("name")["effect"]
    assert np.corrcoef(theta, logit["overall_good"])[0, 1] == pytest.approx(effects["gpps_overall_good"], abs=0.02)
    assert np.corrcoef(load, logit["contact_good"])[0, 1] == pytest.approx(views.LOAD_ON_ACCESS, abs=0.02)
    again = np.log(second["overall_good"] / (1 - second["overall_good"]))
    assert np.corrcoef(again, logit["overall_good"])[0, 1] > 0.4
    codes = pd.Index([f"Y{i:05d}" for i in range(n)], name="practice_code")
    practices = pd.DataFrame({"pcn_code": np.arange(n) % 500}, index=codes)
    ends = aftermath.draw_ends(practices, theta, pd.Timestamp("2019-11-30"), rng)
    # The log-odds of two halves differ by the slope times the distance of their means, 2 * 0.798.
    odds = [ends["gone"][half].mean() for half in (theta > 0, theta < 0)]
    slope = np.diff([np.log(p / (1 - p)) for p in odds])[0] / -1.596
    assert slope == pytest.approx(effects["later_code_gone"], abs=0.12)


def test_poorly_rated_practices_are_inspected_again_nearly_always(example) -> None:
    truth, folder = example
    first = load_cqc_directory(folder / "HSCA_Active_Locations_primary_medical_2020-01.xlsx", on_error="set_aside")
    poor = first[first["overall_rating"].isin(["Inadequate", "Requires improvement"])]["practice_code"]
    there = truth.practices[~truth.practices["later_code_gone"].astype(bool)]
    share = there["later_inspected"].astype(bool)
    assert share[there.index.isin(poor)].mean() > share[~there.index.isin(poor)].mean()
