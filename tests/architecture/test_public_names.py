"""Every public name exists, is documented, and its example runs."""

from __future__ import annotations

import doctest
import importlib
import inspect
import pkgutil
import subprocess
import sys

import pytest

import resilience_stats as rs

NAMES = [n for n in rs.__all__ if n != "__version__"]


@pytest.mark.parametrize("name", NAMES)
def test_public_name_is_documented_with_an_example(name: str) -> None:
    thing = getattr(rs, name)
    doc = inspect.getdoc(thing) or ""
    assert doc, f"{name} has no docstring"
    assert ">>>" in doc, f"{name} has no example"


def all_modules() -> list[str]:
    return [
        m.name
        for m in pkgutil.walk_packages(rs.__path__, "resilience_stats.")
        if "_shipped" not in m.name and not m.name.endswith("__main__")
    ]


@pytest.mark.parametrize("name", all_modules())
def test_examples_run(name: str) -> None:
    failed, _ = doctest.testmod(
        importlib.import_module(name), optionflags=doctest.NORMALIZE_WHITESPACE | doctest.ELLIPSIS
    )
    assert failed == 0


def test_import_is_light() -> None:
    heavy = "{'pandas', 'numpy', 'scipy', 'statsmodels'}"
    code = f"import sys; import resilience_stats; print(sorted({heavy} & set(sys.modules)))"
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert out.strip() == "[]"
