"""Exploratory factor analysis."""

from __future__ import annotations

import numpy as np
import pandas as pd

from resilience_stats.errors import ModelError, require_choice
from resilience_stats.models.factor_bootstrap import bootstrap_loadings
from resilience_stats.models.item_matrix import ItemMatrix, item_matrix
from resilience_stats.results import Note, note
from resilience_stats.results.factors import FactorsResult, RotationResult
from resilience_stats.results.tidy import tidy_frame
from resilience_stats.stats.extraction import LOWEST_UNIQUENESS, Extraction, extract
from resilience_stats.stats.factor_fit import SCORES, factor_fit, score_weights
from resilience_stats.stats.rotation import ROTATIONS, Rotation, rotate

METHODS = ("minres", "ml", "pa")
#: Below three rows an item, or with fewer than fifty rows for ten items or more, loadings are mostly noise.
ROWS_PER_ITEM, FEWEST_ROWS, MANY_ITEMS = 3, 50, 10


def fit_factors(
    items: pd.DataFrame,
    n_factors: int,
    *,
    correlation: str = "pearson",
    method: str = "minres",
    rotation: str = "oblimin",
    scores: str = "tenberge",
    n_obs: int | None = None,
    missing: str = "complete",
    merge_below: int = 0,
    kaiser: bool | None = None,
    n_starts: int = 10,
    keep: str = "first",
    n_boot: int = 0,
    conf_level: float = 0.95,
    random_state: int | np.random.Generator = 0,
    small_sample: str = "refuse",
) -> FactorsResult:
    """Return `n_factors` rotated factors of the items, with their fit, scores and, if asked, bootstrap intervals.

    Parameters
    ----------
    items : pandas.DataFrame, shape (n, k)
        One column an item; or, with `n_obs`, a correlation matrix (then there are no scores).
    n_factors : int
    correlation : {"pearson", "spearman", "polychoric", "tetrachoric"}
    method : {"minres", "ml", "pa"}
        Principal axis stops as R's psych does, when the communalities move by less than .001 in sum.
    rotation : {"oblimin", "varimax", "promax", "geomin", "none"}
        Oblimin is quartimin (gamma 0), geomin has delta .01, promax power 4.
    scores : {"tenberge", "regression", "bartlett", "none"}
    missing : {"complete", "pairwise"}
    merge_below : int
        Ordinal correlations: categories with fewer answers join a neighbour.
    kaiser : bool, optional
        Normalise rows while rotating; see `stats.rotation.rotate` for the defaults, which are R's.
    n_starts : int
        Starts of oblimin and geomin: the unrotated axes, then random ones.
    keep : {"first", "best"}
        The solution from the unrotated axes, as R; or the best of all starts. A note says when they differ.
    n_boot : int
        Bootstrap samples of rows for intervals and congruence of the loadings.
    conf_level : float
        Of the bootstrap intervals; that of the RMSEA is 90 %.
    random_state : int or numpy.random.Generator
    small_sample : {"refuse", "allow"}
        What to do with fewer than 3 rows an item, or fewer than 50 rows for 10 items or more.

    Returns
    -------
    FactorsResult
        `loadings`, `phi`, `structure`, `uniquenesses`, `scores`, `weights`; `glance()`: `chi_square`, `df`, `p_value`,
        `rmsea`, `rmsea_low`, `rmsea_high`, `tli`, `rmsr`, their variants and how many starts agree.

    Raises
    ------
    ModelError
        If the rows cannot bear a factor analysis, or the model has fewer than zero degrees of freedom.

    Examples
    --------
    >>> rng = np.random.default_rng(1)
    >>> answers = pd.DataFrame(rng.normal(size=(300, 6)) + np.repeat(rng.normal(size=(300, 2)), 3, axis=1))
    >>> fit = fit_factors(answers, 2, random_state=1)
    >>> (fit.loadings.abs() > 0.3).sum().tolist(), fit.glance()["df"].iloc[0]
    ([3, 3], np.float64(4.0))
    """
    for value, allowed, argument in (
        (method, METHODS, "method"),
        (rotation, ROTATIONS, "rotation"),
        (scores, SCORES, "scores"),
        (small_sample, ("refuse", "allow"), "small_sample"),
    ):
        require_choice(value, allowed, argument)
    moments = item_matrix(
        items, correlation=correlation, missing=missing, n_obs=n_obs, minimum=3, merge_below=merge_below
    )
    notes = [*moments.notes, *_enough_rows(moments, n_factors, small_sample)]
    extracted = extract(moments.r, n_factors, method)
    rng = np.random.default_rng(random_state)
    rotated = rotate(extracted.loadings, rotation, kaiser=kaiser, n_starts=n_starts, keep=keep, rng=rng)
    notes += [*_extraction_notes(extracted, moments.names), *_rotation_notes(rotated)]
    fit = factor_fit(moments.r, extracted.loadings, extracted.uniquenesses, moments.n)
    drawn = None
    if n_boot:
        settings = {"correlation": correlation, "method": method, "rotation": rotation, "kaiser": kaiser}
        drawn = bootstrap_loadings(
            moments, rotated.loadings, settings, n_boot=n_boot, level=conf_level, random_state=random_state
        )
        notes += drawn.notes
    return _result(moments, extracted, rotated, fit, notes, scores, drawn)


def rotate_loadings(
    loadings: pd.DataFrame,
    *,
    rotation: str = "oblimin",
    kaiser: bool | None = None,
    gamma: float = 0.0,
    delta: float = 0.01,
    power: float = 4.0,
    n_starts: int = 10,
    keep: str = "first",
    random_state: int | np.random.Generator = 0,
) -> RotationResult:
    """Return a given loading matrix rotated.

    Parameters
    ----------
    loadings : pandas.DataFrame, shape (k, m)
        Unrotated loadings, or loadings on orthogonal axes.
    rotation, kaiser, n_starts, keep, random_state
        As in `fit_factors`.
    gamma, delta, power : float
        Parameters of oblimin, geomin and promax.

    Returns
    -------
    RotationResult
        `loadings`, `phi`, `structure`; `glance()`: `criterion`, `converged`, `starts`, `agree`, `best_criterion`.

    Examples
    --------
    >>> given = pd.DataFrame([[0.64, -0.48], [0.56, -0.42], [0.36, 0.48], [0.3, 0.4]])
    >>> rotate_loadings(given).loadings.round(3).abs().to_numpy()
    array([[0.8, 0. ], [0.7, 0. ], [0. , 0.6], [0. , 0.5]])
    """
    given = loadings.to_numpy(dtype=float)
    if not np.isfinite(given).all():
        raise ModelError("the loadings hold a missing or infinite value", where="argument loadings")
    rng = np.random.default_rng(random_state)
    rotated = rotate(
        given, rotation, kaiser=kaiser, gamma=gamma, delta=delta, power=power, n_starts=n_starts, keep=keep, rng=rng
    )
    factors = _factor_names(given.shape[1])
    pattern = pd.DataFrame(rotated.loadings, index=loadings.index, columns=factors)
    return RotationResult(
        estimates=_long(pattern, None),
        fit=_rotation_figures(rotated),
        notes=tuple(_rotation_notes(rotated)),
        loadings=pattern,
        phi=pd.DataFrame(rotated.phi, index=factors, columns=factors),
        structure=pd.DataFrame(rotated.loadings @ rotated.phi, index=loadings.index, columns=factors),
    )


def _enough_rows(moments: ItemMatrix, m: int, small_sample: str) -> list[Note]:
    n, k = moments.n, len(moments.names)
    if not isinstance(m, (int, np.integer)) or not 1 <= m < k:
        raise ModelError("number of factors out of range", where="argument n_factors", found=m, allowed=f"1..{k - 1}")
    if (k - m) ** 2 < k + m:
        raise ModelError(
            f"{m} factors of {k} items have fewer than zero degrees of freedom",
            where="argument n_factors",
            found=m,
            action="Ask for fewer factors.",
        )
    if n < ROWS_PER_ITEM * k or (n < FEWEST_ROWS and k >= MANY_ITEMS):
        if small_sample == "refuse":
            raise ModelError(
                "too few rows for a factor analysis",
                found=f"{n} rows for {k} items",
                allowed=f"{ROWS_PER_ITEM} rows an item, and {FEWEST_ROWS} rows for {MANY_ITEMS} items or more",
                action="Describe the items one by one, or say small_sample='allow' and read the loadings as noise.",
            )
        message = f"{n} rows for {k} items: a factor analysis that the rows cannot bear was asked for by name."
        return [note("too-few-rows-allowed", message)]
    if n < 100 or n < 5 * k:
        return [note("few-rows", f"{n} rows for {k} items: loadings are uncertain; ask for bootstrap intervals.")]
    return []


def _extraction_notes(extracted: Extraction, names: tuple[str, ...]) -> list[Note]:
    notes = []
    if extracted.at_bound.any():
        listed = ", ".join(np.array(names)[extracted.at_bound])
        message = f"The uniqueness of {listed} stopped at {LOWEST_UNIQUENESS}: a Heywood case; try fewer factors."
        notes.append(note("heywood", message))
    if not extracted.converged:
        notes.append(note("extraction-not-converged", "The extraction stopped before its criterion was at a minimum."))
    return notes


def _rotation_notes(rotated: Rotation) -> list[Note]:
    notes = []
    if not rotated.converged:
        notes.append(note("rotation-not-converged", "The rotation did not reach a stationary point."))
    if rotated.best_criterion < rotated.criterion - 1e-6 * max(1.0, abs(rotated.criterion)):
        message = (
            f"A random start found a lower rotation criterion ({rotated.best_criterion:.6f} against "
            f"{rotated.criterion:.6f}); keep='best' returns it."
        )
        notes.append(note("rotation-local-minimum", message))
    elif rotated.starts > 1 and rotated.agree < rotated.starts / 2:
        message = f"Only {rotated.agree} of {rotated.starts} starts reached this rotation."
        notes.append(note("rotation-unstable", message))
    return notes


def _result(
    moments: ItemMatrix,
    extracted: Extraction,
    rotated: Rotation,
    fit: dict[str, float],
    notes: list[Note],
    scores: str,
    drawn: object,
) -> FactorsResult:
    names, factors = list(moments.names), _factor_names(rotated.loadings.shape[1])
    pattern = pd.DataFrame(rotated.loadings, index=names, columns=factors)
    communalities = 1.0 - extracted.uniquenesses
    residual = moments.r - extracted.loadings @ extracted.loadings.T
    np.fill_diagonal(residual, 0.0)
    bootstrap = getattr(drawn, "loadings", None)
    figures: dict[str, object] = {"n": moments.n, "k": len(names), "n_factors": len(factors)} | dict(fit)
    figures |= {"objective": extracted.objective, "converged": extracted.converged}
    figures |= {f"rotation_{name}": value for name, value in _rotation_figures(rotated).items()}
    return FactorsResult(
        estimates=_long(pattern, bootstrap),
        fit=figures,
        notes=tuple(notes),
        loadings=pattern,
        phi=pd.DataFrame(rotated.phi, index=factors, columns=factors),
        structure=pd.DataFrame(rotated.loadings @ rotated.phi, index=names, columns=factors),
        unrotated=pd.DataFrame(extracted.loadings, index=names, columns=factors),
        uniquenesses=pd.Series(extracted.uniquenesses, index=names),
        communalities=pd.Series(communalities, index=names),
        complexity=pd.Series((pattern**2).sum(axis=1) ** 2 / (pattern**4).sum(axis=1), index=names),
        variance=_variance(moments.r, rotated, factors),
        residuals=pd.DataFrame(residual, index=names, columns=names),
        correlations=pd.DataFrame(moments.r, index=names, columns=names),
        bootstrap=bootstrap,
        congruence=getattr(drawn, "congruence", None),
        **_scores(moments, extracted, rotated, factors, scores),
    )


def _scores(
    moments: ItemMatrix, extracted: Extraction, rotated: Rotation, factors: list[str], method: str
) -> dict[str, pd.DataFrame]:
    if method == "none":
        return {}
    weights = score_weights(moments.r, rotated.loadings, rotated.phi, extracted.uniquenesses, method)
    spread = weights.T @ moments.r @ weights
    scale = np.sqrt(np.diag(spread))
    scale[scale == 0] = np.nan  # a factor without loadings has no scores to correlate
    out = {
        "weights": pd.DataFrame(weights, index=list(moments.names), columns=factors),
        "score_correlations": pd.DataFrame(spread / np.outer(scale, scale), index=factors, columns=factors),
    }
    if moments.answers is not None:
        z = (moments.answers - np.nanmean(moments.answers, axis=0)) / np.nanstd(moments.answers, axis=0, ddof=1)
        out["scores"] = pd.DataFrame(z @ weights, index=moments.rows, columns=factors)
    return out


def _variance(r: np.ndarray, rotated: Rotation, factors: list[str]) -> pd.DataFrame:
    shared = np.diag(rotated.phi @ rotated.loadings.T @ rotated.loadings)
    structure = rotated.loadings @ rotated.phi
    determinacy = np.sum(structure * np.linalg.solve(r, structure), axis=0)
    columns = {"ss_loadings": shared, "proportion": shared / len(r), "determinacy": determinacy}
    return pd.DataFrame(columns, index=factors)


def _long(pattern: pd.DataFrame, bootstrap: pd.DataFrame | None) -> pd.DataFrame:
    items = [str(item) for item in pattern.index for _ in pattern.columns]
    factors = [str(factor) for _ in pattern.index for factor in pattern.columns]
    extra = {}
    if bootstrap is not None:
        extra = {name: bootstrap[name] for name in ("std_error", "conf_low", "conf_high")}
    return tidy_frame(
        term=[f"{factor} =~ {item}" for item, factor in zip(items, factors, strict=True)],
        estimate=pattern.to_numpy().ravel(),
        item=items,
        factor=factors,
        **extra,
    )


def _rotation_figures(rotated: Rotation) -> dict[str, object]:
    return {
        "criterion": rotated.criterion,
        "converged": rotated.converged,
        "starts": rotated.starts,
        "agree": rotated.agree,
        "best_criterion": rotated.best_criterion,
    }


def _factor_names(m: int) -> list[str]:
    return [f"F{j + 1}" for j in range(m)]
