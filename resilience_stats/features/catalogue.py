"""What each feature is called, measured in, made from and expected to tell."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import pandas as pd

from resilience_stats.cohort import Cohort
from resilience_stats.cohort.later import CODES_LATER
from resilience_stats.errors import StudyError
from resilience_stats.features import (
    imbalance,
    later,
    local,
    patients,
    quality,
    ratings,
    responding,
    size,
    staffing,
    support,
    surroundings,
)
from resilience_stats.schema import Instrument

#: Source and role of what only the LMC knows: to choose whom to offer support, never to model or to print.
LOCAL, CRITERION = "local_intelligence", "support criterion"
#: Role of what the questionnaire is held against and is no part of.
EXTERNAL = "external criterion"
CATALOGUE_COLUMNS = ("name", "label", "unit", "source", "asof", "direction", "role", "kind")


@dataclass(frozen=True, slots=True)
class Feature:
    """One derived field.

    Attributes
    ----------
    build : callable
        Cohort -> one value per practice asked. The function's name is the feature's.
    label, unit, source : str
    direction : int
        1 = more is expected to go with more resilience, -1 = with less, 0 = nothing is expected.
    role : str
        ``exposure, confounder, mediator, outcome, group, external criterion, support criterion`` or
        ``description``; the study's own
        choice comes first.
    kind : str
        ``number, boolean, category, ordered`` or ``identifier``.
    """

    build: Callable[[Cohort], pd.Series]
    label: str
    unit: str
    source: str
    direction: int
    role: str
    kind: str

    @property
    def name(self) -> str:
        """The feature's name."""
        return self.build.__name__


FEATURES: tuple[Feature, ...] = (
    Feature(responding.responded, "Answered this wave", "", "phq", 0, "description", "boolean"),
    Feature(responding.respondent_role, "Role of the respondent", "", "phq", 0, "confounder", "category"),
    Feature(size.list_size, "Registered patients", "patients", "list_size", 0, "confounder", "number"),
    Feature(
        size.log_list_size, "Logarithm of registered patients", "log patients", "list_size", 0, "confounder", "number"
    ),
    Feature(size.list_growth_12m, "Growth of the list in 12 months", "%", "list_size", -1, "exposure", "number"),
    Feature(staffing.patients_per_gp, "Patients per GP (FTE)", "patients", "workforce", -1, "exposure", "number"),
    Feature(staffing.gp_fte_per_1000, "GPs per 1,000 patients", "FTE per 1,000", "workforce", 1, "exposure", "number"),
    Feature(
        staffing.nurse_fte_per_1000, "Nurses per 1,000 patients", "FTE per 1,000", "workforce", 0, "exposure", "number"
    ),
    Feature(
        staffing.admin_fte_per_1000,
        "Administrative staff per 1,000 patients",
        "FTE per 1,000",
        "workforce",
        0,
        "exposure",
        "number",
    ),
    Feature(staffing.single_handed, "Single-handed", "", "workforce", -1, "exposure", "boolean"),
    Feature(
        surroundings.imd_score,
        "Deprivation of patients (IMD score)",
        "points",
        "deprivation",
        -1,
        "confounder",
        "number",
    ),
    Feature(surroundings.rurality, "Rural or urban", "", "payments", 0, "confounder", "category"),
    Feature(surroundings.contract_type, "Contract", "", "practice_register", 0, "confounder", "category"),
    Feature(surroundings.dispensing, "Dispensing practice", "", "payments", 0, "confounder", "boolean"),
    Feature(
        surroundings.payments_per_weighted_patient,
        "Payments per weighted patient",
        "£",
        "payments",
        1,
        "exposure",
        "number",
    ),
    Feature(surroundings.pcn_code, "Primary care network", "", "pcn_membership", 0, "group", "identifier"),
    Feature(surroundings.place, "Place", "", "practice_register", 0, "group", "category"),
    Feature(
        surroundings.neighbour_closed_share,
        "Share of patients nearby whose practice closed",
        "share",
        "neighbours",
        -1,
        "exposure",
        "number",
    ),
    Feature(
        surroundings.neighbour_struggling_share,
        "Share of patients nearby whose practice struggles",
        "share",
        "neighbours",
        -1,
        "exposure",
        "number",
    ),
    Feature(ratings.cqc_rating, "CQC rating on the census date", "", "cqc", 1, "description", "ordered"),
    Feature(
        ratings.cqc_requires_improvement_or_worse,
        "Rated requires improvement or worse",
        "",
        "cqc",
        -1,
        "description",
        "boolean",
    ),
    Feature(
        ratings.cqc_rating_later, "CQC rating published after the census date", "", "cqc_later", 1, "outcome", "ordered"
    ),
    Feature(
        patients.gpps_overall_good,
        "Patients whose overall experience is good",
        "%",
        "gpps",
        1,
        EXTERNAL,
        "number",
    ),
    Feature(
        patients.gpps_phone_easy,
        "Patients who get through by telephone easily",
        "%",
        "gpps",
        1,
        EXTERNAL,
        "number",
    ),
    Feature(quality.qof_achievement, "QOF points achieved", "%", "qof_achievement", 1, EXTERNAL, "number"),
    Feature(
        imbalance.workforce_imbalance,
        "Workforce imbalance (poor access, few GPs for need)",
        "",
        "imbalance",
        -1,
        EXTERNAL,
        "boolean",
    ),
    Feature(
        later.later_gpps_overall_good,
        "Patients whose overall experience is good, survey after the census",
        "%",
        "gpps_later",
        1,
        EXTERNAL,
        "number",
    ),
    Feature(
        later.later_workforce_imbalance,
        "Workforce imbalance (poor access, few GPs for need) after the census",
        "",
        "imbalance_later",
        -1,
        EXTERNAL,
        "boolean",
    ),
    Feature(
        later.later_cqc_rating,
        "First CQC rating published in the 24 months after the census",
        "",
        "cqc_later",
        1,
        EXTERNAL,
        "ordered",
    ),
    Feature(
        later.later_cqc_requires_improvement_or_worse,
        "Rated requires improvement or worse in the 24 months after the census",
        "",
        "cqc_later",
        -1,
        EXTERNAL,
        "boolean",
    ),
    Feature(
        later.later_cqc_status,
        "What is known of ratings in the 24 months after the census",
        "",
        "cqc_later",
        0,
        "description",
        "category",
    ),
    Feature(
        later.later_code_gone,
        "Merged or closed in the 24 months after the census",
        "",
        CODES_LATER,
        -1,
        EXTERNAL,
        "boolean",
    ),
    Feature(
        local.performance_concern, "Concern about an individual's performance", "", LOCAL, -1, CRITERION, "boolean"
    ),
    Feature(local.external_concern, "Concern of a local body", "", LOCAL, -1, CRITERION, "boolean"),
    Feature(local.significant_change, "Merged, took over or was split", "", "codes_before", -1, CRITERION, "boolean"),
    Feature(local.closed_list, "Closed list, or asked to close it", "", LOCAL, -1, CRITERION, "boolean"),
    Feature(local.self_referral, "Asked for support itself", "", LOCAL, 0, CRITERION, "boolean"),
    Feature(local.stakeholder_support, "Good support of local stakeholders", "", LOCAL, 1, CRITERION, "boolean"),
    Feature(local.readiness, "Readiness to work on change", "points, 0 to 100", LOCAL, 1, CRITERION, "number"),
    Feature(local.referral_rate, "Referrals", "per 1,000 weighted patients", LOCAL, -1, CRITERION, "number"),
    Feature(local.prescribing_cost, "Prescribing cost per weighted patient", "£", LOCAL, -1, CRITERION, "number"),
    Feature(support.in_gprp, "Supported by GPRP", "", "programmes", 0, "description", "boolean"),
    Feature(support.in_gpdp, "Supported by GPDP", "", "programmes", 0, "description", "boolean"),
    Feature(support.programme, "Programme", "", "programmes", 0, "description", "category"),
    Feature(support.in_special_measures, "In special measures", "", "special_measures", -1, "description", "boolean"),
)


def from_the_future() -> tuple[str, ...]:
    """Return the features of what came after the census date: outcomes, which no model may use as predictors.

    Examples
    --------
    >>> "later_cqc_rating" in from_the_future(), "cqc_rating" in from_the_future()
    (True, False)
    """
    return tuple(f.name for f in FEATURES if f.source.endswith("_later"))


def require_no_look_ahead(cohort: Cohort) -> None:
    """Raise `StudyError` where the study names as a predictor what came after the census date."""
    ahead = [p.name for p in cohort.study.predictors if p.name in from_the_future()]
    if ahead:
        raise StudyError(
            "a predictor is from after the census date",
            where=f"{cohort.study.path}, [[predictors]]",
            found=", ".join(ahead),
            action="What came later can be an outcome or an external criterion, never a predictor: take it out.",
        )


def catalogue_frame(cohort: Cohort, names: list[str], instrument: Instrument) -> pd.DataFrame:
    """Return the catalogue of the features in `names`, with the day for which each holds and the study's roles."""
    known = {f.name: (f.label, f.unit, f.source, f.direction, f.role, f.kind) for f in FEATURES}
    known |= _score_rows(instrument)
    require_no_look_ahead(cohort)
    roles = {p.name: p.role for p in cohort.study.predictors} | {cohort.study.outcome.name: "outcome"}
    days = source_days(cohort)
    rows = []
    for name in names:
        label, unit, source, direction, role, kind = known[name]
        rows.append((name, label, unit, source, days.get(source, pd.NaT), direction, roles.get(name, role), kind))
    return pd.DataFrame(rows, columns=list(CATALOGUE_COLUMNS))


def _score_rows(instrument: Instrument) -> dict[str, tuple[str, str, str, int, str, str]]:
    labels = {"phq_overall": "Overall resilience score"} | {f"phq_{a.id}": a.label for a in instrument.areas}
    rows = {n: (label, "points, 0 to 100", "phq", 1, "outcome", "number") for n, label in labels.items()}
    for name, label in labels.items():
        rows[f"{name}_previous"] = (
            f"{label}, wave before",
            "points, 0 to 100",
            "phq_previous",
            1,
            "description",
            "number",
        )
    rows["wave_previous"] = ("Wave before", "year", "phq_previous", 0, "description", "number")
    return rows


def source_days(cohort: Cohort) -> dict[str, pd.Timestamp]:
    """Return source -> the latest day for which it holds, of the lag table."""
    lags = cohort.lag_table.set_index("table")["source_date"]
    days = {str(name): pd.Timestamp(day) for name, day in lags.items() if not pd.isna(day)}
    census = pd.Timestamp(cohort.study.census_date)
    waves = {int(n.split()[1]): d for n, d in days.items() if n.startswith("phq ")}
    before = [d for w, d in waves.items() if cohort.wave is not None and w < cohort.wave]
    rated = [days[n] for n in ("cqc_ratings", "cqc_directory") if n in days]
    more = {"practice_register": census, "programmes": census, "special_measures": census}
    more |= {"codes_before": census, LOCAL: census}
    more |= {"phq": waves[cohort.wave]} if cohort.wave in waves else {}
    more |= {"phq_previous": max(before)} if before else {}
    more |= {"cqc": rated[0]} if rated else {}
    more |= {"neighbours": days["list_size"]} if "list_size" in days else {}
    # Both halves of the imbalance hold on the later of their days; what came after has its days in the tables.
    more |= {"imbalance": max(days["gpps"], days["workforce"])} if {"gpps", "workforce"} <= set(days) else {}
    return days | more | _days_after(cohort)


def _days_after(cohort: Cohort) -> dict[str, pd.Timestamp]:
    held = {n: t["asof"].max() for n, t in cohort.tables.items() if n.endswith("_later") and "asof" in t and len(t)}
    days = {n: pd.Timestamp(d) for n, d in held.items() if not pd.isna(d)}
    known = later.ratings_known_to(cohort)
    if not pd.isna(known) and known > pd.Timestamp(cohort.study.census_date):
        days["cqc_later"] = min(known, later.window_end(pd.Timestamp(cohort.study.census_date)))
    if {"gpps_later", "workforce_later"} <= set(days):
        days["imbalance_later"] = max(days["gpps_later"], days["workforce_later"])
    return days
