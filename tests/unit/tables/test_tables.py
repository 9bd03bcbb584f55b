"""Tables as values: what is printed, how it is marked up, and that nothing hostile survives."""

from __future__ import annotations

import csv
import io
from html.parser import HTMLParser
from pathlib import Path

import openpyxl
import pandas as pd
import pytest

from resilience_stats import tables
from resilience_stats.disclosure import DisclosedFrame, apply_policy
from resilience_stats.errors import DisclosureError, ReportError
from resilience_stats.results.rows import combine_rows, make_rows, text_rows
from resilience_stats.tables import Cell, Column, Table, write_workbook

HOSTILE = '</td><script>alert("1")</script><img src=x onerror=alert(1)>\u202egnp.exe #include "x" $x^2$ [[c]]'
FORMULA = '=HYPERLINK("http://x","y")'


class Outline(HTMLParser):
    """Collects what an assistive device would: elements with their attributes, and the text."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag not in ("br", "img", "meta"):
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [attrs for name, attrs in self.elements if name == tag]


def participation() -> DisclosedFrame:
    places = ["North", "South", "West", "All"]
    return apply_policy(
        combine_rows(
            [
                make_rows("p", "by_place", group=places, statistic="asked", value=[60, 50, 12, 122]),
                make_rows("p", "by_place", group=places, statistic="responded", value=[45, 38, 3, 86]),
                make_rows("p", "by_place", group=places, statistic="response_rate", value=[0.75, 0.76, 0.25, 86 / 122],
                          conf_low=[0.63, 0.63, 0.09, 0.62], conf_high=[0.84, 0.86, 0.53, 0.78], n=[60, 50, 12, 122]),
            ]
        ),
        "board",
    )  # fmt: skip


def test_withheld_not_available_and_not_applicable_are_told_apart() -> None:
    rows = combine_rows(
        [
            make_rows("a", "b", term=["x", "y"], statistic="mean", value=[60.0, float("nan")], n=20),
            make_rows("a", "b", term="x", statistic="sd", value=12.0, n=3),
        ]
    )
    table = tables.table_rows(apply_policy(rows, "board"), caption="States")
    assert table.records() == [
        {"Item": "x", "n": "20", "Mean": "60.0", "Standard deviation": "[c]"},
        {"Item": "y", "n": "20", "Mean": "[x]", "Standard deviation": "[z]"},
    ]
    assert [code for code, _ in table.shorthand()] == ["[c]", "[x]", "[z]"]
    assert all(cell.text.strip() for row in table.rows for cell in row)


def test_participation_reads_as_it_should() -> None:
    table = tables.table_participation(participation(), by="Place")
    assert table.records()[0] == {
        "Place": "North",
        "Asked": "60",
        "Responded": "45",
        "Response rate (%)": "75.0",
        "95% interval, Response rate": "63.0 to 84.0",
    }
    assert table.records()[2]["Responded"] == "[c]"
    assert table.records()[2]["Response rate (%)"] == "[c]"


def test_the_markup_is_accessible() -> None:
    html = tables.table_participation(participation(), notes=["A note"], source="Register").to_html(number="Table 1")
    outline = Outline(html)
    assert outline.open == []
    assert len(outline.all("caption")) == 1
    heads = outline.all("th")
    assert {head["scope"] for head in heads} == {"col", "row"}
    assert sum(head["scope"] == "row" for head in heads) == 4
    assert not any("colspan" in attrs or "rowspan" in attrs for _, attrs in outline.elements)
    ids = [attrs["id"] for _, attrs in outline.elements if "id" in attrs]
    assert len(ids) == len(set(ids))
    described = next(iter(outline.all("table")))["aria-describedby"]
    assert described in ids
    assert html.index("[note 1]") < html.index("<table"), "notes and shorthand stand above the table"


def test_hostile_text_is_shown_and_not_run() -> None:
    rows = make_rows("a", "b", group=HOSTILE, term=[FORMULA, "x"], value=[20, 30])
    table = tables.table_rows(apply_policy(rows, "board"), caption=HOSTILE, notes=[HOSTILE], source=HOSTILE)
    html = table.to_html(number=HOSTILE)
    outline = Outline(html)
    assert not outline.all("script")
    assert not outline.all("img")
    assert "\u202e" not in html
    assert "&lt;script&gt;" in html
    cells = list(csv.reader(io.StringIO(table.to_csv())))
    assert cells[1][1] == "'" + FORMULA
    assert table.to_model()["rows"][0][1] == FORMULA


def test_the_workbook_is_accessible_and_runs_nothing(tmp_path: Path) -> None:
    rows = make_rows("a", "b", group=HOSTILE, term=[FORMULA, "x"], value=[20, 1234])
    made = [
        tables.table_rows(apply_policy(rows, "board"), caption=FORMULA, notes=["A note"], source="Register"),
        tables.table_participation(participation()),
    ]
    path, again = tmp_path / "a.xlsx", tmp_path / "b.xlsx"
    write_workbook(made, path, title="Tables")
    write_workbook(made, again, title="Tables")
    assert path.read_bytes() == again.read_bytes()
    book = openpyxl.load_workbook(path)
    assert book.sheetnames == ["Contents", "Notes", "Table_1", "Table_2"]
    assert book.properties.title == "Tables"
    assert book.properties.language == "en-GB"
    for sheet in book:
        assert not sheet.merged_cells.ranges
        assert len(sheet.tables) == 1
        used = [cell for row in sheet.iter_rows() for cell in row if cell.value is not None]
        assert not any(cell.data_type == "f" for cell in used)
        assert all(any(cell.value is not None for cell in row) for row in sheet.iter_rows()), "no blank row"
    numbers = [
        cell.value for row in book["Table_1"].iter_rows() for cell in row if isinstance(cell.value, (int, float))
    ]
    assert numbers == [20, 1234]


def test_two_tables_with_one_id_are_refused(tmp_path: Path) -> None:
    table = tables.table_participation(participation())
    with pytest.raises(ReportError, match="share an id"):
        write_workbook([table, table], tmp_path / "a.xlsx", title="x")
    write_workbook([table, table.with_id("other")], tmp_path / "a.xlsx", title="x")


def test_drivers_show_effects_importance_and_what_the_model_rests_on() -> None:
    rows = combine_rows(
        [
            make_rows("d", "drivers", term=["GP FTE", "List size"], statistic="p_value", value=[0.0002, 0.3], n=138),
            make_rows("d", "drivers", term=["GP FTE", "List size"], statistic="effect", value=[3.1, -0.4],
                      conf_low=[1.2, -1.1], conf_high=[5.0, 0.3], n=138),
            make_rows("d", "drivers", term=["List size", "GP FTE"], statistic="importance_share", value=[0.2, 0.8],
                      conf_low=[0.0, 0.5], conf_high=[0.5, 0.95], n=138),
            make_rows("d", "drivers", statistic=["df_residual", "r_squared"], value=[131, 0.213], n=138),
        ]
    )  # fmt: skip
    table = tables.table_drivers(apply_policy(rows, "board"), outcome_unit="points")
    assert [column.label for column in table.columns] == [
        "Predictor",
        "Effect per unit (points)",
        "95% interval, Effect per unit",
        "p",
        "Share of explained variance (%)",
        "95% interval, Share of explained variance",
    ]
    assert [cell.text for cell in table.rows[0]] == ["GP FTE", "3.10", "1.20 to 5.00", "<0.001", "80", "50 to 95"]
    assert table.notes == ("The model: n = 138, Residual degrees of freedom 131, R² 0.213.",)


def test_models_stand_side_by_side() -> None:
    frames = []
    for name, terms in {"Unadjusted": ["GP FTE"], "Adjusted": ["GP FTE", "Deprivation"]}.items():
        frames.append(
            make_rows("d", "m", group=name, term=terms, statistic="estimate", value=[3.1, -0.4][: len(terms)],
                      conf_low=[1.2, -1.1][: len(terms)], conf_high=[5.0, 0.3][: len(terms)], n=138)
        )  # fmt: skip
        frames.append(make_rows("d", "m", group=name, statistic="df_residual", value=131, n=138))
    table = tables.table_regression(apply_policy(combine_rows(frames), "board"))
    assert table.records()[1] == {"Term": "Deprivation", "Unadjusted": "[z]", "Adjusted": "−0.40 (−1.10 to 0.30)"}
    assert table.records()[2] == {"Term": "n", "Unadjusted": "138", "Adjusted": "138"}


def test_special_measures_state_every_denominator() -> None:
    """The peer-support figures of 2015 to 2017: 39 of 53 re-inspected, of 60 ended, of 108 supported."""
    frames = []
    for base, n in {"Re-inspected": 53, "Support ended": 60, "Supported": 108}.items():
        frames.append(
            make_rows("s", "outcomes", group=base, term="Left special measures", statistic=["count", "share"],
                      value=[39, 39 / n], n=n)
        )  # fmt: skip
    table = tables.table_special_measures(apply_policy(combine_rows(frames), "board"))
    assert [(r["Out of"], r["Share (%)"]) for r in table.records()] == [("53", "73.6"), ("60", "65.0"), ("108", "36.1")]
    assert "[note 1]" in table.caption


@pytest.mark.parametrize("name", [n for n in tables.__all__ if n.startswith("table_")])
def test_nothing_but_disclosed_rows_becomes_a_table(name: str) -> None:
    arguments = {"caption": "x"} if name in ("table_rows", "table_outcomes") else {}
    raw = make_rows("a", "b", value=[20])
    with pytest.raises((DisclosureError, AttributeError)) as caught:
        getattr(tables, name)(raw, **arguments)
    assert isinstance(caught.value, DisclosureError) or "rows" in str(caught.value) or "select" in str(caught.value)


def test_two_rows_for_one_cell_are_an_error_not_a_choice() -> None:
    rows = make_rows("a", "b", group=["x", "x"], statistic="mean", value=[1.0, 2.0], n=20)
    with pytest.raises(ReportError, match="two rows for one cell"):
        tables.table_rows(apply_policy(rows, "board"), caption="x")


def test_a_table_needs_a_caption_equal_rows_and_a_usable_id() -> None:
    columns = (Column("a"),)
    with pytest.raises(ReportError, match="caption"):
        Table(id="t", caption=" ", columns=columns, rows=())
    with pytest.raises(ReportError, match="length"):
        Table(id="t", caption="x", columns=columns, rows=((Cell("1"), Cell("2")),))
    with pytest.raises(ReportError, match="id"):
        Table(id='t" onload="x', caption="x", columns=columns, rows=())


def test_words_and_numbers_are_aligned_apart() -> None:
    table = tables.table_settings(apply_policy(text_rows("m", "s", {"numpy": "2.4"}, statistic="version"), "public"))
    assert [column.align for column in table.columns] == ["left", "left"]
    counts = tables.table_rows(apply_policy(make_rows("a", "b", term="x", value=20), "board"), caption="x")
    assert [column.align for column in counts.columns] == ["left", "right"]


def test_the_model_for_the_page_is_plain_data() -> None:
    model = tables.table_participation(participation(), notes=["A note"], source="Register").to_model()
    assert set(model) == {"kind", "id", "caption", "columns", "rows", "notes", "shorthand", "source"}
    assert all(isinstance(text, str) for row in model["rows"] for text in row)
    assert pd.DataFrame(model["rows"]).shape == (4, 5)
