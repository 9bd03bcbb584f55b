"""NHS Payments: the headers of every year since 2014-15 give the same columns."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest

from resilience_stats.errors import DataError
from resilience_stats.loaders import load_payments
from resilience_stats.loaders.headers import match_headers, unknown_headers
from resilience_stats.schema import load_table_spec

HEADERS = json.loads((Path(__file__).parent / "payment_headers.json").read_text(encoding="utf-8"))
TEXTS = {
    "practicecode": "A81001",
    "practicename": "Abbey",
    "contracttype": "GMS",
    "dispensingpractice": "Yes",
    "practiceopendate": "-",
    "practiceclosedate": " ",
    "pcncode": "U12345",
    "quarterusedforpatientdata": "Q2",
}


def write(path: Path, header: list[str], row: dict[str, str] | None = None) -> Path:
    def cell(position: int, name: str) -> str:
        key = "".join(c for c in name.lower() if c.isalnum())
        words = ("code", "name", "address", "postcode", "type", "rurality", "atypical", "ccg", "region")
        text = "" if any(w in key for w in words) else str(100 + position)
        return (row or {}).get(name, TEXTS.get(key, text))

    with path.open("w", encoding="utf-8-sig", newline="") as stream:
        csv.writer(stream).writerows([header, [cell(k, h) for k, h in enumerate(header)]])
    return path


@pytest.mark.parametrize("year", HEADERS)
def test_every_header_of_a_year_is_read(year: str) -> None:
    spec = load_table_spec("payments")
    match = match_headers(HEADERS[year], 1, spec, "payments.csv")
    assert match.findings == ()
    assert unknown_headers(HEADERS[year], match, spec) == []


@pytest.mark.parametrize("year", HEADERS)
def test_every_year_gives_the_same_columns(year: str, tmp_path: Path) -> None:
    frame = load_payments(write(tmp_path / "p.csv", HEADERS[year]))
    assert tuple(frame.columns) == load_table_spec("payments").column_names
    assert frame["dispensing"].tolist() == [True]
    assert frame["practice_code"].tolist() == ["A81001"]
    assert frame["total_payments"].iloc[0] > 100
    assert frame[["open_date", "close_date"]].isna().all(axis=None)


def test_the_network_of_2022_23_is_read_from_its_mislabelled_columns(tmp_path: Path) -> None:
    header = ["PCN Code" if h == "x" else h for h in HEADERS["2021-22"]]
    header[header.index("CCG NAME")] = "Sub ICB NAME"
    header[header.index("PCN Code")], header[header.index("PCN Name")] = "Code", "CCG NAME"
    row = {"Code": "U89141", "CCG NAME": "STOCKTON PCN", "Sub ICB NAME": "NORTH EAST ICB"}
    frame = load_payments(write(tmp_path / "p.csv", header, row))
    got = frame[["pcn_code", "pcn_name", "commissioner_name"]].iloc[0].tolist()
    assert got == ["U89141", "STOCKTON PCN", "NORTH EAST ICB"]


def test_amounts_keep_their_sign_and_words_are_missing(tmp_path: Path) -> None:
    row = {"Global Sum": "-97", "Seniority": "N/A", "Other Payments": "1,234.50", "Premises Payments": "-99"}
    frame = load_payments(write(tmp_path / "p.csv", HEADERS["2018-19"], row))
    assert frame["global_sum"].tolist() == [-97.0]
    assert frame["premises"].tolist() == [-99.0]
    assert frame["other_payments"].tolist() == [1234.5]
    assert frame["seniority"].isna().all()


def test_an_average_over_no_patients_is_missing(tmp_path: Path) -> None:
    row = {"Number of Registered Patients (Last Known Figure)": "0", "Average payments per registered patient": "0"}
    frame = load_payments(write(tmp_path / "p.csv", HEADERS["2018-19"], row))
    assert frame["registered_patients"].tolist() == [0.0]
    assert frame["payment_per_registered_patient"].isna().all()


def test_an_unknown_header_is_an_error_that_names_the_nearest(tmp_path: Path) -> None:
    header = ["Practise Code" if h == "Practice Code" else h for h in HEADERS["2018-19"]]
    with pytest.raises(DataError, match="Did you mean 'practice_code'"):
        load_payments(write(tmp_path / "p.csv", header))


@pytest.mark.parametrize("text", ["12a4", "1.2.3", "1O0", "\u00e9", "12\u00e9"])
def test_a_damaged_amount_is_an_error_and_a_word_is_missing(tmp_path: Path, text: str) -> None:
    with pytest.raises(DataError, match="column Global Sum: not a number"):
        load_payments(write(tmp_path / "p.csv", HEADERS["2018-19"], {"Global Sum": text}))
    frame = load_payments(write(tmp_path / "q.csv", HEADERS["2018-19"], {"Global Sum": "#REF!", "Seniority": "n/k"}))
    assert frame[["global_sum", "seniority"]].isna().all(axis=None)
    assert frame.attrs["problems"]["found"].tolist() == ["#REF!", "n/k"]
