"""The one definition of every field, item, scale and code list, read from ``data/schema``."""

from resilience_stats.schema.codes import CodeList, load_codes
from resilience_stats.schema.dictionary import data_dictionary
from resilience_stats.schema.instruments import Area, Code, Instrument, Item, Option, load_instrument
from resilience_stats.schema.tables import ColumnSpec, HeaderVariant, TableSpec, load_table_spec, table_names

__all__ = [
    "Area",
    "Code",
    "CodeList",
    "ColumnSpec",
    "HeaderVariant",
    "Instrument",
    "Item",
    "Option",
    "TableSpec",
    "data_dictionary",
    "load_codes",
    "load_instrument",
    "load_table_spec",
    "table_names",
]
