"""Derivatives and rules of the factor-model numerics, checked by differences on models and answers drawn at random."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from resilience_stats.stats.cfa_ml import gradient, information, total_log_likelihood
from resilience_stats.stats.cfa_ordinal import OrdinalMoments
from resilience_stats.stats.cfa_ordinal_fit import discrepancy_parts
from resilience_stats.stats.cfa_specify import Specification, specify
from resilience_stats.stats.cfa_structure import implied_ordinal, jacobian_ordinal, start_values, vech_index
from resilience_stats.stats.fit_indices import comparative_fit, rmsea, rmsea_close, rmsea_interval, tucker_lewis
from resilience_stats.stats.missing_ml import (
    case_scores,
    gather_patterns,
    log_likelihood,
    moment_gradient,
    moment_information,
    saturated_moments,
)

SEEDS = st.integers(0, 10_000)


def draw(seed: int, n: int = 40, p: int = 6, holes: float = 0.15) -> np.ndarray:
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(n, 1)) + rng.normal(size=(n, p)) + rng.normal(size=p)
    x[rng.random((n, p)) < holes] = np.nan
    return x[~np.isnan(x).all(axis=1)]


def differences(function, at: np.ndarray, step: float = 1e-5) -> np.ndarray:
    return np.array([(function(at + e) - function(at - e)) / (2 * step) for e in step * np.eye(len(at))])


@settings(max_examples=15, deadline=None)
@given(seed=SEEDS, groups=st.integers(1, 2), equal=st.sampled_from([(), ("loadings",), ("loadings", "intercepts")]))
def test_gradient_and_hessian_of_the_likelihood(seed: int, groups: int, equal: tuple[str, ...]) -> None:
    blocks = [gather_patterns(draw(seed + 7 * g)) for g in range(groups)]
    moments = [saturated_moments(b)[:2] for b in blocks]
    structure = specify(
        Specification(
            factors=[[0, 1, 2], [3, 4, 5, 0]], n_items=6, n_groups=groups, equal=frozenset(equal), means=True,
            residual_pairs=[(1, 4)], unit_variance=bool(seed % 2),
        ),
        [m for m, _ in moments],
        [s for _, s in moments],
    )  # fmt: skip
    at = start_values(structure)
    n = sum(b.total for b in blocks)
    own = gradient(structure, at, blocks)
    np.testing.assert_allclose(
        own, differences(lambda v: -total_log_likelihood(structure, v, blocks) / n, at), atol=1e-6
    )
    observed = information(structure, at, blocks, observed=True)
    np.testing.assert_allclose(observed, differences(lambda v: gradient(structure, v, blocks), at), atol=1e-6)


@settings(max_examples=15, deadline=None)
@given(seed=SEEDS)
def test_moment_derivatives_and_scores_with_holes(seed: int) -> None:
    x = draw(seed, p=3)
    patterns = gather_patterns(x)
    mean, cov, _ = saturated_moments(patterns)
    cov = cov + 0.2 * np.eye(3)
    by_mean, by_cov = moment_gradient(patterns, mean, cov)
    scores = case_scores(patterns, mean, cov)
    np.testing.assert_allclose(scores[:, :3].mean(axis=0), -by_mean, atol=1e-10)
    total = scores.mean(axis=0)
    twice = np.array([1.0 if i == j else 2.0 for j in range(3) for i in range(j, 3)])
    want = np.array([by_cov[i, j] for j in range(3) for i in range(j, 3)]) * twice
    np.testing.assert_allclose(total[3:], -want, atol=1e-10)

    def value(v: np.ndarray) -> np.ndarray:
        sigma = np.zeros((3, 3))
        for k, (i, j) in enumerate(zip(*vech_index(3), strict=True)):
            sigma[i, j] = sigma[j, i] = v[3 + k]
        return case_scores(patterns, v[:3], sigma).mean(axis=0)

    at = np.concatenate([mean, [cov[i, j] for j in range(3) for i in range(j, 3)]])
    np.testing.assert_allclose(
        moment_information(patterns, mean, cov, observed=True), -differences(value, at), atol=1e-6
    )


@settings(max_examples=10, deadline=None)
@given(seed=SEEDS)
def test_em_never_leaves_a_better_place_nearby(seed: int) -> None:
    patterns = gather_patterns(draw(seed, n=60, p=3))
    mean, cov, settled = saturated_moments(patterns, tolerance=1e-9, max_iterations=5000)
    assert settled
    by_mean, by_cov = moment_gradient(patterns, mean, cov)
    np.testing.assert_allclose(by_mean, 0.0, atol=1e-6)
    np.testing.assert_allclose(by_cov, 0.0, atol=1e-6)
    assert log_likelihood(patterns, mean, cov) >= log_likelihood(patterns, mean + 0.01, cov * 1.01)


@settings(max_examples=15, deadline=None)
@given(seed=SEEDS, equal=st.sampled_from([(), ("thresholds",), ("thresholds", "loadings")]))
def test_ordinal_moments_and_discrepancy(seed: int, equal: tuple[str, ...]) -> None:
    rng = np.random.default_rng(seed)
    thresholds = [np.array([-0.5, 0.4]), np.array([0.1]), np.array([-1.0, 0.0, 1.0]), np.array([0.2])]
    correlations = 0.4 + 0.6 * np.eye(4)
    both = [
        OrdinalMoments(
            n=100 + 50 * g, thresholds=tuple(t + 0.1 * g for t in thresholds), correlations=correlations,
            gamma=np.diag(rng.uniform(0.5, 2.0, size=13)), codes=np.zeros((1, 4), dtype=int), empty_cells=0,
        )
        for g in range(2)
    ]  # fmt: skip
    structure = specify(
        Specification(
            factors=[[0, 1], [2, 3]], n_items=4, n_groups=2, equal=frozenset(equal), means=True, residual_pairs=[(0, 2)]
        ),
        [np.zeros(4)] * 2,
        [correlations] * 2,
        [m.thresholds for m in both],
    )
    at = start_values(structure) + 0.05 * rng.normal(size=structure.n_free)

    def vector(v: np.ndarray) -> np.ndarray:
        return np.concatenate(implied_ordinal(structure, v))

    np.testing.assert_allclose(np.vstack(jacobian_ordinal(structure, at)).T, differences(vector, at), atol=1e-7)
    target = np.concatenate([m.vector for m in both])
    weight = np.concatenate([(m.n - 1) / 250 / np.diag(m.gamma) for m in both])
    slope = differences(lambda v: np.array([0.5 * weight @ (target - vector(v)) ** 2]), at)[:, 0]
    np.testing.assert_allclose(discrepancy_parts(structure, at, both)[0], slope, atol=1e-7)


@settings(max_examples=60, deadline=None)
@given(
    chi=st.floats(1.0, 500.0), df=st.integers(1, 80), n=st.integers(60, 3000), null=st.floats(500.0, 5000.0),
    null_df=st.integers(81, 200),
)  # fmt: skip
def test_fit_indices_keep_their_ranges_and_their_order(chi: float, df: int, n: int, null: float, null_df: int) -> None:
    point, (low, high) = rmsea(chi, df, n), rmsea_interval(chi, df, n)
    assert 0.0 <= low <= high
    assert low <= point + 1e-9
    assert 0.0 <= comparative_fit(chi, df, null, null_df) <= 1.0
    assert comparative_fit(chi, df, null, null_df) >= comparative_fit(chi + 10, df, null, null_df)
    assert tucker_lewis(chi, df, null, null_df) > tucker_lewis(chi + 10, df, null, null_df) or null <= null_df
    assert 0.0 <= rmsea_close(chi, df, n) <= 1.0
