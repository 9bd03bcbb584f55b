"""Many things beside each other: small multiples, specifications, years."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure as Canvas
from matplotlib.ticker import FuncFormatter

from resilience_stats.disclosure import DisclosedFrame, statistic
from resilience_stats.disclosure.formatting import heading
from resilience_stats.figures.answers import option_colours
from resilience_stats.figures.figure import Figure
from resilience_stats.figures.render import finish
from resilience_stats.figures.style import (
    GRID,
    INK,
    PALETTE,
    PAPER,
    SOFT,
    WIDTH,
    axis_title,
    canvas,
    colours,
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
from resilience_stats.figures.words import (
    Record,
    counted,
    figure_id,
    has_interval,
    is_fraction,
    listed,
    per_cent,
    printed,
    records,
    shown,
    some_shown,
    withheld_words,
)

#: Ratings that still stand: what is left of the inspections of a year once those rated poorly were seen again.
_STANDING = "published_share"
_INSPECTED = {"count": "Practices inspected", "share": "Share of practices inspected",
              _STANDING: "Share of ratings that stand"}  # fmt: skip


def figure_small_multiples(
    disclosed: DisclosedFrame,
    *,
    measure: str = "mean",
    subtitle: str = "",
    source: str = "",
    id: str | None = None,
) -> Figure:
    """Return one small panel per `group`, all on one scale, with a mark and interval for each `term`.

    Examples
    --------
    >>> from resilience_stats.disclosure import apply_policy
    >>> from resilience_stats.results.rows import make_rows
    >>> rows = make_rows("scores", "areas", group=["Team", "Team", "Finance", "Finance"], term=["2018", "2019"] * 2,
    ...                  statistic="mean", value=[60, 66, 55, 50], n=138)
    >>> figure_small_multiples(apply_policy(rows, "board")).title
    'From 2018 to 2019: 1 of 2 panels up, 1 down; largest change in Team (60.0 to 66.0)'
    """
    held = records(disclosed, measure)
    groups = list(dict.fromkeys(r["group"] for r in held))
    terms = list(dict.fromkeys(r["term"] for r in held))
    across = min(3 if max(map(len, terms)) > 8 or len(terms) > 5 else 4, len(groups))
    down = -(-len(groups) // across)
    text = heading(statistic(measure))
    with drawing():
        drawn = Canvas(figsize=(WIDTH, 0.55 + 2.2 * down))
        limits = _common_limits(held)
        for k, group in enumerate(groups):
            axes = _panel_axes(drawn, k, across, down)
            width = axes.get_position().width * WIDTH
            title = label(group, 84 // across, inches=width / 1.14)  # bold is wider
            _panel(axes, [r for r in held if r["group"] == group], terms, limits, title)
            if is_fraction(measure):
                axes.yaxis.set_major_formatter(FuncFormatter(lambda y, _: per_cent(y)))
            if k % across:
                axes.tick_params(labelleft=False)
        drawn.text(0.1 / WIDTH, 1 - 0.1 / drawn.get_figheight(), text, va="top", ha="left")
        return finish(
            drawn,
            disclosed.select(statistic=measure),
            id=figure_id(disclosed, id, "panels"),
            title=_panels_title(held, groups, terms),
            subtitle=subtitle or f"{text} by panel, with 95% intervals",
            alt_text=(
                f"{counted(len(groups), 'panel')} on one scale, each with {counted(len(terms), 'mark')}: "
                f"{listed(groups, most=12)}.{withheld_words(held)}"
            ),
            source=source,
        )


def figure_specifications(
    disclosed: DisclosedFrame,
    *,
    subtitle: str = "Effect in every defensible specification, with 95% intervals, in order of size",
    source: str = "",
    id: str | None = None,
) -> Figure:
    """Return the specification curve: estimates in order, and below them what each specification chose.

    Parameters
    ----------
    disclosed : DisclosedFrame
        ``spec_estimate`` rows, one per specification (`term`), with intervals; and rows of ``setting`` whose `group` is
        the choice, `term` the specification and value the option taken.

    Examples
    --------
    >>> from resilience_stats.disclosure import apply_policy
    >>> from resilience_stats.results.rows import combine_rows, make_rows
    >>> rows = combine_rows([
    ...     make_rows("drivers", "specs", term=["1", "2"], statistic="spec_estimate", value=[2.0, 1.0],
    ...               conf_low=[0.5, -0.5], conf_high=[3.5, 2.5], n=138),
    ...     make_rows("drivers", "specs", statistic="df_residual", value=130, n=138),
    ...     make_rows("drivers", "specs", group="Weights", term=["1", "2"], statistic="setting", value=["no", "yes"])])
    >>> figure_specifications(apply_policy(rows, "board")).title
    'In 1 of 2 specifications the interval excludes no effect; the median effect is 1.50'
    """
    held = sorted(some_shown(disclosed, "spec_estimate"), key=lambda r: (r["value"], r["term"]))
    order = {r["term"]: k for k, r in enumerate(held)}
    choices = _choices(disclosed, order)
    lines = [label(f"{choice}: {option}", 40) for choice, option in choices]
    with drawing():
        below = 0.22 * len(lines) + 0.15 * bool(lines)
        if any("\n" in line for line in lines):
            below = rows_height(lines, 0.22) + 0.15
        drawn, axes = canvas(3.6 + below, labels=lines, bottom=0.35 + below, top=0.6)
        _curve(axes, held)
        if lines:
            _choice_marks(drawn, axes, choices, lines, below)
        axis_title(axes, heading(statistic("spec_estimate")))
        return finish(
            drawn,
            disclosed,
            id=figure_id(disclosed, id, "specifications"),
            title=_specification_title(held),
            subtitle=subtitle,
            alt_text=(
                f"{counted(len(held), 'specification')} in order of the effect, from {printed(held[0])} to "
                f"{printed(held[-1])}; below, marks show which options each took. {_specification_title(held)}."
            ),
            source=source,
            data=_specification_table(disclosed),
        )


def figure_inspections(
    disclosed: DisclosedFrame,
    *,
    subtitle: str = "Practices by rating and year of inspection",
    source: str = "",
    id: str | None = None,
) -> Figure:
    """Return stacked bars: one bar per year (`group`), ratings (`term`) from worst to best.

    Parameters
    ----------
    disclosed : DisclosedFrame
        Statistic ``count``, ``share`` or ``published_share``; two to five ratings in order. ``published_share`` is of
        ratings that still stand, not of inspections, and the headline is then of the worst rating.

    Examples
    --------
    >>> from resilience_stats.disclosure import apply_policy
    >>> from resilience_stats.results.rows import make_rows
    >>> rows = make_rows("cqc", "years", group=["2018", "2018", "2019", "2019"],
    ...                  term=["Requires improvement", "Good"] * 2, value=[10, 30, 5, 45])
    >>> figure_inspections(apply_policy(rows, "board")).title
    '“Good”: 75% of those inspected in 2018, 90% in 2019'
    """
    measure = next((m for m in ("share", "published_share") if (disclosed.rows["statistic"] == m).any()), "count")
    held = [r for r in records(disclosed, measure) if "All" not in (r["group"], r["term"])]
    years, ratings = list(dict.fromkeys(r["group"] for r in held)), list(dict.fromkeys(r["term"] for r in held))
    fills = option_colours(len(ratings)) if len(ratings) > 1 else colours(1)
    labels = [label(year) for year in years]
    with drawing():
        top = key_height(ratings) + 0.05
        drawn, axes = canvas(rows_height(labels, 0.46) + top + 0.8, labels=labels, top=top, right=0.4)
        rows_axis(axes, labels)
        axes.spines["left"].set_visible(True)
        totals = [sum(r["value"] for r in held if r["group"] == y and shown(r)) for y in years]
        axes.set_xlim(0, 1 if measure != "count" else max([*totals, 1]) * 1.02)
        for y, year in enumerate(years):
            _stack(axes, y, [r for r in held if r["group"] == year], dict(zip(ratings, fills, strict=True)))
        if measure != "count":
            axes.xaxis.set_major_formatter(FuncFormatter(lambda x, _: per_cent(x)))
        axes.set_xlabel(_INSPECTED[measure], labelpad=8)
        key(drawn, list(zip(ratings, fills, strict=True)))
        return finish(
            drawn,
            disclosed.select(statistic=measure),
            id=figure_id(disclosed, id, "inspections"),
            title=_inspection_title(held, years, ratings),
            subtitle=subtitle + (". Bars with withheld pieces end in [c]" if any(not shown(r) for r in held) else ""),
            alt_text=(
                f"Stacked bars of {counted(len(years), 'year')}, the ratings {listed(ratings, most=6)} from left to "
                f"right. {_inspection_title(held, years, ratings)}.{withheld_words(held)}"
            ),
            source=source,
            row=("group",),
            column="term",
            headers={"group": "Year", "n": "Inspected"}
            if measure != _STANDING
            else {"group": "Published", "n": "Ratings"},
        )


def _panel_axes(drawn: Canvas, k: int, across: int, down: int) -> Axes:
    height = drawn.get_figheight()
    left, gap, width = 0.65, 0.25, (WIDTH - 0.65 - 0.15 - 0.25 * (across - 1)) / across
    column, row = k % across, k // across
    top = 0.55 + 2.2 * row + 0.35
    return drawn.add_axes(
        ((left + column * (width + gap)) / WIDTH, 1 - (top + 1.35) / height, width / WIDTH, 1.35 / height)
    )


def _panel(axes: Axes, held: Sequence[Record], terms: Sequence[str], limits: tuple[float, float], title: str) -> None:
    at = {r["term"]: r for r in held}
    for x, term in enumerate(terms):
        record = at.get(term)
        if not shown(record) or record is None:
            axes.text(x, limits[0], "[c]" if record else "[z]", ha="center", va="bottom")
            continue
        if has_interval(record):
            axes.plot([x, x], [record["conf_low"], record["conf_high"]], color=PALETTE[0], linewidth=2)
        axes.plot([x], [record["value"]], "o", color=PALETTE[0], markersize=6.5)
    axes.set_title(title, loc="left", fontsize=11, fontweight="bold", pad=5)
    axes.set_xlim(-0.5, len(terms) - 0.5)
    axes.set_ylim(*limits)
    slot = axes.get_position().width * WIDTH / len(terms)
    axes.set_xticks(range(len(terms)), some([label(term, 9, inches=max(slot - 0.05, 0.5)) for term in terms], slot))
    axes.tick_params(length=0)
    axes.grid(axis="y")


def _common_limits(held: Sequence[Record]) -> tuple[float, float]:
    ends = [r["value"] for r in held if shown(r)]
    ends += [r[end] for r in held if shown(r) and has_interval(r) for end in ("conf_low", "conf_high")]
    low, high = (min(ends), max(ends)) if ends else (0.0, 1.0)
    room = 0.1 * (high - low or 1.0)
    return low - room, high + room


def _panels_title(held: Sequence[Record], groups: Sequence[str], terms: Sequence[str]) -> str:
    at = {(r["group"], r["term"]): r for r in held}
    first, last = terms[0], terms[-1]
    pairs = [(g, at.get((g, first)), at.get((g, last))) for g in groups]
    moves = [(g, a, b) for g, a, b in pairs if a is not None and b is not None and shown(a) and shown(b)]
    if not moves or first == last:
        return f"{heading(statistic(str(held[0]['statistic'])))} in {counted(len(groups), 'panel')}"
    up = sum(b["value"] > a["value"] for _, a, b in moves)
    down = sum(b["value"] < a["value"] for _, a, b in moves)
    most = max(moves, key=lambda m: abs(m[2]["value"] - m[1]["value"]))
    change = f"largest change in {most[0]} ({printed(most[1])} to {printed(most[2])})"
    return f"From {first} to {last}: {up} of {counted(len(moves), 'panel')} up, {down} down; {change}"


def _curve(axes: Axes, held: Sequence[Record]) -> None:
    axes.axhline(0, color=SOFT, linewidth=1.3)
    for x, record in enumerate(held):
        clear = has_interval(record) and (record["conf_low"] > 0 or record["conf_high"] < 0)
        fill, shape = (PALETTE[3], "D") if clear else (PALETTE[0], "o")
        if has_interval(record):
            axes.plot([x, x], [record["conf_low"], record["conf_high"]], color=fill, linewidth=1.2)
        axes.plot([x], [record["value"]], shape, color=fill, markersize=4)
    axes.set_xlim(-1, len(held))
    axes.set_xticks([])
    axes.grid(axis="y")


def _choices(disclosed: DisclosedFrame, order: dict[str, int]) -> dict[tuple[str, str], list[int]]:
    taken: dict[tuple[str, str], list[int]] = {}
    for r in records(disclosed):
        if r["statistic"] == "setting" and r["term"] in order and r["disclosure"] != "[c]":
            taken.setdefault((r["group"], str(r["value"])), []).append(order[r["term"]])
    return dict(sorted(taken.items()))


def _choice_marks(drawn: Canvas, axes: Axes, choices: dict, lines: Sequence[str], below: float) -> None:
    box, height = axes.get_position(), drawn.get_figheight()
    under = drawn.add_axes((box.x0, 0.15 / height, box.width, below / height))
    for y, places in enumerate(choices.values()):
        under.plot(places, [y] * len(places), "|", color=INK, markersize=9, markeredgewidth=1.4)
    under.set_xlim(axes.get_xlim())
    rows_axis(under, lines)
    under.tick_params(length=0)
    under.set_xticks([])
    under.grid(visible=False)
    under.set_yticks(np.arange(len(lines)), lines)
    for spine in under.spines.values():
        spine.set_color(GRID)


def _specification_title(held: Sequence[Record]) -> str:
    clear = [r for r in held if has_interval(r) and (r["conf_low"] > 0 or r["conf_high"] < 0)]
    middle = float(np.median([r["value"] for r in held]))
    words = printed({**held[0], "value": middle})
    number = str(len(clear)) if clear else "none"
    lead = f"In {number} of {counted(len(held), 'specification')} the interval excludes no effect"
    return f"{lead}; the median effect is {words}"


def _specification_table(disclosed: DisclosedFrame) -> Any:
    from resilience_stats.tables.build import table_rows

    rows = disclosed.select(statistic="spec_estimate")
    return table_rows(rows, caption="Data: effect in each specification", row="term", headers={"term": "Specification"})


def _stack(axes: Axes, y: int, held: Sequence[Record], fills: dict[str, str]) -> None:
    left, hidden = 0.0, False
    scale = axes.get_position().width * WIDTH / axes.get_xlim()[1]
    for record in held:
        if not shown(record):
            hidden = True
            continue
        width, fill = record["value"], fills[record["term"]]
        axes.barh(y, width, left=left, height=0.7, color=fill, edgecolor=PAPER, linewidth=1.2)
        if width * scale > text_width(printed(record)) + 0.06:
            axes.text(left + width / 2, y, printed(record), va="center", ha="center", color=text_on(fill))
        left += width
    if hidden:
        axes.annotate("[c]", (left, y), (4, 0), textcoords="offset points", va="center", ha="left")


def _inspection_title(held: Sequence[Record], years: Sequence[str], ratings: Sequence[str]) -> str:
    standing = bool(held) and held[0]["statistic"] == _STANDING
    best = ratings[0 if standing else -1]
    of = "ratings that stand, published in" if standing else "those inspected in"
    shares = []
    for year in (years[0], years[-1]):
        here = [r for r in held if r["group"] == year]
        own = next((r for r in here if r["term"] == best), None)
        whole = 1.0 if here and here[0]["statistic"] == "share" else sum(r["value"] for r in here if shown(r))
        known = own is not None and shown(own) and (here[0]["statistic"] == "share" or all(shown(r) for r in here))
        shares.append(per_cent(own["value"] / whole) if known and own is not None and whole else None)
    if shares[0] is None or shares[1] is None:
        return f"Ratings by year; the share “{best}” is withheld for {years[0] if shares[0] is None else years[-1]}"
    if len(years) == 1:
        return f"“{best}”: {shares[0]} of {of} {years[0]}"
    return f"“{best}”: {shares[0]} of {of} {years[0]}, {shares[1]} in {years[-1]}"
