"""Comparing practices: sentences follow the numbers, and nothing in an edition leads to a practice."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pytest

from resilience_stats.disclosure import DisclosedFrame, Policy, apply_policy
from resilience_stats.report import sentences_comparing as said
from resilience_stats.report.rows import comparing, comparing_groups, waves
from resilience_stats.results.rows import combine_rows, make_rows
from resilience_stats.schema import load_instrument

N = 120
BOARD, INTERNAL, PUBLIC = (Policy.preset(name) for name in ("board", "internal", "public"))


def example(spread: float, *, seed: int = 3, gaps: bool = True) -> tuple[Any, Any]:
    """Practices answer an instrument of one dimension; `spread` is how far their true scores lie apart."""
    rng = np.random.default_rng(seed)
    instrument = load_instrument("phq")
    codes = pd.Index([f"Y{k:05d}" for k in range(N)], name="practice_code")
    truth = spread * rng.normal(size=(N, 1))
    noise = rng.normal(size=(N, len(instrument.items)))
    answers = np.clip(np.round(3.4 + truth + 0.9 * noise), 1, 5)
    items = pd.DataFrame(answers, index=codes, columns=[i.id for i in instrument.items])
    if gaps:
        items = items.mask(rng.random(items.shape) < 0.04)
    points = 25 * (items - 1)
    frame = pd.DataFrame({"phq_overall": points.mean(axis=1)}, index=codes)
    for area in instrument.areas:
        frame[f"phq_{area.id}"] = points[[i.id for i in instrument.items_of(area.id)]].mean(axis=1)
    frame["list_size"] = rng.lognormal(9, 0.6, N).round()
    frame["imd_score"], frame["rurality"] = rng.normal(20, 8, N), rng.choice(["Urban", "Rural"], N)
    frame["place"], frame["pcn_code"] = np.arange(N) % 4, [f"U{k % 30:05d}" for k in range(N)]
    frame["place"] = "Place " + frame["place"].astype(str)
    names = list(frame)
    catalogue = pd.DataFrame({"name": names, "label": [n.replace("_", " ").capitalize() for n in names], "unit": ""})
    cohort = SimpleNamespace(instruments={"phq": instrument})
    return cohort, SimpleNamespace(frame=frame, items=items, catalogue=catalogue)


@pytest.fixture(scope="module")
def apart() -> tuple[Any, Any, Any]:
    held = example(0.8)
    return (*held, comparing.fit_comparison(*held))


def released(*rows: pd.DataFrame, policy: Policy = BOARD) -> DisclosedFrame:
    return apply_policy(combine_rows(rows).assign(chapter="comparing"), policy)


def all_rows(compared: Any, policy: Policy) -> DisclosedFrame:
    rows = [comparing.score_comparison_rows(compared), comparing.shrunken_rows(compared),
            comparing.funnel_rows(compared, policy), comparing.group_mean_rows(compared, policy)]  # fmt: skip
    return released(*rows, policy=policy)


def test_what_is_told_of_scores_is_what_the_rows_hold(apart: tuple[Any, Any, Any]) -> None:
    frame = all_rows(apart[2], BOARD)
    standing = frame.select(output="compare_standing").rows["value"]
    assert standing.sum() == N
    text = " ".join(said.comparing_sentences(frame, conf_level=0.95))
    for value in standing:
        assert f"{value:.0f}" in text
    assert all_rows(apart[2], INTERNAL).select(output="compare_lowest").rows["value"].sum() == N
    assert "prints no league table" in " ".join(said.rank_sentences(frame, conf_level=0.95))


def test_the_width_of_a_rank_decides_how_it_is_told() -> None:
    def told(width: float) -> str:
        rows = make_rows(
            "", "compare_scores", statistic=["rank_width", "rank_share"], value=[width, width / 100], n=100
        )
        return said.rank_sentences(released(rows), conf_level=0.95)[0]

    assert "40% of the list: practices that stand some way apart" in told(40)
    assert "8% of the list. Though that is narrow" in told(8)


def test_with_no_true_differences_nobody_stands_out() -> None:
    held = example(0.0)
    compared = comparing.fit_comparison(*held)
    if compared is None:  # alpha of pure noise may be 0: then nothing is compared at all
        pytest.skip("no reliability")
    frame = all_rows(compared, INTERNAL)
    standing = frame.select(output="compare_standing").rows.set_index("term")["value"]
    assert standing["Cannot be told from the average"] >= 0.95 * N
    width = frame.select(output="compare_scores", statistic="rank_share").rows["value"].iloc[0]
    assert width > 0.7


def test_ranks_lie_where_the_scores_do(apart: tuple[Any, Any, Any]) -> None:
    rows = all_rows(apart[2], INTERNAL).select(output="compare_ranks", statistic="percentile_rank").rows
    score = apart[1].frame["phq_overall"].loc[rows["term"]].to_numpy()
    assert np.corrcoef(score, rows["value"].astype(float))[0, 1] > 0.95
    assert (rows["conf_low"] <= rows["value"].astype(float)).all()
    assert rows["term"].is_monotonic_increasing, "the order of the rows says nothing of the scores"


def test_no_edition_but_the_internal_one_has_sizes_or_codes(apart: tuple[Any, Any, Any]) -> None:
    cohort, features, compared = apart
    groups = comparing_groups.fit_groups(cohort, features)
    inside = released(comparing_groups.practice_rows(compared, groups, INTERNAL), policy=INTERNAL)
    assert set(inside.rows["statistic"]) == {"score", "shrunken_score", "shrunken_in_group", "peer_median", "rank",
                                             "probability_lowest"}  # fmt: skip
    assert "compare_funnel_size" in set(all_rows(compared, INTERNAL).rows["output"])
    for policy in (BOARD, PUBLIC):
        assert comparing_groups.practice_rows(compared, groups, policy).empty
        frame = all_rows(compared, policy)
        text = frame.to_csv()
        assert "compare_funnel_size" not in text
        assert "list_size" not in text
        assert not [code for code in features.frame.index if code in text]
        assert not [code for code in features.frame["pcn_code"] if code in text], "networks of four practices"
    assert "score_error" not in all_rows(compared, PUBLIC).to_csv()


def test_networks_left_out_are_told(apart: tuple[Any, Any, Any]) -> None:
    text = " ".join(said.group_mean_sentences(all_rows(apart[2], BOARD)))
    assert "too few of their practices have a score: 30." in text
    assert "left out" not in " ".join(said.group_mean_sentences(all_rows(apart[2], INTERNAL)))


def test_peers_are_nearer_than_others(apart: tuple[Any, Any, Any]) -> None:
    cohort, features, _ = apart
    groups = comparing_groups.fit_groups(cohort, features)
    frame = released(comparing_groups.peer_rows(groups, features))
    shares = frame.select(statistic="peer_likeness").rows["value"].astype(float)
    assert (shares < 0.6).all()
    text = said.peer_sentences(frame)[0]
    assert "20 practices most like it" in text


def test_profiles_of_one_dimension_are_said_to_be_none(apart: tuple[Any, Any, Any]) -> None:
    cohort, features, _ = apart
    groups = comparing_groups.fit_groups(cohort, features)
    text = " ".join(said.profile_sentences(released(comparing_groups.profile_rows(cohort, groups))))
    assert "no stable groups" in text


def test_planted_profiles_are_found_and_described() -> None:
    cohort, features = example(0.2, gaps=False)
    areas = [f"phq_{a.id}" for a in cohort.instruments["phq"].areas]
    half = len(areas) // 2
    up, down = features.frame.index[: N // 2], features.frame.index[N // 2 :]
    features.frame.loc[up, areas[:half]] += 40
    features.frame.loc[down, areas[half:]] += 40
    groups = comparing_groups.fit_groups(cohort, features)
    frame = released(comparing_groups.profile_rows(cohort, groups))
    assert "fall into 2 groups" in " ".join(said.profile_sentences(frame))
    assert frame.select(output="profile_means").rows["group"].nunique() == 2


def test_too_few_practices_are_not_compared() -> None:
    cohort, features = example(0.8)
    few = SimpleNamespace(frame=features.frame.iloc[:9], items=features.items.iloc[:9], catalogue=features.catalogue)
    assert comparing.fit_comparison(cohort, few) is None
    assert comparing.score_comparison_rows(None).empty
    (text,) = said.comparing_sentences(released(comparing.score_comparison_rows(None)), conf_level=0.95)
    assert text.startswith("Fewer than 10 practices")
    groups = comparing_groups.fit_groups(cohort, few)
    assert groups.peers is None
    assert "too few practices" in said.peer_sentences(released(comparing_groups.peer_rows(groups, few)))[0]
    assert "Too few practices have area scores" in said.profile_sentences(released())[0]


def wave_cohort(means: list[float]) -> Any:
    """One cohort over several waves whose mean scores are about those given."""
    cohort, features = example(0.5, gaps=False)
    frames = []
    for k, mean in enumerate(means):
        answers = features.items + (mean - features.frame["phq_overall"].mean()) / 25
        turned = {i.id: answers[i.id] if i.direction == 1 else 6 - answers[i.id]
                  for i in cohort.instruments["phq"].items}  # fmt: skip
        kinds = {f"{name}_missing": "" for name in turned}
        frames.append(pd.DataFrame(turned).assign(wave=2010 + k, practice_code=features.frame.index, **kinds))
    responses = pd.concat(frames, ignore_index=True)
    return SimpleNamespace(responses=responses, instruments=cohort.instruments)


@pytest.mark.parametrize(
    ("means", "words"),
    [
        ([60.0, 62.0], "There are scores of 2 waves. A control chart needs at least 4"),
        ([60.0] * 3 + [61.0, 60.0, 60.0], "shows none of the patterns"),
        ([*[58.0, 62.5] * 5, 58.0, 78.0], "in 2021: improvement"),
    ],
)
def test_waves(means: list[float], words: str) -> None:
    held = waves.fit_waves(wave_cohort(means))
    frame = released(waves.wave_rows(held))
    text = " ".join(said.wave_sentences(frame))
    assert words in text
    assert ("provisional" in text) == (4 <= len(means) < 12)
    assert held.panel
    assert frame.select(output="compare_waves", statistic="mean").rows["n"].eq(N).all()
    assert "of the practices that answered in every wave" in text


def test_what_is_withheld_of_scores_is_not_called_too_few_scores() -> None:
    rows = make_rows(
        "comparing", "compare_scores", statistic=["sem", "rank_width", "rank_share"], value=[3, 5, 0.3], n=4
    )
    frame = released(rows)
    assert "withheld" in said.comparing_sentences(frame, conf_level=0.95)[0]
    assert "Fewer than" in said.comparing_sentences(released(), conf_level=0.95)[0]
    assert "prints no league table" in said.rank_sentences(frame, conf_level=0.95)[0]
