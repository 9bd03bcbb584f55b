"""The monthly ratings file of CQC: an ods of a row per location, group and question, read quickly, in little memory."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

import pytest
from support import CHECKOUT

from resilience_stats.loaders import check_overall_ratings, load_cqc_ratings

ROWS = 80_000


def benchmark() -> ModuleType:
    spec = importlib.util.spec_from_file_location("cqc_ratings_ods", CHECKOUT / "benchmarks" / "cqc_ratings_ods.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_an_ods_of_the_published_layout_is_read(tmp_path: Path) -> None:
    path = tmp_path / "01_March_2023_Latest_ratings.ods"
    benchmark().write_ods(path, 240)
    frame = load_cqc_ratings(path)
    account = {entry["reason"]: entry["rows"] for entry in frame.attrs["account"]}
    assert account == {"read": 240, "used": 120, "not a GP practice (inspection category)": 120}
    assert frame["practice_code"].str.fullmatch(r"[A-HJ-NPVWY]\d{5}").all()
    overall = frame.query("population_group == 'Overall' and key_question == 'Overall'")
    assert len(overall) == 5
    assert set(check_overall_ratings(frame).columns) >= {"published", "expected", "mixed_dates"}


@pytest.mark.slow
def test_a_quarter_of_the_file_takes_a_quarter_of_the_memory(tmp_path: Path) -> None:
    made = benchmark()
    path = tmp_path / "ratings.ods"
    made.write_ods(path, ROWS)
    seconds, megabytes, used = made.run(made.OURS, path)
    assert used == pytest.approx(ROWS / 2, abs=24)
    assert megabytes < 700, "four times that must stay below 2 GB with the interpreter counted once"
    assert seconds < 30
    assert "odf" not in sys.modules
