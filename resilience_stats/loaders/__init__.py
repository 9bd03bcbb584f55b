"""One module per source: a file is read, checked against its definition, and given as a typed frame."""

from resilience_stats.loaders.questionnaires import load_phq, load_rat
from resilience_stats.loaders.registers import (
    load_lineage,
    load_practice_register,
    load_programmes,
    load_special_measures,
)

__all__ = [
    "load_lineage",
    "load_phq",
    "load_practice_register",
    "load_programmes",
    "load_rat",
    "load_special_measures",
]
