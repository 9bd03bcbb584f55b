"""Mixed models: practices within primary care networks or places."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import pandas as pd
from scipy import stats

from resilience_stats.errors import ModelError, require_choice
from resilience_stats.models.guards import common_method_notes, refuse_parts, require_spread
from resilience_stats.models.inputs import Design, build_design
from resilience_stats.models.linear_tables import EXACT
from resilience_stats.models.mixed_binomial import fit_binomial
from resilience_stats.results import Note, note
from resilience_stats.results.mixed import MixedResult
from resilience_stats.results.tidy import tidy_frame
from resilience_stats.stats import mixed, mixed_df, mixed_profile
from resilience_stats.stats.sandwich import WaldTest, wald_test

DF_METHODS = ("satterthwaite", "kenward_roger", "residual", "normal")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Arrays:
    """Rows of the model: random columns, and the group of each row as a number and as a label."""

    design: Design
    z: np.ndarray
    z_terms: tuple[str, ...]
    codes: np.ndarray
    labels: np.ndarray
    group: str


def fit_mixed(
    data: pd.DataFrame,
    outcome: str,
    predictors: Sequence[str],
    *,
    group: str,
    slopes: Sequence[str] = (),
    reml: bool = True,
    df: str = "satterthwaite",
    family: str = "gaussian",
    trials: str | None = None,
    n_quadrature: int = 1,
    conf_level: float = 0.95,
    profile: bool = False,
    parts: Mapping[str, Iterable[str]] | None = None,
    allow_parts: Collection[str] = (),
    same_respondent: Collection[str] = (),
) -> MixedResult:
    """Return a model with a random intercept, and random slopes if asked, per group.

    Parameters
    ----------
    data : pandas.DataFrame
    outcome : str
        For ``family="binomial"`` 0 or 1, or a count of successes with `trials`.
    predictors : sequence of str
        May be empty.
    group : str
        Column of groups (PCN, place).
    slopes : sequence of str
        Numeric predictors whose effect varies between groups, correlated with the intercept.
    reml : bool
        Restricted maximum likelihood, the default, or maximum likelihood.
    df : {"satterthwaite", "kenward_roger", "residual", "normal"}
        Degrees of freedom of the fixed effects; Kenward-Roger also widens the standard errors, and needs REML.
    family : {"gaussian", "binomial"}
        Binomial models have a logit link and are fitted by Laplace's approximation, or with `n_quadrature` points.
    trials : str, optional
    n_quadrature : int
    conf_level : float
    profile : bool
        Add likelihood-profile intervals of variance parameters and fixed effects (gaussian only; takes a second).
    parts, allow_parts, same_respondent
        As in `fit_linear`.

    Returns
    -------
    MixedResult
        `glance()`: n, n_groups, method, criterion (REML criterion or deviance), log_likelihood, aic, bic, sigma, icc,
        design_effect, r2_marginal, r2_conditional (Nakagawa), lr_group and p_group (test of no group differences),
        singular.

    Raises
    ------
    ModelError
        Fewer than two groups, a slope that is not numeric, Kenward-Roger without REML.

    Examples
    --------
    >>> data = pd.DataFrame({"y": [1.0, 2.0, 4.0, 5.5, 8.0, 9.0], "pcn": ["a", "a", "b", "b", "c", "c"]})
    >>> fit_mixed(data, "y", [], group="pcn").glance()[["n_groups", "icc"]].round(2)
       n_groups   icc
    0         3  0.94
    """
    require_choice(df, DF_METHODS, "df")
    require_choice(family, ("gaussian", "binomial"), "family")
    notes = refuse_parts(outcome, predictors, parts, allow_parts)
    notes += common_method_notes(outcome, predictors, same_respondent)
    extra = [group, *([trials] if trials else []), *(s for s in slopes if s not in predictors)]
    design = build_design(data, outcome, predictors, extra=extra)
    require_spread(design.y, outcome)
    arrays = _arrays(design, data, group, slopes)
    notes += design.notes + _group_notes(arrays)
    if family == "binomial":
        return fit_binomial(
            design, arrays.z, arrays.z_terms, arrays.codes, arrays.labels,
            group=group, trials=trials, n_quadrature=n_quadrature, conf_level=conf_level, notes=notes,
        )  # fmt: skip
    if df == "kenward_roger" and not reml:
        raise ModelError("Kenward-Roger needs REML", where="argument reml", found=reml, allowed="True")
    _require_rest(arrays, outcome)
    fit = mixed.fit_mixed_model(mixed.group_sums(design.x, design.y, arrays.z, arrays.codes), reml=reml)
    if fit.singular:
        text = "a random effect has variance 0, or effects are perfectly correlated: groups differ no more than chance."
        notes += (note("singular", f"The fit is singular: {text}"),)
    return _gaussian_result(fit, arrays, outcome, predictors, df, conf_level, profile, notes)


def _require_rest(arrays: _Arrays, outcome: str) -> None:
    """Raise where predictors and groups reproduce the outcome: without a residual no variance can be shared out."""
    design, own = arrays.design, np.eye(len(arrays.labels))[arrays.codes]
    full, y = np.hstack([design.x, own]), design.y - design.y.mean()
    x = full if np.linalg.matrix_rank(full) < len(y) else design.x  # as many groups as rows reproduce anything
    rest = y - x @ np.linalg.lstsq(x, y, rcond=None)[0]
    if rest @ rest <= EXACT * (y @ y):
        raise ModelError(
            f"the predictors and the groups reproduce '{outcome}' exactly", where="argument predictors",
            action="Use an outcome that is not made of them and that differs within groups.",
        )  # fmt: skip


def _arrays(design: Design, data: pd.DataFrame, group: str, slopes: Sequence[str]) -> _Arrays:
    labels, codes = np.unique(design.extra[group].to_numpy(), return_inverse=True)
    if len(labels) < 2:
        raise ModelError("a mixed model needs two groups or more", where="argument group", found=len(labels))
    columns = [np.ones(len(design.y))]
    for name in slopes:
        column = data.loc[design.rows, name]
        if not pd.api.types.is_numeric_dtype(column):
            raise ModelError("a random slope must be numeric", where="argument slopes", found=name)
        columns.append(column.to_numpy(dtype=float))
    return _Arrays(
        design=design,
        z=np.column_stack(columns),
        z_terms=("(Intercept)", *slopes),
        codes=codes,
        labels=labels,
        group=group,
    )


def _group_notes(arrays: _Arrays) -> tuple[Note, ...]:
    sizes = np.bincount(arrays.codes)
    m = len(sizes)
    notes = [note("groups", f"{m} groups in '{arrays.group}' with {sizes.min()} to {sizes.max()} rows each.")]
    if m < 10:
        notes.append(note("few-groups", f"{m} groups say little about how much groups differ; mistrust the variance."))
    return tuple(notes)


def _gaussian_result(
    fit: mixed.MixedFit,
    arrays: _Arrays,
    outcome: str,
    predictors: Sequence[str],
    df: str,
    conf_level: float,
    profile: bool,
    notes: tuple[Note, ...],
) -> MixedResult:
    design = arrays.design
    terms = list(design.terms)
    inference = _Inference.of(fit, df)
    profiled = _profile(fit, arrays, conf_level) if profile else None
    anova = mixed_profile.anova_icc(design.y, arrays.codes, conf_level) if _replicated(arrays) else None
    icc = _icc(fit, arrays, anova, conf_level)
    effects = {"index": pd.Index(arrays.labels, name=arrays.group), "columns": list(arrays.z_terms)}
    return MixedResult(
        estimates=inference.tidy(terms, outcome, conf_level),
        fit=_glance(fit, arrays, icc),
        notes=notes,
        vcov=pd.DataFrame(inference.vcov, index=terms, columns=terms),
        variance_components=_components(fit, arrays, profiled),
        random_effects=pd.DataFrame(fit.effects, **effects),
        random_effects_se=pd.DataFrame(fit.effects_se, **effects),
        icc=icc,
        anova=None if anova is None else pd.DataFrame([asdict(anova)]),
        profile=profiled,
        terms=inference.terms(design, predictors),
        theta=pd.Series(fit.theta, index=_theta_names(arrays)),
    )


@dataclass(frozen=True, slots=True)
class _Inference:
    """Fixed effects with the chosen degrees of freedom."""

    fit: mixed.MixedFit
    vcov: np.ndarray
    df: np.ndarray
    parts: Any

    @classmethod
    def of(cls, fit: mixed.MixedFit, method: str) -> _Inference:
        """Inference of a fit by the method of degrees of freedom."""
        p = len(fit.coefficients)
        if method == "satterthwaite":
            own = mixed_df.satterthwaite(fit)
            return cls(fit, fit.vcov, mixed_df.satterthwaite_mixed_df(own, np.eye(p)), own)
        if method == "kenward_roger":
            adjusted = mixed_df.kenward_roger(fit)
            each = [mixed_df.kenward_roger_f(adjusted, fit.coefficients, row[None, :]).df_den for row in np.eye(p)]
            return cls(fit, adjusted.vcov, np.array(each), adjusted)
        df = float("inf") if method == "normal" else float(fit.sums.n - p)
        return cls(fit, fit.vcov, np.full(p, df), df)

    def tidy(self, terms: Sequence[str], outcome: str, conf_level: float) -> pd.DataFrame:
        """The coefficients with their tests and limits."""
        b, se = self.fit.coefficients, np.sqrt(np.diag(self.vcov))
        half = stats.t.ppf(0.5 + conf_level / 2.0, self.df) * se
        return tidy_frame(
            term=terms,
            estimate=b,
            std_error=se,
            statistic=b / se,
            df=self.df,
            p_value=2.0 * stats.t.sf(np.abs(b / se), self.df),
            conf_low=b - half,
            conf_high=b + half,
            outcome=outcome,
            n=self.fit.sums.n,
        )

    def joint(self, contrasts: np.ndarray) -> WaldTest:
        """The test of several contrasts being 0 together."""
        if isinstance(self.parts, mixed_df.Satterthwaite):
            return mixed_df.satterthwaite_f(self.parts, self.fit.coefficients, contrasts)
        if isinstance(self.parts, mixed_df.KenwardRoger):
            return mixed_df.kenward_roger_f(self.parts, self.fit.coefficients, contrasts)
        return wald_test(self.fit.coefficients, self.vcov, contrasts, min(float(self.parts), 1e12))

    def terms(self, design: Design, predictors: Sequence[str]) -> pd.DataFrame:
        """The test of every predictor with all its columns."""
        rows = []
        for name in predictors:
            contrasts = np.eye(len(design.terms))[[s == name for s in design.sources]]
            test = self.joint(contrasts)
            rows.append((name, len(contrasts), test.statistic, test.df_num, test.df_den, test.p_value))
        return pd.DataFrame(rows, columns=["predictor", "columns", "statistic", "df_num", "df_den", "p_value"])


def _replicated(arrays: _Arrays) -> bool:
    return len(arrays.codes) > len(arrays.labels)


def _icc(fit: mixed.MixedFit, arrays: _Arrays, anova: mixed_profile.AnovaIcc | None, conf_level: float) -> pd.DataFrame:
    rows = []
    mean_size = len(arrays.codes) / len(arrays.labels)
    if len(fit.covariance) == 1:
        value = float(fit.covariance[0, 0] / (fit.covariance[0, 0] + fit.sigma**2))
        low, high = mixed_profile.profile_icc(fit, conf_level)
        rows.append(("reml" if fit.reml else "ml", value, low, high, 1.0 + (mean_size - 1.0) * value))
    if anova is not None:
        rows.append(("anova", anova.icc, anova.conf_low, anova.conf_high, anova.design_effect))
    return pd.DataFrame(rows, columns=["method", "icc", "conf_low", "conf_high", "design_effect"])


def _glance(fit: mixed.MixedFit, arrays: _Arrays, icc: pd.DataFrame) -> dict[str, object]:
    q, n, p = len(fit.covariance), fit.sums.n, len(fit.coefficients)
    parameters = p + q * (q + 1) // 2 + 1
    # variance explained by fixed effects, by random ones averaged over the rows (Nakagawa et al. 2017; Johnson 2014)
    fixed = float(np.var(arrays.design.x @ fit.coefficients, ddof=1))
    between = float(np.einsum("ni,ij,nj->", arrays.z, fit.covariance, arrays.z)) / n
    total = fixed + between + fit.sigma**2
    none = mixed.criterion(fit.sums, mixed.evaluate(fit.sums, np.zeros((q, q))), fit.reml)
    rise = max(0.0, none - fit.criterion)
    intercept_only = q == 1
    # A variance of 0 lies on the boundary: half the chi-square (Self & Liang 1987); conservative with slopes.
    p_group = float(stats.chi2.sf(rise, q * (q + 1) // 2)) / (2.0 if intercept_only else 1.0)
    return {
        "n": n,
        "n_groups": len(arrays.labels),
        "method": "REML" if fit.reml else "ML",
        "criterion": fit.criterion,
        "log_likelihood": -0.5 * fit.criterion,
        "aic": fit.criterion + 2.0 * parameters,
        "bic": fit.criterion + np.log(n) * parameters,
        "sigma": fit.sigma,
        "icc": float(icc["icc"].iloc[0]) if intercept_only else float("nan"),
        "design_effect": float(icc["design_effect"].iloc[0]) if intercept_only else float("nan"),
        "r2_marginal": fixed / total,
        "r2_conditional": (fixed + between) / total,
        "lr_group": rise,
        "p_group": p_group,
        "singular": fit.singular,
    }


def _profile(fit: mixed.MixedFit, arrays: _Arrays, conf_level: float) -> pd.DataFrame:
    if len(arrays.z_terms) > 2:
        raise ModelError("profiles are for at most one random slope", where="argument profile", found=True)
    design = arrays.design
    found = mixed_profile.variance_profile(fit.sums, conf_level)
    names = {f"sd_{k}": f"sd_{t}|{arrays.group}" for k, t in enumerate(arrays.z_terms)}
    names["cor"] = f"cor_{arrays.z_terms[-1]}.(Intercept)|{arrays.group}"
    order = [k for k in ("sd_0", "cor", "sd_1", "sigma") if k in found]
    rows = [(names.get(k, k), *found[k]) for k in order]
    fixed = mixed_profile.coefficient_profile(design.x, design.y, arrays.z, arrays.codes, conf_level)
    rows += [(t, low, high) for t, (low, high) in zip(design.terms, fixed, strict=True)]
    return pd.DataFrame(rows, columns=["parameter", "conf_low", "conf_high"])


def _components(fit: mixed.MixedFit, arrays: _Arrays, profiled: pd.DataFrame | None) -> pd.DataFrame:
    rows: list[tuple[object, ...]] = []
    sd = np.sqrt(np.diag(fit.covariance))
    for i, term in enumerate(arrays.z_terms):
        rows.append((arrays.group, term, None, fit.covariance[i, i], sd[i], f"sd_{term}|{arrays.group}"))
    for i, term in enumerate(arrays.z_terms):
        for j in range(i):
            product = sd[i] * sd[j]
            joint = fit.covariance[i, j] / product if product > 0 else np.nan
            first = arrays.z_terms[j]
            rows.append((arrays.group, first, term, fit.covariance[i, j], joint, f"cor_{term}.{first}|{arrays.group}"))
    rows.append(("Residual", None, None, fit.sigma**2, fit.sigma, "sigma"))
    frame = pd.DataFrame(rows, columns=["group", "term", "term_2", "variance", "sd", "parameter"])
    if profiled is None:
        return frame.drop(columns="parameter").assign(conf_low=np.nan, conf_high=np.nan)
    return frame.merge(profiled, on="parameter", how="left").drop(columns="parameter")


def _theta_names(arrays: _Arrays) -> list[str]:
    q = len(arrays.z_terms)
    columns, rows = np.triu_indices(q)
    names = arrays.z_terms
    return [
        f"{arrays.group}.{names[i]}" if i == j else f"{arrays.group}.{names[i]}.{names[j]}"
        for i, j in zip(rows, columns, strict=True)
    ]
