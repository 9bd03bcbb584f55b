"""Secondary suppression: withhold as many more numbers as it takes that no withheld one can be worked out.

The problem is that of the intruder who writes down every released sum with the withheld numbers as unknowns: see
Willenborg and de Waal (2001), Elements of Statistical Disclosure Control, chapter 6.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Set

import numpy as np
from scipy.optimize import Bounds, LinearConstraint, milp
from scipy.sparse import csr_array

from resilience_stats.disclosure.cells import Equation, Key, System
from resilience_stats.errors import DisclosureError


def extend(
    system: System,
    withheld: Set[Key],
    *,
    threshold: int,
    zeros: str,
    cleared: set[Key] | None = None,
) -> frozenset[Key]:
    """Return `withheld` and whatever else must go with it.

    Parameters
    ----------
    system : System
        The numbers and their sums.
    withheld : set of keys
        Printed numbers that are not to be shown.
    threshold : int
        Two withheld parts of a shown total must add up to at least this.
    zeros : str
        "shown": a reader knows that a withheld number is not 0.
    cleared : set, optional
        Remembers between calls which numbers cannot be worked out: as more is withheld, they never can be.

    Notes
    -----
    Two steps, repeated until neither finds anything. (1) In each sum with something to hide, the smallest of the
    shown parts goes (at last the total) until at least two numbers are unknown and the unknown parts leave room: their
    sum is above the least that the reader knows it to be, by the threshold less 2 (two parts then add up to the
    threshold), and by 1 at least (ten parts of 1 that add up to 10 are all known). (2) Whole-number programmes look
    for a second solution of all the sums together in which a withheld number differs from its true value; where there
    is none the number can be worked out, and a neighbour goes too. Where zeros are shown none is hidden for a number
    above 0 (it would be worked out again), but one is for a zero that says the same of each of a few.

    Examples
    --------
    >>> from resilience_stats.disclosure.cells import build_system
    >>> from resilience_stats.results.rows import make_rows
    >>> system = build_system(make_rows("a", "b", group=["N", "S", "W", "All"], term="t", value=[3, 9, 20, 32]))
    >>> sorted(key[1] for key in extend(system, {("x", "N", "t", 3)}, threshold=5, zeros="shown"))
    ['N', 'S']
    """
    hidden = set(withheld)
    secret = {key for key in system.unprinted if is_small(system.values[key], threshold, zeros)}
    cleared = set() if cleared is None else cleared
    while True:
        _fill(system, hidden, secret, threshold, zeros)
        solved = _solved(system, hidden, secret, zeros, cleared)
        if not solved:
            return frozenset(hidden)
        anyway = _known_anyway(system, solved, zeros)
        cleared.update(anyway)  # withholding more would not help
        rest = [key for key in solved if key not in anyway]
        if rest and not _hide_neighbour(system, hidden, rest[0], zeros):
            cleared.update(rest)


def is_small(number: int, threshold: int, zeros: str) -> bool:
    """Return whether a number must not be shown.

    Examples
    --------
    >>> is_small(4, 5, "shown"), is_small(0, 5, "shown"), is_small(0, 5, "withheld")
    (True, False, True)
    """
    return 0 < number < threshold or (number == 0 and zeros == "withheld" and threshold > 0)


def _fill(system: System, hidden: set[Key], secret: set[Key], threshold: int, zeros: str) -> None:
    least = _least(system, system.values, zeros)
    room = max(1, threshold - 2)
    changed = True
    while changed:
        changed = False
        for equation in system.equations:
            while _needs_more(equation, system, hidden, secret, least, room):
                choice = _cheapest(equation.members(), system, hidden, zeros, equation.total)
                if choice is None:
                    break
                hidden.add(choice)
                changed = True


def _needs_more(
    equation: Equation, system: System, hidden: set[Key], secret: set[Key], least: Mapping[Key, int], room: int
) -> bool:
    members = equation.members()
    if not any(key in hidden or key in secret for key in members):
        return False
    unknown = [key for key in equation.parts if key in hidden or key in system.unprinted]
    if equation.total in hidden:
        return not unknown
    return len(unknown) < 2 or sum(system.values[key] - least[key] for key in unknown) < room


def _cheapest(
    members: Iterable[Key], system: System, hidden: set[Key], zeros: str, total: Key | None = None
) -> Key | None:
    shown = [key for key in members if key not in hidden and key not in system.unprinted]
    if zeros == "shown":
        shown = [key for key in shown if system.values[key] > 0]
    # Parts before the total, small before large.
    return min(shown, key=lambda key: (key == total, system.values[key], system.order[key]), default=None)


def _hide_neighbour(system: System, hidden: set[Key], solved: Key, zeros: str) -> bool:
    around = [equation for equation in system.equations if solved in equation.members()]
    reached = {key for equation in around for key in equation.members()}
    near = {key for equation in system.equations if reached & set(equation.members()) for key in equation.members()}
    connected = next(c for c in components(system.equations, set(system.values)) if around[0] in c)
    # A withheld zero is covered by zeros beside it alone: of numbers above 0, all would go and it would still be told.
    may_go = "withheld" if system.values[solved] == 0 else zeros
    for members in (reached, near, {key for equation in connected for key in equation.members()}):
        choice = _cheapest(members, system, hidden, may_go)
        if choice is not None:
            hidden.add(choice)
            return True
    return False


def _solved(system: System, hidden: set[Key], secret: set[Key], zeros: str, cleared: set[Key]) -> list[Key]:
    unknown = hidden | system.unprinted
    for component in components(system.equations, unknown):
        keys = {key for equation in component for key in equation.members() if key in unknown}
        targets = sorted(((keys & hidden) | (keys & secret)) - cleared, key=system.order.__getitem__)
        if targets:
            solved = solvable(component, system.values, targets, _least(system, keys, zeros), cleared)
            if solved:
                return solved
    return []


def _known_anyway(system: System, targets: list[Key], zeros: str) -> set[Key]:
    """Return the numbers that could be worked out even if every printed number were withheld."""
    known: set[Key] = set()
    for component in components(system.equations, set(system.values)):
        keys = {key for equation in component for key in equation.members()}
        inside = [key for key in targets if key in keys]
        if inside:
            known.update(solvable(component, system.values, inside, _least(system, keys, zeros), set()))
    return known


def _least(system: System, keys: Iterable[Key], zeros: str) -> dict[Key, int]:
    printed_zero = zeros == "shown"
    ordered = sorted(keys, key=system.order.__getitem__)
    return {key: int(printed_zero and key not in system.unprinted and system.values[key] > 0) for key in ordered}


def components(equations: Iterable[Equation], unknown: Set[Key]) -> list[list[Equation]]:
    """Return the sums in sets that share no unknown number."""
    held = [equation for equation in equations if any(key in unknown for key in equation.members())]
    parent: dict[Key, Key] = {}

    def find(key: Key) -> Key:
        """The head of the component that `key` belongs to."""
        while parent.setdefault(key, key) != key:
            parent[key] = parent[parent[key]]
            key = parent[key]
        return key

    for equation in held:
        keys = [key for key in equation.members() if key in unknown]
        for key in keys[1:]:
            parent[find(key)] = find(keys[0])
    sets: dict[Key, list[Equation]] = defaultdict(list)
    for equation in held:
        first = next(key for key in equation.members() if key in unknown)
        sets[find(first)].append(equation)
    return list(sets.values())


def solvable(
    equations: list[Equation],
    values: Mapping[Key, int],
    targets: list[Key],
    least: Mapping[Key, int],
    cleared: set[Key],
) -> list[Key]:
    """Return those of `targets` that have one value only in all whole-number solutions of the sums.

    Parameters
    ----------
    equations : list of Equation
        The released sums.
    values : mapping of key to int
        The true numbers: those not in `least` are known to the reader.
    least : mapping of key to int
        For each unknown, the smallest value that the reader knows it may have.
    cleared : set of keys
        Grows by every number that is found to have a second value.

    Notes
    -----
    The truth is one solution. First other solutions are sought in random directions, which clear most numbers at once;
    then, for each target that is left, the largest and the smallest value it can have.
    """
    keys = list(least)
    place = {key: j for j, key in enumerate(keys)}
    truth = np.array([values[key] for key in keys], dtype=float)
    matrix, right = _sums(equations, values, place)
    floor = np.array(list(least.values()), dtype=float)
    constraint = LinearConstraint(matrix, right, right)

    def clear(cost: np.ndarray, reach: float) -> None:
        """Take up every number that another solution within `reach` of the truth, found along `cost`, changes."""
        bounds = Bounds(np.maximum(floor, truth - reach), truth + reach)
        found = milp(cost, constraints=constraint, bounds=bounds, integrality=np.ones(len(keys)))
        if found.x is None:
            raise DisclosureError("the sums of the released numbers contradict each other", where="apply_policy")
        cleared.update(keys[j] for j in np.flatnonzero(np.abs(found.x - truth) > 0.5))

    rng, left = np.random.default_rng(0), targets  # the same directions on every run
    while len(left) > 4:
        cost, columns = np.zeros(len(keys)), [place[key] for key in left]
        cost[columns] = rng.choice([-1.0, 1.0], size=len(columns))
        clear(cost, 2.0)  # small steps let many numbers move at once
        before, left = len(left), [key for key in left if key not in cleared]
        if len(left) > 0.9 * before:
            break
    for target in targets:
        for sign in (-1.0, 1.0):
            if target not in cleared:
                clear(sign * np.eye(1, len(keys), place[target])[0], truth.sum() + 1e4)
    return [target for target in targets if target not in cleared]


def _sums(
    equations: list[Equation], values: Mapping[Key, int], place: Mapping[Key, int]
) -> tuple[csr_array, np.ndarray]:
    row, column, weight = [], [], []
    right = np.zeros(len(equations))
    for i, equation in enumerate(equations):
        for key, sign in [*((part, 1.0) for part in equation.parts), (equation.total, -1.0)]:
            if key in place:
                row.append(i)
                column.append(place[key])
                weight.append(sign)
            else:
                right[i] -= sign * values[key]
    return csr_array((weight, (row, column)), shape=(len(equations), len(place))), right
