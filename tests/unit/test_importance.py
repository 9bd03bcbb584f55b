"""Relative importance: identities, groups, bootstrap, errors."""

from __future__ import annotations

import itertools

import numpy as np
import pandas as pd
import pytest

from resilience_stats.errors import CircularModelError, ModelError
from resilience_stats.models.importance import relative_importance
from resilience_stats.stats import importance
from resilience_stats.stats.logistic_subsets import subset_log_likelihood

TERMS = ["a", "b", "c", "d"]


def drivers(n: int = 138, seed: int = 1) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(n, 4)) + 0.7 * rng.normal(size=(n, 1))
    y = 3 * x[:, 0] + 1.5 * x[:, 1] + 4 * rng.normal(size=n)
    kind = np.array(["GMS", "PMS", "APMS"])[rng.integers(3, size=n)]
    return pd.DataFrame(x, columns=TERMS).assign(
        y=y, kind=kind, pcn=rng.integers(25, size=n), w=rng.uniform(0.5, 2, n), cqc=(y > 3).astype(int)
    )


def r2_of(d: pd.DataFrame, columns: list[str], weights: np.ndarray | None = None) -> float:
    x = np.column_stack([np.ones(len(d)), pd.get_dummies(d[columns], drop_first=True).to_numpy(float)])
    root = np.ones(len(d)) if weights is None else np.sqrt(weights)
    y = d["y"].to_numpy()
    e = y * root - x * root[:, None] @ np.linalg.lstsq(x * root[:, None], y * root, rcond=None)[0]
    mean = np.average(y, weights=root**2)
    return 1 - e @ e / float((root**2 * (y - mean) ** 2).sum())


@pytest.mark.parametrize("weights", [None, "w"])
def test_every_subset_is_least_squares(weights: str | None) -> None:
    d = drivers()
    found = relative_importance(d, "y", TERMS, weights=weights)
    w = None if weights is None else d["w"].to_numpy()
    for mask in range(16):
        columns = [t for j, t in enumerate(TERMS) if mask >> j & 1]
        want = r2_of(d, columns, w) if columns else 0.0
        assert found.subset_r2[mask] == pytest.approx(want, abs=1e-12)


@pytest.mark.parametrize("method", ["lmg", "genizi", "pratt", "car"])
def test_shares_add_up_to_r2(method: str) -> None:
    found = relative_importance(drivers(), "y", TERMS, method=method)
    assert found.tidy()["estimate"].sum() == pytest.approx(r2_of(drivers(), TERMS), abs=1e-12)
    assert found.tidy()["share"].sum() == pytest.approx(1.0)


def test_groups_enter_and_leave_together() -> None:
    d = drivers()
    found = relative_importance(d, "y", [*TERMS, "kind"], groups={"staff": ["b", "c"]})
    assert found.tidy()["term"].tolist() == ["a", "staff", "d", "kind"]
    sets = {"a": ["a"], "staff": ["b", "c"], "d": ["d"], "kind": ["kind"]}
    total = dict.fromkeys(sets, 0.0)
    for order in itertools.permutations(sets):
        inside: list[str] = []
        before = 0.0
        for name in order:
            inside += sets[name]
            now = r2_of(d, inside)
            total[name] += (now - before) / 24
            before = now
    np.testing.assert_allclose(found.tidy()["estimate"], list(total.values()), atol=1e-12)


def test_what_is_always_there_is_set_aside() -> None:
    d = drivers()
    found = relative_importance(d, "y", ["a", "b"], always=["kind", "d"])
    base = r2_of(d, ["kind", "d"])
    assert found.glance()["r_squared_always"][0] == pytest.approx(base, abs=1e-12)
    assert found.tidy()["estimate"].sum() == pytest.approx(r2_of(d, ["a", "b", "kind", "d"]) - base, abs=1e-12)
    assert found.metrics.loc["a", "first"] == pytest.approx(r2_of(d, ["a", "kind", "d"]) - base, abs=1e-12)


def test_bootstrap_draws_are_importance_of_the_resampled_rows() -> None:
    from resilience_stats.stats.resampling import draw_rows, spawn

    d = drivers(60)
    found = relative_importance(d, "y", [*TERMS, "kind"], n_boot=7, random_state=4)
    for i, seed in enumerate(spawn(4, 7)):
        rows = draw_rows(np.random.default_rng(seed), len(d))
        again = relative_importance(d.iloc[rows], "y", [*TERMS, "kind"]).tidy()["estimate"]
        np.testing.assert_allclose(found.draws.iloc[i], again, atol=1e-12)


def test_bootstrap_frames() -> None:
    found = relative_importance(drivers(), "y", TERMS, n_boot=300, random_state=2)
    np.testing.assert_allclose(found.rank_probabilities.sum(axis=0), 1.0)
    np.testing.assert_allclose(found.rank_probabilities.sum(axis=1), 1.0)
    ahead = found.pairwise.to_numpy()
    off = ~np.eye(4, dtype=bool)
    np.testing.assert_allclose((ahead + ahead.T)[off], 1.0)
    tidy = found.tidy()
    assert tidy["p_rank_1"].tolist() == found.rank_probabilities[1].tolist()
    assert ((tidy["conf_low"] < tidy["estimate"]) & (tidy["estimate"] < tidy["conf_high"])).all()
    assert tidy["p_rank_1"].idxmax() == 0
    assert {n.code for n in found.notes} == {"bootstrap"}


@pytest.mark.parametrize("interval", ["basic", "normal", "bca"])
def test_other_intervals(interval: str) -> None:
    found = relative_importance(drivers(), "y", TERMS, n_boot=400, random_state=2, interval=interval).tidy()
    plain = relative_importance(drivers(), "y", TERMS, n_boot=400, random_state=2).tidy()
    width = plain["conf_high"] - plain["conf_low"]
    np.testing.assert_allclose(found["conf_high"] - found["conf_low"], width, rtol=0.35)
    assert (found["conf_low"] != plain["conf_low"]).all()


def test_whole_clusters_are_drawn() -> None:
    d = drivers().sort_values("pcn")
    d["y"] = d["y"] + 6 * d["pcn"].map(dict(enumerate(np.random.default_rng(1).normal(size=25))))
    rows = relative_importance(d, "y", TERMS, n_boot=200, random_state=1)
    whole = relative_importance(d, "y", TERMS, n_boot=200, random_state=1, cluster="pcn")
    assert rows.draws.to_numpy().tolist() != whole.draws.to_numpy().tolist()
    assert "whole clusters" in whole.notes[-1].message


def test_order_of_the_predictors_does_not_matter() -> None:
    one = relative_importance(drivers(), "y", TERMS).tidy().set_index("term")["estimate"]
    other = relative_importance(drivers(), "y", TERMS[::-1]).tidy().set_index("term")["estimate"]
    np.testing.assert_allclose(one, other[one.index], atol=1e-14)


def test_without_bootstrap_the_reader_is_warned() -> None:
    assert [n.code for n in relative_importance(drivers(), "y", TERMS).notes] == ["no-intervals"]


def test_logistic_shares_add_up_and_bootstrap() -> None:
    found = relative_importance(
        drivers(), "cqc", ["a", "b", "kind"], family="binomial", measure="cox_snell", n_boot=20, random_state=1
    )
    assert found.tidy()["estimate"].sum() == pytest.approx(found.glance()["r_squared"][0], abs=1e-12)
    assert found.draws.shape == (20, 3)
    assert found.tidy()["conf_low"].notna().all()


def test_separated_subsets_reach_likelihood_one() -> None:
    x = np.column_stack([np.ones(6), [1.0, 2, 3, 4, 5, 6]])
    y = np.array([0.0, 0, 0, 1, 1, 1])
    value = subset_log_likelihood(x, y, np.array([[True, False], [True, True]]), np.ones((1, 6)))
    assert value[0, 0] == pytest.approx(-6 * np.log(2))
    assert value[1, 0] == pytest.approx(0.0, abs=1e-6)


@pytest.mark.parametrize(
    ("options", "text"),
    [
        ({"method": "shap"}, "method"),
        ({"n_boot": 10}, "seed"),
        ({"groups": {"g": ["zz"]}}, "groups"),
        ({"family": "binomial"}, "0 or 1"),
        ({"method": "pratt", "always": ["d"], "predictors": ["a", "b"]}, "linear models"),
        ({"measure": "mcfadden"}, "measure"),
        ({"method": "beta_squared", "predictors": ["a", "kind"]}, "group"),
    ],
)
def test_what_cannot_be_done_is_explained(options: dict[str, object], text: str) -> None:
    chosen = {"predictors": TERMS} | options
    with pytest.raises(ModelError, match=text):
        relative_importance(drivers(), "y", **chosen)


def test_too_many_groups_point_to_relative_weights() -> None:
    rng = np.random.default_rng(1)
    wide = pd.DataFrame(rng.normal(size=(60, 22)), columns=[f"x{j}" for j in range(22)])
    with pytest.raises(ModelError, match="genizi"):
        relative_importance(wide, "x0", list(wide.columns[1:]))
    assert relative_importance(wide, "x0", list(wide.columns[1:]), method="genizi").subset_r2 is None


def test_parts_of_the_outcome_are_refused() -> None:
    with pytest.raises(CircularModelError):
        relative_importance(drivers(), "y", TERMS, parts={"y": ["a"]})


def test_subsets_of_groups_and_dependent_columns_are_least_squares() -> None:
    """Enough groups that half of each matrix is kept only, some of several columns, one a multiple of another."""
    rng = np.random.default_rng(31)
    x = rng.normal(size=(90, 13)) + 0.5 * rng.normal(size=(90, 1))
    x[:, 12] = 2 * x[:, 3]
    y = x @ np.linspace(0.0, 0.5, 13) + rng.normal(size=90)
    groups = [[0], [1, 2], [3], [4], [5], [6], [7], [8, 9, 10], [12], [11]]
    z = np.column_stack([x, y]) - np.column_stack([x, y]).mean(axis=0)
    r2 = importance.subset_r2(importance.weighted_gram(z, np.ones((1, 90))), groups)[:, 0]
    for subset in [0, 1, 6, 260, 511, 636, 900, 1023, *rng.integers(1024, size=20).tolist()]:
        columns = [c for k, group in enumerate(groups) if subset >> k & 1 for c in group]
        fitted = np.linalg.lstsq(z[:, columns], z[:, -1], rcond=None)[0] if columns else np.empty(0)
        rest = z[:, -1] - z[:, columns] @ fitted
        assert r2[subset] == pytest.approx(1 - rest @ rest / (z[:, -1] @ z[:, -1]), abs=1e-10)


def test_gains_by_size_are_means_over_subsets() -> None:
    rng = np.random.default_rng(32)
    for g in (1, 2, 5, 6):
        r2 = rng.random((2**g, 2))
        size = np.array([bin(s).count("1") for s in range(2**g)])
        want = np.empty((g, g, 2))
        for j in range(g):
            without = np.flatnonzero((np.arange(2**g) >> j & 1) == 0)
            for k in range(g):
                here = without[size[without] == k]
                want[j, k] = (r2[here | 1 << j] - r2[here]).mean(axis=0)
        np.testing.assert_allclose(importance.gains_by_size(r2), want, atol=1e-14)


def test_no_bca_interval_where_every_resample_lies_on_one_side() -> None:
    rng = np.random.default_rng(33)
    x = rng.normal(size=60)
    d = pd.DataFrame({"x": x, "null": rng.normal(size=60)})
    d["null"] -= d["x"] * (d["x"] @ d["null"]) / (d["x"] @ d["x"])
    noise = rng.normal(size=60)
    base = np.column_stack([np.ones(60), d])
    d["y"] = x + noise - base @ np.linalg.lstsq(base, noise, rcond=None)[0]
    found = relative_importance(d, "y", ["x", "null"], n_boot=60, random_state=1, interval="bca")
    row = found.tidy().set_index("term").loc["null"]
    assert row["estimate"] < 0.01
    assert np.isnan(row["conf_low"])
    assert "no-bca-interval" in {n.code for n in found.notes}
    assert np.isfinite(found.tidy().set_index("term").loc["x", ["conf_low", "conf_high"]].astype(float)).all()


def test_basic_and_normal_intervals_follow_from_the_draws() -> None:
    basic = relative_importance(drivers(), "y", TERMS, n_boot=200, random_state=2, interval="basic", conf_level=0.8)
    rows, draws = basic.tidy(), basic.draws.to_numpy()
    # the k-th smallest of B draws as in R's boot.ci: at (B + 1) p, between neighbours on the normal scale
    low, high = np.quantile(draws, [0.9, 0.1], axis=0, method="weibull")
    estimate = rows["estimate"].to_numpy()
    np.testing.assert_allclose(rows["conf_low"], 2 * estimate - low, atol=2e-4)
    np.testing.assert_allclose(rows["conf_high"], 2 * estimate - high, atol=2e-4)
    normal = relative_importance(drivers(), "y", TERMS, n_boot=200, random_state=2, interval="normal", conf_level=0.8)
    reach = 1.2815515655446004 * draws.std(axis=0, ddof=1)
    centre = 2 * estimate - draws.mean(axis=0)
    np.testing.assert_allclose(normal.tidy()["conf_low"], centre - reach, rtol=1e-10)
    np.testing.assert_allclose(normal.tidy()["conf_high"], centre + reach, rtol=1e-10)
