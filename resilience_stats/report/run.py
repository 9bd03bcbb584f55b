"""The folder of one run: what the runner prepares once and every chapter reads.

England's practices take seconds to load; the cohort and the features are therefore made once, and handed on.
"""

from __future__ import annotations

import json
import pickle
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from resilience_stats.disclosure import Policy
from resilience_stats.display import Shown
from resilience_stats.errors import ReportError
from resilience_stats.report.pickling import pickled
from resilience_stats.report.settings import ChapterParameters

_INPUTS, _CONTEXT = "inputs.pickle", "context.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class Run(Shown):
    """What all chapters of one report share.

    Attributes
    ----------
    directory : pathlib.Path
    study, cohort, features
        As `open_study`, `load_cohort` and `build_features` give them.
    policy : Policy
        The disclosure policy of this edition.
    parameters : ChapterParameters
    """

    directory: Path
    study: Any
    cohort: Any
    features: Any
    policy: Policy
    parameters: ChapterParameters

    def blocks_file(self, chapter: str) -> Path:
        """Where a chapter leaves its tables, figures and sentences, as JSON."""
        return self.directory / f"{chapter}.blocks.json"

    def rows_file(self, chapter: str, kind: str) -> Path:
        """Where a chapter leaves its rows: as they were (``rows``), and as shown (``disclosed``)."""
        return self.directory / f"{chapter}.{kind}.pickle"

    def notebook_file(self, chapter: str) -> Path:
        """Where the executed notebook of a chapter lies."""
        return self.directory / f"{chapter}.ipynb"


def write_run(run: Run) -> None:
    """Put a run's inputs into its folder, for the processes of the chapters.

    The folder holds the cohort as it is, nothing disclosed: it belongs in a temporary place that only its owner reads.
    """
    run.directory.mkdir(parents=True, exist_ok=True, mode=0o700)
    (run.directory / _INPUTS).write_bytes(pickled((run.study, run.cohort, run.features, run.policy)))
    context = {**asdict(run.parameters), "run": str(run.directory)}
    (run.directory / _CONTEXT).write_text(json.dumps(context), encoding="utf-8")


def read_run(directory: str | Path) -> Run:
    """Return the run whose inputs lie in `directory`.

    Raises
    ------
    ReportError
        If there is none.
    """
    folder = Path(directory)
    try:
        with (folder / _INPUTS).open("rb") as file:
            study, cohort, features, policy = pickle.load(file)
        context = json.loads((folder / _CONTEXT).read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise ReportError(
            "no run lies here", where=str(folder), action="Leave the parameter 'run' empty to see the example."
        ) from error
    return Run(
        directory=folder,
        study=study,
        cohort=cohort,
        features=features,
        policy=policy,
        parameters=ChapterParameters(**context),
    )


def example_run(edition: str | None = None) -> Run:
    """Return a run over the synthetic example, made once: what a notebook shows that a person opened by hand.

    Parameters
    ----------
    edition : str, optional
        Preset of the disclosure policy; the example's own by default.
    """
    from resilience_stats.report.prepare import edition_policy, kept_example_study, prepare_run, pseudonym_key

    study = kept_example_study()
    own, wanted = study.parents[1] / "run", study.parents[1] / (f"run-{edition}" if edition else "run")
    if not (own / _CONTEXT).exists():
        write_run(prepare_run(study, own))
    if not (wanted / _CONTEXT).exists():
        run = read_run(own)
        policy = replace(edition_policy(run.study, edition), pseudonym_key=pseudonym_key(run.study))
        write_run(replace(run, directory=wanted, policy=policy))
    return read_run(wanted)
