"""The specification curve against the models it is made of."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from resilience_stats.errors import CircularModelError, ModelError
from resilience_stats.models.linear import fit_linear
from resilience_stats.models.mixed import fit_mixed
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
