"""Ordinal regression: cumulative link models with tests of their one assumption."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import pandas as pd
from scipy.stats import chi2, norm

from resilience_stats.errors import ModelError, require_choice
from resilience_stats.models.formula import expand_formula
from resilience_stats.models.inputs import Design, build_design
from resilience_stats.results import Note, note
from resilience_stats.results.ordinal import OrdinalResult
from resilience_stats.results.tidy import tidy_frame
from resilience_stats.stats import ordinal, ordinal_mixed, ordinal_penalised, ordinal_profile, ordinal_tests
from resilience_stats.stats.logistic import LogisticFit

TESTS = ("nominal", "scale", "brant")
#: Variance of the latent error of each link, for the intraclass correlation; the cauchit has none.
_LATENT_VARIANCE = {"logit": np.pi**2 / 3, "probit": 1.0, "cloglog": np.pi**2 / 6, "loglog": np.pi**2 / 6}
_TEST_COLUMNS = ["test", "term", "chi_square", "df", "p_value", "log_likelihood", "converged"]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Model:
    """The problem and how its parameters are called."""

    problem: ordinal.OrdinalProblem
    design: Design
    level: np.ndarray
    labels: tuple[str, ...]
    x: np.ndarray
    sources: tuple[str, ...]
    terms: tuple[str, ...]
    components: tuple[str, ...]
    weights: np.ndarray
    notes: tuple[Note, ...]


def fit_ordinal(
    data: pd.DataFrame,
    outcome: str,
    predictors: Sequence[str] = (),
    *,
    link: str = "logit",
    nominal: Sequence[str] = (),
    scale: Sequence[str] = (),
    weights: str | None = None,
    group: str | None = None,
    quadrature: int = 1,
    penalty: str = "none",
    interval: str = "profile",
    tests: Sequence[str] = TESTS,
    conf_level: float = 0.95,
) -> OrdinalResult:
    r"""Return a cumulative link model, with the tests of whether one slope serves every cut.

    Parameters
    ----------
    data : pandas.DataFrame
    outcome : str
        Numbers or an ordered categorical; higher = later level. Or a formula (see `expand_formula`), without
        `predictors`.
    predictors : sequence of str
    link : {"logit", "probit", "cloglog", "loglog", "cauchit"}
    nominal : sequence of str
        Predictors whose effect may differ from cut to cut (partial proportional odds).
    scale : sequence of str
        Columns that stretch the latent scale.
    weights : str, optional
        Column of frequencies.
    group : str, optional
        Column of groups with a random intercept each; intervals are then Wald.
    quadrature : int
        With `group`: 1 = Laplace approximation, else nodes of adaptive quadrature.
    penalty : {"none", "firth"}
        ``"firth"`` maximises the likelihood penalised by Jeffreys' prior: finite under separation.
    interval : {"profile", "wald"}
        What `conf_low` and `conf_high` hold; `wald_low` and `wald_high` are always there.
    tests : sequence of {"nominal", "scale", "brant"}
    conf_level : float

    Returns
    -------
    OrdinalResult
        `tidy()` has thresholds first (``low|high`` by level), then threshold-specific effects
        (``low|high.column``, added to the threshold, so their sign is opposite to a location effect), location and
        scale effects, told apart by `component`. `glance()`: `n, levels, df, log_likelihood, aic, bic, lr_chi_square,
        lr_df, lr_p_value, mcfadden_r2, nagelkerke_r2, condition_number, max_gradient, converged, link`, the Brant
        omnibus test, and with `group` `sigma, variance, latent_icc, lr_group_chi_square, lr_group_p_value`.

    Raises
    ------
    ModelError
        For unknown columns or options, an unordered outcome, or fewer than two levels.

    Notes
    -----
    :math:`P(Y \le k) = F\{(\theta_k - x'\beta) / e^{s'\zeta}\}`: a positive effect moves answers upwards. See
    `resilience_stats.stats.ordinal` for the solution.

    Examples
    --------
    >>> frame = pd.DataFrame({"rating": [1, 2, 2, 3, 3, 1, 2, 3], "size": [1.0, 2, 1, 3, 2, 2, 3, 3]})
    >>> fit_ordinal(frame, "rating", ["size"]).tidy()["term"].tolist()
    ['1|2', '2|3', 'size']
    """
    written = expand_formula(data, outcome, predictors)
    data, outcome, predictors = written.data, written.outcome, written.predictors
    require_choice(penalty, ("none", "firth"), "penalty")
    require_choice(interval, ("profile", "wald"), "interval")
    for name in tests:
        require_choice(name, TESTS, "tests")
    model = _prepare(data, outcome, predictors, link, nominal, scale, weights, group)
    if group is not None:
        if scale or penalty != "none":
            raise ModelError("group= goes with neither scale= nor penalty=", where="argument group")
        return _fit_with_groups(model, group, quadrature, conf_level, link)
    if penalty == "firth":
        return _fit_firth(model, conf_level, interval, bool(scale))
    fit = ordinal.fit_cumulative_link(model.problem)
    notes = [*model.notes, *_convergence_notes(fit)]
    low, high = _wald(fit, conf_level)
    frame = _estimates(model, fit.params, fit.covariance, low, high)
    if interval == "profile":
        limits = ordinal_profile.profile_limits(model.problem, fit, np.arange(len(fit.params)), conf_level=conf_level)
        frame = frame.assign(conf_low=limits[0], conf_high=limits[1])
    wanted = "brant" in tests and len(model.labels) > 2 and model.x.shape[1] > 0
    splits = ordinal_tests.binary_splits(model.level, model.x, model.weights) if wanted else ()
    rows = _run_tests(model, fit, tests, splits, notes)
    glance = {**_figures(model, fit), **_brant_figures(rows), "link": link}
    return _result(
        model, fit.params, fit.covariance, frame, glance, notes, rows, _split_frame(model, splits, conf_level)
    )


def _prepare(
    data: pd.DataFrame,
    outcome: str,
    predictors: Sequence[str],
    link: str,
    nominal: Sequence[str],
    scale: Sequence[str],
    weights: str | None,
    group: str | None,
) -> _Model:
    wanted = list(dict.fromkeys([*predictors, *nominal, *scale]))
    extra = [c for c in (weights, group) if c is not None]
    if weights is not None and weights in data.columns:
        data = data[data[weights].ne(0)]  # a frequency of 0 is no row
    design = build_design(data, outcome, wanted, extra=extra, intercept=False)
    level, labels = _levels(data.loc[design.rows, outcome], design.y, outcome)
    sources = np.array(design.sources, dtype=object)
    located = np.isin(sources, [c for c in dict.fromkeys(predictors) if c not in set(nominal)])
    split, stretched = np.isin(sources, list(nominal)), np.isin(sources, list(scale))
    w = np.ones(len(level)) if weights is None else design.extra[weights].to_numpy(dtype=float)
    if (w < 0).any() or not w.any():
        raise ModelError("weights must be frequencies", where=f"column {weights}", allowed="0 or more, not all 0")
    problem = ordinal.ordinal_problem(
        level, design.x[:, located], nominal=design.x[:, split] if split.any() else None,
        scale=design.x[:, stretched] if stretched.any() else None, weights=w, link=link,
    )  # fmt: skip
    terms, components = _names(labels, np.array(design.terms, dtype=object), located, split, stretched)
    return _Model(
        problem=problem, design=design, level=level, labels=labels, x=design.x[:, located],
        sources=tuple(sources[located]), terms=terms, components=components, weights=w, notes=design.notes,
    )  # fmt: skip


def _levels(column: pd.Series, values: np.ndarray, outcome: str) -> tuple[np.ndarray, tuple[str, ...]]:
    if isinstance(column.dtype, pd.CategoricalDtype) and not column.cat.ordered:
        numbers = pd.to_numeric(pd.Series(column.cat.categories), errors="coerce")
        if numbers.isna().any():
            raise ModelError(
                f"the levels of '{outcome}' have no order", where="argument outcome",
                found=list(column.cat.categories), action="Make it an ordered categorical, lowest level first.",
            )  # fmt: skip
    used, level = np.unique(values, return_inverse=True)
    if len(used) < 2:
        raise ModelError("the outcome has a single level", where=f"column {outcome}", found=used.tolist())
    if isinstance(column.dtype, pd.CategoricalDtype):
        codes = np.unique(column.cat.codes.to_numpy())
        return level, tuple(str(column.cat.categories[int(c)]) for c in codes)
    return level, tuple(f"{v:g}" for v in used)


def _names(
    labels: tuple[str, ...], terms: np.ndarray, located: np.ndarray, split: np.ndarray, stretched: np.ndarray
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    cuts = [f"{a}|{b}" for a, b in pairwise(labels)]
    named = [f"{c}.{t}" for t in terms[split] for c in cuts]
    scales = [f"scale.{t}" for t in terms[stretched]]
    location = [str(t) for t in terms[located]]
    kinds = ["threshold"] * len(cuts) + ["nominal"] * len(named) + ["location"] * len(location)
    return (*cuts, *named, *location, *scales), (*kinds, *["scale"] * len(scales))


def _wald(fit: ordinal.OrdinalFit, conf_level: float) -> tuple[np.ndarray, np.ndarray]:
    reach = norm.ppf(0.5 + conf_level / 2) * np.sqrt(np.diag(fit.covariance))
    return fit.params - reach, fit.params + reach


def _estimates(
    model: _Model, params: np.ndarray, covariance: np.ndarray, low: np.ndarray, high: np.ndarray
) -> pd.DataFrame:
    error = np.sqrt(np.diag(covariance))
    z = params / error
    return tidy_frame(
        term=model.terms, estimate=params, std_error=error, statistic=z, p_value=2 * norm.sf(np.abs(z)),
        conf_low=low, conf_high=high, component=list(model.components), wald_low=low, wald_high=high,
    )  # fmt: skip


def _convergence_notes(fit: ordinal.OrdinalFit) -> list[Note]:
    if fit.converged:
        return []
    return [
        note(
            "not-converged",
            "The likelihood has no finite maximum (a level is separated or nearly empty): estimates and standard "
            "errors of this fit mean nothing. Merge levels, or use penalty='firth'.",
        )
    ]


def _figures(model: _Model, fit: ordinal.OrdinalFit) -> dict[str, object]:
    """Fit figures; the null model has thresholds only."""
    n = float(model.weights.sum())
    empty = np.empty((len(model.level), 0))
    null = ordinal.fit_cumulative_link(ordinal.ordinal_problem(model.level, empty, weights=model.weights))
    gain = 2.0 * (fit.log_likelihood - null.log_likelihood)
    k = len(fit.params)
    df = k - (len(model.labels) - 1)
    return {
        "n": n, "n_rows": len(model.level), "levels": len(model.labels), "df": k,
        "log_likelihood": fit.log_likelihood, "aic": 2 * k - 2 * fit.log_likelihood,
        "bic": k * np.log(n) - 2 * fit.log_likelihood, "lr_chi_square": gain, "lr_df": df,
        "lr_p_value": float(chi2.sf(gain, df)) if df else np.nan,
        "mcfadden_r2": 1.0 - fit.log_likelihood / null.log_likelihood,
        "nagelkerke_r2": (1.0 - np.exp(-gain / n)) / (1.0 - np.exp(2.0 * null.log_likelihood / n)),
        "condition_number": fit.condition_number, "max_gradient": float(np.max(np.abs(fit.gradient))),
        "converged": fit.converged,
    }  # fmt: skip


def _run_tests(
    model: _Model,
    fit: ordinal.OrdinalFit,
    tests: Sequence[str],
    splits: tuple[LogisticFit, ...],
    notes: list[Note],
) -> pd.DataFrame:
    rows: list[list[object]] = []
    for name in [] if len(model.labels) == 2 else [t for t in tests if t != "brant"]:
        compare = ordinal_tests.nominal_effect_test if name == "nominal" else ordinal_tests.scale_effect_test
        for source in dict.fromkeys(model.sources):
            larger = compare(model.problem, fit, np.flatnonzero(np.array(model.sources, dtype=object) == source))
            test = larger.test
            rows.append([name, source, test.chi_square, test.df, test.p_value, larger.fit.log_likelihood,
                         larger.fit.converged])  # fmt: skip
    if splits:
        rows += _brant_rows(model, splits, notes)
    frame = pd.DataFrame(rows, columns=_TEST_COLUMNS)
    weak = frame.loc[(frame["p_value"] < 0.05) & (frame["test"] == "nominal") & frame["converged"], "term"].tolist()
    if weak:
        notes.append(
            note("proportional-odds-rejected", f"One slope does not serve every cut for: {', '.join(weak)}. Consider "
                 "nominal=, or read the binary fits of each cut.")
        )  # fmt: skip
    return frame


def _brant_rows(model: _Model, splits: tuple[LogisticFit, ...], notes: list[Note]) -> list[list[object]]:
    brant = ordinal_tests.brant_test(splits, model.x, model.weights)
    if brant is None:
        notes.append(
            note("brant-not-computable", "Brant's test needs a finite binary fit at every cut; one is separated.")
        )
        return []
    columns = [t for t, c in zip(model.terms, model.components, strict=True) if c == "location"]
    pairs = [
        ("brant", "omnibus", brant.omnibus),
        *(("brant", t, test) for t, test in zip(columns, brant.per_column, strict=True)),
        ("brant_untransposed", "omnibus", brant.omnibus_untransposed),
    ]
    return [[k, t, x.chi_square, x.df, x.p_value, np.nan, True] for k, t, x in pairs]


def _brant_figures(rows: pd.DataFrame) -> dict[str, object]:
    found = rows[(rows["test"] == "brant") & (rows["term"] == "omnibus")]
    values = found[["chi_square", "df", "p_value"]].to_numpy(dtype=float)
    chi, df, p = values[0] if len(values) else (np.nan, np.nan, np.nan)
    return {"brant_chi_square": float(chi), "brant_df": float(df), "brant_p_value": float(p)}


def _split_frame(model: _Model, splits: tuple[LogisticFit, ...], conf_level: float) -> pd.DataFrame:
    names = ["(Intercept)", *(t for t, c in zip(model.terms, model.components, strict=True) if c == "location")]
    reach, parts = norm.ppf(0.5 + conf_level / 2), []
    for k, fit in enumerate(splits):
        error = np.sqrt(np.diag(fit.covariance))
        parts.append(
            pd.DataFrame({
                "cut": f"{model.labels[k]}|{model.labels[k + 1]}", "term": names, "estimate": fit.coefficients,
                "std_error": error, "conf_low": fit.coefficients - reach * error,
                "conf_high": fit.coefficients + reach * error, "converged": fit.converged,
            })
        )  # fmt: skip
    columns = ["cut", "term", "estimate", "std_error", "conf_low", "conf_high", "converged"]
    return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=columns)


def _result(
    model: _Model,
    params: np.ndarray,
    covariance: np.ndarray,
    frame: pd.DataFrame,
    glance: Mapping[str, object],
    notes: Sequence[Note],
    rows: pd.DataFrame | None = None,
    splits: pd.DataFrame | None = None,
    random_effects: pd.Series | None = None,
) -> OrdinalResult:
    names = list(model.terms)
    return OrdinalResult(
        estimates=frame, fit=glance, notes=tuple(notes), vcov=pd.DataFrame(covariance, index=names, columns=names),
        probabilities=pd.DataFrame(
            ordinal.level_probabilities(model.problem, params), index=model.design.rows, columns=list(model.labels)
        ),
        tests=pd.DataFrame(columns=_TEST_COLUMNS) if rows is None else rows,
        binary_fits=pd.DataFrame() if splits is None else splits,
        random_effects=random_effects, x=model.x, level=model.level,
    )  # fmt: skip


def _fit_firth(model: _Model, conf_level: float, interval: str, has_scale: bool) -> OrdinalResult:
    if has_scale:
        raise ModelError("the penalised fit has no scale effects", where="argument scale", action="Leave scale= out.")
    fit = ordinal_penalised.fit_penalised_ordinal(model.problem)
    low, high = _wald(fit, conf_level)
    frame = _estimates(model, fit.params, fit.covariance, low, high)
    if interval == "profile":
        limits = ordinal_penalised.penalised_profile_limits(
            model.problem, fit, np.arange(len(fit.params)), conf_level=conf_level
        )
        frame = frame.assign(
            conf_low=limits[0], conf_high=limits[1], statistic=limits[2], df=1.0, p_value=chi2.sf(limits[2], 1)
        )
    glance = {"n": float(model.weights.sum()), "n_rows": len(model.level), "levels": len(model.labels),
              "df": len(fit.params), "penalised_log_likelihood": fit.log_likelihood,
              "log_likelihood": ordinal.log_likelihood(model.problem, fit.params),
              "converged": fit.converged}  # fmt: skip
    spoken = note("penalised", "Jeffreys' prior penalises the likelihood; tests are penalised likelihood ratios.")
    return _result(model, fit.params, fit.covariance, frame, glance, [*model.notes, spoken])


def _fit_with_groups(model: _Model, group: str, quadrature: int, conf_level: float, link: str) -> OrdinalResult:
    labels, codes = np.unique(model.design.extra[group].to_numpy(), return_inverse=True)
    if len(labels) < 2:
        raise ModelError("one group only", where="argument group", found=len(labels), allowed="2 or more")
    fit = ordinal_mixed.fit_mixed_ordinal(model.problem, codes, quadrature=quadrature)
    reach = norm.ppf(0.5 + conf_level / 2) * np.sqrt(np.diag(fit.covariance))
    frame = _estimates(model, fit.params, fit.covariance, fit.params - reach, fit.params + reach)
    gain = max(0.0, 2.0 * (fit.log_likelihood - fit.fixed_log_likelihood))
    k = len(fit.params) + 1
    glance = {
        "n": float(model.weights.sum()), "n_rows": len(model.level), "levels": len(model.labels), "df": k,
        "log_likelihood": fit.log_likelihood, "aic": 2 * k - 2 * fit.log_likelihood, "n_groups": len(labels),
        "sigma": fit.sigma, "sigma_se": fit.sigma_se, "variance": fit.sigma**2,
        "latent_icc": fit.sigma**2 / (fit.sigma**2 + _LATENT_VARIANCE.get(link, np.nan)), "lr_group_chi_square": gain,
        "lr_group_p_value": 0.5 * float(chi2.sf(gain, 1)), "converged": fit.converged, "quadrature": quadrature,
        "link": link,
    }  # fmt: skip
    spoken = note("group-p-halved", "The group variance is tested on its boundary: the chi-square p-value is halved.")
    modes = pd.Series(fit.modes, index=pd.Index(labels, name=group), name="intercept")
    return _result(model, fit.params, fit.covariance, frame, glance, [*model.notes, spoken], random_effects=modes)
