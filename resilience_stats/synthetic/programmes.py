"""Who was supported, how, and what became of practices in special measures."""

from __future__ import annotations

import numpy as np
import pandas as pd

from resilience_stats.schema import load_codes

#: Noise in choosing practices for GPRP, in standard deviations of the observed score.
CHOICE_NOISE = 0.3
GPRP_SUPPORT = (
    "diagnostic",
    "coaching",
    "manager_capacity",
    "specialist_hr",
    "specialist_finance",
    "change_management",
)
GPDP_SUPPORT = ("rat", "financial_mot", "motivational_mapping")


def choose_supported(score: np.ndarray, eligible: np.ndarray, count: int, rng: np.random.Generator) -> np.ndarray:
    """Return who is chosen for GPRP: the lowest observed scores, with some noise, among those eligible.

    Parameters
    ----------
    score : numpy.ndarray
        Observed overall score at the previous wave.
    eligible : numpy.ndarray of bool
        Practices that answered then and are still there.
    count : int
        How many are supported.
    """
    spread = np.std(score[eligible]) if eligible.any() else 1.0
    seen = score + CHOICE_NOISE * spread * rng.standard_normal(len(score))
    order = np.argsort(np.where(eligible, seen, np.inf), kind="stable")
    chosen = np.zeros(len(score), dtype=bool)
    chosen[order[: min(count, int(eligible.sum()))]] = True
    return chosen


def programme_table(
    codes: np.ndarray,
    supported: np.ndarray,
    resilience: np.ndarray,
    waves: tuple[pd.Timestamp, pd.Timestamp],
    rng: np.random.Generator,
) -> pd.DataFrame:
    """Return the programme table: GPRP for the supported, the other programmes for some of the rest."""
    before, now = waves
    rest = np.flatnonzero(~supported)
    by_strength = rest[np.argsort(-resilience[rest] + 0.5 * rng.standard_normal(len(rest)), kind="stable")]
    share = max(1, round(len(codes) / 13))
    rows = [_spell(codes[i], "GPRP", GPRP_SUPPORT, before, now, rng) for i in np.flatnonzero(supported)]
    rows += [_spell(codes[i], "GPDP", GPDP_SUPPORT, before, now, rng) for i in np.sort(by_strength[:share])]
    for programme, kinds in (("Business Fundamentals", ("course",)), ("mentoring", ("coaching", "peer_support"))):
        picked = np.sort(rng.choice(len(codes), min(share, len(codes)), replace=False))
        rows += [_spell(codes[i], programme, kinds, before, now, rng) for i in picked]
    columns = ["practice_code", "programme", "offered_on", "started_on", "ended_on", "status", "support_type"]
    return pd.DataFrame(rows, columns=columns)


def _spell(
    code: str, programme: str, kinds: tuple[str, ...], before: pd.Timestamp, now: pd.Timestamp, rng: np.random.Generator
) -> tuple[object, ...]:
    # Support fits between the waves, so that the score before is before and the score after is after.
    offered = before + pd.Timedelta(days=int(rng.integers(14, 60)))
    started = offered + pd.Timedelta(days=int(rng.integers(7, 40)))
    ended = started + pd.Timedelta(days=int(rng.integers(60, max(61, (now - started).days - 30))))
    status = str(rng.choice(["completed", "active", "withdrawn"], p=(0.85, 0.08, 0.07)))
    support = str(rng.choice(kinds))
    return code, programme, offered, started, pd.NaT if status == "active" else ended, status, support


def special_measures_table(
    codes: np.ndarray, resilience: np.ndarray, waves: tuple[pd.Timestamp, pd.Timestamp], rng: np.random.Generator
) -> pd.DataFrame:
    """Return the special-measures register: a few practices, mostly of low resilience, with their outcomes."""
    before, now = waves
    count = min(len(codes), max(1, round(4 * len(codes) / 197)))
    order = np.argsort(resilience + 0.5 * rng.standard_normal(len(codes)), kind="stable")[:count]
    outcomes = load_codes("special_measures_outcomes").ids
    waiting = {"awaiting_reinspection", "early_withdrawal", "gp_retired_or_resigned", "other"}
    likely = [o for o in outcomes if o.startswith("reinspected_")]
    rows = []
    for k, i in enumerate(np.sort(order)):
        entered = before - pd.Timedelta(days=int(rng.integers(0, 120)))
        offered = entered + pd.Timedelta(days=int(rng.integers(7, 30)))
        accepted = offered + pd.Timedelta(days=int(rng.integers(3, 30))) if rng.random() < 0.66 else pd.NaT
        outcome = "awaiting_reinspection" if k == count - 1 else str(rng.choice(likely))
        seen = pd.NaT if outcome in waiting else entered + pd.Timedelta(days=int(rng.integers(170, 220)))
        rows.append((codes[i], entered, offered, accepted, seen if pd.isna(seen) or seen <= now else now, outcome))
    columns = ["practice_code", "entered_on", "support_offered_on", "support_accepted_on", "reinspected_on", "outcome"]
    return pd.DataFrame(rows, columns=columns)
