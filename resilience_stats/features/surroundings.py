"""Where a practice works, under which contract, and what it is paid."""

from __future__ import annotations

import pandas as pd

from resilience_stats.cohort import Cohort
from resilience_stats.features.columns import column

#: Payments that follow drugs and premises rather than patients.
NOT_FOR_PATIENTS = ("drugs", "prescribing_fees", "dispensing_fees", "premises")


def imd_score(cohort: Cohort) -> pd.Series:
    """Return the deprivation score of the registered population, weighted by where patients live."""
    return column(cohort, "deprivation", "imd_score").astype(float)


def rurality(cohort: Cohort) -> pd.Series:
    """Return ``Urban`` or ``Rural``, as NHS Payments has it."""
    return column(cohort, "payments", "rurality").astype("str").where(lambda v: v.isin(["Urban", "Rural"]))


def contract_type(cohort: Cohort) -> pd.Series:
    """Return the contract, as the LMC's own register has it."""
    return cohort.practices["contract_type"]


def dispensing(cohort: Cohort) -> pd.Series:
    """Return whether the practice dispenses."""
    return column(cohort, "payments", "dispensing").astype("boolean")


def place(cohort: Cohort) -> pd.Series:
    """Return the part of the area that the practice belongs to."""
    return cohort.practices["place"]


def pcn_code(cohort: Cohort) -> pd.Series:
    """Return the primary care network on the census date."""
    return column(cohort, "pcn_membership", "pcn_code")


def payments_per_weighted_patient(cohort: Cohort) -> pd.Series:
    """Return NHS payments in pounds per weighted patient, without drugs, dispensing, premises, COVID and PCN payments.

    Notes
    -----
    ``(total - drugs - prescribing fees - dispensing fees - premises) / weighted patients``; the published total leaves
    COVID and PCN payments out. A part that the year did not have counts as nothing. The published average per patient
    is not used, because it counts drugs.
    """
    total = column(cohort, "payments", "total_payments").astype(float)
    for part in NOT_FOR_PATIENTS:
        total = total - column(cohort, "payments", part).astype(float).fillna(0.0)
    weighted = column(cohort, "payments", "weighted_patients").astype(float)
    return total / weighted.where(weighted > 0)


def neighbour_closed_share(cohort: Cohort) -> pd.Series:
    """Return the share of the list size nearby that belonged to practices which have closed."""
    return column(cohort, "neighbours", "neighbour_closed_share").astype(float)


def neighbour_struggling_share(cohort: Cohort) -> pd.Series:
    """Return the share of the list size nearby that belongs to practices rated badly, in GPRP or special measures."""
    return column(cohort, "neighbours", "neighbour_struggling_share").astype(float)
