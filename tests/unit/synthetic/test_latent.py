"""The closed forms of the measurement model against a simulation of it."""

from __future__ import annotations

import numpy as np
import pytest

from resilience_stats.schema import load_instrument
from resilience_stats.synthetic import latent

N = 60_000


@pytest.fixture(scope="module")
def phq():
    return load_instrument("phq")


@pytest.fixture(scope="module")
def measurement(phq):
    return latent.draw_measurement(phq, np.random.default_rng(1))


@pytest.fixture(scope="module")
def simulated(measurement):
    rng = np.random.default_rng(2)
    before = rng.standard_normal(N)
    now = 0.8 * before + 0.6 * rng.standard_normal(N)
    steps = latent.draw_waves(measurement, [before, now], rng)
    tops = np.array([len(c) for c in measurement.thresholds])
    return now, [s / tops * 100 for s in steps]


def test_loadings_are_as_the_field_has_them(measurement) -> None:
    assert measurement.general.mean() == pytest.approx(latent.GENERAL, abs=0.03)
    assert measurement.specific.mean() == pytest.approx(latent.SPECIFIC, abs=0.03)


def test_expected_score_is_the_mean_score_given_resilience(measurement, simulated) -> None:
    theta, (_, now) = simulated
    for low in (-1.5, -0.5, 0.5, 1.5):
        near = np.abs(theta - low) < 0.1
        want = latent.expected_score(measurement, theta[near]).mean()
        assert now[near].mean() == pytest.approx(want, abs=4 * now[near].mean(axis=1).std() / np.sqrt(near.sum()))


def test_the_slope_is_that_of_least_squares(measurement, simulated) -> None:
    theta, (_, now) = simulated
    fitted = np.polynomial.Polynomial.fit(theta, now.mean(axis=1), 1).convert().coef[1]
    assert fitted == pytest.approx(latent.score_slope(measurement), rel=0.01)


def test_alphas_are_those_of_the_answers(measurement, simulated) -> None:
    _, (_, now) = simulated
    areas = [[j for j, a in enumerate(measurement.areas) if a == name] for name in dict.fromkeys(measurement.areas)]
    for members, implied in zip(areas, latent.implied_alphas(measurement, areas), strict=True):
        covariance = np.cov(now[:, members].T)
        k = len(members)
        assert k / (k - 1) * (1 - np.trace(covariance) / covariance.sum()) == pytest.approx(implied, abs=0.01)
        assert 0.6 < implied < 0.9


def test_the_retest_correlation_is_that_of_two_waves(measurement, simulated) -> None:
    _, (before, now) = simulated
    got = np.corrcoef(before.mean(axis=1), now.mean(axis=1))[0, 1]
    assert got == pytest.approx(latent.implied_retest(measurement, 0.8), abs=0.01)
    assert 0.7 < got < 0.8


def test_an_instrument_of_other_options_and_areas_will_do() -> None:
    rat = load_instrument("rat")
    drawn = latent.draw_measurement(rat, np.random.default_rng(3))
    assert [len(c) + 1 for c in drawn.thresholds] == [len(i.options) for i in rat.items]
    assert all(np.all(np.diff(c) > 0) for c in drawn.thresholds)
