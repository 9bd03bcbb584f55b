"""What fit_cfa accepts, refuses and says; and identities that hold for any data."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

import resilience_stats as rs
from resilience_stats.errors import ModelError

MODEL = {"team": ["q1", "q2", "q3", "q4"], "care": ["q5", "q6", "q7", "q8"]}
ITEMS = [item for items in MODEL.values() for item in items]


def answers(n: int = 300, seed: int = 1, *, correlation: float = 0.4) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    areas = rng.multivariate_normal([0, 0], [[1, correlation], [correlation, 1]], size=n)
    x = 0.7 * areas[:, [0] * 4 + [1] * 4] + 0.7 * rng.normal(size=(n, 8))
    return pd.DataFrame(x, columns=ITEMS)


def ordinal(n: int = 300, seed: int = 1) -> pd.DataFrame:
    return pd.DataFrame(np.digitize(answers(n, seed), [-1, 0, 1]) + 1, columns=ITEMS)


def codes(result: Any) -> set[str]:
    return {n.code for n in result.notes}


@pytest.mark.parametrize(
    ("model", "options", "said"),
    [
        ({"team": ["q1", "q9"]}, {}, "no column named 'q9'"),
        ({"team": "q1"}, {}, "list of different items"),
        ({"team": ["q1", "q1", "q2"]}, {}, "list of different items"),
        ({"q1": ["q1", "q2", "q3"]}, {}, "name of an item"),
        ({}, {}, "which items measure"),
        (MODEL, {"estimator": "wls"}, "unknown value for estimator"),
        (MODEL, {"missing": "pairwise"}, "unknown value for missing"),
        (MODEL, {"estimator": "dwls", "missing": "fiml"}, "normal likelihood"),
        (MODEL, {"equal": ["slopes"]}, "unknown value for equal"),
        (MODEL, {"group": "place"}, "no column named 'place'"),
        (MODEL, {"residual_covariances": [("q1", "q1")]}, "with itself"),
        (MODEL, {"residual_covariances": [("q1", "q0")]}, "no item named 'q0'"),
        ({"team": ["q1", "q2"]}, {}, "more parameters than"),
    ],
)
def test_refuses_what_it_cannot_fit(model: Any, options: dict[str, Any], said: str) -> None:
    with pytest.raises(ModelError, match=said):
        rs.fit_cfa(answers(), model, **options)


def test_refuses_terms_that_cannot_be_released() -> None:
    frame = answers().assign(place=np.where(np.arange(300) % 2, "N", "S"))
    with pytest.raises(ModelError, match="cannot read the term"):
        rs.fit_cfa(frame, MODEL, group="place", equal=["loadings"], release=["q1"])


def test_forty_rats_get_no_factor_analysis_unless_asked_for_by_name() -> None:
    with pytest.raises(ModelError, match="cannot bear a factor analysis"):
        rs.fit_cfa(answers(40), MODEL)
    assert "small-n-allowed" in codes(rs.fit_cfa(answers(40), MODEL, allow_small_n=True))
    with pytest.raises(ModelError, match="cannot be inverted"):
        rs.fit_cfa(answers(9), MODEL, allow_small_n=True)
    assert "small-n" in codes(rs.fit_cfa(answers(138), MODEL))


def test_a_constant_item_is_named() -> None:
    with pytest.raises(ModelError, match="column q3"):
        rs.fit_cfa(answers().assign(q3=1.0), MODEL)


def test_dropped_rows_are_said_and_full_information_uses_them() -> None:
    frame = answers()
    frame.loc[:9, "q1"] = np.nan
    frame.loc[295:, ITEMS] = np.nan
    listwise, full = (rs.fit_cfa(frame, MODEL, missing=m) for m in ("listwise", "fiml"))
    assert (listwise.fit["n"], full.fit["n"]) == (285, 295)
    assert "rows-dropped" in codes(listwise)
    assert "rows-dropped" in codes(full)
    assert list(full.scores.index) == list(range(295))


def test_full_information_without_holes_is_the_likelihood_of_complete_rows() -> None:
    complete, full = rs.fit_cfa(answers(), MODEL, mean_structure=True), rs.fit_cfa(answers(), MODEL, missing="fiml")
    np.testing.assert_allclose(full.tidy()["estimate"], complete.tidy()["estimate"], atol=1e-8)
    np.testing.assert_allclose(full.fit["chi_square"], complete.fit["chi_square"], rtol=1e-8)


def test_scalings_are_one_model() -> None:
    marker, unit = (rs.fit_cfa(answers(), MODEL, std_lv=s) for s in (False, True))
    np.testing.assert_allclose(marker.fit["chi_square"], unit.fit["chi_square"], rtol=1e-9)
    np.testing.assert_allclose(marker.loadings, unit.loadings, atol=1e-7)
    np.testing.assert_allclose(marker.latent_correlations, unit.latent_correlations, atol=1e-7)


def test_units_of_the_items_do_not_matter() -> None:
    frame = answers()
    scaled = frame * np.arange(1, 9) + 5.0
    one, other = rs.fit_cfa(frame, MODEL), rs.fit_cfa(scaled, MODEL)
    np.testing.assert_allclose(one.fit["chi_square"], other.fit["chi_square"], rtol=1e-7)
    np.testing.assert_allclose(one.loadings, other.loadings, atol=1e-6)


def test_equal_groups_fit_as_one() -> None:
    frame = answers()
    twice = pd.concat([frame.assign(place="N"), frame.assign(place="S")], ignore_index=True)
    one, two = rs.fit_cfa(frame, MODEL), rs.fit_cfa(twice, MODEL, group="place", equal=["loadings", "residuals"])
    np.testing.assert_allclose(two.fit["chi_square"], 2 * one.fit["chi_square"], rtol=1e-7)
    assert two.group_sizes == {"N": 300, "S": 300}


def test_items_that_run_the_other_way_have_negative_loadings() -> None:
    frame = answers().assign(q2=lambda d: -d["q2"])
    fit = rs.fit_cfa(frame, MODEL, std_lv=True)
    assert fit.loadings.loc["q1", "team"] > 0 > fit.loadings.loc["q2", "team"]


def test_heywood_cases_and_inseparable_areas_are_said() -> None:
    rng = np.random.default_rng(5)
    area = rng.normal(size=(60, 1))
    frame = pd.DataFrame(np.hstack([area, area]) + [0.01, 0.8] * rng.normal(size=(60, 2)), columns=["q1", "q2"])
    frame["q3"] = 0.15 * area[:, 0] + rng.normal(size=60)
    fit = rs.fit_cfa(frame.assign(q1=frame["q1"] + 0.6 * frame["q2"]), {"team": ["q1", "q2", "q3"]})
    found = fit.tidy()
    negative = found[(found["lhs"] == found["rhs"]) & found["lhs"].str.startswith("q")]["estimate"].min() < 0
    assert negative == ("heywood" in codes(fit))
    same = answers(correlation=0.9999, seed=3)
    fit = rs.fit_cfa(same, MODEL)
    assert (fit.latent_correlations.iloc[0, 1] > 1) == ("latent-not-positive-definite" in codes(fit))


def test_thin_categories_are_said_or_merged() -> None:
    frame = ordinal()
    frame.loc[frame.index[:2], "q1"] = 6
    assert "few-answers" in codes(rs.fit_cfa(frame, MODEL, estimator="dwls"))
    merged = rs.fit_cfa(frame, MODEL, estimator="dwls", merge_below=5)
    assert "categories-merged" in codes(merged)
    assert "few-answers" not in codes(merged)


def test_a_category_that_a_group_lacks_is_named() -> None:
    frame = ordinal().assign(place=np.where(np.arange(300) % 2, "N", "S"))
    frame.loc[(frame["place"] == "N") & (frame["q1"] == 4), "q1"] = 3
    with pytest.raises(ModelError, match="group N"):
        rs.fit_cfa(frame, MODEL, estimator="dwls", group="place")


def test_ordinal_scores_follow_the_answers() -> None:
    frame = ordinal()
    fit = rs.fit_cfa(frame, MODEL, estimator="dwls")
    assert np.corrcoef(fit.scores["team"], frame[MODEL["team"]].sum(axis=1))[0, 1] > 0.95
    assert fit.scores.index.equals(frame.index)


def test_scores_keep_the_order_of_the_data_with_groups() -> None:
    frame = answers().assign(place=np.where(np.arange(300) % 3, "N", "S"))
    fit = rs.fit_cfa(frame, MODEL, group="place", equal=["loadings", "intercepts"])
    assert fit.scores.index.equals(frame.index)
    assert np.corrcoef(fit.scores["care"], frame[MODEL["care"]].sum(axis=1))[0, 1] > 0.95


def test_regression_scores_have_the_covariance_they_must() -> None:
    fit = rs.fit_cfa(answers(2000, seed=7), MODEL, std_lv=True)
    raw, psi = fit.loadings.to_numpy(), fit.latent_correlations.to_numpy()
    lam = raw * np.sqrt(np.diag(fit.implied_covariance))[:, None]
    expected = psi @ lam.T @ np.linalg.solve(fit.implied_covariance, lam @ psi)
    np.testing.assert_allclose(np.cov(fit.scores.T, ddof=0), expected, atol=0.02)


def test_freeing_a_residual_covariance_lowers_chi_square_by_about_its_index() -> None:
    frame = answers()
    rng = np.random.default_rng(11)
    shared = 0.9 * rng.normal(size=300)
    frame["q1"], frame["q2"] = frame["q1"] + shared, frame["q2"] + shared
    fit = rs.fit_cfa(frame, MODEL)
    index = fit.modification_indices.set_index(["lhs", "op", "rhs"]).loc[("q1", "~~", "q2"), "mi"]
    freed = rs.fit_cfa(frame, MODEL, residual_covariances=[("q1", "q2")])
    drop = fit.fit["chi_square"] - freed.fit["chi_square"]
    assert drop > 5
    assert 0.7 * drop < index < 1.3 * drop


def test_invariance_levels_must_go_from_free_to_strict() -> None:
    frame = answers().assign(place=np.where(np.arange(300) % 2, "N", "S"))
    with pytest.raises(ModelError, match="from free to strict"):
        rs.measurement_invariance(frame, MODEL, group="place", levels=["scalar", "configural"])
    two = rs.measurement_invariance(frame, MODEL, group="place", levels=["configural", "scalar"])
    assert two.tidy()["term"].tolist() == ["configural", "scalar"]
    assert set(two.fits) == {"configural", "scalar"}


def test_a_shifted_intercept_fails_the_scalar_level_and_partial_invariance_mends_it() -> None:
    frame = answers(800, seed=2).assign(place=np.where(np.arange(800) % 2, "N", "S"))
    frame.loc[frame["place"] == "N", "q2"] += 0.6
    strict = rs.measurement_invariance(frame, MODEL, group="place")
    assert strict.fit["strictest_by_test"] == "metric"
    partial = rs.measurement_invariance(frame, MODEL, group="place", release=["q2 ~1"])
    assert partial.fit["strictest_by_test"] in ("scalar", "strict")


def test_groups_are_named_as_the_data_meet_them() -> None:
    frame = answers().assign(place=[2.0, 1.0] * 150)
    frame.loc[5, "place"] = np.nan
    fit = rs.fit_cfa(frame, MODEL, group="place")
    assert list(fit.group_sizes) == ["2", "1"]
    assert fit.fit["n"] == 299


@pytest.mark.parametrize("estimator", ["ml", "mlr", "mlm", "mlmv", "dwls"])
def test_a_saturated_model_fits_and_has_no_test(estimator: str) -> None:
    fit = rs.fit_cfa(ordinal(), {"team": ["q1", "q2", "q3"]}, estimator=estimator)
    assert fit.fit["df"] == 0
    assert np.isnan(fit.fit["p_value"])
    np.testing.assert_allclose(fit.fit["chi_square"], 0.0, atol=1e-6)
    np.testing.assert_allclose(fit.residual_correlations, 0.0, atol=1e-5)


def test_ordered_categories_are_read_as_their_codes() -> None:
    frame = ordinal()
    words = pd.CategoricalDtype(["no", "partly", "mostly", "yes"], ordered=True)
    labelled = frame.replace(dict(enumerate(words.categories, start=1))).astype(words)
    one, other = (rs.fit_cfa(x, MODEL, estimator="dwls") for x in (frame, labelled))
    assert one.fit["chi_square"] == other.fit["chi_square"]


def test_the_result_shows_itself() -> None:
    shown = rs.fit_cfa(answers(138), MODEL)._repr_html_()
    assert "team =~ q2" in shown
    assert "small-n" in shown


def test_answers_far_from_normal_are_said() -> None:
    assert "not-normal" not in codes(rs.fit_cfa(answers(), MODEL))
    rng = np.random.default_rng(3)
    heavy = answers() * np.sqrt(5.0 / rng.chisquare(5.0, size=300))[:, None]
    assert "not-normal" in codes(rs.fit_cfa(heavy, MODEL))
    assert "not-normal" not in codes(rs.fit_cfa(heavy, MODEL, estimator="mlr"))
