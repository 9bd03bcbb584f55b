"""One chapter being written: rows go through the policy, tables, figures and sentences go into the report."""

from __future__ import annotations

import json
import pickle
import re
from collections.abc import Collection, Iterable
from pathlib import Path
from typing import Any, Protocol, runtime_checkable

import pandas as pd

from resilience_stats.disclosure import DisclosedFrame
from resilience_stats.disclosure.frame import WITHHELD
from resilience_stats.errors import ReportError
from resilience_stats.report.checklists import Shown
from resilience_stats.report.markdown import paragraph
from resilience_stats.report.memory import own_peak_memory
from resilience_stats.report.release import disclose_beside, released_chapters, released_rows
from resilience_stats.report.results_file import combine_disclosed
from resilience_stats.report.run import Run, example_run, read_run
from resilience_stats.report.wording import phrase
from resilience_stats.results.rows import combine_rows
from resilience_stats.tables import Table

_NOTE_MARK = re.compile(r"\s*\[note \d+\]")
#: Names, in the metadata of a notebook's output, the block of the chapter that it shows.
BLOCK_KEY = "resilience_stats_block"


@runtime_checkable
class Showable(Protocol):
    """A table, a figure or a sentence: it shows itself in Jupyter and gives the block of the report."""

    def _repr_html_(self) -> str: ...

    def to_model(self) -> dict[str, Any]:
        """Return the block of the document model."""
        ...


class Chapter:
    """What a notebook writes; made by `open_chapter`.

    Attributes
    ----------
    name : str
    run : Run
    study, cohort, features, policy
        Of this run.
    """

    def __init__(self, name: str, run: Run, *, by_hand: bool = False) -> None:
        self.name, self.run = name, run
        self._read: Run | None = None if by_hand else run
        self.study, self.cohort, self.features, self.policy = run.study, run.cohort, run.features, run.policy
        self._blocks: list[dict[str, Any]] = []
        self._rows: list[pd.DataFrame] = []
        self._disclosed: list[DisclosedFrame] = []

    def __repr__(self) -> str:
        return f"chapter {self.name!r} of {self.study.title!r}, {self.policy.label}"

    def disclose(self, *rows: pd.DataFrame) -> DisclosedFrame:
        """Return `rows` after the disclosure policy; they become rows of ``results.csv``.

        Parameters
        ----------
        *rows : pandas.DataFrame
            Analysis results; the chapter's name is put in. Give all of a chapter's rows at once: what one table hides,
            another must not show.
        """
        own = combine_rows(rows).assign(chapter=self.name)
        together = released_rows(self.run, self.name, own["output"])
        disclosed = disclose_beside(self.run, own) if together is None else together
        self._rows.append(own)
        self._disclosed.append(disclosed)
        return disclosed

    def results(self) -> DisclosedFrame:
        """Return the disclosed rows of the chapters that read no results: all that the summary may read.

        In a notebook that was opened by hand, those chapters are run first where that has not been done.

        Raises
        ------
        ReportError
            If no other chapter has been run.
        """
        # Not those of other chapters that read results: they run beside this one, and the sum must not hang on a race.
        others = self._others()
        return combine_disclosed(finished_results(others, released_chapters(others)))

    def _others(self) -> Run:
        """The run in whose folder the other chapters are."""
        if self._read is None:
            from resilience_stats.report.by_hand import with_others

            self._read = with_others(self.run)
        return self._read

    def released(self) -> DisclosedFrame:
        """Return what `results` gives and what this chapter has disclosed so far, under their one policy."""
        return combine_disclosed([self.results(), *self._disclosed])

    def shown(self) -> list[Shown]:
        """Return the tables and figures of the chapters that `results` reads, and of this one so far."""
        return [*shown_blocks(self._others()), *_shown_in(self.name, self._blocks)]

    def add(self, *things: Showable | str | Iterable[Showable | str]) -> None:
        """Put tables, figures and sentences into the report, in this order, and show them here.

        Raises
        ------
        ReportError
            For anything that can neither show itself nor become a block; a plain data frame among them, because
            numbers leave only through the policy.
        """
        for thing in things:
            if isinstance(thing, (str, Showable)):
                shown = _said_if_withheld(thing)
                self._blocks.append(_model(shown))
                _show(shown, len(self._blocks) - 1)
            elif isinstance(thing, Iterable) and not isinstance(thing, (pd.DataFrame, dict)):
                self.add(*thing)
            else:
                raise ReportError(
                    "only tables, figures and sentences go into a chapter",
                    where=f"chapter {self.name}",
                    found=type(thing).__name__,
                    action="Disclose the rows and make a table of them.",
                )

    def close(self) -> None:
        """Leave the chapter's blocks and rows in the folder of the run."""
        left = {"blocks": self._blocks, "peak_memory_mb": own_peak_memory()}
        self.run.blocks_file(self.name).write_text(json.dumps(left, ensure_ascii=False), encoding="utf-8")
        for kind, frames in (("rows", self._rows), ("disclosed", self._disclosed)):
            with self.run.rows_file(self.name, kind).open("wb") as file:
                pickle.dump(frames, file, protocol=pickle.HIGHEST_PROTOCOL)


def open_chapter(name: str, run: str | Path = "", *, edition: str | None = None) -> Chapter:
    """Return the chapter `name` of a run, to be filled by a notebook.

    Parameters
    ----------
    name : str
        The chapter's identifier in ``results.csv``.
    run : path or str
        The folder that the runner names; empty to work on the synthetic example.
    edition : str, optional
        The only edition that the chapter belongs to; the example is then shown in it.

    Raises
    ------
    ReportError
        If no run lies there, or it is that of another edition.

    Examples
    --------
    >>> open_chapter("participation", "no/such/run")  # doctest: +IGNORE_EXCEPTION_DETAIL
    Traceback (most recent call last):
    resilience_stats.errors.ReportError: no/such/run: no run lies here.
    """
    held = read_run(run) if run else example_run(edition)
    if edition is not None and held.policy.name != edition:
        raise ReportError(
            "the chapter is no part of this edition",
            where=f"chapter {name}",
            found=held.policy.name,
            allowed=edition,
        )
    return Chapter(name, held, by_hand=not run)


def finished_results(run: Run, chapters: Collection[str] | None = None) -> list[DisclosedFrame]:
    """Return the disclosed rows that the chapters of `run`, or those named, left, in the order of their names."""
    frames: list[DisclosedFrame] = []
    for path in sorted(run.directory.glob("*.disclosed.pickle")):
        if chapters is not None and path.name.split(".")[0] not in chapters:
            continue
        with path.open("rb") as file:
            frames += pickle.load(file)
    return frames


def shown_blocks(run: Run) -> list[Shown]:
    """Return what the chapters show whose rows were disclosed together, in the order of their names."""
    named = released_chapters(run)
    made: list[Shown] = []
    for path in sorted(run.directory.glob("*.blocks.json")):
        name = path.name.removesuffix(".blocks.json")
        if named is None or name in named:
            made += _shown_in(name, json.loads(path.read_text(encoding="utf-8"))["blocks"])
    return made


def _shown_in(chapter: str, blocks: Iterable[dict[str, Any]]) -> list[Shown]:
    titles = {"table": "caption", "figure": "title"}
    held = [Shown(chapter=chapter, id=b["id"], title=b[titles[b["kind"]]]) for b in blocks if b["kind"] in titles]
    return [Shown(chapter=chapter, id="", title=""), *held]


def _said_if_withheld(thing: Showable | str) -> Showable | str:
    """A table in which no number may be shown tells that in one sentence better than in a page of brackets."""
    if not isinstance(thing, Table):
        return thing
    cells = {
        cell.text for row in thing.rows for column, cell in zip(thing.columns, row, strict=True) if not column.header
    }
    return (
        phrase("sentences", "all_withheld", caption=_NOTE_MARK.sub("", thing.caption))
        if WITHHELD in cells <= {WITHHELD, "[z]"}
        else thing
    )


def _model(thing: Showable | str) -> dict[str, Any]:
    return paragraph(thing) if isinstance(thing, str) else thing.to_model()


def _show(thing: Showable | str, index: int) -> None:
    from IPython.core.getipython import get_ipython

    if get_ipython() is None:
        return
    from IPython.display import Markdown, display

    display(Markdown(thing) if isinstance(thing, str) else thing, metadata={BLOCK_KEY: index})
