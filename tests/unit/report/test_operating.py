"""The packaged operating characteristics, their rows, and sentences whose verdicts follow from the rows."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from resilience_stats.disclosure import DisclosedFrame, apply_policy
from resilience_stats.errors import FileMissingError
from resilience_stats.report.operating_characteristics import operating_characteristics, simulate
from resilience_stats.report.operating_replicates import QUESTIONS
from resilience_stats.report.operating_worlds import NETWORKS, PRACTICES, worlds
from resilience_stats.report.rows.operating import operating_rows
from resilience_stats.report.sentences_operating import operating_sentences
from resilience_stats.report.wording import wording


def released(rows: pd.DataFrame) -> DisclosedFrame:
    return apply_policy(rows, "public")


def changed(output: str, statistic: str, value: float, **where: str) -> list[str]:
    """The sentences when the rows of one kind have another value, with an interval about it as wide as before."""
    rows = operating_rows()
    here = (rows["output"] == output) & (rows["statistic"] == statistic)
    for column, wanted in where.items():
        here &= rows[column].str.contains(wanted, regex=False)
    assert here.any()
    shift = value - rows.loc[here, "value"].astype(float)
    for column in ("conf_low", "conf_high"):
        rows.loc[here, column] = rows.loc[here, column] + shift
    rows.loc[here, "value"] = value
    return operating_sentences(released(rows))


def test_the_packaged_file_is_what_the_issue_asks_for() -> None:
    made, figures = operating_characteristics()
    assert made["replicates"] >= 1000
    assert (made["practices"], made["networks"]) == (PRACTICES, NETWORKS) == (138, 30)
    assert {"made_on", "random_state", "command"} <= set(made)
    assert figures["simulation_error"].notna().all()
    means = figures[figures["question"] != "rank_1"]
    assert (means["n"] >= 0.9 * made["replicates"]).all()
    assert set(figures["world"]) == {w.name for w in worlds()}
    kinds = {"classical", "HC3", "CR1S", "CR2", "satterthwaite", "kenward_roger"}
    assert set(figures.loc[figures["question"] == "linear_coverage", "method"]) == kinds


def test_what_the_simulation_says_is_known_statistics() -> None:
    """Not our numbers: what theory has long said of these methods, and the simulation must find."""
    _, figures = operating_characteristics()
    at = figures.set_index(["world", "question", "method", "of"])["value"].sort_index()
    cover = at.loc["networks", "linear_coverage"]
    for of in ("network", "network_null"):
        assert cover["classical", of] < 0.90 < cover["CR2", of]
        assert cover["CR1S", of] < cover["CR2", of]
        assert abs(cover["kenward_roger", of] - 0.95) < 0.015
    for world in ("example", "networks"):
        assert at[world, "null_found", "CR2_none", "any"] > 0.10 > at[world, "null_found", "CR2_holm", "any"]
        assert at[world, "false_share", "CR2_bh", "each"] < 0.05
        assert at[world, "true_found", "CR2_holm", "each"] < at[world, "true_found", "CR2_none", "each"]


def test_rows_are_no_ones_practices_and_lie_within_their_limits() -> None:
    rows = operating_rows()
    known = rows["conf_low"].notna()
    value = rows.loc[known, "value"].astype(float)
    assert (rows.loc[known, "conf_low"] <= value + 1e-12).all()
    assert (value <= rows.loc[known, "conf_high"] + 1e-12).all()
    assert (released(rows).rows["disclosure"] != "[c]").all()


def test_a_share_that_never_failed_still_has_an_error() -> None:
    rows = operating_rows()
    ranks = rows[rows["statistic"] == "was_first"]
    assert (ranks["conf_high"] > ranks["conf_low"]).all()


def test_too_narrow_intervals_are_named_and_others_are_not() -> None:
    words = wording("operating")
    said = " ".join(operating_sentences(released(operating_rows())))
    assert "Classical 8" in said
    good = changed("operating_linear", "coverage", 0.95)
    good = [s for s in good if s.startswith(words["narrow"][:20]) and "Classical" in s]
    assert good == []
    bad = changed("operating_linear", "coverage", 0.71, term="CR2")
    assert any("CR2 71.0%" in s for s in bad)


def test_imputation_is_the_nearer_only_where_the_difference_says_so() -> None:
    world = wording("operating")["worlds"]["example"]
    rows = operating_rows()
    biased = rows["output"].eq("operating_missing") & rows["statistic"].eq("relative_bias") & rows["group"].eq(world)
    for complete, imputed, difference, verdict in (
        (0.30, 0.05, 0.25, "Imputation is the nearer."),
        (0.05, 0.30, -0.25, "Imputation is not the nearer here."),
        (0.06, 0.05, 0.0, "cannot tell apart"),
    ):
        held = rows.copy()
        for term, value in (("Complete rows", complete), ("Imputed", imputed)):
            held.loc[biased & held["term"].eq(term), "value"] = value
        apart = held["output"].eq("operating_missing_difference") & held["group"].eq(world)
        limits = {"value": difference, "conf_low": difference - 0.01, "conf_high": difference + 0.01}
        held.loc[apart, list(limits)] = list(limits.values())
        said = [s for s in operating_sentences(released(held)) if s.startswith(world) and "Complete" not in s]
        assert any(verdict in s for s in said), (verdict, said)


def test_rank_probabilities_are_called_fair_only_where_they_are() -> None:
    rows = operating_rows()
    said = rows.loc[rows["statistic"] == "said_first"].set_index(["group", "term"])["value"]
    fair = rows.copy()
    for k in fair.index[fair["statistic"] == "was_first"]:
        value = float(said[fair.at[k, "group"], fair.at[k, "term"]])
        fair.loc[k, ["value", "conf_low", "conf_high"]] = [value, value - 0.01, value + 0.01]
    assert wording("operating")["ranks_fair"] in operating_sentences(released(fair))
    assert any("promise too much" in s for s in changed("operating_ranks", "was_first", 0.0, term="60%"))


def test_without_rows_nothing_is_said() -> None:
    assert operating_sentences(released(operating_rows().iloc[:0])) == []


def test_a_file_that_is_not_there_names_the_command(tmp_path) -> None:
    with pytest.raises(FileMissingError, match="operating-characteristics"):
        operating_characteristics(tmp_path / "none.json")


@pytest.mark.slow
def test_the_same_seed_gives_the_packaged_kind_of_figures_again() -> None:
    """Two cohorts of each world: every figure of the file is made, in its order, and the same twice."""
    first, again = simulate(2, 7), simulate(2, 7)
    pd.testing.assert_frame_equal(first, again)
    _, packaged = operating_characteristics()
    keys = ["world", "question", "method", "of"]
    means = [f[f["question"] != "rank_1"][keys].reset_index(drop=True) for f in (first, packaged)]
    pd.testing.assert_frame_equal(*means, check_dtype=False)
    assert np.isfinite(first["value"].astype(float)).all()
    assert set(QUESTIONS) == {"linear", "missing", "discrete", "importance"}
