"""Shrinkage, funnels, change and difference in differences beyond the public cases, against R (extra/practices.R)."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from support import data

import resilience_stats as rs
from resilience_stats.errors import ModelError
from resilience_stats.stats.funnel import exact_binomial_limit, exact_poisson_limit
from resilience_stats.stats.nested_shrinkage import shrink_nested

WANT: dict[str, Any] = json.loads((Path(__file__).parent / "extra" / "practices.json").read_text(encoding="utf-8"))


def close(got: object, want: object, rtol: float = 1e-8, atol: float = 1e-10) -> None:
    np.testing.assert_allclose(np.asarray(got, dtype=float), np.asarray(want, dtype=float), rtol=rtol, atol=atol)


@pytest.fixture(scope="module")
def practices() -> pd.DataFrame:
    d = data("gen_practice")
    d["size"] = d["list_size"] / 1000
    d["big"] = np.where(d["list_size"] > d["list_size"].median(), "large", "small")
    d["big"] = pd.Categorical(d["big"], ["small", "large"])
    return d.assign(joined=pd.Categorical(d["treated"].astype(str), ["0", "1"]))


@pytest.mark.parametrize("method", ["dl", "reml", "pm"])
@pytest.mark.parametrize("name", sorted(WANT["shrinkage"]))
def test_shrinkage(name: str, method: str) -> None:
    case = WANT["shrinkage"][name]
    want = case[method]
    fit = rs.benchmark(case["y"], std_error=np.sqrt(case["v"]), method=method, n_draws=5)
    figures = fit.glance().iloc[0]
    close(figures[["tau2", "mean", "mean_std_error", "i2", "h2", "q"]],
          [want[k] for k in ("tau2", "mean", "se", "i2", "h2", "q")], rtol=2e-6, atol=1e-8)  # fmt: skip
    close(fit.tidy()["estimate"], want["blup"], rtol=1e-6)
    close(fit.tidy()["std_error"], want["blup_se"], rtol=1e-6, atol=1e-8)


def test_shrinkage_in_groups() -> None:
    want = WANT["nested"]["practices"]
    codes = pd.factorize(np.array(want["g"]), sort=True)[0]
    fit = shrink_nested(np.array(want["y"]), np.array(want["v"], dtype=float), codes)
    close([fit.tau2, fit.omega2, fit.mean, fit.mean_std_error], [want[k] for k in ("tau2", "omega2", "mean", "se")],
          rtol=2e-5, atol=1e-6)  # fmt: skip
    close(fit.group_mean - fit.mean, want["group"], rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("case", WANT["funnel"], ids=lambda c: f"{c['target']:.2f}-{c['share']}")
def test_funnel(case: dict[str, float]) -> None:
    d = data("gen_funnel138")
    fit = rs.funnel_limits(d["x"], d["n"], target=case["target"], winsorise=case["share"], method="normal").fit
    close([fit["phi"], fit["tau2"], fit["phi_used"]], [case["phi"], case["tau2"], case["used"]])


def test_exact_limits() -> None:
    want = WANT["poisson"]
    n = np.array(want["n"])
    close([exact_poisson_limit(n, 0.025), exact_poisson_limit(n, 0.975)], [want["l"], want["u"]])
    want = WANT["binomial99"]
    n = np.array(want["n"], dtype=float)
    close([exact_binomial_limit(n, 0.3, 0.005), exact_binomial_limit(n, 0.3, 0.995)], [want["l"], want["u"]])


ANCOVAS: dict[str, tuple[dict[str, Any], float]] = {
    "two_groups": ({"before": "Prewt", "after": "Postwt", "group": "Treat"}, 0.9),
    "practices": ({"before": "pre", "after": "post", "group": "joined"}, 0.99),
    "covariate": ({"before": "pre", "after": "post", "group": "joined", "covariates": ["size"]}, 0.95),
    "factor": ({"before": "pre", "after": "post", "group": "joined", "covariates": ["size", "big"]}, 0.95),
}


@pytest.mark.parametrize("name", sorted(ANCOVAS))
def test_ancova(name: str, practices: pd.DataFrame) -> None:
    want, (settings, level) = WANT["ancova"][name], ANCOVAS[name]
    held = data("anorexia").query("Treat != 'FT'") if name == "two_groups" else practices
    for vcov, key in (("classical", "se"), ("HC3", "hc3"), ("HC1", "hc1")):
        fit = rs.programme_change(held, **settings, vcov=vcov, conf_level=level)
        rows = fit.tidy().query("model == 'ancova'")
        close(rows["estimate"], want["coef"])
        close(rows["std_error"], want[key])
    fit = rs.programme_change(held, **settings, vcov="classical", conf_level=level)
    close(fit.tidy().query("model == 'ancova'")[["conf_low", "conf_high"]], want["ci"])
    table = fit.analysis_of_variance
    close(table["sum_sq"], want["ss"])
    close(table["df"], want["df"])
    close(table["statistic"][:-1], want["f"])
    close(table["p_value"][:-1], want["p"], rtol=1e-6)
    means = fit.adjusted_means
    close(means[["adjusted_mean", "std_error", "conf_low", "conf_high"]].T,
          [want[k] for k in ("adjusted", "adjusted_se", "lower", "upper")])  # fmt: skip
    close(fit.pairwise[["estimate", "p_value"]].iloc[0], [want["pair"], want["pair_p"]], rtol=1e-6)
    figures = fit.glance().iloc[0]
    close(figures[["slopes_f", "slopes_df_num", "slopes_df_den", "slopes_p_value"]], want["slopes"], rtol=1e-6)
    close(figures["partial_eta2"], want["eta2"])


def test_change_and_baseline(practices: pd.DataFrame) -> None:
    anorexia = data("anorexia").rename(columns={"Prewt": "pre", "Postwt": "post"})
    parts = {"controls": practices.query("treated == 0"), "treated": practices.query("treated == 1"),
             "anorexia": anorexia}  # fmt: skip
    for name, want in WANT["change"].items():
        fit = rs.programme_change(parts[name], before="pre", after="post")
        row = fit.paired.iloc[0]
        close(row["oldham_r"], want["oldham"])
        close(row[["mee_chua_change", "mee_chua_std_error", "mee_chua_statistic"]], want["mee_chua"])
        slope = fit.tidy().query("model == 'change_adjusted' and term == 'pre'")["estimate"]
        close(slope, [want["slope"]])


@pytest.mark.parametrize("name", sorted(WANT["did"]))
def test_difference_in_differences(name: str, practices: pd.DataFrame) -> None:
    want = WANT["did"][name]
    base = practices[["practice", "icb", "treated", "size"]]
    long = pd.concat([base.assign(post=k, y=practices[c]) for k, c in enumerate(("pre", "post"))], ignore_index=True)
    if name.startswith("holed"):
        long = long.drop(index=[i - 1 for i in (3, 17, 40, 150, 151, 200, 233)])
    if name == "few_areas":
        long = long[long["icb"].isin(long["icb"].unique()[:6])]
    settings: dict[str, Any] = {"outcome": "y", "unit": "practice", "time": "post", "treated": "treated",
                                "cluster": None if name == "holed_unit" else "icb", "conf_level": 0.9,
                                "covariates": ["size"] if name == "covariate" else []}  # fmt: skip
    for kind, error in zip(("CR0", "CR1", "CR1S", "CR2", "CR3"), want["se"], strict=True):
        fit = rs.difference_in_differences(long, vcov=kind, **settings).fit
        close([fit["effect"], fit["std_error"]], [want["estimate"], error])
    fit = rs.difference_in_differences(long, **settings).fit
    close([fit["df"], fit["p_value"]], [want["df"], want["p"]], rtol=1e-6)
    close([fit["conf_low"], fit["conf_high"]], want["ci"], rtol=1e-6)


def test_event_study(practices: pd.DataFrame) -> None:
    want = WANT["event"]
    middle = 0.4 * practices["pre"] + 0.5 * practices["post"] + 5 + 2 * np.sin(np.arange(1, len(practices) + 1))
    waves = (practices["pre"], middle, practices["post"])
    long = pd.concat([practices[["practice", "treated"]].assign(wave=k, y=y) for k, y in enumerate(waves, start=1)])
    fit = rs.difference_in_differences(long, outcome="y", unit="practice", time="wave", treated="treated", start=3)
    close(fit.events["estimate"], want["estimate"])
    close(fit.events["std_error"], want["se_full"], rtol=1e-6)
    close(fit.events["df"], want["df_full"], rtol=1e-6)


def test_slopes() -> None:
    want = WANT["slopes"]
    d = data("sleepstudy").drop(index=[1, 2, 14, *range(39, 46), 98])
    order = sorted(d["Subject"].unique())
    d["late"] = d["Subject"].map(lambda s: order.index(s) >= 9)
    fit = rs.practice_slopes(d, outcome="Reaction", unit="Subject", time="Days", group="late")
    rows, figures = fit.tidy(), fit.fit
    assert rows["term"].astype(str).tolist() == [str(u) for u in want["unit"]]
    close(rows["slope"], want["slope"])
    close(rows["slope_std_error"], want["se"])
    close([figures["sigma"], figures["df_residual"]], [want["sigma"], want["df"]])
    close([figures["tau2"], figures["mean"], figures["mean_std_error"]], [want[k] for k in ("tau2", "mean", "mean_se")],
          rtol=1e-6)  # fmt: skip
    close(rows[["estimate", "std_error"]].T, [want["blup"], want["blup_se"]], rtol=1e-6)
    close([figures["difference"], figures["std_error"]], [want["difference"], want["difference_se"]])


@pytest.mark.slow
def test_slopes_are_covered_by_their_intervals() -> None:
    rng = np.random.default_rng(4)
    covered = []
    for _ in range(60):
        true = rng.normal(1, 1.5, 60)
        long = pd.DataFrame({"u": np.repeat(range(60), 4), "t": np.tile([0, 1, 2, 3], 60)})
        long["y"] = rng.normal(60, 8, 60)[long["u"]] + true[long["u"]] * long["t"] + rng.normal(0, 3, 240)
        rows = rs.practice_slopes(long, outcome="y", unit="u", time="t").tidy()
        covered.append(((rows["conf_low"] <= true) & (true <= rows["conf_high"])).mean())
    assert 0.92 < np.mean(covered) < 0.97


def test_slopes_need_three_waves_of_somebody() -> None:
    long = pd.DataFrame({"u": np.repeat(range(20), 2), "t": np.tile([0, 1], 20), "y": np.arange(40.0)})
    with pytest.raises(ModelError, match="too few units were measured often enough"):
        rs.practice_slopes(long, outcome="y", unit="u", time="t")
