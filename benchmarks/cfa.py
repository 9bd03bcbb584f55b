"""Confirmatory factor analysis: our time against lavaan's, in one run.

    OPENBLAS_NUM_THREADS=1 python benchmarks/cfa.py

Ours includes what lavaan computes apart: modification indices, factor scores and the robust figures. Aim: the ordinal
model of 25 items and 5 areas in at most 0.3 of lavaan's WLSMV.
"""

from __future__ import annotations

from pathlib import Path

import pandas as pd
from side_by_side import Task, compare

import resilience_stats as rs

DATA = Path(__file__).parents[1] / "tests" / "reference" / "data"
BFI = {area: [f"{area}{i}" for i in range(1, 6)] for area in "ACENO"}
HS = {"visual": ["x1", "x2", "x3"], "textual": ["x4", "x5", "x6"], "speed": ["x7", "x8", "x9"]}

TASKS = [
    Task("ordinal, 25 items", "bfi", lambda d: rs.fit_cfa(d, BFI, estimator="dwls", std_lv=True), 0.3),
    Task("ordinal, 25 items, n = 138", "small", lambda d: rs.fit_cfa(d, BFI, estimator="dwls", std_lv=True), 0.3),
    Task("likelihood, 25 items", "bfi", lambda d: rs.fit_cfa(d, BFI), None),
    Task("robust likelihood, 25 items", "bfi", lambda d: rs.fit_cfa(d, BFI, estimator="mlr"), None),
    Task("full information, 25 items", "holes", lambda d: rs.fit_cfa(d, BFI, missing="fiml"), None, 1),
    Task("likelihood, 9 items", "hs", lambda d: rs.fit_cfa(d, HS), None),
    Task("invariance, 4 levels", "hs", lambda d: rs.measurement_invariance(d, HS, group="school"), None),
]


def main() -> None:
    bfi = pd.read_csv(DATA / "bfi.csv").iloc[:, :25]
    data = {
        "bfi": bfi.dropna(),
        "small": pd.read_csv(DATA / "bfi_n138.csv"),
        "holes": bfi,
        "hs": pd.read_csv(DATA / "hs1939.csv"),
    }
    print(compare("cfa.R", TASKS, data).round(4).to_string(index=False))


if __name__ == "__main__":
    main()
