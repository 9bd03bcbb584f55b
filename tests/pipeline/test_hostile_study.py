"""A study of hostile names, places, questions and titles: every format of report and feedback holds them as text."""

from __future__ import annotations

import csv
import io
import json
import re
import shutil
import subprocess
import zipfile
from collections.abc import Iterator
from html import unescape
from html.parser import HTMLParser
from pathlib import Path
from xml.etree import ElementTree

import openpyxl
import pytest
from browser import Browser, browser

import resilience_stats as rs
from resilience_stats.report.build import ReportFiles, build_report
from resilience_stats.resources import schema_directory

pytestmark = pytest.mark.slow
SCRIPT = '</td></svg><script>document.title="run"</script><img src=x onerror=alert(1)>'
TYPST = '#panic("run") $x$ *b* @nowhere \\ ] #read("/etc/passwd")'
FORMULA = '=HYPERLINK("http://x.example","y")'
DIRECTION = 'O\'Brien \u202eyegrus\u2066 "North" \U0001f600 &amp; {{7*7}} ${x}'
LONG = "Llanfairpwllgwyngyll" * 12
PLACES = [SCRIPT, TYPST, FORMULA, DIRECTION]


def changed(path: Path, column: str, values: dict[str, str]) -> None:
    with path.open(encoding="utf-8-sig", newline="") as stream:
        rows = list(csv.DictReader(stream))
    for row in rows:
        row[column] = values.get(row[column], row[column])
    with path.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.DictWriter(stream, fieldnames=list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)


def renamed(path: Path, old: str, new: str) -> None:
    """Forms export the question as the heading of its column."""
    book = openpyxl.load_workbook(path)
    for cell in next(book.active.iter_rows(max_row=1)):
        if " ".join(str(cell.value).split()) == old:
            cell.value = new
            cell.data_type = "s"  # a text, not a formula
    book.save(path)


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The example under other names: places, a practice, the title, the area, a question and an answer's label."""
    folder = tmp_path_factory.mktemp("study")
    rs.write_example(folder, practices=90, responses=70, random_state=4)
    register = folder / "practice_register.csv"
    with register.open(encoding="utf-8-sig", newline="") as stream:
        rows = list(csv.DictReader(stream))
    places = sorted({row["place"] for row in rows})
    changed(register, "place", dict(zip(places, PLACES, strict=True)))
    changed(register, "practice_name", {rows[0]["practice_name"]: SCRIPT, rows[1]["practice_name"]: LONG})
    phq = json.loads((schema_directory() / "instruments" / "phq.json").read_text(encoding="utf-8"))
    phq["title"] = f"PHQ {TYPST}"
    phq["areas"][0]["label"], phq["areas"][1]["label"] = SCRIPT, LONG
    for item, text in zip(phq["items"][3:5], (FORMULA, DIRECTION), strict=True):
        renamed(folder / "phq_2019_forms.xlsx", item["text"], text)
        item["text"] = text
    (folder / "own.json").write_text(json.dumps(phq), encoding="utf-8")
    text = (folder / "study.toml").read_text(encoding="utf-8")
    text = text.replace('"Practice resilience in Example LMC"', json.dumps(f"Resilience {SCRIPT}"))
    text = text.replace('area = "Example LMC"', f"area = {json.dumps(TYPST)}")
    text = text.replace('label = "Overall resilience score"', f"label = {json.dumps(DIRECTION, ensure_ascii=False)}")
    (folder / "study.toml").write_text(text + '\n[instruments]\nphq = "own.json"\n', encoding="utf-8")
    return folder / "study.toml"


@pytest.fixture(scope="module")
def built(study: Path, tmp_path_factory: pytest.TempPathFactory) -> ReportFiles:
    made = build_report(study, out=tmp_path_factory.mktemp("report"), parameters={"n_boot": 20})
    assert made.failures == ()
    return made


@pytest.fixture(scope="module")
def feedback(study: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("feedback")
    with study.with_name("practice_register.csv").open(encoding="utf-8", newline="") as stream:
        code = next(csv.DictReader(stream))["practice_code"]
    rs.build_feedback(study, practice=code, out=out)
    return out


@pytest.fixture(scope="module")
def window(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    with browser(tmp_path_factory.mktemp("profile")) as opened:
        yield opened


class Elements(HTMLParser):
    """The elements of a page with their attributes, as a browser would find them."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))


def assert_inert(page: str) -> None:
    """No script but the page's own, nothing fetched, no handler."""
    found = Elements(page).found
    assert [tag for tag, _ in found].count("script") <= 1
    for tag, attributes in found:
        assert tag not in ("iframe", "object", "embed", "base", "form", "link")
        assert not [name for name in attributes if name.startswith("on")]
        for name in ("src", "href", "xlink:href"):
            assert (attributes.get(name) or "#").startswith(("#", "data:")), (tag, attributes)


def test_the_page_holds_them_as_text(built: ReportFiles) -> None:
    page = built.html.read_text(encoding="utf-8")
    assert_inert(page)
    assert "onerror=alert(1)" in unescape(page)
    assert '#panic("run")' in unescape(page)
    assert "\u202e" not in page, "a mark that turns the direction of the text around it"


@pytest.mark.needs_browser
def test_a_browser_runs_none_of_it_and_asks_for_nothing(built: ReportFiles, feedback: Path, window: Browser) -> None:
    for page in (built.html, *feedback.rglob("*.html")):
        window.open(page)
        assert window.run("return document.title") != "run"
        assert window.run("return performance.getEntriesByType('resource').map(e => e.name)") == []
        assert window.run("return document.querySelectorAll('img:not([src^=\"data:\"])').length") == 0
        window.open(page, width=390)
        assert window.run("return document.documentElement.scrollWidth <= window.innerWidth"), page.name


@pytest.mark.skipif(shutil.which("pdftotext") is None, reason="poppler is not installed")
def test_the_pdf_prints_the_code_and_runs_none(built: ReportFiles, feedback: Path) -> None:
    for path in (built.pdf, *feedback.rglob("*.pdf")):
        said = subprocess.run(["pdftotext", str(path), "-"], capture_output=True, text=True, check=True).stdout
        assert "root:" not in said
        assert b"/JavaScript" not in path.read_bytes()
    said = subprocess.run(["pdftotext", str(built.pdf), "-"], capture_output=True, text=True, check=True).stdout
    assert "#panic" in said


def test_the_word_file_has_no_field_and_no_link(built: ReportFiles) -> None:
    with zipfile.ZipFile(built.word) as word:
        body = word.read("word/document.xml")
        relations = word.read("word/_rels/document.xml.rels").decode()
        assert not [name for name in word.namelist() if "vbaProject" in name or "embeddings" in name]
    ElementTree.fromstring(body)
    assert b"w:instrText" not in body
    assert b"fldSimple" not in body
    assert "x.example" not in relations
    assert 'TargetMode="External"' not in relations
    assert b"HYPERLINK" in body, "it is there, as text"


def test_no_cell_of_the_workbook_is_a_formula_or_a_link(built: ReportFiles) -> None:
    book = openpyxl.load_workbook(built.workbook)
    cells = [cell for sheet in book for row in sheet.iter_rows() for cell in row if cell.value is not None]
    assert not [c.coordinate for c in cells if c.data_type == "f" or "x.example" in str(c.hyperlink)]
    assert any("HYPERLINK" in str(cell.value) for cell in cells)
    with zipfile.ZipFile(built.workbook) as packed:
        assert not [name for name in packed.namelist() if "externalLink" in name or "vba" in name]


def test_no_field_of_the_csv_begins_as_a_formula(built: ReportFiles) -> None:
    text = built.results.read_text(encoding="utf-8")
    for row in csv.reader(io.StringIO(text)):
        for field in row:
            if field[:1] in ("=", "+", "@", "\t", "\r") or (field[:1] == "-" and not re.fullmatch(r"-[\d.e-]+", field)):
                pytest.fail(f"a spreadsheet would run {field!r}")
    assert "HYPERLINK" in text


def test_the_manifest_and_the_log_stay_what_they_are(built: ReportFiles) -> None:
    manifest = json.loads(built.manifest.read_text(encoding="utf-8"))
    assert SCRIPT in manifest["study"]["title"]


def test_the_drawings_are_whole_and_hold_no_markup_of_theirs(built: ReportFiles) -> None:
    page = built.html.read_text(encoding="utf-8")
    drawings = re.findall(r"<svg.*?</svg>", page, flags=re.DOTALL)
    assert len(drawings) > 8
    for drawing in drawings:
        root = ElementTree.fromstring(drawing)
        names = {element.tag.rsplit("}", 1)[-1] for element in root.iter()}
        assert not names & {"script", "image", "foreignObject", "a"}


def test_the_feedback_of_the_hostile_practice_is_text(feedback: Path) -> None:
    pages = list(feedback.rglob("*.html"))
    assert pages
    for page in pages:
        text = page.read_text(encoding="utf-8")
        assert_inert(text)
        assert "onerror=alert(1)" in unescape(text)
