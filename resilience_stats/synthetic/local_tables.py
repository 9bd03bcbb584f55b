"""Optional tables of the LMC: what is known locally, and assessments within the development programme."""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy.special import expit

#: Flags: log-odds at mean resilience and per standard deviation, and who notes them.
FLAGS = {
    "performance_concern": (-3.4, -0.6, "LMC"),
    "external_concern": (-2.9, -0.8, "ICB"),
    "closed_list": (-3.6, -0.4, "ICB"),
    "self_referral": (-2.1, -0.4, "practice"),
    "stakeholder_support": (-1.6, 0.2, "LMC"),
}
#: Readiness is asked of those who were visited: their share, mean, spread, and pull of resilience.
VISITED, READY_MEAN, READY_SD, READY_PER_SD = 0.35, 55.0, 18.0, 4.0
#: Measures of the assessments under GPDP: kind, mean, spread, pull of resilience, decimals.
MEASURES = {
    "Months of costs held in reserve": ("financial_check", 2.4, 0.9, 0.3, 1),
    "Partners' profit as a percentage of the area's median": ("financial_check", 98.0, 14.0, 5.0, 0),
    "Share of expenses that goes to locums (%)": ("financial_check", 6.0, 3.0, -1.0, 1),
    "Motivation of the partners (0 to 100)": ("motivational_map", 61.0, 11.0, 5.0, 0),
}


def local_intelligence_table(resilience: pd.Series, census: pd.Timestamp, rng: np.random.Generator) -> pd.DataFrame:
    """Return what the LMC noted in the nine months before the census: flags that apply, and readiness where visited.

    Parameters
    ----------
    resilience : pandas.Series
        Indexed by practice code.
    census : pandas.Timestamp
    rng : numpy.random.Generator
    """
    n, rows = len(resilience), []
    for criterion, (middle, pull, source) in FLAGS.items():
        noted = rng.random(n) < expit(middle + pull * resilience.to_numpy())
        rows += [(code, criterion, 1.0, source) for code in resilience.index[noted]]
    visited = rng.random(n) < VISITED
    ready = READY_MEAN + READY_PER_SD * resilience.to_numpy() + READY_SD * rng.standard_normal(n)
    scores = np.round(np.clip(ready, 0, 100) / 5) * 5
    rows += [
        (code, "readiness", score, "resilience team")
        for code, score in zip(resilience.index[visited], scores[visited], strict=True)
    ]
    table = pd.DataFrame(rows, columns=["practice_code", "criterion", "value", "source"])
    days = rng.integers(5, 270, len(table))
    table.insert(3, "noted_on", (census - pd.to_timedelta(days, unit="D")).normalize())
    return table.sort_values(["practice_code", "criterion"], kind="stable")


def practice_assessments_table(
    programmes: pd.DataFrame, resilience: pd.Series, rng: np.random.Generator
) -> pd.DataFrame:
    """Return the financial check and the motivational map of the practices in GPDP, six weeks after their start."""
    chosen = programmes[programmes["programme"].eq("GPDP")].drop_duplicates("practice_code")
    theta = resilience.reindex(chosen["practice_code"]).to_numpy()
    parts = []
    for measure, (kind, mean, spread, pull, decimals) in MEASURES.items():
        drawn = mean + pull * theta + spread * rng.standard_normal(len(chosen))
        about = {
            "practice_code": chosen["practice_code"].to_numpy(),
            "assessed_on": (chosen["started_on"] + pd.Timedelta(days=42)).to_numpy(),
            "programme": "GPDP",
            "assessment": kind,
            "measure": measure,
            "value": np.round(np.maximum(drawn, 0.0), decimals),
        }
        parts.append(pd.DataFrame(about))
    return pd.concat(parts).sort_values(["practice_code", "assessment", "measure"], kind="stable")
