"""Scope for support against likely impact, practice by practice: for the resilience team only."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes

from resilience_stats.disclosure import DisclosedFrame
from resilience_stats.errors import ReportError
from resilience_stats.figures.figure import Figure
from resilience_stats.figures.render import finish
from resilience_stats.figures.style import (
    PALETTE,
    SOFT,
    axis_title,
    canvas,
    drawing,
    key,
    key_height,
)
from resilience_stats.figures.words import counted, figure_id, listed, records, shown

_SHAPES = ("D", "s", "o", "^", "v", "P")


def figure_priority(
    disclosed: DisclosedFrame,
    *,
    subtitle: str = "",
    source: str = "",
    id: str | None = None,
) -> Figure:
    """Return likely impact against scope for support, by what is decided, cut at the medians.

    Parameters
    ----------
    disclosed : DisclosedFrame
        Per practice (`term`), the first in the order first: ``scope``, ``impact``, and ``decision`` in words. The
        practices of the first decision are numbered in their order, where there is room for the number.

    Examples
    --------
    >>> from resilience_stats.disclosure import apply_policy
    >>> from resilience_stats.results.rows import combine_rows, make_rows
    >>> values = {"scope": [80, 40, 20], "impact": [70, 60, 30], "decision": ["Offer", "Reserve", "Not now"]}
    >>> rows = combine_rows([make_rows("p", "q", term=["E82001", "E82002", "E82003"], statistic=name, value=v)
    ...                      for name, v in values.items()])
    >>> figure_priority(apply_policy(rows, "internal")).title
    'Offer: E82001'
    """
    if disclosed.policy.identity != "shown":
        raise ReportError("this figure names practices", where="figure priority", found=disclosed.policy.name,
                          allowed="an edition that may name them")  # fmt: skip
    held = {name: {r["term"]: r["value"] for r in records(disclosed, name)} for name in ("scope", "impact", "decision")}
    points = [(t, float(x), float(held["impact"][t]), str(held["decision"][t])) for t, x in held["scope"].items()
              if t in held["impact"] and t in held["decision"]]  # fmt: skip
    if not points or not all(shown(r) for r in records(disclosed, "scope")):
        raise ReportError("nothing to draw", where="figure priority")
    kinds = list(dict.fromkeys(kind for *_, kind in points))
    fills = dict(zip(kinds, (*PALETTE[: len(kinds) - 1], SOFT) if len(kinds) > 1 else PALETTE[:1], strict=True))
    first = [t for t, _, _, kind in points if kind == kinds[0]]
    with drawing():
        drawn, axes = canvas(5.6 + key_height(kinds), top=0.6 + key_height(kinds), bottom=0.8, right=0.6)
        axes.axvline(np.median([x for _, x, _, _ in points]), color=SOFT, linewidth=1.2, linestyle=(0, (4, 3)))
        axes.axhline(np.median([y for _, _, y, _ in points]), color=SOFT, linewidth=1.2, linestyle=(0, (4, 3)))
        for kind, shape in reversed(list(zip(kinds, _SHAPES, strict=False))):
            own = [(x, y) for _, x, y, k in points if k == kind]
            axes.plot(*zip(*own, strict=True), shape, color=fills[kind], markersize=4.5 if kind == kinds[-1] else 6.5)
        _number(axes, drawn.dpi, [(x, y) for _, x, y, kind in points if kind == kinds[0]])
        axes.grid(axis="both")
        axes.set_xlabel("Scope for support (0 to 100)", labelpad=8)
        axis_title(axes, "Likely impact (0 to 100)")
        key(drawn, [(k, fills[k]) for k in kinds], markers=_SHAPES[: len(kinds)])
        return finish(
            drawn,
            disclosed,
            id=figure_id(disclosed, id, "priority"),
            title=f"{kinds[0]}: {listed(first)}",
            subtitle=subtitle or "Scope for support and likely impact; numbers: place in the order; dashed: medians",
            alt_text=(
                f"Scatter plot of {counted(len(points), 'practice')}: likely impact against scope for support. "
                f"{kinds[0]}: {listed(first)}."
            ),
            source=source,
        )


def _number(axes: Axes, dpi: float, points: list[tuple[float, float]]) -> None:
    """Number the points in their order, each number on the first side where it lies on no other number or point."""
    # The limits are worked out when they are asked for; where a point lies depends on them.
    axes.set(xlim=axes.get_xlim(), ylim=axes.get_ylim())
    at = axes.transData.transform(points) * 72 / dpi
    taken = [tuple(place) for place in at]
    for number, (place, (x, y)) in enumerate(zip(points, at, strict=True), start=1):
        for dx, dy in ((11, 0), (-11, 0), (0, 11), (0, -11), (11, 11), (-11, 11), (11, -11), (-11, -11)):
            if all(abs(x + dx - a) >= 13 or abs(y + dy - b) >= 10 for a, b in taken if (a, b) != (x, y)):
                taken.append((x + dx, y + dy))
                axes.annotate(str(number), place, (dx, dy), textcoords="offset points", va="center", ha="center")
                break
