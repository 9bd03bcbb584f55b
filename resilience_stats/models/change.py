"""Change after support, honestly compared: regression to the mean first, a comparison group always."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from scipy import stats as sps

from resilience_stats.errors import ModelError, require_choice
from resilience_stats.models.inputs import require_columns
from resilience_stats.models.linear import fit_linear
from resilience_stats.results import Note, Result, note
from resilience_stats.results.change import ProgrammeChangeResult
from resilience_stats.results.linear import LinearResult
from resilience_stats.results.tidy import tidy_frame
from resilience_stats.stats import change as numerics
from resilience_stats.stats import matching

COMPARISONS = ("none", "overlap", "att", "match")
#: Fewest pairs for which a change is described.
FEWEST = 4


def expected_regression_to_mean(
    *,
    mean: float | Sequence[float],
    std_dev: float | Sequence[float],
    reliability: float | Sequence[float],
    cutoff: float | Sequence[float],
    side: str | Sequence[str] = "below",
    measurements: int | Sequence[int] = 1,
) -> Result:
    """Return the change to expect, without any effect, in a group selected beyond a cut-off.

    Parameters
    ----------
    mean, std_dev : float or sequence
        Of one measurement in the whole population, in the score's units.
    reliability : float or sequence
        Test-retest reliability (correlation of two measurements without real change).
    cutoff : float or sequence
    side : {"below", "above"} or sequence
        Who is selected.
    measurements : int or sequence
        Baseline measurements averaged before the selection.

    Returns
    -------
    Result
        `tidy()`, one row per setting: estimate is the expected change with its sign (up for those selected below);
        columns size (unsigned), z, c, std_dev_of_mean.

    Notes
    -----
    Formula and source: `resilience_stats.stats.change.regression_to_mean`.

    Examples
    --------
    >>> fit = expected_regression_to_mean(mean=60, std_dev=10, reliability=0.7, cutoff=50)
    >>> fit.tidy()["estimate"].round(2).tolist()
    [4.58]
    """
    given = [np.atleast_1d(np.asarray(v, dtype=float)) for v in (mean, std_dev, reliability, cutoff, measurements)]
    sides = np.atleast_1d(np.asarray(side))
    for value in np.unique(sides):
        require_choice(str(value), ("below", "above"), "side")
    mu, sd, rho, cut, m, below = np.broadcast_arrays(*given, sides == "below")
    if ((rho < 0) | (rho > 1)).any() or (sd <= 0).any() or (m < 1).any():
        raise ModelError("reliability must lie in 0 to 1, std_dev above 0, measurements at 1 or more",
                         where="arguments reliability, std_dev, measurements")  # fmt: skip
    found = numerics.regression_to_mean(mu, sd, rho, cut, below, m)
    rows = tidy_frame(
        term=[f"selected {'below' if b else 'above'} {c:g}" for b, c in zip(below, cut, strict=True)],
        estimate=np.where(below, found.change, -found.change),
        size=found.change,
        z=found.z,
        c=found.c,
        std_dev_of_mean=found.std_dev_of_mean,
    )
    return Result(estimates=rows, fit={"settings": len(rows)})


def programme_change(
    data: pd.DataFrame,
    *,
    before: str,
    after: str,
    group: str | None = None,
    covariates: Sequence[str] = (),
    cluster: str | None = None,
    comparison: str = "none",
    reliability: float | None = None,
    vcov: str | None = None,
    conf_level: float = 0.95,
) -> ProgrammeChangeResult:
    """Return the change between two waves, with what regression to the mean explains, against a comparison group.

    Parameters
    ----------
    data : pandas.DataFrame
        One row per practice.
    before, after : str
        Columns of the two waves.
    group : str, optional
        Column of the programme taken part in; the first level (in the categories' order, or sorted) is the comparison.
    covariates : sequence of str
        Known before the programme.
    cluster : str, optional
        Column of clusters, for CR2 standard errors.
    comparison : {"none", "overlap", "att", "match"}
        How the comparison group is made comparable before the ANCOVA; needs a group of two levels.
    reliability : float, optional
        Of the score, for reliable change and regression to the mean; default: the correlation of the two waves in the
        comparison group (all rows without a group), which real change lowers.
    vcov : str, optional
        Covariance of the models (`fit_linear`).
    conf_level : float

    Returns
    -------
    ProgrammeChangeResult
        `tidy()`: the coefficients of four models (column model): ``ancova``, ``change``, ``change_adjusted``,
        ``post_only``. The effect of the programme is the group's coefficient in ``ancova``. `glance()`: n, reliability,
        baseline_post_r, sigma, df_residual, r_squared, slopes_f, slopes_df_num, slopes_df_den, slopes_p_value,
        partial_eta2, e_value, e_value_low, naive_change, expected_change.

    Raises
    ------
    ModelError
        For unknown columns, fewer than four pairs in all, or a comparison that cannot be made.

    Notes
    -----
    A group chosen for its low baseline rises by chance (regression to the mean); ANCOVA compares practices of equal
    baseline and is unbiased where selection was on that baseline, while change scores are not.
    Sources: Barnett et al., Int J Epidemiol 2005;34:215-220; Senn, Stat Med 2006;25:4334-4344.

    Examples
    --------
    >>> rng = np.random.default_rng(1)
    >>> frame = pd.DataFrame({"pre": rng.normal(60, 10, 80), "joined": np.repeat(["no", "yes"], 40)})
    >>> frame["post"] = 18 + 0.7 * frame["pre"] + 5 * (frame["joined"] == "yes") + rng.normal(0, 4, 80)
    >>> fit = programme_change(frame, before="pre", after="post", group="joined")
    >>> effect = fit.tidy().query("model == 'ancova' and term == 'joined[yes]'").iloc[0]
    >>> bool(effect["conf_low"] < 5 < effect["conf_high"])
    True
    """
    require_choice(comparison, COMPARISONS, "comparison")
    used, notes = _complete(data, before, after, group, covariates, cluster)
    levels = _levels(used, group)
    weights, kept, balance, more = _comparison(used, before, group, covariates, levels, comparison)
    notes += more
    models = _models(kept, before, after, group, covariates, cluster, weights, vcov, conf_level)
    known = _reliability(used, before, after, group, levels, reliability)
    notes += _notes(known, reliability, group, used, levels)
    paired = _paired(used, before, after, group, levels, reliability, conf_level)
    practices = _practices(used, before, after, group, levels, known, conf_level)
    means, pairwise = _adjusted(models["ancova"], kept, before, group, levels, covariates, conf_level)
    rows = pd.concat([m.tidy().assign(model=name) for name, m in models.items()], ignore_index=True)
    return ProgrammeChangeResult(
        estimates=rows,
        fit=_glance(models, kept, before, after, group, levels, covariates, known, practices, conf_level),
        notes=tuple(notes),
        models=models,
        paired=paired,
        practices=practices,
        adjusted_means=means,
        pairwise=pairwise,
        balance=balance,
        analysis_of_variance=_type_two(kept, before, after, group, covariates),
    )


def _complete(
    data: pd.DataFrame, before: str, after: str, group: str | None, covariates: Sequence[str], cluster: str | None
) -> tuple[pd.DataFrame, list[Note]]:
    require_columns(data, [before, after], "before, after")
    require_columns(data, [c for c in (group, cluster) if c], "group, cluster")
    require_columns(data, list(covariates), "covariates")
    wanted = list(
        dict.fromkeys([before, after, *([group] if group else []), *covariates, *([cluster] if cluster else [])])
    )
    used = data.loc[data[wanted].notna().all(axis=1), wanted].copy()
    if len(used) < FEWEST:
        raise ModelError("too few practices were measured twice", found=len(used), allowed=f"{FEWEST} or more")
    used[before], used[after] = used[before].astype(float), used[after].astype(float)
    dropped = len(data) - len(used)
    notes = []
    if dropped:
        text = (
            f"{dropped} of {len(data)} practices lack a wave or a covariate and are left out; if they differ in their "
            "change, the comparison is of those who stayed."
        )
        notes.append(note("not-remeasured", text))
    return used, notes


def _levels(used: pd.DataFrame, group: str | None) -> list[object]:
    if group is None:
        return []
    category = used[group].astype("category").cat.remove_unused_categories()
    levels = list(category.cat.categories)
    if len(levels) < 2:
        raise ModelError(f"'{group}' holds a single group: there is nothing to compare with", where="argument group",
                         found=levels, action="Include practices that did not take part.")  # fmt: skip
    return levels


def _comparison(
    used: pd.DataFrame, before: str, group: str | None, covariates: Sequence[str], levels: list[object], kind: str
) -> tuple[pd.Series | None, pd.DataFrame, pd.DataFrame, list[Note]]:
    columns = ["variable", "difference_before", "difference_after"]
    if group is None or len(levels) != 2:
        if kind != "none":
            raise ModelError("weighting and matching need a group of two levels", where="argument comparison",
                             found=kind)  # fmt: skip
        return None, used, pd.DataFrame(columns=columns), []
    x = pd.get_dummies(used[[before, *covariates]], drop_first=True, dtype=float)
    treated = (used[group] == levels[1]).to_numpy()
    raw = matching.standardised_difference(x.to_numpy(float), treated)
    if kind == "none":
        return None, used, pd.DataFrame({columns[0]: x.columns, columns[1]: raw, columns[2]: raw}), []
    design = np.column_stack([np.ones(len(x)), x.to_numpy(float)])
    score = matching.propensity(design, treated)
    if kind == "match":
        pairs = matching.nearest_pairs(score, treated)
        if len(pairs) < FEWEST:
            raise ModelError("too few practices can be matched", where="argument comparison", found=len(pairs))
        rows = np.sort(pairs.ravel())
        after = matching.standardised_difference(x.to_numpy(float)[rows], treated[rows])
        said = note("matched", f"{len(pairs)} of {treated.sum()} practices in the programme were matched.")
        return None, used.iloc[rows], pd.DataFrame({columns[0]: x.columns, columns[1]: raw, columns[2]: after}), [said]
    weights = matching.comparison_weights(score, treated, kind)
    after = matching.standardised_difference(x.to_numpy(float), treated, weights)
    table = pd.DataFrame({columns[0]: x.columns, columns[1]: raw, columns[2]: after})
    effective = weights[~treated].sum() ** 2 / (weights[~treated] ** 2).sum()
    said = note("weighted", f"Weights ({kind}) leave the comparison group worth {effective:.0f} practices.")
    return pd.Series(weights, index=used.index), used, table, [said]


def _models(
    kept: pd.DataFrame,
    before: str,
    after: str,
    group: str | None,
    covariates: Sequence[str],
    cluster: str | None,
    weights: pd.Series | None,
    vcov: str | None,
    conf_level: float,
) -> dict[str, LinearResult]:
    frame = kept.assign(change=kept[after] - kept[before])
    column = None
    if weights is not None:
        column = "comparison_weight"
        frame[column] = weights
    groups = [group] if group else []

    def fit(outcome: str, predictors: list[str]) -> LinearResult:
        """The model of these rows with the settings that all of them share."""
        return fit_linear(frame, outcome, predictors, cluster=cluster, weights=column, vcov=vcov, conf_level=conf_level)

    others = [*groups, *covariates]
    models = {"ancova": fit(after, [before, *others]), "change_adjusted": fit("change", [before, *others])}
    if others:
        models |= {"change": fit("change", others), "post_only": fit(after, others)}
    return models


def _reliability(
    used: pd.DataFrame, before: str, after: str, group: str | None, levels: list[object], given: float | None
) -> float:
    if given is not None:
        if not 0 <= given <= 1:
            raise ModelError("not a reliability", where="argument reliability", found=given, allowed="0 to 1")
        return float(given)
    calm = used if group is None else used[used[group] == levels[0]]
    calm = calm if len(calm) >= FEWEST else used
    return float(np.clip(np.corrcoef(calm[before], calm[after])[0, 1], 0.0, 1.0))


def _notes(
    known: float, given: float | None, group: str | None, used: pd.DataFrame, levels: list[object]
) -> list[Note]:
    notes = []
    if given is None:
        notes.append(note("reliability-from-waves", f"Reliability was taken as {known:.2f}, the correlation of the two "
                          "waves; real differences in change make it too low."))  # fmt: skip
    if group is None:
        notes.append(note("no-comparison", "Without a comparison group no change can be put down to the programme."))
    else:
        counts = used[group].value_counts().to_dict()
        small = [f"{v} ({counts[v]})" for v in levels if counts[v] < 10]
        if small:
            notes.append(note("small-groups", f"Fewer than 10 practices in: {', '.join(small)}."))
    return notes


def _paired(
    used: pd.DataFrame, before: str, after: str, group: str | None, levels: list[object], reliability: float | None,
    conf_level: float,
) -> pd.DataFrame:  # fmt: skip
    parts = [("all", used)] if group is None else [(str(v), used[used[group] == v]) for v in levels]
    rows = [
        {"group": name, **numerics.paired_change(d[before].to_numpy(), d[after].to_numpy(), reliability, conf_level)}
        for name, d in parts
        if len(d) >= FEWEST
    ]
    return pd.DataFrame(rows)


def _practices(
    used: pd.DataFrame, before: str, after: str, group: str | None, levels: list[object], reliability: float,
    conf_level: float,
) -> pd.DataFrame:  # fmt: skip
    calm = used if group is None else used[used[group] == levels[0]]
    spread = float(used[before].std(ddof=1))
    error = np.sqrt(2) * spread * np.sqrt(1 - reliability)
    change = used[after] - used[before]
    drift = float((calm[after] - calm[before]).mean()) if group is not None else 0.0
    pull = (1 - reliability) * (used[before].mean() - used[before])
    limit = sps.norm.ppf(0.5 + conf_level / 2) * error
    out = pd.DataFrame({"before": used[before], "after": used[after], "change": change,
                        "expected_change": pull, "drift": drift,
                        "reliable_change_index": change / error if error > 0 else np.nan,
                        "within_measurement_error": change.abs() <= limit})  # fmt: skip
    if group is not None:
        out.insert(0, "group", used[group].astype(str))
    return out


def _adjusted(
    fit: LinearResult, kept: pd.DataFrame, before: str, group: str | None, levels: list[object],
    covariates: Sequence[str], conf_level: float,
) -> tuple[pd.DataFrame, pd.DataFrame]:  # fmt: skip
    if group is None:
        return pd.DataFrame(), pd.DataFrame()
    terms = list(fit.vcov.columns)
    centre = dict.fromkeys(terms, 0.0) | {"(Intercept)": 1.0}
    for name, source in zip(fit.design.terms, fit.design.sources, strict=True):
        if source == before or (source in covariates and name == source):
            centre[name] = float(kept[name].astype(float).mean())
        elif source in covariates:
            centre[name] = 1.0 / len(fit.design.levels[source])
    df = float(fit.fit["df_residual"])  # type: ignore[arg-type]
    points = np.array([[1.0 if t == f"{group}[{v}]" else centre[t] for t in terms] for v in levels])
    beta, v = fit.estimates["estimate"].to_numpy(), fit.vcov.to_numpy()
    mean, error = points @ beta, np.sqrt(np.einsum("ij,jk,ik->i", points, v, points))
    half = sps.t.ppf(0.5 + conf_level / 2, df) * error
    means = pd.DataFrame({"group": [str(x) for x in levels], "adjusted_mean": mean, "std_error": error, "df": df,
                          "conf_low": mean - half, "conf_high": mean + half})  # fmt: skip
    return means, _tukey(points, beta, v, levels, df)


def _tukey(points: np.ndarray, beta: np.ndarray, v: np.ndarray, levels: list[object], df: float) -> pd.DataFrame:
    rows = []
    for i in range(len(levels)):
        for j in range(i + 1, len(levels)):
            contrast = points[i] - points[j]
            value, error = float(contrast @ beta), float(np.sqrt(contrast @ v @ contrast))
            t = value / error
            p = (
                2 * sps.t.sf(abs(t), df)
                if len(levels) == 2
                else sps.studentized_range.sf(abs(t) * np.sqrt(2), len(levels), df)
            )
            rows.append((f"{levels[i]} - {levels[j]}", value, error, df, t, float(p)))
    return pd.DataFrame(rows, columns=["contrast", "estimate", "std_error", "df", "statistic", "p_value"])


def _glance(
    models: dict[str, LinearResult], kept: pd.DataFrame, before: str, after: str, group: str | None,
    levels: list[object], covariates: Sequence[str], reliability: float, practices: pd.DataFrame, conf_level: float,
) -> dict[str, object]:  # fmt: skip
    ancova = models["ancova"]
    out: dict[str, object] = {
        "n": len(kept),
        "reliability": reliability,
        "baseline_post_r": float(np.corrcoef(kept[before], kept[after])[0, 1]),
        "sigma": ancova.fit["sigma"],
        "df_residual": ancova.fit["df_residual"],
        "r_squared": ancova.fit["r_squared"],
    }
    if group is None:
        return out | {"naive_change": float(practices["change"].mean())}
    out |= _slopes(kept, before, after, group, covariates)
    rows = practices[practices["group"] == str(levels[1])]
    out |= {"naive_change": float(rows["change"].mean()), "expected_change": float(rows["expected_change"].mean())}
    if len(levels) == 2:
        effect = ancova.estimates.set_index("term").loc[f"{group}[{levels[1]}]"].to_dict()
        sd = float(kept[after].std(ddof=1))
        found, error = float(effect["estimate"]) / sd, float(effect["std_error"]) / sd
        point, limit = numerics.e_value_of_difference(found, error, conf_level)
        out |= {"effect": effect["estimate"], "effect_low": effect["conf_low"], "effect_high": effect["conf_high"],
                "e_value": point, "e_value_low": limit}  # fmt: skip
    return out


def _type_two(
    kept: pd.DataFrame, before: str, after: str, group: str | None, covariates: Sequence[str]
) -> pd.DataFrame:
    """Return sums of squares of type II: each term over all the others of the ANCOVA, which has no interaction."""
    terms = [before, *([group] if group else []), *covariates]
    rss, df = _residual(kept, after, terms)
    rows = []
    for term in terms:
        without, more = _residual(kept, after, [t for t in terms if t != term])
        own = more - df
        f = (without - rss) / own / (rss / df)
        rows.append((term, without - rss, own, f, float(sps.f.sf(f, own, df))))
    rows.append(("Residuals", rss, df, np.nan, np.nan))
    return pd.DataFrame(rows, columns=["term", "sum_sq", "df", "statistic", "p_value"])


def _residual(kept: pd.DataFrame, after: str, terms: list[str]) -> tuple[float, float]:
    if not terms:
        return float(((kept[after] - kept[after].mean()) ** 2).sum()), float(len(kept) - 1)
    fit = fit_linear(kept, after, terms, vcov="classical").fit
    df = float(fit["df_residual"])  # type: ignore[arg-type]
    return float(fit["sigma"]) ** 2 * df, df  # type: ignore[arg-type]


def _slopes(kept: pd.DataFrame, before: str, after: str, group: str, covariates: Sequence[str]) -> dict[str, object]:
    plain = fit_linear(kept, after, [before, group, *covariates], vcov="classical")
    without = fit_linear(kept, after, [before, *covariates], vcov="classical")
    dummies = pd.get_dummies(kept[group], drop_first=True, dtype=float)
    products = dummies.mul(kept[before], axis=0)
    products.columns = [f"{before}:{c}" for c in products.columns]
    wide = fit_linear(pd.concat([kept, products], axis=1), after, [before, group, *covariates, *products.columns],
                      vcov="classical")  # fmt: skip
    rss = [float(f.fit["sigma"]) ** 2 * float(f.fit["df_residual"]) for f in (plain, wide, without)]  # type: ignore[arg-type]
    df = products.shape[1], int(wide.fit["df_residual"])  # type: ignore[call-overload]
    f = (rss[0] - rss[1]) / df[0] / (rss[1] / df[1])
    return {"slopes_f": f, "slopes_df_num": df[0], "slopes_df_den": df[1], "slopes_p_value": float(sps.f.sf(f, *df)),
            "partial_eta2": (rss[2] - rss[0]) / rss[2]}  # fmt: skip
