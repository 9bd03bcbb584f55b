"""A study with planted faults: each is named with file, row and column, and nothing is loaded silently."""

from __future__ import annotations

import csv
import datetime as dt
import zipfile
from collections.abc import Callable
from pathlib import Path

import openpyxl
import pandas as pd
import pytest

from resilience_stats.loaders import find_problems
from resilience_stats.schema import load_instrument, load_table_spec

TODAY = dt.date(2026, 11, 22)
PHQ, RAT = load_instrument("phq"), load_instrument("rat")
CODES = [f"E810{n:02d}" for n in range(1, 13)]
STUDY = """[study]
title = "Thirty faults"
year = 2019
area = "Example LMC"
synthetic = true
census_date = 2019-11-30
[files]
"""


def register() -> list[list[str]]:
    header = list(load_table_spec("practice_register").column_names)
    return [header, *([c, f"Practice {k}", "North", "GMS", "2019-09-01"] for k, c in enumerate(CODES, 1))]


def phq() -> list[list[str]]:
    header = [*load_table_spec("phq").column_names, *PHQ.item_ids]
    rows = [
        [
            f"R{k}",
            code,
            f"Practice {k}",
            "Practice manager",
            "2019-11-04 10:00",
            "2019-11-04 10:14",
            "2019",
            *("3" for _ in PHQ.items),
        ]
        for k, code in enumerate(CODES[:8], 1)
    ]
    return [header, *rows]


def rat() -> list[list[str]]:
    header = ["practice_code", "assessed_on", "programme", *RAT.item_ids, *(c.id for c in RAT.codes)]
    return [
        header,
        *([c, "2018-05-01", "GPRP", *("2" for _ in RAT.items), *("0" for _ in RAT.codes)] for c in CODES[:4]),
    ]


def programmes() -> list[list[str]]:
    header = list(load_table_spec("programmes").column_names)
    return [
        header,
        *([c, "GPRP", "2018-01-01", "2018-02-01", "2018-09-01", "completed", "coaching"] for c in CODES[:6]),
    ]


def special_measures() -> list[list[str]]:
    header = list(load_table_spec("special_measures").column_names)
    return [
        header,
        *([c, "2017-01-01", "2017-02-01", "2017-03-01", "2017-09-01", "reinspected_good"] for c in CODES[:3]),
    ]


def lineage() -> list[list[str]]:
    return [["old_code", "new_code", "event", "event_date"], ["E81090", CODES[0], "merge", "2018-04-01"]]


def list_size() -> list[list[str]]:
    header = [
        "PUBLICATION",
        "EXTRACT_DATE",
        "TYPE",
        "CCG_CODE",
        "ONS_CCG_CODE",
        "CODE",
        "POSTCODE",
        "SEX",
        "AGE",
        "NUMBER_OF_PATIENTS",
    ]
    return [
        header,
        *(
            ["GP_PRAC_PAT_LIST", "01NOV2019", "GP", "06F", "E38000010", c, "MK40 1AA", "ALL", "ALL", "8000"]
            for c in CODES
        ),
    ]


def workforce() -> list[list[str]]:
    header = ["PRAC_CODE", "TOTAL_PATIENTS", "TOTAL_GP_EXTGL_FTE", "TOTAL_NURSES_FTE", "TOTAL_ADMIN_FTE"]
    return [header, *([c, "8000", "4.2", "2", "9.5"] for c in CODES)]


def deprivation() -> list[list[str]]:
    return [["Area Code", "Area Type", "Time period", "Value"], *([c, "GPs", "2019", "17.5"] for c in CODES)]


TABLES: dict[str, Callable[[], list[list[str]]]] = {
    "practice_register": register,
    "phq": phq,
    "rat": rat,
    "programmes": programmes,
    "special_measures": special_measures,
    "lineage": lineage,
    "list_size": list_size,
    "workforce": workforce,
    "deprivation": deprivation,
}


def text(rows: list[list[str]]) -> str:
    class Lines:
        def __init__(self) -> None:
            self.parts: list[str] = []

        def write(self, part: str) -> None:
            self.parts.append(part)

    lines = Lines()
    csv.writer(lines, lineterminator="\n").writerows(rows)
    return "".join(lines.parts)


class Study:
    """Tables in memory and further files, written to a folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.tables = {name: make() for name, make in TABLES.items()}
        self.more: dict[str, list[str]] = {}

    def put(self, table: str, line: int, column: str, value: str) -> None:
        rows = self.tables[table]
        rows[line - 1][rows[0].index(column)] = value

    def add(self, table: str, name: str, content: bytes | str) -> None:
        (self.folder / name).write_bytes(content if isinstance(content, bytes) else content.encode("utf-8"))
        self.more.setdefault(table, []).append(name)

    def check(self) -> pd.DataFrame:
        listed = []
        for name, rows in self.tables.items():
            (self.folder / f"{name}.csv").write_text(text(rows), encoding="utf-8")
            files = ", ".join(f'"{f}"' for f in [f"{name}.csv", *self.more.get(name, [])])
            listed.append(f"{name} = [{files}]")
        (self.folder / "study.toml").write_text(STUDY + "\n".join(listed) + "\n", encoding="utf-8")
        return find_problems(self.folder, today=TODAY)


def workbook(rows: list[list[object]], path: Path, sheet: str = "Form1", extra: tuple[str, ...] = ()) -> bytes:
    book = openpyxl.Workbook()
    page = book.active
    page.title = sheet
    for row in rows:
        page.append(row)
    for name in extra:
        book.create_sheet(name)
    book.save(path)
    return path.read_bytes()


def forms(folder: Path, rows: int = 2, *, role: str = "Practice manager", sheet: str = "Form1") -> bytes:
    header = [
        "ID",
        "Start time",
        "Completion time",
        "Email",
        "Name",
        "Practice code",
        "Your role",
        *(i.text.replace(" ", "\u00a0", 1) for i in PHQ.items),
    ]
    body = [
        [
            k,
            dt.datetime(2019, 11, 5, 9),
            dt.datetime(2019, 11, 5, 9, 12),
            "anonymous",
            "",
            CODES[9 + k],
            role,
            *(i.options[1].label for i in PHQ.items),
        ]
        for k in range(1, rows + 1)
    ]
    return workbook([header, *body], folder / "made.xlsx", sheet)


def bomb(folder: Path) -> bytes:
    path = folder / "bomb.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/worksheets/sheet1.xml", b"0" * 60_000_000)
    return path.read_bytes()


FIRST = PHQ.item_ids[0]
Plant = Callable[[Study], None]


def cell(table: str, line: int, column: str, value: str) -> Plant:
    return lambda s: s.put(table, line, column, value)


def new_file(table: str, name: str, make: Callable[[Study], bytes | str]) -> Plant:
    return lambda s: s.add(table, name, make(s))


def changed(rows: list[list[str]], change: Callable[[list[list[str]]], None]) -> str:
    change(rows)
    return text(rows)


def _without_column(rows: list[list[str]]) -> None:
    at = rows[0].index("practice_code")
    for row in rows:
        del row[at]


def _misspelt(rows: list[list[str]]) -> None:
    rows[0][rows[0].index("completed_at")] = "complted_at"


def _twice(rows: list[list[str]]) -> None:
    for k, row in enumerate(rows):
        row.append("practice_code" if k == 0 else row[rows[0].index("practice_code")])


def _headers_twice(rows: list[list[str]]) -> None:
    rows.insert(1, list(rows[0]))


def _ragged(rows: list[list[str]]) -> None:
    del rows[2][-1]


def _other_wave(rows: list[list[str]]) -> list[list[str]]:
    at, code = rows[0].index("wave"), rows[0].index("practice_code")
    for k, row in enumerate(rows[1:]):
        row[at], row[code] = "2018", CODES[k]
    return rows


# name: (what is planted, the file, row and header it must be named by, a word of the rule)
FAULTS: dict[str, tuple[Plant, str, int, str | None, str]] = {
    "wrong practice code": (cell("phq", 2, "practice_code", "81001"), "phq.csv", 2, "practice_code", "wrong form"),
    "code in small letters, with a space": (
        cell("phq", 3, "practice_code", " e81 002"),
        "phq.csv",
        3,
        "practice_code",
        "form of the code",
    ),
    "option not in the scale": (cell("phq", 4, FIRST, "9"), "phq.csv", 4, FIRST, "not an option"),
    "second response of a practice": (
        cell("phq", 6, "practice_code", CODES[1]),
        "phq.csv",
        6,
        "practice_code",
        "several responses",
    ),
    "response id twice": (cell("phq", 7, "response_id", "R2"), "phq.csv", 7, "response_id", "duplicate"),
    "date in the future": (cell("phq", 8, "completed_at", "2031-11-04 10:14"), "phq.csv", 8, "completed_at", "future"),
    "five stars": (cell("phq", 9, PHQ.item_ids[4], "5 stars"), "phq.csv", 9, PHQ.item_ids[4], "not an option"),
    "impossible date": (
        cell("practice_register", 5, "invited_on", "31/02/2019"),
        "practice_register.csv",
        5,
        "invited_on",
        "impossible",
    ),
    "branch code": (
        cell("practice_register", 13, "practice_code", "E81012001"),
        "practice_register.csv",
        13,
        "practice_code",
        "branch",
    ),
    "blank key": (
        cell("practice_register", 12, "practice_code", ""),
        "practice_register.csv",
        12,
        "practice_code",
        "blank",
    ),
    "formula": (
        cell("practice_register", 2, "practice_name", '=HYPERLINK("http://x";"y")'),
        "practice_register.csv",
        2,
        "practice_name",
        "formula",
    ),
    "control character": (
        cell("practice_register", 3, "practice_name", "Ab\x00bey"),
        "practice_register.csv",
        3,
        "practice_name",
        "control",
    ),
    "over-long answer": (
        cell("practice_register", 4, "practice_name", "x" * 100_000),
        "practice_register.csv",
        4,
        "practice_name",
        "too long",
    ),
    "code not in the register": (
        cell("programmes", 2, "practice_code", "K82001"),
        "programmes.csv",
        2,
        "practice_code",
        "not in the register",
    ),
    "end before start": (cell("programmes", 3, "ended_on", "2017-01-01"), "programmes.csv", 3, "ended_on", "order"),
    "unknown programme": (
        cell("programmes", 4, "programme", "GPPR"),
        "programmes.csv",
        4,
        "programme",
        "not in the list",
    ),
    "unknown support type": (
        cell("programmes", 5, "support_type", "coahing"),
        "programmes.csv",
        5,
        "support_type",
        "not in the list",
    ),
    "default code": (
        cell("special_measures", 2, "practice_code", "V81999"),
        "special_measures.csv",
        2,
        "practice_code",
        "default code",
    ),
    "unknown outcome": (
        cell("special_measures", 3, "outcome", "Good"),
        "special_measures.csv",
        3,
        "outcome",
        "not in the list",
    ),
    "negative number": (
        cell("list_size", 2, "NUMBER_OF_PATIENTS", "-5"),
        "list_size.csv",
        2,
        "NUMBER_OF_PATIENTS",
        "too small",
    ),
    "text in a number": (
        cell("list_size", 3, "NUMBER_OF_PATIENTS", "many"),
        "list_size.csv",
        3,
        "NUMBER_OF_PATIENTS",
        "not a number",
    ),
    "no patients": (
        cell("list_size", 4, "NUMBER_OF_PATIENTS", "0"),
        "list_size.csv",
        4,
        "NUMBER_OF_PATIENTS",
        "no patients",
    ),
    "ND for a number": (
        cell("workforce", 2, "TOTAL_GP_EXTGL_FTE", "ND"),
        "workforce.csv",
        2,
        "TOTAL_GP_EXTGL_FTE",
        "code for missing",
    ),
    "NA for a number": (
        cell("workforce", 3, "TOTAL_NURSES_FTE", "NA"),
        "workforce.csv",
        3,
        "TOTAL_NURSES_FTE",
        "code for missing",
    ),
    "more than 100": (cell("deprivation", 3, "Value", "117.5"), "deprivation.csv", 3, "Value", "too large"),
    "blank wave": (cell("phq", 5, "wave", ""), "phq.csv", 5, "wave", "blank"),
    "missing column": (
        new_file("phq", "no_code.csv", lambda s: changed(phq(), _without_column)),
        "no_code.csv",
        1,
        "practice_code",
        "missing column",
    ),
    "misspelt column": (
        new_file("phq", "misspelt.csv", lambda s: changed(phq(), _misspelt)),
        "misspelt.csv",
        1,
        "complted_at",
        "misspelt column",
    ),
    "duplicated header": (
        new_file("phq", "twice.csv", lambda s: changed(phq(), _twice)),
        "twice.csv",
        1,
        "practice_code",
        "duplicated header",
    ),
    "two header rows": (
        new_file("programmes", "headers.csv", lambda s: changed(programmes(), _headers_twice)),
        "headers.csv",
        2,
        "practice_code",
        "second header row",
    ),
    "ragged row": (
        new_file("rat", "ragged.csv", lambda s: changed(rat(), _ragged)),
        "ragged.csv",
        3,
        None,
        "ragged row",
    ),
    "Windows-1252": (
        new_file(
            "lineage",
            "old.csv",
            lambda s: (
                text([*lineage(), ["E81091", "", "closure", "2018-01-01"]]) + "E82092,,clos\u00fcre,2018-01-01\n"
            ).encode("cp1252"),
        ),
        "old.csv",
        4,
        "event",
        "encoding",
    ),
    "empty file": (new_file("rat", "empty.csv", lambda s: b""), "empty.csv", 1, None, "empty file"),
    "empty sheet": (
        new_file("phq", "empty.xlsx", lambda s: workbook([], s.folder / "m.xlsx", "Form1")),
        "empty.xlsx",
        1,
        "Form1",
        "empty sheet",
    ),
    "not a workbook": (
        new_file("phq", "text.xlsx", lambda s: "ID,Start time\n1,2\n"),
        "text.xlsx",
        1,
        None,
        "not a workbook",
    ),
    "zip bomb": (new_file("phq", "bomb.xlsx", lambda s: bomb(s.folder)), "bomb.xlsx", 1, None, "zip bomb"),
    "wrong ending": (new_file("phq", "forms.csv", lambda s: forms(s.folder)), "forms.csv", 1, None, "file ending"),
    "unknown ending": (new_file("rat", "rat.pdf", lambda s: b"%PDF-1.4"), "rat.pdf", 1, None, "file ending"),
    "formula in a workbook": (
        new_file("phq", "formula.xlsx", lambda s: forms(s.folder, role='=HYPERLINK("http://x","y")')),
        "formula.xlsx",
        2,
        "Your role",
        "formula",
    ),
    "no wave in an export": (
        new_file("phq", "forms.xlsx", lambda s: forms(s.folder)),
        "forms.xlsx",
        1,
        "wave",
        "wave missing",
    ),
    "sheet name": (
        new_file(
            "lineage", "sheets.xlsx", lambda s: workbook([["a", "b"], [1, 2]], s.folder / "m.xlsx", "Notes", ("Other",))
        ),
        "sheets.xlsx",
        1,
        None,
        "missing column",
    ),
}


def named(problems: pd.DataFrame, fault: str) -> bool:
    _, file, row, column, rule = FAULTS[fault]
    hit = problems["file"].eq(file) & problems["row"].eq(row) & problems["rule"].str.contains(rule, regex=False)
    if column is not None:
        hit &= problems["column"].eq(column)
    return bool(hit.any())


def test_a_clean_study_has_no_problems(tmp_path: Path) -> None:
    assert Study(tmp_path).check().empty


def test_all_faults_at_once_are_all_named(tmp_path: Path) -> None:
    study = Study(tmp_path)
    for plant, *_ in FAULTS.values():
        plant(study)
    problems = study.check()
    assert len(FAULTS) > 30
    assert [fault for fault in FAULTS if not named(problems, fault)] == []
    assert problems.columns.tolist()[:7] == ["file", "row", "column", "found", "rule", "allowed", "action"]
    assert set(problems["severity"]) == {"error", "note"}
    assert problems["action"].str.len().gt(0).all()


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_alone_is_named_and_little_else(fault: str, tmp_path: Path) -> None:
    study = Study(tmp_path)
    plant, file, *_ = FAULTS[fault]
    plant(study)
    problems = study.check()
    assert named(problems, fault)
    assert problems["file"].eq(file).sum() <= 6


def test_a_study_without_its_own_wave_says_so(tmp_path: Path) -> None:
    study = Study(tmp_path)
    study.tables["phq"] = _other_wave(study.tables["phq"])
    problems = study.check()
    assert problems.loc[problems["rule"] == "wave missing", "found"].tolist() == ["waves 2018"]
