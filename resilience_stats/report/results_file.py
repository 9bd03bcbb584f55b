"""``results.csv``: every number that the report prints, and nothing that has not been through the policy."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from resilience_stats.disclosure import DisclosedFrame, require_disclosed
from resilience_stats.errors import ReportError
from resilience_stats.results.rows import ROW_COLUMNS


def write_results(frames: Sequence[DisclosedFrame], path: Path) -> None:
    """Write the disclosed rows of all chapters as one CSV file of ten columns.

    Raises
    ------
    DisclosureError
        If one of `frames` has not been through the policy.
    """
    path.write_text(combine_disclosed(frames).to_csv(), encoding="utf-8")


def combine_disclosed(frames: Sequence[DisclosedFrame]) -> DisclosedFrame:
    """Return the rows of several disclosed frames under their one policy, each row once.

    Raises
    ------
    ReportError
        If the frames were disclosed under different policies, whose differences could tell what either withholds.
    """
    if not frames:
        raise ReportError("no chapter has left any result")
    policies = {f.policy for f in map(require_disclosed, frames)}
    if len(policies) > 1:
        raise ReportError(
            "the chapters were disclosed under different policies", found=sorted(p.name for p in policies)
        )
    rows = pd.concat([f.rows for f in frames], ignore_index=True).drop_duplicates(ignore_index=True)
    audit = pd.concat([f.audit for f in frames], ignore_index=True)
    return DisclosedFrame(rows[list(ROW_COLUMNS)], frames[0].policy, audit)
