"""From assessments to plans and themes, on a synthetic study."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

import resilience_stats as rs
from resilience_stats.cohort import Cohort
from resilience_stats.errors import ReportError
from resilience_stats.report.action_library import load_actions
from resilience_stats.report.plans import action_plan, cohort_themes
from resilience_stats.schema import load_codes, load_instrument


@pytest.fixture(scope="module")
def cohort(tmp_path_factory: pytest.TempPathFactory) -> Cohort:
    folder: Path = tmp_path_factory.mktemp("study")
    return rs.load_cohort(rs.write_example(folder, practices=90, responses=64, random_state=7).path)


def test_every_assessed_practice_gets_a_plan(cohort: Cohort) -> None:
    menu = {c["label"] for c in load_codes("support_types").codes}
    for code in cohort.rat["practice_code"].unique():
        plan = action_plan(cohort, code)
        assert len(plan) >= 1
        assert plan["action"].is_unique
        assert all(set(s.split("; ")) <= menu for s in plan["support"])
        assert plan["repeat_on"].nunique() == 1
        assert plan["repeat_on"].iloc[0] > cohort.rat.query("practice_code == @code")["assessed_on"].max()
        assert (plan["owner"] == "").all()


def test_causes_that_were_seen_come_first(cohort: Cohort) -> None:
    row = cohort.rat.sort_values("assessed_on").drop_duplicates("practice_code", keep="last").iloc[0]
    seen = {c.label for c in cohort.instruments["rat"].codes if not pd.isna(row[c.id]) and row[c.id] == 1}
    reasons = list(action_plan(cohort, row["practice_code"])["reason"])
    of_causes = [r in seen for r in reasons]
    assert of_causes == sorted(of_causes, reverse=True)


def test_unknown_practice_is_named(cohort: Cohort) -> None:
    with pytest.raises(ReportError, match="has no assessment"):
        action_plan(cohort, "Z99999")


def test_themes_keep_programmes_apart(cohort: Cohort) -> None:
    themes = cohort_themes(cohort).tidy()
    assert set(themes["group"]) == set(cohort.rat["programme"].dropna().unique())
    assert (themes["count"] <= themes["n"]).all()


def test_library_covers_every_area_and_every_cause() -> None:
    actions = load_actions()
    areas = {a.id for i in ("phq", "rat") for a in load_instrument(i).areas}
    assert areas <= {a.area for a in actions}
    assert set(load_codes("concern_codes").ids) <= {c for a in actions for c in a.causes}
