"""Weights that make the practices that answered look like all practices, and estimates that use them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import pandas as pd
from scipy import stats

from resilience_stats.errors import ModelError, did_you_mean
from resilience_stats.models.inputs import require_columns
from resilience_stats.results import Note, Result, note
from resilience_stats.results.tidy import tidy_frame
from resilience_stats.stats import survey_weights as survey

#: A weight this many times the mean lets one practice speak for too many.
LARGE_WEIGHT = 5.0


@dataclass(frozen=True, slots=True, kw_only=True)
class WeightsResult(Result):
    """Weights with what they were made of.

    `tidy()`: margin, level, target, before, after (weighted totals). `glance()`: n, sum, smallest, largest, n_effective
    (Kish), design_effect (n / n_effective), iterations.

    Attributes
    ----------
    weights : pandas.Series
        Index of the rows used.
    design_weights : pandas.Series
        The weights that were raked.
    margins : pandas.DataFrame
        The columns raked on.
    """

    weights: pd.Series = field(repr=False)
    design_weights: pd.Series = field(repr=False)
    margins: pd.DataFrame = field(repr=False)


def rake_weights(
    data: pd.DataFrame,
    margins: Mapping[str, Mapping[object, float]],
    *,
    weights: str | None = None,
) -> WeightsResult:
    """Return weights under which each margin of the sample equals that of the population.

    Parameters
    ----------
    data : pandas.DataFrame
    margins : mapping of str to mapping of level to total
        For each column the population total of each level; all columns with the same sum.
    weights : str, optional
        Column of starting weights; equal ones by default.

    Raises
    ------
    ModelError
        Where a level has no target or a target no row, sums differ, or the margins cannot be met.

    Examples
    --------
    >>> data = pd.DataFrame({"contract": ["GMS", "GMS", "PMS"], "size": ["small", "large", "small"]})
    >>> found = rake_weights(data, {"contract": {"GMS": 6, "PMS": 4}, "size": {"small": 7, "large": 3}})
    >>> found.weights.round(3).tolist()
    [3.0, 3.0, 4.0]
    """
    columns = list(margins)
    require_columns(data, columns, "margins")
    used = data.loc[data[columns].notna().all(axis=1)]
    notes: tuple[Note, ...] = ()
    if len(used) < len(data):
        lost = len(data) - len(used)
        notes = (note("rows-dropped", f"{lost} of {len(data)} rows lack a margin and have no weight."),)
    if used.empty:
        raise ModelError("no row has a value in every margin", where="argument margins")
    _require_equal_sums(margins)
    total = float(sum(next(iter(margins.values())).values()))
    start = np.full(len(used), total / len(used)) if weights is None else used[weights].to_numpy(dtype=float)
    coded = [_codes(used[c], margins[c]) for c in columns]
    targets = [np.array([float(v) for v in margins[c].values()]) for c in columns]
    found = survey.rake(start, coded, targets)
    largest = float(found.weights.max() / found.weights.mean())
    if largest > LARGE_WEIGHT:
        notes += (note("large-weight", f"One practice has {largest:.1f} times the mean weight."),)
    return WeightsResult(
        estimates=_margin_table(margins, coded, targets, start, found.weights),
        fit=weight_figures(found.weights) | {"iterations": found.iterations, "largest_gap": found.largest_gap},
        notes=notes,
        weights=pd.Series(found.weights, index=used.index, name="weight"),
        design_weights=pd.Series(start, index=used.index, name="weight"),
        margins=used[columns],
    )


def survey_estimates(
    data: pd.DataFrame,
    variables: Sequence[str],
    *,
    weights: str | WeightsResult | None = None,
    cluster: str | None = None,
    strata: str | None = None,
    population: str | int | None = None,
    conf_level: float = 0.95,
) -> Result:
    """Return weighted means and totals with linearised standard errors.

    Parameters
    ----------
    data : pandas.DataFrame
    variables : sequence of str
        Numeric columns.
    weights : str or WeightsResult, optional
        Column of weights, or raked weights: what raking fixes then adds nothing to the standard error.
    cluster, strata : str, optional
        Columns of sampling units and strata.
    population : str or int, optional
        Number of sampling units in the population (of the stratum): the finite-population correction.
    conf_level : float

    Returns
    -------
    Result
        `tidy()`: two rows per variable (`statistic_name` mean and total), with design_effect for the mean.

    Examples
    --------
    >>> data = pd.DataFrame({"score": [50.0, 60.0, 70.0], "w": [1.0, 1.0, 2.0]})
    >>> survey_estimates(data, ["score"], weights="w").tidy()["estimate"].tolist()
    [62.5, 250.0]
    """
    names = [c for c in (cluster, strata, population, weights) if isinstance(c, str)]
    require_columns(data, [*variables, *names], "variables")
    frame = data.loc[data[names].notna().all(axis=1)] if names else data
    if isinstance(weights, WeightsResult):
        frame = frame.loc[frame.index.intersection(weights.weights.index)]
    rows = [r for v in variables for r in _mean_and_total(frame, v, weights, cluster, strata, population, conf_level)]
    text = (
        "with the finite-population correction: of these practices as they were"
        if population is not None
        else "without finite-population correction: of practices of this kind at large"
    )
    return Result(
        estimates=pd.concat(rows, ignore_index=True),
        fit={"n": len(frame), "conf_level": conf_level},
        notes=(note("inference", f"Standard errors are {text}."),),
    )


def _mean_and_total(
    frame: pd.DataFrame,
    variable: str,
    weights: str | WeightsResult | None,
    cluster: str | None,
    strata: str | None,
    population: str | int | None,
    conf_level: float,
) -> list[pd.DataFrame]:
    used = frame.loc[frame[variable].notna()]
    y = used[variable].to_numpy(dtype=float)
    w = _weight_values(used, weights)
    options = {
        "psu": None if cluster is None else used[cluster].to_numpy(),
        "strata": None if strata is None else used[strata].to_numpy(),
        "population": None if population is None else _population(used, population),
    }
    mean, influence = survey.weighted_mean_influence(y, w)
    out: list[pd.DataFrame] = []
    for name, estimate, rows in (("mean", mean, influence), ("total", float(w @ y), w * y)):
        scores = rows
        if isinstance(weights, WeightsResult):
            codes = [np.unique(used[c], return_inverse=True)[1] for c in weights.margins.columns]
            scores = survey.raked_influence(rows, w, codes)
        variance, df = survey.survey_covariance(scores[:, None], **options)
        se = float(np.sqrt(variance[0, 0]))
        half = float(stats.t.ppf(0.5 + conf_level / 2.0, df)) * se
        effect = survey.design_effect(y, w, se**2) if name == "mean" and w.sum() > len(y) else float("nan")
        row = tidy_frame(
            term=[variable],
            estimate=[estimate],
            std_error=se,
            df=df,
            conf_low=estimate - half,
            conf_high=estimate + half,
            statistic_name=name,
            design_effect=effect,
            n=len(y),
        )
        out.append(row)
    return out


def _weight_values(used: pd.DataFrame, weights: str | WeightsResult | None) -> np.ndarray:
    if weights is None:
        return np.ones(len(used))
    w = used[weights] if isinstance(weights, str) else weights.weights.loc[used.index]
    values = w.to_numpy(dtype=float)
    if not (values > 0).all():
        raise ModelError("weights must be positive", where="argument weights", found=float(values.min()))
    return values


def _population(used: pd.DataFrame, population: str | int) -> np.ndarray:
    return used[population].to_numpy(dtype=float) if isinstance(population, str) else np.full(len(used), population)


def _require_equal_sums(margins: Mapping[str, Mapping[object, float]]) -> None:
    sums = {c: float(sum(levels.values())) for c, levels in margins.items()}
    if not sums or max(sums.values()) - min(sums.values()) > 1e-6 * max(sums.values()):
        raise ModelError("the margins have different totals", where="argument margins", found=sums, allowed="one total")


def _codes(column: pd.Series, levels: Mapping[object, float]) -> np.ndarray:
    nobody = [level for level, target in levels.items() if not target > 0]
    if nobody:
        raise ModelError(
            f"the target of '{column.name}' level '{nobody[0]}' is not a number of people",
            where="argument margins", found=levels[nobody[0]], allowed="above 0",
            action="Leave the level's rows and its target out, or merge it with another level.",
        )  # fmt: skip
    order = {level: i for i, level in enumerate(levels)}
    unknown = [v for v in column.unique() if v not in order]
    empty = [level for level in levels if not (column == level).any()]
    if unknown:
        raise ModelError(
            f"'{column.name}' has a level without a target",
            where="argument margins",
            found=unknown[0],
            action=did_you_mean(str(unknown[0]), [str(v) for v in levels]),
        )
    if empty:
        raise ModelError(
            f"no row of '{column.name}' has the level '{empty[0]}'",
            where="argument margins",
            action="Merge it with another level: no weight can stand for nobody.",
        )
    return column.map(order).to_numpy(dtype=np.intp)


def _margin_table(
    margins: Mapping[str, Mapping[object, float]],
    coded: Sequence[np.ndarray],
    targets: Sequence[np.ndarray],
    before: np.ndarray,
    after: np.ndarray,
) -> pd.DataFrame:
    rows = []
    for (name, levels), codes, target in zip(margins.items(), coded, targets, strict=True):
        old = np.bincount(codes, weights=before, minlength=len(target))
        new = np.bincount(codes, weights=after, minlength=len(target))
        rows += [
            (name, level, *values) for level, values in zip(levels, zip(target, old, new, strict=True), strict=True)
        ]
    return pd.DataFrame(rows, columns=["margin", "level", "target", "before", "after"])


def weight_figures(w: np.ndarray) -> dict[str, object]:
    """Return what every set of weights is told by: their number, sum, range, and how many equal rows they are worth.

    Examples
    --------
    >>> weight_figures(np.array([1.0, 3.0]))["n_effective"]
    1.6
    """
    size = survey.kish_effective_size(w)
    return {
        "n": len(w),
        "sum": float(w.sum()),
        "smallest": float(w.min()),
        "largest": float(w.max()),
        "n_effective": size,
        "design_effect": len(w) / size,
    }
