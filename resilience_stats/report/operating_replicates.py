"""What is asked of each invented cohort: one dictionary of figures per replicate, the same keys every time.

A key is ``(question, method, of)``; its value is 0 or 1 where it answers yes or no, a number elsewhere.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
import pandas as pd

from resilience_stats.models.importance import relative_importance
from resilience_stats.models.imputation import impute
from resilience_stats.models.linear import fit_linear
from resilience_stats.models.logistic import fit_logistic
from resilience_stats.models.mixed import fit_mixed
from resilience_stats.models.multiplicity import adjust_p_values
from resilience_stats.models.ordinal import fit_ordinal
from resilience_stats.models.pooling import pool
from resilience_stats.report.operating_worlds import PRACTICES, World, add_discrete, discrete_effects, true_shares

Key = tuple[str, str, str]
Figures = dict[Key, float]
Question = Callable[[np.random.Generator, World], Figures]

LINEAR = ("classical", "HC3", "CR1S", "CR2")
MIXED = ("satterthwaite", "kenward_roger")
#: p values whose false discoveries are counted, and what is done to them.
TESTED = ("HC3", "CR2", "kenward_roger")
ADJUSTMENTS = ("none", "holm", "bh")
LEVEL = 0.05
#: Share of each of two drivers that goes missing, and how much likelier one standard deviation of the outcome makes it.
MISSING, MISSING_SLOPE = 0.10, -1.5
IMPUTATIONS, RESAMPLES = 10, 500
INTERVALS = ("percentile", "bca")


def linear_models(rng: np.random.Generator, world: World) -> Figures:
    """Return whether each kind of interval holds the truth, how wide it is, and what is discovered."""
    data, figures = world.draw(rng, PRACTICES), Figures()
    for method in (*LINEAR, *MIXED):
        tidy = _linear(data, world, method)
        figures |= _covered(tidy, world.effects, world.kinds, method)
        if method in TESTED:
            figures |= _discovered(tidy["p_value"], world, method)
    return figures


def missing_answers(rng: np.random.Generator, world: World) -> Figures:
    """Return bias and coverage where two drivers are missing for some, with all answers, complete rows, imputations."""
    data = world.draw(rng, PRACTICES)
    holed, gone = data.copy(), world.drivers[:2]
    z = (data["y"] - data["y"].mean()) / data["y"].std()
    chance = 1.0 / (1.0 + np.exp(-MISSING_SLOPE * z))
    for name in gone:
        holed.loc[rng.random(len(data)) < np.minimum(MISSING * chance / chance.mean(), 1.0), name] = np.nan
    filled = impute(holed, m=IMPUTATIONS, exclude=["pcn"], random_state=rng)
    fits = {
        "all": fit_linear(data, "y", world.drivers, cluster="pcn"),
        "complete": fit_linear(holed, "y", world.drivers, cluster="pcn"),
        "imputed": pool([fit_linear(f, "y", world.drivers, cluster="pcn") for f in filled.completed]),
    }
    figures: Figures = {}
    for method, fit in fits.items():
        tidy = fit.tidy().set_index("term").loc[gone]
        truth = np.array([world.effects[name] for name in gone])
        inside = (tidy["conf_low"] <= truth) & (truth <= tidy["conf_high"])
        figures["missing_bias", method, "gone"] = float(np.mean(tidy["estimate"].to_numpy() / truth - 1.0))
        figures["missing_coverage", method, "gone"] = float(inside.mean())
        width = (tidy["conf_high"] - tidy["conf_low"]).to_numpy() / np.abs(truth)
        figures["missing_width", method, "gone"] = float(width.mean())
    # of the same cohorts, so that the error of the difference is much less than that of either
    gain = figures["missing_bias", "complete", "gone"] - figures["missing_bias", "imputed", "gone"]
    return figures | {("missing_difference", "complete", "gone"): gain}


def discrete_models(rng: np.random.Generator, world: World) -> Figures:
    """Return whether intervals of odds ratios hold the truth, for an ordinal and for a binary outcome."""
    data, truth = add_discrete(world.draw(rng, PRACTICES), world, rng), discrete_effects(world)
    ordinal = fit_ordinal(data, "rating", world.drivers, tests=()).tidy().set_index("term").loc[world.drivers]
    wald = ordinal.assign(conf_low=ordinal["wald_low"], conf_high=ordinal["wald_high"])
    figures = _covered(ordinal, truth, {}, "ordinal_profile", "discrete")
    figures |= _covered(wald, truth, {}, "ordinal_wald", "discrete")
    for penalty, interval in (("none", "profile"), ("none", "wald"), ("firth", "profile")):
        fit = fit_logistic(data, "event", world.drivers, penalty=penalty, interval=interval, check_budget="off")
        tidy = fit.tidy().set_index("term").loc[world.drivers]
        figures |= _covered(tidy, truth, {}, f"logistic_{penalty}_{interval}", "discrete")
    return figures


def importances(rng: np.random.Generator, world: World) -> Figures:
    """Return whether bootstrap intervals of the shares of R2 hold the truth, and the probability of rank 1 of each."""
    data, truth = world.draw(rng, PRACTICES), true_shares(world.name)
    seed, figures = int(rng.integers(2**31)), Figures()
    for interval in INTERVALS:
        found = relative_importance(
            data, "y", world.drivers, n_boot=RESAMPLES, random_state=seed, interval=interval
        ).tidy().set_index("term")  # fmt: skip
        shares = found.assign(conf_low=found["share_low"], conf_high=found["share_high"])
        sizes = {name: _size(share) for name, share in truth.items()}
        figures |= _covered(shares, truth, sizes, interval, "importance")
        figures["importance_absent", interval, "every"] = float(found["share_low"].isna().mean())
    whole = relative_importance(data, "y", world.drivers, n_boot=RESAMPLES, random_state=seed, cluster="pcn").tidy()
    for method, tidy in (("rows", found), ("clusters", whole.set_index("term"))):
        figures |= {("rank_1", method, str(name)): float(p) for name, p in tidy["p_rank_1"].loc[world.drivers].items()}
    return figures


#: Every question, with the number of its stream of random numbers.
QUESTIONS: dict[str, Question] = {
    "linear": linear_models,
    "missing": missing_answers,
    "discrete": discrete_models,
    "importance": importances,
}


def _linear(data: pd.DataFrame, world: World, method: str) -> pd.DataFrame:
    if method in MIXED:
        fit = fit_mixed(data, "y", world.drivers, group="pcn", df=method)
        return fit.tidy().set_index("term").loc[world.drivers]
    cluster = "pcn" if method.startswith("CR") else None
    return (
        fit_linear(data, "y", world.drivers, vcov=method, cluster=cluster).tidy().set_index("term").loc[world.drivers]
    )


def _covered(
    tidy: pd.DataFrame, truth: Mapping[str, float], kinds: Mapping[str, str], method: str, question: str = "linear"
) -> Figures:
    # Means over the drivers of a kind: their replicates are one sample.
    value = np.array([truth[name] for name in tidy.index])
    inside = ((tidy["conf_low"] <= value) & (value <= tidy["conf_high"])).astype(float)
    width = tidy["conf_high"] - tidy["conf_low"]
    of = [kinds.get(str(name), "every") for name in tidy.index]
    figures: Figures = {}
    for kind in sorted(set(of)):
        here = np.array(of) == kind
        figures[f"{question}_coverage", method, kind] = float(inside[here].mean())
        figures[f"{question}_width", method, kind] = float(width[here].mean())
    return figures


def _discovered(p: pd.Series, world: World, method: str) -> Figures:
    null = p.index.isin(world.null)
    figures: Figures = {}
    for adjustment in ADJUSTMENTS:
        adjusted = p.to_numpy() if adjustment == "none" else np.asarray(adjust_p_values(p.to_numpy(), adjustment))
        found = adjusted < LEVEL
        of = f"{method}_{adjustment}"
        figures["null_found", of, "each"] = float(found[null].mean())
        figures["null_found", of, "any"] = float(found[null].any())
        figures["false_share", of, "each"] = float(found[null].sum() / max(found.sum(), 1))
        figures["true_found", of, "each"] = float(found[~null].mean())
    return figures


def _size(share: float) -> str:
    return "large" if share >= 0.2 else "small" if share >= 0.05 else "none"
