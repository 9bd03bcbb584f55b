"""The questionnaire's chapter: what it says follows from the rows; it stands without RAT and with few practices."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pytest

from resilience_stats.disclosure import DisclosedFrame, apply_policy
from resilience_stats.report import sentences_instrument as said
from resilience_stats.report.rows import precision, structure
from resilience_stats.report.wording import wording
from resilience_stats.results.rows import combine_rows, make_rows

WORDS = wording("structure")


def released(*rows: pd.DataFrame) -> DisclosedFrame:
    return apply_policy(combine_rows(rows), "board")


def cohort_of(areas: dict[str, list[str]], rat: pd.DataFrame | None = None) -> Any:
    items = tuple(
        SimpleNamespace(id=i, text=f"Text of {i}", area=area, options=(1, 2, 3, 4, 5))
        for area, names in areas.items()
        for i in names
    )
    instrument = SimpleNamespace(items=items, areas=tuple(SimpleNamespace(id=a, label=a.capitalize()) for a in areas))
    study = SimpleNamespace(census_date="2019-11-30")
    return SimpleNamespace(instruments={"phq": instrument}, rat=rat, study=study)


def answers(n: int, *, seed: int = 1) -> tuple[dict[str, list[str]], pd.DataFrame]:
    """Three areas of four questions, each with a factor of its own (loading 0.8), cut into five answers."""
    rng = np.random.default_rng(seed)
    areas = {area: [f"{area}_{k}" for k in range(1, 5)] for area in ("team", "money", "rooms")}
    columns = {}
    for names in areas.values():
        factor = rng.normal(size=n)
        for name in names:
            latent = 0.8 * factor + 0.6 * rng.normal(size=n)
            columns[name] = np.digitize(latent, [-1.2, -0.4, 0.4, 1.2]) + 1.0
    return areas, pd.DataFrame(columns, index=[f"Y{k:05d}" for k in range(n)])


@pytest.fixture(scope="module")
def planted() -> tuple[Any, DisclosedFrame]:
    areas, items = answers(400)
    features = SimpleNamespace(items=items, frame=pd.DataFrame(index=items.index))
    models = structure.fit_structure(cohort_of(areas), features, random_state=1)
    rows = [structure.factor_number_rows(models), structure.loading_rows(models), structure.areas_model_rows(models)]
    return models, released(*rows)


def test_planted_areas_are_found_again(planted: tuple[Any, DisclosedFrame]) -> None:
    models, frame = planted
    assert (models.correlation, models.estimator, models.refusals) == ("polychoric", "dwls", {})
    loadings = models.loadings.loadings.abs()
    best = loadings.idxmax(axis=1)
    assert all(best[names].nunique() == 1 for names in models.areas.values())
    assert best.nunique() == 3
    assert np.allclose(loadings.max(axis=1), 0.8, atol=0.12)
    assert "Every rule suggests 3" in said.factor_number_sentences(frame)[0]
    assert "12 of 12 questions load 0.4 or more" in said.loading_sentences(frame)[0]
    assert said.areas_model_sentences(frame)[0].startswith("The model with one factor for each area fits")


def test_few_practices_get_no_factors_and_are_told_so() -> None:
    areas, items = answers(30)
    features = SimpleNamespace(items=items, frame=pd.DataFrame(index=items.index))
    models = structure.fit_structure(cohort_of(areas), features, random_state=1)
    assert models.loadings is None
    frame = released(structure.loading_rows(models), structure.areas_model_rows(models))
    assert said.loading_sentences(frame) == [
        "No exploratory factor analysis is shown: too few practices for so many questions."
    ]
    assert said.areas_model_sentences(frame)[0].startswith("The model with one factor for each area was not fitted")


def fit_of(cfi: float, rmsea: float, ratio: float) -> DisclosedFrame:
    held: dict[str, Any] = {"chapter": "instrument", "output": "areas_model", "group": WORDS["value"], "n": 138}
    figures = {"cfi": cfi, "rmsea": rmsea, "srmr": 0.05}
    return released(
        *(make_rows(**held, term=WORDS["fit"][k], statistic=k, value=v) for k, v in figures.items()),
        make_rows(**held, term=WORDS["fit"]["parameters"], statistic="columns", value=round(138 / ratio)),
        make_rows(**held, term=WORDS["fit"]["ratio"], statistic="ratio", value=ratio),
    )


@pytest.mark.parametrize(
    ("rows", "says", "thin"),
    [
        (fit_of(0.97, 0.03, 6.0), "fits the answers well", False),
        (fit_of(0.97, 0.07, 6.0), "comes near the usual marks", False),
        (fit_of(0.92, 0.05, 0.7), "comes near the usual marks", True),
        (fit_of(0.80, 0.05, 0.7), "does not fit", True),
    ],
)
def test_the_verdict_on_the_areas_follows_fit_and_practices(rows: DisclosedFrame, says: str, thin: bool) -> None:
    told = said.areas_model_sentences(rows)
    assert says in told[0]
    assert (len(told) == 2) == thin


def test_pairs_told_apart_are_those_counted_one_by_one() -> None:
    scores = np.round(np.random.default_rng(3).normal(60, 15, 80))
    for least in (0.5, 5.0, 12.0, 500.0):
        apart = [abs(a - b) >= least for i, a in enumerate(scores) for b in scores[:i]]
        assert precision.pairs_apart(pd.Series(scores), least) == pytest.approx(np.mean(apart))


def precise(difference: float, share: float, ceiling: float) -> DisclosedFrame:
    held: dict[str, Any] = {"chapter": "instrument", "term": wording("instrument")["overall"], "n": 138}
    return released(
        make_rows(
            **held, output="precision", statistic=["minimal_detectable_change", "pair_share"], value=[difference, share]
        ),
        make_rows(**held, output="ends", statistic=["floor", "ceiling"], value=[0.0, ceiling]),
    )


def test_what_can_be_told_apart_follows_the_rows() -> None:
    few, many = (
        " ".join(said.precision_sentences(precise(*figures), conf_level=0.95))
        for figures in ((9.8, 0.64, 0.0), (21.0, 0.2, 0.3))
    )
    assert "differ by 9.8 points or more; that holds for 64% of all pairs" in few
    assert "In no score do more than 15%" in few
    assert "differ by 21.0 points" in many
    assert "more than 15% of the practices reach the highest possible score" in many


def agreed(difference: float, icc: float) -> DisclosedFrame:
    words = wording("agreement")
    held: dict[str, Any] = {"chapter": "instrument", "output": "agreement", "group": words["value"], "n": 36}
    named = words["measures"]
    return released(
        make_rows(
            **held,
            term=[named["difference"], named["lower"], named["upper"]],
            statistic="change_points",
            value=[difference, difference - 10, difference + 10],
            conf_low=[difference - 2, None, None],
            conf_high=[difference + 2, None, None],
        ),
        make_rows(**held, term=named["icc"], statistic="icc", value=icc, conf_low=icc - 0.1, conf_high=icc + 0.05),
    )


def test_agreement_is_said_with_its_limits_and_for_whom_it_holds() -> None:
    told = said.agreement_sentences(agreed(-3.0, 0.89), conf_level=0.95)
    assert "−3.0 points from the questionnaire's on average (95% interval −5.0 to −1.0)" in told[0]
    assert "−13.0 to 7.0 points" in told[0]
    assert "0.89" in told[1]
    assert "chosen for support" in told[2]


def test_without_a_rat_that_is_said_and_nothing_is_made_up() -> None:
    cohort = cohort_of({"team": ["a", "b"]})
    features = SimpleNamespace(frame=pd.DataFrame({"phq_overall": [50.0, 60.0]}))
    rows = precision.agreement_rows(cohort, features, conf_level=0.95)
    assert rows.empty
    assert said.agreement_sentences(released(rows), conf_level=0.95) == [
        "The study holds no RAT of a practice that also answered the questionnaire, so the two cannot be compared."
    ]
    assert structure.rat_structure_rows(cohort).empty
    assert said.rat_structure_sentences(released(rows)) == []


def test_the_rats_structure_is_refused_where_practices_are_few() -> None:
    held: dict[str, Any] = {"chapter": "instrument", "output": "rat_structure", "n": 40}
    rows = make_rows(**held, statistic=["practices", "items", "setting"], value=[40, 44, "refused"])
    (told,) = said.rat_structure_sentences(released(rows))
    assert told.startswith("The RAT's own structure is not analysed: 40 practices were assessed with 44 questions")
