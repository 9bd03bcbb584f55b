"""Identities that hold for any answers."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import resilience_stats as rs
from resilience_stats.stats.extraction import extract
from resilience_stats.stats.polychoric import polychoric
from resilience_stats.stats.polychoric_influence import polychoric_influence
from resilience_stats.stats.rotation import rotate

SEEDS = st.integers(0, 10_000)
quick = settings(max_examples=20, deadline=None)


def items(seed: int, n: int = 120, k: int = 6, categories: int = 5) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    latent = rng.normal(size=(n, 2)) @ rng.uniform(-1, 1, size=(2, k)) + rng.normal(size=(n, k))
    cuts = np.quantile(latent, np.linspace(0.15, 0.85, categories - 1))
    return pd.DataFrame(np.digitize(latent, cuts), columns=[f"q{j}" for j in range(k)])


@quick
@given(SEEDS, st.floats(0.1, 10), st.floats(-5, 5))
def test_alpha_does_not_move_with_units(seed: int, scale: float, shift: float) -> None:
    plain, moved = rs.reliability(items(seed)), rs.reliability(items(seed) * scale + shift)
    for name in ("alpha", "alpha_low", "alpha_standardised", "omega_ml", "guttman_lambda4"):
        assert plain.fit[name] == pytest.approx(moved.fit[name], rel=1e-6, abs=1e-8)


@quick
@given(SEEDS)
def test_alpha_is_the_mean_of_all_split_halves(seed: int) -> None:
    """Cronbach (1951): for an even number of items."""
    fit = rs.reliability(items(seed)).fit
    assert fit["split_half_mean_every"] == pytest.approx(fit["alpha_standardised"], abs=1e-9)


@quick
@given(SEEDS)
def test_polychoric_sees_only_the_order_of_categories(seed: int) -> None:
    x = items(seed).to_numpy(dtype=float)
    base = polychoric(x).matrix
    np.testing.assert_allclose(polychoric(np.exp(x)).matrix, base, atol=1e-9)
    turned = x.copy()
    turned[:, 0] = -turned[:, 0]
    signs = np.array([-1.0, 1, 1, 1, 1, 1])
    np.testing.assert_allclose(polychoric(turned).matrix, base * np.outer(signs, signs), atol=1e-7)
    np.testing.assert_allclose(polychoric(x[:, ::-1]).matrix, base[::-1, ::-1], atol=1e-7)


@quick
@given(SEEDS)
def test_influences_sum_to_zero(seed: int) -> None:
    influence = polychoric_influence(polychoric(items(seed).to_numpy(dtype=float)))
    np.testing.assert_allclose(influence.values.sum(axis=0), 0.0, atol=1e-7)


@quick
@given(SEEDS, st.sampled_from(["varimax", "promax", "oblimin", "geomin"]), st.booleans())
def test_rotation_changes_no_reproduced_correlation(seed: int, rotation: str, kaiser: bool) -> None:
    found = extract(items(seed).corr().to_numpy(), 2, "minres")
    rotated = rotate(found.loadings, rotation, kaiser=kaiser)
    again = rotated.loadings @ rotated.phi @ rotated.loadings.T
    np.testing.assert_allclose(again, found.loadings @ found.loadings.T, atol=1e-8)
    np.testing.assert_allclose(np.diag(rotated.phi), 1.0, atol=1e-8)
    assert (rotated.loadings.sum(axis=0) >= -1e-12).all()


@quick
@given(SEEDS, st.sampled_from(["minres", "ml"]))
def test_extraction_is_stationary_and_beats_its_neighbours(seed: int, method: str) -> None:
    found = extract(items(seed, n=300).corr().to_numpy(), 1, method)
    assert found.converged
    assert found.gradient < 1e-7
    assert ((found.uniquenesses >= 0.005) & (found.uniquenesses <= 1)).all()
