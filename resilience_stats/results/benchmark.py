"""Results of comparing practices: shrunken scores with rank intervals, peer groups, control charts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import pandas as pd

from resilience_stats.results.base import Result


@dataclass(frozen=True, slots=True, kw_only=True)
class BenchmarkResult(Result):
    """Shrunken scores.

    Attributes
    ----------
    groups : pandas.DataFrame
        One row per group: group, n, own_mean, estimate (shrunken), std_error. Empty without groups.
    """

    groups: pd.DataFrame = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class PeerResult(Result):
    """Peer groups.

    Attributes
    ----------
    peers : mapping of object to tuple
        Practice -> the practices it is compared with, nearest first; for the machine only, never for a reader.
    """

    peers: Mapping[object, tuple[object, ...]] = field(repr=False)
