"""How the methods of two chapters fared on invented cohorts: packaged figures of a simulation, as rows."""

from __future__ import annotations

import json
from functools import cache
from typing import Any

import pandas as pd

from resilience_stats.report.wording import wording
from resilience_stats.resources import schema_directory
from resilience_stats.results.rows import make_rows

_REACH = 1.959963984540054


def trial_rows(chapter: str) -> pd.DataFrame:
    """Return how often the methods of a chapter were right, or found something, on invented cohorts.

    Parameters
    ----------
    chapter : {"programmes", "comparing"}

    Notes
    -----
    Made by ``benchmarks/practices_simulation.py``. The interval is that of the simulation's own error, n its number of
    cohorts; no row speaks of a practice of the study.

    Examples
    --------
    >>> rows = trial_rows("programmes")
    >>> rows["output"].unique().tolist(), bool(rows["value"].between(0, 1).all())
    (['trials_programmes'], True)
    """
    made, words = _trials(), wording("trials")[chapter]
    found = {label: made["figures"][name] for name, label in words.items()}
    value = pd.Series({label: figure["value"] for label, figure in found.items()})
    reach = _REACH * pd.Series({label: figure["monte_carlo_error"] for label, figure in found.items()})
    return make_rows(
        chapter,
        f"trials_{chapter}",
        term=list(found),
        statistic="simulated_share",
        value=value,
        conf_low=(value - reach).clip(0, 1),
        conf_high=(value + reach).clip(0, 1),
        n=int(made["replicates"]),
    )


@cache
def _trials() -> dict[str, Any]:
    path = schema_directory() / "reference" / "practice_simulations.json"
    held: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return held
