"""What the intervals and ranks of the drivers chapter are worth at its own size, by simulation with known truth.

    OPENBLAS_NUM_THREADS=1 python benchmarks/operating_characteristics.py [--replicates 1000] [--jobs 2] [--out x.csv]

138 practices in 30 networks of unequal size; networks differ (intraclass correlation 0.15), spread grows with the first
driver, two drivers lie at network level, and half of the drivers do nothing. Four questions:

coverage    of 95 % intervals of each kind, for a driver of practices and one of networks
discoveries share of the null drivers with p < 0.05, and with q < 0.05 after Benjamini-Hochberg
missing     bias and coverage with 10 % of a driver missing where the outcome is low: complete rows against imputation
ranks       how often the driver said to be first with probability p is the truly largest
"""

from __future__ import annotations

import argparse
from functools import partial
from itertools import pairwise

import joblib
import numpy as np
import pandas as pd

import resilience_stats as rs
from resilience_stats.stats.resampling import resample

N, NETWORKS, ICC = 138, 30, 0.15
PRACTICE = [f"p{j}" for j in range(6)]
NETWORK = ["n0", "n1"]
#: Effects in standard deviations; the rest are null.
TRUTH = {"p0": 0.35, "p1": 0.20, "p2": 0.10, "n0": 0.20}
DRIVERS = [*PRACTICE, *NETWORK]
KINDS = ("classical", "HC3", "CR1S", "CR2", "mixed")
RANK_EDGES = np.array([0.0, 0.4, 0.6, 0.8, 0.9, 0.95, 1.0 + 1e-9])


def practices(rng: np.random.Generator) -> pd.DataFrame:
    share = rng.gamma(3.0, size=NETWORKS)
    pcn = rng.choice(NETWORKS, size=N, p=share / share.sum())
    common = 0.5 * rng.normal(size=(N, 1)) + 0.4 * rng.normal(size=(NETWORKS, 1))[pcn]
    x = 0.8 * rng.normal(size=(N, len(PRACTICE))) + common
    z = rng.normal(size=(NETWORKS, len(NETWORK)))[pcn]
    d = pd.DataFrame(np.column_stack([x, z]), columns=DRIVERS)
    noise = np.exp(0.3 * d["p0"]) * rng.normal(size=N) * np.sqrt(1 - ICC)
    d["y"] = sum(b * d[name] for name, b in TRUTH.items()) + rng.normal(size=NETWORKS)[pcn] * np.sqrt(ICC) + noise
    return d.assign(pcn=pcn)


def fitted(d: pd.DataFrame, kind: str) -> pd.DataFrame:
    if kind == "mixed":
        return rs.fit_mixed(d, "y", DRIVERS, group="pcn").tidy().set_index("term")
    cluster = "pcn" if kind.startswith("CR") else None
    return rs.fit_linear(d, "y", DRIVERS, vcov=kind, cluster=cluster).tidy().set_index("term")


def coverage_and_discoveries(rng: np.random.Generator) -> np.ndarray:
    d = practices(rng)
    null = [name for name in DRIVERS if name not in TRUTH]
    out = []
    for kind in KINDS:
        tidy = fitted(d, kind)
        for name in ("p0", "p1", "n0", "n1"):
            truth = TRUTH.get(name, 0.0)
            row = tidy.loc[name]
            out += [float(row["conf_low"] <= truth <= row["conf_high"]), row["conf_high"] - row["conf_low"]]
        p = tidy.loc[DRIVERS, "p_value"]
        q = pd.Series(np.minimum.accumulate((np.sort(p) * len(p) / np.arange(1, len(p) + 1))[::-1])[::-1])
        q.index = p.sort_values().index
        out += [float((p[null] < 0.05).mean()), float((q[null] < 0.05).any())]
    return np.array(out)


def with_missing(rng: np.random.Generator) -> np.ndarray:
    d = practices(rng)
    chance = 1.0 / (1.0 + np.exp(2.2 + 1.5 * d["y"]))
    d.loc[rng.random(N) < np.minimum(0.10 * chance / chance.mean(), 1.0), "p1"] = np.nan
    complete = rs.fit_linear(d, "y", DRIVERS).tidy()
    filled = rs.impute(d.drop(columns="pcn"), m=10, random_state=int(rng.integers(2**31)))
    pooled = rs.pool([rs.fit_linear(f, "y", DRIVERS) for f in filled.completed]).tidy()
    out = []
    for tidy in (complete, pooled):
        for name in ("p0", "p1"):
            row = tidy.set_index("term").loc[name]
            out += [row["estimate"] - TRUTH[name], float(row["conf_low"] <= TRUTH[name] <= row["conf_high"])]
    return np.array(out)


def ranks(rng: np.random.Generator) -> np.ndarray:
    found = rs.relative_importance(
        practices(rng), "y", DRIVERS, n_boot=200, random_state=int(rng.integers(2**31))
    ).tidy()
    return found["p_rank_1"].to_numpy()


def with_error(values: np.ndarray) -> tuple[float, float]:
    return float(values.mean()), float(values.std(ddof=1) / np.sqrt(len(values)))


def tabulate(first: np.ndarray, second: np.ndarray, third: np.ndarray) -> pd.DataFrame:
    rows: list[tuple[str, str, str, float, float]] = []
    names = ["p0 (practice, uneven spread)", "p1 (practice)", "n0 (network)", "n1 (network, null)"]
    for k, kind in enumerate(KINDS):
        block = first[:, 10 * k : 10 * (k + 1)]
        for j, name in enumerate(names):
            rows.append(("coverage", kind, name, *with_error(block[:, 2 * j])))
            rows.append(("width", kind, name, *with_error(block[:, 2 * j + 1])))
        rows.append(("discoveries", kind, "null drivers with p < 0.05", *with_error(block[:, 8])))
        rows.append(("discoveries", kind, "any null driver with q < 0.05", *with_error(block[:, 9])))
    for k, kind in enumerate(("complete rows", "imputed")):
        for j, name in enumerate(("p0", "p1")):
            rows.append(("bias", kind, name, *with_error(second[:, 4 * k + 2 * j])))
            rows.append(("coverage", kind, name, *with_error(second[:, 4 * k + 2 * j + 1])))
    said, truth = third.ravel(), np.tile(np.array(DRIVERS) == "p0", len(third))
    for low, high in pairwise(RANK_EDGES):
        inside = (said >= low) & (said < high)
        if inside.sum() > 1:
            label = f"said {low:.2f} to {min(high, 1.0):.2f} (mean {said[inside].mean():.2f}, n {inside.sum()})"
            rows.append(("rank 1", "bootstrap", label, *with_error(truth[inside].astype(float))))
    return pd.DataFrame(rows, columns=["question", "kind", "of", "value", "simulation_error"])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--replicates", type=int, default=1000)
    parser.add_argument("--jobs", type=int, default=None)
    parser.add_argument("--seed", type=int, default=2019)
    parser.add_argument("--out")
    options = parser.parse_args()
    run = partial(resample, n_boot=options.replicates, chunk=25)
    with joblib.parallel_config(n_jobs=options.jobs):
        parts = [
            run(work, random_state=options.seed + k)
            for k, work in enumerate((coverage_and_discoveries, with_missing, ranks))
        ]
    table = tabulate(*parts)
    with pd.option_context("display.max_rows", None, "display.width", 140, "display.max_colwidth", 60):
        print(table.round(4).to_string(index=False))
    if options.out:
        table.to_csv(options.out, index=False)


if __name__ == "__main__":
    main()
