"""Fair comparison of practices: scores shrunken for what chance does, with intervals of scores and of ranks."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import special
from scipy import stats as sps

from resilience_stats.errors import ModelError, require_choice
from resilience_stats.models.funnel import funnel_limits
from resilience_stats.results import Note, note
from resilience_stats.results.benchmark import BenchmarkResult
from resilience_stats.results.tidy import tidy_frame
from resilience_stats.stats.empirical_bayes import shrink_normal, shrink_proportions
from resilience_stats.stats.funnel import over_dispersion
from resilience_stats.stats.nested_shrinkage import draw_nested, shrink_nested
from resilience_stats.stats.ranks import RankSummary, summarise_ranks

METHODS = ("reml", "dl", "pm")
LEVELS = (0.95, 0.998)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Posterior:
    """Shrunken values, their limits, and a way to draw from all of them at once."""

    estimate: np.ndarray
    std_error: np.ndarray
    low: np.ndarray
    high: np.ndarray
    weight: np.ndarray
    draw: Callable[[np.random.Generator, int], np.ndarray]
    fit: dict[str, object]
    groups: pd.DataFrame
    notes: tuple[Note, ...] = ()


def benchmark(
    scores: Sequence[float] | pd.Series,
    *,
    group: Sequence[object] | pd.Series | None = None,
    std_error: float | Sequence[float] | pd.Series | None = None,
    reliability: float | None = None,
    n: Sequence[float] | pd.Series | None = None,
    method: str = "reml",
    overdispersion: str = "additive",
    winsorise: float = 0.1,
    consistent: bool = False,
    lowest: float = 0.1,
    n_draws: int = 4000,
    conf_level: float = 0.95,
    unit: Sequence[object] | None = None,
    random_state: int | np.random.Generator = 0,
) -> BenchmarkResult:
    """Return each practice's score shrunken towards the others, with its interval and the ranks it may truly have.

    Parameters
    ----------
    scores : sequence
        One score per practice; with `n`, counts of events.
    group : sequence, optional
        Group of each practice (place, network): scores are shrunken towards their group's mean, itself shrunken.
    std_error : float or sequence, optional
        Standard error of measurement of each score, or of all.
    reliability : float, optional
        Instead of `std_error`: of the score; its standard error is then sqrt(1 - reliability) of the scores' spread.
    n : sequence, optional
        Denominators: `scores` are counts, by the beta-binomial model (with `group`: normal on the logit scale).
    method : {"reml", "dl", "pm"}
        Estimator of the variance between practices (``"reml"`` with groups).
    overdispersion : {"none", "multiplicative", "additive"}
        Of the funnel limits.
    winsorise : float
        Share of z winsorised at each end for the over-dispersion.
    consistent : bool
        Correct the over-dispersion for what winsorising takes from it (`funnel_limits`).
    lowest : float
        Share of the practices that counts as the lowest.
    n_draws : int
        Draws from the posterior, for the ranks.
    conf_level : float
    unit : sequence, optional
        Names; default: the index of `scores`, or numbers from 1.
    random_state : int or numpy.random.Generator

    Returns
    -------
    BenchmarkResult
        `tidy()`, in the order given: term, estimate (shrunken), std_error, conf_low, conf_high, score (own), weight (of
        the own score in the estimate), rank_mean, rank_median, rank_low, rank_high (1 = lowest score),
        probability_lowest, monte_carlo_error, group, n, and for each of 95 and 99.8 per cent ``funnel_low_95,
        funnel_high_95, funnel_flag_95``. `glance()`: practices, model, mean, mean_std_error, tau2, i2, h2, q, df or
        alpha, beta, prior_mean, rho, log_likelihood; target, phi, phi_used, funnel_tau2; mean_rank_width, n_draws.

    Raises
    ------
    ModelError
        Without a measure of the scores' error, for fewer than three practices, or impossible counts.

    Notes
    -----
    Models: `resilience_stats.stats.empirical_bayes`, `resilience_stats.stats.nested_shrinkage`; ranks:
    `resilience_stats.stats.ranks`. Variances between practices are taken as known once estimated, which makes
    intervals a little narrow where practices are few. No table in order of rank is made: at the reliability of a
    questionnaire the interval of a middle rank spans most of the table.
    Sources: Goldstein and Spiegelhalter, J R Stat Soc A 1996;159:385-443; Spiegelhalter, Stat Med 2005;24:1185-1202.

    Examples
    --------
    >>> rng = np.random.default_rng(4)
    >>> truth = rng.normal(60, 10, 60)
    >>> fit = benchmark(truth + rng.normal(0, 5, 60), std_error=5.0)
    >>> rows = fit.tidy()
    >>> bool(((rows["conf_low"] < truth) & (truth < rows["conf_high"])).mean() > 0.85)
    True
    >>> [n.code for n in fit.notes]
    ['no-league-table', 'shared-error']
    """
    require_choice(method, METHODS, "method")
    values, names = _values(scores, unit)
    labels, codes = _groups(group, len(values))
    rng = np.random.default_rng(random_state)
    if n is not None:
        sizes = _sizes(values, n)
        posterior = _of_counts(values, sizes, labels, codes, conf_level)
        funnel = _funnel_of_counts(values, sizes, overdispersion, winsorise, consistent)
        own = values / sizes
    else:
        error, said = _standard_error(values, std_error, reliability)
        posterior = _of_scores(values, error**2, labels, codes, method, conf_level)
        posterior.fit["shared_standard_error"] = float(error[0]) if np.ptp(error) == 0 else np.nan
        funnel = _funnel_of_scores(values, error, overdispersion, winsorise, consistent)
        own, sizes = values, np.full(len(values), np.nan)
    ranks = summarise_ranks(
        lambda size: posterior.draw(rng, size), len(values), n_draws=n_draws, conf_level=conf_level, lowest=lowest
    )
    rows = _rows(names, own, sizes, labels, codes, posterior, ranks, funnel[0])
    width = float((ranks.high - ranks.low + 1).mean())
    figures = {"practices": len(values), **posterior.fit, **funnel[1], "mean_rank_width": width, "n_draws": n_draws}
    more = posterior.notes if n is not None else (*posterior.notes, *said)
    return BenchmarkResult(
        estimates=rows, fit=figures, notes=(_no_league_table(width, len(values)), *more), groups=posterior.groups
    )


def _values(scores: Sequence[float] | pd.Series, unit: Sequence[object] | None) -> tuple[np.ndarray, list[object]]:
    values = np.asarray(scores, dtype=float)
    if values.ndim != 1 or len(values) < 3:
        raise ModelError("practices are compared where there are at least three", where="argument scores",
                         found=values.shape)  # fmt: skip
    if not np.isfinite(values).all():
        raise ModelError(
            "a score is missing or infinite",
            where="argument scores",
            found=int((~np.isfinite(values)).sum()),
            action="Leave practices without a score out.",
        )
    names = unit if unit is not None else (scores.index if isinstance(scores, pd.Series) else range(1, len(values) + 1))
    if len(list(names)) != len(values):
        raise ModelError("one name is needed for each score", where="argument unit", found=len(list(names)))
    return values, list(names)


def _groups(group: Sequence[object] | pd.Series | None, k: int) -> tuple[np.ndarray, np.ndarray | None]:
    if group is None:
        return np.array([], dtype=object), None
    series = pd.Series(list(group), dtype=object)
    if len(series) != k or series.isna().any():
        raise ModelError("each score needs its group", where="argument group",
                         found=f"{len(series)} groups, {int(series.isna().sum())} missing, for {k} scores")  # fmt: skip
    codes, labels = pd.factorize(series, sort=True)
    if len(labels) < 2:
        raise ModelError("there is a single group", where="argument group", found=list(labels),
                         action="Leave the argument out.")  # fmt: skip
    return np.asarray(labels, dtype=object), codes


def _sizes(counts: np.ndarray, n: Sequence[float] | pd.Series) -> np.ndarray:
    sizes = np.asarray(n, dtype=float)
    if sizes.shape != counts.shape:
        raise ModelError("scores and n must be of one length", where="argument n", found=sizes.shape)
    if not ((sizes > 0) & (counts >= 0) & (counts <= sizes)).all():
        raise ModelError("counts must satisfy 0 <= count <= n and n > 0", where="arguments scores, n")
    return sizes


def _standard_error(
    values: np.ndarray, std_error: float | Sequence[float] | pd.Series | None, reliability: float | None
) -> tuple[np.ndarray, list[Note]]:
    if (std_error is None) == (reliability is None):
        raise ModelError(
            "how sure is each score?",
            where="arguments std_error, reliability, n",
            found="none given" if std_error is None else "both given",
            action="Give std_error or reliability of the scores, or n where the scores are counts.",
        )
    if reliability is not None:
        if not 0 < reliability < 1:
            raise ModelError("not a reliability", where="argument reliability", found=reliability,
                             allowed="above 0 and below 1")  # fmt: skip
        std_error = float(np.std(values, ddof=1) * np.sqrt(1 - reliability))
    error = np.broadcast_to(np.asarray(std_error, dtype=float), values.shape)
    if not (np.isfinite(error) & (error > 0)).all():
        raise ModelError("standard errors must be positive", where="argument std_error")
    if np.ptp(error) > 0:
        return error, []
    text = "One standard error of measurement is taken for all practices; scores near the ends are surer than that."
    return error, [note("shared-error", text)]


def _of_scores(
    y: np.ndarray, v: np.ndarray, labels: np.ndarray, codes: np.ndarray | None, method: str, level: float
) -> _Posterior:
    z = sps.norm.ppf(0.5 + level / 2)
    if codes is not None:
        return _in_groups(y, v, labels, codes, z)
    fit = shrink_normal(y, v, method)

    def draw(rng: np.random.Generator, size: int) -> np.ndarray:
        """True values of every unit, `size` times, from their posterior."""
        if fit.tau2 == 0:
            # The true values are then all one: any order is as likely as any other.
            return rng.standard_normal((size, len(y)))
        mean = fit.mean + fit.mean_std_error * rng.standard_normal((size, 1))
        own = np.sqrt(fit.weight * v) * rng.standard_normal((size, len(y)))
        return np.asarray(fit.weight * y + (1 - fit.weight) * mean + own)

    figures: dict[str, object] = {
        "model": "normal", "mean": fit.mean, "mean_std_error": fit.mean_std_error, "tau2": fit.tau2, "i2": fit.i2,
        "h2": fit.h2, "q": fit.q, "df": fit.df,
    }  # fmt: skip
    return _Posterior(
        estimate=fit.shrunken, std_error=fit.std_error, low=fit.shrunken - z * fit.std_error,
        high=fit.shrunken + z * fit.std_error, weight=fit.weight, draw=draw, fit=figures, groups=pd.DataFrame(),
        notes=_nothing_between(fit.tau2),
    )  # fmt: skip


def _in_groups(y: np.ndarray, v: np.ndarray, labels: np.ndarray, codes: np.ndarray, z: float) -> _Posterior:
    fit = shrink_nested(y, v, codes)
    rest = fit.shrunken - (1 - fit.weight) * fit.group_mean[codes]

    def draw(rng: np.random.Generator, size: int) -> np.ndarray:
        """True values of every unit, `size` times, from their posterior with groups."""
        drawn = draw_nested(fit, v, codes, rng, size, rest)
        # Without true differences within groups the order there is any order.
        return drawn if fit.tau2 > 0 else drawn + 1e-9 * rng.standard_normal(drawn.shape)

    size = np.bincount(codes)
    groups = pd.DataFrame({"group": labels, "n": size, "own_mean": np.bincount(codes, y) / size,
                           "estimate": fit.group_mean, "std_error": fit.group_std_error})  # fmt: skip
    figures: dict[str, object] = {
        "model": "normal in groups", "mean": fit.mean, "mean_std_error": fit.mean_std_error, "tau2": fit.tau2,
        "omega2": fit.omega2, "log_likelihood": fit.log_likelihood, "groups": len(labels),
    }  # fmt: skip
    few = note("few-groups", f"The variance between {len(labels)} groups is hardly known; their means lean on it.")
    return _Posterior(
        estimate=fit.shrunken, std_error=fit.std_error, low=fit.shrunken - z * fit.std_error,
        high=fit.shrunken + z * fit.std_error, weight=fit.weight, draw=draw, fit=figures, groups=groups,
        notes=(*_nothing_between(fit.tau2), *((few,) if len(labels) < 6 else ())),
    )  # fmt: skip


def _of_counts(x: np.ndarray, n: np.ndarray, labels: np.ndarray, codes: np.ndarray | None, level: float) -> _Posterior:
    if codes is not None:
        return _counts_in_groups(x, n, labels, codes, level)
    fit = shrink_proportions(x, n, level)
    a, b = fit.alpha, fit.beta
    mean = (x + a) / (n + a + b)
    figures: dict[str, object] = {
        "model": "beta-binomial", "mean": a / (a + b), "prior_mean": a / (a + b), "alpha": a, "beta": b,
        "rho": 1 / (a + b + 1), "log_likelihood": fit.log_likelihood,
    }  # fmt: skip
    return _Posterior(
        estimate=fit.posterior_mean, std_error=np.sqrt(mean * (1 - mean) / (n + a + b + 1)), low=fit.conf_low,
        high=fit.conf_high, weight=n / (n + a + b), draw=lambda rng, size: rng.beta(x + a, n - x + b, (size, len(x))),
        fit=figures, groups=pd.DataFrame(),
    )  # fmt: skip


def _counts_in_groups(x: np.ndarray, n: np.ndarray, labels: np.ndarray, codes: np.ndarray, level: float) -> _Posterior:
    y, v = np.log((x + 0.5) / (n - x + 0.5)), 1 / (x + 0.5) + 1 / (n - x + 0.5)
    on_logits = _in_groups(y, v, labels, codes, sps.norm.ppf(0.5 + level / 2))
    p = special.expit(on_logits.estimate)
    groups = on_logits.groups.assign(estimate=lambda g: special.expit(g["estimate"]), std_error=np.nan,
                                     own_mean=np.bincount(codes, x) / np.bincount(codes, n))  # fmt: skip
    text = "In groups, counts are shrunken on the logit scale with half a case added; proportions are taken back."
    return _Posterior(
        estimate=p, std_error=on_logits.std_error * p * (1 - p), low=special.expit(on_logits.low),
        high=special.expit(on_logits.high), weight=on_logits.weight, draw=on_logits.draw,
        fit={**on_logits.fit, "model": "normal on logits in groups"}, groups=groups,
        notes=(*on_logits.notes, note("logit-scale", text)),
    )  # fmt: skip


def _nothing_between(tau2: float) -> tuple[Note, ...]:
    if tau2 > 0:
        return ()
    text = "The scores vary no more than their errors allow: no practice can be told from the others."
    return (note("no-difference-between", text),)


def _no_league_table(width: float, k: int) -> Note:
    text = (
        f"No league table is made of these {k} practices: the interval of a rank is {width:.0f} places wide on average."
    )
    return note("no-league-table", text)


def _funnel_of_counts(
    x: np.ndarray, n: np.ndarray, overdispersion: str, winsorise: float, consistent: bool
) -> tuple[dict[str, np.ndarray], dict[str, object]]:
    found = funnel_limits(pd.Series(x), pd.Series(n), overdispersion=overdispersion, winsorise=winsorise,
                          consistent=consistent, levels=LEVELS)  # fmt: skip
    rows, fit = found.tidy(), found.fit
    columns = {f"funnel_{c}": rows[c].to_numpy() for c in map(str, rows) if c.startswith(("low_", "high_", "flag_"))}
    return columns, {"target": fit["target"], "phi": fit["phi"], "phi_used": fit["phi_used"],
                     "funnel_tau2": fit["tau2"]}  # fmt: skip


def _funnel_of_scores(
    y: np.ndarray, s: np.ndarray, overdispersion: str, winsorise: float, consistent: bool
) -> tuple[dict[str, np.ndarray], dict[str, object]]:
    require_choice(overdispersion, ("none", "multiplicative", "additive"), "overdispersion")
    target = float((y / s**2).sum() / (1 / s**2).sum())
    od = over_dispersion(y, target, s, winsorise, consistent=consistent)
    spread = {"none": s, "multiplicative": s * np.sqrt(od.phi_used), "additive": np.sqrt(s**2 + od.tau2)}
    columns: dict[str, np.ndarray] = {}
    for level in LEVELS:
        name = f"{100 * level:g}".replace(".", "")
        half = sps.norm.ppf(0.5 + level / 2) * spread[overdispersion]
        columns[f"funnel_low_{name}"], columns[f"funnel_high_{name}"] = target - half, target + half
        columns[f"funnel_flag_{name}"] = np.where(y < target - half, "low", np.where(y > target + half, "high", "in"))
    return columns, {"target": target, "phi": od.phi, "phi_used": od.phi_used, "funnel_tau2": od.tau2}


def _rows(
    names: list[object], own: np.ndarray, sizes: np.ndarray, labels: np.ndarray, codes: np.ndarray | None,
    posterior: _Posterior, ranks: RankSummary, funnel: dict[str, np.ndarray],
) -> pd.DataFrame:  # fmt: skip
    return tidy_frame(
        term=names,
        estimate=posterior.estimate,
        std_error=posterior.std_error,
        conf_low=posterior.low,
        conf_high=posterior.high,
        score=own,
        weight=posterior.weight,
        rank_mean=ranks.mean,
        rank_median=ranks.median,
        rank_low=ranks.low,
        rank_high=ranks.high,
        probability_lowest=ranks.lowest,
        monte_carlo_error=ranks.lowest_error,
        group=labels[codes] if codes is not None else None,
        n=sizes,
        **funnel,
    )
