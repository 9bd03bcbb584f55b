"""Ordinal regression against R's ordinal::clm: the fit, all profile intervals, the nominal test.

OPENBLAS_NUM_THREADS=1 python benchmarks/ordinal.py
"""

from __future__ import annotations

import pandas as pd
from side_by_side import Task, compare, practice_like

import resilience_stats as rs


def fit(d: pd.DataFrame, **options: object) -> object:
    return rs.fit_ordinal(d, "y", [c for c in d.columns if c.startswith("x")], **options)


TASKS = [
    Task("clm", "6500x20", lambda d: fit(d, interval="wald", tests=()), 0.3, repetitions=5),
    Task("clm + profile", "6500x20", lambda d: fit(d, tests=()), 0.05, repetitions=1),
    Task("clm + nominal_test", "6500x20", lambda d: fit(d, interval="wald", tests=("nominal",)), 0.1, repetitions=1),
]

if __name__ == "__main__":
    print(compare("ordinal.R", TASKS, {"6500x20": practice_like()}).to_string(index=False))
