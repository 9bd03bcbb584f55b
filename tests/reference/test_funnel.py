"""Funnel limits, proportions: cases r15_funnel_*, r15_proportion_*."""

from __future__ import annotations

import numpy as np
import pytest
from support import assert_close, case, frame, results

import resilience_stats as rs

FUNNELS = ["r15_funnel_gen138", "r15_funnel_pritz_no_overdispersion", "r15_funnel_toxop"]
NAMES = {"l998": "low_998", "l95": "low_95", "u95": "high_95", "u998": "high_998"}


def compare_own(name: str, x: list, n: list, own: dict) -> None:
    for adjustment, limits in (
        ("none", "limits_normal"),
        ("multiplicative", "limits_multiplicative"),
        ("additive", "limits_additive"),
    ):
        fit = rs.funnel_limits(x, n, method="normal", overdispersion=adjustment)
        want = frame(own[limits])
        for theirs, ours in NAMES.items():
            assert_close(name, fit.tidy()[ours], want[theirs], f"{limits}.{theirs}")
    exact = rs.funnel_limits(x, n)
    for theirs, ours in NAMES.items():
        assert_close(name, exact.tidy()[ours], frame(own["limits_exact"])[theirs], f"limits_exact.{theirs}")
    glance = exact.glance().iloc[0]
    for theirs, ours in (
        ("theta", "target"),
        ("phi_winsorised", "phi"),
        ("phi_unwinsorised", "phi_unwinsorised"),
        ("phi_used", "phi_used"),
        ("tau2_additive_dl", "tau2"),
    ):
        assert_close(name, glance[ours], own[theirs], theirs)
    assert_close(name, [glance["winsor_low"], glance["winsor_high"]], own["winsor_cut"], "winsor_cut")
    for theirs, ours in (
        ("z", "z"),
        ("z_adjusted_multiplicative", "z_multiplicative"),
        ("z_adjusted_additive", "z_additive"),
    ):
        assert_close(name, exact.tidy()[ours], own[theirs], theirs)


@pytest.mark.parametrize("name", FUNNELS)
def test_funnel(name: str) -> None:
    r = results(name)
    compare_own(name, r["x"], r["n"], r["own"])
    arcsine = rs.funnel_limits(r["x"], r["n"], method="arcsine", overdispersion="additive")
    for theirs, ours in (
        ("lower95_od", "low_95"),
        ("upper95_od", "high_95"),
        ("lower998_od", "low_998"),
        ("upper998_od", "high_998"),
        ("z", "z"),
        ("z_adjusted", "z_additive"),
    ):
        assert_close(name, arcsine.tidy()[ours], r["arcsine"][theirs], f"arcsine.{theirs}")
    assert_close(name, arcsine.glance()["phi"][0], r["funnelplotr"]["phi"], "funnelplotr.phi")
    assert_close(name, arcsine.glance()["tau2"][0], r["funnelplotr"]["tau2"], "funnelplotr.tau2")
    assert rs.funnel_limits(r["x"], r["n"]).tidy()["flag_998"].tolist() == r["flags_exact_998"]
    additive = rs.funnel_limits(r["x"], r["n"], method="normal", overdispersion="additive")
    assert additive.tidy()["flag_95"].tolist() == r["flags_additive_95"]


def test_underdispersed_is_left_alone() -> None:
    name = "r15_funnel_pritz_no_overdispersion"
    compare_own(name, [20, 31, 39, 51, 60, 74], [40, 60, 80, 100, 120, 150], results(name)["underdispersed"])


@pytest.mark.parametrize("level", ["ci95", "ci99"])
def test_proportions(level: str) -> None:
    name = "r15_proportion_ci_grid"
    want = frame(results(name)[level])
    for theirs, ours in (
        ("wilson", "wilson"),
        ("wilson_cc", "wilson_continuity"),
        ("cp", "clopper_pearson"),
        ("jeffreys", "jeffreys"),
        ("agresti_coull", "agresti_coull"),
    ):
        got = rs.proportion_interval(want["x"], want["n"], ours, conf_level=int(level[2:]) / 100).tidy()
        assert_close(name, got["conf_low"], want[f"{theirs}_l"], ours)
        assert_close(name, got["conf_high"], want[f"{theirs}_u"], ours)
    assert case(name)["tolerance"]["rtol"] <= 1e-9


def test_flags_at_their_nominal_rate_under_over_dispersion() -> None:
    rng = np.random.default_rng(1)
    n = rng.integers(60, 200, size=(200, 138))
    p = np.clip(0.7 + 0.05 * rng.standard_normal(n.shape), 0.01, 0.99)
    x = rng.binomial(n, p)
    flagged = [
        (rs.funnel_limits(a, b, method="normal", overdispersion="additive").tidy()["flag_95"] != "in").mean()
        for a, b in zip(x, n, strict=True)
    ]
    naive = [(rs.funnel_limits(a, b).tidy()["flag_95"] != "in").mean() for a, b in zip(x, n, strict=True)]
    mended = [
        (rs.funnel_limits(a, b, method="normal", overdispersion="additive", consistent=True).tidy()["flag_95"] != "in")
        for a, b in zip(x, n, strict=True)
    ]
    # Winsorising a tenth at each end under-estimates the spread, so twice as many are flagged unless it is allowed for.
    assert 0.085 < np.mean(flagged) < 0.125
    assert abs(np.mean(mended) - 0.05) < 0.01
    assert np.mean(naive) > 1.5 * np.mean(flagged)
