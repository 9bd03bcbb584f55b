"""Answers of a questionnaire: numbers or labels become coded values, and a missing answer keeps its kind."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from resilience_stats.schema import Instrument, Item

if TYPE_CHECKING:
    import pandas as pd

_SPACE = re.compile(r"[ \t\r\n\u00a0\u2007\u202f]+")
NOT_ASKED = "not_asked"
NOT_ANSWERED = "not_answered"


@dataclass(slots=True, kw_only=True)
class Answers:
    """Coded answers to one item.

    Attributes
    ----------
    values : pandas.Series
        Int64, coded as the instrument's options are, not reversed.
    kinds : pandas.Series
        Kind of missing where there is no value.
    faults : list of int
        Positions of cells that are no option of the item.
    """

    values: pd.Series
    kinds: pd.Series
    faults: list[int] = field(default_factory=list)


def code_answers(item: Item, cells: Sequence[str]) -> Answers:
    """Return the coded answers to one item.

    A cell may hold the option's value (``4``) or its label (``Agree``); case and inner space do not matter. A text of
    the item's ``missing`` gives its kind; a blank is ``not_answered`` unless the instrument says otherwise.

    Examples
    --------
    >>> from resilience_stats.schema import load_instrument
    >>> coded = code_answers(load_instrument("phq").items[0], ["4", "strongly  agree", "Don't know", "9"])
    >>> coded.values.tolist(), coded.kinds.tolist()[2], coded.faults
    ([4, 5, <NA>, <NA>], 'dont_know', [3])
    """
    import pandas as pd

    options = {folded(o.label): o.value for o in item.options} | {str(o.value): o.value for o in item.options}
    missing = {"": NOT_ANSWERED} | {folded(text): kind for text, kind in item.missing.items()}
    texts = [folded(c) or c.strip(" \t\r\n") for c in cells]
    values = pd.Series([options.get(t) for t in texts], dtype="Int64")
    kinds = pd.Series([None if t in options else missing.get(t) for t in texts], dtype="str")
    faults = [k for k, t in enumerate(texts) if t not in options and t not in missing]
    return Answers(values=values, kinds=kinds, faults=faults)


def not_asked(rows: int) -> Answers:
    """Return the answers to an item that was not asked."""
    import pandas as pd

    return Answers(values=pd.Series([None] * rows, dtype="Int64"), kinds=pd.Series([NOT_ASKED] * rows, dtype="str"))


def folded(text: str) -> str:
    """Return a text without case, odd apostrophes or surplus space.

    Examples
    --------
    >>> folded("Don\\u2019t\\u00a0 know ")
    "don't know"
    """
    return _SPACE.sub(" ", text.replace("\u2019", "'")).strip(" ").casefold()


def options_text(item: Item) -> str:
    """Return the options of an item in words, for a message.

    Examples
    --------
    >>> from resilience_stats.schema import load_instrument
    >>> options_text(load_instrument("phq").item("premises_digital_1"))
    '1 Not at all, 2 Partly, 3 Mostly, 4 Fully, or not_asked, not_applicable, dont_know, not_answered'
    """
    listed = ", ".join(f"{o.value} {o.label}" for o in item.options)
    return f"{listed}, or {', '.join(dict.fromkeys(item.missing.values()))}"


def unasked_items(instrument: Instrument, waves: Sequence[int]) -> set[str]:
    """Return the ids of items that were asked in none of the given waves."""
    return {i.id for i in instrument.items if i.waves and not set(i.waves) & set(waves)}
