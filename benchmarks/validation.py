"""Bootstrap validation of a logistic regression, 500 resamples, against rms::validate.

OPENBLAS_NUM_THREADS=1 python benchmarks/validation.py
"""

from __future__ import annotations

import pandas as pd
from side_by_side import Task, birthwt, compare, practice_like

import resilience_stats as rs


def validate(d: pd.DataFrame) -> object:
    predictors = [c for c in d.columns if c not in ("y", "event")]
    fit = rs.fit_logistic(d, "event", predictors, interval="wald")
    return rs.validate_model(fit, n_boot=500, random_state=1)


TASKS = [
    Task("validate", "189x8", validate, 0.2, repetitions=3),
    Task("validate", "6500x20", validate, 0.3, repetitions=1),
]

if __name__ == "__main__":
    print(compare("validation.R", TASKS, {"189x8": birthwt(), "6500x20": practice_like()}).to_string(index=False))
