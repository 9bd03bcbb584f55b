"""Cells that lead to another table, figure or chapter of the same report, under the number that it has got."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

Model = dict[str, Any]
_BETWEEN = ", "


def resolve_links(chapters: Sequence[Model]) -> list[Model]:
    """Return the chapters of a document with the links of its tables put in.

    Parameters
    ----------
    chapters : sequence of dict
        Numbered, as `build_document` makes them. A table may hold ``links``: for a row and a column, counted from 0,
        a list of targets ``[chapter, id]`` with the id that the table or figure had in its chapter, or an empty one
        for the chapter itself. Without a chapter the second part is a text that leads nowhere.

    Returns
    -------
    list of dict
        Such a cell reads ``Table 5, Figure 2``, and the table holds ``anchors``: ``"row,column"`` -> id and text of
        each. A target that is not in the report is left out; where none is, the cell reads ``[x]``.

    Examples
    --------
    >>> table = {"kind": "table", "id": "table-1", "label": "Table 1", "origin": "flow", "rows": [["a", "?"]],
    ...          "links": [[0, 1, [["who", "flow"]]]]}
    >>> made = resolve_links([{"id": "who", "name": "who", "number": 1, "blocks": [table]}])[0]["blocks"][0]
    >>> made["rows"], made["anchors"]
    ([['a', 'Table 1']], {'0,1': [['table-1', 'Table 1']]})
    """
    known = {(c["name"], ""): [c["id"], f"Chapter {c['number']}"] for c in chapters}
    for chapter in chapters:
        for block in chapter["blocks"]:
            if block.get("origin"):
                known.setdefault((chapter["name"], block["origin"]), [block["id"], block["label"]])
    return [{**c, "blocks": [_with_anchors(b, known) for b in c["blocks"]]} for c in chapters]


def _with_anchors(block: Model, known: Mapping[tuple[str, str], list[str]]) -> Model:
    if "links" not in block:
        return block
    rows = [list(row) for row in block["rows"]]
    anchors = {}
    for row, column, targets in block["links"]:
        found = [at for chapter, name in targets if (at := known.get((chapter, name)) if chapter else ["", name])]
        rows[row][column] = _BETWEEN.join(text for _, text in found) or "[x]"
        if found:
            anchors[f"{row},{column}"] = found
    return {**{k: v for k, v in block.items() if k != "links"}, "rows": rows, "anchors": anchors}
