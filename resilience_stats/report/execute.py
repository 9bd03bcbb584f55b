"""Run the cells of a notebook in a kernel, and leave them with their outputs.

nbclient and papermill would do it too. They check the notebook by jsonschema, whose import alone takes longer than most
chapters: it builds a grammar of web addresses.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from resilience_stats.report.kernels import Kernel, KernelDied

#: Characters of a cell's first line, and of an error, that are told of a failure.
_LONGEST, _LONGEST_ERROR = 80, 600
#: A cell that takes longer hangs: the slowest of ours takes half a minute.
CELL_SECONDS = 3600.0
_ESCAPES = re.compile(r"\x1b\[[0-9;]*m")


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """Where and why a chapter stopped.

    Attributes
    ----------
    cell : int
        Position of the cell in the notebook, counted from 1; 0 where no cell was reached.
    source : str
        First line of that cell, or its beginning.
    error : str
        Class and message.
    """

    cell: int
    source: str
    error: str

    def __str__(self) -> str:
        place = f"cell {self.cell} ({self.source})" if self.cell else "before the first cell"
        return f"{place}: {self.error}"


def execute_notebook(kernel: Kernel, notebook: Path, out: Path, values: Mapping[str, object]) -> Failure | None:
    """Run a notebook from top to bottom until a cell fails, and write it with its outputs.

    Parameters
    ----------
    kernel : Kernel
        Cleared.
    notebook, out : pathlib.Path
        The notebook, and where it goes with its outputs; those of cells after a failure are left out.
    values : mapping
        Take the place of the defaults in the cell tagged ``parameters``.

    Returns
    -------
    Failure or None
    """
    content = json.loads(notebook.read_text(encoding="utf-8"))
    code = [(number, c) for number, c in enumerate(content["cells"], 1) if c["cell_type"] == "code"]
    for _, cell in code:
        cell["outputs"], cell["execution_count"] = [], None
    failure = None
    for number, cell in code:
        failure = _run_cell(kernel, cell, number, values)
        if failure is not None:
            break
    out.write_text(json.dumps(content, ensure_ascii=False, indent=1), encoding="utf-8")
    return failure


def _run_cell(kernel: Kernel, cell: dict[str, Any], number: int, values: Mapping[str, object]) -> Failure | None:
    source = "".join(cell["source"])
    outputs: list[dict[str, Any]] = cell["outputs"]
    errors: list[str] = []

    def hear(kind: str, message: Mapping[str, Any]) -> None:
        """Take up one message of the kernel."""
        if kind == "execute_input":
            cell["execution_count"] = message["execution_count"]
        elif kind == "error":
            errors.append(_cut(f"{message['ename']}: {_ESCAPES.sub('', message['evalue']).strip()}", _LONGEST_ERROR))
        _put(outputs, kind, message)

    try:
        kernel.run(source, hear, seconds=CELL_SECONDS)
        if "parameters" in cell.get("metadata", {}).get("tags", ()) and not errors:
            kernel.run("\n".join(f"{name} = {value!r}" for name, value in values.items()))
    except KernelDied as error:
        errors.append(str(error))
    return Failure(cell=number, source=_first_line(source), error=errors[0]) if errors else None


def _put(outputs: list[dict[str, Any]], kind: str, message: Mapping[str, Any]) -> None:
    """Add what a kernel sent to a cell's outputs, in the form that notebooks keep it in."""
    if kind == "stream":
        last = outputs[-1] if outputs else {}
        if last.get("name") == message["name"]:
            last["text"] += message["text"]
        else:
            outputs.append({"output_type": kind, "name": message["name"], "text": message["text"]})
    elif kind in ("display_data", "execute_result"):
        counted = {"execution_count": message["execution_count"]} if kind == "execute_result" else {}
        outputs.append({"output_type": kind, "data": message["data"], "metadata": message["metadata"], **counted})
    elif kind == "error":
        outputs.append({"output_type": kind, **{k: message[k] for k in ("ename", "evalue", "traceback")}})


def _first_line(source: str) -> str:
    first = next((line.strip() for line in source.splitlines() if line.strip()), "")
    return _cut(first, _LONGEST)


def _cut(text: str, most: int) -> str:
    return text if len(text) <= most else f"{text[:most]}..."
