"""Columns of a printed table: room for every word and interval, few lines, no more width than needed, no small type."""

from __future__ import annotations

import io

import numpy as np
import pytest

from resilience_stats.figures.style import text_width
from resilience_stats.report.document import build_document
from resilience_stats.report.pdf import page_groups, render_pdf
from resilience_stats.report.table_layout import Layout, table_layout
from resilience_stats.tables import Cell, Column, Table

TEXT = "Good overall experience in the survey of patients, among practices that grew by a fifth"
INTERVAL = "−2.20 (−3.00 to −1.40)"
UPRIGHT, LYING, INSETS = 172.0, 259.0, 2.8  # millimetres
WORDS = [
    *("practice", "Deprivation", "[c]", "12,345.6", "Staffing", "recruitment", "of", "a"),
    *("138", "communication–based", "−0.74", "responsibilities"),
]


def printed_width(text: str, size: float) -> float:
    """Millimetres; drawn large, since small letters are measured as whole points of a screen."""
    return 25.4 * text_width(text, 200.0) * size / 200.0


def room_for(layout: Layout, labels: list[str], rows: list[list[str]]) -> None:
    """Hold each width to the pieces printed in it, measured by the drawing of figures and not by the layout's rule."""
    page = LYING if layout.lying else UPRIGHT
    for part in layout.parts:
        assert sum(part.widths) <= 100.0
        for column, width in zip(part.columns, part.widths, strict=True):
            pieces = [w for row in rows for w in row[column].split() if "(" not in w and ")" not in w]
            least = max(printed_width(w, layout.size) for w in [*pieces, *labels[column].split()])
            assert width / 100.0 * page - INSETS > least


def test_a_table_of_many_columns_gets_smaller_type_then_a_page_on_its_side_then_parts() -> None:
    seen = []
    for columns in (3, 6, 8, 9, 12, 16, 30):
        labels = [f"Responsibilities {i}" for i in range(columns)]
        layout = table_layout(labels, [["1"] * columns])
        assert layout.size >= 8.0
        seen.append((layout.lying, len(layout.parts) > 1))
        room_for(layout, labels, [["1"] * columns])
        assert {c for part in layout.parts for c in part.columns} == set(range(columns))
        assert all(part.columns[0] == 0 for part in layout.parts)  # what names the rows stands in every part
    assert seen[0] == (False, False)
    assert (True, False) in seen
    assert seen[-1] == (False, True)


@pytest.mark.parametrize("seed", range(25))
def test_every_word_has_room_whatever_the_table(seed: int) -> None:
    rng = np.random.default_rng(seed)
    columns = int(rng.integers(1, 14))
    labels = [" ".join(rng.choice(WORDS, rng.integers(1, 5))) for _ in range(columns)]
    rows = [[" ".join(rng.choice(WORDS, rng.integers(1, 9))) for _ in labels] for _ in range(rng.integers(1, 30))]
    room_for(table_layout(labels, rows), labels, rows)


def test_a_small_table_stays_narrow() -> None:
    layout = table_layout(["A", "B"], [["1", "2"]])
    assert (layout.size, layout.lying) == (8.4, False)
    assert sum(layout.parts[0].widths) < 30


def test_a_column_of_text_gets_the_room_that_intervals_can_spare() -> None:
    labels = ["Predictor", "What was published", "Published effect", "Here", "Verdict"]
    row = ["Registered patients", TEXT, INTERVAL, INTERVAL, "Opposite direction"]
    widths = table_layout(labels, [row, row]).parts[0].widths
    assert widths[1] == max(widths)
    assert sum(widths) == pytest.approx(100.0, abs=0.6)


@pytest.mark.parametrize("columns", [2, 5, 7])
@pytest.mark.parametrize("interval", ["(−3.00 to −1.40)", "2018-11-29 to 2019-11-01"])
def test_no_interval_is_torn_apart(columns: int, interval: str) -> None:
    layout = table_layout(["Term"] * columns, [["Deprivation"] + [f"−2.20 {interval}"] * (columns - 1)])
    page = LYING if layout.lying else UPRIGHT
    for part in layout.parts:
        assert all(w / 100.0 * page - INSETS > printed_width(interval, layout.size) for w in part.widths[1:])


def test_an_empty_table_has_widths_for_its_headings() -> None:
    assert len(table_layout(["Area", "Practices"], []).parts[0].widths) == 2


def test_a_heading_goes_with_its_table_onto_the_page_on_its_side() -> None:
    text, head = {"kind": "paragraph"}, {"kind": "heading"}
    wide, table = {"kind": "table", "lying": True}, {"kind": "table", "lying": False}
    groups = page_groups([head, text, head, text, wide, wide, text, table, text, wide])
    assert [(g["lying"], len(g["blocks"])) for g in groups] == [(False, 2), (True, 4), (False, 3), (True, 1)]


def test_wide_tables_are_printed_on_their_side_and_wider_ones_in_parts() -> None:
    pypdf = pytest.importorskip("pypdf")
    tables = [
        Table(
            id=f"t{columns}",
            caption=f"{columns} columns",
            columns=tuple(Column(f"Responsibilities {i}", "right", i == 0) for i in range(columns)),
            rows=(tuple(Cell(f"cell{i}") for i in range(columns)),) * 3,
        )
        for columns in (3, 7, 30)
    ]
    blocks = [{"kind": "heading", "level": 2, "spans": [{"text": "Head"}]}, *(t.to_model() for t in tables)]
    chapter = {"id": "c", "title": "C", "failure": None, "blocks": blocks}
    made = render_pdf(build_document([chapter], title="T", area="A", year=2019, edition="E"))
    pages = pypdf.PdfReader(io.BytesIO(made)).pages
    lying = [p.extract_text() for p in pages if p.mediabox.width > p.mediabox.height]
    assert len(lying) == 1
    assert "7 columns" in lying[0]
    last = " ".join(pages[-1].extract_text().split())
    assert last.count("cell0") == 3 * last.count("Responsibilities 0 ") > 3
    assert all(f"cell{i}" in last for i in range(30))
