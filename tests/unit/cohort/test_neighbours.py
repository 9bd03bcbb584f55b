from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from resilience_stats.cohort.neighbours import district, neighbour_exposure

PLACES = pd.DataFrame(
    {
        "postcode": ["LU1 1AA", "LU1 2BB", "LU1 3CC", "LU2 1AA", "MK40 1AA", None],
        "patients": [1000, 3000, 6000, 5000, 7000, 2000],
    },
    index=["A", "B", "C", "D", "E", "F"],
)


def test_shares_are_of_the_neighbours_patients_without_oneself() -> None:
    got = neighbour_exposure(PLACES, closed=pd.Index(["C"]), struggling=pd.Index(["A", "D"]))
    assert got["neighbours"].tolist()[:5] == [2, 2, 2, 0, 0]
    assert got["neighbour_closed_share"].tolist()[:3] == pytest.approx([6 / 9, 6 / 7, 0.0])
    assert got["neighbour_struggling_share"].tolist()[:3] == pytest.approx([0.0, 1 / 7, 1 / 4])
    assert got.loc[["D", "E", "F"], "neighbour_closed_share"].isna().all()


def test_a_code_that_a_practice_took_over_is_not_its_neighbour() -> None:
    heirs = pd.Series({"C": "A"})
    got = neighbour_exposure(PLACES, closed=pd.Index(["C"]), struggling=pd.Index([]), heirs=heirs)
    assert got.at["A", "neighbour_closed_share"] == 0.0
    assert got.at["A", "neighbours"] == 1
    assert got.at["B", "neighbour_closed_share"] == pytest.approx(6 / 7)


def test_districts_of_untidy_postcodes() -> None:
    got = district(pd.Series([" mk40 2qr", "EC1A1BB", "nonsense", "", None]))
    assert got.tolist()[:2] == ["MK40", "EC1A"]
    assert got.isna().tolist() == [False, False, True, True, True]


def test_order_of_the_practices_does_not_matter() -> None:
    shuffled = PLACES.sample(frac=1, random_state=1)
    a = neighbour_exposure(PLACES, closed=pd.Index(["B"]), struggling=pd.Index(["C"]))
    b = neighbour_exposure(shuffled, closed=pd.Index(["B"]), struggling=pd.Index(["C"])).reindex(PLACES.index)
    np.testing.assert_allclose(a.to_numpy(float), b.to_numpy(float))


def test_with_coordinates_near_is_a_distance() -> None:
    # One degree of latitude is 111.2 km: B lies 2.2 km from A, C 5.6 km.
    where = pd.DataFrame({"latitude": [52.0, 52.02, 52.05, np.nan], "longitude": 0.0}, index=["A", "B", "C", "D"])
    places = PLACES.loc[["A", "B", "C", "D"]]
    near = {"closed": pd.Index(["B", "C"]), "struggling": pd.Index([]), "coordinates": where}
    got = neighbour_exposure(places, radius_km=3.0, **near)
    assert got["neighbours"].tolist()[:3] == [1, 1, 0]
    assert got.at["A", "neighbour_closed_share"] == 1.0
    assert np.isnan(got.at["C", "neighbour_closed_share"])
    assert np.isnan(got.at["D", "neighbours"])
    wide = neighbour_exposure(places, radius_km=6.0, heirs=pd.Series({"B": "A"}), **near)
    assert wide["neighbours"].tolist()[:3] == [1, 1, 2]
    assert wide.at["C", "neighbour_closed_share"] == pytest.approx(3000 / 4000)
