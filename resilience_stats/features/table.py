"""`FeatureTable`: one row per practice asked, with its catalogue."""

from __future__ import annotations

import html
from collections.abc import Mapping
from dataclasses import dataclass, field

import pandas as pd

from resilience_stats.notes import Note


@dataclass(frozen=True, slots=True, kw_only=True)
class FeatureTable:
    """Derived fields of every practice in the frame.

    Attributes
    ----------
    frame : pandas.DataFrame
        One row per practice asked, indexed by ``practice_code``.
    catalogue : pandas.DataFrame
        One row per column of `frame`: ``name, label, unit, source, asof, direction, role, kind``. Direction is 1 where
        more is expected to go with more resilience, -1 where with less, 0 where nothing is expected.
    items : pandas.DataFrame
        Answers of this wave, one row per practice that answered, turned so that higher is more resilient.
    item_kinds : pandas.DataFrame
        Of the same shape: kind of missing, blank where there is an answer.
    part_of : mapping of str to tuple of str
        Score -> the columns that it is made of; a model of the score on one of them would be arithmetic.
    notes : tuple of Note
    """

    frame: pd.DataFrame = field(repr=False)
    catalogue: pd.DataFrame = field(repr=False)
    items: pd.DataFrame = field(repr=False)
    item_kinds: pd.DataFrame = field(repr=False)
    part_of: Mapping[str, tuple[str, ...]] = field(repr=False)
    notes: tuple[Note, ...] = ()

    def _repr_html_(self) -> str:
        filled = self.frame.notna().sum().rename("practices with a value")
        shown = self.catalogue.set_index("name")[["label", "unit", "source", "asof", "kind"]].join(filled)
        notes = "".join(f"<li>{html.escape(str(n))}</li>" for n in self.notes)
        head = f"<p>{len(self.frame)} practices, {self.frame.shape[1]} features.</p>"
        return "\n".join([head, shown.to_html(border=0, na_rep=""), f"<ul>{notes}</ul>" if notes else ""])
