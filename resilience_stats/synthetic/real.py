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

from resilience_stats.cohort import load_cohort
from resilience_stats.errors import StudyError
from resilience_stats.features import build_features
from resilience_stats.loaders import load_list_size, load_payments
from resilience_stats.synthetic.own_tables import study_text
from resilience_stats.synthetic.population import PREDICTORS
from resilience_stats.synthetic.workbook import write_csv

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
    "gpps": r"gpps.*practice.*\.csv",
    "qof_achievement": r"achievement_.*\d{4}.*\.csv",
    "qof_maximum_points": r"organisation_reference_\d{4}.*\.csv",
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
    """Real practices in the shape of `invent_practices`.

    Attributes
    ----------
    practices : pandas.DataFrame
        Indexed by practice code: ``name, place, pcn_code, contract_type, alive, fate, successor``.
    values : pandas.DataFrame
        The predictors as `build_features` gives them; missing where the public files have none.
    census : pandas.Timestamp
    files : mapping of str to tuple of pathlib.Path
    """

    practices: pd.DataFrame
    values: pd.DataFrame
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
    folder: Path,
    public_files: PublicFiles,
    wanted: Wanted,
    *,
    register: str | Path | None,
    census: str | pd.Timestamp | None,
    rng: np.random.Generator,
) -> RealPractices:
    """Return real practices in the shape of `invent_practices`; a register is written to `folder` unless one is given.

    Raises
    ------
    StudyError
        There is no list-size file, or no practice matches.

    Notes
    -----
    The predictors are the package's own features of the cohort without questionnaire, so that what is planted is what
    an analyst will find in the public files.
    """
    given = {t: tuple(Path(p) for p in ([v] if isinstance(v, str | Path) else v)) for t, v in public_files.items()}
    files = {table: tuple(p.resolve() for p in paths) for table, paths in given.items()}
    if "list_size" not in files:
        raise StudyError("real practices need their list sizes", where="argument public_files", found=", ".join(files))
    when = pd.Timestamp(census) if census is not None else None
    if register is None:
        lists = _lists(files["list_size"], when)
        when = when if when is not None else lists["extract_date"].max() + pd.offsets.MonthEnd(0)
        table = _draw_register(lists, files.get("payments", ()), wanted, when, rng)
        write_csv(folder / "practice_register.csv", table)
        files = {"practice_register": ((folder / "practice_register.csv").resolve(),), **files}
    else:
        when = when if when is not None else _lists(files["list_size"], None)["extract_date"].max()
        files = {"practice_register": (Path(register).resolve(),), **files}
    practices, values = _look_up(folder, files, when)
    return RealPractices(practices=practices, values=values, census=when, files=files)


def _lists(paths: Sequence[Path], census: pd.Timestamp | None) -> pd.DataFrame:
    lists = pd.concat([load_list_size(p, on_error="set_aside") for p in paths], ignore_index=True)
    for column in ("sex", "age"):
        if column in lists and lists[column].eq("ALL").any():
            lists = lists[lists[column].eq("ALL")]
    past = lists if census is None else lists[lists["extract_date"] <= census]
    return past[past["extract_date"].eq(past["extract_date"].max())].sort_values("practice_code")


def _draw_register(
    lists: pd.DataFrame, payments: Sequence[Path], wanted: Wanted, census: pd.Timestamp, rng: np.random.Generator
) -> pd.DataFrame:
    """Return a practice register: those wanted are asked, those of other contracts are listed and not asked."""
    keep = lists["patients"].gt(0)
    if wanted.commissioners is not None:
        keep &= lists["commissioner_code"].isin(list(wanted.commissioners))
    if wanted.practice_codes is not None:
        keep &= lists["practice_code"].isin(list(wanted.practice_codes))
    chosen = lists[keep].set_index("practice_code")
    paid = _paid(payments)
    about = paid.reindex(chosen.index)
    table = pd.DataFrame(
        {
            "practice_code": chosen.index,
            "practice_name": about["practice_name"].where(about["practice_name"].notna(), chosen.index.to_series()),
            "place": about["commissioner_name"].where(about["commissioner_name"].notna(), chosen["commissioner_code"]),
            "contract_type": about["contract_type"] if len(paid) else "GMS",
        }
    ).reset_index(drop=True)
    # A practice whose contract no payments file states cannot be said to be in the frame.
    table = table[table["contract_type"].notna()]
    asked = (
        table["contract_type"].isin(list(wanted.contracts))
        if wanted.contracts is not None
        else table.notna().all(axis=1)
    )
    if wanted.limit is not None and asked.sum() > wanted.limit:
        drawn = rng.choice(np.flatnonzero(asked), wanted.limit, replace=False)
        table = table.iloc[np.sort(drawn)]
        asked = pd.Series(True, index=table.index)
    if not asked.any():
        known = sorted(lists["commissioner_code"].dropna().unique())
        action = (
            f"Codes change with the years: the list of {lists['extract_date'].max().date()} has {', '.join(known)}."
        )
        raise StudyError(
            "no practice matches",
            where="arguments commissioners, practice_codes, contracts",
            found=", ".join(wanted.commissioners or ()) or None,
            action=action if wanted.commissioners is not None else None,
        )
    invited = pd.Series(pd.NaT, index=table.index).mask(asked, census - pd.Timedelta(days=40))
    return table.assign(invited_on=pd.to_datetime(invited))


def _paid(paths: Sequence[Path]) -> pd.DataFrame:
    columns = ["practice_code", "practice_name", "commissioner_name", "contract_type"]
    frames = [load_payments(p, on_error="set_aside")[columns] for p in sorted(paths, key=lambda p: p.name)]
    if not frames:
        return pd.DataFrame(columns=columns).set_index("practice_code")
    # The latest year that states it: names of files sort by year.
    return pd.concat(frames, ignore_index=True).groupby("practice_code").last()


def _look_up(
    folder: Path, files: Mapping[str, tuple[Path, ...]], census: pd.Timestamp
) -> tuple[pd.DataFrame, pd.DataFrame]:
    path = folder / "study.toml"
    texts = {table: [p.as_posix() for p in paths] for table, paths in files.items()}
    text = study_text(
        title="Look-up", area="Look-up", census=census, random_state=0, files=texts, instruments={}, predictors={}
    )
    path.write_bytes(text.encode())
    cohort = load_cohort(path)
    path.unlink()
    found = build_features(cohort).frame
    practices = pd.DataFrame(
        {
            "name": cohort.practices["practice_name"],
            "place": cohort.practices["place"],
            "contract_type": cohort.practices["contract_type"],
            "pcn_code": found["pcn_code"],
            "alive": True,
            "fate": "",
            "successor": "",
        }
    )
    return practices, found[list(PREDICTORS)].astype(float)
