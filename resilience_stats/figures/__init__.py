"""Figures: disclosed rows in, a value out that holds the drawing, its description and the data behind it."""

from resilience_stats.figures.answers import figure_distribution, figure_likert
from resilience_stats.figures.effects import figure_forest, figure_importance, figure_reliability
from resilience_stats.figures.figure import Figure
from resilience_stats.figures.participation import figure_flow

__all__ = [
    "Figure",
    "figure_distribution",
    "figure_flow",
    "figure_forest",
    "figure_importance",
    "figure_likert",
    "figure_reliability",
]
