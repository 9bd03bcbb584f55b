"""How good would the model be on new rows? Bootstrap, cross-validation, one area left out at a time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from resilience_stats.errors import ModelError, require_choice
from resilience_stats.models.validation_problem import (
    Pipeline,
    ValidationProblem,
    problem_from_fit,
    problem_from_pipeline,
)
from resilience_stats.results import Note, note
from resilience_stats.results.performance import ValidationResult
from resilience_stats.results.tidy import tidy_frame
from resilience_stats.stats import validation
from resilience_stats.stats.calibration import calibration_errors
from resilience_stats.stats.calibration_smooth import interpolate, lowess
from resilience_stats.stats.resampling import draw_rows, resample

#: Smooths are slow: without `curve` the integrated calibration index is taken from this many of every 50 resamples.
_CURVES_PER_BATCH = 5
#: How far the smoothed outcome lies from the predictions: mean, median and 90th percentile.
_DISTANCES = ("ici", "e50", "e90")
METHODS = ("bootstrap", "632", "632+", "kfold", "loo", "internal_external")


@dataclass(frozen=True, slots=True)
class _Grid:
    """Risks at which calibration curves are wanted, and whether every resample gives one."""

    risks: np.ndarray
    everywhere: bool


def validate_model(
    fit: object = None,
    *,
    n_boot: int = 500,
    random_state: int | np.random.Generator = 0,
    methods: Sequence[str] = ("bootstrap",),
    resamples: np.ndarray | None = None,
    group: Sequence[object] | pd.Series | None = None,
    folds: int = 10,
    repeats: int = 10,
    curve: Sequence[float] | None = None,
    pipeline: Pipeline | None = None,
    data: pd.DataFrame | None = None,
    outcome: str | None = None,
    conf_level: float = 0.95,
    n_jobs: int | None = None,
) -> ValidationResult:
    """Return the performance a model would have on new rows, with its spread.

    Parameters
    ----------
    fit : result of `fit_logistic` or `fit_linear`, optional
        Its penalty, its choice of strength and its offset are repeated in every resample.
    n_boot : int
    random_state : int or numpy.random.Generator
    methods : sequence of {"bootstrap", "632", "632+", "kfold", "loo", "internal_external"}
        The bootstrap is always run; the others are added to `methods` and `groups` of the result.
    resamples : numpy.ndarray of int, shape (B, n), optional
        Row numbers (0 first) of given resamples, instead of drawing them.
    group : sequence, optional
        Group of each row used (for ``"internal_external"``).
    folds, repeats : int
        Of the repeated cross-validation; folds keep the share of events.
    curve : sequence of float, optional
        Risks at which to give the calibration curve, apparent and corrected. All resamples then also give the
        integrated calibration index, which is otherwise taken from one in ten (see `n_resamples`).
    pipeline : callable, optional
        A whole procedure instead of `fit`: takes training rows (a data frame) and returns a function from rows to
        risks or values. Selection, imputation and tuning belong inside. Needs `data` and `outcome`.
    conf_level : float
    n_jobs : int, optional
        As in joblib.

    Returns
    -------
    ValidationResult
        Indexes of a binary outcome: `dxy, r2, intercept, slope, emax, d, u, q, brier, g, gp` (as ``rms::validate``),
        `c_statistic, brier_scaled, calibration_in_the_large, log_loss, observed_expected, observed_minus_expected`,
        and `ici, e50, e90` (mean, median and 90th percentile of the distance of the risk from a lowess of the outcome
        on it); of a continuous one: `r2, mse, g, intercept, slope, ici, e50, e90`.
        `glance()`: `n, events, n_boot, not_finite, heuristic_shrinkage` and the corrected main indexes.

    Raises
    ------
    ModelError
        For results that cannot be refitted, or resamples that do not fit the rows.

    Notes
    -----
    Optimism = mean over resamples of (index in the resample) - (index of that model on the full rows); corrected =
    apparent - optimism (Efron 1983; Harrell, Lee & Mark 1996). Limits are those of the resamples' own indexes, moved by
    the optimism (Noma et al. 2021). Heuristic shrinkage (LR - p) / LR (van Houwelingen & Le Cessie 1990).

    Examples
    --------
    >>> from resilience_stats.models.logistic import fit_logistic
    >>> rng = np.random.default_rng(1)
    >>> frame = pd.DataFrame({"x": rng.normal(size=80), "y": rng.integers(0, 2, 80)})
    >>> made = validate_model(fit_logistic(frame, "y", ["x"], check_budget="off"), n_boot=50, random_state=1)
    >>> bool(made.glance()["c_statistic"].iloc[0] < made.tidy().set_index("term").loc["c_statistic", "apparent"])
    True
    """
    for name in methods:
        require_choice(name, METHODS, "methods")
    problem = _problem(fit, pipeline, data, outcome)
    wants_left_out = bool({"632", "632+"} & set(methods))
    grid = _Grid(np.asarray([] if curve is None else curve, dtype=float), curve is not None)
    draws = _draws(problem, n_boot, random_state, resamples, wants_left_out, grid, n_jobs)
    k = len(problem.names)
    train, test, left_out, finite = draws[:, :k], draws[:, k : 2 * k], draws[:, 2 * k : 3 * k], draws[:, 3 * k]
    apparent = problem.indexes(problem.eta[None, :], own=True)[0]
    notes = _notes(finite)
    frame = _summary(problem, apparent, train, test, conf_level)
    curves, frame = _curves(problem, grid.risks, draws[:, 3 * k + 1 :], frame, conf_level)
    others, predictions = _other_methods(problem, methods, apparent, left_out, folds, repeats, random_state)
    groups = _left_out_groups(problem, group) if "internal_external" in methods else pd.DataFrame()
    return ValidationResult(
        estimates=frame, fit=_glance(problem, frame, draws, finite), notes=tuple(notes),
        resamples=_long(problem, train, test), methods=others, groups=groups, curve=curves, predictions=predictions,
    )  # fmt: skip


def _problem(
    fit: object, pipeline: Pipeline | None, data: pd.DataFrame | None, outcome: str | None
) -> ValidationProblem:
    if pipeline is None:
        return problem_from_fit(fit)
    if data is None or outcome is None:
        raise ModelError("a pipeline needs the rows and the outcome", where="arguments data, outcome", found=None)
    return problem_from_pipeline(pipeline, data, outcome)


def _draws(
    problem: ValidationProblem,
    n_boot: int,
    random_state: int | np.random.Generator,
    given: np.ndarray | None,
    wants_left_out: bool,
    grid: _Grid,
    n_jobs: int | None,
) -> np.ndarray:
    """For each resample: indexes in training, in test, on rows left out, finite maximum, and curves; shape (B, .)."""
    n = len(problem.y)
    if given is not None:
        rows = np.asarray(given)
        if rows.ndim != 2 or rows.min() < 0 or rows.max() >= n:
            raise ModelError("resamples do not fit the rows", where="argument resamples",
                             found=f"shape {rows.shape}, {rows.min()} to {rows.max()}",
                             allowed=f"0 to {n - 1}")  # fmt: skip
        counts = np.array([np.bincount(r, minlength=n) for r in rows], dtype=float)
        rng = np.random.default_rng(random_state)
        blocks = [counts[i : i + 50] for i in range(0, len(counts), 50)]
        return np.concatenate([_measure(problem, c, rng, wants_left_out, grid) for c in blocks])

    def batch(generators: list[np.random.Generator]) -> np.ndarray:
        """Performance in one resample for each generator."""
        drawn = np.array([np.bincount(draw_rows(rng, n), minlength=n) for rng in generators], dtype=float)
        return _measure(problem, drawn, generators[0], wants_left_out, grid)

    return resample(batch, n_boot, random_state=random_state, batched=True, n_jobs=n_jobs)


def _measure(
    problem: ValidationProblem,
    counts: np.ndarray,
    rng: np.random.Generator,
    wants_left_out: bool,
    grid: _Grid,
) -> np.ndarray:
    eta, finite = problem.refit(counts, rng)
    train, test = problem.indexes(eta, counts, own=True), problem.indexes(eta)
    left_out = problem.indexes(eta, (counts == 0).astype(float)) if wants_left_out else np.full(train.shape, np.nan)
    parts = [train, test, left_out, finite[:, None].astype(float)]
    curves = np.full((len(eta), 2 * (len(grid.risks) + len(_DISTANCES))), np.nan)
    for b in range(len(eta) if grid.everywhere else min(len(eta), _CURVES_PER_BATCH)):
        curves[b] = _two_curves(problem, eta[b], counts[b], grid.risks)
    return np.hstack([*parts, curves])


def _two_curves(problem: ValidationProblem, eta: np.ndarray, counts: np.ndarray, grid: np.ndarray) -> np.ndarray:
    p, rows = problem.prediction(eta), np.repeat(np.arange(len(eta)), counts.astype(int))
    return np.concatenate([_curve(problem.y[rows], p[rows], grid), _curve(problem.y, p, grid)])


def _curve(y: np.ndarray, p: np.ndarray, grid: np.ndarray) -> np.ndarray:
    """Smoothed outcome at the grid, then the distances of the smooth from the predictions."""
    if np.ptp(p) == 0:
        return np.full(len(grid) + len(_DISTANCES), np.nan)
    x, smooth = lowess(p, y, delta=0.01 * float(np.ptp(p)))
    return np.concatenate(
        [interpolate(x, smooth, grid), list(calibration_errors(x, smooth).values())[: len(_DISTANCES)]]
    )


def _summary(
    problem: ValidationProblem, apparent: np.ndarray, train: np.ndarray, test: np.ndarray, conf_level: float
) -> pd.DataFrame:
    gap = train - test
    optimism, tail = np.nanmean(gap, axis=0), (1.0 - conf_level) / 2.0
    low, high = np.nanquantile(train, [tail, 1.0 - tail], axis=0) - optimism
    count = np.sum(np.isfinite(gap), axis=0)
    spread = np.nanstd(gap, axis=0, ddof=1) if len(gap) > 1 else np.full(gap.shape[1], np.nan)
    frame = tidy_frame(
        term=problem.names, estimate=apparent - optimism,
        std_error=np.nanstd(train, axis=0, ddof=min(1, len(train) - 1)),
        conf_low=low, conf_high=high, apparent=apparent, training=np.nanmean(train, axis=0),
        test=np.nanmean(test, axis=0), optimism=optimism, corrected=apparent - optimism, optimism_sd=spread,
        optimism_mcse=spread / np.sqrt(count), n_resamples=count,
    )  # fmt: skip
    # Calibration in one's own sample is perfect: only the spread on other rows means anything.
    for name in ("intercept", "slope", "calibration_in_the_large"):
        if name in problem.names and problem.exact:
            j = problem.names.index(name)
            limits = np.nanquantile(test[:, j], [tail, 1.0 - tail])
            frame.loc[j, ["std_error", "conf_low", "conf_high"]] = [np.nanstd(test[:, j], ddof=1), *limits]
    return _with_emax(frame) if problem.binary else frame


def _with_emax(frame: pd.DataFrame) -> pd.DataFrame:
    value = frame.set_index("term")["corrected"]
    emax = validation.largest_calibration_error(float(value["intercept"]), float(value["slope"]))
    row = frame[frame["term"] == "slope"].assign(
        term="emax", estimate=emax, std_error=np.nan, conf_low=np.nan, conf_high=np.nan, apparent=0.0, training=0.0,
        test=emax, optimism=-emax, corrected=emax, optimism_sd=np.nan, optimism_mcse=np.nan,
    )  # fmt: skip
    at = int(frame.index[frame["term"] == "slope"][0]) + 1
    return pd.concat([frame.iloc[:at], row, frame.iloc[at:]], ignore_index=True)


def _curves(
    problem: ValidationProblem, grid: np.ndarray, draws: np.ndarray, frame: pd.DataFrame, conf_level: float
) -> tuple[pd.DataFrame, pd.DataFrame]:
    k, m, tail = len(grid), len(grid) + len(_DISTANCES), (1.0 - conf_level) / 2.0
    own, smoothed = _curve(problem.y, problem.prediction(problem.eta), grid), draws[np.isfinite(draws[:, -1])]
    if not len(smoothed):
        return pd.DataFrame(), frame
    train, test = smoothed[:, :m], smoothed[:, m:]
    gap = train - test
    inside = np.isfinite(gap[:, :k])
    optimism = np.where(inside, gap[:, :k], 0.0).sum(axis=0) / np.maximum(inside.sum(axis=0), 1)
    rows = pd.DataFrame({"risk": grid, "apparent": own[:k], "corrected": own[:k] - optimism,
                         "n_resamples": inside.sum(axis=0)})  # fmt: skip
    far = [
        _distance(frame, name, own[k + j], train[:, k + j], test[:, k + j], tail) for j, name in enumerate(_DISTANCES)
    ]
    return rows, pd.concat([frame, *far], ignore_index=True)


def _distance(
    frame: pd.DataFrame, term: str, own: float, train: np.ndarray, test: np.ndarray, tail: float
) -> pd.DataFrame:
    gap = train - test
    spread = float(np.std(gap, ddof=min(1, len(gap) - 1)))
    low, high = np.quantile(test, [tail, 1.0 - tail])
    return frame.iloc[[0]].assign(
        term=term, estimate=own - gap.mean(), std_error=float(np.std(test)), apparent=own, training=train.mean(),
        test=test.mean(), optimism=gap.mean(), corrected=own - gap.mean(), conf_low=low, conf_high=high,
        optimism_sd=spread, optimism_mcse=spread / np.sqrt(len(gap)), n_resamples=len(gap),
    )  # fmt: skip


def _other_methods(
    problem: ValidationProblem,
    methods: Sequence[str],
    apparent: np.ndarray,
    left_out: np.ndarray,
    folds: int,
    repeats: int,
    random_state: int | np.random.Generator,
) -> tuple[pd.DataFrame, pd.DataFrame]:
    records: list[dict[str, object]] = []
    predictions = pd.DataFrame({"outcome": problem.y, "apparent": problem.prediction(problem.eta)}, index=problem.index)
    rng = np.random.default_rng(random_state if isinstance(random_state, (int, np.integer)) else 0)
    if {"632", "632+"} & set(methods):
        records += _out_of_bag(problem, methods, apparent, left_out)
    if "kfold" in methods:
        made = np.array([_cross_validate(problem, _folds(problem, folds, rng), rng) for _ in range(repeats)])
        values = problem.indexes(made)
        records += _records(
            "kfold", problem.names, values.mean(axis=0), values.std(axis=0, ddof=min(1, repeats - 1)), repeats
        )
        predictions["kfold"] = problem.prediction(made[0])
    if "loo" in methods:
        eta = _cross_validate(problem, np.arange(len(problem.y)), rng)
        values = problem.indexes(eta[None, :])[0]
        records += _records("loo", problem.names, values, np.full(len(values), np.nan), 1)
        if not problem.binary:
            records += _about_full_mean(problem, eta)
        predictions["loo"] = problem.prediction(eta)
    return pd.DataFrame(records, columns=["method", "term", "estimate", "std_dev", "n"]), predictions


def _records(
    method: str, names: Sequence[str], values: np.ndarray, spread: np.ndarray, n: int
) -> list[dict[str, object]]:
    return [
        {"method": method, "term": t, "estimate": float(v), "std_dev": float(s), "n": n}
        for t, v, s in zip(names, values, spread, strict=True)
    ]


def _about_full_mean(problem: ValidationProblem, eta: np.ndarray) -> list[dict[str, object]]:
    error = problem.y - eta
    about = 1.0 - float(error @ error) / float(np.sum((problem.y - problem.y.mean()) ** 2))
    values = np.array([about, float(np.sqrt(np.mean(error**2)))])
    return _records("loo", ("r2_about_full_mean", "rmse"), values, np.full(2, np.nan), 1)


def _out_of_bag(
    problem: ValidationProblem, methods: Sequence[str], apparent: np.ndarray, left_out: np.ndarray
) -> list[dict[str, object]]:
    outside, n = np.nanmean(left_out, axis=0), int(np.isfinite(left_out[:, 0]).sum())
    spread = np.nanstd(left_out, axis=0, ddof=1)
    records = _records("out_of_bag", problem.names, outside, spread, n)
    if "632" in methods:
        records += _records("632", problem.names, 0.368 * apparent + 0.632 * outside, spread, n)
    if "632+" in methods:
        none = validation.no_information(problem.y, problem.prediction(problem.eta)) if problem.binary else {
            "r2": 0.0, "mse": float(np.mean((problem.y[:, None] - problem.eta[None, :]) ** 2))
        }  # fmt: skip
        for j, name in enumerate(problem.names):
            if name in none:
                _, weight = validation.weight_of_632(apparent[j], outside[j], none[name])
                worst = max if none[name] < apparent[j] else min
                bounded = worst(outside[j], none[name])
                value = (1.0 - weight) * apparent[j] + weight * bounded
                records += _records("632+", [name], np.array([value]), spread[[j]], n)
    return records


def _folds(problem: ValidationProblem, folds: int, rng: np.random.Generator) -> np.ndarray:
    place = np.empty(len(problem.y), dtype=int)
    strata = problem.y if problem.binary else np.zeros(len(problem.y))
    begin = 0
    for value in np.unique(strata):
        here = rng.permutation(np.flatnonzero(strata == value))
        place[here] = (np.arange(len(here)) + begin) % folds
        begin += len(here)
    return place


def _cross_validate(problem: ValidationProblem, folds: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Linear predictor of every row from the fit without its fold."""
    labels = np.unique(folds)
    eta = np.empty(len(problem.y))
    for i in range(0, len(labels), 50):
        block = labels[i : i + 50]
        made, _ = problem.refit((folds != block[:, None]).astype(float), rng)
        for k, label in enumerate(block):
            eta[folds == label] = made[k, folds == label]
    return eta


def _left_out_groups(problem: ValidationProblem, group: Sequence[object] | pd.Series | None) -> pd.DataFrame:
    if group is None or len(group) != len(problem.y):
        raise ModelError("internal-external validation needs the group of every row used", where="argument group",
                         found=None if group is None else len(group), allowed=f"{len(problem.y)} labels")  # fmt: skip
    labels, place = np.unique(np.asarray(group), return_inverse=True)
    rng = np.random.default_rng(0)
    inside = (place == np.arange(len(labels))[:, None]).astype(float)
    eta, _ = problem.refit(1.0 - inside, rng)
    values = problem.indexes(eta, inside)
    frame = pd.DataFrame(values, columns=list(problem.names))
    frame.insert(0, "group", labels)
    frame.insert(1, "n", inside.sum(axis=1).astype(int))
    if problem.binary:
        frame.insert(2, "events", (inside @ problem.y).astype(int))
    return frame


def _notes(finite: np.ndarray) -> list[Note]:
    notes = []
    bad = int(np.sum(finite == 0))
    if bad:
        notes.append(
            note("resamples-not-finite", f"{bad} of {len(finite)} resamples were separated or of deficient rank; they "
                 "count with the extreme predictions that such fits give.")
        )  # fmt: skip
    if len(finite) < 200:
        notes.append(note("few-resamples", f"{len(finite)} resamples: see optimism_mcse before reading digits."))
    return notes


def _glance(
    problem: ValidationProblem, frame: pd.DataFrame, draws: np.ndarray, finite: np.ndarray
) -> dict[str, object]:
    figures: dict[str, object] = {"n": len(problem.y), "n_boot": len(draws), "not_finite": int(np.sum(finite == 0))}
    if problem.binary:
        figures["events"] = int(problem.y.sum())
        d = float(frame.loc[frame["term"] == "d", "apparent"].iloc[0])
        ratio = d * len(problem.y) + 1.0
        # Of a whole procedure nobody knows how many parameters it spent.
        shrinkage = (ratio - problem.parameters) / ratio if problem.parameters else np.nan
        figures |= {"model_chi_square": ratio, "heuristic_shrinkage": shrinkage}
    return figures | dict(zip(frame["term"], frame["corrected"], strict=True))


def _long(problem: ValidationProblem, train: np.ndarray, test: np.ndarray) -> pd.DataFrame:
    b, k = train.shape
    return pd.DataFrame(
        {
            "resample": np.repeat(np.arange(b), k), "term": np.tile(np.array(problem.names, dtype=object), b),
            "training": train.ravel(), "test": test.ravel(),
        }
    )  # fmt: skip
