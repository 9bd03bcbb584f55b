"""Correlations of ordinal items against R: psych, lavaan, polycor and the formulas of the cases."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pandas as pd
import pytest
from support import HERE, assert_close, data, matrix, results

from resilience_stats.models.correlation import correlate
from resilience_stats.stats.polychoric import polychoric
from resilience_stats.stats.polychoric_influence import polychoric_influence, rho_variances
from resilience_stats.stats.polychoric_ml import fit_table

BFI = [f"{area}{i}" for area in "ACENO" for i in range(1, 6)]
POLYCHORIC = {
    "r02_polychoric_bfi_A_complete": lambda: data("bfi")[BFI[:5]].dropna(),
    "r02_polychoric_bfi_n138_all25": lambda: data("bfi_n138"),
    "r02_tetrachoric_ability8": lambda: data("ability").iloc[:, :8].dropna(),
}


@pytest.mark.parametrize("name", POLYCHORIC)
def test_two_step_polychoric(name: str) -> None:
    want, items = results(name), POLYCHORIC[name]()
    fit = correlate(items, kind="tetrachoric" if "tetra" in name else "polychoric")
    assert_close(name, fit.matrix, matrix(want["own_two_step"]["rho"]), "own rho")
    for key in ("lavaan_lavCor", "psych_default", "psych_correct0", "psych_local_thresholds_correct0"):
        if isinstance(want[key], dict):
            assert_close(name, fit.matrix, matrix(want[key]), key)
    assert fit.thresholds is not None
    for item, thresholds in want["own_two_step"]["thresholds"].items():
        assert_close(name, fit.thresholds.loc[item].dropna(), np.atleast_1d(thresholds), f"threshold {item}")
    assert fit.fit["empty_cells"] == want["own_two_step"]["zero_cells_total"]
    assert fit.fit["n"] == want["n"]
    if "min_eigen_own" in want:
        assert_close(name, fit.fit["smallest_eigenvalue"], want["min_eigen_own"])


def test_missing_answers_with_thresholds_of_the_item_and_of_the_pair() -> None:
    name = "r02_polychoric_bfi_O_pairwise"
    want, items = results(name), data("bfi")[[f"O{i}" for i in range(1, 6)]]
    by_pair = correlate(items, kind="polychoric", thresholds_from="pair")
    assert_close(name, by_pair.matrix, matrix(want["own_pairwise_local_thresholds"]))
    np.testing.assert_allclose(by_pair.matrix, matrix(want["psych_correct0_local"]), atol=1e-4)
    by_item = correlate(items, kind="polychoric")
    assert_close(name, by_item.matrix, matrix(want["lavaan_lavCor_pairwise"]))
    np.testing.assert_allclose(by_item.matrix, matrix(want["psych_correct0"]), atol=1e-4)
    assert by_item.thresholds is not None
    assert_close(name, by_item.thresholds, matrix(want["tau_all_available"]))
    assert (by_item.n_pairs.to_numpy() == matrix(want["n_pairwise"]).to_numpy()).all()


def test_empty_cell_of_a_two_by_two_table() -> None:
    name = "r02_tetrachoric_zero_cell"
    want = results(name)
    for key, table in want["tables"].items():
        items = expand(np.array(table["values"]))
        half = correlate(items, kind="tetrachoric")
        assert_close(name, half.matrix.iloc[0, 1], want["own_add_half"][key])
        assert_close(name, half.matrix.iloc[0, 1], want["psych_correct_0.5"][key], "psych")
        assert [n.code for n in half.notes if n.code.startswith("zero")] == ["zero-cells-half"]
        plain = correlate(items, kind="tetrachoric", zero_cells="none")
        assert "correlation-at-boundary" in [n.code for n in plain.notes]


@pytest.mark.parametrize("key", ["wine_rating_by_temp", "beps_national_household", "t2x2"])
def test_full_maximum_likelihood(key: str) -> None:
    name = "r02_polychor_pairs_ML_public"
    want = results(name)[key]
    items = expand(np.array(want["table"]["values"]))
    fit = correlate(items, kind="polychoric", estimator="ml")
    full = fit.tidy().iloc[0]
    assert_close(name, full["estimate"], want["full_ml"]["rho"], "rho")
    assert_close(name, full["log_likelihood"], want["full_ml"]["loglik"], "loglik")
    assert fit.pair_thresholds is not None
    for item, side in (("a", "thr_row"), ("b", "thr_col")):
        got = fit.pair_thresholds.loc[fit.pair_thresholds["item"] == item, "value"]
        assert_close(name, got, np.atleast_1d(want["full_ml"][side]), side)
    assert full["normality_df"] == want["polycor"]["ml_df"]
    np.testing.assert_allclose(full["normality_chi_square"], want["polycor"]["ml_chisq"], atol=0.005)
    assert_close(name, full["std_error"], want["full_ml"]["se_rho_expected_from_numeric_hessian"], "se")
    two = correlate(items, kind="polychoric").tidy().iloc[0]
    assert_close(name, two["estimate"], want["two_step"]["rho"], "two-step rho")
    assert_close(name, two["log_likelihood"], want["two_step"]["loglik"], "two-step loglik")
    assert two["empty_cells"] == want["two_step"]["zero_cells"]


def test_polyserial_and_biserial() -> None:
    name = "r02_polyserial_biserial"
    want = results(name)
    items = data("sat_act")[["ACT", "education", "SATQ"]].dropna()[["ACT", "education"]]
    two = correlate(items, kind="polyserial", continuous=["ACT"])
    assert_close(name, two.matrix.iloc[0, 1], want["two_step_formula_population_sd"], "two_step")
    assert_close(name, two.matrix.iloc[0, 1], want["polycor_two_step"], "two_step")
    # polycor's own ML estimate stops short of the maximum (by 7e-5 in log likelihood): the same likelihood by BFGS.
    full = correlate(items, kind="polyserial", continuous=["ACT"], estimator="ml").tidy().iloc[0]
    tight = extra("polyserial_ml")
    np.testing.assert_allclose(full["estimate"], tight["rho"], atol=1e-8)
    np.testing.assert_allclose(full["std_error"], tight["se"], rtol=1e-4)
    np.testing.assert_allclose(full["estimate"], want["polycor_ml"], atol=2e-4)
    binary = items.assign(education=(items["education"] >= 4).astype(int))
    assert_close(
        name, correlate(binary, kind="biserial", continuous=["ACT"]).matrix.iloc[0, 1], want["biserial_act_edu4"]
    )
    assert two.fit["n"] == want["n"]


def test_spearman_with_missing_answers() -> None:
    got = correlate(data("bfi")[[f"C{i}" for i in range(1, 6)]], kind="spearman").matrix
    np.testing.assert_allclose(got, extra("spearman"), atol=1e-12)


def test_asymptotic_covariance_is_that_of_weighted_least_squares() -> None:
    items = data("bfi")[[f"O{i}" for i in range(1, 6)]].dropna()
    covariance = polychoric_influence(polychoric(items.to_numpy(dtype=float))).covariance()
    np.testing.assert_allclose(np.diag(covariance), extra("gamma")["diagonal"], rtol=1e-6)
    np.testing.assert_allclose(covariance[[0, 25, 34]], extra("gamma")["first_rows"], atol=1e-6)
    variances = rho_variances(polychoric(items.to_numpy(dtype=float)))
    np.testing.assert_allclose(variances * len(items), extra("gamma")["diagonal"][25:], rtol=1e-6)


@pytest.mark.parametrize("key", ["N1_N2", "A1_A2_n138", "ability", "steep", "rating_contact"])
def test_further_tables(key: str) -> None:
    want = extra("tables")[key]
    table = np.array(want["table"])
    full, two = fit_table(table), fit_table(table, method="two_step")
    np.testing.assert_allclose(two.rho, want["two_step"], atol=1e-9)
    np.testing.assert_allclose(full.rho, want["ml"]["rho"], atol=1e-9)
    np.testing.assert_allclose(full.std_error, want["se"], rtol=1e-6)
    np.testing.assert_allclose(full.log_likelihood, want["ml"]["loglik"], rtol=1e-12)


def test_pairwise_polychoric_is_that_of_lavaan() -> None:
    rows, columns = np.tile(np.arange(1, 61) * 5 - 1, 2), np.tile(np.arange(6), 20)
    items = pd.DataFrame(_with_gaps(data("bfi").iloc[:300, :6].to_numpy(dtype=float), rows, columns))
    np.testing.assert_allclose(correlate(items, kind="polychoric").matrix, extra("missing_lavcor"), atol=1e-6)


def _with_gaps(values: np.ndarray, rows: np.ndarray, columns: np.ndarray) -> np.ndarray:
    values[rows, columns] = np.nan
    return values


def extra(key: str) -> Any:
    return json.loads((HERE / "reference" / "extra" / "psychometrics.json").read_text(encoding="utf-8"))[key]


def expand(table: np.ndarray) -> pd.DataFrame:
    rows, columns = np.indices(table.shape)
    times = table.ravel().astype(int)
    return pd.DataFrame({"a": np.repeat(rows.ravel(), times), "b": np.repeat(columns.ravel(), times)})
