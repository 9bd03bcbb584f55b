"""A question that nobody answered, or all alike, ends no chapter: it is named and left out of what it cannot bear."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pytest

from resilience_stats.disclosure import apply_policy
from resilience_stats.errors import ModelError
from resilience_stats.models.item_matrix import item_matrix
from resilience_stats.report import sentences
from resilience_stats.report.rows import instrument, nonresponse, participation, precision, structure
from resilience_stats.results.rows import combine_rows
from resilience_stats.schema import load_instrument

PHQ = load_instrument("phq")
COHORT = SimpleNamespace(instruments={"phq": PHQ}, rat=None, study=SimpleNamespace(census_date="2019-11-30"))


def features(n: int, **columns: Any) -> Any:
    rng = np.random.default_rng(n)
    mood = rng.normal(size=n)
    answers = {
        i.id: np.clip(np.round(3 + mood + rng.normal(size=n)), 1, len(i.options)).astype(float) for i in PHQ.items
    }
    items = pd.DataFrame(answers, index=[f"Y{k:05d}" for k in range(n)]).assign(**columns)
    scores = {f"phq_{a.id}": items[[i.id for i in PHQ.items_of(a.id)]].mean(axis=1) * 20 for a in PHQ.areas}
    frame = pd.DataFrame({"phq_overall": items.mean(axis=1) * 20, **scores}, index=items.index)
    catalogue = pd.DataFrame({"name": frame.columns, "label": frame.columns, "unit": "points, 0 to 100"})
    return SimpleNamespace(items=items, frame=frame, catalogue=catalogue)


def rows(held: Any) -> pd.DataFrame:
    return combine_rows(
        [
            instrument.answer_rows(COHORT, held),
            instrument.flat_rows(COHORT, held),
            instrument.item_rows(COHORT, held, conf_level=0.95),
            instrument.reliability_rows(COHORT, held, conf_level=0.95),
            instrument.area_correlation_rows(COHORT, held, conf_level=0.95),
            instrument.score_rows(COHORT, held, conf_level=0.95),
            precision.precision_rows(COHORT, held, conf_level=0.95),
        ]
    )


def told(held: Any) -> str:
    return " ".join(sentences.reliability_sentences(apply_policy(rows(held), "board"), conf_level=0.95))


def text(item: str) -> str:
    return next(i.text for i in PHQ.items if i.id == item)


def test_a_question_that_nobody_answered_is_named_and_the_others_are_worked_out() -> None:
    held = features(40, finance_1=np.nan)
    found = rows(held)
    alphas = found[(found["statistic"] == "alpha") & (found["output"] == "reliability")].set_index("term")
    assert len(alphas) == len(PHQ.areas)
    assert alphas["value"].notna().all()
    kept = found[(found["output"] == "reliability") & (found["statistic"] == "items")].set_index("term")["value"]
    finance = next(a.label for a in PHQ.areas if a.id == "finance")
    assert kept[finance] == len(PHQ.items_of("finance")) - 1
    assert text("finance_1") not in set(found.loc[found["output"] == "items", "term"])
    assert f"Nobody answered, so that these are in no score, reliability or factor: “{text('finance_1')}”." in told(
        held
    )


def test_a_question_that_all_answered_alike_is_named_and_its_mean_stays() -> None:
    held = features(40, finance_1=4.0)
    found = rows(held)
    mean = found[(found["output"] == "items") & (found["term"] == text("finance_1"))].set_index("statistic")["value"]
    assert mean["item_mean"] == 4
    assert pd.isna(mean.get("r_item_rest"))
    assert f"the same answer, so that these cannot tell practices apart and are in no reliability or factor: " \
        f"“{text('finance_1')}”" in told(held)  # fmt: skip
    assert "answer" not in told(features(40)).replace("answered", "")


def test_where_all_answer_everything_alike_nothing_is_called_reliable() -> None:
    held = features(30)
    held.items.loc[:] = 3.0
    held.frame.loc[:] = 50.0
    found = rows(held)
    assert not len(found[found["output"].isin(["reliability", "reliability_whole", "area_correlations", "precision"])])
    assert "No reliability is worked out" in told(held)
    models = structure.fit_structure(COHORT, held, random_state=1)
    assert set(models.refusals) == {"number", "loadings", "areas_model"}


def test_of_one_answer_or_none_there_is_no_mean_with_an_interval() -> None:
    held = features(20)
    held.frame.loc[held.frame.index[1:], "phq_finance"] = np.nan
    held.frame.loc[:, "phq_access"] = np.nan
    terms = instrument.score_rows(COHORT, held, conf_level=0.95)["term"].unique()
    assert len(terms) == len(PHQ.areas) + 1 - 2


def test_items_that_do_not_vary_together_are_named() -> None:
    items = pd.DataFrame({"a": [1.0, 1, 1, 2, 3, 4], "b": [2.0, 3, 4, None, None, 2], "c": [1.0, 2, 3, 4, 5, 4]})
    items.loc[5, "b"] = None
    with pytest.raises(ModelError, match="items 'a' and 'b' have no correlation in the rows that answer both"):
        item_matrix(items, missing="pairwise")


@pytest.mark.parametrize("answered", [True, False])
def test_where_all_or_none_answered_there_are_no_two_groups(answered: bool) -> None:
    frame = pd.DataFrame({"responded": [answered] * 20, "list_size": np.arange(20.0)})
    catalogue = pd.DataFrame({"name": frame.columns, "label": frame.columns, "unit": ""})
    found = participation.comparison_rows(SimpleNamespace(frame=frame, catalogue=catalogue))
    said = sentences.comparison_sentences(apply_policy(found, "board"))
    assert said == ["All practices asked answered, or none did, so that there are no two groups to compare."]


def test_equal_scores_have_no_weighted_mean() -> None:
    held = features(20)
    held.frame["phq_overall"] = [50.0] * 15 + [np.nan] * 5
    held.frame["responded"] = held.frame["phq_overall"].notna()
    study = SimpleNamespace(outcome=SimpleNamespace(name="phq_overall"), predictors=())
    assert nonresponse.nonresponse_rows(study, held, conf_level=0.95).empty
