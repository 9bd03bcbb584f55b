"""What keeps the drivers model honest, as rows: networks, degrees of freedom, fit, and what was let through by name."""

from __future__ import annotations

import math
from typing import Any

import pandas as pd

from resilience_stats.report.rows.driver_budget import CLUSTER
from resilience_stats.report.rows.drivers import DriverModels
from resilience_stats.report.wording import wording
from resilience_stats.results.rows import combine_rows, make_rows

_HELD: dict[str, Any] = {"chapter": "drivers"}


def guard_rows(models: DriverModels) -> pd.DataFrame:
    """Return the adjusted model's networks and their degrees of freedom, its fit, and the parts that were let in."""
    if models.adjusted is None:
        return _parts_allowed(models)
    fit, words = models.adjusted.fit, wording("drivers")["budget"]
    n = fit["n"]
    df = [d for d in models.adjusted.tidy().query("term != '(Intercept)'")["df"] if math.isfinite(d)]
    frames = [make_rows(**_HELD, output="guards", statistic="r_squared_adjusted", value=fit["adj_r_squared"], n=n)]
    if CLUSTER not in models.data:
        frames.append(make_rows(**_HELD, output="strangers", term=words["networks"], statistic="setting", value="none"))
    if fit.get("n_clusters") is not None and df:
        term = words["networks"]
        frames += [
            make_rows(**_HELD, output="guards", term=term, statistic="columns", value=fit["n_clusters"], n=n),
            make_rows(**_HELD, output="guards", group="low", term=term, statistic="df", value=min(df), n=n),
            make_rows(**_HELD, output="guards", group="high", term=term, statistic="df", value=max(df), n=n),
        ]
    return combine_rows([*frames, _parts_allowed(models)])


def _parts_allowed(models: DriverModels) -> pd.DataFrame:
    return combine_rows(
        make_rows(**_HELD, output="parts_allowed", term=models.labels[name], statistic="setting", value="in")
        for name in models.parts_allowed
    )
