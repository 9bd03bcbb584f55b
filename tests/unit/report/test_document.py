"""Numbering, anchors and the page: drawn from a model, checked without a browser."""

from __future__ import annotations

import io
import re
import zipfile
from html.parser import HTMLParser
from typing import Any

import pytest

from resilience_stats.figures import Figure
from resilience_stats.report.blocks import bullets, facts, finding, formula, notice
from resilience_stats.report.document import build_document, numbered
from resilience_stats.report.html import render_block, render_html
from resilience_stats.report.markdown import blocks_from_markdown
from resilience_stats.report.pdf import render_pdf
from resilience_stats.report.pictures import as_pictures
from resilience_stats.report.word import render_word
from resilience_stats.tables import Cell, Column, Table

SVG = (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 90 30"><defs><clipPath id="f--a"><rect width="9" height="9"/>'
    '</clipPath></defs><g clip-path="url(#f--a)"><rect width="9" height="9"/></g></svg>'
)


def table(caption: str = "Practices by place") -> Table:
    columns = (Column("Place", "left", True), Column("Practices"))
    return Table(
        id="t",
        caption=caption,
        columns=columns,
        rows=((Cell("North"), Cell("[c]")),),
        notes=("Of the frame.",),
        source="Register",
    )


def figure() -> Figure:
    return Figure(
        id="f", title="Most answered", subtitle="Practices", alt_text="One bar.", svg=SVG, data=table(), source="Survey"
    )


@pytest.fixture(scope="module")
def document() -> dict[str, Any]:
    parts = [
        table(),
        figure(),
        bullets(["One.", "Two."]),
        notice("Careful."),
        finding("Found", {"Practices": "138"}),
        facts({"Seed": 1}),
        formula("x^2", "x squared"),
        figure(),
        table("Again"),
    ]
    blocks = [*blocks_from_markdown("Prose with `code`.\n\n## A section\n\n### A part"), *(p.to_model() for p in parts)]
    chapter = {"id": "first", "title": "First", "failure": None, "blocks": blocks}
    second = {"id": "second", "title": "Second", "failure": None, "blocks": [table("Third").to_model()]}
    return build_document(
        [chapter, second],
        title="Report",
        area="Example LMC",
        year=2019,
        edition="Board edition",
        notices=[{"mark": "Synthetic data", "text": "Made up."}],
    )


def test_tables_and_figures_are_numbered_through_the_report(document: dict[str, Any]) -> None:
    assert [b["label"] for b in numbered(document, "table")] == ["Table 1", "Table 2", "Table 3"]
    assert [b["label"] for b in numbered(document, "figure")] == ["Figure 1", "Figure 2"]


def test_two_drawings_do_not_share_ids(document: dict[str, Any]) -> None:
    one, two = (b["svg"] for b in numbered(document, "figure"))
    assert 'id="figure-1--a"' in one
    assert "url(#figure-1--a)" in one
    assert 'id="figure-2--a"' in two


class Outline(HTMLParser):
    """Collects what an accessible page needs."""

    def __init__(self) -> None:
        super().__init__()
        self.levels: list[int] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if re.fullmatch(r"h[1-6]", tag):
            self.levels.append(int(tag[1]))


def test_the_page_is_accessible(document: dict[str, Any]) -> None:
    page = Outline()
    page.feed(render_html(document))
    assert dict(page.tags)["html"] == {"lang": "en-GB"}
    assert page.levels[0] == 1
    assert all(b - a <= 1 for a, b in zip(page.levels, page.levels[1:], strict=False)), "a heading level is skipped"
    assert page.levels.count(1) == 1
    for tag, attributes in page.tags:
        if tag == "th":
            assert attributes["scope"] in ("col", "row")
        if tag == "nav":
            assert attributes["aria-label"]
    tags = [tag for tag, _ in page.tags]
    assert tags.count("table") == tags.count("caption") == 5  # three tables, and the data behind two figures
    drawings = [a for _, a in page.tags if a.get("role") == "img"]
    assert [a["aria-label"] for a in drawings] == ["One bar."] * 2
    scrolled = [a for _, a in page.tags if a.get("class") in ("drawing", "scroll")]
    assert all(a["tabindex"] == "0" for a in scrolled), "what scrolls can be reached with the keyboard"
    assert any(a.get("class") == "skip" and a["href"] == "#content" for _, a in page.tags)
    assert tags.count("main") == 1


def test_a_block_shows_itself_in_a_notebook_as_on_the_page() -> None:
    assert "<math" in render_block(formula("x^2", "x squared").to_model())
    assert "<li>One.</li>" in bullets(["One."])._repr_html_()


def test_the_pdf_carries_the_alternative_texts(document: dict[str, Any]) -> None:
    made = render_pdf(document)
    assert made.startswith(b"%PDF")
    assert b"/StructTreeRoot" in made


def test_where_no_svg_may_leave_every_format_holds_pictures_with_the_same_words(document: dict[str, Any]) -> None:
    pictures = as_pictures(document)
    page = render_html(pictures)
    assert "<svg" not in page
    assert page.count('<img src="data:image/png;base64,') == 2
    assert page.count('alt="One bar."') == 2
    assert render_pdf(pictures).startswith(b"%PDF")
    with zipfile.ZipFile(io.BytesIO(render_word(pictures))) as word:
        assert any(name.endswith(".png") for name in word.namelist())
        assert 'descr="One bar."' in word.read("word/document.xml").decode()
