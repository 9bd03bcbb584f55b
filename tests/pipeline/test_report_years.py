"""Two synthetic years: the second's report says what changed since the first, from rows; settings reach the policy."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pandas as pd
import pytest

import resilience_stats as rs
from resilience_stats.disclosure import apply_policy, read_results
from resilience_stats.errors import StudyError
from resilience_stats.report import since_rows, since_sentences
from resilience_stats.report.build import ReportFiles, build_report
from resilience_stats.report.prepare import edition_policy
from resilience_stats.results.rows import TOTAL, combine_rows, make_rows

CHAPTERS = ["summary", "participation", "instrument"]


def results(
    mean: float, half: float, *, n: int = 138, items: tuple[str, ...] = ("Q1", "Q2"), year: int
) -> pd.DataFrame:
    held = {"chapter": "instrument", "output": "scores", "n": n, "statistic": "mean"}
    response = {"chapter": "participation", "output": "response_by_place", "group": TOTAL, "n": 197}
    return combine_rows(
        [
            make_rows(**held, term="Overall score", value=mean, conf_low=mean - half, conf_high=mean + half),
            make_rows(**held, term="Team", value=50.0, conf_low=48.0, conf_high=52.0),
            make_rows("instrument", "items", group="Team", term=list(items), statistic="item_mean", value=3.0, n=n),
            make_rows(**response, statistic="asked", value=197),
            make_rows(**response, statistic="responded", value=n),
            make_rows(**response, statistic="response_rate", value=n / 197),
            make_rows("methods", "settings", term="Census date", statistic="text", value=f"{year}-11-30"),
        ]
    )


def said(tmp_path: Path, then: pd.DataFrame, now: pd.DataFrame, policy: str = "board") -> str:
    path = tmp_path / "results.csv"
    path.write_text(apply_policy(then, "board").to_csv(), encoding="utf-8")
    study = type("Study", (), {"previous_results": path, "year": 2020})
    rows = since_rows(study, apply_policy(now, policy), conf_level=0.95)
    return " ".join(since_sentences(apply_policy(rows.assign(chapter="summary"), policy), conf_level=0.95))


def test_the_verdict_follows_the_rows(tmp_path: Path) -> None:
    then = results(50.0, 2.0, year=2019)
    risen = said(tmp_path, then, results(58.0, 2.0, year=2020))
    assert "Overall score: higher than last year by 8.0 points" in risen
    assert "2019: 138 of 197 practices answered (70.1%). 2020: 138 of 197" in risen
    assert "The questions are the same in both years (2)." in risen
    assert "Of 1 areas compared, none changed clearly." in risen
    assert "Overall score: lower than last year by 8.0 points" in said(tmp_path, then, results(42.0, 2.0, year=2020))
    assert "Overall score: no clear change" in said(tmp_path, then, results(51.0, 2.0, year=2020))


def test_the_interval_of_a_change_is_that_of_two_samples(tmp_path: Path) -> None:
    # Two of equal n and equal standard error: the half-width is sqrt(2) times theirs, at twice the degrees of freedom.
    from scipy.stats import t

    text = said(tmp_path, results(50.0, 2.0, year=2019), results(58.0, 2.0, year=2020))
    half = 2.0 / t.ppf(0.975, 137) * 2**0.5 * t.ppf(0.975, 274)
    assert f"(95% interval {8 - half:.1f} to {8 + half:.1f}" in text or f"interval {8 - half:.1f}" in text


def test_other_questions_break_the_series(tmp_path: Path) -> None:
    text = said(tmp_path, results(50.0, 2.0, year=2019), results(58.0, 2.0, items=("Q1", "Q3"), year=2020))
    assert "Series break: of 2 questions last year and 2 this year, 1 are the same. Not compared: Team" in text
    assert "Overall score" not in text


def test_last_years_edition_gives_nothing_away_in_a_stricter_one(tmp_path: Path) -> None:
    text = said(tmp_path, results(50.0, 2.0, n=6, year=2019), results(58.0, 2.0, year=2020), policy="public")
    assert "Overall score" not in text
    assert " 6 " not in text


def test_without_an_earlier_year_nothing_is_claimed() -> None:
    (only,) = since_sentences(apply_policy(combine_rows([]), "board"), conf_level=0.95)
    assert only.startswith("No results of an earlier year were given")


@pytest.mark.parametrize("identity", ["shown", "pseudonym", "dropped"])
def test_identity_goes_by_one_name_from_the_study_file_to_the_policy(tmp_path: Path, identity: str) -> None:
    rs.write_example(tmp_path, practices=20, responses=15)
    file = tmp_path / "study.toml"
    text = re.sub(r"\[policy\][^\[]*", f'[policy]\npreset = "board"\nidentity = "{identity}"\n\n', file.read_text())
    file.write_text(text)
    study = rs.open_study(file)
    assert study.policy["identity"] == identity
    policy = edition_policy(study, None)
    row = make_rows("a", "b", term="E82001", statistic="score", value=50.0)
    shown = apply_policy(row, policy).rows
    assert (shown["term"] == "E82001").any() == (identity == "shown")
    file.write_text(text.replace("identity", "show_identity"))
    with pytest.raises(StudyError, match="show_identity"):
        rs.open_study(file)


@pytest.fixture(scope="module")
def second(tmp_path_factory: pytest.TempPathFactory) -> tuple[ReportFiles, ReportFiles]:
    folder = tmp_path_factory.mktemp("years")
    made = {}
    for year, seed in ((2018, 1), (2019, 2)):
        rs.write_example(folder / str(year), random_state=seed, census_date=f"{year}-11-30")
        file = folder / str(year) / "study.toml"
        if year == 2019:
            shutil.copy(made[2018].results, folder / "results_2018.csv")
            file.write_text(file.read_text() + '\n[compare]\nprevious_results = "../results_2018.csv"\n')
        made[year] = build_report(file, out=folder / f"report-{year}", chapters=CHAPTERS, parameters={"n_boot": 20})
    return made[2018], made[2019]


@pytest.mark.slow
def test_the_second_year_states_the_changes(second: tuple[ReportFiles, ReportFiles]) -> None:
    first, now = second
    assert first.failures == now.failures == ()
    rows = read_results(now.results)
    mine = rows[rows["output"] == "since_last_year"]
    change = mine[(mine["statistic"] == "mean_change") & (mine["term"] == "Overall score")].iloc[0]
    mean = {
        str(path): read_results(path).query("output == 'scores' and statistic == 'mean' and term == 'Overall score'")
        for path in (first.results, now.results)
    }
    then, this = (frame["value"].iloc[0] for frame in mean.values())
    assert change["value"] == pytest.approx(this - then)
    assert change["conf_low"] < change["value"] < change["conf_high"]
    page = now.html.read_text(encoding="utf-8")
    part = page.split("What changed since last year")[-1].split("What this report cannot say")[0]
    assert "Overall score: " in part
    assert "By the reliable-change rule" in part
    moved = rows[(rows["output"] == "same_practices") & (rows["statistic"] == "practices")]
    counts = moved[moved["disclosure"] == ""].set_index("term")["value"]
    if len(counts) == 4:
        assert counts.drop(TOTAL).sum() == counts[TOTAL]
    assert "No results of an earlier year" in first.html.read_text(encoding="utf-8")
