"""LMG by one Gram sweep against all-subsets regression in Python and in R, and with bootstraps against R boot + lm.

    OPENBLAS_NUM_THREADS=1 python benchmarks/importance.py [--rows 138] [--resamples 100] [--sample 300]

The Python peers fit `--sample` of the 2^p subsets and are scaled to all, the best of three runs; R runs all subsets.
Our time is that of the public function from data frame to result; dominance matrices are made when asked for and have
a line of their own. R's bootstrap runs `--resamples` and is scaled to 1,000.
"""

from __future__ import annotations

import argparse
import itertools
import subprocess
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import statsmodels.api as sm
from sklearn.linear_model import LinearRegression

import resilience_stats as rs
from resilience_stats.results.importance import ImportanceResult

BARS = {"python": 0.001, "R": 0.02, "boot": 0.1}


def generate(n: int, p: int) -> pd.DataFrame:
    rng = np.random.default_rng(p)
    x = rng.normal(size=(n, p)) + 0.6 * rng.normal(size=(n, 1))
    y = x @ np.linspace(0, 0.4, p) + 1.5 * rng.normal(size=n)
    return pd.DataFrame(x, columns=[f"x{j:02d}" for j in range(p)]).assign(y=y)


def best_of(work: Callable[[], object], repetitions: int = 15) -> float:
    times = []
    for _ in range(repetitions):
        start = time.perf_counter()
        work()
        times.append(time.perf_counter() - start)
    return min(times)


def by_statsmodels(x: np.ndarray, y: np.ndarray) -> float:
    return float(sm.OLS(y, sm.add_constant(x)).fit().rsquared)


def by_sklearn(x: np.ndarray, y: np.ndarray) -> float:
    return float(LinearRegression().fit(x, y).score(x, y))


def by_lstsq(x: np.ndarray, y: np.ndarray) -> float:
    full = np.column_stack([np.ones(len(y)), x])
    e = y - full @ np.linalg.lstsq(full, y, rcond=None)[0]
    return float(1 - e @ e / ((y - y.mean()) ** 2).sum())


def subsets_in_python(d: pd.DataFrame, fit: Callable[[np.ndarray, np.ndarray], float], sample: int) -> float:
    x, y = d.drop(columns="y").to_numpy(), d["y"].to_numpy()
    p = x.shape[1]
    every = [s for k in range(1, p + 1) for s in itertools.combinations(range(p), k)]
    chosen = [
        every[i] for i in np.random.default_rng(1).choice(len(every), size=min(sample, len(every)), replace=False)
    ]
    return best_of(lambda: [fit(x[:, s], y) for s in chosen], 3) * 2**p / len(chosen)


def in_r(folder: Path, resamples: int) -> dict[str, float]:
    script = Path(__file__).with_suffix(".R")
    out = subprocess.run(
        ["Rscript", str(script), str(folder), str(resamples)], capture_output=True, text=True, check=True
    )
    return {name: float(seconds) for name, seconds in (line.split() for line in out.stdout.splitlines())}


def dominance(found: ImportanceResult) -> list[object]:
    return [found.metrics, found.conditional_dominance, found.complete_dominance]


def show(what: str, ours: float, peer: str, theirs: float, bar: float | None = None) -> None:
    limit = "" if bar is None else f"  (bar {bar:g}: {'met' if ours / theirs <= bar else 'NOT met'})"
    print(f"{what:32} ours {ours * 1e3:9.2f} ms   {peer:28} {theirs:9.3f} s   ratio {ours / theirs:.5f}{limit}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=int, default=138)
    parser.add_argument("--resamples", type=int, default=100)
    parser.add_argument("--sample", type=int, default=300)
    options = parser.parse_args()
    frames = {p: generate(options.rows, p) for p in (10, 12, 15)}
    boot = generate(options.rows, 8)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for p, d in frames.items():
            d.to_csv(folder / f"p{p}.csv", index=False)
        boot.to_csv(folder / "boot.csv", index=False)
        r = in_r(folder, options.resamples)
        theirs = {p: pd.read_csv(folder / f"lmg_{p}.csv")["lmg"].to_numpy() for p in frames}
    for p, d in frames.items():
        xs = list(d.columns[:-1])
        found = rs.relative_importance(d, "y", xs).tidy()["estimate"].to_numpy()
        gap = float(np.max(np.abs(found - theirs[p])))
        ours = best_of(lambda d=d, xs=xs: rs.relative_importance(d, "y", xs))
        print(f"\n{p} predictors, {options.rows} rows; largest difference from R {gap:.1e}")
        peers = {"statsmodels OLS": by_statsmodels, "sklearn LinearRegression": by_sklearn, "numpy lstsq": by_lstsq}
        for peer, fit in peers.items():
            bar = BARS["python"] if p == 15 else None
            show(f"LMG, 2^{p} subsets", ours, peer, subsets_in_python(d, fit, options.sample), bar)
        with_dominance = best_of(lambda d=d, xs=xs: dominance(rs.relative_importance(d, "y", xs)))
        show("with all dominance matrices", with_dominance, "R brute force", r[f"subsets_{p}"])
        show(f"LMG, 2^{p} subsets", ours, "R brute force", r[f"subsets_{p}"], BARS["R"] if p == 15 else None)
    xs = list(boot.columns[:-1])
    ours = best_of(lambda: rs.relative_importance(boot, "y", xs, n_boot=1000, random_state=1), 3)
    print()
    show("1,000 bootstraps of 8 drivers", ours, "R boot + lm + importance", r["boot"] * 1000 / options.resamples, 0.1)


if __name__ == "__main__":
    main()
