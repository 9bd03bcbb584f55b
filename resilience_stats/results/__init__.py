"""Frozen results. They hold and show numbers; they compute and draw nothing."""

from resilience_stats.results.base import GLANCE_ROW, TIDY_COLUMNS, Note, Result, note

__all__ = ["GLANCE_ROW", "TIDY_COLUMNS", "Note", "Result", "note"]
