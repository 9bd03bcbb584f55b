from __future__ import annotations

import numpy as np
import pytest

from resilience_stats.features import size


def test_list_size_its_logarithm_and_its_growth(make_cohort) -> None:
    cohort = make_cohort(list_size={"patients": [8400, 5000, 0]}, list_size_previous={"patients": [8000, 6250, 10]})
    assert size.list_size(cohort).tolist() == [8400.0, 5000.0, 0.0]
    assert size.log_list_size(cohort).tolist()[:2] == pytest.approx([np.log(8400), np.log(5000)])
    assert np.isnan(size.log_list_size(cohort).iloc[2])
    assert size.list_growth_12m(cohort).tolist() == pytest.approx([5.0, -20.0, -100.0])


def test_no_growth_without_a_list_of_a_year_before(make_cohort) -> None:
    assert size.list_growth_12m(make_cohort(list_size={"patients": [1, 2, 3]})).isna().all()
    assert size.list_growth_12m(
        make_cohort(list_size={"patients": [1, 2, 3]}, list_size_previous={"patients": [0, 1, 1]})
    ).isna().tolist() == [True, False, False]
