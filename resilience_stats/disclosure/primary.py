"""Primary suppression: rows that must not be shown because of what they say themselves."""

from __future__ import annotations

import numpy as np
import pandas as pd

from resilience_stats.disclosure.policy import Policy
from resilience_stats.disclosure.secondary import is_small
from resilience_stats.disclosure.statistics import Statistic, statistic

#: Position of a row -> (rule, reason).
Findings = dict[int, tuple[str, str]]
_MODEL_KINDS = frozenset({"coefficient"})


def primary(rows: pd.DataFrame, policy: Policy) -> Findings:
    """Return the rows to withhold for their own sake, with rule and reason.

    Notes
    -----
    Rules: ``few-people`` (a count, an n, a share's count or what is left of it below the threshold), ``few-practices``,
    ``one-practice`` (a minimum or maximum), ``model-without-n`` and ``model-without-df`` (an estimate whose output
    states no n, or no or too few residual degrees of freedom), ``withheld-before``. Where small counts become 0, a
    count is never withheld, and a share only where its n becomes 0.

    Examples
    --------
    >>> from resilience_stats.results.rows import make_rows
    >>> primary(make_rows("a", "b", value=[3, 12]), Policy.preset("board"))
    {0: ('few-people', 'the number is below 5')}
    """
    found: Findings = {}
    specs = [statistic(name) for name in rows["statistic"]]
    value = pd.to_numeric(rows["value"], errors="coerce").to_numpy(dtype=float)
    n, practices = (rows[name].to_numpy(dtype=float) for name in ("n", "practices"))
    df = _residual_df(rows, value)
    before = rows["disclosure"].to_list()
    for i, spec in enumerate(specs):
        if before[i] == "[c]":
            found[i] = ("withheld-before", "withheld before this policy was applied")
            continue
        reason = _few(spec, value[i], n[i], practices[i], policy) if spec.protected else None
        if reason is None and spec.kind in _MODEL_KINDS and _protects(policy):
            reason = _model(n[i], df[i], policy)
        if reason is None and spec.kind == "extreme" and policy.identity != "shown":
            reason = ("one-practice", "a minimum or maximum describes one practice")
        if reason is not None:
            found[i] = reason
    return found


def _protects(policy: Policy) -> bool:
    return policy.threshold > 0 or policy.rounding_base > 1


def _few(spec: Statistic, value: float, n: float, practices: float, policy: Policy) -> tuple[str, str] | None:
    if spec.kind == "score":
        return None
    least = policy.threshold
    zeroed = policy.small == "zero"
    if policy.zeros == "shown" and value == 0 and spec.kind in ("count", "share") and not (zeroed and n < least):
        return None  # of a few, a zero goes with their number: see `apply_policy`
    if zeroed and spec.kind == "count":
        return None
    numbers = [("n", n)]
    if spec.kind == "count":
        numbers.append(("the number", value))
    if spec.kind == "share" and n >= 0 and value == value and not zeroed:
        numbers += [("the number in the share", round(value * n)), ("what is left of n", n - round(value * n))]
    for name, number in numbers:
        if number == number and is_small(round(number), least, policy.zeros):
            return "few-people", f"{name} is below {least}"
    if practices == practices and is_small(round(practices), policy.practice_threshold, policy.zeros):
        return "few-practices", f"fewer than {policy.practice_threshold} practices stand behind it"
    return None


def _model(n: float, df: float, policy: Policy) -> tuple[str, str] | None:
    if n != n:
        return "model-without-n", "an estimate must travel with its n"
    if df != df:
        return "model-without-df", "an estimate must travel with the residual degrees of freedom of its model"
    if df < policy.minimum_residual_df:
        return "model-without-df", f"fewer than {policy.minimum_residual_df} residual degrees of freedom"
    return None


def _residual_df(rows: pd.DataFrame, value: np.ndarray) -> list[float]:
    """Return for each row the smallest residual df stated in its output and group, or in its output."""
    stated: dict[tuple[str, ...], float] = {}
    keys = list(zip(rows["chapter"], rows["output"], rows["group"], strict=True))
    for key, name, number in zip(keys, rows["statistic"], value, strict=True):
        if name == "df_residual" and number == number:
            for place in (key, key[:2]):
                stated[place] = min(stated.get(place, float("inf")), number)
    return [stated.get(key, stated.get(key[:2], float("nan"))) for key in keys]
