"""Figures: disclosed rows in, a value out that holds the drawing, its description and the data behind it."""

from resilience_stats.figures.answers import figure_distribution, figure_likert
from resilience_stats.figures.effects import figure_forest, figure_importance, figure_reliability
from resilience_stats.figures.figure import Figure
from resilience_stats.figures.panels import figure_inspections, figure_small_multiples, figure_specifications
from resilience_stats.figures.participation import figure_flow
from resilience_stats.figures.performance import figure_calibration, figure_decision_curve
from resilience_stats.figures.practices import figure_caterpillar, figure_funnel, figure_regression_to_mean
from resilience_stats.figures.priority import figure_priority
from resilience_stats.figures.structure import figure_correlation, figure_scree
from resilience_stats.figures.waves import figure_control_chart

__all__ = [
    "Figure",
    "figure_calibration",
    "figure_caterpillar",
    "figure_control_chart",
    "figure_correlation",
    "figure_decision_curve",
    "figure_distribution",
    "figure_flow",
    "figure_forest",
    "figure_funnel",
    "figure_importance",
    "figure_inspections",
    "figure_likert",
    "figure_priority",
    "figure_regression_to_mean",
    "figure_reliability",
    "figure_scree",
    "figure_small_multiples",
    "figure_specifications",
]
