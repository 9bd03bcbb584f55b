"""Do the intervals cover, and is the number of factors found, at the size of a cohort? Known truth, n = 138.

    OPENBLAS_NUM_THREADS=1 python benchmarks/psychometrics_simulation.py [--replicates 400] [--write results.csv]

Each row gives a share with its Monte-Carlo error: of a proportion, or of the mean over replicates where each replicate
gives several intervals.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd

import resilience_stats as rs
from resilience_stats.stats.alpha_bootstrap import alpha_bootstrap
from resilience_stats.stats.extraction import extract
from resilience_stats.stats.polychoric import cell_probabilities
from resilience_stats.stats.reliability import cronbach_alpha
from resilience_stats.stats.rotation import rotate

N = 138
CUTS = np.array([-1.2, -0.4, 0.3, 1.1])
RULES = ("n_components_mean", "n_components_q95", "n_factors_mean", "n_factors_q95", "n_map2", "n_map4")
CONGENERIC = np.array([0.8, 0.7, 0.65, 0.6, 0.5])
Draw = Callable[[np.random.Generator], np.ndarray]


def one_factor(rng: np.random.Generator) -> np.ndarray:
    return rng.normal(size=(N, 1)) * CONGENERIC + rng.normal(size=(N, 5)) * np.sqrt(1 - CONGENERIC**2)


def ordinal(draw: Draw) -> Draw:
    return lambda rng: np.digitize(draw(rng), CUTS).astype(float)


def ordinal_covariance(r: np.ndarray) -> np.ndarray:
    """Covariances of the category numbers of cut normal variables, from their exact cell probabilities."""
    k, scores = len(r), np.arange(len(CUTS) + 1.0)
    first, second = np.triu_indices(k, 1)
    cuts = np.tile(CUTS, (len(first), 1))
    cells = cell_probabilities(cuts, cuts, r[first, second])
    share = cells[0].sum(axis=1)
    mean = float(share @ scores)
    out = np.full((k, k), 0.0)
    out[first, second] = np.einsum("quv,u,v->q", cells, scores, scores) - mean**2
    return out + out.T + np.diag(np.full(k, float(share @ scores**2) - mean**2))


def simple_structure(m: int, per_factor: int, loading: float, correlation: float) -> tuple[np.ndarray, np.ndarray]:
    loadings = np.kron(np.eye(m), np.full((per_factor, 1), loading))
    phi = np.full((m, m), correlation) + (1 - correlation) * np.eye(m)
    r = loadings @ phi @ loadings.T
    np.fill_diagonal(r, 1.0)
    return loadings, r


def normal(r: np.ndarray) -> Draw:
    root = np.linalg.cholesky(r)
    return lambda rng: rng.normal(size=(N, len(r))) @ root.T


def share(name: str, hits: np.ndarray, target: float | None = None) -> dict[str, object]:
    """One row; `hits` has one value a replicate, itself a share where a replicate gives several intervals."""
    error = float(np.std(hits, ddof=1) / np.sqrt(len(hits)))
    return {
        "quantity": name,
        "share": float(np.mean(hits)),
        "mc_error": error,
        "target": target,
        "replicates": len(hits),
    }


def alpha_coverage(replicates: int) -> list[dict[str, object]]:
    r = np.outer(CONGENERIC, CONGENERIC)
    np.fill_diagonal(r, 1.0)
    rows = []
    for name, draw, truth in (
        ("normal items", one_factor, cronbach_alpha(r)),
        ("five categories", ordinal(one_factor), cronbach_alpha(ordinal_covariance(r))),
    ):
        hits, low_misses = [], []
        for rng in np.random.default_rng(1).spawn(replicates):
            fit = rs.reliability(pd.DataFrame(draw(rng))).fit
            hits.append(fit["alpha_low"] <= truth <= fit["alpha_high"])
            low_misses.append(truth < fit["alpha_low"])
        rows.append(share(f"alpha, Feldt 95 %, {name}: covers", np.array(hits), 0.95))
        rows.append(share(f"alpha, Feldt 95 %, {name}: truth below", np.array(low_misses), 0.025))
    return rows


def bootstrap_coverage(replicates: int, n_boot: int = 499) -> list[dict[str, object]]:
    shared = CONGENERIC.sum() ** 2
    truth = {"omega_ml": shared / (shared + np.sum(1 - CONGENERIC**2))}
    r = np.outer(CONGENERIC, CONGENERIC)
    np.fill_diagonal(r, 1.0)
    truth["alpha"] = cronbach_alpha(r)
    hits: dict[tuple[str, str], list[bool]] = {}
    for i, rng in enumerate(np.random.default_rng(2).spawn(replicates)):
        records = alpha_bootstrap(
            one_factor(rng), n_boot=n_boot, level=0.95, random_state=i, statistics=("alpha", "omega_ml")
        )
        for record in records:
            key = (str(record["statistic"]), str(record["method"]))
            value = truth[key[0]]
            hits.setdefault(key, []).append(record["conf_low"] <= value <= record["conf_high"])  # type: ignore[operator]
    wanted = ("percentile", "bca_jackknife")
    return [
        share(f"{statistic}, bootstrap 95 % ({method}): covers", np.array(found), 0.95)
        for (statistic, method), found in hits.items()
        if method in wanted
    ]


def loading_coverage(replicates: int, n_boot: int = 200) -> list[dict[str, object]]:
    _, r = simple_structure(3, 4, 0.7, 0.3)
    truth, draw = rotate(rotate(extract(r, 3).loadings, "varimax").loadings, "oblimin").loadings, normal(r)
    large, small = [], []
    for i, rng in enumerate(np.random.default_rng(3).spawn(replicates)):
        fit = rs.fit_factors(pd.DataFrame(draw(rng)), 3, n_boot=n_boot, random_state=i, n_starts=1)
        table = fit.bootstrap
        assert table is not None
        # Columns of the population in the order of the sample's: the largest cross-product.
        order = np.argmax(np.abs(truth.T @ fit.loadings.to_numpy()), axis=0)
        want = truth[:, order].ravel()
        inside = (table["conf_low"].to_numpy() <= want) & (want <= table["conf_high"].to_numpy())
        large.append(inside[np.abs(want) > 0.3].mean())
        small.append(inside[np.abs(want) <= 0.3].mean())
    return [
        share("salient loadings, bootstrap 95 %: covers", np.array(large), 0.95),
        share("zero loadings, bootstrap 95 %: covers", np.array(small), 0.95),
    ]


def polychoric_coverage(replicates: int) -> list[dict[str, object]]:
    _, r = simple_structure(1, 2, np.sqrt(0.5), 0.0)
    draw, hits = ordinal(normal(r)), []
    for rng in np.random.default_rng(4).spawn(replicates):
        row = rs.correlate(pd.DataFrame(draw(rng)), kind="polychoric").tidy().iloc[0]
        hits.append(row["conf_low"] <= 0.5 <= row["conf_high"])
    return [share("polychoric correlation 95 %: covers", np.array(hits), 0.95)]


def factor_number(replicates: int) -> list[dict[str, object]]:
    rows = []
    for loading in (0.5, 0.7):
        _, r = simple_structure(5, 5, loading, 0.3)
        found: dict[str, list[bool]] = {}
        for i, rng in enumerate(np.random.default_rng(5).spawn(replicates)):
            items = pd.DataFrame(ordinal(normal(r))(rng))
            fit = rs.suggest_factors(items, n_iter=100, random_state=i).fit
            for rule in (
                "n_components_mean",
                "n_components_q95",
                "n_factors_mean",
                "n_factors_q95",
                "n_map2",
                "n_map4",
            ):
                found.setdefault(rule, []).append(fit[rule] == 5)
        rows += [share(f"5 factors, loadings {loading}: {rule} right", np.array(v)) for rule, v in found.items()]
    return rows


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--replicates", type=int, default=400)
    parser.add_argument("--write", type=Path)
    arguments = parser.parse_args()
    few = max(arguments.replicates // 4, 20)
    rows = [
        *alpha_coverage(arguments.replicates),
        *bootstrap_coverage(few),
        *polychoric_coverage(arguments.replicates),
        *loading_coverage(max(few // 2, 10)),
        *factor_number(few),
    ]
    table = pd.DataFrame(rows)
    print(table.to_string(index=False, float_format=lambda v: f"{v:.3f}"))
    if arguments.write:
        table.to_csv(arguments.write, index=False)


if __name__ == "__main__":
    main()
