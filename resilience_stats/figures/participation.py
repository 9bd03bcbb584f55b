"""The way from the practices asked to the practices analysed."""

from __future__ import annotations

from itertools import pairwise

from matplotlib.axes import Axes

from resilience_stats.disclosure import DisclosedFrame, format_value
from resilience_stats.figures.figure import Figure
from resilience_stats.figures.render import finish
from resilience_stats.figures.style import INK, PALETTE, PAPER, SOFT, canvas, drawing, label, text_width
from resilience_stats.figures.words import Record, figure_id, per_cent, printed, records, shown, withheld_words

_STEP = 1.25


def figure_flow(
    disclosed: DisclosedFrame,
    *,
    subtitle: str = "Practices at each stage of the survey",
    source: str = "",
    id: str | None = None,
) -> Figure:
    """Return a flow chart of stages, with what is lost between them.

    Parameters
    ----------
    disclosed : DisclosedFrame
        One row per stage in order (`term`), each counting a part of the stage before. Use the statistic ``stage``.

    Notes
    -----
    The loss between two stages is drawn where both are shown.

    Examples
    --------
    >>> from resilience_stats.disclosure import apply_policy
    >>> from resilience_stats.results.rows import make_rows
    >>> rows = make_rows("participation", "flow", term=["Asked", "Answered"], statistic="stage", value=[197, 138])
    >>> figure_flow(apply_policy(rows, "board")).title
    '138 of 197 practices (70%) got to the last stage: answered'
    """
    stages = records(disclosed)
    with drawing():
        drawn, axes = canvas(0.3 + _STEP * len(stages), top=0.1, bottom=0.1, left=0.1, right=0.1)
        axes.set_axis_off()
        axes.set_xlim(0, 9)
        axes.set_ylim(_STEP * len(stages), 0)
        for k, stage in enumerate(stages):
            _box(axes, k * _STEP, stage, last=k == len(stages) - 1)
        for k, (before, after) in enumerate(pairwise(stages)):
            _arrow(axes, k * _STEP, before, after)
        return finish(
            drawn,
            disclosed,
            id=figure_id(disclosed, id, "flow"),
            title=_title(stages),
            subtitle=subtitle,
            alt_text=_description(stages),
            source=source,
            headers={"term": "Stage"},
        )


def _box(axes: Axes, top: float, stage: Record, *, last: bool) -> None:
    from matplotlib.patches import Rectangle

    fill, ink = (PALETTE[0], PAPER) if last else (PAPER, INK)
    axes.add_patch(Rectangle((0.2, top + 0.08), 4.4, 0.74, facecolor=fill, edgecolor=PALETTE[0], linewidth=1.5))
    name = label(stage["term"], 28, inches=3.9 - 1.5 * text_width(printed(stage)))  # the number is large and bold
    axes.text(0.4, top + 0.45, name, va="center", ha="left", color=ink, linespacing=1.1)
    axes.text(4.4, top + 0.45, printed(stage), va="center", ha="right", color=ink, fontsize=15, fontweight="bold")


def _arrow(axes: Axes, top: float, before: Record, after: Record) -> None:
    style = {"arrowstyle": "-|>", "color": SOFT, "linewidth": 1.3, "shrinkA": 0, "shrinkB": 0}
    axes.annotate("", (2.4, top + _STEP + 0.07), (2.4, top + 0.83), arrowprops=style)
    if shown(before) and shown(after) and before["value"] > after["value"]:
        lost = before["value"] - after["value"]
        axes.annotate("", (5.1, top + 1.05), (2.4, top + 1.05), arrowprops=style)
        text = f"{format_value(str(after['statistic']), lost)} went no further"
        axes.text(5.2, top + 1.05, label(text, 36), va="center", ha="left", color=INK)


def _title(stages: list[Record]) -> str:
    first, last = stages[0], stages[-1]
    if not (shown(first) and shown(last) and first["value"]):
        return "How many practices took part is withheld"
    part = per_cent(last["value"] / first["value"])
    end = str(last["term"])
    return f"{printed(last)} of {printed(first)} practices ({part}) got to the last stage: {end[:1].lower()}{end[1:]}"


def _description(stages: list[Record]) -> str:
    steps = "; ".join(f"{stage['term']}: {printed(stage)}" for stage in stages)
    return f"Flow chart of {len(stages)} stages from top to bottom. {steps}.{withheld_words(stages)}"
