"""A cohort small enough to do every feature by hand."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from pathlib import Path
from types import MappingProxyType

import pandas as pd
import pytest

from resilience_stats.cohort import Cohort
from resilience_stats.cohort.asof import LAG_COLUMNS
from resilience_stats.cohort.responses import no_responses
from resilience_stats.schema import load_instrument
from resilience_stats.study import Outcome, Predictor, Study

CODES = pd.Index(["A81001", "A81002", "A81003"], name="practice_code")


@pytest.fixture
def make_cohort() -> Callable[..., Cohort]:
    """Return a function that makes a cohort of three practices from columns of tables."""

    def make(
        *,
        responses: pd.DataFrame | None = None,
        programmes: pd.DataFrame | None = None,
        special_measures: pd.DataFrame | None = None,
        **tables: dict[str, list[object]],
    ) -> Cohort:
        phq = load_instrument("phq")
        practices = pd.DataFrame(
            {
                "practice_name": ["Abbey", "Beech", "Cedar"],
                "place": ["North", "North", "South"],
                "contract_type": ["GMS", "GMS", "PMS"],
                "invited_on": pd.Timestamp("2019-10-20"),
                "written_code": CODES,
            },
            index=CODES,
        )
        empty = pd.DataFrame(columns=["practice_code"])
        return Cohort(
            study=Study(
                title="T",
                area="A",
                year=2019,
                synthetic=True,
                random_state=1,
                census_date=dt.date(2019, 11, 30),
                files=MappingProxyType({}),
                instruments=MappingProxyType({"phq": "phq", "rat": "rat"}),
                outcome=Outcome(name="phq_overall", label="Overall"),
                predictors=(Predictor(name="imd_score", role="mediator"),),
                policy=MappingProxyType({}),
                path=Path("study.toml"),
            ),
            instruments={"phq": phq, "rat": load_instrument("rat")},
            practices=practices,
            wave=2019,
            responses=no_responses(phq) if responses is None else responses,
            other_responses=no_responses(phq),
            rat=empty,
            programmes=empty if programmes is None else programmes,
            special_measures=empty if special_measures is None else special_measures,
            tables={n: pd.DataFrame(columns, index=CODES) for n, columns in tables.items()},
            join_audit=pd.DataFrame(),
            row_accounts=pd.DataFrame(),
            lag_table=pd.DataFrame(
                [("list_size", pd.Timestamp("2019-11-01"), pd.Timestamp("2019-11-30"), 29)], columns=list(LAG_COLUMNS)
            ),
            lineage_log=pd.DataFrame(),
            set_aside=pd.DataFrame(),
            sources=pd.DataFrame(),
        )

    return make
