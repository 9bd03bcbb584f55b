"""The model of practice codes that go: its file, its rows, and what it expects here."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pytest

import resilience_stats as rs
from resilience_stats.disclosure import apply_policy
from resilience_stats.errors import FileMissingError
from resilience_stats.report.rows.closure import closure_rows, local_closure_rows
from resilience_stats.report.sentences_national import closure_sentences, local_closure_sentences
from resilience_stats.results.rows import combine_rows, make_rows


def features(n: int, gone: int | None, size: float = 9.0) -> Any:
    frame = pd.DataFrame({
        "log_list_size": size, "rurality": "Urban", "dispensing": False, "contract_type": "GMS",
    }, index=[f"A{k:05d}" for k in range(n)])  # fmt: skip
    if gone is not None:
        frame["later_code_gone"] = pd.array([k < gone for k in range(n)], dtype="boolean")
    return SimpleNamespace(frame=frame)


def said(made: pd.DataFrame) -> list[str]:
    return local_closure_sentences(
        apply_policy(combine_rows([made, make_rows("special_measures", "x", value=9)]), "board")
    )


def test_size_is_what_goes_with_it_as_published() -> None:
    made = rs.closure_model()
    size = made.tidy().set_index("term").loc["log_list_size"]
    # Published for codes gone in four years: odds 0.36 (0.33 to 0.40) for each doubling of the list.
    assert 0.2 < np.exp(np.log(2) * size["estimate"]) < 0.45
    figures = made.glance().iloc[0]
    assert figures["parameters"] <= figures["parameters_allowed"]
    assert figures["c_low"] < figures["c_statistic"] < figures["c_high"]
    text = closure_sentences(apply_policy(closure_rows(), "board"))
    assert "2020-21" in text[0]
    assert "Registered patients" in text[1]


def test_a_risk_is_the_model_applied_with_missing_values_at_their_mean() -> None:
    known = rs.closure_offset(features(1, None).frame).iloc[0]
    blank = features(1, None).frame.assign(contract_type=pd.NA, dispensing=pd.NA)
    made = rs.closure_offset(blank).iloc[0]
    assert (known["filled"], made["filled"]) == (0, 3)
    assert made["risk"] != known["risk"]
    assert 0 < made["risk"] < 0.1
    with pytest.raises(FileMissingError):
        rs.closure_offset(blank, path="no-such-file.json")


def test_what_happened_is_held_against_what_was_expected() -> None:
    many = said(local_closure_rows(features(197, 30)))
    assert "more than chance allows" in many[1]
    risk = rs.closure_offset(features(1, None, 7.5).frame)["risk"].iloc[0]
    n = round(20 / risk)
    assert "which chance allows" in said(local_closure_rows(features(n, 20, 7.5)))[1]
    assert "withheld" in said(local_closure_rows(features(197, 3)))[0]
    assert "not known" in said(local_closure_rows(features(197, None)))[0]
    made = local_closure_rows(features(197, 30)).set_index("statistic")
    assert made.loc["published_expected", "value"] == pytest.approx(
        rs.closure_offset(features(197, None).frame)["risk"].mean()
    )
