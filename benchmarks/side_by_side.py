"""Run a Python task and its R peer on the same CSV in one sitting, and print both with their ratio."""

from __future__ import annotations

import subprocess
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

BIRTHWT = Path(__file__).parents[1] / "tests" / "reference" / "data" / "birthwt.csv"
BIRTHWT_PREDICTORS = ["age", "lwt", "race2", "race3", "smoke", "ptl", "ht", "ui"]


@dataclass(frozen=True)
class Task:
    """One comparison: our function of the data, the R peer of the same name, the ratio aimed at."""

    name: str
    data: str
    ours: Callable[[pd.DataFrame], object]
    aim: float | None
    repetitions: int = 3


def practice_like(n: int = 6500, p: int = 20, seed: int = 652) -> pd.DataFrame:
    """Correlated predictors, an outcome of five levels and a binary one."""
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(n, p)) @ np.linalg.cholesky(0.2 + 0.8 * np.eye(p)).T
    latent = x @ np.tile([0.5, -0.3, 0.2, 0.0, 0.0], p // 5) + rng.logistic(size=n)
    frame = pd.DataFrame(x.round(6), columns=[f"x{j + 1:02d}" for j in range(p)])
    level = np.digitize(latent, [-3.0, -1.0, 0.5, 2.5]) + 1
    return frame.assign(y=level, event=(level >= 4).astype(int))


def birthwt() -> pd.DataFrame:
    """The 189 births of the reference cases, race coded."""
    d = pd.read_csv(BIRTHWT)
    d = d.assign(race2=(d["race"] == 2).astype(int), race3=(d["race"] == 3).astype(int))
    return d[[*BIRTHWT_PREDICTORS, "low"]].rename(columns={"low": "event"})


def seconds(task: Task, data: pd.DataFrame) -> float:
    """Median time of a task once its imports are paid."""
    task.ours(data)
    times = []
    for _ in range(max(task.repetitions, 3)):
        start = time.perf_counter()
        task.ours(data)
        times.append(time.perf_counter() - start)
    return float(np.median(times))


def compare(script: str, tasks: Sequence[Task], data: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """Time every task on both sides; `script` is the R file beside this one."""
    with tempfile.TemporaryDirectory() as folder:
        for name, frame in data.items():
            frame.to_csv(Path(folder) / f"{name}.csv", index=False)
        listed = Path(folder) / "tasks.csv"
        rows = [
            {"name": t.name, "csv": str(Path(folder) / f"{t.data}.csv"), "repetitions": t.repetitions} for t in tasks
        ]
        pd.DataFrame(rows).to_csv(listed, index=False)
        ours = [seconds(t, data[t.data]) for t in tasks]
        subprocess.run(["Rscript", str(Path(__file__).parent / script), str(listed), str(listed)], check=True)
        theirs = pd.read_csv(listed)["seconds"]
    return pd.DataFrame(
        {
            "task": [t.name for t in tasks], "data": [t.data for t in tasks], "ours_s": ours, "r_s": theirs,
            "ratio": np.array(ours) / theirs, "aim": [t.aim for t in tasks],
        }
    )  # fmt: skip
