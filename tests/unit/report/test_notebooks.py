"""The chapters call public functions and hold prose: no function, no arithmetic, no output, no number in a sentence."""

from __future__ import annotations

import ast
import json
import re
from pathlib import Path
from typing import Any

import pytest
from support import CHECKOUT

import resilience_stats as rs
from resilience_stats import report
from resilience_stats.report.chapters import find_chapters, read_chapter

NOTEBOOKS = sorted((CHECKOUT / "notebooks").glob("[0-9]*.ipynb"))
TUTORIALS = sorted((CHECKOUT / "notebooks").glob("tutorial_*.ipynb"))
FORBIDDEN = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Lambda, ast.BinOp, ast.AugAssign, ast.Compare)


def cells(path: Path) -> list[dict[str, Any]]:
    held: list[dict[str, Any]] = json.loads(path.read_text(encoding="utf-8"))["cells"]
    return held


def code(path: Path) -> list[tuple[dict[str, Any], ast.Module]]:
    return [(c, ast.parse("".join(c["source"]))) for c in cells(path) if c["cell_type"] == "code"]


def test_there_is_a_chapter_for_each_question() -> None:
    names = [c.name for c in find_chapters(CHECKOUT / "notebooks")]
    assert names == [
        "summary",
        "participation",
        "instrument",
        "drivers",
        "special_measures",
        "programmes",
        "comparing",
        "priorities",
        "methods",
    ]


def test_every_notebook_is_a_chapter_or_a_tutorial() -> None:
    assert sorted([*NOTEBOOKS, *TUTORIALS]) == sorted((CHECKOUT / "notebooks").glob("*.ipynb"))
    assert {p.stem for p in TUTORIALS} == {"tutorial_first_report", "tutorial_own_analysis"}


@pytest.mark.parametrize("path", [*NOTEBOOKS, *TUTORIALS], ids=lambda p: p.stem)
def test_it_opens_in_jupyter(path: Path) -> None:
    import nbformat

    nbformat.validate(nbformat.read(path, as_version=4))


@pytest.mark.parametrize("path", [*NOTEBOOKS, *TUTORIALS], ids=lambda p: p.stem)
def test_outputs_are_stripped(path: Path) -> None:
    for cell, _ in code(path):
        assert cell["outputs"] == []
        assert cell["execution_count"] is None


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda p: p.stem)
def test_nothing_is_computed(path: Path) -> None:
    for _, tree in code(path):
        for node in ast.walk(tree):
            assert not isinstance(node, FORBIDDEN), f"{path.name}: {ast.unparse(node)}"


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda p: p.stem)
def test_only_public_names_are_called(path: Path) -> None:
    for _, tree in code(path):
        for node in ast.walk(tree):
            if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
                if node.value.id == "rs":
                    assert hasattr(rs, node.attr), node.attr
                elif node.value.id == "report":
                    assert node.attr in report.__all__, node.attr
                    assert hasattr(report, node.attr)
            elif isinstance(node, ast.ImportFrom):
                assert node.module == "resilience_stats"
            elif isinstance(node, ast.Import):
                assert [a.name for a in node.names] == ["resilience_stats"]


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda p: p.stem)
def test_no_number_is_typed_into_prose_or_into_a_label(path: Path) -> None:
    for cell in cells(path):
        if cell["cell_type"] == "markdown":
            assert not re.search(r"\d", "".join(cell["source"])), f"{path.name}: {cell['source']}"
    for cell, tree in code(path):
        if "parameters" in cell["metadata"].get("tags", ()):
            continue
        for node in ast.walk(tree):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                digits = re.findall(r"\d+", node.value.replace("SHA-256", ""))
                assert set(digits) <= {"0", "100"}, f"{path.name}: {node.value}"  # the ends of the scores' range
            elif isinstance(node, ast.Constant):
                assert node.value in (True, False, None), f"{path.name}: {node.value}"


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda p: p.stem)
def test_each_runs_by_hand_and_closes(path: Path) -> None:
    assert read_chapter(path).declared["run"] == ""
    assert "".join(cells(path)[-1]["source"]) == "chapter.close()"
