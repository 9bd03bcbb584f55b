"""Who a practice is: its code shown, a pseudonym in its place, or nothing of a single practice at all."""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Iterable

import pandas as pd

from resilience_stats.disclosure.policy import Policy
from resilience_stats.disclosure.statistics import statistic

#: Codes of practices: a letter and five digits. U is left out: those are primary care networks.
PRACTICE_CODE = re.compile(r"\b[A-TV-Z][0-9]{5}\b")
_TEXT_COLUMNS = ("group", "term", "value", "part_of", "cell")


def hide_identity(rows: pd.DataFrame, policy: Policy) -> tuple[pd.DataFrame, list[tuple[int, str, str]]]:
    """Return rows in which practices stand as the policy says, and what was done.

    Returns
    -------
    rows : pandas.DataFrame
        With pseudonyms in place of codes, or without the rows that belong to one practice.
    done : list of (position, rule, reason)
        For the audit.

    Examples
    --------
    >>> from resilience_stats.results.rows import make_rows
    >>> rows = make_rows("scores", "caterpillar", term=["E82001", "E82002"], statistic="score", value=[61.0, 74.0])
    >>> sorted(hide_identity(rows, Policy.preset("board"))[0]["term"])
    ['Practice 001', 'Practice 002']
    """
    if policy.identity == "shown":
        return rows, []
    single = rows["statistic"].map(lambda name: statistic(name).kind == "score").astype(bool)
    codes = _codes(rows, single)
    if policy.identity == "dropped":
        named = single | rows[list(_TEXT_COLUMNS)].map(lambda text: bool(_found(text))).any(axis=1)
        done = [(i, "identity-dropped", "belongs to one practice") for i in range(len(rows)) if named.iloc[i]]
        return rows[~named], done
    names = pseudonyms(codes, policy.pseudonym_key or _digest(rows))
    held = rows.copy()
    for column in _TEXT_COLUMNS:
        held[column] = held[column].map(lambda text: _replaced(text, names))
    # The number of patients of a practice is public: beside a score it would name the practice.
    held.loc[single, ["n", "practices"]] = float("nan")
    done = [(i, "identity-pseudonym", "practice code replaced") for i in range(len(rows)) if single.iloc[i]]
    return held, done


def pseudonyms(codes: Iterable[str], key: str) -> dict[str, str]:
    """Return a pseudonym for each code, the same whatever the order of the codes.

    Notes
    -----
    Numbers are given in the order of HMAC-SHA-256 of the codes under the key, so that without the key neither the order
    of the codes nor a list of all practices of the country leads back.

    Examples
    --------
    >>> pseudonyms(["E82001"], "a secret")
    {'E82001': 'Practice 001'}
    """
    drawn = sorted(set(codes), key=lambda code: hmac.new(key.encode(), code.encode(), hashlib.sha256).hexdigest())
    return {code: f"Practice {number:03d}" for number, code in enumerate(drawn, start=1)}


def _codes(rows: pd.DataFrame, single: pd.Series) -> set[str]:
    codes = set(rows.loc[single, "term"])
    for column in _TEXT_COLUMNS:
        for text in rows[column]:
            codes.update(_found(text))
    return {code for code in codes if not re.fullmatch(r"Practice [0-9]{3,}", code)}


def _found(text: object) -> list[str]:
    return PRACTICE_CODE.findall(text) if isinstance(text, str) else []


def _replaced(text: object, names: dict[str, str]) -> object:
    if not isinstance(text, str):
        return text
    return names[text] if text in names else PRACTICE_CODE.sub(lambda code: names[code.group()], text)


def _digest(rows: pd.DataFrame) -> str:
    lines = sorted("\x1f".join(map(str, row)) for row in rows.itertuples(index=False))
    return hashlib.sha256("\x1e".join(lines).encode()).hexdigest()
