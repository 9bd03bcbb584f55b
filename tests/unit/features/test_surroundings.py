from __future__ import annotations

import pytest

from resilience_stats.features import surroundings


def test_payments_leave_out_what_follows_drugs_and_premises(make_cohort) -> None:
    cohort = make_cohort(
        payments={
            "total_payments": [1_000_000.0, 500_000.0, 1000.0],
            "drugs": [100_000.0, None, 0.0],
            "prescribing_fees": [20_000.0, 1000.0, 0.0],
            "dispensing_fees": [30_000.0, -1000.0, 0.0],
            "premises": [50_000.0, 0.0, 0.0],
            "weighted_patients": [8000.0, 5000.0, 0.0],
        }
    )
    got = surroundings.payments_per_weighted_patient(cohort)
    assert got.tolist()[:2] == pytest.approx([800_000 / 8000, 500_000 / 5000])
    assert got.isna().tolist() == [False, False, True]


def test_places_contracts_and_surroundings_are_taken_as_they_stand(make_cohort) -> None:
    cohort = make_cohort(
        payments={"rurality": ["Rural", "Missing", "Urban"], "dispensing": [True, None, False]},
        deprivation={"imd_score": [20.5, None, 31.0]},
        pcn_membership={"pcn_code": ["U1", None, "U2"]},
        neighbours={"neighbour_closed_share": [0.5, None, 0.0], "neighbour_struggling_share": [0.1, 0.2, None]},
    )
    assert surroundings.rurality(cohort).isna().tolist() == [False, True, False]
    assert surroundings.dispensing(cohort).dropna().tolist() == [True, False]
    assert surroundings.imd_score(cohort).dropna().tolist() == [20.5, 31.0]
    assert surroundings.contract_type(cohort).tolist() == ["GMS", "GMS", "PMS"]
    assert surroundings.place(cohort).tolist() == ["North", "North", "South"]
    assert surroundings.pcn_code(cohort).dropna().tolist() == ["U1", "U2"]
    assert surroundings.neighbour_closed_share(cohort).dropna().tolist() == [0.5, 0.0]
    assert surroundings.neighbour_struggling_share(cohort).dropna().tolist() == [0.1, 0.2]
