"""The house: who may import whom, and habits that the package keeps."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest
from support import CHECKOUT

PACKAGE = CHECKOUT / "resilience_stats"

ALLOWED = {
    "errors": set(),
    "bootstrap": set(),
    "resources": {"errors"},
    "notes": set(),
    "display": set(),
    "study": {"errors", "display", "resources"},
    "schema": {"errors", "display", "resources"},
    "loaders": {"errors", "study", "schema", "resources"},
    "cohort": {"errors", "notes", "display", "study", "schema", "loaders", "resources"},
    "synthetic": {"errors", "display", "study", "schema", "loaders", "cohort", "features", "resources"},
    "features": {"errors", "notes", "display", "study", "schema", "loaders", "cohort", "resources"},
    "stats": {"errors"},
    "results": {"errors", "notes", "display"},
    "models": {"errors", "stats", "results", "resources"},
    "disclosure": {"errors", "display", "results", "schema", "resources"},
    "tables": {"errors", "display", "disclosure", "results", "resources"},
    "figures": {"errors", "display", "disclosure", "results", "tables", "resources"},
}
FREE = {"report", "__main__", "__init__"}


def modules() -> list[Path]:
    return sorted(p for p in PACKAGE.rglob("*.py") if "_shipped" not in p.parts)


def room(path: Path) -> str:
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


def own_imports(path: Path) -> set[str]:
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import"
            names = (
                [node.module]
                if node.module != "resilience_stats"
                else [f"resilience_stats.{a.name}" for a in node.names]
            )
        elif isinstance(node, ast.Import):
            names = [a.name for a in node.names]
        else:
            continue
        found |= {n.split(".")[1] for n in names if n and n.startswith("resilience_stats.")}
    return found


@pytest.mark.parametrize("path", modules(), ids=lambda p: str(p.relative_to(PACKAGE)))
def test_a_room_imports_only_from_rooms_before_it(path: Path) -> None:
    here = room(path)
    if here in FREE:
        return
    assert here in ALLOWED, f"{here} is not a room of the house"
    assert own_imports(path) <= ALLOWED[here] | {here}


def test_numerics_know_no_frames_and_no_files() -> None:
    for path in (PACKAGE / "stats").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            names = [a.name for a in node.names] if isinstance(node, ast.Import) else []
            names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            heads = {n.split(".")[0] for n in names}
            assert heads <= {
                "numpy",
                "scipy",
                "joblib",
                "resilience_stats",
                "__future__",
                "math",
                "itertools",
                "functools",
                "dataclasses",
                "typing",
                "collections",
                "warnings",
                "threading",
                "contextlib",
                "threadpoolctl",
            }, f"{path}: {heads}"


def test_no_function_is_longer_than_a_page() -> None:
    long = []
    for path in modules():
        assert path.read_text(encoding="utf-8").count("\n") <= 500, f"{path} is longer than 500 lines"
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
                body = node.body[1:] if ast.get_docstring(node) is not None else node.body
                if body and (node.end_lineno or 0) - body[0].lineno + 1 > 50:
                    long.append(f"{path}:{node.lineno} {node.name}")
    assert not long


def test_the_package_neither_prints_nor_asserts() -> None:
    for path in modules():
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            assert not isinstance(node, ast.Assert), f"{path}:{node.lineno}: assert"
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
                assert node.func.id != "print", f"{path}:{node.lineno}: print"
