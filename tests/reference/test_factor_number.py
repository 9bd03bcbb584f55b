"""Sampling adequacy, minimum average partial and parallel analysis against R: psych and the formulas of the cases."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from support import assert_close, data, results

from resilience_stats.models.factor_number import sampling_adequacy, suggest_factors

ITEMS = {
    "r03_kmo_bartlett_attitude": lambda: data("attitude"),
    "r03_kmo_bartlett_bfi25": lambda: data("bfi").iloc[:, :25],
    "r03_kmo_bartlett_hs9": lambda: data("hs1939")[[f"x{i}" for i in range(1, 10)]],
    "r03_parallel_bfi_n138": lambda: data("bfi_n138"),
    "r03_parallel_hs9": lambda: data("hs1939")[[f"x{i}" for i in range(1, 10)]],
}


@pytest.mark.parametrize("name", [n for n in ITEMS if "kmo" in n])
def test_sampling_adequacy(name: str) -> None:
    want, items = results(name), ITEMS[name]()
    fit = sampling_adequacy(items)
    glance = fit.glance().iloc[0]
    assert_close(name, glance["kmo"], want["kmo"]["overall"])
    assert_close(name, fit.tidy()["estimate"], list(want["kmo"]["item"].values()))
    assert_close(name, fit.tidy()["estimate"], list(want["psych_KMO"]["MSAi"].values()))
    for theirs, ours in (("chisq", "chi_square"), ("df", "df"), ("p", "p_value"), ("log_p", "log_p_value")):
        assert_close(name, glance[ours], want["bartlett"][theirs], theirs)
    assert_close(name, glance["determinant"], want["determinant"])
    assert glance["n"] == want["n"]
    from_matrix = sampling_adequacy(items.dropna().corr(), n_obs=int(glance["n"])).glance().iloc[0]
    assert_close(name, from_matrix["chi_square"], want["bartlett"]["chisq"])


@pytest.mark.parametrize("name", ["r03_map_bfi25", "r03_map_bfi25_polychoric"])
def test_minimum_average_partial(name: str) -> None:
    want, items = results(name), data("bfi").iloc[:, :25]
    fit = suggest_factors(items, correlation="polychoric" if "polychoric" in name else "pearson", n_iter=2)
    assert_close(name, fit.partials["m"], want["own"]["m"])
    assert_close(name, fit.partials["map2"], want["own"]["map2"])
    assert_close(name, fit.partials["map4"], want["own"]["map4"])
    assert_close(name, fit.partials["map2"].iloc[1:9], want["psych_vss_map"])
    assert_close(name, fit.tidy()["component"], want["eigenvalues"])
    assert fit.fit["n_map2"] == want["own"]["n_map2"]
    assert fit.fit["n_map4"] == want["own"]["n_map4"]


@pytest.mark.parametrize("name", ["r03_parallel_bfi_n138", "r03_parallel_hs9"])
def test_parallel_analysis(name: str) -> None:
    want, items = results(name), ITEMS[name]()
    fit = suggest_factors(items, n_iter=1000, random_state=5)
    tidy, simulated = fit.tidy(), want["simulated"]
    assert_close(name, tidy["component"], want["pc_eigen"])
    assert_close(name, tidy["factor"], want["fa_eigen_smc"])
    for theirs, ours in (("pc_mean", "component_mean"), ("smc_mean", "factor_mean"), ("pc_q95", "component_q95")):
        error = np.hypot(tidy[f"{ours}_mcse"], simulated[f"{theirs}_mcse"])
        assert np.all(np.abs(tidy[ours] - simulated[theirs]) < 4 * error), ours
    for key in ("n_components_mean", "n_components_q95"):
        assert fit.fit[key] == want[key]
    assert fit.fit["n_factors_mean"] == want["n_factors_smc_mean"]
    assert fit.fit["n_factors_q95"] == want["n_factors_smc_q95"]
    as_psych = suggest_factors(items, n_iter=100, random_state=5, basis="one_factor")
    # psych stops its one-factor minres early, which shows in the sixth decimal.
    np.testing.assert_allclose(as_psych.tidy()["factor"], want["fa_eigen_psych"], atol=2e-5)
    assert as_psych.fit["n_factors_q95"] == want["psych_fa_parallel"]["nfact"]
    assert as_psych.fit["n_components_q95"] == want["psych_fa_parallel"]["ncomp"]


def test_shuffled_answers_give_a_like_reference() -> None:
    items = data("bfi_n138")
    normal = suggest_factors(items, n_iter=300, random_state=1).tidy()
    shuffled = suggest_factors(items, n_iter=300, random_state=2, data="permute").tidy()
    error = np.hypot(normal["component_mean_mcse"], shuffled["component_mean_mcse"])
    assert np.all(np.abs(normal["component_mean"] - shuffled["component_mean"]) < 0.02 + 4 * error)


def test_the_same_seed_gives_the_same_bytes() -> None:
    items = data("bfi_n138").iloc[:, :10]
    first, again = (suggest_factors(items, correlation="polychoric", n_iter=20, random_state=3) for _ in range(2))
    pd.testing.assert_frame_equal(first.tidy(), again.tidy(), check_exact=True)
