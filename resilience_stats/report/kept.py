"""Chapters kept from earlier runs: what has not changed is not run again.

A chapter is kept under a hash of all that it is made of: the files of the study, its settings, the policy, the
parameters, the notebook, the package's own source and the software's versions. What is kept holds rows before
disclosure; it lies in the user's own cache folder, which nobody else may read, and never beside a report.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from collections.abc import Iterable
from dataclasses import asdict
from pathlib import Path

from resilience_stats.report.chapters import ChapterSource
from resilience_stats.report.manifest import file_hash, input_files, policy_settings, software_versions
from resilience_stats.report.run import Run
from resilience_stats.resources import schema_directory

#: Chapters kept; older ones are deleted.
MOST = 60
_SOURCE = (".py", ".toml", ".json", ".j2", ".typ", ".css", ".js", ".csv")


class Kept:
    """The kept chapters of one user.

    Parameters
    ----------
    run : Run
        Whose chapters are looked up or kept.
    folder : pathlib.Path, optional
        Where they lie; `kept_folder` by default.
    """

    def __init__(self, run: Run, folder: Path | None = None) -> None:
        self._run, self._folder = run, folder or kept_folder()
        self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._base = _digest([run_hash(run), package_hash()])

    def place(self, chapter: ChapterSource, read: str) -> Path:
        """Return where a chapter is kept that has read these released rows (their hash; empty for none)."""
        name = _digest([self._base, chapter.name, file_hash(chapter.notebook), read])
        return self._folder / f"{chapter.name}-{name[:32]}"

    def restore(self, chapter: ChapterSource, read: str) -> bool:
        """Put a kept chapter into the run's folder; return whether there was one."""
        place = self.place(chapter, read)
        files = self._files(chapter)
        if not all((place / f.name).is_file() for f in files):
            return False
        for file in files:
            shutil.copy(place / file.name, file)
        os.utime(place)
        return True

    def keep(self, chapter: ChapterSource, read: str) -> None:
        """Keep a chapter that has ended well, and delete the oldest where too many are kept."""
        place = self.place(chapter, read)
        place.mkdir(parents=True, exist_ok=True, mode=0o700)
        for file in self._files(chapter):
            shutil.copy(file, place / file.name)
        kept = sorted((p for p in self._folder.iterdir() if p.is_dir()), key=lambda p: p.stat().st_mtime)
        for old in kept[:-MOST]:
            shutil.rmtree(old, ignore_errors=True)

    def _files(self, chapter: ChapterSource) -> list[Path]:
        run, name = self._run, chapter.name
        rows = [run.rows_file(name, kind) for kind in ("rows", "disclosed")]
        return [run.blocks_file(name), run.notebook_file(name), *rows]


def kept_folder() -> Path:
    """Return the folder of the kept chapters, in the user's cache."""
    cache = os.environ.get("XDG_CACHE_HOME")
    return (Path(cache) if cache else Path.home() / ".cache") / "resilience_stats" / "chapters"


def run_hash(run: Run) -> str:
    """Return a hash of all that the chapters of a run are given."""
    study = run.study
    others = [p for p in (*study.instruments.values(), *study.question_maps.values()) if isinstance(p, Path)]
    others += [study.previous_results] if study.previous_results else []
    settings = {
        "inputs": input_files(run),
        "others": [file_hash(p) for p in others],
        "policy": policy_settings(run),
        "parameters": {k: v for k, v in asdict(run.parameters).items() if k != "run"},
        "software": software_versions(),
    }
    return _digest([json.dumps(settings, sort_keys=True, default=str)])


def package_hash() -> str:
    """Return a hash of the package's source and definitions: a changed method makes every chapter anew.

    Examples
    --------
    >>> len(package_hash())
    64
    """
    folders = (Path(__file__).resolve().parents[1], schema_directory())
    files = sorted(p for folder in folders for p in folder.rglob("*") if p.suffix in _SOURCE)
    return _digest(f"{p.name} {file_hash(p)}" for p in files)


def text_hash(text: str) -> str:
    """Return a hash of rows as they are written.

    Examples
    --------
    >>> text_hash("") == text_hash("")
    True
    """
    return _digest([text])


def _digest(parts: Iterable[str]) -> str:
    return hashlib.sha256("\x1f".join(parts).encode("utf-8")).hexdigest()
