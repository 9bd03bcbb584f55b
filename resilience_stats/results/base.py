"""The shape that every result shares: `tidy()`, `glance()`, `notes`, and how it shows itself."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

import pandas as pd

from resilience_stats.display import Figures, Part, Shown, parts_of
from resilience_stats.notes import Note, note

__all__ = ["GLANCE_ROW", "TIDY_COLUMNS", "Note", "Result", "note"]

#: Columns of `tidy()`, in order; `outcome`, `level`, `n` and a method's own columns may follow.
TIDY_COLUMNS = ("term", "estimate", "std_error", "statistic", "df", "p_value", "conf_low", "conf_high")
#: `glance()` always has exactly this many rows.
GLANCE_ROW = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Result(Shown):
    """Base of all results.

    Attributes
    ----------
    estimates : pandas.DataFrame
        One row per term; columns `TIDY_COLUMNS` first, then the method's own.
    fit : mapping of str to scalar
        Figures of the whole fit.
    notes : tuple of Note
        Every fallback, dropped row and warning.
    """

    estimates: pd.DataFrame = field(repr=False)
    fit: Mapping[str, object]
    notes: tuple[Note, ...] = ()

    def tidy(self) -> pd.DataFrame:
        """Return the estimates, one row per term."""
        return self.estimates.copy()

    def glance(self) -> pd.DataFrame:
        """Return the figures of the whole fit as a frame of one row."""
        return pd.DataFrame([dict(self.fit)])

    def _shown(self) -> Iterable[Part]:
        yield type(self).__name__, Figures(self.fit)
        yield "", self.estimates
        yield "Also held", Figures(parts_of(self, without=("estimates", "fit", "notes")))
        yield "", tuple(map(str, self.notes))
