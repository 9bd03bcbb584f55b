"""Judge predicted risks: do they separate, do they come true, does acting on them help?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from scipy.special import logit
from scipy.stats import norm

from resilience_stats.errors import ModelError, require_choice
from resilience_stats.results import Note, Result, note
from resilience_stats.results.performance import CalibrationResult
from resilience_stats.results.tidy import tidy_frame
from resilience_stats.stats import calibration as judge
from resilience_stats.stats import decision, discrimination
from resilience_stats.stats.logistic import fit_binomial
from resilience_stats.stats.proportions import wilson

#: With more different risks than this the smooth is computed at their quantiles and interpolated between.
_MOST_POINTS = 20_000


def calibration(
    y: Sequence[float] | pd.Series | np.ndarray,
    p: Sequence[float] | pd.Series | np.ndarray,
    *,
    other: Sequence[float] | pd.Series | np.ndarray | None = None,
    groups: int = 10,
    conf_level: float = 0.95,
) -> CalibrationResult:
    """Return how well predicted risks separate events from non-events, and whether they come true.

    Parameters
    ----------
    y : sequence of 0 and 1
    p : sequence of float
        Predicted risks.
    other : sequence of float, optional
        A second model's risks for the same rows: adds the paired DeLong test and reclassification.
    groups : int
        Groups of the Hosmer-Lemeshow table and of the expected calibration errors.
    conf_level : float

    Returns
    -------
    CalibrationResult
        `tidy()`: one row an index: `c_statistic` (DeLong), `dxy, average_precision, youden_threshold, brier,
        brier_scaled, log_loss, calibration_slope, calibration_intercept` (with the slope),
        `calibration_in_the_large, observed_expected, observed_minus_expected, r2, d, u, q, ici, e50, e90, emax` (from
        a local quadratic smooth, span 0.75; ``_clipped`` keeps it within 0 and 1; ``_interpolated`` as R's loess does
        by default; ``_lowess`` against lowess),
        `hosmer_lemeshow` (p on groups - 2 df; ``_external`` on groups df), `spiegelhalter_z, ece, mce` (equal width;
        ``_equal_size``), `emax_rms, e90_rms, eavg_rms`; with `other` `c_other, c_difference, idi, continuous_nri`.
        `glance()`: the same estimates in one row.

    Raises
    ------
    ModelError
        For risks outside 0..1, outcomes other than 0 and 1, or one outcome only.

    Examples
    --------
    >>> made = calibration([0, 0, 1, 1, 0, 1], [0.1, 0.4, 0.35, 0.8, 0.3, 0.6])
    >>> round(float(made.glance()["c_statistic"].iloc[0]), 4)
    0.8889
    """
    outcome, risk = checked_risks(y, p)
    scores = risk[:, None] if other is None else np.column_stack([risk, checked_risks(y, other)[1]])
    rows = _discrimination_rows(outcome, scores, conf_level) + _calibration_rows(outcome, risk, conf_level)
    table = judge.hosmer_lemeshow(outcome, risk, groups)
    z, z_p = judge.spiegelhalter_z(outcome, risk)
    rows += [
        _row("hosmer_lemeshow", table.chi_square, df=float(table.df), p_value=table.p_value),
        _row("hosmer_lemeshow_external", table.chi_square, df=float(len(table.n)), p_value=table.p_value_external),
        _row("spiegelhalter_z", z, statistic=z, p_value=z_p),
    ]
    for suffix, equal in (("", True), ("_equal_size", False)):
        mean, largest = judge.expected_calibration_error(outcome, risk, groups, equal_width=equal)
        rows += [_row(f"ece{suffix}", mean), _row(f"mce{suffix}", largest)]
    curve, notes = _curve(outcome, risk)
    rows += _smooth_rows(risk, curve)
    frame = tidy_frame(**{k: [r[k] for r in rows] for k in rows[0]})
    glance = {
        "n": len(outcome),
        "events": int(outcome.sum()),
        **dict(zip(frame["term"], frame["estimate"], strict=True)),
    }
    names = ["p", "other"][: scores.shape[1]]
    return CalibrationResult(
        estimates=frame, fit=glance, notes=notes, curve=curve, groups=_group_frame(table, conf_level),
        vcov=pd.DataFrame(discrimination.delong(outcome, scores).covariance, index=names, columns=names),
    )  # fmt: skip


def checked_risks(y: object, p: object) -> tuple[np.ndarray, np.ndarray]:
    """Return outcome and risks as arrays, refused where they are not 0 and 1, and 0 to 1.

    Examples
    --------
    >>> checked_risks([0, 1], [0.2, 0.9])[1]
    array([0.2, 0.9])
    """
    outcome, risk = np.asarray(y, dtype=float), np.asarray(p, dtype=float)
    if outcome.shape != risk.shape or outcome.ndim != 1:
        raise ModelError("outcome and risks differ in length", found=f"{outcome.shape} and {risk.shape}")
    if np.isnan(outcome).any() or np.isnan(risk).any():
        raise ModelError("a value is missing", where="arguments y, p", action="Leave those rows out first.")
    if not set(np.unique(outcome)) <= {0.0, 1.0} or len(np.unique(outcome)) < 2:
        raise ModelError("the outcome must hold both 0 and 1, and nothing else", where="argument y",
                         found=np.unique(outcome)[:5].tolist())  # fmt: skip
    if (risk < 0).any() or (risk > 1).any():
        raise ModelError(
            "a risk lies outside 0 to 1", where="argument p", found=float(risk[(risk < 0) | (risk > 1)][0])
        )
    return outcome, risk


def _row(term: str, estimate: float, **further: float) -> dict[str, object]:
    blank = dict.fromkeys(("std_error", "statistic", "df", "p_value", "conf_low", "conf_high"), np.nan)
    return {"term": term, "estimate": estimate, **blank, **further}


def _discrimination_rows(y: np.ndarray, scores: np.ndarray, conf_level: float) -> list[dict[str, object]]:
    made = discrimination.delong(y, scores)
    low, high = made.interval(conf_level)
    error = np.sqrt(np.diag(made.covariance))
    p = scores[:, 0]
    threshold, specificity, sensitivity = discrimination.best_threshold(y, p)
    rows = [
        _row("c_statistic", made.auc[0], std_error=error[0], conf_low=low[0], conf_high=high[0]),
        _row("dxy", 2 * made.auc[0] - 1, std_error=2 * error[0], conf_low=2 * low[0] - 1, conf_high=2 * high[0] - 1),
        _row("average_precision", discrimination.average_precision(y, p)),
        _row("youden_threshold", threshold),
        _row("youden_specificity", specificity),
        _row("youden_sensitivity", sensitivity),
    ]
    if scores.shape[1] == 2:
        gap, spread, z, p_value = made.difference(0, 1)
        reach = norm.ppf(0.5 + conf_level / 2) * spread
        idi, nri = discrimination.reclassification(y, p, scores[:, 1])
        rows += [
            _row("c_other", made.auc[1], std_error=error[1], conf_low=low[1], conf_high=high[1]),
            _row("c_difference", gap, std_error=spread, statistic=z, p_value=p_value, conf_low=gap - reach,
                 conf_high=gap + reach),
            _row("idi", idi),
            _row("continuous_nri", nri),
        ]  # fmt: skip
    return rows


def _calibration_rows(y: np.ndarray, p: np.ndarray, conf_level: float) -> list[dict[str, object]]:
    figures = judge.performance(y, p) | {
        f"{k}_rms" if k[0] == "e" else k: v for k, v in judge.rms_indexes(y, p).items()
    }
    reach = norm.ppf(0.5 + conf_level / 2)
    edge = np.clip(p, 1e-15, 1 - 1e-15)
    both = fit_binomial(np.column_stack([np.ones(len(y)), logit(edge)]), y) if np.ptp(p) else None
    large = fit_binomial(np.ones((len(y), 1)), y, offset=logit(edge))
    errors = {"calibration_in_the_large": float(np.sqrt(large.covariance[0, 0]))}
    if both is not None:
        errors |= dict(
            zip(("calibration_intercept", "calibration_slope"), np.sqrt(np.diag(both.covariance)), strict=True)
        )
    skip = ("c_statistic", "dxy", "d_chi_square", "u_chi_square", "u_p_value")
    rows = []
    for name, value in figures.items():
        if name not in skip:
            error = errors.get(name, np.nan)
            rows.append(
                _row(name, value, std_error=error, conf_low=value - reach * error, conf_high=value + reach * error)
            )
    rows.append(_row("discrimination_test", figures["d_chi_square"], statistic=figures["d_chi_square"]))
    rows.append(
        _row("unreliability_test", figures["u_chi_square"], statistic=figures["u_chi_square"], df=2.0,
             p_value=figures["u_p_value"])
    )  # fmt: skip
    return rows


def _curve(y: np.ndarray, p: np.ndarray) -> tuple[pd.DataFrame, tuple[Note, ...]]:
    values, place = np.unique(p, return_index=True)
    held = {m: judge.smoothed_outcome(y, p, m)[place] for m in ("loess_blended", "lowess")}
    if len(values) <= _MOST_POINTS:
        loess = judge.smoothed_outcome(y, p, "loess")[place]
        return pd.DataFrame({"risk": values, "loess": loess, **held}), ()
    points = np.unique(np.quantile(values, np.linspace(0, 1, _MOST_POINTS // 2)))
    loess = np.interp(values, points, judge.local_quadratic(p, y, at=points))
    said = note("curve-interpolated", f"The smooth was computed at {len(points)} risks and interpolated between them.")
    return pd.DataFrame({"risk": values, "loess": loess, **held}), (said,)


def _smooth_rows(p: np.ndarray, curve: pd.DataFrame) -> list[dict[str, object]]:
    place = np.searchsorted(curve["risk"].to_numpy(), p)
    loess, blended, lowess = (curve[c].to_numpy()[place] for c in ("loess", "loess_blended", "lowess"))
    smooths = {"": loess, "_clipped": np.clip(loess, 0.0, 1.0), "_interpolated": blended, "_lowess": lowess}
    rows = []
    for suffix, smooth in smooths.items():
        rows += [_row(f"{k}{suffix}", v) for k, v in judge.calibration_errors(p, smooth).items()]
    return rows


def _group_frame(table: judge.HosmerLemeshow, conf_level: float) -> pd.DataFrame:
    low, high = wilson(table.observed, table.n, conf_level)
    return pd.DataFrame(
        {
            "group": np.arange(1, len(table.n) + 1), "n": table.n, "observed": table.observed,
            "expected": table.expected, "mean_risk": table.expected / table.n, "share": table.observed / table.n,
            "share_low": low, "share_high": high,
        }
    )  # fmt: skip


def decision_curve(
    y: Sequence[float] | pd.Series | np.ndarray,
    p: Sequence[float] | pd.Series | np.ndarray | Mapping[str, object] | pd.DataFrame,
    thresholds: Sequence[float] | np.ndarray | None = None,
    *,
    against: Sequence[str] = (),
    conf_level: float = 0.95,
) -> Result:
    """Return the net benefit of acting on predicted risks, against acting on all and on none.

    Parameters
    ----------
    y : sequence of 0 and 1
    p : sequence of float, or mapping or data frame of them
        Risks of one model, or named strategies; a 0/1 column is a strategy of its own ("those who ask").
    thresholds : sequence of float, optional
        Risks above which one would act. Default 0.01 to 0.99.
    against : sequence of str
        Named strategies of `p`, e.g. that of offering support to those who ask, with which every other is compared:
        adds ``against_<name>`` with limits.
    conf_level : float

    Returns
    -------
    Result
        `tidy()`: one row for each strategy and threshold: `term` (``model``, or the names given, ``all``, ``none``),
        `threshold`, `estimate` (net benefit), `std_error, conf_low, conf_high, standardised` (over the prevalence),
        `against_all` with limits, `true_positives, false_positives, acted_on` (counts), `sensitivity, specificity,
        ppv, npv` (Wilson limits), `acted_per_event`.

    Notes
    -----
    Net benefit (TP - FP t / (1 - t)) / n, p >= t acts (Vickers & Elkin 2006). Two strategies are compared practice by
    practice: the difference is a mean, with the standard error of one.

    Examples
    --------
    >>> rows = decision_curve([0, 1, 1, 0], [0.1, 0.8, 0.3, 0.4], [0.25]).tidy()
    >>> float(rows.loc[rows["term"] == "model", "estimate"].iloc[0].round(4))
    0.4167
    """
    named = dict(p) if isinstance(p, (Mapping, pd.DataFrame)) else {"model": p}
    cuts = np.arange(0.01, 1.0, 0.01) if thresholds is None else np.asarray(thresholds, dtype=float)
    if cuts.size == 0 or (cuts <= 0).any() or (cuts >= 1).any():
        raise ModelError(
            "a threshold is a risk", where="argument thresholds", found=cuts.tolist(), allowed="above 0, below 1"
        )
    outcome = np.asarray(y, dtype=float)
    strategies = {str(k): checked_risks(y, v)[1] for k, v in named.items()}
    strategies |= {"all": np.ones(len(outcome)), "none": np.zeros(len(outcome))}
    for name in against:
        require_choice(name, tuple(named), "against")
    compared = {str(name): strategies[str(name)] for name in against}
    parts = [_strategy(name, outcome, risk, cuts, conf_level, compared) for name, risk in strategies.items()]
    glance = {"n": len(outcome), "events": int(outcome.sum()), "prevalence": float(outcome.mean())}
    return Result(estimates=pd.concat(parts, ignore_index=True), fit=glance)


def _strategy(
    name: str, y: np.ndarray, p: np.ndarray, cuts: np.ndarray, conf_level: float, compared: Mapping[str, np.ndarray]
) -> pd.DataFrame:
    tp, fp, fn, tn = decision.confusion(y, p, cuts).T
    n = len(y)
    error, low, high = decision.net_benefit_interval(tp, fp, n, cuts, conf_level)
    value = decision.net_benefit(tp, fp, n, cuts)
    gains = {f"against_{k}": _gain(y, p, other, cuts, conf_level)
             for k, other in {"all": np.ones(n), **compared}.items()}  # fmt: skip
    ends = {f"{k}{end}": made[i] for k, made in gains.items() for i, end in enumerate(("", "_low", "_high"))}
    with np.errstate(divide="ignore", invalid="ignore"):
        per_event = (tp + fp) / tp
    frame = tidy_frame(
        term=[name] * len(cuts), estimate=value, std_error=error, conf_low=low, conf_high=high, threshold=cuts,
        standardised=value / y.mean(), **ends, true_positives=tp, false_positives=fp, acted_on=tp + fp,
        false_negatives=fn, true_negatives=tn, sensitivity=tp / (tp + fn), specificity=tn / (tn + fp),
    )  # fmt: skip
    for label, hits, size in (("ppv", tp, tp + fp), ("npv", tn, tn + fn)):
        some = np.maximum(size, 1)
        bottom, top = wilson(hits, some, conf_level)
        frame[label] = np.where(size > 0, hits / some, np.nan)
        frame[f"{label}_low"], frame[f"{label}_high"] = (
            np.where(size > 0, bottom, np.nan),
            np.where(size > 0, top, np.nan),
        )
    return frame.assign(acted_per_event=np.where(tp > 0, per_event, np.nan))


def _gain(
    y: np.ndarray, p: np.ndarray, other: np.ndarray, cuts: np.ndarray, conf_level: float
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Mean difference in net benefit of two strategies at each threshold, with normal limits."""
    worth = [np.where(y == 1, 1.0, -t / (1.0 - t)) for t in cuts]
    gain = np.array([((p >= t).astype(float) - (other >= t)) * w for t, w in zip(cuts, worth, strict=True)])
    mean, reach = gain.mean(axis=1), norm.ppf(0.5 + conf_level / 2) * gain.std(axis=1) / np.sqrt(len(y))
    return mean, mean - reach, mean + reach
