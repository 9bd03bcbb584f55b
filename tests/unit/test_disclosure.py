"""What each rule of disclosure control does, on rows small enough to check by hand."""

from __future__ import annotations

import math
import pickle

import pandas as pd
import pytest

from resilience_stats.disclosure import (
    DisclosedFrame,
    Policy,
    apply_policy,
    format_interval,
    format_value,
    read_policy,
    read_results,
    require_disclosed,
)
from resilience_stats.disclosure.statistics import statistics
from resilience_stats.errors import DisclosureError
from resilience_stats.results.rows import ROW_COLUMNS, TOTAL, combine_rows, count_rows, make_rows


def shown(rows: pd.DataFrame, policy: object = "board") -> dict[tuple[str, str, str], float | str]:
    held = apply_policy(rows, policy).rows
    return {
        (r.group, r.term, r.statistic): "[c]" if r.disclosure == "[c]" else r.value
        for r in held.itertuples(index=False)
    }


def by_place(values: list[int], places: list[str] | None = None) -> pd.DataFrame:
    names = places or [f"Place {i}" for i in range(len(values))]
    return make_rows("participation", "by_place", group=[*names, "All"], term="Responded", value=[*values, sum(values)])


# primary


def test_a_small_count_and_one_more_are_withheld_and_the_total_is_shown() -> None:
    held = shown(by_place([3, 9, 20]))
    assert [held[(f"Place {i}", "Responded", "count")] for i in range(3)] == ["[c]", "[c]", 20]
    assert held[("All", "Responded", "count")] == 32


def test_nothing_is_withheld_without_need() -> None:
    assert "[c]" not in shown(by_place([5, 9, 20])).values()
    assert "[c]" not in shown(by_place([3, 1, 2]), "internal").values()


def test_two_small_counts_need_no_third_when_they_add_up_to_the_threshold() -> None:
    assert list(shown(by_place([3, 4, 20])).values()) == ["[c]", "[c]", 20, 27]


def test_two_small_counts_that_add_up_to_less_than_the_threshold_need_a_third() -> None:
    """1 + 1 = 2 would be solved by anybody who knows that neither is 0."""
    assert list(shown(by_place([1, 1, 20, 30])).values()) == ["[c]", "[c]", "[c]", 30, 52]


def test_a_zero_hides_nothing_and_is_not_taken_as_a_companion() -> None:
    assert list(shown(by_place([3, 0, 20])).values()) == ["[c]", 0, "[c]", 23]


def test_nobody_of_a_few_is_withheld_with_their_number() -> None:
    places = ["North", "South", "West", "All"]
    rows = combine_rows(
        make_rows("p", "response", group=places, statistic=name, value=value, n=[3, 9, 20, 32])
        for name, value in (
            ("asked", [3, 9, 20, 32]),
            ("responded", [0, 6, 14, 20]),
            ("response_rate", [0, 6 / 9, 0.7, 20 / 32]),
        )
    )
    released = apply_policy(rows, "board")
    held = released.rows
    assert held.loc[held["group"] == "North", "disclosure"].eq("[c]").all()
    assert "none-of-few" in set(released.audit["rule"])
    few = make_rows("p", "response", group="North", statistic="share", value=0, n=12, practices=3)
    assert apply_policy(few, "board").rows["disclosure"].tolist() == ["[c]"]


def test_nobody_of_all_is_shown_whatever_the_parts() -> None:
    rows = make_rows("p", "closed", group=["North", "South", "All"], value=[0, 0, 0], n=[3, 20, 23])
    assert apply_policy(rows, "board").rows["value"].tolist() == [0, 0, 0]


def test_zeros_can_be_withheld() -> None:
    assert (
        shown(by_place([9, 0, 20, 12]), Policy(threshold=5, zeros="withheld"))[("Place 1", "Responded", "count")]
        == "[c]"
    )


@pytest.mark.parametrize(("value", "n"), [(0.1, 20), (0.9, 20), (0.5, 4)])
def test_a_share_is_withheld_for_its_count_for_what_is_left_and_for_its_n(value: float, n: int) -> None:
    rows = make_rows("a", "b", term="Yes", statistic="share", value=value, conf_low=0.0, conf_high=1.0, n=n)
    held = apply_policy(rows, "board").rows.iloc[0]
    assert held["disclosure"] == "[c]"
    assert all(math.isnan(held[name]) for name in ("value", "conf_low", "conf_high", "n"))


def test_a_share_of_all_or_none_is_shown_where_zeros_are() -> None:
    rows = make_rows("a", "b", term=["Yes", "Never"], statistic="share", value=[1.0, 0.0], n=20)
    assert list(shown(rows).values()) == [1.0, 0.0]
    assert list(shown(rows, Policy(threshold=5, zeros="withheld")).values()) == ["[c]", "[c]"]


@pytest.mark.parametrize("name", ["mean", "sd", "median", "alpha", "p_value", "correlation", "importance_share"])
def test_summaries_of_too_few_are_withheld(name: str) -> None:
    rows = make_rows("a", "b", term=["x", "y"], statistic=name, value=0.5, n=[4, 5])
    assert list(shown(rows).values()) == ["[c]", 0.5]


def test_few_practices_behind_many_people_are_protected_too() -> None:
    rows = make_rows("a", "b", term=["x", "y"], statistic="mean", value=60, n=50, practices=[2, 7])
    assert list(shown(rows).values()) == ["[c]", 60]


def test_a_minimum_belongs_to_one_practice() -> None:
    rows = make_rows("a", "b", statistic="minimum", value=12.0, n=138)
    assert list(shown(rows).values()) == ["[c]"]
    assert list(shown(rows, "internal").values()) == [12.0]


def test_counts_of_files_and_days_are_not_numbers_of_people() -> None:
    rows = make_rows("methods", "joins", term="phq", statistic=["files", "lag_days"], value=[2, 3])
    assert list(shown(rows, "public").values()) == [2, 3]


def test_numbers_of_records_are_rounded_with_the_counts_beside_them_and_only_then() -> None:
    rows = make_rows(
        "p", "joins", term="phq", statistic=["rows", "matched", "unmatched"], value=[141, 138, 3], n=[141, 141, 141]
    )
    assert list(shown(rows).values()) == [141, 138, 3]
    assert list(shown(rows, "public").values()) == [140, 140, "[c]"]
    assert apply_policy(rows, "public").rows["n"].dropna().tolist() == [140, 140]


def test_one_total_is_not_shown_in_two_ways() -> None:
    by = make_rows("p", "by", group=["A", "B", "C", "D", TOTAL], term="Asked", value=[73, 62, 38, 24, 197])
    flow = make_rows("p", "flow", term=["Asked", "Answered"], statistic="stage", value=[197, 138])
    one = make_rows("p", "contract", group=["GMS", TOTAL], term="Asked", value=[197, 197])
    held = apply_policy(combine_rows([by, flow, one]), "public").rows
    assert held["value"].tolist() == [75, 60, 40, 25, 200, 200, 140, 200, 200]


def asked_and_answered(asked: int, answered: int) -> list[pd.DataFrame]:
    flow = make_rows("p", "flow", term=["Asked", "Answered"], statistic="stage", value=[asked, answered],
                     part_of=["", "Asked"], cell=["practices asked", "practices that answered"])  # fmt: skip
    rate = make_rows("p", "by", group=TOTAL, statistic="response_rate", value=answered / asked, n=asked,
                     cell="practices that answered")  # fmt: skip
    return [flow, rate]


def test_stages_are_withheld_where_the_response_is() -> None:
    held = apply_policy(combine_rows(asked_and_answered(24, 20)), "board").rows
    assert held["value"].tolist()[0] == 24
    assert held["disclosure"].tolist() == ["", "[c]", "[c]"]
    assert apply_policy(combine_rows(asked_and_answered(24, 19)), "board").rows["disclosure"].eq("").all()


def test_a_stage_whose_n_is_printed_is_left_out_rather_than_withheld_in_vain() -> None:
    flow = make_rows("p", "flow", term=["Asked", "Answered", "Complete"], statistic="stage", value=[60, 41, 38],
                     part_of=["", "Asked", "Answered"])  # fmt: skip
    fit = make_rows("d", "model", statistic="r_squared", value=0.3, n=38)
    assert list(shown(flow).values()) == [60, 41, "[c]"]
    released = apply_policy(combine_rows([flow, fit]), "board")
    assert released.rows["term"].tolist() == ["Asked", "Answered", ""]
    assert "stage-merged" in set(released.audit["rule"])


def test_a_list_of_practices_does_not_count_those_that_are_withheld() -> None:
    codes = [f"E820{k:02d}" for k in range(20)]
    scores = make_rows("c", "practices", term=codes, statistic="score", value=[50.0 + k for k in range(20)])
    lowest = make_rows("c", "lowest", term=codes[:3], statistic="score", value=[50.0, 51.0, 52.0])
    released = apply_policy(combine_rows([*asked_and_answered(24, 20), scores, lowest]), "board")
    assert sorted(released.select(output=["practices", "lowest"]).rows["term"]) == [
        "Practice 001", "Practice 002", "Practice 003"
    ]  # fmt: skip
    assert released.audit["rule"].eq("list-withheld").sum() == 20
    assert (
        len(apply_policy(combine_rows([*asked_and_answered(24, 19), scores]), "board").select(output="practices").rows)
        == 20
    )


def test_records_of_a_file_do_not_count_those_that_answered_where_that_is_withheld() -> None:
    files = make_rows("m", "accounts", group=["phq.csv", "phq.csv", "phq.csv", "cqc.csv"], statistic="rows",
                      term=["Read", "Joined", "Twice", "Read"], value=[21, 20, 1, 24])  # fmt: skip
    peers = make_rows("c", "peers", statistic="rows", value=19)
    lone = make_rows("d", "external", term="QOF", statistic="practices", value=20)
    held = apply_policy(combine_rows([*asked_and_answered(24, 20), files, peers, lone]), "board").rows
    assert held["value"].dropna().tolist() == [24, 24]
    held = apply_policy(combine_rows([*asked_and_answered(25, 20), files, peers, lone]), "board").rows
    assert held["disclosure"].eq("").all()


def test_words_about_records_name_no_exact_number_where_counts_are_rounded() -> None:
    words = ["closed: 1; not in the file: 25", "69 of 197 rows lack a value of 2019 (CR2)"]
    rows = make_rows("p", "joins", term=["a", "b"], statistic=["counted_reason", "note"], value=words)
    assert apply_policy(rows, "board").rows["value"].tolist() == words
    assert apply_policy(rows, "public").rows["value"].tolist() == [
        "closed; not in the file",
        "[c] of [c] rows lack a value of 2019 (CR2)",
    ]


def test_an_estimate_travels_with_n_and_residual_df() -> None:
    effect = make_rows("drivers", "model", term="GP FTE", statistic="estimate", value=1.2, n=138)
    df = make_rows("drivers", "model", statistic="df_residual", value=[130], n=138)
    few = make_rows("drivers", "model", statistic="df_residual", value=[6], n=138)
    audit = apply_policy(effect, "board").audit
    assert audit["rule"].tolist() == ["model-without-df"]
    assert list(shown(combine_rows([effect, df])).values()) == [1.2, 130]
    assert next(iter(shown(combine_rows([effect, few])).values())) == "[c]"
    assert next(iter(shown(combine_rows([effect.assign(n=float("nan")), df])).values())) == "[c]"


# secondary


def test_a_cell_is_protected_in_every_table_that_prints_it() -> None:
    other = make_rows("summary", "headline", group="Place 1", term="Responded", value=9)
    assert shown(combine_rows([by_place([3, 9, 20]), other]))[("Place 1", "Responded", "count")] == "[c]"
    assert list(apply_policy(combine_rows([by_place([3, 9, 20]), other]), "board").rows["disclosure"]).count("[c]") == 3


def test_the_share_of_a_withheld_count_is_withheld() -> None:
    share = make_rows(
        "a", "rates", group=["Place 0", "Place 1"], term="Responded", statistic="share", value=[0.15, 0.3], n=[20, 30]
    )
    held = shown(combine_rows([by_place([3, 9, 20]), share]))
    assert held[("Place 0", "Responded", "share")] == "[c]"
    assert held[("Place 1", "Responded", "share")] == "[c]"


def test_the_mean_of_one_small_place_cannot_be_had_by_difference() -> None:
    rows = make_rows(
        "a", "b", group=["N", "S", "W", "All"], term="Score", statistic="mean", value=[50, 60, 70, 64], n=[3, 9, 20, 32]
    )
    assert list(shown(rows).values()) == ["[c]", "[c]", 70, 64]


def test_options_that_add_up_to_n_are_a_sum_without_a_total_row() -> None:
    rows = make_rows("a", "items", group="Q1", term=["1", "2", "3"], statistic="share", value=[0.02, 0.38, 0.6], n=100)
    assert list(shown(rows).values()) == ["[c]", "[c]", 0.6]


def test_declared_parts_and_their_unprinted_rest_are_a_sum() -> None:
    rows = combine_rows(
        [
            make_rows("a", "flow", term="Asked", value=40),
            make_rows("a", "flow", term="Responded", value=38, part_of="Asked"),
        ]
    )
    assert list(shown(rows).values()) == [40, "[c]"]


def test_rows_named_as_one_cell_stand_and_fall_together() -> None:
    rows = combine_rows(
        [
            by_place([3, 9, 20]).assign(cell=["", "south", "", ""]),
            make_rows("summary", "text", group="The south", term="Takers-part", value=9, cell="south"),
        ]
    )
    assert shown(rows)[("The south", "Takers-part", "count")] == "[c]"


def test_a_total_without_the_word_is_found_by_its_number() -> None:
    rows = make_rows("a", "b", term=["Good", "Poor", "Closed", "Rated"], value=[30, 3, 8, 41])
    assert list(shown(rows).values()) == [30, "[c]", "[c]", 41]


def test_an_n_of_those_known_does_not_tell_how_many_are_not() -> None:
    ratings = make_rows(
        "q", "ratings", term=["Good", "Requires improvement", "No rating", "All"], value=[180, 14, 4, 198], n=198,
        cell=["", "", "not known: rating", ""],
    )  # fmt: skip
    outcomes = make_rows("q", "outcomes", term="Worse", statistic="share", value=14 / 194, n=194)
    others = make_rows("q", "means", statistic="mean", value=60.5, n=[193, 198])
    held = apply_policy(combine_rows([ratings, outcomes, others]), "board").rows
    shown = held[held["disclosure"] != "[c]"]
    assert 4 not in set(shown["value"])
    assert 194 not in set(shown["n"])
    assert {193, 198} <= set(shown["n"])  # of no rating: an n for another reason stays
    place = make_rows("p", "by_place", group=["North", "Not known", "All"], statistic="asked", value=[194, 4, 198])
    held = apply_policy(combine_rows([place, outcomes]), "board").rows
    assert 194 not in set(held["n"])


def test_a_comparison_goes_where_the_share_of_a_group_goes() -> None:
    shares = make_rows(
        "p", "comparison", group=["Yes", "No", TOTAL], term="Single-handed", statistic="share",
        value=[6 / 138, 3 / 59, 9 / 197], n=[138, 59, 197],
    )  # fmt: skip
    smd = make_rows("p", "comparison", term=["Single-handed", "Rural"], statistic="smd", value=[0.05, 0.2], n=197)
    held = apply_policy(combine_rows([shares, smd]), "board")
    assert held.rows["disclosure"].tolist() == ["[c]", "[c]", "", "[c]", ""]
    assert "comparison" in set(held.audit["rule"])


def test_what_describes_few_has_no_n_even_where_it_is_no_number_of_people() -> None:
    rows = make_rows("a", "b", group="", term=["x", "y"], statistic="items", value=[4, 4], n=[3, 30])
    held = apply_policy(rows, "board").rows
    assert held["value"].tolist() == [4, 4]
    assert held["n"].isna().tolist() == [True, False]


# rounding


def test_the_public_edition_rounds_half_up_and_totals_add_up() -> None:
    assert list(shown(by_place([12, 13, 28]), "public").values()) == [10, 15, 30, 55]


def test_a_total_of_rounded_parts_is_their_sum() -> None:
    assert list(shown(by_place([12, 12, 12]), "public").values()) == [10, 10, 10, 30]


def test_a_share_is_the_quotient_of_rounded_numbers_with_their_interval() -> None:
    rows = make_rows("a", "b", term="Yes", statistic="share", value=23 / 52, conf_low=0.3, conf_high=0.6, n=52)
    held = apply_policy(rows, "public").rows.iloc[0]
    assert (held["value"], held["n"], held["disclosure"]) == (0.5, 50.0, "rounded")
    assert held["conf_low"] == pytest.approx(0.3664, abs=1e-4)  # Wilson, 25 of 50
    assert held["conf_high"] == pytest.approx(0.6336, abs=1e-4)


def test_n_and_df_of_a_model_are_rounded_together() -> None:
    rows = combine_rows(
        [
            make_rows("d", "m", term="x", statistic="estimate", value=1.234, n=138),
            make_rows("d", "m", statistic="df_residual", value=131, n=138),
        ]
    )
    held = apply_policy(rows, "public").rows
    assert held["n"].tolist() == [140, 140]
    assert held["value"].tolist() == [1.23, 130]


# identity


def scores() -> pd.DataFrame:
    return make_rows(
        "s", "c", term=["E82001", "E82002", "E82003"], statistic="score", value=[50.0, 60, 70], n=[9000, 8000, 7000]
    )


def test_a_zero_of_a_few_is_covered_by_zeros_and_takes_no_larger_number_with_it() -> None:
    names = ["closed of few", "better of few", "stays of few"]
    terms = ["Closed", "Better", "Stays"]
    few = make_rows("a", "of_few", group="Re-inspected", term=terms, value=[0, 0, 1], n=1, cell=names)
    terms = ["With notice", "At once", "All"]
    kinds = make_rows("a", "kinds", term=terms, value=[0, 0, 0], n=120, cell=["", "", names[0]])
    places = make_rows("a", "places", term="Asked", group=["N", "S", "W", "All"], value=[30, 40, 50, 120])
    held = apply_policy(combine_rows([few, kinds, places]), "board").rows.set_index("output")
    assert list(held.loc["places", "value"]) == [30, 40, 50, 120]
    assert (held.loc["of_few", "disclosure"] == "[c]").all()
    assert (held.loc["kinds", "disclosure"] == "[c]").sum() >= 2  # one of its parts with the whole: neither is told


def test_codes_become_pseudonyms_and_public_list_sizes_go() -> None:
    held = apply_policy(scores(), "board").rows
    assert sorted(held["term"]) == ["Practice 001", "Practice 002", "Practice 003"]
    assert held["n"].isna().all()
    assert set(held["value"]) == {50.0, 60.0, 70.0}


def test_pseudonyms_do_not_depend_on_the_order_and_change_with_the_key() -> None:
    first = apply_policy(scores(), "board").rows.set_index("value")["term"]
    second = apply_policy(scores().iloc[::-1], "board").rows.set_index("value")["term"]
    assert first.sort_index().tolist() == second.sort_index().tolist()
    keyed = [read_policy({"preset": "board", "pseudonym_key": str(k)}) for k in range(6)]
    orders = {tuple(apply_policy(scores(), policy).rows["term"]) for policy in keyed}
    assert len(orders) > 1


def test_a_key_keeps_pseudonyms_from_one_year_to_the_next() -> None:
    policy = read_policy({"preset": "board", "pseudonym_key": "kept safe"})
    later = scores().assign(value=[55.0, 65, 75])
    assert apply_policy(scores(), policy).rows["term"].tolist() == apply_policy(later, policy).rows["term"].tolist()


def test_the_public_edition_holds_nothing_of_one_practice() -> None:
    rows = combine_rows(
        [scores(), by_place([20, 30]), make_rows("m", "t", term="log", statistic="text", value="E82001 merged")]
    )
    held = apply_policy(rows, "public")
    assert "E82" not in held.to_csv()
    assert set(held.rows["output"]) == {"by_place"}


def test_codes_inside_words_are_replaced_and_network_codes_stay() -> None:
    rows = combine_rows(
        [scores(), make_rows("m", "t", term="U12345", statistic="text", value="E82001 was taken over by E82002")]
    )
    text = apply_policy(rows, "board").rows.iloc[-1]
    assert text["term"] == "U12345"
    assert "E82" not in text["value"]
    assert text["value"].count("Practice 00") == 2


# the frame


def test_only_disclosed_rows_pass() -> None:
    with pytest.raises(DisclosureError, match="have not been through"):
        require_disclosed(by_place([20, 30]))
    raw = by_place([3, 30])[list(ROW_COLUMNS)]
    with pytest.raises(DisclosureError, match="holds a number"):
        DisclosedFrame(raw, Policy.preset("board"), pd.DataFrame())


def test_a_withheld_row_cannot_hold_a_number() -> None:
    raw = by_place([20, 30])[list(ROW_COLUMNS)].assign(disclosure="[c]")
    with pytest.raises(DisclosureError, match="withheld row"):
        DisclosedFrame(raw, Policy.preset("board"), pd.DataFrame())


def test_released_rows_cannot_be_given_another_policy() -> None:
    with pytest.raises(DisclosureError, match="another policy"):
        apply_policy(apply_policy(by_place([20, 30]), "board"), "internal")


def test_the_csv_has_ten_columns_and_nothing_in_withheld_cells(tmp_path) -> None:
    text = apply_policy(by_place([3, 9, 20]), "board").to_csv()
    lines = text.splitlines()
    assert lines[0].split(",") == list(ROW_COLUMNS)
    assert lines[1] == "participation,by_place,Place 0,Responded,count,,,,,[c]"
    assert lines[3] == "participation,by_place,Place 2,Responded,count,20,,,,"
    path = tmp_path / "results.csv"
    path.write_text(text, encoding="utf-8")
    back = read_results(path)
    assert back["value"].tolist()[2:] == [20.0, 32.0]


def test_a_spreadsheet_runs_nothing_of_the_csv() -> None:
    rows = make_rows("a", "b", group="=HYPERLINK(1)", term="@x", value=20)
    line = apply_policy(rows, "board").to_csv().splitlines()[1]
    assert "'=HYPERLINK(1)" in line
    assert "'@x" in line


def test_frames_can_be_selected_and_pickled() -> None:
    held = apply_policy(combine_rows([by_place([20, 30]), scores()]), "internal")
    assert len(held.select(output="c", term=["E82001"]).rows) == 1
    assert pickle.loads(pickle.dumps(held)).policy == held.policy


def test_the_audit_names_output_rule_cell_and_reason() -> None:
    audit = apply_policy(by_place([3, 9, 20]), "board").audit
    assert list(audit.columns) == ["output", "rule", "cell", "reason"]
    assert audit["rule"].tolist() == ["few-people", "secondary"]
    assert audit["cell"].tolist() == [
        "participation / Place 0 / Responded / count",
        "participation / Place 1 / Responded / count",
    ]


@pytest.mark.parametrize(
    "settings",
    [{"preset": "borad"}, {"treshold": 5}, {"threshold": -1}, {"threshold": 2.5}, {"zeros": "maybe"}, "nobody"],
)
def test_unusable_settings_are_refused(settings: object) -> None:
    with pytest.raises(DisclosureError):
        read_policy(settings)


def test_unknown_statistics_and_missing_columns_are_refused() -> None:
    with pytest.raises(DisclosureError, match="Did you mean 'share'"):
        apply_policy(make_rows("a", "b", statistic="shar", value=1), "board")
    with pytest.raises(DisclosureError, match="lack columns"):
        apply_policy(pd.DataFrame({"value": [1]}), "board")


# formatting


@pytest.mark.parametrize(
    ("name", "value", "text"),
    [
        ("p_value", 0.0004, "<0.001"),
        ("p_value", 0.001, "0.001"),
        ("p_value", 0.0449999, "0.045"),
        ("share", 0.125, "12.5"),
        ("share", 0.00049, "0.0"),
        ("count", 12345, "12,345"),
        ("estimate", -0.005, "−0.01"),
        ("estimate", -0.0049, "0.00"),
        ("estimate", 0.125, "0.13"),
        ("estimate", float("nan"), "[x]"),
        ("estimate", None, "[x]"),
        ("estimate", float("inf"), "[x]"),
        ("text", "x", "x"),
    ],
)
def test_numbers_are_printed_by_their_statistic(name: str, value: object, text: str) -> None:
    assert format_value(name, value) == text


def test_intervals_with_one_end_say_so() -> None:
    assert format_interval("alpha", 0.5, None) == "0.50 to [x]"


def test_every_statistic_has_a_known_kind_and_two_never_share_a_name() -> None:
    kinds = {spec.kind for spec in statistics().values()}
    assert kinds == {
        "count", "share", "mean", "answers", "extreme", "score", "coefficient", "p_value", "df", "fit", "fit_share",
        "tally", "record", "days", "text", "note",
    }  # fmt: skip


def test_counting_a_frame_gives_margins_that_add_up() -> None:
    frame = pd.DataFrame({"place": ["N", "N", "S", None], "answered": ["yes", "no", "yes", "yes"]})
    rows = count_rows(frame, "place", chapter="a", output="b", of="answered")
    counts = rows[rows["statistic"] == "count"].pivot(index="group", columns="term", values="value").astype(int)
    assert (counts[["no", "yes"]].sum(axis=1) == counts["All"]).all()
    assert (counts.loc[["N", "S", "Not known"]].sum() == counts.loc["All"]).all()
