"""Under each figure stands what it is drawn from, as this study has it."""

from __future__ import annotations

import json
import re
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pandas as pd
import pytest

from resilience_stats.report.figure_sources import named_source
from resilience_stats.report.rows.labels import table_label
from resilience_stats.report.wording import wording
from resilience_stats.resources import notebook_directory

CATALOGUE = pd.DataFrame({"name": ["gp", "imd", "own"], "source": ["workforce", "deprivation", "phq"]})


def run(*files: str, predictors: tuple[str, ...] = ("gp", "imd", "own")) -> Any:
    study = SimpleNamespace(files=dict.fromkeys(files), predictors=[SimpleNamespace(name=n) for n in predictors])
    return SimpleNamespace(study=study, features=SimpleNamespace(catalogue=CATALOGUE))


def figure(identifier: str, source: str = "") -> dict[str, str]:
    return {"kind": "figure", "id": identifier, "source": source}


@pytest.mark.parametrize(
    ("identifier", "files", "source"),
    [
        ("flow-flow", ("phq", "practice_register"), "Practice register, PHQ responses"),
        ("flow-flow", ("phq",), "PHQ responses"),
        ("effects-forest", ("phq",), "PHQ responses, Workforce, Deprivation"),
        ("area-correlations-heatmap", ("phq",), "PHQ responses"),
        ("national-calibration-calibration", ("phq",), "CQC care directory and practice files of England"),
        ("flowers-bars", ("phq",), ""),
        ("own-analysis", ("phq",), ""),
    ],
)
def test_the_source_is_of_the_tables_that_the_study_has(identifier: str, files: tuple[str, ...], source: str) -> None:
    assert named_source(figure(identifier), run(*files))["source"] == source


def test_a_figure_that_names_its_source_keeps_it() -> None:
    assert named_source(figure("flow-flow", "My own file"), run("phq"))["source"] == "My own file"


def test_what_is_no_figure_is_left_alone() -> None:
    block = {"kind": "table", "id": "flow-flow", "source": ""}
    assert named_source(block, run("phq")) is block


def test_only_declared_predictors_count() -> None:
    assert named_source(figure("importance-importance"), run("phq", predictors=("imd",)))["source"] == (
        "PHQ responses, Deprivation"
    )


def test_every_figure_of_the_chapters_has_tables_and_every_table_a_name() -> None:
    held = wording("figure_sources")
    words = held["words"]
    for names in (value for value in held.values() if isinstance(value, list)):
        assert all(name == "predictors" or name in words or table_label(name) != name.capitalize() for name in names)
    drawn = set()
    for path in sorted(Path(notebook_directory()).glob("0*.ipynb")):
        cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
        text = "\n".join("".join(c["source"]) for c in cells if c["cell_type"] == "code")
        drawn |= set(re.findall(r"rs\.figure_\w+[(,]\s*(?:\w+, )?released\.select\(output=\"(\w+)\"", text))
    assert drawn
    assert drawn <= set(held), f"without a source: {sorted(drawn - set(held))}"
