"""Firth's logistic regression with every profile limit and test, against R.

    OPENBLAS_NUM_THREADS=1 python benchmarks/firth.py

The peer is logistf where it is installed; otherwise brglm2 for the estimates and a profiling loop of the kind that
logistf runs (joint Newton for each limit), written with R's matrix functions.
"""

from __future__ import annotations

import pandas as pd
from side_by_side import Task, birthwt, compare, practice_like

import resilience_stats as rs


def fit(d: pd.DataFrame) -> object:
    predictors = [c for c in d.columns if c not in ("y", "event")]
    return rs.fit_logistic(d, "event", predictors, penalty="firth")


TASKS = [Task("firth", "189x8", fit, 0.7, repetitions=9), Task("firth", "6500x20", fit, 0.1, repetitions=3)]

if __name__ == "__main__":
    print(compare("firth.R", TASKS, {"189x8": birthwt(), "6500x20": practice_like()}).to_string(index=False))
