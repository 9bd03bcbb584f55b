"""Rows as a system of whole numbers and sums: what a reader with all the rows in hand could add and subtract."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable, Iterable, Mapping
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from resilience_stats.disclosure.statistics import statistic
from resilience_stats.results.rows import TOTAL

Key = tuple[Hashable, ...]
#: Kinds that hold a number of people: directly, or as a share of n.
_NUMBERED = frozenset({"count", "share"})
#: Kinds whose n is a base that adds up over groups.
_BASED = frozenset({"count", "share", "mean", "answers", "coefficient", "p_value", "df", "fit", "fit_share"})
#: A single sum below this is not taken for a margin that nobody named.
_NOT_CHANCE = 20
#: Kinds whose n is that of a whole model: no secret, however few practices one of its effects rests on.
MODELLED = frozenset({"coefficient", "p_value"})
#: A number of those who got so far, in a flow chart.
_STAGE = "stage"
#: Begins the label, or the name in `cell`, of those of whom something is not known.
_UNKNOWN = "not known"
_MARGINS = frozenset({"all", "total", "overall"})


@dataclass(frozen=True, slots=True)
class Equation:
    """A total and the parts that add up to it."""

    total: Key
    parts: tuple[Key, ...]

    def members(self) -> tuple[Key, ...]:
        """Return the parts, then the total."""
        return (*self.parts, self.total)


@dataclass(frozen=True, slots=True, kw_only=True)
class System:
    """Every number of people behind the rows, and how they add up.

    Attributes
    ----------
    values : mapping of key to int
        The true numbers.
    equations : tuple of Equation
        In a fixed order.
    unprinted : frozenset of keys
        Numbers in no row, which follow from two that are: what is left of n, what is left of a total.
    number_of, base_of : mapping of int to key
        By position of the row: its count (or a share's numerator), and its n.
    order : mapping of key to int
        A fixed order of the numbers, which does not depend on the order of the rows.
    stages : mapping of key to set of keys
        Stages of a flow that other tables name too (how many were asked, how many answered), and the numbers that must
        go where a stage goes; one of them may go without it.
    of_group : frozenset of (part, whole)
        Numbers that count some of a group, and the number of the group.
    """

    values: Mapping[Key, int]
    equations: tuple[Equation, ...]
    unprinted: frozenset[Key]
    number_of: Mapping[int, Key]
    base_of: Mapping[int, Key]
    order: Mapping[Key, int]
    stages: Mapping[Key, frozenset[Key]] = field(default_factory=dict)
    of_group: frozenset[tuple[Key, Key]] = frozenset()


def build_system(rows: pd.DataFrame) -> System:
    """Return the numbers behind `rows` and their sums.

    Notes
    -----
    Two rows with the same group, term and number are one number, in whatever output they stand (or share a name in
    `cell`), and so are two margins of one label and number. Sums: over terms and over groups where a margin is labelled
    "All" (or "Total", "Overall"), or where one number equals the sum of the others; options that add up to n; parts
    declared in `part_of`; n over groups; what is left of n (the complement of a share); and the n of those of whom
    something is known with the number "Not known" (a label, or a name in `cell`, that begins so). A sum found by
    coincidence only withholds more.

    Examples
    --------
    >>> from resilience_stats.results.rows import make_rows
    >>> system = build_system(make_rows("a", "b", group=["N", "S", "All"], term="Practices", value=[3, 9, 12]))
    >>> len(system.equations)
    1
    """
    builder = _Builder(rows)
    builder.over("group", "term", builder.number_of)
    builder.over("term", "group", builder.number_of)
    builder.over("group", "term", builder.base_of)
    builder.options_of_a_base()
    builder.declared_parts()
    builder.complements()
    builder.bases_printed_as_counts()
    builder.known_bases()
    order = {key: place for place, key in enumerate(sorted(builder.values, key=repr))}
    equations = tuple(sorted(set(builder.equations), key=lambda e: [order[key] for key in e.members()]))
    return System(
        values=builder.values,
        equations=equations,
        unprinted=frozenset(builder.unprinted),
        number_of=builder.number_of,
        base_of=builder.base_of,
        order=order,
        stages=builder.same_as_stages(),
        of_group=frozenset(builder.of_group),
    )


def base_key(group: str, number: int) -> Key:
    """Return the name of an n that stands in a group; that of all is the same with and without the word "All".

    Examples
    --------
    >>> base_key("North", 12), base_key("All", 40) == base_key("", 40)
    (('n', 'North', 12), True)
    """
    return ("n", "" if _is_margin(group) else group, number)


def lists_of_practices(rows: pd.DataFrame) -> dict[tuple[str, ...], Key]:
    """Return the n that a reader gets by counting the lines of each list of single practices.

    Returns
    -------
    dict
        By chapter and output (the n of all), and by chapter, output and group.

    Examples
    --------
    >>> from resilience_stats.results.rows import make_rows
    >>> lists_of_practices(make_rows("a", "b", term=["E82001", "E82002"], statistic="score", value=[61.0, 74.0]))
    {('a', 'b'): ('n', '', 2), ('a', 'b', ''): ('n', '', 2)}
    """
    single = rows.loc[rows["statistic"].map(lambda name: statistic(name).kind == "score").astype(bool)]
    terms: dict[tuple[str, ...], set[str]] = defaultdict(set)
    for chapter, output, group, term in zip(*(single[c] for c in ("chapter", "output", "group", "term")), strict=True):
        for place in ((chapter, output), (chapter, output, group)):
            terms[place].add(term)
    return {place: base_key(place[2] if len(place) > 2 else "", len(held)) for place, held in terms.items()}


def practices_of(key: Key) -> int:
    """Return how many practices stand behind an n, 0 where that is not said.

    Examples
    --------
    >>> practices_of(("n", "North", 12, 3)), practices_of(("n", "North", 12))
    (3, 0)
    """
    return int(str(key[3])) if key[0] == "n" and len(key) > 3 else 0


class _Builder:
    """Collects numbers and sums; lives only inside `build_system`."""

    def __init__(self, rows: pd.DataFrame) -> None:
        self.values: dict[Key, int] = {}
        self.equations: list[Equation] = []
        self.unprinted: set[Key] = set()
        self.of_group: set[tuple[Key, Key]] = set()
        self.number_of: dict[int, Key] = {}
        self.base_of: dict[int, Key] = {}
        names = ("chapter", "output", "group", "term", "statistic", "part_of", "cell")
        self.text = {name: [str(v) for v in rows[name]] for name in names}
        self.kinds = [statistic(name).kind for name in self.text["statistic"]]
        value = pd.to_numeric(rows["value"], errors="coerce").to_numpy(dtype=float)
        n, practices = (rows[name].to_numpy(dtype=float) for name in ("n", "practices"))
        for i, kind in enumerate(self.kinds):
            if kind in _BASED and n[i] >= 0:
                self._name(self.base_of, i, self._base_key(i, round(n[i]), practices[i]), round(n[i]))
            number = value[i] if kind == "count" else value[i] * n[i] if kind == "share" else float("nan")
            if number >= 0:
                self._name(self.number_of, i, self._number_key(i, round(number)), round(number))

        for key in lists_of_practices(rows).values():
            self.values.setdefault(key, int(str(key[2])))

    def _name(self, store: dict[int, Key], i: int, key: Key, number: int) -> None:
        store[i] = key
        self.values[key] = number

    def _base_key(self, i: int, number: int, practices: float) -> Key:
        own = base_key(self.text["group"][i], number)
        if practices != practices or self.kinds[i] in MODELLED:
            return own
        # Few practices may stand behind many people: the same n is secret here, and not where more stand behind it.
        return (*own, round(practices))

    def _number_key(self, i: int, number: int) -> Key:
        if self.text["cell"][i]:
            return ("cell", self.text["cell"][i], number)
        # Whichever way round a table stands, and wherever its margin does, it is one number.
        labels = [text for text in (self.text["group"][i], self.text["term"][i]) if text and not _is_margin(text)]
        return ("x", *(sorted(labels) if len(labels) > 1 else [*labels, ""]), number)

    def _families(self, store: Mapping[int, Key], *names: str) -> list[list[int]]:
        families: dict[tuple[str, ...], list[int]] = defaultdict(list)
        for i in store:
            families[tuple(self.text[name][i] for name in names)].append(i)
        return [families[name] for name in sorted(families)]

    def over(self, varying: str, fixed: str, store: Mapping[int, Key]) -> None:
        """Add the sums over `varying` within each output, statistic and level of `fixed`."""
        for table in self._families(store, "chapter", "output", "statistic"):
            families: dict[str, list[int]] = defaultdict(list)
            for i in table:
                families[self.text[fixed][i]].append(i)
            named = {text for i in table if _is_margin(text := self.text[varying][i])}
            wholes = named or self._unnamed_margin(varying, list(families.values()), store)
            for family in families.values():
                margins = [i for i in family if self.text[varying][i] in wholes]
                parts = [i for i in family if i not in margins and not self.text["part_of"][i]]
                for margin in margins:
                    self._add(store[margin], [store[i] for i in parts], of_group=varying == "term")

    def _unnamed_margin(self, varying: str, families: list[list[int]], store: Mapping[int, Key]) -> set[str]:
        """Return the label that is the sum of the others throughout a table, if there is one.

        One small sum (1 + 2 = 3) may be chance: it takes several, or one of at least 20.
        """
        sums = []
        for family in families:
            numbers = [self.values[store[i]] for i in family]
            whole = family[int(np.argmax(numbers))]
            if len(family) < 3 or 2 * max(numbers) != sum(numbers):
                return set()
            sums.append((self.text[varying][whole], max(numbers)))
        labels = {label for label, _ in sums}
        told = len(sums) > 1 or (bool(sums) and sums[0][1] >= _NOT_CHANCE)
        return labels if len(labels) == 1 and told else set()

    def options_of_a_base(self) -> None:
        """Add "the answers to a question add up to those who answered it"."""
        for family in self._families(self.number_of, "chapter", "output", "statistic", "group"):
            parts = [i for i in family if not _is_margin(self.text["term"][i])]
            bases = {self.base_of.get(i) for i in parts}
            base = next(iter(bases)) if len(bases) == 1 else None
            numbers = [self.number_of[i] for i in parts]
            if (
                base is not None
                and len(numbers) > 1
                and sum(map(self.values.__getitem__, numbers)) == self.values[base]
            ):
                self._add(base, numbers, of_group=True)

    def declared_parts(self) -> None:
        """Add the sums declared in `part_of`."""
        for family in self._families(self.number_of, "chapter", "output", "statistic", "group"):
            terms = {self.text["term"][i]: i for i in family}
            wholes: dict[str, list[int]] = defaultdict(list)
            for i in family:
                if self.text["part_of"][i]:
                    wholes[self.text["part_of"][i]].append(i)
            for whole, parts in wholes.items():
                if whole in terms:
                    self._add(self.number_of[terms[whole]], [self.number_of[i] for i in parts], of_group=True)

    def complements(self) -> None:
        """Add "this number and what is left make n"."""
        for i, number in self.number_of.items():
            base = self.base_of.get(i)
            if base is None or self.values[base] < self.values[number]:
                continue
            if self.kinds[i] == "share" or self.values[base] > self.values[number]:
                self._add(base, [number], complement=True, of_group=True)

    def known_bases(self) -> None:
        """Add "those of whom it is not known, and the n of those of whom it is, make the whole"."""
        bases = set(self.base_of.values())
        for varying, fixed in (("group", "term"), ("term", "group")):
            for family in self._families(self.number_of, "chapter", "output", "statistic", fixed):
                margins = {self.number_of[i] for i in family if _is_margin(self.text[varying][i])}
                for i in (i for i in family if self._is_unknown(i, varying)):
                    own = {self.base_of[i]} if varying == "term" and i in self.base_of else set()
                    for whole in sorted(margins | own, key=repr):
                        rest = self.values[whole] - self.values[self.number_of[i]]
                        others = base_key(self.text["group"][i] if varying == "term" else "", rest)
                        for base in sorted((base for base in bases if base[:3] == others), key=repr):
                            self._add(whole, [self.number_of[i], base])

    def _is_unknown(self, i: int, varying: str) -> bool:
        labels = (self.text[varying][i], self.text["cell"][i])
        return any(label.strip().lower().startswith(_UNKNOWN) for label in labels)

    def bases_printed_as_counts(self) -> None:
        """Add "this count is the n of that group": a margin or a lone count that equals an n; and equal n's."""
        for key in sorted(set(self.base_of.values()), key=repr):
            if len(key) > 3 and key[:3] in self.values:
                self._add(key[:3], [key])
        for family in self._families(self.number_of, "chapter", "output", "statistic", "group"):
            wholes = family if len(family) == 1 else [i for i in family if _is_margin(self.text["term"][i])]
            for i in wholes:
                number = self.number_of[i]
                base = base_key(self.text["group"][i], self.values[number])
                if self.kinds[i] == "count" and base in self.values:
                    self._add(base, [number])

    def named_stages(self) -> set[Key]:
        """Return the stages of a flow that other tables name too."""
        statistics, cells = self.text["statistic"], self.text["cell"]
        return {number for i, number in self.number_of.items() if statistics[i] == _STAGE and cells[i]}

    def same_as_stages(self) -> dict[Key, frozenset[Key]]:
        """Return for each such stage the n's that are it, whatever their rows are grouped by, and the lone counts."""
        stages = self.named_stages()
        lone = {
            number
            for i, number in self.number_of.items()
            if i not in self.base_of and not self.text["part_of"][i] and base_key(self.text["group"][i], 0)[1] == ""
        }
        numbers = {key for key in self.values if key[0] == "n"} | lone - stages
        return {s: frozenset(key for key in numbers if self.values[key] == self.values[s]) for s in stages}

    def _add(self, total: Key, parts: Iterable[Key], *, complement: bool = False, of_group: bool = False) -> None:
        held = sorted(set(parts) - {total}, key=repr)
        if of_group:
            self.of_group.update((part, total) for part in held)
        rest = self.values[total] - sum(self.values[part] for part in held)
        if not held or rest < 0:
            return
        if rest > 0 or complement:
            left: Key = ("left", total, tuple(held))
            self.values[left] = rest
            self.unprinted.add(left)
            held.append(left)
        self.equations.append(Equation(total, tuple(held)))


def _is_margin(label: str) -> bool:
    text = label.strip().lower()
    return label == TOTAL or text in _MARGINS or text.startswith("all ")
