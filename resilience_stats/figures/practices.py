"""Practices, or groups of them, beside each other: funnel, caterpillar, regression to the mean."""

from __future__ import annotations

from collections.abc import Sequence
from operator import itemgetter

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import FuncFormatter

from resilience_stats.disclosure import DisclosedFrame, statistic
from resilience_stats.disclosure.formatting import decimal_text, heading
from resilience_stats.errors import ReportError
from resilience_stats.figures.figure import Figure
from resilience_stats.figures.render import finish
from resilience_stats.figures.style import (
    GRID,
    INK,
    PALETTE,
    SEQUENCE,
    SOFT,
    WIDTH,
    axis_title,
    canvas,
    colours,
    drawing,
    key,
    key_height,
    label,
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

_LIMITS = ("limit_inner_low", "limit_inner_high", "limit_outer_low", "limit_outer_high")
#: Beyond this many, names along the axis could not be read, or would leave no room on a page for the caption.
_MOST_NAMES = 34
#: Beyond this many, names beside points would lie over each other.
_MOST_NAMED = 12


def figure_funnel(
    disclosed: DisclosedFrame,
    *,
    measure: str = "mean",
    across: str = "",
    size: str = "Practices",
    subtitle: str = "",
    source: str = "",
    id: str | None = None,
) -> Figure:
    """Return values against their n, or against another figure, with the limits of chance.

    Parameters
    ----------
    disclosed : DisclosedFrame
        Points: rows of `measure` with n, named by `term` (or `group`). Limits: rows whose `term` is an n, statistics
        ``limit_inner_low`` (and ``_high``; 95%), ``limit_outer_low`` (and ``_high``; 99.8%) and ``target``.
    across : str
        The statistic that tells where a point lies along the axis, such as ``score_error``; its n by default.
    size : str
        What n counts, or what `across` is.

    Notes
    -----
    Points without n, such as single practices under a pseudonym, cannot be placed by it and are left out. Points are
    named where the edition may name practices, or where they are no practices.

    Examples
    --------
    >>> from resilience_stats.disclosure import apply_policy
    >>> from resilience_stats.results.rows import combine_rows, make_rows
    >>> limits = dict(limit_outer_low=[50, 55], limit_outer_high=[70, 65], target=[60, 60])
    >>> rows = combine_rows([
    ...     make_rows("scores", "funnel", term=["North", "South"], statistic="mean", value=[72, 61], n=[20, 40]),
    ...     *(make_rows("scores", "funnel", term=["20", "40"], statistic=name, value=v) for name, v in limits.items())])
    >>> figure_funnel(apply_policy(rows, "internal")).title
    '1 of 2 lies outside the 99.8% limits: North'
    """
    points = _placed(disclosed, measure, across)
    if not points:
        raise ReportError("no point may be placed", where="funnel", action="Show groups of practices.")
    limits = _limits(disclosed)
    outside = [r for r in points if _is_outside(r, limits)]
    text = heading(statistic(measure))
    with drawing():
        named = statistic(measure).kind != "score" or disclosed.policy.identity == "shown"
        told = outside if named and len(outside) <= _MOST_NAMED else []
        names = [label(r["term"] or r["group"], 24) for r in told]
        drawn, axes = canvas(5.0, right=max([1.35, *(text_width(t) + 0.2 for t in names)]), top=0.6, bottom=0.8)
        ends = _draw_limits(axes, limits)
        for record in points:
            fill = PALETTE[3] if record in outside else PALETTE[0]
            shape = "D" if record in outside else "o"
            axes.plot([record["n"]], [record["value"]], shape, color=fill, markersize=7 if len(points) < 60 else 4.5)
        _place_names(axes, ends, told, names)
        _per_cent_axis(axes, measure)
        axes.grid(axis="y")
        if max(r["n"] for r in points) >= 1000:
            axes.xaxis.set_major_formatter(FuncFormatter(lambda x, _: decimal_text(x, 0)))
        axes.set_xlabel(label(size, 70), labelpad=8)
        axis_title(axes, text)
        return finish(
            drawn,
            disclosed,
            id=figure_id(disclosed, id, "funnel"),
            title=_funnel_title(points, outside, told),
            subtitle=subtitle or f"{text} by {size.lower()}, with limits at 95% and 99.8%",
            alt_text=(
                f"Funnel plot of {counted(len(points), 'point')}: {text.lower()} against {size.lower()}. "
                f"{len(outside)} outside the outer limits{': ' + listed(_names(told)) if told else ''}."
            ),
            source=source,
        )


def figure_caterpillar(
    disclosed: DisclosedFrame,
    *,
    measure: str = "shrunken_score",
    subtitle: str = "",
    source: str = "",
    id: str | None = None,
) -> Figure:
    """Return values with intervals in order of size, against the average.

    Parameters
    ----------
    disclosed : DisclosedFrame
        Rows of `measure` with intervals, named by `term`; a row of ``target`` or ``mean`` gives the average.

    Notes
    -----
    Names are printed where there are at most 40.

    Examples
    --------
    >>> from resilience_stats.disclosure import apply_policy
    >>> from resilience_stats.results.rows import combine_rows, make_rows
    >>> rows = combine_rows([
    ...     make_rows("scores", "c", term=["E82001", "E82002"], statistic="shrunken_score", value=[55, 66],
    ...               conf_low=[50, 62], conf_high=[61, 70]),
    ...     make_rows("scores", "c", statistic="target", value=60, n=138)])
    >>> figure_caterpillar(apply_policy(rows, "internal")).title
    'The intervals of 1 of 2 exclude the average'
    """
    held = [r for r in records(disclosed, measure) if shown(r)]
    if not held:
        raise ReportError("nothing to draw", where="caterpillar", action="Use an edition that shows these values.")
    held = sorted(held, key=lambda r: (r["value"], r["term"]))
    averages = {"target", "mean"} - {measure}
    centre = next((r["value"] for r in records(disclosed) if r["statistic"] in averages and shown(r)), None)
    text, named = heading(statistic(measure)), len(held) <= _MOST_NAMES
    with drawing():
        if named:
            drawn, axes = _lying(held, text)
        else:
            drawn, axes = _standing(held, text)
        if centre is not None:
            (axes.axvline if named else axes.axhline)(centre, color=SOFT, linewidth=1.4, linestyle=(0, (4, 3)))
        return finish(
            drawn,
            disclosed,
            id=figure_id(disclosed, id, "caterpillar"),
            title=_caterpillar_title(held, centre),
            subtitle=subtitle or f"{text}, with 95% intervals, from the lowest to the highest; dashed: average",
            alt_text=(
                f"Marks with intervals of {len(held)} in order, from {printed(held[0])} to {printed(held[-1])}."
                f"{withheld_words(records(disclosed, measure))}"
            ),
            source=source,
        )


def figure_regression_to_mean(
    disclosed: DisclosedFrame,
    *,
    subtitle: str = "Change in score against the score before",
    source: str = "",
    id: str | None = None,
) -> Figure:
    """Return change against baseline, with the change expected without any effect.

    Parameters
    ----------
    disclosed : DisclosedFrame
        Per practice (`term`) and `group`: ``score_previous`` and ``score_change``. The line: rows of
        ``expected_change`` whose `term` is a baseline. Rows of ``mean_change`` by group enter the headline.

    Examples
    --------
    >>> from resilience_stats.disclosure import apply_policy
    >>> from resilience_stats.results.rows import combine_rows, make_rows
    >>> names = ["E82001", "E82002"]
    >>> rows = combine_rows([
    ...     make_rows("programmes", "rtm", group="GPRP", term=names, statistic="score_previous", value=[40, 50]),
    ...     make_rows("programmes", "rtm", group="GPRP", term=names, statistic="score_change", value=[12, 3]),
    ...     make_rows("programmes", "rtm", term=["40", "60"], statistic="expected_change", value=[6, 0])])
    >>> figure_regression_to_mean(apply_policy(rows, "internal")).title
    'GPRP: 1 of 2 practices changed by more than expected without support'
    """
    points = _pairs(disclosed)
    line = sorted((float(r["term"]), r["value"]) for r in some_shown(disclosed, "expected_change"))
    groups = list(dict.fromkeys(group for group, *_ in points))
    fills = colours(len(groups))
    with drawing():
        drawn, axes = canvas(5.0 + key_height(groups), top=0.35 + key_height(groups), bottom=0.8, right=1.3)
        axes.axhline(0, color=GRID, linewidth=1.2)
        for group, fill, shape in zip(groups, fills, ("o", "D", "s", "^", "v", "P"), strict=False):
            own = [(x, y) for g, _, x, y in points if g == group]
            axes.plot(*zip(*own, strict=True), shape, color=fill, markersize=6.5)
        axes.plot(*zip(*line, strict=True), color=INK, linewidth=2)
        beside = axes.get_yaxis_transform()
        axes.annotate(
            "Expected", (1, line[-1][1]), (4, 0), xycoords=beside, textcoords="offset points", va="center", ha="left"
        )
        axes.grid(axis="y")
        axes.set_xlabel("Score before (points)", labelpad=8)
        axis_title(axes, "Change in score (points)")
        key(drawn, list(zip(groups, fills, strict=True)), markers=("o", "D", "s", "^", "v", "P")[: len(groups)])
        return finish(
            drawn,
            disclosed,
            id=figure_id(disclosed, id, "rtm"),
            title=_rtm_title(disclosed, points, line),
            subtitle=subtitle,
            alt_text=(
                f"Scatter plot of {counted(len(points), 'practice')}: change in score against the score before, and "
                f"a line of the change expected, from {_point(line[0])} to {_point(line[-1])}."
            ),
            source=source,
        )


def _limits(disclosed: DisclosedFrame) -> dict[str, tuple[np.ndarray, np.ndarray]]:
    held: dict[str, tuple[np.ndarray, np.ndarray]] = {}
    for name in (*_LIMITS, "target"):
        rows = [r for r in records(disclosed) if r["statistic"] == name and shown(r)]
        pairs = sorted((float(r["term"]), float(r["value"])) for r in rows if _is_number(r["term"]))
        if pairs:
            x, y = np.array(pairs).T
            held[name] = (x, y)
    return held


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def _is_outside(record: Record, limits: dict[str, tuple[np.ndarray, np.ndarray]]) -> bool:
    low, high = (limits.get(f"limit_outer_{end}") for end in ("low", "high"))
    below = low is not None and record["value"] < np.interp(record["n"], *low)
    above = high is not None and record["value"] > np.interp(record["n"], *high)
    return bool(below or above)


def _draw_limits(axes: Axes, limits: dict[str, tuple[np.ndarray, np.ndarray]]) -> list[tuple[str, float, float, float]]:
    """Draw the lines; return the name of each, where it ends, and how many points its name stands above that."""
    styles = {
        "target": ("-", INK, "Average"),
        "inner": ((0, (5, 3)), SEQUENCE[1], "95%"),
        "outer": ("-", SOFT, "99.8%"),
    }
    ends = []
    for name, (x, y) in limits.items():
        line, fill, text = styles["target" if name == "target" else name.split("_")[1]]
        axes.plot(x, y, linestyle=line, color=fill, linewidth=1.4)
        lift = 6 if name == "limit_outer_high" else -6 if name == "limit_outer_low" else 0
        ends.append((text, float(x[-1]), float(y[-1]), float(lift)))
    return ends


def _place_names(
    axes: Axes, ends: Sequence[tuple[str, float, float, float]], outside: Sequence[Record], names: Sequence[str]
) -> None:
    """Name the lines at their ends and the points outside, each moved up until it lies on no other."""
    wanted = [(text, x, y, 6.0, lift) for text, x, y, lift in ends]
    wanted += [(name, r["n"], r["value"], 8.0, 0.0) for r, name in zip(outside, names, strict=True)]
    (left, right), (low, high), box = axes.get_xlim(), axes.get_ylim(), axes.get_position()
    across = box.width * WIDTH / (right - left)
    up = box.height * axes.get_figure().get_figheight() / (high - low)  # type: ignore[union-attr]
    taken: list[tuple[float, float, float, float]] = []
    for text, x, y, aside, lift in wanted:
        begin, width, half = (x - left) * across + aside / 72, text_width(text), 0.1 * (text.count("\n") + 1)
        middle = (y - low) * up + lift / 72
        for b, w, m, h in sorted(taken, key=itemgetter(2)):
            if begin < b + w and b < begin + width and abs(middle - m) < half + h:
                middle = m + h + half
        if middle + half > (high - low) * up + 0.5:
            continue  # no room is left above; the data name it
        taken.append((begin, width, middle, half))
        place = (aside, (middle - (y - low) * up) * 72)
        axes.annotate(text, (x, y), place, textcoords="offset points", va="center", ha="left", color=INK)


def _names(held: Sequence[Record]) -> list[str]:
    return [str(r["term"] or r["group"]) for r in held]


def _per_cent_axis(axes: Axes, measure: str) -> None:
    if is_fraction(measure):
        axes.yaxis.set_major_formatter(FuncFormatter(lambda y, _: per_cent(y)))


def _funnel_title(points: Sequence[Record], outside: Sequence[Record], told: Sequence[Record]) -> str:
    if not outside:
        return f"All {len(points)} lie within the 99.8% limits"
    verb = "lies" if len(outside) == 1 else "lie"
    names = f": {listed(_names(told))}" if told else ""
    return f"{len(outside)} of {len(points)} {verb} outside the 99.8% limits{names}"


def _placed(disclosed: DisclosedFrame, measure: str, across: str) -> list[Record]:
    """The points, `n` being where each lies along the axis."""
    points = [r for r in records(disclosed, measure) if shown(r)]
    if not across:
        return [r for r in points if r["n"] == r["n"]]
    at = {(r["group"], r["term"]): r["value"] for r in records(disclosed, across) if shown(r)}
    return [{**r, "n": at[r["group"], r["term"]]} for r in points if (r["group"], r["term"]) in at]


def _lying(held: Sequence[Record], text: str) -> tuple:
    from resilience_stats.figures.style import rows_axis

    labels = [label(name) for name in _names(held)]
    drawn, axes = canvas(0.3 * len(held) + 1.0, labels=labels, top=0.15)
    rows_axis(axes, labels[::-1])
    for y, record in enumerate(held[::-1]):
        if has_interval(record):
            axes.plot([record["conf_low"], record["conf_high"]], [y, y], color=PALETTE[0], linewidth=2)
        axes.plot([record["value"]], [y], "o", color=PALETTE[0], markersize=6)
    axes.set_xlabel(text, labelpad=8)
    return drawn, axes


def _standing(held: Sequence[Record], text: str) -> tuple:
    drawn, axes = canvas(4.6, top=0.6, bottom=0.6)
    for x, record in enumerate(held):
        if has_interval(record):
            axes.plot([x, x], [record["conf_low"], record["conf_high"]], color=SEQUENCE[1], linewidth=1.3)
        axes.plot([x], [record["value"]], "o", color=PALETTE[0], markersize=3.6)
    axes.set_xticks([])
    axes.set_xlim(-1, len(held))
    axes.grid(axis="y")
    axes.set_xlabel(f"{len(held)} in order of their value", labelpad=8)
    axis_title(axes, text)
    return drawn, axes


def _caterpillar_title(held: Sequence[Record], centre: float | None) -> str:
    drawn = [r for r in held if has_interval(r)]
    if centre is None or not drawn:
        return f"Values run from {printed(held[0])} to {printed(held[-1])}"
    clear = [r for r in drawn if r["conf_low"] > centre or r["conf_high"] < centre]
    if not clear:
        return f"All {len(drawn)} intervals include the average: the order says little"
    return f"The intervals of {len(clear)} of {len(drawn)} exclude the average"


def _pairs(disclosed: DisclosedFrame) -> list[tuple[str, str, float, float]]:
    before = {(r["group"], r["term"]): r["value"] for r in records(disclosed, "score_previous") if shown(r)}
    after = {(r["group"], r["term"]): r["value"] for r in records(disclosed, "score_change") if shown(r)}
    points = [(*name, before[name], after[name]) for name in before if name in after]
    if not points:
        action = "This edition shows nothing of single practices."
        raise ReportError("nothing to draw", where="regression to the mean", action=action)
    return points


def _point(place: tuple[float, float]) -> str:
    return f"{decimal_text(place[1], 1)} points at a score of {decimal_text(place[0], 0)}"


def _rtm_title(
    disclosed: DisclosedFrame, points: Sequence[tuple[str, str, float, float]], line: Sequence[tuple[float, float]]
) -> str:
    group = points[0][0]
    own = [(x, y) for g, _, x, y in points if g == group]
    x, y = np.array(line).T
    more = sum(change > np.interp(before, x, y) for before, change in own)
    lead = f"{group}: " if group else ""
    means = {r["group"]: r for r in records(disclosed) if r["statistic"] == "mean_change" and shown(r)}
    if group in means and has_interval(means[group]):
        expected = float(np.mean([np.interp(before, x, y) for before, _ in own]))
        clear = means[group]["conf_low"] > expected or means[group]["conf_high"] < expected
        words = "clearly differs from" if clear else "cannot be told from"
        return f"{lead}mean change of {printed(means[group])} {words} the {expected:.1f} expected without support"
    return f"{lead}{more} of {counted(len(own), 'practice')} changed by more than expected without support"
