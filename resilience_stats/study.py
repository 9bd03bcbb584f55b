"""Study: the frozen settings of one run, read from ``study.toml``."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import tomllib
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Any

from resilience_stats.display import Part, Shown
from resilience_stats.errors import FileMissingError, StudyError, access_error, did_you_mean, shortened
from resilience_stats.resources import schema_directory

ROLES = ("exposure", "confounder", "mediator")
INSTRUMENTS = ("phq", "rat")
LIMITS = ("max_cell_characters", "max_rows", "max_columns", "max_file_bytes", "max_unpacked_bytes")
LARGEST_SEED = 2**32 - 1
_SECTIONS: dict[str, tuple[str, ...] | None] = {
    "study": ("title", "year", "area", "synthetic", "random_state", "census_date"),
    "files": None,
    "instruments": INSTRUMENTS,
    "question_maps": None,
    "outcome": ("name", "label"),
    "predictors": ("name", "role", "allow_part_of_outcome"),
    "policy": None,
    "compare": ("previous_results",),
    "support": ("places", "hours", "hours_each", "reserve", "weights"),
    "limits": LIMITS,
    "sha256": None,
}
_EARLIEST, _LATEST = 2000, 2100
#: Bytes of a study file, places and hours of support, letters of a pseudonym key: beyond them lies a slip.
_LARGEST_FILE, _MOST_SUPPORT, _SHORTEST_KEY = 2**20, 10**6, 12


@dataclass(frozen=True, slots=True, kw_only=True)
class Predictor:
    """One predictor and its role: ``exposure``, ``confounder`` or ``mediator``.

    With `allow_part_of_outcome` a predictor that is made of the outcome's own answers is let through, and the report
    says so.
    """

    name: str
    role: str
    allow_part_of_outcome: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """The outcome of the drivers analysis: the feature's name and how it is called in the report."""

    name: str
    label: str


def _nothing() -> Mapping[str, Any]:
    return MappingProxyType({})


@dataclass(frozen=True, slots=True, kw_only=True)
class Study(Shown):
    """The settings of one run.

    Attributes
    ----------
    title, area : str
    year : int
    synthetic : bool
        Whether the data are made up; puts a mark on every page.
    random_state : int
        The one seed of the run.
    census_date : datetime.date
        The date of the survey wave; joins are as of this date.
    files : Mapping of str to tuple of pathlib.Path
        Table name -> files, absolute.
    instruments : Mapping of str to (str or pathlib.Path)
        ``phq`` and ``rat``: the shipped name, or the analyst's own file.
    outcome : Outcome
    predictors : tuple of Predictor
    policy : Mapping
        ``preset`` and overrides of it.
    path : pathlib.Path
        The study file.
    previous_results : pathlib.Path or None
        ``results.csv`` of the year before.
    question_maps : Mapping of str to pathlib.Path
        File name of a questionnaire export -> map of its questions to item ids.
    support : Mapping
        How much support there is to offer and how its criteria weigh: ``places``, ``hours`` in all, ``hours_each`` (of
        a practice), ``reserve`` (share of the places), ``weights`` (criterion -> weight). What is not set has the
        defaults of `prioritise`.
    limits : Mapping
        Overrides of the limits on what a file may hold.
    sha256 : Mapping of str to str
        File name -> the hash that it must have (the manifest of a report lists them). A file that was changed or
        damaged since, by a single byte, is then an error.
    """

    title: str
    year: int
    area: str
    synthetic: bool
    random_state: int
    census_date: dt.date
    files: Mapping[str, tuple[Path, ...]]
    instruments: Mapping[str, str | Path]
    outcome: Outcome
    predictors: tuple[Predictor, ...]
    policy: Mapping[str, Any]
    path: Path
    previous_results: Path | None = None
    question_maps: Mapping[str, Path] = field(default_factory=_nothing)
    support: Mapping[str, Any] = field(default_factory=_nothing)
    limits: Mapping[str, int] = field(default_factory=_nothing)
    sha256: Mapping[str, str] = field(default_factory=_nothing)

    @property
    def directory(self) -> Path:
        """The folder of the study file; its paths are relative to it."""
        return self.path.parent

    def _shown(self) -> Iterable[Part]:
        facts = {
            "Area and year": f"{self.area}, {self.year}",
            "Census date": self.census_date.isoformat(),
            "Data": "synthetic" if self.synthetic else "as given",
            "Tables": ", ".join(self.files),
            "Outcome": self.outcome.label,
            "Predictors": ", ".join(f"{p.name} ({p.role})" for p in self.predictors),
            "Policy": ", ".join(f"{k} {v}" for k, v in self.policy.items() if k != "pseudonym_key"),
        }
        yield self.title, facts


def open_study(path: str | Path | Study) -> Study:
    """Return the settings of one run, read from a study file.

    Parameters
    ----------
    path : str or pathlib.Path
        ``study.toml``, or the folder that holds it. Paths inside are relative to the file.

    Raises
    ------
    StudyError
        The file is missing or is not TOML; a section, key, role or preset is unknown; a value has the wrong type; a
        date does not exist or contradicts the year. Unknown names come with the nearest known one.
    FileMissingError
        A file that the study names is not there (a `StudyError` too).

    Examples
    --------
    >>> import tempfile
    >>> folder = tempfile.TemporaryDirectory()
    >>> file = Path(folder.name) / "study.toml"
    >>> _ = file.write_text("[study]\\ntitle = 'Example'\\nyear = 2019\\narea = 'Example LMC'\\n")
    >>> open_study(file).census_date
    datetime.date(2019, 12, 31)
    >>> _ = file.write_text("[study]\\ntitel = 'Example'\\n")
    >>> open_study(file)
    Traceback (most recent call last):
    ...
    resilience_stats.errors.StudyError: ...study.toml, [study]: unknown key: found 'titel', allowed title, year, area,
    synthetic, random_state, census_date. Did you mean 'title'?
    >>> folder.cleanup()
    """
    if isinstance(path, Study):
        return path
    file = _study_path(path)
    content = _read_toml(file)
    _check_names(content, file)
    head = content.get("study", {})
    year = _whole(head, "year", f"{file}, [study]", _EARLIEST, _LATEST)
    policy = content.get("policy", {})
    _check_policy(policy, file)
    outcome = content.get("outcome", {})
    files = _files(content.get("files", {}), file)
    return Study(
        title=require_text(head.get("title"), "title", f"{file}, [study]"),
        year=year,
        area=require_text(head.get("area"), "area", f"{file}, [study]"),
        synthetic=_flag(head, "synthetic", file),
        random_state=_whole(head, "random_state", f"{file}, [study]", 0, LARGEST_SEED, default=year),
        census_date=_census_date(head.get("census_date"), year, file),
        files=files,
        instruments=_instruments(content.get("instruments", {}), file),
        outcome=_outcome(outcome, file),
        predictors=_predictors(content.get("predictors", []), file),
        policy=MappingProxyType({"preset": "board", **policy}),
        path=file,
        previous_results=_previous(content.get("compare", {}), file),
        question_maps=_question_maps(content.get("question_maps", {}), files, file),
        support=_support(content.get("support", {}), file),
        sha256=_checked_hashes(content.get("sha256", {}), files, file),
        limits=_limits(content.get("limits", {}), file),
    )


def require_study(path: str | Path | Study) -> None:
    """Raise `StudyError` unless a study file lies there, whatever it holds."""
    if not isinstance(path, Study):
        _study_bytes(_study_path(path))


def _study_path(path: str | Path) -> Path:
    try:
        file = Path(path)
        return (file / "study.toml" if file.is_dir() else file).absolute()
    except (TypeError, ValueError):
        raise StudyError("is no path", where="argument study", found=path, allowed="study.toml or its folder") from None
    except OSError as fault:
        where = shortened(str(path))
        raise StudyError(f"cannot be read: {access_error(fault).message}", where=where) from None


def known_tables() -> tuple[str, ...]:
    """Return the table names that ``[files]`` may hold.

    Examples
    --------
    >>> "phq" in known_tables()
    True
    """
    definitions = sorted(schema_directory().glob("*.json"))
    return tuple(p.stem for p in definitions if "fields" in json.loads(p.read_text(encoding="utf-8")))


def _read_toml(file: Path) -> dict[str, Any]:
    where, again = shortened(str(file)), "Correct the file there; a date is written 2019-11-30 and must exist, a text "
    try:
        return tomllib.loads(_study_bytes(file).decode("utf-8-sig"))
    except OSError as fault:
        raise StudyError(f"cannot be read: {access_error(fault).message}", where=where) from None
    except UnicodeDecodeError:
        raise StudyError("is not text in UTF-8", where=where, action="Save it again as UTF-8.") from None
    except RecursionError:
        raise StudyError("is not TOML: brackets within brackets without end", where=where) from None
    except (tomllib.TOMLDecodeError, ValueError) as fault:
        raise StudyError(f"is not TOML: {shortened(str(fault))}", where=where,
                         action=f"{again}stands in quotes, and no key stands twice.") from None  # fmt: skip


def _study_bytes(file: Path) -> bytes:
    where = shortened(str(file))
    if not file.exists():
        near = did_you_mean(file.name, (p.name for p in file.parent.glob("*.toml"))) if file.parent.is_dir() else ""
        start = "To begin with a synthetic one: python -m resilience_stats example my-study"
        raise StudyError("there is no such study file", where=where, action=near if near.startswith("Did") else start)
    if not file.is_file() or file.stat().st_size > _LARGEST_FILE:
        raise StudyError("is no study file", where=where, allowed="study.toml, or the folder that holds it")
    return file.read_bytes()


def _check_names(content: Mapping[str, Any], file: Path) -> None:
    for section, entry in content.items():
        _require_known(section, tuple(_SECTIONS), str(file), "section")
        entries = entry if section == "predictors" else [entry]
        if not isinstance(entries, list) or not all(isinstance(e, dict) for e in entries):
            allowed = "[[predictors]]" if section == "predictors" else f"[{section}]"
            raise StudyError(f"'{section}' is not a section", where=str(file), found=entry, allowed=allowed)
        keys = _SECTIONS[section]
        keys = known_tables() if section == "files" else keys
        if keys is not None:
            for key in (k for e in entries for k in e):
                _require_known(key, keys, f"{file}, [{section}]", "key")


def _require_known(name: object, known: Iterable[str], where: str, what: str = "value") -> None:
    known = tuple(known)
    if name not in known:
        hint = did_you_mean(str(name), known)
        action = None if hint.startswith("Known") else hint
        raise StudyError(f"unknown {what}", where=where, found=name, allowed=", ".join(known), action=action)


def _check_policy(section: Mapping[str, Any], file: Path) -> None:
    """Check the names: presets are those of ``data/schema/policies.json``, settings those that a preset has."""
    presets = json.loads((schema_directory() / "policies.json").read_text(encoding="utf-8"))["policies"]
    settings = [k for k in next(iter(presets.values())) if k not in ("label", "description")]
    for key in section:
        _require_known(key, ("preset", *settings, "pseudonym_key"), f"{file}, [policy]", "key")
    _require_known(section.get("preset", "board"), tuple(presets), f"{file}, [policy], preset")
    secret = section.get("pseudonym_key")
    if secret is not None and (not isinstance(secret, str) or len(secret.strip()) < _SHORTEST_KEY):
        # Practice codes are public: whoever guesses the key can look the pseudonyms up.
        raise StudyError("is no secret", where=f"{file}, [policy], pseudonym_key",
                         allowed=f"a text of {_SHORTEST_KEY} characters or more that nobody guesses")  # fmt: skip


def require_text(value: object, key: str, where: str) -> str:
    """Return a text that can be printed: not empty, and without the characters that steer a terminal or a printer.

    Raises
    ------
    StudyError

    Examples
    --------
    >>> require_text("Example LMC", "area", "study.toml, [study]")
    'Example LMC'
    """
    if value is None:
        raise StudyError(f"'{key}' is needed", where=where, allowed="a text in quotes")
    if not isinstance(value, str) or not value.strip():
        raise StudyError(f"'{key}' is no text", where=where, found=value, allowed="a text in quotes, not empty")
    if any(unicodedata.category(letter) in ("Cc", "Cs") for letter in value):
        raise StudyError(f"'{key}' holds a character that cannot be printed", where=where, found=value,
                         allowed="letters, figures and signs on one line")  # fmt: skip
    return value


def _flag(section: Mapping[str, Any], key: str, file: Path) -> bool:
    value = section.get(key, False)
    if not isinstance(value, bool):
        raise StudyError(f"'{key}' is not a switch", where=f"{file}, [study]", found=value, allowed="true or false")
    return value


def _whole(section: Mapping[str, Any], key: str, where: str, low: int, high: int, *, default: int | None = None) -> int:
    value = section.get(key, default)
    if not isinstance(value, int) or isinstance(value, bool) or not low <= value <= high:
        problem = f"'{key}' is needed" if value is None else f"'{key}' is not a possible number"
        raise StudyError(problem, where=where, found=value, allowed=f"a whole number, {low} to {high}")
    return value


def _limits(section: Mapping[str, Any], file: Path) -> Mapping[str, int]:
    return MappingProxyType({key: _whole(section, key, f"{file}, [limits]", 1, 2**53) for key in section})


def _census_date(value: Any, year: int, file: Path) -> dt.date:
    where = f"{file}, [study], census_date"
    if value is None:
        return dt.date(year, 12, 31)
    if isinstance(value, dt.datetime):
        value = value.date()
    if isinstance(value, str):
        try:
            value = dt.date.fromisoformat(value.strip())
        except ValueError:
            allowed = "a date that exists, yyyy-mm-dd"
            raise StudyError("impossible date", where=where, found=value, allowed=allowed) from None
    if not isinstance(value, dt.date):
        raise StudyError("is not a date", where=where, found=value, allowed="yyyy-mm-dd, without quotes")
    if abs(value.year - year) > 1:
        allowed = f"a date in {year}, or in the year before or after"
        raise StudyError("the date contradicts the year", where=where, found=value.isoformat(), allowed=allowed)
    return value


def _files(entries: Mapping[str, Any], file: Path) -> Mapping[str, tuple[Path, ...]]:
    found: dict[str, tuple[Path, ...]] = {}
    for name, value in entries.items():
        paths = [value] if isinstance(value, str) else value
        if not isinstance(paths, list) or not paths or not all(isinstance(p, str) and p.strip() for p in paths):
            where = f"{file}, [files], {name}"
            raise StudyError("is not a path", where=where, found=value, allowed="a path, or a list of paths")
        found[name] = tuple(_existing(p, file, f"[files], {name}") for p in paths)
    return MappingProxyType(found)


def _existing(relative: object, file: Path, key: str) -> Path:
    where = f"{file}, {key}"
    if not isinstance(relative, str) or not relative.strip() or "\0" in relative:
        raise StudyError("is not a path", where=where, found=relative, allowed="a path in quotes")
    path = (file.parent / relative).absolute()
    try:
        if path.is_file():
            return path
        folder = path.is_dir()
        near = did_you_mean(path.name, sorted(p.name for p in path.parent.iterdir())) if path.parent.is_dir() else ""
    except OSError as fault:
        raise FileMissingError(
            f"cannot be reached: {access_error(fault).message}", where=where, found=relative
        ) from None
    if folder:
        raise FileMissingError("is a folder", where=where, found=relative, allowed="the path of a file")
    near = near if near.startswith("Did") else "Put the file there, or correct the path."
    raise FileMissingError("there is no such file", where=where, found=relative, action=near)


def _instruments(entries: Mapping[str, Any], file: Path) -> Mapping[str, str | Path]:
    chosen: dict[str, str | Path] = {name: name for name in INSTRUMENTS}
    return MappingProxyType(chosen | {k: _existing(v, file, f"[instruments], {k}") for k, v in entries.items()})


def _question_maps(entries: Mapping[str, Any], files: Mapping[str, tuple[Path, ...]], file: Path) -> Mapping[str, Path]:
    exports = tuple(path.name for name in INSTRUMENTS for path in files.get(name, ()))
    for name in entries:
        _require_known(name, exports, f"{file}, [question_maps]", "export")
    return MappingProxyType({k: _existing(v, file, f"[question_maps], {k}") for k, v in entries.items()})


def _checked_hashes(entries: Mapping[str, Any], files: Mapping[str, tuple[Path, ...]], file: Path) -> Mapping[str, str]:
    paths = [path for listed in files.values() for path in listed]
    for name, expected in entries.items():
        where = f"{file}, [sha256], {name}"
        _require_known(name, tuple(dict.fromkeys(p.name for p in paths)), where, "file")
        if not isinstance(expected, str):
            raise StudyError("is not a hash", where=where, found=expected, allowed="64 figures and letters in quotes")
        for found in (hashlib.sha256(p.read_bytes()).hexdigest() for p in paths if p.name == name):
            if found != expected.strip().lower():
                action = "Fetch the file again; if the change is meant, write its new hash."
                raise StudyError("the file is not the one that was named", where=where, found=found,
                                 allowed=shortened(expected), action=action)  # fmt: skip
    return MappingProxyType(dict(entries))


def _outcome(section: Mapping[str, Any], file: Path) -> Outcome:
    where = f"{file}, [outcome]"
    return Outcome(
        name=require_text(section.get("name", "phq_overall"), "name", where),
        label=require_text(section.get("label", "Overall resilience score"), "label", where),
    )


def _predictors(entries: list[dict[str, Any]], file: Path) -> tuple[Predictor, ...]:
    predictors = []
    for position, entry in enumerate(entries, start=1):
        where = f"{file}, [[predictors]] {position}"
        require_text(entry.get("name"), "name", where)
        _require_known(entry.get("role", "exposure"), ROLES, f"{where}, role")
        allowed = entry.get("allow_part_of_outcome", False)
        if not isinstance(allowed, bool):
            raise StudyError(
                "not a switch", where=f"{where}, allow_part_of_outcome", found=allowed, allowed="true, false"
            )
        predictors.append(
            Predictor(name=entry["name"], role=entry.get("role", "exposure"), allow_part_of_outcome=allowed)
        )
    names = [p.name for p in predictors]
    twice = sorted({n for n in names if names.count(n) > 1})
    if twice:
        raise StudyError("a predictor is named twice", where=str(file), found=", ".join(twice))
    return tuple(predictors)


def _support(section: Mapping[str, Any], file: Path) -> Mapping[str, Any]:
    """Return what there is to offer, checked; the names of criteria are checked where the criteria are known."""
    where = f"{file}, [support]"
    chosen: dict[str, Any] = {}
    for key, value in section.items():
        if key == "weights":
            if not isinstance(value, dict) or not all(map(_is_amount, value.values())):
                raise StudyError("is not a table of weights", where=f"{where}, weights", found=value,
                                 allowed="criterion = number, none negative")  # fmt: skip
            chosen[key] = MappingProxyType(dict(value))
            continue
        whole = key != "places" or isinstance(value, int)
        if not _is_amount(value) or not whole or (key == "reserve" and value > 1):
            most = f"{_MOST_SUPPORT:,}"
            allowed = {"places": f"a whole number, 0 to {most}", "reserve": "a share, 0 to 1"}.get(key, f"0 to {most}")
            raise StudyError(f"'{key}' is not a possible number", where=where, found=value, allowed=allowed)
        chosen[key] = value
    if "hours" in chosen and "hours_each" not in chosen:
        raise StudyError("hours in all need the hours of each practice", where=where, action="Add hours_each.")
    return MappingProxyType(chosen)


def _is_amount(value: object) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool) and 0 <= value <= _MOST_SUPPORT


def _previous(section: Mapping[str, Any], file: Path) -> Path | None:
    value = section.get("previous_results")
    return None if value is None else _existing(value, file, "[compare], previous_results")
