"""Tables: disclosed rows in, a value out that prints itself as HTML, CSV, a document model or a workbook sheet."""

from resilience_stats.tables.table import Cell, Column, Table, clean_text

__all__ = [
    "Cell",
    "Column",
    "Table",
    "clean_text",
]
