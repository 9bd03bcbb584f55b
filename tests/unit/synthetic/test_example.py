"""What `write_example` promises: the same bytes for the same seed, and the stated truth in them."""

from __future__ import annotations

import hashlib
import tomllib
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from resilience_stats.errors import StudyError
from resilience_stats.schema import load_instrument
from resilience_stats.synthetic import latent, write_example
from resilience_stats.synthetic.example import STAGES
from resilience_stats.synthetic.population import invent_practices, predictors
from resilience_stats.synthetic.realise import Plan, Realised, realise
from resilience_stats.synthetic.resilience import EFFECTS

PHQ = load_instrument("phq")


def prints(folder: Path) -> dict[str, str]:
    return {p.name: hashlib.sha256(p.read_bytes()).hexdigest() for p in sorted(folder.iterdir())}


@pytest.fixture(scope="module")
def example(tmp_path_factory):
    folder = tmp_path_factory.mktemp("example")
    return write_example(folder), folder


def test_one_seed_one_study_to_the_byte(example, tmp_path: Path) -> None:
    _, folder = example
    write_example(tmp_path / "again")
    assert prints(folder) == prints(tmp_path / "again")
    write_example(tmp_path / "other", random_state=2020)
    other = prints(tmp_path / "other")
    assert not {n for n, h in prints(folder).items() if other.get(n) == h}


def test_a_generator_is_a_seed_too(tmp_path: Path) -> None:
    first = write_example(tmp_path / "a", practices=30, responses=20, random_state=np.random.default_rng(7))
    again = write_example(tmp_path / "b", practices=30, responses=20, random_state=np.random.default_rng(7))
    assert first.random_state == again.random_state
    assert prints(tmp_path / "a") == prints(tmp_path / "b")


def test_the_truth_says_what_was_asked_for(example) -> None:
    truth, folder = example
    assert len(truth.practices) == 197
    assert truth.practices["responded"].sum() == 138
    assert truth.practices["in_gprp"].sum() == 40
    assert truth.programme_effect == pytest.approx(4.0)
    assert truth.null_predictors == ("nurse_fte_per_1000", "payments_per_weighted_patient")
    assert truth.effect("imd_score") < 0 < truth.effect("gp_fte_per_1000", per="sd")
    assert 0.7 < truth.retest < 0.8
    areas = truth.reliability.query("scale != 'phq_overall'")["alpha"]
    assert areas.between(0.65, 0.87).all()
    assert truth.path == folder / "study.toml"


def test_the_study_file_names_files_that_are_there(example) -> None:
    truth, folder = example
    content = tomllib.loads(truth.path.read_text(encoding="utf-8"))
    named = [p for paths in content["files"].values() for p in ([paths] if isinstance(paths, str) else paths)]
    assert {p.name for p in folder.iterdir()} == {*named, "study.toml"}
    assert content["study"]["synthetic"] is True
    assert [p["name"] for p in content["predictors"]] == truth.drivers["name"].tolist()


def test_gprp_goes_to_low_scores_and_the_resilient_answer(example) -> None:
    practices = example[0].practices
    assert practices.groupby("in_gprp")["resilience_previous"].mean().diff().iloc[1] < -1
    assert practices.groupby("responded")["resilience"].mean().diff().iloc[1] > 0.3


def test_a_programme_without_effect_changes_nothing_else(tmp_path: Path) -> None:
    size = {"practices": 60, "responses": 60}
    none = write_example(tmp_path / "none", programme_effect=0.0, **size)
    some = write_example(tmp_path / "some", programme_effect=6.0, **size)
    assert none.programme_effect == 0.0
    assert some.programme_effect == pytest.approx(6.0)
    pd.testing.assert_series_equal(none.practices["resilience_previous"], some.practices["resilience_previous"])
    untouched = ~none.practices["in_gprp"]
    pd.testing.assert_series_equal(
        none.practices.loc[untouched, "resilience"], some.practices.loc[untouched, "resilience"]
    )
    assert (tmp_path / "none" / "phq_2018.csv").read_bytes() == (tmp_path / "some" / "phq_2018.csv").read_bytes()


def test_a_register_alone_is_not_enough(tmp_path: Path) -> None:
    with pytest.raises(StudyError, match="Give public_files too"):
        write_example(tmp_path, register="register.csv")


@pytest.mark.parametrize("asked", [{"practices": 4}, {"practices": 20_000}, {"responses": 0}, {"responses": -1}])
def test_numbers_that_cannot_be_had_are_refused(asked: dict[str, int], tmp_path: Path) -> None:
    with pytest.raises(StudyError, match=f"argument {next(iter(asked))}"):
        write_example(tmp_path, **asked)


def test_a_programme_that_no_score_can_show_is_refused(tmp_path: Path) -> None:
    with pytest.raises(StudyError, match="cannot move the score so far"):
        write_example(tmp_path, programme_effect=90.0)


def draw(seed: int, practices: int, *, effects: dict[str, float] | None = None) -> Realised:
    rng = {stage: np.random.default_rng([seed, i]) for i, stage in enumerate(STAGES)}
    frame = invent_practices(practices, rng["population"])
    plan = Plan(dict(EFFECTS if effects is None else effects), practices, None, 0.0, 0.8)
    return realise(frame, predictors(frame), pd.Timestamp("2019-11-30"), PHQ, plan, rng)


def fit(made: Realised) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Least squares of the scores of complete answers on the planted predictors: estimates, errors (HC3), truth."""
    alive = made.practices["alive"].to_numpy()
    scores = pd.Series(_score(made.waves[1]), index=made.waves[1].frame["practice_code"])
    scores = scores[~scores.index.duplicated()].dropna()
    names = list(EFFECTS)
    x = made.values.loc[scores.index, names].to_numpy()
    x = np.column_stack([np.ones(len(x)), (x - x.mean(axis=0)) / x.std(axis=0)])
    bread = np.linalg.inv(x.T @ x)
    beta = bread @ x.T @ scores.to_numpy()
    left = (scores.to_numpy() - x @ beta) / (1 - np.einsum("ij,jk,ik->i", x, bread, x))
    error = np.sqrt(np.diag(bread @ (x * left[:, None] ** 2).T @ x @ bread))
    truth = np.array([EFFECTS[n] for n in names]) * latent.score_slope(made.measurement)
    assert alive.sum() == len(made.practices) - 4
    return beta[1:], error[1:], truth


def _score(wave) -> np.ndarray:
    low = np.array([i.options[0].value for i in PHQ.items])
    high = np.array([i.options[-1].value for i in PHQ.items])
    turned = np.where([i.direction == 1 for i in PHQ.items], wave.values, low + high - wave.values)
    return np.nanmean(np.where(wave.values < 0, np.nan, (turned - low) / (high - low) * 100), axis=1)


def test_planted_drivers_are_found_where_there_are_enough_practices() -> None:
    beta, error, truth = fit(draw(1, 6000))
    assert np.all(np.abs(beta - truth) < 3.5 * error)
    found = np.abs(beta / error) > 5
    assert found.tolist() == [e != 0 for e in EFFECTS.values()]


@pytest.mark.slow
def test_a_planted_null_is_found_at_its_level_and_drivers_are_right_on_average() -> None:
    seeds = 150
    estimates, found, truths = [], [], []
    for seed in range(seeds):
        beta, error, truth = fit(draw(seed, 197))
        estimates.append(beta)
        truths.append(truth)
        found.append(2 * stats.t.sf(np.abs(beta / error), 190) < 0.05)
    null = np.array([e == 0 for e in EFFECTS.values()])
    rate = np.mean(found, axis=0)[null]
    # A binomial share of 150 lies within three standard errors of its level but for 3 in 1,000.
    assert np.all(np.abs(rate - 0.05) < 3 * np.sqrt(0.05 * 0.95 / seeds)), rate
    wrong = np.mean(estimates, axis=0) - np.mean(truths, axis=0)
    noise = np.std(np.array(estimates) - np.array(truths), axis=0) / np.sqrt(seeds)
    assert np.all(np.abs(wrong) < 3.5 * noise), wrong / noise


@pytest.mark.slow
@pytest.mark.parametrize("points", [0.0, 5.0])
def test_the_programme_effect_is_what_analysis_of_covariance_finds(points: float) -> None:
    # Practices are chosen on the observed score before, plus noise: given that score the choice is as good as random,
    # while the plain change holds regression to the mean as well.
    adjusted, plain = [], []
    for seed in range(60):
        rng = {stage: np.random.default_rng([seed, i]) for i, stage in enumerate(STAGES)}
        frame = invent_practices(197, rng["population"])
        plan = Plan(dict(EFFECTS), 250, None, points, 0.8)
        made = realise(frame, predictors(frame), pd.Timestamp("2019-11-30"), PHQ, plan, rng)
        waves = [pd.Series(_score(w), index=w.frame["practice_code"]) for w in made.waves]
        before, after = (w[~w.index.duplicated()] for w in waves)
        both = after.index.intersection(before.index)
        supported = pd.Series(made.supported, index=frame.index).loc[both].to_numpy(dtype=float)
        x = np.column_stack([np.ones(len(both)), before[both], supported])
        adjusted.append(np.linalg.lstsq(x, after[both].to_numpy(), rcond=None)[0][2])
        plain.append((after - before)[both][supported == 1].mean())
    noise = np.std(adjusted) / np.sqrt(len(adjusted))
    assert np.mean(adjusted) == pytest.approx(points, abs=3.5 * noise + 0.3)
    assert np.mean(plain) - points > 3


def test_a_commissioner_that_the_list_does_not_know_is_told_with_those_it_does(tmp_path: Path) -> None:
    lists = tmp_path / "gp-reg-pat-prac-all_2026-01.csv"
    lists.write_text(
        "EXTRACT_DATE,TYPE,SUB_ICB_LOCATION_CODE,CODE,SEX,AGE,NUMBER_OF_PATIENTS\n"
        "2026-01-01,GP,M1J4Y,E81001,ALL,ALL,4100\n2026-01-01,GP,15N,L83001,ALL,ALL,5100\n"
    )
    with pytest.raises(StudyError, match=r"found '06F'.*the list of 2026-01-01 has 15N, M1J4Y"):
        write_example(tmp_path / "study", public_files={"list_size": lists}, practices=None, commissioners=["06F"])
