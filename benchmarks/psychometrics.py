"""Polychoric correlations, parallel analysis, reliability and factors: our time against R's, in one run.

    OPENBLAS_NUM_THREADS=1 python benchmarks/psychometrics.py [--iterations 5] [--growth growth.csv] [--plot growth.svg]

Data are generated: ordinal items with five categories. Parallel analysis on polychoric correlations takes R minutes for
100 iterations, so both sides run `--iterations` of it; the ratio does not depend on their number beyond a few.
"""

from __future__ import annotations

import argparse
import subprocess
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

import resilience_stats as rs

CUTS = (-1.2, -0.4, 0.3, 1.1)
GROWTH_N = (138, 500, 1000, 2500, 6500)
GROWTH_K = (10, 20, 30, 40, 50)


@dataclass(frozen=True)
class Task:
    name: str
    n: int
    k: int
    ours: Callable[[pd.DataFrame, int], object]
    peers: dict[str, float | None]
    iterations: int = 1
    repetitions: int = 3


def generate(n: int, k: int, seed: int = 1) -> pd.DataFrame:
    """Items of five correlated factors, five categories each."""
    rng = np.random.default_rng(seed)
    factors = rng.normal(size=(n, 5)) @ np.linalg.cholesky(np.full((5, 5), 0.4) + 0.6 * np.eye(5)).T
    latent = 0.65 * factors[:, np.arange(k) % 5] + np.sqrt(1 - 0.65**2) * rng.normal(size=(n, k))
    return pd.DataFrame(np.digitize(latent, CUTS) + 1, columns=[f"q{j + 1:02d}" for j in range(k)])


def tasks(iterations: int) -> list[Task]:
    polychoric = lambda x, _: rs.correlate(x, kind="polychoric")  # noqa: E731
    both = {"psych::polychoric": 0.05, "lavaan::lavCor": 0.2}
    large = {"psych::polychoric": 0.1, "lavaan::lavCor": 0.2}
    parallel = lambda x, b: rs.suggest_factors(x, n_iter=b)  # noqa: E731
    shuffled = lambda x, b: rs.suggest_factors(x, correlation="polychoric", n_iter=b)  # noqa: E731
    return [
        Task("polychoric", 138, 25, polychoric, dict.fromkeys(both)),
        Task("polychoric", 1000, 25, polychoric, both),
        Task("polychoric", 6500, 50, polychoric, large),
        Task("parallel analysis, Pearson", 1000, 25, parallel, {"psych::fa.parallel": 0.05}, iterations=100),
        Task("parallel analysis, Pearson", 138, 25, parallel, {"psych::fa.parallel": 0.05}, iterations=100),
        Task("parallel analysis, polychoric", 1000, 25, shuffled, {"psych::fa.parallel poly": 0.1}, iterations, 1),
        Task("reliability", 1000, 25, lambda x, _: rs.reliability(x), {"psych::alpha": None}),
        Task("omega, three factors", 1000, 15, lambda x, _: rs.reliability(x, n_factors=3), {"psych::omega": None}),
        Task(
            "five minres factors", 1000, 25, lambda x, _: rs.fit_factors(x, 5, n_starts=1), {"psych::fa minres 5": None}
        ),
    ]


def growth() -> list[Task]:
    polychoric = lambda x, _: rs.correlate(x, kind="polychoric")  # noqa: E731
    peers: dict[str, float | None] = {"psych::polychoric": None, "lavaan::lavCor": None}
    by_n = [Task("growth with rows", n, 25, polychoric, peers, repetitions=1) for n in GROWTH_N]
    return by_n + [Task("growth with items", 1000, k, polychoric, peers, repetitions=1) for k in GROWTH_K]


def time_ours(task: Task, data: pd.DataFrame) -> float:
    task.ours(data, min(task.iterations, 2))  # imports and caches are not what is timed; nor are R's
    times = []
    for _ in range(max(task.repetitions, 3)):
        start = time.perf_counter()
        task.ours(data, task.iterations)
        times.append(time.perf_counter() - start)
    return float(np.median(times))


def compare(work: list[Task]) -> pd.DataFrame:
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        for i, task in enumerate(work):
            data, csv = generate(task.n, task.k), Path(folder) / f"task{i}.csv"
            data.to_csv(csv, index=False)
            ours = time_ours(task, data)
            shared = {"task": task.name, "n": task.n, "k": task.k, "iterations": task.iterations, "ours": ours}
            shared |= {"csv": csv.as_posix(), "repetitions": task.repetitions}
            rows += [{"peer": peer, "bar": bar} | shared for peer, bar in task.peers.items()]
        given, taken = Path(folder) / "tasks.csv", Path(folder) / "times.csv"
        pd.DataFrame(rows).to_csv(given, index=False)
        script = Path(__file__).with_suffix(".R")
        subprocess.run(["Rscript", str(script), str(given), str(taken)], check=True)
        table = pd.read_csv(taken)
    table["ratio"] = table["ours"] / table["seconds"]
    return table[["task", "n", "k", "iterations", "ours", "peer", "seconds", "ratio", "bar"]]


def plot(table: pd.DataFrame, path: Path) -> None:
    import matplotlib.pyplot as plt

    figure, axes = plt.subplots(1, 2, figsize=(9, 3.5), layout="constrained")
    for axis, (name, column) in zip(axes, (("growth with rows", "n"), ("growth with items", "k")), strict=True):
        rows = table[table["task"] == name]
        for peer, part in rows.groupby("peer"):
            axis.loglog(part[column], part["seconds"], marker="o", label=peer)
        ours = rows.drop_duplicates(column)
        axis.loglog(ours[column], ours["ours"], marker="s", label="resilience_stats")
        axis.set_xlabel({"n": "rows (25 items)", "k": "items (1,000 rows)"}[column])
        axis.set_title("seconds", loc="left", fontsize=9)
    axes[0].legend(fontsize=8)
    figure.savefig(path)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--iterations", type=int, default=5, help="of polychoric parallel analysis")
    parser.add_argument("--growth", type=Path, help="also time growth with rows and items, and write it here")
    parser.add_argument("--plot", type=Path, help="figure of the growth")
    arguments = parser.parse_args()
    table = compare(tasks(arguments.iterations))
    print(table.to_string(index=False, float_format=lambda v: f"{v:.4f}"))
    missed = table[table["ratio"] > table["bar"]]
    print("every bar met" if missed.empty else f"{len(missed)} bars missed")
    if arguments.growth:
        grown = compare(growth())
        grown.to_csv(arguments.growth, index=False)
        print(grown.to_string(index=False, float_format=lambda v: f"{v:.4f}"))
        if arguments.plot:
            plot(grown, arguments.plot)


if __name__ == "__main__":
    main()
