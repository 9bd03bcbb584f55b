"""Read R's reference cases and compare with them at the tolerance that each case states."""

from __future__ import annotations

import json
import os
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

HERE = Path(__file__).parent
CHECKOUT = HERE.parent
SHARED = CHECKOUT.parent / "shared"
REQUIRE_SHARED = os.environ.get("REQUIRE_SHARED") == "1"


@lru_cache
def case(name: str) -> dict[str, Any]:
    return json.loads((HERE / "reference" / "cases" / f"{name}.json").read_text(encoding="utf-8"))


def results(name: str) -> dict[str, Any]:
    return case(name)["results"]


def data(name: str) -> pd.DataFrame:
    """A data set of the cases by file name without ending."""
    return pd.read_csv(HERE / "reference" / "data" / f"{name}.csv")


def frame(value: dict[str, Any]) -> pd.DataFrame:
    """A data frame as the cases store it."""
    return pd.DataFrame(value["columns"], index=value.get("row_names"))


def matrix(value: dict[str, Any]) -> pd.DataFrame:
    """A matrix as the cases store it, with its names."""
    return pd.DataFrame(value["values"], index=value.get("rownames"), columns=value.get("colnames"))


def tolerance(name: str, path: str = "") -> tuple[float, float]:
    """The (rtol, atol) that the case states for the number at `path`."""
    stated = case(name)["tolerance"]
    for key, special in (stated.get("keys") or {}).items():
        if key in path and "rtol" in special:
            return special["rtol"], special["atol"]
    return stated["rtol"], stated["atol"]


def assert_close(name: str, got: Any, want: Any, path: str = "") -> None:
    """Compare at the tolerance of case `name`; `path` names the number, for messages and special tolerances."""
    rtol, atol = tolerance(name, path)
    np.testing.assert_allclose(
        np.asarray(got, dtype=float), np.asarray(want, dtype=float), rtol=rtol, atol=atol, err_msg=f"{name}: {path}"
    )


def shared(relative: str) -> Path:
    """A real public file beside the checkout, or a skip (a failure where REQUIRE_SHARED=1)."""
    path = SHARED / relative
    if not path.exists():
        message = f"needs ../shared/{relative}"
        if REQUIRE_SHARED:
            pytest.fail(message)
        pytest.skip(message)
    return path
