"""The quick screen and frictionless come to the same verdicts, on every table of the LMC's own."""

from __future__ import annotations

import csv
import random
from pathlib import Path

import pytest
from frictionless import Resource, Schema, system

from resilience_stats.loaders.judging import descriptor
from resilience_stats.loaders.raw import Unreadable
from resilience_stats.loaders.table import read
from resilience_stats.resources import schema_directory
from resilience_stats.schema import ColumnSpec, load_table_spec

TABLES = ("practice_register", "programmes", "special_measures", "lineage")
JUNK = ["", "x", "A8", "2019-02-30", "-1", "31/12/2018", "GMS ", "V81999", "a81001", "2018-06-01", "<b>"]


def good(column: ColumnSpec, k: int) -> str:
    if column.semantic == "practice_code":
        return f"A81{k:03d}"
    if "enum" in column.constraints:
        return str(column.constraints["enum"][k % len(column.constraints["enum"])])
    return f"2018-0{1 + k % 9}-01" if column.type == "date" else f"text {k}"


def rows_of(name: str, rng: random.Random) -> list[list[str]]:
    columns = load_table_spec(name).columns
    rows = [[good(c, k) for c in columns] for k in range(30)]
    for _ in range(20):
        rows[rng.randrange(30)][rng.randrange(len(columns))] = rng.choice(JUNK)
    rows[7][0] = rows[3][0]
    return rows


@pytest.mark.parametrize("name", TABLES)
@pytest.mark.parametrize("seed", range(4))
def test_the_screen_misses_nothing_that_frictionless_finds(name: str, seed: int, tmp_path: Path) -> None:
    spec = load_table_spec(name)
    rows = rows_of(name, random.Random(seed))
    path = tmp_path / f"{name}.csv"
    with path.open("w", encoding="utf-8", newline="") as stream:
        csv.writer(stream).writerows([spec.column_names, *rows])
    ours = {(f.row, f.column) for f in read(path, spec).findings if f.severity == "error"}
    canonical = [[" ".join(c.split()) for c in row] for row in rows]
    for row in canonical:
        for k, column in enumerate(spec.columns):
            row[k] = row[k].upper() if column.semantic == "practice_code" else row[k]
            row[k] = "2018-12-31" if column.type == "date" and row[k] == "31/12/2018" else row[k]
    schema = Schema.from_descriptor(descriptor(spec.columns, spec.key))
    report = Resource(data=[list(spec.column_names), *canonical], schema=schema).validate()
    found = report.flatten(["rowNumber", "fieldName", "type"])
    theirs = {(row, field) for row, field, kind in found if field and kind != "primary-key"}
    assert theirs <= ours
    extra = {(r, c) for r, c in ours - theirs}
    keys = {(row, spec.key[0]) for row, _, kind in found if kind == "primary-key"} if spec.key else set()
    rules = {f.rule for f in read(path, spec).findings if (f.row, f.column) in extra - keys}
    assert rules <= {"dates out of order", "date in the future", "duplicate"}


@pytest.mark.parametrize("name", TABLES)
def test_the_definition_itself_runs_in_frictionless_on_a_clean_file(name: str, tmp_path: Path) -> None:
    spec = load_table_spec(name)
    path = tmp_path / f"{name}.csv"
    rows = [[good(c, k) for c in spec.columns] for k in range(8)]
    with path.open("w", encoding="utf-8", newline="") as stream:
        csv.writer(stream).writerows([spec.column_names, *rows])
    with system.use_context(trusted=True):
        schema = Schema.from_descriptor(str(schema_directory() / f"{name}.json"))
        assert Resource(path=str(path), schema=schema).validate().valid


def test_a_table_without_its_columns_is_unreadable(tmp_path: Path) -> None:
    path = tmp_path / "x.csv"
    path.write_text("a,b\n1,2\n", encoding="utf-8")
    with pytest.raises(Unreadable):
        read(path, load_table_spec("lineage"))
