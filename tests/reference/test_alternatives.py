"""Quantile, robust and fractional regression against quantreg, MASS, robustbase and sandwich."""

from __future__ import annotations

import numpy as np
import pytest
from support import assert_close, data, results

from resilience_stats.models.alternatives import fit_fractional, fit_quantile, fit_robust

NAME = "r18_quantile_robust_prestige"
PREDICTORS = ["income", "education"]
ATTITUDE = ["complaints", "privileges", "learning", "raises", "critical", "advance"]


@pytest.mark.parametrize("tau", ["0.25", "0.5", "0.75"])
def test_quantile_coefficients(tau: str) -> None:
    want = results(NAME)["rq"][tau]
    found = fit_quantile(data("prestige"), "prestige", PREDICTORS, tau=float(tau))
    assert_close(NAME, found.tidy()["estimate"], list(want.values()), f"rq.{tau}")


@pytest.mark.parametrize(
    ("tau", "errors"),
    [
        (0.25, [5.323729469340905, 0.000463060491496, 0.613469679780167]),
        (0.5, [3.944079693997448, 0.000250400389514, 0.425374655590968]),
        (0.9, [4.805993047214147, 0.000135265189209, 0.441410963677710]),
    ],
)
def test_quantile_errors_as_summary_rq_nid(tau: float, errors: list[float]) -> None:
    found = fit_quantile(data("prestige"), "prestige", PREDICTORS, tau=tau)
    np.testing.assert_allclose(found.tidy()["std_error"], errors, rtol=1e-6)


def test_quantile_bootstrap_agrees_roughly_and_is_reproducible() -> None:
    options = {"se": "bootstrap", "n_boot": 60, "random_state": 1}
    first = fit_quantile(data("prestige"), "prestige", PREDICTORS, **options).tidy()["std_error"]
    again = fit_quantile(data("prestige"), "prestige", PREDICTORS, **options).tidy()["std_error"]
    assert first.tolist() == again.tolist()
    np.testing.assert_allclose(first, [4.651, 0.000487, 0.566], rtol=0.3)


def test_huber() -> None:
    want = results(NAME)["huber"]
    found = fit_robust(data("prestige"), "prestige", PREDICTORS, method="huber")
    assert_close(NAME, found.tidy()["estimate"], list(want["coef"].values()), "huber.coef")
    assert_close(NAME, found.glance()["sigma"], want["scale"], "huber.scale")
    assert_close(NAME, found.rows["weight"].iloc[:10], want["weights_first10"], "huber.weights")
    # summary(MASS::rlm)
    np.testing.assert_allclose(
        found.tidy()["std_error"], [3.312541012684749, 0.000230729094282, 0.359053622412835], rtol=1e-6
    )


def test_mm() -> None:
    want = results(NAME)["mm"]
    found = fit_robust(data("prestige"), "prestige", PREDICTORS)
    assert_close(NAME, found.tidy()["estimate"], list(want["coef"].values()), "mm.coef")
    assert_close(NAME, found.glance()["sigma"], want["scale"], "mm.scale")


def test_mm_and_huber_on_attitude() -> None:
    """summary(robustbase::lmrob(rating ~ .)) and summary(MASS::rlm(rating ~ .))."""
    found = fit_robust(data("attitude"), "rating", ATTITUDE)
    np.testing.assert_allclose(
        found.tidy()["estimate"],
        [11.0171369390241, 0.6059078171046, -0.0764675621782, 0.3339417450505, 0.0872311344854, 0.0369668351648,
         -0.2297932848962],
        rtol=1e-5,
    )  # fmt: skip
    np.testing.assert_allclose(
        found.tidy()["std_error"],
        [15.070037807708, 0.111747202913, 0.115594383380, 0.150129890607, 0.151142093455, 0.175695294648,
         0.156068441291],
        rtol=1e-5,
    )  # fmt: skip
    huber = fit_robust(data("attitude"), "rating", ATTITUDE, method="huber")
    np.testing.assert_allclose(
        huber.tidy()["std_error"],
        [12.480566276253, 0.173364038124, 0.146163033213, 0.181480914656, 0.238511129133, 0.158300598608,
         0.191915242524],
        rtol=1e-6,
    )  # fmt: skip


def test_fractional_logit() -> None:
    """glm(prestige / 100 ~ income + education, quasibinomial) with sandwich::vcovHC."""
    d = data("prestige").assign(share=lambda f: f["prestige"] / 100)
    wanted = {
        "HC0": [1.43948421123e-01, 1.32775817368e-05, 1.68176931644e-02],
        "HC1": [1.46113180507e-01, 1.34772558245e-05, 1.70706049977e-02],
        "HC3": [1.48988589350e-01, 1.56554032427e-05, 1.80795288703e-02],
    }
    for kind, errors in wanted.items():
        found = fit_fractional(d, "share", PREDICTORS, vcov=kind).tidy()
        np.testing.assert_allclose(found["std_error"], errors, rtol=1e-8)
    np.testing.assert_allclose(found["estimate"], [-2.42598113664e00, 6.59521645249e-05, 1.72722338297e-01], rtol=1e-9)
