"""From the files of a synthetic study to features, with nothing lost and nothing from the future."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import resilience_stats as rs
from resilience_stats.cohort import Cohort, load_cohort
from resilience_stats.errors import StudyError
from resilience_stats.features import FeatureTable, build_features
from resilience_stats.features.catalogue import from_the_future
from resilience_stats.features.scores import rat_scores
from resilience_stats.synthetic import Truth, write_example
from resilience_stats.synthetic.population import PREDICTORS


@pytest.fixture(scope="module")
def truth(tmp_path_factory) -> Truth:
    return write_example(tmp_path_factory.mktemp("example"))


@pytest.fixture(scope="module")
def cohort(truth: Truth) -> Cohort:
    return load_cohort(truth.path)


@pytest.fixture(scope="module")
def features(cohort: Cohort) -> FeatureTable:
    return build_features(cohort)


@pytest.fixture
def study(truth: Truth, tmp_path: Path) -> Path:
    """A copy of the study that a test may change."""
    return Path(shutil.copytree(truth.path.parent, tmp_path / "study"))


def change(path: Path, *pairs: tuple[str, str]) -> None:
    text = path.read_text(encoding="utf-8")
    for old, new in pairs:
        assert re.search(old, text), old
        text = re.sub(old, new, text, count=1)
    path.write_text(text, encoding="utf-8")


def move_census(study: Path, day: str) -> None:
    """Move the census, and the invitations with it, so that the frame stays as it was."""
    change(study / "study.toml", ("census_date = 2019-11-30", f"census_date = {day}"))
    register = study / "practice_register.csv"
    register.write_text(re.sub(r"2019-10-\d\d", "2018-10-21", register.read_text()))


def test_the_frame_is_who_was_asked(truth: Truth, cohort: Cohort) -> None:
    assert cohort.practices.index.tolist() == sorted(truth.practices.index)
    assert cohort.practices["contract_type"].eq("GMS").all()
    assert rs.load_cohort is load_cohort


def test_rows_read_are_rows_accounted_for(cohort: Cohort) -> None:
    for file, rows in cohort.row_accounts.groupby("file"):
        read = rows.loc[rows["reason"] == "read", "rows"].sum()
        assert read == rows.loc[rows["reason"] != "read", "rows"].sum(), file
    assert set(cohort.row_accounts["file"]) == {p.name for paths in cohort.study.files.values() for p in paths}


def test_each_stage_of_the_join_audit_adds_up(cohort: Cohort) -> None:
    for (table, stage), rows in cohort.join_audit.groupby(["table", "stage"]):
        assert rows["rows"].nunique() == 1
        assert rows["matched"].sum() + rows["unmatched"].sum() == rows["rows"].iloc[0], (table, stage)
        assert not rows["reason"].duplicated().any()


def test_one_response_per_practice_and_wave_and_the_others_kept(truth: Truth, cohort: Cohort) -> None:
    assert not cohort.responses.duplicated(["practice_code", "wave"]).any()
    assert sorted(cohort.current().index) == sorted(truth.practices.index[truth.practices["responded"]])
    now = cohort.other_responses[cohort.other_responses["wave"] == 2019]
    assert sorted(now["practice_code"]) == sorted(truth.names["duplicate_response"])
    assert any(n.code == "several-responses" for n in cohort.notes)


def test_features_are_what_the_generator_planted(truth: Truth, features: FeatureTable) -> None:
    for name in PREDICTORS:
        got, want = features.frame[name].dropna(), truth.practices[name]
        np.testing.assert_allclose(got, want.reindex(got.index), rtol=1e-10, err_msg=name)
    missing = features.frame.index[features.frame["gp_fte_per_1000"].isna()]
    assert sorted(missing) == sorted(truth.names["workforce_missing"])
    assert sorted(features.frame.index[features.frame["imd_score"].isna()]) == sorted(truth.names["no_deprivation"])
    assert features.frame["in_gprp"].astype(bool).equals(truth.practices["in_gprp"].reindex(features.frame.index))


def test_a_merged_practice_grows_against_all_that_it_was(truth: Truth, cohort: Cohort, features: FeatureTable) -> None:
    for old in (*truth.names["merge"], *truth.names["takeover"]):
        log = cohort.lineage_log[cohort.lineage_log["table"].eq("list_size") & cohort.lineage_log["old_code"].eq(old)]
        heir = log["new_code"].iloc[0]
        assert cohort.tables["list_size_previous"].at[heir, "records"] == 2
        # Counted without its predecessor the heir would seem to have grown by the predecessor's whole list.
        assert abs(features.frame.at[heir, "list_growth_12m"]) < 13
    (closed,) = truth.names["closure"]
    assert cohort.lineage_log.loc[cohort.lineage_log["old_code"].eq(closed), "outcome"].eq("closed").all()


def test_scores_follow_the_truth(truth: Truth, features: FeatureTable) -> None:
    scores = features.frame["phq_overall"].dropna()
    assert scores.between(0, 100).all()
    assert np.corrcoef(scores, truth.practices["expected_score"].reindex(scores.index))[0, 1] > 0.9
    broken = features.frame.loc[list(truth.names["broken_off"])]
    assert broken["phq_overall"].isna().all()
    assert broken["responded"].all()


def test_items_are_turned_and_their_kinds_of_missing_kept(cohort: Cohort, features: FeatureTable) -> None:
    assert features.items.shape == features.item_kinds.shape == (138, len(cohort.instruments["phq"].items))
    assert features.items.isna().equals(features.item_kinds.ne(""))
    assert {"dont_know", "not_applicable", "not_answered"} <= set(np.unique(features.item_kinds))
    # Turned items go together; a reversed one left as it was would not.
    correlation = features.items.corr().to_numpy()
    assert correlation[np.triu_indices_from(correlation, 1)].min() > -0.1


def test_ratings_published_after_the_census_are_kept_apart(
    truth: Truth, cohort: Cohort, features: FeatureTable
) -> None:
    later = list(truth.names["rated_after"])
    assert features.frame.loc[later, "cqc_rating"].isna().all()
    assert features.frame.loc[later, "cqc_rating_later"].notna().all()
    again = truth.practices.index[truth.practices["later_inspected"]]
    assert sorted(cohort.tables["cqc_directory_later"].index) == sorted({*later, *again})
    assert (cohort.tables["cqc_directory"]["publication_date"] <= pd.Timestamp("2019-11-30")).sum() > 170


def test_flaws_of_public_files_are_where_they_were_planted(
    truth: Truth, cohort: Cohort, features: FeatureTable
) -> None:
    aside = cohort.set_aside
    branches = aside.query("reason == 'branch code'").groupby("file")["practice_code"]
    assert [set(codes.str[:6]) for _, codes in branches] == [set(truth.names["branch_code"])] * 2
    assert features.frame.loc[list(truth.names["branch_code"]), "cqc_rating"].notna().all()
    assert features.frame.loc[list(truth.names["no_rating_code"]), "cqc_rating"].isna().all()
    assert features.frame.loc[list(truth.names["duplicate_rating"]), "cqc_rating"].notna().all()
    (moved,) = truth.names["moved_pcn"]
    assert cohort.tables["pcn_membership"].at[moved, "records"] == 1
    assert pd.isna(cohort.tables["pcn_membership"].at[moved, "end_date"])


def test_the_lag_table_speaks_of_every_source_and_none_is_from_the_future(cohort: Cohort) -> None:
    assert (cohort.lag_table["lag_days"].dropna() >= 0).all()
    known = {name for name in cohort.tables if not name.endswith("_later")}
    assert known - {"neighbours", "codes_before"} <= set(cohort.lag_table["table"])
    assert cohort.lag_table.set_index("table").loc["list_size", "lag_days"] == 29


def test_a_file_from_after_the_census_does_not_enter(study: Path, truth: Truth) -> None:
    move_census(study, "2019-10-15")
    got = load_cohort(study)
    # The lists of November 2019 are in the future now, and so is every response of that wave.
    assert got.tables["list_size"]["extract_date"].unique().tolist() == [pd.Timestamp("2018-11-01")]
    assert "list_size_previous" not in got.tables
    assert got.responses["wave"].unique().tolist() == [2018]
    assert {"earlier-wave"} <= {n.code for n in got.notes}
    accounts = got.row_accounts.query("reason == 'after the census date'").set_index("file")["rows"]
    assert accounts["gp-reg-pat-prac-all_2019-11.csv"] == 197
    assert accounts["phq_2019_forms.xlsx"] == 141
    assert build_features(got).frame["list_growth_12m"].isna().all()


def test_a_slow_source_younger_than_the_census_is_used_and_said(study: Path) -> None:
    move_census(study, "2019-09-15")
    got = load_cohort(study)
    assert any(n.code == "younger-than-census" and "Deprivation" in n.message for n in got.notes)
    assert got.lag_table.set_index("table").loc["deprivation", "lag_days"] < 0


def test_an_event_after_the_census_has_not_happened(study: Path, truth: Truth) -> None:
    move_census(study, "2019-01-31")
    got = load_cohort(study)
    assert got.lineage_log.empty
    assert any(n.code == "lineage-later" for n in got.notes)
    assert got.join_audit.query("table == 'phq' and reason == 'no practice asked has this code'")["unmatched"].sum() > 0


def test_a_code_of_no_practice_is_counted_and_can_be_mended(study: Path, truth: Truth) -> None:
    answered = truth.practices.index[truth.practices["responded_previous"]][0]
    change(study / "phq_2018.csv", (answered, "A99999"))
    got = load_cohort(study)
    lost = got.set_aside.query("table == 'phq' and reason == 'no practice asked has this code'")
    assert lost["practice_code"].tolist() == ["A99999"]
    assert any(n.code == "records-without-practice" for n in got.notes)


def test_a_study_without_responses_is_a_frame(study: Path) -> None:
    change(study / "study.toml", (r"phq = \[.*\]\n", ""))
    table = build_features(load_cohort(study))
    assert len(table.frame) == 197
    assert not table.frame["responded"].any()
    assert table.frame["phq_overall"].isna().all()
    assert table.items.empty


def test_a_study_of_own_tables_alone_will_do(study: Path) -> None:
    change(study / "study.toml", (r"list_size = (.|\n)*?\n\n", "\n"))
    table = build_features(load_cohort(study))
    assert table.frame["phq_overall"].notna().sum() == 135
    assert table.frame["list_size"].isna().all()


def test_the_order_of_rows_does_not_matter(study: Path, features: FeatureTable) -> None:
    for name in (
        "practice_register.csv",
        "phq_2018.csv",
        "programmes.csv",
        "lineage.csv",
        "fingertips_93553_imd2019_gp.csv",
    ):
        lines = (study / name).read_text(encoding="utf-8").splitlines()
        (study / name).write_text("\n".join([lines[0], *reversed(lines[1:])]) + "\n", encoding="utf-8")
    pd.testing.assert_frame_equal(build_features(load_cohort(study)).frame, features.frame)


def test_a_check_of_the_example_finds_notes_and_no_faults(truth: Truth) -> None:
    problems = rs.check_study(truth.path)
    assert set(problems["rule"]) <= {
        "wave missing",
        "form of the code",
        "several responses",
        "code for missing",
        "old code",
        "not in the register",
    }


def test_cohort_and_features_show_themselves(cohort: Cohort, features: FeatureTable) -> None:
    assert "197 practices asked" in cohort._repr_html_()
    assert "Overall resilience score" in features._repr_html_()
    assert cohort.matches().set_index("table")["matched"]["list_size"] == 197


def test_assessments_score_and_go_with_the_questionnaire(cohort: Cohort, features: FeatureTable) -> None:
    rat = rat_scores(cohort.rat.set_index("practice_code"), cohort.instruments["rat"])
    assert rat["rat_overall"].between(0, 100).all()
    assert set(cohort.rat["programme"]) == {"GPRP", "GPDP"}
    both = pd.concat([rat["rat_overall"], features.frame["phq_overall"]], axis=1, join="inner").dropna()
    assert both.corr().iloc[0, 1] > 0.4


def test_what_came_after_is_what_was_planted(truth: Truth, features: FeatureTable) -> None:
    planted = truth.practices.reindex(features.frame.index)
    assert features.frame["later_code_gone"].astype(bool).equals(planted["later_code_gone"].rename("later_code_gone"))
    status = features.frame["later_cqc_status"]
    assert (status[planted["later_code_gone"].astype(bool)] == "code ended").all()
    seen = planted["later_inspected"].astype(bool) | features.frame.index.isin(truth.names["rated_after"])
    # The practice without a code in CQC's file was perhaps inspected; nobody can tell.
    nameless = features.frame.index.isin(truth.names["no_rating_code"])
    assert status[seen & ~nameless].isin(["rated", "published without a rating", "code ended"]).all()
    assert features.frame.loc[status.ne("rated"), "later_cqc_rating"].isna().all()


def test_patients_say_what_the_survey_sampled(truth: Truth, features: FeatureTable) -> None:
    for name, view in (("gpps_overall_good", "patients_view"), ("later_gpps_overall_good", "patients_view_later")):
        got = features.frame[name].dropna()
        want = 100 * truth.practices[view].reindex(got.index)
        # About 120 answers each: standard error near 3.5 points.
        assert abs((got - want).mean()) < 1
        assert (got - want).std() < 5
    assert (features.frame["gpps_overall_good"] < 0).sum() == 0


def test_no_day_of_a_predictor_is_after_the_census(features: FeatureTable) -> None:
    asof = features.catalogue.set_index("name")["asof"]
    ahead = set(asof.index[asof > pd.Timestamp("2019-11-30")])
    assert ahead == set(from_the_future())


def test_a_study_cannot_predict_from_the_future(study: Path) -> None:
    change(study / "study.toml", ('name = "gp_fte_per_1000"', 'name = "later_gpps_overall_good"'))
    with pytest.raises(StudyError, match="after the census date"):
        build_features(load_cohort(study))


def test_criteria_without_files_are_missing_and_said_once(study: Path) -> None:
    text = (study / "study.toml").read_text(encoding="utf-8")
    kept = [line for line in text.splitlines() if not line.startswith(("gpps", "qof", "cqc_directory", "lineage"))]
    (study / "study.toml").write_text("\n".join(kept), encoding="utf-8")
    got = build_features(load_cohort(study))
    for name in ("gpps_overall_good", "qof_achievement", "workforce_imbalance", "later_cqc_rating", "later_code_gone"):
        assert got.frame[name].isna().all()
    (said,) = [n for n in got.notes if n.code == "features-without-data"]
    assert "Merged or closed in the 24 months after the census" in said.message


def test_a_look_up_that_speaks_of_no_practice_is_kept_as_it_is(study: Path) -> None:
    (study / "MAPPING_INDICATORS_1819.csv").write_text("INDICATOR_CODE,INDICATOR_POINT_VALUE\nAF006,29\n")
    change(study / "study.toml", ("gpps = ", 'qof_indicators = "MAPPING_INDICATORS_1819.csv"\ngpps = '))
    got = load_cohort(study)
    assert got.tables["qof_indicators"]["points"].tolist() == [29.0]
    assert "a look-up of the publisher, of no practice" in set(got.row_accounts["reason"])
