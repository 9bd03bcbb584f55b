"""What has become of the practices nearby: the exposure that the programme's guidance calls the domino effect."""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy.spatial import cKDTree

EARTH_KM = 6371.0


def district(postcodes: pd.Series) -> pd.Series:
    """Return the postcode district: what stands before the last three characters.

    Examples
    --------
    >>> district(pd.Series(["MK40 2QR", "lu13na", None])).tolist()
    ['MK40', 'LU1', nan]
    """
    text = postcodes.astype("string").str.upper().str.replace(r"\s", "", regex=True)
    return (
        text.where(text.str.fullmatch(r"[A-Z]{1,2}\d[A-Z\d]?\d[A-Z]{2}").fillna(False))
        .str[:-3]
        .astype(object)
        .where(lambda s: s.notna())
    )


def neighbour_exposure(
    places: pd.DataFrame,
    *,
    closed: pd.Index,
    struggling: pd.Index,
    heirs: pd.Series | None = None,
    coordinates: pd.DataFrame | None = None,
    radius_km: float = 3.0,
) -> pd.DataFrame:
    """Return for each practice how much of the list size nearby belongs to practices that closed, or that struggle.

    Parameters
    ----------
    places : pandas.DataFrame
        Indexed by practice code: ``postcode`` and ``patients``, on a day before the closures.
    closed : pandas.Index
        Codes that ended since then.
    struggling : pandas.Index
        Codes rated inadequate or requires improvement, or in support.
    heirs : pandas.Series, optional
        Old code -> code that took it over; a practice is not its own neighbour.
    coordinates : pandas.DataFrame, optional
        Indexed by practice code: ``latitude`` and ``longitude`` in degrees. Near is then within `radius_km`; without
        them, near is the same postcode district.
    radius_km : float

    Returns
    -------
    pandas.DataFrame
        Indexed as `places`: ``neighbours`` (how many other practices are near), ``neighbour_closed_share`` and
        ``neighbour_struggling_share`` (of their patients; missing where there is no neighbour).

    Notes
    -----
    The share is of the list size of the neighbours, the practice itself (and codes that it took over) left out. When a
    practice closes its neighbours take its patients: Hutchinson et al. 2023, BJGP 73, e399.
    Distances are great-circle ones on a sphere of 6,371 km.

    Examples
    --------
    >>> places = pd.DataFrame({"postcode": ["ZZ1 1AA", "ZZ1 2BB", "ZZ1 3DD"], "patients": [100, 300, 100]},
    ...                       index=["A", "B", "C"])
    >>> neighbour_exposure(places, closed=pd.Index(["C"]), struggling=pd.Index([]))["neighbour_closed_share"].tolist()
    [0.25, 0.5, 0.0]
    """
    own = places.index.to_series()
    # A code and the codes that it took over are one practice.
    self_code = own if heirs is None else heirs.reindex(places.index).fillna(own)
    patients = places["patients"].astype(float)
    amounts = pd.DataFrame(
        {
            "count": 1.0,
            "all": patients,
            "closed": patients.where(places.index.isin(closed), 0.0),
            "struggling": patients.where(places.index.isin(struggling), 0.0),
        }
    )
    if coordinates is None:
        near = _sums_by_district(amounts, district(places["postcode"]), self_code)
    else:
        near = _sums_by_distance(amounts, coordinates.reindex(places.index), self_code, radius_km)
    shares = near[["closed", "struggling"]].div(near["all"].where(near["all"] > 0), axis=0)
    return pd.DataFrame(
        {
            "neighbours": near["count"],
            "neighbour_closed_share": shares["closed"],
            "neighbour_struggling_share": shares["struggling"],
        }
    )


def _sums_by_district(amounts: pd.DataFrame, districts: pd.Series, self_code: pd.Series) -> pd.DataFrame:
    around = amounts.groupby(districts).transform("sum")
    return around - amounts.groupby([districts, self_code]).transform("sum")


def _sums_by_distance(
    amounts: pd.DataFrame, coordinates: pd.DataFrame, self_code: pd.Series, radius_km: float
) -> pd.DataFrame:
    known = coordinates[["latitude", "longitude"]].notna().all(axis=1).to_numpy()
    latitude, longitude = np.radians(coordinates.loc[known, ["latitude", "longitude"]].to_numpy(dtype=float)).T
    points = np.column_stack(
        [np.cos(latitude) * np.cos(longitude), np.cos(latitude) * np.sin(longitude), np.sin(latitude)]
    )
    # The chord that belongs to an arc of `radius_km` on a sphere of radius 1.
    pairs = cKDTree(points).query_pairs(2 * np.sin(radius_km / (2 * EARTH_KM)), output_type="ndarray")
    both = np.concatenate([pairs, pairs[:, ::-1]])
    names = self_code.to_numpy(dtype=object)[known]
    both = both[names[both[:, 0]] != names[both[:, 1]]]
    held, sums = amounts.to_numpy()[known], np.zeros((known.sum(), amounts.shape[1]))
    np.add.at(sums, both[:, 0], held[both[:, 1]])
    out = pd.DataFrame(np.nan, index=amounts.index, columns=amounts.columns)
    out.loc[known] = sums
    return out
