"""P-values adjusted for how many questions were asked."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from resilience_stats.errors import ModelError, require_choice
from resilience_stats.stats.multiplicity import METHODS

_ALIASES = {"fdr": "bh", "fdr_bh": "bh", "fdr_by": "by"}


def adjust_p_values(p: Sequence[float] | np.ndarray | pd.Series, method: str = "bh") -> pd.Series:
    """Return the adjusted p-values, in the order given.

    Parameters
    ----------
    p : sequence
        Raw p-values; a missing one stays missing and does not count as a test.
    method : {"bh", "by", "holm", "hochberg", "hommel", "bonferroni", "sidak"}
        ``bh`` and ``by`` bound the false discovery rate, the others the chance of any false finding. Capitals and R's
        names (``BH``, ``fdr``) are understood.

    Returns
    -------
    pandas.Series
        With the index of `p`.

    Raises
    ------
    ModelError
        For values outside 0 to 1 or an unknown method.

    Examples
    --------
    >>> adjust_p_values([0.01, 0.04, None, 0.03], "holm").round(2).tolist()
    [0.03, 0.06, nan, 0.06]
    """
    name = _ALIASES.get(method.lower(), method.lower())
    require_choice(name, METHODS, "method")
    raw = pd.to_numeric(pd.Series(p), errors="coerce").astype(float)
    given = raw.notna().to_numpy()
    values = raw.to_numpy(copy=True)
    if ((values[given] < 0) | (values[given] > 1)).any():
        raise ModelError("not a p-value", where="argument p", found=float(raw.max()), allowed="0 to 1")
    values[given] = METHODS[name](values[given])
    return pd.Series(values, index=raw.index, name=raw.name)
