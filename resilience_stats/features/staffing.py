"""Staff for the patients that there are."""

from __future__ import annotations

import pandas as pd

from resilience_stats.cohort import Cohort
from resilience_stats.features.columns import column

#: What the publisher writes where a practice gave no data of its own for a staff group.
NOT_OWN_DATA = ("No data provided", "No valid or current data", "Fully Estimated")


def staff(cohort: Cohort, name: str, source: str) -> pd.Series:
    """Return full-time equivalents or heads of a staff group, missing where the practice gave no data of its own."""
    values = column(cohort, "workforce", name).astype(float)
    said = column(cohort, "workforce", source)
    return values.where(~said.isin(NOT_OWN_DATA))


def patients(cohort: Cohort) -> pd.Series:
    """Return the patients that the staff served: of the workforce file itself, else of the list."""
    own = column(cohort, "workforce", "patients").astype(float)
    return own.where(own > 0, column(cohort, "list_size", "patients").astype(float)).where(lambda v: v > 0)


def gp_fte_per_1000(cohort: Cohort) -> pd.Series:
    """Return full-time equivalent GPs, without trainees and locums, per 1,000 registered patients."""
    return 1000 * staff(cohort, "gp_fte", "gp_source") / patients(cohort)


def nurse_fte_per_1000(cohort: Cohort) -> pd.Series:
    """Return full-time equivalent nurses per 1,000 registered patients."""
    return 1000 * staff(cohort, "nurse_fte", "nurse_source") / patients(cohort)


def admin_fte_per_1000(cohort: Cohort) -> pd.Series:
    """Return full-time equivalent administrative and other non-clinical staff per 1,000 registered patients."""
    return 1000 * staff(cohort, "admin_fte", "admin_source") / patients(cohort)


def patients_per_gp(cohort: Cohort) -> pd.Series:
    """Return registered patients per full-time equivalent GP; missing, not infinite, where there is none."""
    gp = staff(cohort, "gp_fte", "gp_source")
    return patients(cohort) / gp.where(gp > 0)


def single_handed(cohort: Cohort) -> pd.Series:
    """Return whether one GP (head, without trainees and locums) carries the practice."""
    heads = staff(cohort, "gp_headcount", "gp_source")
    return heads.eq(1).astype("boolean").mask(heads.isna() | heads.eq(0))
