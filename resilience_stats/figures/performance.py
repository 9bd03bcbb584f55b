"""How well a model predicts: calibration and net benefit."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import FuncFormatter

from resilience_stats.disclosure import DisclosedFrame
from resilience_stats.figures.figure import Figure
from resilience_stats.figures.render import finish
from resilience_stats.figures.style import (
    PALETTE,
    SEQUENCE,
    SOFT,
    axis_title,
    canvas,
    colours,
    drawing,
    end_names,
    label,
    text_width,
)
from resilience_stats.figures.words import (
    Record,
    counted,
    figure_id,
    has_interval,
    listed,
    per_cent,
    printed,
    records,
    shown,
    some_shown,
    withheld_words,
)

_DASHES = ("-", (0, (5, 2)), (0, (1, 1.5)), (0, (5, 2, 1, 2)), (0, (8, 3)), (0, (2, 3)))


def figure_calibration(
    disclosed: DisclosedFrame,
    *,
    subtitle: str = "Observed against predicted risk",
    source: str = "",
    id: str | None = None,
) -> Figure:
    """Return observed against predicted risk: groups as marks with intervals, the smooth curve as a line.

    Parameters
    ----------
    disclosed : DisclosedFrame
        ``observed_risk`` rows whose `term` is a predicted risk; those of the group "Curve" make the line, the
        others are marks. A row of ``calibration_slope`` enters the headline.

    Examples
    --------
    >>> from resilience_stats.disclosure import apply_policy
    >>> from resilience_stats.results.rows import combine_rows, make_rows
    >>> rows = combine_rows([
    ...     make_rows("model", "calibration", term=["0.1", "0.4"], statistic="observed_risk", value=[0.15, 0.3], n=50),
    ...     make_rows("model", "calibration", statistic="calibration_slope", value=0.7, conf_low=0.5,
    ...               conf_high=0.9, n=138)])
    >>> figure_calibration(apply_policy(rows, "board")).title
    'Predictions are too extreme: calibration slope 0.70 (0.50 to 0.90)'
    """
    held = records(disclosed, "observed_risk")
    curve = sorted((float(r["term"]), r["value"]) for r in held if r["group"] == "Curve" and shown(r))
    marks = [r for r in held if r["group"] != "Curve"]
    ends = [float(r["term"]) for r in held] + [r["value"] for r in held if shown(r)]
    ends += [r["conf_high"] for r in marks if shown(r) and has_interval(r)]
    top = min(1.0, max([*ends, 0.1]) * 1.05)
    with drawing():
        drawn, axes = canvas(5.4, top=0.6, bottom=0.8, right=2.2)
        axes.plot([0, top], [0, top], color=SOFT, linewidth=1.4, linestyle=(0, (4, 3)))
        axes.annotate("Perfect", (top, top), (6, 0), textcoords="offset points", va="center", ha="left")
        if curve:
            axes.plot(*zip(*curve, strict=True), color=SEQUENCE[1], linewidth=2)
            axes.annotate("Smoothed", curve[-1], (6, -8), textcoords="offset points", va="center", ha="left")
        for record in marks:
            _mark(axes, record)
        axes.set_xlim(0, top)
        axes.set_ylim(0, top)
        axes.tick_params(axis="x", pad=9)  # clear of the other axis's 0%
        for axis in (axes.xaxis, axes.yaxis):
            axis.set_major_formatter(FuncFormatter(lambda x, _: per_cent(x)))
        axes.grid(axis="y")
        axes.set_xlabel("Predicted risk", labelpad=8)
        axis_title(axes, "Observed risk")
        return finish(
            drawn,
            disclosed,
            id=figure_id(disclosed, id, "calibration"),
            title=_calibration_title(disclosed),
            subtitle=subtitle,
            alt_text=(
                f"Observed against predicted risk for {counted(len(marks), 'group')}, with the line of perfect "
                f"calibration{' and a smooth curve' if curve else ''}.{withheld_words(marks)}"
            ),
            source=source,
            headers={"term": "Predicted risk or figure", "group": "Part"},
        )


def figure_decision_curve(
    disclosed: DisclosedFrame,
    *,
    subtitle: str = "Net benefit of acting on the prediction, by the risk at which one would act",
    source: str = "",
    id: str | None = None,
) -> Figure:
    """Return net benefit by threshold: one line per strategy (`group`), thresholds in `term`.

    Parameters
    ----------
    disclosed : DisclosedFrame
        Rows of ``net_benefit``. The headline speaks of the first group against the others, point by point.

    Examples
    --------
    >>> from resilience_stats.disclosure import apply_policy
    >>> from resilience_stats.results.rows import combine_rows, make_rows
    >>> rows = combine_rows([
    ...     make_rows("model", "dca", group=name, term=["0.1", "0.2"], statistic="net_benefit", value=v, n=138)
    ...     for name, v in {"Model": [0.05, 0.04], "Support everyone": [0.06, 0.01], "Support nobody": [0, 0]}.items()])
    >>> figure_decision_curve(apply_policy(rows, "board")).title
    'Model has the highest net benefit at thresholds from 20% to 20%'
    """
    held = some_shown(disclosed, "net_benefit")
    groups = list(dict.fromkeys(r["group"] for r in held))
    lines = {g: sorted((float(r["term"]), r["value"]) for r in held if r["group"] == g) for g in groups}
    names = [label(group, 20) for group in groups]
    best = max(y for line in lines.values() for _, y in line)
    with drawing():
        drawn, axes = canvas(4.8, top=0.6, bottom=0.8, right=max(text_width(n) for n in names) + 0.3)
        low = max(min(y for line in lines.values() for _, y in line), -0.35 * (best or 0.1))
        axes.set_ylim(low - 0.03 * (best - low), best + 0.06 * (best - low or 1))
        for group, fill, dash in zip(groups, colours(len(groups)), _DASHES, strict=False):
            axes.plot(*zip(*lines[group], strict=True), color=fill, linewidth=2.2, linestyle=dash)
        axes.margins(x=0)
        end_names(axes, [lines[g][-1][1] for g in groups], names)
        axes.xaxis.set_major_formatter(FuncFormatter(lambda x, _: per_cent(x)))
        axes.grid(axis="y")
        axes.set_xlabel("Risk at which one would act", labelpad=8)
        axis_title(axes, "Net benefit (true cases per practice, less weighted false alarms)")
        return finish(
            drawn,
            disclosed.select(statistic="net_benefit"),
            id=figure_id(disclosed, id, "decision"),
            title=_decision_title(groups, lines),
            subtitle=subtitle,
            alt_text=f"Lines of net benefit for {listed(groups, most=6)}. The highest value is {best:.3f}.",
            source=source,
            row=("term",),
            column="group",
            headers={"term": "Threshold"},
        )


def _mark(axes: Axes, record: Record) -> None:
    if not shown(record):
        axes.annotate("[c]", (float(record["term"]), 0), (0, 4), textcoords="offset points", ha="center", va="bottom")
        return
    x = float(record["term"])
    if has_interval(record):
        axes.plot([x, x], [record["conf_low"], record["conf_high"]], color=PALETTE[0], linewidth=1.6)
    axes.plot([x], [record["value"]], "o", color=PALETTE[0], markersize=7, clip_on=False)


def _calibration_title(disclosed: DisclosedFrame) -> str:
    slope = next((r for r in records(disclosed) if r["statistic"] == "calibration_slope" and shown(r)), None)
    if slope is None or not has_interval(slope):
        return "Observed against predicted risk: no slope with interval is given"
    facts = f"calibration slope {printed(slope)} ({slope['conf_low']:.2f} to {slope['conf_high']:.2f})"
    if slope["conf_high"] < 1:
        return f"Predictions are too extreme: {facts}"
    if slope["conf_low"] > 1:
        return f"Predictions are too timid: {facts}"
    return f"No clear miscalibration: {facts}"


def _decision_title(groups: Sequence[str], lines: dict[str, list[tuple[float, float]]]) -> str:
    first = lines[groups[0]]
    grid = np.array([x for x, _ in first])
    others = [np.interp(grid, *np.array(lines[g]).T) for g in groups[1:]]
    beats = [bool(all(y > other[k] for other in others)) for k, (_, y) in enumerate(first)]
    won = grid[np.array(beats)] if others else grid
    if len(won) == 0:
        return f"{groups[0]} never has the highest net benefit"
    return f"{groups[0]} has the highest net benefit at thresholds from {per_cent(won[0])} to {per_cent(won[-1])}"
