"""Formulas give the columns that one would have made by hand, and refuse what they do not know."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import resilience_stats as rs
from resilience_stats.errors import CircularModelError, ModelError
from resilience_stats.models.formula import expand_formula


def practices() -> pd.DataFrame:
    rng = np.random.default_rng(5)
    n = 138
    d = pd.DataFrame({"a": rng.normal(size=n), "size": rng.lognormal(9, 0.5, n), "place": rng.choice(list("NSW"), n)})
    d["year"] = rng.choice([2018, 2019, 2020], n)
    d["list size"] = d["size"]
    d["score"] = d["a"] + np.log(d["size"]) + 0.5 * (d["place"] == "S") + rng.normal(size=n)
    return d.assign(low=(d["score"] < d["score"].median()).astype(int), level=pd.qcut(d["score"], 4, labels=False))


def test_a_formula_of_plain_columns_is_the_list_of_them() -> None:
    d = practices()
    by_formula, by_list = rs.fit_linear(d, "score ~ a + place"), rs.fit_linear(d, "score", ["a", "place"])
    pd.testing.assert_frame_equal(by_formula.tidy(), by_list.tidy())
    pd.testing.assert_frame_equal(by_formula.terms, by_list.terms)


def test_functions_categories_and_products_are_what_one_makes_by_hand() -> None:
    d = practices()
    fit = rs.fit_linear(d, "score ~ a*log(size) + C(year) + I(a**2 - 1) + a:place", vcov="classical")
    log, year = np.log(d["size"]), d["year"]
    x = np.column_stack([
        np.ones(len(d)), d["a"], log, d["a"] * log, year == 2019, year == 2020, d["a"] ** 2 - 1,
        d["a"] * (d["place"] == "S"), d["a"] * (d["place"] == "W"),
    ]).astype(float)  # fmt: skip
    np.testing.assert_allclose(fit.tidy()["estimate"], np.linalg.lstsq(x, d["score"], rcond=None)[0], rtol=1e-8)
    assert fit.tidy()["term"].tolist() == [
        "(Intercept)", "a", "log(size)", "a:log(size)", "C(year)[2019]", "C(year)[2020]", "I(a**2 - 1)", "a:place[S]",
        "a:place[W]",
    ]  # fmt: skip
    assert fit.terms.set_index("predictor").loc["C(year)", "columns"] == 2


def test_ordinal_and_logistic_models_take_formulas_too() -> None:
    d = practices()
    pd.testing.assert_frame_equal(
        rs.fit_logistic(d, "low ~ a + place").tidy(), rs.fit_logistic(d, "low", ["a", "place"]).tidy()
    )
    pd.testing.assert_frame_equal(
        rs.fit_ordinal(d, "level ~ a", tests=()).tidy(), rs.fit_ordinal(d, "level", ["a"], tests=()).tidy()
    )


def test_predictions_from_a_formula_need_its_columns_only() -> None:
    d = practices()
    fit = rs.fit_linear(d, "score ~ a:place + C(year) + log(size)")
    new = d.drop(columns=["score", "low", "level"]).iloc[:20]
    np.testing.assert_allclose(rs.predict_linear(fit, new)["estimate"], fit.influence["fitted"].iloc[:20], rtol=1e-10)


def test_names_with_spaces_and_missing_values() -> None:
    d = practices()
    d.loc[:4, "list size"] = np.nan
    fit = rs.fit_linear(d, "score ~ `list size` + a")
    assert fit.fit["n"] == 133
    assert fit.tidy()["term"].tolist() == ["(Intercept)", "list size", "a"]


def test_a_part_of_the_outcome_is_refused_inside_a_function_too() -> None:
    d = practices()
    parts = {"score": ["q1", "q2"], "a": ["q1"]}
    with pytest.raises(CircularModelError):
        rs.fit_linear(d, "log(score) ~ I(a**2) + size", parts=parts)


@pytest.mark.parametrize(
    ("formula", "message"),
    [
        ("score ~ sizee", "size"),
        ("score ~ a - 1", "formula"),
        ("score ~ 0 + a", "intercept"),
        ("score ~ .", "name each predictor"),
        ("score ~ sin(a)", "log"),
        ("score ~ __import__('os').getcwd()", "formula"),
        ("score ~ C(town)", "town"),
        ("score ~ a +* size", "formula"),
        ("score ~ log(place)", "not numeric"),
    ],
)
def test_what_a_formula_cannot_hold_is_said(formula: str, message: str) -> None:
    with pytest.raises(ModelError, match=message):
        rs.fit_linear(practices(), formula)


def test_predictors_beside_a_formula_are_refused() -> None:
    with pytest.raises(ModelError, match="names its predictors itself"):
        rs.fit_linear(practices(), "score ~ a", ["size"])


def test_a_column_whose_name_holds_a_tilde_is_a_column() -> None:
    d = practices().rename(columns={"score": "score ~ a"})
    made = expand_formula(d, "score ~ a", ["a"])
    assert (made.outcome, made.predictors) == ("score ~ a", ["a"])
