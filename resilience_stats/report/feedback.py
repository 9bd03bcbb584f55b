"""`build_feedback`: each practice that answered gets a report of its own."""

from __future__ import annotations

import json
import re
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any

import pandas as pd

from resilience_stats.display import Shown
from resilience_stats.errors import ReportError, did_you_mean, require_choice
from resilience_stats.report.action_library import load_actions
from resilience_stats.report.breaking import printable_model
from resilience_stats.report.feedback_measures import BASE, measure
from resilience_stats.report.feedback_page import Subject
from resilience_stats.report.feedback_support import feedback_page
from resilience_stats.report.manifest import (
    current_commit,
    file_hash,
    input_files,
    software_versions,
    study_settings,
    write_manifest,
)
from resilience_stats.report.prepare import prepare_run, write_example_study
from resilience_stats.report.progress import Progress
from resilience_stats.report.run import Run
from resilience_stats.report.writing import require_writable, sole_use, written_together
from resilience_stats.study import open_study

FORMATS = ("pdf", "html")
_TEMPLATES = Path(__file__).parent / "templates"


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedbackFiles(Shown):
    """What `build_feedback` has written.

    Attributes
    ----------
    folder : pathlib.Path
    files : mapping of str to tuple of pathlib.Path
        By practice code.
    manifest : pathlib.Path
        What the reports were made from, every file with its hash, and the practices without a report.
    failures : mapping of str to str
        Practice code -> why it has no report.
    seconds : mapping of str to float
        Wall time of each part, and ``per report``.
    """

    folder: Path
    files: Mapping[str, tuple[Path, ...]] = field(repr=False)
    manifest: Path
    failures: Mapping[str, str]
    seconds: Mapping[str, float]


def build_feedback(
    study: Any = None,
    practice: str | Sequence[str] | None = None,
    *,
    out: str | Path | None = None,
    formats: Sequence[str] = FORMATS,
    peers: int = 15,
    actions: str | Path | None = None,
    progress: Progress | None = None,
) -> FeedbackFiles:
    """Write a report for each practice that answered: two to four pages, for that practice alone.

    Parameters
    ----------
    study : Study or path, optional
        The study or its file; the synthetic example where none is given.
    practice : str or sequence of str, optional
        One practice, or some; all that answered by default.
    out : path, optional
        Folder to write into; ``reports/<year>-feedback`` by default.
    formats : sequence of {"pdf", "html"}
    peers : int
        Practices that each is compared with, 10 or more and about so many.
    actions : path, optional
        The resilience team's own library of actions; the shipped one by default.
    progress : Progress, optional

    Returns
    -------
    FeedbackFiles
        ``<code>.pdf``, ``<code>.html`` and ``manifest.json``; the same study gives the same bytes. A report that cannot
        be made does not stop the others: see `failures`.

    Raises
    ------
    ReportError
        If a practice that was asked for is unknown or did not answer, or a format is unknown.

    Notes
    -----
    All that a report knows of its peers are quartiles of ten or more practices without the practice itself, rounded to
    5 points; the curve of their scores is drawn from these alone. There is no rank. All practices of half a group are
    shown the same figures, those of the other half (`alike_groups`): several reports together tell no more than one.

    Examples
    --------
    >>> folder = tempfile.TemporaryDirectory()
    >>> from resilience_stats.synthetic import write_example
    >>> study = write_example(Path(folder.name) / "study", practices=40, responses=30).path
    >>> made = build_feedback(study, out=Path(folder.name) / "feedback", formats=["html"])
    >>> len(made.files), dict(made.failures)
    (30, {})
    >>> folder.cleanup()
    """
    told = progress or Progress(None)
    for name in formats:
        require_choice(name, FORMATS, "formats")
    with tempfile.TemporaryDirectory(prefix="resilience_stats_") as name:
        if study is None:
            with told.stage("Writing the synthetic example"):
                study = write_example_study(Path(name) / "study")
        study = open_study(study)
        folder = require_writable(Path(out) if out else Path("reports") / f"{study.year}-feedback", ["manifest.json"])
        run = prepare_run(study, Path(name), progress=told)
        with told.stage("Measuring"):
            subjects = _subjects(run, practice, peers, actions)
        with told.stage(f"Writing {len(subjects)} reports"), sole_use(folder), written_together(folder) as draft:
            files, failures = _write_all(subjects, draft, formats)
            write_manifest(_manifest(run, files, failures, peers), draft / "manifest.json")
        files = {code: tuple(folder / p.name for p in paths) for code, paths in files.items()}
    seconds = dict(told.seconds)
    seconds["per report"] = seconds[f"Writing {len(subjects)} reports"] / max(1, len(files))
    return FeedbackFiles(folder=folder, files=files, manifest=folder / "manifest.json", failures=failures,
                         seconds=seconds)  # fmt: skip


def _subjects(run: Run, practice: str | Sequence[str] | None, peers: int, actions: str | Path | None) -> list[Subject]:
    answered = run.cohort.current()
    known = run.features.frame.index.intersection(answered.index)
    wanted = list(known) if practice is None else [practice] if isinstance(practice, str) else list(practice)
    for code in wanted:
        if code not in known:
            raise ReportError(
                f"no report for practice '{code}'", where="argument practice", action=_why(run, code, list(known))
            )
    measures = measure(run.features, run.cohort.instruments["phq"], peers=peers)
    library, merged = load_actions(actions), _merged(run.cohort.lineage_log)
    return [
        Subject(code=str(code), run=run, measures=measures, instrument=run.cohort.instruments["phq"], actions=library,
                answers=answered.loc[code], merged=code in merged)
        for code in wanted
    ]  # fmt: skip


def _why(run: Run, code: str, known: list[str]) -> str:
    log = run.cohort.lineage_log
    later = log.loc[log["old_code"].eq(code), ["event", "new_code"]].drop_duplicates()
    if len(later):
        event, new = later.iloc[0]
        return f"It closed ({event})." if pd.isna(new) else f"Its code is now '{new}' ({event})."
    if code in run.features.frame.index:
        return f"It was asked and did not answer in {run.cohort.wave}."
    return did_you_mean(code, known)


def _merged(log: pd.DataFrame) -> set[str]:
    carried = log[log["event"].isin(["merge", "takeover"]) & log["new_code"].notna()]
    return set(carried["new_code"].astype(str))


def _write_all(
    subjects: Sequence[Subject], folder: Path, formats: Sequence[str]
) -> tuple[dict[str, tuple[Path, ...]], dict[str, str]]:
    files: dict[str, tuple[Path, ...]] = {}
    failures: dict[str, str] = {}
    for subject in subjects:
        try:
            page = printable_model(feedback_page(subject))
            files[subject.code] = tuple(_write(page, folder / _file_name(subject.code), f) for f in formats)
        except OSError:
            raise  # a full disk or a closed folder is not this practice's
        except Exception as error:  # whatever is wrong with one practice must not keep the others from their reports
            failures[subject.code] = f"{type(error).__name__}: {error}"
    return files, failures


def _write(page: dict[str, Any], stem: Path, kind: str) -> Path:
    path = stem.with_name(f"{stem.name}.{kind}")
    if kind == "pdf":
        path.write_bytes(render_feedback_pdf(page))
    else:
        path.write_text(render_feedback_html(page), encoding="utf-8")
    return path


def _file_name(code: str) -> str:
    """A code comes from a file: what could lead out of the folder is taken out."""
    return re.sub(r"[^A-Za-z0-9_-]", "_", code)


def render_feedback_pdf(page: dict[str, Any]) -> bytes:
    """Return one report as a tagged PDF, checked against PDF/UA-1 while it is made."""
    import typst

    try:
        made = _compiler().compile(sys_inputs={"data": json.dumps(page)}, pdf_standards=["ua-1"], timestamp=0)
    except typst.TypstError as error:
        raise ReportError(f"the PDF could not be made: {error}", where="feedback.typ") from error
    return bytes(made)


def render_feedback_html(page: dict[str, Any]) -> str:
    """Return one report as a page that asks nothing of the network; all text in it is escaped."""
    return str(_page_template().render(page=page))


@lru_cache
def _compiler() -> Any:
    """One compiler for all reports: fonts and template are read once."""
    import matplotlib
    import typst

    fonts = str(Path(matplotlib.get_data_path()) / "fonts" / "ttf")
    return typst.Compiler(str(_TEMPLATES / "feedback.typ"), root=str(_TEMPLATES), font_paths=[fonts],
                          ignore_system_fonts=True)  # fmt: skip


@lru_cache
def _page_template() -> Any:
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    environment = Environment(loader=FileSystemLoader(_TEMPLATES), autoescape=True, undefined=StrictUndefined,
                              trim_blocks=True, lstrip_blocks=True)  # fmt: skip
    return environment.get_template("feedback.html.j2")


def _manifest(
    run: Run, files: Mapping[str, tuple[Path, ...]], failures: Mapping[str, str], peers: int
) -> dict[str, Any]:
    """No time and no path of this machine are in it: the same study gives the same manifest."""
    return {
        "study": study_settings(run),
        "inputs": input_files(run),
        "software": software_versions(),
        "commit": current_commit(),
        "settings": {"peers": peers, "rounding_base": BASE},
        "reports": [
            {"practice_code": code, "files": [{"file": p.name, "sha256": file_hash(p)} for p in paths]}
            for code, paths in files.items()
        ],
        "failures": [{"practice_code": code, "reason": reason} for code, reason in failures.items()],
    }
