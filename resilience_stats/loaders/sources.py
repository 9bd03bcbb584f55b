"""What the loaders of published files share: read by the definition, give the public frame."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from resilience_stats.loaders.attached import AttachedFrame
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


def stack_sources(paths: Sequence[Path], table: str, *, on_error: str, limits: Limits) -> pd.DataFrame:
    """Return several files of one table as one frame, their accounts and rows set aside one after the other."""
    import pandas as pd

    frames = [load_source(p, table, on_error=on_error, limits=limits) for p in paths]
    attrs = [dict(f.attrs) for f in frames]
    for frame in frames:
        frame.attrs = {}
    whole = pd.concat(frames, ignore_index=True)
    whole.attrs = {
        "source": {key: "; ".join(str(a["source"][key]) for a in attrs) for key in ("path", "sha256", "encoding")},
        "account": [entry for a in attrs for entry in a["account"]],
        "set_aside": AttachedFrame(pd.concat([a["set_aside"] for a in attrs], ignore_index=True)),
        "problems": AttachedFrame(pd.concat([a["problems"] for a in attrs], ignore_index=True)),
    }
    return whole
