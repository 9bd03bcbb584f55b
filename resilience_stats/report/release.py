"""One release for the whole report: what one chapter withholds, another may not give away.

Chapters run apart and disclose their own rows. When all have ended, the policy is applied once more to the rows of all
of them together; a chapter that shows anything otherwise than the whole would is run again and given the whole's rows.
"""

from __future__ import annotations

import json
import pickle
from collections.abc import Iterable, Sequence
from typing import Any

import pandas as pd

from resilience_stats.disclosure import DisclosedFrame, apply_policy
from resilience_stats.report.fingerprint import fingerprint
from resilience_stats.report.kept import Kept
from resilience_stats.report.run import Run
from resilience_stats.results.rows import ROW_COLUMNS, combine_rows

_RELEASED = "released.pickle"
#: Statistics that say how many were asked and answered.
_RESPONSE = frozenset({"stage", "asked", "responded", "response_rate"})


def release_together(run: Run, chapters: Sequence[str], *, kept: Kept | None = None) -> tuple[str, ...]:
    """Disclose the rows of all chapters together; return the names of those that showed something else.

    Parameters
    ----------
    run : Run
    chapters : sequence of str
        Chapters that have ended well.
    kept : Kept, optional
        What the policy made of the same rows in an earlier run is taken from there.
    """
    raw = {name: _read(run, name, "rows") for name in chapters}
    frames = [frame for name in chapters for frame in raw[name]]
    if not frames:
        return ()
    rows = fingerprint(raw) if kept else ""
    held = kept.release(rows) if kept else None
    if held is None:
        whole = apply_policy(combine_rows(frames), run.policy)
        held = whole, tuple(name for name in chapters if _differs(whole, name, _read(run, name, "disclosed")))
        if kept:
            kept.keep_release(rows, held)
    with (run.directory / _RELEASED).open("wb") as file:
        pickle.dump((tuple(chapters), held[0]), file, protocol=pickle.HIGHEST_PROTOCOL)
    return held[1]


def released_rows(run: Run, chapter: str, outputs: Iterable[str]) -> DisclosedFrame | None:
    """Return a chapter's part of the release, or None where the chapter was no part of it (or it is yet to be made)."""
    if not (run.directory / _RELEASED).exists():
        return None
    chapters, whole = _read_release(run)
    return whole.select(chapter=chapter, output=set(outputs)) if chapter in chapters else None


def disclose_beside(run: Run, own: pd.DataFrame) -> DisclosedFrame:
    """Return what may be shown of a chapter that is no part of the release, with what the release says of response.

    Such a chapter tells of files and of last year's practices: a number that answered, if it is withheld, must not be
    found there as a number of records.
    """
    chapters = released_chapters(run) or ()
    frames = [frame for name in chapters for frame in _read(run, name, "rows")]
    response = [frame[frame["statistic"].isin(_RESPONSE)] for frame in frames]
    whole = apply_policy(combine_rows([*response, own]), run.policy)
    return whole.select(chapter=set(own["chapter"]), output=set(own["output"]))


def released_chapters(run: Run) -> tuple[str, ...] | None:
    """Return the chapters whose rows were disclosed together, or None where that is yet to be done."""
    return _read_release(run)[0] if (run.directory / _RELEASED).exists() else None


def release_text(run: Run) -> str:
    """Return all that was disclosed together, as it is written, and what the chapters show of it.

    A chapter that reads results depends on both: the checklists name the tables that answer their items.
    """
    if not (run.directory / _RELEASED).exists():
        return ""
    chapters, whole = _read_release(run)
    return "\n".join([*chapters, whole.to_csv(), *map(str, _shown(run, chapters))])


def _shown(run: Run, chapters: Iterable[str]) -> list[tuple[str, ...]]:
    """The tables and figures of chapters, each with its caption or headline."""
    held: list[tuple[str, ...]] = []
    for name in chapters:
        blocks = json.loads(run.blocks_file(name).read_text(encoding="utf-8"))["blocks"]
        held += [(name, b["id"], b.get("caption") or b.get("title") or "") for b in blocks if "id" in b]
    return held


def _read_release(run: Run) -> tuple[tuple[str, ...], DisclosedFrame]:
    with (run.directory / _RELEASED).open("rb") as file:
        held: tuple[tuple[str, ...], DisclosedFrame] = pickle.load(file)
    return held


def _read(run: Run, chapter: str, kind: str) -> list[Any]:
    with run.rows_file(chapter, kind).open("rb") as file:
        frames: list[Any] = pickle.load(file)
    return frames


def _differs(whole: DisclosedFrame, chapter: str, shown: Iterable[DisclosedFrame]) -> bool:
    frames = [f.rows for f in shown]
    own = pd.concat(frames, ignore_index=True) if frames else whole.rows.iloc[:0]
    return _lines(own) != _lines(whole.rows[whole.rows["chapter"] == chapter])


def _lines(rows: pd.DataFrame) -> set[tuple[Any, ...]]:
    return {tuple(map(_same, row)) for row in rows[list(ROW_COLUMNS)].itertuples(index=False)}


def _same(value: Any) -> Any:
    """One form for one number: 197 and 197.0 are the same, and so are all kinds of missing."""
    return "" if pd.isna(value) else value if isinstance(value, str) else float(value)
