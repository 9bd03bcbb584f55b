"""Formulas such as ``score ~ log(list_size) + C(place) + gp_fte:rural``, turned into columns of the data.

Only what is written here can be written in a formula; no code of the caller is run.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
import pandas as pd

from resilience_stats.errors import ModelError
from resilience_stats.models.inputs import numeric_items, require_columns

FUNCTIONS: Mapping[str, Callable[[np.ndarray], np.ndarray]] = {
    "log": np.log, "log2": np.log2, "log10": np.log10, "log1p": np.log1p, "exp": np.exp, "sqrt": np.sqrt, "abs": np.abs,
    "I": lambda v: v,
}  # fmt: skip
_OPERATORS: Mapping[type, Callable[[np.ndarray, np.ndarray], np.ndarray]] = {
    ast.Add: np.add, ast.Sub: np.subtract, ast.Mult: np.multiply, ast.Div: np.divide, ast.Pow: np.power,
}  # fmt: skip
_ALLOWED = "columns, C(column), a:b, a*b, and " + ", ".join(f"{name}(...)" for name in FUNCTIONS)


@dataclass(frozen=True, slots=True)
class Expanded:
    """A model in columns.

    Attributes
    ----------
    data : pandas.DataFrame
        With the columns that the formula makes, named as they are written.
    outcome : str
    predictors : list of str
    outcome_columns, predictor_columns : list of str
        Columns of the caller's data that stand in the outcome and in the predictors.
    """

    data: pd.DataFrame
    outcome: str
    predictors: list[str]
    outcome_columns: list[str]
    predictor_columns: list[str]


def expand_formula(data: pd.DataFrame, outcome: str, predictors: Sequence[str] = ()) -> Expanded:
    """Return data, outcome and predictors as they are, or what a formula in place of the outcome asks for.

    Parameters
    ----------
    data : pandas.DataFrame
    outcome : str
        A column, or a formula: outcome ``~`` terms joined by ``+``. ``C(a)`` makes categories of numbers, ``a:b`` is a
        product, ``a*b`` stands for ``a + b + a:b``; log, log2, log10, log1p, exp, sqrt, abs and arithmetic
        inside ``I(...)`` act on numbers, row by row. Names that are no identifiers stand in backticks.
    predictors : sequence of str
        Empty with a formula.

    Returns
    -------
    Expanded

    Raises
    ------
    ModelError
        Predictors beside a formula, unknown columns or functions, a formula without intercept or terms.

    Notes
    -----
    Nothing looks at other rows (no centring, no splines), so that new data are expanded as the old ones were. The
    notation is that of Wilkinson & Rogers (1973), Applied Statistics 22:392.

    Examples
    --------
    >>> frame = pd.DataFrame({"y": [1.0, 2.0, 4.0], "a": [1.0, 2.0, 3.0], "g": ["u", "v", "u"]})
    >>> made = expand_formula(frame, "log2(y) ~ a + I(a**2) + a:g")
    >>> made.outcome, made.predictors, made.predictor_columns
    ('log2(y)', ['a', 'I(a**2)', 'a:g[v]'], ['a', 'g'])
    """
    if "~" not in outcome or outcome in data.columns:
        return Expanded(data, outcome, list(predictors), [outcome], list(predictors))
    if len(predictors):
        raise ModelError("a formula names its predictors itself", where="argument predictors", found=list(predictors))
    left, right = (part.strip() for part in outcome.split("~", 1))
    made: dict[str, pd.Series] = {}
    response = _factor(data, left, made)
    names = _right_side(data, right, made)
    new = {name: column for name, column in made.items() if name not in data.columns}
    return Expanded(data.assign(**new), response, names, _mentioned(data, left), _mentioned(data, right))


def expand_predictors(data: pd.DataFrame, formula: str) -> pd.DataFrame:
    """Return data with the columns that the right side of a formula makes; new data need no outcome.

    Examples
    --------
    >>> expand_predictors(pd.DataFrame({"a": [1.0, 4.0]}), "y ~ sqrt(a)")["sqrt(a)"].tolist()
    [1.0, 2.0]
    """
    made: dict[str, pd.Series] = {}
    _right_side(data, formula.split("~", 1)[1].strip(), made)
    return data.assign(**{name: column for name, column in made.items() if name not in data.columns})


def _right_side(data: pd.DataFrame, text: str, made: dict[str, pd.Series]) -> list[str]:
    names: list[str] = []
    for term in _terms(text):
        names += [name for name in _columns(data, term, made) if name not in names]
    return names


def _mentioned(data: pd.DataFrame, text: str) -> list[str]:
    words = dict.fromkeys(a or b for a, b in re.findall(r"`([^`]+)`|([^\W\d]\w*)", text))
    found = [word for word in words if word in data.columns]
    return [text] if text in data.columns else found or [text]


def _terms(text: str) -> list[tuple[str, ...]]:
    """Products of factors, each once, main effects before the interactions of the same ``*``."""
    found: list[tuple[str, ...]] = []
    for part in _split(text, "+"):
        if part in ("0", "-1", "") or part.startswith("-") or part == ".":
            raise ModelError(
                "this cannot be a term of a formula", where="formula", found=part or text, allowed=_ALLOWED,
                action="Every model has an intercept; name each predictor.",
            )  # fmt: skip
        if part == "1":
            continue
        crossed = _split(part, "*")
        for size in range(1, len(crossed) + 1):
            for chosen in combinations(crossed, size):
                term = tuple(factor for piece in chosen for factor in _split(piece, ":"))
                if term not in found:
                    found.append(term)
    return found


def _split(text: str, mark: str) -> list[str]:
    """Split at a mark that stands outside brackets and backticks; ``**`` is no ``*``."""
    parts, depth, quoted, start, k = [], 0, False, 0, 0
    while k < len(text):
        c = text[k]
        quoted ^= c == "`"
        depth += 0 if quoted else (c == "(") - (c == ")")
        if mark == "*" and text.startswith("**", k):
            k += 2
            continue
        if c == mark and depth == 0 and not quoted:
            parts.append(text[start:k].strip())
            start = k + 1
        k += 1
    return [*parts, text[start:].strip()]


def _columns(data: pd.DataFrame, term: tuple[str, ...], made: dict[str, pd.Series]) -> list[str]:
    names = [_factor(data, factor, made) for factor in term]
    if len(names) == 1:
        return names
    held = [_numbers(data[n] if n in data.columns else made[n], n) for n in names]
    products: list[tuple[str, pd.Series]] = [("", pd.Series(1.0, index=data.index))]
    for block in held:
        products = [(f"{a}:{b}".strip(":"), x * v) for a, x in products for b, v in block]
    made.update(products)
    return [name for name, _ in products]


def _numbers(column: pd.Series, name: str) -> list[tuple[str, pd.Series]]:
    """The column, or the indicators of its levels but the first."""
    if pd.api.types.is_numeric_dtype(column) or pd.api.types.is_bool_dtype(column):
        return [(name, column.astype(float))]
    category = column.astype("category").cat.remove_unused_categories()
    known = category.notna()
    return [
        (f"{name}[{level}]", (category == level).astype(float).where(known)) for level in category.cat.categories[1:]
    ]


def _factor(data: pd.DataFrame, text: str, made: dict[str, pd.Series]) -> str:
    """Return the name of the column that a factor stands for, after making it where it is not one."""
    plain = text[1:-1] if len(text) > 1 and text[0] == text[-1] == "`" else text
    if plain in data.columns:
        return plain
    category = re.fullmatch(r"C\((.+)\)", text)
    if category:
        name = category[1].strip().strip("`")
        require_columns(data, [name], "formula")
        made[text] = data[name].astype("category")
        return text
    try:
        tree = ast.parse(text, mode="eval").body
    except SyntaxError:
        raise ModelError("this cannot be read", where="formula", found=text, allowed=_ALLOWED) from None
    if isinstance(tree, ast.Name):
        require_columns(data, [text], "formula")
    if not isinstance(tree, ast.Call):
        raise ModelError(
            "this cannot stand in a formula", where="formula", found=text, allowed=_ALLOWED,
            action="Write arithmetic inside I(...). Every model has an intercept.",
        )  # fmt: skip
    with np.errstate(divide="ignore", invalid="ignore"):
        value = np.asarray(_evaluate(data, tree, text), dtype=float)
    made[text] = pd.Series(np.broadcast_to(value, len(data)), index=data.index)
    return text


def _evaluate(data: pd.DataFrame, node: ast.expr, text: str) -> np.ndarray:
    if isinstance(node, ast.Name):
        require_columns(data, [node.id], "formula")
        return numeric_items(data[[node.id]], minimum=1)[0][:, 0]
    if isinstance(node, ast.Constant) and isinstance(node.value, (int, float)):
        return np.asarray(node.value, dtype=float)
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        return -_evaluate(data, node.operand, text)
    if isinstance(node, ast.BinOp) and type(node.op) in _OPERATORS:
        return _OPERATORS[type(node.op)](_evaluate(data, node.left, text), _evaluate(data, node.right, text))
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and len(node.args) == 1 and not node.keywords:
        function = FUNCTIONS.get(node.func.id)
        if function is not None:
            return function(_evaluate(data, node.args[0], text))
    raise ModelError("this cannot stand in a formula", where="formula", found=text, allowed=_ALLOWED)
