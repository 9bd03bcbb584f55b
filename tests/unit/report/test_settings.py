"""A parameter that no chapter knows, or of the wrong type, is an error and not ignored."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from resilience_stats.errors import ReportError
from resilience_stats.report.settings import declared_parameters, parameters_from


def notebook(folder: Path, source: str, *, cells: int = 1) -> Path:
    cell = {"cell_type": "code", "metadata": {"tags": ["parameters"]}, "source": source.splitlines(keepends=True)}
    path = folder / "01_chapter.ipynb"
    path.write_text(json.dumps({"cells": [cell] * cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}))
    return path


def test_declared_defaults_are_read(tmp_path: Path) -> None:
    path = notebook(tmp_path, 'run: str = ""\nconf_level: float = 0.9\nn_boot: int = 10\n')
    assert declared_parameters(path) == {"run": "", "conf_level": 0.9, "n_boot": 10}


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("n_bot: int = 10", "unknown parameter 'n_bot'.*Did you mean 'n_boot'"),
        ("n_boot: float = 10", "declared with another type: found 'float', allowed int"),
        ("n_boot: int = 2.5", "wrong type: found 2.5, allowed int"),
        ("n_boot: int = True", "wrong type"),
        ("n_boot = 10", "may hold only lines such as"),
        ("n_boot: int = 5 + 5", "not a plain value"),
        ("import os", "may hold only lines such as"),
    ],
)
def test_a_wrong_declaration_is_an_error(tmp_path: Path, source: str, message: str) -> None:
    with pytest.raises(ReportError, match=message):
        declared_parameters(notebook(tmp_path, source))


@pytest.mark.parametrize("cells", [0, 2])
def test_there_is_exactly_one_parameters_cell(tmp_path: Path, cells: int) -> None:
    with pytest.raises(ReportError, match="exactly one cell"):
        declared_parameters(notebook(tmp_path, 'run: str = ""', cells=cells))


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"nboot": 10}, "unknown parameter 'nboot'.*Did you mean 'n_boot'"),
        ({"n_boot": "10"}, "wrong type: found '10', allowed int"),
        ({"n_boot": 0}, "too few resamples"),
        ({"conf_level": 95.0}, "impossible confidence level"),
    ],
)
def test_a_wrong_value_is_an_error(values: dict[str, object], message: str) -> None:
    with pytest.raises(ReportError, match=message):
        parameters_from(values)


def test_a_whole_number_will_do_for_a_real_one_only_where_it_can() -> None:
    with pytest.raises(ReportError, match="impossible confidence level"):
        parameters_from({"conf_level": 1})
