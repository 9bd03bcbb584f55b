"""The report: chapters run as notebooks, assembled into one page and one PDF.

Names are looked up when first used: ``python -m resilience_stats --help`` need not wait for pandas.
"""

from __future__ import annotations

import importlib
from typing import Any

_HOMES = {
    "build": ("build_report", "ReportFiles"),
    "chapter": ("open_chapter", "Chapter"),
}
_HOME_OF = {name: home for home, names in _HOMES.items() for name in names}
__all__ = sorted(_HOME_OF)


def __getattr__(name: str) -> Any:
    if name in _HOME_OF:
        return getattr(importlib.import_module(f"{__name__}.{_HOME_OF[name]}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return __all__
