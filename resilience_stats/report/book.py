"""The workbook of all tables, and of the data behind all figures, from the document model."""

from __future__ import annotations

import re
from pathlib import Path

from resilience_stats.report.document import Model
from resilience_stats.tables import Cell, Column, Table, write_workbook

_READING = (
    "The sheet Contents lists the tables in the order of the report, then the data behind its figures, with links.",
    "The sheet Notes holds the notes of all tables, and the meaning of marks in square brackets such as [c].",
    "Every number here is printed in the report too, where the text says what it can and cannot tell.",
)
_NUMBER = re.compile(r"−?[\d,]+(\.\d+)?")


def write_book(document: Model, path: Path) -> None:
    """Write one workbook with every table of the report under its number, then the data behind every figure.

    Parameters
    ----------
    document : dict
        As `build_document` gives it: it holds nothing that has not been through the policy.
    path : pathlib.Path
        Of the .xlsx file.
    """
    marks = "; ".join(notice["mark"] for notice in document["notices"])
    title = f"{document['title']}, {document['year']} ({document['edition']})"
    write_workbook(book_tables(document), path, title=f"{title}. {marks}" if marks else title, about=_about(document))


def _about(document: Model) -> list[str]:
    """What the cover says: whose the tables are, what they are not, what is withheld, and where to begin."""
    notices = [f"{notice['mark']}. {notice['text']}" for notice in document["notices"]]
    return [
        f"Area: {document['area']}",
        f"Year: {document['year']}",
        f"Edition: {document['edition']}",
        *([document["contents_note"]] if document["contents_note"] else []),
        *notices,
        *_READING,
    ]


def book_tables(document: Model) -> list[Table]:
    """Return the tables of a document in the order of the workbook, each with the report's notices in its caption."""
    blocks = [b for c in document["chapters"] for b in c["blocks"]]
    marks = "".join(f" [{notice['mark']}]" for notice in document["notices"])
    tables = [_table(b, b["id"], b["caption"] + marks) for b in blocks if b["kind"] == "table"]
    for figure in (b for b in blocks if b["kind"] == "figure"):
        caption = f"The data behind {figure['label']} of the report, {figure['title']}{marks}"
        tables.append(_table(figure["table"], f"{figure['id']}-data", caption))
    return tables


def _table(block: Model, identifier: str, caption: str) -> Table:
    columns = tuple(Column(c["label"], c["align"], c["header"]) for c in block["columns"])
    rows = tuple(
        tuple(_cell(text, column.header) for text, column in zip(row, columns, strict=True)) for row in block["rows"]
    )
    return Table(
        id=identifier,
        caption=caption,
        columns=columns,
        rows=rows,
        notes=tuple(block["notes"]),
        source=block["source"],
    )


def _cell(text: str, header: bool) -> Cell:
    """A cell as it is printed, with the number that the print says, so that a spreadsheet can work with it."""
    if header or not _NUMBER.fullmatch(text):
        return Cell(text)
    return Cell(text, float(text.replace("−", "-").replace(",", "")))
