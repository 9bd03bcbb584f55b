"""Analysis-results rows: the one long frame in which every number travels to a table, a figure or a sentence.

A row is ``chapter, output, group, term, statistic, value, conf_low, conf_high, n, disclosure``. `statistic` is a name
of data/schema/statistics.json. Margins are declared by the label ``"All"`` in `group` or `term`. Three more columns may
travel inside the house and never leave it: `practices` (how many stand behind the row, where that is not n), `part_of`
(the term whose count this count is part of) and `cell` (a name that two rows share when they print one quantity under
different labels).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import pandas as pd

from resilience_stats.errors import ModelError
from resilience_stats.results.base import Result

ROW_COLUMNS = ("chapter", "output", "group", "term", "statistic", "value", "conf_low", "conf_high", "n", "disclosure")
#: Columns that rows may also hold inside the house.
INNER_COLUMNS = ("practices", "part_of", "cell")
#: The label of a margin, in `group` or in `term`.
TOTAL = "All"


def make_rows(
    chapter: str,
    output: str,
    *,
    value: Any,
    statistic: Any = "count",
    group: Any = "",
    term: Any = "",
    conf_low: Any = None,
    conf_high: Any = None,
    n: Any = None,
    practices: Any = None,
    part_of: Any = "",
    cell: Any = "",
) -> pd.DataFrame:
    """Return rows from columns; a single value is repeated.

    Parameters
    ----------
    chapter, output : str
        Where the rows belong: the chapter's name, and the table or figure.
    value, statistic, group, term, conf_low, conf_high, n, practices, part_of, cell : scalar or sequence
        Columns of the rows. Shares are fractions of one.

    Returns
    -------
    pandas.DataFrame
        `ROW_COLUMNS` and `INNER_COLUMNS`.

    Raises
    ------
    ModelError
        If sequences differ in length.

    Examples
    --------
    >>> make_rows("participation", "by_place", group=["North", "All"], term="Responded", value=[18, 138])[
    ...     ["group", "value"]].values.tolist()
    [['North', 18], ['All', 138]]
    """
    columns = {
        "group": group,
        "term": term,
        "statistic": statistic,
        "value": value,
        "conf_low": conf_low,
        "conf_high": conf_high,
        "n": n,
        "practices": practices,
        "part_of": part_of,
        "cell": cell,
    }
    length = _common_length(columns)
    held = {"chapter": [chapter] * length, "output": [output] * length}
    held |= {name: list(v) if _is_many(v) else [v] * length for name, v in columns.items()}
    held["disclosure"] = [""] * length
    return _typed(pd.DataFrame(held, columns=[*ROW_COLUMNS, *INNER_COLUMNS]))


def combine_rows(frames: Iterable[pd.DataFrame]) -> pd.DataFrame:
    """Return several frames of rows as one, with all columns.

    Examples
    --------
    >>> len(combine_rows([make_rows("a", "b", value=1), make_rows("a", "c", value=[1, 2])]))
    3
    """
    held = [frame for frame in frames if len(frame)]
    if not held:
        return _typed(pd.DataFrame(columns=[*ROW_COLUMNS, *INNER_COLUMNS]))
    return _typed(pd.concat(held, ignore_index=True).reindex(columns=[*ROW_COLUMNS, *INNER_COLUMNS]))


def count_rows(
    data: pd.DataFrame, by: str, *, chapter: str, output: str, of: str | None = None, label: str = "Practices"
) -> pd.DataFrame:
    """Return how many rows of `data` stand in each group, with margins; with `of`, also how many in each of its levels.

    Parameters
    ----------
    data : pandas.DataFrame
        One row per practice (or person).
    by : str
        Column whose levels become `group`; a missing level is counted as "Not known".
    of : str, optional
        Column whose levels become `term`; the share of each level in its group is given too.
    label : str
        The term of the groups' totals where `of` is not given.

    Examples
    --------
    >>> frame = pd.DataFrame({"place": ["N", "N", "S"], "answered": ["yes", "no", "yes"]})
    >>> rows = count_rows(frame, "place", chapter="participation", output="by_place", of="answered")
    >>> rows.loc[(rows["group"] == "N") & (rows["statistic"] == "count"), ["term", "value"]].values.tolist()
    [['no', 1], ['yes', 1], ['All', 2]]
    """
    _require(data, [by] if of is None else [by, of])
    groups = _levels(data[by])
    if of is None:
        counts = [*(int((groups == g).sum()) for g in _ordered(groups)), len(groups)]
        return make_rows(chapter, output, group=[*_ordered(groups), TOTAL], term=label, value=counts, n=counts)
    terms = _levels(data[of])
    frames = []
    for group in [*_ordered(groups), TOTAL]:
        inside = terms if group == TOTAL else terms[groups == group]
        counts = [int((inside == t).sum()) for t in _ordered(terms)]
        labels = [*_ordered(terms), TOTAL]
        whole = len(inside)
        frames.append(make_rows(chapter, output, group=group, term=labels, value=[*counts, whole], n=whole))
        shares = [c / whole if whole else None for c in counts]
        frames.append(
            make_rows(chapter, output, group=group, term=labels[:-1], statistic="share", value=shares, n=whole)
        )
    return combine_rows(frames)


def model_rows(
    result: Result,
    *,
    chapter: str,
    output: str,
    statistic: str = "estimate",
    group: str = "",
    labels: Mapping[str, str] | None = None,
) -> pd.DataFrame:
    """Return a model's rows: each term's estimate with interval, its p value, and the fit figures it must travel with.

    Parameters
    ----------
    result : Result
        `tidy()` holds term, estimate, std_error, conf_low, conf_high, p_value; `glance()` holds `n` and, if it has one,
        `df_residual`.
    statistic : str
        Name under which the estimates stand, e.g. ``"odds_ratio"``.
    group : str
        For several models in one output.
    labels : mapping of str to str, optional
        What is printed for a term.

    Examples
    --------
    >>> tidy = pd.DataFrame({"term": ["x"], "estimate": [1.5], "std_error": [0.4], "conf_low": [0.7],
    ...                      "conf_high": [2.3], "p_value": [0.001]})
    >>> fit = Result(estimates=tidy, fit={"n": 138, "df_residual": 136, "r_squared": 0.2})
    >>> model_rows(fit, chapter="drivers", output="model")["statistic"].tolist()
    ['estimate', 'std_error', 'p_value', 'df_residual', 'r_squared']
    """
    tidy, fit = result.tidy(), dict(result.fit)
    n = fit.get("n", fit.get("nobs"))
    named = labels or {}
    terms = [named.get(str(term), str(term)) for term in tidy["term"]]
    frames = [
        make_rows(chapter, output, group=group, term=terms, statistic=statistic, value=tidy["estimate"],
                  conf_low=tidy.get("conf_low"), conf_high=tidy.get("conf_high"), n=n)
    ]  # fmt: skip
    for column in ("std_error", "p_value"):
        if column in tidy:
            frames.append(
                make_rows(chapter, output, group=group, term=terms, statistic=column, value=tidy[column], n=n)
            )
    for name in ("df_residual", "r_squared", "r_squared_adjusted", "aic", "bic", "c_statistic"):
        if fit.get(name) is not None:
            frames.append(make_rows(chapter, output, group=group, statistic=name, value=fit[name], n=n))
    return combine_rows(frames)


def text_rows(
    chapter: str, output: str, texts: Mapping[str, Any], *, group: str = "", statistic: str = "text"
) -> pd.DataFrame:
    """Return rows of words: settings, versions, definitions.

    Examples
    --------
    >>> text_rows("methods", "software", {"numpy": "2.4"}, statistic="version")["value"].tolist()
    ['2.4']
    """
    return make_rows(
        chapter, output, group=group, term=list(texts), statistic=statistic, value=[str(v) for v in texts.values()]
    )


def frame_rows(
    frame: pd.DataFrame,
    *,
    chapter: str,
    output: str,
    term: str,
    statistics: Mapping[str, str],
    group: str = "",
    n: str | None = None,
) -> pd.DataFrame:
    """Return the rows of any tidy frame: one per line and statistic.

    Parameters
    ----------
    term, group, n : str
        Columns of `frame` that hold these; an empty group is none.
    statistics : mapping of str to str
        Column of `frame` to statistic, e.g. ``{"value": "mean"}``; columns ``<column>_low`` and ``<column>_high`` give
        its interval.

    Examples
    --------
    >>> frame = pd.DataFrame({"area": ["Team"], "alpha": [0.8], "alpha_low": [0.7], "alpha_high": [0.9], "n": [138]})
    >>> rows = frame_rows(frame, chapter="a", output="b", term="area", statistics={"alpha": "alpha"}, n="n")
    >>> rows[["value", "conf_low", "n"]].values.tolist()
    [[0.8, 0.7, 138.0]]
    """
    _require(frame, [term, *statistics, *([group] if group else []), *([n] if n else [])])
    return combine_rows(
        make_rows(
            chapter,
            output,
            group=frame[group].astype(str) if group else "",
            term=frame[term].astype(str),
            statistic=statistic,
            value=frame[column],
            conf_low=frame.get(f"{column}_low"),
            conf_high=frame.get(f"{column}_high"),
            n=frame[n] if n else None,
        )
        for column, statistic in statistics.items()
    )


def _typed(frame: pd.DataFrame) -> pd.DataFrame:
    return pd.DataFrame({str(name): _typed_column(str(name), frame[name]) for name in frame.columns}, index=frame.index)


def _typed_column(name: str, column: pd.Series) -> pd.Series:
    # Made from lists: a report makes hundreds of small frames, and each chained conversion costs as much as a chapter.
    if name in ("conf_low", "conf_high", "n", "practices"):
        return pd.to_numeric(column).astype(float)
    if name == "value":
        return column.astype(object)
    texts = ["" if missing else str(value) for value, missing in zip(column, column.isna(), strict=True)]
    return pd.Series(texts, index=column.index, dtype="str")


def _is_many(value: Any) -> bool:
    return isinstance(value, Iterable) and not isinstance(value, (str, bytes, Mapping))


def _common_length(columns: Mapping[str, Any]) -> int:
    lengths = {name: len(list(value)) for name, value in columns.items() if _is_many(value)}
    if len(set(lengths.values())) > 1:
        raise ModelError("columns of rows differ in length", where="make_rows", found=lengths)
    return next(iter(lengths.values()), 1)


def _levels(column: pd.Series) -> pd.Series:
    return column.astype(object).where(column.notna(), "Not known").astype(str)


def _ordered(levels: pd.Series) -> list[str]:
    known = sorted(set(levels) - {"Not known"})
    return [*known, "Not known"] if (levels == "Not known").any() else known


def _require(frame: pd.DataFrame, names: Iterable[str]) -> None:
    missing = [name for name in names if name not in frame.columns]
    if missing:
        raise ModelError("no such column", found=missing, allowed=", ".join(map(str, frame.columns)))
