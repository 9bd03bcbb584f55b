"""External criteria by hand: three practices, and a file of more."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from resilience_stats.errors import StudyError
from resilience_stats.features import build_features, imbalance, later, patients, quality
from resilience_stats.features.catalogue import EXTERNAL, from_the_future
from resilience_stats.models.prioritise import support_criteria
from resilience_stats.study import Predictor

DAY = pd.Timestamp
CODES = pd.Index(["A81001", "A81002", "A81003"], name="practice_code")


def test_shares_are_per_cent_and_suppressed_ones_missing(make_cohort) -> None:
    cohort = make_cohort(
        gpps={"overall_good": [0.8, None, 0.5], "phone_easy": [0.25, 0.5, None]},
        gpps_later={"overall_good": [0.7, 0.6, None]},
    )
    assert patients.gpps_overall_good(cohort).tolist() == pytest.approx([80, np.nan, 50], nan_ok=True)
    assert patients.gpps_phone_easy(cohort).tolist() == pytest.approx([25, 50, np.nan], nan_ok=True)
    assert later.later_gpps_overall_good(cohort).tolist() == pytest.approx([70, 60, np.nan], nan_ok=True)


def test_surveys_of_two_series_are_said_not_to_compare(make_cohort) -> None:
    def codes(later_series: str) -> set[str]:
        cohort = make_cohort(
            gpps={"overall_good": [0.8, 0.9, 0.5], "series": "2018 to 2023"},
            gpps_later={"overall_good": [0.7, 0.6, 0.5], "series": later_series},
        )
        return {n.code for n in build_features(cohort).notes}

    assert "survey-series" in codes("2024 on")
    assert "survey-series" not in codes("2018 to 2023")


def qof(make_cohort, *, year: str = "2019-03-31", maximum_year: str = "2019-03-31"):
    cohort = make_cohort(qof_maximum_points={"maximum_points": [500.0, 500.0, None], "asof": DAY(maximum_year)})
    rows = pd.DataFrame(
        {
            "measure": ["achieved_points", "achieved_points", "register", "achieved_points", "achieved_points"],
            "value": [400.0, 50.0, 999.0, 400.0, 100.0],
            "asof": DAY(year),
        },
        index=pd.Index(["A81001", "A81001", "A81001", "A81002", "A81003"], name="practice_code"),
    )
    return replace(cohort, tables={**cohort.tables, "qof_achievement": rows})


def test_qof_is_points_of_the_practices_own_maximum(make_cohort) -> None:
    assert quality.qof_achievement(qof(make_cohort)).tolist() == pytest.approx([90, 80, np.nan], nan_ok=True)
    assert quality.qof_achievement(make_cohort()).isna().all()


def test_a_maximum_of_another_year_is_not_used(make_cohort) -> None:
    assert quality.qof_achievement(qof(make_cohort, maximum_year="2018-03-31")).isna().all()


def test_a_year_of_protected_payments_is_said(make_cohort) -> None:
    table = build_features(qof(make_cohort, year="2021-03-31", maximum_year="2021-03-31"))
    assert "qof-protected-year" in {n.code for n in table.notes}
    assert "qof-protected-year" not in {n.code for n in build_features(qof(make_cohort)).notes}


def imbalanced(make_cohort, size: int = 9):
    """Nine practices in the files, the three asked among them."""
    cohort = make_cohort(
        gpps={"contact_good": [0.1, 0.1, None]},
        workforce={"patients": [6000.0, 6000.0, 6000.0], "gp_fte": [1.0, 4.0, 1.0], "gp_source": "Fully provided"},
        payments={"registered_patients": [6000.0] * 3, "weighted_patients": [6600.0, 6600.0, 6600.0]},
    )
    others = pd.Index([f"B{i:05d}" for i in range(size - 3)], name="practice_code")
    access = pd.DataFrame(
        {"contact_good": [0.1, 0.1, None, *np.linspace(0.2, 0.9, size - 3)]}, index=CODES.append(others)
    )
    staff = pd.DataFrame(
        {"patients": 6000.0, "gp_fte": [1.0, 4.0, 1.0, *np.linspace(2, 5, size - 3)], "gp_source": "Fully provided"},
        index=CODES.append(others),
    )
    paid = pd.DataFrame({"registered_patients": 6000.0, "weighted_patients": 6600.0}, index=CODES.append(others))
    return replace(cohort, everyone={"gpps": access, "workforce": staff, "payments": paid})


def test_imbalance_needs_both_halves(make_cohort) -> None:
    cohort = imbalanced(make_cohort)
    assert imbalance.workforce_imbalance(cohort).tolist() == [True, False, pd.NA]
    cuts = imbalance.cut_points(cohort)
    assert cuts is not None
    assert (cuts.practices, cuts.national) == (8, False)
    # 6,600 weighted patients for 1, 1, 2, 2.6, 3.2, 3.8, 4, 4.4, 5 GPs: the highest third begins at the third highest.
    assert cuts.load_high == pytest.approx(np.quantile(6600 / np.array([1, 1, 2, 2.6, 3.2, 3.8, 4, 4.4, 5]), 2 / 3))
    assert imbalance.workforce_imbalance(make_cohort()).isna().all()
    (said,) = [n for n in build_features(cohort).notes if n.code == "imbalance-thirds"]
    assert "not the country" in said.message


def test_thirds_of_a_national_file_are_called_national(make_cohort) -> None:
    cuts = imbalance.cut_points(imbalanced(make_cohort, 6400))
    assert cuts is not None
    assert cuts.national


def test_where_the_survey_lacks_appointments_the_telephone_stands_in(make_cohort) -> None:
    cohort = imbalanced(make_cohort)
    renamed = {"contact_good": "phone_easy"}
    tables = {**cohort.tables, "gpps": cohort.tables["gpps"].rename(columns=renamed)}
    everyone = {**cohort.everyone, "gpps": cohort.everyone["gpps"].rename(columns=renamed)}
    moved = replace(cohort, tables=tables, everyone=everyone)
    assert imbalance.workforce_imbalance(moved).tolist() == [True, False, pd.NA]


def rated(
    make_cohort, dates: list[str | None], ratings: list[str | None], *, file: str, gone: list[bool] | None = None
):
    later_table = pd.DataFrame(
        {"overall_rating": ratings, "publication_date": pd.to_datetime(dates)}, index=CODES
    ).dropna(subset="publication_date")
    cohort = make_cohort(
        cqc_directory={"overall_rating": ["Good", "Good", None], "publication_date": DAY("2018-01-01")},
        codes_later={"gone": gone or [False] * 3, "asof": DAY("2021-11-30")},
    )
    tables = {**cohort.tables, "cqc_directory_later": later_table}
    tables["cqc_directory"] = tables["cqc_directory"].iloc[:2]
    return replace(cohort, tables=tables, sources=pd.DataFrame({"table": ["cqc_directory"], "file": [file]}))


def test_the_first_rating_of_the_window_and_why_there_is_none(make_cohort) -> None:
    cohort = rated(make_cohort, ["2020-05-01", None, None], ["Inadequate", None, None], file="HSCA_2021-12.xlsx")
    assert later.later_cqc_status(cohort).tolist() == ["rated", "not inspected", "not in the file"]
    assert later.later_cqc_rating(cohort).tolist()[0] == "Inadequate"
    assert later.later_cqc_requires_improvement_or_worse(cohort).tolist() == [True, pd.NA, pd.NA]


def test_a_rating_of_after_the_window_hides_what_was_in_it(make_cohort) -> None:
    cohort = rated(make_cohort, ["2025-05-01", "2020-05-01", None], ["Good", None, None], file="HSCA_2026-01.xlsx")
    assert later.later_cqc_status(cohort).tolist()[:2] == [later.HIDDEN, later.NO_RATING]
    assert later.later_cqc_rating(cohort).isna().all()
    (said,) = [n for n in build_features(cohort).notes if n.code == "later-ratings-hidden"]
    assert said.message.startswith("Of 1 practices asked")


def test_of_two_sources_the_first_publication_counts_and_of_one_day_the_ratings_file(make_cohort) -> None:
    cohort = rated(
        make_cohort, ["2020-05-01", "2020-05-01", None], ["Inadequate", "Good", None], file="HSCA_2021-12.xlsx"
    )
    newer = pd.DataFrame(
        {"overall_rating": ["Good", "Outstanding"], "publication_date": pd.to_datetime(["2021-05-01", "2020-05-01"])},
        index=CODES[:2],
    )
    cohort = replace(cohort, tables={**cohort.tables, "cqc_ratings_later": newer})
    assert later.later_cqc_rating(cohort).tolist()[:2] == ["Inadequate", "Outstanding"]


def test_a_window_that_is_not_over_is_said(make_cohort) -> None:
    cohort = rated(make_cohort, ["2020-01-05", None, None], ["Good", None, None], file="HSCA_2020-02.xlsx")
    (said,) = [n for n in build_features(cohort).notes if n.code == "later-window-open"]
    assert "2020-02-01" in said.message
    assert later.later_cqc_status(cohort).tolist()[1] == "not inspected"


def test_a_code_that_ended_was_not_left_uninspected(make_cohort) -> None:
    cohort = rated(make_cohort, [None] * 3, [None] * 3, file="HSCA_2021-12.xlsx", gone=[True, False, False])
    assert later.later_cqc_status(cohort).tolist() == ["code ended", "not inspected", "not in the file"]


def test_without_a_later_file_nothing_is_said_of_later_ratings(make_cohort) -> None:
    cohort = rated(make_cohort, [None] * 3, [None] * 3, file="HSCA_2019-11.xlsx")
    assert later.later_cqc_status(cohort).isna().all()


def test_external_criteria_bear_their_role_and_what_came_after_is_no_predictor(make_cohort) -> None:
    cohort = make_cohort()
    roles = build_features(cohort).catalogue.set_index("name")["role"]
    ahead = from_the_future()
    assert {"gpps_overall_good", "qof_achievement", "workforce_imbalance"} <= set(roles.index[roles == EXTERNAL])
    assert set(ahead) >= {n for n in roles.index if n.startswith("later_")}
    for name in ahead:
        study = replace(cohort.study, predictors=(Predictor(name=name, role="exposure"),))
        with pytest.raises(StudyError, match="after the census date"):
            build_features(replace(cohort, study=study))


def test_no_criterion_for_support_is_from_the_future() -> None:
    assert not {c["column"] for c in support_criteria()} & set(from_the_future())
