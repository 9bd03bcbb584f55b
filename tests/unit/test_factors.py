"""What the factor functions do with awkward input, and the notes they leave."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import resilience_stats as rs
from resilience_stats.errors import ModelError
from resilience_stats.models.factors import rotate_loadings
from resilience_stats.stats.extraction import extract, principal_axis
from resilience_stats.stats.rotation import rotate, varimax

SIMPLE = np.kron(np.eye(3), np.array([[0.8], [0.7], [0.6], [0.5]]))
PHI = np.array([[1.0, 0.4, 0.3], [0.4, 1.0, 0.2], [0.3, 0.2, 1.0]])


def population(loadings: np.ndarray = SIMPLE, phi: np.ndarray = PHI) -> np.ndarray:
    r = loadings @ phi @ loadings.T
    np.fill_diagonal(r, 1.0)
    return r


def sample(n: int = 300, seed: int = 1) -> pd.DataFrame:
    x = np.random.default_rng(seed).multivariate_normal(np.zeros(12), population(), size=n)
    return pd.DataFrame(x, columns=[f"q{j:02d}" for j in range(12)])


def given(r: np.ndarray) -> pd.DataFrame:
    return pd.DataFrame(r, columns=[f"q{j:02d}" for j in range(len(r))])


def codes(result: object) -> set[str]:
    return {n.code for n in result.notes}  # type: ignore[attr-defined]


@pytest.mark.parametrize("method", ["minres", "ml"])
@pytest.mark.parametrize("rotation", ["oblimin", "geomin"])
def test_a_simple_population_is_recovered(method: str, rotation: str) -> None:
    fit = rs.fit_factors(given(population()), 3, n_obs=500, method=method, rotation=rotation)
    np.testing.assert_allclose(fit.structure, fit.loadings @ fit.phi, atol=1e-12)
    np.testing.assert_allclose(fit.uniquenesses, 1 - np.sum(SIMPLE**2, axis=1), atol=1e-6)
    assert abs(fit.fit["chi_square"]) < 1e-6
    if rotation == "oblimin":
        np.testing.assert_allclose(np.sort(fit.loadings.max(axis=0)), 0.8, atol=0.02)


def test_principal_axis_run_to_the_end_is_minres() -> None:
    r = sample().corr().to_numpy()
    exact = principal_axis(r, 3, tolerance=1e-13, max_iter=20_000)
    np.testing.assert_allclose(exact.loadings, extract(r, 3, "minres").loadings, atol=1e-5)
    assert rs.fit_factors(sample(), 3, method="pa").fit["rmsr"] == pytest.approx(
        rs.fit_factors(sample(), 3).fit["rmsr"], abs=1e-4
    )


def test_gradient_is_zero_where_extraction_stops() -> None:
    r = sample().corr().to_numpy()
    for method in ("minres", "ml"):
        found = extract(r, 3, method)
        assert found.converged
        assert found.gradient < 1e-10


def test_heywood_case_is_said() -> None:
    r = np.array([[1.0, 0.9, 0.8, 0.1], [0.9, 1.0, 0.55, 0.1], [0.8, 0.55, 1.0, 0.1], [0.1, 0.1, 0.1, 1.0]])
    fit = rs.fit_factors(given(r), 1, n_obs=200)
    assert "heywood" in codes(fit)
    assert fit.uniquenesses.min() == pytest.approx(0.005)


def test_too_few_rows_are_refused_unless_allowed_by_name() -> None:
    with pytest.raises(ModelError, match="small_sample='allow'"):
        rs.fit_factors(sample(40), 3)
    with pytest.raises(ModelError, match="too few rows"):
        rs.fit_factors(given(population()), 3, n_obs=30)
    assert "too-few-rows-allowed" in codes(rs.fit_factors(sample(40), 3, small_sample="allow"))
    assert "few-rows" in codes(rs.fit_factors(sample(55), 3))


def test_starts_are_seeded_and_counted() -> None:
    one, two = (rs.fit_factors(sample(), 3, rotation="geomin", n_starts=8, random_state=3) for _ in range(2))
    assert one.fit == two.fit
    assert one.fit["rotation_starts"] == 8
    assert 1 <= one.fit["rotation_agree"] <= 8


def test_a_better_start_is_said_and_can_be_kept() -> None:
    """Many small loadings on many axes give geomin several minima; `keep` decides, and the criterion tells."""
    loadings = pd.DataFrame(np.random.default_rng(5).uniform(-0.5, 0.5, size=(12, 4)))
    first = rotate_loadings(loadings, rotation="geomin", n_starts=40, random_state=1)
    best = rotate_loadings(loadings, rotation="geomin", n_starts=40, random_state=1, keep="best")
    assert best.fit["criterion"] <= first.fit["criterion"]
    assert best.fit["criterion"] == pytest.approx(first.fit["best_criterion"])
    assert ("rotation-local-minimum" in codes(first)) == (first.fit["criterion"] > best.fit["criterion"] + 1e-5)


@pytest.mark.parametrize("scores", ["tenberge", "regression", "bartlett"])
def test_scores_have_their_defining_property(scores: str) -> None:
    fit = rs.fit_factors(sample(), 3, scores=scores)
    assert fit.scores is not None
    if scores == "tenberge":
        np.testing.assert_allclose(fit.scores.corr(), fit.phi, atol=1e-9)
    if scores == "bartlett":
        assert fit.weights is not None
        np.testing.assert_allclose(fit.weights.T @ fit.loadings, np.eye(3), atol=1e-9)
    if scores == "regression":
        np.testing.assert_allclose(fit.scores.var(), fit.variance["determinacy"], atol=1e-9)


def test_bootstrap_of_loadings_matches_columns_and_signs() -> None:
    fit = rs.fit_factors(sample(), 3, n_boot=60, random_state=2)
    assert fit.bootstrap is not None
    assert fit.congruence is not None
    assert (fit.congruence["mean"] > 0.95).all()
    large = fit.tidy()[fit.tidy()["estimate"] > 0.4]
    assert (large["conf_low"] > 0).all()


def test_missing_answers_and_polychoric_items() -> None:
    items = sample().apply(lambda c: pd.Series(np.digitize(c, [-1.0, 0.0, 1.0]), dtype=float))
    items.iloc[:20, 0] = np.nan
    complete = rs.fit_factors(items, 3, correlation="polychoric")
    assert complete.fit["n"] == 280
    assert complete.scores is not None
    assert list(complete.scores.index) == list(range(20, 300))
    pairwise = rs.fit_factors(items, 3, correlation="polychoric", missing="pairwise")
    assert pairwise.fit["n"] == 280
    assert pairwise.scores is not None
    assert pairwise.scores.isna().any(axis=1).sum() == 20


def test_varimax_escapes_a_symmetric_standstill() -> None:
    a = np.array([[0.8, 0.0], [0.7, 0.0], [0.0, 0.6], [0.0, 0.5]])
    rotated, turn = varimax(a @ np.array([[0.6, 0.8], [-0.8, 0.6]]))
    np.testing.assert_allclose(np.sort(np.abs(rotated), axis=1)[:, 0], 0.0, atol=1e-8)
    np.testing.assert_allclose(turn.T @ turn, np.eye(2), atol=1e-12)


def test_one_factor_is_not_rotated() -> None:
    loadings = np.array([[0.8], [0.7], [-0.2]])
    assert np.array_equal(rotate(loadings, "oblimin").loadings, loadings)


@pytest.mark.parametrize(
    ("m", "options", "words"),
    [
        (12, {}, "out of range"),
        (0, {}, "out of range"),
        (8, {}, "degrees of freedom"),
        (3, {"rotation": "obliman"}, "Did you mean 'oblimin'"),
        (3, {"method": "paf"}, "unknown value for method"),
        (3, {"scores": "thurstone"}, "unknown value for scores"),
    ],
)
def test_what_is_refused(m: int, options: dict[str, str], words: str) -> None:
    with pytest.raises(ModelError, match=words):
        rs.fit_factors(sample(), m, **options)  # type: ignore[arg-type]


def test_bootstrap_of_a_matrix_is_refused() -> None:
    with pytest.raises(ModelError, match="needs the answers"):
        rs.fit_factors(given(population()), 3, n_obs=300, n_boot=10)
