"""The rows that a run could not use, written for whoever keeps the files; never into the folder that is passed on."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from resilience_stats.cohort.mending import write_set_aside
from resilience_stats.loaders.original import write_sheets


def folder_beside(report: Path) -> Path:
    """Return where the rows set aside go: beside the report's folder, because they are answers with nothing withheld.

    Examples
    --------
    >>> folder_beside(Path("reports/2019")).name
    '2019-set-aside'
    """
    return report.parent / f"{report.name}-set-aside"


def write_cohort_rows(cohort: Any, report: Path, tell: Callable[[str], None]) -> tuple[Path, ...]:
    """Write the rows that a cohort does not use beside the report's folder, and say where they are."""
    return _told(lambda folder: write_set_aside(cohort, folder), folder_beside(report), tell)


def write_checked_rows(sheets: Mapping[str, Any], folder: Path, tell: Callable[[str], None]) -> tuple[Path, ...]:
    """Write the rows that a check found at fault, and say where they are."""
    return _told(lambda where: write_sheets(sheets, where), folder, tell)


def _told(write: Callable[[Path], tuple[Path, ...]], folder: Path, tell: Callable[[str], None]) -> tuple[Path, ...]:
    try:
        written = write(folder)
    except OSError as fault:
        # A folder that cannot be written to must not keep the analyst from the list of problems, or from the report.
        tell(f"The rows set aside could not be written to {folder}: {fault.strerror or fault}.")
        return ()
    if written:
        tell(f"Rows set aside, to mend in their files (confidential): {len(written)} files in {folder}")
    return written
