"""What is kept between runs is found again for the same content, and for no other."""

from __future__ import annotations

import os
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np
import pandas as pd
import pytest

import resilience_stats as rs
from resilience_stats import report
from resilience_stats.report import costly
from resilience_stats.report.cache import cache_folder, forget_oldest, new_folder
from resilience_stats.report.costly import kept_between_runs
from resilience_stats.report.fingerprint import fingerprint


@dataclass(frozen=True)
class Held:
    frame: pd.DataFrame
    names: tuple[str, ...]


def frame() -> pd.DataFrame:
    return pd.DataFrame(
        {
            "score": [1.5, np.nan, 3.0],
            "answers": pd.array([1, None, 3], dtype="Int64"),
            "place": ["North", "South", None],
            "mixed": [1, "one", date(2019, 11, 30)],
            "kind": pd.Categorical(["a", "b", "a"]),
            "asked": pd.to_datetime(["2019-11-01", "", "2019-11-30"]),
            "lists": [[1], [2, 3], []],
        },
        index=pd.Index(["E1", "E2", "E3"], name="practice_code"),
    )


def test_equal_content_has_one_fingerprint() -> None:
    twice = [Held(frame(), ("a", "b")), Held(frame().copy(), tuple("ab"))]
    assert fingerprint(twice[0], {"k": 1}, None) == fingerprint(twice[1], {"k": 1}, None)
    assert fingerprint(MappingProxyType({"k": {"b", "a"}})) == fingerprint(MappingProxyType({"k": {"a", "b"}}))


@pytest.mark.parametrize(
    "changed",
    [
        lambda f: f.assign(score=[1.5, np.nan, 3.0000000001]),
        lambda f: f.assign(answers=pd.array([1, 2, 3], dtype="Int64")),
        lambda f: f.assign(place=["North", "South", "West"]),
        lambda f: f.assign(mixed=[1, "one", date(2019, 12, 1)]),
        lambda f: f.assign(mixed=["1", "one", date(2019, 11, 30)]),
        lambda f: f.assign(kind=pd.Categorical(["a", "b", "b"])),
        lambda f: f.assign(asked=pd.to_datetime(["2019-11-01", "", "2019-12-01"])),
        lambda f: f.assign(lists=[[1], [2], [3]]),
        lambda f: f.rename(columns={"score": "points"}),
        lambda f: f.rename(index={"E1": "E4"}),
        lambda f: f.astype({"answers": "Float64"}),
        lambda f: f.iloc[::-1],
        lambda f: f[f.columns[::-1]],
    ],
)
def test_other_content_has_another(changed: Any) -> None:
    assert fingerprint(frame()) != fingerprint(changed(frame()))


def test_attributes_and_structure_count() -> None:
    told = frame()
    told.attrs["account"] = [{"reason": "read", "rows": 3}]
    assert fingerprint(told) != fingerprint(frame())
    assert fingerprint(["a", ["b"]]) != fingerprint([["a"], "b"])
    assert fingerprint("a", "bc") != fingerprint("ab", "c")
    assert fingerprint(1) != fingerprint("1")


def test_a_costly_function_is_asked_once_for_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []

    @kept_between_runs
    def total(table: pd.DataFrame, *, seed: int) -> pd.Series:
        asked.append(seed)
        return table["score"] * seed

    assert total(frame(), seed=1).equals(total(frame(), seed=1))
    assert asked == [1, 1], "nothing is kept where nobody said where"
    monkeypatch.setenv(costly.VARIABLE, str(tmp_path))
    first = total(frame(), seed=1)
    pd.testing.assert_series_equal(total(frame(), seed=1), first)
    assert asked == [1, 1, 1]
    total(frame(), seed=2)
    total(frame().assign(score=0.0), seed=1)
    assert asked == [1, 1, 1, 2, 1]
    monkeypatch.setattr(costly, "source_hash", lambda: "another state of the package")
    total(frame(), seed=1)
    assert asked == [1, 1, 1, 2, 1, 1]
    assert all(p.stat().st_mode & 0o077 == 0 for p in tmp_path.iterdir())


def test_a_damaged_result_is_worked_out_anew(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(costly.VARIABLE, str(tmp_path))

    @kept_between_runs
    def answer() -> int:
        return 42

    answer()
    for path in tmp_path.iterdir():
        path.write_bytes(b"\x80\x05half")
    assert answer() == 42


def test_the_cache_is_its_owners_alone_and_forgets_what_was_used_longest_ago(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    folder = cache_folder("kept", "results")
    assert folder == tmp_path / "resilience_stats" / "kept" / "results"
    assert all(p.stat().st_mode & 0o077 == 0 for p in (folder, *folder.parents[:2]))
    for age, name in enumerate("abc"):
        with new_folder(folder / name) as filling:
            (filling / "rows").write_text(name, encoding="utf-8")
        os.utime(folder / name, (1000 - age, 1000 - age))
    forget_oldest(folder, 2)
    assert sorted(p.name for p in folder.iterdir()) == ["a", "b"]


def test_half_a_folder_is_never_found(tmp_path: Path) -> None:
    def interrupted() -> None:
        with new_folder(tmp_path / "chapter") as filling:
            (filling / "rows").write_text("half", encoding="utf-8")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", ["item_rows", "reliability_rows", "area_correlation_rows", "local_model_rows"])
def test_rows_that_were_kept_are_those_that_were_made(
    name: str, example: tuple[Any, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ask = getattr(report, name)
    made = ask(*example, conf_level=0.95)
    monkeypatch.setenv(costly.VARIABLE, str(tmp_path))
    pd.testing.assert_frame_equal(ask(*example, conf_level=0.95), made)
    monkeypatch.setattr(costly, "keep_pickled", lambda place, _: pytest.fail(f"{place.name} was made again"))
    pd.testing.assert_frame_equal(ask(*example, conf_level=0.95), made)
    with pytest.raises(pytest.fail.Exception):
        ask(*example, conf_level=0.9)


@pytest.fixture(scope="module")
def example(tmp_path_factory: pytest.TempPathFactory) -> tuple[Any, Any]:
    folder = tmp_path_factory.mktemp("study")
    cohort = rs.load_cohort(rs.write_example(folder, practices=80, responses=60).path)
    return cohort, rs.build_features(cohort)
