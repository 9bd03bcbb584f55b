"""Every problem in the files of a study, in one frame: nothing is loaded, and nothing is silent."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from resilience_stats.loaders.attached import AttachedFrame
from resilience_stats.loaders.crosschecks import (
    codes_out_of_register,
    no_response_of_the_wave,
    not_asked,
    repeated_files,
    several_responses,
    without_patients,
)
from resilience_stats.loaders.findings import Finding, one_note_per_row, problem_frame
from resilience_stats.loaders.limits import DEFAULT_LIMITS, Limits
from resilience_stats.loaders.original import mending_sheet
from resilience_stats.loaders.questionnaires import read_question_map, read_questionnaire
from resilience_stats.loaders.raw import Unreadable
from resilience_stats.loaders.table import Loaded, read
from resilience_stats.schema import load_instrument, load_table_spec
from resilience_stats.study import Study, open_study

if TYPE_CHECKING:
    import pandas as pd

QUESTIONNAIRES = ("phq", "rat")


@dataclass(slots=True, kw_only=True)
class _Reading:
    loaded: dict[tuple[str, Path], Loaded] = field(default_factory=dict)
    findings: list[Finding] = field(default_factory=list)


def find_problems(study: Study | str | Path, *, today: dt.date | None = None) -> pd.DataFrame:
    """Return every problem in the files of a study: cells, rows, headers, whole files, and between the files.

    Parameters
    ----------
    study : Study or path
    today : datetime.date, optional
        Day after which a date lies in the future; default today.

    Returns
    -------
    pandas.DataFrame
        ``file, row, column, found, rule, allowed, action, severity``; ``row`` is the line as a person sees it in the
        file. ``severity`` is ``error`` for what cannot be used, and ``note`` for what was read otherwise than it
        stands in the file. Of the published files, notes are listed for the practices of the register only. No rows:
        no problems. ``attrs["set_aside"]``: file -> the rows to mend, as they stand in it (see `write_sheets`).

    Raises
    ------
    StudyError
        The study file itself is at fault.
    SchemaError
        The instrument is.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     _ = (Path(folder) / "register.csv").write_text(
    ...         "practice_code,practice_name,place,contract_type,invited_on\\nA81001,Abbey,North,GSM,\\n")
    ...     _ = (Path(folder) / "study.toml").write_text(
    ...         "[study]\\ntitle = 'T'\\nyear = 2019\\narea = 'A'\\n[files]\\npractice_register = 'register.csv'\\n")
    ...     find_problems(folder)[["column", "found", "rule"]].iloc[0].tolist()
    ['contract_type', 'GSM', 'not in the list']
    """
    study = open_study(study)
    limits = replace(DEFAULT_LIMITS, **study.limits)
    reading = _Reading()
    # The register first: names typed instead of codes are matched to it.
    for table, paths in sorted(study.files.items(), key=lambda entry: entry[0] != "practice_register"):
        for path in paths:
            _read_one(study, table, path, limits, today, reading)
    reading = _in_order_of_the_study(reading, study)
    register = _register_codes(reading.loaded)
    findings = _of_the_register(reading, register)
    findings += codes_out_of_register(reading.loaded, register)
    findings += several_responses(reading.loaded)
    findings += not_asked(reading.loaded)
    findings += no_response_of_the_wave(reading.loaded, study.year)
    findings += without_patients(reading.loaded, register)
    findings += repeated_files(reading.loaded)
    frame = problem_frame(one_note_per_row(findings))
    frame.attrs["set_aside"] = _sheets(reading.loaded, findings)
    return frame


def _in_order_of_the_study(reading: _Reading, study: Study) -> _Reading:
    listed = [(table, path) for table, paths in study.files.items() for path in paths]
    loaded = {key: reading.loaded[key] for key in listed if key in reading.loaded}
    return _Reading(loaded=loaded, findings=reading.findings)


def _sheets(loaded: Mapping[tuple[str, Path], Loaded], findings: Sequence[Finding]) -> dict[str, AttachedFrame]:
    """Return file -> rows to mend, as they stand in it: those set aside, and those whose code is in no register."""
    import pandas as pd

    sheets = {}
    for entry in loaded.values():
        shown = entry.source["path"]
        known = set(entry.set_aside["row"])
        strange = {
            f.row: f.rule for f in findings if f.file == shown and f.severity == "error" and f.row in entry.frame.index
        }
        more = pd.DataFrame([(r, rule) for r, rule in strange.items() if r not in known], columns=["row", "reason"])
        aside = pd.concat([entry.set_aside, more], ignore_index=True) if len(more) else entry.set_aside
        if len(aside):
            sheets[shown] = AttachedFrame(mending_sheet(aside, entry.cells))
    return sheets


def _read_one(study: Study, table: str, path: Path, limits: Limits, today: dt.date | None, reading: _Reading) -> None:
    shown = _shown(path, study)
    try:
        if table in QUESTIONNAIRES:
            instrument = load_instrument(study.instruments[table])
            questions = read_question_map(study.question_maps.get(path.name), instrument)
            names = _register_names(reading.loaded) if table == "phq" else None
            loaded = read_questionnaire(
                path, table, instrument, question_map=questions, limits=limits, today=today, register=names
            )
        else:
            loaded = read(path, load_table_spec(table), limits=limits, today=today)
    except Unreadable as fault:
        reading.findings += [replace(f, file=shown) for f in fault.findings]
        return
    named = tuple(replace(f, file=shown) for f in loaded.findings)
    source = {**loaded.source, "path": shown}
    reading.loaded[table, path] = replace(loaded, findings=named, source=source)


def _shown(path: Path, study: Study) -> str:
    return str(path.relative_to(study.directory)) if path.is_relative_to(study.directory) else path.name


def _register_codes(loaded: Mapping[tuple[str, Path], Loaded]) -> set[str] | None:
    """Return the codes of the register, those of rows with another fault among them; None without a register."""
    entries = [entry for (table, _), entry in loaded.items() if table == "practice_register"]
    listed = [frame["practice_code"] for entry in entries for frame in (entry.frame, entry.set_aside) if len(frame)]
    return {code for codes in listed for code in codes.dropna()} if entries else None


def _register_names(loaded: Mapping[tuple[str, Path], Loaded]) -> pd.DataFrame | None:
    import pandas as pd

    frames = [entry.frame for (table, _), entry in loaded.items() if table == "practice_register"]
    return pd.concat(frames, ignore_index=True)[["practice_code", "practice_name"]] if frames else None


def _of_the_register(reading: _Reading, register: set[str] | None) -> list[Finding]:
    """Keep all findings of the LMC's own tables; of published files the errors, and the notes on our practices."""
    findings = list(reading.findings)
    for (table, _), entry in reading.loaded.items():
        if load_table_spec(table).owner == "LMC":
            findings += entry.findings
            continue
        codes = entry.frame["practice_code"] if "practice_code" in entry.frame else entry.frame.iloc[:, 0]
        ours = set(entry.frame.index[codes.isin(register or set())])
        findings += [f for f in entry.findings if f.severity != "note" or f.row is None or f.row in {1, 2} | ours]
    return findings
