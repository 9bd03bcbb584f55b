"""Profiles: planted groups are found, a single correlated cloud is not cut up."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from resilience_stats.errors import ModelError
from resilience_stats.models.profiles import _jaccard, find_profiles
from resilience_stats.stats.latent_profiles import fit_mixture

COLUMNS = ["a", "b", "c", "d"]


def one_cloud(n: int = 138, seed: int = 0) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    return pd.DataFrame(65 + 10 * rng.normal(size=(n, 1)) + 9 * rng.normal(size=(n, 4)), columns=COLUMNS)


def three_groups(n: int = 138, seed: int = 0) -> tuple[pd.DataFrame, np.ndarray]:
    rng = np.random.default_rng(seed)
    group = np.repeat([0, 1, 2], n // 3)
    centres = np.array([[80, 80, 80, 80], [80, 80, 40, 40], [40, 40, 80, 80]])
    return pd.DataFrame(centres[group] + rng.normal(0, 8, (len(group), 4)), columns=COLUMNS), group


def test_planted_groups_are_found() -> None:
    data, group = three_groups()
    fit = find_profiles(data, COLUMNS, n_boot=20, n_null=19)
    assert fit.fit["chosen"] == 3
    table = pd.crosstab(fit.labels, group)
    assert table.max(axis=1).sum() >= 135
    assert fit.profiles["n"].sum() == 138
    assert (fit.profiles["jaccard"] > 0.9).all()
    assert fit.profiles[COLUMNS].loc[1].mean() == fit.profiles[COLUMNS].mean(axis=1).max()


def test_kmeans_finds_them_too() -> None:
    data, _ = three_groups(seed=3)
    assert find_profiles(data, COLUMNS, method="kmeans", n_boot=15, n_null=19).fit["chosen"] == 3


@pytest.mark.parametrize("method", ["mixture", "kmeans"])
def test_one_cloud_is_not_cut_up_though_its_halves_are_stable(method: str) -> None:
    chosen = []
    for seed in range(4):
        fit = find_profiles(one_cloud(seed=seed), COLUMNS, numbers=[2, 3], method=method, n_boot=10, n_null=19)
        chosen.append(fit.fit["chosen"])
        if fit.fit["chosen"] == 0:
            assert "no-stable-groups" in [n.code for n in fit.notes]
            assert fit.labels.isna().all()
            assert fit.profiles.empty
    assert chosen.count(0) >= 3


def test_scores_that_pile_up_at_an_end_are_no_groups() -> None:
    data = (np.clip(2.2 * (one_cloud(seed=2) - 65) + 70, 0, 100) / 12.5).round() * 12.5
    fit = find_profiles(data, COLUMNS, n_boot=10, n_null=19)
    assert fit.fit["chosen"] == 0


def test_practices_with_gaps_are_used_where_asked() -> None:
    data, group = three_groups(seed=1)
    gaps = np.random.default_rng(1).random(data.shape) < 0.15
    holed = data.mask(gaps)
    fit = find_profiles(holed, COLUMNS, missing="model", n_boot=20, n_null=19)
    used = holed.notna().sum(axis=1) >= 2
    assert fit.fit["practices"] == used.sum() > holed.notna().all(axis=1).sum()
    assert fit.fit["chosen"] == 3
    assert pd.crosstab(fit.labels, group).max(axis=1).sum() >= 0.95 * used.sum()
    with pytest.raises(ModelError, match="k-means needs every score"):
        find_profiles(holed, COLUMNS, method="kmeans", missing="model")


def test_the_likelihood_of_the_mixture_is_that_of_scikit_learn() -> None:
    from sklearn.mixture import GaussianMixture

    data, _ = three_groups(seed=7)
    z = ((data - data.mean()) / data.std(ddof=1)).to_numpy()
    mine = fit_mixture(z, 3, np.random.default_rng(0))
    theirs = GaussianMixture(3, covariance_type="diag", reg_covar=1e-2, n_init=5, tol=1e-8, random_state=0).fit(z)
    assert mine.bic == pytest.approx(theirs.bic(z), rel=1e-4)
    one = fit_mixture(z, 1, np.random.default_rng(0))
    assert one.bic == pytest.approx(GaussianMixture(1, covariance_type="diag", reg_covar=1e-2).fit(z).bic(z), rel=1e-6)


def test_jaccard_by_hand() -> None:
    first, second = np.array([0, 0, 0, 1, 1, 1]), np.array([1, 1, 0, 0, 0, 0])
    np.testing.assert_allclose(_jaccard(first, second, 2), [2 / 3, 3 / 4])
    assert np.isnan(_jaccard(first, second, 3)[2])


def test_seeded_and_missing_scores_are_left_out() -> None:
    data, _ = three_groups()
    data.iloc[0, 0] = np.nan
    one, two = (find_profiles(data, COLUMNS, numbers=[3], n_boot=8, n_null=19, random_state=5) for _ in "ab")
    pd.testing.assert_frame_equal(one.tidy(), two.tidy())
    assert pd.isna(one.labels.iloc[0])
    assert "rows-dropped" in [n.code for n in one.notes]


def test_refuses_what_it_cannot_use() -> None:
    data = one_cloud(40)
    for columns, numbers, words in (
        (["a"], [2], "two scores"), (COLUMNS, [1], "number of groups"), (COLUMNS, [9], "number of groups"),
        (["a", "x"], [2], "no column named"),
    ):  # fmt: skip
        with pytest.raises(ModelError, match=words):
            find_profiles(data, columns, numbers=numbers)
    with pytest.raises(ModelError, match="too few practices"):
        find_profiles(data[:20], COLUMNS)
    with pytest.raises(ModelError, match="does not vary"):
        find_profiles(data.assign(a=1.0), COLUMNS, numbers=[2])
