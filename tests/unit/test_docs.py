"""The documentation holds: links lead somewhere, commands and settings exist, generated pages are those of today."""

from __future__ import annotations

import re
import shlex
import tomllib
from pathlib import Path
from typing import Any

import pytest
import typer
from support import CHECKOUT

import resilience_stats as rs
from resilience_stats import report
from resilience_stats.disclosure import read_policy
from resilience_stats.report.commands import app
from resilience_stats.report.reference import reference_pages
from resilience_stats.study import _SECTIONS, known_tables

PAGES = sorted([*CHECKOUT.glob("*.md"), *(CHECKOUT / "docs").rglob("*.md"), CHECKOUT / "reports" / "README.md"])
WRITTEN = [p for p in PAGES if p.parent.name != "reference"]
LINK = re.compile(r"!?\[[^\]]*\]\(([^)\s]+)\)")
FENCE = re.compile(r"^ *```(\w*)\n(.*?)^ *```", re.MULTILINE | re.DOTALL)
COMMANDS: Any = typer.main.get_command(app).commands  # type: ignore[attr-defined]


def name(path: Path) -> str:
    return path.relative_to(CHECKOUT).as_posix()


def anchors(path: Path) -> set[str]:
    heads = re.findall(r"^#+ (.+)$", path.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", head.lower()).replace(" ", "-") for head in heads}


def fences(path: Path, *kinds: str) -> list[str]:
    return [body for kind, body in FENCE.findall(path.read_text(encoding="utf-8")) if kind in kinds]


def told(path: Path) -> str:
    """The commands of a page: its code, in the text and by itself, continued lines joined."""
    text = path.read_text(encoding="utf-8")
    return "\n".join([*fences(path, ""), *re.findall(r"`([^`\n]+(?:\n[^`\n]+)?)`", FENCE.sub("", text))])


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_every_link_leads_somewhere(page: Path) -> None:
    for target in LINK.findall(page.read_text(encoding="utf-8")):
        assert not target.startswith("http"), f"{target}: the documentation has to work offline"
        file, _, anchor = target.partition("#")
        there = (page.parent / file).resolve() if file else page
        assert there.exists(), target
        if anchor:
            assert anchor in anchors(there), target


def test_every_page_can_be_reached_from_the_readme() -> None:
    seen, left = set[Path](), [CHECKOUT / "README.md"]
    while left:
        page = left.pop()
        seen.add(page)
        targets = (page.parent / t.partition("#")[0] for t in LINK.findall(page.read_text(encoding="utf-8")))
        left += [t.resolve() for t in targets if t.suffix == ".md" and t.resolve() not in seen]
    assert {p for p in PAGES if p.parent != CHECKOUT / "reports"} <= seen


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_every_command_and_option_exists(page: Path) -> None:
    for words in re.findall(r"python3? -m resilience_stats +([^\n`>|&\"]+)", told(page)):
        command, *rest = shlex.split(words.strip())
        if command.startswith("<"):
            continue
        assert command in COMMANDS, f"{name(page)}: {words}"
        held = COMMANDS[command]
        if hasattr(held, "commands"):
            held = held.commands[rest[0]]
        options = {opt for p in held.params for opt in p.opts}
        assert {w for w in rest if w.startswith("--")} <= options, f"{name(page)}: {words}"


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_every_make_target_exists(page: Path) -> None:
    targets = set(re.findall(r"^(\w+):", (CHECKOUT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    for target in re.findall(r"(?:^|`)make ([a-z]\w*)", told(page), re.MULTILINE):
        assert target in targets, target


@pytest.mark.parametrize("page", WRITTEN, ids=name)
def test_every_setting_that_is_shown_is_one_that_a_study_may_have(page: Path) -> None:
    for body in fences(page, "toml"):
        for section, held in tomllib.loads(re.sub(r"^ {3}", "", body, flags=re.MULTILINE)).items():
            assert section in _SECTIONS, section
            entries = held if isinstance(held, list) else [held]
            allowed = known_tables() if section == "files" else _SECTIONS[section]
            assert allowed is None or all(set(entry) <= set(allowed) for entry in entries), held
            if section == "policy":
                read_policy(held)


@pytest.mark.parametrize("page", WRITTEN, ids=name)
def test_every_function_that_is_named_exists(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    for function in re.findall(r"\brs\.([a-z_]+)", text):
        assert function.endswith("_") or hasattr(rs, function), function
    for function in re.findall(r"\breport\.([a-z_]+)\(", text):
        assert hasattr(report, function), function


@pytest.mark.parametrize("page", sorted(reference_pages()))
def test_the_reference_is_that_of_today(page: str) -> None:
    written = (CHECKOUT / "docs" / "reference" / f"{page}.md").read_text(encoding="utf-8")
    assert written == reference_pages()[page], "write it anew: python -m resilience_stats reference"


def test_the_guides_name_every_chapter_command_and_file_of_a_report() -> None:
    from resilience_stats.report.build import FILE_NAMES

    guide = (CHECKOUT / "reports" / "README.md").read_text(encoding="utf-8")
    assert all(f"`{file}`" in guide for file in FILE_NAMES.values())


def test_the_changelog_marks_what_changes_numbers() -> None:
    text = (CHECKOUT / "CHANGELOG.md").read_text(encoding="utf-8")
    assert "## [Unreleased]" in text
    assert f"## [{rs.__version__}]" in text
    kinds = set(re.findall(r"^### (\w+)", text, re.MULTILINE))
    assert kinds <= {"Added", "Changed", "Deprecated", "Removed", "Fixed", "Security"}
    assert "**Numbers**" in text


def test_the_citation_names_this_version() -> None:
    text = (CHECKOUT / "CITATION.cff").read_text(encoding="utf-8")
    assert f"version: {rs.__version__}" in text
