"""A chapter that belongs to one edition is in no other: left out, refused by name, and refused when opened."""

from __future__ import annotations

import re
import shutil
import zipfile
from pathlib import Path

import pytest
from pypdf import PdfReader
from small_report import PARAMETERS, small_run, write_notebook
from support import CHECKOUT

import resilience_stats as rs
from resilience_stats.errors import DisclosureError, ReportError
from resilience_stats.report.build import ReportFiles, build_report
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


@pytest.fixture(scope="module")
def editions(tmp_path_factory: pytest.TempPathFactory) -> dict[str, ReportFiles]:
    """The three editions of one study; the board's and the public one follow a year whose internal results are kept."""
    folder = tmp_path_factory.mktemp("editions")
    rs.write_example(folder / "study")
    file = folder / "study" / "study.toml"
    few = {"n_boot": 20}
    made = {"internal": build_report(file, edition="internal", chapters=["comparing", "priorities"], parameters=few,
                                     out=folder / "internal")}  # fmt: skip
    shutil.copy(made["internal"].results, folder / "study" / "before.csv")
    with file.open("a", encoding="utf-8") as study:
        study.write('\n[compare]\nprevious_results = "before.csv"\n')
    for edition in ("board", "public"):
        made[edition] = build_report(file, edition=edition, parameters=few, out=folder / edition)
    return made


def text_of(made: ReportFiles) -> dict[str, str]:
    """Everything that the released files hold, as text."""
    book = zipfile.ZipFile(made.workbook)
    word = zipfile.ZipFile(made.word)
    pages = "\n".join(page.extract_text() for page in PdfReader(made.pdf).pages)
    return {
        "html": made.html.read_text(encoding="utf-8"),
        "pdf": pages,
        "docx": "\n".join(word.read(n).decode("utf-8") for n in word.namelist() if n.endswith(".xml")),
        "xlsx": "\n".join(book.read(n).decode("utf-8") for n in book.namelist() if n.endswith(".xml")),
        "results.csv": made.results.read_text(encoding="utf-8"),
        "manifest": made.manifest.read_text(encoding="utf-8"),
    }


#: Words, outputs and statistics that only the order of an offer has.
OF_PRIORITIES = ("Whom to offer support", "Reserve list", "reserve list", "priority_", "priorities,",
                 "Scope for support", "Likely impact", "Probability of an offer", "probability_offered",
                 "place_in_order", "asked for support themselves", "Practices offered a place")  # fmt: skip


@pytest.mark.slow
def test_nothing_of_the_order_of_an_offer_is_in_other_editions(editions: dict[str, ReportFiles]) -> None:
    assert editions["internal"].failures == ()
    inside = text_of(editions["internal"])
    assert "Practices offered a place" in inside["html"]
    codes = {line.split(",")[3] for line in inside["results.csv"].splitlines() if ",priority_points," in line}
    assert len(codes) == 197
    assert "priority_menu" in inside["results.csv"]
    for edition in ("board", "public"):
        assert editions[edition].failures == ()
        for name, text in text_of(editions[edition]).items():
            for words in OF_PRIORITIES:
                assert words not in text, f"{edition} {name}: {words}"
            assert not [code for code in codes if code in text], f"{edition} {name}"


@pytest.mark.slow
def test_comparing_practices_names_and_places_nobody_outside(editions: dict[str, ReportFiles]) -> None:
    inside = editions["internal"].results.read_text(encoding="utf-8")
    assert "compare_named" in inside
    assert "list_size_of_practice" in inside
    for edition in ("board", "public"):
        text = editions[edition].results.read_text(encoding="utf-8")
        assert "comparing,compare_scores" in text
        assert "compare_named" not in text
        assert "list_size_of_practice" not in text
        drawn = re.findall(r"<svg.*?</svg>", editions[edition].html.read_text(encoding="utf-8"), flags=re.DOTALL)
        assert not [svg for svg in drawn if "Practice 0" in svg], "a pseudonym beside a point is a label too"
    public = editions["public"].results.read_text(encoding="utf-8")
    assert not [name for name in ("shrunken_score", "percentile_rank", "score_error") if name in public]
