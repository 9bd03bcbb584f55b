"""What the loaders of published files share: read by the definition, give the public frame."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from resilience_stats.loaders.limits import Limits
from resilience_stats.loaders.table import as_frame, load

if TYPE_CHECKING:
    import pandas as pd


def load_source(path: str | Path, table: str, *, on_error: str, limits: Limits) -> pd.DataFrame:
    """Return a published file as the definition `table` says, whatever the year's headers.

    Raises
    ------
    DataError
        With every fault of the file in ``problems``.
    """
    return as_frame(load(path, table, on_error=on_error, limits=limits))
