"""Where the shipped definitions and notebooks lie: beside the package in a checkout, inside it when installed."""

from __future__ import annotations

from pathlib import Path

from resilience_stats.errors import SchemaError

_PACKAGE = Path(__file__).resolve().parent


def schema_directory() -> Path:
    """Return the folder of table definitions, instruments and code lists.

    Examples
    --------
    >>> schema_directory().name
    'schema'
    """
    return _find("schema", _PACKAGE.parent / "data" / "schema")


def notebook_directory() -> Path:
    """Return the folder of the chapters' notebooks.

    Examples
    --------
    >>> notebook_directory().name
    'notebooks'
    """
    return _find("notebooks", _PACKAGE.parent / "notebooks")


def _find(name: str, in_checkout: Path) -> Path:
    shipped = _PACKAGE / "_shipped" / name
    for place in (shipped, in_checkout):
        if place.is_dir():
            return place
    raise SchemaError(
        f"the folder '{name}' is not part of this installation",
        where=str(in_checkout),
        action="Reinstall the package, or run from a checkout.",
    )
