"""Problems that show only between rows and between files."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from resilience_stats.loaders.findings import Finding
from resilience_stats.loaders.table import Loaded

Tables = Mapping[tuple[str, Path], Loaded]
_REGISTERED = ("phq", "rat", "programmes", "special_measures", "local_intelligence", "practice_assessments")
_WITH_PATIENTS = {
    "list_size": ("patients",),
    "workforce": ("patients",),
    "payments": ("registered_patients", "weighted_patients"),
}


def codes_out_of_register(tables: Tables, register: set[str] | None) -> list[Finding]:
    """Return the rows of the LMC's own tables whose practice is not in the register, nor became one that is."""
    if register is None:
        return []
    moved, ended = _successors(tables), _without_heir(tables)
    findings = []
    for (table, _), loaded in tables.items():
        if table not in _REGISTERED:
            continue
        codes = loaded.frame["practice_code"]
        for row, code in codes[~codes.isin(register)].items():
            if moved.get(code) in register:
                rule, action, severity = "old code", f"Carried to {moved[code]} by the lineage table.", "note"
            elif moved.get(code, code) in ended:
                action = "It has ended, by the table of lineage; the row is counted and not linked to a practice."
                rule, severity = "old code", "note"
            else:
                rule, severity = "not in the register", "error"
                action = "Correct the code, add the practice to the register, or its successor to the lineage table."
            findings.append(
                _finding(loaded, row, "practice_code", code, rule, "a code of the register", action, severity)
            )
    return findings


def _successors(tables: Tables) -> dict[str, str]:
    steps: dict[str, str] = {}
    for (table, _), loaded in tables.items():
        if table in ("lineage", "merger_lookup"):
            pairs = loaded.frame.dropna(subset=["new_code"])
            pairs = pairs[pairs["old_code"] != pairs["new_code"]]
            # What the LMC knows of a code goes before what a look-up says of it.
            found = dict(zip(pairs["old_code"], pairs["new_code"], strict=True))
            steps = {**steps, **found} if table == "lineage" else {**found, **steps}
    return {old: _last(old, steps) for old in steps}


def _without_heir(tables: Tables) -> set[str]:
    closed: set[str] = set()
    for (table, _), loaded in tables.items():
        if table == "lineage":
            closed |= set(loaded.frame.loc[loaded.frame["new_code"].isna(), "old_code"])
        if table == "closures":
            closed |= set(loaded.frame["practice_code"])
    return closed


def _last(code: str, steps: Mapping[str, str]) -> str:
    seen = {code}
    while code in steps and steps[code] not in seen:
        code = steps[code]
        seen.add(code)
    return code


def several_responses(tables: Tables) -> list[Finding]:
    """Return the second and later responses of a practice in one wave, over all files."""
    first: dict[tuple[object, object], tuple[str, int]] = {}
    findings = []
    for (table, _), loaded in tables.items():
        if table != "phq":
            continue
        for row, code, wave in loaded.frame[["practice_code", "wave"]].itertuples():
            earlier = first.setdefault((code, wave), (loaded.source["path"], row))
            if earlier != (loaded.source["path"], row):
                allowed = f"one response of a practice in a wave; the first is {earlier[0]}, row {earlier[1]}"
                action = "The rule for several responses decides which is used; the others are kept and counted."
                findings.append(
                    _finding(loaded, row, "practice_code", code, "several responses", allowed, action, "note")
                )
    return findings


def not_asked(tables: Tables) -> list[Finding]:
    """Return the responses of practices that the register says were not asked."""
    uninvited: set[str] = set()
    for (table, _), loaded in tables.items():
        if table == "practice_register":
            uninvited |= set(loaded.frame.loc[loaded.frame["invited_on"].isna(), "practice_code"])
    findings = []
    for (table, _), loaded in tables.items():
        if table == "phq":
            codes = loaded.frame["practice_code"]
            action = "Fill invited_on in the register, or say why the practice answered."
            findings += [
                _finding(
                    loaded, row, "practice_code", code, "answered but not asked", "a practice asked", action, "note"
                )
                for row, code in codes[codes.isin(uninvited)].items()
            ]
    return findings


def no_response_of_the_wave(tables: Tables, year: int) -> list[Finding]:
    """Return one finding where the study has questionnaires but none of the study's own wave."""
    phq = [loaded for (table, _), loaded in tables.items() if table == "phq"]
    waves = sorted({int(w) for loaded in phq for w in loaded.frame["wave"].dropna()})
    if not phq or year in waves:
        return []
    action = "Add the file of that wave, or correct the year in study.toml."
    found = f"waves {', '.join(map(str, waves))}" if waves else "no wave"
    header = phq[-1].headers.get("wave", "wave")
    return [
        Finding(
            file=phq[-1].source["path"],
            rule="wave missing",
            row=1,
            column=header,
            found=found,
            allowed=f"responses of {year}",
            action=action,
        )
    ]


def without_patients(tables: Tables, register: set[str] | None) -> list[Finding]:
    """Return the rows of the register's practices that publish no patients."""
    findings = []
    for (table, _), loaded in tables.items():
        for column in _WITH_PATIENTS.get(table, ()):
            frame = loaded.frame
            empty = frame[column].eq(0) & (frame["practice_code"].isin(register) if register is not None else True)
            action = "Kept; a ratio to patients is missing for it. Has the practice closed?"
            findings += [
                _finding(loaded, row, column, "0", "no patients", "more than 0", action, "note")
                for row in frame.index[empty.fillna(False)]
            ]
    return findings


def repeated_files(tables: Tables) -> list[Finding]:
    """Return the files that are given twice, by their content."""
    first: dict[str, str] = {}
    findings = []
    for _, loaded in tables.items():
        earlier = first.setdefault(loaded.source["sha256"], loaded.source["path"])
        if earlier != loaded.source["path"]:
            findings.append(
                Finding(
                    file=loaded.source["path"],
                    rule="same file twice",
                    row=1,
                    column=None,
                    found=f"the content of {earlier}",
                    allowed="each file once",
                    action="Take one out of study.toml.",
                )
            )
    return findings


def _finding(
    loaded: Loaded, row: object, column: str, found: object, rule: str, allowed: str, action: str, severity: str
) -> Finding:
    header = loaded.headers.get(column, column)
    return Finding(
        file=loaded.source["path"],
        rule=rule,
        row=int(str(row)),
        column=header,
        found=str(found),
        allowed=allowed,
        action=action,
        severity=severity,
    )
