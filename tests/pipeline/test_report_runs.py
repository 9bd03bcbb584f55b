"""Runs as a person meets them: resumed, interrupted, failing in one chapter, one chapter alone, watched."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from small_report import write_chapter

import resilience_stats as rs
from resilience_stats.report.build import Order, ReportFiles, build_report
from resilience_stats.report.commands import run_command
from resilience_stats.report.kernels import Kernel, KernelDied, Kernels
from resilience_stats.report.progress import Progress
from resilience_stats.report.watch import look, watch_report


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("study")
    rs.write_example(folder, practices=40, responses=30)
    return folder / "study.toml"


def chapters_run(log: str) -> list[str]:
    return sorted(re.findall(r"chapter (\w+): done", log))


def test_a_run_finds_what_an_earlier_one_left_and_tells_the_time_left(
    notebooks: Path, study: Path, tmp_path: Path
) -> None:
    def build() -> tuple[str, bytes]:
        made = build_report(study, out=tmp_path / "out", resume=True, progress=Progress(None))
        assert made.failures == ()
        assert "Part of a report" not in made.html.read_text(encoding="utf-8")
        return made.log.read_text(encoding="utf-8"), made.html.read_bytes() + made.results.read_bytes()

    first, page = build()
    assert first.startswith("Practice resilience in Example LMC, 2019. Edition: ")
    assert first.rstrip().endswith("Complete.")
    assert chapters_run(first) == ["networks", "places", "summary"]
    second, again = build()
    assert chapters_run(second) == []
    assert second.count("unchanged") == 4, "files and chapters"
    assert again == page
    write_chapter(notebooks, 3, "networks", 31)
    third, other = build()
    assert chapters_run(third) == ["networks", "summary"], "the summary reads the changed rows"
    assert other != page
    write_chapter(notebooks, 2, "places", 20, last="chapter.close()  # said otherwise")
    assert chapters_run(build()[0]) == ["places"], "its rows are the same, so the summary need not be run again"
    with study.open("a", encoding="utf-8") as file:
        file.write("\n# a remark\n")
    fourth, _ = build()
    assert chapters_run(fourth) == ["networks", "places", "summary"]
    assert "Reading the files" in fourth
    assert "Reading the files: unchanged" not in fourth


def test_a_failed_chapter_is_told_with_its_cell_and_the_command_ends_with_an_error(
    notebooks: Path, study: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write_chapter(notebooks, 2, "places", 20, last="1 / 0")
    code = run_command(["report", str(study), "--out", str(tmp_path / "out")])
    told = capsys.readouterr()
    assert code == 40
    assert "chapter places: FAILED in cell 4 (1 / 0): ZeroDivisionError: division by zero" in told.err
    assert "The report is incomplete: chapter places, cell 4 (1 / 0)" in told.err
    assert [Path(line).name for line in told.out.split()] == [
        "cohort-report.html", "cohort-report.pdf", "cohort-report.docx", "tables.xlsx", "results.csv", "manifest.json",
        "report.log",
    ]  # fmt: skip
    page = (tmp_path / "out" / "cohort-report.html").read_text(encoding="utf-8")
    assert "networks says 30." in page
    assert "places says 20." not in page
    assert "2 rows were released." in page, "of the chapter that did not fail"
    assert [p.name for p in (tmp_path / "out" / "failed").iterdir()] == ["02_places.ipynb"]
    assert "INCOMPLETE: chapter places, cell 4" in (tmp_path / "out" / "report.log").read_text(encoding="utf-8")
    write_chapter(notebooks, 2, "places", 20)
    assert run_command(["report", str(study), "--out", str(tmp_path / "out")]) == 0
    assert not (tmp_path / "out" / "failed").exists()
    assert chapters_run(capsys.readouterr().err) == ["places", "summary"], "what had not failed was kept"


def test_a_chapter_that_reads_the_others_is_built_alone_from_what_they_left(
    notebooks: Path, study: Path, tmp_path: Path
) -> None:
    made = build_report(study, chapters=["places"], out=tmp_path / "places", resume=True)
    assert chapters_run(made.log.read_text(encoding="utf-8")) == ["places"]
    made = build_report(study, chapters=["summary"], out=tmp_path / "summary", resume=True)
    assert made.failures == ()
    assert chapters_run(made.log.read_text(encoding="utf-8")) == ["networks", "summary"], "places was kept"
    page = made.html.read_text(encoding="utf-8")
    assert "4 rows were released." in page
    assert "places says" not in page
    assert "by_place" in made.results.read_text(encoding="utf-8"), "the numbers that the summary rests on"


def test_a_part_does_not_overwrite_the_whole(
    notebooks: Path, study: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    made = build_report(study, chapters=["places"], resume=True)
    assert made.html.parent == Path("reports", "2019-places")
    page = made.html.read_text(encoding="utf-8")
    assert "Part of a report" in page
    assert "This holds only places." in page


def test_files_that_cannot_be_read_are_told_in_the_log_without_what_they_hold(
    notebooks: Path, study: Path, tmp_path: Path
) -> None:
    broken = tmp_path / "study"
    rs.write_example(broken, practices=40, responses=30)
    (broken / "phq_2018.csv").write_text("no,such,columns\nE82001,secret,3\n", encoding="utf-8")
    with pytest.raises(rs.errors.ResilienceStatsError):
        build_report(broken, out=tmp_path / "out")
    log = (tmp_path / "out" / "report.log").read_text(encoding="utf-8")
    assert re.search(r"STOPPED by \w+Error; whatever else lies here is of an earlier run", log)
    assert "secret" not in log


def test_a_kernel_that_dies_fails_its_chapter_and_no_other(notebooks: Path, study: Path, tmp_path: Path) -> None:
    write_chapter(notebooks, 2, "places", 20, last="import os\nos._exit(1)")
    made = build_report(study, out=tmp_path / "out", jobs=1)
    assert made.failures == ("chapter places, cell 4 (import os): the process that ran it has died",)
    assert "networks says 30." in made.html.read_text(encoding="utf-8")


def test_work_is_shared_and_an_interruption_does_not_wait() -> None:
    def use(kernel: Kernel, code: str) -> str:
        heard: list[str] = []
        try:
            kernel.run(code, lambda kind, content: heard.append(content.get("text", kind)))
        except KernelDied:
            return "died"
        return next(h for h in heard if h.strip().isdigit())

    def interrupted() -> None:
        with Kernels(2) as kernels:
            processes = kernels.map(use, ["import os, time; time.sleep(.5); print(os.getpid())"] * 3)
            assert len(set(processes)) == 2
            threading.Timer(1.0, os.kill, [os.getpid(), signal.SIGINT]).start()
            kernels.map(use, ["import time; time.sleep(600)"] * 2)

    begun = time.monotonic()
    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert time.monotonic() - begun < 60


def wait_for(condition: Callable[[], bool], seconds: float = 90) -> None:
    until = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < until, "waited in vain"
        time.sleep(0.1)


# The interruption may fall into a listing of files, which Python then tells was not closed.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_watching_builds_again_after_a_change_and_outlives_an_error(
    notebooks: Path, study: Path, tmp_path: Path
) -> None:
    told: list[str] = []
    pages: list[str] = []
    waiting = "Watching notebooks, study files and wording; Ctrl-C ends it."

    def built(made: ReportFiles) -> None:
        pages.append(made.html.read_text(encoding="utf-8"))

    def change() -> None:
        wait_for(lambda: told[-1:] == [waiting])
        write_chapter(notebooks, 2, "places", 21)
        wait_for(lambda: len(pages) == 2 and told[-1] == waiting)
        (notebooks / "02_places.ipynb").write_text("{", encoding="utf-8")  # being saved
        wait_for(lambda: told[-2:] == ["02_places.ipynb: this is no notebook, or only half of one.", waiting])
        write_chapter(notebooks, 2, "places", 22)
        wait_for(lambda: len(pages) == 3)
        os.kill(os.getpid(), signal.SIGINT)

    order = Order(study=study, out=tmp_path / "out", chapters=("places",), notebooks=notebooks, resume=True)
    threading.Thread(target=change, daemon=True).start()
    with pytest.raises(KeyboardInterrupt):
        watch_report(order, jobs=1, progress=lambda: Progress(None), tell=told.append, built=built)
    assert [re.findall(r"places says (\d+)", page)[:1] for page in pages] == [["20"], ["21"], ["22"]]
    assert "Changed: 02_places.ipynb" in told


def test_what_is_watched(notebooks: Path, study: Path) -> None:
    seen = {p.name for p in look(Order(study=study, notebooks=notebooks))}
    assert {"02_places.ipynb", "study.toml", "phq_2018.csv", "practice_register.csv", "sentences.toml"} <= seen


def test_ctrl_c_ends_watching_without_an_error_and_leaves_nothing_behind(study: Path, tmp_path: Path) -> None:
    (tmp_path / "tmp").mkdir()
    settings = {"XDG_CACHE_HOME": str(tmp_path / "cache"), "TMPDIR": str(tmp_path / "tmp")}
    command = [sys.executable, "-m", "resilience_stats", "report", str(study), "--watch", "--chapter", "programmes"]
    watching = subprocess.Popen(
        [*command, "--out", str(tmp_path / "out")], stderr=subprocess.PIPE, text=True, env={**os.environ, **settings}
    )
    assert watching.stderr is not None
    told = ""
    while not told.endswith("Ctrl-C ends it.\n"):
        line = watching.stderr.readline()
        assert line, told
        told += line
    watching.send_signal(signal.SIGINT)
    rest = watching.communicate(timeout=60)[1]
    assert watching.returncode == 0
    assert rest.strip() == "Stopped watching."
    assert list((tmp_path / "tmp").glob("resilience_stats_*")) == []


def test_watching_and_building_everything_again_do_not_go_together(capsys: pytest.CaptureFixture[str]) -> None:
    assert run_command(["report", "--watch", "--fresh"]) == 40
    assert "Give one of them" in capsys.readouterr().err
