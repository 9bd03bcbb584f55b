"""What comparing practices and judging programmes claim, tried on invented cohorts of 138 practices.

    python benchmarks/practices_simulation.py [replicates] [--write]

A programme is given to the forty lowest of a first wave and does nothing, or adds four points; ranks and funnels are
those of scores with a known error. With ``--write`` the figures become data/schema/reference/practice_simulations.json,
which the report quotes.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable

import numpy as np
import pandas as pd

import resilience_stats as rs
from resilience_stats.resources import schema_directory

SEED, PRACTICES, SUPPORTED, EFFECT = 20261122, 138, 40, 4.0
RELIABILITY, SPREAD, ERROR = 0.7, 8.0, 6.0


def supported_lowest(rng: np.random.Generator, effect: float) -> pd.DataFrame:
    """Return two waves of which the lowest of the first are given a programme that adds `effect`."""
    true = rng.normal(60, 10 * np.sqrt(RELIABILITY), PRACTICES)
    pre, post = (true + rng.normal(0, 10 * np.sqrt(1 - RELIABILITY), PRACTICES) for _ in range(2))
    joined = pre <= np.sort(pre)[SUPPORTED - 1]
    return pd.DataFrame({"pre": pre, "post": post + effect * joined, "joined": np.where(joined, "yes", "no")})


def judged(rng: np.random.Generator) -> dict[str, float]:
    """Return what the naive change and the comparison say of a programme without effect, and of one with."""
    said = {}
    for name, effect in (("nothing", 0.0), ("planted", EFFECT)):
        fit = rs.programme_change(supported_lowest(rng, effect), before="pre", after="post", group="joined")
        own = fit.paired.set_index("group").loc["yes"]
        said |= {
            f"naive_{name}": float(own["conf_low"] > 0 or own["conf_high"] < 0),
            f"found_{name}": float(fit.fit["effect_low"] > 0 or fit.fit["effect_high"] < 0),
            f"covered_{name}": float(fit.fit["effect_low"] <= effect <= fit.fit["effect_high"]),
            f"error_{name}": float(fit.fit["effect"]) - effect,
        }
    return said


def ranked(rng: np.random.Generator) -> dict[str, float]:
    """Return how often intervals of scores and ranks hold the truth, and how often the funnels flag."""
    truth = rng.normal(60, SPREAD, PRACTICES)
    scores, rank = truth + rng.normal(0, ERROR, PRACTICES), truth.argsort().argsort() + 1
    said = {}
    fit = rs.benchmark(scores, std_error=ERROR, n_draws=1000, random_state=rng).tidy()
    said["score_covered"] = float(fit["conf_low"].le(truth).mul(fit["conf_high"].ge(truth)).mean())
    said["rank_covered"] = float(((fit["rank_low"] <= rank) & (rank <= fit["rank_high"])).mean())
    for kind in ("none", "multiplicative", "additive"):
        for consistent in (False, True):
            found = rs.benchmark(scores, std_error=ERROR, n_draws=2, overdispersion=kind, consistent=consistent).tidy()
            said[f"flagged_{kind}{'_consistent' if consistent else ''}"] = float(
                (found["funnel_flag_95"] != "in").mean()
            )
    return said


def tried(
    make: Callable[[np.random.Generator], dict[str, float]], replicates: int, seed: int
) -> dict[str, list[float]]:
    """Return the mean of each figure over the replicates, with its Monte-Carlo error."""
    streams = np.random.SeedSequence([SEED, seed]).spawn(replicates)
    frame = pd.DataFrame([make(np.random.default_rng(s)) for s in streams])
    error = frame.std(ddof=1) / np.sqrt(replicates)
    return {str(name): [float(frame[name].mean()), float(error[name])] for name in frame}


def main() -> None:
    """Try, print and, if asked, write."""
    numbers = [int(a) for a in sys.argv[1:] if a.isdigit()]
    replicates = numbers[0] if numbers else 1000
    begun = time.perf_counter()
    figures = {**tried(judged, replicates, 1), **tried(ranked, replicates, 2)}
    for name, (value, error) in figures.items():
        print(f"{name:<34}{value:9.4f}  (Monte-Carlo error {error:.4f})")
    print(f"{replicates} replicates, {time.perf_counter() - begun:.0f} s")
    if "--write" in sys.argv:
        settings = {"seed": SEED, "replicates": replicates, "practices": PRACTICES, "supported": SUPPORTED,
                    "effect": EFFECT, "reliability": RELIABILITY, "spread": SPREAD, "error": ERROR}  # fmt: skip
        made = {"title": "Comparing practices and judging programmes, tried on invented cohorts", **settings,
                "figures": {k: {"value": v, "monte_carlo_error": e} for k, (v, e) in figures.items()}}  # fmt: skip
        path = schema_directory() / "reference" / "practice_simulations.json"
        path.write_text(json.dumps(made, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
