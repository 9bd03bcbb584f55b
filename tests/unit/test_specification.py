"""The specification curve against the models it is made of."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from resilience_stats.errors import CircularModelError, ModelError
from resilience_stats.models.fifths import fit_fifths
from resilience_stats.models.linear import fit_linear
from resilience_stats.models.mixed import fit_mixed
from resilience_stats.models.ordinal import fit_ordinal
from resilience_stats.models.specification import specification_curve


def practices(n: int = 120) -> pd.DataFrame:
    rng = np.random.default_rng(8)
    z = rng.normal(size=n)
    x = rng.normal(size=n) + 0.8 * z
    y = 50 + 2 * x + 3 * z + 5 * rng.normal(size=n)
    d = pd.DataFrame({"x": x, "z": z, "y": y, "y2": y + rng.normal(size=n), "pcn": rng.integers(20, size=n)})
    d["w"] = rng.uniform(0.5, 2, n)
    d.loc[:7, "z"] = np.nan
    return d


def test_every_row_is_its_model() -> None:
    d = practices()
    found = specification_curve(
        d,
        {"all items": "y", "short form": "y2"},
        "x",
        adjustments={"none": [], "z": ["z"]},
        weights={"none": None, "response": "w"},
        models=["linear", "classical", "robust", "median", "mixed"],
        cluster="pcn",
    )
    table = found.tidy()
    # 2 scores x 2 sets x (2 weights x 2 linear models + 3 others)
    assert found.glance()["n_specifications"][0] == len(table) == 28
    pick = table.query("outcome == 'short form' and adjustment == 'z' and weights == 'response' and model == 'linear'")
    direct = fit_linear(d, "y2", ["x", "z"], weights="w", cluster="pcn").tidy().iloc[1]
    assert pick["estimate"].item() == pytest.approx(direct["estimate"])
    assert pick["df"].item() == pytest.approx(direct["df"])
    assert pick["n"].item() == 112
    mixed = table.query("outcome == 'all items' and adjustment == 'none' and model == 'mixed'")
    assert mixed["std_error"].item() == pytest.approx(fit_mixed(d, "y", ["x"], group="pcn").tidy()["std_error"][1])
    assert table["std_estimate"].is_monotonic_increasing
    assert found.by_choice.groupby("choice")["n"].sum().eq(28).all()


def test_the_share_that_agrees() -> None:
    d = practices().assign(minus=lambda f: -f["y"])
    found = specification_curve(d, {"a": "y", "b": "y2", "c": "minus"}, "x").glance().iloc[0]
    assert found["share_same_sign"] == pytest.approx(2 / 3)
    assert found["share_positive"] == pytest.approx(2 / 3)


def test_imputed_beside_complete() -> None:
    found = specification_curve(
        practices(), "y", "x", adjustments={"z": ["z"]}, missing=["complete", "imputed"], m=3, random_state=1
    ).tidy()
    assert dict(zip(found["missing"], found["n"], strict=True)) == {"complete": 112, "imputed": 120}


def test_own_model_and_failures_are_counted() -> None:
    d = practices().assign(same=1.0)
    found = specification_curve(
        d,
        "y",
        "x",
        adjustments={"none": [], "constant": ["same"]},
        models={"mine": lambda f, y, xs: fit_linear(f, y, xs)},
    )
    assert found.glance()["n_failed"][0] == 1
    assert found.notes[-1].code == "specification-failed"


def test_refusals() -> None:
    with pytest.raises(CircularModelError):
        specification_curve(practices(), "y", "x", parts={"y": ["x"]})
    with pytest.raises(ModelError, match="clusters"):
        specification_curve(practices(), "y", "x", models=["mixed"])
    with pytest.raises(ModelError, match="seed"):
        specification_curve(practices(), "y", "x", missing=["imputed"])
    with pytest.raises(ModelError, match="no specification"):
        specification_curve(practices().assign(x=1.0), "y", "x")


def test_without_clusters_the_errors_are_those_of_the_linear_model() -> None:
    d = practices()
    row = specification_curve(d, "y", "x", adjustments={"z": ["z"]}, conf_level=0.9).tidy().iloc[0]
    direct = fit_linear(d, "y", ["x", "z"], conf_level=0.9).tidy().iloc[1]
    for name in ("estimate", "std_error", "df", "p_value", "conf_low", "conf_high"):
        assert row[name] == pytest.approx(direct[name], rel=1e-12), name


def test_every_linear_row_is_its_model_with_clusters_weights_and_text() -> None:
    d = practices().assign(kind=lambda f: np.where(f["x"] > 0.3, "a", "b"), pcn=lambda f: "U" + f["pcn"].astype(str))
    curve = specification_curve(d, "y", "x", adjustments={"k": ["kind", "z"]}, weights={"w": "w"}, cluster="pcn")
    direct = fit_linear(d, "y", ["x", "kind", "z"], weights="w", cluster="pcn").tidy().iloc[1]
    for name in ("estimate", "std_error", "df", "p_value", "conf_low", "conf_high"):
        assert curve.tidy().iloc[0][name] == pytest.approx(direct[name], rel=1e-10), name


def test_an_ordered_outcome_is_set_beside_the_others_on_its_latent_scale() -> None:
    rng = np.random.default_rng(3)
    d = pd.DataFrame({"x": 3 * rng.normal(size=4000)}).assign(y=lambda f: 10 + 2 * f["x"] + 6 * rng.normal(size=4000))
    rows = specification_curve(d, "y", "x", models=["linear", "ordinal"]).tidy().set_index("model")
    # The normal truth: corr(x, y) = 6 / sqrt(36 + 36); the logistic link sees it within a few per cent.
    assert rows.loc["linear", "std_estimate"] == pytest.approx(0.5**0.5, abs=0.02)
    assert rows.loc["ordinal", "std_estimate"] == pytest.approx(0.5**0.5, abs=0.03)
    assert dict(rows["scale"]) == {"linear": "outcome", "ordinal": "latent"}
    assert rows.loc["ordinal", "std_low"] < rows.loc["ordinal", "std_estimate"] < rows.loc["ordinal", "std_high"]


def test_scores_of_few_values_are_taken_as_they_are() -> None:
    d = practices().assign(grade=lambda f: pd.qcut(f["y"], 3, labels=False))
    direct = fit_ordinal(d, "grade", ["x"], interval="wald", tests=())
    made = fit_fifths(d, "grade", ["x"])
    np.testing.assert_allclose(made.tidy()["estimate"], direct.tidy()["estimate"])
    slope = direct.tidy().set_index("term").loc["x", "estimate"]
    assert made.fit["latent_sd"] == pytest.approx(np.sqrt(slope**2 * d["x"].var() + np.pi**2 / 3))


def test_the_number_of_imputations_is_stated() -> None:
    found = specification_curve(
        practices(), "y", "x", adjustments={"z": ["z"]}, missing=["complete", "imputed"], m=3, random_state=1
    )
    assert dict(zip(found.tidy()["missing"], found.tidy()["imputations"], strict=True)) == {"complete": 0, "imputed": 3}
    assert found.fit["imputations"] == 3
