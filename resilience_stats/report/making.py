"""The making of a report: study, data, chapters, documents."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

import resilience_stats as rs
from resilience_stats.disclosure import read_policy
from resilience_stats.report.build import FILE_NAMES, Order, ReportFiles
from resilience_stats.report.chapters import ChapterSource, belonging, find_chapters, select_chapters
from resilience_stats.report.documents import WRITING, keep_failed, write_documents
from resilience_stats.report.kept import Kept
from resilience_stats.report.kernels import Kernels
from resilience_stats.report.manifest import build_manifest, write_manifest
from resilience_stats.report.mending import write_cohort_rows
from resilience_stats.report.prepare import (
    FEATURES,
    READING,
    kept_example_study,
    planned_run,
    with_data,
    write_example_study,
)
from resilience_stats.report.progress import Progress
from resilience_stats.report.rehearsal import keep_document, last_document, rehearsed
from resilience_stats.report.run import Run, write_run
from resilience_stats.report.runner import Outcome, run_chapters, task_name
from resilience_stats.report.settings import parameters_from
from resilience_stats.report.timings import read_timings, write_timings
from resilience_stats.report.writing import require_writable, sole_use, written_together
from resilience_stats.resources import notebook_directory


def make_report(order: Order, kernels: Kernels, told: Progress, work: Path) -> ReportFiles:
    """Make what was ordered, in kernels started for it and an empty folder. Errors as of `build_report`."""
    known = find_chapters(order.notebooks or notebook_directory())
    wanted = select_chapters(known, order.chapters)
    chosen = parameters_from(order.parameters)
    if order.edition is not None:
        read_policy(order.edition)  # a slip is told before there is work
    study = _example(work, order.resume, told) if order.study is None else order.study
    run = planned_run(study, work / "run", edition=order.edition, parameters=chosen)
    wanted = belonging(wanted, run.policy.name, order.chapters)
    needed = _with_those_read(wanted, belonging(known, run.policy.name))
    folder = order.out or default_folder(run, order.edition, order.chapters)
    require_writable(folder, FILE_NAMES.values())
    with sole_use(folder):
        told.log_to(folder / FILE_NAMES["log"], _heading(run))
        try:
            return _made(run, wanted, needed, order, kernels, folder, told)
        except BaseException as error:
            # An error's message may hold answers; the log lies beside the report and may go where it goes.
            told.note(f"STOPPED by {type(error).__name__}; whatever else lies here is of an earlier run")
            raise


def default_folder(run: Run, edition: str | None, chapters: Sequence[str] = ()) -> Path:
    """Return where a report goes that was not told where: ``reports/<year>``, other editions and parts beside it."""
    own = run.study.policy.get("preset", "board")
    parts = [str(run.study.year), *([] if edition in (None, own) else [str(edition)]), *chapters]
    return Path("reports") / "-".join(parts)


def _example(work: Path, resume: bool, told: Progress) -> Path:
    with told.stage("Preparing the synthetic example"):
        return kept_example_study() if resume else write_example_study(work / "study")


def _with_those_read(wanted: Sequence[ChapterSource], known: Sequence[ChapterSource]) -> tuple[ChapterSource, ...]:
    """A chapter that reads results needs all those that give some; it is the same whether they are shown or not."""
    reads = any(c.reads_results for c in wanted)
    return tuple(c for c in known if c in wanted or (reads and not c.reads_results))


def _heading(run: Run) -> str:
    study = run.study
    begun = datetime.now().astimezone().strftime("%Y-%m-%d %H:%M")
    return (
        f"{study.title}, {study.year}. Edition: {run.policy.label}.\n"
        f"Begun {begun} with resilience_stats {rs.__version__}. Times are seconds since the start."
    )


def _made(
    run: Run,
    wanted: Sequence[ChapterSource],
    needed: Sequence[ChapterSource],
    order: Order,
    kernels: Kernels,
    folder: Path,
    told: Progress,
) -> ReportFiles:
    kept, names = Kept(run) if order.resume else None, [c.name for c in wanted]
    took = read_timings(run)
    to_do = {READING, FEATURES, *WRITING.values(), *map(task_name, needed)}
    told.expect({name: seconds for name, seconds in took.items() if name in to_do})
    if kept is None or not any(kept.has(c) for c in needed):
        kernels.begin(len(needed))
    run = with_data(run, kept=kept, progress=told)
    write_run(run)
    with told.stage(f"Running {len(needed)} chapter{'' if len(needed) == 1 else 's'}"):
        changed = [c for c in needed if kept and not c.reads_results and not kept.has(c)]
        with rehearsed(last_document(run, names) if kept else None, busy=len(changed)):
            ended = run_chapters(needed, run, kernels=kernels, progress=told, kept=kept, expected=took)
    shown = [o for o in ended if o.chapter in wanted]
    with written_together(folder) as draft:
        files = {field: draft / name for field, name in FILE_NAMES.items()}
        document = write_documents(run, shown, files, told, part=bool(order.chapters))
        made = [path for field, path in files.items() if field not in ("manifest", "log")]
        write_manifest(build_manifest(run, outputs=made, seconds=told.seconds), files["manifest"])
    if kept:
        keep_document(run, names, document)
    write_cohort_rows(run.cohort, folder, told.tell)
    keep_failed(run, ended, folder / "failed")
    write_timings(run, told.seconds)
    files = {field: folder / name for field, name in FILE_NAMES.items()}
    failures = _failures(ended)
    told.note("Complete." if not failures else f"INCOMPLETE: {'; '.join(failures)}")
    return ReportFiles(**files, failures=failures, seconds=dict(told.seconds))


def _failures(outcomes: Sequence[Outcome]) -> tuple[str, ...]:
    return tuple(f"chapter {o.chapter.name}, {o.failure}" for o in outcomes if o.failure)
