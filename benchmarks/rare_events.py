"""What 5, 10, 20 and 40 events among 197 practices can carry: a simulation with known truth.

    OPENBLAS_NUM_THREADS=1 python benchmarks/rare_events.py [--replicates 400] [--n-boot 100]

For each number of events expected: bias and coverage of Firth's penalty against maximum likelihood for one continuous
and one rare binary predictor, the mean risk predicted by Firth, FLIC and FLAC over the share observed, and the
c-statistic corrected for optimism against the true one on new rows. Errors are Monte-Carlo standard errors.
"""

from __future__ import annotations

import argparse

import numpy as np
import pandas as pd
from scipy.optimize import brentq
from scipy.special import expit

import resilience_stats as rs

PRACTICES, EVENTS = 197, (5, 10, 20, 40)
TRUTH = {"x": 0.6, "z": 1.0}


def practices(n: int, intercept: float, rng: np.random.Generator) -> pd.DataFrame:
    """Rows with a continuous predictor, a binary one that 15 % have, and the event."""
    x, z = rng.normal(size=n), (rng.random(n) < 0.15).astype(float)
    risk = expit(intercept + TRUTH["x"] * x + TRUTH["z"] * z)
    return pd.DataFrame({"x": x, "z": z, "risk": risk, "event": (rng.random(n) < risk).astype(int)})


def intercept_for(events: float) -> float:
    """Intercept that gives this many events on average."""
    rng = np.random.default_rng(0)
    x, z = rng.normal(size=200_000), (rng.random(200_000) < 0.15).astype(float)
    linear = TRUTH["x"] * x + TRUTH["z"] * z
    return float(brentq(lambda a: expit(a + linear).mean() - events / PRACTICES, -12, 2))


def replicate(intercept: float, rng: np.random.Generator, fresh: pd.DataFrame, n_boot: int) -> dict[str, float]:
    """One simulated year."""
    d = practices(PRACTICES, intercept, rng)
    out: dict[str, float] = {"events": float(d["event"].sum())}
    if not 2 <= d["event"].sum() <= PRACTICES - 2:
        return out
    quiet = {"check_budget": "off"}
    fits = {k: rs.fit_logistic(d, "event", ["x", "z"], penalty=k, **quiet) for k in ("none", "firth", "flic", "flac")}
    out["separated"] = float(not fits["none"].glance()["converged"].iloc[0])
    for name in ("none", "firth"):
        rows = fits[name].tidy().set_index("term")
        for term, truth in TRUTH.items():
            out[f"{name}_{term}"] = rows.loc[term, "estimate"] - truth
            out[f"{name}_{term}_covers"] = float(rows.loc[term, "conf_low"] <= truth <= rows.loc[term, "conf_high"])
    for name in ("firth", "flic", "flac"):
        out[f"{name}_predicted"] = fits[name].fitted.sum() - d["event"].sum()
    checked = rs.validate_model(fits["firth"], n_boot=n_boot, random_state=int(rng.integers(2**31)))
    beta = fits["firth"].tidy()["estimate"].to_numpy()
    new = rs.calibration(fresh["event"], expit(beta[0] + fresh[["x", "z"]].to_numpy() @ beta[1:])).glance().iloc[0]
    rows = checked.tidy().set_index("term")
    out |= {
        "c_apparent": rows.loc["c_statistic", "apparent"] - new["c_statistic"],
        "c_corrected": rows.loc["c_statistic", "corrected"] - new["c_statistic"],
        "slope_corrected": rows.loc["slope", "corrected"] - new["calibration_slope"],
    }
    return out


def simulate(replicates: int, n_boot: int, seed: int = 2019) -> pd.DataFrame:
    rows = []
    for events in EVENTS:
        intercept = intercept_for(events)
        fresh = practices(3000, intercept, np.random.default_rng(seed + 1))
        streams = np.random.default_rng([seed, events]).spawn(replicates)
        made = pd.DataFrame([replicate(intercept, rng, fresh, n_boot) for rng in streams])
        likelihood = made[made["separated"] == 0]
        summary = {"events_expected": events, "usable": int(made["separated"].notna().sum())}
        for column in made.columns.drop("events"):
            source = likelihood if column.startswith("none_") and not column.endswith("covers") else made
            summary[column] = source[column].mean()
            summary[f"{column}_mcse"] = source[column].std() / np.sqrt(source[column].notna().sum())
        rows.append(summary)
    return pd.DataFrame(rows).set_index("events_expected").T


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--replicates", type=int, default=400)
    parser.add_argument("--n-boot", type=int, default=100)
    options = parser.parse_args()
    print(simulate(options.replicates, options.n_boot).round(3).to_string())
