"""Groups of practices alike: without overlap, large enough, the same each time."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from resilience_stats.report.feedback_groups import alike_groups


def practices(n: int, seed: int = 1) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    return pd.DataFrame(
        {
            "list_size": np.exp(rng.normal(9, 0.6, n)),
            "imd_score": rng.uniform(5, 60, n),
            "rurality": rng.choice(["Rural", "Urban"], n, p=[0.2, 0.8]),
        },
        index=[f"P{i:03d}" for i in range(n)],
    )


@pytest.mark.parametrize(("n", "size"), [(20, 10), (22, 10), (30, 15), (61, 10), (64, 15), (138, 15), (139, 10)])
def test_everybody_is_shown_a_half_of_the_size_asked_for(n: int, size: int) -> None:
    groups = alike_groups(practices(n), size=size)
    assert len(groups) == n
    for code, others in groups.items():
        assert code not in others
        assert min(size, n // 2) <= len(others) < 2 * size + 1
        # Who is shown this practice, is shown the very practices of its own half.
        assert all(code in groups[o] for o in others)
        assert len({groups[o] for o in others}) == 1


def test_nineteen_practices_make_no_two_halves() -> None:
    assert alike_groups(practices(19)) == {}


def test_groups_are_more_alike_than_chance() -> None:
    frame = practices(138)
    groups = alike_groups(frame)
    size = np.log(frame["list_size"])
    within = np.mean([abs(size[c] - size[list(o)]).mean() for c, o in groups.items()])
    anyone = np.mean([abs(size[c] - size.drop(c)).mean() for c in groups])
    assert within < 0.75 * anyone


def test_what_is_not_known_is_typical_and_one_trait_or_none_will_do() -> None:
    frame = practices(60)
    frame.loc[frame.index[:5], "imd_score"] = np.nan
    frame["rurality"] = None
    assert len(alike_groups(frame)) == 60
    assert len(alike_groups(frame[["list_size"]])) == 60
    assert {len(o) for o in alike_groups(frame[[]]).values()} == {30}
    assert len(alike_groups(frame.assign(imd_score=np.nan, list_size=5000.0))) == 60
