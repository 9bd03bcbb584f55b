"""Lay a fitted factor model out as frames: estimates, fit, indices, scores."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from scipy import stats

from resilience_stats.models.cfa_inputs import CfaInput
from resilience_stats.results import Note, note
from resilience_stats.results.tidy import tidy_frame
from resilience_stats.stats.cfa_measures import FactorFit
from resilience_stats.stats.cfa_modification import Pieces, modification_indices
from resilience_stats.stats.cfa_scores import continuous_scores, ordinal_scores
from resilience_stats.stats.cfa_standardise import residual_variances, standardise
from resilience_stats.stats.cfa_structure import Matrices, Structure, fill
from resilience_stats.stats.missing_ml import Patterns

_OPERATORS = {"lambda": "=~", "theta": "~~", "psi": "~~", "nu": "~1", "alpha": "~1", "tau": "|", "delta": "~*~"}


def estimates_frame(
    fit: FactorFit, given: CfaInput, covariance: np.ndarray, robust: np.ndarray, conf_level: float
) -> pd.DataFrame:
    """Return one row per cell of the model, in lavaan's order, residual variances of ordinal items included."""
    structure, theta = fit.structure, fit.solution.theta
    names = [cell_names(structure, given, k) for k in range(len(structure.matrix))]
    by_factor, by_all = standardise(structure, theta)
    used = structure.free >= 0
    value = np.where(used, theta[structure.free], structure.value)
    error = {
        label: np.where(used, np.sqrt(np.maximum(np.diag(matrix), 0.0))[structure.free], 0.0)
        for label, matrix in (("std_error", covariance), ("std_error_robust", robust))
    }
    frame = pd.DataFrame(
        {"estimate": value, **error, "std_lv": by_factor, "std_all": by_all, "free": used, "cell": structure.matrix}
    )
    frame[["lhs", "op", "rhs", "group"]] = names
    frame = _with_residuals(frame, structure, theta, given)
    z = np.where(frame["free"], frame["estimate"] / frame["std_error"].where(frame["std_error"] > 0), np.nan)
    reach = stats.norm.ppf(0.5 + conf_level / 2.0) * frame["std_error"]
    return tidy_frame(
        term=[term_of(*row) for row in frame[["lhs", "op", "rhs", "group"]].itertuples(index=False)],
        estimate=frame["estimate"],
        std_error=frame["std_error"],
        statistic=z,
        df=np.where(frame["free"], np.inf, np.nan),
        p_value=2.0 * stats.norm.sf(np.abs(z)),
        conf_low=frame["estimate"] - reach,
        conf_high=frame["estimate"] + reach,
        **{
            c: frame[c].to_numpy()
            for c in ("std_lv", "std_all", "std_error_robust", "lhs", "op", "rhs", "group", "free")
        },
    )


def cell_names(structure: Structure, given: CfaInput, k: int) -> tuple[str, str, str, str]:
    """Return (lhs, op, rhs, group) of a cell."""
    name, i, j = structure.matrix[k], int(structure.row[k]), int(structure.column[k])
    op, group = _OPERATORS[name], given.labels[int(structure.group[k])]
    items, factors = given.items, given.factors
    if name == "lambda":
        return factors[j], op, items[i], group
    if name == "psi":
        return factors[i], op, factors[j], group
    if name == "tau":
        first = int(np.searchsorted(structure.threshold_item, i))
        return items[i], op, f"t{j - first + 1}", group
    if name in ("nu", "alpha"):
        return (items if name == "nu" else factors)[i], op, "", group
    return items[i], op, items[j], group


def term_of(lhs: str, op: str, rhs: str, group: str) -> str:
    """Return the label of a row, e.g. ``visual =~ x1 [Pasteur]``.

    Examples
    --------
    >>> term_of("visual", "=~", "x1", "Pasteur")
    'visual =~ x1 [Pasteur]'
    """
    return " ".join(x for x in (lhs, op, rhs, f"[{group}]" if group else "") if x)


def index_frame(fit: FactorFit, given: CfaInput, pieces: Pieces, n: float) -> pd.DataFrame:
    """Return modification indices, largest first, with the expected change raw and standardised."""
    theta = fit.solution.theta
    longer, extra, index, change = modification_indices(fit.structure, theta, n, pieces)
    start = len(longer.matrix) - len(extra)
    full = np.append(theta, np.zeros(len(extra)))
    values = np.concatenate([np.zeros(start), np.nan_to_num(change)])
    by_factor, by_all = standardise(longer, full, values)
    frame = pd.DataFrame(
        [cell_names(longer, given, start + k) for k in range(len(extra))], columns=["lhs", "op", "rhs", "group"]
    )
    frame["mi"], frame["p_value"], frame["epc"] = index, stats.chi2.sf(index, 1), change
    frame["sepc_lv"], frame["sepc_all"] = by_factor[start:], by_all[start:]
    frame = frame[frame["mi"].notna()].sort_values("mi", ascending=False, kind="stable")
    return frame.reset_index(drop=True)


def scores_frame(
    fit: FactorFit, given: CfaInput, groups: Sequence[Patterns], method: str, index: pd.Index
) -> pd.DataFrame:
    """Return factor scores of continuous items in the order of the data."""
    blocks = []
    for g, x in enumerate(fill(fit.structure, fit.solution.theta)):
        if not fit.structure.means:
            x = Matrices(x.loadings, x.residual, x.latent, groups[g].mean[0], x.means, x.thresholds, x.scales)
        blocks.append(pd.DataFrame(continuous_scores(x, groups[g], method=method), index=given.rows[g]))
    return _ordered(blocks, given, index)


def ordinal_scores_frame(fit: FactorFit, given: CfaInput, codes: Sequence[np.ndarray], index: pd.Index) -> pd.DataFrame:
    """Return posterior modes of the factors in the order of the data."""
    blocks = []
    for g, x in enumerate(fill(fit.structure, fit.solution.theta)):
        residual = residual_variances(x, ordinal=True)
        if (residual <= 0).any():
            values = np.full((len(codes[g]), len(given.factors)), np.nan)
        else:
            values = ordinal_scores(x, residual, fit.structure.threshold_item, codes[g].astype(float))
        blocks.append(pd.DataFrame(values, index=given.rows[g]))
    return _ordered(blocks, given, index)


def matrix_frame(
    matrices: Sequence[np.ndarray], given: CfaInput, rows: Sequence[str], columns: Sequence[str]
) -> pd.DataFrame:
    """Return a matrix by name; those of several groups stacked under (group, row)."""
    frames = [pd.DataFrame(m, index=list(rows), columns=list(columns)) for m in matrices]
    return frames[0] if len(frames) == 1 else pd.concat(dict(zip(given.labels, frames, strict=True)))


def fit_row(fit: FactorFit, scaled: str, robust: str, extra: Mapping[str, object]) -> dict[str, object]:
    """Return the figures of `glance()`: plain, scaled (of one correction), robust (of the same or another)."""
    first = ("chi_square", "df", "p_value", "cfi", "tli", "rmsea", "rmsea_low", "rmsea_high", "rmsea_p_close", "srmr")
    out: dict[str, object] = {name: fit.measures[name] for name in first}
    for correction, ending in ((scaled, False), (robust, True)):
        for name, value in fit.corrected.get(correction, {}).items():
            if ("_robust" in name) == ending:
                out[name] = value
    out |= {name: value for name, value in fit.measures.items() if name not in out}
    return out | dict(extra)


def solution_notes(fit: FactorFit, given: CfaInput, *, ordinal: bool) -> list[Note]:
    """Return notes on an iteration that did not settle and on impossible estimates."""
    notes = []
    if not fit.solution.converged:
        notes.append(
            note(
                "not-converged",
                f"The iteration stopped with a gradient of {fit.solution.gradient:.1e}: do not use these estimates.",
            )
        )
    if fit.structure.n_free and np.linalg.cond(fit.covariance["standard"]) > 1e14:
        notes.append(note("not-identified", "The information matrix is singular: the data do not fix every parameter."))
    for g, x in enumerate(fill(fit.structure, fit.solution.theta)):
        where = f" in group '{given.labels[g]}'" if given.labels[g] else ""
        residual = residual_variances(x, ordinal=ordinal)
        bad = [f"'{given.items[i]}'" for i in np.flatnonzero(residual < 0)]
        if bad:
            notes.append(
                note(
                    "heywood",
                    f"Negative residual variance of {', '.join(bad)}{where}: a Heywood case; the model is wrong or n "
                    "is too small.",
                )
            )
        if len(x.latent) and np.linalg.eigvalsh(x.latent)[0] <= 0:
            notes.append(
                note(
                    "latent-not-positive-definite",
                    f"The covariance matrix of the areas{where} is not positive definite: two areas cannot be told "
                    "apart, or a variance is negative.",
                )
            )
    return notes


def _with_residuals(frame: pd.DataFrame, structure: Structure, theta: np.ndarray, given: CfaInput) -> pd.DataFrame:
    if not len(structure.threshold_item):
        return frame
    blocks = []
    for g, x in enumerate(fill(structure, theta)):
        own = frame[structure.group == g]
        values = residual_variances(x, ordinal=True)
        extra = pd.DataFrame(
            {
                "estimate": values,
                "std_error": 0.0,
                "std_error_robust": 0.0,
                "std_lv": values,
                "std_all": values * x.scales**2,
                "free": False,
                "cell": "theta",
                "lhs": given.items,
                "op": "~~",
                "rhs": given.items,
                "group": given.labels[g],
            }
        )
        before = own["cell"].isin(["lambda", "theta", "tau"])
        blocks += [own[before], extra, own[~before]]
    return pd.concat(blocks, ignore_index=True)


def _ordered(blocks: Sequence[pd.DataFrame], given: CfaInput, index: pd.Index) -> pd.DataFrame:
    joined = pd.concat(blocks)
    joined.columns = list(given.factors)
    if len(blocks) > 1 and index.is_unique:
        joined = joined.reindex(index[index.isin(joined.index)])
    return joined
