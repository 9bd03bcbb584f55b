"""The report: chapters run as notebooks, assembled into one page and one PDF.

What a notebook calls is here under one name: ``from resilience_stats import report``. Names are looked up when first
used: ``python -m resilience_stats --help`` need not wait for pandas.
"""

from __future__ import annotations

import importlib
from typing import Any

_HOMES = {
    "build": ("build_report", "ReportFiles"),
    "feedback": ("build_feedback", "FeedbackFiles"),
    "plans": ("action_plan", "cohort_plans", "cohort_themes"),
    "chapter": ("open_chapter", "Chapter"),
    "blocks": ("bullets", "facts", "finding", "formula", "notice"),
    "rows.participation": ("flow_rows", "response_rows", "comparison_rows", "missing_rows"),
    "rows.nonresponse": ("nonresponse_rows",),
    "sentences_budget": ("adjusted_sentences", "refused_sentences"),
    "sentences_nonresponse": ("nonresponse_sentences",),
    "rows.linkage": ("join_rows", "lag_rows", "account_rows"),
    "rows.instrument": (
        "answer_rows",
        "flat_rows",
        "question_rows",
        "item_rows",
        "reliability_rows",
        "area_correlation_rows",
        "score_rows",
    ),
    "rows.structure": (
        "fit_structure",
        "factor_number_rows",
        "loading_rows",
        "areas_model_rows",
        "rat_structure_rows",
    ),
    "rows.precision": ("precision_rows", "agreement_rows"),
    "rows.drivers": (
        "fit_drivers",
        "predictor_rows",
        "effect_rows",
        "model_table_rows",
        "importance_rows",
        "budget_rows",
    ),
    "rows.driver_guards": ("guard_rows",),
    "rows.published": ("published_rows", "published_again_rows"),
    "rows.external": ("external_rows",),
    "driver_tables": ("table_model", "table_published", "table_published_again"),
    "external_tables": ("table_criteria", "table_external_numbers", "table_external_events"),
    "sentences_published": ("published_sentences", "published_again_sentences", "source_sentences"),
    "sentences_external": ("external_sentences",),
    "rows.driver_checks": ("check_drivers", "sensitivity_rows", "specification_rows", "method_rows"),
    "rows.special_measures": (
        "stage_rows",
        "outcome_rows",
        "rating_rows",
        "register_rows",
        "success_rows",
        "duration_rows",
    ),
    "rows.closure": ("closure_rows", "local_closure_rows"),
    "rows.outcomes": ("local_budget_rows", "local_model_rows"),
    "rows.rare_events": ("rare_event_rows",),
    "sentences_rare_events": ("rare_event_sentences",),
    "rows.national_checks": ("national_sensitivity_rows", "national_subgroup_rows", "national_threshold_rows"),
    "sentences_outcomes": (
        "local_model_sentences",
        "missing_outcome_sentences",
        "success_sentences",
        "duration_sentences",
    ),
    "sentences_national": (
        "national_sensitivity_sentences",
        "national_subgroup_sentences",
        "national_threshold_sentences",
        "closure_sentences",
        "local_closure_sentences",
    ),
    "rows.ratings": (
        "era_rows",
        "national_model_rows",
        "national_calibration_rows",
        "local_calibration_rows",
        "published_outcome_rows",
        "checked_table_rows",
    ),
    "sentences_ratings": (
        "era_sentences",
        "local_budget_sentences",
        "national_model_sentences",
        "local_calibration_sentences",
        "published_outcome_sentences",
        "checked_table_sentences",
        "nobody_should_conclude",
    ),
    "rows.programmes": ("programme_rows", "change_rows", "fate_rows", "assessment_rows"),
    "rows.programme_waves": ("fit_event_studies", "event_rows"),
    "rows.themes": ("fit_themes", "theme_rows", "pair_rows", "plan_rows"),
    "sentences_themes": ("theme_sentences", "pair_sentences", "plan_sentences"),
    "rows.programme_effects": (
        "fit_programmes",
        "step_rows",
        "effect_of_programme_rows",
        "balance_rows",
        "scatter_rows",
    ),
    "rows.comparing": (
        "fit_comparison",
        "score_comparison_rows",
        "shrunken_rows",
        "group_mean_rows",
        "funnel_rows",
    ),
    "rows.comparing_groups": ("fit_groups", "peer_rows", "practice_rows", "profile_rows"),
    "rows.priorities": (
        "fit_priorities",
        "criteria_rows",
        "capacity_rows",
        "matrix_rows",
        "priority_rows",
        "menu_rows",
    ),
    "sentences_priorities": ("criteria_sentences", "capacity_sentences"),
    "rows.trials": ("trial_rows",),
    "sentences_trials": ("trial_sentences",),
    "rows.waves": ("fit_waves", "wave_rows"),
    "sentences_comparing": (
        "comparing_sentences",
        "rank_sentences",
        "funnel_sentences",
        "group_mean_sentences",
        "peer_sentences",
        "wave_sentences",
        "profile_sentences",
        "named_sentences",
    ),
    "rows.since_last_year": ("since_rows", "same_practice_rows", "one_wave_rows"),
    "since_last_year": ("since_blocks", "since_sentences", "one_wave_sentences"),
    "rows.methods": ("setting_rows", "software_rows", "data_log_rows", "withheld_rows", "note_rows", "model_note_rows"),
    "rows.assumptions": ("assumption_rows",),
    "rows.deviations": ("deviation_rows", "deviation_sentences", "not_made_rows", "not_made_sentences"),
    "rows.checklists": ("checklist_rows", "rap_rows", "checklist_blocks"),
    "sentences": (
        "response_sentences",
        "comparison_sentences",
        "linkage_sentences",
        "reliability_sentences",
        "driver_sentences",
        "mediator_sentences",
        "importance_sentences",
        "budget_sentences",
        "note_sentences",
        "special_measures_sentences",
    ),
    "sentences_instrument": (
        "factor_number_sentences",
        "loading_sentences",
        "areas_model_sentences",
        "rat_structure_sentences",
        "precision_sentences",
        "agreement_sentences",
    ),
    "sentences_drivers": (
        "sensitivity_sentences",
        "specification_sentences",
        "method_sentences",
        "guard_sentences",
        "parallel_sentences",
        "specification_subtitle",
    ),
    "sentences_programmes": (
        "programme_sentences",
        "balance_sentences",
        "scatter_sentences",
        "absence_sentences",
        "event_sentences",
    ),
    "optional": ("where_any", "where_words", "points"),
    "summary": ("summary_findings", "limits"),
    "rows.operating": ("operating_rows",),
    "sentences_operating": ("operating_sentences",),
    "methods_text": ("method_blocks", "disclosure_statement"),
    "wording": ("phrase",),
}
_HOME_OF = {name: home for home, names in _HOMES.items() for name in names}
__all__ = sorted(_HOME_OF)


def __getattr__(name: str) -> Any:
    if name in _HOME_OF:
        return getattr(importlib.import_module(f"{__name__}.{_HOME_OF[name]}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return __all__
