"""What a column is called in print: from the catalogue, the instrument and the code lists, never from its name."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from resilience_stats.report.wording import wording
from resilience_stats.schema import load_codes


def feature_labels(features: Any) -> Mapping[str, str]:
    """Return the label of each feature as the catalogue has it, with its unit where that is a sign such as % or £.

    Parameters
    ----------
    features : FeatureTable
    """
    catalogue = features.catalogue
    units = catalogue["unit"].fillna("").astype(str)
    named = zip(catalogue["name"], catalogue["label"], units, strict=True)
    return {name: f"{label} ({unit})" if len(unit) == 1 else label for name, label, unit in named}


def term_label(term: str, labels: Mapping[str, str]) -> str:
    """Return the label of a model's term; a level of a factor stands in brackets after its column.

    Examples
    --------
    >>> term_label("rurality[Rural]", {"rurality": "Rurality"})
    'Rurality: Rural'
    """
    name, _, level = term.rstrip("]").partition("[")
    label = labels.get(name, name)
    return f"{label}: {level}" if level else label


def area_labels(instrument: Any) -> Mapping[str, str]:
    """Return the label of each area of an instrument."""
    return {a.id: a.label for a in instrument.areas}


def code_labels(name: str) -> Mapping[str, str]:
    """Return the labels of a closed list of data/schema.

    Examples
    --------
    >>> code_labels("programme_statuses")["active"]
    'Under way'
    """
    return {code["id"]: code["label"] for code in load_codes(name).codes}


def table_label(name: str) -> str:
    """Return what a table of the study is called in print.

    Examples
    --------
    >>> table_label("list_size"), table_label("phq 2019")
    ('List sizes', 'PHQ responses, 2019')
    """
    table, _, wave = name.partition(" ")
    label = str(wording("tables").get(table, table.replace("_", " ").capitalize()))
    return f"{label}, {wave}" if wave else label


def known(column: pd.Series, unknown: str = "Not known") -> pd.Series:
    """Return a column as text with missing values named."""
    return column.astype(object).where(column.notna(), unknown).astype(str)
