"""Read a definition file and say plainly what is wrong with it."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from resilience_stats.errors import SchemaError, did_you_mean


def read_definition(path: Path) -> dict[str, Any]:
    """Return the JSON object of a definition file.

    Raises
    ------
    SchemaError
        The file is missing, is not JSON, or does not hold one object.

    Examples
    --------
    >>> from resilience_stats.resources import schema_directory
    >>> read_definition(schema_directory() / "lineage.json")["name"]
    'lineage'
    """
    try:
        content = json.loads(path.read_text(encoding="utf-8-sig"))
    except FileNotFoundError:
        near = did_you_mean(path.stem, (p.stem for p in path.parent.glob("*.json")))
        raise SchemaError("there is no such definition file", where=str(path), action=near) from None
    except (OSError, UnicodeDecodeError) as fault:
        raise SchemaError(f"cannot be read: {fault}", where=str(path)) from None
    except json.JSONDecodeError as fault:
        where = f"{path}, line {fault.lineno}, column {fault.colno}"
        raise SchemaError(f"is not JSON: {fault.msg}", where=where, action="Correct the file there.") from None
    if not isinstance(content, dict):
        raise SchemaError("does not hold one JSON object", where=str(path), allowed="{...}")
    return content


def require_keys(entry: Mapping[str, Any], keys: Iterable[str], where: str) -> None:
    """Raise `SchemaError` naming the first of `keys` that `entry` lacks.

    Examples
    --------
    >>> require_keys({"id": "a"}, ["id"], "phq.json")
    """
    for key in keys:
        if key not in entry:
            raise SchemaError(f"'{key}' is missing", where=where, action=f"Add '{key}'.")
