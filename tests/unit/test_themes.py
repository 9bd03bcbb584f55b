"""Findings of assessments: shares, pairs, programmes kept apart."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from resilience_stats.errors import ModelError
from resilience_stats.models.themes import finding_themes


def findings() -> pd.DataFrame:
    rng = np.random.default_rng(4)
    a = rng.random(60) < 0.4
    return pd.DataFrame(
        {
            "a": a.astype(int),
            "b": np.where(rng.random(60) < 0.8, a, ~a).astype(int),
            "c": np.where(rng.random(60) < 0.2, np.nan, rng.random(60) < 0.5),
            "never": 0,
            "programme": np.repeat(["GPRP", "GPDP"], 30),
        }
    )


def test_shares_and_pairs_by_hand() -> None:
    data = findings()
    fit = finding_themes(data, ["a", "b", "c", "never"], labels={"a": "First"})
    rows = fit.tidy().set_index("term")
    assert rows.loc["c", "n"] == data["c"].notna().sum()
    assert rows.loc["a", "estimate"] == data["a"].mean()
    assert rows.loc["a", "label"] == "First"
    pair = fit.pairs.query("first == 'a' and second == 'b'").iloc[0]
    table = pd.crosstab(data["a"], data["b"])
    assert pair["p_value"] == pytest.approx(stats.fisher_exact(table)[1])
    assert pair["phi"] == pytest.approx(np.corrcoef(data["a"], data["b"])[0, 1])
    assert pair["expected"] == pytest.approx(data["a"].sum() * data["b"].sum() / 60)
    assert "never" not in set(fit.pairs["second"])
    assert (fit.pairs["p_adjusted"] >= fit.pairs["p_value"]).all()


def test_programmes_are_kept_apart() -> None:
    fit = finding_themes(findings(), ["a", "b"], group="programme")
    assert fit.tidy().groupby("group")["n"].max().to_dict() == {"GPDP": 30, "GPRP": 30}
    assert set(fit.pairs["group"]) == {"GPDP", "GPRP"}


def test_planted_pair_is_found_and_chance_is_not() -> None:
    rng = np.random.default_rng(9)
    data = pd.DataFrame(rng.random((80, 8)) < 0.4, columns=list("abcdefgh")).astype(int)
    data["h"] = np.where(rng.random(80) < 0.9, data["a"], 1 - data["a"])
    found = finding_themes(data, list("abcdefgh")).pairs.query("p_adjusted < 0.05")
    assert found[["first", "second"]].to_numpy().tolist() == [["a", "h"]]


def test_refuses_other_values() -> None:
    with pytest.raises(ModelError, match="0, 1 or missing"):
        finding_themes(pd.DataFrame({"a": [0, 2], "b": [1, 1]}), ["a", "b"])
    with pytest.raises(ModelError, match="no column named"):
        finding_themes(findings(), ["a", "z"])
