"""Small chapters through the whole machine: kernels, one release, page, PDF, results; failures told by cell."""

from __future__ import annotations

import io
import re
from pathlib import Path

import pandas as pd
import pytest
from small_report import HOSTILE, PARAMETERS, small_run, write_notebook

from resilience_stats.errors import ReportError
from resilience_stats.report.book import write_book
from resilience_stats.report.chapter import finished_results, open_chapter
from resilience_stats.report.chapters import find_chapters, select_chapters
from resilience_stats.report.documents import report_document
from resilience_stats.report.html import render_html
from resilience_stats.report.kept import Kept
from resilience_stats.report.kernels import Kernels
from resilience_stats.report.pdf import render_pdf
from resilience_stats.report.progress import Progress
from resilience_stats.report.results_file import write_results
from resilience_stats.report.run import Run
from resilience_stats.report.runner import Outcome, run_chapters
from resilience_stats.report.word import render_word
from resilience_stats.results.rows import ROW_COLUMNS

COUNTS = """
from resilience_stats.report import open_chapter
from resilience_stats.results.rows import make_rows
from resilience_stats.tables import Cell, Column, Table
chapter = open_chapter("{name}", run)
rows = make_rows("", "{output}", group={groups}, term="Practices", value={values})
released = chapter.disclose(rows)
"""
TABLE = """
chapter.add(Table(id="t", caption={caption!r}, columns=(Column("Place", "left", True), Column("Practices")),
    rows=tuple((Cell(g), Cell("[c]" if d else str(v))) for g, v, d in
               zip(released.rows["group"], released.rows["value"], released.rows["disclosure"])),
    notes=("Of the frame.",), source="Register"))
"""
CLOSE = "chapter.close()"


@pytest.fixture(scope="module")
def ran(tmp_path_factory: pytest.TempPathFactory) -> tuple[Run, tuple[Outcome, ...]]:
    folder = tmp_path_factory.mktemp("chapters")
    write_notebook(
        folder / "01_summary.ipynb",
        [
            ("markdown", "# Summary"),
            ("parameters", PARAMETERS),
            ("code", "from resilience_stats.report import open_chapter\nchapter = open_chapter('summary', run)"),
            ("code", "chapter.add(f'{len(chapter.results().rows)} rows were released.')"),
            ("code", CLOSE),
        ],
        resilience_stats={"reads_results": True},
    )
    by_place = COUNTS.format(
        name="places", output="by_place", groups=["North", "South", "West", "All"], values=[9, 7, 16, 32]
    )
    write_notebook(
        folder / "02_places.ipynb",
        [
            ("markdown", f"# Places\n\nWhere *they* are. {HOSTILE}"),
            ("parameters", PARAMETERS),
            ("code", by_place),
            ("markdown", "## Numbers"),
            ("code", TABLE.format(caption=HOSTILE)),
            ("markdown", "After the table."),
            ("code", CLOSE),
        ],
    )
    # Withholds the 3, and so must withhold another of the four: which, only the policy over both chapters can tell.
    again = COUNTS.format(name="again", output="again", groups=["North", "South", "East", "All"], values=[9, 7, 3, 19])
    write_notebook(
        folder / "03_again.ipynb",
        [
            ("markdown", "# Again"),
            ("parameters", PARAMETERS),
            ("code", again),
            ("code", TABLE.format(caption="Again")),
            ("code", CLOSE),
        ],
    )
    write_notebook(
        folder / "04_broken.ipynb",
        [
            ("markdown", "# Broken"),
            ("parameters", PARAMETERS),
            ("code", "answer = n_boot"),
            ("code", "\nraise ValueError(f'no {answer}')"),
        ],
    )
    write_notebook(folder / "05_open.ipynb", [("markdown", "# Left open"), ("parameters", PARAMETERS)])
    run = small_run(folder / "run")
    with Kernels(2) as kernels:
        return run, run_chapters(find_chapters(folder), run, kernels=kernels, progress=Progress(None))


def test_a_failed_chapter_is_told_with_its_cell_and_stops_no_other(ran: tuple[Run, tuple[Outcome, ...]]) -> None:
    failures = {o.chapter.name: o.failure for o in ran[1]}
    assert [name for name, failure in failures.items() if failure] == ["broken", "open"]
    assert str(failures["broken"]) == "cell 4 (raise ValueError(f'no {answer}')): ValueError: no 20"
    assert "never called chapter.close()" in str(failures["open"])


def test_what_one_chapter_hides_no_other_gives_away(ran: tuple[Run, tuple[Outcome, ...]]) -> None:
    rows = pd.concat([f.rows for f in finished_results(ran[0])])
    places = rows[rows["group"] != "All"]
    hidden = set(places.loc[places["disclosure"] == "[c]", "group"])
    assert "East" in hidden
    assert len(hidden) > 1
    assert not hidden & set(places.loc[places["disclosure"] == "", "group"]), "withheld here and shown there"


def test_prose_and_what_code_added_stand_in_the_order_of_the_notebook(ran: tuple[Run, tuple[Outcome, ...]]) -> None:
    document = report_document(*ran)
    places = next(c for c in document["chapters"] if c["id"] == "places")
    assert [b["kind"] for b in places["blocks"]] == ["paragraph", "heading", "table", "paragraph"]
    assert places["sections"] == [{"id": places["blocks"][1]["id"], "title": "Numbers"}]
    assert [c["number"] for c in document["chapters"]] == [1, 2, 3, 4, 5]
    summary = document["chapters"][0]["blocks"][0]
    assert summary["spans"][0]["text"] == "8 rows were released."


def test_the_page_shows_hostile_text_and_runs_none_of_it(ran: tuple[Run, tuple[Outcome, ...]]) -> None:
    page = render_html(report_document(*ran))
    assert page.count("<script>") == 1
    assert page.count("&lt;script&gt;alert(1)") >= 4
    assert not re.findall(r"""(?:src|href)\s*=\s*["'](?!#)""", page), "the page asks for something outside it"
    assert "url(" not in page
    assert "@import" not in page
    ids = re.findall(r'\sid="([^"]+)"', page)
    assert len(ids) == len(set(ids))
    assert set(re.findall(r'href="#([^"]+)"', page)) <= set(ids)
    assert "Synthetic data" in page
    assert "Not the committee&#39;s own items." in page
    assert "This chapter could not be built" in page
    assert "n_boot" not in page.replace(HOSTILE, ""), "code is shown"


def test_the_pdf_is_tagged_in_english_and_the_same_twice(ran: tuple[Run, tuple[Outcome, ...]]) -> None:
    import io

    from pypdf import PdfReader

    document = report_document(*ran)
    made = render_pdf(document)
    assert made == render_pdf(document)
    reader = PdfReader(io.BytesIO(made))
    root = reader.trailer["/Root"]
    assert root["/Lang"] == "en-GB"
    assert root["/MarkInfo"]["/Marked"]
    for page in reader.pages:
        assert "Synthetic data" in page.extract_text(), "the mark stands on every page"
    assert "alert(1)" in "".join(page.extract_text() for page in reader.pages)


def test_the_word_file_has_headings_header_rows_and_no_code(ran: tuple[Run, tuple[Outcome, ...]]) -> None:
    import io
    import zipfile

    from docx import Document
    from docx.oxml.ns import qn

    document = report_document(*ran)
    made = render_word(document)
    assert made == render_word(document)
    book = Document(io.BytesIO(made))
    headings = [p.text for p in book.paragraphs if p.style is not None and p.style.name == "Heading 1"]
    assert headings == ["1  Summary", "2  Places", "3  Again", "4  Broken", "5  Left open"]
    assert len(book.tables) == len([b for c in document["chapters"] for b in c["blocks"] if b["kind"] == "table"])
    assert all(t.rows[0]._tr.trPr.xpath("w:tblHeader") for t in book.tables)
    assert "Synthetic data" in book.sections[0].header.paragraphs[0].text
    whole = "".join(p.text for p in book.paragraphs)
    assert "<script>alert(1)" in whole
    assert "\u202e" not in whole
    places = {m.get(qn("w:name")) for m in book.element.body.iter(qn("w:bookmarkStart"))}
    links = [link.get(qn("w:anchor")) for link in book.element.body.iter(qn("w:hyperlink"))]
    assert set(links) <= places
    assert len(links) == len(set(links)) >= len(headings)
    assert all(t._tbl.tblPr.xpath("w:tblCaption/@w:val") for t in book.tables)
    assert "PAGE" in book.sections[0].footer._element.xml
    markup = zipfile.ZipFile(io.BytesIO(made)).read("word/document.xml").decode("utf-8")
    assert not re.search("fldSimple|instrText|<w:object|<script", markup)


def test_the_workbook_holds_every_table_and_runs_no_formula(
    ran: tuple[Run, tuple[Outcome, ...]], tmp_path: Path
) -> None:
    from openpyxl import load_workbook

    document = report_document(*ran)
    write_book(document, tmp_path / "tables.xlsx")
    book = load_workbook(tmp_path / "tables.xlsx")
    assert book.sheetnames == ["Cover", "Contents", "Notes", "Table_1"]
    cover = [str(row[0].value) for row in book["Cover"].iter_rows()]
    assert any(line.startswith("Synthetic data. ") for line in cover)
    assert "None" not in cover, "no blank row"
    assert not any(sheet.freeze_panes or sheet.auto_filter.ref or sheet.merged_cells.ranges for sheet in book)
    assert all(len(sheet.tables) == 1 for sheet in book if sheet.title != "Cover")
    cells = [c for sheet in book for row in sheet.iter_rows() for c in row if c.value is not None]
    assert not [c for c in cells if c.data_type == "f"]
    values = [c.value for c in book["Table_1"]["B"]]
    assert "[c]" in values
    assert 32 in values
    assert "Synthetic data" in str(book["Table_1"]["A1"].value)


def test_results_hold_ten_columns_and_nothing_of_what_is_withheld(
    ran: tuple[Run, tuple[Outcome, ...]], tmp_path: Path
) -> None:
    path = tmp_path / "results.csv"
    write_results(finished_results(ran[0]), path)
    rows = pd.read_csv(path, dtype=str, keep_default_na=False)
    assert tuple(rows.columns) == ROW_COLUMNS
    assert len(rows.columns) == 10
    assert (rows.loc[rows["disclosure"] == "[c]", ["value", "conf_low", "conf_high", "n"]] == "").all(axis=None)
    assert set(rows["chapter"]) == {"places", "again"}


def test_a_plain_frame_is_no_part_of_a_report(ran: tuple[Run, tuple[Outcome, ...]]) -> None:
    chapter = open_chapter("places", ran[0].directory)
    with pytest.raises(ReportError, match=r"only tables, figures and sentences.*DataFrame"):
        chapter.add(pd.DataFrame({"practice": ["E82001"]}))


def test_an_unknown_chapter_is_an_error_with_a_hint(ran: tuple[Run, tuple[Outcome, ...]]) -> None:
    with pytest.raises(ReportError, match=r"no chapter 'place'.*Did you mean 'places'"):
        select_chapters([o.chapter for o in ran[1]], ["place"])


def test_a_chapter_that_has_not_changed_is_not_run_again(tmp_path: Path) -> None:
    notebooks = tmp_path / "notebooks"
    notebooks.mkdir()

    def write(name: str, number: int, value: int) -> None:
        rows = COUNTS.format(name=name, output=f"by_{name}", groups=["North", "All"], values=[value, value])
        cells = [("markdown", f"# {name}"), ("parameters", PARAMETERS), ("code", rows), ("code", CLOSE)]
        write_notebook(notebooks / f"0{number}_{name}.ipynb", cells)

    def lines(name: str) -> list[str]:
        told = io.StringIO()
        run = small_run(tmp_path / name)
        with Kernels(1) as kernels:
            kept = Kept(run, tmp_path / "kept")
            ended = run_chapters(find_chapters(notebooks), run, kernels=kernels, progress=Progress(told), kept=kept)
        assert not any(o.failure for o in ended)
        assert len(finished_results(run)) == 2
        return [line.split("]", 1)[1].strip() for line in told.getvalue().splitlines()]

    write("one", 1, 10)
    write("two", 2, 20)
    assert not any("unchanged" in line for line in lines("first"))
    assert lines("second") == ["chapter one: unchanged", "chapter two: unchanged"]
    write("two", 2, 30)
    assert [line.endswith("unchanged") for line in lines("third")] == [True, False]
    assert (tmp_path / "kept").stat().st_mode & 0o077 == 0
