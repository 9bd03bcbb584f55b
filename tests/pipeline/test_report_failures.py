"""Runs that go wrong: full and closed disks, locked files, damaged caches, chapters that hang, slips in cells."""

from __future__ import annotations

import errno
import os
import re
import stat
from collections.abc import Callable
from itertools import cycle
from pathlib import Path

import pytest
from small_report import PARAMETERS, small_run, write_chapter, write_notebook

import resilience_stats as rs
from resilience_stats.errors import FileAccessError, ReportError
from resilience_stats.report import documents, execute, kept, making, pickling, timings
from resilience_stats.report.build import FILE_NAMES, ReportFiles, build_report
from resilience_stats.report.chapters import find_chapters
from resilience_stats.report.commands import run_command
from resilience_stats.report.progress import Progress
from resilience_stats.report.timings import read_timings, write_timings
from resilience_stats.report.writing import sole_use, written_together


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("a study's ÄÖ folder")
    rs.write_example(folder, practices=40, responses=30)
    return folder / "study.toml"


def held(folder: Path) -> dict[str, bytes]:
    return {p.name: p.read_bytes() for p in folder.iterdir() if p.is_file() and p.name != FILE_NAMES["log"]}


def build(study: Path, out: Path, **settings: object) -> ReportFiles:
    return build_report(study, out=out, resume=True, progress=Progress(None), **settings)  # type: ignore[arg-type]


def test_a_disk_that_fills_leaves_the_report_of_before_and_no_half_of_the_new(
    notebooks: Path, study: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "out"
    build(study, out)
    before = held(out)
    write_chapter(notebooks, 2, "places", 25)

    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(documents, "write_results", full)
    assert run_command(["report", str(study), "--out", str(out)]) == 14
    told = capsys.readouterr().err
    assert "no space left on device. Make room" in told
    assert "Traceback" not in told
    assert held(out) == before
    assert not list(out.glob(".unfinished*"))
    assert "STOPPED by OSError" in (out / FILE_NAMES["log"]).read_text(encoding="utf-8")
    monkeypatch.undo()
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    made = build_report(study, out=out, notebooks=notebooks, resume=True)
    assert "chapter places: unchanged" in made.log.read_text(encoding="utf-8"), "and goes on where it was"
    assert held(out) != before


@pytest.mark.parametrize("name", ["cohort-report.docx", "results.csv"])
def test_what_lies_in_the_way_is_told_before_the_work(
    notebooks: Path, study: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], name: str
) -> None:
    (tmp_path / "out" / name).mkdir(parents=True)
    assert run_command(["report", str(study), "--out", str(tmp_path / "out")]) == 14
    told = capsys.readouterr().err
    assert f"{name}: is a directory. A folder is in the way" in told
    assert "Reading the files" not in told


@pytest.mark.parametrize("out", ["file", "file/inside", "x" * 300])
def test_a_folder_that_cannot_be_made_is_told_before_the_work(
    notebooks: Path, study: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, out: str
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "file").write_text("mine", encoding="utf-8")
    for command in ("report", "feedback"):
        assert run_command([command, str(study), "--out", out]) == 14
    assert run_command(["example", out]) == 14
    assert (tmp_path / "file").read_text(encoding="utf-8") == "mine"


@pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="rights do not bind everybody")
def test_a_folder_without_the_right_to_write(notebooks: Path, study: Path, tmp_path: Path) -> None:
    closed = tmp_path / "closed"
    closed.mkdir(mode=stat.S_IRUSR | stat.S_IXUSR)
    assert run_command(["report", str(study), "--out", str(closed)]) == 14
    assert run_command(["report", str(study), "--out", str(closed / "inside")]) == 14


def test_two_runs_do_not_write_into_one_folder(notebooks: Path, study: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    out.mkdir()
    with sole_use(out), pytest.raises(FileAccessError, match="another run is writing into this folder"):
        build(study, out)
    assert list(out.iterdir()) == []
    build(study, out)


def test_files_are_put_in_place_together_or_not_at_all(tmp_path: Path) -> None:
    (tmp_path / "a").write_text("old", encoding="utf-8")
    (tmp_path / "b").mkdir()

    def both() -> None:
        with written_together(tmp_path) as draft:
            for name in ("a", "b"):
                (draft / name).write_text("new", encoding="utf-8")

    with pytest.raises(FileAccessError, match="b: is a directory"):
        both()
    assert (tmp_path / "a").read_text(encoding="utf-8") == "old"
    assert sorted(p.name for p in tmp_path.iterdir()) == ["a", "b"]


def test_each_way_in_which_a_chapter_fails_is_told_with_its_cell_and_the_others_are_built(
    notebooks: Path, study: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ways = {
        "hanging": ("while True:\n    pass", r"\(while True:\): stopped: it had taken longer than 9 s"),
        "slip": ("def half(:\n  pass", r"\(def half\(:\): SyntaxError"),
        "exit": ("raise SystemExit(0)", "SystemExit"),
        "interrupt": ("raise KeyboardInterrupt", "KeyboardInterrupt"),
        "killed": ("import os, signal; os.kill(os.getpid(), signal.SIGKILL)", "has died"),
        "memory": ("x = bytearray(10**15)", "MemoryError"),
        "long": ("raise ValueError('\\x1b[31m' + 'word ' * 9999)", r"ValueError: word.*\.\.\.$"),
    }
    for number, (name, (last, _)) in enumerate(ways.items(), 4):
        write_chapter(notebooks, number, name, 20, last=last)
    monkeypatch.setattr(execute, "CELL_SECONDS", 9.0)
    made = build(study, tmp_path / "out", chapters=["networks", *ways], jobs=2)
    told = {failure.split(",")[0].removeprefix("chapter "): failure for failure in made.failures}
    for name, (_, words) in ways.items():
        assert re.match(rf"chapter {name}, cell 4 .*{words}", told[name], flags=re.DOTALL), told[name]
        assert len(told[name]) < 1000
    assert "networks says 30." in made.html.read_text(encoding="utf-8")
    assert len(list((tmp_path / "out" / "failed").iterdir())) == len(ways)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("[]", "this file of JSON is no notebook"),
        ('{"cells": 3}', "this file of JSON is no notebook"),
        ('{"cells": [{}]}', "this file of JSON is no notebook"),
        ('{"cells": [{"cell_type": "code", "source": [3]}]}', "this file of JSON is no notebook"),
        ("[" * 100_000, "this is no notebook"),
        ('{"cells": [', "only half of one"),
        ("", "this is no notebook"),
    ],
)
def test_a_file_that_is_no_notebook_is_named(notebooks: Path, content: str, words: str) -> None:
    (notebooks / "02_places.ipynb").write_text(content, encoding="utf-8")
    with pytest.raises(ReportError, match=f"02_places.ipynb: .*{words}"):
        find_chapters(notebooks)


def test_a_slip_in_the_parameters_is_named_with_its_cell(notebooks: Path) -> None:
    cells = [("markdown", "# Places"), ("parameters", f"{PARAMETERS}\nn_boot: int =")]
    write_notebook(notebooks / "02_places.ipynb", cells)
    with pytest.raises(ReportError, match=r"02_places.ipynb, cell 2: the parameters cell is no Python: invalid"):
        find_chapters(notebooks)


def damaged(file: Path) -> None:
    content = file.read_bytes()
    file.write_bytes(content[: len(content) // 2])


def turned(file: Path) -> None:
    """One byte of a number is another."""
    content = bytearray(file.read_bytes())
    content[len(content) // 2] ^= 1
    file.write_bytes(bytes(content))


def emptied(file: Path) -> None:
    file.write_bytes(b"")


@pytest.mark.parametrize("ways", [(damaged, Path.unlink), (turned, emptied)])
def test_a_cache_that_is_damaged_is_made_again(
    notebooks: Path, study: Path, tmp_path: Path, ways: tuple[Callable[[Path], object], ...]
) -> None:
    first = build(study, tmp_path / "out")
    page = held(tmp_path / "out")
    spoilt = [p for p in (tmp_path / "cache").rglob("*") if p.is_file()]
    assert len(spoilt) > 10
    for spoil, file in zip(cycle(ways), spoilt, strict=False):
        spoil(file)
    second = build(study, tmp_path / "out")
    assert second.failures == first.failures == ()
    log = second.log.read_text(encoding="utf-8")
    assert re.findall(r"chapter (\w+): done", log) != []
    assert "unchanged" not in log
    for name in ("cohort-report.html", "results.csv"):
        assert held(tmp_path / "out")[name] == page[name]


@pytest.mark.parametrize("content", ["[]", '{"a": 3}', '{"a": {"b": "c"}}', "nonsense", '{"a": null}', "[" * 10**5])
def test_times_that_cannot_be_read_cost_an_estimate_only(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, content: str
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    run = small_run(tmp_path / "run")
    (tmp_path / "resilience_stats").mkdir()
    (tmp_path / "resilience_stats" / "timings.json").write_text(content, encoding="utf-8")
    assert read_timings(run) == {}
    write_timings(run, {"chapter places": 3.0})
    assert read_timings(run) == {"chapter places": 3.0}


def test_a_report_needs_no_cache(
    notebooks: Path, study: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
    assert run_command(["report", str(study), "--out", str(tmp_path / "out"), "--chapter", "places"]) == 0
    told = capsys.readouterr().err
    assert "Nothing is kept for the next run" in told
    assert "A file is in the way" in told


def test_a_cache_without_room_keeps_nothing_and_costs_nothing(
    notebooks: Path, study: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(pickling, "write_whole", full)
    monkeypatch.setattr(kept, "new_folder", full)
    monkeypatch.setattr(timings, "write_whole", full)
    made = build(study, tmp_path / "out", chapters=["places"])
    assert made.failures == ()


def test_a_fault_of_our_own_is_told_without_its_traceback(
    notebooks: Path, study: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def broken(*_: object, **__: object) -> None:
        raise RuntimeError("the answers of Y90001: 3, 4")

    def hungry(*_: object, **__: object) -> None:
        raise MemoryError

    monkeypatch.setattr(making, "write_documents", broken)
    assert run_command(["report", str(study), "--out", str(tmp_path / "out")]) == 70
    told = capsys.readouterr().err
    assert "Traceback" not in told
    assert "Y90001" not in told
    (file,) = (tmp_path / "cache" / "resilience_stats" / "faults").iterdir()
    assert str(file) in told
    assert "Y90001" in file.read_text(encoding="utf-8")
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert "STOPPED by RuntimeError" in (tmp_path / "out" / "report.log").read_text(encoding="utf-8")
    monkeypatch.setattr(making, "write_documents", hungry)
    assert run_command(["report", str(study), "--out", str(tmp_path / "out")]) == 71
    assert "--jobs 1" in capsys.readouterr().err
