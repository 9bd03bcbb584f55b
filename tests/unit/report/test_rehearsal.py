"""The last report written for practice: quicker afterwards, and nothing else."""

from __future__ import annotations

import threading
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from small_report import small_run

from resilience_stats.disclosure import Policy
from resilience_stats.figures import Figure
from resilience_stats.report import pictures, rehearsal
from resilience_stats.report.blocks import formula
from resilience_stats.report.document import build_document
from resilience_stats.report.html import render_html
from resilience_stats.report.markdown import paragraph
from resilience_stats.report.pdf import render_pdf
from resilience_stats.report.pictures import to_png
from resilience_stats.report.rehearsal import keep_document, last_document, rehearsed
from resilience_stats.report.word import render_word
from resilience_stats.tables import Cell, Column, Table


def made(text: str, widths: tuple[int, ...] = (9,)) -> dict[str, Any]:
    table = Table(id="t", caption="Practices", columns=(Column("n"),), rows=((Cell(text),),))
    parts: list[Any] = [table, formula("x^2", "x squared")]
    for width in widths:
        svg = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 90 30"><rect width="{width}" height="9"/></svg>'
        parts.append(Figure(id="f", title="A", subtitle="", alt_text="One.", svg=svg, data=table, source=""))
    blocks = [paragraph(text), *(p.to_model() for p in parts)]
    chapters = [{"id": "a", "title": "A", "failure": None, "blocks": blocks}]
    return build_document(chapters, title="Resilience", area="Example", year=2019, edition="Board")


def files(document: dict[str, Any]) -> list[bytes]:
    return [render_html(document).encode(), render_word(document), render_pdf(document)]


def test_what_was_rehearsed_changes_no_byte() -> None:
    plain = files(made("Now", (8, 9)))
    for before in (made("Before", (8, 9)), made("Now", (8, 7)), made("Now", ())):
        pictures._DRAWN.clear()
        rehearsal._rehearse(before, threading.Event())
        assert files(made("Now", (8, 9))) == plain


def test_a_rehearsal_that_fails_is_not_heard_of_and_an_error_beside_it_is() -> None:
    broken = {**made("Now"), "chapters": [{"blocks": [{"kind": "unknown"}]}]}
    with pytest.raises(KeyboardInterrupt), rehearsed(broken, busy=0):
        raise KeyboardInterrupt


@pytest.mark.parametrize(("busy", "steps"), [(2, []), (3, []), (1, ["pdf"])])
def test_a_rehearsal_takes_no_processor_from_the_chapters(
    monkeypatch: pytest.MonkeyPatch, busy: int, steps: list[str]
) -> None:
    done, heard = [], threading.Event()

    def draw(document: dict[str, Any]) -> None:
        done.append("pdf")
        heard.set()

    for name in ("render_word", "write_book", "to_png", "render_html"):
        monkeypatch.setattr(rehearsal, name, lambda *_: None)
    monkeypatch.setattr(rehearsal, "render_pdf", draw)
    monkeypatch.setattr(rehearsal.os, "cpu_count", lambda: 2)
    with rehearsed(made("Now"), busy=busy):
        assert heard.wait(30 if steps else 0.1) == bool(steps)
    with rehearsed(None, busy=0):
        pass
    assert done == steps


def test_the_last_document_is_that_of_the_same_edition_and_chapters(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    run, document = small_run(tmp_path), made("Now")
    assert last_document(run, ["a"]) is None
    keep_document(run, ["a"], document)
    assert files(last_document(run, ["a"]) or {}) == files(document)
    assert last_document(run, ["b"]) is None
    assert last_document(replace(run, policy=Policy.preset("public")), ["a"]) is None
    kept = next((tmp_path / "cache").rglob("*.json"))
    kept.write_bytes(kept.read_bytes()[:-9])
    assert last_document(run, ["a"]) is None


def test_a_picture_that_the_last_document_had_is_not_drawn_again(monkeypatch: pytest.MonkeyPatch) -> None:
    drawn: list[int] = []
    draw = pictures._draw

    def counted(blocks: list[dict[str, Any]]) -> list[bytes]:
        drawn.append(len(blocks))
        return draw(blocks)

    monkeypatch.setattr(pictures, "_draw", counted)
    pictures._DRAWN.clear()
    first = to_png(made("Now", (8, 9)))
    again = to_png(made("Then", (8, 7)))
    to_png(made("Then", ()))
    last = to_png(made("Now", (8, 9)))
    assert drawn == [3, 1, 0, 2]
    assert first == last
    assert [first[k] == again[k] for k in ("figure-1", "figure-2")] == [True, False]
