"""What the report was made with, as rows: settings, software, files, what was withheld."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict
from typing import Any

import pandas as pd

from resilience_stats.cohort.accounts import JOINED, READ
from resilience_stats.disclosure import DisclosedFrame
from resilience_stats.report.manifest import input_files, policy_settings, software_versions
from resilience_stats.report.rows.labels import table_label
from resilience_stats.report.rows.linkage import CONFIDENTIAL
from resilience_stats.report.wording import wording
from resilience_stats.results.base import Note
from resilience_stats.results.rows import combine_rows, make_rows, text_rows


def setting_rows(run: Any) -> pd.DataFrame:
    """Return the settings that can change a number: the study's, the chapters', the policy's."""
    study, words = run.study, wording("methods")
    settings = {
        words["settings"]["area"]: study.area,
        words["settings"]["seed"]: study.random_state,
        words["settings"]["census_date"]: study.census_date.isoformat(),
        words["settings"]["outcome"]: study.outcome.label,
        **{
            words["settings"][k]: words["settings"]["none"] if v == "" else v
            for k, v in asdict(run.parameters).items()
            if k != "run"
        },
    }
    held = policy_settings(run)
    policy = {label: held[name] for name, label in words["policy"].items()}
    if not held["rounding_base"]:
        policy[words["policy"]["rounding_base"]] = words["not_rounded"]
    return combine_rows(
        [
            text_rows("methods", "settings", settings, group=words["groups"]["study"]),
            text_rows("methods", "settings", policy, group=words["groups"]["policy"]),
        ]
    )


def software_rows() -> pd.DataFrame:
    """Return the software that the numbers depend on, with versions."""
    return text_rows("methods", "software", software_versions(), statistic="version")


def data_log_rows(cohort: Any, run: Any) -> pd.DataFrame:
    """Return what was done with each file: its table, the dates of its source, rows read and used, and the others.

    Parameters
    ----------
    cohort : Cohort
    run : Run

    Notes
    -----
    Of the tables in `CONFIDENTIAL` no number is here: how many rows they have tells of practices, and stands with the
    joins under the policy.
    """
    dates, columns = _source_dates(cohort), dict[str, dict[str, Any]]()
    for statistic in ("source", "date", "rows", "matched", "reason", "sha256"):
        columns[statistic] = {}
    for file in input_files(run):
        name, table = file["file"].rsplit("/", 1)[-1], file["table"]
        told = {"source": table_label(table), "date": dates.get(table, "not dated"), "sha256": file["sha256"][:16]}
        for statistic, value in (told | _row_account(cohort, name, table)).items():
            columns[statistic][name] = value
    return combine_rows(
        make_rows("methods", "data_log", term=list(held), statistic=statistic, value=list(held.values()))
        for statistic, held in columns.items()
    )


def _row_account(cohort: Any, file: str, table: str) -> dict[str, Any]:
    """How many rows of a file were read and joined, and what became of the others."""
    words, accounts = wording("methods")["log"], cohort.row_accounts
    if table == "study":
        return {"reason": words["study"]}
    if table in CONFIDENTIAL:
        return {"reason": words["own"]}
    own = accounts[accounts["file"] == file].groupby("reason", sort=False)["rows"].sum()
    told: dict[str, Any] = {"rows": int(own.get(READ, 0))}
    told |= {"matched": int(own[JOINED])} if JOINED in own else {}
    others = own.drop([READ, JOINED], errors="ignore")
    # Without their numbers, which stand by reason in a table of their own, under the policy.
    told["reason"] = "; ".join(map(str, others.index)) or words["whole"]
    return told


def _source_dates(cohort: Any) -> dict[str, str]:
    """The dates of each table's sources; of several waves or months the first and the last."""
    lags = cohort.lag_table.dropna(subset=["source_date"])
    named = lags["table"].astype(str).str.removesuffix("_previous").str.split(" ").str[0]
    dates = pd.to_datetime(lags["source_date"]).dt.date.astype(str)
    held = {str(name): sorted(set(part)) for name, part in dates.groupby(named)}
    return {name: part[0] if len(part) == 1 else f"{part[0]} to {part[-1]}" for name, part in held.items()}


def withheld_rows(results: DisclosedFrame) -> pd.DataFrame:
    """Return how many rows the release holds, and how many of them are withheld."""
    rows, words = results.rows, wording("methods")["release"]
    counts = {words["rows"]: len(rows), words["withheld"]: int((rows["disclosure"] == "[c]").sum())}
    return make_rows("methods", "release", term=list(counts), statistic="released_rows", value=list(counts.values()))


def note_rows(cohort: Any, features: Any) -> pd.DataFrame:
    """Return what the loading and the building of features want the reader to know, by code."""
    return _notes((*cohort.notes, *features.notes), "methods", "notes")


def model_note_rows(models: Any) -> pd.DataFrame:
    """Return what the fitted models of the drivers chapter want the reader to know, by code."""
    return _notes(models.notes, "drivers", "model_notes")


def _notes(notes: Iterable[Note], chapter: str, output: str) -> pd.DataFrame:
    told: dict[str, list[str]] = {}
    for note in dict.fromkeys((n.code, n.message) for n in notes):
        told.setdefault(note[0], []).append(note[1])
    words = [" ".join(messages) for messages in told.values()]
    return make_rows(chapter, output, term=list(told), statistic="note", value=words)
