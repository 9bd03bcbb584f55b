"""A score over time, with the limits within which it varies anyway."""

from __future__ import annotations

from resilience_stats.disclosure import DisclosedFrame, statistic
from resilience_stats.disclosure.formatting import heading
from resilience_stats.errors import ReportError
from resilience_stats.figures.figure import Figure
from resilience_stats.figures.render import finish
from resilience_stats.figures.style import (
    INK,
    PALETTE,
    SEQUENCE,
    SOFT,
    WIDTH,
    axis_title,
    canvas,
    drawing,
    end_names,
    label,
    some,
)
from resilience_stats.figures.words import Record, counted, figure_id, has_interval, listed, printed, records, shown

_LINES = {
    "target": ("-", INK, "Mean"),
    "control_low": ("--", SEQUENCE[1], ""),
    "control_high": ("--", SEQUENCE[1], "Limits"),
}


def figure_control_chart(
    disclosed: DisclosedFrame,
    *,
    measure: str = "mean",
    subtitle: str = "",
    source: str = "",
    id: str | None = None,
) -> Figure:
    """Return the values of each wave in order of time, with mean and limits where there are any.

    Parameters
    ----------
    disclosed : DisclosedFrame
        Rows of `measure` by `term` (the wave), in order of time; ``target``, ``control_low`` and ``control_high`` by
        the same terms.

    Examples
    --------
    >>> from resilience_stats.disclosure import apply_policy
    >>> from resilience_stats.results.rows import combine_rows, make_rows
    >>> years, held = ["2016", "2017", "2018", "2019"], dict(chapter="scores", output="waves", n=40)
    >>> lines = {"mean": [60, 61, 59, 75], "target": 64, "control_low": 48, "control_high": 72}
    >>> rows = combine_rows([make_rows(**held, term=years, statistic=name, value=v) for name, v in lines.items()])
    >>> figure_control_chart(apply_policy(rows, "internal")).title
    '1 of 4 points lies outside the limits: 2019'
    """
    points = [r for r in records(disclosed, measure) if shown(r)]
    if not points:
        raise ReportError("nothing to draw", where="control chart", action="Use an edition that shows these values.")
    place = {r["term"]: x for x, r in enumerate(points)}
    lines = {
        name: {r["term"]: float(r["value"]) for r in records(disclosed) if r["statistic"] == name and shown(r)}
        for name in _LINES
    }
    outside = [r for r in points if _is_outside(r, lines)]
    text = heading(statistic(measure))
    with drawing():
        drawn, axes = canvas(4.4, top=0.6, bottom=0.7, right=1.0)
        ends = []
        for name, (style, fill, word) in _LINES.items():
            known = [(place[t], v) for t, v in lines[name].items() if t in place]
            if known:
                axes.plot(*zip(*known, strict=True), linestyle=style, color=fill, linewidth=1.4)
                ends += [(word, known[-1][1])] if word else []
        axes.plot(range(len(points)), [r["value"] for r in points], color=SOFT, linewidth=1)
        for record in points:
            fill, shape = (PALETTE[2], "D") if record in outside else (PALETTE[0], "o")
            axes.plot([place[record["term"]]], [record["value"]], shape, color=fill, markersize=7)
            if has_interval(record):
                axes.plot([place[record["term"]]] * 2, [record["conf_low"], record["conf_high"]], color=fill)
        slot = axes.get_position().width * WIDTH / len(points)
        axes.set_xticks(range(len(points)), some([label(r["term"], 12) for r in points], slot))
        axes.set_xlim(-0.5, len(points) - 0.5)
        end_names(axes, [y for _, y in ends], [word for word, _ in ends])
        axes.grid(axis="y")
        axis_title(axes, text)
        return finish(
            drawn,
            disclosed,
            id=figure_id(disclosed, id, "waves"),
            title=_title(points, outside, bool(lines["control_low"])),
            subtitle=subtitle or f"{text} of each wave",
            alt_text=(
                f"{text} of {counted(len(points), 'wave')}, from {printed(points[0])} ({points[0]['term']}) to "
                f"{printed(points[-1])} ({points[-1]['term']})."
            ),
            source=source,
        )


def _is_outside(record: Record, lines: dict[str, dict[str, float]]) -> bool:
    low, high = (lines[name].get(record["term"]) for name in ("control_low", "control_high"))
    return low is not None and high is not None and not low <= record["value"] <= high


def _title(points: list[Record], outside: list[Record], limits: bool) -> str:
    if not limits:
        return f"From {printed(points[0])} in {points[0]['term']} to {printed(points[-1])} in {points[-1]['term']}"
    if not outside:
        return f"All {len(points)} points lie within the limits of common variation"
    verb = "lies" if len(outside) == 1 else "lie"
    return f"{len(outside)} of {len(points)} points {verb} outside the limits: {listed([r['term'] for r in outside])}"
