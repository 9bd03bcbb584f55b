"""What has become of the practices nearby: the exposure that the programme's guidance calls the domino effect."""

from __future__ import annotations

import pandas as pd

NEIGHBOUR_COLUMNS = ("neighbours", "neighbour_closed_share", "neighbour_struggling_share")


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
    places: pd.DataFrame, *, closed: pd.Index, struggling: pd.Index, heirs: pd.Series | None = None
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

    Returns
    -------
    pandas.DataFrame
        Indexed as `places`: ``neighbours`` (how many practices lie in the same postcode district),
        ``neighbour_closed_share`` and ``neighbour_struggling_share`` (of their patients; missing where there is no
        neighbour).

    Notes
    -----
    Near is the same postcode district: crude, but to be had for every practice. The share is of the list size of the
    neighbours, the practice itself (and codes that it took over) left out. Closures nearby send patients: Hutchinson et
    al. 2023 (BJGP 73, e399) found list size, funding and staffing of neighbours moved by them.

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
    held = pd.DataFrame(
        {
            "district": district(places["postcode"]),
            "self": self_code,
            "count": 1.0,
            "all": places["patients"].astype(float),
            "closed": places["patients"].where(places.index.isin(closed), 0).astype(float),
            "struggling": places["patients"].where(places.index.isin(struggling), 0).astype(float),
        }
    )
    columns = ["count", "all", "closed", "struggling"]
    near = held.groupby("district")[columns].transform("sum") - held.groupby(["district", "self"])[columns].transform(
        "sum"
    )
    shares = near[["closed", "struggling"]].div(near["all"].where(near["all"] > 0), axis=0)
    out = pd.DataFrame(
        {
            "neighbours": near["count"],
            "neighbour_closed_share": shares["closed"],
            "neighbour_struggling_share": shares["struggling"],
        }
    )
    return out
