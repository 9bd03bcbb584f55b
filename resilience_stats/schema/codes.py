"""Closed lists of codes: support types, programmes, outcomes, concern codes."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Any

from resilience_stats.resources import schema_directory
from resilience_stats.schema.definitions import read_definition, require_keys


@dataclass(frozen=True, slots=True, kw_only=True)
class CodeList:
    """A closed list.

    Attributes
    ----------
    name, title, description : str
    codes : tuple of dict
        Each has ``id`` and ``label``, and what else the list says of it.
    """

    name: str
    title: str
    description: str
    codes: tuple[dict[str, Any], ...]

    @property
    def ids(self) -> tuple[str, ...]:
        """The codes that are allowed, in order."""
        return tuple(str(c["id"]) for c in self.codes)

    def label(self, code: str) -> str:
        """Return the label of one code; KeyError where the list has no such code."""
        return {str(c["id"]): str(c["label"]) for c in self.codes}[code]


@cache
def load_codes(name: str) -> CodeList:
    """Return a closed list of ``data/schema`` by name.

    Raises
    ------
    SchemaError
        There is no such list, or it is malformed.

    Examples
    --------
    >>> load_codes("support_types").label("coaching")
    'Coaching, supervision or mentoring'
    """
    path = schema_directory() / f"{name}.json"
    content = read_definition(path)
    require_keys(content, ("name", "title", "codes"), str(path))
    for position, code in enumerate(content["codes"], start=1):
        require_keys(code, ("id", "label"), f"{path}, code {position}")
    return CodeList(
        name=content["name"],
        title=content["title"],
        description=content.get("description", ""),
        codes=tuple(content["codes"]),
    )
