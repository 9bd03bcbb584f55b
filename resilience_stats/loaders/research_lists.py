"""Tables of merged and closed practice codes that researchers have made, to start a lineage table from."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from resilience_stats.loaders.limits import DEFAULT_LIMITS, Limits
from resilience_stats.loaders.sources import load_source
from resilience_stats.loaders.table import RAISE, account_of, as_frame, load

if TYPE_CHECKING:
    import pandas as pd


UNCHANGED = "code did not change"


def load_merger_lookup(path: str | Path, *, on_error: str = RAISE, limits: Limits = DEFAULT_LIMITS) -> pd.DataFrame:
    """Return the codes that changed, in the layout of the lineage table.

    Parameters
    ----------
    path : str or pathlib.Path
        The research look-up of codes merged by April 2020.
    on_error : {"raise", "set_aside"}
    limits : Limits

    Returns
    -------
    pandas.DataFrame
        ``old_code, new_code, event, event_date``. ``event`` is always ``merge``: the look-up does not tell
        take-overs from mergers. ``event_date`` is the last month in which the old code had 1,000 patients: near the
        event, not on it. Codes that did not change are set aside and counted.

    Raises
    ------
    DataError
        With every fault of the file in ``problems``.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     file = Path(folder) / "merger_lookup.csv"
    ...     _ = file.write_text("code_April_2020,previous_practice_codes,lm_1000_previous_codes\\n"
    ...         "A81001,A81001,01/04/2022\\nA81044,A81003,01/10/2016\\n")
    ...     load_merger_lookup(file)['old_code'].tolist()
    ['A81003']
    """
    import pandas as pd

    loaded = load(path, "merger_lookup", on_error=on_error, limits=limits)
    changed = loaded.frame["old_code"] != loaded.frame["new_code"]
    file, reason = loaded.account[0]["file"], UNCHANGED
    same = loaded.frame.loc[~changed, ["old_code", "new_code"]].reset_index().assign(file=file, reason=reason)
    aside = pd.concat([loaded.set_aside, same[["file", "row", "reason", "old_code", "new_code"]]], ignore_index=True)
    account = account_of(file, loaded.account[0]["rows"], int(changed.sum()), aside)
    rows = loaded.frame.loc[changed]
    lineage = rows[["old_code", "new_code"]].assign(event="merge", event_date=rows["old_last_month"])
    return as_frame(replace(loaded, account=account, set_aside=aside), lineage)


def load_closures(path: str | Path, *, on_error: str = RAISE, limits: Limits = DEFAULT_LIMITS) -> pd.DataFrame:
    """Return which codes closed and which merged, one row per code.

    Parameters
    ----------
    path : str or pathlib.Path
        The research list of codes that vanished from the payments files.
    on_error : {"raise", "set_aside"}
    limits : Limits

    Returns
    -------
    pandas.DataFrame
        ``practice_code, fate, first_judgement``: ``closed`` or ``merged``; ``fate`` is the later judgement.

    Raises
    ------
    DataError
        With every fault of the file in ``problems``.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     file = Path(folder) / "closures.csv"
    ...     _ = file.write_text("Practice.Code,Outcome,Outcome2\\nE83037,NA,Merged\\n")
    ...     load_closures(file)['fate'].tolist()
    ['merged']
    """
    return load_source(path, "closures", on_error=on_error, limits=limits)
