"""What others found for the study's predictors, beside what is found here: directions, never sizes."""

from __future__ import annotations

from typing import Any

import pandas as pd

import resilience_stats as rs
from resilience_stats.models.published_effects import published_effects, published_figures
from resilience_stats.report.rows.drivers import DriverModels, practices_behind
from resilience_stats.report.rows.labels import term_label
from resilience_stats.report.wording import phrase, wording
from resilience_stats.results.linear import LinearResult
from resilience_stats.results.rows import combine_rows, make_rows

_HELD: dict[str, Any] = {"chapter": "drivers"}


def published_rows(models: DriverModels, features: Any) -> pd.DataFrame:
    """Return each predictor's adjusted effect with every published effect of the same quantity.

    Parameters
    ----------
    models : DriverModels
    features : FeatureTable
        The catalogue's direction of the outcome tells which way a favourable effect points.

    Notes
    -----
    `group`: the predictor; `term`: the published outcome with its years, scale and unit. ``published_direction`` is
    what the published effect would mean for the score: none where its own interval holds no effect too. Ours is per
    standard deviation of the predictor and theirs on a scale of their own: nothing but the direction can be compared.
    """
    better = int(features.catalogue.set_index("name").at[models.outcome, "direction"])
    if models.adjusted is None:
        return combine_rows([])
    effects = models.adjusted.tidy().query("term != '(Intercept)'")
    if better == 0:
        return make_rows(**_HELD, output="published_outcome", statistic="setting", value="neutral")
    scale = effects["estimate_per_sd"] / effects["estimate"]
    ours = effects[["term", "estimate", "conf_low", "conf_high"]].copy()
    for name in ("estimate", "conf_low", "conf_high"):
        ours[name] = ours[name] * scale
    found = rs.compare_with_published(ours, outcome=None, outcome_better=better).tidy()
    without = [t for t in ours["term"] if t not in set(found["term"])]
    labels = [term_label(t, models.labels) for t in without]
    n, df = models.adjusted.fit["n"], models.adjusted.fit["df_residual"]
    frames = [make_rows(**_HELD, output="published_none", term=labels, statistic="setting", value="none")]
    if len(found):
        frames += [_side_by_side(found, models, models.adjusted, n), _sources(found)]
        frames.append(make_rows(**_HELD, output="published", statistic="df_residual", value=df, n=n))
    return combine_rows(frames)


def _side_by_side(found: pd.DataFrame, models: DriverModels, fit: LinearResult, n: Any) -> pd.DataFrame:
    held: dict[str, Any] = {
        **_HELD,
        "output": "published",
        "group": [term_label(t, models.labels) for t in found["term"]],
        "term": [_described(row) for row in found.to_dict("records")],
    }
    behind = practices_behind(fit)
    ours: dict[str, Any] = {
        "practices": [behind[str(t)] for t in found["term"]],
        "value": found["estimate"],
        "conf_low": found["conf_low"],
        "conf_high": found["conf_high"],
    }
    words, told = wording("published"), zip(found["expected"], found["settled"], strict=True)
    direction = [words["unsettled" if s == "no" else "higher" if e > 0 else "lower"] for e, s in told]
    sized = found[found["published"].notna()]
    named = {
        k: [v for v, keep in zip(held[k], found["published"].notna(), strict=True) if keep] for k in ("group", "term")
    }
    return combine_rows(
        [
            make_rows(**held, statistic="effect_per_sd", n=n, **ours),
            make_rows(
                **{**held, **named},
                statistic="published_effect",
                value=sized["published"],
                conf_low=sized["published_low"],
                conf_high=sized["published_high"],
            ),
            make_rows(**held, statistic="published_direction", value=direction),
        ]
    )


def _described(row: dict[Any, Any]) -> str:
    words, unit = wording("published"), row["unit"]
    scales = words["scales_of_groups" if "against" in unit else "scales"]
    return phrase(
        "published",
        "term",
        outcome=words["outcomes"][row["outcome"]],
        years=row["years"].replace("-", " to "),
        crude="" if row["adjusted"] else words["crude"],
        scale=scales[row["published_scale"]].format(unit=unit),
    )


def published_again_rows() -> pd.DataFrame:
    """Return the published effects with what the public files of later years give for them, and why where they differ.

    Notes
    -----
    Of national public files, not of the study's: made by ``benchmarks/published_results.py`` and shipped.
    """
    words, found = wording("published"), rs.published_on_real_data()
    years = published_effects().set_index("id")[["years", "adjusted", "scale"]]
    rows = found.join(years, on="id").assign(published_scale=lambda d: d["scale"]).to_dict("records")
    terms = [f"{row['label']}: {_described(row)}" for row in rows]
    held: dict[str, Any] = {"chapter": "methods", "output": "published_again", "term": terms}
    frames = [
        make_rows(**held, group=words["again"][group], statistic="published_effect", value=found[column],
                  conf_low=found[f"{column}_low"], conf_high=found[f"{column}_high"])
        for group, column in (("published", "published"), ("ours", "ours"))
    ]  # fmt: skip
    verdicts = [words["agreement"][v] for v in found["verdict"]]
    frames.append(make_rows(**held, statistic="direction", value=verdicts))
    frames.append(make_rows(**held, statistic="reason", value=found["why"]))
    tests = published_figures()["proportional_odds"]
    names = [words["terms"][name] for name in tests]
    frames.append(
        make_rows("methods", "published_parallel", term=names, statistic="p_value", value=list(tests.values()))
    )
    return combine_rows(frames)


def _sources(found: pd.DataFrame) -> pd.DataFrame:
    words = wording("published")["outcomes"]
    once = found.drop_duplicates(["outcome", "years", "source"])
    terms = [f"{words[o]}, {y.replace('-', ' to ')}" for o, y in zip(once["outcome"], once["years"], strict=True)]
    by_source: dict[str, list[str]] = {}
    for term, source in zip(terms, once["source"], strict=True):
        if term not in by_source.setdefault(source, []):
            by_source[source].append(term)
    return make_rows(
        **_HELD, output="published_sources", term=["; ".join(t) for t in by_source.values()], statistic="source",
        value=list(by_source),
    )  # fmt: skip
