"""The packaged national model is the one that the public files give."""

from __future__ import annotations

import json

import numpy as np
import pytest
from support import shared

import resilience_stats as rs
from resilience_stats.disclosure import apply_policy
from resilience_stats.models.national import national_model
from resilience_stats.report.national_model import make_closure_model, make_national_model
from resilience_stats.report.rows.ratings import local_calibration_rows
from resilience_stats.report.sentences_ratings import local_calibration_sentences
from resilience_stats.synthetic import BEDS_HERTS_COMMISSIONERS, find_public_files, write_example

pytestmark = [pytest.mark.needs_shared, pytest.mark.slow]


def test_one_command_makes_it_again(tmp_path) -> None:
    path = make_national_model(shared("data"), out=tmp_path / "again.json", n_boot=20)
    again, shipped = national_model(path), national_model()
    assert again.sources.equals(shipped.sources)
    assert again.tidy()["term"].tolist() == shipped.tidy()["term"].tolist()
    np.testing.assert_allclose(again.tidy()["estimate"], shipped.tidy()["estimate"], rtol=1e-7)
    np.testing.assert_allclose(again.vcov, shipped.vcov, rtol=1e-6, atol=1e-12)
    assert again.standing.equals(shipped.standing)
    assert again.sensitivity["c_statistic"].tolist() == pytest.approx(shipped.sensitivity["c_statistic"].tolist())
    assert "NaN" not in json.dumps(json.loads(path.read_text(encoding="utf-8")), allow_nan=False)


def test_a_study_of_the_model_s_years_gets_its_local_calibration(tmp_path) -> None:
    truth = write_example(
        tmp_path, public_files=find_public_files(shared("data")), practices=None, responses=0.7,
        commissioners=BEDS_HERTS_COMMISSIONERS, area="Beds and Herts (synthetic answers)",
    )  # fmt: skip
    cohort = rs.load_cohort(rs.open_study(truth.path))
    rows = local_calibration_rows(cohort, rs.build_features(cohort))
    at = rows[rows["output"] == "local_calibration"].set_index("statistic")
    # Counted apart from the package in the directory of January 2026: 13 of these codes were rated poorly from 2023 on.
    assert (at.loc["share", "n"], at.loc["events", "value"]) == (33, 13)
    assert 0.1 < at.loc["published_expected", "value"] < 0.2
    assert at.loc["observed_expected", "conf_low"] > 1
    said = local_calibration_sentences(apply_policy(rows, "board"))
    assert "more than chance allows" in said[1]
    assert "asked for and refused" in said[2]  # 13 of 33 carry not even an intercept


def test_the_model_of_codes_that_go_is_made_again_by_the_same_command(tmp_path) -> None:
    path = make_closure_model(shared("data"), out=tmp_path / "closure.json", n_boot=20)
    again, shipped = rs.closure_model(path), rs.closure_model()
    np.testing.assert_allclose(again.tidy()["estimate"], shipped.tidy()["estimate"], rtol=1e-6)
    assert again.glance()[["n", "events"]].equals(shipped.glance()[["n", "events"]])
