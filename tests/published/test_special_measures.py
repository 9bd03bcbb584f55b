"""The local register in the published table; exact tests against R's fisher.test."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import resilience_stats as rs
from resilience_stats.errors import ModelError

#: fisher.test(matrix(c(9, 2, 3, 8), 2)) in R 4.2.2, whose root search stops at 1e-4: p-value, odds ratio, interval.
FISHER = [0.02997312285, 10.40371577757, 1.18968027501, 157.52660354202]
PUBLISHED = {
    "reinspected_good": 28, "reinspected_requires_improvement": 11, "reinspected_requires_improvement_stays": 5,
    "reinspected_inadequate_stays": 7, "emergency_closure": 1, "closed_with_notice": 1, "early_withdrawal": 3,
    "gp_retired_or_resigned": 2, "other": 2, "awaiting_reinspection": 48,
}  # fmt: skip


def test_the_published_register_gives_the_published_table() -> None:
    register = pd.DataFrame({"outcome": np.repeat(list(PUBLISHED), list(PUBLISHED.values()))})
    made = rs.support_outcomes(register)
    rows = made.tidy()
    np.testing.assert_allclose(rows["estimate"], rows["published"], rtol=1e-12)
    np.testing.assert_allclose(rows["conf_high"], rows["published_high"], rtol=1e-12)
    assert made.glance().iloc[0].to_dict() == {"entries": 108, "reinspected": 53, "ended": 60, "pending": 48}


def test_an_empty_denominator_is_missing_not_zero() -> None:
    made = rs.support_outcomes(pd.DataFrame({"outcome": ["awaiting_reinspection", None]}))
    rows = made.tidy().set_index("term")
    assert np.isnan(rows.loc["left", "estimate"])
    assert rows.loc["left_of_supported", "estimate"] == 0
    assert "rows-dropped" in {n.code for n in made.notes}


def test_unknown_outcomes_are_refused() -> None:
    with pytest.raises(ModelError, match="unknown outcome"):
        rs.support_outcomes(pd.DataFrame({"outcome": ["good"]}))


def test_factors_have_exact_tests() -> None:
    d = pd.DataFrame({"left": [1] * 9 + [0] * 3 + [1] * 2 + [0] * 8, "early": [1] * 12 + [0] * 10})
    row = rs.success_factors(d, "left", {"early": "Support within three months"}).tidy().iloc[0]
    assert (row["with_success"], row["with_n"], row["without_success"], row["without_n"]) == (9, 12, 2, 10)
    np.testing.assert_allclose(row[["p_value", "estimate", "conf_low", "conf_high"]].astype(float), FISHER, rtol=1e-3)
    with pytest.raises(ModelError, match="something else"):
        rs.success_factors(d.assign(early=2), "left", ["early"])
