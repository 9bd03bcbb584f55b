"""Peer groups: like practices, at least ten, never oneself."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from resilience_stats.errors import ModelError
from resilience_stats.models.peers import peer_groups, peer_statistics


def practices(n: int = 60) -> pd.DataFrame:
    rng = np.random.default_rng(2)
    return pd.DataFrame(
        {
            "list_size": np.exp(rng.normal(9, 0.6, n)),
            "imd_score": rng.normal(20, 8, n),
            "rurality": rng.choice(["Rural", "Urban"], n, p=[0.3, 0.7]),
        },
        index=[f"E{i:05d}" for i in range(n)],
    )


def test_nobody_is_their_own_peer_and_each_has_enough() -> None:
    fit = peer_groups(practices())
    assert all(name not in others and len(set(others)) == 20 for name, others in fit.peers.items())


def test_nearest_come_first_by_hand() -> None:
    sizes = pd.DataFrame({"list_size": 1000.0 * 1.1 ** np.arange(15)}, index=list("abcdefghijklmno"))
    fit = peer_groups(sizes, ["list_size"], size=10)
    assert fit.peers["a"] == tuple("bcdefghijk")
    assert set(fit.peers["h"]) == set("cdefgijklm")


def test_category_counts() -> None:
    frame = practices()
    fit = peer_groups(frame, size=10)
    same = [np.mean([frame.loc[o, "rurality"] == frame.loc[n, "rurality"] for o in others])
            for n, others in fit.peers.items()]  # fmt: skip
    # By chance it would be 0.58; the rare kind has to look further for ten.
    assert np.mean(same) > 0.8


def test_missing_features_are_taken_as_typical_and_said() -> None:
    frame = practices()
    frame.iloc[0, 0] = np.nan
    fit = peer_groups(frame)
    assert [n.code for n in fit.notes] == ["similarity-missing"]
    assert fit.tidy()["known"].iloc[0] == 2
    assert len(fit.peers[frame.index[0]]) == 20


def test_statistics_leave_the_practice_out() -> None:
    frame = practices(30)
    scores = pd.Series(np.random.default_rng(1).normal(60, 10, 30), index=frame.index)
    fit = peer_groups(frame, size=12)
    before = peer_statistics(scores, fit.peers)
    name = frame.index[3]
    changed = scores.copy()
    changed[name] = -1000.0
    after = peer_statistics(changed, fit.peers)
    kept = before.columns.drop("difference")
    pd.testing.assert_series_equal(before.loc[name, kept], after.loc[name, kept])
    others = scores[list(fit.peers[name])]
    assert before.loc[name, "median"] == pytest.approx(others.median())


def test_fewer_than_ten_scores_show_nothing() -> None:
    scores = pd.Series([1.0] * 9, index=list("abcdefghi"))
    found = peer_statistics(scores, {"z": list("abcdefghi")})
    assert found.loc["z", "n"] == 9
    assert found.drop(columns="n").isna().all(axis=None)


def test_refuses_groups_that_would_tell() -> None:
    with pytest.raises(ModelError, match="too small"):
        peer_groups(practices(), size=9)
    with pytest.raises(ModelError, match="too few practices"):
        peer_groups(practices(10))
    assert [n.code for n in peer_groups(practices(15)).notes] == ["fewer-peers"]
