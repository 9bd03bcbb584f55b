"""Estimates with their intervals: forest, importance, reliability."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import FixedLocator, FuncFormatter, NullLocator

from resilience_stats.disclosure import DisclosedFrame, format_value, statistic
from resilience_stats.disclosure.formatting import decimal_text, heading
from resilience_stats.figures.figure import Figure
from resilience_stats.figures.render import finish
from resilience_stats.figures.style import (
    INK,
    SEQUENCE,
    SOFT,
    canvas,
    colours,
    drawing,
    key,
    key_height,
    label,
    rows_axis,
    rows_height,
    text_width,
)
from resilience_stats.figures.words import (
    Record,
    capital,
    counted,
    figure_id,
    has_interval,
    is_fraction,
    listed,
    per_cent,
    printed,
    records,
    shown,
    withheld_words,
)

_MARKERS = ("o", "D", "s", "^", "v", "P")
_RATIOS = frozenset({"odds_ratio"})


def figure_forest(
    disclosed: DisclosedFrame,
    *,
    measure: str = "effect_per_sd",
    reference: float | None = None,
    subtitle: str = "",
    source: str = "",
    id: str | None = None,
) -> Figure:
    """Return estimates with intervals against the line of no effect: one line per `term`, one mark per `group`.

    Parameters
    ----------
    disclosed : DisclosedFrame
        Rows of the statistic `measure` with intervals; up to six groups (e.g. unadjusted and adjusted).
    measure : str
        Statistic to draw, e.g. ``"effect_per_sd"``, ``"estimate"``, ``"odds_ratio"`` (logarithmic axis), ``"smd"``.
    reference : float, optional
        No effect: 0, or 1 for ratios.

    Notes
    -----
    The headline speaks of the last group.

    Examples
    --------
    >>> from resilience_stats.disclosure import apply_policy
    >>> from resilience_stats.results.rows import make_rows
    >>> rows = make_rows("drivers", "model", term=["GP FTE", "List size"], statistic="smd", value=[0.4, 0.1],
    ...                  conf_low=[0.2, -0.1], conf_high=[0.6, 0.3], n=138)
    >>> figure_forest(apply_policy(rows, "board"), measure="smd").title
    'One of 2 intervals excludes no effect: GP FTE'
    """
    held = records(disclosed, measure)
    none = (1.0 if measure in _RATIOS else 0.0) if reference is None else reference
    title = _forest_title(held, none)
    words = heading(statistic(measure))
    note = f"Marks with 95% intervals; the line stands at {decimal_text(none, 0)}, no effect"
    return _intervals(
        disclosed.select(statistic=measure),
        held,
        kind="forest",
        title=title,
        subtitle=subtitle or f"{words}, with 95% intervals",
        axis=words,
        reference=(none, ""),
        what=note,
        log=measure in _RATIOS,
        source=source,
        id=id,
    )


def figure_reliability(
    disclosed: DisclosedFrame,
    *,
    threshold: float = 0.7,
    subtitle: str = "Reliability of each area's score, with 95% intervals",
    source: str = "",
    id: str | None = None,
) -> Figure:
    """Return reliability by area (`term`) with intervals, against a threshold; one mark per statistic.

    Parameters
    ----------
    disclosed : DisclosedFrame
        Statistics such as ``alpha`` and ``omega_total``. The headline speaks of the first.

    Examples
    --------
    >>> from resilience_stats.disclosure import apply_policy
    >>> from resilience_stats.results.rows import make_rows
    >>> rows = make_rows("instrument", "reliability", term=["Team", "Premises"], statistic="alpha", value=[0.81, 0.66],
    ...                  conf_low=[0.75, 0.55], conf_high=[0.86, 0.75], n=138)
    >>> figure_reliability(apply_policy(rows, "board")).title
    "Cronbach's alpha reaches 0.7 in 1 of 2 areas, and surely (by its interval) in 1"
    """
    held = [r for r in records(disclosed) if statistic(r["statistic"]).kind == "fit"]
    names = list(dict.fromkeys(r["statistic"] for r in held))
    marked = [{**r, "group": statistic(r["statistic"]).label} for r in held]
    return _intervals(
        disclosed.select(statistic=names),
        marked,
        kind="reliability",
        title=_reliability_title([r for r in held if r["statistic"] == names[0]], names[0], threshold),
        subtitle=subtitle,
        axis="Reliability (1 = no error of measurement)",
        reference=(threshold, f"{threshold:g}"),
        what=f"Marks with intervals, and a line at {threshold:g}",
        source=source,
        id=id,
    )


def figure_importance(
    disclosed: DisclosedFrame,
    *,
    subtitle: str = "Share of explained variance of each predictor, with 95% intervals",
    source: str = "",
    id: str | None = None,
) -> Figure:
    """Return bars of importance with intervals, largest first.

    Parameters
    ----------
    disclosed : DisclosedFrame
        Statistic ``importance_share`` by `term`.

    Examples
    --------
    >>> from resilience_stats.disclosure import apply_policy
    >>> from resilience_stats.results.rows import make_rows
    >>> rows = make_rows("drivers", "importance", term=["GP FTE", "Deprivation"], statistic="importance_share",
    ...                  value=[0.6, 0.4], conf_low=[0.3, 0.1], conf_high=[0.8, 0.7], n=138)
    >>> figure_importance(apply_policy(rows, "board")).title
    'GP FTE has the largest share (60%), but its interval overlaps with that of Deprivation'
    """
    held = sorted(
        records(disclosed, "importance_share"), key=lambda r: (not shown(r), -(r["value"] if shown(r) else 0))
    )
    labels = [label(r["term"]) for r in held]
    ends = [r["conf_high"] for r in held if shown(r) and has_interval(r)] + [r["value"] for r in held if shown(r)]
    right = max([0.9, *(text_width(_joined(r)) + 0.3 for r in held if shown(r))])
    with drawing():
        drawn, axes = canvas(_height(labels) + 1.0, labels=labels, top=0.15, right=right)
        rows_axis(axes, labels)
        for y, record in enumerate(held):
            _importance_bar(axes, y, record)
        axes.set_xlim(0, max([*ends, 0.05]) * 1.02)
        axes.xaxis.set_major_formatter(FuncFormatter(lambda x, _: per_cent(x)))
        axes.set_xlabel("Share of explained variance", labelpad=8)
        _column_of_values(axes, [_joined(r) if shown(r) else "" for r in held])
        axes.spines["left"].set_visible(True)
        return finish(
            drawn,
            disclosed.select(statistic="importance_share"),
            id=figure_id(disclosed, id, "importance"),
            title=_importance_title(held),
            subtitle=subtitle,
            alt_text=_description("Bars with intervals", held, held),
            source=source,
            headers={"term": "Predictor"},
        )


def _importance_bar(axes: Axes, y: int, record: Record) -> None:
    if not shown(record):
        axes.text(0.004, y, printed(record), va="center", ha="left")
        return
    axes.barh(y, record["value"], height=0.6, color=SEQUENCE[1])  # light enough for the interval to show on it
    if has_interval(record):
        ends = [record["conf_low"], record["conf_high"]]
        axes.plot(ends, [y, y], color=INK, linewidth=2.0, solid_capstyle="butt", marker="|", markersize=9)


def _intervals(
    disclosed: DisclosedFrame,
    held: Sequence[Record],
    *,
    kind: str,
    title: str,
    subtitle: str,
    axis: str,
    reference: tuple[float, str],
    what: str,
    source: str,
    id: str | None,
    log: bool = False,
) -> Figure:
    terms = list(dict.fromkeys(r["term"] for r in held))
    groups = list(dict.fromkeys(r["group"] for r in held))
    fills = colours(len(groups))
    labels = [label(term) for term in terms]
    values = [_joined(r) for r in held] if len(groups) == 1 else []
    with drawing():
        top = key_height(groups) if len(groups) > 1 else 0.2
        right = max([0.35, *(text_width(text) + 0.3 for text in values)])
        drawn, axes = canvas(_height(labels, len(groups)) + 0.8 + top, labels=labels, top=top, right=right)
        rows_axis(axes, labels)
        if log:
            axes.set_xscale("log")
        axes.axvline(reference[0], color=SOFT, linewidth=1.4, linestyle=(0, (4, 3)) if reference[1] else "-")
        _marks(axes, held, terms, groups, fills)
        if values:
            _column_of_values(axes, values)
        _axis(axes, held, reference[0], axis, log=log)
        if len(groups) > 1:
            key(drawn, list(zip(groups, fills, strict=True)), markers=_MARKERS[: len(groups)])
        return finish(
            drawn,
            disclosed,
            id=figure_id(disclosed, id, kind),
            title=title,
            subtitle=subtitle,
            alt_text=_description(what, held, terms),
            source=source,
        )


def _marks(
    axes: Axes, held: Sequence[Record], terms: Sequence[str], groups: Sequence[str], fills: Sequence[str]
) -> None:
    step = 0.6 / len(groups)
    for record in held:
        k = groups.index(record["group"])
        y = terms.index(record["term"]) + (k - (len(groups) - 1) / 2) * step
        if not shown(record):
            axes.text(0.01, y, printed(record), transform=axes.get_yaxis_transform(), va="center", ha="left")
            continue
        if has_interval(record):
            axes.plot([record["conf_low"], record["conf_high"]], [y, y], color=fills[k], linewidth=2.2)
        axes.plot([record["value"]], [y], marker=_MARKERS[k], color=fills[k], markersize=7.5, linestyle="")


def _column_of_values(axes: Axes, values: Sequence[str]) -> None:
    for y, text in enumerate(values):
        place = axes.get_yaxis_transform()
        axes.annotate(text, (1, y), (8, 0), xycoords=place, textcoords="offset points", va="center", ha="left")


def _joined(record: Record) -> str:
    text = printed(record)
    if not shown(record) or not has_interval(record):
        return text
    low, high = (format_value(record["statistic"], record[end]) for end in ("conf_low", "conf_high"))
    return f"{text} ({low} to {high})"


def _axis(axes: Axes, held: Sequence[Record], reference: float, text: str, *, log: bool) -> None:
    ends = [reference]
    for record in held:
        if shown(record):
            ends += [record["value"], *((record["conf_low"], record["conf_high"]) if has_interval(record) else ())]
    low, high = min(ends), max(ends)
    if log:
        axes.set_xlim(low / 1.1, high * 1.1)
        ticks = [t for t in (0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50) if low / 1.1 <= t <= high * 1.1]
        axes.xaxis.set_major_locator(FixedLocator(ticks))
        axes.xaxis.set_minor_locator(NullLocator())
        axes.xaxis.set_major_formatter(FuncFormatter(lambda x, _: f"{x:g}"))
    else:
        room = 0.04 * (high - low or 1.0)
        axes.set_xlim(low - room, high + room)
    if is_fraction(str(held[0]["statistic"])):
        axes.xaxis.set_major_formatter(FuncFormatter(lambda x, _: per_cent(x)))
    axes.set_xlabel(label(text, 80), labelpad=8)


def _height(labels: Sequence[str], marks: int = 1) -> float:
    return rows_height(labels, max(0.4, 0.2 * marks + 0.2))


def _forest_title(held: Sequence[Record], none: float) -> str:
    group = held[-1]["group"]
    drawn = [r for r in held if r["group"] == group and shown(r) and has_interval(r)]
    clear = [r["term"] for r in drawn if r["conf_low"] > none or r["conf_high"] < none]
    of = f"of {len(drawn)} intervals"
    where = f" ({group})" if group else ""
    if not drawn:
        return "No estimate may be shown"
    if not clear:
        return f"None {of} excludes no effect{where}"
    number = "One" if len(clear) == 1 else str(len(clear))
    verb = "excludes" if len(clear) == 1 else "exclude"
    return f"{number} {of} {verb} no effect{where}: {listed(clear)}"


def _reliability_title(held: Sequence[Record], name: str, threshold: float) -> str:
    drawn = [r for r in held if shown(r)]
    if not drawn:
        return "Too few answers to show reliability"
    # What is printed as 0.70 is not said to miss 0.7; whether it surely does is a matter of the numbers as they are.
    over = [r for r in drawn if round(r["value"], statistic(name).decimals) >= threshold]
    sure = [r for r in over if has_interval(r) and r["conf_low"] >= threshold]
    lead = f"{statistic(name).label} reaches {threshold:g} in {len(over) or 'none'} of {counted(len(drawn), 'area')}"
    return lead if not over else f"{lead}, and surely (by its interval) in {len(sure) or 'none'}"


def _importance_title(held: Sequence[Record]) -> str:
    drawn = [r for r in held if shown(r)]
    if not drawn:
        return "Too few answers to show importance"
    first, rest = drawn[0], drawn[1:]
    lead = f"{capital(str(first['term']))} has the largest share ({printed(first)})"
    if not rest or not has_interval(first):
        return lead
    near = [r["term"] for r in rest if has_interval(r) and r["conf_high"] >= first["conf_low"]]
    if not near:
        return f"{lead}, and its interval lies above all others"
    return f"{lead}, but its interval overlaps with {'that' if len(near) == 1 else 'those'} of {listed(near)}"


def _description(what: str, held: Sequence[Record], terms: Sequence[object]) -> str:
    drawn = [r for r in held if shown(r)]
    text = f"{what}, for {counted(len(terms), 'line')}."
    if drawn:
        ranked = sorted(drawn, key=lambda r: r["value"])
        least, most = ranked[0], ranked[-1]
        text += f" Largest: {most['term']}, {printed(most)}. Smallest: {least['term']}, {printed(least)}."
    return text + withheld_words(held)


def nice_steps(low: float, high: float, number: int = 5) -> np.ndarray:
    """Return about `number` round values that cover a range.

    Examples
    --------
    >>> nice_steps(0, 97).tolist()
    [0.0, 20.0, 40.0, 60.0, 80.0, 100.0]
    """
    from matplotlib.ticker import MaxNLocator

    return np.asarray(MaxNLocator(nbins=number, steps=[1, 2, 2.5, 5, 10]).tick_values(low, high))
