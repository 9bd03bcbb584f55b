"""Sources of other shapes: long tables, networks, ratings, spells, age bands, versions."""

from __future__ import annotations

import pandas as pd
import pytest

from resilience_stats.cohort.accounts import JOINED
from resilience_stats.cohort.lineage import build_lineage
from resilience_stats.cohort.linking import AFTER, OTHER_VERSION, OUTSIDE
from resilience_stats.cohort.public import (
    BAND,
    NOT_OVERALL,
    OF_NETWORK,
    RATED_AFTER,
    SUPERSEDED,
    join_network_table,
    join_period_table,
    join_ratings,
    join_register,
    join_spells,
)
from resilience_stats.cohort.reading import Table

DAY = pd.Timestamp
CENSUS = DAY("2019-11-30")
PLAIN = build_lineage(None, CENSUS)
ASKED = pd.Index(["A1", "B1", "C1"])


def table(name: str, file: str = "x_2019-09.csv", **columns: list[object]) -> Table:
    frame = pd.DataFrame(columns).assign(source_file=file)
    return Table(name=name, frame=frame, accounts=(), sources=(), set_aside=pd.DataFrame())


def reasons(joined, name: str) -> dict[str, int]:
    return {r["reason"]: r["matched"] + r["unmatched"] for r in joined.audit if r["table"] == name}


def test_a_long_table_stays_long() -> None:
    got = join_period_table(
        table(
            "qof_prevalence",
            "PREVALENCE_1819.csv",
            practice_code=["A1", "A1", "Z1"],
            group_code=["AF", "CHD", "AF"],
            register=[1.0, 2.0, 3.0],
        ),
        PLAIN,
        ASKED,
        {},
    )
    assert got.tables["qof_prevalence"]["register"].tolist() == [1.0, 2.0]
    assert got.lags[0]["source_date"] == DAY("2019-03-31")
    assert got.fates.tolist() == [JOINED, JOINED, OUTSIDE]
    assert reasons(got, "qof_prevalence") == {"": 1, "not in the file": 2}


def test_age_bands_are_not_added_to_their_own_total() -> None:
    got = join_period_table(
        table(
            "list_size",
            practice_code=["A1", "A1", "A1"],
            extract_date=[DAY("2019-11-01")] * 3,
            sex=["ALL", "FEMALE", "MALE"],
            age=["ALL", "0_4", "0_4"],
            patients=[100, 5, 6],
        ),
        PLAIN,
        ASKED,
        {},
    )
    assert got.tables["list_size"]["patients"].to_dict() == {"A1": 100}
    assert got.fates.tolist() == [JOINED, BAND, BAND]


def test_of_several_versions_the_nearest_before_the_census() -> None:
    dates = [DAY("2018-11-01"), DAY("2019-10-01"), DAY("2019-11-01"), DAY("2019-12-01")]
    got = join_period_table(
        table("list_size", practice_code=["A1"] * 4, extract_date=dates, patients=[90, 97, 100, 101]), PLAIN, ASKED, {}
    )
    assert got.tables["list_size"].at["A1", "patients"] == 100
    assert got.tables["list_size_previous"].at["A1", "patients"] == 90
    assert got.fates.tolist() == [JOINED, OTHER_VERSION, JOINED, AFTER]


def test_a_practice_that_is_only_in_the_future_is_said_to_be() -> None:
    got = join_period_table(
        table(
            "list_size",
            practice_code=["A1", "B1"],
            extract_date=[DAY("2019-11-01"), DAY("2019-12-01")],
            patients=[1, 2],
        ),
        PLAIN,
        ASKED,
        {"closed": pd.Index(["C1"])},
    )
    assert reasons(got, "list_size") == {"": 1, AFTER: 1, "closed": 1}


def test_a_source_without_a_date_is_used_and_said() -> None:
    got = join_period_table(table("payments", "payments.csv", practice_code=["A1"], drugs=[1.0]), PLAIN, ASKED, {})
    assert got.tables["payments"].index.tolist() == ["A1"]
    assert got.notes[0][0] == "date-unknown"
    assert got.lags[0]["lag_days"] is None


def test_averages_per_patient_are_never_added_up() -> None:
    lineage = build_lineage(
        pd.DataFrame({"old_code": ["Z1"], "new_code": ["A1"], "event": ["merge"], "event_date": [DAY("2019-10-01")]}),
        CENSUS,
    )
    got = join_period_table(
        table(
            "payments",
            "nhspaymentsgp-18-19.csv",
            practice_code=["A1", "Z1"],
            total_payments=[800.0, 200.0],
            payment_per_weighted_patient=[8.0, 20.0],
            weighted_patients=[100.0, 10.0],
        ),
        lineage,
        ASKED,
        {},
    )
    row = got.tables["payments"].loc["A1"]
    assert row[["total_payments", "weighted_patients", "payment_per_weighted_patient"]].tolist() == [1000.0, 110.0, 8.0]


def test_the_spell_that_holds_on_the_day() -> None:
    got = join_spells(
        table(
            "pcn_membership",
            practice_code=["A1", "A1", "B1", "C1"],
            pcn_code=["U1", "U2", "U3", "U4"],
            start_date=[DAY("2019-07-01"), DAY("2019-09-01"), DAY("2019-12-01"), DAY("2019-07-01")],
            end_date=[DAY("2019-09-01"), pd.NaT, pd.NaT, DAY("2019-12-31")],
        ),
        PLAIN,
        ASKED,
        {},
    )
    assert got.tables["pcn_membership"]["pcn_code"].to_dict() == {"A1": "U2", "C1": "U4"}
    assert got.fates.tolist()[2] == AFTER


def test_in_two_networks_at_once_the_later_spell_counts() -> None:
    got = join_spells(
        table(
            "pcn_membership",
            practice_code=["A1", "A1"],
            pcn_code=["U1", "U2"],
            start_date=[DAY("2019-08-01"), DAY("2019-07-01")],
            end_date=[pd.NaT, pd.NaT],
        ),
        PLAIN,
        ASKED,
        {},
    )
    assert got.tables["pcn_membership"]["pcn_code"].tolist() == ["U1"]


@pytest.mark.parametrize("order", [[0, 1, 2, 3, 4], [4, 3, 2, 1, 0]])
def test_of_several_ratings_the_latest_and_on_one_day_the_lower(order: list[int]) -> None:
    frame = pd.DataFrame(
        {
            "practice_code": ["A1", "A1", "B1", "B1", "C1"],
            "overall_rating": ["Good", "Outstanding", "Good", "Requires improvement", "Inadequate"],
            "overall_rating_missing": None,
            "publication_date": pd.to_datetime(["2018-01-01", "2017-01-01", "2018-01-01", "2018-01-01", "2019-12-15"]),
            "source_file": "x.csv",
        }
    ).iloc[order]
    joined = join_ratings(
        Table(
            name="cqc_directory", frame=frame.reset_index(drop=True), accounts=(), sources=(), set_aside=pd.DataFrame()
        ),
        PLAIN,
        ASKED,
        {},
    )
    assert joined.tables["cqc_directory"]["overall_rating"].to_dict() == {"A1": "Good", "B1": "Requires improvement"}
    assert joined.tables["cqc_directory_later"]["overall_rating"].to_dict() == {"C1": "Inadequate"}
    assert joined.fates.value_counts().to_dict() == {JOINED: 2, SUPERSEDED: 2, RATED_AFTER: 1}
    assert reasons(joined, "cqc_directory") == {"": 2, RATED_AFTER: 1}


def test_key_questions_are_not_the_overall_rating() -> None:
    got = join_ratings(
        table(
            "cqc_ratings",
            practice_code=["A1", "A1"],
            population_group=["Overall", "Overall"],
            key_question=["Safe", "Overall"],
            rating=["Inadequate", "Good"],
            rating_missing=[None, None],
            publication_date=[DAY("2018-01-01")] * 2,
        ),
        PLAIN,
        ASKED,
        {},
    )
    assert got.tables["cqc_ratings"]["overall_rating"].to_dict() == {"A1": "Good"}
    assert got.fates.tolist() == [NOT_OVERALL, JOINED]


def test_the_register_says_who_was_open_and_why_others_are_missing() -> None:
    got = join_register(
        table(
            "ods_practices",
            practice_code=["A1", "B1", "C1"],
            open_date=[DAY("1974-04-01"), DAY("1974-04-01"), DAY("2020-04-01")],
            close_date=[pd.NaT, DAY("2019-03-31"), pd.NaT],
        ),
        PLAIN,
        ASKED,
        {},
    )
    assert got.tables["ods_practices"]["open_at_census"].to_dict() == {"A1": True, "B1": False, "C1": False}
    assert got.hints["closed before the census date"].tolist() == ["B1"]
    assert got.hints["not yet open on the census date"].tolist() == ["C1"]


def test_staff_of_networks_are_never_joined_to_practices() -> None:
    got = join_network_table(
        table("pcn_workforce", pcn_code=["U1", "U1", "U9"], fte=[0.5, 1.0, 2.0]), PLAIN, pd.Index(["U1", "U2"]), {}
    )
    assert got.tables["pcn_workforce"]["fte"].tolist() == [0.5, 1.0]
    assert got.fates.tolist() == [OF_NETWORK, OF_NETWORK, OUTSIDE]
    assert reasons(got, "pcn_workforce") == {"": 1, "not in the file": 1}
