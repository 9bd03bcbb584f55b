"""Practice names where codes should stand."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from resilience_stats.loaders.raw import RawTable
from resilience_stats.loaders.typed_names import DOUBTFUL, MATCHED, names_frame, resolve_names
from resilience_stats.schema import load_table_spec

REGISTER = pd.DataFrame(
    {"practice_code": ["A81001", "A81002", "A81003"], "practice_name": ["Abbey Surgery", "Queens Park", "Queens Road"]}
)
PHQ = load_table_spec("phq")


def raw(*rows: tuple[str, str]) -> RawTable:
    cells = [["Practice code", "Practice name"], *map(list, rows)]
    lines = list(range(1, len(cells) + 1))
    return RawTable(path=Path("f.csv"), sheet=None, rows=cells, lines=lines, encoding="utf-8", sha256="")


def test_a_sure_name_becomes_its_code_and_a_doubtful_one_stays() -> None:
    table, names = resolve_names(raw(("The Abbey Surgery", ""), ("Queens", ""), ("", "abbey")), PHQ, REGISTER)
    assert [r[0] for r in table.rows[1:]] == ["A81001", "Queens", "A81001"]
    assert names.doubtful == {3}
    assert [(f.row, f.rule, f.severity) for f in names.findings("f.csv")] == [
        (2, MATCHED, "note"),
        (3, DOUBTFUL, "error"),
        (4, MATCHED, "note"),
    ]
    assert all(f.column == "Practice code" for f in names.findings("f.csv"))
    assert names_frame(names.matches)["score"].between(0, 1).all()


@pytest.mark.parametrize("cell", ["A81001", "a81 001", "81001", "A8100", "K81OO1", "A81001001"])
def test_a_code_right_or_wrong_is_no_name(cell: str) -> None:
    table, names = resolve_names(raw((cell, "Abbey Surgery")), PHQ, REGISTER)
    assert table.rows[1][0] == cell
    assert not names.matches


def test_without_a_register_or_a_column_of_codes_nothing_is_matched() -> None:
    assert not resolve_names(raw(("Abbey", "")), PHQ, None)[1].matches
    other = raw(("Abbey", ""))
    other.rows[0][0] = "Surgery"
    assert not resolve_names(other, PHQ, REGISTER)[1].matches


def test_two_practices_of_one_name_are_doubtful() -> None:
    twice = pd.concat([REGISTER, REGISTER.head(1).assign(practice_code="A81009")])
    assert resolve_names(raw(("Abbey Surgery", "")), PHQ, twice)[1].doubtful == {2}
