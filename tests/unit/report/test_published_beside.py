"""Published effects beside ours: directions only, verdicts from released rows."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pytest

from resilience_stats.disclosure import DisclosedFrame, apply_policy
from resilience_stats.models.published_effects import published_effects
from resilience_stats.report import driver_tables
from resilience_stats.report import sentences_published as said
from resilience_stats.report.rows import drivers, published
from resilience_stats.report.wording import wording
from resilience_stats.results.rows import combine_rows, make_rows

WORDS = wording("published")


def released(*rows: pd.DataFrame, policy: str = "board") -> DisclosedFrame:
    return apply_policy(combine_rows(rows), policy)


def rows(value: float, low: float, high: float, theirs: list[str], *, n: int = 128, df: int = 121) -> pd.DataFrame:
    held: dict[str, Any] = {"chapter": "drivers", "output": "published", "group": "GPs"}
    terms = [f"Outcome {k}" for k in range(len(theirs))]
    return combine_rows(
        [
            make_rows(**held, term=terms, statistic="effect_per_sd", value=value, conf_low=low, conf_high=high, n=n),
            make_rows(**held, term=terms, statistic="published_direction", value=theirs),
            make_rows("drivers", "published", statistic="df_residual", value=df, n=n),
        ]
    )


HIGHER, LOWER, OPEN = WORDS["higher"], WORDS["lower"], WORDS["unsettled"]


@pytest.mark.parametrize(
    ("ours", "says", "verdicts"),
    [
        ((4.0, 1.0, 7.0), "higher score here. Published effects that point the same way: 2; the opposite way: 1.",
         ["Same direction: higher", "Same direction: higher", "Opposite: lower there", "Not settled there"]),
        ((-4.0, -7.0, -1.0), "lower score here. Published effects that point the same way: 1; the opposite way: 2.",
         ["Opposite: higher there", "Opposite: higher there", "Same direction: lower", "Not settled there"]),
        ((4.0, -1.0, 9.0), "do not settle a direction. Published effects that point to a higher score: 2; to a lower",
         ["Not settled here; higher there"] * 2 + ["Not settled here; lower there", "Not settled there"]),
    ],
)  # fmt: skip
def test_sentence_and_table_follow_the_rows(ours: tuple[float, float, float], says: str, verdicts: list[str]) -> None:
    frame = released(rows(*ours, [HIGHER, HIGHER, LOWER, OPEN]))
    told = said.published_sentences(frame)
    assert says in told[0]
    assert "never sizes" in told[-1]
    (table,) = driver_tables.table_published(frame, caption="Beside")
    assert [r[WORDS["headings"]["verdict"]] for r in table.records()] == verdicts


def test_a_withheld_effect_tells_no_direction_either() -> None:
    frame = released(rows(4.0, 1.0, 7.0, [HIGHER], n=4, df=1))
    assert said.published_sentences(frame)[0].startswith("GPs: withheld here")
    (table,) = driver_tables.table_published(frame, caption="Beside")
    assert table.records()[0][WORDS["headings"]["verdict"]] == "[c]"


def test_nothing_published_is_said_so() -> None:
    none = make_rows("drivers", "published_none", term=["Growth"], statistic="setting", value="none")
    assert said.published_sentences(released(none)) == [WORDS["nothing"]]
    both = released(none, rows(4.0, 1.0, 7.0, [OPEN]))
    assert said.published_sentences(both)[:2] == [
        "GPs: no published effect settles a direction.",
        "No published effect is held for: Growth.",
    ]
    assert driver_tables.table_published(released(none), caption="Beside") == []


def models(*, direction: int = 1) -> tuple[Any, Any]:
    rng = np.random.default_rng(2)
    n = 150
    names = ["gp_fte_per_1000", "imd_score", "tea_breaks"]
    frame = pd.DataFrame(rng.normal(size=(n, 3)), columns=names, index=[f"Y{k:05d}" for k in range(n)])
    frame["phq_overall"] = 60 + 6 * frame["gp_fte_per_1000"] + rng.normal(0, 6, n)
    catalogue = pd.DataFrame({"name": frame.columns, "label": [c.capitalize() for c in frame.columns], "unit": ""})
    catalogue["source"], catalogue["asof"], catalogue["direction"] = "workforce", "2019-09-30", direction
    features = SimpleNamespace(frame=frame, catalogue=catalogue, part_of={})
    study = SimpleNamespace(
        predictors=tuple(SimpleNamespace(name=name, role="exposure") for name in names),
        outcome=SimpleNamespace(name="phq_overall", label="Score"),
        path=SimpleNamespace(name="study.toml"),
    )
    return drivers.fit_drivers(study, features), features


def test_every_published_effect_of_a_predictor_has_its_line_with_outcome_years_scale_and_source() -> None:
    made, features = models()
    frame = released(published.published_rows(made, features))
    held = published_effects()
    for term, label in (("gp_fte_per_1000", "Gp_fte_per_1000"), ("imd_score", "Imd_score")):
        shown = frame.select(output="published", group=label, statistic="published_direction").rows
        assert len(shown) == held["term"].eq(term).sum()
    effects = frame.select(output="published", group="Imd_score", statistic="published_effect").rows
    known = held[held["term"].eq("imd_score") & held["estimate"].notna()]
    assert sorted(effects["value"]) == sorted(known["estimate"])
    assert any(t.startswith("Practice's code gone, 2018 to 2023 (odds ratio per 10 points") for t in effects["term"])
    assert "No published effect is held for: Tea_breaks." in said.published_sentences(frame)
    assert (
        len(said.source_sentences(frame))
        == held.loc[held["term"].isin(["gp_fte_per_1000", "imd_score"]), "source"].nunique()
    )


def test_where_more_of_the_outcome_is_worse_the_published_directions_turn_round() -> None:
    better = released(published.published_rows(*models(direction=1)))
    worse = released(published.published_rows(*models(direction=-1)))
    pairs = zip(
        *(f.select(output="published", statistic="published_direction").rows["value"] for f in (better, worse)),
        strict=True,
    )
    assert set(pairs) <= {(HIGHER, LOWER), (LOWER, HIGHER), (OPEN, OPEN)}


def test_an_outcome_that_is_neither_good_nor_bad_is_not_compared() -> None:
    frame = released(published.published_rows(*models(direction=0)))
    assert said.published_sentences(frame) == [WORDS["not_compared"]]


def again(verdicts: list[str], p: list[float]) -> DisclosedFrame:
    terms = [f"Effect {k}" for k in range(len(verdicts))]
    told = [WORDS["agreement"][v] for v in verdicts]
    return released(
        make_rows("methods", "published_again", term=terms, statistic="direction", value=told),
        make_rows("methods", "published_parallel", term=["list", "rural"], statistic="p_value", value=p),
    )


def test_what_comes_out_again_is_counted_and_what_does_not_is_said() -> None:
    agree, rest, parallel = said.published_again_sentences(again(["agrees", "agrees", "opposite"], [0.004, 0.2]))
    assert agree.startswith("Of 3 published effects, 2 come out again")
    assert "Of the other 1, 0 have the same direction" in rest
    assert "and 1 the opposite direction, 0 of them" in rest
    assert "is rejected for: list (p = 0.004)." in parallel
    assert len(said.published_again_sentences(again(["agrees"], [0.3, 0.2]))) == 1
    assert (
        "2 the opposite direction, 1 of them"
        in said.published_again_sentences(again(["contradicts", "opposite"], [0.3, 0.2]))[1]
    )


def test_the_shipped_comparison_has_a_reason_for_every_effect_that_does_not_agree() -> None:
    frame = released(published.published_again_rows())
    (table,) = driver_tables.table_published_again(frame, caption="Again")
    words = WORDS["again"]
    assert len(table.rows) == frame.select(output="published_again", statistic="direction").rows["term"].nunique()
    for row in table.records():
        assert (row[words["verdict"]] == WORDS["agreement"]["agrees"]) == (row[words["why"]] == "[z]")
    assert "registered patients (p = 0.004)" in said.published_again_sentences(frame)[-1]
