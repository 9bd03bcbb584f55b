"""From all tables, figures' data and files of the editions of a study together, nothing withheld can be worked out.

Every number in a table, behind a figure, in the workbook and in results.csv is a released row (tested with the whole
example), so the rows are what an intruder has. Here a reader holds the board's and the public edition at once.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from intruder import Intruder
from scipy.optimize import Bounds, LinearConstraint, milp

import resilience_stats as rs
from resilience_stats import report
from resilience_stats.cohort import Cohort
from resilience_stats.disclosure import DisclosedFrame, Policy, apply_policy, preset_names
from resilience_stats.features import FeatureTable
from resilience_stats.report.rows.since_last_year import same_practice_rows
from resilience_stats.results.rows import combine_rows

pytestmark = pytest.mark.slow
SIZES = [(197, 138, 2019), (60, 41, 5), (34, 22, 11), (24, 20, 3)]
LEVEL = {"conf_level": 0.95}
EDITIONS = [("board",), ("public",), ("opensafely",), ("board", "public"), ("board", "opensafely")]
Built = tuple[Cohort, FeatureTable]


@pytest.fixture(scope="module", params=SIZES, ids=lambda size: f"{size[0]} practices")
def study(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Built:
    practices, responses, seed = request.param
    folder: Path = tmp_path_factory.mktemp("study")
    rs.write_example(folder, practices=practices, responses=responses, random_state=seed)
    cohort = rs.load_cohort(rs.open_study(folder / "study.toml"))
    return cohort, rs.build_features(cohort)


@pytest.fixture(scope="module")
def rows(study: Built) -> pd.DataFrame:
    cohort, features = study
    return combine_rows(
        [
            report.flow_rows(cohort.study, features),
            *(report.response_rows(features, by) for by in ("place", "contract_type", "list_size_band")),
            report.comparison_rows(features),
            report.missing_rows(cohort, features),
            report.join_rows(cohort),
            report.account_rows(cohort),
            report.answer_rows(cohort, features),
            report.item_rows(cohort, features, **LEVEL),
            report.score_rows(cohort, features, **LEVEL),
            report.stage_rows(cohort),
            report.outcome_rows(cohort, **LEVEL),
            report.rating_rows(features),
            report.register_rows(cohort, **LEVEL),
            report.local_budget_rows(cohort, features, **LEVEL),
            report.local_closure_rows(features),
            report.duration_rows(cohort, cohort.study.census_date, **LEVEL),
            report.programme_rows(cohort, "status", "programme_status"),
            report.programme_rows(cohort, "support_type", "programme_support"),
            report.change_rows(features, **LEVEL),
            report.fate_rows(cohort, features),
            report.assessment_rows(cohort),
            same_practice_rows(cohort, features, Policy.preset("board"), **LEVEL),
        ]
    )


@pytest.fixture(scope="module")
def editions(rows: pd.DataFrame) -> dict[str, DisclosedFrame]:
    return {name: apply_policy(rows, name) for name in ("board", "public", "opensafely")}


@pytest.mark.parametrize(
    "held", [("board",), ("public",), ("opensafely",), ("board", "public"), ("board", "opensafely")]
)
def test_no_withheld_number_has_one_value_only(
    rows: pd.DataFrame, editions: dict[str, DisclosedFrame], held: tuple[str, ...]
) -> None:
    intruder = Intruder(rows)
    withheld = [set(intruder.learn(editions[name])) for name in held]
    # What the laxer of two editions shows is no secret to a reader of both.
    targets = set.intersection(*withheld)
    assert len(targets) > 3
    assert intruder.worked_out(targets) == []


def test_no_zero_tells_the_same_of_each_of_a_few(rows: pd.DataFrame, editions: dict[str, DisclosedFrame]) -> None:
    for name, released in editions.items():
        assert Intruder(rows).told_of_each(released) == [], name


def test_a_stricter_edition_shows_nothing_that_a_laxer_one_withholds(rows: pd.DataFrame) -> None:
    key = ["chapter", "output", "group", "term", "statistic"]
    board = apply_policy(rows, "board").rows
    gone = set(board.loc[board["disclosure"] == "[c]", key].itertuples(index=False, name=None))
    for name in preset_names():
        policy = Policy.preset(name)
        if policy.threshold >= 5 and policy.practice_threshold >= 5 and policy.secondary:
            held = apply_policy(rows, name).rows
            shown = held[held["disclosure"] != "[c]"]
            assert gone.isdisjoint(set(shown[key].itertuples(index=False, name=None))), name


def test_no_comparison_tells_a_withheld_share(rows: pd.DataFrame, editions: dict[str, DisclosedFrame]) -> None:
    for name in ("board", "public"):
        held = editions[name].select(output="comparison").rows
        gone = set(held.loc[(held["statistic"] == "share") & (held["disclosure"] == "[c]"), "term"])
        told = held[(held["statistic"] == "smd") & held["term"].isin(gone)]
        assert told["disclosure"].eq("[c]").all()


def test_mean_and_spread_of_a_question_do_not_tell_how_many_chose_its_lowest_answer(
    study: Built, editions: dict[str, DisclosedFrame]
) -> None:
    """All questions of an area at once: n, mean, spread and both ends of each, and the shares of all their answers."""
    cohort, _ = study
    items = {item.text: item for item in cohort.instruments["phq"].items}
    held = editions["board"].rows
    asked, answers = held[held["output"] == "items"], held[held["output"] == "answers"]
    checked = 0
    for area, part in asked.groupby("group", sort=False):
        tables = [_Question(term, own, len(items[term].options)) for term, own in part.groupby("term", sort=False)]
        shares = answers[answers["group"] == area]
        for k, table in enumerate(tables):
            for end in (0, table.options - 1):
                if table.hidden(end):
                    checked += 1
                    assert _range(tables, shares, k, end) > 0, (area, table.term, end)
    assert checked > 3


class _Question:
    """What is released of one question."""

    def __init__(self, term: str, rows: pd.DataFrame, options: int) -> None:
        self.term, self.options = term, options
        self.held = {row["statistic"]: row for _, row in rows.iterrows()}
        known = [row["n"] for row in self.held.values() if row["n"] == row["n"]]
        self.n = int(known[0]) if known else 0

    def hidden(self, end: int) -> bool:
        return self.n > 0 and self.held["floor" if end == 0 else "ceiling"]["disclosure"] == "[c]"

    def value(self, name: str) -> float:
        row = self.held.get(name)
        return float("nan") if row is None or row["disclosure"] == "[c]" else float(row["value"])


def _range(tables: list[_Question], shares: pd.DataFrame, k: int, end: int) -> float:
    """Return by how much the number that chose one end of question `k` can vary, given all that is released."""
    lines: list[np.ndarray] = []
    ends: list[tuple[float, float]] = []
    starts = np.cumsum([0, *(t.options for t in tables)])

    def add(line: np.ndarray, low: float, high: float) -> None:
        lines.append(line)
        ends.append((low - 1e-6, high + 1e-6))

    halves = np.zeros((3, starts[-1]))
    for table, start in zip(tables, starts, strict=False):
        codes = np.arange(1, table.options + 1)
        own = slice(start, start + table.options)
        where = (np.sign(2 * codes - table.options - 1) + 1).astype(int)
        halves[where, np.arange(own.start, own.stop)] = 1
        if table.n == 0:  # how many answered it is withheld; its answers are among those of the area all the same
            continue

        def line(weights: object, own: slice = own) -> np.ndarray:
            held = np.zeros(starts[-1])
            held[own] = weights
            return held

        add(line(1), table.n, table.n)
        mean, spread = table.value("item_mean"), table.value("item_sd")
        if mean == mean:
            low, high = (mean - 0.05) * table.n, (mean + 0.05) * table.n
            add(line(codes), low, high)
            if spread == spread:
                squares = [(spread + d) ** 2 * (table.n - 1) + total**2 / table.n
                           for d, total in ((-0.05, low), (0.05, high))]  # fmt: skip
                add(line(codes**2), *squares)
        for option, name in ((0, "floor"), (table.options - 1, "ceiling")):
            share = table.value(name)
            if share == share:
                weights = np.eye(1, table.options, option)[0]
                add(line(weights), round(share * table.n), round(share * table.n))
    for place, (_, row) in enumerate(shares.iterrows()):
        if row["disclosure"] != "[c]" and row["n"] == row["n"]:
            add(halves[place], round(row["value"] * row["n"]), round(row["value"] * row["n"]))
    low, high = np.array(ends).T
    cost = np.eye(1, starts[-1], starts[k] + end)[0]
    free = [0.0 if t.n else -0.0 for t in tables for _ in range(t.options)]
    found = [
        milp(sign * cost, constraints=LinearConstraint(np.array(lines), low, high), integrality=np.ones(starts[-1]),
             bounds=Bounds(free, np.inf))
        for sign in (1.0, -1.0)
    ]  # fmt: skip
    assert all(f.x is not None for f in found), "the truth solves the sums"
    return float(cost @ found[1].x - cost @ found[0].x)
