"""Do the tests and intervals of factor models keep their word at the size of a cohort? Simulations with known truth.

    OPENBLAS_NUM_THREADS=1 python benchmarks/cfa_simulation.py [--replicates 400] [--sizes 138 500] [--csv figures.csv]

At n = 138 and at n = 500, two areas of four items, normal or skewed five-point answers: how often the invariance tests
of two equal groups reject at 5 %, how often the model's own test rejects, and how often 95 % intervals of the loadings
and of the graded response slopes hold the truth. Every figure is printed with its Monte-Carlo standard error.
"""

from __future__ import annotations

import argparse
import warnings

import numpy as np
import pandas as pd

import resilience_stats as rs
from resilience_stats.stats.resampling import resample

AREAS = {"team": ["q1", "q2", "q3", "q4"], "care": ["q5", "q6", "q7", "q8"]}
ITEMS = [item for items in AREAS.values() for item in items]
LOADINGS = np.array([0.8, 0.7, 0.6, 0.7, 0.8, 0.7, 0.6, 0.7])
CORRELATION = 0.5
CUTS = {"symmetric": (-1.2, -0.4, 0.4, 1.2), "skewed": (-2.0, -1.4, -0.8, 0.0)}
SLOPES = np.array([1.0, 1.5, 2.0, 1.5])


def answers(rng: np.random.Generator, n: int, kind: str) -> pd.DataFrame:
    """Answers of a two-area model; five points unless normal. Two equal groups in the column `place`."""
    areas = rng.multivariate_normal([0.0, 0.0], [[1.0, CORRELATION], [CORRELATION, 1.0]], size=n)
    noise = rng.normal(size=(n, 8)) * np.sqrt(1.0 - LOADINGS**2)
    x = areas[:, [0] * 4 + [1] * 4] * LOADINGS + noise
    values = x if kind == "normal" else np.digitize(x, CUTS[kind]).astype(float) + 1.0
    return pd.DataFrame(values, columns=ITEMS).assign(place=np.where(np.arange(n) % 2, "N", "S"))


def invariance(n: int, kind: str, estimator: str, replicates: int, seed: int) -> pd.DataFrame:
    """Rejection rates of the three differences between two groups that do not differ."""

    def once(rng: np.random.Generator) -> np.ndarray:
        result = rs.measurement_invariance(answers(rng, n, kind), AREAS, group="place", estimator=estimator)
        return (result.tidy()["p_value"].to_numpy()[1:] < 0.05).astype(float)

    rates = resample(once, replicates, random_state=seed).mean(axis=0)
    return rows(("metric", "scalar", "strict"), rates, replicates, "rejects, aim 0.05", n, kind, estimator)


def own_test(n: int, kind: str, estimator: str, replicates: int, seed: int) -> pd.DataFrame:
    """Rejection rate of a true model, by the corrected test where the estimator has one."""

    def once(rng: np.random.Generator) -> np.ndarray:
        fit = rs.fit_cfa(answers(rng, n, kind), AREAS, estimator=estimator, merge_below=5).fit
        plain = estimator == "ml"
        return np.array([float(fit["p_value"] < 0.05) if plain else float(fit["p_value_scaled"] < 0.05)])

    rates = resample(once, replicates, random_state=seed).mean(axis=0)
    return rows(("model test",), rates, replicates, "rejects, aim 0.05", n, kind, estimator)


def loading_intervals(n: int, kind: str, estimator: str, replicates: int, seed: int) -> pd.DataFrame:
    """Coverage of the loadings' 95 % intervals."""

    def once(rng: np.random.Generator) -> np.ndarray:
        tidy = rs.fit_cfa(answers(rng, n, kind), AREAS, estimator=estimator, std_lv=True, merge_below=5).tidy()
        own = tidy[tidy["op"] == "=~"]
        inside = (own["conf_low"].to_numpy() < LOADINGS) & (own["conf_high"].to_numpy() > LOADINGS)
        return inside.astype(float)

    rate = resample(once, replicates, random_state=seed).mean()
    return rows(("loadings",), np.array([rate]), replicates * 8, "covers, aim 0.95", n, kind, estimator)


def graded_slopes(n: int, replicates: int, seed: int) -> pd.DataFrame:
    """Coverage of the graded response slopes' 95 % intervals."""

    def once(rng: np.random.Generator) -> np.ndarray:
        behind = rng.normal(size=(n, 1)) * SLOPES + rng.logistic(size=(n, len(SLOPES)))
        frame = pd.DataFrame(np.digitize(behind, [-2.0, 0.0, 2.0]), columns=list("abcd"))
        tidy = rs.fit_graded_response(frame, merge_below=5).tidy().query("parameter == 'slope'")
        inside = (tidy["conf_low"].to_numpy() < SLOPES) & (tidy["conf_high"].to_numpy() > SLOPES)
        return inside.astype(float)

    rate = resample(once, replicates, random_state=seed).mean()
    return rows(("slopes",), np.array([rate]), replicates * len(SLOPES), "covers, aim 0.95", n, "graded", "mml")


def rows(
    terms: tuple[str, ...], rates: np.ndarray, trials: int, what: str, n: int, kind: str, estimator: str
) -> pd.DataFrame:
    """Rates with their Monte-Carlo standard errors."""
    error = np.sqrt(rates * (1.0 - rates) / trials)
    return pd.DataFrame(
        {"what": what, "term": terms, "n": n, "answers": kind, "estimator": estimator, "rate": rates, "mc_error": error}
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--replicates", type=int, default=400)
    parser.add_argument("--sizes", type=int, nargs="+", default=[138, 500])
    parser.add_argument("--csv")
    given = parser.parse_args()
    r = given.replicates
    frames = []
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for n in given.sizes:
            for kind, estimator in (("normal", "ml"), ("skewed", "ml"), ("skewed", "mlr")):
                frames.append(invariance(n, kind, estimator, r, seed=1))
            for kind, estimator in (("normal", "ml"), ("skewed", "ml"), ("skewed", "mlm"), ("skewed", "dwls")):
                frames.append(own_test(n, kind, estimator, r, seed=2))
            frames.append(loading_intervals(n, "normal", "ml", r, seed=3))
            frames.append(loading_intervals(n, "symmetric", "dwls", r, seed=3))
            frames.append(graded_slopes(n, r, seed=4))
    table = pd.concat(frames, ignore_index=True)
    print(table.round(3).to_string(index=False))
    if given.csv:
        table.to_csv(given.csv, index=False)


if __name__ == "__main__":
    main()
