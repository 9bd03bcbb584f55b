"""The document model as a Word file, for boards that edit their report."""

from __future__ import annotations

import zipfile
from collections.abc import Iterable, Mapping
from copy import deepcopy
from datetime import datetime
from io import BytesIO
from typing import Any

from resilience_stats.report.document import Model
from resilience_stats.report.pictures import WIDTH, png_width, to_png
from resilience_stats.tables import clean_text

_BEGINNING = (1980, 1, 1, 0, 0, 0)


def render_word(document: Model) -> bytes:
    """Return the report as a .docx file: headings, tables with header rows, figures with alternative text.

    Parameters
    ----------
    document : dict
        As `build_document` gives it. Its texts go in as texts; no field, link or macro is made of them.

    Notes
    -----
    Tables are Word's own, so that a screen reader finds their header row and a board can edit them; drawings are
    pictures with the same alternative text as on the page. The same document gives the same bytes.
    """
    from docx import Document
    from docx.shared import Mm

    book, pictures = Document(), to_png(document)
    section = book.sections[0]
    section.page_width, section.page_height = Mm(210), Mm(297)
    section.left_margin = section.right_margin = Mm((210 - WIDTH) / 2)
    _properties(book, document)
    _styles(book, document["language"])
    _front(book, section, document)
    for chapter in document["chapters"]:
        _chapter(book, chapter, pictures)
    held = BytesIO()
    book.save(held)
    return _without_clock(held.getvalue())


def _properties(book: Any, document: Model) -> None:
    held = book.core_properties
    held.title = clean_text(f"{document['title']}, {document['year']}")[:255]
    held.language, held.author, held.comments = document["language"], "resilience_stats", ""
    held.created = held.modified = datetime(*_BEGINNING[:3])


def _styles(book: Any, language: str) -> None:
    from docx.oxml.ns import qn
    from docx.oxml.parser import OxmlElement
    from docx.shared import Pt

    normal = book.styles["Normal"]
    normal.font.name, normal.font.size = "Arial", Pt(10.5)
    element = OxmlElement("w:lang")
    element.set(qn("w:val"), language)
    normal.element.get_or_add_rPr().append(element)


def _front(book: Any, section: Any, document: Model) -> None:
    """The notices stand on top, and their marks in the header of every page."""
    marks = " · ".join(notice["mark"] for notice in document["notices"])
    section.header.paragraphs[0].text = clean_text(marks or document["title"])
    book.add_heading(clean_text(document["title"]), level=0)
    book.add_paragraph(clean_text(f"{document['area']}, {document['year']}. Edition: {document['edition']}"))
    for notice in document["notices"]:
        _notice(book, [[{"text": f"{notice['mark']}. ", "style": "strong"}, {"text": notice["text"]}]])
    if document["contents_note"]:
        book.add_paragraph(clean_text(document["contents_note"]))


def _chapter(book: Any, chapter: Model, pictures: Mapping[str, bytes]) -> None:
    book.add_heading(clean_text(f"{chapter['number']}  {chapter['title']}"), level=1)
    if chapter["failure"]:
        _notice(book, [[{"text": f"This chapter could not be built. It stopped in {chapter['failure']}"}]])
    for block in chapter["blocks"]:
        _DRAW[block["kind"]](book, block, pictures)


def _spans(paragraph: Any, spans: Iterable[Mapping[str, str]]) -> None:
    for span in spans:
        run = paragraph.add_run(clean_text(span["text"]))
        run.bold, run.italic = span.get("style") == "strong", span.get("style") == "emphasis"


def _paragraph(book: Any, block: Model, _: Mapping[str, bytes]) -> None:
    _spans(book.add_paragraph(), block["spans"])


def _heading(book: Any, block: Model, _: Mapping[str, bytes]) -> None:
    _spans(book.add_heading(level=block["level"]), block["spans"])


def _list(book: Any, block: Model, _: Mapping[str, bytes]) -> None:
    for item in block["items"]:
        _spans(_styled(book, "List Number" if block["ordered"] else "List Bullet"), item)


def _styled(book: Any, style: str) -> Any:
    """A new paragraph in a style of Word's own, by its id: asked for by name, python-docx looks through all styles."""
    paragraph = book.add_paragraph()
    paragraph._p.style = style.replace(" ", "")
    return paragraph


def _notice(book: Any, paragraphs: Iterable[Iterable[Mapping[str, str]]]) -> None:
    for spans in paragraphs:
        _spans(_styled(book, "Intense Quote"), spans)


def _finding(book: Any, block: Model, _: Mapping[str, bytes]) -> None:
    _spans(book.add_paragraph(), [{"text": block["headline"], "style": "strong"}])
    _pairs(book, block["facts"])


def _facts(book: Any, block: Model, _: Mapping[str, bytes]) -> None:
    _pairs(book, block["items"])


def _pairs(book: Any, pairs: Iterable[tuple[str, str]]) -> None:
    for name, value in pairs:
        _spans(_styled(book, "List Bullet"), [{"text": f"{name}: "}, {"text": value}])


def _formula(book: Any, block: Model, pictures: Mapping[str, bytes]) -> None:
    _picture(book, pictures[block["id"]], block["alt"])


def _figure(book: Any, block: Model, pictures: Mapping[str, bytes]) -> None:
    caption = _styled(book, "Caption")
    _spans(caption, [{"text": f"{block['label']}. {block['title']}"}])
    caption.paragraph_format.keep_with_next = True
    if block["subtitle"]:
        lower = book.add_paragraph(clean_text(block["subtitle"]))
        lower.paragraph_format.keep_with_next = True
    _picture(book, pictures[block["id"]], block["alt"])
    _below(book, [], block["source"])


def _picture(book: Any, png: bytes, alt: str) -> None:
    from docx.shared import Mm

    shape = book.add_picture(BytesIO(png), width=Mm(min(png_width(png), WIDTH)))
    shape._inline.docPr.set("descr", clean_text(alt))


def _table(book: Any, block: Model, _: Mapping[str, bytes]) -> None:
    caption = _styled(book, "Caption")
    _spans(caption, [{"text": f"{block['label']}. {block['caption']}"}])
    for code, meaning in block["shorthand"]:
        caption.add_run(clean_text(f"\n{code} {meaning}")).bold = False
    caption.paragraph_format.keep_with_next = True
    _grid(book, block)
    _below(book, block["notes"], block["source"])


def _grid(book: Any, block: Model) -> None:
    from docx.oxml.parser import OxmlElement

    columns = block["columns"]
    lines = [[c["label"] for c in columns], *block["rows"]]
    grid = book.add_table(rows=len(lines), cols=len(columns), style="Table Grid")
    cells = list(grid._cells)  # asked for once: python-docx works the whole grid out again at each request
    alike: dict[tuple[bool, str], Any] = {}
    for i, text in enumerate(clean_text(text) for line in lines for text in line):
        header, align = i < len(columns), columns[i % len(columns)]["align"]
        _cell(cells[i].paragraphs[0], text, header, align, alike)
    for number, row in enumerate(grid.rows):
        marks = row._tr.get_or_add_trPr()
        marks.append(OxmlElement("w:cantSplit"))
        if number == 0:
            marks.append(OxmlElement("w:tblHeader"))


def _cell(paragraph: Any, text: str, header: bool, align: str, alike: dict[tuple[bool, str], Any]) -> None:
    """Write one cell; where another looks alike as a copy of it, which is quicker than to set each property."""
    from docx.enum.text import WD_ALIGN_PARAGRAPH
    from docx.shared import Pt

    plain = text.isprintable() and text == text.strip() != ""
    if plain and (header, align) in alike:
        copied = deepcopy(alike[header, align])
        copied.r_lst[0].t_lst[0].text = text
        paragraph._p.getparent().replace(paragraph._p, copied)
        return
    run = paragraph.add_run(text)
    run.font.size, run.bold = Pt(8.5), header
    if align == "right":
        paragraph.alignment = WD_ALIGN_PARAGRAPH.RIGHT
    if plain:
        alike[header, align] = paragraph._p


def _below(book: Any, notes: Iterable[str], source: str) -> None:
    from docx.shared import Pt

    lines = [f"[note {k}] {text}" for k, text in enumerate(notes, 1)] + ([f"Source: {source}"] if source else [])
    for line in lines or [""]:
        run = book.add_paragraph().add_run(clean_text(line))
        run.font.size = Pt(8.5)


def _without_clock(raw: bytes) -> bytes:
    """Return the archive with the time of writing taken out, so that equal reports give equal bytes."""
    out = BytesIO()
    with zipfile.ZipFile(BytesIO(raw)) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            new.writestr(zipfile.ZipInfo(name, _BEGINNING), old.read(name), zipfile.ZIP_DEFLATED)
    return out.getvalue()


_DRAW: Mapping[str, Any] = {
    "paragraph": _paragraph,
    "heading": _heading,
    "list": _list,
    "notice": lambda book, block, _: _notice(book, block["paragraphs"]),
    "finding": _finding,
    "facts": _facts,
    "formula": _formula,
    "table": _table,
    "figure": _figure,
}
