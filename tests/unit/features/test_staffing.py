from __future__ import annotations

import pytest

from resilience_stats.features import staffing


def test_staff_are_counted_per_1000_of_the_patients_whom_they_served(make_cohort) -> None:
    cohort = make_cohort(
        workforce={
            "patients": [8000.0, None, 0.0],
            "gp_fte": [4.0, 3.0, 2.0],
            "nurse_fte": [2.0, 1.5, 1.0],
            "admin_fte": [10.0, 6.0, 5.0],
        },
        list_size={"patients": [8100, 6000, 5000]},
    )
    # 4 per 8,000; without a count of its own, 3 per 6,000 of the list; 0 patients is no count: 2 per 5,000.
    assert staffing.gp_fte_per_1000(cohort).tolist() == pytest.approx([0.5, 0.5, 0.4])
    assert staffing.nurse_fte_per_1000(cohort).tolist() == pytest.approx([0.25, 0.25, 0.2])
    assert staffing.admin_fte_per_1000(cohort).tolist() == pytest.approx([1.25, 1.0, 1.0])
    assert staffing.patients_per_gp(cohort).tolist() == pytest.approx([2000.0, 2000.0, 2500.0])


def test_no_gp_gives_missing_and_not_infinite_patients_per_gp(make_cohort) -> None:
    cohort = make_cohort(workforce={"patients": [8000.0, 8000.0, 8000.0], "gp_fte": [0.0, None, 2.0]})
    assert staffing.patients_per_gp(cohort).isna().tolist() == [True, True, False]
    assert staffing.gp_fte_per_1000(cohort).tolist()[0] == 0.0


@pytest.mark.parametrize("said", staffing.NOT_OWN_DATA)
def test_nought_without_data_is_missing(make_cohort, said: str) -> None:
    cohort = make_cohort(
        workforce={"patients": [8000.0] * 3, "gp_fte": [0.0, 4.0, 4.0], "gp_source": [said, "Fully provided", None]}
    )
    assert staffing.gp_fte_per_1000(cohort).isna().tolist() == [True, False, False]


def test_single_handed_is_one_head_and_unknown_without_any(make_cohort) -> None:
    cohort = make_cohort(workforce={"gp_headcount": [1.0, 3.0, 0.0]})
    assert staffing.single_handed(cohort).tolist()[:2] == [True, False]
    assert staffing.single_handed(cohort).isna().tolist() == [False, False, True]


def test_without_the_source_everything_is_missing(make_cohort) -> None:
    assert staffing.gp_fte_per_1000(make_cohort()).isna().all()
    assert staffing.single_handed(make_cohort()).isna().all()
