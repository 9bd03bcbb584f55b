"""The score against what lies outside the questionnaire: dated, budgeted, and silent where there is nothing."""

from __future__ import annotations

import dataclasses
import datetime as dt
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pytest

from resilience_stats.disclosure import DisclosedFrame, apply_policy
from resilience_stats.models.linear import fit_linear
from resilience_stats.report import external_tables as tables
from resilience_stats.report import sentences_external as said
from resilience_stats.report.rows import drivers, external
from resilience_stats.report.wording import wording
from resilience_stats.results.rows import combine_rows, make_rows

WORDS = wording("external")
ALONE = WORDS["groups"]["alone"]
N = 200
CENSUS = dt.date(2019, 11, 30)


def example(*, rare: int = 3, effect: float = 8.0) -> tuple[drivers.DriverModels, Any]:
    """200 practices: satisfaction follows the score, QOF does not; an imbalance is common, a closure rare."""
    rng = np.random.default_rng(12)
    score = rng.normal(60, 12, N)
    frame = pd.DataFrame({"phq_overall": score, "gps": rng.normal(size=N), "imd": rng.normal(size=N)})
    frame.index = [f"Y{k:05d}" for k in range(N)]
    standard = (score - 60) / 12
    frame["gpps_good"] = 80 + effect * standard + rng.normal(0, 8, N)
    frame["later_gpps_good"] = 0.8 * (frame["gpps_good"] - 80) + 80 + 2 * standard + rng.normal(0, 3, N)
    frame["qof"] = rng.normal(95, 3, N)
    frame["imbalance"] = pd.array(rng.random(N) < 1 / (1 + np.exp(1.2 + 1.2 * standard)), dtype="boolean")
    frame["later_gone"] = pd.array(np.arange(N) < rare, dtype="boolean")
    frame["later_bad"] = pd.array([pd.NA] * N, dtype="boolean")
    frame["pcn_code"] = [f"U{k % 40:05d}" for k in range(N)]
    catalogue = pd.DataFrame({"name": frame.columns})
    labels = {"gpps_good": "Satisfied", "later_gpps_good": "Satisfied later", "qof": "QOF", "imbalance": "Imbalance",
              "later_gone": "Gone", "later_bad": "Rated badly"}  # fmt: skip
    catalogue["label"] = [labels.get(c, c) for c in frame.columns]
    catalogue["unit"], catalogue["kind"] = "", "number"
    catalogue.loc[catalogue["name"].isin(["imbalance", "later_gone", "later_bad"]), "kind"] = "boolean"
    catalogue["role"] = [external.ROLE if c in labels else "other" for c in frame.columns]
    sources = {
        "gpps_good": "gpps",
        "later_gpps_good": "gpps_later",
        "later_gone": "codes_later",
        "later_bad": "cqc_later",
    }
    catalogue["source"] = [sources.get(c, c) for c in frame.columns]
    catalogue["direction"] = [-1 if c in ("imbalance", "later_gone", "later_bad") else 1 for c in frame.columns]
    catalogue["asof"] = pd.to_datetime(
        ["2020-03-31" if s.endswith("_later") else "2019-03-31" for s in catalogue["source"]]
    )
    features = SimpleNamespace(frame=frame, catalogue=catalogue, part_of={"phq_overall": ("a", "b")})
    study = SimpleNamespace(
        predictors=(SimpleNamespace(name="gps", role="exposure"), SimpleNamespace(name="imd", role="confounder")),
        outcome=SimpleNamespace(name="phq_overall", label="Score"),
        path=SimpleNamespace(name="study.toml"),
    )
    return drivers.fit_drivers(study, features), features


@pytest.fixture(scope="module")
def made() -> tuple[drivers.DriverModels, Any, DisclosedFrame]:
    models, features = example()
    return models, features, released(external.external_rows(models, features, census_date=CENSUS))


def released(*rows: pd.DataFrame, policy: str = "board") -> DisclosedFrame:
    return apply_policy(combine_rows(rows), policy)


def value(frame: DisclosedFrame, output: str, statistic: str, term: str, group: str = ALONE) -> Any:
    rows = frame.select(output=output, statistic=statistic, term=term, group=group).rows
    return rows.iloc[0] if len(rows) else None


def test_a_number_is_correlated_and_its_standardised_effect_is_that_correlation(made: Any) -> None:
    _, features, frame = made
    r = np.corrcoef(features.frame["phq_overall"], features.frame["gpps_good"])[0, 1]
    row = value(frame, "external_numbers", "correlation_coefficient", "Satisfied")
    low, high = np.tanh(np.arctanh(r) + np.array([-1, 1]) * 1.959963985 / np.sqrt(N - 3))
    np.testing.assert_allclose([row["value"], row["conf_low"], row["conf_high"]], [r, low, high], rtol=1e-8)
    standardised = value(frame, "external_numbers", "standardised_estimate", "Satisfied")
    assert standardised["value"] == pytest.approx(r)
    z = features.frame[["phq_overall", "gpps_good", "imd"]].apply(lambda x: (x - x.mean()) / x.std())
    direct = fit_linear(z.assign(pcn=features.frame["pcn_code"]), "gpps_good", ["phq_overall", "imd"], cluster="pcn")
    adjusted = value(frame, "external_numbers", "standardised_estimate", "Satisfied", WORDS["groups"]["adjusted"])
    np.testing.assert_allclose(
        [adjusted["value"], adjusted["conf_low"]], direct.tidy().loc[1, ["estimate", "conf_low"]].astype(float)
    )


def test_a_later_number_is_also_held_at_the_same_value_by_the_census(made: Any) -> None:
    frame = made[2]
    given = WORDS["groups"]["given"]
    assert value(frame, "external_numbers", "standardised_estimate", "Satisfied later", given) is not None
    assert value(frame, "external_numbers", "standardised_estimate", "Satisfied", given) is None


def test_events_that_carry_a_parameter_are_modelled_and_others_only_counted(made: Any) -> None:
    frame = made[2]
    odds = value(frame, "external_events", "odds_ratio", "Imbalance")
    assert odds["conf_low"] < np.exp(-1.2) < odds["conf_high"] < 1
    assert value(frame, "external_events", "smd", "Imbalance")["value"] < 0
    assert value(frame, "external_events", "odds_ratio", "Gone") is None
    assert value(frame, "external_events", "smd", "Gone") is None
    assert value(frame, "external_events", "events", "Gone")["disclosure"] == "[c]"


def test_what_is_withheld_among_practices_with_a_score_does_not_follow_from_the_rest(made: Any) -> None:
    models, features = example(rare=9)
    features.frame.loc[features.frame.index[:2], "phq_overall"] = np.nan  # two of the nine have no score
    frame = released(external.external_rows(models, features, census_date=CENSUS))
    parts = frame.select(output="external_parts").rows
    gone = parts[parts["term"].str.startswith("Gone")]
    assert (gone["disclosure"] == "[c]").sum() != 1


def test_nor_does_it_follow_from_the_number_of_all_in_another_chapter() -> None:
    models, features = example(rare=9)
    features.frame = features.frame.rename(columns={"later_gone": "later_code_gone"})
    features.catalogue["name"] = features.catalogue["name"].replace("later_gone", "later_code_gone")
    features.frame.loc[features.frame.index[:2], "phq_overall"] = np.nan
    models = dataclasses.replace(models, data=models.data.assign(phq_overall=features.frame["phq_overall"]))
    label = wording("outcomes")["outcomes"]["later_code_gone"]
    others = make_rows("special_measures", "local_budget", term=label, statistic="events", value=9, n=N)
    frame = released(external.external_rows(models, features, census_date=CENSUS), others)
    whole = frame.select(output="local_budget").rows.iloc[0]
    scored = value(frame, "external_events", "events", "Gone")
    assert "[c]" in (whole["disclosure"], scored["disclosure"])


def test_the_list_gives_date_lag_and_number(made: Any) -> None:
    (table,) = tables.table_criteria(made[2], caption="Criteria")
    rows = {r[WORDS["headings"]["criterion"]]: r for r in table.records()}
    assert rows["Satisfied"][WORDS["headings"]["lag"]] == "−244"
    assert rows["Satisfied later"][WORDS["headings"]["lag"]] == "122"
    assert rows["Satisfied later"][WORDS["headings"]["when"]] == WORDS["when"]["after"]
    assert rows["Imbalance"][WORDS["headings"]["expected"]] == "Lower"
    assert "Rated badly" not in rows


def test_what_has_no_file_is_named_in_one_sentence(made: Any) -> None:
    assert said.external_sentences(made[2], conf_level=0.95)[-1].startswith(
        "The study has no file that tells: Rated badly."
    )
    assert said.external_sentences(released(), conf_level=0.95) == [WORDS["nothing"]]


def test_the_sentences_follow_the_planted_truth(made: Any) -> None:
    told = {s.split(":")[0]: s for s in reversed(said.external_sentences(made[2], conf_level=0.95))}
    assert "have a higher value" in told["Satisfied"]
    assert "the expected direction. Good" in told["Satisfied"]
    assert "do not settle" in told["QOF"]
    assert "less common among practices with a higher score" in told["Imbalance"]
    assert "counted" not in told["Gone"]
    assert "the number is withheld, and no model could be made" in told["Gone"]


def number(value: float, low: float, high: float, p: float, *, direction: str = "Higher") -> DisclosedFrame:
    held: dict[str, Any] = {"chapter": "drivers", "output": "external_numbers", "group": ALONE, "n": 130}
    limits = {"value": value, "conf_low": low, "conf_high": high}
    return released(
        make_rows("drivers", "external", term="QOF", statistic=["setting", "direction"], value=["By", direction]),
        *(
            make_rows(**held, term="QOF", statistic=s, **limits)
            for s in ("correlation_coefficient", "standardised_estimate")
        ),
        make_rows(**held, term="QOF", statistic="p_adjusted", value=p),
        make_rows(**held, statistic="df_residual", value=128),
    )


@pytest.mark.parametrize(
    ("frame", "says"),
    [
        (number(0.3, 0.1, 0.5, 0.01), "higher value (correlation 0.30, 95% interval 0.10 to 0.50; n = 130)"),
        (number(0.3, 0.1, 0.5, 0.01), "the expected direction. Good:"),
        (number(0.3, 0.1, 0.5, 0.30), "Some:"),
        (number(-0.3, -0.5, -0.1, 0.01), "which is not the expected direction"),
        (number(-0.3, -0.5, -0.1, 0.01), "lower value (correlation −0.30, 95% interval −0.50 to −0.10"),
        (number(-0.3, -0.5, -0.1, 0.01, direction="Lower"), "which is the expected direction"),
        (number(0.1, -0.1, 0.3, 0.3), "do not settle"),
    ],
)  # fmt: skip
def test_a_number_s_sentence_follows_its_rows(frame: DisclosedFrame, says: str) -> None:
    assert says in said.external_sentences(frame, conf_level=0.95)[0]


def event(
    odds: float, low: float, high: float, *, c: float = 0.7, allowed: int = 1, events: int = 20
) -> DisclosedFrame:
    held: dict[str, Any] = {"chapter": "drivers", "output": "external_events", "group": ALONE, "n": 130}
    rows = [
        make_rows("drivers", "external", term="Gone", statistic=["setting", "direction"], value=["By", "Lower"]),
        make_rows(**held, term="Gone", statistic=["events", "parameters_allowed"], value=[events, allowed]),
        make_rows(**held, statistic="df_residual", value=128),
    ]
    if allowed:
        rows += [
            make_rows(**held, term="Gone", statistic="odds_ratio", value=odds, conf_low=low, conf_high=high),
            make_rows(**held, term="Gone", statistic=["p_adjusted", "c_statistic"], value=[0.01, c]),
        ]
    return released(*rows)


@pytest.mark.parametrize(
    ("frame", "says"),
    [
        (event(0.5, 0.3, 0.8), "less common among practices with a higher score (odds ratio per standard deviation"),
        (event(0.5, 0.3, 0.8), "which is the expected direction. Good"),
        (event(2.0, 1.2, 3.0), "more common among practices with a higher score"),
        (event(2.0, 1.2, 3.0), "which is not the expected direction"),
        (event(0.8, 0.5, 1.2), "do not settle whether it is more or less common"),
        (event(1, 1, 1, allowed=0, events=8), "8 of 130 practices. So few carry no model"),
        (event(1, 1, 1, allowed=0, events=3), "so few of 130 practices that the number is withheld"),
    ],
)  # fmt: skip
def test_an_event_s_sentence_follows_its_rows(frame: DisclosedFrame, says: str) -> None:
    assert says in said.external_sentences(frame, conf_level=0.95)[0]


def test_a_fit_better_than_any_published_is_questioned() -> None:
    good = " ".join(said.external_sentences(event(0.2, 0.1, 0.4, c=0.91), conf_level=0.95))
    assert "c statistic 0.91, above 0.85" in good
    assert "above 0.85" not in " ".join(said.external_sentences(event(0.2, 0.1, 0.4, c=0.80), conf_level=0.95))


def test_nobody_with_a_score_is_no_crash() -> None:
    models, features = example()
    features.frame["gpps_good"] = features.frame["gpps_good"].where(np.arange(N) < 10)
    frame = released(external.external_rows(models, features, census_date=CENSUS))
    told = " ".join(said.external_sentences(frame, conf_level=0.95))
    assert "Satisfied: known of too few practices" in told
