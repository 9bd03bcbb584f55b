"""What the report was made with, as rows: settings, software, files, what was withheld."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

import pandas as pd

from resilience_stats.disclosure import DisclosedFrame
from resilience_stats.report.manifest import input_files, policy_settings, software_versions
from resilience_stats.report.wording import wording
from resilience_stats.results.rows import combine_rows, make_rows, text_rows


def setting_rows(run: Any) -> pd.DataFrame:
    """Return the settings that can change a number: the study's, the chapters', the policy's."""
    study, words = run.study, wording("methods")
    settings = {
        words["settings"]["seed"]: study.random_state,
        words["settings"]["census_date"]: study.census_date.isoformat(),
        words["settings"]["outcome"]: study.outcome.label,
        **{words["settings"][k]: v for k, v in asdict(run.parameters).items() if k != "run"},
    }
    held = policy_settings(run)
    policy = {label: held[name] for name, label in words["policy"].items()}
    return combine_rows(
        [
            text_rows("methods", "settings", settings, group=words["groups"]["study"]),
            text_rows("methods", "settings", policy, group=words["groups"]["policy"]),
        ]
    )


def software_rows() -> pd.DataFrame:
    """Return the software that the numbers depend on, with versions."""
    return text_rows("methods", "software", software_versions(), statistic="version")


def input_rows(run: Any) -> pd.DataFrame:
    """Return the files read, each with the beginning of its hash; the whole of it is in the manifest."""
    files = input_files(run)
    return make_rows(
        "methods",
        "inputs",
        term=[f["file"].rsplit("/", 1)[-1] for f in files],
        statistic="sha256",
        value=[f["sha256"][:16] for f in files],
    )


def withheld_rows(results: DisclosedFrame) -> pd.DataFrame:
    """Return how many rows the release holds, and how many of them are withheld."""
    rows, words = results.rows, wording("methods")["release"]
    counts = {words["rows"]: len(rows), words["withheld"]: int((rows["disclosure"] == "[c]").sum())}
    return make_rows("methods", "release", term=list(counts), statistic="rows", value=list(counts.values()))


def note_rows(cohort: Any, features: Any) -> pd.DataFrame:
    """Return what the loading and the building of features want the reader to know, by code."""
    notes = dict.fromkeys((n.code, n.message) for n in (*cohort.notes, *features.notes))
    return make_rows("methods", "notes", term=[m for _, m in notes], statistic="kind", value=[c for c, _ in notes])
