"""The editable library of suggested actions, and the closed list of support that they point to."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from resilience_stats.errors import SchemaError, did_you_mean
from resilience_stats.resources import schema_directory
from resilience_stats.schema import load_codes

#: Area of the actions that suit any area that has none of its own.
ANY = "*"


@dataclass(frozen=True, slots=True, kw_only=True)
class Action:
    """One suggested action.

    Attributes
    ----------
    id, area, text : str
    support : tuple of str
        Kinds of support that may help: ids of ``support_types.json``.
    causes : tuple of str
        Coded findings of an assessment that it answers: ids of ``concern_codes.json``.
    """

    id: str
    area: str
    text: str
    support: tuple[str, ...]
    causes: tuple[str, ...]


def load_actions(path: str | Path | None = None) -> tuple[Action, ...]:
    """Return the library of actions: the shipped one, or the resilience team's own file.

    Raises
    ------
    SchemaError
        If the file is malformed, an id is used twice, or an action points to support or a cause that is not listed.

    Examples
    --------
    >>> load_actions()[0].area
    'leadership'
    """
    file = Path(path) if path is not None else schema_directory() / "actions.json"
    try:
        listed = json.loads(file.read_text(encoding="utf-8"))["actions"]
        actions = tuple(
            Action(id=a["id"], area=a["area"], text=a["text"], support=tuple(a["support"]),
                   causes=tuple(a.get("causes", ())))
            for a in listed
        )  # fmt: skip
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise SchemaError(f"the library of actions cannot be read: {error!r}", where=file.name) from error
    _check(actions, file.name)
    return actions


def actions_for(actions: Sequence[Action], area: str) -> list[Action]:
    """Return the actions of an area, or those that suit any where it has none.

    Examples
    --------
    >>> [a.id for a in actions_for(load_actions(), "no such area")]
    ['ask_what_helps']
    """
    own = [a for a in actions if a.area == area]
    return own or [a for a in actions if a.area == ANY]


def support_labels(kinds: Sequence[str]) -> list[str]:
    """Return the labels of kinds of support, each once.

    Examples
    --------
    >>> support_labels(["coaching", "coaching"])
    ['Coaching, supervision or mentoring']
    """
    menu = load_codes("support_types")
    return [menu.label(k) for k in dict.fromkeys(kinds)]


def _check(actions: Sequence[Action], where: str) -> None:
    menu, causes = load_codes("support_types").ids, load_codes("concern_codes").ids
    seen: set[str] = set()
    for action in actions:
        if action.id in seen:
            raise SchemaError("an action is there twice", where=where, found=action.id)
        seen.add(action.id)
        for value, known, what in (
            *((k, menu, "support") for k in action.support),
            *((c, causes, "cause") for c in action.causes),
        ):
            if value not in known:
                raise SchemaError(f"unknown {what}", where=f"{where}, action {action.id}", found=value,
                                  action=did_you_mean(value, known))  # fmt: skip
