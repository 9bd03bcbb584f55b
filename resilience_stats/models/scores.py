"""Which score? How far sum, weighted, factor and latent scores move respondents, and how short a scale may be."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import combinations

import numpy as np
import pandas as pd

from resilience_stats.errors import ModelError
from resilience_stats.models.cfa import fit_cfa
from resilience_stats.models.graded_response import encode_answers, fit_graded_response, reversed_answers
from resilience_stats.models.inputs import numeric_items, require_columns
from resilience_stats.results import Note, note
from resilience_stats.results.scores import ScoreComparison, ShortScale
from resilience_stats.results.tidy import tidy_frame
from resilience_stats.stats.graded_response import (
    fit_graded,
    item_information,
    latent_nodes,
    person_scores,
    posterior_of,
)
from resilience_stats.stats.reliability import cronbach_alpha
from resilience_stats.stats.resampling import draw_rows, resample
from resilience_stats.stats.scores import (
    reliable_distance,
    score_moves,
    shortest_set,
    standardised_sum,
    weighted_mean,
)

#: Scores compared, in order.
METHODS = ("sum", "mean", "weighted", "factor", "irt")


def compare_scores(
    items: pd.DataFrame,
    model: Mapping[str, Sequence[str]],
    *,
    weights: Mapping[str, float] | None = None,
    reverse: Sequence[str] = (),
    merge_below: int = 0,
    conf_level: float = 0.95,
    allow_small_n: bool = False,
) -> ScoreComparison:
    """Show how far the choice of a score moves respondents.

    Parameters
    ----------
    items : pandas.DataFrame
        One column an item; other columns are ignored.
    model : mapping of str to sequence of str
        The items of each area.
    weights : mapping of str to float, optional
        Weight of each item in the weighted mean; without it the weighted score counts every item the same after
        dividing it by its standard deviation.
    reverse : sequence of str
        Items whose answers run the other way.
    merge_below : int
        As in `fit_graded_response`.
    conf_level : float
        Level of the reliable difference.
    allow_small_n : bool
        Fit the models behind factor and latent scores although n cannot bear them.

    Returns
    -------
    ScoreComparison
        Methods ``sum``, ``mean``, ``weighted``, ``factor`` (regression score of one factor) and ``irt`` (posterior mean
        of the graded response model). `glance()`: ``lowest_spearman``, ``largest_share_reliable_move``, ``n``.

    Notes
    -----
    A move is reliable where two standardised scores of a respondent differ by more than
    ``z sqrt(2) sqrt(1 - alpha)`` (Jacobson & Truax 1991): more than the score's own error would move it.

    Examples
    --------
    >>> rng = np.random.default_rng(3)
    >>> theta = rng.normal(size=(300, 1))
    >>> behind = theta + rng.logistic(scale=0.5, size=(300, 4))
    >>> frame = pd.DataFrame(np.digitize(behind, [-1, 0, 1]), columns=list("abcd"))
    >>> result = compare_scores(frame, {"team": list("abcd")})
    >>> bool(result.fit["lowest_spearman"] > 0.95), result.fit["largest_share_reliable_move"]
    (True, 0.0)
    """
    names = _area_items(items, model)
    require_columns(items, list(reverse), "reverse")
    answers, _ = numeric_items(items[names])
    answers = reversed_answers(answers, [name in set(reverse) for name in names])
    frame = pd.DataFrame(answers, index=items.index, columns=names)
    notes: list[Note] = []
    columns: dict[tuple[str, str], pd.Series] = {}
    rows: list[dict[str, object]] = []
    errors: dict[str, dict[str, float]] = {}
    for area, members in model.items():
        used = frame[list(members)].dropna()
        if len(used) < len(frame):
            notes.append(
                note("rows-dropped", f"'{area}': {len(frame) - len(used)} of {len(frame)} rows lack an answer.")
            )
        scores, said = _area_scores(used, area, weights, merge_below, allow_small_n=allow_small_n)
        notes.extend(said)
        errors[area] = _score_error(used, conf_level)
        columns |= {(area, method): values.reindex(frame.index) for method, values in scores.items()}
        rows += _area_moves(area, scores, errors[area]["reliable_distance"])
    table = pd.DataFrame(rows)
    return ScoreComparison(
        estimates=tidy_frame(
            term=table["area"] + ": " + table["method"] + " for " + table["reference"],
            estimate=table["spearman"],
            **{c: table[c].to_numpy() for c in table.columns if c != "spearman"},
        ),
        fit={
            "lowest_spearman": float(table["spearman"].min()),
            "largest_share_reliable_move": float(table["share_reliable_move"].max()),
            "n_areas": len(model),
            "n": int(table["n"].max()),
        },
        notes=tuple(notes),
        scores=pd.DataFrame(columns),
        reliability=pd.DataFrame.from_dict(errors, orient="index"),
    )


def _score_error(used: pd.DataFrame, conf_level: float) -> dict[str, float]:
    """Alpha of the sum, its standard error of measurement in points, and the reliable difference in SDs."""
    covariance = np.cov(used.to_numpy(), rowvar=False)
    alpha = cronbach_alpha(covariance)
    return {
        "alpha": alpha,
        "standard_error": float(np.sqrt(covariance.sum() * max(1.0 - alpha, 0.0))),
        "reliable_distance": reliable_distance(alpha, conf_level),
    }


def _area_moves(area: str, scores: Mapping[str, pd.Series], limit: float) -> list[dict[str, object]]:
    return [
        {
            "area": area,
            "reference": a,
            "method": b,
            "n": len(x),
            **score_moves(x.to_numpy(), y.to_numpy(), limit),
        }
        for (a, x), (b, y) in combinations(scores.items(), 2)
    ]


def shorten_scale(
    items: pd.DataFrame,
    *,
    keep: float = 0.9,
    focus: tuple[float, float] | None = None,
    must_keep: Sequence[str] = (),
    reverse: Sequence[str] = (),
    merge_below: int = 0,
    n_boot: int = 0,
    random_state: int | np.random.Generator | None = None,
    allow_small_n: bool = False,
) -> ShortScale:
    """Find the fewest items of an area that keep a share of its information.

    Parameters
    ----------
    items : pandas.DataFrame
        The items of one area.
    keep : float
        Share of the test information to keep, averaged over the respondents' normal distribution.
    focus : tuple of (float, float), optional
        Part of the latent scale (mean 0, SD 1) where it must be kept, e.g. ``(-3, 0)`` to find the struggling.
    must_keep : sequence of str
        Items that stay whatever they tell.
    reverse, merge_below, allow_small_n
        As in `fit_graded_response`.
    n_boot : int
        Resamples of respondents in which the choice is repeated.
    random_state : int or numpy.random.Generator
        Needed with `n_boot`.

    Returns
    -------
    ShortScale
        `glance()`: ``n_items``, ``n_kept``, ``information_kept``, ``alpha``, ``alpha_short``, ``reliability``,
        ``reliability_short`` (marginal), ``score_correlation`` (short with full: they share items, so it flatters),
        ``n``.

    Examples
    --------
    >>> rng = np.random.default_rng(5)
    >>> theta = rng.normal(size=(400, 1))
    >>> noise = rng.logistic(size=(400, 5)) * np.array([0.3, 0.4, 0.5, 2.0, 3.0])
    >>> frame = pd.DataFrame(np.digitize(theta + noise, [-1, 0, 1]), columns=list("abcde"))
    >>> sorted(shorten_scale(frame, keep=0.8).kept)
    ['a', 'b', 'c']
    """
    if not 0.0 < keep <= 1.0:
        raise ModelError("not a share", where="argument keep", found=keep, allowed="above 0, up to 1")
    if n_boot and random_state is None:
        raise ModelError("resampling needs a seed", where="argument random_state", allowed="an integer or a generator")
    require_columns(items, list(must_keep), "must_keep")
    fit = fit_graded_response(items, reverse=reverse, merge_below=merge_below, allow_small_n=allow_small_n)
    names = list(fit.item_parameters.index)
    required = [names.index(str(name)) for name in must_keep]
    parameters = _parameters(fit.item_parameters)
    information = _mean_information(parameters, focus)
    chosen = shortest_set(information, keep, required)
    answers, _ = numeric_items(items)
    answers = reversed_answers(answers, [c in set(reverse) for c in items.columns])
    codes = encode_answers(answers[~np.isnan(answers).all(axis=1)], names, merge_below)[0]
    shares = _share_kept(codes, keep, focus, required, n_boot, random_state)
    scores = _short_scores(parameters, codes, chosen, fit.scores)
    order = np.argsort(-information, kind="stable")
    return ShortScale(
        estimates=tidy_frame(
            term=[names[i] for i in order],
            estimate=information[order] / information.sum(),
            cumulative_share=np.cumsum(information[order]) / information.sum(),
            kept=np.isin(order, chosen),
            share_kept=shares[order],
        ),
        fit=_short_figures(information, chosen, answers, fit.fit, parameters, scores),
        notes=(*fit.notes, *_short_notes(names, shares, chosen, n_boot)),
        kept=tuple(names[i] for i in sorted(chosen)),
        information=_both_curves(parameters, chosen),
        scores=scores,
    )


Parameters = list[tuple[float, np.ndarray]]


def _area_items(items: pd.DataFrame, model: Mapping[str, Sequence[str]]) -> list[str]:
    if not model:
        raise ModelError("the model names no area", where="argument model", allowed='e.g. {"area": ["q1", "q2", "q3"]}')
    for area, members in model.items():
        if isinstance(members, str) or len(members) < 2:
            raise ModelError("an area needs two items or more", where=f"area '{area}'", found=members)
        require_columns(items, list(members), f"model, area '{area}'")
    return list(dict.fromkeys(name for members in model.values() for name in members))


def _area_scores(
    used: pd.DataFrame, area: str, weights: Mapping[str, float] | None, merge_below: int, *, allow_small_n: bool
) -> tuple[dict[str, pd.Series], list[Note]]:
    x = used.to_numpy()
    if weights is None:
        weighted = standardised_sum(x)
    else:
        missing = [name for name in used.columns if name not in weights]
        if missing:
            raise ModelError("an item has no weight", where="argument weights", found=missing[0])
        weighted = weighted_mean(x, np.array([weights[name] for name in used.columns], dtype=float))
    values = {"sum": x.sum(axis=1), "mean": x.mean(axis=1), "weighted": weighted}
    scores = {name: pd.Series(v, index=used.index) for name, v in values.items()}
    notes: list[Note] = []
    if used.shape[1] >= 3:
        # A blank keeps the area's name apart from an item of the same name.
        factor = fit_cfa(used, {f"{area} ": list(used.columns)}, std_lv=True, allow_small_n=allow_small_n)
        scores["factor"] = factor.scores.iloc[:, 0] * np.sign(factor.loadings.to_numpy().sum())
        notes.extend(note(n.code, f"'{area}', factor score: {n.message}") for n in factor.notes)
    else:
        notes.append(note("no-factor-score", f"'{area}' has two items; a factor needs three."))
    latent = fit_graded_response(used, merge_below=merge_below, allow_small_n=allow_small_n)
    scores["irt"] = latent.scores["score"]
    notes.extend(note(n.code, f"'{area}', latent score: {n.message}") for n in latent.notes)
    return {name: scores[name] for name in METHODS if name in scores}, notes


def _parameters(table: pd.DataFrame) -> Parameters:
    intercepts = [c for c in table.columns if str(c).startswith("intercept")]
    return [(float(row["slope"]), row[intercepts].dropna().to_numpy(dtype=float)) for _, row in table.iterrows()]


def _mean_information(parameters: Parameters, focus: tuple[float, float] | None) -> np.ndarray:
    """Information of each item averaged over the normal distribution, or the part of it in focus."""
    nodes, weights = latent_nodes()
    if focus is not None:
        low, high = focus
        if not low < high:
            raise ModelError("not a range", where="argument focus", found=focus, allowed="(low, high)")
        weights = np.where((nodes >= low) & (nodes <= high), weights, 0.0)
        if weights.sum() == 0:
            raise ModelError("nobody lives there", where="argument focus", found=focus, allowed="within -6 to 6")
    return np.array([weights @ item_information(a, c, nodes) for a, c in parameters]) / weights.sum()


def _share_kept(
    codes: np.ndarray,
    keep: float,
    focus: tuple[float, float] | None,
    required: Sequence[int],
    n_boot: int,
    random_state: int | np.random.Generator | None,
) -> np.ndarray:
    if not n_boot or random_state is None:
        return np.full(codes.shape[1], np.nan)
    names = [str(i) for i in range(codes.shape[1])]

    def choose(rng: np.random.Generator) -> np.ndarray:
        """Which items the shortest set of one resample holds, as 0 and 1."""
        drawn, categories, _ = encode_answers(codes[draw_rows(rng, len(codes))], names, 0)
        fit = fit_graded(drawn, categories, tolerance=1e-3)
        parameters = list(zip(fit.slopes.tolist(), fit.intercepts, strict=True))
        out = np.zeros(len(names))
        out[shortest_set(_mean_information(parameters, focus), keep, required)] = 1.0
        return out

    return resample(choose, n_boot, random_state=random_state).mean(axis=0)


def _short_scores(parameters: Parameters, codes: np.ndarray, chosen: np.ndarray, full: pd.DataFrame) -> pd.DataFrame:
    index = sorted(int(i) for i in chosen)
    posterior = posterior_of(
        np.array([parameters[i][0] for i in index]), [parameters[i][1] for i in index], codes[:, index]
    )
    short, error = person_scores(posterior, latent_nodes()[0])
    return pd.DataFrame(
        {
            "full": full["score"],
            "full_standard_error": full["standard_error"],
            "short": short,
            "short_standard_error": error,
        }
    )


def _short_figures(
    information: np.ndarray,
    chosen: np.ndarray,
    answers: np.ndarray,
    fit: Mapping[str, object],
    parameters: Parameters,
    scores: pd.DataFrame,
) -> dict[str, object]:
    nodes, weights = latent_nodes()
    short = np.sum([item_information(parameters[i][0], parameters[i][1], nodes) for i in chosen], axis=0)
    complete = answers[~np.isnan(answers).any(axis=1)]
    covariance = np.cov(complete, rowvar=False)
    return {
        "n_items": len(information),
        "n_kept": len(chosen),
        "information_kept": float(information[chosen].sum() / information.sum()),
        "alpha": cronbach_alpha(covariance),
        "alpha_short": cronbach_alpha(covariance[np.ix_(chosen, chosen)]) if len(chosen) > 1 else np.nan,
        "reliability": fit["marginal_reliability"],
        "reliability_short": float(weights @ (short / (short + 1.0))),
        "score_correlation": float(np.corrcoef(scores["full"], scores["short"])[0, 1]),
        "n": fit["n"],
    }


def _both_curves(parameters: Parameters, chosen: np.ndarray) -> pd.DataFrame:
    theta = np.arange(-4.0, 4.05, 0.1)
    curves = np.array([item_information(a, c, theta) for a, c in parameters])
    full, short = curves.sum(axis=0), curves[chosen].sum(axis=0)
    return pd.DataFrame(
        {
            "theta": theta,
            "full": full,
            "short": short,
            "full_standard_error": _error_of(full),
            "short_standard_error": _error_of(short),
        }
    )


def _error_of(information: np.ndarray) -> np.ndarray:
    """Standard error of a score with this information; infinite where no item tells anything."""
    return np.divide(1.0, np.sqrt(information), out=np.full(len(information), np.inf), where=information > 0)


def _short_notes(names: Sequence[str], shares: np.ndarray, chosen: np.ndarray, n_boot: int) -> list[Note]:
    notes = [
        note(
            "chosen-on-the-same-answers",
            "Items were chosen and the short scale judged on the same answers; expect a little less in another year.",
        )
    ]
    shaky = [f"'{names[i]}'" for i in sorted(chosen) if shares[i] < 0.8] if n_boot else []
    if shaky:
        notes.append(
            note("choice-unstable", f"{', '.join(shaky)} kept here, but in fewer than 80 % of {n_boot} resamples.")
        )
    return notes
