"""What is told while a report is made: stages, time left, log."""

from __future__ import annotations

import io
from pathlib import Path

import pytest

from resilience_stats.report.progress import Progress


class Clock:
    """A clock that a test moves."""

    def __init__(self) -> None:
        self.now = 0.0

    def perf_counter(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    made = Clock()
    monkeypatch.setattr("resilience_stats.report.progress.time", made)
    return made


def test_without_an_earlier_run_nothing_is_said_of_the_time_left(clock: Clock) -> None:
    told = io.StringIO()
    progress = Progress(told)
    with progress.stage("Reading the files"):
        clock.now = 2.0
    assert told.getvalue() == "[   0.0 s] Reading the files\n"
    assert progress.seconds == {"Reading the files": 2.0}
    assert progress.left() is None


def test_the_time_left_is_what_stages_took_less_what_has_passed(clock: Clock) -> None:
    told = io.StringIO()
    progress = Progress(told)
    progress.expect({"Reading": 4.0, "Writing": 6.0})
    with progress.stage("Reading"):
        clock.now = 3.0
        assert progress.left() == pytest.approx(1.0 + 6.0)
        clock.now = 9.0  # late: what runs takes at least no negative time
        assert progress.left() == pytest.approx(6.0)
    assert progress.left() == pytest.approx(6.0)
    assert "Reading; about 10 s left" in told.getvalue()


def test_chapters_share_their_time_but_none_ends_before_the_longest(clock: Clock) -> None:
    progress = Progress(None)
    progress.expect({"a": 4.0, "b": 6.0, "c": 4.0, "Writing": 1.0})
    progress.plan(["a", "b", "c"], jobs=2)
    assert progress.left() == pytest.approx(7.0 + 1.0)
    progress.begin("a")
    clock.now = 4.0
    progress.finish("a")
    assert progress.left() == pytest.approx(6.0 + 1.0)
    progress.skip("c")
    progress.plan(["b"], jobs=2)
    assert progress.left() == pytest.approx(6.0 + 1.0)


def test_a_chapter_never_timed_takes_as_long_as_those_done(clock: Clock) -> None:
    progress = Progress(None)
    progress.plan(["a", "b", "c"], jobs=1)
    assert progress.left() is None
    progress.begin("a")
    clock.now = 5.0
    progress.finish("a")
    assert progress.left() == pytest.approx(10.0)


def test_a_chapter_run_twice_counts_twice(clock: Clock) -> None:
    progress = Progress(None)
    for end in (2.0, 5.0):
        progress.begin("a")
        clock.now = end
        progress.finish("a")
    assert progress.seconds == {"a": 5.0}


def test_the_log_holds_what_was_told_before_and_after_it_was_opened(clock: Clock, tmp_path: Path) -> None:
    progress = Progress(None)
    progress.tell("before")
    progress.log_to(tmp_path / "report.log", "Resilience, 2019")
    clock.now = 1.25
    progress.tell("after")
    progress.note("for the log alone")
    assert (tmp_path / "report.log").read_text(encoding="utf-8").splitlines() == [
        "Resilience, 2019",
        "",
        "[   0.0 s] before",
        "[   1.2 s] after",
        "[   1.2 s] for the log alone",
    ]
