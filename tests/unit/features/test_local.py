"""What is noted locally: flags that are only listed where they apply, numbers, the latest note."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pandas as pd

from resilience_stats.features import build_features, local
from resilience_stats.models.prioritise import support_criteria
from resilience_stats.schema import load_codes

DAY = pd.Timestamp


def noted(cohort, rows: Sequence[tuple[str, str, float, str]]):
    frame = pd.DataFrame(rows, columns=["practice_code", "criterion", "value", "noted_on"])
    return replace(cohort, local_intelligence=frame.assign(noted_on=pd.to_datetime(frame["noted_on"])))


def test_a_list_of_those_who_have_it_says_that_the_others_have_not(make_cohort) -> None:
    cohort = noted(make_cohort(), [("A81001", "closed_list", 1, "2019-05-01")])
    assert local.closed_list(cohort).tolist() == [True, False, False]


def test_where_zeros_are_noted_who_is_not_listed_is_not_known(make_cohort) -> None:
    rows = [("A81001", "closed_list", 1, "2019-05-01"), ("A81002", "closed_list", 0, "2019-05-01")]
    assert local.closed_list(noted(make_cohort(), rows)).tolist() == [True, False, pd.NA]


def test_the_latest_note_counts(make_cohort) -> None:
    rows = [("A81001", "self_referral", 0, "2019-05-01"), ("A81001", "self_referral", 1, "2018-05-01")]
    assert local.self_referral(noted(make_cohort(), rows)).tolist()[0] is False


def test_numbers_are_missing_where_nothing_is_noted(make_cohort) -> None:
    got = local.readiness(noted(make_cohort(), [("A81003", "readiness", 70, "2019-05-01")]))
    assert got.isna().tolist() == [True, True, False]
    assert got["A81003"] == 70
    assert local.readiness(make_cohort()).isna().all()
    assert local.external_concern(make_cohort()).isna().all()


def test_a_change_of_code_or_a_note_makes_a_significant_change(make_cohort) -> None:
    cohort = make_cohort()
    before = pd.DataFrame({"event": ["merge"], "asof": [DAY("2019-04-01")]}, index=["A81002"])
    cohort = replace(cohort, tables={"codes_before": before})
    assert local.significant_change(cohort).tolist() == [False, True, False]
    also = noted(cohort, [("A81003", "significant_change", 1, "2019-05-01")])
    assert local.significant_change(also).tolist() == [False, True, True]


def test_every_local_criterion_has_its_feature_and_every_criterion_its_column(make_cohort) -> None:
    table = build_features(make_cohort())
    assert set(load_codes("local_criteria").ids) <= set(table.frame.columns)
    columns = {c["column"] for c in support_criteria()}
    assert columns <= set(table.frame.columns), columns - set(table.frame.columns)
    roles = table.catalogue.set_index("name")["role"]
    assert roles[list(load_codes("local_criteria").ids)].eq("support criterion").all()


def test_optional_notes_that_are_not_there_are_no_fault(make_cohort) -> None:
    (said,) = [n for n in build_features(make_cohort()).notes if n.code == "features-without-data"]
    assert "Closed list" not in said.message
