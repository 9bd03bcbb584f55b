"""From a canvas to SVG text that is the same on every run and can share a page with others."""

from __future__ import annotations

import io
import re

from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.figure import Figure as Canvas

from resilience_stats.disclosure import DisclosedFrame
from resilience_stats.figures.figure import Figure
from resilience_stats.figures.style import WIDTH, label, text_width
from resilience_stats.tables.build import table_rows
from resilience_stats.tables.table import Table

_METADATA = dict.fromkeys(("Date", "Creator", "Format", "Type"))


def svg_text(canvas: Canvas, identifier: str) -> str:
    """Return the drawing as SVG whose ids begin with the figure's, with no date and no style for the page around it.

    Examples
    --------
    >>> from resilience_stats.figures.style import canvas as make, drawing
    >>> with drawing():
    ...     svg_text(make(2.0)[0], "flow")[:4]
    '<svg'
    """
    out = io.StringIO()
    FigureCanvasSVG(canvas).print_svg(out, metadata=_METADATA)
    svg = out.getvalue()
    svg = svg[svg.index("<svg") :]
    svg = re.sub(r"<metadata>.*?</metadata>\s*", "", svg, flags=re.DOTALL)
    # The style element would reach every element of the page; its two properties are inherited from the root as well.
    svg = re.sub(r"<defs>\s*<style.*?</style>\s*</defs>\s*", "", svg, flags=re.DOTALL)
    svg = svg.replace("<svg ", '<svg stroke-linejoin="round" stroke-linecap="butt" ', 1)
    svg = re.sub(r'\bid="([^"]+)"', rf'id="{identifier}--\1"', svg)
    svg = re.sub(r'href="#([^"]+)"', rf'href="#{identifier}--\1"', svg)
    svg = re.sub(r"url\(#([^)]+)\)", rf"url(#{identifier}--\1)", svg)
    # Verdana has nearly the same widths where DejaVu is not installed.
    return svg.replace("'DejaVu Sans'", "'DejaVu Sans', Verdana, sans-serif").rstrip("\n")


def finish(
    canvas: Canvas,
    disclosed: DisclosedFrame,
    *,
    id: str,
    title: str,
    subtitle: str,
    alt_text: str,
    source: str = "",
    data: Table | None = None,
    row: tuple[str, ...] = ("group", "term"),
    column: str = "statistic",
    headers: dict[str, str] | None = None,
) -> Figure:
    """Return the figure of a finished canvas; the data behind it are the rows it was drawn from.

    Examples
    --------
    >>> from resilience_stats.disclosure import apply_policy
    >>> from resilience_stats.figures.style import canvas as make, drawing
    >>> from resilience_stats.results.rows import make_rows
    >>> rows = apply_policy(make_rows("a", "b", term=["x", "y"], value=[10, 20]), "board")
    >>> with drawing():
    ...     finish(make(2.0)[0], rows, id="f", title="T", subtitle="S", alt_text="Two bars.").data.records()[0]
    {'Item': 'x', 'Number': '10'}
    """
    _make_room(canvas)
    caption = f"Data: {subtitle or title}"
    held = data or table_rows(disclosed, caption=caption, row=row, column=column, headers=headers, id=f"{id}-data")
    svg = svg_text(canvas, id)
    return Figure(
        id=id,
        title=title,
        subtitle=subtitle,
        alt_text=alt_text,
        svg=svg,
        data=held.with_id(f"{id}-data"),
        source=source,
    )


def _make_room(canvas: Canvas) -> None:
    """Move the left edge of the axes so far that no number beside it is cut off, and keep titles below them within."""
    beginning = min((axes.get_position().x0 for axes in canvas.axes), default=0.0)
    first = [axes for axes in canvas.axes if axes.get_position().x0 == beginning]
    beside = [axes for axes in first if axes.axison and axes.yaxis.get_tick_params().get("labelleft", True)]
    numbers = [t for axes in beside for t in axes.yaxis.get_major_formatter().format_ticks(list(axes.get_yticks()))]
    needed = (max((text_width(text) for text in numbers), default=0.0) + 0.1) / WIDTH
    for axes in first if needed > beginning else ():
        box = axes.get_position()
        axes.set_position((needed, box.y0, box.x1 - needed, box.height))
    for axes in canvas.axes:
        room, title = 0.98 * axes.get_position().width * WIDTH, axes.get_xlabel()
        if text_width(title) > room:
            axes.set_xlabel(label(title, 90, inches=room))
