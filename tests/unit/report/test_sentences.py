"""The rows decide the verdict: change the numbers and the sentence changes with them."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pandas as pd
import pytest

from resilience_stats.disclosure import DisclosedFrame, apply_policy
from resilience_stats.errors import ReportError
from resilience_stats.report import sentences, summary
from resilience_stats.report.evidence import strength
from resilience_stats.report.summary import summary_findings
from resilience_stats.report.wording import phrase, wording
from resilience_stats.results.rows import combine_rows, make_rows

DRIVERS = wording("drivers")


def released(*rows: pd.DataFrame) -> DisclosedFrame:
    return apply_policy(combine_rows(rows), "board")


def effect(
    value: float, low: float, high: float, p: float, *, n: int = 128, term: str = "GPs per 1,000"
) -> pd.DataFrame:
    held = {"chapter": "drivers", "output": "effects", "term": term, "n": n}
    return combine_rows(
        [
            make_rows(**held, statistic="effect_per_sd", value=value, conf_low=low, conf_high=high),
            make_rows(**held, statistic="p_adjusted", value=p),
            make_rows("drivers", "effects", statistic="df_residual", value=n - 7, n=n),
            make_rows("drivers", "predictors", term=term, statistic="role", value=DRIVERS["roles"]["exposure"]),
        ]
    )


@pytest.mark.parametrize(
    ("rows", "says", "evidence"),
    [
        (effect(4.2, 1.3, 7.1, 0.03), "higher score, by 4.20 points (95% interval 1.30 to 7.10; n = 128)", "Good"),
        (effect(4.2, 1.3, 7.1, 0.30), "higher score, by 4.20 points", "Some"),
        (effect(-4.2, -7.1, -1.3, 0.03), "lower score, by −4.20 points (95% interval −7.10 to −1.30", "Good"),
        (effect(4.2, -0.1, 8.5, 0.30), "do not settle whether", None),
    ],
)
def test_a_drivers_sentence_follows_its_rows(rows: pd.DataFrame, says: str, evidence: str | None) -> None:
    (said,) = sentences.driver_sentences(released(rows), conf_level=0.95)
    assert says in said
    assert ("Good:" in said, "Some:" in said) == (evidence == "Good", evidence == "Some")
    assert "no association" not in said
    assert "no effect" not in said


def test_a_withheld_effect_is_said_to_be_withheld() -> None:
    (said,) = sentences.driver_sentences(released(effect(4.2, 1.3, 7.1, 0.03, n=4)), conf_level=0.95)
    assert said == "GPs per 1,000: withheld, because too few practices stand behind it."


def test_the_interval_decides_between_unclear_and_some_and_the_adjusted_p_between_some_and_good() -> None:
    row = {"value": 1.0, "conf_low": 0.1, "conf_high": 1.9, "disclosure": ""}
    p = {"value": 0.04, "disclosure": ""}
    assert strength(row, p) == "good"
    assert strength(row, {**p, "value": 0.05}) == "some"
    assert strength({**row, "conf_low": 0.0}, p) == "unclear"
    assert strength({**row, "disclosure": "[c]"}, p) == "withheld"
    assert strength(None, p) == "withheld"


def importance(first: float) -> DisclosedFrame:
    held = {"chapter": "drivers", "output": "importance", "term": ["List size", "Deprivation"], "n": 128}
    df = make_rows("drivers", "importance", statistic="df_residual", value=121, n=128)
    shares = make_rows(
        **held, statistic="importance_share", value=[0.6, 0.4], conf_low=[0.3, 0.1], conf_high=[0.9, 0.7]
    )
    return released(df, shares, make_rows(**held, statistic="rank_probability", value=[first, 1 - first]))


def test_only_a_sure_first_rank_is_called_the_largest() -> None:
    (sure,) = sentences.importance_sentences(importance(0.97), conf_level=0.95)
    (unsure,) = sentences.importance_sentences(importance(0.60), conf_level=0.95)
    assert sure.startswith(
        "List size accounts for the largest share of the explained variance: 60% (95% interval 30 to 90%)"
    )
    assert unsure.startswith("No predictor can be called the most important: List size ranks first in 60%")


@pytest.mark.parametrize(
    ("shrinkage", "says"), [(0.93, "within what is usual"), (0.83, "more parameters than 128 practices")]
)
def test_the_budget_is_enough_or_short(shrinkage: float, says: str) -> None:
    words = DRIVERS["budget"]
    rows = make_rows(
        "drivers",
        "budget",
        group=words["value"],
        term=words["shrinkage"],
        statistic="calibration_slope",
        value=shrinkage,
        n=128,
    )
    (said,) = sentences.budget_sentences(released(rows))
    assert says in said


def response(responded: list[int], asked: list[int]) -> DisclosedFrame:
    groups = ["North", "South", "All"]
    held = {"chapter": "participation", "output": "response_by_place", "group": groups, "n": asked}
    return released(
        make_rows(**held, statistic="asked", value=asked),
        make_rows(**held, statistic="responded", value=responded),
        make_rows(**held, statistic="response_rate", value=[r / a for r, a in zip(responded, asked, strict=True)]),
    )


def test_response_is_counted_and_its_range_named() -> None:
    said = sentences.response_sentences(response([60, 78, 138], [80, 117, 197]), "place")
    assert said[0] == "Of 197 practices asked, 138 answered (70.1%)."
    assert said[1] == "The response rate runs from 66.7% (South) to 75.0% (North)."


@pytest.mark.parametrize(
    ("entered", "says"), [(0, "No practice"), (4, "Fewer than 20"), (19, "Fewer than 20"), (25, "25 practices")]
)
def test_few_cases_of_special_measures_are_called_few(entered: int, says: str) -> None:
    term = wording("special_measures")["stages"]["entered_on"]
    rows = make_rows("special_measures", "stages", term=term, statistic="practices", value=entered)
    (said,) = sentences.special_measures_sentences(released(rows))
    assert said.startswith(says)


def test_without_a_register_nobody_is_said_not_to_have_entered() -> None:
    elsewhere = make_rows("special_measures", "ratings", term="Good", statistic="practices", value=40)
    (said,) = sentences.special_measures_sentences(released(elsewhere))
    assert said.startswith("The study has no register")


def test_a_range_of_rates_says_that_some_are_withheld() -> None:
    held = {
        "chapter": "participation",
        "output": "response_by_place",
        "group": ["North", "South", "East", "West", "All"],
    }
    asked, answered = [80, 117, 30, 4, 231], [60, 78, 20, 2, 160]
    rates = [count / of for count, of in zip(answered, asked, strict=True)]
    whole = {**held, "group": "All", "n": asked[-1]}
    rows = released(
        make_rows(**whole, statistic="asked", value=asked[-1]),
        make_rows(**whole, statistic="responded", value=answered[-1]),
        make_rows(**held, statistic="response_rate", value=rates, n=asked),
    )
    said = sentences.response_sentences(rows, "place")
    assert said[1].startswith("As far as response rates may be shown, they run from 66.7%")


def test_few_cases_are_not_given_away_by_the_sentence() -> None:
    term = wording("special_measures")["stages"]["entered_on"]
    said = {
        sentences.special_measures_sentences(
            released(make_rows("special_measures", "stages", term=term, statistic="practices", value=n))
        )[0]
        for n in (1, 2, 3, 4, 10, 19)
    }
    assert len(said) == 1


def test_reliability_is_judged_by_the_interval() -> None:
    terms = ["Team", "Money", "Rooms"]
    rows = make_rows(
        "instrument",
        "reliability",
        term=terms,
        statistic="alpha",
        value=[0.8, 0.72, 0.5],
        conf_low=[0.75, 0.6, 0.4],
        conf_high=[0.85, 0.8, 0.6],
        n=130,
    )
    said = " ".join(sentences.reliability_sentences(released(rows), conf_level=0.95))
    assert "0.7 or above): Team" in said
    assert "Open (the 95% interval of alpha holds 0.7): Money" in said
    assert "below 0.7): Rooms" in said


def test_findings_come_from_rows_and_change_with_them() -> None:
    more = summary_findings(released(effect(4.2, 1.3, 7.1, 0.03)), conf_level=0.95)
    none = summary_findings(released(effect(0.2, -1.3, 1.7, 0.9)), conf_level=0.95)
    assert [f.model["headline"] for f in more] == ["GPs per 1,000: more of it goes with a higher score"]
    assert [f.model["headline"] for f in none] == ["No predictor stands out among those that the study declared"]
    names = [name for name, _ in more[0].model["facts"]]
    assert names == ["Practices", "Effect", "95% interval", "Evidence"]


def test_a_confounder_is_no_finding() -> None:
    rows = effect(4.2, 1.3, 7.1, 0.001)
    rows.loc[rows["statistic"] == "role", "value"] = DRIVERS["roles"]["confounder"]
    assert summary_findings(released(rows), conf_level=0.95) == []


def test_the_level_that_is_printed_is_the_level_asked_for() -> None:
    (said,) = sentences.driver_sentences(released(effect(4.2, 1.3, 7.1, 0.03)), conf_level=0.9)
    assert "90% interval" in said


def test_wording_is_whole_and_an_unknown_phrase_is_an_error() -> None:
    folder = Path(sentences.__file__).parent / "wording"
    for path in folder.glob("*.toml"):
        tomllib.loads(path.read_text(encoding="utf-8"))
    with pytest.raises(ReportError, match=r"no phrase 'heigher'.*Did you mean 'higher'"):
        phrase("drivers", "heigher")
    with pytest.raises(ReportError, match="asks for"):
        phrase("drivers", "higher")


def test_what_is_withheld_at_a_join_is_not_called_matched() -> None:
    held = {
        "chapter": "participation",
        "output": "joins",
        "group": ["List sizes", "Networks"],
        "term": "Practice to record",
    }
    rows = make_rows(**held, statistic="unmatched", value=[0, 2])
    assert "found its practice" in sentences.linkage_sentences(released(rows.assign(value=0)))[0]
    (said,) = sentences.linkage_sentences(apply_policy(rows, "public"))
    assert said == "How many are without a match is withheld for: Networks."


@pytest.mark.parametrize(
    ("means", "n", "says"),
    [
        ([50, 80, 90], [60, 60, 60], "North is the area with the lowest scores"),
        ([50, 51, 90], [60, 60, 60], "not clearly lower than 1 of the other 2 areas"),
        ([50, 51, 52], [60, 60, 60], "not clearly lower than any of the other 2 areas"),
        (
            [50, 51, 90],
            [60, 60, 2],
            "lowest mean score of the 2 areas whose mean may be shown, but not clearly lower than 1",
        ),
        ([50, 80, 90], [60, 60, 2], "lowest mean score of the 2 areas whose mean may be shown"),
    ],
)
def test_the_lowest_area_is_the_lowest_of_those_that_are_shown(means: list[int], n: list[int], says: str) -> None:
    low, high = [m - 5 for m in means], [m + 5 for m in means]
    rows = make_rows("instrument", "scores", term=["North", "South", "East"], statistic="mean", value=means, n=n,
                     conf_low=low, conf_high=high)  # fmt: skip
    told = summary._lowest_area(released(rows), "95%")
    assert says in str(told)
