"""What earlier runs left for this one: chapters, the cohort and its features, the one release of all rows.

Each is kept under a hash of all that it is made of: the files of the study, its settings, the policy, the parameters,
the notebook, the package's own source and the software's versions. What is kept has not been through the policy; it
lies in the user's own cache folder, which nobody else may read, and never beside a report.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
from dataclasses import asdict
from pathlib import Path
from typing import Any

from resilience_stats.disclosure import DisclosedFrame
from resilience_stats.report.cache import cache_folder, forget_oldest, new_folder
from resilience_stats.report.chapters import ChapterSource
from resilience_stats.report.manifest import input_files, policy_settings, software_versions
from resilience_stats.report.pickling import NOTHING, keep_pickled, read_pickled
from resilience_stats.report.run import Run
from resilience_stats.report.sources import digest, file_hash, source_hash

#: The rows of all chapters after the policy, and the chapters that showed something else.
Release = tuple[DisclosedFrame, tuple[str, ...]]
_HASHES = "hashes.txt"
#: Chapters, cohorts and releases kept; those used longest ago are deleted.
MOST_CHAPTERS, MOST_COHORTS, MOST_RELEASES = 90, 6, 12


class Kept:
    """What is kept for one run.

    Parameters
    ----------
    run : Run
        Its cohort and features need not have been read.
    folder : pathlib.Path, optional
        Where everything lies; in the user's cache by default.
    """

    def __init__(self, run: Run, folder: Path | None = None) -> None:
        self._run = run
        self._folder = folder or cache_folder("kept")
        for part in ("", "chapters", "cohorts", "releases"):
            (self._folder / part).mkdir(parents=True, exist_ok=True, mode=0o700)
        self._data = _digest_of(data_settings(run))
        self._base = digest([self._data, _digest_of(chapter_settings(run)), source_hash()])

    def has(self, chapter: ChapterSource, read: str = "") -> bool:
        """Return whether a chapter is kept that has read these released rows (their hash; empty for none)."""
        place = self._place(chapter, read)
        return all((place / name).is_file() for name in (_HASHES, *(f.name for f in self._files(chapter))))

    def restore(self, chapter: ChapterSource, read: str) -> bool:
        """Put a kept chapter into the run's folder; return whether there was one, and a whole one."""
        place = self._place(chapter, read)
        try:
            if (place / _HASHES).read_text(encoding="utf-8") != self._hashes(chapter, place):
                shutil.rmtree(place, ignore_errors=True)  # else the one that is run again could not take its place
                return False
        except OSError:
            return False
        for file in self._files(chapter):
            shutil.copy(place / file.name, file)
        os.utime(place)
        return True

    def keep(self, chapter: ChapterSource, read: str) -> None:
        """Keep a chapter that has ended well; where there is no room, nothing is kept."""
        with contextlib.suppress(OSError), new_folder(self._place(chapter, read)) as filling:
            for file in self._files(chapter):
                shutil.copy(file, filling / file.name)
            (filling / _HASHES).write_text(self._hashes(chapter, filling), encoding="utf-8")
        forget_oldest(self._folder / "chapters", MOST_CHAPTERS)

    def _hashes(self, chapter: ChapterSource, folder: Path) -> str:
        return "\n".join(file_hash(folder / file.name) for file in self._files(chapter))

    def cohort(self) -> tuple[Any, Any] | None:
        """Return the cohort and its features, if they are kept."""
        held: tuple[Any, Any] = read_pickled(self._cohort_place())
        return None if held is NOTHING else held

    def keep_cohort(self, cohort: Any, features: Any) -> None:
        """Keep the cohort and its features."""
        keep_pickled(self._cohort_place(), (cohort, features))
        forget_oldest(self._folder / "cohorts", MOST_COHORTS)

    def release(self, rows: str) -> Release | None:
        """Return what the policy made of the rows with this hash, and which chapters showed something else, if kept."""
        held: Release = read_pickled(self._release_place(rows))
        return None if held is NOTHING else held

    def keep_release(self, rows: str, release: Release) -> None:
        """Keep what the policy made of the rows with this hash, and which chapters showed something else."""
        keep_pickled(self._release_place(rows), release)
        forget_oldest(self._folder / "releases", MOST_RELEASES)

    def _place(self, chapter: ChapterSource, read: str) -> Path:
        name = digest([self._base, chapter.name, file_hash(chapter.notebook), read])
        return self._folder / "chapters" / f"{chapter.name}-{name[:32]}"

    def _files(self, chapter: ChapterSource) -> list[Path]:
        run, name = self._run, chapter.name
        rows = [run.rows_file(name, kind) for kind in ("rows", "disclosed")]
        return [run.blocks_file(name), run.notebook_file(name), *rows]

    def _cohort_place(self) -> Path:
        path = str(self._run.study.path.resolve())  # the cohort holds its study, and so the paths of its files
        return self._folder / "cohorts" / f"{digest([self._data, path, source_hash()])[:32]}.pickle"

    def _release_place(self, rows: str) -> Path:
        settings = json.dumps(policy_settings(self._run), default=str)
        return self._folder / "releases" / f"{digest([rows, settings, source_hash()])[:32]}.pickle"


def data_settings(run: Run) -> dict[str, object]:
    """Return all that the cohort and its features are made of, but for the package's own source."""
    study = run.study
    others = [p for p in (*study.instruments.values(), *study.question_maps.values()) if isinstance(p, Path)]
    others += [study.previous_results] if study.previous_results else []
    return {
        "inputs": input_files(run),
        "others": [file_hash(p) for p in others],
        "software": software_versions(),
    }


def chapter_settings(run: Run) -> dict[str, object]:
    """Return what the chapters of a run are given beside the data."""
    parameters = {k: v for k, v in asdict(run.parameters).items() if k != "run"}
    return {"policy": policy_settings(run), "parameters": parameters}


def _digest_of(settings: dict[str, object]) -> str:
    return digest([json.dumps(settings, sort_keys=True, default=str)])
