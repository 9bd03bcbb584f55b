"""Time in special measures, against survival, prodlim and brglm2 (extra/duration.R)."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest
from support import HERE

import resilience_stats as rs
from resilience_stats.errors import ModelError

FOLDER = HERE / "reference" / "extra"


@pytest.fixture(scope="module")
def spells() -> pd.DataFrame:
    return pd.read_csv(FOLDER / "duration.csv")


@pytest.fixture(scope="module")
def want() -> dict:
    return json.loads((FOLDER / "duration.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize("way", ["exit", "closed"])
def test_cumulative_incidence_is_that_of_survival_and_prodlim(way: str, spells: pd.DataFrame, want: dict) -> None:
    rows = rs.cumulative_incidence(spells, "months", "end").tidy().query("term == @way")
    np.testing.assert_allclose(rows["time"], want["time"])
    np.testing.assert_allclose(rows["estimate"], want[way]["survfit"], rtol=1e-12)
    np.testing.assert_allclose(rows["std_error"], want[way]["prodlim_se"], rtol=1e-9)
    assert (
        (rows["conf_low"] > 0) & (rows["conf_low"] < rows["estimate"]) & (rows["estimate"] < rows["conf_high"])
    ).all()


def test_ways_and_staying_add_up_to_one(spells: pd.DataFrame) -> None:
    rows = rs.cumulative_incidence(spells, "months", "end").tidy()
    total = rows.groupby("time")["estimate"].sum() + rows.groupby("time")["free"].first()
    np.testing.assert_allclose(total, 1.0)
    split = rs.cumulative_incidence(spells.assign(area=np.arange(60) % 2), "months", "end", group="area").tidy()
    assert set(split["group"]) == {0, 1}


def test_discrete_hazard_is_the_penalised_fit_to_spell_periods(spells: pd.DataFrame, want: dict) -> None:
    fit = rs.fit_discrete_hazard(spells, "months", "end", ["size"], way="exit")
    np.testing.assert_allclose(fit.tidy()["estimate"], want["hazard"]["coef"], rtol=1e-6)
    np.testing.assert_allclose(fit.tidy()["std_error"], want["hazard"]["se"], rtol=1e-6)
    assert fit.glance()["n"].iloc[0] == want["hazard"]["n"]
    assert fit.glance()["events"].iloc[0] == want["hazard"]["events"]


def test_an_unknown_way_is_refused(spells: pd.DataFrame) -> None:
    with pytest.raises(ModelError, match="no spell ended in this way"):
        rs.fit_discrete_hazard(spells, "months", "end", ["size"], way="exits")


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_cumulative_incidence_and_its_errors_are_those_of_statsmodels(seed: int) -> None:
    from statsmodels.duration.survfunc import CumIncidenceRight

    rng = np.random.default_rng(seed)
    months, ends = rng.integers(1, 13, 80).astype(float), rng.integers(0, 3, 80)
    peer = CumIncidenceRight(months, ends)
    spells = pd.DataFrame({"months": months, "end": [[None, "exit", "closed"][end] for end in ends]})
    ours = rs.cumulative_incidence(spells, "months", "end").tidy()
    for cause, way in enumerate(("exit", "closed")):
        found = ours[ours["term"] == way].set_index("time").loc[peer.times]
        np.testing.assert_allclose(found["estimate"], peer.cinc[cause], rtol=1e-12)
        np.testing.assert_allclose(found["std_error"], peer.cinc_se[cause], rtol=1e-9, atol=1e-12)
