"""fit_linear: options, errors, notes, predictions and joint tests."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from resilience_stats.errors import CircularModelError, ModelError
from resilience_stats.models.linear import fit_linear
from resilience_stats.models.linear_inference import joint_test, predict_linear
from resilience_stats.models.sensitivity import adjusted_effects, leave_one_out


def practices(n: int = 138, seed: int = 1) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    pcn = rng.integers(30, size=n)
    x = rng.normal(size=(n, 3)) + 0.5 * rng.normal(size=(30, 3))[pcn]
    y = 50 + 4 * x[:, 0] - 2 * x[:, 1] + 3 * rng.normal(size=30)[pcn] + 8 * rng.normal(size=n)
    contract = pd.Series(np.where(rng.random(n) < 0.3, "PMS", "GMS"))
    return pd.DataFrame(x, columns=["gp_fte", "imd", "list_size"]).assign(
        score=y, pcn=[f"P{g:02d}" for g in pcn], contract=contract, w=rng.uniform(0.5, 2, n), place=pcn % 4
    )


def codes(fit: object) -> set[str]:
    return {n.code for n in fit.notes}


def test_clusters_switch_to_cr2_and_are_stated() -> None:
    fit = fit_linear(practices(), "score", ["gp_fte", "imd"], cluster="pcn")
    assert fit.glance()["vcov"][0] == "CR2"
    assert fit.glance()["n_clusters"][0] == practices()["pcn"].nunique()
    assert "clusters" in codes(fit)
    assert fit.tidy()["df"].max() < 30


def test_clusters_of_one_row_each_make_cr_into_hc() -> None:
    d = practices().assign(row=range(138))
    for cr, hc in [("CR0", "HC0"), ("CR2", "HC2"), ("CR3", "HC3")]:
        one = fit_linear(d, "score", ["gp_fte", "contract"], cluster="row", vcov=cr).vcov
        np.testing.assert_allclose(one, fit_linear(d, "score", ["gp_fte", "contract"], vcov=hc).vcov, rtol=1e-10)


def test_equal_weights_change_nothing() -> None:
    d = practices().assign(two=2.0)
    for options in ({}, {"cluster": "pcn"}, {"cluster": "pcn", "vcov": "CR3"}):
        plain = fit_linear(d, "score", ["gp_fte"], **options).tidy()
        weighted = fit_linear(d, "score", ["gp_fte"], weights="two", **options).tidy()
        columns = ["estimate", "std_error", "df", "p_value"]
        np.testing.assert_allclose(weighted[columns], plain[columns], rtol=1e-9)


@pytest.mark.parametrize("kind", ["classical", "HC3", "CR2", "CR1S"])
def test_units_only_rescale(kind: str) -> None:
    d = practices()
    options = {"vcov": kind, "cluster": "pcn" if kind.startswith("CR") else None}
    a = fit_linear(d, "score", ["gp_fte", "imd"], **options).tidy()
    b = fit_linear(d.assign(gp_fte=1e6 * d["gp_fte"] + 1e7), "score", ["gp_fte", "imd"], **options).tidy()
    np.testing.assert_allclose(b["estimate"][1] * 1e6, a["estimate"][1], rtol=1e-8)
    np.testing.assert_allclose(
        b.loc[1:, ["statistic", "df", "p_value"]], a.loc[1:, ["statistic", "df", "p_value"]], rtol=1e-7
    )


def test_dependent_predictors_are_named() -> None:
    d = practices().assign(both=lambda f: f["gp_fte"] + 2 * f["imd"], same=3.0)
    with pytest.raises(ModelError, match="'both' follows from gp_fte, imd"):
        fit_linear(d, "score", ["gp_fte", "imd", "both"])
    with pytest.raises(ModelError, match="'same' is constant"):
        fit_linear(d, "score", ["gp_fte", "same"])


def test_an_outcome_made_of_its_predictors_is_refused_by_arithmetic_alone() -> None:
    d = practices().assign(total=lambda f: f["gp_fte"] + f["imd"])
    with pytest.raises(CircularModelError, match="R2 = 1"):
        fit_linear(d, "total", ["gp_fte", "imd"])
    assert "exact-fit" in codes(fit_linear(d, "total", ["gp_fte", "imd"], vcov="classical", allow_parts=["imd"]))


@pytest.mark.parametrize(
    ("options", "text"),
    [
        ({"vcov": "HC9"}, "unknown covariance"),
        ({"vcov": "CR2"}, "needs clusters"),
        ({"population": 197}, "survey"),
        ({"conf_level": 95}, "confidence level"),
        ({"weights": "imd"}, "positive"),
        ({"cluster": "pnc"}, "pcn"),
    ],
)
def test_wrong_options_are_explained(options: dict[str, object], text: str) -> None:
    with pytest.raises(ModelError, match=text):
        fit_linear(practices(), "score", ["gp_fte"], **options)


def test_a_level_held_by_one_practice_is_explained() -> None:
    d = practices()
    d.loc[0, "contract"] = "APMS"
    with pytest.raises(ModelError, match="leverage 1"):
        fit_linear(d, "score", ["contract"])
    assert fit_linear(d, "score", ["contract"], vcov="HC1").influence["leverage"].iloc[0] == pytest.approx(1.0)


def test_finite_population_is_labelled_and_shrinks_by_the_factor() -> None:
    whole = fit_linear(practices(), "score", ["gp_fte"], vcov="survey")
    part = fit_linear(practices(), "score", ["gp_fte"], vcov="survey", population=197)
    np.testing.assert_allclose(part.tidy()["std_error"], whole.tidy()["std_error"] * np.sqrt(1 - 138 / 197), rtol=1e-12)
    assert part.glance()["inference"][0] == "finite population"
    assert "finite-population" in codes(part)
    assert whole.glance()["inference"][0] == "superpopulation"


def test_notes_on_mediators_respondents_and_rows() -> None:
    d = practices()
    d.loc[:4, "imd"] = np.nan
    fit = fit_linear(
        d, "score", ["gp_fte", "imd"],
        roles={"gp_fte": "exposure", "imd": "mediator"}, same_respondent=["score", "gp_fte"],
    )  # fmt: skip
    assert {"rows-dropped", "mediator-adjusted", "common-method"} <= codes(fit)
    assert fit.glance()["n"][0] == 133
    assert list(fit.influence.index) == list(range(5, 138))


def test_a_covariance_asked_for_is_the_one_given() -> None:
    d = practices()
    default = fit_linear(d, "score", ["gp_fte"], cluster="pcn")
    asked = fit_linear(d, "score", ["gp_fte"], cluster="pcn", vcov="HC3")
    plain = fit_linear(d, "score", ["gp_fte"])
    assert (default.fit["vcov"], asked.fit["vcov"], plain.fit["vcov"]) == ("CR2", "HC3", "HC3")
    assert "clusters-not-used" in codes(asked)
    assert "clusters-not-used" not in codes(default) | codes(plain)
    np.testing.assert_array_equal(asked.tidy()["std_error"], plain.tidy()["std_error"])


def test_joint_test_of_one_column_is_its_t_squared() -> None:
    for options in ({"vcov": "HC3"}, {"cluster": "pcn"}):
        fit = fit_linear(practices(), "score", ["gp_fte", "imd"], **options)
        row = joint_test(fit, ["gp_fte"]).iloc[0]
        t = fit.tidy().iloc[1]
        np.testing.assert_allclose([row["statistic"], row["df_den"], row["p_value"]],
                                   [t["statistic"] ** 2, t["df"], t["p_value"]], rtol=1e-8)  # fmt: skip
    with pytest.raises(ModelError, match="gp_fte"):
        joint_test(fit, ["gp_ft"])


def test_more_slopes_than_clusters_leave_the_joint_test_missing() -> None:
    d = practices().assign(place=lambda f: f["place"].astype(str))
    for kind in ("CR2", "CR1"):
        fit = fit_linear(d, "score", ["gp_fte", "imd", "list_size", "contract"], cluster="place", vcov=kind)
        assert "joint-test-missing" in codes(fit)
        assert fit.tests.set_index("test").loc["all_slopes", ["p_value"]].isna().all()
        assert fit.tidy()["p_value"].notna().all()
    assert "joint-test-missing" in codes(fit_linear(d, "score", ["gp_fte", "place"], cluster="place"))


def test_a_thousand_networks_are_no_burden() -> None:
    rng = np.random.default_rng(1)
    d = pd.DataFrame(rng.normal(size=(4000, 9)), columns=list("abcdefghy")).assign(g=rng.integers(1000, size=4000))
    fit = fit_linear(d, "y", list("abcdefgh"), cluster="g")
    np.testing.assert_allclose(
        fit.tidy()["std_error"], fit_linear(d, "y", list("abcdefgh")).tidy()["std_error"], rtol=0.2
    )
    assert (fit.tidy()["df"] > 300).all()


def test_predictions_at_the_rows_used_are_the_fitted_values() -> None:
    d = practices()
    for options in ({}, {"cluster": "pcn"}, {"weights": "w"}):
        fit = fit_linear(d, "score", ["gp_fte", "contract"], **options)
        found = predict_linear(fit, d)
        np.testing.assert_allclose(found["estimate"], fit.influence["fitted"], rtol=1e-10)
        assert (found["pred_low"] < found["conf_low"]).all()


def test_predictions_as_predict_lm() -> None:
    """predict(lm(api00 ~ meals + stype), interval = ...) in R; the same covered in the reference scripts."""
    d = pd.DataFrame({"y": [1.0, 2.0, 4.0, 3.0, 6.0], "x": [1.0, 2.0, 3.0, 4.0, 5.0]})
    found = predict_linear(fit_linear(d, "y", ["x"], vcov="classical"), pd.DataFrame({"x": [6.0, None]}))
    # by hand: b = (-0.1, 1.1), s2 = 1.9 / 3 + ..., x0 = 6: variance s2 (1/5 + 9/10)
    fit = fit_linear(d, "y", ["x"], vcov="classical")
    s2 = fit.glance()["sigma"][0] ** 2
    assert found["estimate"].iloc[0] == pytest.approx(6.5)
    assert found["std_error"].iloc[0] == pytest.approx(np.sqrt(s2 * (1 / 5 + 9 / 10)))
    assert found.iloc[1].isna().all()


def test_an_unseen_level_cannot_be_predicted() -> None:
    fit = fit_linear(practices(), "score", ["contract"])
    with pytest.raises(ModelError, match="APMS"):
        predict_linear(fit, pd.DataFrame({"contract": ["APMS"]}))


def test_adjustment_sets_share_their_rows() -> None:
    d = practices()
    d.loc[:9, "list_size"] = np.nan
    found = adjusted_effects(d, "score", {"gp_fte": "exposure", "imd": "confounder", "list_size": "mediator"})
    assert found.tidy()["adjustment"].tolist() == ["none", "confounders", "confounders and mediators"]
    assert found.tidy()["n"].tolist() == [128] * 3
    with pytest.raises(ModelError, match="role"):
        adjusted_effects(d, "score", {"gp_fte": "cause"})


def test_leaving_out_each_place() -> None:
    d = practices()
    found = leave_one_out(d, "score", ["gp_fte", "imd"], by="place", cluster="pcn")
    assert found.glance()["n_left_out"][0] == 4
    row = found.tidy().query("left_out == 2 and term == 'gp_fte'").iloc[0]
    direct = fit_linear(d[d["place"] != 2], "score", ["gp_fte", "imd"], cluster="pcn").tidy()
    assert row["estimate"] == pytest.approx(direct["estimate"][1])


def test_leaving_out_rows_is_dfbeta() -> None:
    d = practices(40).assign(row=range(40))
    found = leave_one_out(d, "score", ["gp_fte"], by="row", vcov="classical").tidy()
    fit = fit_linear(d, "score", ["gp_fte"])
    press = predict_linear(fit_linear(d.iloc[1:], "score", ["gp_fte"]), d.iloc[:1])["estimate"].iloc[0]
    assert d["score"][0] - press == pytest.approx(fit.influence["press_residual"].iloc[0])
    biggest = found[found["term"] == "gp_fte"].set_index("left_out")["change"].abs().idxmax()
    assert biggest == fit.dfbetas["gp_fte"].abs().idxmax()
