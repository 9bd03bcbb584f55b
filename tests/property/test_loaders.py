"""The same table however it is laid out; damage is an error or changes nothing, never a number."""

from __future__ import annotations

import csv
import io
import random
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import openpyxl
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from resilience_stats import loaders
from resilience_stats.errors import DataError
from resilience_stats.schema import load_instrument

PHQ = load_instrument("phq")
CODES = [f"K820{n:02d}" for n in range(1, 16)]
TRIALS = 150


def register() -> list[list[str]]:
    header = ["practice_code", "practice_name", "place", "contract_type", "invited_on"]
    names = ["Café", *(f"Surgery {k}" for k in range(1, len(CODES)))]
    return [header, *([c, name, "North", "GMS", "2019-09-01"] for c, name in zip(CODES, names, strict=True))]


def list_size() -> list[list[str]]:
    header = ["EXTRACT_DATE", "TYPE", "CODE", "POSTCODE", "SEX", "AGE", "NUMBER_OF_PATIENTS"]
    return [header, *(["01NOV2019", "GP", c, "LU1 1AA", "ALL", "ALL", str(7000 + 13 * k)] for k, c in enumerate(CODES))]


def workforce() -> list[list[str]]:
    staff = ["TOTAL_GP_EXTGL_FTE", "TOTAL_NURSES_FTE", "TOTAL_DPC_FTE", "TOTAL_ADMIN_FTE"]
    header = ["PRAC_CODE", "TOTAL_PATIENTS", *staff]
    return [header, *([c, str(8000 + k), f"{3.1 + k / 10:.2f}", "1.5", "NA", "9.25"] for k, c in enumerate(CODES))]


def phq() -> list[list[str]]:
    header = ["response_id", "practice_code", "completed_at", "wave", *PHQ.item_ids]
    return [
        header,
        *(
            [
                f"R{k}",
                c,
                "2019-11-04 10:14",
                "2019",
                *(str((k + j) % len(i.options) + 1) for j, i in enumerate(PHQ.items)),
            ]
            for k, c in enumerate(CODES)
        ),
    ]


TABLES: dict[str, tuple[Callable[[], list[list[str]]], Callable[[Path], pd.DataFrame]]] = {
    "register": (register, loaders.load_practice_register),
    "list size": (list_size, loaders.load_list_size),
    "workforce": (workforce, loaders.load_workforce),
    "phq": (phq, loaders.load_phq),
}


def content(rows: list[list[str]], end: str = "\n", encoding: str = "utf-8", delimiter: str = ",") -> bytes:
    text = io.StringIO(newline="")
    csv.writer(text, lineterminator=end, delimiter=delimiter).writerows(rows)
    return text.getvalue().encode(encoding)


def sorted_frame(frame: pd.DataFrame) -> pd.DataFrame:
    return frame.sort_values("practice_code", ignore_index=True)


@pytest.mark.parametrize("name", TABLES)
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    order=st.randoms(use_true_random=False),
    end=st.sampled_from(["\n", "\r\n", "\r"]),
    encoding=st.sampled_from(["utf-8", "utf-8-sig", "utf-16"]),
    delimiter=st.sampled_from([",", ";", "\t"]),
    extra=st.integers(0, 3),
    spaces=st.booleans(),
)
def test_layout_does_not_matter(
    name: str, tmp_path: Path, order: random.Random, end: str, encoding: str, delimiter: str, extra: int, spaces: bool
) -> None:
    make, load = TABLES[name]
    plain = tmp_path / "plain.csv"
    plain.write_bytes(content(make()))
    header, *body = make()
    order.shuffle(body)
    rows = [[*row, *(f"zzz{k}" for k in range(extra))] for row in [header, *body]]
    columns = list(range(len(rows[0])))
    order.shuffle(columns)
    rows = [[row[k] for k in columns] for row in rows]
    if spaces:
        rows = [rows[0], *([f" {cell} " for cell in row] for row in rows[1:])]
    other = tmp_path / "other.csv"
    other.write_bytes(content(rows, end, encoding, delimiter))
    pd.testing.assert_frame_equal(sorted_frame(load(other)), sorted_frame(load(plain)), check_flags=False)


def numbers_unchanged(got: pd.DataFrame, want: pd.DataFrame) -> bool:
    """Whether every number of a practice that is still there is the one that was there."""
    numeric = [c for c in want if pd.api.types.is_numeric_dtype(want[c])]
    both = want.merge(got, on="practice_code", suffixes=("", "_got"))
    for column in numeric:
        a = both[column].astype("float64").to_numpy()
        b = both[f"{column}_got"].astype("float64").to_numpy()
        if not np.array_equal(a, b, equal_nan=True):
            return False
    return True


def attempt(load: Callable[[Path], pd.DataFrame], path: Path) -> tuple[pd.DataFrame | None, pd.DataFrame | None]:
    """The frame, or the problems of the error; any other exception fails the test."""
    try:
        return load(path), None
    except DataError as fault:
        return None, fault.problems


@pytest.mark.parametrize("name", TABLES)
def test_foreign_bytes_are_an_error_or_change_no_number(name: str, tmp_path: Path) -> None:
    make, load = TABLES[name]
    whole = content(make())
    path = tmp_path / "damaged.csv"
    path.write_bytes(whole)
    want = load(path)
    rng = random.Random(2019)
    foreign = [b for b in range(256) if b >= 0x80 or (b < 0x20 and b not in (9, 10, 13))]
    refused = 0
    for _ in range(TRIALS):
        damaged = bytearray(whole)
        for _ in range(rng.randint(1, 3)):
            damaged[rng.randrange(len(damaged))] = rng.choice(foreign)
        path.write_bytes(bytes(damaged))
        got, problems = attempt(load, path)
        if got is None:
            assert problems is not None
            assert len(problems)
            refused += 1
            continue
        assert numbers_unchanged(got, want)
        gone = set(want["practice_code"]) - set(got["practice_code"])
        assert gone <= set(CODES)
        assert len(got) + len(got.attrs["set_aside"]) == len(want)
    assert refused > TRIALS / 4


@pytest.mark.parametrize("name", TABLES)
def test_any_bytes_give_a_plain_error_and_no_traceback(name: str, tmp_path: Path) -> None:
    make, load = TABLES[name]
    whole = content(make())
    path = tmp_path / "damaged.csv"
    rng = random.Random(7)
    for _ in range(TRIALS):
        damaged = bytearray(whole)
        for _ in range(rng.randint(1, 5)):
            at = rng.randrange(len(damaged))
            if rng.random() < 0.3:
                del damaged[at]
            else:
                damaged[at] = rng.randrange(256)
        path.write_bytes(bytes(damaged))
        frame, problems = attempt(load, path)
        if frame is None:
            assert problems is not None
            continue
        read, *kept = (entry["rows"] for entry in frame.attrs["account"])
        assert read == sum(kept)


def test_a_damaged_workbook_is_an_error_or_the_same(tmp_path: Path) -> None:
    path = tmp_path / "register.xlsx"
    book = openpyxl.Workbook()
    for row in list_size():
        book.active.append(row)
    book.save(path)
    want = loaders.load_list_size(path)
    whole = path.read_bytes()
    rng = random.Random(11)
    for _ in range(TRIALS):
        damaged = bytearray(whole)
        for _ in range(rng.randint(1, 3)):
            damaged[rng.randrange(len(damaged))] = rng.randrange(256)
        path.write_bytes(bytes(damaged))
        try:
            got = loaders.load_list_size(path)
        except DataError:
            continue
        pd.testing.assert_frame_equal(got, want, check_flags=False)


def damaged_inside(path: Path, rng: random.Random) -> bytes:
    """The workbook with bytes of one of its parts changed, packed again with the right checksums."""
    packed = io.BytesIO()
    with zipfile.ZipFile(path) as source, zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as target:
        hit = rng.choice([n for n in source.namelist() if n.startswith("xl/")])
        for name in source.namelist():
            part = bytearray(source.read(name))
            for _ in range(rng.randint(1, 4) if name == hit else 0):
                part[rng.randrange(len(part))] = rng.randrange(256)
            target.writestr(name, bytes(part))
    return packed.getvalue()


def test_a_workbook_damaged_inside_gives_a_plain_error_or_loads(tmp_path: Path) -> None:
    path, hurt = tmp_path / "register.xlsx", tmp_path / "hurt.xlsx"
    book = openpyxl.Workbook()
    for k, row in enumerate(register()):
        book.active.append([*row[:1], '=HYPERLINK("a","b")' if k % 3 == 1 else row[1], *row[2:]])
    book.save(path)
    rng = random.Random(5)
    for _ in range(TRIALS):
        hurt.write_bytes(damaged_inside(path, rng))
        frame, problems = attempt(loaders.load_practice_register, hurt)
        assert (frame is None) == (problems is not None)
