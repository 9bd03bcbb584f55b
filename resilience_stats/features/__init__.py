"""Features: one function per derived field, and the catalogue that says what each is."""

from resilience_stats.features.build import build_features
from resilience_stats.features.table import FeatureTable

__all__ = ["FeatureTable", "build_features"]
