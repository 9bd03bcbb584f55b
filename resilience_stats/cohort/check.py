"""`check_study`: every problem in the files of a study, as a frame."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from resilience_stats import loaders
from resilience_stats.study import Study, open_study


def check_study(study: Study | str | Path) -> pd.DataFrame:
    """Return every problem in the files of a study, one row each; no rows where there is none.

    Parameters
    ----------
    study : Study, str or pathlib.Path
        An opened study, or the path of its file.

    Returns
    -------
    pandas.DataFrame
        ``file, row, column, found, rule, allowed, action, severity``; ``row`` is the line as a person sees it in the
        file; ``severity`` is ``error``, or ``note`` for what was read otherwise than it stands in the file.
        ``attrs["set_aside"]``: file -> the rows to mend.

    Examples
    --------
    >>> import tempfile
    >>> from resilience_stats.synthetic import write_example
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = write_example(folder, practices=30, responses=20).path
    ...     problems = check_study(path)
    >>> list(problems.columns)
    ['file', 'row', 'column', 'found', 'rule', 'allowed', 'action', 'severity']
    """
    return loaders.find_problems(open_study(study))
