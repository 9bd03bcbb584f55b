"""Cohort: the tables of one year joined on practice code, as of the right day, with every row accounted for."""

from resilience_stats.cohort.build import load_cohort
from resilience_stats.cohort.check import check_study
from resilience_stats.cohort.cohort import Cohort
from resilience_stats.cohort.mending import write_set_aside

__all__ = ["Cohort", "check_study", "load_cohort", "write_set_aside"]
