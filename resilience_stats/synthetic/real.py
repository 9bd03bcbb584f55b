"""A synthetic questionnaire on real practices: their codes, places, list sizes, staff and deprivation are as published.

For Bedfordshire, Luton, Milton Keynes, Hertfordshire and West Essex, with the publishers' files in one folder::

    from resilience_stats.synthetic import BEDS_HERTS_COMMISSIONERS, find_public_files, write_example

    files = find_public_files("public")
    truth = write_example("studies/beds-herts", public_files=files, practices=None, responses=0.7,
                          commissioners=BEDS_HERTS_COMMISSIONERS, area="Beds and Herts (synthetic answers)")

For all of England, whatever the contract::

    truth = write_example("studies/england", public_files=files, practices=None, responses=0.7, contracts=None,
                          area="England (synthetic answers)")
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

import numpy as np
import pandas as pd

from resilience_stats.errors import StudyError

PublicFiles: TypeAlias = Mapping[str, str | Path | Sequence[str | Path]]
#: Sub-ICB locations of the area, with the CCGs that they were before July 2022 (and before April 2021).
BEDS_HERTS_COMMISSIONERS = ("M1J4Y", "06F", "06P", "04F", "06K", "06N", "07H")
#: How publishers name their files.
NAMES: Mapping[str, str] = {
    "ods_practices": r"epraccur.*\.csv",
    "pcn_membership": r"epcn.*\.(xlsx|csv)",
    "list_size": r"gp-reg-pat-prac-all.*\.csv",
    "workforce": r"(practice_level_\d|gpwpractice|general practice .*practice level).*\.csv",
    "payments": r"nhspaymentsgp.*\.csv",
    "deprivation": r"fingertips_93553.*\.csv",
    "cqc_directory": r"(hsca_active_locations|.*cqc_directory).*\.(xlsx|ods)",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Which practices: of these commissioners, with these codes or contracts, at most so many; None sets no bound."""

    commissioners: Sequence[str] | None = None
    practice_codes: Sequence[str] | None = None
    contracts: Sequence[str] | None = None
    limit: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RealPractices:
    """Real practices in the shape of `invent_practices`, and the files that they come from."""

    practices: pd.DataFrame
    census: pd.Timestamp
    files: Mapping[str, tuple[Path, ...]]


def find_public_files(folder: str | Path) -> dict[str, tuple[Path, ...]]:
    """Return table name -> files found below a folder, by the names that publishers give them.

    Parameters
    ----------
    folder : str or pathlib.Path
        Searched with its sub-folders.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     _ = Path(folder, "gp-reg-pat-prac-all_2021-01.csv").write_text("")
    ...     {table: [p.name for p in paths] for table, paths in find_public_files(folder).items()}
    {'list_size': ['gp-reg-pat-prac-all_2021-01.csv']}
    """
    files = sorted(p for p in Path(folder).rglob("*") if p.is_file())
    found = {
        table: tuple(p for p in files if re.fullmatch(pattern, p.name, re.IGNORECASE))
        for table, pattern in NAMES.items()
    }
    return {table: paths for table, paths in found.items() if paths}


def real_practices(
    public_files: PublicFiles,
    wanted: Wanted,
    *,
    register: str | Path | None,
    census: str | pd.Timestamp | None,
    rng: np.random.Generator,
) -> RealPractices:
    """Return real practices in the shape of `invent_practices`."""
    raise StudyError("real public files cannot be used yet", where="argument public_files")
