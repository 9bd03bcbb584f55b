"""A chapter that belongs to one edition is in no other: left out, refused by name, and refused when opened."""

from __future__ import annotations

from pathlib import Path

import pytest
from small_report import PARAMETERS, small_run, write_notebook
from support import CHECKOUT

import resilience_stats as rs
from resilience_stats.errors import DisclosureError, ReportError
from resilience_stats.report.build import build_report
from resilience_stats.report.chapter import open_chapter
from resilience_stats.report.chapters import belonging, find_chapters


def folder_of_chapters(folder: Path, editions: object) -> Path:
    cells = [("markdown", "# Whom to help"), ("parameters", PARAMETERS), ("code", "chapter.close()")]
    write_notebook(folder / "01_open.ipynb", [("markdown", "# Open to all"), *cells[1:]])
    write_notebook(folder / "02_closed.ipynb", cells, resilience_stats={"editions": editions})
    return folder


@pytest.mark.parametrize(("edition", "names"), [("board", ["open"]), ("public", ["open"]),
                                                ("internal", ["open", "closed"])])  # fmt: skip
def test_a_chapter_is_left_out_of_other_editions(tmp_path: Path, edition: str, names: list[str]) -> None:
    found = find_chapters(folder_of_chapters(tmp_path, ["internal"]))
    assert [c.name for c in belonging(found, edition)] == names


@pytest.mark.parametrize("edition", ["board", "public"])
def test_asked_for_by_name_it_is_refused_before_any_work(tmp_path: Path, edition: str) -> None:
    notebooks = folder_of_chapters(tmp_path, ["internal"])
    with pytest.raises(ReportError, match=rf"'closed' is no part of the {edition} edition.*--edition internal"):
        build_report(chapters=["closed"], edition=edition, notebooks=notebooks, out=tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_loosened_board_settings_do_not_let_it_in(tmp_path: Path) -> None:
    rs.write_example(tmp_path / "study")
    file = tmp_path / "study" / "study.toml"
    text = file.read_text(encoding="utf-8")
    assert '[policy]\npreset = "board"' in text
    loosened = '[policy]\nthreshold = 0\npractice_threshold = 0\nidentity = "shown"\npreset = "board"'
    file.write_text(text.replace('[policy]\npreset = "board"', loosened), encoding="utf-8")
    with pytest.raises(ReportError, match="no part of the board edition"):
        build_report(file, chapters=["closed"], notebooks=folder_of_chapters(tmp_path, ["internal"]))


@pytest.mark.parametrize("slip", ["internal", ["internl"], [1], {"internal": True}])
def test_a_slip_in_the_metadata_is_an_error_not_an_open_door(tmp_path: Path, slip: object) -> None:
    with pytest.raises((ReportError, DisclosureError)):
        find_chapters(folder_of_chapters(tmp_path, slip))


def test_a_notebook_of_one_edition_does_not_open_the_run_of_another(tmp_path: Path) -> None:
    run = small_run(tmp_path / "run")
    with pytest.raises(ReportError, match="no part of this edition"):
        open_chapter("closed", run.directory, edition="internal")
    assert open_chapter("closed", run.directory, edition="board").policy.name == "board"


def test_the_shipped_chapters_know_their_editions() -> None:
    internal = [c.name for c in find_chapters(CHECKOUT / "notebooks") if c.editions]
    assert set(internal) <= {"priorities"}
