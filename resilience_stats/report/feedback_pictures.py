"""The two drawings of a practice's report, in black and grey, as SVG of our own making."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from html import escape

import numpy as np

from resilience_stats.report.feedback_measures import GRID

_INK, _SOFT, _BAND = "#0b0c0c", "#484949", "#c9cdd1"
_FONT = 'font-family="DejaVu Sans, Arial, sans-serif"'
_WIDTH = 680.0


@dataclass(frozen=True, slots=True, kw_only=True)
class AreaRow:
    """One area of the drawing; None where there is nothing to show."""

    label: str
    score: float | None
    low: float | None
    high: float | None
    lower: float | None
    upper: float | None


def spread_picture(score: float | None, low: float, high: float, density: Sequence[float]) -> str:
    """Return the practice's score as a dot, with its likely range, on the spread of its peers' scores.

    Parameters
    ----------
    score : float or None
        None where there is none: the spread alone is drawn.
    low, high : float
        Likely range.
    density : sequence of float
        Heights at `GRID`, 1 at most; empty for none.

    Examples
    --------
    >>> spread_picture(50.0, 45.0, 55.0, []).startswith("<svg")
    True
    """
    left, right, base, top = 24.0, _WIDTH - 24, 128.0, 14.0
    at = _across(left, right)
    parts = []
    if density:
        points = [(at(x), base - h * (base - top)) for x, h in zip(GRID, density, strict=True)]
        line = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
        area = f"M{at(0):.1f},{base} L{line.replace(' ', ' L')} L{at(100):.1f},{base} Z"
        parts.append(f'<path d="{area}" fill="{_BAND}" stroke="{_SOFT}" stroke-width="1"/>')
    parts.append(_axis(at, base))
    if score is not None:
        height = float(np.interp(score, GRID, density)) if density else 0.0
        y = min(base - 12, base - 0.5 * height * (base - top))
        parts.append(_whisker(at(low), at(high), y, 2.6))
        parts.append(f'<circle cx="{at(score):.1f}" cy="{y:.1f}" r="6.5" fill="{_INK}" stroke="#fff" '
                     'stroke-width="1.5"/>')  # fmt: skip
        label_y = y - 13 if y - 13 > 12 else y + 22
        parts.append(_text(at(score), label_y, f"You: {score:.0f}", 13, "middle", "bold", halo=True))
    return _svg(parts, 158)


def areas_picture(rows: Sequence[AreaRow]) -> str:
    """Return one line for each area: the peers' middle half as a bar, the practice's score and range upon it.

    Examples
    --------
    >>> row = AreaRow(label="Finance", score=50.0, low=40.0, high=60.0, lower=45.0, upper=70.0)
    >>> "Finance" in areas_picture([row])
    True
    """
    left, right, step = 236.0, _WIDTH - 52, 25.0
    at = _across(left, right)
    foot = 10 + step * len(rows)
    parts = [f'<line x1="{at(v):.1f}" y1="6" x2="{at(v):.1f}" y2="{foot}" stroke="#dcdfe2" stroke-width="1"/>'
             for v in (0, 25, 50, 75, 100)]  # fmt: skip
    for i, row in enumerate(rows):
        y = 10 + step * (i + 0.5)
        parts.append(_text(left - 12, y + 4, row.label, 12, "end"))
        if row.lower is not None and row.upper is not None:
            width = max(at(row.upper) - at(row.lower), 3.0)
            parts.append(f'<rect x="{at(row.lower):.1f}" y="{y - 7:.1f}" width="{width:.1f}" height="14" '
                         f'fill="{_BAND}"/>')  # fmt: skip
        if row.score is None or row.low is None or row.high is None:
            parts.append(_text(right + 12, y + 4, "–", 12, "start"))
            continue
        parts.append(_whisker(at(row.low), at(row.high), y, 1.3))
        parts.append(f'<circle cx="{at(row.score):.1f}" cy="{y:.1f}" r="5" fill="{_INK}" stroke="#fff"/>')
        parts.append(_text(right + 12, y + 4, f"{row.score:.0f}", 12, "start", "bold"))
    parts.append(_axis(at, foot))
    return _svg(parts, foot + 30)


def _across(left: float, right: float) -> Callable[[float], float]:
    return lambda value: left + (right - left) * float(value) / 100


def _axis(at: Callable[[float], float], y: float) -> str:
    ticks = "".join(
        f'<line x1="{at(v):.1f}" y1="{y}" x2="{at(v):.1f}" y2="{y + 5}" stroke="{_SOFT}"/>'
        + _text(at(v), y + 19, str(v), 12, "middle")
        for v in (0, 25, 50, 75, 100)
    )
    return f'<line x1="{at(0):.1f}" y1="{y}" x2="{at(100):.1f}" y2="{y}" stroke="{_SOFT}" stroke-width="1"/>{ticks}'


def _whisker(x1: float, x2: float, y: float, width: float) -> str:
    ends = "".join(f'<line x1="{x:.1f}" y1="{y - 5:.1f}" x2="{x:.1f}" y2="{y + 5:.1f}" stroke="{_INK}" '
                   f'stroke-width="{width}"/>' for x in (x1, x2))  # fmt: skip
    return f'<line x1="{x1:.1f}" y1="{y:.1f}" x2="{x2:.1f}" y2="{y:.1f}" stroke="{_INK}" stroke-width="{width}"/>{ends}'


def _text(x: float, y: float, words: str, size: int, anchor: str, weight: str = "normal", *, halo: bool = False) -> str:
    start = f'<text x="{x:.1f}" y="{y:.1f}" {_FONT} font-size="{size}" font-weight="{weight}" text-anchor="{anchor}"'
    shown = escape(words)
    behind = f'{start} fill="none" stroke="#ffffff" stroke-width="4">{shown}</text>' if halo else ""
    return f'{behind}{start} fill="{_INK}">{shown}</text>'


def _svg(parts: Sequence[str], height: float) -> str:
    return (f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH:.0f} {height:.0f}" width="{_WIDTH:.0f}" '
            f'height="{height:.0f}">{"".join(parts)}</svg>')  # fmt: skip
