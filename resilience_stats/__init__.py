"""Honest statistics of general-practice resilience for Local Medical Committees.

Everything public is reached as ``import resilience_stats as rs; rs.fit_linear(...)``. Names are looked up when first
used, so that importing the package is quick.
"""

from __future__ import annotations

import importlib
from typing import Any

__version__ = "0.1.0"

_HOMES = {
    "study": ("open_study",),
    "cohort": ("load_cohort", "check_study"),
    "synthetic": ("write_example",),
    "features": ("build_features",),
    "loaders": (
        "load_practice_register",
        "load_phq",
        "load_rat",
        "load_programmes",
        "load_special_measures",
        "load_ods_practices",
        "load_pcn_membership",
        "load_list_size",
        "load_workforce",
        "load_payments",
        "load_qof_prevalence",
        "load_qof_achievement",
        "load_gpps",
        "load_deprivation",
        "load_cqc_directory",
        "load_cqc_ratings",
        "load_lineage",
        "load_local_intelligence",
        "load_practice_assessments",
        "load_pcn_workforce",
        "load_appointments",
        "match_instrument",
        "match_practice_names",
        "expected_overall",
        "check_overall_ratings",
    ),
    "schema": ("load_instrument", "data_dictionary"),
    "models.reliability": ("reliability",),
    "models.agreement": ("intraclass_correlation", "reliable_change"),
    "models.correlation": ("correlate",),
    "models.factor_number": ("sampling_adequacy", "suggest_factors"),
    "models.factors": ("fit_factors", "rotate_loadings"),
    "models.cfa": ("fit_cfa",),
    "models.invariance": ("measurement_invariance",),
    "models.graded_response": ("fit_graded_response",),
    "models.scores": ("compare_scores", "shorten_scale"),
    "models.linear": ("fit_linear",),
    "models.linear_inference": ("joint_test", "predict_linear"),
    "models.sensitivity": ("adjusted_effects", "leave_one_out"),
    "models.alternatives": ("fit_quantile", "fit_robust", "fit_fractional"),
    "models.weights": ("rake_weights", "survey_estimates"),
    "models.nonresponse": ("compare_responders", "response_weights", "response_bounds"),
    "models.ordinal": ("fit_ordinal",),
    "models.mixed": ("fit_mixed",),
    "models.logistic": ("fit_logistic", "check_separation"),
    "models.importance": ("relative_importance",),
    "models.imputation": ("impute", "pool"),
    "models.pooling": ("pool_test", "pool_scalar", "pool_likelihood_ratio"),
    "models.pooled_comparison": ("compare_pooled",),
    "models.multiplicity": ("adjust_p_values",),
    "models.selection": ("select_stable",),
    "models.penalised": ("penalised_path",),
    "models.specification": ("specification_curve",),
    "models.budget": ("event_budget",),
    "models.validation": ("validate_model",),
    "models.performance": ("calibration", "decision_curve"),
    "models.subgroups": ("subgroup_performance",),
    "models.closure": ("closure_model", "closure_offset"),
    "models.published": ("check_published_table", "published_odds_ratios", "special_measures_reference"),
    "models.published_effects": ("compare_with_published", "published_effects", "published_on_real_data"),
    "models.national": ("national_model", "national_offset", "update_national_model", "rating_era"),
    "models.duration": ("cumulative_incidence", "fit_discrete_hazard"),
    "models.special_measures": ("register_factors", "support_outcomes", "success_factors"),
    "models.comparison": ("compare_groups",),
    "models.proportions": ("proportion_interval",),
    "models.funnel": ("funnel_limits",),
    "models.benchmark": ("benchmark",),
    "models.peers": ("peer_groups", "peer_statistics"),
    "models.spc": ("control_chart",),
    "models.profiles": ("find_profiles",),
    "models.themes": ("finding_themes",),
    "models.change": ("programme_change", "expected_regression_to_mean"),
    "models.did": ("difference_in_differences",),
    "models.slopes": ("practice_slopes",),
    "models.prioritise": ("prioritise",),
    "models.bootstrap": ("bootstrap_interval", "permutation_test"),
    "disclosure": ("apply_policy", "Policy"),
    "tables": ("Table",),
    "figures": ("Figure",),
    "report": ("build_report", "build_feedback"),
}
_HOME_OF = {name: home for home, names in _HOMES.items() for name in names}
__all__ = sorted([*_HOME_OF, "__version__"])


def __getattr__(name: str) -> Any:
    home = _HOME_OF.get(name)
    if home is not None:
        return getattr(importlib.import_module(f"{__name__}.{home}"), name)
    for prefix, package in (("table_", "tables"), ("figure_", "figures")):
        if name.startswith(prefix):
            return getattr(importlib.import_module(f"{__name__}.{package}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return __all__
