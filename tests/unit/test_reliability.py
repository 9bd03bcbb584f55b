"""What reliability does with awkward input, and the notes it leaves."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import resilience_stats as rs
from resilience_stats.errors import ModelError
from resilience_stats.stats.reliability import guttman_lambdas, split_halves


def parallel(k: int = 6, r: float = 0.4) -> pd.DataFrame:
    names = [f"q{j}" for j in range(k)]
    return pd.DataFrame(np.eye(k) * (1 - r) + r, index=names, columns=names)


def answers(n: int = 138, k: int = 5, seed: int = 1) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    latent = rng.normal(size=(n, 1)) + rng.normal(size=(n, k))
    return pd.DataFrame(np.digitize(latent, [-1.5, -0.5, 0.5, 1.5]) + 1, columns=[f"q{j}" for j in range(k)])


def codes(result: rs.results.Result) -> set[str]:  # type: ignore[name-defined]
    return {n.code for n in result.notes}


def test_parallel_items_have_one_reliability() -> None:
    """For parallel items alpha, omega and every lambda but the first and sixth are Spearman and Brown's formula."""
    fit = rs.reliability(parallel(), n_obs=200)
    brown = 6 * 0.4 / (1 + 5 * 0.4)
    for name in ("alpha", "alpha_standardised", "omega_total", "omega_minres", "guttman_lambda2", "split_half_max"):
        assert fit.fit[name] == pytest.approx(brown, abs=1e-10), name
    assert fit.fit["standard_error_of_measurement"] == pytest.approx(np.sqrt(6 + 30 * 0.4) * np.sqrt(1 - brown))


def test_lambdas_are_ordered() -> None:
    lambdas = guttman_lambdas(answers().corr().to_numpy())
    assert lambdas["guttman_lambda1"] < lambdas["guttman_lambda3"] <= lambdas["guttman_lambda2"]
    assert lambdas["guttman_lambda4"] == split_halves(answers().corr().to_numpy()).max()


def test_many_items_are_split_at_random_but_the_same_way_each_time() -> None:
    r = parallel(30).to_numpy()
    assert len(split_halves(r)) == 10_000
    assert np.array_equal(split_halves(r), split_halves(r))


def test_missing_answers_are_counted_and_said() -> None:
    items = answers().astype(float)
    items.iloc[:10, 0] = np.nan
    complete, pairwise = rs.reliability(items), rs.reliability(items, missing="pairwise")
    assert complete.fit["n"] == 128
    assert "rows-dropped" in codes(complete)
    assert pairwise.fit["n"] == 128
    assert pairwise.fit["n_rows"] == 138
    assert "pairwise-n" in codes(pairwise)
    assert pairwise.tidy()["n"].tolist() == [128, 138, 138, 138, 138]


def test_reversed_item_is_reported_and_can_be_reversed() -> None:
    items = answers()
    items["q0"] = 6 - items["q0"]
    assert "item-against-scale" in codes(rs.reliability(items))
    turned = rs.reliability(items, reverse=["q0"])
    assert turned.fit["alpha"] == pytest.approx(rs.reliability(answers()).fit["alpha"])
    assert turned.tidy()["mean"].iloc[0] == pytest.approx(answers()["q0"].mean())


def test_two_items_have_alpha_and_no_omega() -> None:
    fit = rs.reliability(answers(k=2))
    assert np.isnan(fit.fit["omega_total"])
    assert "too-few-items-for-omega" in codes(fit)
    assert fit.tidy()["alpha_if_dropped"].isna().all()


def test_duplicated_item_is_smoothed_and_said() -> None:
    items = answers().assign(copy=lambda d: d["q0"])
    fit = rs.reliability(items)
    assert "matrix-smoothed" in codes(fit)
    assert 0 < fit.fit["alpha"] < 1


def test_bootstrap_is_seeded_and_covers_the_estimate() -> None:
    one, two = (rs.reliability(answers(), n_boot=300, random_state=7).bootstrap for _ in range(2))
    assert one is not None
    assert two is not None
    pd.testing.assert_frame_equal(one, two, check_exact=True)
    assert set(one["statistic"]) == {"alpha", "alpha_standardised", "omega_ml"}
    assert ((one["conf_low"] < one["estimate"]) & (one["estimate"] < one["conf_high"])).all()


def test_ordinal_alpha_says_what_it_is() -> None:
    fit = rs.reliability(answers(), correlation="polychoric", merge_below=5)
    assert fit.fit["alpha"] == fit.fit["alpha_standardised"]
    assert "ordinal-alpha" in codes(fit)


@pytest.mark.parametrize(
    ("items", "options", "words"),
    [
        (answers().assign(q0=3), {}, "'q0' has the same answer"),
        (answers().assign(q0="yes"), {}, "'q0' is not numeric"),
        (answers().iloc[:2], {}, "too few rows"),
        (answers(), {"n_obs": 100}, "not square"),
        (answers(), {"reverse": ["q9"]}, "no column named 'q9'"),
        (answers(), {"correlation": "person"}, "Did you mean 'pearson'"),
        (answers(), {"conf_level": 95}, "not a confidence level"),
        (answers(), {"n_factors": 5}, "number of factors out of range"),
        (answers().iloc[:, :1], {}, "too few items"),
        (answers(), {"resamples": np.zeros((5, 3), dtype=int)}, "row numbers"),
        (parallel(), {"n_obs": 50, "n_boot": 100}, "complete answers"),
    ],
)
def test_what_is_refused(items: pd.DataFrame, options: dict[str, object], words: str) -> None:
    with pytest.raises(ModelError, match=words):
        rs.reliability(items, **options)  # type: ignore[arg-type]


def test_result_shows_itself() -> None:
    page = rs.reliability(answers(), n_factors=1)._repr_html_()
    assert "alpha" in page
    assert "<table" in page
