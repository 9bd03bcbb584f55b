"""`apply_policy`: analysis results in, disclosed rows and the audit out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pandas as pd

from resilience_stats.disclosure.cells import (
    MODELLED,
    Key,
    System,
    base_key,
    build_system,
    lists_of_practices,
    practices_of,
)
from resilience_stats.disclosure.frame import AUDIT_COLUMNS, ROUNDED, WITHHELD, DisclosedFrame
from resilience_stats.disclosure.identity import hide_identity
from resilience_stats.disclosure.policy import Policy, read_policy
from resilience_stats.disclosure.precision import released_value
from resilience_stats.disclosure.primary import Findings, primary
from resilience_stats.disclosure.process import process_findings, released_process, telling_records
from resilience_stats.disclosure.rounding import round_half_up, rounded, wilson
from resilience_stats.disclosure.secondary import extend, is_small
from resilience_stats.disclosure.statistics import statistic
from resilience_stats.errors import DisclosureError
from resilience_stats.results.rows import INNER_COLUMNS, ROW_COLUMNS

_NUMBERS = ["value", "conf_low", "conf_high", "n"]
#: Kinds that hold no number of people; their n, if they have one, is protected like any other.
_BESIDE = frozenset({"tally", "record", "days", "text", "note"})
#: Statistics of a comparison of groups: with the whole, they tell the share of each group.
_COMPARING = frozenset(
    {"smd", "smd_weighted", "effect_size", "effect", "estimate", "odds_ratio", "kappa", "chi_square", "test_statistic",
     "p_value", "p_adjusted"}
)  # fmt: skip
_NONE_OF_FEW = ("none-of-few", "it says the same of each of a few")
_TEXT = ("chapter", "output", "group", "term", "statistic", "disclosure", "part_of", "cell")


def apply_policy(
    rows: pd.DataFrame | DisclosedFrame, policy: Policy | str | Mapping[str, Any] = "board"
) -> DisclosedFrame:
    """Return what may be shown of `rows`.

    Parameters
    ----------
    rows : pandas.DataFrame
        Analysis results: `ROW_COLUMNS`, and `INNER_COLUMNS` where they apply. Give all rows of a release at once: what
        one table hides, another must not show.
    policy : Policy, str or mapping
        A policy, the name of a preset, or the settings of a study.

    Returns
    -------
    DisclosedFrame
        Rows in the order given; withheld ones hold ``"[c]"`` and no numbers. The audit names every row withheld or
        changed.

    Raises
    ------
    DisclosureError
        If a column is missing, a statistic is unknown, or rows already released under one policy are given another.

    Notes
    -----
    Primary suppression, then secondary suppression, then rounding, then identity. What is withheld depends on the set
    of rows, not on their order; rows that have been released stay as they are. A higher threshold never shows a row
    that a lower one withholds: the numbers withheld at each threshold are built on those withheld at the thresholds
    below it. A zero that is shown elsewhere is withheld where it is part of a number too small to be shown: that nobody
    of three answered says of each of the three that they did not. Where zeros are withheld, so is whatever would be
    withheld were they shown: a stricter edition tells a reader of a laxer one nothing new. A comparison of groups goes
    where the share or count of one of them goes. With
    rounding, a total is the sum of its rounded parts where all of them are shown, and a share is the quotient of
    rounded numbers with Wilson's interval; `precision` says how many digits of other values leave.

    Examples
    --------
    >>> from resilience_stats.results.rows import make_rows
    >>> rows = make_rows("participation", "by_place", group=["North", "South", "West", "All"], term="Responded",
    ...                  value=[3, 9, 20, 32])
    >>> apply_policy(rows, "board").rows[["group", "value", "disclosure"]].values.tolist()
    [['North', nan, '[c]'], ['South', nan, '[c]'], ['West', 20.0, ''], ['All', 32.0, '']]
    """
    settings = read_policy(policy)
    if isinstance(rows, DisclosedFrame):
        if replace(rows.policy, pseudonym_key="") == replace(settings, pseudonym_key=""):
            return rows
        raise DisclosureError(
            "these rows were released under another policy", found=rows.policy.name, action="Start from the rows."
        )
    held = _checked(rows)
    if settings.rounding_base > 1 and (held["disclosure"] == ROUNDED).any():
        return DisclosedFrame(held[list(ROW_COLUMNS)], settings, pd.DataFrame(columns=list(AUDIT_COLUMNS)))
    findings = {**process_findings(held, settings), **primary(held, settings)}
    system = build_system(held)
    hidden = _withheld_numbers(held, system, settings) if settings.secondary else frozenset()
    for i, finding in _secondary(held, system, hidden, settings).items():
        findings.setdefault(i, finding)
    for i, finding in telling_records(held, {system.values[key] for key in hidden & set(system.stages)}).items():
        findings.setdefault(i, finding)
    findings.update(_comparisons(held, findings))
    return _release(held, settings, findings, system, hidden)


def _checked(rows: pd.DataFrame) -> pd.DataFrame:
    missing = [name for name in ROW_COLUMNS if name not in rows.columns and name != "disclosure"]
    if missing:
        raise DisclosureError("rows lack columns", where="apply_policy", found=missing, allowed=", ".join(ROW_COLUMNS))
    held = rows.reindex(columns=[*ROW_COLUMNS, *INNER_COLUMNS]).reset_index(drop=True)
    for name in _TEXT:
        held[name] = held[name].astype(object).where(held[name].notna(), "").astype(str)
    for name in ("conf_low", "conf_high", "n", "practices"):
        held[name] = pd.to_numeric(held[name]).astype(float)
    held["value"] = _numbers_if_possible(held["value"])
    for name in sorted(set(held["statistic"])):
        statistic(name)
    return held.drop_duplicates(ignore_index=True)


def _numbers_if_possible(column: pd.Series) -> pd.Series:
    """Return floats where no cell is text; else objects, None where there is no value."""
    if any(isinstance(value, str) for value in column):
        return column.astype(object).where(column.notna(), None)
    return pd.to_numeric(column).astype(float)


def _withheld_numbers(rows: pd.DataFrame, system: System, policy: Policy) -> frozenset[Key]:
    """Return every number to hide at the policy's thresholds, built up from the lower ones (see `apply_policy`)."""
    behind = rows["practices"].dropna()
    met = {int(v) + 1 for v in behind if v < policy.practice_threshold - 1}
    steps = sorted({0, policy.practice_threshold} | met)
    hidden: frozenset[Key] = frozenset()
    for zeros in ("shown", "withheld") if policy.zeros == "withheld" else ("shown",):
        cleared: set[Key] = set()
        below: dict[int, frozenset[Key]] = dict.fromkeys(steps, frozenset())
        for people in range(min(2, policy.threshold), policy.threshold + 1):
            before = hidden if people == policy.threshold else frozenset()
            for practices in steps:
                level = replace(policy, threshold=people, practice_threshold=practices, zeros=zeros)
                first = _numbers_of(rows, system, level) | below[practices] | before
                before = extend(system, first, threshold=people, zeros=zeros, cleared=cleared)
                same = frozenset().union(*(system.stages[key] for key in before & set(system.stages)))
                if same - before:
                    before = extend(system, before | same, threshold=people, zeros=zeros, cleared=cleared)
                below[practices] = before
        hidden = below[policy.practice_threshold]
    return hidden


def _numbers_of(rows: pd.DataFrame, system: System, policy: Policy) -> frozenset[Key]:
    hidden = set()
    kinds = [statistic(name).kind for name in rows["statistic"]]
    for i, (rule, _) in primary(rows, policy).items():
        if i in system.number_of and rule in ("few-people", "few-practices"):
            hidden.add(system.number_of[i])
        elif i in system.base_of and rule == "few-practices" and kinds[i] not in MODELLED:
            hidden.add(system.base_of[i])
    bases = set(system.base_of.values())
    hidden |= {key for key in bases if is_small(system.values[key], policy.threshold, policy.zeros)}
    return frozenset(hidden | _zeros_of_few(system, policy))


def _zeros_of_few(system: System, policy: Policy) -> set[Key]:
    """Return the zeros that say the same of each of a few; not those of which nobody at all is counted."""
    few = {
        part
        for part, whole in system.of_group
        if system.values[part] == 0
        and (0 < system.values[whole] < policy.threshold or 0 < practices_of(whole) < policy.practice_threshold)
    }
    sums = (e for e in system.equations if system.values[e.total] == 0 and len(e.parts) > 1)
    nobody = {part for e in sums for part in e.parts}
    return few - nobody - system.unprinted


def _secondary(rows: pd.DataFrame, system: System, hidden: frozenset[Key], policy: Policy) -> Findings:
    found: Findings = {}
    nobody = (rows["value"] == 0) & (policy.zeros == "shown")
    for i, name in enumerate(rows["statistic"]):
        number = system.number_of.get(i)
        if number in hidden:
            none = number is not None and system.values[number] == 0
            found[i] = _NONE_OF_FEW if none else ("secondary", "a withheld number could be worked out from it")
        elif system.base_of.get(i) in hidden and not (
            statistic(name).kind == "count" or (statistic(name).kind == "share" and nobody[i])
        ):
            found[i] = ("secondary", "its n would give a withheld number away")
    return found


def _comparisons(rows: pd.DataFrame, findings: Findings) -> Findings:
    """Return the comparisons to withhold: those of an output and term of which a share or count is withheld."""
    place = list(zip(rows["chapter"], rows["output"], rows["term"], strict=True))
    kinds = [statistic(name).kind for name in rows["statistic"]]
    gone = {place[i] for i in findings if kinds[i] in ("count", "share") and place[i][2]}
    reason = ("comparison", "the withheld share of a group could be worked out from it")
    return {
        i: reason
        for i, name in enumerate(rows["statistic"])
        if i not in findings and name in _COMPARING and place[i] in gone
    }


def _release(
    rows: pd.DataFrame, policy: Policy, findings: Findings, system: System, hidden: frozenset[Key]
) -> DisclosedFrame:
    held = rows.copy()
    bases = [i for i, key in system.base_of.items() if key in hidden and i not in findings]
    bases += [i for i in _beside(rows, hidden, policy) if i not in findings]
    held = _rounded(held, policy, findings, system, hidden)
    held.loc[bases, ["conf_low", "conf_high", "n"]] = float("nan")  # the interval of a share of 0 depends on n alone
    withheld = sorted(findings)
    held.loc[withheld, _NUMBERS] = float("nan")
    held.loc[withheld, "disclosure"] = WITHHELD
    audit = [_entry(rows, i, rule, reason) for i, (rule, reason) in findings.items()]
    audit += [_entry(rows, i, "n-withheld", "its n would give a withheld number away") for i in bases]
    lists = _telling_lists(rows, hidden)
    audit += [_entry(rows, i, "list-withheld", "how many practices it lists is withheld") for i in lists]
    merged = [i for i in _merged_stages(rows, system, findings, hidden) if i not in lists]
    audit += [_entry(rows, i, "stage-merged", "the n of what is said of those who reached it tells it") for i in merged]
    held = held.drop(index=[*lists, *merged])  # before names are given: the highest "Practice 020" would count them too
    place = list(held.index)
    held, done = hide_identity(held.reset_index(drop=True), policy)
    audit += [_entry(rows, place[i], rule, reason) for i, rule, reason in done]
    held["value"] = _numbers_if_possible(held["value"])
    frame = pd.DataFrame(audit, columns=list(AUDIT_COLUMNS))
    frame = frame.sort_values(list(AUDIT_COLUMNS), ignore_index=True)
    return DisclosedFrame(held[list(ROW_COLUMNS)].reset_index(drop=True), policy, frame)


def _entry(rows: pd.DataFrame, i: int, rule: str, reason: str) -> tuple[str, str, str, str]:
    parts = [str(rows.at[i, name]) for name in ("chapter", "group", "term", "statistic")]
    return str(rows.at[i, "output"]), rule, " / ".join(part for part in parts if part), reason


def _beside(rows: pd.DataFrame, hidden: frozenset[Key], policy: Policy) -> list[int]:
    """Return the rows that hold no number of people themselves, but an n that is small or withheld elsewhere."""
    held = []
    for i, (name, group, n) in enumerate(zip(rows["statistic"], rows["group"], rows["n"], strict=True)):
        if statistic(name).kind in _BESIDE and n == n:
            number = round(n)
            if is_small(number, policy.threshold, policy.zeros) or base_key(group, number) in hidden:
                held.append(i)
    return held


def _merged_stages(rows: pd.DataFrame, system: System, findings: Findings, hidden: frozenset[Key]) -> list[int]:
    """Return the stages that cannot be withheld, because a model's n is shown: they are left out, and no loss told."""
    bases = {key[:3] for key in set(system.base_of.values()) - hidden}
    stages = [i for i in sorted(findings) if rows.at[i, "statistic"] == "stage" and i in system.number_of]
    return [i for i in stages if base_key("", system.values[system.number_of[i]]) in bases]


def _telling_lists(rows: pd.DataFrame, hidden: frozenset[Key]) -> list[int]:
    """Return the rows of lists of practices that a reader need only count: even withheld rows would be counted."""
    told = {place for place, key in lists_of_practices(rows).items() if key in hidden}
    places = zip(rows["chapter"], rows["output"], rows["group"], rows["statistic"], strict=True)
    return [
        i for i, (*place, name) in enumerate(places)
        if statistic(name).kind == "score" and not told.isdisjoint({tuple(place), tuple(place[:2])})
    ]  # fmt: skip


def _rounded(
    rows: pd.DataFrame, policy: Policy, findings: Findings, system: System, hidden: frozenset[Key]
) -> pd.DataFrame:
    columns: dict[str, list[Any]] = {name: rows[name].tolist() for name in (*_NUMBERS, "disclosure")}
    if policy.rounding_base > 1:
        shown = _rounded_numbers(system, hidden, policy)
        totals = _totals(system, shown)
        for i, name in enumerate(rows["statistic"]):
            if i not in findings and statistic(name).kind != "score":
                _round_row(columns, i, name, policy, system, shown, totals)
    for i, name in enumerate(rows["statistic"]):
        for column in ("value", "conf_low", "conf_high"):
            if isinstance(columns[column][i], float):
                columns[column][i] = released_value(name, columns[column][i], policy)
    return rows.assign(**{name: pd.Series(held, dtype=rows[name].dtype) for name, held in columns.items()})


def _round_row(
    columns: dict[str, list[Any]],
    i: int,
    name: str,
    policy: Policy,
    system: System,
    shown: dict[Key, int],
    totals: dict[int, int],
) -> None:
    kind, value = statistic(name).kind, columns["value"][i]
    n, number = columns["n"][i], system.number_of.get(i)
    if n == n:
        key = system.base_of.get(i)
        columns["n"][i] = float(totals.get(round(n), rounded(round(n), policy)) if key is None else shown[key])
    if kind in ("record", "note"):
        columns["value"][i] = released_process(name, value, policy, totals)
    elif kind == "count" and number is not None:
        columns["value"][i] = shown[number]
    elif kind == "df" and value == value:
        columns["value"][i] = round_half_up(round(float(value)), policy.rounding_base)
    elif kind == "share" and number is not None and columns["n"][i] > 0:
        _round_share(columns, i, shown[number])
    if kind in ("record", "note") or kind not in _BESIDE or n == n:
        columns["disclosure"][i] = ROUNDED


def _round_share(columns: dict[str, list[Any]], i: int, count: int) -> None:
    whole = round(columns["n"][i])
    part = min(count, whole)
    columns["value"][i] = part / whole
    if columns["conf_low"][i] == columns["conf_low"][i]:
        columns["conf_low"][i], columns["conf_high"][i] = wilson(part, whole)


def _rounded_numbers(system: System, hidden: frozenset[Key], policy: Policy) -> dict[Key, int]:
    """Return the rounded numbers; a total is the sum of its rounded parts where every part is shown."""
    shown = {key: rounded(number, policy) for key, number in system.values.items()}
    if policy.rounding != "nearest" or not policy.secondary:
        return shown
    whole = [e for e in system.equations if not any(p in hidden or p in system.unprinted for p in e.parts)]
    for equation in sorted((e for e in whole if len(e.parts) > 1), key=lambda e: len(e.parts)):
        shown[equation.total] = sum(shown[part] for part in equation.parts)
    for equation in (e for e in whole if len(e.parts) == 1):
        shown[equation.parts[0]] = shown[equation.total]  # the same people under another name
    return shown


def _totals(system: System, shown: dict[Key, int]) -> dict[int, int]:
    """Return what is shown of each number that is a total, so that it is not shown in a second way."""
    return {system.values[e.total]: shown[e.total] for e in system.equations if len(e.parts) > 1}
