"""The real files joined: how many codes match, and why the others do not."""

from __future__ import annotations

from pathlib import Path

import pytest
from support import shared

from resilience_stats.cohort import Cohort, load_cohort
from resilience_stats.features import build_features
from resilience_stats.synthetic import BEDS_HERTS_COMMISSIONERS, Truth, find_public_files, write_example

pytestmark = [pytest.mark.needs_shared, pytest.mark.slow]


@pytest.fixture(scope="module")
def beds_herts(tmp_path_factory) -> tuple[Truth, Cohort]:
    files = find_public_files(shared("data"))
    truth = write_example(
        tmp_path_factory.mktemp("beds-herts"),
        public_files=files,
        practices=None,
        responses=0.7,
        commissioners=BEDS_HERTS_COMMISSIONERS,
        area="Beds and Herts (synthetic answers)",
    )
    return truth, load_cohort(truth.path)


@pytest.fixture(scope="module")
def england(tmp_path_factory) -> Cohort:
    data = shared("data")
    # One version of each source, as an analyst of one year has them: the join needs no more.
    files = {
        table: [p for p in paths if "2021-01" not in p.name and "20-21" not in p.name and "17-18" not in p.name]
        for table, paths in find_public_files(data).items()
    }
    folder = tmp_path_factory.mktemp("england")
    truth = write_example(folder, public_files=files, practices=None, responses=0.7, contracts=None, area="England")
    return load_cohort(truth.path)


def test_beds_and_herts_stands_on_real_practices(beds_herts) -> None:
    truth, cohort = beds_herts
    assert len(cohort.practices) == 198
    assert cohort.practices["place"].nunique() == 4
    matched = cohort.matches().set_index("table")["matched"]
    for source in ("list_size", "payments", "workforce", "deprivation", "cqc_directory"):
        assert matched[source] == 198
    assert matched["pcn_membership"] == 194
    assert len(cohort.current()) == truth.practices["responded"].sum() == 139


def test_the_real_files_stay_where_they_are(beds_herts) -> None:
    truth, cohort = beds_herts
    folder = truth.path.parent
    assert not any(p.name.startswith(("nhspayments", "epraccur", "HSCA")) for p in folder.iterdir())
    named = {p.resolve() for p in cohort.study.files["payments"]}
    assert Path(shared("data/payments/nhspaymentsgp-22-23.csv")).resolve() in named


def test_drivers_are_planted_on_the_features_of_the_real_files(beds_herts) -> None:
    truth, cohort = beds_herts
    frame = build_features(cohort).frame
    for name in truth.drivers["name"]:
        assert frame[name].equals(truth.practices[name].reindex(frame.index).rename(name)), name
    # The lists in the folder lie five years apart: growth over a year cannot be had, and no driver is planted on it.
    assert "list_growth_12m" not in set(truth.drivers["name"])


def test_row_accounts_of_the_real_files_balance(beds_herts) -> None:
    _, cohort = beds_herts
    for file, rows in cohort.row_accounts.groupby("file"):
        read = rows["reason"] == "read"
        assert rows.loc[read, "rows"].sum() == rows.loc[~read, "rows"].sum(), file


def test_all_of_england_joins(england: Cohort) -> None:
    sources = ("list_size", "payments", "workforce", "deprivation", "cqc_directory")
    joined = england.practices.index
    for source in sources:
        joined = joined.intersection(england.tables[source].index)
    assert len(joined) >= 6000
    assert 6100 < len(england.practices) < 6200


def test_every_practice_of_england_without_a_record_has_a_reason(england: Cohort) -> None:
    audit = england.join_audit
    stage = audit[audit["stage"] == "practice asked to record"]
    totals = stage.groupby("table")[["matched", "unmatched"]].sum().sum(axis=1)
    assert totals.eq(len(england.practices)).all()
    assert stage.loc[stage["unmatched"] > 0, "reason"].ne("").all()
    assert build_features(england).frame["gp_fte_per_1000"].abs().max() < 1e4


def test_what_came_after_a_census_of_2021_is_known_in_part(tmp_path) -> None:
    """One directory of 2026 shows the latest ratings only: what it hides of the 24 months is said, not guessed."""
    files = find_public_files(shared("data"))
    wanted = ("list_size", "payments", "workforce", "cqc_directory", "ods_practices")
    truth = write_example(
        tmp_path,
        public_files={name: files[name] for name in wanted},
        practices=None,
        responses=0.7,
        commissioners=BEDS_HERTS_COMMISSIONERS,
        census_date="2021-02-28",
    )
    cohort = load_cohort(truth.path)
    table = build_features(cohort)
    status = table.frame["later_cqc_status"].value_counts()
    assert status.sum() == len(cohort.practices)
    assert status["rated"] == table.frame["later_cqc_rating"].notna().sum() > 10
    assert status["not known: rated again after the window"] > 10
    assert "later-ratings-hidden" in {n.code for n in table.notes}
    rated = cohort.tables["cqc_directory_later"].loc[table.frame["later_cqc_rating"].notna(), "publication_date"]
    assert rated.between("2021-03-01", "2023-02-28").all()
    # The register of codes ends in 2021: who will be gone by 2023 it cannot say.
    assert table.frame["later_code_gone"].isna().all()
    assert cohort.tables["workforce_later"]["asof"].eq("2021-03-31").all()
    assert len(cohort.everyone["workforce_later"]) > 6000
