"""Programmes: what became of all that started, what assessments found, and the waves before as a placebo."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pytest

from resilience_stats.disclosure import DisclosedFrame, Policy, apply_policy
from resilience_stats.report import sentences_programmes as told
from resilience_stats.report import sentences_themes as themes_told
from resilience_stats.report.rows import programme_waves, programmes, themes
from resilience_stats.results.rows import combine_rows
from resilience_stats.schema import load_instrument

N = 80
BOARD, INTERNAL = Policy.preset("board"), Policy.preset("internal")


def released(*rows: pd.DataFrame, policy: Policy = INTERNAL) -> DisclosedFrame:
    return apply_policy(combine_rows(rows), policy)


def wave_cohort(waves: int, *, effect: float = 0.0, drift: float = 0.0, chosen: int = 25, seed: int = 2) -> Any:
    """Half the waves before the start; the programme's practices gain `effect` after it, and `drift` at every wave."""
    rng = np.random.default_rng(seed)
    instrument = load_instrument("phq")
    codes = np.array([f"Y{k:05d}" for k in range(N)])
    joined, begin = np.arange(N) < chosen, 2014 + waves // 2
    level = rng.normal(0, 12, N)
    frames = []
    for k in range(waves):
        gain = joined * (drift * k + effect * (2014 + k >= begin))
        score = 60 + level + gain + rng.normal(0, 4, N)
        whole = np.clip(1 + score / 25, 1, 5)
        share = whole - np.floor(whole)
        up = rng.random((N, len(instrument.items))) < share[:, None]
        answers = np.clip(np.floor(whole)[:, None] + up, 1, 5)
        turned = {i.id: answers[:, j] if i.direction == 1 else 6 - answers[:, j]
                  for j, i in enumerate(instrument.items)}  # fmt: skip
        missing = {f"{name}_missing": "" for name in turned}
        day = pd.Timestamp(2014 + k, 11, 20)
        frames.append(
            pd.DataFrame({**turned, **missing, "practice_code": codes, "wave": 2014 + k, "completed_at": day})
        )
    table = pd.DataFrame({"practice_code": codes[joined], "programme": "GPRP", "status": "completed"})
    table["started_on"] = pd.Timestamp(begin, 2, 1)
    study = SimpleNamespace(census_date=f"{2013 + waves}-11-30")
    return SimpleNamespace(responses=pd.concat(frames, ignore_index=True), instruments={"phq": instrument},
                           programmes=table, study=study)  # fmt: skip


def event_text(cohort: Any, policy: Policy = INTERNAL) -> tuple[Any, str]:
    studies = programme_waves.fit_event_studies(cohort)
    frame = released(programme_waves.event_rows(studies), policy=policy)
    return studies, " ".join(told.event_sentences(frame, conf_level=0.95))


def test_two_waves_are_too_few_for_a_placebo_and_it_is_said() -> None:
    studies, text = event_text(wave_cohort(2))
    assert studies.fits == {}
    assert "With 2 waves" in text
    assert "at least 3" in text


def test_an_effect_over_four_waves_is_found_with_a_quiet_placebo() -> None:
    studies, text = event_text(wave_cohort(4, effect=8.0))
    ((_, fit),) = studies.fits.items()
    assert studies.start == {"General Practice Resilience Programme": 2016}
    assert fit.fit["conf_low"] < 8 < fit.fit["conf_high"]
    assert fit.events["before_start"].tolist() == [True, False, False]
    assert "moved alike as far as the waves show" in text
    assert "before 2016 and no earlier" in text


def test_groups_that_drift_apart_are_not_called_an_effect() -> None:
    _, text = event_text(wave_cohort(4, drift=6.0))
    assert "moved apart already before the start" in text
    assert "not to be put down to the programme" in text


def test_practices_that_started_at_another_time_are_left_out_and_told() -> None:
    cohort = wave_cohort(5, effect=8.0)
    cohort.programmes.loc[:6, "started_on"] = pd.Timestamp(2018, 2, 1)
    studies, text = event_text(cohort)
    assert list(studies.left_out.values()) == [7]
    assert "7 that started between other waves are left out" in text
    few = wave_cohort(4, chosen=6)
    studies, text = event_text(few)
    assert studies.too_few
    assert "fewer than 10 practices started between the same two waves" in text


def test_the_fate_of_all_that_started_adds_up() -> None:
    codes = [f"Y{k:05d}" for k in range(30)]
    table = pd.DataFrame({"practice_code": codes, "programme": "GPRP", "started_on": pd.Timestamp("2018-12-20")})
    table.loc[29, "started_on"] = pd.Timestamp("2021-01-01")
    frame = pd.DataFrame(index=codes[:26], columns=["phq_overall", "phq_overall_previous"], dtype=float)
    frame.loc[codes[:12]] = 60.0
    frame.loc[codes[12:17], "phq_overall"] = 61.0
    frame.loc[codes[17:23], "phq_overall_previous"] = 58.0
    cohort = SimpleNamespace(programmes=table, study=SimpleNamespace(census_date="2019-11-30"))
    rows = programmes.fate_rows(cohort, SimpleNamespace(frame=frame)).set_index("term")["value"]
    assert rows.drop("All").tolist() == [12, 5, 6, 3, 3]
    assert rows["All"] == 29


def rat_cohort(*, together: bool, n: int = 40) -> Any:
    rng = np.random.default_rng(9)
    rat = load_instrument("rat")
    table = pd.DataFrame(rng.integers(1, 5, (n, len(rat.items))), columns=[i.id for i in rat.items])
    table = table.assign(**{f"{name}_missing": "" for name in table})
    causes = {c.id: rng.integers(0, 2, n) for c in rat.codes}
    first, second = list(causes)[:2]
    if together:
        causes[second] = causes[first]
    table = table.assign(**causes, practice_code=[f"Y{k:05d}" for k in range(n)], programme="GPRP")
    table["assessed_on"] = pd.Timestamp("2019-01-15")
    study = SimpleNamespace(census_date="2019-11-30")
    return SimpleNamespace(rat=table, instruments={"rat": rat, "phq": load_instrument("phq")}, study=study)


@pytest.mark.parametrize(("together", "words"), [(True, "one comes together more or less often than chance"),
                                                 (False, "none comes together")])  # fmt: skip
def test_causes_that_come_together(together: bool, words: str) -> None:
    assessed = themes.fit_themes(rat_cohort(together=together))
    frame = released(themes.pair_rows(assessed))
    (text,) = themes_told.pair_sentences(frame)
    assert words in text
    if together:
        row = frame.select(output="rat_pairs", statistic="correlation").rows.iloc[0]
        assert row["value"] == pytest.approx(1)


def test_causes_and_plans_of_a_cohort() -> None:
    cohort = rat_cohort(together=False)
    assessed = themes.fit_themes(cohort)
    frame = released(
        themes.theme_rows(assessed, INTERNAL), themes.pair_rows(assessed), themes.plan_rows(cohort, assessed)
    )
    counts = frame.select(output="rat_causes", statistic="practices").rows
    assert counts["value"].astype(int).tolist() == sorted(counts["value"].astype(int), reverse=True)
    causes, impressions = themes_told.theme_sentences(frame)
    assert counts["term"].iloc[0][1:] in causes
    assert "ideas to test" in impressions
    (plans,) = themes_told.plan_sentences(frame)
    assert "40 practices lead to action plans; 0 were assessed again, and for 40 the next look was due" in plans
    areas = frame.select(output="plan_areas", statistic="practices").rows
    assert areas["value"].astype(int).between(1, 40).all()
    assert not [code for code in cohort.rat["practice_code"] if code in frame.to_csv()]


def test_a_programme_of_which_no_number_may_be_shown_gets_one_sentence() -> None:
    cohort = rat_cohort(together=False, n=6)
    for code in cohort.instruments["rat"].codes:
        cohort.rat[code.id] = [1, 1, 0, 0, 0, 0]
    assessed = themes.fit_themes(cohort)
    frame = released(themes.theme_rows(assessed, BOARD), themes.pair_rows(assessed), themes.plan_rows(cohort, assessed),
                     policy=BOARD)  # fmt: skip
    assert frame.select(output="rat_causes").rows.empty
    assert "no cause was noted of enough practices" in themes_told.theme_sentences(frame)[0]


def test_nothing_assessed_is_said() -> None:
    assert themes.fit_themes(SimpleNamespace(rat=None)) is None
    assert themes.theme_rows(None, BOARD).empty
    assert "no assessment" in themes_told.theme_sentences(released())[0]
    assert programmes.assessment_rows(SimpleNamespace()).empty


def test_other_assessments_count_the_latest_of_each_practice() -> None:
    days = pd.to_datetime(["2019-01-01", "2019-06-01", "2019-02-01", "2020-05-01"])
    table = pd.DataFrame({"practice_code": ["Y1", "Y1", "Y2", "Y2"], "assessed_on": days})
    table = table.assign(
        programme="GPDP", assessment="financial_check", measure="reserves", value=[1.0, 3.0, 5.0, 99.0]
    )
    cohort = SimpleNamespace(practice_assessments=table, study=SimpleNamespace(census_date="2019-11-30"))
    rows = programmes.assessment_rows(cohort)
    assert rows["value"].tolist() == pytest.approx([4.0, np.sqrt(2)])
    assert rows["n"].tolist() == [2, 2]
    assert rows["term"].iloc[0] == "Financial check by an outside adviser: reserves"
