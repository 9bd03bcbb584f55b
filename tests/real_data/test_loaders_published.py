"""The real published files load whole, with row accounts that balance."""

from __future__ import annotations

from collections.abc import Callable

import pandas as pd
import pytest
from support import shared

from resilience_stats import loaders

pytestmark = pytest.mark.needs_shared

FILES = {
    "ods/epraccur.csv": (loaders.load_ods_practices, 14_963, 8_631),
    "ods/ePCN.xlsx": (loaders.load_pcn_membership, 7_359, 7_359),
    "list_size/gp-reg-pat-prac-all_2021-01.csv": (loaders.load_list_size, 6_658, 6_658),
    "list_size/gp-reg-pat-prac-all_2026-01.csv": (loaders.load_list_size, 6_171, 6_171),
    "payments/nhspaymentsgp-20-21.csv": (loaders.load_payments, 6_808, 6_808),
    "payments/nhspaymentsgp-22-23.csv": (loaders.load_payments, 6_669, 6_669),
    "deprivation/fingertips_93553_imd2019_gp.csv": (loaders.load_deprivation, 6_547, 6_545),
    "cqc/HSCA_Active_Locations_primary_medical_2026-01.xlsx": (loaders.load_cqc_directory, 6_429, 6_071),
    "workforce/practice_level_2017-18.csv": (loaders.load_workforce, 7_354, 7_354),
    "workforce/practice_level_2020-21.csv": (loaders.load_workforce, 6_652, 6_652),
    "qof/PREVALENCE_2021_v2.csv": (loaders.load_qof_prevalence, 137_991, 137_991),
    "qof/ORGANISATION_REFERENCE_2021.csv": (loaders.load_qof_maximum_points, 6_571, 6_571),
    "qof/MAPPING_NHS_GEOGRAPHIES_2021.csv": (loaders.load_qof_geography, 6_571, 6_571),
    "qof/MAPPING_INDICATORS_2021_v2.csv": (loaders.load_qof_indicators, 68, 68),
    "closures/closed_or_merged.csv": (loaders.load_closures, 804, 804),
    "closures/merger_lookup_2020-04.csv": (loaders.load_merger_lookup, 8_073, 1_086),
    "workforce/practice_level_2022-23.csv": (loaders.load_workforce, 6_503, 6_503),
}


@pytest.mark.parametrize("name", FILES)
def test_the_row_account_balances(name: str) -> None:
    load, rows_read, rows_used = FILES[name]
    frame = load(shared(f"data/{name}"))
    account = frame.attrs["account"]
    assert account[0] == {"file": name.split("/")[1], "reason": "read", "rows": rows_read}
    assert sum(entry["rows"] for entry in account[1:]) == rows_read
    assert len(frame) == rows_used
    assert len(frame.attrs["set_aside"]) == rows_read - rows_used
    assert len(frame.attrs["source"]["sha256"]) == 64


def test_two_years_of_payments_have_the_same_columns_and_the_networks_right() -> None:
    old, new = (loaders.load_payments(shared(f"data/payments/nhspaymentsgp-{y}.csv")) for y in ("20-21", "22-23"))
    assert list(old.columns) == list(new.columns)
    for frame in (old, new):
        assert frame["pcn_code"].dropna().str.fullmatch(r"U\d{5}").all()
        assert frame["pcn_code"].notna().mean() > 0.95
        assert frame["commissioner_name"].str.startswith("NHS").mean() > 0.9
    assert new["pcn_name"].str.contains("PCN").mean() > 0.8


def test_money_is_read_to_the_penny() -> None:
    new = loaders.load_payments(shared("data/payments/nhspaymentsgp-22-23.csv")).set_index("practice_code")
    assert new.loc["A81001", "global_sum"] == 438_099.78
    assert new.loc["A81001", "payment_per_weighted_patient"] == 157.31
    assert (new["global_sum"] < 0).any()


def test_list_sizes_of_both_header_generations_add_up() -> None:
    raw = pd.read_csv(shared("data/list_size/gp-reg-pat-prac-all_2026-01.csv"))
    frame = loaders.load_list_size(shared("data/list_size/gp-reg-pat-prac-all_2026-01.csv"))
    assert frame["patients"].sum() == raw["NUMBER_OF_PATIENTS"].sum()
    assert frame["extract_date"].unique().tolist() == [pd.Timestamp("2026-01-01")]
    old = loaders.load_list_size(shared("data/list_size/gp-reg-pat-prac-all_2021-01.csv"))
    assert old["extract_date"].unique().tolist() == [pd.Timestamp("2021-01-01")]
    assert old["commissioner_code"].notna().all()


def test_a_rating_that_was_not_given_is_missing_with_its_kind() -> None:
    frame = loaders.load_cqc_directory(shared("data/cqc/HSCA_Active_Locations_primary_medical_2026-01.xlsx"))
    assert set(frame["overall_rating"].dropna()) == {"Outstanding", "Good", "Requires improvement", "Inadequate"}
    assert frame.loc[frame["overall_rating"].isna(), "overall_rating_missing"].notna().all()
    assert "other" not in set(frame["overall_rating_missing"].dropna())
    reasons = {entry["reason"]: entry["rows"] for entry in frame.attrs["account"]}
    assert reasons["branch code"] == 20


def test_blank_end_dates_are_current_spells() -> None:
    frame = loaders.load_pcn_membership(shared("data/ods/ePCN.xlsx"))
    assert frame["end_date"].isna().sum() == 6_474
    assert frame["start_date"].notna().all()


def test_about_six_thousand_practices_join_all_sources() -> None:
    get: Callable[[pd.DataFrame], set[str]] = lambda f: set(f["practice_code"])  # noqa: E731
    sets = [
        get(loaders.load_cqc_directory(shared("data/cqc/HSCA_Active_Locations_primary_medical_2026-01.xlsx"))),
        get(loaders.load_payments(shared("data/payments/nhspaymentsgp-22-23.csv"))),
        get(loaders.load_workforce(shared("data/workforce/practice_level_2022-23.csv"))),
        get(loaders.load_deprivation(shared("data/deprivation/fingertips_93553_imd2019_gp.csv"))),
        get(loaders.load_list_size(shared("data/list_size/gp-reg-pat-prac-all_2026-01.csv"))),
    ]
    assert len(set.intersection(*sets)) >= 6_000
