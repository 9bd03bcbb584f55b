"""What 5, 10, 20 and 40 events among 197 practices can carry: a simulation with known truth.

    OPENBLAS_NUM_THREADS=1 python benchmarks/rare_events.py [--replicates 400] [--n-boot 100] [--out FILE]

For each number of events expected: bias, spread and coverage of Firth's penalty against maximum likelihood for one
continuous and one rare binary predictor; how often maximum likelihood has no answer; risks predicted by maximum
likelihood, Firth, FLIC and FLAC on new practices against their true risks, in the large and by slope; and the
c-statistic corrected for optimism against the true one. With ``--out`` the numbers are written as the packaged
reference table (``data/schema/reference/rare_events.json``), which the methods chapter prints.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from scipy.optimize import brentq
from scipy.special import expit

import resilience_stats as rs
from resilience_stats.stats.calibration import recalibration
from resilience_stats.stats.discrimination import c_statistic

PRACTICES, EVENTS = 197, (5, 10, 20, 40)
TRUTH = {"x": 0.6, "z": 1.0}
PENALTIES = ("none", "firth", "flic", "flac")
#: A data set with fewer events, or as few non-events, says nothing of two predictors and is not fitted.
LEAST = 2


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
    if not LEAST <= d["event"].sum() <= PRACTICES - LEAST:
        return {}
    fits = {k: rs.fit_logistic(d, "event", ["x", "z"], penalty=k, check_budget="off") for k in PENALTIES}
    out = {"separated": float(not fits["none"].glance()["converged"].iloc[0])}
    for name in PENALTIES:
        rows = fits[name].tidy().set_index("term")
        for term, truth in TRUTH.items():
            out[f"{name}/{term}/error"] = rows.loc[term, "estimate"] - truth
            out[f"{name}/{term}/covers"] = float(rows.loc[term, "conf_low"] <= truth <= rows.loc[term, "conf_high"])
        out |= {f"{name}/risk/{k}": v for k, v in on_new_practices(rows["estimate"].to_numpy(), fresh).items()}
    checked = rs.validate_model(fits["firth"], n_boot=n_boot, random_state=int(rng.integers(2**31)))
    rows = checked.tidy().set_index("term")
    for kind in ("apparent", "corrected"):
        out[f"{kind}/c_statistic/error"] = rows.loc["c_statistic", kind] - out["firth/risk/c_statistic"]
    out["corrected/slope/error"] = rows.loc["slope", "corrected"] - out["firth/risk/slope"]
    return out


def on_new_practices(beta: np.ndarray, fresh: pd.DataFrame) -> dict[str, float]:
    """Mean risk predicted over the mean true risk, c-statistic and calibration slope against the true risks."""
    eta = beta[0] + fresh[["x", "z"]].to_numpy() @ beta[1:]
    y = fresh["event"].to_numpy(dtype=float)
    return {"ratio": float(expit(eta).mean() / fresh["risk"].mean()), "c_statistic": c_statistic(y, eta),
            "slope": recalibration(y, np.clip(eta, -30.0, 30.0))[1]}  # fmt: skip


def simulate(replicates: int, n_boot: int, seed: int = 2019) -> pd.DataFrame:
    """Return one row for each number of events and figure: mean or share, Monte-Carlo error, replicates behind it."""
    records: list[dict[str, Any]] = []
    for events in EVENTS:
        intercept = intercept_for(events)
        fresh = practices(3000, intercept, np.random.default_rng(seed + 1))
        streams = np.random.default_rng([seed, events]).spawn(replicates)
        made = pd.DataFrame([r for rng in streams if (r := replicate(intercept, rng, fresh, n_boot))])
        finite = made["separated"] == 0
        records.append({"events": events, "figure": "usable", "value": len(made) / replicates, "mcse": 0.0,
                        "n": replicates})  # fmt: skip
        for figure in made.columns:
            # An infinite estimate has no bias; its interval, open at one end, can still cover.
            held = made.loc[finite, figure] if figure.startswith("none/") and "covers" not in figure else made[figure]
            records.append(summary(events, figure, held))
            if figure.endswith("/error") and "/c_" not in figure and "slope" not in figure:
                records.append(spread(events, figure, held))
    return pd.DataFrame(records)


def summary(events: int, figure: str, held: pd.Series) -> dict[str, Any]:
    """Mean with its error; the median of slopes, whose mean a few wild fits would decide."""
    middle = held.median() if figure.endswith("risk/slope") else held.mean()
    return {"events": events, "figure": figure, "value": middle, "mcse": held.std() / np.sqrt(len(held)),
            "n": len(held)}  # fmt: skip


def spread(events: int, figure: str, held: pd.Series) -> dict[str, Any]:
    """Root mean squared error, and its own error by the delta method."""
    square = held**2
    root = float(np.sqrt(square.mean()))
    return {"events": events, "figure": figure.removesuffix("error") + "rmse", "value": root,
            "mcse": float(square.std() / np.sqrt(len(held)) / (2 * root)), "n": len(held)}  # fmt: skip


def write(made: pd.DataFrame, path: Path, options: argparse.Namespace) -> None:
    head = {
        "title": f"What few events among {PRACTICES} practices can carry",
        "command": f"python benchmarks/rare_events.py --replicates {options.replicates} --n-boot {options.n_boot}",
        "practices": PRACTICES, "replicates": options.replicates, "n_boot": options.n_boot, "truth": TRUTH,
    }  # fmt: skip
    rows = made.assign(value=made["value"].round(6), mcse=made["mcse"].round(6)).to_dict("records")
    path.write_text(json.dumps(head | {"rows": rows}, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--replicates", type=int, default=400)
    parser.add_argument("--n-boot", type=int, default=100)
    parser.add_argument("--out", type=Path)
    options = parser.parse_args()
    result = simulate(options.replicates, options.n_boot)
    if options.out:
        write(result, options.out, options)
    print(result.pivot(index="figure", columns="events", values="value").round(3).to_string())
