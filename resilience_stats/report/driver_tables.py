"""The two tables of the drivers chapter that set side by side what is of several kinds."""

from __future__ import annotations

from resilience_stats.disclosure import DisclosedFrame
from resilience_stats.report.evidence import direction
from resilience_stats.report.reading import Row, has_interval, is_shown, n_text, rows_of, value_text
from resilience_stats.report.wording import phrase, wording
from resilience_stats.tables import Cell, Table
from resilience_stats.tables.build import NOT_APPLICABLE, joined_cell, simple_table

_COLUMNS = ("effect", "effect_per_sd", "p_adjusted", "partial_r_squared", "importance_share", "rank_probability")


def table_model(released: DisclosedFrame, *, caption: str) -> list[Table]:
    """Return the model table: one line per predictor, from its effect per unit to how often it ranked first.

    Parameters
    ----------
    released : DisclosedFrame
        The rows of `effect_rows` and `importance_rows` after the policy.
    caption : str

    Examples
    --------
    >>> from resilience_stats.disclosure import apply_policy
    >>> from resilience_stats.results.rows import combine_rows, make_rows
    >>> held = {"chapter": "drivers", "output": "effects", "n": 128}
    >>> rows = combine_rows([
    ...     make_rows(**held, term="GPs", statistic="effect", value=31.5, conf_low=10.0, conf_high=53.0),
    ...     make_rows(**held, statistic="df_residual", value=121)])
    >>> table_model(apply_policy(rows, "board"), caption="The model")[0].records()[0]["Effect per unit, points"]
    '31.50 (10.00 to 53.00)'
    """
    words = wording("drivers")["headings"]
    at: dict[str, dict[str, Row]] = {}
    rows = [*rows_of(released, "effects"), *rows_of(released, "importance")]
    for row in rows:
        if row["term"]:
            at.setdefault(str(row["term"]), {})[str(row["statistic"])] = row
    shown = [name for name in _COLUMNS if any(name in held for held in at.values())]
    if not shown:
        return []
    at = dict(sorted(at.items(), key=lambda item: _place(item[0], list(at))))
    lines: list[list[Cell | str]] = [
        [_with_unit(term, held), *(joined_cell(held.get(name)) for name in shown)] for term, held in at.items()
    ]
    headings = [words["predictor"], *(words[name] for name in shown)]
    fit = [r for r in rows_of(released, "effects") if not r["term"] and is_shown(r)]
    told = [f"{words[str(r['statistic'])]} {value_text(r)}" for r in fit if str(r["statistic"]) in words]
    notes = [phrase("drivers", "table_note", n=n_text(fit[0]), figures="; ".join(told))] if told else []
    return [simple_table(lines, headings, id="effects", caption=caption, notes=notes)]


def _place(term: str, terms: list[str]) -> tuple[int, int]:
    """A factor, which has a share, stands before its levels, which have effects."""
    levels = [k for k, other in enumerate(terms) if other.startswith(f"{term}: ")]
    return (min(levels), 0) if levels else (terms.index(term), 1)


def _with_unit(term: str, held: dict[str, Row]) -> str:
    unit = held.get("unit")
    return term if unit is None else f"{term}, {unit['value']}"


def table_published(released: DisclosedFrame, *, caption: str) -> list[Table]:
    """Return ours, the published effect and whether the two point the same way; nothing where none is held.

    Parameters
    ----------
    released : DisclosedFrame
        The rows of `published_rows` after the policy.
    caption : str

    Notes
    -----
    The last column follows from the released interval of ours, so that a withheld effect tells no direction either.
    """
    at: dict[tuple[str, str], dict[str, Row]] = {}
    for row in rows_of(released, "published"):
        if row["term"]:
            at.setdefault((str(row["group"]), str(row["term"])), {})[str(row["statistic"])] = row
    words = wording("published")
    lines: list[list[Cell | str]] = [
        [
            predictor,
            described,
            joined_cell(held.get("published_effect")),
            joined_cell(held.get("effect_per_sd")),
            Cell(_verdict(held)),
        ]
        for (predictor, described), held in at.items()
    ]
    if not lines:
        return []
    headings = [words["headings"][k] for k in ("predictor", "published", "effect", "ours", "verdict")]
    return [simple_table(lines, headings, id="published", caption=caption, row_headers=2, left=(4,))]


def table_published_again(released: DisclosedFrame, *, caption: str) -> list[Table]:
    """Return published effects beside those of public files of later years, with verdict and reason.

    Parameters
    ----------
    released : DisclosedFrame
        The rows of `published_again_rows` after the policy.
    caption : str
    """
    words = wording("published")["again"]
    at: dict[str, dict[tuple[str, str], Row]] = {}
    for row in rows_of(released, "published_again"):
        at.setdefault(str(row["term"]), {})[str(row["group"]), str(row["statistic"])] = row
    lines: list[list[Cell | str]] = [
        [
            term,
            joined_cell(held.get((words["published"], "published_effect"))),
            joined_cell(held.get((words["ours"], "published_effect"))),
            *(Cell(str(held["", name]["value"]) or NOT_APPLICABLE) for name in ("direction", "reason")),
        ]
        for term, held in at.items()
    ]
    headings = [words[k] for k in ("effect", "published", "ours", "verdict", "why")]
    return [simple_table(lines, headings, id="published-again", caption=caption, left=(3, 4))] if lines else []


def _verdict(held: dict[str, Row]) -> str:
    words, ours = wording("published"), held.get("effect_per_sd")
    theirs = str(held["published_direction"]["value"])
    if ours is None or not is_shown(ours) or not has_interval(ours):
        name = "withheld"
    elif theirs == words["unsettled"]:
        name = "unsettled_there"
    elif ours["conf_low"] <= 0 <= ours["conf_high"]:
        name = "unsettled_here"
    else:
        name = "same" if theirs == words[direction(ours)] else "opposite"
    return str(words["verdicts"][name]).format(side=words["sides"][theirs])
