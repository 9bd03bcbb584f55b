"""Figures: disclosed rows in, a value out that holds the drawing, its description and the data behind it."""

from resilience_stats.figures.figure import Figure

__all__ = [
    "Figure",
]
