"""The two drawings of a practice's report, in black and grey, as SVG of our own making."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from html import escape

import numpy as np

from resilience_stats.report.feedback_measures import GRID

_INK, _SOFT, _BAND, _PALE = "#0b0c0c", "#484949", "#c3c8cc", "#eceef0"
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


def spread_picture(
    score: float, low: float, high: float, curve: Sequence[float], middle: tuple[float, float] | None
) -> str:
    """Return the practice's score as a dot, with its likely range, on the curve of its peers' scores.

    Parameters
    ----------
    score, low, high : float
        Score and likely range.
    curve : sequence of float
        Heights at `GRID`, 1 at most; empty for none.
    middle : tuple of float, optional
        The peers' middle half, shaded darker.

    Examples
    --------
    >>> spread_picture(50.0, 45.0, 55.0, [], None).startswith("<svg")
    True
    """
    left, right, base, top = 24.0, _WIDTH - 24, 128.0, 14.0
    at, height = _across(left, right), 0.0
    parts = []
    if curve:
        parts.append(_hill(at, base, top, GRID, np.asarray(curve), _PALE))
        if middle is not None:
            x = np.unique(np.concatenate([middle, GRID[(middle[0] < GRID) & (middle[1] > GRID)]]))
            parts.append(_hill(at, base, top, x, np.interp(x, GRID, curve), _BAND))
        height = float(np.interp(score, GRID, curve))
    parts.append(_axis(at, base))
    y = min(base - 12, base - 0.5 * height * (base - top))
    parts.append(_whisker(at(low), at(high), y, 2.6))
    parts.append(f'<circle cx="{at(score):.1f}" cy="{y:.1f}" r="6.5" fill="{_INK}" stroke="#fff" stroke-width="1.5"/>')
    parts.append(_text(at(score), y - 13, f"You: {score:.0f}", 13, "middle", "bold", halo=True))
    return _svg(parts, 158)


def _hill(at: Callable[[float], float], base: float, top: float, x: np.ndarray, height: np.ndarray, fill: str) -> str:
    line = " ".join(f"L{at(a):.1f},{base - h * (base - top):.1f}" for a, h in zip(x, height, strict=True))
    return (f'<path d="M{at(x[0]):.1f},{base} {line} L{at(x[-1]):.1f},{base} Z" fill="{fill}" stroke="{_SOFT}" '
            'stroke-width="1"/>')  # fmt: skip


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
