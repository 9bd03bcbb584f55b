"""A first study has a register and a questionnaire and little else: every chapter is there, and says what is not."""

from __future__ import annotations

import re
from html import unescape
from pathlib import Path

import pandas as pd
import pytest

import resilience_stats as rs
from resilience_stats.report.build import ReportFiles, build_report

pytestmark = pytest.mark.slow
FILES = """[files]
phq = "phq_2019_forms.xlsx"
practice_register = "practice_register.csv"
list_size = "gp-reg-pat-prac-all_2019-11.csv"
workforce = "practice_level_2019-09.csv"

"""


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> ReportFiles:
    folder = tmp_path_factory.mktemp("few-files")
    rs.write_example(folder, practices=60, responses=45, random_state=3)
    path = folder / "study.toml"
    text = path.read_text(encoding="utf-8")
    path.write_text(re.sub(r"\[files\].*?(?=\[outcome\])", FILES, text, flags=re.DOTALL), encoding="utf-8")
    return build_report(path, out=folder / "out")


@pytest.fixture(scope="module")
def page(made: ReportFiles) -> str:
    text = re.sub(r"<(script|style).*?</\1>", " ", Path(made.html).read_text(encoding="utf-8"), flags=re.DOTALL)
    return re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]+>", " ", text)))


def test_no_chapter_fails(made: ReportFiles) -> None:
    assert made.failures == ()


def test_what_no_file_tells_is_named_and_not_counted_as_none(page: str) -> None:
    assert "The study has no register of special measures" in page
    assert "No practice in the study has been in special measures" not in page
    assert "tell it of no practice" in page
    assert "tells no rating of any practice" in page
    assert "No rating before the census date" not in page
    assert "Counts rounded to a multiple of not rounded" in page


def test_the_model_is_of_what_there_is(made: ReportFiles) -> None:
    rows = pd.read_csv(made.results, dtype=str, keep_default_na=False)
    effects = rows[(rows["output"] == "effects") & (rows["statistic"] == "effect_per_sd")]
    assert set(effects["term"]) == {
        "GPs per 1,000 patients",
        "Logarithm of registered patients",
        "Nurses per 1,000 patients",
    }
    flow = rows[(rows["output"] == "flow") & rows["term"].str.contains("(?i)analysed|complete|every")]
    assert all(int(value) > 0 for value in flow["value"])
