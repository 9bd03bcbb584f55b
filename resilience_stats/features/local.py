"""What no public file tells and a local body may know: the LMC's own notes, and changes seen in codes and networks."""

from __future__ import annotations

import pandas as pd

from resilience_stats.cohort import Cohort
from resilience_stats.cohort.later import CODES_BEFORE
from resilience_stats.schema import load_codes


def local_criterion(cohort: Cohort, criterion: str) -> pd.Series:
    """Return what was last noted of a criterion by the census date, for every practice asked.

    Parameters
    ----------
    cohort : Cohort
    criterion : str
        One of ``data/schema/local_criteria.json``.

    Returns
    -------
    pandas.Series
        Boolean for a flag, else a number; missing where nothing is known.

    Notes
    -----
    A list of flags is often a list of those who have one. Where the table holds a flag only as 1, a practice that is
    not in it has it not; where it holds zeros too, somebody looked at each, and a practice that is not in it is not
    known. Without any row of a criterion nothing is known of anybody.
    """
    asked = cohort.practices.index
    kind = {str(c["id"]): c["kind"] for c in load_codes("local_criteria").codes}[criterion]
    rows = cohort.local_intelligence
    rows = rows[rows["criterion"].eq(criterion)] if "criterion" in rows else rows
    if rows.empty:
        return pd.Series(pd.NA if kind == "flag" else float("nan"), index=asked, dtype=_dtype(kind))
    last = rows.sort_values("noted_on", kind="stable").drop_duplicates("practice_code", keep="last")
    values = last.set_index("practice_code")["value"].astype(float).reindex(asked)
    if kind != "flag":
        return values
    listed = rows["value"].eq(0).any()
    flags = values.gt(0).astype("boolean")
    return flags.mask(values.isna()) if listed else flags


def _dtype(kind: str) -> str:
    return "boolean" if kind == "flag" else "float"


def performance_concern(cohort: Cohort) -> pd.Series:
    """Return whether there is a concern about an individual's performance."""
    return local_criterion(cohort, "performance_concern")


def external_concern(cohort: Cohort) -> pd.Series:
    """Return whether the LMC, the commissioner or NHS England is significantly concerned."""
    return local_criterion(cohort, "external_concern")


def significant_change(cohort: Cohort) -> pd.Series:
    """Return whether the practice merged, took over or was split in the 24 months to the census, or is noted as such.

    Notes
    -----
    Known for everybody where the study has a table of lineage; loss of partners is known only where it was noted.
    """
    noted = local_criterion(cohort, "significant_change")
    changed = cohort.tables.get(CODES_BEFORE)
    if changed is None:
        return noted
    seen = pd.Series(cohort.practices.index.isin(changed.index), index=cohort.practices.index, dtype="boolean")
    return seen | noted.fillna(False)


def closed_list(cohort: Cohort) -> pd.Series:
    """Return whether the list is closed, or closing it was applied for."""
    return local_criterion(cohort, "closed_list")


def self_referral(cohort: Cohort) -> pd.Series:
    """Return whether the practice asked for support itself."""
    return local_criterion(cohort, "self_referral")


def stakeholder_support(cohort: Cohort) -> pd.Series:
    """Return whether local bodies stand behind the practice."""
    return local_criterion(cohort, "stakeholder_support")


def readiness(cohort: Cohort) -> pd.Series:
    """Return the readiness to work on change, from 0 to 100."""
    return local_criterion(cohort, "readiness")


def referral_rate(cohort: Cohort) -> pd.Series:
    """Return referrals per 1,000 weighted patients; no public file has them by practice."""
    return local_criterion(cohort, "referral_rate")


def prescribing_cost(cohort: Cohort) -> pd.Series:
    """Return the prescribing cost in pounds per weighted patient, as the commissioner reports it."""
    return local_criterion(cohort, "prescribing_cost")
