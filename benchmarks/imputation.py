"""Chained equations against R's mice: 20 imputations by predictive mean matching, 5 rounds, 10 % missing.

Run: OPENBLAS_NUM_THREADS=1 python benchmarks/imputation.py
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from side_by_side import Task, compare

import resilience_stats as rs


def items(n: int, k: int, seed: int, share_missing: float = 0.1) -> pd.DataFrame:
    """Five-category answers that share a common factor, with answers missing at random."""
    rng = np.random.default_rng(seed)
    latent = 0.6 * rng.normal(size=(n, 1)) + 0.8 * rng.normal(size=(n, k))
    answers = np.digitize(latent, [-1.4, -0.7, 0.2, 1.0]) + 1.0
    answers[rng.random((n, k)) < share_missing] = np.nan
    return pd.DataFrame(answers, columns=[f"q{j + 1:02d}" for j in range(k)])


def impute(d: pd.DataFrame) -> object:
    return rs.impute(d, m=20, iterations=5, random_state=1)


if __name__ == "__main__":
    data = {"n138": items(138, 14, 1), "n6500": items(6500, 25, 2)}
    tasks = [Task("138 x 14", "n138", impute, 0.3), Task("6,500 x 25", "n6500", impute, 0.3, repetitions=1)]
    print(compare("imputation.R", tasks, data).to_string(index=False))
