"""The whole report of the synthetic example: complete, the same twice, nothing printed that is not a released row."""

from __future__ import annotations

import io
import json
import re
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path

import pandas as pd
import pytest

import resilience_stats as rs
from resilience_stats.disclosure import format_interval, format_value, read_results
from resilience_stats.disclosure.statistics import statistic
from resilience_stats.report.build import ReportFiles, build_report
from resilience_stats.report.methods_text import methods_in_use

pytestmark = pytest.mark.slow
NUMBER = re.compile(r"−?\d[\d,]*(?:\.\d+)?")


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("study")
    rs.write_example(folder, random_state=2019)
    return folder / "study.toml"


@pytest.fixture(scope="module")
def built(study: Path, tmp_path_factory: pytest.TempPathFactory) -> ReportFiles:
    return build_report(study, out=tmp_path_factory.mktemp("first"), parameters={"n_boot": 100})


class Visible(HTMLParser):
    """The text that a reader sees, by chapter, and the cells of tables."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.text: dict[str, str] = {}
        self.cells: list[str] = []
        self.chapter, self.hidden, self.cell = "", 0, False
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "h2":
            self.chapter = dict(attrs)["id"] or ""
        self.hidden += tag in ("script", "style", "svg", "math")
        if tag in ("td", "th"):
            self.cell = True
            self.cells.append("")

    def handle_endtag(self, tag: str) -> None:
        self.hidden -= tag in ("script", "style", "svg", "math")
        self.cell = self.cell and tag not in ("td", "th")
        self.text[self.chapter] = self.text.get(self.chapter, "") + " "

    def handle_data(self, data: str) -> None:
        if self.hidden:
            return
        self.text[self.chapter] = self.text.get(self.chapter, "") + data
        if self.cell:
            self.cells[-1] += data


@pytest.fixture(scope="module")
def page(built: ReportFiles) -> Visible:
    return Visible(built.html.read_text(encoding="utf-8"))


def test_every_chapter_is_built(built: ReportFiles, page: Visible) -> None:
    assert built.failures == ()
    chapters = set(page.text) - {""}
    assert chapters == {
        "summary",
        "participation",
        "instrument",
        "drivers",
        "special-measures",
        "programmes",
        "comparing",
        "methods",
    }
    assert all(len(text) > 400 for text in page.text.values())


def test_a_reader_meets_no_raw_name_and_no_missing_number(page: Visible) -> None:
    for chapter, text in page.text.items():
        assert not re.search(r"\b(nan|NaN|None(?! of|:)|NaT|<NA>|inf)\b", text), chapter
        if chapter != "methods":  # there the files and the software go by their own names
            assert re.findall(r"\b[a-z]+_[a-z0-9_]+\b", text) == [], chapter
    assert all(cell.strip() for cell in page.cells), "an empty cell"


def printed(row: pd.Series) -> Iterator[str]:
    yield format_value(row["statistic"], row["value"])
    if isinstance(row["value"], float):
        yield f"{row['value']:g}"  # a setting, which the file holds as it was written
    yield format_interval(row["statistic"], row["conf_low"], row["conf_high"])
    if not pd.isna(row["n"]):
        yield format_value("count", row["n"])
    yield from (str(row["group"]), str(row["term"]))


def test_every_number_in_a_table_or_behind_a_figure_is_a_released_row(built: ReportFiles, page: Visible) -> None:
    rows = read_results(built.results)
    known = {token for _, row in rows.iterrows() for text in printed(row) for token in NUMBER.findall(text)}
    known |= {"95", "99.8", "256"}  # of headings: the levels, and the name of the hash
    for cell in page.cells:
        assert set(NUMBER.findall(re.sub(r"(Table|Figure|Chapter) \d+", "", cell))) <= known, cell


#: What rests on a model and has no formula of its own: others' published numbers beside this study's, the adjusted R²
#: beside the table that says it, and the packaged simulations, which the chapters that print them describe.
DESCRIBED_THERE = {"drivers/published", "drivers/guards", "special_measures/eras_share"}
SIMULATED = "simulated_share"


def test_every_model_and_interval_is_described_with_its_formula(built: ReportFiles, page: Visible) -> None:
    rows = read_results(built.results)
    rows = rows[(rows["chapter"] != "methods") & (rows["statistic"] != SIMULATED)]
    kinds = rows["statistic"].map(lambda name: statistic(name).kind)
    modelled = rows[rows["conf_low"].notna() | kinds.isin(("coefficient", "p_value", "fit", "fit_share"))]
    described = [entry for entry in methods_in_use() if f"{entry['name']}." in page.text["methods"]]
    places = {place for entry in described for place in entry["where"]}
    for chapter, output, group in modelled[["chapter", "output", "group"]].drop_duplicates().itertuples(index=False):
        held = {str(chapter), f"{chapter}/{output}", f"{chapter}/{output}: {group}"}
        grouped = any(place.startswith(f"{chapter}/{output}: ") for place in places)
        assert held & places or grouped or held & DESCRIBED_THERE, f"{chapter}/{output} stands in no method"


def test_every_number_of_the_summary_is_a_released_row(built: ReportFiles, page: Visible) -> None:
    rows = read_results(built.results)
    known = {token for _, row in rows.iterrows() for text in printed(row) for token in NUMBER.findall(text)}
    findings = page.text["summary"].split("Findings")[1].split("What this report cannot say")[0]
    # Beside released numbers: the level, the ends of the scale, and how many areas and predictors were looked at.
    counted = {"95", "100", *map(str, range(13))}
    assert set(NUMBER.findall(findings)) <= known | counted


def test_the_special_measures_register_is_not_counted_anywhere_when_it_is_small(
    study: Path, built: ReportFiles
) -> None:
    cohort = rs.load_cohort(rs.open_study(study))
    assert 0 < len(cohort.special_measures) < 5
    rows = read_results(built.results)
    about = rows[
        rows["group"].str.contains("pecial-measures|special_measures")
        | rows["term"].str.contains("special_measures.csv")
    ]
    counts = about[about["statistic"].isin(["count", "rows", "matched", "unmatched", "practices"])]
    assert ((counts["disclosure"] == "[c]") | (counts["value"] == 0)).all()
    assert (counts["disclosure"] == "[c]").any()


def test_one_seed_gives_the_same_bytes_and_another_does_not(study: Path, built: ReportFiles, tmp_path: Path) -> None:
    again = build_report(study, out=tmp_path / "again", parameters={"n_boot": 100})
    for name in ("results", "html", "pdf", "word", "workbook"):
        one, two = getattr(built, name), getattr(again, name)
        assert one.read_bytes() == two.read_bytes(), one.name
    other = tmp_path / "other"
    rs.write_example(other, random_state=7)
    different = build_report(
        other / "study.toml", out=tmp_path / "seven", chapters=["participation"], parameters={"n_boot": 100}
    )
    assert different.results.read_bytes() != built.results.read_bytes()


def test_the_manifest_says_from_what_and_with_what(built: ReportFiles, study: Path) -> None:
    manifest = json.loads(built.manifest.read_text(encoding="utf-8"))
    assert {i["table"] for i in manifest["inputs"]} >= {"study", "phq", "practice_register"}
    assert all(re.fullmatch(r"[0-9a-f]{64}", i["sha256"]) for i in manifest["inputs"])
    assert manifest["study"]["random_state"] == 2019
    assert manifest["settings"]["parameters"]["n_boot"] == 100
    assert "pseudonym_key" not in manifest["settings"]["policy"]
    assert str(study.parent) not in built.manifest.read_text(encoding="utf-8"), "a path of this machine"
    assert any(name.startswith("chapter ") for name in manifest["wall_seconds"])


def test_the_pdf_marks_synthetic_data_on_every_page(built: ReportFiles) -> None:
    from pypdf import PdfReader

    reader = PdfReader(io.BytesIO(built.pdf.read_bytes()))
    texts = [p.extract_text() for p in reader.pages]
    assert all("Synthetic data" in t and "Illustrative questionnaire" in t for t in texts)
    assert not any(re.search(r"\bnan\b", t) for t in texts)
