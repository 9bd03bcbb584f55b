"""The methods chapter: methods where used, assumptions rated by rows, departures derived, nothing typed."""

from __future__ import annotations

import re
from types import SimpleNamespace
from typing import Any

import pandas as pd
import pytest

from resilience_stats.disclosure import DisclosedFrame, Policy, apply_policy
from resilience_stats.report.formulae import to_mathml
from resilience_stats.report.methods_text import method_blocks, methods_in_use
from resilience_stats.report.rows.assumptions import assumption_rows
from resilience_stats.report.rows.deviations import (
    deviation_rows,
    deviation_sentences,
    not_made_rows,
    not_made_sentences,
)
from resilience_stats.report.rows.methods import data_log_rows
from resilience_stats.report.settings import ChapterParameters
from resilience_stats.report.wording import wording
from resilience_stats.results.rows import combine_rows, make_rows

ROLES = wording("drivers")["roles"]


def released(*frames: pd.DataFrame) -> DisclosedFrame:
    return apply_policy(combine_rows(frames), "board")


def effects(*terms: str, chapter: str = "drivers") -> pd.DataFrame:
    held: dict[str, Any] = {"chapter": chapter, "output": "effects", "n": 128}
    rows = make_rows(**held, term=list(terms), statistic="effect_per_sd", value=1.0, conf_low=0.5, conf_high=1.5)
    return combine_rows([rows, make_rows(**held, statistic="df_residual", value=120)])


# Methods


def test_a_method_is_described_where_one_of_its_outputs_is_in_the_run() -> None:
    names = {e["name"] for e in methods_in_use(released(effects("Staff")))}
    assert "Effects of predictors, with networks (CR2)" in names
    assert not names & {"Cronbach's alpha", "Funnel limits", "E-value"}
    e_values = make_rows("programmes", "programme_e_values", term="Mentoring", statistic="e_value", value=2.0, n=30)
    assert "E-value" in {e["name"] for e in methods_in_use(released(e_values))}


def test_each_method_has_a_text_a_formula_that_can_be_set_its_reading_and_a_source() -> None:
    entries = methods_in_use()
    assert len(entries) == len({e["name"] for e in entries})
    assert all(e["text"] and e["alt"] and e["source"] and e["where"] for e in entries)
    assert len(to_mathml([e["typst"] for e in entries])) == len(entries)
    kinds = [b.model["kind"] for b in method_blocks()]
    assert kinds.count("formula") == len(entries)
    assert kinds.count("heading") == len({e["section"] for e in entries})


def test_a_method_of_one_way_of_fitting_is_described_where_that_way_is_in_the_run() -> None:
    words = {w for part in wording("driver_checks").values() if isinstance(part, dict) for w in part.values()}
    words |= set(wording("drivers")["models"].values())
    named = {p.split(": ", 1)[1] for e in methods_in_use() for p in e["where"] if ": " in p}
    assert named
    assert named <= {w for w in words if isinstance(w, str)}
    held = {"chapter": "drivers", "output": "sensitivity", "statistic": "effect_per_sd", "n": 128, "term": "Staff"}
    rows = [make_rows(**held, group=g, value=1.0) for g in ("Adjusted (networks)", "Robust to outliers")]
    df = make_rows("drivers", "sensitivity", statistic="df_residual", value=120, n=128)
    names = [{e["name"] for e in methods_in_use(released(*rows[:k], df))} for k in (1, 2)]
    assert names[1] - names[0] == {"Robust regression"}
    assert "Missing predictors: imputation and pooling" not in names[1]


# Assumptions


def rating(results: DisclosedFrame, name: str) -> tuple[str, str]:
    rows = assumption_rows(results)
    held = rows[rows["term"] == name].set_index("statistic")["value"]
    return held["evidence"], held["reason"]


@pytest.mark.parametrize(("difference", "sure"), [(0.05, "sure_2"), (-0.2, "sure_1"), (-0.4, "sure_0")])
def test_how_sure_follows_from_the_number(difference: float, sure: str) -> None:
    rows = make_rows(
        "participation", "comparison", term=["Size", "Staff"], statistic="smd", value=[difference, 0.01], n=197
    )
    told, why = rating(released(rows), "Those who answered stand for those asked")
    assert told == wording("methods")["ratings"][sure]
    assert f"{abs(difference):g}" in why


def test_where_no_number_may_be_shown_nobody_is_sure() -> None:
    rows = make_rows("participation", "comparison", term="Size", statistic="smd", value=0.01, n=3)
    told, why = rating(released(rows), "Those who answered stand for those asked")
    assert told == wording("methods")["ratings"]["unknown"]
    assert why


def test_only_assumptions_of_analyses_in_the_run_are_listed() -> None:
    terms = set(assumption_rows(released(effects("Staff")))["term"])
    assert "Nothing unmeasured drives both a predictor and the score" in terms
    assert "Ratings say how a practice is, and not who was inspected" not in terms


def test_reasons_name_no_number_of_their_own() -> None:
    for entry in wording("assumptions")["assumptions"]:
        assert not re.search(r"\d", entry["reason"]), entry["reason"]
        assert ("from" in entry) == ("{value}" in entry["reason"])


# Departures


def chapter(
    rows: DisclosedFrame,
    *,
    predictors: dict[str, str],
    preset: str = "board",
    policy: dict[str, Any] | None = None,
    parameters: ChapterParameters | None = None,
) -> Any:
    catalogue = pd.DataFrame({"name": list("ab"), "label": ["Staff", "Rurality"], "unit": ["", ""]})
    frame = pd.DataFrame({"a": [1.0, 2.0], "b": ["x", "x"]})
    declared = [SimpleNamespace(name=name, role=role) for name, role in predictors.items()]
    outcome = SimpleNamespace(name="score", label="Score")
    return SimpleNamespace(
        results=lambda: rows,
        study=SimpleNamespace(predictors=declared, outcome=outcome, policy={"preset": "board", **(policy or {})}),
        features=SimpleNamespace(catalogue=catalogue, frame=frame),
        policy=Policy.preset(preset),
        run=SimpleNamespace(parameters=parameters or ChapterParameters()),
    )


def departures(held: Any) -> list[tuple[str, str, str]]:
    rows = deviation_rows(held)
    parts = {s: rows[rows["statistic"] == s] for s in ("definition", "found", "reason")}
    columns = (parts["found"]["term"], parts["found"]["value"], parts["reason"]["value"])
    return list(zip(*columns, strict=True))


def test_none_where_all_was_done_as_declared() -> None:
    held = chapter(released(effects("Staff", "Rurality: Rural")), predictors={"a": "exposure", "b": "confounder"})
    assert departures(held) == []
    assert deviation_sentences(released(deviation_rows(held)))[0].startswith("None")


def test_a_declared_predictor_that_is_not_in_the_model_is_named_with_the_reason() -> None:
    held = chapter(released(effects("Staff")), predictors={"a": "exposure", "b": "confounder"})
    assert departures(held) == [("Rurality", "Not in it", "All practices that answered have the same value")]
    assert deviation_sentences(released(deviation_rows(held))) == ["One departure from the study file."]


def test_a_mediator_in_the_model_and_an_undeclared_term_are_departures() -> None:
    held = chapter(released(effects("Staff", "Rurality", "Luck")), predictors={"a": "exposure", "b": "mediator"})
    assert [what for what, *_ in departures(held)] == ["Rurality", "Luck"]
    fine = chapter(released(effects("Staff")), predictors={"a": "exposure", "b": "mediator"})
    assert departures(fine) == []


def test_a_chapter_that_is_absent_another_edition_and_other_settings_are_departures() -> None:
    absent = chapter(released(effects("Staff", chapter="other")), predictors={"a": "exposure"})
    assert departures(absent)[0][0] == "Drivers analysis of Score"
    rows = released(effects("Staff"))
    assert departures(chapter(rows, predictors={"a": "exposure"}, preset="public"))[0][1] == "public"
    fewer = chapter(rows, predictors={"a": "exposure"}, parameters=ChapterParameters(n_boot=50))
    assert departures(fewer)[0][:2] == ("Resamples of a bootstrap", "50")
    lower = chapter(rows, predictors={"a": "exposure"}, policy={"threshold": 3})
    assert departures(lower)[0][:2] == ("Disclosure policy: Smallest number of people shown", "3")


def test_an_analysis_that_the_data_refused_is_named() -> None:
    refused = make_rows("instrument", "loadings_refused", statistic="reason", value="too few practices.")
    rows = not_made_rows(released(refused, effects("Staff")))
    said = not_made_sentences(released(rows))[0]
    assert said == "One analysis that this report knows was not made: Exploratory factor analysis: too few practices."
    none = not_made_rows(released(effects("Staff")))
    assert not_made_sentences(released(none))[0].startswith("Every analysis")


# Data log


def test_each_file_has_its_line_and_confidential_tables_no_number(tmp_path: Any) -> None:
    files = {"phq": ["phq.csv"], "rat": ["rat.csv"]}
    for name in ("study.toml", "phq.csv", "rat.csv"):
        (tmp_path / name).write_text(name, encoding="utf-8")
    study = SimpleNamespace(
        path=tmp_path / "study.toml", files={k: [tmp_path / n for n in names] for k, names in files.items()}
    )
    joined = "joined to a practice asked"
    accounts = pd.DataFrame(
        [("phq.csv", "read", 9), ("phq.csv", joined, 7), ("phq.csv", "closed", 2), ("rat.csv", "read", 3)],
        columns=["file", "reason", "rows"],
    )
    lags = pd.DataFrame({"table": ["phq 2018", "phq 2019"], "source_date": ["2018-11-29", "2019-11-29"]})
    cohort = SimpleNamespace(row_accounts=accounts, lag_table=lags)
    rows = data_log_rows(cohort, SimpleNamespace(study=study)).set_index(["term", "statistic"])["value"]
    assert rows["phq.csv", "rows"] == 9
    assert rows["phq.csv", "matched"] == 7
    assert rows["phq.csv", "reason"] == "closed"
    assert rows["phq.csv", "date"] == "2018-11-29 to 2019-11-29"
    assert ("rat.csv", "rows") not in rows.index
    assert len(rows["study.toml", "sha256"]) == 16
