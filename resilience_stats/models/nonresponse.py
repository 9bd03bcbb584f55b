"""Who answered, who did not, and how much that could matter."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from scipy import stats

from resilience_stats.errors import ModelError
from resilience_stats.models.inputs import build_design, require_columns
from resilience_stats.models.weights import LARGE_WEIGHT, WeightsResult, weight_figures
from resilience_stats.results import Note, Result, note
from resilience_stats.stats.firth import firth_data, fit_firth
from resilience_stats.stats.least_squares import least_squares
from resilience_stats.stats.logistic import fit_binomial

#: Standardised difference above which a characteristic is called unbalanced.
UNBALANCED = 0.1


def compare_responders(frame: pd.DataFrame, responded: str, variables: Sequence[str]) -> Result:
    """Return responders beside non-responders, with standardised differences.

    Parameters
    ----------
    frame : pandas.DataFrame
        All practices asked.
    responded : str
        Column of true and false (or 1 and 0).
    variables : sequence of str
        Numeric columns give means; others a share per level.

    Returns
    -------
    Result
        `tidy()`: variable, level, responders, non_responders, frame (mean or share), difference_smd (responders less
        non-responders), frame_smd (responders less all), n_responders, n_non_responders (known values).

    Notes
    -----
    (m1 - m0) / sqrt((v1 + v0) / 2), with p (1 - p) for the variance of a share (Austin 2009, Stat Med 28:3083).

    Examples
    --------
    >>> frame = pd.DataFrame({"answered": [1, 1, 0, 0], "list_size": [9.0, 7.0, 5.0, 3.0]})
    >>> compare_responders(frame, "answered", ["list_size"]).tidy()["difference_smd"].round(3).tolist()
    [2.828]
    """
    answered = _answered(frame, responded)
    require_columns(frame, list(variables), "variables")
    rows: list[dict[str, object]] = []
    for name in variables:
        column = frame[name]
        if pd.api.types.is_numeric_dtype(column) and not pd.api.types.is_bool_dtype(column):
            rows.append(_compared(name, None, column.to_numpy(dtype=float, na_value=np.nan), answered, False))
            continue
        known = column.notna().to_numpy()
        for level in column.astype("category").cat.categories:
            values = np.where(known, (column == level).to_numpy(dtype=float, na_value=0.0), np.nan)
            rows.append(_compared(name, level, values, answered, True))
    table = pd.DataFrame(rows)
    apart = table.loc[table["difference_smd"].abs() > UNBALANCED, "variable"].drop_duplicates().tolist()
    notes: tuple[Note, ...] = ()
    if apart:
        notes = (note("unbalanced", f"Those who answered differ from those who did not in {', '.join(apart)}."),)
    rate = float(answered.mean())
    fit = {"n_frame": len(frame), "n_responders": int(answered.sum()), "response_rate": rate}
    return Result(estimates=table, fit=fit, notes=notes)


def response_weights(
    frame: pd.DataFrame, responded: str, predictors: Sequence[str], *, trim: float | None = None
) -> WeightsResult:
    """Return weights for the practices that answered: the inverse of their estimated probability of answering.

    Parameters
    ----------
    frame : pandas.DataFrame
        All practices asked.
    responded : str
        Column of true and false (or 1 and 0).
    predictors : sequence of str
        Known for responders and non-responders.
    trim : float, optional
        Largest weight, in multiples of the mean weight; larger ones are set to it, and counted in a note.

    Returns
    -------
    WeightsResult
        `weights` of the responders, with mean 1 times frame / responders. `tidy()`: the weighted and unweighted mean of
        each column of the model beside the frame's.

    Notes
    -----
    Logistic response propensities (Little 1986, Int Stat Rev 54:139), by Firth's penalised likelihood where the plain
    one runs to infinity. Valid so far as answering depends on the predictors alone.

    Examples
    --------
    >>> frame = pd.DataFrame({"answered": [1, 1, 1, 0, 1, 0, 0, 1], "x": [3.0, 4, 5, 1, 2, 2, 3, 6]})
    >>> round(float(response_weights(frame, "answered", ["x"]).weights.sum()), 6)
    8.0
    """
    answered = _answered(frame, responded)
    design = build_design(frame.assign(**{responded: answered.astype(float)}), responded, predictors)
    least_squares(design.x, design.y, names=design.terms)
    notes = design.notes
    fit = fit_binomial(design.x, design.y)
    probability = fit.fitted
    if not fit.converged:
        probability = fit_firth(firth_data(design.x, design.y)).fitted
        notes += (note("firth", "A predictor settles who answers; probabilities are by Firth's penalised likelihood."),)
    here = design.y == 1.0
    w = 1.0 / probability[here]
    w *= len(design.y) / w.sum()
    if trim is not None:
        limit = trim * w.mean()
        cut = int(np.count_nonzero(w > limit))
        w = np.minimum(w, limit) * (w.sum() / np.minimum(w, limit).sum())
        if cut:
            notes += (note("trimmed", f"{cut} weights were cut to {trim:g} times the mean."),)
    largest = float(w.max() / w.mean())
    if largest > LARGE_WEIGHT:
        notes += (note("large-weight", f"One practice has {largest:.1f} times the mean weight; consider trim."),)
    table = pd.DataFrame(
        {
            "margin": design.terms[1:],
            "level": None,
            "target": design.x[:, 1:].mean(axis=0),
            "before": design.x[here, 1:].mean(axis=0),
            "after": w @ design.x[here, 1:] / w.sum(),
        }
    )
    index = design.rows[here]
    return WeightsResult(
        estimates=table,
        fit=weight_figures(w),
        notes=notes,
        weights=pd.Series(w, index=index, name="weight"),
        design_weights=pd.Series(1.0, index=index, name="weight"),
        margins=frame.loc[index, []],
    )


def response_bounds(
    values: pd.Series, n_frame: int, *, lowest: float, highest: float, conf_level: float = 0.95
) -> Result:
    """Return the mean that the whole frame could have, whatever those who did not answer would have said.

    Parameters
    ----------
    values : pandas.Series
        Answers of the responders (0 and 1 for a share); missing ones count as not answered.
    n_frame : int
        Practices asked.
    lowest, highest : float
        Range of the scale.
    conf_level : float

    Returns
    -------
    Result
        `tidy()`: estimate (mean of responders), bound_low, bound_high (all others at an end of the scale), and
        conf_low, conf_high, an interval that covers the frame's mean as a draw of practices like these.

    Notes
    -----
    Horowitz & Manski (1995), Econometrica 63:281. The interval is that of Imbens & Manski (2004), Econometrica 72:1845,
    with the standard error of the responders' total over the frame.

    Examples
    --------
    >>> found = response_bounds(pd.Series([1, 1, 0, 1]), 5, lowest=0, highest=1).tidy()
    >>> found[["bound_low", "bound_high"]].round(2).to_numpy().tolist()
    [[0.6, 0.8]]
    """
    y = values.dropna().to_numpy(dtype=float)
    if not 1 < len(y) <= n_frame:
        raise ModelError("responders must be 2 or more and not outnumber the frame", found=f"{len(y)} of {n_frame}")
    if y.min() < lowest or y.max() > highest:
        raise ModelError("an answer lies outside the scale", found=[y.min(), y.max()], allowed=f"{lowest} to {highest}")
    rate = len(y) / n_frame
    low = rate * y.mean() + (1.0 - rate) * lowest
    high = rate * y.mean() + (1.0 - rate) * highest
    padded_low = np.append(y, np.full(n_frame - len(y), lowest))
    padded_high = np.append(y, np.full(n_frame - len(y), highest))
    se_low, se_high = (float(np.std(v, ddof=1)) / np.sqrt(n_frame) for v in (padded_low, padded_high))
    c = _imbens_manski(high - low, max(se_low, se_high), conf_level)
    row = {
        "term": values.name,
        "estimate": float(y.mean()),
        "bound_low": low,
        "bound_high": high,
        "conf_low": max(lowest, low - c * se_low),
        "conf_high": min(highest, high + c * se_high),
        "n": len(y),
        "n_frame": n_frame,
    }
    text = f"With {100 * (1 - rate):.0f} % not answering, the frame's mean is known to {high - low:.3g} units at best."
    return Result(estimates=pd.DataFrame([row]), fit={"response_rate": rate}, notes=(note("worst-case", text),))


def _imbens_manski(width: float, se: float, conf_level: float) -> float:
    if se == 0:
        return 0.0
    low, high = 0.0, 10.0
    for _ in range(200):
        middle = (low + high) / 2.0
        covered = stats.norm.cdf(middle + width / se) - stats.norm.cdf(-middle)
        low, high = (middle, high) if covered < conf_level else (low, middle)
    return high


def _answered(frame: pd.DataFrame, responded: str) -> np.ndarray:
    require_columns(frame, [responded], "responded")
    column = frame[responded]
    if column.isna().any() or not set(column.astype(float).unique()) == {0.0, 1.0}:
        raise ModelError("the column must say yes or no for every practice, and hold both", where=f"column {responded}")
    return column.astype(float).to_numpy() == 1.0


def _compared(name: str, level: object, values: np.ndarray, answered: np.ndarray, share: bool) -> dict[str, object]:
    yes, no = (values[side & ~np.isnan(values)] for side in (answered, ~answered))
    both = np.concatenate([yes, no])

    def spread(v: np.ndarray) -> float:
        """The variance of a share, or of numbers."""
        return float(v.mean() * (1.0 - v.mean())) if share else float(v.var(ddof=1))

    def distance(a: np.ndarray, b: np.ndarray) -> float:
        """The standardised difference of two means."""
        if min(len(a), len(b)) < 2:
            return float("nan")
        pooled = np.sqrt((spread(a) + spread(b)) / 2.0)
        return float((a.mean() - b.mean()) / pooled) if pooled > 0 else float("nan")

    return {
        "variable": name,
        "level": level,
        "responders": float(yes.mean()) if len(yes) else float("nan"),
        "non_responders": float(no.mean()) if len(no) else float("nan"),
        "frame": float(both.mean()) if len(both) else float("nan"),
        "difference_smd": distance(yes, no),
        "frame_smd": distance(yes, both),
        "n_responders": len(yes),
        "n_non_responders": len(no),
    }
