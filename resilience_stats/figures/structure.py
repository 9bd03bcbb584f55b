"""How areas hang together: correlations, and how many factors there are."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap, to_hex
from matplotlib.patches import Rectangle

from resilience_stats.disclosure import DisclosedFrame
from resilience_stats.figures.figure import Figure
from resilience_stats.figures.render import finish
from resilience_stats.figures.style import (
    DIVERGING,
    PAIR,
    PAPER,
    WIDTH,
    axis_title,
    canvas,
    drawing,
    label,
    rows_height,
    some,
    spread,
    text_on,
    text_width,
)
from resilience_stats.figures.words import (
    Record,
    counted,
    figure_id,
    printed,
    records,
    shown,
    some_shown,
    withheld_words,
)

_SCALE = LinearSegmentedColormap.from_list("correlation", [DIVERGING[0], PAPER, DIVERGING[-1]])


def figure_correlation(
    disclosed: DisclosedFrame,
    *,
    subtitle: str = "Correlations between areas",
    source: str = "",
    id: str | None = None,
) -> Figure:
    """Return a heat map of correlations, the number in each cell.

    Parameters
    ----------
    disclosed : DisclosedFrame
        Statistic ``correlation``; `group` and `term` are the two areas. One of the two triangles is enough.

    Examples
    --------
    >>> from resilience_stats.disclosure import apply_policy
    >>> from resilience_stats.results.rows import make_rows
    >>> rows = make_rows("instrument", "areas", group="Team", term=["Finance", "Premises"], statistic="correlation",
    ...                  value=[0.61, 0.32], n=138)
    >>> figure_correlation(apply_policy(rows, "board")).title
    'Correlations run from 0.32 (Team and Premises) to 0.61 (Team and Finance)'
    """
    held = [r for r in records(disclosed, "correlation") if r["group"] != r["term"]]
    names = list(dict.fromkeys(name for r in held for name in (r["group"], r["term"])))
    at = {frozenset((r["group"], r["term"])): r for r in held}
    labels = [f"{k}  {label(name, 30)}".replace("\n", "\n    ") for k, name in enumerate(names, start=1)]
    with drawing():
        drawn, axes = canvas(rows_height(labels, 0.46) + 0.55, labels=labels, top=0.4, bottom=0.15, right=0.15)
        size = axes.get_position().width * WIDTH / len(names)
        numbers = all(text_width(printed(r), 9.5) < 0.96 * size for r in held)
        for i, first in enumerate(names):
            for j, second in enumerate(names[: i + 1]):
                record = None if i == j else at.get(frozenset((first, second)))
                _cell(axes, i, j, record, small=size < 0.48, numbers=numbers)
        axes.set_xlim(-0.5, len(names) - 0.5)
        axes.set_ylim(len(names) - 0.5, -0.5)
        axes.set_yticks(range(len(names)), labels)
        axes.set_xticks(range(len(names)), some([str(k + 1) for k in range(len(names))], size))
        axes.xaxis.tick_top()
        for spine in axes.spines.values():
            spine.set_visible(False)
        in_cells = ", the number in each cell" if numbers else ""
        return finish(
            drawn,
            disclosed.select(statistic="correlation"),
            id=figure_id(disclosed, id, "heatmap"),
            title=_correlation_title(held),
            subtitle=subtitle if numbers else f"{subtitle}; darker for stronger, the numbers stand in the data",
            alt_text=(
                f"Lower triangle of the correlations of {len(names)} areas{in_cells}, darker for stronger. "
                f"{_correlation_title(held)}.{withheld_words(held)}"
            ),
            source=source,
            headers={"group": "Area", "term": "With area"},
        )


def figure_scree(
    disclosed: DisclosedFrame,
    *,
    subtitle: str = "Eigenvalues of the answers and of random data of the same size",
    source: str = "",
    id: str | None = None,
) -> Figure:
    """Return eigenvalues beside those of random data (parallel analysis).

    Parameters
    ----------
    disclosed : DisclosedFrame
        Statistics ``eigenvalue`` and ``eigenvalue_random``; `term` is the factor's number.

    Examples
    --------
    >>> from resilience_stats.disclosure import apply_policy
    >>> from resilience_stats.results.rows import combine_rows, make_rows
    >>> rows = combine_rows([
    ...     make_rows("instrument", "scree", term=["1", "2"], statistic="eigenvalue", value=[3.1, 0.7], n=138),
    ...     make_rows("instrument", "scree", term=["1", "2"], statistic="eigenvalue_random", value=[1.4, 1.2], n=138)])
    >>> figure_scree(apply_policy(rows, "board")).title
    'One factor stands above random data'
    """
    series = {name: _series(some_shown(disclosed, name)) for name in ("eigenvalue", "eigenvalue_random")}
    real, chance = series["eigenvalue"], series["eigenvalue_random"]
    kept = _kept(real, chance)
    with drawing():
        drawn, axes = canvas(4.4, top=0.6, bottom=0.8, right=1.6)
        last = max(len(real), 1)
        for (_, values), fill, shape in zip(series.items(), PAIR, ("o", "D"), strict=True):
            axes.plot(range(1, len(values) + 1), values, color=fill, marker=shape, markersize=6.5, linewidth=1.8)
        axes.set_ylim(min(0.0, *real, *chance), max([*real, *chance]) * 1.08 or 1.0)
        bottom, top = axes.get_ylim()
        gap = 0.22 * (top - bottom) / (4.4 - 1.4)
        for k, y in spread([real[-1], chance[-1]], gap, highest=top):
            text = ("The answers", "Random data")[k]
            axes.annotate(text, (last, y), (10, 0), textcoords="offset points", va="center", ha="left")
        axes.set_xticks(range(1, last + 1) if last <= 25 else range(1, last + 1, 5))
        axes.grid(axis="y")
        axes.set_xlabel("Factor", labelpad=8)
        axis_title(axes, "Eigenvalue")
        return finish(
            drawn,
            disclosed.select(statistic=["eigenvalue", "eigenvalue_random"]),
            id=figure_id(disclosed, id, "scree"),
            title=_scree_title(kept),
            subtitle=subtitle,
            alt_text=(
                f"Two falling lines over {counted(last, 'factor')}: the answers begin at {real[0]:.2f}, random data at "
                f"{chance[0]:.2f}. {_scree_title(kept)}."
            ),
            source=source,
            headers={"term": "Factor"},
        )


def _cell(axes: Axes, i: int, j: int, record: Record | None, *, small: bool, numbers: bool) -> None:
    if record is None:
        axes.text(j, i, "–" if i == j or not numbers else "[z]", va="center", ha="center")
        return
    fill = to_hex(_SCALE((record["value"] + 1) / 2)) if shown(record) else PAPER
    axes.add_patch(Rectangle((j - 0.48, i - 0.46), 0.96, 0.92, facecolor=fill, edgecolor="#B1B4B6", linewidth=0.6))
    if not numbers:
        return
    size = 9.5 if small else 11
    axes.text(j, i, printed(record), va="center", ha="center", color=text_on(fill), fontsize=size)


def _correlation_title(held: Sequence[Record]) -> str:
    drawn = sorted((r for r in held if shown(r)), key=lambda r: r["value"])
    if not drawn:
        return "Too few answers to show how areas go together"
    low, high = drawn[0], drawn[-1]
    ends = [f"{printed(r)} ({r['group']} and {r['term']})" for r in (low, high)]
    return f"Correlations run from {ends[0]} to {ends[1]}" if len(drawn) > 1 else f"The correlation is {ends[0]}"


def _series(held: Sequence[Record]) -> list[float]:
    ranked = sorted((r for r in held if shown(r)), key=lambda r: float(r["term"]))
    return [float(r["value"]) for r in ranked]


def _kept(real: Sequence[float], chance: Sequence[float]) -> int:
    above = np.array(real[: len(chance)]) > np.array(chance[: len(real)])
    return int(np.argmin(above)) if not above.all() else len(above)


def _scree_title(kept: int) -> str:
    if kept == 0:
        return "No factor stands above random data"
    return "One factor stands above random data" if kept == 1 else f"{kept} factors stand above random data"
