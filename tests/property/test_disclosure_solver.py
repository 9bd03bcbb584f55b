"""An intruder with every released row in hand writes down all sums and tries to work out what is withheld.

The intruder here is written apart from the package: unknowns are the cells of one underlying cross-classification,
every released number is one equation in them, and whole-number programmes look for the range of each withheld number.
"""

from __future__ import annotations

import itertools

import numpy as np
import pandas as pd
import pytest
from intruder import Intruder
from scipy.optimize import Bounds, LinearConstraint, milp

from resilience_stats.disclosure import Policy, apply_policy
from resilience_stats.results.rows import combine_rows, make_rows

TOTAL = "All"


class Release:
    """A random cross-classification of practices, printed in several overlapping tables."""

    def __init__(self, rng: np.random.Generator, shape: tuple[int, ...], mean: float) -> None:
        self.cells = rng.poisson(rng.gamma(0.8, mean / 0.8, size=shape))
        self.cells.flat[0] += 12  # somebody answered
        self.rows: list[pd.DataFrame] = []
        self.forms: list[np.ndarray] = []  # what each printed number is a sum of
        self.bases: list[np.ndarray | None] = []  # what its n is a sum of

    def mask(self, **fixed: int) -> np.ndarray:
        held = np.zeros(self.cells.shape)
        held[tuple(fixed.get(f"d{axis}", slice(None)) for axis in range(self.cells.ndim))] = 1
        return held.ravel()

    def count(self, output: str, group: str, term: str, form: np.ndarray) -> None:
        value = int(form @ self.cells.ravel())
        self.rows.append(make_rows("chapter", output, group=group, term=term, value=value))
        self.forms.append(form)
        self.bases.append(None)

    def share(self, output: str, group: str, term: str, form: np.ndarray, base: np.ndarray) -> None:
        n = int(base @ self.cells.ravel())
        if n:
            value = float(form @ self.cells.ravel()) / n
            self.rows.append(make_rows("chapter", output, group=group, term=term, statistic="share", value=value, n=n))
            self.forms.append(form)
            self.bases.append(base)

    def named(self, output: str, group: str, name: str, form: np.ndarray, base: np.ndarray, cell: str = "") -> None:
        """A row of a statistic of its own, with its n: asked, responded, response_rate."""
        value, n = (int(held @ self.cells.ravel()) for held in (form, base))
        held = float(value) / n if name == "response_rate" else value
        self.rows.append(make_rows("chapter", output, group=group, statistic=name, value=held, n=n, cell=cell))
        self.forms.append(form)
        self.bases.append(base)

    def mean(self, output: str, group: str, base: np.ndarray) -> None:
        n = int(base @ self.cells.ravel())
        self.rows.append(make_rows("chapter", output, group=group, term="Score", statistic="mean", value=61.5, n=n))
        self.forms.append(np.zeros(self.cells.size))
        self.bases.append(base)

    def frame(self) -> pd.DataFrame:
        return combine_rows(self.rows)


def cross_table(rng: np.random.Generator, shape: tuple[int, int], mean: float, *, nobody: bool = True) -> Release:
    release = Release(rng, shape, mean)
    if not nobody:
        release.cells[release.cells.sum(axis=1) == 0, 0] = 1
    rows, columns = [f"Place {i}" for i in range(shape[0])], [f"Kind {j}" for j in range(shape[1])]
    whole = release.mask()
    for (i, row), (j, column) in itertools.product(enumerate(rows), enumerate(columns)):
        release.count("cross", row, column, release.mask(d0=i, d1=j))
    for i, row in enumerate(rows):
        release.count("cross", row, TOTAL, release.mask(d0=i))
    for j, column in enumerate(columns):
        release.count("cross", TOTAL, column, release.mask(d1=j))
    release.count("cross", TOTAL, TOTAL, whole)
    return release


def overlapping_tables(rng: np.random.Generator, shape: tuple[int, int], mean: float) -> Release:
    """The cross table, shares of one kind by place, means by place, and the margin again in another output.

    Each place has somebody: nobody's share is no number and has no row, and that a row is absent no policy can hide.
    """
    release = cross_table(rng, shape, mean, nobody=False)
    for i in range(shape[0]):
        base = release.mask(d0=i)
        release.share("rates", f"Place {i}", "Kind 0", release.mask(d0=i, d1=0), base)
        release.mean("means", f"Place {i}", base)
    release.share("rates", TOTAL, "Kind 0", release.mask(d1=0), release.mask())
    release.mean("means", TOTAL, release.mask())
    for j in range(shape[1]):
        release.count("kinds", TOTAL, f"Kind {j}", release.mask(d1=j))
    release.count("kinds", TOTAL, TOTAL, release.mask())
    return release


def three_ways(rng: np.random.Generator, shape: tuple[int, int, int], mean: float) -> Release:
    """Three two-way tables of one three-way classification, sharing margins."""
    release = Release(rng, shape, mean)
    names = ["Place", "Kind", "Size"]
    for a, b in ((0, 1), (0, 2), (1, 2)):
        output = f"{names[a]} by {names[b]}"
        for i, j in itertools.product(range(shape[a]), range(shape[b])):
            release.count(output, f"{names[a]} {i}", f"{names[b]} {j}", release.mask(**{f"d{a}": i, f"d{b}": j}))
        for i in range(shape[a]):
            release.count(output, f"{names[a]} {i}", TOTAL, release.mask(**{f"d{a}": i}))
        for j in range(shape[b]):
            release.count(output, TOTAL, f"{names[b]} {j}", release.mask(**{f"d{b}": j}))
        release.count(output, TOTAL, TOTAL, release.mask())
    return release


def response_tables(rng: np.random.Generator, shape: tuple[int, int], mean: float) -> Release:
    """Those asked by place and by kind, the part of them that answered, its share, and the means of that part."""
    release = Release(rng, (*shape, 2), mean)
    for axis, name in ((0, "Place"), (1, "Kind")):
        for i in [*range(shape[axis]), None]:
            own = {} if i is None else {f"d{axis}": i}
            group, asked, answered = f"{name} {i}", release.mask(**own), release.mask(**own, d2=1)
            cells = ("", "") if own else ("practices asked", "practices that answered")
            if not asked @ release.cells.ravel():
                continue
            at = (f"response by {name}", group if own else TOTAL)
            release.named(*at, "asked", asked, asked, cells[0])
            release.named(*at, "responded", answered, asked, cells[1])
            release.named(*at, "response_rate", answered, asked, cells[1])
            if answered @ release.cells.ravel():
                release.mean(f"means by {name}", at[1], answered)
    return release


def merged_kinds(rng: np.random.Generator, shape: tuple[int, int], mean: float) -> Release:
    """A fine table, a coarse one in which two of its kinds are one, and the shares of the kinds in one place."""
    release = cross_table(rng, (shape[0], shape[1] + 1), mean)
    last = shape[1]
    for i in [*range(shape[0]), None]:
        own = {} if i is None else {"d0": i}
        group = f"Place {i}" if own else TOTAL
        release.count("coarse", group, "Both", release.mask(**own, d1=last) + release.mask(**own, d1=last - 1))
        for j in range(last - 1):
            release.count("coarse", group, f"Kind {j}", release.mask(**own, d1=j))
        release.count("coarse", group, TOTAL, release.mask(**own))
    for j in range(last + 1):
        release.share("one place", "Place 0", f"Kind {j}", release.mask(d0=0, d1=j), release.mask(d0=0))
    return release


def worked_out(release: Release, policy: Policy) -> list[str]:
    """Return the withheld numbers that have only one value in all solutions."""
    disclosed = apply_policy(release.frame(), policy).rows
    assert len(disclosed) == len(release.forms)
    truth = release.cells.ravel().astype(float)
    matrix, right, targets = [], [], []
    for k, row in enumerate(disclosed.itertuples()):
        form, base = release.forms[k], release.bases[k]
        if row.disclosure == "[c]":
            # A share can be worked out where its count and its n can; a mean where its n can.
            targets.append((k, [f for f in (form if form.any() else None, base) if f is not None]))
            continue
        count = (
            row.value * row.n if row.statistic in ("share", "response_rate") and row.value > 0 else row.value
        )  # 0 of an n withheld is 0
        if row.statistic != "mean":
            matrix.append(form)
            right.append(round(count))
        if base is not None and row.n == row.n:
            matrix.append(base)
            right.append(round(row.n))
    solutions = [truth]
    found = []
    for k, forms in targets:
        if all(is_known(form, matrix, right, solutions) for form in forms):
            row = disclosed.iloc[k]
            found.append(f"{row.output} / {row.group} / {row.term} / {row.statistic}")
    return found


def is_known(form: np.ndarray, matrix: list[np.ndarray], right: list[int], solutions: list[np.ndarray]) -> bool:
    """Return whether a sum of cells has one value in all solutions; solutions found on the way are kept."""
    truth = solutions[0]
    for sign in (-1.0, 1.0):
        if any(abs(form @ (s - truth)) > 0.5 for s in solutions):
            return False
        solutions.append(solve(sign * form, matrix, right, truth))
    return not any(abs(form @ (s - truth)) > 0.5 for s in solutions)


def solve(cost: np.ndarray, matrix: list[np.ndarray], right: list[int], truth: np.ndarray) -> np.ndarray:
    constraints = [LinearConstraint(np.array(matrix), np.array(right) - 1e-6, np.array(right) + 1e-6)] if matrix else []
    bounds = Bounds(np.zeros(truth.size), np.full(truth.size, truth.sum() + 500))
    found = milp(cost, constraints=constraints, bounds=bounds, integrality=np.ones(truth.size))
    assert found.x is not None, "the truth solves the sums"
    return np.round(found.x)


POLICIES = [Policy(threshold=5), Policy(threshold=8, zeros="withheld"), Policy(threshold=3)]


@pytest.mark.parametrize("seed", range(36))
def test_no_withheld_cell_of_a_cross_table_can_be_worked_out(seed: int) -> None:
    rng = np.random.default_rng(seed)
    shape = (int(rng.integers(2, 5)), int(rng.integers(2, 5)))
    release = cross_table(rng, shape, float(rng.choice([2.0, 6.0, 15.0])))
    assert worked_out(release, POLICIES[seed % 3]) == []


@pytest.mark.parametrize("seed", range(30))
def test_nor_with_shares_and_means_of_the_same_practices_in_other_tables(seed: int) -> None:
    rng = np.random.default_rng(1000 + seed)
    shape = (int(rng.integers(2, 5)), int(rng.integers(2, 4)))
    release = overlapping_tables(rng, shape, float(rng.choice([3.0, 8.0, 15.0])))
    assert worked_out(release, POLICIES[seed % 3]) == []


@pytest.mark.parametrize("seed", range(14))
def test_nor_with_three_tables_that_share_margins(seed: int) -> None:
    rng = np.random.default_rng(2000 + seed)
    shape = tuple(int(k) for k in rng.integers(2, 4, size=3))
    release = three_ways(rng, shape, float(rng.choice([2.0, 5.0, 10.0])))
    assert worked_out(release, POLICIES[seed % 3]) == []


@pytest.mark.parametrize("make", [response_tables, merged_kinds])
@pytest.mark.parametrize("seed", range(12))
def test_nor_with_a_part_of_those_asked_nor_with_kinds_that_are_one_elsewhere(make, seed: int) -> None:
    rng = np.random.default_rng(5000 + seed)
    shape = (int(rng.integers(2, 5)), int(rng.integers(2, 4)))
    release = make(rng, shape, float(rng.choice([1.5, 4.0, 10.0, 25.0])))
    assert worked_out(release, POLICIES[seed % 3]) == []


@pytest.mark.slow
@pytest.mark.parametrize("block", range(4))
def test_nor_in_any_of_two_hundred_tables_of_response(block: int) -> None:
    rng = np.random.default_rng(6000 + block)
    failures = []
    for k in range(50):
        shape = (int(rng.integers(2, 5)), int(rng.integers(2, 4)))
        make = merged_kinds if k % 2 else response_tables
        release = make(rng, shape, float(rng.choice([1.5, 4.0, 10.0, 25.0])))
        failures += worked_out(release, POLICIES[(block + k) % 3])
        failures += Intruder(release.frame()).told_of_each(apply_policy(release.frame(), "board"))
    assert failures == []


@pytest.mark.slow
@pytest.mark.parametrize("block", range(10))
def test_nor_in_any_of_two_thousand_tables(block: int) -> None:
    rng = np.random.default_rng(3000 + block)
    failures = []
    for _ in range(100):
        shape = (int(rng.integers(2, 4)), int(rng.integers(2, 4)))
        for make in (cross_table, overlapping_tables):
            failures += worked_out(make(rng, shape, float(rng.choice([2.0, 5.0, 12.0]))), POLICIES[block % 3])
    assert failures == []


def test_the_intruder_does_find_what_primary_suppression_alone_would_leave_open() -> None:
    """Without this the tests above could pass because the intruder is blind."""
    rng = np.random.default_rng(7)
    release = cross_table(rng, (3, 3), 6.0)
    release.cells[:] = [[20, 3, 9], [11, 14, 10], [16, 12, 8]]
    release.rows, release.forms, release.bases = [], [], []
    matrix, right = [], []
    for i, j in itertools.product(range(3), range(3)):
        if (i, j) != (0, 1):
            matrix.append(release.mask(d0=i, d1=j))
            right.append(int(release.cells[i, j]))
    matrix.append(release.mask(d0=0))
    right.append(int(release.cells[0].sum()))
    truth = release.cells.ravel().astype(float)
    target = release.mask(d0=0, d1=1)
    ends = {float(target @ solve(sign * target, matrix, right, truth)) for sign in (-1.0, 1.0)}
    assert ends == {3.0}


MADE = (cross_table, overlapping_tables, response_tables, merged_kinds)
HELD = [("public",), ("opensafely",), ("board", "public"), ("board", "opensafely"), ("nhs_fft", "uk_llc", "acro"),
        ("nhs_england", "public")]  # fmt: skip


def solved(release: Release, names: tuple[str, ...]) -> list[str]:
    """What a reader of several editions of one release, rounded ones among them, can work out."""
    rows = release.frame()
    intruder = Intruder(rows)
    withheld = [set(intruder.learn(apply_policy(rows, name))) for name in names]
    return intruder.worked_out(set.intersection(*withheld))


@pytest.mark.parametrize("names", HELD, ids=" and ".join)
def test_nor_with_rounded_tables_nor_with_several_editions_at_once(names: tuple[str, ...]) -> None:
    rng = np.random.default_rng(17)
    for _ in range(12):
        shape = (int(rng.integers(2, 5)), int(rng.integers(2, 4)))
        make = MADE[int(rng.integers(len(MADE)))]
        assert solved(make(rng, shape, float(rng.choice([4.0, 9.0, 20.0]))), names) == []


@pytest.mark.parametrize("name", ["board", "opensafely", "nhs_fft"])
def test_no_zero_is_shown_that_tells_the_same_of_each_of_a_few(name: str) -> None:
    rng = np.random.default_rng(29)
    for make in (cross_table, overlapping_tables) * 6:
        rows = make(rng, (int(rng.integers(2, 5)), int(rng.integers(2, 4))), float(rng.choice([1.0, 3.0]))).frame()
        assert Intruder(rows).told_of_each(apply_policy(rows, name)) == []


@pytest.mark.slow
@pytest.mark.parametrize("block", range(5))
def test_nor_in_any_of_two_hundred_releases_of_several_editions(block: int) -> None:
    rng = np.random.default_rng(4000 + block)
    failures = []
    for k in range(40):
        shape = (int(rng.integers(2, 4)), int(rng.integers(2, 4)))
        make = MADE[k % len(MADE)]
        failures += solved(make(rng, shape, float(rng.choice([3.0, 8.0, 20.0]))), HELD[(block + k) % len(HELD)])
    assert failures == []
