"""Workforce supply-demand imbalance: poor access together with few GPs for the patients' needs."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from resilience_stats.cohort import Cohort
from resilience_stats.features.columns import column
from resilience_stats.features.staffing import NOT_OWN_DATA

#: A file with at least so many practices speaks of the whole country.
NATIONAL = 5000
#: Questions on access, the first that the survey has.
ACCESS = ("contact_good", "phone_easy")


@dataclass(frozen=True, slots=True, kw_only=True)
class CutPoints:
    """Where the thirds are cut.

    Attributes
    ----------
    access_low : float
        Share of patients with good access at or below which a practice is in the lowest third.
    load_high : float
        Need-weighted patients per GP (FTE) at or above which a practice is in the highest third.
    practices : int
        Practices on which the smaller of the two files rests.
    national : bool
        Whether both files speak of the whole country.
    """

    access_low: float
    load_high: float
    practices: int
    national: bool


def workforce_imbalance(cohort: Cohort) -> pd.Series:
    """Return whether access is in the lowest third and need-weighted patients per GP in the highest, by the census.

    Notes
    -----
    The outcome of Abel et al. 2020, BMJ Open 10, e027934 (6,398 practices): lowest third of access in the GP Patient
    Survey and highest third of the need-weighted list per full-time equivalent GP. Which question on access they took
    was not seen; here it is the experience of making an appointment, where a survey lacks it the ease of getting
    through by telephone. Need is weighted as the payments weight it:
    ``patients of the workforce file * weighted patients / registered patients``. The thirds are those of all practices
    in the files (`cut_points`), so that national files give national thirds. Missing unless both halves are known.
    """
    return imbalance(cohort, "")


def imbalance(cohort: Cohort, when: str) -> pd.Series:
    """Return the imbalance by the census date (blank), or in the first files after it (``_later``)."""
    cuts = cut_points(cohort, when)
    asked = cohort.practices.index
    if cuts is None:
        return pd.Series(pd.NA, index=asked, dtype="boolean")
    access = column(cohort, f"gpps{when}", _question(cohort, when)).astype(float)
    staff = cohort.tables.get(f"workforce{when}", pd.DataFrame(index=asked)).reindex(asked)
    load = need_per_gp(staff, _weights(cohort.tables.get(_payments(cohort, when)), asked))
    both = access.le(cuts.access_low) & load.ge(cuts.load_high)
    return both.astype("boolean").mask(access.isna() | load.isna())


def cut_points(cohort: Cohort, when: str = "") -> CutPoints | None:
    """Return where the thirds are cut, None where a source is lacking.

    Parameters
    ----------
    cohort : Cohort
    when : str
        Blank, or ``_later``.
    """
    survey, staff = cohort.everyone.get(f"gpps{when}"), cohort.everyone.get(f"workforce{when}")
    paid = cohort.everyone.get(_payments(cohort, when))
    if survey is None or staff is None or paid is None:
        return None
    question = _question(cohort, when)
    access = survey[question].dropna() if question in survey else pd.Series(dtype=float)
    load = need_per_gp(staff, _weights(paid, staff.index)).dropna()
    if access.empty or load.empty:
        return None
    fewest = min(len(access), len(load))
    return CutPoints(
        access_low=float(np.quantile(access.astype(float), 1 / 3)),
        load_high=float(np.quantile(load, 2 / 3)),
        practices=fewest,
        national=fewest >= NATIONAL,
    )


def need_per_gp(staff: pd.DataFrame, weights: pd.Series) -> pd.Series:
    """Return need-weighted patients per full-time equivalent GP; missing where there is none, or no own data.

    Examples
    --------
    >>> staff = pd.DataFrame({"patients": [4000.0, 4000.0], "gp_fte": [2.0, 0.0]}, index=["A", "B"])
    >>> need_per_gp(staff, pd.Series({"A": 1.1, "B": 1.0})).round().tolist()
    [2200.0, nan]
    """
    if "gp_fte" not in staff or "patients" not in staff:
        return pd.Series(float("nan"), index=staff.index)
    gp, patients = staff["gp_fte"].astype(float), staff["patients"].astype(float)
    if "gp_source" in staff:
        gp = gp.where(~staff["gp_source"].isin(NOT_OWN_DATA))
    return patients.where(patients > 0) * weights.reindex(staff.index) / gp.where(gp > 0)


def _payments(cohort: Cohort, when: str) -> str:
    """Return the payments that weight need: of the time itself, else those by the census date."""
    return f"payments{when}" if f"payments{when}" in cohort.everyone else "payments"


def _weights(paid: pd.DataFrame | None, index: pd.Index) -> pd.Series:
    if paid is None or not {"registered_patients", "weighted_patients"} <= set(paid.columns):
        return pd.Series(float("nan"), index=index)
    registered = paid["registered_patients"].astype(float)
    return (paid["weighted_patients"].astype(float) / registered.where(registered > 0)).reindex(index)


def _question(cohort: Cohort, when: str) -> str:
    survey = cohort.everyone.get(f"gpps{when}")
    known = [q for q in ACCESS if survey is not None and q in survey and survey[q].notna().any()]
    return known[0] if known else ACCESS[0]
