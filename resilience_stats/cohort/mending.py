"""Rows set aside, written out so that the analyst can open and mend them: one CSV for each file that has any."""

from __future__ import annotations

from pathlib import Path

from resilience_stats.cohort.cohort import Cohort
from resilience_stats.loaders.original import mending_sheet, write_sheets


def write_set_aside(cohort: Cohort, folder: str | Path) -> tuple[Path, ...]:
    """Write the rows that the cohort does not use and that can be mended, as they stand in their files.

    Parameters
    ----------
    cohort : Cohort
    folder : path
        One CSV for each file with such rows goes there: ``reason, row`` (the line in the file), then the cells.
        Formulas are made harmless. What an earlier run left there is taken away. The rows are the practices' own
        answers, nothing withheld: the folder is for whoever keeps the files, and for nobody else.

    Returns
    -------
    tuple of pathlib.Path
        What was written; nothing where no row was set aside.

    Examples
    --------
    >>> import tempfile
    >>> from resilience_stats.cohort import load_cohort
    >>> from resilience_stats.synthetic import write_example
    >>> with tempfile.TemporaryDirectory() as name:
    ...     cohort = load_cohort(write_example(name, practices=30, responses=20).path)
    ...     written = write_set_aside(cohort, Path(name) / "set-aside")
    >>> len(written) == cohort.set_aside["file"].nunique()
    True
    """
    sheets = {
        str(file): mending_sheet(rows, cohort.original_cells.get(str(file)))
        for file, rows in cohort.set_aside.groupby("file", sort=False)
    }
    return write_sheets(sheets, folder)
