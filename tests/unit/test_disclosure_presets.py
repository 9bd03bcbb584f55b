"""Each preset against the published rule that it follows, on the numbers at its limits."""

from __future__ import annotations

import dataclasses

import pandas as pd
import pytest

from resilience_stats.disclosure import Policy, apply_policy, check_magnitude, preset_names, read_policy
from resilience_stats.disclosure.precision import released_value
from resilience_stats.disclosure.rounding import is_rounded, round_midpoint
from resilience_stats.errors import DisclosureError
from resilience_stats.results.rows import combine_rows, make_rows

NUMBERS = [0, 1, 4, 5, 7, 8, 9, 10, 12, 13]


def alone(value: int, policy: str) -> object:
    """One count in a table of its own: what a preset does to it without any neighbour."""
    row = apply_policy(make_rows("a", "b", term="x", value=value), policy).rows.iloc[0]
    return "[c]" if row["disclosure"] == "[c]" else int(row["value"])


@pytest.mark.parametrize(
    ("preset", "wanted"),
    [
        ("internal", [0, 1, 4, 5, 7, 8, 9, 10, 12, 13]),
        ("board", [0, "[c]", "[c]", 5, 7, 8, 9, 10, 12, 13]),
        ("public", ["[c]"] * 5 + [10, 10, 10, 10, 15]),
        ("opensafely", [0, *["[c]"] * 4, 10, 10, 10, 10, 15]),
        ("opensafely_midpoint6", [0, 3, 3, 3, 9, 9, 9, 9, 9, 15]),
        ("ehrql", [0, 0, 0, 0, 0, 10, 10, 10, 10, 15]),
        ("nhs_england", [0, *["[c]"] * 4, 10, 10, 10, 10, 15]),
        ("nhs_fft", [0, "[c]", "[c]", 5, 7, 8, 9, 10, 12, 13]),
        ("uk_llc", ["[c]"] * 7 + [10, 12, 13]),
        ("acro", ["[c]"] * 7 + [10, 12, 13]),
    ],
)
def test_counts_at_the_limits(preset: str, wanted: list[object]) -> None:
    assert [alone(number, preset) for number in NUMBERS] == wanted


def test_every_preset_is_tested_here() -> None:
    tested = {mark.args[1][i][0] for mark in test_counts_at_the_limits.pytestmark for i in range(len(mark.args[1]))}
    assert tested == set(preset_names())


@pytest.mark.parametrize("preset", ["opensafely", "public"])
def test_a_total_is_the_sum_of_its_rounded_parts(preset: str) -> None:
    rows = make_rows("a", "b", group=["N", "S", "W", "All"], term="x", value=[12, 12, 12, 36])
    assert apply_policy(rows, preset).rows["value"].tolist() == [10, 10, 10, 30]


def test_midpoint_rounding_takes_totals_by_themselves_and_shares_from_rounded_counts() -> None:
    rows = make_rows("a", "b", group=["N", "S", "All"], term="x", value=[13, 2, 15])
    assert apply_policy(rows, "opensafely_midpoint6").rows["value"].tolist() == [15, 3, 15]
    share = make_rows("a", "c", term="x", statistic="share", value=8 / 20, n=20)
    held = apply_policy(share, "opensafely_midpoint6").rows.iloc[0]
    assert (held["value"], held["n"]) == (9 / 21, 21)
    assert [round_midpoint(x, 6) for x in (18, 19)] == [15, 21]


def test_ehrql_measures_take_shares_from_rounded_counts_and_withhold_nothing_more() -> None:
    shares = make_rows(
        "a", "b", group=["N", "S", "W"], term="x", statistic="share", value=[3 / 22, 9 / 22, 2 / 6], n=[22, 22, 6]
    )
    held = apply_policy(shares, "ehrql").rows
    assert held["value"].tolist()[:2] == [0, 10 / 20]
    assert held["disclosure"].tolist() == ["rounded", "rounded", "[c]"]  # nothing divided by nothing
    counts = make_rows("a", "b", group=["N", "S", "All"], term="x", value=[3, 20, 23])
    assert apply_policy(counts, "ehrql").rows["value"].tolist() == [0, 20, 25]


@pytest.mark.parametrize("preset", ["public", "opensafely", "nhs_england", "board", "nhs_fft", "uk_llc", "acro"])
def test_means_and_medians_of_too_few_are_withheld(preset: str) -> None:
    least = Policy.preset(preset).threshold
    rows = make_rows("a", "b", term=["x", "y"], statistic="median", value=3.0, n=[least - 1, least + 5])
    assert apply_policy(rows, preset).rows["disclosure"].eq("[c]").tolist() == [True, False]


@pytest.mark.parametrize("preset", [name for name in preset_names() if name != "internal"])
def test_no_preset_shows_a_minimum_a_maximum_or_a_practice_code(preset: str) -> None:
    rows = combine_rows(
        [
            make_rows("a", "b", statistic=["minimum", "maximum"], value=[1.0, 9.0], n=138),
            make_rows("a", "c", term="E82001", statistic="score", value=61.0),
        ]
    )
    held = apply_policy(rows, preset)
    assert "E82001" not in held.to_csv()
    extremes = held.rows[held.rows["output"] == "b"]
    assert extremes["disclosure"].eq("[c]").all()


@pytest.mark.parametrize(("preset", "few"), [("acro", 9), ("board", 9), ("opensafely", None)])
def test_a_model_travels_with_n_and_residual_df(preset: str, few: int | None) -> None:
    effect = make_rows("d", "m", term="x", statistic="estimate", value=1.25, n=138)
    df = make_rows("d", "m", statistic="df_residual", value=few or 1, n=138)
    assert apply_policy(effect, preset).audit["rule"].tolist() == ["model-without-df"]
    shown = apply_policy(combine_rows([effect, df]), preset).rows["disclosure"].iloc[0] != "[c]"
    assert shown == (few is None)  # OpenSAFELY asks for the number and sets no least


@pytest.mark.parametrize("preset", ["public", "opensafely", "uk_llc", "acro", "board"])
def test_practices_are_counted_as_well_as_people(preset: str) -> None:
    least = Policy.preset(preset).practice_threshold
    rows = make_rows("a", "b", term=["x", "y"], statistic="mean", value=60, n=500, practices=[least - 1, least])
    assert apply_policy(rows, preset).rows["disclosure"].eq("[c]").tolist() == [True, False]


@pytest.mark.parametrize(
    ("preset", "shown"), [("board", True), ("opensafely", True), ("public", False), ("acro", False)]
)
def test_none_and_all_per_cent_disclose_where_zeros_do(preset: str, shown: bool) -> None:
    rows = make_rows("a", "b", term=["none", "all"], statistic="share", value=[0.0, 1.0], n=40)
    assert apply_policy(rows, preset).rows["disclosure"].ne("[c]").tolist() == [shown, shown]


def test_amounts_of_one_or_two_dominate_a_sum() -> None:
    even = [10.0] * 12
    assert check_magnitude(even) == ()
    assert check_magnitude(even[:9]) == ("few-practices",)
    assert check_magnitude([500, 400, *[10] * 9]) == ("dominance",)  # 900 of 990
    assert check_magnitude([500, 400, *[10] * 10]) == ()  # 900 of 1,000 is not above 90%
    assert check_magnitude([900, 800, *[8] * 10]) == ("dominance", "p-ratio")  # the rest, 80, is under 10% of 900
    assert check_magnitude([0.0] * 12) == ()
    assert check_magnitude([900, 1], "internal") == ()
    with pytest.raises(DisclosureError, match="0 or more"):
        check_magnitude([1.0, float("nan")])


@pytest.mark.parametrize(
    "settings",
    [{"rounding": "up"}, {"small": "hidden"}, {"secondary": "no"}, {"dominance_share": 2}, {"figure_formats": ["gif"]},
     {"figure_formats": []}],
)  # fmt: skip
def test_settings_that_mean_nothing_are_refused(settings: dict[str, object]) -> None:
    with pytest.raises(DisclosureError, match="policy"):
        read_policy(settings)


def test_presets_hold_every_setting_and_nothing_else() -> None:
    known = {f.name for f in dataclasses.fields(Policy)} - {"name", "pseudonym_key"}
    for name in preset_names():
        policy = Policy.preset(name)
        assert policy.label
        assert policy.description
        assert known == {f for f in known if hasattr(policy, f)}
    assert Policy.preset("acro").figure_formats == ("png",)
    assert Policy.preset("opensafely").figure_formats[0] == "svg"


@pytest.mark.parametrize("value", [0.1249, 0.12449, 0.1251, -0.1249, 0.0049996, 65.43217, 1e-9, 0.0, 12345.678])
def test_a_released_value_prints_as_the_value_does(value: float) -> None:
    from resilience_stats.disclosure import format_value

    held = released_value("estimate", value, Policy.preset("public"))
    assert format_value("estimate", held) == format_value("estimate", value)
    assert released_value("estimate", held, Policy.preset("public")) == held
    assert (held > 0) == (value > 0)
    assert released_value("estimate", value, Policy.preset("board")) == value


def test_a_mean_in_a_rounding_edition_does_not_tell_its_n() -> None:
    rows = make_rows("a", "b", term="Item", statistic=["item_mean", "item_sd"], value=[519 / 136, 0.897], n=136)
    board, public = (apply_policy(rows, name).rows for name in ("board", "public"))
    assert board["value"].tolist() == public["value"].tolist() == [3.8, 0.9]
    possible = {n for n in range(100, 170) for total in range(3 * n, 5 * n) if round(total / n, 1) == 3.8}
    assert possible == set(range(100, 170))


def test_what_is_rounded_by_a_policy_is_told_from_what_is_not() -> None:
    midpoint = Policy.preset("opensafely_midpoint6")
    assert [x for x in range(20) if is_rounded(x, midpoint)] == [0, 3, 9, 15]
    raw = pd.DataFrame({"x": [1]})
    with pytest.raises(DisclosureError):
        apply_policy(raw, "opensafely")
