"""How figures look: colours, contrast, type, and a canvas measured to its labels."""

from __future__ import annotations

import itertools
import math
import textwrap
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from typing import Any, cast

import matplotlib
from matplotlib.axes import Axes
from matplotlib.figure import Figure as Canvas
from matplotlib.font_manager import FontProperties, findfont, get_font
from matplotlib.lines import Line2D

from resilience_stats.errors import ReportError
from resilience_stats.tables.table import clean_text

#: Categorical colours of the GOV.UK Analysis Function, in their order.
PALETTE = ("#12436D", "#28A197", "#801650", "#F46A25", "#3D3D3D", "#A285D1")
#: For two series.
PAIR = ("#12436D", "#F46A25")
#: From much to little.
SEQUENCE = ("#12436D", "#2073BC", "#6BACE6")
#: From the least to the most favourable answer; the middle is grey.
DIVERGING = ("#801650", "#F46A25", "#7A7A7A", "#28A197", "#12436D")
INK, SOFT, GRID, PAPER = "#0B0C0C", "#505A5F", "#CECECE", "#FFFFFF"
#: Points. 11 pt print as 14.7 px at the drawing's own size.
SIZE = 11.0
#: Inches; 864 px.
WIDTH = 9.0
_LINE = 0.28
#: Lines that a label may take, and the height of one in inches.
_LINES, _LINE_HEIGHT = 3, 0.19
#: Inches that a letter takes at the most, but for the widest.
_LETTER = 0.115
_RC: dict[str, Any] = {
    "font.family": "DejaVu Sans",
    "font.size": SIZE,
    "axes.labelsize": SIZE,
    "xtick.labelsize": SIZE,
    "ytick.labelsize": SIZE,
    "text.color": INK,
    "axes.labelcolor": INK,
    "xtick.color": INK,
    "ytick.color": INK,
    "axes.edgecolor": SOFT,
    "axes.linewidth": 0.8,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.axisbelow": True,
    "grid.color": GRID,
    "grid.linewidth": 0.8,
    "svg.fonttype": "none",
    "svg.hashsalt": "resilience_stats",
    "hatch.linewidth": 0.8,
    "text.parse_math": False,
    "text.usetex": False,
    "path.simplify": False,
    "axes.unicode_minus": True,
    "axes.formatter.limits": (-99, 99),  # no power of ten beside an axis, where its title stands
    "axes.formatter.useoffset": False,
    "figure.facecolor": PAPER,
    "axes.facecolor": PAPER,
}


@contextmanager
def drawing() -> Iterator[None]:
    """Hold the house style while a figure is drawn, whatever the reader's own settings.

    Examples
    --------
    >>> with drawing():
    ...     matplotlib.rcParams["axes.spines.top"]
    False
    """
    with matplotlib.rc_context():
        matplotlib.rcdefaults()
        cast(Any, matplotlib.rcParams).update(_RC)
        yield


def contrast(first: str, second: str) -> float:
    """Return the contrast ratio of two colours, from 1 to 21.

    Notes
    -----
    ``(L1 + 0.05) / (L2 + 0.05)`` with relative luminance L; Web Content Accessibility Guidelines 2.2. Text needs 4.5
    (3 when large), shapes that carry meaning need 3.

    Examples
    --------
    >>> round(contrast("#000000", "#FFFFFF"), 1)
    21.0
    """
    light, dark = sorted((_luminance(first), _luminance(second)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def text_on(fill: str) -> str:
    """Return the text colour, dark or white, that stands out more on a fill.

    Examples
    --------
    >>> text_on("#12436D"), text_on("#F46A25")
    ('#FFFFFF', '#0B0C0C')
    """
    return max((PAPER, INK), key=lambda ink: contrast(ink, fill))


def check_contrast(fills: Iterable[str], *, ground: str = PAPER, least: float = 2.9) -> None:
    """Raise unless every fill stands out from the ground.

    Raises
    ------
    ReportError
        Naming the colour. 3 is the rule; the published palette's orange has 2.98.

    Examples
    --------
    >>> check_contrast(PALETTE)
    """
    for fill in fills:
        ratio = contrast(fill, ground)
        if ratio < least:
            raise ReportError("too little contrast", where="figure", found=f"{fill}: {ratio:.2f}", allowed="3 or more")


def colours(number: int) -> tuple[str, ...]:
    """Return colours for so many series: at most six, two of their own.

    Raises
    ------
    ReportError
        For more than six: nobody can tell them apart. Use small multiples.

    Examples
    --------
    >>> colours(2)
    ('#12436D', '#F46A25')
    """
    if number > len(PALETTE):
        action = "Show small multiples, or merge the rarest."
        raise ReportError("too many series for one figure", found=number, allowed=f"1 to {len(PALETTE)}", action=action)
    return PAIR if number == 2 else PALETTE[:number]


def label(text: object, width: int = 34, *, inches: float | None = None, lines: int = _LINES) -> str:
    """Return text as a figure can print it: without control characters, wrapped, every character in the font.

    Of a text that takes more lines the beginning is kept; the whole of it stands in the data of the figure.

    Parameters
    ----------
    width : int
        Letters to a line; fewer where they are so wide that a line would be longer than `inches`.
    inches : float, optional
        What a line may take; room for letters of common width by default.
    lines : int
        The most.

    Examples
    --------
    >>> label("Staffing and recruitment of nurses", 20)
    'Staffing and\\nrecruitment of\\nnurses'
    >>> label("WWWWWW", inches=0.5)
    'WWW\\nWWW'
    """
    known, most = _characters(), inches or width * _LETTER
    clean = "".join(ch if ord(ch) in known else "\ufffd" for ch in clean_text(text))
    while True:
        wrapped = "\n".join(textwrap.wrap(clean, width, break_long_words=True, max_lines=lines, placeholder="…"))
        taken = text_width(wrapped)
        if taken <= most or width <= 2:
            return wrapped or " "
        width = max(2, min(width - 1, int(width * most / taken) + 1))


def text_width(text: str, size: float = SIZE) -> float:
    """Return the width of the longest line of a text, in inches.

    Examples
    --------
    >>> 0.2 < text_width("Word") < 0.6
    True
    """
    font = get_font(findfont(FontProperties(family="DejaVu Sans")))
    font.set_size(size, 72)
    widths = [0.0]
    for line in text.split("\n"):
        font.set_text(line)
        widths.append(font.get_width_height()[0] / 64 / 72)
    return max(widths)


def canvas(
    height: float,
    *,
    labels: Sequence[str] = (),
    right: float = 0.3,
    top: float = 0.45,
    bottom: float = 0.75,
    left: float = 0.75,
) -> tuple[Canvas, Axes]:
    """Return a canvas of the house's width with one axes, its left margin wide enough for `labels`; inches.

    Examples
    --------
    >>> figure, axes = canvas(3.0, labels=["A long label"])
    >>> float(figure.get_figwidth())
    9.0
    """
    figure = Canvas(figsize=(WIDTH, height))
    margin = max([left, *(text_width(text) + 0.2 for text in labels)])
    box = (margin / WIDTH, bottom / height, (WIDTH - margin - right) / WIDTH, (height - top - bottom) / height)
    axes = figure.add_axes(box)
    axes.tick_params(length=0)
    return figure, axes


def axis_title(axes: Axes, text: str) -> None:
    """Write the title of the vertical axis level, above it: nobody should have to turn the head.

    Examples
    --------
    >>> axis_title(canvas(3.0)[1], "Score")
    """
    axes.annotate(
        label(text, 70), (0, 1), xycoords="axes fraction", xytext=(-4, 10), textcoords="offset points", ha="left"
    )


def rows_axis(axes: Axes, labels: Sequence[str]) -> None:
    """Make the vertical axis a list of names, first on top, with light lines for the eye across.

    Examples
    --------
    >>> rows_axis(canvas(3.0)[1], ["a", "b"])
    """
    axes.set_yticks(range(len(labels)), labels)
    axes.set_ylim(len(labels) - 0.5, -0.5)
    axes.spines["left"].set_visible(False)
    axes.grid(axis="x")


def rows_height(labels: Sequence[str], least: float) -> float:
    """Return the height in inches of a list of names on which no label touches its neighbours.

    Parameters
    ----------
    least : float
        Of one row.

    Examples
    --------
    >>> rows_height(["a", "b"], 0.4), round(rows_height(["a", "b\\nc\\nd"], 0.3), 2)
    (0.8, 0.92)
    """
    lines = [text.count("\n") + 1 for text in labels]
    pairs = [_LINE_HEIGHT * (a + b) / 2 + 0.08 for a, b in itertools.pairwise(lines)]
    return len(labels) * max([least, *pairs])


def spread(
    places: Sequence[float], gap: float | Sequence[float], *, highest: float = math.inf
) -> list[tuple[int, float]]:
    """Return (index, place), lowest first, with places moved apart until none touches its neighbour.

    Parameters
    ----------
    places : sequence of float
        Where the middle of each text would stand.
    gap : float or sequence of float
        The height of all, or of each.
    highest : float
        Where the topmost may stand; those below make room for it.

    Examples
    --------
    >>> spread([1.0, 1.0], 0.5), spread([1.0, 1.0], 0.5, highest=1.0)
    ([(0, 1.0), (1, 1.5)], [(0, 0.5), (1, 1.0)])
    """
    order = sorted(range(len(places)), key=lambda k: (places[k], k))
    sizes = [gap] * len(places) if isinstance(gap, (int, float)) else list(gap)
    held: list[float] = []
    for i, k in enumerate(order):
        held.append(max(places[k], held[-1] + (sizes[order[i - 1]] + sizes[k]) / 2) if held else places[k])
    for i in range(len(order) - 1, -1, -1):
        above = held[i + 1] - (sizes[order[i]] + sizes[order[i + 1]]) / 2 if i + 1 < len(order) else highest
        held[i] = min(held[i], above)
    return list(zip(order, held, strict=True))


def text_heights(texts: Sequence[str], axes: Axes) -> list[float]:
    """Return the height of each text in the units of the vertical axis.

    Examples
    --------
    >>> [round(float(h), 1) for h in text_heights(["a", "b\\nc"], canvas(3.0)[1])]
    [0.1, 0.2]
    """
    low, high = axes.get_ylim()
    inch = float(high - low) / (axes.get_position().height * axes.get_figure().get_figheight())  # type: ignore[union-attr]
    return [abs(inch) * 0.2 * (text.count("\n") + 1) for text in texts]


def end_names(axes: Axes, ends: Sequence[float], names: Sequence[str]) -> None:
    """Write the name of each line beside the end of the axis, moved apart where two would touch.

    Examples
    --------
    >>> end_names(canvas(3.0, right=1.0)[1], [0.5, 0.5], ["Limit", "Mean"])
    """
    low, high = axes.get_ylim()
    place = axes.get_yaxis_transform()
    heights = text_heights(names, axes)
    within = [min(max(y, low + height / 2), high) for y, height in zip(ends, heights, strict=True)]
    for k, y in spread(within, heights, highest=high):
        axes.annotate(names[k], (1, y), (6, 0), xycoords=place, textcoords="offset points", va="center", ha="left")


def some(names: Sequence[str], inches: float) -> list[str]:
    """Return names for the ticks of an axis, every second, third, ... one blank where they would touch.

    Parameters
    ----------
    inches : float
        From one tick to the next.

    Examples
    --------
    >>> some(["2018", "2019", "2020"], 0.4)
    ['2018', '', '2020']
    """
    step = max(1, math.ceil((max(map(text_width, names), default=0.0) + 0.05) / inches))
    return [name if k % step == 0 else "" for k, name in enumerate(names)]


def key_height(texts: Sequence[str]) -> float:
    """Return the height in inches that a key of these texts takes above the axes.

    Examples
    --------
    >>> key_height(["Never", "Always"]) < key_height(["A rather long text of an answer"] * 6)
    True
    """
    return 0.2 + _LINE * len(_strips(texts))


def key(drawn: Canvas, entries: Sequence[tuple[str, str]], *, markers: Sequence[str] = ()) -> None:
    """Write a key in strips at the top of a canvas, in the order of the series: pairs of text and colour.

    Examples
    --------
    >>> key(canvas(3.0)[0], [("Never", "#12436D")])
    """
    fills = dict(entries)
    shapes = dict(zip(fills, markers, strict=True)) if markers else {}
    for k, strip in enumerate(_strips(list(fills))):
        x, y = 0.12, 1 - (0.18 + _LINE * k) / drawn.get_figheight()
        for text in strip:
            place = ([(x + 0.08) / WIDTH], [y])
            shape = shapes.get(text, "s")
            drawn.add_artist(Line2D(*place, marker=shape, markersize=9, color=fills[text], linestyle=""))
            drawn.text((x + 0.24) / WIDTH, y, _key_text(text), va="center", ha="left")
            x += 0.44 + text_width(_key_text(text))


def _key_text(text: str) -> str:
    return label(text, 90, inches=WIDTH - 0.7, lines=1)


def _strips(texts: Sequence[str]) -> list[list[str]]:
    strips: list[list[str]] = [[]]
    for text in texts:
        width = sum(0.44 + text_width(_key_text(t)) for t in [*strips[-1], text])
        if strips[-1] and width > WIDTH - 0.2:
            strips.append([])
        strips[-1].append(text)
    return strips


@cache
def _characters() -> frozenset[int]:
    return frozenset(get_font(findfont(FontProperties(family="DejaVu Sans"))).get_charmap())


def _luminance(colour: str) -> float:
    parts = [int(colour[k : k + 2], 16) / 255 for k in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
