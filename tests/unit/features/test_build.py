from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from resilience_stats.features import build, build_features
from resilience_stats.features.catalogue import CATALOGUE_COLUMNS, FEATURES

PROMISED = [
    "phq_overall",
    "responded",
    "wave_previous",
    "phq_overall_previous",
    "list_size",
    "log_list_size",
    "list_growth_12m",
    "patients_per_gp",
    "gp_fte_per_1000",
    "nurse_fte_per_1000",
    "admin_fte_per_1000",
    "imd_score",
    "rurality",
    "contract_type",
    "dispensing",
    "pcn_code",
    "place",
    "cqc_rating",
    "cqc_requires_improvement_or_worse",
    "in_gprp",
    "in_gpdp",
    "programme",
    "single_handed",
    "payments_per_weighted_patient",
    "respondent_role",
]


def test_every_promised_feature_is_there_and_catalogued(make_cohort) -> None:
    table = build_features(make_cohort(list_size={"patients": [1, 2, 3]}))
    assert set(PROMISED) <= set(table.frame.columns)
    assert list(table.catalogue.columns) == list(CATALOGUE_COLUMNS)
    assert table.catalogue["name"].tolist() == table.frame.columns.tolist()
    assert table.catalogue["label"].ne("").all()
    assert table.frame.index.tolist() == ["A81001", "A81002", "A81003"]


def test_roles_of_the_study_come_before_those_of_the_catalogue(make_cohort) -> None:
    roles = build_features(make_cohort()).catalogue.set_index("name")["role"]
    assert roles["imd_score"] == "mediator"
    assert roles["phq_overall"] == "outcome"
    assert roles["cqc_rating_later"] == "outcome"


def test_a_feature_without_data_is_said(make_cohort) -> None:
    table = build_features(make_cohort())
    (said,) = [n for n in table.notes if n.code == "features-without-data"]
    assert "GPs per 1,000 patients" in said.message


def test_every_function_stands_once_in_the_catalogue() -> None:
    names = [f.name for f in FEATURES]
    assert len(names) == len(set(names))


def test_the_table_shows_itself(make_cohort) -> None:
    assert "Deprivation of patients" in build_features(make_cohort())._repr_html_()


@pytest.mark.parametrize(
    ("far", "says"), [(1, "1 value of 'Registered patients' lies"), (2, "2 values of 'Registered patients' lie")]
)
def test_values_far_out_are_counted_in_words_that_fit(far: int, says: str) -> None:
    label = next(f.label for f in FEATURES if f.name == "list_size")
    values = [*np.linspace(5000, 6000, 30), *[900_000.0] * far]
    columns = {f.name: pd.Series(float("nan"), index=range(len(values))) for f in FEATURES if f.kind == "number"}
    (said,) = build._extremes(pd.DataFrame({**columns, "list_size": values}))
    assert says.replace("Registered patients", label) in said.message
