"""What the factor-number functions do with awkward input."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy.stats import chi2

import resilience_stats as rs
from resilience_stats.errors import ModelError
from resilience_stats.stats.factor_number import (
    eigenvalues,
    leading,
    log_chi_square_tail,
    parallel_reference,
)


def items(n: int = 300, k: int = 12) -> pd.DataFrame:
    rng = np.random.default_rng(1)
    return pd.DataFrame(rng.normal(size=(n, k)) + np.repeat(rng.normal(size=(n, 2)), k // 2, axis=1))


def test_two_factors_are_found_by_every_rule() -> None:
    fit = rs.suggest_factors(items(), n_iter=200).fit
    assert {fit[f"n_components_{rule}"] for rule in ("mean", "q95")} == {2}
    assert fit["n_factors_q95"] == fit["n_map2"] == fit["n_map4"] == fit["n_above_one"] == 2


def test_spearman_and_polychoric_find_the_same() -> None:
    ordinal = items().apply(lambda c: pd.Series(np.digitize(c, [-1.0, 0.0, 1.0])))
    for kind in ("spearman", "polychoric"):
        assert rs.suggest_factors(ordinal, correlation=kind, n_iter=60).fit["n_factors_q95"] == 2


def test_wishart_draws_are_those_of_normal_rows() -> None:
    """Means of eigenvalues from Bartlett's decomposition against rows of normals, within four Monte-Carlo errors."""
    drawn = parallel_reference(
        None, n=60, k=5, correlation="pearson", data="normal", basis="smc", n_iter=2000, random_state=1
    )
    rng = np.random.default_rng(2)
    rows = np.stack([eigenvalues(np.corrcoef(rng.normal(size=(60, 5)), rowvar=False))[0] for _ in range(2000)])
    error = np.hypot(drawn.components.std(axis=0), rows.std(axis=0)) / np.sqrt(2000)
    assert np.all(np.abs(drawn.components.mean(axis=0) - rows.mean(axis=0)) < 4 * error)


def test_leading_stops_at_the_first_failure() -> None:
    assert leading(np.array([2.0, 1.0]), np.array([1.0, 0.5])) == 2
    assert leading(np.array([1.0, 2.0]), np.array([1.0, 0.5])) == 0


@pytest.mark.parametrize(("x", "df"), [(10.0, 3.0), (500.0, 30.0), (1200.0, 300.0)])
def test_log_tail_where_scipy_can_tell(x: float, df: float) -> None:
    assert log_chi_square_tail(x, df) == pytest.approx(float(chi2.logsf(x, df)), rel=1e-10)


def test_unrelated_items_are_called_unfactorable() -> None:
    noise = pd.DataFrame(np.random.default_rng(8).normal(size=(60, 8)))
    fit = rs.sampling_adequacy(noise)
    assert fit.fit["kmo"] < 0.6
    assert fit.fit["p_value"] > 0.001
    assert ("not-factorable" in {n.code for n in fit.notes}) == (fit.fit["kmo"] < 0.5)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"basis": "smcs"}, "Did you mean 'smc'"),
        ({"quantile": 95}, "not an upper quantile"),
        ({"n_iter": 0}, "too few replicates"),
    ],
)
def test_what_is_refused(options: dict[str, object], words: str) -> None:
    ordinal = items().apply(lambda c: pd.Series(np.digitize(c, [-1.0, 0.0, 1.0])))
    with pytest.raises(ModelError, match=words):
        rs.suggest_factors(ordinal, **options)  # type: ignore[arg-type]


def test_a_normal_reference_for_ordinal_items_is_said() -> None:
    ordinal = items().apply(lambda c: pd.Series(np.digitize(c, [-1.0, 0.0, 1.0])))
    fit = rs.suggest_factors(ordinal, correlation="polychoric", data="normal", n_iter=20)
    assert "reference-of-another-kind" in {n.code for n in fit.notes}


def test_a_matrix_cannot_be_shuffled() -> None:
    with pytest.raises(ModelError, match="not a correlation matrix"):
        rs.suggest_factors(items().corr(), n_obs=300, data="permute")


def test_more_items_than_rows_are_refused() -> None:
    with pytest.raises(ModelError, match="more rows than items"):
        rs.suggest_factors(pd.DataFrame(np.random.default_rng(1).normal(size=(5, 8))))
