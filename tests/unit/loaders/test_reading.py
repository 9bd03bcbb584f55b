"""Text files: encodings, delimiters, lines, headers, limits."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from resilience_stats.errors import DataError, FileMissingError
from resilience_stats.loaders import Limits, load_lineage, load_practice_register, load_workforce
from resilience_stats.schema import load_table_spec

HEADER = "practice_code,practice_name,place,contract_type,invited_on\n"
ROWS = "A81001,Caf\u00e9 Surgery,North,GMS,2019-09-01\nA81002,Queens \u00a3 Park,South,PMS,\n"


def put(folder: Path, text: str | bytes, name: str = "register.csv") -> Path:
    path = folder / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode("utf-8"))
    return path


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
def test_encodings_are_read_and_said(tmp_path: Path, encoding: str) -> None:
    frame = load_practice_register(put(tmp_path, (HEADER + ROWS).encode(encoding)))
    assert frame["practice_name"].tolist() == ["Caf\u00e9 Surgery", "Queens \u00a3 Park"]
    assert frame.attrs["source"]["encoding"] == {"utf-8-sig": "utf-8"}.get(encoding, encoding)
    assert frame.attrs["problems"]["rule"].tolist() == (["encoding"] if encoding == "cp1252" else [])


def test_the_line_is_the_one_a_person_sees(tmp_path: Path) -> None:
    text = HEADER + 'A81001,"two\nlines",North,GMS,\n\nA81002,Queens,South,XMS,\n'
    with pytest.raises(DataError, match="row 5, column contract_type") as caught:
        load_practice_register(put(tmp_path, text))
    assert caught.value.problems["row"].tolist() == [5]


def test_all_faults_come_at_once(tmp_path: Path) -> None:
    text = HEADER + "A81001,Abbey,North,XMS,31/02/2019\nA8,,South,PMS,soon\n"
    with pytest.raises(DataError, match="first of 5 faults") as caught:
        load_practice_register(put(tmp_path, text))
    rules = caught.value.problems["rule"].tolist()
    assert sorted(rules) == ["blank", "impossible date", "not a date", "not in the list", "wrong form"]


def test_rows_at_fault_can_be_set_aside_and_are_counted(tmp_path: Path) -> None:
    text = HEADER + ROWS + "A8,Abbey,North,GMS,\nA81001,Again,North,GMS,\n"
    frame = load_practice_register(put(tmp_path, text), on_error="set_aside")
    assert frame["practice_code"].tolist() == ["A81001", "A81002"]
    account = {entry["reason"]: entry["rows"] for entry in frame.attrs["account"]}
    assert account == {"read": 4, "used": 2, "duplicate": 1, "wrong form": 1}
    assert frame.attrs["set_aside"][["row", "reason"]].values.tolist() == [[4, "wrong form"], [5, "duplicate"]]


def test_a_frame_keeps_its_account_through_pandas(tmp_path: Path) -> None:
    frame = load_practice_register(put(tmp_path, HEADER + ROWS))
    twice = pd.concat([frame, frame.astype({"place": "category"})])
    assert len(twice) == 4
    assert frame.assign(x=1).attrs["account"] == frame.attrs["account"]


def test_dates_are_read_as_iso_or_day_first(tmp_path: Path) -> None:
    text = "old_code,new_code,event,event_date\nA81001,A81002,merge,01/04/2018\nA81003,,closure,2018-04-01\n"
    frame = load_lineage(put(tmp_path, text))
    assert frame["event_date"].tolist() == [pd.Timestamp("2018-04-01")] * 2


def test_a_title_above_the_header_is_passed_over_and_said(tmp_path: Path) -> None:
    frame = load_practice_register(put(tmp_path, "Our practices in 2019\n\n" + HEADER + ROWS))
    assert len(frame) == 2
    assert frame.attrs["problems"]["rule"].tolist() == ["rows above the header"]


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("", "empty file"),
        ("\ufeff\n\n", "empty file"),
        (HEADER, "empty file"),
        (HEADER + 'A81001,"Abbey,North,GMS,\n', "unreadable line"),
        (HEADER + "A81001,Abbey,North,GMS\n", "ragged row"),
        (HEADER + "A81001,Abbey,North,GMS,,more\n", "ragged row"),
        (HEADER.replace("place", "plaace") + ROWS, "misspelt column"),
        (HEADER.replace("place", "town") + ROWS, "missing column"),
        (HEADER.replace("place", "practice_name") + ROWS, "duplicated header"),
        (HEADER + HEADER + ROWS, "second header row"),
    ],
)
def test_a_file_that_is_not_whole_is_refused(tmp_path: Path, text: str, rule: str) -> None:
    with pytest.raises(DataError) as caught:
        load_practice_register(put(tmp_path, text))
    assert rule in caught.value.problems["rule"].tolist()


def test_a_header_that_nobody_knows_is_named_with_what_was_wanted(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="Headers not read: 'town'"):
        load_practice_register(put(tmp_path, HEADER.replace("place", "town") + ROWS))


def test_an_extra_column_is_left_out_and_said(tmp_path: Path) -> None:
    lines = (HEADER + ROWS).splitlines()
    text = "\n".join(f"{line},{extra}" for line, extra in zip(lines, ["telephone", "1", "2"], strict=True))
    frame = load_practice_register(put(tmp_path, text))
    assert tuple(frame.columns) == load_table_spec("practice_register").column_names
    assert frame.attrs["problems"]["column"].tolist() == ["telephone"]


def test_a_missing_file_is_named_with_the_nearest(tmp_path: Path) -> None:
    put(tmp_path, HEADER)
    with pytest.raises(FileMissingError, match=r"Did you mean 'register\.csv'"):
        load_practice_register(tmp_path / "registr.csv")


@pytest.mark.parametrize(
    ("limits", "rule"),
    [
        (Limits(max_rows=1), "too large"),
        (Limits(max_columns=3), "too large"),
        (Limits(max_file_bytes=10), "too large"),
    ],
)
def test_limits_are_kept(tmp_path: Path, limits: Limits, rule: str) -> None:
    with pytest.raises(DataError) as caught:
        load_practice_register(put(tmp_path, HEADER + ROWS), limits=limits)
    assert caught.value.problems["rule"].tolist() == [rule]


def test_hostile_text_is_kept_as_text(tmp_path: Path) -> None:
    hostile = [
        '"=HYPERLINK(""http://x"";""y"")"',
        "<script>alert(1)</script>",
        "#import \u201csecret\u201d",
        "../../etc/passwd",
    ]
    rows = "".join(f"A8100{k},{cell},North,GMS,\n" for k, cell in enumerate(hostile))
    frame = load_practice_register(put(tmp_path, HEADER + rows))
    assert frame["practice_name"].tolist() == ['=HYPERLINK("http://x";"y")', *hostile[1:]]
    assert frame.attrs["problems"]["rule"].tolist() == ["formula"]


def test_a_long_text_is_cut_at_the_limit_and_said(tmp_path: Path) -> None:
    path = put(tmp_path, HEADER + f"A81001,{'x' * 100_000},North,GMS,\n")
    assert load_practice_register(path)["practice_name"].str.len().tolist() == [32_767]
    assert load_practice_register(path, limits=Limits(max_cell_characters=5))["practice_name"].tolist() == ["xxxxx"]


def test_of_a_wide_file_only_the_columns_that_are_read_are_kept_and_a_ragged_row_is_still_found(tmp_path: Path) -> None:
    names = [f"MALE_PATIENTS_{k}" for k in range(400)]
    header = ["PRAC_CODE", *names, "TOTAL_PATIENTS", "TOTAL_GP_EXTGL_FTE", "TOTAL_NURSES_FTE", "TOTAL_ADMIN_FTE"]
    row = ["A81001", *("1" for _ in names), "4000", "2.5", "ND", "NA"]
    frame = load_workforce(put(tmp_path, ",".join(header) + "\n" + ",".join(row) + "\n"))
    assert frame["gp_fte"].tolist() == [2.5]
    assert frame[["nurse_fte", "admin_fte"]].isna().all(axis=None)
    short = ",".join(header) + "\n" + ",".join(row) + "\n" + ",".join(row[:23]) + "\n"
    with pytest.raises(DataError, match="23 cells"):
        load_workforce(put(tmp_path, short))
