"""What correlate does with awkward input, and the notes it leaves."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy.stats import multivariate_normal, spearmanr

import resilience_stats as rs
from resilience_stats.errors import ModelError
from resilience_stats.stats.bivariate_normal import bivariate_normal_cdf
from resilience_stats.stats.categories import merge_sparse
from resilience_stats.stats.correlations import smooth
from resilience_stats.stats.polychoric import polychoric


def ordinal(n: int = 400, rho: float = 0.5, k: int = 4, seed: int = 2) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    latent = rng.normal(size=(n, k)) @ np.linalg.cholesky(np.full((k, k), rho) + (1 - rho) * np.eye(k)).T
    return pd.DataFrame(np.digitize(latent, [-1.0, 0.0, 1.0]), columns=[f"q{j}" for j in range(k)])


def codes(result: object) -> set[str]:
    return {n.code for n in result.notes}  # type: ignore[attr-defined]


@pytest.mark.parametrize("rho", [-0.999, -0.6, 0.0, 0.3, 0.95, 0.9999])
def test_bivariate_normal_against_scipy(rho: float) -> None:
    points = np.array([-2.0, -0.3, 0.0, 1e-9, 0.7, 3.0])
    a, b = (g.ravel() for g in np.meshgrid(points, points))
    want = multivariate_normal(cov=[[1, rho], [rho, 1]], allow_singular=True).cdf(np.column_stack([a, b]))
    np.testing.assert_allclose(bivariate_normal_cdf(a, b, np.full(a.shape, rho)), want, atol=1e-9)


def test_bivariate_normal_at_infinite_limits() -> None:
    far = np.array([np.inf, np.inf, -np.inf, 0.0])
    near = np.array([np.inf, 0.0, 1.0, np.inf])
    got = bivariate_normal_cdf(far, near, np.full(4, 0.4))
    np.testing.assert_allclose(got, [1.0, 0.5, 0.0, 0.5], atol=1e-15)


def test_orthant_probability_is_known() -> None:
    rho = np.linspace(-0.99, 0.99, 41)
    got = bivariate_normal_cdf(np.zeros(41), np.zeros(41), rho)
    np.testing.assert_allclose(got, 0.25 + np.arcsin(rho) / (2 * np.pi), atol=1e-15)


def test_perfect_association_is_at_the_boundary_and_said() -> None:
    items = pd.DataFrame({"a": [1, 2, 3, 4] * 10, "b": [1, 2, 3, 4] * 10})
    fit = rs.correlate(items, kind="polychoric")
    assert fit.matrix.iloc[0, 1] == pytest.approx(0.999)
    assert "correlation-at-boundary" in codes(fit)
    assert np.isnan(fit.tidy()["std_error"].iloc[0])


def test_sparse_categories_are_named_and_merged_on_request() -> None:
    items = ordinal()
    items.loc[:2, "q1"] = 9
    kept, merged = rs.correlate(items, kind="polychoric"), rs.correlate(items, kind="polychoric", merge_below=5)
    assert "sparse-categories" in codes(kept)
    assert "categories-merged" in codes(merged)
    assert len(merged.categories["q1"]) == len(kept.categories["q1"]) - 1


def test_merging_stops_at_two_categories() -> None:
    x = np.repeat([[1.0], [2.0], [3.0]], [2, 2, 3], axis=0)
    assert len(np.unique(merge_sparse(x, 5)[0])) == 2


def test_non_positive_definite_matrix_is_smoothed_and_said() -> None:
    rng = np.random.default_rng(1)
    items = pd.DataFrame(rng.integers(0, 3, size=(12, 9)), columns=list("abcdefghi"))
    fit = rs.correlate(items, kind="polychoric")
    assert np.linalg.eigvalsh(fit.raw_matrix)[0] < 0
    assert np.linalg.eigvalsh(fit.matrix)[0] > 0
    assert "matrix-smoothed" in codes(fit)
    np.testing.assert_allclose(np.diag(fit.matrix), 1.0)


def test_smoothing_leaves_a_sound_matrix_alone() -> None:
    r = np.eye(3) * 0.5 + 0.5
    assert smooth(r)[0] is r


def test_spearman_is_scipys() -> None:
    items = ordinal()
    np.testing.assert_allclose(rs.correlate(items, kind="spearman").matrix, spearmanr(items).statistic, atol=1e-12)


def test_pearson_interval_is_fishers() -> None:
    row = rs.correlate(ordinal(), kind="pearson").tidy().iloc[0]
    reach = 1.959963984540054 / np.sqrt(400 - 3)
    assert row["conf_low"] == pytest.approx(np.tanh(np.arctanh(row["estimate"]) - reach))


def test_mixed_matrix_joins_the_kinds() -> None:
    items = ordinal().assign(size=np.random.default_rng(4).normal(size=400) + ordinal()["q0"])
    mixed = rs.correlate(items, kind="polyserial", continuous=["size"])
    alone = rs.correlate(ordinal(), kind="polychoric")
    np.testing.assert_allclose(mixed.matrix.iloc[:4, :4], alone.matrix, atol=1e-9)
    full = rs.correlate(items, kind="polyserial", continuous=["size"], estimator="ml")
    assert abs(full.matrix.loc["q0", "size"] - mixed.matrix.loc["q0", "size"]) < 0.05
    assert full.tidy()["std_error"].notna().all()


def test_thresholds_from_item_or_pair_differ_only_with_gaps() -> None:
    items = ordinal().astype(float)
    same = [rs.correlate(items, kind="polychoric", thresholds_from=how).matrix for how in ("item", "pair")]
    np.testing.assert_allclose(*same, atol=1e-12)
    items.iloc[:50, 0] = np.nan
    other = [rs.correlate(items, kind="polychoric", thresholds_from=how).matrix for how in ("item", "pair")]
    assert np.abs(other[0] - other[1]).to_numpy().max() > 1e-6


def test_ordered_categories_are_read_as_their_order() -> None:
    words = ["never", "rarely", "often", "always"]
    labelled = ordinal().map(lambda v: words[v]).astype(pd.CategoricalDtype(words, ordered=True))
    got = rs.correlate(labelled, kind="polychoric").matrix
    np.testing.assert_allclose(got, rs.correlate(ordinal(), kind="polychoric").matrix)


def test_standard_error_is_that_of_repeated_samples() -> None:
    """Spread of 150 estimates against the mean stated error: within four Monte-Carlo errors of a standard deviation."""
    fits = [rs.correlate(ordinal(200, seed=s).iloc[:, :2], kind="polychoric").tidy().iloc[0] for s in range(150)]
    spread = np.std([f["estimate"] for f in fits], ddof=1)
    stated = np.mean([f["std_error"] for f in fits])
    assert abs(stated / spread - 1) < 4 / np.sqrt(2 * 149)


@pytest.mark.parametrize(
    ("items", "options", "words"),
    [
        (ordinal(), {"kind": "tetrachoric"}, "two answers"),
        (ordinal(), {"kind": "polychorc"}, "Did you mean 'polychoric'"),
        (ordinal(), {"kind": "polyserial", "continuous": ["qq"]}, "no column named 'qq'"),
        (ordinal().assign(q0=1), {"kind": "polychoric"}, "ordinal items"),
        (ordinal().assign(q0=np.nan), {}, "fewer than two rows"),
        (pd.DataFrame({"a": np.arange(60.0), "b": np.arange(60.0)}), {"kind": "polychoric"}, "2 to 50"),
    ],
)
def test_what_is_refused(items: pd.DataFrame, options: dict[str, object], words: str) -> None:
    with pytest.raises(ModelError, match=words):
        rs.correlate(items, **options)  # type: ignore[arg-type]


def test_row_order_and_duplication_of_rows_do_not_matter() -> None:
    x = ordinal().to_numpy(dtype=float)
    np.testing.assert_allclose(polychoric(x).matrix, polychoric(np.vstack([x[::-1], x])).matrix, atol=1e-9)


def test_the_standard_error_of_a_correlation_is_its_spread_over_samples() -> None:
    rng = np.random.default_rng(4)
    x = rng.standard_normal((4000, 150, 2))
    x[:, :, 1] = 0.6 * x[:, :, 0] + 0.8 * x[:, :, 1]
    centred = x - x.mean(axis=1, keepdims=True)
    r = (centred[:, :, 0] * centred[:, :, 1]).sum(axis=1) / np.sqrt((centred**2).sum(axis=1).prod(axis=1))
    told = rs.correlate(pd.DataFrame(x[0], columns=["a", "b"])).tidy().iloc[0]
    np.testing.assert_allclose(told["std_error"] / (1 - told["estimate"] ** 2), 1 / np.sqrt(149), rtol=1e-12)
    np.testing.assert_allclose(r.std(), (1 - 0.6**2) / np.sqrt(149), rtol=0.04)
