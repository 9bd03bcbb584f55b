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
    checked: set[frozenset[Key]] | None = None,
) -> frozenset[Key]:
    """Return `withheld` and whatever else must go with it.

    Parameters
    ----------
    system : System
        The numbers and their sums.
    withheld : set of keys
        Printed numbers that are not to be shown.
    threshold : int
        The withheld parts of a shown total must add up to at least this.
    zeros : str
        "shown": a reader knows that a withheld number is not 0.
    checked : set, optional
        Remembers between calls which sets of unknowns cannot be solved.

    Notes
    -----
    Two steps, repeated until neither finds anything. (1) In each sum with something to hide, the smallest of the
    shown parts goes (at last the total) until at least two numbers are unknown and the unknown parts add up to the
    threshold. (2) Whole-number programmes look for a second solution of all the sums together in which a withheld
    number differs from its true value; where there is none the number can be worked out, and a neighbour goes too.

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
    checked = set() if checked is None else checked
    while True:
        _fill(system, hidden, secret, threshold)
        solved = _first_solved(system, hidden, secret, zeros, checked)
        if solved is None:
            return frozenset(hidden)
        if not _hide_neighbour(system, hidden, solved):
            return frozenset(hidden)


def is_small(number: int, threshold: int, zeros: str) -> bool:
    """Return whether a number must not be shown.

    Examples
    --------
    >>> is_small(4, 5, "shown"), is_small(0, 5, "shown"), is_small(0, 5, "withheld")
    (True, False, True)
    """
    return 0 < number < threshold or (number == 0 and zeros == "withheld" and threshold > 0)


def _fill(system: System, hidden: set[Key], secret: set[Key], threshold: int) -> None:
    changed = True
    while changed:
        changed = False
        for equation in system.equations:
            while _needs_more(equation, system, hidden, secret, threshold):
                choice = _cheapest(equation.members(), system, hidden, equation.total)
                if choice is None:
                    break
                hidden.add(choice)
                changed = True


def _needs_more(equation: Equation, system: System, hidden: set[Key], secret: set[Key], threshold: int) -> bool:
    members = equation.members()
    if not any(key in hidden or key in secret for key in members):
        return False
    unknown = [key for key in equation.parts if key in hidden or key in system.unprinted]
    if equation.total in hidden:
        return not unknown
    return len(unknown) < 2 or sum(system.values[key] for key in unknown) < threshold


def _cheapest(members: Iterable[Key], system: System, hidden: set[Key], total: Key | None) -> Key | None:
    shown = [key for key in members if key not in hidden and key not in system.unprinted]
    # Parts before the total, true numbers before zeros (a zero hides nothing), small before large.
    shown.sort(key=lambda key: (key == total, system.values[key] == 0, system.values[key], system.order[key]))
    return shown[0] if shown else None


def _hide_neighbour(system: System, hidden: set[Key], solved: Key) -> bool:
    around = [equation for equation in system.equations if solved in equation.members()]
    reached = {key for equation in around for key in equation.members()}
    near = {key for equation in system.equations if reached & set(equation.members()) for key in equation.members()}
    for members in (reached, near, system.values):
        choice = _cheapest(members, system, hidden, None)
        if choice is not None:
            hidden.add(choice)
            return True
    return False


def _first_solved(
    system: System, hidden: set[Key], secret: set[Key], zeros: str, checked: set[frozenset[Key]]
) -> Key | None:
    unknown = hidden | system.unprinted
    for component in components(system.equations, unknown):
        keys = frozenset(key for equation in component for key in equation.members() if key in unknown)
        targets = sorted((keys & hidden) | (keys & secret), key=system.order.__getitem__)
        mark = keys | frozenset(targets)
        if not targets or mark in checked:
            continue
        solved = solvable(component, system.values, unknown, targets, least=_least(system, keys, zeros))
        if solved:
            return solved[0]
        checked.add(mark)
    return None


def _least(system: System, keys: Iterable[Key], zeros: str) -> dict[Key, int]:
    printed_zero = zeros == "shown"
    return {key: int(printed_zero and key not in system.unprinted and system.values[key] > 0) for key in keys}


def components(equations: Iterable[Equation], unknown: Set[Key]) -> list[list[Equation]]:
    """Return the sums in sets that share no unknown number."""
    held = [equation for equation in equations if any(key in unknown for key in equation.members())]
    parent: dict[Key, Key] = {}

    def find(key: Key) -> Key:
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
    unknown: Set[Key],
    targets: list[Key],
    *,
    least: Mapping[Key, int],
) -> list[Key]:
    """Return those of `targets` that have one value only in all whole-number solutions of the sums.

    Parameters
    ----------
    equations : list of Equation
        The released sums.
    values : mapping of key to int
        The true numbers: the shown ones are known to the reader.
    unknown : set of keys
        Numbers that the reader does not see.
    least : mapping of key to int
        The smallest value that the reader knows each may have.

    Notes
    -----
    The truth is one solution. For each target the largest and then the smallest value is sought by a whole-number
    programme; every number that differs from the truth in a solution found on the way is cleared too.
    """
    keys = list(dict.fromkeys(key for equation in equations for key in equation.members() if key in unknown))
    place = {key: j for j, key in enumerate(keys)}
    truth = np.array([values[key] for key in keys], dtype=float)
    matrix, right = _sums(equations, values, place)
    bounds = Bounds(np.array([least.get(key, 0) for key in keys], dtype=float), np.full(len(keys), truth.sum() + 1e4))
    constraint = LinearConstraint(matrix, right, right)
    cleared = np.zeros(len(keys), dtype=bool)
    for target in targets:
        for sign in (-1.0, 1.0):
            if cleared[place[target]]:
                break
            cost = np.zeros(len(keys))
            cost[place[target]] = sign
            found = milp(cost, constraints=constraint, bounds=bounds, integrality=np.ones(len(keys)))
            if found.x is None:
                raise DisclosureError("the sums of the released numbers contradict each other", where="apply_policy")
            cleared |= np.abs(found.x - truth) > 0.5
    return [target for target in targets if not cleared[place[target]]]


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
