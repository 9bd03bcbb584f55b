"""Edges that the public cases leave out: separation, one large cluster, levels of one row, ties (extra/edges.R)."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pandas as pd
import pytest
from support import HERE, data

import resilience_stats as rs
from resilience_stats.errors import ModelError

WANT: dict[str, Any] = json.loads((HERE / "reference" / "extra" / "edges.json").read_text(encoding="utf-8"))


def close(got: object, want: object, rtol: float = 1e-8, atol: float = 1e-12) -> None:
    np.testing.assert_allclose(np.asarray(got, dtype=float), np.asarray(want, dtype=float), rtol=rtol, atol=atol)


def test_profile_limits_of_a_separated_fit_are_infinite_on_one_side_only() -> None:
    rows = rs.fit_logistic(data("mtcars"), "am", ["wt", "qsec"], check_budget="off").tidy()
    low, high = rows["conf_low"].to_numpy(), rows["conf_high"].to_numpy()
    assert (high[0], low[1], low[2]) == (np.inf, -np.inf, -np.inf)
    close([low[0], high[1], high[2]], WANT["separated"]["finite"], rtol=1e-6)


def test_a_coefficient_that_the_others_can_do_without_has_no_limits() -> None:
    d = data("separated12")
    rows = rs.fit_logistic(d, "y", ["x1", "x2"], check_budget="off").tidy().set_index("term")
    assert np.isfinite(rows.loc["x1", "conf_low"])
    assert rows.loc["x1", "conf_high"] == np.inf
    # x1 alone splits the rows, so that any coefficient of x2 is as likely as any other
    assert rows.loc["x2", ["conf_low", "conf_high"]].tolist() == [-np.inf, np.inf]


def test_clustered_errors_with_one_large_cluster_weights_and_a_factor() -> None:
    d, want = data("prestige"), WANT["large_cluster"]
    at = np.arange(1, len(d) + 1)
    d = d.assign(one=np.where(at <= 60, 1, at), w=1 + (at % 5) / 2)
    fit = rs.fit_linear(d, "prestige", ["income", "type", "women"], weights="w", cluster="one")
    for column in ("estimate", "std_error", "df", "p_value"):
        close(fit.tidy()[column], want[column])
    test = rs.joint_test(fit, ["type"], method="HTZ").iloc[0]
    close(test[["statistic", "df_num", "df_den", "p_value"]], want["htz"])


def test_clustered_errors_of_three_clusters_and_a_level_of_one_row() -> None:
    d = data("mtcars").assign(eight=lambda f: (f["carb"] == 8).astype(int))
    rows = rs.fit_linear(d, "mpg", ["wt", "eight"], cluster="cyl").tidy()
    close(rows["std_error"], WANT["three_clusters"]["std_error"])
    close(rows["df"], WANT["three_clusters"]["df"])


def test_no_event_at_all_has_a_limit_of_exactly_nothing() -> None:
    rows = rs.proportion_interval([0, 0, 33, 4], [4, 17, 33, 4], conf_level=0.99).tidy()
    close(rows[["conf_low", "conf_high"]], WANT["wilson"], atol=0.0)


def test_an_ordinal_effect_that_runs_to_infinity_is_said_and_keeps_its_finite_limit() -> None:
    fit = rs.fit_ordinal(data("mtcars"), "gear", ["am"], tests=())
    assert "not-converged" in [n.code for n in fit.notes]
    close(fit.glance()["log_likelihood"], WANT["separated_ordinal"]["log_likelihood"], rtol=1e-8)
    effect = fit.tidy().set_index("term").loc["am"]
    close(effect["conf_low"], WANT["separated_ordinal"]["am_low"], rtol=1e-6)
    assert effect["conf_high"] == np.inf


def test_an_ordinal_split_of_all_levels_has_limits_on_the_inner_sides() -> None:
    x = pd.Series([0.1, 0.4, 0.5, 1.1, 1.3, 1.8, 2.2, 2.7, 2.9])
    d = pd.DataFrame({"x": x, "level": np.digitize(x, [1.0, 2.0])})
    rows = rs.fit_ordinal(d, "level", ["x"], tests=()).tidy().set_index("term")
    assert rows["conf_high"].tolist() == [np.inf] * 3
    assert np.isfinite(rows["conf_low"]).all()
    assert (rows["conf_low"] > 0).all()
    # the same answers on another scale give the same limits on that scale
    wide = rs.fit_ordinal(d.assign(x=d["x"] * 100), "level", ["x"], tests=()).tidy().set_index("term")
    close(wide.loc["x", "conf_low"] * 100, rows.loc["x", "conf_low"], rtol=1e-5)


def test_a_level_that_only_missing_rows_have_is_imputed_as_if_it_were_left_out() -> None:
    rng = np.random.default_rng(2)
    d = pd.DataFrame({"y": rng.normal(size=30), "x": rng.normal(size=30), "c": ["r"] * 2 + ["s"] * 15 + ["t"] * 13})
    d.loc[[0, 1, 20], "y"] = np.nan
    drawn = [done["y"] for done in rs.impute(d, m=5, method={"y": "norm"}, random_state=1).completed]
    assert np.isfinite(drawn).all()
    assert np.abs(drawn).max() < 10  # a coefficient from nothing would scatter them over thousands


def test_a_margin_of_nobody_is_refused() -> None:
    d = pd.DataFrame({"size": ["small", "large", "large"]})
    with pytest.raises(ModelError, match="not a number of people"):
        rs.rake_weights(d, {"size": {"small": 0, "large": 10}})


def test_a_yes_or_no_of_a_level_that_nobody_known_has_is_drawn_like_the_others() -> None:
    rng = np.random.default_rng(3)
    d = pd.DataFrame({"c": ["r"] * 6 + ["s"] * 17 + ["t"] * 17, "x": rng.normal(size=40)})
    d["asked"] = np.where(rng.random(40) < 0.5, "yes", "no")
    d.loc[:5, "asked"] = None
    spreads = []
    for frame in (d, d.assign(c=d["c"].replace("r", "s"))):
        done = rs.impute(frame, m=200, method={"asked": "logistic"}, iterations=1, random_state=1).completed
        shares = [(one.loc[:5, "asked"] == "yes").mean() for one in done]
        assert 0.4 < np.mean(shares) < 0.65
        spreads.append(np.std(shares))
    # a coefficient that no row tells makes every draw all yes or all no (a spread of 0.37)
    np.testing.assert_allclose(spreads[0], spreads[1], atol=0.05)
