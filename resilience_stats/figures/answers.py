"""Answers and scores: diverging bars of ordered answers, and distributions."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import FuncFormatter

from resilience_stats.disclosure import DisclosedFrame
from resilience_stats.errors import ReportError
from resilience_stats.figures.figure import Figure
from resilience_stats.figures.render import finish
from resilience_stats.figures.style import (
    DIVERGING,
    INK,
    PALETTE,
    PAPER,
    SOFT,
    WIDTH,
    axis_title,
    canvas,
    check_contrast,
    drawing,
    key,
    key_height,
    label,
    rows_axis,
    rows_height,
    some,
    text_on,
    text_width,
)
from resilience_stats.figures.words import Record, counted, figure_id, per_cent, printed, records, shown, withheld_words


def figure_likert(
    disclosed: DisclosedFrame,
    *,
    subtitle: str = "Share of practices giving each answer",
    source: str = "",
    id: str | None = None,
) -> Figure:
    """Return diverging stacked bars: one bar per question (`group`), answers (`term`) from least to most favourable.

    Parameters
    ----------
    disclosed : DisclosedFrame
        Shares; terms in order of the scale, the same for every question; at most five.

    Notes
    -----
    The middle answer of an odd scale is split at zero. Where answers are withheld, their joint share is drawn hatched,
    if all lie on one side of the middle; otherwise no bar is drawn.

    Examples
    --------
    >>> from resilience_stats.disclosure import apply_policy
    >>> from resilience_stats.results.rows import make_rows
    >>> rows = make_rows("instrument", "items", group="Q1", term=["Never", "Sometimes", "Always"], statistic="share",
    ...                  value=[0.25, 0.25, 0.5], n=100)
    >>> figure_likert(apply_policy(rows, "board")).title
    'Most favourable: “Q1”, where 50% chose “Always”'
    """
    held = records(disclosed, "share")
    options = list(dict.fromkeys(r["term"] for r in held))
    items = list(dict.fromkeys(r["group"] for r in held))
    fills = option_colours(len(options))
    check_contrast(fills)
    bars = {item: _bar([r for r in held if r["group"] == item], options) for item in items}
    labels = [label(item, 38) for item in items]
    with drawing():
        lines = rows_height(labels, 0.42)
        top = key_height(options)
        drawn, axes = canvas(lines + top + 0.75, labels=labels, top=top, right=0.35)
        rows_axis(axes, labels)
        reach = _reach([_segments(bars[item], options) for item in items])
        _diverging_axis(axes, reach)
        for y, item in enumerate(items):
            _draw_bar(axes, y, bars[item], options, fills)
        key(drawn, list(zip(options, fills, strict=True)))
        return finish(
            drawn,
            disclosed.select(statistic="share"),
            id=figure_id(disclosed, id, "answers"),
            title=_likert_title(held, options, items),
            subtitle=subtitle + (". Hatched pieces are withheld" if any(not shown(r) for r in held) else ""),
            alt_text=_likert_description(held, options, items),
            source=source,
            row=("group",),
            column="term",
            headers={"group": "Question", "n": "Answered"},
        )


def option_colours(number: int) -> tuple[str, ...]:
    """Return colours from the least to the most favourable of two to five answers.

    Examples
    --------
    >>> option_colours(2)
    ('#801650', '#12436D')
    """
    places = {2: (0, 4), 3: (0, 2, 4), 4: (0, 1, 3, 4), 5: (0, 1, 2, 3, 4)}
    if number not in places:
        raise ReportError("an answer scale of this length cannot be drawn", found=number, allowed="2 to 5 answers")
    return tuple(DIVERGING[k] for k in places[number])


def figure_distribution(
    disclosed: DisclosedFrame,
    *,
    subtitle: str = "Number of practices by score",
    axis: str = "Score",
    source: str = "",
    id: str | None = None,
) -> Figure:
    """Return columns of counts by class (`term`, in order).

    Parameters
    ----------
    disclosed : DisclosedFrame
        Statistic ``count``, one row per class. Rows of ``mean``, ``median``, ``q1`` and ``q3`` enter the headline.
    axis : str
        What the classes are classes of.

    Examples
    --------
    >>> from resilience_stats.disclosure import apply_policy
    >>> from resilience_stats.results.rows import make_rows
    >>> rows = make_rows("scores", "distribution", term=["40 to 59", "60 to 79"], value=[40, 98])
    >>> figure_distribution(apply_policy(rows, "board")).title
    'Scores are most often 60 to 79: 98 of 138 practices'
    """
    held = records(disclosed, "count")
    slot = (WIDTH - 1.05) / len(held)
    texts = some([label(r["term"], max(6, round(90 / len(held))), inches=max(slot - 0.05, 0.6)) for r in held], slot)
    with drawing():
        drawn, axes = canvas(4.4, bottom=0.85 + 0.18 * max(t.count("\n") for t in texts), top=0.6)
        heights = [r["value"] if shown(r) else 0.0 for r in held]
        axes.bar(range(len(held)), heights, width=0.94, color=PALETTE[0])
        for x, record in enumerate(held):
            height = heights[x]
            if text_width(printed(record)) > slot:
                continue
            axes.annotate(printed(record), (x, height), (0, 3), textcoords="offset points", ha="center", va="bottom")
        axes.set_ylim(0, max([*heights, 1.0]) * 1.14)
        axes.set_xticks(range(len(held)), texts)
        axes.grid(axis="y")
        axes.spines["left"].set_visible(False)
        axes.set_xlabel(label(axis, 80), labelpad=8)
        axis_title(axes, "Practices")
        return finish(
            drawn,
            disclosed,
            id=figure_id(disclosed, id, "distribution"),
            title=_distribution_title(disclosed, held),
            subtitle=subtitle,
            alt_text=_distribution_description(held, axis),
            source=source,
            headers={"term": axis},
        )


def _bar(rows: Sequence[Record], options: Sequence[str]) -> dict[str, float | None]:
    at = {r["term"]: r for r in rows}
    return {option: at[option]["value"] if shown(at.get(option)) else None for option in options}


def _segments(bar: dict[str, float | None], options: Sequence[str]) -> list[tuple[str, float, float]] | None:
    """Return (option, start, width) of each piece, "" for the withheld ones; None where these cannot be placed."""
    middle = (len(options) - 1) / 2
    hidden = [k for k, option in enumerate(options) if bar[option] is None]
    if hidden and not (max(hidden) < middle or min(hidden) > middle):
        return None
    rest = max(0.0, 1 - sum(width for width in bar.values() if width is not None))
    pieces = [(option, bar[option] or 0.0, k) for k, option in enumerate(options) if bar[option] is not None]
    if hidden:
        pieces.insert(0 if max(hidden) < middle else len(pieces), ("", rest, hidden[0]))
    below = sum(width * (1.0 if k < middle else 0.5 if k == middle else 0.0) for _, width, k in pieces)
    starts = np.concatenate([[0.0], np.cumsum([width for _, width, _ in pieces])]) - below
    return [(option, float(start), width) for (option, width, _), start in zip(pieces, starts, strict=False)]


def _draw_bar(axes: Axes, y: int, bar: dict[str, float | None], options: Sequence[str], fills: Sequence[str]) -> None:
    segments = _segments(bar, options)
    if segments is None:
        axes.text(0.01, y, "[c]", va="center", ha="left", color=INK)
        return
    colour = dict(zip(options, fills, strict=True))
    left, right = axes.get_xlim()
    per_unit = axes.get_position().width * WIDTH / (right - left)  # inches
    for option, start, width in segments:
        fill, hatch = (colour[option], "") if option else (PAPER, "////")
        edge = PAPER if option else SOFT
        axes.barh(y, width, left=start, height=0.72, color=fill, edgecolor=edge, linewidth=1.2, hatch=hatch)
        text = per_cent(width) if option else "[c]"
        if width * per_unit > text_width(text) + 0.06:
            back = None if option else {"facecolor": PAPER, "edgecolor": "none", "pad": 1.0}
            axes.text(start + width / 2, y, text, va="center", ha="center", color=text_on(fill), bbox=back)


def _reach(bars: Sequence[list[tuple[str, float, float]] | None]) -> tuple[float, float]:
    """Return how far the bars reach to each side, in quarters."""
    ends = [(start, start + width) for bar in bars if bar for _, start, width in bar] or [(-1.0, 1.0)]
    low, high = min(e[0] for e in ends), max(e[1] for e in ends)
    return min(-0.25, np.floor(low * 4 + 1e-9) / 4), max(0.25, np.ceil(high * 4 - 1e-9) / 4)


def _diverging_axis(axes: Axes, reach: tuple[float, float]) -> None:
    axes.set_xlim(*reach)
    axes.set_xticks(np.arange(reach[0], reach[1] + 0.01, 0.25))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda x, _: f"{abs(x) * 100:.0f}%"))
    axes.axvline(0, color=INK, linewidth=1.0, zorder=0.5)
    axes.set_xlabel("Less favourable answers left of the line, more favourable right of it", labelpad=8)


def _likert_title(held: Sequence[Record], options: Sequence[str], items: Sequence[str]) -> str:
    best = [r for r in held if r["term"] == options[-1] and shown(r)]
    if not best:
        return "Too few answers to show how practices answered"
    top = max(best, key=lambda r: r["value"])
    low = min(best, key=lambda r: r["value"])
    lead = f"“{top['group']}”, where {per_cent(top['value'])} chose “{top['term']}”"
    if len(items) == 1 or per_cent(low["value"]) == per_cent(top["value"]):
        return f"Most favourable: {lead}"
    return f"Most favourable: {lead}; least: “{low['group']}”, {per_cent(low['value'])}"


def _likert_description(held: Sequence[Record], options: Sequence[str], items: Sequence[str]) -> str:
    scale = ", ".join(f"“{option}”" for option in options)
    return (
        f"Stacked bars of {counted(len(items), 'question')}, one bar each, with the answers {scale} from left to "
        f"right, set apart at the middle of the scale.{withheld_words(held)} All shares stand in the table of data."
    )


def _distribution_title(disclosed: DisclosedFrame, held: Sequence[Record]) -> str:
    others = {r["statistic"]: r for r in records(disclosed) if r["statistic"] in ("q1", "q3", "median")}
    if shown(others.get("q1")) and shown(others.get("q3")):
        return f"The middle half of scores lies between {printed(others['q1'])} and {printed(others['q3'])}"
    drawn = [r for r in held if shown(r)]
    if not drawn:
        return "Too few practices to show how the scores spread"
    most = max(drawn, key=lambda r: r["value"])
    total = sum(r["value"] for r in drawn)
    of = f" of {total:,.0f}" if len(drawn) == len(held) else ""
    return f"Scores are most often {most['term']}: {printed(most)}{of} practices"


def _distribution_description(held: Sequence[Record], axis: str) -> str:
    drawn = [r for r in held if shown(r)]
    if not drawn:
        return f"Column chart of {axis.lower()} in {len(held)} classes, all withheld."
    most = max(drawn, key=lambda r: r["value"])
    return (
        f"Column chart of {axis.lower()} in {len(held)} classes from {held[0]['term']} to {held[-1]['term']}. "
        f"The tallest column is {most['term']} with {printed(most)}.{withheld_words(held)}"
    )
