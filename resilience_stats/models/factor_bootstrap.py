"""Bootstrap intervals and congruence of rotated loadings."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from resilience_stats.errors import ModelError
from resilience_stats.models.item_matrix import ItemMatrix, item_correlations
from resilience_stats.results import Note, note
from resilience_stats.stats.correlations import smooth
from resilience_stats.stats.extraction import extract
from resilience_stats.stats.factor_fit import align
from resilience_stats.stats.resampling import draw_rows, resample
from resilience_stats.stats.rotation import rotate


@dataclass(frozen=True, slots=True)
class LoadingBootstrap:
    """Spread of the loadings over resamples.

    Attributes
    ----------
    loadings : pandas.DataFrame
        By item and factor, items slowest: `item`, `factor`, `estimate`, `std_error`, `conf_low`, `conf_high`.
    congruence : pandas.DataFrame
        By factor: `mean`, `q05`, `share_above_95`.
    notes : tuple of Note
    """

    loadings: pd.DataFrame
    congruence: pd.DataFrame
    notes: tuple[Note, ...]


def bootstrap_loadings(
    moments: ItemMatrix,
    loadings: np.ndarray,
    settings: dict[str, Any],
    *,
    n_boot: int,
    level: float,
    random_state: int | np.random.Generator,
) -> LoadingBootstrap:
    """Return intervals of `loadings` from analysing resampled rows, matched to it by Tucker congruence.

    Every resample is correlated, extracted and rotated anew; its columns are reordered and signed to be nearest to
    `loadings`, without any further rotation, so that the intervals hold the uncertainty of the rotation too.

    Source: Zientek & Thompson (2007), Behavior Research Methods 39; Lorenzo-Seva & ten Berge (2006), Methodology 2.

    Examples
    --------
    >>> from resilience_stats.models.item_matrix import item_matrix
    >>> rng = np.random.default_rng(1)
    >>> moments = item_matrix(pd.DataFrame(rng.normal(size=(200, 1)) + rng.normal(size=(200, 4))))
    >>> whole = extract(moments.r, 1).loadings
    >>> settings = {"correlation": "pearson", "method": "minres", "rotation": "none", "kaiser": None}
    >>> drawn = bootstrap_loadings(moments, whole, settings, n_boot=50, level=0.95, random_state=1)
    >>> bool((drawn.congruence["mean"] > 0.98).all())
    True
    """
    answers = moments.answers
    if answers is None:
        raise ModelError("the bootstrap needs the answers, not a correlation matrix", where="argument n_boot")
    k, m = loadings.shape

    def one(rng: np.random.Generator) -> np.ndarray:
        """Aligned loadings and congruences of one resample."""
        try:
            r, _ = smooth(item_correlations(answers[draw_rows(rng, len(answers))], settings["correlation"]))
            found = extract(r, m, settings["method"]).loadings
        except (ModelError, np.linalg.LinAlgError):  # an item without variation in this resample
            return np.full((k + 1, m), np.nan)
        rotated = rotate(found, settings["rotation"], kaiser=settings["kaiser"]).loadings
        columns, signs, congruence = align(rotated, loadings)
        return np.vstack([rotated[:, columns] * signs, congruence])

    drawn = resample(one, n_boot, random_state=random_state)
    usable = np.isfinite(drawn).all(axis=(1, 2))
    drawn = drawn[usable]
    if len(drawn) < 10:
        raise ModelError("too few resamples could be analysed", found=len(drawn), allowed="10 or more")
    notes: tuple[Note, ...] = ()
    if not usable.all():
        message = f"{int((~usable).sum())} of {n_boot} resamples could not be analysed and were left out."
        notes = (note("resamples-dropped", message),)
    tail = (1.0 - level) / 2.0
    low, high = np.quantile(drawn[:, :k], [tail, 1.0 - tail], axis=0)
    factors = [f"F{j + 1}" for j in range(m)]
    table = pd.DataFrame(
        {
            "item": np.repeat(moments.names, m),
            "factor": factors * k,
            "estimate": loadings.ravel(),
            "std_error": drawn[:, :k].std(axis=0, ddof=1).ravel(),
            "conf_low": low.ravel(),
            "conf_high": high.ravel(),
        }
    )
    near = drawn[:, k]
    columns = {"mean": near.mean(axis=0), "q05": np.quantile(near, 0.05, axis=0)}
    columns["share_above_95"] = (near > 0.95).mean(axis=0)
    return LoadingBootstrap(table, pd.DataFrame(columns, index=factors), notes)
