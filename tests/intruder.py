"""An intruder with every released number of several editions in hand, written apart from the package.

Unknowns are whole numbers of people. What the intruder knows: which printed numbers are the same people, which add up
(found from the truth, so that no sum is overlooked), what each edition prints of them, and the editions' rules. A
whole-number programme then gives the smallest and the largest value that each withheld number can have.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Mapping

import numpy as np
import pandas as pd
from scipy.optimize import Bounds, LinearConstraint, milp
from scipy.sparse import csr_array

from resilience_stats.disclosure import DisclosedFrame, statistic

Name = tuple[str, ...]
Sum = tuple[Name, tuple[Name, ...]]
KEY = ["chapter", "output", "group", "term", "statistic"]
_MARGINS = {"", "All"}
_UNKNOWN = ("Not known", "No rating")
_FAR = 10_000


class Intruder:
    """What can be known of the numbers behind some rows."""

    def __init__(self, rows: pd.DataFrame) -> None:
        self.rows = rows.drop_duplicates().reset_index(drop=True)
        self.truth: dict[Name, int] = {}
        self.number: dict[int, Name] = {}
        self.base: dict[int, Name] = {}
        self.sums: list[Sum] = []
        for i, row in enumerate(self.rows.itertuples()):
            self._read(i, row)
        self._tables(["chapter", "output", "statistic", "term"], "group", self.number)
        across = len(self.sums)
        self._tables(["chapter", "output", "statistic", "group"], "term", self.number)
        self._options()
        self.groups = self.sums[across:]
        self._tables(["chapter", "output", "statistic", "term"], "group", self.base)
        self._counted_bases()
        self._unknown()
        self._stages()
        self.low: dict[Name, int] = {}
        self.high: dict[Name, int] = {}

    def _read(self, i: int, row: object) -> None:
        kind, value, n = statistic(row.statistic).kind, row.value, row.n
        labels = sorted({row.group, row.term} - _MARGINS)
        if kind in ("count", "share", "mean", "answers", "coefficient", "fit", "p_value") and n == n:
            self.base[i] = self._name("n", row.group if row.group not in _MARGINS else "", round(n))
        if isinstance(value, str) or value is None or value != value:
            return
        if kind == "count":
            self.number[i] = self._name(*labels, number=round(value))
        elif kind == "share" and n == n:
            self.number[i] = self._name(*labels, number=round(value * n))

    def _name(self, *labels: object, number: int | None = None) -> Name:
        if number is None:
            *labels, number = labels
        name = (*map(str, labels), str(number))
        self.truth[name] = int(number)
        return name

    def _add(self, total: Name, parts: Iterable[Name]) -> None:
        held = tuple(sorted(set(parts) - {total}))
        if held:
            self.sums.append((total, held))

    def _tables(self, fixed: list[str], over: str, names: Mapping[int, Name]) -> None:
        held = self.rows.loc[list(names)]
        for _, family in held.groupby(fixed, sort=False):
            margin = [i for i in family.index if family.at[i, over] in _MARGINS]
            parts = [i for i in family.index if i not in margin]
            whole = sum(self.truth[names[i]] for i in parts)
            for i in margin:
                if len(parts) > 1 and whole == self.truth[names[i]]:
                    self._add(names[i], [names[j] for j in parts])
            if not margin and len(parts) > 2:
                biggest = max(parts, key=lambda i: self.truth[names[i]])
                if 2 * self.truth[names[biggest]] == whole and self.truth[names[biggest]] >= 20:
                    self._add(names[biggest], [names[j] for j in parts if j != biggest])

    def _options(self) -> None:
        """Options that add up to n, the rest of a share, and declared parts."""
        held = self.rows.loc[list(self.number)]
        for _, family in held.groupby(["chapter", "output", "statistic", "group"], sort=False):
            parts = [i for i in family.index if family.at[i, "term"] not in _MARGINS]
            bases = {self.base.get(i) for i in parts}
            if len(bases) == 1 and None not in bases:
                (base,) = bases
                if len(parts) > 1 and sum(self.truth[self.number[i]] for i in parts) == self.truth[base]:
                    self._add(base, [self.number[i] for i in parts])
            for whole in set(family["part_of"]) - {""}:
                total = [self.number[i] for i in family.index if family.at[i, "term"] == whole]
                own = [self.number[i] for i in family.index if family.at[i, "part_of"] == whole]
                if total and sum(self.truth[name] for name in own) <= self.truth[total[0]]:
                    self._remainder(total[0], own)
        for i, name in self.number.items():
            base = self.base.get(i)
            if base and statistic(self.rows.at[i, "statistic"]).kind == "share":
                self._remainder(base, [name])

    def _remainder(self, total: Name, parts: list[Name]) -> None:
        rest = self.truth[total] - sum(self.truth[name] for name in set(parts) - {total})
        if rest >= 0:
            left = ("left of", *total, *parts[0])
            self.truth[left] = rest
            self._add(total, [*parts, left])

    def _counted_bases(self) -> None:
        """A count of a whole group is the n of that group."""
        for i, name in self.number.items():
            group = self.rows.at[i, "group"]
            base = ("n", "" if group in _MARGINS else group, str(self.truth[name]))
            if base in self.truth and self.rows.at[i, "term"] in _MARGINS:
                self._add(base, [name])

    def _unknown(self) -> None:
        """Of whom something is not known, and the n of whatever is said of the others, make the whole."""
        bases = [name for name in self.truth if name[0] == "n" and not name[1]]
        table = {i: tuple(self.rows.loc[i, ["chapter", "output", "statistic"]]) for i in self.number}
        wholes = {table[i]: name for i, name in self.number.items() if not self._told(i) - _MARGINS}
        for i, name in self.number.items():
            told = self._told(i) - _MARGINS
            if len(told) == 1 and any(text.startswith(_UNKNOWN) for text in told):
                for whole in {self.base.get(i), wholes.get(table[i])} - {None}:
                    for base in bases:
                        if self.truth[base] + self.truth[name] == self.truth[whole]:
                            self._add(whole, [name, base])

    def _stages(self) -> None:
        """Those asked, and those that answered, are the same people in the flow and in every table of response."""
        for i, name in self.number.items():
            if self.rows.at[i, "statistic"] == "stage":
                base = ("n", "", str(self.truth[name]))
                if base in self.truth:
                    self._add(base, [name])
                for j, other in self.number.items():
                    whole = self.rows.at[j, "statistic"] in ("asked", "responded") and not self._told(j) - _MARGINS
                    if whole and self.truth[name] == self.truth[other]:
                        self._add(name, [other])

    def _told(self, i: int) -> set[str]:
        return {self.rows.at[i, "group"], self.rows.at[i, "term"]}

    def learn(self, released: DisclosedFrame) -> dict[int, bool]:
        """Take in one edition; return for each row of a number whether it is withheld there."""
        shown = released.rows.drop_duplicates(KEY).set_index(KEY)
        policy, withheld = released.policy, {}
        self._count_lists(released.rows)
        for i, key in enumerate(self.rows[KEY].itertuples(index=False, name=None)):
            if key not in shown.index:
                continue
            row = shown.loc[key]
            name, base = self.number.get(i), self.base.get(i)
            if row["disclosure"] == "[c]":
                if name is not None:
                    withheld[i] = True
                    if policy.zeros == "shown" and self.truth[name]:  # a zero of a few is withheld with their number
                        self._bound(name, 1, _FAR)
                continue
            n = row["n"]
            if base is not None and n == n:
                self._printed(base, n, policy)
            if name is None:
                continue
            if statistic(key[-1]).kind == "count":
                self._printed(name, float(row["value"]), policy)
            elif row["value"] == 0:
                self._printed(name, 0.0, policy)
            elif n == n:
                self._printed(name, round(float(row["value"]) * n, 6), policy)
        return withheld

    def _count_lists(self, shown: pd.DataFrame) -> None:
        """A list of practices need only be counted, and the highest number of a pseudonym read, withheld or not."""
        single = shown[shown["statistic"].map(lambda name: statistic(name).kind == "score")]
        lists = [part["term"].nunique() for _, part in single.groupby(["chapter", "output"])]
        named = shown[["group", "term"]].stack().astype(str).str.extract(r"Practice (\d{3,})$")[0].dropna()
        for number in {*lists, *([int(named.max())] if len(named) else [])}:
            name = ("n", "", str(number))
            if name in self.truth:
                self._bound(name, number, number)

    def _printed(self, name: Name, value: float, policy: object) -> None:
        number = round(value)
        if policy.rounding_base <= 1:
            self._bound(name, number, number)
            return
        # A total is the sum of its rounded parts, also where it stands under another name: it may lie further from the
        # truth than half a base.
        same = self.truth[name]
        parts = max([1, *(len(parts) for total, parts in self.sums if self.truth[total] == same)])
        reach = (policy.rounding_base // 2 + (policy.threshold > policy.rounding_base)) * parts
        self._bound(name, max(policy.threshold, number - reach) if number else 0, number + reach)

    def _bound(self, name: Name, low: int, high: int) -> None:
        assert low <= self.truth[name] <= high, (name, low, high)
        self.low[name] = max(low, self.low.get(name, 0))
        self.high[name] = min(high, self.high.get(name, _FAR))

    def told_of_each(self, released: DisclosedFrame) -> list[str]:
        """Return the zeros shown of a group below the threshold: each of those few is known not to be counted there."""
        shown = released.rows.drop_duplicates(KEY).set_index(KEY)["disclosure"].ne("[c]")
        wholes: dict[Name, list[int]] = defaultdict(list)
        for total, parts in self.groups:
            for part in parts:
                wholes[part].append(self.truth[total])
        told = []
        for i, key in enumerate(self.rows[KEY].itertuples(index=False, name=None)):
            name = self.number.get(i)
            if name is not None and not self.truth[name] and shown.get(key, False):
                sizes = [*wholes[name], *([self.truth[self.base[i]]] if i in self.base else [])]
                nobody = any(not self.truth[total] and name in parts for total, parts in self.sums if len(parts) > 1)
                if not nobody and any(0 < size < released.policy.threshold for size in sizes):
                    told.append(" / ".join(key))
        return told

    def worked_out(self, withheld: Iterable[int]) -> list[str]:
        """Return the withheld rows that can be worked out: a count where it can, a share where its n can as well."""
        needs = {i: [self.number[i]] for i in withheld}
        for i, names in needs.items():
            if statistic(self.rows.at[i, "statistic"]).kind == "share":
                names.append(self.base[i])
        known = set(self.known({name for names in needs.values() for name in names}))
        return [" / ".join(self.rows.loc[i, KEY]) for i, names in needs.items() if known.issuperset(names)]

    def known(self, targets: Iterable[Name]) -> list[Name]:
        """Return those of some numbers that can have one value only."""
        free = {name for name in self.truth if self.low.get(name, 0) < self.high.get(name, _FAR)}
        wanted, found = set(targets), []
        for name in sorted(wanted - free):
            found.append(name)
        for part in self._components(free):
            names = sorted({n for total, parts in part for n in (total, *parts)} & free)
            found += self._solve(part, names, [n for n in names if n in wanted])
        return found

    def _components(self, free: set[Name]) -> list[list[Sum]]:
        parent: dict[Name, Name] = {}

        def root(name: Name) -> Name:
            while parent.setdefault(name, name) != name:
                parent[name] = parent[parent[name]]
                name = parent[name]
            return name

        held = [(total, parts) for total, parts in dict.fromkeys(self.sums) if free & {total, *parts}]
        for total, parts in held:
            first, *rest = free & {total, *parts}
            for name in rest:
                parent[root(name)] = root(first)
        sets: dict[Name, list[Sum]] = defaultdict(list)
        for total, parts in held:
            sets[root(next(iter(free & {total, *parts})))].append((total, parts))
        return list(sets.values())

    def _solve(self, sums: list[Sum], names: list[Name], targets: list[Name]) -> list[Name]:
        place, lines, right = {name: j for j, name in enumerate(names)}, [], []
        for total, parts in sums:
            line, known = np.zeros(len(names)), 0
            for name, sign in [(total, -1), *((p, 1) for p in parts)]:
                if name in place:
                    line[place[name]] += sign
                else:
                    known -= sign * self.truth[name]
            lines.append(line)
            right.append(known)
        matrix = csr_array(np.array(lines))
        bounds = Bounds([self.low.get(n, 0) for n in names], [self.high.get(n, _FAR) for n in names])
        constraint = LinearConstraint(matrix, np.array(right) - 1e-6, np.array(right) + 1e-6)
        moved: set[Name] = set()
        found = []
        for target in targets:
            for sign in (1.0, -1.0):
                if target in moved:
                    break
                cost = sign * np.eye(1, len(names), place[target])[0]
                best = milp(cost, constraints=constraint, bounds=bounds, integrality=np.ones(len(names)))
                assert best.x is not None, "the truth solves the sums"
                moved |= {n for n in names if not math.isclose(best.x[place[n]], self.truth[n], abs_tol=0.5)}
            if target not in moved:
                found.append(target)
        return found
