"""Build the frame that `tidy()` returns, columns in the agreed order."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from resilience_stats.results.base import TIDY_COLUMNS


def tidy_frame(*, term: Any, estimate: Any, **columns: Any) -> pd.DataFrame:
    """Return a tidy frame; columns that are not given are missing, further ones follow at the end.

    Examples
    --------
    >>> list(tidy_frame(term=["a"], estimate=[1.0], n=[5]).columns)[-1]
    'n'
    """
    data: dict[str, Any] = {"term": list(term), "estimate": np.asarray(estimate, dtype=float)}
    size = len(data["term"])
    for name in TIDY_COLUMNS[2:]:
        given = columns.pop(name, None)
        data[name] = np.full(size, np.nan) if given is None else np.broadcast_to(np.asarray(given, float), size)
    return pd.DataFrame({**data, **columns})
