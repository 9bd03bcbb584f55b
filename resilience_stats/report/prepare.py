"""From a study to a run: the cohort, its features and the policy of the edition, made once for all chapters."""

from __future__ import annotations

import hashlib
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import resilience_stats as rs
from resilience_stats.disclosure import Policy, read_policy
from resilience_stats.report.cache import cache_folder, forget_oldest, new_folder
from resilience_stats.report.kept import Kept
from resilience_stats.report.progress import Progress
from resilience_stats.report.run import Run
from resilience_stats.report.settings import ChapterParameters
from resilience_stats.report.sources import source_hash

#: The stages of `with_data`, as they are told.
READING, FEATURES = "Reading the files", "Building the features"
#: States of the package whose example is kept.
_EXAMPLES = 4


def prepare_run(
    study: Any,
    directory: Path,
    *,
    edition: str | None = None,
    parameters: ChapterParameters | None = None,
    progress: Progress | None = None,
) -> Run:
    """Return the run of a study: files read, joined and turned into features.

    Parameters
    ----------
    study : Study or path
    directory : pathlib.Path
        The folder of the run.
    edition : str, optional
        Preset of the disclosure policy; the study's own policy by default.
    parameters : ChapterParameters, optional
    progress : Progress, optional
    """
    return with_data(planned_run(study, directory, edition=edition, parameters=parameters), progress=progress)


def planned_run(
    study: Any, directory: Path, *, edition: str | None = None, parameters: ChapterParameters | None = None
) -> Run:
    """Return a run whose files have not been read: it has neither cohort nor features. Arguments as of `prepare_run`.

    What was kept from earlier runs can be looked up with it.
    """
    settings = rs.open_study(study)
    return Run(
        directory=directory,
        study=settings,
        cohort=None,
        features=None,
        policy=replace(edition_policy(settings, edition), pseudonym_key=pseudonym_key(settings)),
        parameters=parameters or ChapterParameters(),
    )


def with_data(run: Run, *, kept: Kept | None = None, progress: Progress | None = None) -> Run:
    """Return a planned run with its cohort and features.

    Parameters
    ----------
    run : Run
    kept : Kept, optional
        Where they are taken from, if the same files have been read before, and kept otherwise.
    progress : Progress, optional
    """
    told = progress or Progress(None)
    held = kept.cohort() if kept else None
    if held is not None:
        told.skip(READING)
        told.skip(FEATURES)
        told.tell(f"{READING}: unchanged")
        return replace(run, cohort=held[0], features=held[1])
    with told.stage(READING):
        cohort = rs.load_cohort(run.study)
    with told.stage(FEATURES):
        features = rs.build_features(cohort)
    if kept:
        kept.keep_cohort(cohort, features)
    return replace(run, cohort=cohort, features=features)


def edition_policy(study: Any, edition: str | None) -> Policy:
    """Return the study's own policy, or the preset of another edition.

    The study's overrides belong to its own preset: a threshold that is right for the board may be too low for the
    public, so they do not travel to another edition.
    """
    own = dict(study.policy)
    return read_policy(own if edition in (None, own.get("preset", "board")) else str(edition))


def pseudonym_key(study: Any) -> str:
    """Return a secret that gives all chapters the same pseudonyms, and the same study the same ones each time.

    It is the study's own (``pseudonym_key`` of its policy), which keeps them from year to year, or else made of the
    answers themselves, which only those hold who may know the practices; the hashes in the manifest do not give it
    away.
    """
    own = study.policy.get("pseudonym_key")
    if own:
        return str(own)
    digest = hashlib.sha256(b"resilience_stats pseudonyms")
    for path in study.files.get("phq", ()):
        digest.update(path.read_bytes())
    return digest.hexdigest()


def write_example_study(directory: Path) -> Path:
    """Write the synthetic example into `directory` and return its study file."""
    rs.write_example(directory)
    return directory / "study.toml"


def kept_example_study() -> Path:
    """Return the study file of the synthetic example in the user's cache, written there if it is not."""
    folder = cache_folder("examples") / source_hash()[:16]
    if not (folder / "study" / "study.toml").is_file():
        shutil.rmtree(folder, ignore_errors=True)
        with new_folder(folder) as filling:
            write_example_study(filling / "study")
        forget_oldest(folder.parent, _EXAMPLES)
    return folder / "study" / "study.toml"
