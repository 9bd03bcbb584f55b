"""From a study to a run: the cohort, its features and the policy of the edition, made once for all chapters."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from pathlib import Path
from typing import Any

import resilience_stats as rs
from resilience_stats.disclosure import Policy, read_policy
from resilience_stats.report.progress import Progress
from resilience_stats.report.run import Run
from resilience_stats.report.settings import ChapterParameters


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
    told = progress or Progress(None)
    settings = rs.open_study(study)
    policy = replace(edition_policy(settings, edition), pseudonym_key=pseudonym_key(settings))
    with told.stage("Reading the files"):
        cohort = rs.load_cohort(settings)
    with told.stage("Building the features"):
        features = rs.build_features(cohort)
    return Run(
        directory=directory,
        study=settings,
        cohort=cohort,
        features=features,
        policy=policy,
        parameters=parameters or ChapterParameters(),
    )


def edition_policy(study: Any, edition: str | None) -> Policy:
    """Return the study's own policy, or the preset of another edition.

    The study's overrides belong to its own preset: a threshold that is right for the board may be too low for the
    public, so they do not travel to another edition.
    """
    own = dict(study.policy)
    return read_policy(own if edition in (None, own.get("preset", "board")) else str(edition))


def pseudonym_key(study: Any) -> str:
    """Return a secret that gives all chapters the same pseudonyms, and the same study the same ones each time.

    It is made of the answers themselves, which only those hold who may know the practices; the hashes in the manifest
    do not give it away.
    """
    digest = hashlib.sha256(b"resilience_stats pseudonyms")
    for path in study.files.get("phq", ()):
        digest.update(path.read_bytes())
    return digest.hexdigest()


def write_example_study(directory: Path) -> Path:
    """Write the synthetic example into `directory` and return its study file."""
    rs.write_example(directory)
    return directory / "study.toml"
