"""Check what a confirmatory factor analysis is given and turn names into positions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from resilience_stats.errors import ModelError, did_you_mean, require_choice
from resilience_stats.models.inputs import numeric_items, require_columns
from resilience_stats.results import Note, note
from resilience_stats.stats.cfa_specify import EQUALITIES, Specification

#: Fewest rows, in all and in each group. de Winter, Dodou & Wieringa (2009), Multivariate Behavioral Research 44,
#: call 50 the reasonable absolute minimum of factor analysis.
MINIMUM_ROWS = 50
#: Below this many rows the tests and fit indices lean towards rejection (Herzog & Boomsma 2009).
COMFORTABLE_ROWS = 200

_ALIASES = {
    "residual_variances": "residuals",
    "lv.variances": "latent_variances",
    "lv.covariances": "latent_covariances",
    "residual.covariances": "residual_covariances",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class CfaInput:
    """Checked input.

    Attributes
    ----------
    items, factors, labels : tuple of str
        Items in the order of the model, factors, groups (a single empty label without groups).
    members : tuple of tuple of int
        Items of each factor.
    answers : tuple of numpy.ndarray
        By group, NaN for missing.
    rows : tuple of pandas.Index
        Labels of the rows used, by group.
    notes : tuple of Note
    """

    items: tuple[str, ...]
    factors: tuple[str, ...]
    labels: tuple[str, ...]
    members: tuple[tuple[int, ...], ...]
    answers: tuple[np.ndarray, ...]
    rows: tuple[pd.Index, ...]
    notes: tuple[Note, ...]


def read_cfa_input(
    items: pd.DataFrame,
    model: Mapping[str, Sequence[str]],
    *,
    group: str | None,
    listwise: bool,
    allow_small_n: bool,
) -> CfaInput:
    """Return checked answers by group, rows with a missing answer dropped where `listwise`.

    Groups stand in the order in which the data meet them.

    Raises
    ------
    ModelError
        For unknown columns, empty factors, a constant item, or too few rows.

    Examples
    --------
    >>> frame = pd.DataFrame(np.random.default_rng(1).normal(size=(60, 3)), columns=["a", "b", "c"])
    >>> read_cfa_input(frame, {"team": ["b", "c"]}, group=None, listwise=True, allow_small_n=False).items
    ('b', 'c')
    """
    factors, members, names = _read_model(items, model)
    answers, _ = numeric_items(items[list(names)])
    labels, codes = _read_groups(items, group)
    notes: list[Note] = []
    keep = ~np.isnan(answers).any(axis=1) if listwise else ~np.isnan(answers).all(axis=1)
    keep &= codes >= 0
    if not keep.all():
        what = "lack an answer" if listwise else "have no answer"
        also = " or the group" if group is not None else ""
        notes.append(note("rows-dropped", f"{int((~keep).sum())} of {len(items)} rows {what}{also} and were left out."))
    blocks = [answers[keep & (codes == g)] for g in range(len(labels))]
    rows = [items.index[keep & (codes == g)] for g in range(len(labels))]
    _check_variation(blocks, names, labels)
    notes.extend(_check_rows(blocks, labels, len(names), allow_small_n=allow_small_n))
    return CfaInput(
        items=names,
        factors=factors,
        labels=labels,
        members=members,
        answers=tuple(blocks),
        rows=tuple(rows),
        notes=tuple(notes),
    )


def build_specification(
    given: CfaInput,
    *,
    equal: Sequence[str],
    release: Sequence[str],
    residual_covariances: Sequence[tuple[str, str]],
    std_lv: bool,
    orthogonal: bool,
    means: bool,
) -> Specification:
    """Return the specification by position.

    Parameters
    ----------
    release : sequence of str
        Terms in the notation of `tidy()`, e.g. ``"visual =~ x2"``, ``"x3 ~1"``, that equality does not bind.
    """
    wanted = [_ALIASES.get(e, e) for e in ([equal] if isinstance(equal, str) else equal)]
    for name in wanted:
        require_choice(name, EQUALITIES, "equal")
    pairs = [tuple(sorted((_position(a, given.items), _position(b, given.items)))) for a, b in residual_covariances]
    if any(a == b for a, b in pairs) or len(set(pairs)) != len(pairs):
        raise ModelError(
            "residual_covariances names an item with itself, or a pair twice", found=list(residual_covariances)
        )
    return Specification(
        factors=given.members,
        n_items=len(given.items),
        n_groups=len(given.labels),
        unit_variance=std_lv,
        equal=frozenset(wanted),
        released=frozenset(_released(term, given) for term in release),
        residual_pairs=[(a, b) for a, b in pairs],
        orthogonal=orthogonal,
        means=means,
    )


def _read_model(
    items: pd.DataFrame, model: Mapping[str, Sequence[str]]
) -> tuple[tuple[str, ...], tuple[tuple[int, ...], ...], tuple[str, ...]]:
    if not isinstance(items, pd.DataFrame):
        raise ModelError("items must be a data frame, one column an item", found=type(items).__name__)
    if not isinstance(model, Mapping) or not model:
        raise ModelError(
            "the model must say which items measure each area",
            where="argument model",
            found=model,
            allowed='a mapping such as {"area": ["q1", "q2", "q3"]}',
        )
    for factor, columns in model.items():
        if isinstance(columns, str) or not columns or len(set(columns)) != len(columns):
            raise ModelError("each area needs a list of different items", where=f"area '{factor}'", found=columns)
        require_columns(items, list(columns), f"model, area '{factor}'")
    names = tuple(dict.fromkeys(c for columns in model.values() for c in columns))
    if clash := set(map(str, model)) & set(names):
        raise ModelError("an area has the name of an item", where="argument model", found=sorted(clash)[0])
    place = {name: i for i, name in enumerate(names)}
    return tuple(map(str, model)), tuple(tuple(place[c] for c in columns) for columns in model.values()), names


def _read_groups(items: pd.DataFrame, group: str | None) -> tuple[tuple[str, ...], np.ndarray]:
    if group is None:
        return ("",), np.zeros(len(items), dtype=int)
    require_columns(items, [group], "group")
    codes, levels = pd.factorize(items[group])
    if len(levels) < 2:
        raise ModelError("only one group", where=f"column {group}", found=list(levels), allowed="2 or more")
    # A missing group turns whole numbers into floats; they are still printed whole.
    labels = [str(int(v)) if isinstance(v, float) and v.is_integer() else str(v) for v in levels]
    return tuple(labels), codes


def _check_variation(blocks: Sequence[np.ndarray], names: Sequence[str], labels: Sequence[str]) -> None:
    for label, block in zip(labels, blocks, strict=True):
        for i, name in enumerate(names):
            seen = block[:, i][~np.isnan(block[:, i])]
            if len(np.unique(seen)) < 2:
                raise ModelError(
                    "every answer is the same; such an item measures nothing",
                    where=f"column {name}" + (f", group {label}" if label else ""),
                    found=seen[0] if len(seen) else "no answer",
                    action="Leave it out of the model.",
                )


def _check_rows(blocks: Sequence[np.ndarray], labels: Sequence[str], k: int, *, allow_small_n: bool) -> list[Note]:
    sizes = [len(b) for b in blocks]
    low = min(sizes)
    where = f" in group '{labels[sizes.index(low)]}'" if len(sizes) > 1 else ""
    if low <= k + 1:
        raise ModelError(
            f"{low} rows{where} for {k} items: their covariance matrix cannot be inverted",
            where="argument items",
            allowed=f"more than {k + 1} rows",
            action="Use fewer items.",
        )
    if low < MINIMUM_ROWS and not allow_small_n:
        raise ModelError(
            f"{low} rows{where} cannot bear a factor analysis",
            where="argument items",
            found=low,
            allowed=f"{MINIMUM_ROWS} or more",
            action="Report item distributions and alpha with its interval. allow_small_n=True fits it all the same.",
        )
    if low < MINIMUM_ROWS:
        return [note("small-n-allowed", f"{low} rows{where} cannot bear a factor analysis; it was asked for by name.")]
    if sum(sizes) < COMFORTABLE_ROWS:
        return [
            note(
                "small-n",
                f"{sum(sizes)} rows: below {COMFORTABLE_ROWS} the test rejects true models too often and CFI and RMSEA "
                "look worse than they are; read them with the intervals.",
            )
        ]
    return []


def _position(name: str, known: Sequence[str]) -> int:
    if name not in known:
        raise ModelError(f"no item named '{name}' in the model", action=did_you_mean(name, known))
    return list(known).index(name)


def _released(term: str, given: CfaInput) -> tuple[str, int, int]:
    text = term.replace(" ", "")
    if "=~" in text:
        factor, item = text.split("=~", 1)
        return "lambda", _position(item, given.items), _position(factor, given.factors)
    if "~~" in text:
        one, other = text.split("~~", 1)
        if one in given.factors:
            first, second = sorted((_position(one, given.factors), _position(other, given.factors)))
            return "psi", first, second
        first, second = sorted((_position(one, given.items), _position(other, given.items)))
        return "theta", first, second
    if text.endswith("~1"):
        return "nu", _position(text[:-2], given.items), 0
    raise ModelError(
        "cannot read the term to release",
        where="argument release",
        found=term,
        allowed="'area =~ item', 'item ~1', 'item ~~ item'",
    )
