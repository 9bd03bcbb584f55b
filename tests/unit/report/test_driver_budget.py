"""What the practices carry is settled before anything is fitted, said, and printed: at every size of a study."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pytest

from resilience_stats.disclosure import DisclosedFrame, Policy, apply_policy
from resilience_stats.errors import StudyError
from resilience_stats.models.guards import LEAST_ROWS_PER_PARAMETER, carried_by_rows
from resilience_stats.report import sentences, sentences_budget
from resilience_stats.report import sentences_drivers as said
from resilience_stats.report.rows import driver_budget, driver_checks, driver_guards, drivers, participation, published
from resilience_stats.report.rows.deviations import deviation_rows
from resilience_stats.results.rows import combine_rows

NAMES = ("gps", "imd", "growth", "size", "nurses")


def example(
    n: int, *, networks: int = 8, roles: dict[str, str] | None = None, holes: int = 0, **columns: Any
) -> tuple[Any, Any]:
    rng = np.random.default_rng(n)
    frame = pd.DataFrame({name: rng.normal(size=n) for name in NAMES}, index=[f"Y{k:05d}" for k in range(n)])
    frame["phq_overall"] = 60 + 4 * frame["gps"] + rng.normal(0, 8, n)
    frame["pcn_code"] = [f"U{k % networks:05d}" if networks else None for k in range(n)]
    frame["responded"] = True
    frame["place"] = [f"Place {k % 2}" for k in range(n)]
    frame.loc[frame.index[:holes], "nurses"] = np.nan
    frame = frame.assign(**columns)
    catalogue = pd.DataFrame({"name": frame.columns, "label": [c.capitalize() for c in frame.columns]})
    catalogue["unit"], catalogue["source"], catalogue["asof"] = "", "workforce", "2019-09-30"
    catalogue["direction"] = 1
    declared = dict.fromkeys(NAMES, "exposure") if roles is None else roles
    study = SimpleNamespace(
        predictors=tuple(
            SimpleNamespace(name=k, role=v, allow_part_of_outcome=False) for k, v in declared.items()
        ),
        outcome=SimpleNamespace(name="phq_overall", label="Score"),
        path=SimpleNamespace(name="study.toml"),
        policy={},
    )  # fmt: skip
    return study, SimpleNamespace(frame=frame, catalogue=catalogue, part_of={})


def every_row(study: Any, features: Any, **settings: Any) -> tuple[drivers.DriverModels, DisclosedFrame]:
    models = drivers.fit_drivers(study, features, **settings)
    checks = driver_checks.check_drivers(models, features, random_state=1)
    rows = [
        drivers.predictor_rows(models, features),
        driver_checks.method_rows(models, features),
        driver_guards.guard_rows(models),
        drivers.effect_rows(models),
        drivers.model_table_rows(models),
        drivers.importance_rows(models, n_boot=20, random_state=1),
        driver_checks.sensitivity_rows(models, checks),
        driver_checks.specification_rows(models, checks),
        drivers.budget_rows(models),
        published.published_rows(models, features),
    ]
    return models, apply_policy(combine_rows(rows), "board")


def told(released: DisclosedFrame) -> str:
    return " ".join(
        [
            *sentences_budget.refused_sentences(released),
            *sentences_budget.adjusted_sentences(released),
            *sentences.driver_sentences(released, conf_level=0.95),
            *sentences.importance_sentences(released, conf_level=0.95),
            *sentences.budget_sentences(released),
            *said.guard_sentences(released),
            *said.sensitivity_sentences(released),
            *said.specification_sentences(released),
        ]
    )


@pytest.mark.parametrize("n", [5, 8, 10, 17, 19, 20, 30, 45, 49, 50, 70])
def test_no_model_has_more_parameters_than_a_tenth_of_its_practices(n: int) -> None:
    models, released = every_row(*example(n))
    kept = min(carried_by_rows(n), len(NAMES))
    assert models.predictors == list(NAMES[:kept])
    assert list(models.refused) == list(NAMES[kept:])
    assert (models.adjusted is None) == (n < LEAST_ROWS_PER_PARAMETER)
    if kept:
        assert len(models.joint.tidy()) - 1 <= n / LEAST_ROWS_PER_PARAMETER
    assert set(models.unadjusted) == (set(NAMES) if kept else set())
    text = told(released)
    for name in NAMES[kept:]:
        assert name.capitalize() in text
    assert ("fitted to chance" in text) == (0 < kept < len(NAMES))
    assert ("no adjusted model" in text) == (not kept)
    assert ("this one predictor" in text) == (kept == 1)
    assert ("other predictors of the model held fixed" in text) == (kept > 1)


def test_the_refusal_stands_in_the_table_of_predictors_and_in_that_of_the_budget() -> None:
    released = every_row(*example(30))[1]
    out = released.select(output="predictors", statistic="left_out").rows
    assert list(out["term"]) == ["Size", "Nurses"]
    sums = released.select(output="budget", statistic="columns").rows.set_index("term")["value"]
    assert sums["Parameters declared"] == 5
    assert sums["Parameters that so many practices carry together, whatever the strength of association"] == 3
    shown = released.select(output="models", statistic="estimate").rows
    assert list(shown.loc[shown["group"] == "Each alone", "term"]) == [n.capitalize() for n in NAMES]
    assert set(shown.loc[shown["group"] == "Adjusted", "term"]) == {"Gps", "Imd", "Growth"}


def test_a_later_predictor_is_not_taken_in_place_of_one_that_is_too_many() -> None:
    levels = [f"Level {k % 6}" for k in range(30)]
    study, features = example(30, roles={"gps": "exposure", "kind": "confounder", "imd": "confounder"}, kind=levels)
    models = drivers.fit_drivers(study, features)
    assert models.predictors == ["gps"]
    assert list(models.refused) == ["kind", "imd"]
    assert set(models.unadjusted) == {"gps", "imd"}  # five columns alone are too many for thirty practices
    released = apply_policy(combine_rows([drivers.budget_rows(models), drivers.effect_rows(models)]), "board")
    assert "Shown nowhere, because the practices do not carry a model of it even alone: Kind." in told(released)


def test_a_predictor_that_is_left_out_keeps_no_practice_out() -> None:
    study, features = example(49, holes=15)
    models = drivers.fit_drivers(study, features)
    assert models.n == 49
    assert models.joint.fit["n"] == 49
    flow = participation.flow_rows(study, features).set_index("term")["value"]
    assert flow.iloc[-1] == 49
    full = example(70, holes=15)
    assert drivers.fit_drivers(*full).joint.fit["n"] == 55 == participation.flow_rows(*full)["value"].iloc[-1]


def test_mediators_go_in_together_or_not_at_all() -> None:
    roles = {"gps": "exposure", "imd": "confounder", "growth": "mediator", "size": "mediator"}
    few, enough = drivers.fit_drivers(*example(39, roles=roles)), drivers.fit_drivers(*example(40, roles=roles))
    assert few.with_mediators is None
    assert few.predictors == enough.predictors == ["gps", "imd"]
    assert len(enough.joint.tidy()) == 3
    assert enough.with_mediators is not None
    assert "last column" not in " ".join(sentences.mediator_sentences(few))
    assert "last column" in " ".join(sentences.mediator_sentences(enough))
    assert "no model with the mediators put in" in told(every_row(*example(39, roles=roles))[1])


def test_an_outcome_named_over_budget_has_all_its_predictors() -> None:
    models = drivers.fit_drivers(*example(17), over_budget="phq_other, phq_overall")
    assert models.predictors == list(NAMES)
    assert not models.refused


@pytest.mark.parametrize("networks", [0, 1])
def test_without_two_networks_practices_are_taken_as_strangers_and_that_is_said(networks: int) -> None:
    models, released = every_row(*example(60, networks=networks))
    assert "n_clusters" not in models.joint.fit or models.joint.fit["n_clusters"] is None
    assert "take the practices as strangers" in told(released)
    assert "CR2" not in told(released)
    assert "take the practices as strangers" not in told(every_row(*example(60))[1])


def test_what_is_the_same_in_every_practice_is_in_no_model() -> None:
    models, released = every_row(*example(60, imd=20.0))
    assert models.predictors == ["gps", "growth", "size", "nurses"]
    assert "In no model, because it is the same in every practice: Imd." in told(released)
    assert "Imd" not in set(released.select(output="models").rows["term"])


def test_departures_from_the_plan_name_what_was_left_out_and_why() -> None:
    study, features = example(30, imd=20.0)
    released = every_row(study, features)[1]
    chapter = SimpleNamespace(
        study=study, features=features, results=lambda: released, policy=Policy.preset("board"),
        run=SimpleNamespace(parameters=SimpleNamespace(run="", conf_level=0.95, n_boot=1000, over_budget="")),
    )  # fmt: skip
    rows = deviation_rows(chapter)
    why = rows[rows["statistic"] == "reason"].set_index("term")["value"]
    assert why["Imd"] == "All practices that answered have the same value"
    assert why["Nurses"] == "Too few practices carry it beside the others"
    assert set(why.index) == {"Imd", "Nurses"}


def test_a_study_without_predictors_says_so_and_models_nothing() -> None:
    models, released = every_row(*example(60, roles={}))
    assert models.adjusted is None
    assert "declares no predictor, so that nothing is modelled" in told(released)


def test_an_outcome_that_is_no_number_is_refused_by_name() -> None:
    study, features = example(60, phq_overall=[float(k % 2) for k in range(60)])
    with pytest.raises(StudyError, match=r"study.toml, \[outcome\].*phq_overall, which is yes or no"):
        drivers.fit_drivers(study, features)


def test_ordered_fifths_count_their_cuts_as_parameters() -> None:
    assert not driver_budget.fifths_fit(59, 3)
    assert driver_budget.fifths_fit(60, 3)
    few = every_row(*example(59))[1]
    assert "whose cuts are parameters as well" in told(few)
    assert not len(few.select(output="sensitivity_other", statistic="odds_ratio").rows)


@pytest.mark.parametrize(("score", "says"), [(50.0, "has the same score"), (np.nan, "No practice has a score")])
def test_without_scores_that_differ_nothing_is_modelled(score: float, says: str) -> None:
    models, released = every_row(*example(60, phq_overall=score))
    assert models.adjusted is None
    assert not models.unadjusted
    assert says in told(released)
    assert "fewer for the predictor" not in told(released)
