"""How the score goes with what lies outside the questionnaire: one line per criterion, its evidence at the end."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from resilience_stats.disclosure import DisclosedFrame
from resilience_stats.report.reading import Row, rows_of
from resilience_stats.report.sentences_external import evidence_of, evidence_text
from resilience_stats.report.wording import wording
from resilience_stats.tables import Cell, Table
from resilience_stats.tables.build import joined_cell, simple_table, value_cell

_Held = Mapping[tuple[str, str], Row]


def table_criteria(released: DisclosedFrame, *, caption: str) -> list[Table]:
    """Return each criterion's source, date and lag, and of how many practices with a score it is known.

    Parameters
    ----------
    released : DisclosedFrame
        The rows of `external_rows` after the policy.
    caption : str
    """
    at = _by_criterion(released, "external")
    shown = (("when", "setting"), ("source", "source"), ("asof", "asof"), ("lag", "lag_days"),
             ("practices", "practices"), ("expected", "direction"))  # fmt: skip
    lines: list[list[Cell | str]] = [
        [criterion, *(value_cell(held.get(("", name))) for _, name in shown)] for criterion, held in at.items()
    ]
    return _table(lines, [key for key, _ in shown], caption, "external-criteria", left=(1, 2, 3, 6))


def table_external_numbers(released: DisclosedFrame, *, caption: str) -> list[Table]:
    """Return the criteria that are numbers: correlation, adjusted effects, evidence."""
    words = wording("external")["groups"]
    at = _by_criterion(released, "external_numbers")
    groups = [g for g in ("adjusted", "given") if any((words[g], "standardised_estimate") in h for h in at.values())]
    lines: list[list[Cell | str]] = [
        [
            criterion,
            joined_cell(held.get((words["alone"], "correlation_coefficient"))),
            *(joined_cell(held.get((words[g], "standardised_estimate"))) for g in groups),
            value_cell(held.get((words["alone"], "p_adjusted"))),
            _evidence(released, criterion),
        ]
        for criterion, held in at.items()
    ]
    keys = ["correlation", *groups, "p_adjusted", "evidence"]
    return _table(lines, keys, caption, "external-numbers", left=(len(keys),))


def table_external_events(released: DisclosedFrame, *, caption: str) -> list[Table]:
    """Return the criteria that happen or do not: counts, what they carry, and an odds ratio where they carry one."""
    words = wording("external")
    alone, adjusted = words["groups"]["alone"], words["groups"]["adjusted"]
    at = _by_criterion(released, "external_events")
    both = any((adjusted, "odds_ratio") in held for held in at.values())
    lines: list[list[Cell | str]] = []
    for criterion, held in at.items():
        line: list[Cell | str] = [
            Cell(criterion),
            value_cell(held.get((alone, "events"))),
            _n(held.get((alone, "parameters_allowed"))),
        ]
        line.append(value_cell(held.get((alone, "parameters_allowed"))))
        line += [joined_cell(held.get((alone, name))) for name in ("smd", "odds_ratio")]
        line += [joined_cell(held.get((adjusted, "odds_ratio")))] if both else []
        counted = (alone, "odds_ratio") not in held
        line += [
            value_cell(held.get((alone, "p_adjusted"))),
            Cell(words["verdicts"]["counted"]) if counted else _evidence(released, criterion),
        ]
        lines.append(line)
    keys = ["events", "n", "allowed", "smd", "odds_ratio", *(["odds_adjusted"] if both else []), "p_adjusted",
            "evidence"]  # fmt: skip
    return _table(lines, keys, caption, "external-events", left=(len(keys),))


def _by_criterion(released: DisclosedFrame, output: str) -> dict[str, dict[tuple[str, str], Row]]:
    at: dict[str, dict[tuple[str, str], Row]] = {}
    for row in rows_of(released, output):
        if row["term"]:
            at.setdefault(str(row["term"]), {})[str(row["group"]), str(row["statistic"])] = row
    return at


def _n(row: Row | None) -> Cell:
    return value_cell(None if row is None else {**row, "statistic": "count", "value": row["n"]})


def _evidence(released: DisclosedFrame, criterion: str) -> Cell:
    return Cell(evidence_text(evidence_of(released, criterion)).partition(":")[0])


def _table(
    lines: Sequence[Sequence[Cell | str]], keys: Sequence[str], caption: str, name: str, *, left: Sequence[int]
) -> list[Table]:
    words = wording("external")["headings"]
    headings = [words["criterion"], *(words[key] for key in keys)]
    return [simple_table(lines, headings, id=name, caption=caption, left=left)] if lines else []
