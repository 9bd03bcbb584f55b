"""Factor analysis against R: psych, factanal, GPArotation and the formulas of the cases."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from support import HERE, assert_close, data, matrix, results

from resilience_stats.models.factors import fit_factors, rotate_loadings
from resilience_stats.stats.factor_fit import score_weights

CASES: dict[str, tuple[Any, dict[str, Any]]] = {
    "r04_efa_minres_attitude_k2": (lambda: data("attitude"), {"n_factors": 2}),
    "r04_efa_minres_bfi25_k5": (lambda: data("bfi").iloc[:, :25], {"n_factors": 5}),
    "r04_efa_minres_polychoric_bfi_k5": (
        lambda: data("bfi").iloc[:, :25],
        {"n_factors": 5, "correlation": "polychoric"},
    ),
    "r04_efa_ml_hs9_k3": (
        lambda: data("hs1939")[[f"x{i}" for i in range(1, 10)]],
        {"n_factors": 3, "method": "ml"},
    ),
    "r04_efa_ml_thurstone_k3": (
        lambda: pd.read_csv(HERE / "reference" / "data" / "thurstone_cor.csv", index_col=0),
        {"n_factors": 3, "method": "ml", "n_obs": 213},
    ),
}
FIT = {
    "F_ml": "objective_ml",
    "df": "df",
    "chisq_bartlett": "chi_square",
    "p": "p_value",
    "F_null": "objective_null",
    "df_null": "df_null",
    "chisq_null_bartlett": "chi_square_null",
    "TLI_separate_multipliers": "tli",
    "RMSEA_nminus1": "rmsea",
    "BIC": "bic",
    "TLI_psych_2.2.9": "tli_psych",
    "RMSEA_psych_2.2.9": "rmsea_psych",
}
PSYCH = {
    "chisq": "chi_square",
    "df": "df",
    "TLI": "tli_psych",
    "BIC": "bic",
    "rms": "rmsr",
    "crms": "rmsr_corrected",
    "objective": "objective_ml",
    "empirical_chisq": "chi_square_empirical",
}
ROTATIONS = {
    "varimax_kaiser": {"rotation": "varimax"},
    "varimax_raw_gpa": {"rotation": "varimax", "kaiser": False},
    "promax_m4_after_kaiser_varimax": {"rotation": "promax"},
    "oblimin_gam0": {"rotation": "oblimin"},
    "oblimin_gam0_kaiser": {"rotation": "oblimin", "kaiser": True},
    "geomin_delta01": {"rotation": "geomin"},
}


@pytest.mark.parametrize("name", CASES)
def test_extraction_and_fit(name: str) -> None:
    load, options = CASES[name]
    want, fit = results(name), fit_factors(load(), rotation="none", scores="none", **options)
    own, glance = want["own"], fit.glance().iloc[0]
    assert_close(name, fit.loadings[_order(fit.loadings, own["loadings"])], matrix(own["loadings"]), "loadings")
    assert_close(name, fit.unrotated, matrix(own["loadings"]), "loadings")
    assert_close(name, fit.uniquenesses, list(own["uniquenesses"].values()), "uniquenesses")
    assert_close(name, fit.communalities, list(own["communalities"].values()), "communalities")
    assert_close(name, glance["rmsr"], own["rmsr"], "rmsr")
    objective = own["objective_ml"] if "objective_ml" in own else own["objective_uls"]
    assert_close(name, glance["objective"], objective, "objective")
    for theirs, ours in FIT.items():
        assert_close(name, glance[ours], own["fit"][theirs], theirs)
    assert glance["n"] == want["n"]
    if "factanal" in want:
        assert_close(name, fit.unrotated, matrix(want["factanal"]["loadings"]), "factanal")
        assert_close(name, glance["chi_square"], want["factanal"]["chisq"], "factanal")
    if "polychoric" in want:
        np.testing.assert_allclose(fit.correlations, matrix(want["polychoric"]), atol=1e-6)


@pytest.mark.parametrize("name", CASES)
@pytest.mark.parametrize("rotation", ROTATIONS)
def test_rotations(name: str, rotation: str) -> None:
    load, options = CASES[name]
    want = results(name)["own_rotations"].get(rotation)
    if want is None:
        pytest.skip("this rotation did not converge in R")
    fit = fit_factors(load(), scores="none", n_starts=1, **options, **ROTATIONS[rotation])
    _assert_rotated(name, fit.loadings, fit.phi, want)
    if "criterion" in want:
        assert_close(name, fit.fit["rotation_criterion"], want["criterion"], "criterion")


@pytest.mark.parametrize("rotation", ROTATIONS)
def test_rotation_of_a_fixed_matrix(rotation: str) -> None:
    name = "r04_rotation_fixed_matrix_a"
    want = results(name)
    fit = rotate_loadings(matrix(want["input"]), **ROTATIONS[rotation])
    _assert_rotated(name, fit.loadings, fit.phi, want[rotation])
    if "criterion" in want[rotation]:
        assert_close(name, fit.fit["criterion"], want[rotation]["criterion"], "criterion")


@pytest.mark.parametrize("name", CASES)
@pytest.mark.parametrize("rotation", ["oblimin", "promax", "varimax"])
def test_psych(name: str, rotation: str) -> None:
    load, options = CASES[name]
    want = results(name)["psych"][rotation]
    # psych normalises rows in both stages of promax.
    fit = fit_factors(load(), rotation=rotation, kaiser=True if rotation == "promax" else None, n_starts=1, **options)
    glance, order = fit.glance().iloc[0], _order(fit.loadings, want["loadings"])
    assert_close(name, _signed(fit.loadings[order], want["loadings"]), matrix(want["loadings"]), "psych loadings")
    if want["phi"] is not None:
        signs = np.sign(np.sum(fit.loadings[order].to_numpy() * matrix(want["loadings"]).to_numpy(), axis=0))
        phi = fit.phi.loc[order, order].to_numpy() * np.outer(signs, signs)
        assert_close(name, phi, matrix(want["phi"]), "psych phi")
    for theirs, ours in PSYCH.items():
        if theirs not in ("chisq", "BIC", "empirical_chisq"):
            assert_close(name, glance[ours], want[theirs], f"psych {theirs}")
        else:  # psych's extraction stops early, which n multiplies
            np.testing.assert_allclose(glance[ours], want[theirs], rtol=2e-5, atol=0.002)
    rmsea = [glance["rmsea_psych"], glance["rmsea_low"], glance["rmsea_high"]]
    assert_close(name, rmsea, [want["RMSEA"][key] for key in ("RMSEA", "lower", "upper")], "psych RMSEA")
    determinacy = want["R2_scores"].values() if isinstance(want["R2_scores"], dict) else want["R2_scores"]
    assert_close(name, fit.variance.loc[order, "determinacy"], list(determinacy), "psych R2")


@pytest.mark.parametrize("name", [n for n in CASES if "polychoric" not in n and "thurstone" not in n])
@pytest.mark.parametrize("method", ["regression", "bartlett", "tenBerge"])
def test_scores(name: str, method: str) -> None:
    load, options = CASES[name]
    want = results(name)["own_scores_oblimin"][method]
    fit = fit_factors(load(), scores=method.lower(), n_starts=1, **options)
    assert fit.weights is not None
    assert fit.scores is not None
    assert fit.score_correlations is not None
    # The case's uniquenesses stop at a gradient of about 2e-7, some 1e-6 from the minimum, which the weights enlarge.
    np.testing.assert_allclose(fit.weights, matrix(want["weights"]), rtol=1e-5, atol=5e-6)
    np.testing.assert_allclose(fit.scores.iloc[:10], matrix(want["scores_first10"]), rtol=1e-5, atol=2e-5)
    assert_close(name, fit.score_correlations, matrix(want["score_cor"]), "score_cor")
    assert_close(name, fit.scores.std(), list(want["score_sd"].values()), "score_sd")
    own = results(name)["own"]["uniquenesses"]
    rotated = results(name)["own_rotations"]["oblimin_gam0"]
    pattern, phi, psi = matrix(rotated["loadings"]), matrix(rotated["phi"]), np.array(list(own.values()))
    weights = score_weights(fit.correlations.to_numpy(), pattern.to_numpy(), phi.to_numpy(), psi, method.lower())
    assert_close(name, weights, matrix(want["weights"]), "weights from the case's own solution")


def _order(ours: pd.DataFrame, theirs: dict[str, Any]) -> list[str]:
    """Our columns in their order, by the size of the cross-products."""
    across = np.abs(matrix(theirs).to_numpy().T @ ours.to_numpy())
    return [ours.columns[j] for j in np.argmax(across / np.sqrt(np.sum(ours.to_numpy() ** 2, axis=0)), axis=1)]


def _signed(ours: pd.DataFrame, theirs: dict[str, Any]) -> np.ndarray:
    return ours.to_numpy() * np.sign(np.sum(ours.to_numpy() * matrix(theirs).to_numpy(), axis=0))


def _assert_rotated(name: str, loadings: pd.DataFrame, phi: pd.DataFrame, want: dict[str, Any]) -> None:
    assert_close(name, loadings, matrix(want["loadings"]), "loadings")
    if "phi" in want:
        assert_close(name, phi, matrix(want["phi"]), "phi")
