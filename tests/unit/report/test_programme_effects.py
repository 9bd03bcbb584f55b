"""Programmes: a rise by chance is not called an effect, a planted one is found, and few practices are not compared."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pytest

from resilience_stats.disclosure import DisclosedFrame, apply_policy
from resilience_stats.features.table import FeatureTable
from resilience_stats.report import sentences_programmes as said
from resilience_stats.report.optional import where_any
from resilience_stats.report.rows import programme_effects, programmes
from resilience_stats.report.wording import wording
from resilience_stats.results.rows import combine_rows, make_rows

MEASURES = wording("programme_effects")["measures"]
N = 240


def features_of(frame: pd.DataFrame, catalogue: pd.DataFrame) -> FeatureTable:
    return FeatureTable(frame=frame, catalogue=catalogue, items=frame[:0], item_kinds=frame[:0], part_of={})


def released(*rows: pd.DataFrame, policy: str = "board") -> DisclosedFrame:
    return apply_policy(combine_rows(rows), policy)


def example(effect: float, *, supported: int = 40, seed: int = 4) -> tuple[Any, Any]:
    """Practices with a low first score tend to be chosen; the second wave measures the same thing, plus `effect`."""
    rng = np.random.default_rng(seed)
    truth = rng.normal(60, 10, N)
    before, after = truth + rng.normal(0, 6, N), truth + rng.normal(0, 6, N)
    codes = np.array([f"Y{k:05d}" for k in range(N)])
    chosen = np.argsort(before + rng.normal(0, 8, N))[:supported]
    after[chosen] += effect
    frame = pd.DataFrame({"phq_overall_previous": before, "phq_overall": after, "imd": rng.normal(size=N)}, index=codes)
    frame["in_gprp"] = np.isin(codes, codes[chosen])
    table = pd.DataFrame({"practice_code": codes[chosen], "programme": "GPRP", "status": "completed"})
    table["started_on"] = pd.Timestamp("2019-01-15")
    catalogue = pd.DataFrame({"name": frame.columns, "label": frame.columns.str.capitalize(), "unit": ""})
    study = SimpleNamespace(census_date="2019-11-30", predictors=(SimpleNamespace(name="imd", role="confounder"),))
    return SimpleNamespace(programmes=table, study=study), features_of(frame, catalogue)


def told(effect: float, **settings: Any) -> tuple[Any, DisclosedFrame, str]:
    models = programme_effects.fit_programmes(*example(effect, **settings))
    frame = released(
        programme_effects.effect_of_programme_rows(models),
        programme_effects.balance_rows(models),
        programme_effects.scatter_rows(models),
        programme_effects.step_rows(models),
    )
    return models, frame, " ".join(said.programme_sentences(frame, conf_level=0.95))


def test_a_rise_by_chance_is_seen_and_not_called_an_effect() -> None:
    models, frame, text = told(0.0)
    rows = frame.select(output="programme_effects").rows.set_index("term")
    assert rows.loc[MEASURES["naive"], "conf_low"] > 0, "the naive change looks like an effect"
    assert rows.loc[MEASURES["expected"], "value"] == pytest.approx(rows.loc[MEASURES["naive"], "value"], abs=2.5)
    assert rows.loc[MEASURES["ancova"], "conf_low"] < 0 < rows.loc[MEASURES["ancova"], "conf_high"]
    assert "because they began lower than the others" in text
    assert "do not settle whether support made a difference" in text
    assert models.too_few == ()


def test_a_planted_effect_is_found_and_not_called_proof() -> None:
    _, frame, text = told(8.0)
    rows = frame.select(output="programme_effects").rows.set_index("term")
    for measure in ("ancova", "overlap"):
        assert rows.loc[MEASURES[measure], "conf_low"] < 8 < rows.loc[MEASURES[measure], "conf_high"]
    assert "compatible with an effect of support and no proof of one" in text
    assert "to the same conclusion" in text
    assert "Something not measured" in text


def test_weights_make_the_groups_alike() -> None:
    _, frame, _ = told(0.0)
    (text,) = said.balance_sentences(frame)
    assert text.endswith("after it, in 0.")
    weighted = frame.select(output="programme_balance", statistic="smd_weighted").rows["value"].astype(float)
    assert weighted.abs().max() < 0.05


def test_few_supported_practices_are_not_compared() -> None:
    models, frame, text = told(8.0, supported=7)
    assert list(models.plain) == []
    assert "fewer than 10 practices" in text
    assert said.balance_sentences(frame) == []
    assert said.scatter_sentences(frame) == []


def test_denominators_are_counted_by_name() -> None:
    cohort, features = example(0.0)
    features.frame.iloc[:30, 1] = np.nan
    rows = programme_effects.step_rows(programme_effects.fit_programmes(cohort, features)).set_index("term")
    lost = int(features.frame.iloc[:30]["in_gprp"].sum())
    assert [int(v) for v in rows["value"]] == [40, 40, 40, 40 - lost]


def test_without_programmes_or_with_one_wave_nothing_breaks() -> None:
    cohort, features = example(0.0)
    one_wave = features_of(features.frame.drop(columns="phq_overall_previous"), features.catalogue)
    none = SimpleNamespace(programmes=cohort.programmes.iloc[:0], study=cohort.study)
    for c, f in (
        (none, features),
        (cohort, one_wave),
        (SimpleNamespace(programmes=None, study=cohort.study), features),
    ):
        models = programme_effects.fit_programmes(c, f)
        frame = released(programme_effects.step_rows(models), programme_effects.effect_of_programme_rows(models))
        assert models.plain == {}
        assert said.programme_sentences(frame, conf_level=0.95)
    assert programmes.change_rows(one_wave, conf_level=0.95).empty
    assert programmes.programme_rows(none, "status", "programme_status").empty


def test_the_scatter_shows_no_codes_to_the_board_and_nothing_to_the_public() -> None:
    cohort, features = example(0.0)
    rows = programme_effects.scatter_rows(programme_effects.fit_programmes(cohort, features))
    board, public = released(rows), released(rows, policy="public")
    assert not board.rows["term"].str.match(r"Y\d{5}").any()
    assert not public.rows["statistic"].isin(["score_previous", "score_change"]).any()
    assert where_any(len, public, needs="score_change") == []
    assert apply_policy(combine_rows([]), "public").rows.empty
    assert said.absence_sentences(public, "programme_status") == ["The study holds no support programme."]


def effects(value: float, weighted: float | None, expected: float = 6.0) -> DisclosedFrame:
    held: dict[str, Any] = {"chapter": "programmes", "output": "programme_effects", "group": "GPRP", "n": 80}
    held["statistic"] = "change_points"
    rows = [
        make_rows(**held, term=MEASURES["naive"], value=9.0, conf_low=7.0, conf_high=11.0),
        make_rows(**held, term=[MEASURES["expected"], MEASURES["others"]], value=[expected, -1.0]),
        make_rows(**held, term=MEASURES["ancova"], value=value, conf_low=value - 2, conf_high=value + 2),
    ]
    if weighted is None:
        rows.append(make_rows("programmes", "programme_no_overlap", term="GPRP", statistic="setting", value="so"))
    else:
        limits = {"conf_low": weighted - 2, "conf_high": weighted + 2}
        rows.append(make_rows(**held, term=MEASURES["overlap"], value=weighted, **limits))
    return released(*rows)


@pytest.mark.parametrize(
    ("rows", "says"),
    [
        (effects(5.0, 4.0), "larger by 5.0 points (95% interval 3.0 to 7.0)"),
        (effects(5.0, 0.5), "to another conclusion"),
        (effects(-5.0, -4.0), "a difference of −5.0 points"),
        (effects(0.5, 0.4), "do not settle"),
        (effects(0.5, None), "hardly overlap"),
        (effects(0.5, 0.4, expected=-3.0), "because they began higher than the others"),
    ],
)
def test_the_verdict_on_a_programme_follows_its_rows(rows: DisclosedFrame, says: str) -> None:
    text = " ".join(said.programme_sentences(rows, conf_level=0.95))
    assert says in text
    assert "effective" not in text


def test_a_programme_of_which_no_number_may_be_shown_is_not_said_to_be_absent() -> None:
    rows = make_rows(
        "programmes", "programme_status", group="GPRP", term=["Completed", "All"], statistic="practices", value=[3, 4]
    )
    (told,) = said.absence_sentences(apply_policy(rows, "board"), "programme_status")
    assert "withheld" in told


@pytest.mark.parametrize("edition", ["board", "public"])
def test_how_many_waves_there_are_is_no_secret(edition: str) -> None:
    rows = make_rows("programmes", "programme_waves", statistic="columns", value=2)
    (told,) = said.event_sentences(apply_policy(rows, edition), conf_level=0.95)
    assert told.startswith("With 2 waves")
