"""What the command line shows: sentences on standard error, tables on standard output."""

from __future__ import annotations

import sys

import pandas as pd


def tell(sentence: str) -> None:
    """Write one line to standard error."""
    sys.stderr.write(sentence + "\n")


def show_frame(frame: pd.DataFrame) -> None:
    """Show a frame: as a table where a person looks, as CSV where a file or another program takes it."""
    if not sys.stdout.isatty():
        sys.stdout.write(frame.to_csv(index=False))
        return
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(*(str(c) for c in frame.columns), show_lines=True)
    for row in frame.itertuples(index=False):
        table.add_row(*(Text("" if pd.isna(v) else str(v)) for v in row))
    Console().print(table)
