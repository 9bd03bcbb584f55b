"""What the national model hangs on: other rows and covariates, other regions, kinds of practice, thresholds."""

from __future__ import annotations

from typing import Any

import pandas as pd

import resilience_stats as rs
from resilience_stats.report.wording import wording
from resilience_stats.results.rows import combine_rows, make_rows

CHAPTER = "special_measures"


def national_sensitivity_rows() -> pd.DataFrame:
    """Return the national model's c-statistic where ratings, years or predictors are others, and for each region.

    Notes
    -----
    Output ``national_sensitivity``: the model fitted again on other rows, its c-statistic in those rows (not corrected
    for optimism, so compare them with the first). Output ``national_areas``: each region predicted by the model of all
    the others.
    """
    made, words = rs.national_model(), wording("national")["variants"]
    variants = made.sensitivity.drop_duplicates("variant")
    named = [words.get(v, v.replace("only ", words["only"] + " ", 1)) for v in variants["variant"]]
    large = made.areas["calibration_in_the_large"]
    return combine_rows([
        make_rows(CHAPTER, "national_sensitivity", term=named, statistic="published_of", value=variants["n"]),
        make_rows(CHAPTER, "national_sensitivity", term=named, statistic="c_statistic", value=variants["c_statistic"],
                  conf_low=variants["c_low"], conf_high=variants["c_high"]),
        make_rows(CHAPTER, "national_areas", term=made.areas["group"], statistic="published_of", value=made.areas["n"]),
        make_rows(CHAPTER, "national_areas", term=made.areas["group"], statistic="c_statistic",
                  value=made.areas["c_statistic"]),
        make_rows(CHAPTER, "national_areas", term=made.areas["group"], statistic="calibration_intercept", value=large),
    ])  # fmt: skip


def national_subgroup_rows() -> pd.DataFrame:
    """Return how the national model's cross-validated risks do in kinds of practice.

    Notes
    -----
    `group` is the grouping, `term` the level. A level with too few events for a c-statistic has none.
    """
    held = rs.national_model().subgroups
    keep = held[held["c_statistic"].notna()]
    common: dict[str, Any] = {"group": held["variable"], "term": held["term"]}
    some: dict[str, Any] = {"group": keep["variable"], "term": keep["term"]}
    tests = held.drop_duplicates("variable")
    return combine_rows([
        make_rows(CHAPTER, "national_subgroups", **common, statistic="published_of", value=held["n"]),
        make_rows(CHAPTER, "national_subgroups", **common, statistic="published_share", value=held["estimate"],
                  conf_low=held["conf_low"], conf_high=held["conf_high"]),
        make_rows(CHAPTER, "national_subgroups", **common, statistic="published_expected", value=held["mean_risk"]),
        make_rows(CHAPTER, "national_subgroups", **some, statistic="c_statistic", value=keep["c_statistic"],
                  conf_low=keep["c_low"], conf_high=keep["c_high"]),
        make_rows(CHAPTER, "national_subgroup_tests", term=tests["variable"], statistic="p_value",
                  value=tests["difference_p_value"]),
    ])  # fmt: skip


def national_threshold_rows() -> pd.DataFrame:
    """Return what acting on the national model's risk would mean at each threshold.

    Notes
    -----
    Cross-validated risks. Of all practices, how many would be offered support; how many of these are rated poorly, and
    how many of the others well (output ``national_thresholds``); and the net benefit over offering it to all, and to
    nobody, with normal limits (``national_gains``).
    """
    decided = rs.national_model().decisions.query("term == 'model'")
    n = rs.national_model().fit["n"]
    held: dict[str, Any] = {"term": [f"{100 * t:.0f}%" for t in decided["threshold"]]}
    rows = [
        make_rows(CHAPTER, "national_thresholds", **held, statistic="acted_on_share", value=decided["acted_on"] / n),
        make_rows(CHAPTER, "national_thresholds", **held, statistic="published_ppv", value=decided["ppv"],
                  conf_low=decided["ppv_low"], conf_high=decided["ppv_high"]),
        make_rows(CHAPTER, "national_thresholds", **held, statistic="published_npv", value=decided["npv"],
                  conf_low=decided["npv_low"], conf_high=decided["npv_high"]),
        make_rows(CHAPTER, "national_gains", **held, statistic="gain_over_all", value=decided["against_all"],
                  conf_low=decided["against_all_low"], conf_high=decided["against_all_high"]),
        make_rows(CHAPTER, "national_gains", **held, statistic="gain_over_none", value=decided["estimate"],
                  conf_low=decided["conf_low"], conf_high=decided["conf_high"]),
    ]  # fmt: skip
    return combine_rows(rows)
