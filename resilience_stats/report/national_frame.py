"""Real practices of the public files in one frame, with the features that a local study has too."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pandas as pd

from resilience_stats.errors import FileMissingError
from resilience_stats.features import size, staffing, surroundings
from resilience_stats.loaders import load_cqc_directory, load_deprivation, load_payments, load_workforce
from resilience_stats.synthetic.real import find_public_files

_LOADERS: dict[str, Callable[..., pd.DataFrame]] = {
    "cqc_directory": load_cqc_directory,
    "payments": load_payments,
    "workforce": load_workforce,
    "deprivation": load_deprivation,
}
_FEATURES = (
    size.list_size, size.log_list_size, surroundings.imd_score, surroundings.rurality, surroundings.dispensing,
    staffing.gp_fte_per_1000, staffing.single_handed, surroundings.payments_per_weighted_patient,
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class NationalFrame:
    """Practices of England.

    Attributes
    ----------
    practices : pandas.DataFrame
        One row per practice code of the payments file or the CQC directory: the features, `contract_type, paid,
        cqc_rating, published_on, inherited, region`.
    sources : pandas.DataFrame
        `table, file, sha256, date`.
    """

    practices: pd.DataFrame = field(repr=False)
    sources: pd.DataFrame


def load_national_frame(data: str | Path, *, year: str = "22-23", rated: bool = True) -> NationalFrame:
    """Return the practices of England with the features that the public files give.

    Parameters
    ----------
    data : str or pathlib.Path
        Folder of the publishers' files, searched with its sub-folders.
    year : str
        Financial year of payments and workforce, as in the files' names.
    rated : bool
        Read the CQC directory too, which takes longest.

    Returns
    -------
    NationalFrame

    Raises
    ------
    FileMissingError
        Where a file is not there.

    Notes
    -----
    The features are those of `build_features`, computed by the same functions; the list size is the one that payments
    were reckoned with. Where a code has several locations, the rating published last counts, on one day the lower one.

    Examples
    --------
    >>> load_national_frame("no-such-folder")
    Traceback (most recent call last):
    ...
    resilience_stats.errors.FileMissingError: no-such-folder: no file of payments for 22-23: found []....
    """
    wanted = ["payments", "workforce", "deprivation", *(["cqc_directory"] if rated else [])]
    paths = {table: find_table(data, table, year) for table in wanted}
    frames = {table: _LOADERS[table](path, on_error="set_aside") for table, path in paths.items()}
    tables = {t: f.drop_duplicates("practice_code").set_index("practice_code") for t, f in frames.items()}
    if rated:
        tables["cqc_directory"] = _latest(frames["cqc_directory"])
    sources = [{"table": t, "file": f.attrs["source"]["path"], "sha256": f.attrs["source"]["sha256"],
                "date": _date_of(t, paths[t].name, year)} for t, f in frames.items()]  # fmt: skip
    return NationalFrame(practices=_features(tables), sources=pd.DataFrame(sources))


def find_table(data: str | Path, table: str, year: str) -> Path:
    """Return the publisher's file of a table for a year, searched for in a folder.

    Raises
    ------
    FileMissingError
    """
    folder = Path(data)
    found = find_public_files(folder).get(table, ()) if folder.is_dir() else ()
    dated = [p for p in found if year in p.name or table in ("deprivation", "cqc_directory")]
    if not dated:
        raise FileMissingError(
            f"no file of {table} for {year}", where=str(data), found=[p.name for p in found],
            action="Give the folder of the public files (see docs/data.md).",
        )  # fmt: skip
    return dated[-1]


def _date_of(table: str, name: str, year: str) -> str:
    if table == "deprivation":
        return "2019"
    return Path(name).stem[-7:] if table == "cqc_directory" else f"20{year}"


def _latest(directory: pd.DataFrame) -> pd.DataFrame:
    worth = directory["overall_rating"].map({"Inadequate": 0, "Requires improvement": 1, "Good": 2, "Outstanding": 3})
    ordered = directory.assign(worth=-worth).sort_values(["publication_date", "worth"], na_position="first")
    return ordered.drop_duplicates("practice_code", keep="last").set_index("practice_code")


def _features(tables: dict[str, pd.DataFrame]) -> pd.DataFrame:
    codes = tables["payments"].index
    if "cqc_directory" in tables:
        codes = codes.union(tables["cqc_directory"].index)
    payments = tables["payments"].reindex(codes)
    lists = payments[["registered_patients"]].rename(columns={"registered_patients": "patients"})
    # The features take a cohort, of which they read the tables and who was asked: here, everyone.
    cohort: Any = SimpleNamespace(
        tables={**tables, "list_size": lists.where(lists > 0)}, practices=pd.DataFrame(index=codes)
    )
    columns = {build.__name__: build(cohort) for build in _FEATURES}
    columns |= {
        "contract_type": payments["contract_type"],
        "paid": pd.Series(codes.isin(tables["payments"].index), index=codes),
    }
    if "cqc_directory" in tables:
        rated = tables["cqc_directory"].reindex(codes)
        columns |= {"cqc_rating": rated["overall_rating"], "published_on": rated["publication_date"]}
        columns |= {"inherited": rated["inherited"], "region": rated["region"]}
    return pd.DataFrame(columns, index=codes.rename("practice_code"))
