"""Instruments: areas, items, response options in order, direction and kinds of missing, all read from a file."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any

from resilience_stats.display import Part, Shown
from resilience_stats.errors import SchemaError, did_you_mean
from resilience_stats.resources import schema_directory
from resilience_stats.schema.codes import load_codes
from resilience_stats.schema.definitions import read_definition, require_keys

MISSING_KINDS = ("not_asked", "not_applicable", "dont_know", "not_answered")


@dataclass(frozen=True, slots=True, kw_only=True)
class Area:
    """A resilience area."""

    id: str
    label: str
    description: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Option:
    """One response option: the value stored and the label shown."""

    value: int
    label: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Code:
    """A coded finding (root cause, cause for concern) recorded beside the items as 1 or 0."""

    id: str
    label: str
    group: str = ""
    theme: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """One question.

    Attributes
    ----------
    id, text, area, scale : str
    options : tuple of Option
        In the order of the scale.
    direction : int
        1 = a higher answer is more resilient, -1 = less.
    missing : Mapping
        Text in the file -> kind of missing.
    waves : tuple of int
        Waves in which it was asked; empty = all.
    """

    id: str
    text: str
    area: str
    scale: str
    options: tuple[Option, ...]
    direction: int
    missing: Mapping[str, str]
    waves: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Instrument(Shown):
    """A questionnaire or assessment.

    Attributes
    ----------
    id, title, notice : str
    illustrative : bool
        Whether the questions are made up; every page that uses them says so.
    areas : tuple of Area
    items : tuple of Item
    codes : tuple of Code
        Findings coded 1 or 0 beside the items (empty for a questionnaire).
    scoring : Mapping
        ``minimum_answered_share`` and ``range``.
    path : pathlib.Path
    """

    id: str
    title: str
    illustrative: bool
    notice: str
    areas: tuple[Area, ...]
    items: tuple[Item, ...]
    codes: tuple[Code, ...]
    scoring: Mapping[str, Any]
    path: Path

    def _shown(self) -> Iterable[Part]:
        import pandas as pd

        yield self.title, f"{len(self.items)} questions in {len(self.areas)} areas"
        yield "", self.notice
        labels = {area.id: area.label for area in self.areas}
        rows = [
            {
                "id": item.id,
                "area": labels[item.area],
                "question": item.text,
                "answers": f"{item.options[0].label} to {item.options[-1].label}, {len(item.options)} steps",
                "higher is": "better" if item.direction == 1 else "worse",
            }
            for item in self.items
        ]
        yield "", pd.DataFrame(rows)

    @property
    def item_ids(self) -> tuple[str, ...]:
        """Ids of the items, in order."""
        return tuple(i.id for i in self.items)

    def item(self, item_id: str) -> Item:
        """Return one item; `SchemaError` names the nearest when there is none."""
        for item in self.items:
            if item.id == item_id:
                return item
        raise SchemaError(f"no item '{item_id}'", where=str(self.path), action=did_you_mean(item_id, self.item_ids))

    def items_of(self, area: str) -> tuple[Item, ...]:
        """Return the items of one area, in order."""
        return tuple(i for i in self.items if i.area == area)


def load_instrument(path_or_name: str | Path | Instrument) -> Instrument:
    """Return an instrument: a shipped one by name (``"phq"``, ``"rat"``), or the analyst's own by path.

    Raises
    ------
    SchemaError
        The file is missing or malformed: an item without a known area or scale, an id used twice, a direction other
        than 1 or -1, options out of order, an unknown kind of missing.

    Examples
    --------
    >>> phq = load_instrument("phq")
    >>> phq.illustrative, len(phq.areas), phq.items[0].options[-1].label
    (True, 12, 'Strongly agree')
    """
    if isinstance(path_or_name, Instrument):
        return path_or_name
    path = Path(path_or_name)
    if path.suffix != ".json":
        path = schema_directory() / "instruments" / f"{path_or_name}.json"
    content = read_definition(path)
    require_keys(content, ("id", "title", "areas", "scales", "items"), str(path))
    areas = tuple(_area(a, f"{path}, area {k}") for k, a in enumerate(content["areas"], start=1))
    items = tuple(_item(i, content, f"{path}, item {k}") for k, i in enumerate(content["items"], start=1))
    codes = _codes(content.get("codes", ()), str(path))
    _require_distinct([a.id for a in areas], "area", path)
    _require_distinct([*(i.id for i in items), *(c.id for c in codes)], "item", path)
    return Instrument(
        id=content["id"],
        title=content["title"],
        illustrative=bool(content.get("illustrative", False)),
        notice=content.get("notice", ""),
        areas=areas,
        items=items,
        codes=codes,
        scoring=MappingProxyType({"minimum_answered_share": 0.7, "range": [0, 100], **content.get("scoring", {})}),
        path=path,
    )


def _area(entry: Mapping[str, Any], where: str) -> Area:
    require_keys(entry, ("id", "label"), where)
    return Area(id=entry["id"], label=entry["label"], description=entry.get("description", ""))


def _item(entry: Mapping[str, Any], content: Mapping[str, Any], where: str) -> Item:
    require_keys(entry, ("id", "text", "area", "scale"), where)
    _require_known(entry["area"], [a["id"] for a in content["areas"]], "area", where)
    _require_known(entry["scale"], list(content["scales"]), "scale", where)
    scale = content["scales"][entry["scale"]]
    direction = entry.get("direction", 1)
    if direction not in (1, -1):
        raise SchemaError("unknown direction", where=where, found=direction, allowed="1 or -1")
    missing = {**scale.get("missing", {}), **entry.get("missing", {})}
    for kind in missing.values():
        _require_known(kind, MISSING_KINDS, "kind of missing", where)
    return Item(
        id=entry["id"],
        text=entry["text"],
        area=entry["area"],
        scale=entry["scale"],
        options=_options(scale, f"{where}, scale {entry['scale']}"),
        direction=direction,
        missing=MappingProxyType(missing),
        waves=tuple(entry.get("waves", ())),
    )


def _options(scale: Mapping[str, Any], where: str) -> tuple[Option, ...]:
    require_keys(scale, ("options",), where)
    options = tuple(Option(value=o["value"], label=str(o["label"])) for o in scale["options"])
    values = [o.value for o in options]
    if len(values) < 2 or values != sorted(set(values)) or not all(isinstance(v, int) for v in values):
        raise SchemaError("the options need at least two whole values in rising order", where=where, found=values)
    return options


def _codes(entry: Any, where: str) -> tuple[Code, ...]:
    listed = load_codes(entry).codes if isinstance(entry, str) else entry
    for position, code in enumerate(listed, start=1):
        require_keys(code, ("id", "label"), f"{where}, code {position}")
    return tuple(Code(id=c["id"], label=c["label"], group=c.get("group", ""), theme=c.get("theme", "")) for c in listed)


def _require_known(value: Any, known: Any, what: str, where: str) -> None:
    if value not in known:
        raise SchemaError(f"unknown {what}", where=where, found=value, action=did_you_mean(str(value), known))


def _require_distinct(names: list[str], what: str, path: Path) -> None:
    twice = sorted({n for n in names if names.count(n) > 1})
    if twice:
        raise SchemaError(f"{what} ids are used twice", where=str(path), found=", ".join(twice))
