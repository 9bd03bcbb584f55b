"""The graded response model: derivatives, identities, what is refused and said."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import resilience_stats as rs
from resilience_stats.errors import ModelError
from resilience_stats.stats import graded_response as numerics


def simulate(n: int, slopes: list[float], seed: int = 1) -> tuple[pd.DataFrame, np.ndarray]:
    rng = np.random.default_rng(seed)
    theta = rng.normal(size=n)
    behind = theta[:, None] * np.array(slopes) + rng.logistic(size=(n, len(slopes)))
    return pd.DataFrame(np.digitize(behind, [-2.0, 0.0, 2.0]), columns=[f"q{i}" for i in range(len(slopes))]), theta


def test_information_matrix_is_minus_the_derivative_of_the_gradient() -> None:
    frame, _ = simulate(120, [1.0, 2.0, -1.5])
    codes = frame.to_numpy(float, copy=True)
    codes[::7, 1] = np.nan
    answers = numerics._one_hot(codes, [4, 4, 4])
    nodes, weights = numerics.latent_nodes()
    at = np.array([0.9, 2.1, 0.1, -1.9, 1.8, 2.2, -0.1, -2.0, -1.2, 1.9, 0.0, -2.3])

    def pieces(v: np.ndarray) -> tuple[np.ndarray, np.ndarray, float]:
        items = np.split(v, 3)
        posterior, value = numerics._expect(items, answers, nodes, weights)
        counts = answers.onehot.T @ posterior
        information = numerics.observed_information(items, answers, posterior, counts, nodes, codes)
        return numerics._gradient(items, counts, answers, nodes), information, value

    steps = 1e-5 * np.eye(12)
    gradient, information, _ = pieces(at)
    np.testing.assert_allclose(gradient, [(pieces(at + e)[2] - pieces(at - e)[2]) / 2e-5 for e in steps], atol=1e-5)
    differenced = [-(pieces(at + e)[0] - pieces(at - e)[0]) / 2e-5 for e in steps]
    np.testing.assert_allclose(information, differenced, atol=1e-5)


def test_probabilities_sum_to_one_far_out() -> None:
    p = numerics.category_probabilities(3.0, np.array([4.0, 0.0, -4.0]), np.linspace(-8, 8, 33))
    np.testing.assert_allclose(p.sum(axis=1), 1.0, atol=1e-12)
    assert (p > 0).all()


def test_information_of_two_categories_is_the_logistic_one() -> None:
    theta = np.linspace(-3, 3, 13)
    p = 1.0 / (1.0 + np.exp(-(1.7 * theta - 0.4)))
    np.testing.assert_allclose(
        numerics.item_information(1.7, np.array([-0.4]), theta), 1.7**2 * p * (1 - p), rtol=1e-12
    )


def test_merging_categories_never_adds_information() -> None:
    theta = np.linspace(-3, 3, 13)
    full = numerics.item_information(1.5, np.array([1.0, 0.0, -1.0]), theta)
    assert (numerics.item_information(1.5, np.array([1.0, -1.0]), theta) < full).all()


def test_turning_an_item_turns_its_slope_and_nothing_else() -> None:
    frame, _ = simulate(400, [1.0, 2.0, 1.5, 1.2])
    turned = frame.assign(q3=3 - frame["q3"])
    one, other = rs.fit_graded_response(frame), rs.fit_graded_response(turned)
    np.testing.assert_allclose(one.fit["log_likelihood"], other.fit["log_likelihood"], rtol=1e-10)
    np.testing.assert_allclose(
        one.item_parameters.loc["q3", "slope"], -other.item_parameters.loc["q3", "slope"], rtol=1e-5
    )
    assert "negative-slope" in {n.code for n in other.notes}
    back = rs.fit_graded_response(turned, reverse=["q3"])
    np.testing.assert_allclose(back.scores["score"], one.scores["score"], atol=1e-6)


def test_scores_are_posterior_means_and_missing_answers_widen_them() -> None:
    frame, theta = simulate(600, [2.0, 2.0, 2.0, 2.0, 2.0], seed=3)
    fit = rs.fit_graded_response(frame)
    assert np.corrcoef(fit.scores["score"], theta)[0, 1] > 0.85
    holes = frame.astype(float)
    holes.iloc[0, 1:] = np.nan
    holes.iloc[1] = np.nan
    less = rs.fit_graded_response(holes)
    assert less.scores["standard_error"].iloc[0] > fit.scores["standard_error"].iloc[0]
    assert 1 not in less.scores.index
    assert "rows-dropped" in {n.code for n in less.notes}


def test_reliabilities_agree_with_each_other() -> None:
    frame, theta = simulate(2000, [2.0] * 6, seed=4)
    fit = rs.fit_graded_response(frame)
    truth = np.corrcoef(fit.scores["score"], theta)[0, 1] ** 2
    assert abs(fit.fit["empirical_reliability"] - truth) < 0.03
    assert abs(fit.fit["marginal_reliability"] - truth) < 0.03


def test_dependent_items_are_named() -> None:
    frame, _ = simulate(500, [1.5] * 5, seed=5)
    assert "local-dependence" not in {n.code for n in rs.fit_graded_response(frame).notes}
    frame["q4"] = frame["q3"].where(np.arange(500) % 2 == 0, frame["q4"])
    assert "local-dependence" in {n.code for n in rs.fit_graded_response(frame).notes}


def test_small_samples_are_refused_or_said() -> None:
    frame, _ = simulate(40, [1.5] * 4)
    with pytest.raises(ModelError, match="cannot bear"):
        rs.fit_graded_response(frame)
    assert "small-n-allowed" in {n.code for n in rs.fit_graded_response(frame, allow_small_n=True).notes}
    assert "small-n" in {n.code for n in rs.fit_graded_response(simulate(138, [1.5] * 4)[0]).notes}


def test_a_continuous_column_is_refused() -> None:
    frame, theta = simulate(200, [1.5] * 3)
    with pytest.raises(ModelError, match="needs ordinal items"):
        rs.fit_graded_response(frame.assign(x=theta))


@pytest.mark.slow
def test_parameters_and_their_intervals_cover_the_truth() -> None:
    slopes, covered = [0.8, 1.2, 1.6, 2.0, 2.4], []
    for seed in range(40):
        fit = rs.fit_graded_response(simulate(500, slopes, seed=100 + seed)[0])
        tidy = fit.tidy().query("parameter == 'slope'")
        covered.append((tidy["conf_low"].to_numpy() < slopes) & (slopes < tidy["conf_high"].to_numpy()))
    # 200 intervals: 95 % with a Monte-Carlo standard error of 1.5 points.
    assert 0.90 < np.mean(covered) < 0.99


def test_a_fit_without_a_maximum_has_missing_errors_and_no_warnings_of_numpy() -> None:
    rng = np.random.default_rng(1)
    trait = rng.normal(size=12)
    answers = pd.DataFrame({f"q{i}": (trait + rng.normal(size=12) > 0).astype(int) for i in range(1, 7)})
    fit = rs.fit_graded_response(answers, allow_small_n=True)
    assert (fit.tidy()["std_error"].isna() | (fit.tidy()["std_error"] > 0)).all()
    short = rs.shorten_scale(answers, allow_small_n=True)
    assert len(short.tidy())
