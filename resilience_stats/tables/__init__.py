"""Tables: disclosed rows in, a value out that prints itself as HTML, CSV, a document model or a workbook sheet."""

from resilience_stats.tables.build import table_rows
from resilience_stats.tables.instrument import table_codebook, table_item_distribution, table_items, table_settings
from resilience_stats.tables.linkage import table_join_audit, table_lags, table_row_accounts
from resilience_stats.tables.models import table_drivers, table_regression, table_reliability
from resilience_stats.tables.participation import (
    table_comparison,
    table_outcomes,
    table_participation,
    table_programmes,
    table_special_measures,
)
from resilience_stats.tables.table import Cell, Column, Table, clean_text
from resilience_stats.tables.workbook import write_workbook

__all__ = [
    "Cell",
    "Column",
    "Table",
    "clean_text",
    "table_codebook",
    "table_comparison",
    "table_drivers",
    "table_item_distribution",
    "table_items",
    "table_join_audit",
    "table_lags",
    "table_outcomes",
    "table_participation",
    "table_programmes",
    "table_regression",
    "table_reliability",
    "table_row_accounts",
    "table_rows",
    "table_settings",
    "table_special_measures",
    "write_workbook",
]
