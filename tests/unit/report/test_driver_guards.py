"""What keeps the drivers model honest can be reached in the report, and speaks from released rows."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pytest

from resilience_stats.disclosure import DisclosedFrame, apply_policy
from resilience_stats.errors import CircularModelError
from resilience_stats.report import driver_tables, sentences
from resilience_stats.report import sentences_drivers as said
from resilience_stats.report.rows import driver_checks, driver_guards, drivers
from resilience_stats.report.wording import wording
from resilience_stats.results.rows import combine_rows, make_rows

WORDS = wording("drivers")
N = 140


def released(*rows: pd.DataFrame) -> DisclosedFrame:
    return apply_policy(combine_rows(rows), "board")


def example(*predictors: Any, noise: float = 6.0) -> tuple[Any, Any]:
    rng = np.random.default_rng(4)
    frame = pd.DataFrame(
        {"gps": rng.normal(0.5, 0.1, N), "mood": rng.normal(size=N), "log_list": rng.normal(9, 0.5, N)}
    )
    frame.index = [f"Y{k:05d}" for k in range(N)]
    frame["phq_team"] = 60 + 20 * frame["gps"] + rng.normal(0, 3, N)
    frame["phq_overall"] = frame["phq_team"] + 10 * (frame["log_list"] - 9) + rng.normal(0, noise, N)
    frame["pcn_code"] = [f"U{k % 30:05d}" for k in range(N)]
    catalogue = pd.DataFrame({"name": frame.columns, "label": [c.capitalize() for c in frame.columns]})
    units = {"gps": "FTE per 1,000", "log_list": "log patients", "phq_team": "points, 0 to 100"}
    catalogue["unit"] = [units.get(c, "") for c in frame.columns]
    catalogue["source"] = ["phq" if c in ("mood", "phq_team", "phq_overall") else "workforce" for c in frame.columns]
    catalogue["asof"] = "2019-09-30"
    parts = {"phq_overall": ("a", "b"), "phq_team": ("a",)}
    study = SimpleNamespace(
        predictors=predictors or (predictor("gps"), predictor("log_list", "confounder")),
        outcome=SimpleNamespace(name="phq_overall", label="Score"),
        path=SimpleNamespace(name="study.toml"),
    )
    return study, SimpleNamespace(frame=frame, catalogue=catalogue, part_of=parts)


def predictor(name: str, role: str = "exposure", *, allow: bool = False) -> Any:
    return SimpleNamespace(name=name, role=role, allow_part_of_outcome=allow)


def test_a_part_of_the_outcome_is_refused_in_the_words_of_the_study_file() -> None:
    with pytest.raises(CircularModelError, match=r"study.toml, \[\[predictors\]\].*phq_team.*allow_part_of_outcome"):
        drivers.fit_drivers(*example(predictor("gps"), predictor("phq_team")))


def test_a_part_that_is_let_in_by_name_is_printed() -> None:
    study, features = example(predictor("gps"), predictor("phq_team", allow=True))
    models = drivers.fit_drivers(study, features)
    assert models.parts_allowed == ("phq_team",)
    told = said.method_sentences(
        released(driver_guards.guard_rows(models), driver_checks.method_rows(models, features))
    )
    assert told[0].startswith("Phq_team is made of some of the answers that the score is made of.")
    assert "the model refuses" not in " ".join(told)
    assert told[1].startswith("From the same questionnaire as the score come: Phq_team.")


def test_to_allow_what_is_no_part_changes_nothing() -> None:
    models = drivers.fit_drivers(*example(predictor("gps", allow=True)))
    assert models.parts_allowed == ()


def test_mediators_stand_beside_and_are_not_adjusted_for() -> None:
    study, features = example(predictor("gps"), predictor("log_list", "mediator"))
    models = drivers.fit_drivers(study, features)
    rows = released(drivers.model_table_rows(models)).rows
    adjusted = rows[(rows["group"] == WORDS["models"]["adjusted"]) & (rows["statistic"] == "estimate")]
    with_mediators = rows[(rows["group"] == WORDS["models"]["with_mediators"]) & (rows["statistic"] == "estimate")]
    assert list(adjusted["term"]) == ["Gps"]
    assert list(with_mediators["term"]) == ["Gps", "Log_list"]
    assert "left out of the adjusted model: Log_list" in sentences.mediator_sentences(models)[0]


def test_effects_are_printed_per_an_amount_by_which_practices_differ() -> None:
    study, features = example()
    models = drivers.fit_drivers(study, features)
    frame = released(drivers.effect_rows(models))
    tidy = models.adjusted.tidy().set_index("term")
    found = frame.select(output="effects", statistic="effect").rows.set_index("term")
    assert found.loc["Gps", "value"] == pytest.approx(0.1 * tidy.loc["gps", "estimate"])
    assert found.loc["Log_list", "conf_low"] == pytest.approx(np.log(2) * tidy.loc["log_list", "conf_low"])
    units = frame.select(output="effects", statistic="unit").rows.set_index("term")["value"]
    assert dict(units) == {"Gps": "per 0.1 FTE per 1,000 patients", "Log_list": "per doubling"}
    per_sd = frame.select(output="effects", statistic="effect_per_sd").rows.set_index("term")
    assert per_sd.loc["Gps", "value"] == pytest.approx(tidy.loc["gps", "estimate"] * features.frame["gps"].std())
    beside = (
        released(drivers.model_table_rows(models)).select(group=WORDS["models"]["adjusted"], statistic="estimate").rows
    )
    assert beside["value"].tolist() == pytest.approx(found["value"].tolist())


def test_the_model_table_holds_effect_importance_and_rank_in_one_line() -> None:
    models = drivers.fit_drivers(*example())
    frame = released(drivers.effect_rows(models), drivers.importance_rows(models, n_boot=50, random_state=1))
    (table,) = driver_tables.table_model(frame, caption="The model")
    assert [c.label for c in table.columns] == [
        WORDS["headings"][k]
        for k in ("predictor", "effect", "effect_per_sd", "p_adjusted", "partial_r_squared", "importance_share",
                  "rank_probability")
    ]  # fmt: skip
    assert all(not cell.text.startswith("[") for row in table.rows for cell in row)
    assert table.rows[1][0].text == "Log_list, per doubling"
    assert "residual degrees of freedom 137" in table.notes[0]


def test_an_implausible_fit_is_questioned_and_a_plausible_one_is_said_to_be_so() -> None:
    for noise, word in ((0.1, "Before this is a discovery it is an artefact"), (9.0, "nothing points to an artefact")):
        models = drivers.fit_drivers(*example(noise=noise))
        assert word in " ".join(said.guard_sentences(released(driver_guards.guard_rows(models))))


def guards(networks: int, low: float, r2: float = 0.2) -> DisclosedFrame:
    held: dict[str, Any] = {"chapter": "drivers", "output": "guards", "n": 128}
    term = WORDS["budget"]["networks"]
    return released(
        make_rows(**held, statistic="r_squared_adjusted", value=r2),
        make_rows(**held, term=term, statistic="columns", value=networks),
        make_rows(**held, group=["low", "high"], term=term, statistic="df", value=[low, 20.0]),
    )


def test_few_networks_are_warned_of() -> None:
    assert "41 networks (CR2), which leaves between 18.3 and 20.0" in said.guard_sentences(guards(41, 18.3))[0]
    assert WORDS["few_networks"] not in said.guard_sentences(guards(41, 18.3))
    assert WORDS["few_networks"] in said.guard_sentences(guards(9, 18.3))
    assert WORDS["few_networks"] in said.guard_sentences(guards(41, 3.9))


def test_notes_that_are_rows_already_are_not_told_twice() -> None:
    notes = make_rows(
        "drivers", "model_notes", term=["clusters", "column-dropped"], statistic="note", value=["A.", "B."]
    )
    told = said.guard_sentences(released(notes))
    assert told == ["B."]


@pytest.mark.parametrize(
    ("carried", "says"),
    [(3, "carry 3 parameters, and 6 are spent"), (0, "a description of these, and predict nothing")],
)
def test_a_budget_that_is_overspent_comes_with_a_proposal(carried: int, says: str) -> None:
    words = WORDS["budget"]
    held: dict[str, Any] = {"chapter": "drivers", "output": "budget", "group": words["value"], "n": 128}
    short = [
        make_rows(**held, term=words["shrinkage"], statistic="calibration_slope", value=0.8),
        make_rows(**held, term=[words["carried"], words["parameters"]], statistic="columns", value=[carried, 6]),
    ]
    assert says in sentences.budget_sentences(released(*short))[1]
    enough = make_rows(**held, term=words["shrinkage"], statistic="calibration_slope", value=0.95)
    assert len(sentences.budget_sentences(released(enough, short[1]))) == 1


def test_what_was_adjusted_for_comes_last_and_is_not_called_a_finding() -> None:
    models = drivers.fit_drivers(*example())
    study, features = example(predictor("log_list", "confounder"), predictor("gps"))
    models = drivers.fit_drivers(study, features)
    frame = released(drivers.effect_rows(models), drivers.predictor_rows(models, features))
    first, second = sentences.driver_sentences(frame, conf_level=0.95)
    assert first.startswith("Gps: ")
    assert second.startswith("Log_list was adjusted for, and is not what was asked about")


def test_a_part_that_was_let_in_is_no_evidence_whatever_its_interval() -> None:
    study, features = example(predictor("gps"), predictor("phq_team", allow=True))
    models = drivers.fit_drivers(study, features)
    frame = released(
        drivers.effect_rows(models), drivers.predictor_rows(models, features), driver_guards.guard_rows(models)
    )
    (said_of_it,) = [s for s in sentences.driver_sentences(frame, conf_level=0.95) if s.startswith("Phq_team")]
    assert "arithmetic in part" in said_of_it
    assert "Good:" not in said_of_it


def with_a_factor() -> tuple[Any, Any]:
    study, features = example(predictor("gps"), predictor("kind"), predictor("alone"))
    rng = np.random.default_rng(9)
    features.frame["kind"] = rng.choice(["GMS", "PMS", "APMS"], N)
    features.frame["alone"] = pd.array(rng.random(N) < 0.3, dtype="boolean")
    more = pd.DataFrame({"name": ["kind", "alone"], "label": ["Contract", "Single-handed"], "unit": "", "source": "x"})
    features.catalogue = pd.concat([features.catalogue, more.assign(asof="2019-09-30")], ignore_index=True)
    return study, features


def test_groups_are_compared_with_a_named_group_and_not_per_standard_deviation() -> None:
    study, features = with_a_factor()
    models = drivers.fit_drivers(study, features)
    frame = released(drivers.effect_rows(models), drivers.predictor_rows(models, features))
    told = sentences.driver_sentences(frame, conf_level=0.95)
    assert [s.split(",")[0] for s in told[1:]] == ["Contract: GMS", "Contract: PMS", "Single-handed"]
    assert told[1].startswith("Contract: GMS, against APMS: ")
    assert told[3].startswith("Single-handed, yes against no: ")
    assert not any("standard deviation" in s for s in told[1:])
    estimate = models.adjusted.tidy().set_index("term").loc["kind[GMS]", "estimate"]
    assert f"{estimate:.2f}".replace("-", "−") in told[1]


def test_a_factor_s_share_stands_before_its_levels() -> None:
    models = drivers.fit_drivers(*with_a_factor())
    frame = released(drivers.effect_rows(models), drivers.importance_rows(models, n_boot=20, random_state=1))
    (table,) = driver_tables.table_model(frame, caption="The model")
    assert [row[0].text for row in table.rows] == [
        "Gps, per 0.1 FTE per 1,000 patients",
        "Contract",
        "Contract: GMS, against APMS",
        "Contract: PMS, against APMS",
        "Single-handed, yes against no",
    ]


@pytest.mark.parametrize(("low", "told"), [(0.05, False), (0.15, True)])
def test_a_share_below_its_own_interval_is_explained(low: float, told: bool) -> None:
    held: dict[str, Any] = {"chapter": "drivers", "output": "importance", "term": "Gps", "n": 128}
    rows = [
        make_rows(**held, statistic="importance_share", value=0.1, conf_low=low, conf_high=0.3),
        make_rows(**held, statistic="rank_probability", value=0.5),
    ]
    sentences_of = sentences.importance_sentences(released(*rows), conf_level=0.95)
    assert (WORDS["shares_floor"] in sentences_of) == told


def test_weights_for_non_response_leave_out_what_only_those_who_answered_can_have() -> None:
    study, features = example(predictor("gps"), predictor("mood", "confounder"))
    silent = features.frame.index[::5]
    features.frame.loc[silent, ["mood", "phq_team", "phq_overall"]] = np.nan
    features.frame["responded"] = ~features.frame.index.isin(silent)
    models = drivers.fit_drivers(study, features)
    data = driver_checks._with_weights(models, features)
    assert data.loc[features.frame["responded"], "weight"].notna().all()


def test_an_effect_that_rests_on_few_practices_is_withheld_everywhere() -> None:
    study, features = example(predictor("gps"), predictor("log_list", "confounder"), predictor("alone"))
    features.frame["alone"] = pd.array(np.isin(np.arange(N), [7, 40, 81, 120]), dtype="boolean")
    more = pd.DataFrame({"name": ["alone"], "label": ["Single-handed"], "unit": "", "source": "x", "direction": 1})
    features.catalogue = pd.concat([features.catalogue, more.assign(asof="2019-09-30")], ignore_index=True)
    models = drivers.fit_drivers(study, features)
    checks = driver_checks.check_drivers(models, features, random_state=1)
    frame = released(
        drivers.effect_rows(models),
        drivers.model_table_rows(models),
        driver_checks.sensitivity_rows(models, checks),
        driver_checks.specification_rows(models, checks),
    ).rows
    shown = {"unit", "setting", "specifications", "imputations"}
    alone = frame[(frame["term"] == "Single-handed") & ~frame["statistic"].isin(shown)]
    estimates = alone[~alone["output"].isin(["parallel"])]
    assert set(estimates["disclosure"]) == {"[c]"}
    assert not frame[(frame["term"] == "Gps") & (frame["output"] == "effects")]["disclosure"].eq("[c]").any()
    told = sentences.driver_sentences(released(drivers.effect_rows(models)), conf_level=0.95)
    assert told[-1] == "Single-handed: withheld, because too few practices stand behind it."
