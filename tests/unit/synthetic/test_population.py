from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from resilience_stats.synthetic.population import FATES, LIST_LOG_SD, invent_practices, predictors


@pytest.fixture(scope="module")
def practices() -> pd.DataFrame:
    return invent_practices(197, np.random.default_rng(2019))


def test_codes_are_of_the_right_form_and_belong_to_nobody(practices) -> None:
    assert practices.index.is_unique
    assert practices.index.str.fullmatch(r"Y9\d{4}").all()
    assert practices["name"].is_unique
    assert practices["postcode"].str.startswith("ZZ").all()


def test_sizes_and_groups_are_as_in_the_field() -> None:
    many = invent_practices(5000, np.random.default_rng(1))
    alive = many[many["alive"]]
    assert np.log(alive["list_size"]).std() == pytest.approx(LIST_LOG_SD, abs=0.03)
    assert alive["list_size"].median() == pytest.approx(8000, rel=0.05)
    assert 4 < alive.groupby("pcn_code").size().mean() < 6
    assert alive.groupby("pcn_code")["place"].nunique().max() == 1
    assert 3 <= alive["place"].nunique() <= 5


def test_the_dead_hand_their_patients_to_their_heirs(practices) -> None:
    ended = practices[~practices["alive"]]
    assert sorted(ended["fate"]) == sorted(FATES)
    for code, row in ended.iterrows():
        if row["fate"] == "closure":
            assert row["successor"] == ""
            continue
        heir = practices.loc[row["successor"]]
        assert heir["list_size_before_with_merged"] == heir["list_size_before"] + practices.at[code, "list_size_before"]
        assert heir["alive"]
    heirs = ended["successor"][ended["successor"] != ""]
    assert heirs.is_unique


def test_predictors_follow_their_definitions(practices) -> None:
    row, value = practices.iloc[0], predictors(practices).iloc[0]
    assert value["gp_fte_per_1000"] == pytest.approx(1000 * row["gp_fte"] / row["list_size"])
    assert value["patients_per_gp"] * value["gp_fte_per_1000"] == pytest.approx(1000)
    assert value["list_growth_12m"] == pytest.approx(100 * (row["list_size"] / row["list_size_before_with_merged"] - 1))
