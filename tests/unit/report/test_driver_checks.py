"""The drivers' checks: what hangs on a choice is said to, what does not is not; large studies skip the slow ones."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pytest

from resilience_stats.disclosure import DisclosedFrame, apply_policy
from resilience_stats.report import sentences_drivers as said
from resilience_stats.report.rows import driver_checks, drivers
from resilience_stats.report.wording import wording
from resilience_stats.results.rows import combine_rows, make_rows

WORDS = wording("driver_checks")
N = 160


def released(*rows: pd.DataFrame) -> DisclosedFrame:
    return apply_policy(combine_rows(rows), "board")


def example(*, holes: bool = True) -> tuple[Any, Any]:
    """160 practices in 32 networks: the score rises by 5 per GP, and has nothing to do with nurses."""
    rng = np.random.default_rng(5)
    frame = pd.DataFrame({"gps": rng.normal(size=N), "nurses": rng.normal(size=N), "imd": rng.normal(size=N)})
    frame.index = [f"Y{k:05d}" for k in range(N)]
    frame["phq_overall"] = 60 + 5 * frame["gps"] - 3 * frame["imd"] + rng.normal(0, 6, N)
    frame["phq_team"], frame["phq_money"] = frame["phq_overall"] + 2, frame["phq_overall"] - 2
    frame["pcn_code"] = [f"U{k % 32:05d}" for k in range(N)]
    frame["place"] = [f"Place {k % 4}" for k in range(N)]
    frame["responded"] = rng.random(N) < 0.8
    frame.loc[~frame["responded"], ["phq_overall", "phq_team", "phq_money"]] = np.nan
    if holes:
        frame.loc[frame.index[::20], "imd"] = np.nan
    sources = {"phq_overall": "phq", "phq_team": "phq"}
    catalogue = pd.DataFrame({"name": frame.columns, "label": [c.capitalize() for c in frame.columns]})
    catalogue["unit"], catalogue["source"] = "", [sources.get(c, "workforce") for c in frame.columns]
    catalogue["asof"] = "2019-09-30"
    parts = {"phq_overall": ("a", "b"), "phq_team": ("a",), "phq_money": ("b",)}
    features = SimpleNamespace(frame=frame, catalogue=catalogue, part_of=parts)
    roles = (("gps", "exposure"), ("nurses", "exposure"), ("imd", "confounder"))
    study = SimpleNamespace(
        predictors=tuple(SimpleNamespace(name=n, role=r) for n, r in roles),
        outcome=SimpleNamespace(name="phq_overall", label="Score"),
        path=SimpleNamespace(name="study.toml"),
    )
    return study, features


@pytest.fixture(scope="module")
def checked() -> tuple[Any, Any, DisclosedFrame]:
    study, features = example()
    models = drivers.fit_drivers(study, features)
    checks = driver_checks.check_drivers(models, features, random_state=1)
    rows = [
        driver_checks.sensitivity_rows(models, checks),
        driver_checks.specification_rows(models, checks),
        driver_checks.method_rows(models, features),
    ]
    return models, checks, released(*rows)


def test_every_way_of_fitting_finds_the_planted_effect(checked: tuple[Any, Any, DisclosedFrame]) -> None:
    _, checks, _ = checked
    assert set(checks.variants) == {"hc3", "weighted", "imputed", "robust", "influence", "main"}
    assert checks.omitted == ()
    for name, frame in checks.variants.items():
        assert frame.loc["gps", "conf_low"] < 5 * checks.scales["gps"] < frame.loc["gps", "conf_high"], name
    assert checks.ordinal.loc["gps", "conf_low"] > 1
    assert (checks.places["min"] <= checks.variants["main"]["estimate"]).all()
    assert (checks.places["max"] >= checks.variants["main"]["estimate"]).all()


def test_the_planted_effect_is_called_steady_in_every_specification(checked: tuple[Any, Any, DisclosedFrame]) -> None:
    frame = checked[2]
    (gps, nurses, imputed, ordinal, note) = said.specification_sentences(frame)
    assert "Gps: 100% of 48 specifications agree in sign, and in 100%" in gps
    assert "Nurses" in nurses
    assert "100% the interval excludes" not in nurses
    assert said.specification_subtitle(frame).startswith("Gps")
    assert imputed == "A specification with imputed values pools 5 imputations."
    assert "latent score" in ordinal
    assert "no test" in note
    choices = set(frame.select(output="specifications", statistic="setting").rows["group"])
    assert choices == set(WORDS["choices"].values())


def test_sources_other_than_the_questionnaire_are_said_to_be_so(checked: tuple[Any, Any, DisclosedFrame]) -> None:
    assert "every predictor from another source" in said.method_sentences(checked[2])[1]
    same = make_rows("drivers", "same_respondent", term="Role", statistic="setting", value="same")
    assert "From the same questionnaire as the score come: Role" in said.method_sentences(released(same))[1]


def test_without_holes_nothing_is_imputed_and_that_is_said() -> None:
    study, features = example(holes=False)
    models = drivers.fit_drivers(study, features)
    checks = driver_checks.check_drivers(models, features, random_state=1)
    assert checks.omitted == ("imputed",)
    told = " ".join(said.sensitivity_sentences(released(driver_checks.sensitivity_rows(models, checks))))
    assert "Not shown: imputation" in told


def variants(values: list[float], places: tuple[float, float]) -> DisclosedFrame:
    names = WORDS["variants"]
    held: dict[str, Any] = {"chapter": "drivers", "term": "GPs", "n": 128}
    group = list(names.values())[: len(values)]
    df = [
        make_rows("drivers", o, statistic="df_residual", value=121, n=128) for o in ("sensitivity", "sensitivity_other")
    ]
    ends = [names["place_low"], names["place_high"]]
    return released(
        make_rows(**held, output="sensitivity", group=group, statistic="effect_per_sd", value=values),
        make_rows(**held, output="sensitivity_other", group=ends, statistic="effect_per_sd", value=list(places)),
        *df,
    )


def test_the_verdict_on_steadiness_follows_the_signs() -> None:
    steady = said.sensitivity_sentences(variants([1.0, 2.0, 0.5], (0.2, 2.0)))
    assert steady[0] == "All 3 ways of fitting the model give the same sign for: GPs."
    assert "never changes the sign of: GPs" in steady[1]
    unsteady = said.sensitivity_sentences(variants([1.0, 2.0, -0.5], (-0.2, 2.0)))
    assert "hangs on a choice" in unsteady[0]
    assert "turns the sign of: GPs" in unsteady[1]


def test_a_large_study_leaves_the_slow_checks_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(driver_checks, "MOST_PRACTICES", 50)
    study, features = example()
    models = drivers.fit_drivers(study, features)
    checks = driver_checks.check_drivers(models, features, random_state=1)
    assert "imputed" in checks.omitted
    assert len(checks.curves["gps"].tidy()) == 12
    told = said.specification_sentences(released(driver_checks.specification_rows(models, checks)))
    assert not any("imputations" in s or "latent" in s for s in told)


def test_the_ordered_model_stands_among_the_specifications_on_the_scale_of_points(
    checked: tuple[Any, Any, DisclosedFrame],
) -> None:
    models, checks, frame = checked
    tidy = checks.curves["gps"].tidy()
    assert set(tidy["model"]) == {"linear", "robust", "ordinal"}
    points = driver_checks._points(tidy, float(checks.scales["gps"]), models)
    ordinal, linear = points[tidy["model"] == "ordinal"], points[tidy["model"] == "linear"]
    assert abs(ordinal["estimate"].mean() / linear["estimate"].mean() - 1) < 0.15
    assert abs(ordinal["estimate"].mean() / tidy.loc[ordinal.index, "estimate"].mean() - 1) > 0.5  # and not log odds
    shown = frame.select(output="specifications", statistic="spec_estimate").rows
    assert shown["value"].is_monotonic_increasing


def parallel(whole: float, single: list[float]) -> DisclosedFrame:
    terms = [WORDS["parallel_all"], *[f"P{k}" for k in range(len(single))]]
    return released(make_rows("drivers", "parallel", term=terms, statistic="p_value", value=[whole, *single], n=128))


def test_proportional_odds_are_said_to_hold_only_where_no_test_contradicts_them() -> None:
    assert (
        "do not contradict it (all predictors together: p = 0.300)"
        in said.parallel_sentences(parallel(0.3, [0.4, 0.03]))[0]
    )
    assert "does not hold for: P1." in said.parallel_sentences(parallel(0.3, [0.4, 0.01]))[0]
    assert (
        "for the predictors together (p = 0.010), though none"
        in said.parallel_sentences(parallel(0.01, [0.4, 0.03]))[0]
    )
    assert said.parallel_sentences(released()) == []


def test_what_has_no_curve_and_what_could_not_be_fitted_is_named() -> None:
    held: dict[str, Any] = {"chapter": "drivers"}
    summary = combine_rows(
        make_rows(
            **held, output="specification_summary", term="Gps", group=label, statistic="specifications", value=3, n=128
        )
        for label in WORDS["summary"].values()
    )
    told = said.specification_sentences(
        released(
            summary,
            make_rows(**held, output="specification_without", term="Contract", statistic="setting", value="none"),
            make_rows(
                **held, output="specification_failed", term=["Gps", "Nurses"], statistic="specifications", value=[0, 2]
            ),
        )
    )
    assert any(s.startswith("No specification curve for: Contract.") for s in told)
    assert any(s.endswith("are not counted: Nurses (2).") for s in told)


def test_an_exposure_of_groups_is_said_to_have_no_curve() -> None:
    study, features = example()
    features.frame["imd"] = np.where(features.frame["imd"] > 0, "high", "low")
    study.predictors = (*study.predictors[:2], SimpleNamespace(name="imd", role="exposure"))
    models = drivers.fit_drivers(study, features)
    checks = driver_checks.check_drivers(models, features, random_state=1)
    told = said.specification_sentences(released(driver_checks.specification_rows(models, checks)))
    assert any(s.startswith("No specification curve for: Imd.") for s in told)


def test_a_statistic_below_nothing_is_no_test() -> None:
    terms = ["GPs", "omnibus", "omnibus"]
    held = {"test": ["nominal", "nominal", "brant"], "term": terms, "p_value": [0.4, 0.3, 1.0], "converged": True}
    tests = pd.DataFrame({**held, "chi_square": [1.0, 2.0, -3.0]})
    ordinal = SimpleNamespace(tests=tests, fit={"n": 17})
    assert driver_checks._parallel(ordinal)["term"].tolist() == ["GPs"]
    assert driver_checks._parallel(SimpleNamespace(tests=tests.assign(chi_square=3.0), fit={"n": 17}))[
        "term"
    ].tolist() == ["GPs", "omnibus"]
    alone = released(make_rows("drivers", "parallel", term="GPs", statistic="p_value", value=0.4, n=57))
    assert "no test of all together" in said.parallel_sentences(alone)[0]
