"""A fitted model made ready for refitting many times, whatever kind it is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.special import expit, logit

from resilience_stats.errors import ModelError
from resilience_stats.results.linear import LinearResult
from resilience_stats.results.logistic import LogisticResult
from resilience_stats.stats import firth, firth_variants, validation
from resilience_stats.stats.logistic_shrinkage import cross_validated_strength, fit_shrunken, strength_path
from resilience_stats.stats.validation_fits import BatchRows, batch_linear, batch_logistic, batch_rows, predictors

#: A modelling procedure: takes training rows, gives a function from rows to predictions.
Pipeline = Callable[[pd.DataFrame], Callable[[pd.DataFrame], "np.ndarray | pd.Series"]]
#: ``(counts, rng) -> linear predictors of every row, and whether each fit has a finite maximum``.
Refit = Callable[[np.ndarray, np.random.Generator], tuple[np.ndarray, np.ndarray]]


@dataclass(frozen=True, slots=True, kw_only=True)
class ValidationProblem:
    """What every validation scheme needs.

    Attributes
    ----------
    y : numpy.ndarray, shape (n,)
    eta : numpy.ndarray, shape (n,)
        Linear predictor of the fit at hand.
    binary : bool
    refit : callable
        Fits to B sets of row counts at once.
    exact : bool
        Fits are maximum likelihood (or least squares) without offset, so that they are calibrated in their own sample.
    index : pandas.Index
    parameters : int
    """

    y: np.ndarray
    eta: np.ndarray
    binary: bool
    refit: Refit
    exact: bool
    index: pd.Index
    parameters: int

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the indexes."""
        return validation.BINARY_INDEXES if self.binary else validation.LINEAR_INDEXES

    def indexes(self, eta: np.ndarray, counts: np.ndarray | None = None, *, own: bool = False) -> np.ndarray:
        """Return the indexes of predictions; `own` says that the fit saw exactly these counts."""
        measure = validation.binary_indexes if self.binary else validation.linear_indexes
        return measure(self.y, eta, counts, in_sample=own and self.exact)

    def prediction(self, eta: np.ndarray) -> np.ndarray:
        """Return risks, or values of a continuous outcome."""
        return expit(eta) if self.binary else eta


def problem_from_fit(fit: object) -> ValidationProblem:
    """Return the problem of a logistic or linear result."""
    if isinstance(fit, LogisticResult):
        return _logistic_problem(fit)
    if isinstance(fit, LinearResult):
        return _linear_problem(fit)
    raise ModelError(
        "cannot refit this result", where="argument fit", found=type(fit).__name__,
        allowed="a result of fit_logistic or fit_linear", action="For any other procedure give pipeline= and data=.",
    )  # fmt: skip


def _logistic_problem(fit: LogisticResult) -> ValidationProblem:
    rows, x = fit.rows, fit.design.to_numpy()
    if (rows["weight"] != 1).any():
        raise ModelError("resampling needs one row for each observation", where="argument fit",
                         found="a fit with weights", action="Repeat the rows instead.")  # fmt: skip
    y, offset = rows["outcome"].to_numpy(), rows["offset"].to_numpy()
    batch = batch_rows(x, y, offset)
    start = fit.tidy()["estimate"].to_numpy()
    plain = fit.penalty == "none"

    def maximum_likelihood(counts: np.ndarray, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
        """Linear predictors of all rows from every resample, and which fits are finite."""
        beta, finite = batch_logistic(batch, counts, start)
        return predictors(batch, beta), finite

    def one_by_one(counts: np.ndarray, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
        """Linear predictors of all rows from every resample, fitted with its penalty."""
        beta = np.array([_penalised(fit, batch, c, rng) for c in counts])
        return predictors(batch, beta), np.ones(len(counts), dtype=bool)

    return ValidationProblem(
        y=y, eta=rows["linear_predictor"].to_numpy(), binary=True, refit=maximum_likelihood if plain else one_by_one,
        exact=plain and not offset.any(), index=rows.index, parameters=x.shape[1] - 1,
    )  # fmt: skip


def _penalised(fit: LogisticResult, batch: BatchRows, counts: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    used = counts > 0
    x, y, w, shift = batch.x[used], batch.y[used], counts[used], batch.offset[used]
    if fit.penalty in ("firth", "mixed", "flic", "flac"):
        base = firth.fit_firth(firth.firth_data(x, y, weights=w, offset=shift))
        if fit.penalty == "flic":
            return firth_variants.flic_intercept(x, y, base, 0, weights=w, offset=shift)
        if fit.penalty == "flac":
            return firth_variants.flac_fit(x, y, base, weights=w, offset=shift).fit.coefficients[: x.shape[1]]
        return base.coefficients
    if fit.penalty == "median_bias":
        return firth_variants.fit_median_unbiased(x, y, weights=w, offset=shift).coefficients
    strength = fit.strength
    if "strength-chosen" in {n.code for n in fit.notes}:
        # The choice of strength is part of the procedure, so it is made again. A row's copies share one fold.
        path = strength_path(x, y, l1_ratio=fit.l1_ratio, weights=w, offset=shift, size=20)
        folds = rng.permutation(len(y)) % 10
        strength, _ = cross_validated_strength(
            x, y, l1_ratio=fit.l1_ratio, weights=w, offset=shift, folds=folds, strengths=path
        )
    return fit_shrunken(x, y, strength=strength, l1_ratio=fit.l1_ratio, weights=w, offset=shift)


def _linear_problem(fit: LinearResult) -> ValidationProblem:
    design = fit.design
    if design.weights is not None:
        raise ModelError("a weighted linear model cannot be validated by resampling rows", where="argument fit")
    batch = batch_rows(design.x, design.y)

    def least_squares(counts: np.ndarray, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
        """Predictions of all rows from every resample, and which fits have full rank."""
        beta, full = batch_linear(batch, counts)
        return predictors(batch, beta), full

    everything, _ = least_squares(np.ones((1, len(design.y))), np.random.default_rng(0))
    return ValidationProblem(
        y=design.y, eta=everything[0], binary=False, refit=least_squares, exact=True, index=fit.influence.index,
        parameters=design.x.shape[1] - 1,
    )  # fmt: skip


def problem_from_pipeline(pipeline: Pipeline, data: pd.DataFrame, outcome: str) -> ValidationProblem:
    """Return the problem of a whole procedure, run from scratch on every resample."""
    if outcome not in data.columns:
        raise ModelError(f"no column named '{outcome}'", where="argument outcome")
    y = data[outcome].to_numpy(dtype=float)
    binary = set(np.unique(y)) <= {0.0, 1.0}

    def run(counts: np.ndarray, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
        """Predictions of all rows from the pipeline run on every resample."""
        out = np.empty((len(counts), len(y)))
        for b, c in enumerate(counts):
            predict = pipeline(data.iloc[np.repeat(np.arange(len(y)), c.astype(int))])
            out[b] = np.asarray(predict(data), dtype=float)
        return (logit(np.clip(out, 1e-15, 1 - 1e-15)) if binary else out), np.ones(len(counts), dtype=bool)

    eta = run(np.ones((1, len(y))), np.random.default_rng(0))[0][0]
    return ValidationProblem(y=y, eta=eta, binary=binary, refit=run, exact=False, index=data.index, parameters=0)
