"""The arrays behind relative importance, and what one set of row weights makes of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from resilience_stats.errors import ModelError, require_choice
from resilience_stats.models.inputs import Design
from resilience_stats.stats import importance
from resilience_stats.stats.least_squares import least_squares
from resilience_stats.stats.logistic_subsets import pseudo_r2, subset_log_likelihood
from resilience_stats.stats.resampling import draw_rows

#: Methods that average over subsets of the predictors, and those in closed form for linear models only.
BY_SUBSETS = {"lmg": importance.lmg, "first": importance.first, "last": importance.last}
CLOSED_FORM = {
    "pratt": importance.pratt,
    "beta_squared": importance.squared_coefficients,
    "genizi": importance.relative_weights,
    "car": importance.car_scores,
}
#: 2^20 subsets take a second; each further group doubles time and memory.
MAX_GROUPS = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """Arrays of the question, and how to turn row weights into R2 of every subset."""

    x: np.ndarray
    y: np.ndarray
    names: tuple[str, ...]
    groups: tuple[tuple[int, ...], ...]
    always: tuple[int, ...]
    measure: str
    method: str
    base: np.ndarray
    members: tuple[np.ndarray, ...] | None


def build_problem(
    design: Design,
    predictors: Sequence[str],
    always: Sequence[str],
    groups: Mapping[str, Sequence[str]] | None,
    family: str,
    measure: str | None,
    method: str,
    weights: str | None,
    cluster: str | None,
) -> Problem:
    """Return the arrays of the question, columns centred, after checking that it can be answered."""
    base = np.ones(len(design.y)) if weights is None else design.extra[weights].to_numpy(dtype=float)
    least_squares(design.x, design.y, weights=base, names=design.terms)
    names, columns = _groups(design, predictors, groups)
    measure = measure or ("r2" if family == "gaussian" else "mcfadden")
    require_choice(measure, ("r2",) if family == "gaussian" else ("mcfadden", "nagelkerke", "cox_snell"), "measure")
    kept = tuple(j - 1 for j, s in enumerate(design.sources) if s in always)
    _check(method, family, names, columns, kept, design.y)
    codes = None if cluster is None else np.unique(design.extra[cluster].to_numpy(), return_inverse=True)[1]
    members = None if codes is None else tuple(np.flatnonzero(codes == g) for g in range(int(codes.max()) + 1))
    mean = base @ design.x[:, 1:] / base.sum()
    y = design.y - base @ design.y / base.sum() if family == "gaussian" else design.y
    return Problem(
        x=design.x[:, 1:] - mean,
        y=y,
        names=names,
        groups=columns,
        always=kept,
        measure=measure,
        method=method,
        base=base,
        members=members,
    )


def _groups(
    design: Design, predictors: Sequence[str], groups: Mapping[str, Sequence[str]] | None
) -> tuple[tuple[str, ...], tuple[tuple[int, ...], ...]]:
    given = {name: list(members) for name, members in (groups or {}).items()}
    listed = [m for members in given.values() for m in members]
    unknown = [m for m in listed if m not in predictors]
    if unknown or len(set(listed)) != len(listed):
        raise ModelError(
            "groups must hold predictors, each once",
            where="argument groups",
            found=unknown or listed,
            allowed=", ".join(predictors),
        )
    group_of = {member: name for name, members in given.items() for member in members}
    names = tuple(dict.fromkeys(group_of.get(p, p) for p in predictors))
    sources = [group_of.get(s, s) for s in design.sources]
    return names, tuple(tuple(j - 1 for j, s in enumerate(sources) if s == name) for name in names)


def _check(
    method: str,
    family: str,
    names: tuple[str, ...],
    columns: tuple[tuple[int, ...], ...],
    always: tuple[int, ...],
    y: np.ndarray,
) -> None:
    if family == "binomial" and not set(np.unique(y)) == {0.0, 1.0}:
        raise ModelError(
            "the outcome of a binomial model must be 0 or 1 and take both values", where="argument outcome"
        )
    if method in BY_SUBSETS and len(names) > MAX_GROUPS:
        raise ModelError(
            f"{method} averages over 2^{len(names)} subsets",
            where="argument predictors",
            found=f"{len(names)} groups",
            allowed=f"{MAX_GROUPS} or fewer",
            action="Join predictors in groups, or use method='genizi'.",
        )
    if method in CLOSED_FORM and (family != "gaussian" or always):
        raise ModelError(f"{method} exists for linear models without `always` only", where="argument method")
    if method == "beta_squared" and any(len(c) > 1 for c in columns):
        raise ModelError("squared coefficients of a group have no meaning", where="argument method")


def resampled(problem: Problem, generators: list[np.random.Generator]) -> np.ndarray:
    """Return `statistics` of one bootstrap sample per generator."""
    n = len(problem.y)
    rows = (draw_rows(rng, n, members=problem.members) for rng in generators)
    return statistics(problem, np.stack([np.bincount(r, minlength=n) for r in rows]) * problem.base)


def statistics(problem: Problem, counts: np.ndarray, known: np.ndarray | None = None) -> np.ndarray:
    """Return the method's estimate of every group, R2 of the full model and of `always` last; shape (b, g + 2).

    `known` is R2 of all subsets under `counts`, where the caller has it.
    """
    if problem.method in CLOSED_FORM:
        gram = importance.weighted_gram(np.column_stack([problem.x, problem.y]), counts)
        by_column = CLOSED_FORM[problem.method](gram)
        value = np.stack([by_column[list(c)].sum(axis=0) for c in problem.groups])
        full = np.sum(importance.pratt(gram), axis=0)
        return np.vstack([value, full, np.zeros_like(full)]).T
    size = importance.resamples_at_once(problem.x.shape[1], len(problem.groups))
    parts = []
    for start in range(0, len(counts), size):
        r2 = all_subsets(problem, counts[start : start + size]) if known is None else known
        parts.append(np.vstack([BY_SUBSETS[problem.method](r2), r2[-1], r2[0]]).T)
    return np.concatenate(parts)


def all_subsets(problem: Problem, counts: np.ndarray) -> np.ndarray:
    """Return R2 of every subset of the groups under each set of row weights, shape (2**g, b)."""
    if problem.measure == "r2":
        gram = importance.weighted_gram(np.column_stack([problem.x, problem.y]), counts)
        return importance.subset_r2(gram, problem.groups, problem.always)
    g, q = len(problem.groups), problem.x.shape[1]
    member = np.zeros((2**g, q + 1), dtype=bool)
    member[:, [0, *(j + 1 for j in problem.always)]] = True
    for j, columns in enumerate(problem.groups):
        holds = (np.arange(2**g) >> j) & 1 == 1
        member[np.ix_(holds, [c + 1 for c in columns])] = True
    x = np.column_stack([np.ones(len(problem.y)), problem.x])
    value = subset_log_likelihood(x, problem.y, member, counts)
    alone = np.zeros((1, q + 1), dtype=bool)
    alone[0, 0] = True
    null = value[:1] if not problem.always else subset_log_likelihood(x, problem.y, alone, counts)
    return pseudo_r2(value, null, counts.sum(axis=1), problem.measure)
