"""The document model as a Word file, for boards that edit their report."""

from __future__ import annotations

import re
import zipfile
import zlib
from collections.abc import Iterable, Mapping
from copy import deepcopy
from datetime import datetime
from functools import cache
from io import BytesIO
from typing import Any

from resilience_stats.report.document import Model
from resilience_stats.report.pictures import WIDTH, png_width, to_png
from resilience_stats.report.table_layout import table_layout
from resilience_stats.tables import clean_text

_BEGINNING = (1980, 1, 1, 0, 0, 0)
#: Word's unit: twentieths of a point in a millimetre.
_TWIPS = 56.7


def render_word(document: Model) -> bytes:
    """Return the report as a .docx file: headings, tables with header rows, figures with alternative text.

    Parameters
    ----------
    document : dict
        As `build_document` gives it. Its texts go in as texts; no field, macro or link out of the file is made of
        them.

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
    _number_pictures(book)
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
    _styled(book, "Title").add_run(clean_text(document["title"]))
    book.add_paragraph(clean_text(f"{document['area']}, {document['year']}. Edition: {document['edition']}"))
    for notice in document["notices"]:
        _notice(book, [[{"text": f"{notice['mark']}. ", "style": "strong"}, {"text": notice["text"]}]])
    if document["contents_note"]:
        book.add_paragraph(clean_text(document["contents_note"]))
    _footer(section, f"{document['area']}, {document['year']}. Page ")
    _contents(book, document)


def _footer(section: Any, text: str) -> None:
    """The number of the page is the one thing in the file that Word works out itself."""
    line = section.footer.paragraphs[0]
    line.add_run(clean_text(text))
    line._p.append(_element("w:fldSimple", instr="PAGE"))


def _contents(book: Any, document: Model) -> None:
    """Links to the chapters and their sections, as texts that lead to places: Word has nothing to work out."""
    _styled(book, "TOC Heading").add_run("Contents")
    for chapter in document["chapters"]:
        _link(book, chapter["id"], f"{chapter['number']}  {chapter['title']}", "List")
        for section in chapter["sections"]:
            _link(book, section["id"], section["title"], "List 2")


def _link(book: Any, to: str, text: str, style: str) -> None:
    line = _styled(book, style)
    link = _element("w:hyperlink", anchor=_place(to))
    link.append(line.add_run(clean_text(text))._r)
    line._p.append(link)


def _place(identifier: str) -> str:
    """The name of a place in the file: Word allows 40 letters, digits and underscores."""
    return "p_" + re.sub(r"\W", "_", identifier)[-38:]


def _mark(paragraph: Any, identifier: str) -> None:
    """Let links lead to a heading."""
    number = str(zlib.crc32(identifier.encode()) & 0x7FFFFFFF)
    paragraph._p.append(_element("w:bookmarkStart", id=number, name=_place(identifier)))
    paragraph._p.append(_element("w:bookmarkEnd", id=number))


def _element(kind: str, /, **attributes: str) -> Any:
    from docx.oxml.ns import qn
    from docx.oxml.parser import OxmlElement

    made = OxmlElement(kind)
    for key, value in attributes.items():
        made.set(qn(f"w:{key}"), value)
    return made


def _chapter(book: Any, chapter: Model, pictures: Mapping[str, bytes]) -> None:
    title = _styled(book, "Heading 1")
    title.add_run(clean_text(f"{chapter['number']}  {chapter['title']}"))
    _mark(title, chapter["id"])
    if chapter["failure"]:
        _notice(book, [[{"text": f"This chapter could not be built. It stopped in {chapter['failure']}"}]])
    for block in chapter["blocks"]:
        _DRAW[block["kind"]](book, block, pictures)


def _spans(paragraph: Any, spans: Iterable[Mapping[str, str]]) -> None:
    for span in spans:
        run = paragraph.add_run(clean_text(span["text"]))
        run._r.insert(0, deepcopy(_looks(span.get("style", ""))))


@cache
def _looks(style: str) -> Any:
    """The properties of a run in a style; a copy of them is quicker than to set each."""
    from docx.oxml.ns import qn
    from docx.oxml.parser import OxmlElement

    held = OxmlElement("w:rPr")
    for name, of in (("w:b", "strong"), ("w:i", "emphasis")):
        mark = OxmlElement(name)
        if style != of:
            mark.set(qn("w:val"), "0")
        held.append(mark)
    return held


def _paragraph(book: Any, block: Model, _: Mapping[str, bytes]) -> None:
    _spans(book.add_paragraph(), block["spans"])


def _heading(book: Any, block: Model, _: Mapping[str, bytes]) -> None:
    made = _styled(book, f"Heading {block['level']}")
    _spans(made, block["spans"])
    if block["level"] == 2:  # those that stand in the contents
        _mark(made, block["id"])


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
    """Put a picture in; python-docx's own way looks through the whole document for a number that is free."""
    from docx.oxml.shape import CT_Inline
    from docx.shared import Mm

    held, image = book.part.get_or_add_image(BytesIO(png))
    size = image.scaled_dimensions(Mm(min(png_width(png), WIDTH)), None)
    shape = CT_Inline.new_pic_inline(0, held, image.filename, *size)
    shape.docPr.set("descr", clean_text(alt))
    book.add_paragraph().add_run()._r.add_drawing(shape)


def _number_pictures(book: Any) -> None:
    from docx.oxml.ns import qn

    for number, shape in enumerate(book.element.iter(qn("wp:docPr")), 1):
        shape.id, shape.name = number, f"Picture {number}"


def _table(book: Any, block: Model, _: Mapping[str, bytes]) -> None:
    caption = _styled(book, "Caption")
    _spans(caption, [{"text": f"{block['label']}. {block['caption']}"}])
    for code, meaning in block["shorthand"]:
        caption.add_run(clean_text(f"\n{code} {meaning}")).bold = False
    caption.paragraph_format.keep_with_next = True
    _grid(book, block)
    _below(book, block["notes"], block["source"])


def _grid(book: Any, block: Model) -> None:
    """Write the cells of a table row by row: python-docx looks through the whole table for each that is asked for."""
    from docx.oxml.parser import OxmlElement

    columns = block["columns"]
    grid = book._body.add_table(1, len(columns), book._block_width)._tbl
    grid.tblStyle_val = "TableGrid"  # by its id, as in `_styled`
    first = grid.tr_lst[0]
    grid.remove(first)
    alike: dict[tuple[bool, str], Any] = {}
    for number, line in enumerate([[c["label"] for c in columns], *block["rows"]]):
        row, marks = OxmlElement("w:tr"), OxmlElement("w:trPr")
        marks.append(OxmlElement("w:cantSplit"))
        if number == 0:
            marks.append(OxmlElement("w:tblHeader"))
        row.append(marks)
        for column, text in zip(columns, line, strict=True):
            row.append(_cell(first.tc_lst[0], clean_text(text), number == 0, column["align"], alike))
        grid.append(row)
    _columns(grid, block)


def _columns(grid: Any, block: Model) -> None:
    """Name the table for a screen reader, and give its columns the widths that they have in print."""
    from docx.oxml.ns import qn

    grid.tblPr.append(_element("w:tblCaption", val=clean_text(block["caption"])))
    parts = table_layout([c["label"] for c in block["columns"]], block["rows"]).parts
    if len(parts) > 1:
        return
    widths = [str(round(WIDTH * _TWIPS * width / 100)) for width in parts[0].widths]
    for places in (list(grid.tblGrid), *([cell.tcPr[0] for cell in row.tc_lst] for row in grid.tr_lst)):
        for place, width in zip(places, widths, strict=True):
            place.set(qn("w:w"), width)  # of a cell the first property is its width


def _cell(empty: Any, text: str, header: bool, align: str, alike: dict[tuple[bool, str], Any]) -> Any:
    """A cell with its text; where another looks alike as a copy of it, which is quicker than to set each property."""
    from docx.enum.text import WD_ALIGN_PARAGRAPH
    from docx.shared import Pt
    from docx.text.paragraph import Paragraph

    plain = text.isprintable() and text == text.strip() != ""
    if plain and (header, align) in alike:
        copied = deepcopy(alike[header, align])
        copied[-1][-1][-1].text = text  # the cell's paragraph, its run, the run's text
        return copied
    held = deepcopy(empty)
    paragraph = Paragraph(held.p_lst[0], held)
    run = paragraph.add_run(text)
    run.font.size, run.bold = Pt(8.5), header
    if align == "right":
        paragraph.alignment = WD_ALIGN_PARAGRAPH.RIGHT
    if plain:
        alike[header, align] = held
    return held


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
