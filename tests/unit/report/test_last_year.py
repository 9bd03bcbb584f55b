"""Last year's results: what cannot be compared is not, and said; what is planted between two years is found."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pytest

from resilience_stats.disclosure import Policy, apply_policy
from resilience_stats.errors import DisclosureError
from resilience_stats.features.scores import one_wave_questions, phq_scores, previous_scores, same_question_scores
from resilience_stats.features.table import FeatureTable
from resilience_stats.report import since_rows, since_sentences
from resilience_stats.report.rows import instrument
from resilience_stats.report.rows.since_last_year import same_practice_rows
from resilience_stats.report.wording import wording
from resilience_stats.results.rows import TOTAL, combine_rows, make_rows
from resilience_stats.schema import load_instrument

SETTINGS, POLICY = wording("methods")["settings"], wording("methods")["policy"]
SCALE = "Never / Often (the last is most resilient)"
QUESTIONS = {"Q1": SCALE, "Q2": SCALE}


def results(
    mean: float = 50.0,
    *,
    date: str = "2019-11-30",
    area: str = "Kent LMC",
    edition: str = "Board edition",
    questions: dict[str, str] | None = None,
) -> pd.DataFrame:
    asked = QUESTIONS if questions is None else questions
    held: dict[str, Any] = {"chapter": "instrument", "output": "scores", "n": 138, "statistic": "mean"}
    response: dict[str, Any] = {"chapter": "participation", "output": "response_by_place", "group": TOTAL, "n": 197}
    settings = {SETTINGS["census_date"]: date, SETTINGS["area"]: area, POLICY["label"]: edition}
    items = make_rows("instrument", "items", group="Team", term=list(asked), statistic="item_mean", value=3.0, n=138)
    told = make_rows(
        "instrument", "questions", group="Team", term=list(asked), statistic="setting", value=list(asked.values())
    )
    return combine_rows(
        [
            make_rows(**held, term="Overall score", value=mean, conf_low=mean - 2, conf_high=mean + 2),
            make_rows(**held, term="Team", value=50.0, conf_low=48.0, conf_high=52.0),
            items,
            *([told] if all(asked.values()) else []),
            make_rows(**response, statistic="asked", value=197),
            make_rows(**response, statistic="responded", value=138),
            make_rows(**response, statistic="response_rate", value=138 / 197),
            make_rows(
                "methods", "settings", term=list(settings), statistic="text", value=list(settings.values())
            ),
        ]
    )  # fmt: skip


def written(tmp_path: Path, then: pd.DataFrame) -> Path:
    path = tmp_path / "results.csv"
    path.write_text(apply_policy(then, "board").to_csv(), encoding="utf-8")
    return path


def said(path: Path, now: pd.DataFrame, *, year: int = 2020, area: str = "Kent LMC") -> str:
    study = SimpleNamespace(
        previous_results=path, year=year, area=area, census_date=dt.date(year, 11, 30)
    )  # fmt: skip
    rows = since_rows(study, apply_policy(now, "board"), conf_level=0.95)
    return " ".join(since_sentences(apply_policy(rows, "board"), conf_level=0.95))


def test_another_area_is_not_compared(tmp_path: Path) -> None:
    text = said(written(tmp_path, results(area="Essex LMC")), results(58))
    assert "are of Essex LMC, and this report is of Kent LMC: nothing is compared." in text
    assert "Overall score" not in text
    assert "138" not in text


@pytest.mark.parametrize("date", ["2020-11-30", "2021-11-30"])
def test_a_year_that_does_not_lie_before_is_not_compared(tmp_path: Path, date: str) -> None:
    text = said(written(tmp_path, results(date=date)), results(58, date="2020-11-30"))
    assert f"have the census date {date}, which does not lie before this year's (2020-11-30)" in text
    assert "Overall score" not in text


def test_another_edition_and_an_older_year_are_named(tmp_path: Path) -> None:
    then = results(date="2017-11-30", edition="Public edition")
    text = said(written(tmp_path, then), results(58, date="2020-11-30"))
    assert "are of 2017, 3 years before" in text
    assert "from another edition (Public edition; this is the Board edition)" in text
    assert "Overall score: higher than in 2017 by 8.0 points" in text
    plain = said(written(tmp_path, results()), results(58, date="2020-11-30"))
    assert "Overall score: higher than last year by 8.0 points" in plain
    assert "edition" not in plain


@pytest.mark.parametrize(
    ("now", "says"),
    [
        ({"Q1": SCALE}, "No longer asked: “Q2”."),
        ({**QUESTIONS, "Q3": SCALE}, "New: “Q3”."),
        ({"Q1": SCALE, "Q2": "Never / Sometimes / Often"}, "counted the other way round: “Q2”."),
        ({"Q1": SCALE, "Q2 reworded": SCALE}, "No longer asked: “Q2”. New: “Q2 reworded”."),
    ],
)
def test_what_changed_in_the_questions_is_said_and_their_scores_are_not_compared(
    tmp_path: Path, now: dict[str, str], says: str
) -> None:
    text = said(written(tmp_path, results()), results(58, date="2020-11-30", questions=now))
    assert says in text
    assert "Series break" in text
    assert "Not compared: Team, and the overall score." in text
    assert "Overall score: " not in text


def test_an_older_file_without_the_answers_is_compared_by_wording_and_that_is_said(tmp_path: Path) -> None:
    text = said(written(tmp_path, results(questions={"Q1": "", "Q2": ""})), results(58, date="2020-11-30"))
    assert "that they were the same is taken for granted" in text
    assert "Overall score: higher than last year" in text
    assert "taken for granted" not in said(written(tmp_path, results()), results(58, date="2020-11-30"))


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda t: t.replace(",50,48,52,", ",fifty,48,52,"), "line 2.*a number is no number"),
        (lambda t: t.replace(",50,48,52,138", ",59,48,52,138"), "outside its interval"),
        (lambda t: t.replace(",50,48,52,138", ",50,48,52,-3"), "a number of practices is none"),
        (lambda t: t.replace(",0.70", ",7.0"), "between 0 and 1"),
        (lambda t: t.replace(",50,48,52,138", ",150,148,152,138"), "between 0 and 100"),
        (lambda t: t + t.splitlines()[1] + "\n", "stands there twice"),
        (lambda t: t.replace(",", ";"), "not a results file"),
        (lambda _: "", "not a results file"),
        (lambda t: t[: len(t) // 2] + ',"', "not a results file"),
    ],
)  # fmt: skip
def test_a_file_changed_by_hand_is_an_error_that_names_the_line(
    tmp_path: Path, change: Callable[[str], str], says: str
) -> None:
    path = written(tmp_path, results())
    path.write_text(change(path.read_text(encoding="utf-8")), encoding="utf-8")
    with pytest.raises(DisclosureError, match=says):
        said(path, results(58, date="2020-11-30"))


def test_a_file_in_another_encoding_is_an_error_that_says_what_to_do(tmp_path: Path) -> None:
    path = written(tmp_path, results(questions={"Fälle": SCALE}))
    path.write_bytes(path.read_text(encoding="utf-8").encode("latin-1"))
    with pytest.raises(DisclosureError, match=r"not a results file.*without opening it in a spreadsheet"):
        said(path, results(58))


PHQ = load_instrument("phq")
COHORT = SimpleNamespace(instruments={"phq": PHQ})


def year_rows(scores: np.ndarray, date: str) -> pd.DataFrame:
    frame = pd.DataFrame({"phq_overall": scores})
    catalogue = pd.DataFrame({"name": ["phq_overall"], "label": ["Overall"], "unit": ["points, 0 to 100"]})
    made = instrument.score_rows(COHORT, SimpleNamespace(frame=frame, catalogue=catalogue), conf_level=0.95)
    settings = make_rows("methods", "settings", term=SETTINGS["census_date"], statistic="text", value=date)
    return combine_rows([made, settings])


@pytest.mark.parametrize(
    ("planted", "least", "most"), [(0.0, 0, 3), (0.1, 0, 8), (1.0, 20, 20), (-1.0, 20, 20)]
)  # fmt: skip
def test_planted_changes_get_the_verdict_they_deserve(tmp_path: Path, planted: float, least: int, most: int) -> None:
    right, wrong = (("higher", "lower"), ("lower", "higher"))[planted < 0]
    clear = 0
    for seed in range(20):
        rng = np.random.default_rng(seed)
        then, now = rng.normal(60, 10, 138), rng.normal(60 + 10 * planted, 10, 138)
        path = written(tmp_path, year_rows(np.clip(then, 0, 100), "2019-11-30"))
        text = said(path, year_rows(np.clip(now, 0, 100), "2020-11-30"))
        verdict = f"Overall score: {right} than last year" in text
        clear += verdict or (planted == 0 and f"Overall score: {wrong} than" in text)
        if abs(planted) == 1:
            assert f"{wrong} than last year" not in text
        assert verdict or "Overall score: no clear change" in text or planted < 1
    assert least <= clear <= most


def pairs(change: float, seed: int, n: int = 60) -> tuple[Any, Any]:
    """Practices whose true score moves by `change` standard deviations, answering 40 questions twice with error."""
    rng = np.random.default_rng(seed)
    true = rng.normal(size=n)
    items = true[:, None] + rng.normal(0, 1.5, (n, len(PHQ.items)))
    again = true[:, None] + change + rng.normal(0, 1.5, (n, len(PHQ.items)))
    names = [i.id for i in PHQ.items]
    frame = pd.DataFrame(
        {"phq_overall_previous": 60 + 10 * items.mean(axis=1), "phq_overall": 60 + 10 * again.mean(axis=1)},
        index=[f"Y{k:05d}" for k in range(n)],
    )
    answers = pd.DataFrame(again, columns=names)
    return COHORT, FeatureTable(frame=frame, catalogue=frame[:0], items=answers, item_kinds=answers, part_of={})


@pytest.mark.parametrize(("change", "low", "high"), [(0.0, 0.01, 0.10), (1.0, 0.75, 1.0)])
def test_the_reliable_change_rule_counts_as_moved_what_was_moved(change: float, low: float, high: float) -> None:
    moved, clear = [], []
    for seed in range(20):
        rows = same_practice_rows(*pairs(change, seed), Policy.preset("internal"), conf_level=0.95)
        counts = rows[rows["statistic"] == "practices"].set_index("term")["value"]
        moved.append(1 - counts[wording("since")["moved"]["within"]] / counts[TOTAL])
        row = rows[rows["statistic"] == "mean_change"].iloc[0]
        clear.append(row["conf_low"] > 0)
    assert low <= np.mean(moved) <= high
    assert np.mean(clear) == 1 if change else np.mean(clear) <= 0.15


def waves(gone: tuple[str, ...] = (), new: tuple[str, ...] = ()) -> pd.DataFrame:
    """Two waves of 40 practices whose answers do not change but for a question that only one wave put."""
    rng = np.random.default_rng(3)
    frames = []
    answers = {i.id: rng.integers(1, len(i.options) + 1, 40) for i in PHQ.items}
    for wave, left_out in ((2018, new), (2019, gone)):
        columns: dict[str, Any] = {"practice_code": [f"Y{k:05d}" for k in range(40)], "wave": wave}
        for item, values in answers.items():
            out = item in left_out
            columns[item] = pd.array([pd.NA] * 40 if out else values, dtype="Int64")
            columns[f"{item}_missing"] = "not_asked" if out else pd.NA
        frames.append(pd.DataFrame(columns))
    return pd.concat(frames, ignore_index=True)


@pytest.mark.parametrize("which", [{"gone": ("finance_1",)}, {"new": ("finance_1", "access_2")}])
def test_a_question_of_one_wave_is_in_no_change(which: dict[str, tuple[str, ...]]) -> None:
    responses = waves(**which)
    (left_out,) = which.values()
    assert set(one_wave_questions(responses, 2019, PHQ)) == set(left_out)
    same = same_question_scores(responses, 2019, PHQ)
    assert same is not None
    assert np.allclose(same["phq_overall"], same["phq_overall_previous"])
    # As the scores stand they differ, though no answer has changed.
    now = phq_scores(responses[responses["wave"] == 2019].set_index("practice_code"), PHQ)["phq_overall"]
    assert not np.allclose(now, previous_scores(responses, 2019, PHQ)["phq_overall_previous"])


def test_waves_with_the_same_questions_are_compared_as_they_stand() -> None:
    assert same_question_scores(waves(), 2019, PHQ) is None
    assert one_wave_questions(waves(), 2019, PHQ) == ()


def test_the_questions_of_one_wave_are_named_where_a_change_is_said() -> None:
    cohort, features = pairs(0.0, 1)
    table = FeatureTable(
        frame=features.frame, catalogue=features.catalogue, items=features.items, item_kinds=features.items,
        part_of={}, same_questions=features.frame + 1, one_wave_questions=("finance_1",),
    )  # fmt: skip
    rows = same_practice_rows(cohort, table, Policy.preset("internal"), conf_level=0.95)
    text = " ".join(since_sentences(apply_policy(rows, "internal"), conf_level=0.95))
    question = next(i.text for i in PHQ.items if i.id == "finance_1")
    assert f"on the questions that every wave put; not in them: “{question}”." in text
