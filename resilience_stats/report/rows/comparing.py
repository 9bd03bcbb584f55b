"""Comparing practices: scores shrunken for chance, the ranks they may have, and a funnel; never a table of ranks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

import resilience_stats as rs
from resilience_stats.disclosure import Policy
from resilience_stats.display import Shown
from resilience_stats.report.costly import kept_between_runs
from resilience_stats.report.feedback_measures import score_errors
from resilience_stats.report.wording import wording
from resilience_stats.results.rows import combine_rows, make_rows

SCORE = "phq_overall"
#: Fewest practices with a score that are compared.
FEWEST = 10
#: How the funnel's limits allow for more spread than chance.
ADJUSTMENTS = ("none", "multiplicative", "additive")
#: A practice is put into the lowest tenth where at least this share of the draws puts it there.
SURE, LIKELY = 0.9, 0.5
_HELD: dict[str, Any] = {"chapter": "comparing"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison(Shown):
    """The overall scores of one wave, compared.

    Attributes
    ----------
    scores, errors : pandas.Series
        Of the practices that have one, with its standard error of measurement.
    reliability : float
        Cronbach's alpha of the overall score.
    plain : BenchmarkResult
        Shrunken towards the average of all (empirical Bayes).
    grouped : mapping of str to BenchmarkResult
        ``place`` and ``network``: shrunken towards the mean of the group, itself shrunken (mixed model).
    funnels : mapping of str to BenchmarkResult
        By how the limits allow for over-dispersion, and ``unwinsorised``.
    list_size : pandas.Series
        Patients, where known.
    """

    scores: pd.Series
    errors: pd.Series
    reliability: float
    plain: Any
    grouped: Mapping[str, Any]
    funnels: Mapping[str, Any]
    list_size: pd.Series


@kept_between_runs
def fit_comparison(cohort: Any, features: Any, *, conf_level: float = 0.95, random_state: int = 0) -> Comparison | None:
    """Return the practices' overall scores compared, or None where fewer than ten practices have one.

    Parameters
    ----------
    cohort : Cohort
    features : FeatureTable
    conf_level : float
    random_state : int
        Of the draws that the ranks are taken from.

    Notes
    -----
    The standard error of a score is ``s sqrt(1 - alpha) sqrt(k / answered)`` (`score_errors`): a practice that left
    questions out is measured by fewer. Models: `benchmark`.
    """
    frame = features.frame
    known = frame.index[frame[SCORE].notna()].intersection(features.items.index) if SCORE in frame else []
    if len(known) < FEWEST:
        return None
    scores = frame.loc[known, [SCORE]].astype(float)
    errors = score_errors(features.items.loc[known], scores, cohort.instruments["phq"])
    values, error = scores[SCORE], errors.values[SCORE]
    if not float(errors.reliability[SCORE]) < 1 or not (error > 0).all():
        return None
    shared: dict[str, Any] = {"std_error": error, "conf_level": conf_level, "random_state": random_state}
    drawn_in: dict[str, Any] = {**shared, "n_draws": 2, "consistent": True}
    funnels = {kind: rs.benchmark(values, overdispersion=kind, **drawn_in) for kind in ADJUSTMENTS}
    funnels["unwinsorised"] = rs.benchmark(values, **{**drawn_in, "winsorise": 0.0})
    return Comparison(
        scores=values,
        errors=error,
        reliability=float(errors.reliability[SCORE]),
        plain=rs.benchmark(values, **shared),
        grouped=_grouped(values, frame.loc[known], shared),
        funnels=funnels,
        list_size=frame.loc[known, "list_size"] if "list_size" in frame else pd.Series(np.nan, index=known),
    )


def _grouped(scores: pd.Series, frame: pd.DataFrame, shared: Mapping[str, Any]) -> dict[str, Any]:
    """Shrink within each kind of group; practices whose group is not known are left out of that one."""
    found = {}
    for name, column in (("place", "place"), ("network", "pcn_code")):
        if column not in frame:
            continue
        group = frame[column].dropna()
        if len(group) < FEWEST or group.nunique() < 2 or group.nunique() == len(group):
            continue
        own = {**shared, "std_error": shared["std_error"].loc[group.index]}
        found[name] = rs.benchmark(scores.loc[group.index], group=group.astype(str), **own)
    return found


def score_comparison_rows(compared: Comparison | None) -> pd.DataFrame:
    """Return how precise the scores are, how wide the intervals of ranks are, and how many stand clear of the rest."""
    if compared is None:
        return combine_rows([])
    tidy, fit, n = compared.plain.tidy(), compared.plain.fit, len(compared.scores)
    held: dict[str, Any] = {**_HELD, "output": "compare_scores", "n": n}
    figures = {
        "reliability_of_mean": compared.reliability,
        "sem": float(compared.errors.mean()),
        "kept_share": float(tidy["weight"].mean()),
        "spread_of_scores": float(np.sqrt(fit["tau2"])),
        "target": fit["mean"],
        "rank_width": fit["mean_rank_width"],
        "rank_share": fit["mean_rank_width"] / n,
    }
    words = wording("comparing")["standing"]
    counts = {
        words["above"]: int((tidy["conf_low"] > fit["mean"]).sum()),
        words["below"]: int((tidy["conf_high"] < fit["mean"]).sum()),
    }
    counts[words["neither"]] = n - sum(counts.values())
    lowest = {
        words["sure"]: int((tidy["probability_lowest"] >= SURE).sum()),
        words["likely"]: int(tidy["probability_lowest"].between(LIKELY, SURE, inclusive="left").sum()),
    }
    lowest[words["not_likely"]] = n - sum(lowest.values())
    return combine_rows(
        [
            make_rows(**held, statistic=list(figures), value=list(figures.values())),
            _counts("compare_standing", counts, n),
            _counts("compare_lowest", lowest, n),
        ]
    )


def _counts(output: str, counts: Mapping[str, int], n: int, group: str = "") -> pd.DataFrame:
    labels, numbers = list(counts), list(counts.values())
    return make_rows(**_HELD, output=output, group=group, term=labels, statistic="practices", value=numbers, n=n)


def shrunken_rows(compared: Comparison | None) -> pd.DataFrame:
    """Return each practice's shrunken score and rank with intervals, and its probability of the lowest tenth.

    Notes
    -----
    Rows of single practices: the policy shows them with codes, under pseudonyms, or not at all. They stand in the order
    of the codes, which says nothing of the scores.
    """
    if compared is None:
        return combine_rows([])
    tidy = compared.plain.tidy().sort_values("term", kind="stable")
    held: dict[str, Any] = {**_HELD, "output": "compare_practices", "term": tidy["term"].astype(str)}
    # Of a hundred, because half of the number of practices would tell that number where it is rounded.
    names = {"value": "rank_median", "conf_low": "rank_low", "conf_high": "rank_high"}
    rank = {name: 100 * (tidy[column] - 0.5) / len(tidy) for name, column in names.items()}
    # The normal model does not know the ends of the scale.
    low, high = tidy["conf_low"].clip(lower=0), tidy["conf_high"].clip(upper=100)
    estimate = {"value": tidy["estimate"], "conf_low": low, "conf_high": high}
    frames = [
        make_rows(**held, statistic="shrunken_score", **estimate),
        make_rows(**held, statistic="probability_lowest", value=tidy["probability_lowest"]),
        make_rows(**_HELD, output="compare_practices", statistic="target", value=compared.plain.fit["mean"],
                  n=len(tidy)),
    ]  # fmt: skip
    ranks: dict[str, Any] = {**_HELD, "output": "compare_ranks"}
    frames.append(make_rows(**ranks, term=held["term"], statistic="percentile_rank", **rank))
    frames.append(make_rows(**ranks, statistic="target", value=50, n=len(tidy)))
    return combine_rows(frames)


def group_mean_rows(compared: Comparison | None, policy: Policy) -> pd.DataFrame:
    """Return the mean of each place and network as it is and shrunken, and how far the two ways of shrinking differ.

    Parameters
    ----------
    compared : Comparison or None
    policy : Policy
        Where practices may not be named, networks of fewer than ten get no row, and their number is told: beside the
        scores of single practices under pseudonyms, the mean of five could be searched for the five it is made of.

    Notes
    -----
    The share of variance between groups is ``omega^2 / (omega^2 + tau^2)``, of true scores and not of observed ones.
    """
    if compared is None:
        return combine_rows([])
    frames, words = [], wording("comparing")["kinds"]
    for kind, fit in compared.grouped.items():
        groups, z = fit.groups, 1.959963984540054
        if kind == "network":
            large = groups["n"] >= (0 if policy.identity == "shown" else FEWEST)
            frames.append(make_rows(**_HELD, output="compare_network_few", statistic="rows",
                                    value=int((~large).sum())))  # fmt: skip
            groups = groups[large]
        held: dict[str, Any] = {**_HELD, "output": f"compare_{kind}", "term": groups["group"].astype(str)}
        low, high = (groups["estimate"] + sign * z * groups["std_error"] for sign in (-1, 1))
        frames += [
            make_rows(**held, statistic="mean", value=groups["own_mean"], n=groups["n"]),
            make_rows(**held, statistic="shrunken_mean", value=groups["estimate"], conf_low=low, conf_high=high,
                      n=groups["n"]),
        ]  # fmt: skip
        tidy, n = fit.tidy(), len(fit.tidy())
        both = tidy.merge(compared.plain.tidy(), on="term", suffixes=("", "_plain"))
        between = fit.fit["omega2"] + fit.fit["tau2"]
        figures = {
            "group_share": float(fit.fit["omega2"] / between) if between > 0 else 0.0,
            "mean_difference": float((both["estimate"] - both["estimate_plain"]).abs().mean()),
        }
        frames.append(make_rows(**_HELD, output="compare_methods", term=words[kind], statistic=list(figures),
                                value=list(figures.values()), n=n))  # fmt: skip
    return combine_rows(frames)


def funnel_rows(compared: Comparison | None, policy: Policy) -> pd.DataFrame:
    """Return the funnel: practices by the precision of their scores, limits, and how many lie outside them.

    Parameters
    ----------
    compared : Comparison or None
    policy : Policy
        The size of a list is public and would name its practice: points against it are made only where practices may
        be named.

    Notes
    -----
    Limits at 95 and 99.8 per cent around the precision-weighted mean, with additive over-dispersion; counts under each
    allowance. phi is the mean of winsorised z squared, a tenth at each end, over what it is for normal z. Source:
    Spiegelhalter, Stat Med 2005;24:1185-1202.
    """
    if compared is None:
        return combine_rows([])
    words, n, frames = wording("comparing")["funnel"], len(compared.scores), []
    for kind in ADJUSTMENTS:
        tidy = compared.funnels[kind].tidy()
        for level, ring in (("95", "inner"), ("998", "outer")):
            flags = tidy[f"funnel_flag_{level}"]
            counts = {words[flag]: int((flags == flag).sum()) for flag in ("low", "in", "high")}
            frames.append(_counts(f"compare_outside_{ring}", counts, n, group=words[kind]))
    fit = compared.funnels["additive"].fit
    figures = {
        words["phi"]: fit["phi"],
        words["phi_unwinsorised"]: compared.funnels["unwinsorised"].fit["phi"],
    }
    frames.append(make_rows(**_HELD, output="compare_dispersion", term=list(figures), statistic="overdispersion",
                            value=list(figures.values()), n=n))  # fmt: skip
    frames.append(_points(compared, "compare_funnel", compared.errors, "score_error"))
    sizes = compared.list_size.astype("Float64").astype(float)
    if policy.identity == "shown" and sizes.notna().sum() >= FEWEST:
        frames.append(_points(compared, "compare_funnel_size", sizes.dropna(), "list_size_of_practice"))
    return combine_rows(frames)


def _points(compared: Comparison, output: str, across: pd.Series, name: str) -> pd.DataFrame:
    tidy = compared.funnels["additive"].tidy().set_index("term").loc[across.index]
    codes = sorted(across.index.astype(str))
    held: dict[str, Any] = {**_HELD, "output": output, "term": codes}
    frames = [
        make_rows(**held, statistic="score", value=tidy["score"].loc[codes]),
        make_rows(**held, statistic=name, value=across.loc[codes]),
    ]
    fit = compared.funnels["additive"].fit
    if name == "score_error":
        # Limits depend on the error alone and are drawn as a curve, from round numbers that are nobody's own.
        step = np.linspace(np.floor(across.min() * 10) / 10, np.ceil(across.max() * 10) / 10 + 0.1, 9)
        spread, grid = np.sqrt(step**2 + fit["funnel_tau2"]), step
    else:
        spread = np.full(2, np.sqrt(float(np.mean(compared.errors**2)) + fit["funnel_tau2"]))
        grid = np.array([np.floor(across.min() / 1000) * 1000, np.ceil(across.max() / 1000) * 1000])
    terms = [f"{x:.4g}" if name == "score_error" else f"{x:.0f}" for x in grid]
    for ring, z in (("inner", 1.959963984540054), ("outer", 3.090232306167813)):
        for end, sign in (("low", -1), ("high", 1)):
            limit = fit["target"] + sign * z * spread
            frames.append(make_rows(**_HELD, output=output, term=terms, statistic=f"limit_{ring}_{end}", value=limit,
                                    n=len(codes)))  # fmt: skip
    frames.append(make_rows(**_HELD, output=output, term=terms, statistic="target", value=fit["target"],
                            n=len(codes)))  # fmt: skip
    return combine_rows(frames)
