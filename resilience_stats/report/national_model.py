"""Make the packaged national model again from the public files: ``python -m resilience_stats national-model``."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pandas as pd

from resilience_stats.loaders import load_payments
from resilience_stats.models.closure import fit_closure_model
from resilience_stats.models.national_fit import fit_national_model
from resilience_stats.report.national_frame import find_table, load_national_frame
from resilience_stats.report.writing import require_writable_file, write_file
from resilience_stats.resources import schema_directory

NAME = "national_model.json"
CLOSURE_NAME = "closure_model.json"
_CLOSURE_TITLE = "Practice codes of England in the payments of one year that are not in those of two years later"
_CLOSURE_NOTICE = (
    "A code goes when a practice merges, closes, or is given another code: the payments files do not tell which. The "
    "model speaks of practices with patients in the payments of the first year, and of the two years after it. "
    "Deprivation and staffing are not in it: most of the codes that went have neither in the files of their time."
)
_TITLE = "Requires improvement or inadequate among practices of England whose rating was published in three years"
_NOTICE = (
    "The directory holds the day of publication, not of inspection, and one standing rating per location: practices "
    "are inspected because of risk, earlier ratings of the same practice are not there, and practices that have closed "
    "are absent. A risk from this model is that of a practice whose rating was published in these years, not of any "
    "practice. Practices without a record in the files of 2022-23 are left out."
)


def make_national_model(data: str | Path, *, out: str | Path | None = None, n_boot: int = 500) -> Path:
    """Fit the national model on the public files and write it; returns where.

    Parameters
    ----------
    data : str or pathlib.Path
        Folder of the publishers' files: CQC directory, payments and workforce of 2022-23, deprivation.
    out : str or pathlib.Path, optional
        File to write. Default: the packaged one.
    n_boot : int
        Resamples of the validation.

    Examples
    --------
    >>> make_national_model("no-such-folder")
    Traceback (most recent call last):
    ...
    resilience_stats.errors.FileMissingError: no-such-folder: no file of payments for 22-23: found []....
    """
    path = require_writable_file(Path(out) if out is not None else schema_directory() / "reference" / NAME)
    made = national_model_content(data, n_boot=n_boot)
    return _written(made, path)


def national_model_content(data: str | Path, *, n_boot: int = 500) -> dict[str, Any]:
    """Return what the packaged file holds.

    Examples
    --------
    >>> national_model_content("no-such-folder")
    Traceback (most recent call last):
    ...
    resilience_stats.errors.FileMissingError: no-such-folder: no file of payments for 22-23: found []....
    """
    frame = load_national_frame(data)
    dates = dict(zip(frame.sources["table"], frame.sources["date"], strict=True))
    made = fit_national_model(frame.practices, snapshot=pd.Timestamp(dates["cqc_directory"] + "-01"), n_boot=n_boot)
    head = {"title": _TITLE, "notice": _NOTICE, "command": "python -m resilience_stats national-model --data DIR"}
    return head | {"sources": frame.sources.to_dict("records")} | made


def make_closure_model(data: str | Path, *, out: str | Path | None = None, n_boot: int = 500) -> Path:
    """Fit the model of practice codes that go on the public files and write it; returns where.

    Parameters
    ----------
    data : str or pathlib.Path
        Folder of the publishers' files: payments of 2020-21 and 2022-23, workforce of 2020-21, deprivation.
    out : str or pathlib.Path, optional
        File to write. Default: the packaged one.
    n_boot : int

    Examples
    --------
    >>> make_closure_model("no-such-folder")
    Traceback (most recent call last):
    ...
    resilience_stats.errors.FileMissingError: no-such-folder: no file of payments for 20-21: found []....
    """
    first = load_national_frame(data, year="20-21", rated=False)
    last = load_payments(find_table(data, "payments", "22-23"), on_error="set_aside")
    practices = first.practices.assign(code_gone=(~first.practices.index.isin(last["practice_code"])).astype(int))
    made = fit_closure_model(practices, n_boot=n_boot)
    end = {"table": "payments", "file": last.attrs["source"]["path"], "sha256": last.attrs["source"]["sha256"],
           "date": "2022-23"}  # fmt: skip
    head = {
        "title": _CLOSURE_TITLE, "notice": _CLOSURE_NOTICE,
        "command": "python -m resilience_stats national-model --data DIR",
        "sources": [*first.sources.to_dict("records"), end], "window": {"first": "2020-21", "last": "2022-23"},
    }  # fmt: skip
    path = require_writable_file(Path(out) if out is not None else schema_directory() / "reference" / CLOSURE_NAME)
    return _written(head | made, path)


def _written(made: dict[str, Any], path: Path) -> Path:
    write_file(path, (json.dumps(made, indent=1, ensure_ascii=False, allow_nan=False) + "\n").encode("utf-8"))
    return path
