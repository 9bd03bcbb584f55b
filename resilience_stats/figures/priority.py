"""Scope for support against likely impact, practice by practice: for the resilience team only."""

from __future__ import annotations

import numpy as np

from resilience_stats.disclosure import DisclosedFrame
from resilience_stats.errors import ReportError
from resilience_stats.figures.figure import Figure
from resilience_stats.figures.render import finish
from resilience_stats.figures.style import (
    PALETTE,
    SOFT,
    axis_title,
    canvas,
    colours,
    drawing,
    key,
    key_height,
    label,
    text_width,
)
from resilience_stats.figures.words import counted, figure_id, listed, records, shown

_SHAPES = ("D", "s", "o", "^", "v", "P")
#: Beyond this many, codes beside points would lie over each other.
_MOST_NAMED = 25


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
        Per practice (`term`): ``scope``, ``impact``, and ``decision`` in words.

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
    fills = dict(zip(kinds, colours(len(kinds)) if len(kinds) > 2 else (PALETTE[0], SOFT), strict=False))
    first = [t for t, _, _, kind in points if kind == kinds[0]]
    with drawing():
        wide = max(text_width(t) for t, *_ in points) + 0.2
        drawn, axes = canvas(5.2 + key_height(kinds), top=0.6 + key_height(kinds), bottom=0.8, right=max(0.5, wide))
        axes.axvline(np.median([x for _, x, _, _ in points]), color=SOFT, linewidth=1.2, linestyle=(0, (4, 3)))
        axes.axhline(np.median([y for _, _, y, _ in points]), color=SOFT, linewidth=1.2, linestyle=(0, (4, 3)))
        for kind, shape in reversed(list(zip(kinds, _SHAPES, strict=False))):
            own = [(x, y) for _, x, y, k in points if k == kind]
            axes.plot(*zip(*own, strict=True), shape, color=fills[kind], markersize=6)
        if len(first) <= _MOST_NAMED:
            _name(axes, [(t, x, y) for t, x, y, kind in points if kind == kinds[0]])
        axes.grid(axis="both")
        axes.set_xlabel("Scope for support (0 to 100)", labelpad=8)
        axis_title(axes, "Likely impact (0 to 100)")
        key(drawn, [(k, fills[k]) for k in kinds], markers=_SHAPES[: len(kinds)])
        return finish(
            drawn,
            disclosed,
            id=figure_id(disclosed, id, "priority"),
            title=f"{kinds[0]}: {listed(first)}",
            subtitle=subtitle or "Scope for support and likely impact; dashed: medians of the practices",
            alt_text=(
                f"Scatter plot of {counted(len(points), 'practice')}: likely impact against scope for support. "
                f"{kinds[0]}: {listed(first)}."
            ),
            source=source,
        )


def _name(axes: object, points: list[tuple[str, float, float]]) -> None:
    """Write codes beside points, pushed apart where two would lie over each other."""
    taken: list[tuple[float, float]] = []
    for text, x, y in sorted(points, key=lambda p: (-p[2], p[1])):
        lift = y
        while any(abs(lift - b) < 2.6 and abs(x - a) < 9.0 for a, b in taken):
            lift -= 2.6
        taken.append((x, lift))
        axes.annotate(label(text, 12), (x, y), (x + 0.8, lift), textcoords="data", va="center", ha="left")  # type: ignore[attr-defined]
