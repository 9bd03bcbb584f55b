"""One module per source: a file is read, checked against its definition, and given as a typed frame."""

from resilience_stats.loaders.activity import load_appointments, load_pcn_workforce, pcn_fte
from resilience_stats.loaders.cqc import load_cqc_directory, load_cqc_ratings
from resilience_stats.loaders.deprivation import load_deprivation
from resilience_stats.loaders.gpps import load_gpps
from resilience_stats.loaders.limits import Limits
from resilience_stats.loaders.list_size import load_list_size
from resilience_stats.loaders.matching import match_instrument, match_practice_names
from resilience_stats.loaders.ods import load_ods_practices, load_pcn_membership
from resilience_stats.loaders.one_response import one_response_per_practice
from resilience_stats.loaders.payments import load_payments
from resilience_stats.loaders.problems import find_problems
from resilience_stats.loaders.qof import (
    load_qof_achievement,
    load_qof_geography,
    load_qof_indicators,
    load_qof_maximum_points,
    load_qof_prevalence,
    qof_points,
)
from resilience_stats.loaders.questionnaires import load_phq, load_rat
from resilience_stats.loaders.rating_rules import check_overall_ratings, expected_overall
from resilience_stats.loaders.registers import (
    load_lineage,
    load_local_intelligence,
    load_practice_assessments,
    load_practice_register,
    load_programmes,
    load_special_measures,
)
from resilience_stats.loaders.research_lists import load_closures, load_merger_lookup
from resilience_stats.loaders.workforce import load_workforce

__all__ = [
    "Limits",
    "check_overall_ratings",
    "expected_overall",
    "find_problems",
    "load_appointments",
    "load_closures",
    "load_cqc_directory",
    "load_cqc_ratings",
    "load_deprivation",
    "load_gpps",
    "load_lineage",
    "load_list_size",
    "load_local_intelligence",
    "load_merger_lookup",
    "load_ods_practices",
    "load_payments",
    "load_pcn_membership",
    "load_pcn_workforce",
    "load_phq",
    "load_practice_assessments",
    "load_practice_register",
    "load_programmes",
    "load_qof_achievement",
    "load_qof_geography",
    "load_qof_indicators",
    "load_qof_maximum_points",
    "load_qof_prevalence",
    "load_rat",
    "load_special_measures",
    "load_workforce",
    "match_instrument",
    "match_practice_names",
    "one_response_per_practice",
    "pcn_fte",
    "qof_points",
]
