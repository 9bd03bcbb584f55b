"""Disclosure is a pure function of a set of rows, idempotent, and never shows more at a higher threshold."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from resilience_stats.disclosure import Policy, apply_policy
from resilience_stats.disclosure.rounding import round_half_up
from resilience_stats.results.rows import combine_rows, make_rows

# Frames shrink slowly and print poorly; the same examples on every run keep the suite steady.
QUICK = settings(max_examples=15, deadline=None, derandomize=True, phases=[Phase.explicit, Phase.generate])
KEYS = ["output", "group", "term", "statistic"]


@st.composite
def release(draw: st.DrawFn) -> pd.DataFrame:
    rows, columns = draw(st.integers(2, 4)), draw(st.integers(2, 3))
    numbers = st.integers(0, 30) if draw(st.booleans()) else st.integers(0, 9)
    cells = np.array(draw(st.lists(numbers, min_size=rows * columns, max_size=rows * columns))).reshape(rows, columns)
    frames = []
    groups, terms = [*(f"Place {i}" for i in range(rows)), "All"], [*(f"Kind {j}" for j in range(columns)), "All"]
    whole = np.vstack([np.column_stack([cells, cells.sum(axis=1)]), [*cells.sum(axis=0), cells.sum()]])
    for i, group in enumerate(groups):
        frames.append(make_rows("c", "cross", group=group, term=terms, value=whole[i], n=whole[i, -1]))
        if whole[i, -1]:
            share, n = whole[i, 0] / whole[i, -1], whole[i, -1]
            frames.append(make_rows("c", "rates", group=group, term="Kind 0", statistic="share", value=share, n=n))
            behind = draw(st.one_of(st.none(), st.integers(1, 12)))
            frames.append(
                make_rows("c", "means", group=group, term="Score", statistic="mean", value=60.5, n=n, practices=behind)
            )
    return combine_rows(frames)


def withheld(rows: pd.DataFrame, policy: Policy) -> set[tuple[str, ...]]:
    held = apply_policy(rows, policy).rows
    return set(held.loc[held["disclosure"] == "[c]", KEYS].itertuples(index=False, name=None))


POLICY = st.builds(
    Policy,
    threshold=st.integers(0, 9),
    practice_threshold=st.integers(0, 9),
    rounding_base=st.sampled_from([0, 5, 10]),
    zeros=st.sampled_from(["shown", "withheld"]),
)


@QUICK
@given(release(), POLICY, st.randoms(use_true_random=False))
def test_the_order_of_rows_cannot_change_a_release(rows: pd.DataFrame, policy: Policy, random) -> None:
    order = list(range(len(rows)))
    random.shuffle(order)
    first = apply_policy(rows, policy).rows.sort_values(KEYS, ignore_index=True)
    second = apply_policy(rows.iloc[order], policy).rows.sort_values(KEYS, ignore_index=True)
    pd.testing.assert_frame_equal(first, second)


@QUICK
@given(release(), POLICY)
def test_what_has_been_released_stays_as_it_is(rows: pd.DataFrame, policy: Policy) -> None:
    once = apply_policy(rows, policy)
    assert apply_policy(once, policy) is once
    twice = apply_policy(once.rows, policy)
    pd.testing.assert_frame_equal(once.rows, twice.rows)


@QUICK
@given(release(), POLICY, st.integers(1, 4))
def test_a_higher_threshold_never_shows_more(rows: pd.DataFrame, policy: Policy, more: int) -> None:
    low = withheld(rows, policy)
    assert low <= withheld(rows, replace(policy, threshold=policy.threshold + more))
    assert low <= withheld(rows, replace(policy, practice_threshold=policy.practice_threshold + more))


@QUICK
@given(release(), POLICY)
def test_no_small_number_is_shown_and_withheld_rows_are_empty(rows: pd.DataFrame, policy: Policy) -> None:
    held = apply_policy(rows, policy).rows
    hidden = held["disclosure"] == "[c]"
    assert held.loc[hidden, ["value", "conf_low", "conf_high", "n"]].isna().all(axis=None)
    counts = held.loc[~hidden & (held["statistic"] == "count"), "value"]
    assert not ((counts > 0) & (counts < policy.threshold)).any()
    shares = held[~hidden & (held["statistic"] == "share")]
    parts = (shares["value"] * shares["n"]).round()
    assert not ((parts > 0) & (parts < policy.threshold)).any()
    if policy.zeros == "withheld" and policy.threshold:
        assert not (counts == 0).any()


@given(st.integers(0, 10**9), st.integers(2, 50))
def test_rounding_is_exact_half_up(number: int, base: int) -> None:
    rounded = round_half_up(number, base)
    assert rounded % base == 0
    assert abs(rounded - number) * 2 <= base
    if (number % base) * 2 == base:
        assert rounded > number
