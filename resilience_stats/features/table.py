"""`FeatureTable`: one row per practice asked, with its catalogue."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

import pandas as pd

from resilience_stats.display import Part, Shown
from resilience_stats.notes import Note


@dataclass(frozen=True, slots=True, kw_only=True)
class FeatureTable(Shown):
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
    same_questions : pandas.DataFrame or None
        The overall score of this wave and of the one before on the questions that both put, where the waves did not put
        the same questions; None where they did.
    one_wave_questions : tuple of str
        The questions that not every wave put.
    """

    frame: pd.DataFrame = field(repr=False)
    catalogue: pd.DataFrame = field(repr=False)
    items: pd.DataFrame = field(repr=False)
    item_kinds: pd.DataFrame = field(repr=False)
    part_of: Mapping[str, tuple[str, ...]] = field(repr=False)
    notes: tuple[Note, ...] = ()
    same_questions: pd.DataFrame | None = field(default=None, repr=False)
    one_wave_questions: tuple[str, ...] = ()

    def frame_for_change(self) -> pd.DataFrame:
        """Return the features with the two waves' overall scores on the same questions, to take a change of.

        Examples
        --------
        >>> frame = pd.DataFrame({"phq_overall": [60.0]}, index=["Y00001"])
        >>> both = pd.DataFrame({"phq_overall_previous": [50.0], "phq_overall": [58.0]}, index=["Y00001"])
        >>> held = {"catalogue": frame, "items": frame, "item_kinds": frame, "part_of": {}}
        >>> FeatureTable(frame=frame, same_questions=both, **held).frame_for_change()["phq_overall"].item()
        58.0
        """
        return (
            self.frame
            if self.same_questions is None
            else self.frame.assign(**{str(name): score for name, score in self.same_questions.items()})
        )

    def _shown(self) -> Iterable[Part]:
        filled = self.frame.notna().sum().rename("practices with a value")
        listed = self.catalogue[["name", "label", "unit", "source", "asof", "kind"]]
        yield type(self).__name__, f"{len(self.frame)} practices, {self.frame.shape[1]} features"
        yield "", listed.join(filled, on="name")
        yield "", tuple(map(str, self.notes))
