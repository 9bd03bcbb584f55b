"""Published files that are not beside the checkout: other generations, other years, known oddities."""

from __future__ import annotations

import csv
import datetime as dt
from pathlib import Path

import pandas as pd
import pytest

from resilience_stats import loaders
from resilience_stats.errors import DataError


def put(path: Path, rows: list[list[object]]) -> Path:
    with path.open("w", encoding="utf-8", newline="") as stream:
        csv.writer(stream).writerows(rows)
    return path


def reasons(frame: pd.DataFrame) -> dict[str, int]:
    return {entry["reason"]: entry["rows"] for entry in frame.attrs["account"]}


def ods_row(code: str, status: str, setting: str) -> list[object]:
    row: list[object] = [""] * 27
    row[0], row[1], row[9], row[10], row[12], row[25] = code, "ABBEY", "LU1 1AA", "19740401", status, setting
    return row


def test_the_old_and_the_new_ods_file_give_the_same(tmp_path: Path) -> None:
    old = [
        ods_row("A81001", "A", "4"),
        ods_row("A81003", "C", "4"),
        ods_row("A81901", "A", "1"),
        ods_row("V81999", "A", "4"),
    ]
    new = [
        ods_row("A81001", "ACTIVE", "RO177|RO76"),
        ods_row("A81003", "INACTIVE", "RO76"),
        ods_row("A81901", "ACTIVE", "RO72"),
        ods_row("V81999", "ACTIVE", "RO76"),
    ]
    a, b = (
        loaders.load_ods_practices(put(tmp_path / "a.csv", old)),
        loaders.load_ods_practices(put(tmp_path / "b.csv", new)),
    )
    for frame in (a, b):
        assert frame["practice_code"].tolist() == ["A81001", "A81003"]
        assert frame["status"].tolist() == ["active", "closed"]
        assert frame["open_date"].iloc[0] == pd.Timestamp("1974-04-01")
        assert reasons(frame)["default code, not a practice"] == 1


def test_an_ods_export_with_headers_is_read_by_them(tmp_path: Path) -> None:
    header = ["Organisation Code", "Name", "Postcode", "Open Date", "Close Date", "Status Code", "Prescribing Setting"]
    frame = loaders.load_ods_practices(
        put(tmp_path / "e.csv", [header, ["A81001", "ABBEY", "LU1 1AA", "1974-04-01", "", "ACTIVE", "RO76"]])
    )
    assert frame["status"].tolist() == ["active"]
    assert frame["close_date"].isna().all()


@pytest.mark.parametrize("commissioner", ["CCG", "Sub ICB Loc", "Sub ICB Location"])
def test_network_members_under_every_header(tmp_path: Path, commissioner: str) -> None:
    header = [
        "Partner\r\nOrganisation\r\nCode",
        "Partner Name",
        f"Practice Parent {commissioner} Code",
        "PCN Code",
        "PCN Name",
        "Practice to PCN Relationship Start Date",
        "Practice to PCN Relationship End Date",
    ]
    rows = [
        ["A81001", "ABBEY", "16C", "U89141", "STOCKTON", "20190701", "20200331"],
        ["A81001", "ABBEY", "16C", "U11111", "OTHER", "2020-04-01", ""],
        ["A81002", "B", "16C", "U", "", "20190701", ""],
    ]
    frame = loaders.load_pcn_membership(put(tmp_path / "e.csv", [header, *rows]))
    assert frame["pcn_code"].tolist() == ["U89141", "U11111"]
    assert frame["end_date"].isna().tolist() == [False, True]
    assert frame["practice_commissioner_code"].tolist() == ["16C", "16C"]
    assert reasons(frame)["no network (PCN code U)"] == 1


def test_list_sizes_by_age_keep_practices_only(tmp_path: Path) -> None:
    header = [
        "PUBLICATION",
        "EXTRACT_DATE",
        "ORG_TYPE",
        "ORG_CODE",
        "ONS_CODE",
        "POSTCODE",
        "SEX",
        "AGE_GROUP_5",
        "NUMBER_OF_PATIENTS",
    ]
    rows = [
        ["X", "01APR2020", "GP", "A81001", "", "LU1 1AA", "FEMALE", "0_4", "120"],
        ["X", "01APR2020", "GP", "A81001", "", "LU1 1AA", "FEMALE", "95+", "3"],
        ["X", "01APR2020", "CCG", "06F", "E38000010", "", "ALL", "ALL", "480000"],
    ]
    frame = loaders.load_list_size(put(tmp_path / "q.csv", [header, *rows]))
    assert frame[["sex", "age", "patients"]].values.tolist() == [["FEMALE", "0_4", 120], ["FEMALE", "95+", 3]]
    assert reasons(frame)["not a practice (type of organisation)"] == 1


def test_list_sizes_before_2017_are_wide(tmp_path: Path) -> None:
    header = ["GP_PRACTICE_CODE", "POSTCODE", "CCG_CODE", "Total_All", "Total_Male", "Total_Female"]
    frame = loaders.load_list_size(
        put(tmp_path / "w.csv", [header, ["A81001", "LU1 1AA", "06F", "4,120", "2000", "2120"]])
    )
    assert frame["patients"].tolist() == [4120]


def staff(path: Path, *rows: list[object]) -> Path:
    header = [
        "PRAC_CODE",
        "TOTAL_PATIENTS",
        "TOTAL_GP_EXTGL_FTE",
        "TOTAL_NURSES_FTE",
        "TOTAL_DPC_FTE",
        "TOTAL_ADMIN_FTE",
    ]
    return put(path, [header, *rows])


def test_before_february_2023_a_practice_of_noughts_had_given_no_data(tmp_path: Path) -> None:
    path = staff(
        tmp_path / "w.csv",
        ["A81001", 8000, 0, 0, 0, 0],
        ["A81002", 8000, 0, 1.5, 0, 4],
        ["A81003", 8000, "ND", 1, "NA", 2],
    )
    old = loaders.load_workforce(path, census_date=dt.date(2019, 9, 30))
    assert old["gp_fte"].isna().tolist() == [True, False, True]
    assert old["no_data"].tolist() == [True, False, False]
    assert old["patients"].tolist() == [8000.0] * 3
    new = loaders.load_workforce(path, census_date=dt.date(2023, 6, 30))
    assert new["gp_fte"].tolist()[:2] == [0.0, 0.0]
    assert not new["no_data"].any()


RATINGS = ["Location ID", "Location ODS Code", "Location Primary Inspection Category", "Service / Population Group"]


@pytest.mark.parametrize("question", ["Domain", "Key Question"])
def test_ratings_of_both_generations_also_below_a_title(tmp_path: Path, question: str) -> None:
    header = [*RATINGS, question, "Latest Rating", "Publication Date", "Inherited Rating (Y/N)"]
    rows: list[list[object]] = [
        ["1-1", " A81001", "GP Practices", "Overall", "Overall", "Good", "28/02/2023", "N"],
        ["1-1", "A81001", "GP Practices", "Older people", "Safe", "Insufficient evidence to rate", "28/02/2023", "Y"],
        ["1-2", "L82006001", "GP Practices", "Overall", "Overall", "Good", "28/02/2023", "N"],
        ["1-3", "", "GP Practices", "Overall", "Overall", "Good", "28/02/2023", "N"],
        ["1-4", "", "Dentists", "Overall", "Overall", "", "28/02/2023", "N"],
    ]
    frame = loaders.load_cqc_ratings(put(tmp_path / "r.csv", [["Ratings at March 2023", *[""] * 7], header, *rows]))
    assert frame["rating"].tolist()[0] == "Good"
    assert frame["rating_missing"].tolist()[1] == "insufficient_evidence"
    assert frame["inherited"].tolist() == [False, True]
    assert frame["publication_date"].iloc[0] == pd.Timestamp("2023-02-28")
    left = reasons(frame)
    assert (left["branch code"], left["no practice code"], left["not a GP practice (inspection category)"]) == (1, 1, 1)


def test_the_rules_flag_an_overall_rating_that_they_do_not_give(tmp_path: Path) -> None:
    header = [*RATINGS, "Domain", "Latest Rating", "Publication Date", "Inherited Rating (Y/N)"]
    rows: list[list[object]] = []
    for location, questions, overall in (
        ("1-1", ["Good"] * 5, "Good"),
        ("1-2", ["Inadequate"] * 2 + ["Good"] * 3, "Good"),
    ):
        for name, rating in zip(
            ["Safe", "Effective", "Caring", "Responsive", "Well-led", "Overall"], [*questions, overall], strict=True
        ):
            rows.append([location, f"A8100{location[-1]}", "GP Practices", "Overall", name, rating, "01/02/2020", "N"])
    found = loaders.check_overall_ratings(loaders.load_cqc_ratings(put(tmp_path / "r.csv", [header, *rows])))
    assert found[["practice_code", "published", "expected"]].values.tolist() == [["A81002", "Good", "Inadequate"]]


@pytest.mark.parametrize(
    ("ratings", "overall"),
    [
        ("OOGGG", "Outstanding"),
        ("OGGGG", "Good"),
        ("GGGGG", "Good"),
        ("GGGGR", "Good"),
        ("OOGGR", "Good"),
        ("GGGRR", "Requires improvement"),
        ("GGGGI", "Requires improvement"),
        ("GGGII", "Inadequate"),
        ("OOOOO", "Outstanding"),
        ("RRRRR", "Requires improvement"),
        ("RGGGI", "Requires improvement"),
    ],
)
def test_aggregation_rules(ratings: str, overall: str) -> None:
    names = {"O": "Outstanding", "G": "Good", "R": "Requires improvement", "I": "Inadequate"}
    assert loaders.expected_overall([names[r] for r in ratings]) == overall
    assert loaders.expected_overall([names[r] for r in ratings[:4]]) is None


def test_a_rating_that_is_none_of_the_four_is_an_error() -> None:
    with pytest.raises(DataError, match="unknown rating"):
        loaders.expected_overall(["Good"] * 4 + ["Excellent"])


def test_seven_regional_files_are_one_table(tmp_path: Path) -> None:
    for region, code in (("LONDON", "E83003"), ("EAST_OF_ENGLAND", "E81001")):
        rows: list[list[object]] = [
            ["PRACTICE_CODE", "INDICATOR_CODE", "MEASURE", "VALUE"],
            [code, "AF001", "ACHIEVED_POINTS", "5"],
            [code, "AF006", "ACHIEVED_POINTS", "7.5"],
            [code, "AF006", "PCAS", "3"],
        ]
        put(tmp_path / f"ACHIEVEMENT_{region}_2021.csv", rows)
    frame = loaders.load_qof_achievement(tmp_path)
    assert len(frame) == 6
    assert sum(e["rows"] for e in frame.attrs["account"] if e["reason"] == "used") == 6
    maximum = pd.DataFrame({"practice_code": ["E83003"], "maximum_points": [25.0]})
    points = loaders.qof_points(frame, maximum).set_index("practice_code")
    assert points["points"].tolist() == [12.5, 12.5]
    assert points.loc["E83003", "share"] == 0.5
    assert points.loc[["E81001"], "share"].isna().all()
    with pytest.raises(DataError, match="holds no ACHIEVEMENT file"):
        loaders.load_qof_achievement(tmp_path / "..")


@pytest.mark.parametrize(
    ("year", "names"),
    [
        (2017, ["Practice_Code", "Q28_12pct", "Q3_12pct", "Q22_12pct", "Q28base"]),
        (2019, ["Practice_Code", "Q28_12pct", "Q3_12pct", "Q89_12pct", "Q28base"]),
        (2023, ["practice_code", "q28_12pct", "q3_12pct", "q89_12pct", "q28base"]),
        (
            2024,
            [
                "ad_practicecode",
                "overallexp.pcteval",
                "localgpservicesphone.pcteval",
                "lastgpapptconf.pcteval",
                "overallexp.baseevalw",
            ],
        ),
    ],
)
def test_patient_survey_names_by_year(tmp_path: Path, year: int, names: list[str]) -> None:
    rows: list[list[object]] = [names, ["A81001", "0.834", "-97", "/", "112.4"], ["A81002", "0.5", "0.25", "0.9", "88"]]
    frame = loaders.load_gpps(put(tmp_path / f"GPPS_{year}_Practice_data.csv", rows))
    assert frame["overall_good"].tolist() == [0.834, 0.5]
    assert frame["phone_easy"].isna().tolist() == [True, False]
    assert frame["confidence"].isna().tolist() == [True, False]
    assert frame["overall_good_base"].tolist() == [112.4, 88.0]
    assert frame["year"].tolist() == [year] * 2
    assert frame["series"].iloc[0] == {2017: "to 2017", 2024: "2024 on"}.get(year, "2018 to 2023")


def test_survey_results_published_as_percentages_become_shares(tmp_path: Path) -> None:
    rows: list[list[object]] = [["Practice_Code", "Q28_12pct"], ["A81001", "83.4"], ["A81002", "50"]]
    frame = loaders.load_gpps(put(tmp_path / "g.csv", rows), year=2019)
    assert frame["overall_good"].round(6).tolist() == [0.834, 0.5]


def test_network_staff_are_summed_not_averaged_and_stay_with_the_network(tmp_path: Path) -> None:
    header = [
        "Data_source",
        "CENSUS_YEAR",
        "CENSUS_MONTH",
        "PCN_CODE",
        "PCN_NAME",
        "STAFF_GROUP",
        "STAFF_ROLE",
        "FTE",
        "UNIQUE_IDENTIFIER",
    ]
    rows = [
        ["NWRS", 2022, "June", "U89141", "STOCKTON", "DPC", "Pharmacist", 0.5, "a"],
        ["NWRS", 2022, "June", "U89141", "STOCKTON", "DPC", "Dietitian", 1, "a"],
        ["NWRS", 2022, "June", "U", "", "DPC", "Dietitian", 1, "b"],
    ]
    frame = loaders.load_pcn_workforce(put(tmp_path / "p.csv", [header, *rows]))
    assert "practice_code" not in frame
    assert loaders.pcn_fte(frame)["fte"].tolist() == [1.5]
    assert reasons(frame)["no network"] == 1


def test_appointments_keep_their_unknown_levels(tmp_path: Path) -> None:
    header = [
        "APPOINTMENT_MONTH_START_DATE",
        "GP_CODE",
        "GP_NAME",
        "SUPPLIER",
        "PCN_CODE",
        "HCP_TYPE",
        "APPT_MODE",
        "NATIONAL_CATEGORY",
        "TIME_BETWEEN_BOOK_AND_APPT",
        "COUNT_OF_APPOINTMENTS",
        "APPT_STATUS",
    ]
    row = [
        "01OCT2022",
        "A81001",
        "ABBEY",
        "EMIS",
        "U89141",
        "Unknown",
        "Telephone",
        "Unmapped",
        "Same Day",
        "412",
        "Attended",
    ]
    frame = loaders.load_appointments(put(tmp_path / "a.csv", [header, row]))
    assert frame[["professional", "national_category", "appointments"]].iloc[0].tolist() == ["Unknown", "Unmapped", 412]
    assert frame["month"].iloc[0] == pd.Timestamp("2022-10-01")


@pytest.mark.parametrize("area", ["GP", "GPs"])
def test_deprivation_under_both_area_types(tmp_path: Path, area: str) -> None:
    header = ["Indicator ID", "Area Code", "Area Type", "Time period", "Value", "Value note"]
    rows = [
        ["93553", "E92000001", "England", "2019", "21.7", ""],
        ["93553", "A81001", area, "2019", "29.1", ""],
        ["93553", "A81001", area, "2019", "29.1", ""],
        ["93553", "A81002", area, "2019", "", "Too few"],
    ]
    frame = loaders.load_deprivation(put(tmp_path / "d.csv", [header, *rows]))
    assert frame["practice_code"].tolist() == ["A81001", "A81002"]
    assert frame["imd_score"].isna().tolist() == [False, True]
    assert reasons(frame)["repeated row"] == 1


def test_typed_names_are_matched_with_a_score_and_doubt_is_listed() -> None:
    register = pd.DataFrame(
        {
            "practice_code": ["A81001", "A81002", "A81003"],
            "practice_name": ["Abbey Surgery", "Abbey Road Surgery", "Queens Park"],
        }
    )
    typed = pd.Series(["The Abbey Surgery", "Abby", " a81003", "Zzz", "", "Park, Queen's"], index=list("abcdef"))
    got = loaders.match_practice_names(typed, register)
    assert got["decision"].tolist() == ["accepted", "doubtful", "accepted", "not found", "not found", "accepted"]
    assert got["practice_code"].dropna().tolist() == ["A81001", "A81003", "A81003"]
    assert got.index.tolist() == list("abcdef")
