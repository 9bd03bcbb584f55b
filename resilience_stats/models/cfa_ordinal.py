"""Check ordinal items of a factor model: same categories in every group, few-answer categories named or merged."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from resilience_stats.errors import ModelError
from resilience_stats.models.cfa_inputs import CfaInput
from resilience_stats.results import Note, note
from resilience_stats.stats.cfa_ordinal import OrdinalMoments, ordinal_moments

#: Fewer answers than this in a category are named.
FEW_ANSWERS = 5


def read_ordinal(given: CfaInput, merge_below: int) -> tuple[list[OrdinalMoments], list[Note]]:
    """Return the first-stage moments of each group, and what the reader must know of them.

    Raises
    ------
    ModelError
        Where a group lacks a category that another has.
    """
    blocks, notes = merge_categories(given.answers, given.items, merge_below)
    _require_same_categories(blocks, given)
    moments = [ordinal_moments(x) for x in blocks]
    sparse = [
        name
        for i, name in enumerate(given.items)
        if any(np.unique(x[:, i], return_counts=True)[1].min() < FEW_ANSWERS for x in blocks)
    ]
    if sparse:
        notes.append(
            note(
                "few-answers",
                f"Fewer than {FEW_ANSWERS} answers in a category of {_listed(sparse)}: its threshold is hardly known. "
                f"merge_below={FEW_ANSWERS} joins such categories to their neighbours.",
            )
        )
    empty = sum(m.empty_cells for m in moments)
    if empty:
        notes.append(
            note(
                "empty-cells",
                f"{empty} cells of the two-way tables hold no answer; the correlations there rest on the others.",
            )
        )
    for label, m in zip(given.labels, moments, strict=True):
        if np.linalg.eigvalsh(m.correlations)[0] <= np.finfo(float).eps ** 0.5:
            where = f" of group '{label}'" if label else ""
            notes.append(
                note(
                    "polychoric-not-positive-definite",
                    f"The polychoric correlations{where} are not positive definite; robust fit indices have no value.",
                )
            )
    return moments, notes


def merge_categories(
    blocks: Sequence[np.ndarray], names: Sequence[str], below: int
) -> tuple[list[np.ndarray], list[Note]]:
    """Return answers in which no category of an item has fewer than `below` answers in any group, and what was joined.

    A thin category joins the neighbour with fewer answers; the two outermost join inwards.

    Examples
    --------
    >>> x = np.array([[1.0]] * 2 + [[2.0]] * 9 + [[3.0]] * 9)
    >>> merge_categories([x], ["q1"], 5)[1][0].code
    'categories-merged'
    """
    out = [x.copy() for x in blocks]
    notes = []
    for i, name in enumerate(names) if below > 0 else ():
        joined = []
        while True:
            values = np.unique(np.concatenate([x[:, i] for x in out]))
            counts = np.array([[int((x[:, i] == v).sum()) for v in values] for x in out]).min(axis=0)
            thin = int(np.argmin(counts))
            if counts[thin] >= below or len(values) <= 2:
                break
            beside = [k for k in (thin - 1, thin + 1) if 0 <= k < len(values)]
            into = min(beside, key=lambda k: counts[k])
            joined.append(f"{values[thin]:g} into {values[into]:g}")
            for x in out:
                x[x[:, i] == values[thin], i] = values[into]
        if joined:
            notes.append(
                note(
                    "categories-merged",
                    f"'{name}': categories with fewer than {below} answers merged ({', '.join(joined)}).",
                )
            )
    return out, notes


def _require_same_categories(blocks: Sequence[np.ndarray], given: CfaInput) -> None:
    for i, name in enumerate(given.items):
        seen = [set(np.unique(x[:, i])) for x in blocks]
        every = set.union(*seen)
        for label, own in zip(given.labels, seen, strict=True):
            if own != every:
                raise ModelError(
                    "a category is not used in every group, so that its threshold cannot be compared",
                    where=f"column {name}, group {label}",
                    found=f"no answer {sorted(every - own)[0]:g}",
                    action="merge_below=1 joins such categories to their neighbours.",
                )


def _listed(names: Sequence[str]) -> str:
    shown = ", ".join(f"'{n}'" for n in names[:4])
    return shown + (f" and {len(names) - 4} more" if len(names) > 4 else "")
