"""The questionnaire as it comes back: who answered when, what is missing and why, in two formats of survey tools."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from resilience_stats.schema import Instrument, Item
from resilience_stats.synthetic.workbook import write_csv, write_workbook

ROLES = ("GP partner", "Practice manager", "Salaried GP", "Nurse or other clinician")
ROLE_P = (0.30, 0.55, 0.10, 0.05)
#: Chance that one answer is missing, by kind.
MISSING_RATES: Mapping[str, float] = {"not_answered": 0.012, "dont_know": 0.015, "not_applicable": 0.008}
#: Share of the items after which a response that is broken off stops.
BROKEN_AT = 0.4
FIELD_DAYS = 26


@dataclass(frozen=True, slots=True, kw_only=True)
class Wave:
    """The responses of one wave, in the order in which they came in.

    Attributes
    ----------
    year : int
    frame : pandas.DataFrame
        ``response_id, practice_code, practice_name, respondent_role, started_at, completed_at``.
    values : numpy.ndarray
        Coded answers as given (not reversed), shape (responses, items); -1 where missing.
    kinds : numpy.ndarray
        Kind of missing, empty text where answered; same shape.
    duplicates, broken_off : tuple of str
        Codes of practices that answered twice, and whose response was broken off.
    """

    year: int
    frame: pd.DataFrame
    values: np.ndarray
    kinds: np.ndarray
    duplicates: tuple[str, ...]
    broken_off: tuple[str, ...]


def collect_wave(
    instrument: Instrument,
    names: pd.Series,
    steps: np.ndarray,
    census: pd.Timestamp,
    rng: np.random.Generator,
    *,
    oddities: int = 0,
) -> Wave:
    """Return the responses of the practices that answered.

    Parameters
    ----------
    instrument : Instrument
    names : pandas.Series
        Names of the practices that answered, indexed by code.
    steps : numpy.ndarray
        Their answers as thresholds passed, shape (practices, items).
    census : pandas.Timestamp
        The wave closes on this day.
    rng : numpy.random.Generator
    oddities : int
        How many practices answer twice, and how many break off.
    """
    n, k = steps.shape
    again = np.sort(rng.choice(n, min(oddities, n), replace=False))
    cut = np.sort(rng.choice(np.setdiff1d(np.arange(n), again), min(oddities, n - len(again)), replace=False))
    row = np.concatenate([np.arange(n), again])
    shaken = np.where(rng.random((len(again), k)) < 0.2, rng.choice([-1, 1], (len(again), k)), 0)
    tops = np.array([len(i.options) - 1 for i in instrument.items])
    given = np.vstack([steps, np.clip(steps[again] + shaken, 0, tops)]) if len(again) else steps
    values, kinds = _with_missing(instrument, given, census.year, rng)
    stop = int(np.ceil(BROKEN_AT * k))
    values[cut, stop:], kinds[cut, stop:] = -1, "not_answered"
    frame = pd.DataFrame({"practice_code": names.index[row], "practice_name": names.to_numpy()[row]})
    frame["respondent_role"] = rng.choice(ROLES, len(row), p=ROLE_P)
    opened = max(census - pd.Timedelta(days=FIELD_DAYS), pd.Timestamp(year=census.year, month=1, day=1))
    minutes = rng.integers(0, max(1, int((census - opened).total_seconds() // 60)), len(row))
    frame["started_at"] = opened + pd.to_timedelta(minutes, unit="min")
    frame["completed_at"] = frame["started_at"] + pd.to_timedelta(rng.integers(480, 1500, len(row)), unit="s")
    order = np.argsort(frame["completed_at"].to_numpy(), kind="stable")
    codes = frame["practice_code"].to_numpy(dtype=str)
    return Wave(
        year=census.year,
        frame=frame.iloc[order].reset_index(drop=True),
        values=values[order],
        kinds=kinds[order],
        duplicates=tuple(codes[again].tolist()),
        broken_off=tuple(codes[cut].tolist()),
    )


def _with_missing(
    instrument: Instrument, steps: np.ndarray, year: int, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    drawn = rng.random(steps.shape)
    kinds = np.full(steps.shape, "", dtype="<U16")
    floor = 0.0
    for kind, rate in MISSING_RATES.items():
        kinds[(drawn >= floor) & (drawn < floor + rate)] = kind
        floor += rate
    for j, item in enumerate(instrument.items):
        if item.waves and year not in item.waves:
            kinds[:, j] = "not_asked"
    values = np.column_stack([answer_codes(item, steps[:, j]) for j, item in enumerate(instrument.items)])
    return np.where(kinds == "", values, -1), kinds


def answer_codes(item: Item, steps: np.ndarray) -> np.ndarray:
    """Return the coded answers for thresholds passed; a reversed item is answered from the other end."""
    coded = np.array([o.value for o in item.options])
    return np.asarray((coded if item.direction == 1 else coded[::-1])[steps])


def write_plain(path: Path, wave: Wave, instrument: Instrument) -> None:
    """Write a wave as a plain wide CSV with coded answers."""
    frame = wave.frame.copy()
    frame.insert(0, "response_id", [f"R{wave.year}-{i + 1:04d}" for i in range(len(frame))])
    for when in ("started_at", "completed_at"):
        frame[when] = frame[when].dt.strftime("%Y-%m-%d %H:%M:%S")
    frame["wave"] = wave.year
    items = {item.id: _texts(item, wave, j, labels=False) for j, item in enumerate(instrument.items)}
    write_csv(path, pd.concat([frame, pd.DataFrame(items)], axis=1))


def write_forms(path: Path, wave: Wave, instrument: Instrument) -> None:
    """Write a wave as Microsoft Forms exports it: questions (with hard spaces) as headers, labels as answers."""
    head = ["ID", "Start time", "Completion time", "Email", "Name", "Practice code", "Practice name", "Your role"]
    questions = [" ".join(item.text.split(" ")[:-1]) + "\u00a0" + item.text.split(" ")[-1] for item in instrument.items]
    answers = [_texts(item, wave, j, labels=True) for j, item in enumerate(instrument.items)]
    rows: list[list[object]] = [[*head, *questions]]
    for i, r in enumerate(wave.frame.itertuples(index=False)):
        code = str(r.practice_code).lower() + " " if i % 23 == 7 else r.practice_code
        about = [i + 1, r.started_at, r.completed_at, "anonymous", None, code, r.practice_name, r.respondent_role]
        rows.append([*about, *(column[i] or None for column in answers)])
    write_workbook(path, {"Sheet1": rows})


def _texts(item: Item, wave: Wave, j: int, *, labels: bool) -> list[str]:
    shown = {o.value: o.label if labels else str(o.value) for o in item.options}
    return [
        shown[v] if not kind else missing_text(item, kind, labels=labels)
        for v, kind in zip(wave.values[:, j].tolist(), wave.kinds[:, j].tolist(), strict=True)
    ]


def missing_text(item: Item, kind: str, *, labels: bool) -> str:
    """Return the text that stands for a kind of missing in a file: the longest in words, the shortest in codes."""
    texts = sorted((t for t, k in item.missing.items() if k == kind), key=len)
    if not texts or kind == "not_answered":
        return ""
    return texts[-1] if labels else texts[0]
