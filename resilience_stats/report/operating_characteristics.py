"""Make the packaged operating characteristics again: ``python -m resilience_stats operating-characteristics``."""

from __future__ import annotations

import datetime as dt
import json
from functools import partial
from itertools import pairwise
from pathlib import Path
from typing import Any

import joblib
import numpy as np
import pandas as pd

from resilience_stats.errors import FileMissingError, ModelError
from resilience_stats.report.operating_replicates import (
    ADJUSTMENTS,
    IMPUTATIONS,
    LEVEL,
    MISSING,
    QUESTIONS,
    RESAMPLES,
    Key,
    Question,
)
from resilience_stats.report.operating_worlds import NETWORKS, PRACTICES, World, worlds
from resilience_stats.report.writing import require_writable_file, write_file
from resilience_stats.resources import schema_directory
from resilience_stats.stats.resampling import resample

NAME = "operating_characteristics.json"
COMMAND = "python -m resilience_stats operating-characteristics"
#: Bins of the probability of rank 1 that was said.
RANK_BINS = (0.0, 0.05, 0.2, 0.4, 0.6, 0.8, 0.95, 1.0)


def make_operating_characteristics(
    *,
    replicates: int = 1000,
    random_state: int = 2019,
    out: str | Path | None = None,
    made_on: dt.date | None = None,
    jobs: int | None = None,
) -> Path:
    """Try the methods on invented cohorts, write what they did, and return where.

    Parameters
    ----------
    replicates : int
        Cohorts of each world.
    random_state : int
    out : str or pathlib.Path, optional
        File to write. Default: the packaged one.
    made_on : datetime.date, optional
        Today by default.
    jobs : int, optional
        Processes; the numbers do not depend on it.

    Examples
    --------
    >>> make_operating_characteristics(replicates=1)
    Traceback (most recent call last):
    ...
    resilience_stats.errors.ModelError: argument replicates: too few replicates: found 1, allowed 2 or more.
    """
    path = require_writable_file(Path(out) if out is not None else schema_directory() / "reference" / NAME)
    with joblib.parallel_config(n_jobs=jobs):
        figures = simulate(replicates, random_state)
    made = {
        "title": "How often the methods are right: invented cohorts with known truth",
        "command": COMMAND,
        "made_on": (made_on or dt.date.today()).isoformat(),
        "random_state": random_state,
        "replicates": replicates,
        "practices": PRACTICES,
        "networks": NETWORKS,
        "missing_share": MISSING,
        "imputations": IMPUTATIONS,
        "resamples": RESAMPLES,
        "level": LEVEL,
        "adjustments": list(ADJUSTMENTS),
    }
    records = [json.dumps(record, allow_nan=False) for record in _records(figures)]
    head = json.dumps(made, indent=1, ensure_ascii=False).rstrip("}\n")
    text = f'{head},\n "figures": [\n  ' + ",\n  ".join(records) + "\n ]\n}\n"
    write_file(path, text.encode("utf-8"))
    return path


def operating_characteristics(path: str | Path | None = None) -> tuple[dict[str, Any], pd.DataFrame]:
    """Return how the packaged figures were made, and the figures.

    Returns
    -------
    dict
        Date, seed, replicates and sizes.
    pandas.DataFrame
        ``world, question, method, of, value, simulation_error, n``: the mean over replicates of each figure, its
        Monte-Carlo standard error, and the number of replicates (for the ranks: of drivers) behind it. For the ranks
        ``mean_said`` is the mean probability said within the bin.

    Examples
    --------
    >>> made, figures = operating_characteristics()
    >>> made["replicates"], bool((figures["simulation_error"] >= 0).all())
    (1000, True)
    """
    file = Path(path) if path is not None else schema_directory() / "reference" / NAME
    if not file.is_file():
        raise FileMissingError(
            "there are no operating characteristics", where=str(file), action=f"Make them: {COMMAND}"
        )
    made = json.loads(file.read_text(encoding="utf-8"))
    return made, pd.DataFrame(made.pop("figures"))


def _records(figures: pd.DataFrame) -> list[dict[str, Any]]:
    return [{str(k): v for k, v in record.items() if v == v} for record in figures.to_dict("records")]


def simulate(replicates: int, random_state: int) -> pd.DataFrame:
    """Return every figure of every world; see `operating_characteristics` for the columns."""
    if replicates < 2:
        raise ModelError("too few replicates", where="argument replicates", found=replicates, allowed="2 or more")
    frames = []
    for w, world in enumerate(worlds()):
        for q, question in enumerate(QUESTIONS.values()):
            seed = [random_state, w, q]
            keys, values = _replicates(question, world, replicates, seed)
            frames.append(_means(keys, values).assign(world=world.name))
            frames.append(_ranks(keys, values).assign(world=world.name))
    made = pd.concat(frames, ignore_index=True)
    return made[["world", "question", "method", "of", "value", "simulation_error", "n", "mean_said"]]


def _replicates(question: Question, world: World, n: int, seed: list[int]) -> tuple[list[Key], np.ndarray]:
    keys = list(question(np.random.default_rng(0), world))
    rng = np.random.Generator(np.random.PCG64(np.random.SeedSequence(seed)))
    return keys, resample(partial(_values, question, world), n, random_state=rng, chunk=10)


def _values(question: Question, world: World, rng: np.random.Generator) -> np.ndarray:
    return np.array(list(question(rng, world).values()))


def _means(keys: list[Key], values: np.ndarray) -> pd.DataFrame:
    kept = [j for j, key in enumerate(keys) if key[0] != "rank_1"]
    frame = pd.DataFrame([keys[j] for j in kept], columns=["question", "method", "of"])
    drawn = values[:, kept]
    held = np.isfinite(drawn).sum(axis=0)  # an interval that does not exist has no width
    error = np.nanstd(drawn, axis=0, ddof=1) / np.sqrt(held)
    return frame.assign(value=np.nanmean(drawn, axis=0), simulation_error=error, n=held, mean_said=None)


def _ranks(keys: list[Key], values: np.ndarray) -> pd.DataFrame:
    """How often the driver said to be first with some probability is first; by bins of that probability."""
    rows = []
    for method in dict.fromkeys(key[1] for key in keys if key[0] == "rank_1"):
        place = [j for j, key in enumerate(keys) if key[:2] == ("rank_1", method)]
        said = values[:, place]
        first = np.zeros(said.shape)
        first[:, 0] = 1.0  # the drivers stand with the strongest first
        for low, high in pairwise(RANK_BINS):
            inside = (said >= low) & ((said < high) | (high == 1.0))
            if inside.sum() < 2:
                continue
            share = float(first[inside].mean())
            # Drivers of one cohort share their draw, so the error is that of a ratio of sums over cohorts.
            parts = (first * inside).sum(axis=1) - share * inside.sum(axis=1)
            error = float(np.sqrt((parts**2).sum()) / inside.sum())
            rows.append(("rank_1", method, f"{low:g} to {high:g}", share, error, int(inside.sum()),
                         float(said[inside].mean())))  # fmt: skip
    return pd.DataFrame(rows, columns=["question", "method", "of", "value", "simulation_error", "n", "mean_said"])
