"""Coverage and recovery at the size of a cohort, with known truth; the long version is in benchmarks."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import resilience_stats as rs
from resilience_stats.stats.alpha_bootstrap import alpha_bootstrap
from resilience_stats.stats.reliability import cronbach_alpha, feldt_interval

N = 138
LOADINGS = np.array([0.7, 0.7, 0.7, 0.7, 0.7])


def answers(rng: np.random.Generator) -> np.ndarray:
    return rng.normal(size=(N, 1)) * LOADINGS + rng.normal(size=(N, 5)) * np.sqrt(1 - LOADINGS**2)


def truth() -> float:
    r = np.outer(LOADINGS, LOADINGS)
    np.fill_diagonal(r, 1.0)
    return cronbach_alpha(r)


@pytest.mark.slow
def test_feldt_interval_covers_exactly_for_parallel_normal_items() -> None:
    hits = []
    for rng in np.random.default_rng(1).spawn(4000):
        low, high = feldt_interval(cronbach_alpha(np.cov(answers(rng), rowvar=False)), N, 5)
        hits.append(low <= truth() <= high)
    assert abs(np.mean(hits) - 0.95) < 4 * np.sqrt(0.95 * 0.05 / 4000)


@pytest.mark.slow
def test_bootstrap_intervals_of_alpha_and_omega_cover() -> None:
    hits: dict[str, list[bool]] = {"alpha": [], "omega_ml": []}
    for i, rng in enumerate(np.random.default_rng(2).spawn(120)):
        records = alpha_bootstrap(answers(rng), n_boot=299, level=0.95, random_state=i, statistics=tuple(hits))
        for record in records:
            if record["method"] == "percentile":
                hits[str(record["statistic"])].append(bool(record["conf_low"] <= truth() <= record["conf_high"]))  # type: ignore[operator]
    for found in hits.values():
        assert abs(np.mean(found) - 0.95) < 4 * np.sqrt(0.95 * 0.05 / 120)


def clustered(rng: np.random.Generator, m: int, per_factor: int, loading: float) -> pd.DataFrame:
    factors = rng.normal(size=(N, m)) * np.sqrt(0.7) + rng.normal(size=(N, 1)) * np.sqrt(0.3)
    noise = rng.normal(size=(N, m * per_factor)) * np.sqrt(1 - loading**2)
    return pd.DataFrame(np.repeat(factors * loading, per_factor, axis=1) + noise)


@pytest.mark.slow
def test_loading_intervals_cover() -> None:
    shares = []
    for i, rng in enumerate(np.random.default_rng(3).spawn(15)):
        fit = rs.fit_factors(clustered(rng, 2, 4, 0.7), 2, n_boot=120, random_state=i, n_starts=1, scores="none")
        table = fit.bootstrap
        assert table is not None
        # Two equal clusters: the population pattern is .7 on an item's own factor and zero on the other.
        own = np.argmax(np.abs(fit.loadings.to_numpy()), axis=1)
        want = np.zeros((8, 2))
        want[np.arange(8), own] = 0.7
        inside = (table["conf_low"] <= want.ravel()) & (want.ravel() <= table["conf_high"])
        shares.append(inside.mean())
    assert abs(np.mean(shares) - 0.95) < 4 * max(np.std(shares, ddof=1), 0.05) / np.sqrt(15)


@pytest.mark.slow
def test_five_clear_factors_are_found_at_138_rows() -> None:
    for i, rng in enumerate(np.random.default_rng(5).spawn(15)):
        items = clustered(rng, 5, 5, 0.8).apply(lambda c: pd.Series(np.digitize(c, [-1.2, -0.4, 0.3, 1.1])))
        fit = rs.suggest_factors(items, n_iter=100, random_state=i).fit
        assert fit["n_factors_q95"] == 5
        assert fit["n_map2"] == 5
