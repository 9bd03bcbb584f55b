"""Every file of a study through its loader, several files of one table as one frame."""

from __future__ import annotations

import inspect
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pandas as pd

from resilience_stats import loaders
from resilience_stats.cohort.filenames import date_in_name
from resilience_stats.errors import StudyError
from resilience_stats.loaders import Limits
from resilience_stats.schema import load_table_spec, table_names
from resilience_stats.study import Study

#: Columns that this room adds to a table: the file and the line of a row, and the day for which it holds.
FILE, ROW, AS_OF = "source_file", "source_row", "asof"


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """One table of a study as read.

    Attributes
    ----------
    name : str
    frame : pandas.DataFrame
        All rows that the loader would use, with ``source_file``.
    accounts : tuple of dict
        The loaders' row accounts: ``file, reason, rows``.
    sources : tuple of dict
        ``path, sha256, encoding`` of each file, with ``period`` where the publisher's file holds for one.
    set_aside : pandas.DataFrame
        Rows that the loader set aside, with ``file, row, reason``.
    cells : mapping of str to pandas.DataFrame
        File -> rows as they stand in it, those set aside at least.
    names : pandas.DataFrame
        What practice names typed instead of codes were taken for.
    """

    name: str
    frame: pd.DataFrame = field(repr=False)
    accounts: tuple[Mapping[str, Any], ...]
    sources: tuple[Mapping[str, Any], ...]
    set_aside: pd.DataFrame = field(repr=False)
    cells: Mapping[str, pd.DataFrame] = field(default_factory=dict, repr=False)
    names: pd.DataFrame = field(default_factory=pd.DataFrame, repr=False)


def in_words(name: str) -> str:
    """Return what a table is called in a note: its title, with the wave or the year before where the name has one.

    Examples
    --------
    >>> in_words("cqc_ratings"), in_words("phq 2018"), in_words("neighbours")
    ("'CQC latest ratings'", "'Practice Health Questionnaire responses' 2018", 'neighbours')
    """
    table, _, wave = name.partition(" ")
    known = table.removesuffix("_previous")
    if known not in table_names():
        return name
    title = f"'{load_table_spec(known).title}'" + (" of the year before" if known != table else "")
    return f"{title} {wave}" if wave else title


def read_tables(study: Study, *, on_error: str) -> dict[str, Table]:
    """Return every table that the study file names, in its order."""
    labels = file_labels([path for paths in study.files.values() for path in paths])
    register = None
    if "practice_register" in study.files:
        register = read_table(study, "practice_register", labels, on_error=on_error)
    names = None if register is None else register.frame[["practice_code", "practice_name"]]
    return {
        name: register
        if name == "practice_register" and register is not None
        else read_table(study, name, labels, on_error=on_error, register=names)
        for name in study.files
    }


def file_labels(paths: Sequence[Path]) -> dict[Path, str]:
    """Return how each file is called in accounts: by its name, with its folder where two share a name.

    Examples
    --------
    >>> list(file_labels([Path("2018/phq.csv"), Path("2019/phq.csv"), Path("rat.csv")]).values())
    ['2018/phq.csv', '2019/phq.csv', 'rat.csv']
    """
    names = Counter(p.name for p in dict.fromkeys(paths))
    return {p: p.name if names[p.name] == 1 else f"{p.parent.name}/{p.name}" for p in paths}


def read_table(
    study: Study, name: str, labels: Mapping[Path, str], *, on_error: str, register: pd.DataFrame | None = None
) -> Table:
    """Return one table of a study from its files; names typed instead of codes are matched to the register."""
    load = getattr(loaders, f"load_{name}", None)
    if load is None:
        raise StudyError("no loader reads this table", where=f"{study.path}, [files]", found=name)
    offered: dict[str, Any] = {"on_error": on_error, "limits": Limits(**study.limits), "register": register}
    if name in study.instruments:
        offered["instrument"] = study.instruments[name]
    known = inspect.signature(load).parameters
    frames, accounts, sources, aside, names = [], [], [], [], []
    cells: dict[str, pd.DataFrame] = {}
    for path in study.files[name]:
        options = {k: v for k, v in offered.items() if k in known}
        if "question_map" in known and path.name in study.question_maps:
            options["question_map"] = study.question_maps[path.name]
        if "census_date" in known and not pd.isna(counted := date_in_name(path.name)):
            options["census_date"] = counted.date()
        frame = load(path, **options)
        label = labels[path]
        accounts += [{**entry, "file": label} for entry in frame.attrs["account"]]
        sources.append({**frame.attrs["source"], "file": label})
        aside.append(frame.attrs["set_aside"].assign(file=label))
        cells[label] = pd.DataFrame(frame.attrs.get("cells"))
        names.append(pd.DataFrame(frame.attrs.get("names")).assign(file=label))
        where = {FILE: label} | ({ROW: list(frame.attrs["rows"])} if "rows" in frame.attrs else {})
        frame.attrs = {}
        frames.append(frame.assign(**where))
    return Table(
        name=name,
        frame=pd.concat(frames, ignore_index=True) if len(frames) > 1 else frames[0],
        accounts=tuple(accounts),
        sources=tuple(sources),
        set_aside=pd.concat([a for a in aside if len(a)] or aside[:1], ignore_index=True),
        cells=cells,
        names=pd.concat([n for n in names if len(n)] or names[:1], ignore_index=True),
    )
