"""The typed parameters of the chapters, checked against what each notebook declares."""

from __future__ import annotations

import ast
import json
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any, get_type_hints

from resilience_stats.errors import ReportError, did_you_mean


@dataclass(frozen=True, slots=True, kw_only=True)
class ChapterParameters:
    """What a chapter can be told; a notebook declares those it uses in its cell tagged ``parameters``.

    Attributes
    ----------
    run : str
        The folder in which the runner put the cohort and the features; empty where a person opened the notebook,
        which then shows the example.
    conf_level : float
        Confidence level of every interval.
    n_boot : int
        Resamples of every bootstrap.
    over_budget : str
        Names of outcomes, separated by commas, whose local model is fitted though their events do not carry it; the
        report says so.
    """

    run: str = ""
    conf_level: float = 0.95
    n_boot: int = 1000
    over_budget: str = ""

    def __post_init__(self) -> None:
        for name, kind in get_type_hints(type(self)).items():
            _require_type(name, getattr(self, name), kind, "the report's parameters")
        if not 0 < self.conf_level < 1:
            raise ReportError(
                "impossible confidence level",
                where="parameter conf_level",
                found=self.conf_level,
                allowed="above 0 and below 1",
            )
        if self.n_boot < 1:
            raise ReportError("too few resamples", where="parameter n_boot", found=self.n_boot, allowed="1 or more")


def parameters_from(values: Mapping[str, object], *, base: ChapterParameters | None = None) -> ChapterParameters:
    """Return the parameters with `values` put in; an unknown name or a wrong type is an error.

    Raises
    ------
    ReportError
        Naming the nearest known parameter.

    Examples
    --------
    >>> parameters_from({"n_boot": 200}).n_boot
    200
    """
    known = [f.name for f in fields(ChapterParameters)]
    for name in values:
        if name not in known:
            raise ReportError(
                f"unknown parameter '{name}'", where="the report's parameters", action=did_you_mean(name, known)
            )
    return replace(base or ChapterParameters(), **dict(values))  # type: ignore[arg-type]


def declared_parameters(notebook: Path) -> dict[str, object]:
    """Return the names and default values that a notebook's ``parameters`` cell declares, after checking them.

    Parameters
    ----------
    notebook : pathlib.Path

    Returns
    -------
    dict
        Name -> default. Every name is a field of `ChapterParameters`, annotated with the field's type.

    Raises
    ------
    ReportError
        If there is not exactly one such cell, or it holds anything but known, annotated, literal defaults.
    """
    cells = json.loads(notebook.read_text(encoding="utf-8"))["cells"]
    tagged = {k: c for k, c in enumerate(cells, 1) if "parameters" in c.get("metadata", {}).get("tags", ())}
    if len(tagged) != 1:
        raise ReportError("a chapter has exactly one cell tagged 'parameters'", where=notebook.name, found=len(tagged))
    ((number, cell),) = tagged.items()
    where = f"{notebook.name}, cell {number}"
    try:
        statements = ast.parse("".join(cell["source"])).body
    except (SyntaxError, ValueError) as error:  # ValueError: a NUL in it
        raise ReportError(f"the parameters cell is no Python: {error}", where=where) from None
    kinds = get_type_hints(ChapterParameters)
    return dict(_declaration(statement, kinds, where) for statement in statements)


def _declaration(statement: ast.stmt, kinds: Mapping[str, Any], where: str) -> tuple[str, object]:
    if (
        not isinstance(statement, ast.AnnAssign)
        or statement.value is None
        or not isinstance(statement.target, ast.Name)
    ):
        raise ReportError(
            "the parameters cell may hold only lines such as 'n_boot: int = 1000'",
            where=where,
            found=ast.unparse(statement),
        )
    name = statement.target.id
    if name not in kinds:
        raise ReportError(f"unknown parameter '{name}'", where=where, action=did_you_mean(name, kinds))
    if ast.unparse(statement.annotation) != kinds[name].__name__:
        raise ReportError(
            f"parameter '{name}' is declared with another type",
            where=where,
            found=ast.unparse(statement.annotation),
            allowed=kinds[name].__name__,
        )
    try:
        value = ast.literal_eval(statement.value)
    except ValueError as error:
        raise ReportError(
            f"the default of parameter '{name}' is not a plain value", where=where, found=ast.unparse(statement.value)
        ) from error
    _require_type(name, value, kinds[name], where)
    return name, value


def _require_type(name: str, value: object, kind: type, where: str) -> None:
    wrong = isinstance(value, bool) != (kind is bool) or not isinstance(value, (int, float) if kind is float else kind)
    if wrong:
        raise ReportError(f"parameter '{name}' has the wrong type", where=where, found=value, allowed=kind.__name__)
