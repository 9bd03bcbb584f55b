"""What becomes of the practices in the two years after the census: ends of codes, later ratings, later staff."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from scipy.special import expit, ndtri

from resilience_stats.synthetic.publishers import RATINGS

#: Pull of resilience on a later rating, in its standard deviations, and cut points of ratings among the inspected.
RATING_R, LATER_CUTS = 0.40, (0.04, 0.24, 0.98)
DEPRIVATION_ON_RATING = -0.15
#: Chance of an inspection in the window, whatever the rating, and where it was below good.
INSPECTED_ANYWAY, INSPECTED_WHEN_POOR = 0.32, 0.90
#: Log-odds that a code ends in the window: at mean resilience, and per standard deviation.
GONE_AT_MEAN, GONE_PER_SD = -3.1, -0.7
MERGED_OF_GONE = 0.6


def draw_ends(
    practices: pd.DataFrame, resilience: np.ndarray, now: pd.Timestamp, rng: np.random.Generator
) -> pd.DataFrame:
    """Return which codes end in the window: ``gone, event, event_date, new_code``, with the index of `practices`."""
    n = len(practices)
    chance = rng.random(n) - expit(GONE_AT_MEAN + GONE_PER_SD * resilience)
    # One ends at least: a file without rows would be taken for a failed export.
    gone = chance < 0 if chance.min() < 0 else chance == chance.min()
    day = (now + pd.to_timedelta(rng.integers(40, 700, n), unit="D")).normalize()
    staying = practices[~gone]
    # A merged practice goes to the first neighbour of its network that stays; without one its code just closes.
    heirs = staying.reset_index().drop_duplicates("pcn_code").set_index("pcn_code")["practice_code"]
    heir = practices["pcn_code"].map(heirs)
    merged = (rng.random(n) < MERGED_OF_GONE) & heir.notna().to_numpy()
    event = np.where(merged, "merge", "closure")
    frame = pd.DataFrame({"gone": gone, "event": event, "event_date": day}, index=practices.index)
    return frame.assign(new_code=heir.where(merged, ""))


def lineage_after(ends: pd.DataFrame) -> pd.DataFrame:
    """Return the table of lineage for the codes that ended."""
    ended = ends[ends["gone"]].sort_values("event_date", kind="stable")
    table = ended.rename_axis("old_code").reset_index()
    return table[["old_code", "new_code", "event", "event_date"]]


def staff_after(practices: pd.DataFrame, resilience: np.ndarray, rng: np.random.Generator) -> pd.DataFrame:
    """Return the practices with lists and GPs of ten months later."""
    moved = np.exp(0.08 * rng.standard_normal(len(practices)) + 0.02 * resilience)
    grown = 1.01 + 0.02 * rng.standard_normal(len(practices))
    return practices.assign(
        gp_fte=np.round(practices["gp_fte"] * moved, 2),
        list_size=np.round(practices["list_size"] * grown).astype(int),
    )


def rate_again(
    rated: list[dict[str, Any]],
    practices: pd.DataFrame,
    resilience: np.ndarray,
    now: pd.Timestamp,
    rng: np.random.Generator,
) -> tuple[list[dict[str, Any]], pd.Index]:
    """Return the care directory of two years on, and who was inspected again.

    Parameters
    ----------
    rated : list of dict
        Rows of the directory of the census.
    practices : pandas.DataFrame
        ``alive`` says whose code is still there.
    resilience : numpy.ndarray
    now : pandas.Timestamp
    rng : numpy.random.Generator

    Notes
    -----
    Practices rated below good are inspected again nearly always and the others now and then, as the published ratings
    show: later ratings are those of a selection.
    """
    poor = [_code(r) for r in rated if r["Location Latest Overall Rating"] in RATINGS[:2]]
    # Ratings published between the census and the first directory are inspections of the window already.
    soon = [_code(r) for r in rated if r["Publication Date"] is not None and r["Publication Date"] > now]
    chance = np.where(practices.index.isin(poor), INSPECTED_WHEN_POOR, INSPECTED_ANYWAY)
    seen = (rng.random(len(practices)) < chance) & ~practices.index.isin(soon) & practices["alive"].to_numpy()
    deprived = (practices["imd_score"] - practices["imd_score"].mean()) / practices["imd_score"].std()
    latent = RATING_R * resilience + DEPRIVATION_ON_RATING * deprived + rng.standard_normal(len(practices))
    cuts = np.sqrt(1 + RATING_R**2 + DEPRIVATION_ON_RATING**2) * ndtri(LATER_CUTS)
    day = (now + pd.to_timedelta(rng.integers(60, 725, len(practices)), unit="D")).normalize()
    rating = np.array(RATINGS)[np.searchsorted(cuts, latent)]
    fresh = pd.DataFrame({"rating": rating, "day": day}, index=practices.index)[seen]
    rows = []
    for row in rated:
        code = _code(row)
        if code in fresh.index:
            new = {"Location Latest Overall Rating": str(fresh.at[code, "rating"]), "Inherited Rating (Y/N)": "N"}
            rows.append(row | new | {"Publication Date": fresh.at[code, "day"]})
        elif code not in practices.index or practices.at[code, "alive"]:
            rows.append(row)
    return rows, fresh.index


def _code(row: dict[str, Any]) -> str:
    return str(row["Location ODS Code"]).strip()[:6]
