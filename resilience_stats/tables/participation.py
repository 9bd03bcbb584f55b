"""Who took part, and how the takers-part differ from those asked."""

from __future__ import annotations

from collections.abc import Sequence

from resilience_stats.disclosure import DisclosedFrame
from resilience_stats.tables.build import INTERVAL, interval_cell, records_of, simple_table, table_rows, value_cell
from resilience_stats.tables.table import Table, slug


def table_participation(
    disclosed: DisclosedFrame,
    *,
    caption: str = "Practices asked and practices that answered",
    by: str = "Group",
    notes: Sequence[str] = (),
    source: str = "",
    id: str | None = None,
) -> Table:
    """Return counts and shares by group: one line per group (and term), one column per statistic.

    Parameters
    ----------
    disclosed : DisclosedFrame
        Rows such as ``asked``, ``responded`` and ``response_rate`` by `group`; the margin is the group "All".
    by : str
        Heading of the groups.

    Examples
    --------
    >>> from resilience_stats.disclosure import apply_policy
    >>> from resilience_stats.results.rows import make_rows
    >>> rows = make_rows("participation", "by_place", group="North", statistic=["asked", "responded", "response_rate"],
    ...                  value=[60, 45, 0.75], conf_low=[None, None, 0.63], conf_high=[None, None, 0.84], n=60)
    >>> table_participation(apply_policy(rows, "board"), by="Place").records()[0]["Response rate (%)"]
    '75.0'
    """
    return table_rows(
        disclosed,
        caption=caption,
        headers={"group": by, "term": "Stage"},
        show_n=False,
        notes=notes,
        source=source,
        id=id,
    )


def table_comparison(
    disclosed: DisclosedFrame,
    *,
    caption: str = "Practices that answered compared with all practices asked",
    notes: Sequence[str] = (),
    source: str = "",
    id: str | None = None,
) -> Table:
    """Return characteristics side by side, with the standardised difference.

    Parameters
    ----------
    disclosed : DisclosedFrame
        `term`: the characteristic (with its unit); `group`: whom the column describes; statistics mean, share or
        count. Rows of the statistic ``smd`` fill the last column.

    Examples
    --------
    >>> from resilience_stats.disclosure import apply_policy
    >>> from resilience_stats.results.rows import make_rows
    >>> rows = make_rows("participation", "comparison", term="Dispensing", group=["Answered", "Asked", ""],
    ...                  statistic=["share", "share", "smd"], value=[0.2, 0.25, -0.11], n=[138, 197, 197])
    >>> table_comparison(apply_policy(rows, "board")).to_csv()
    'Characteristic,Answered,Asked,Standardised difference\\nDispensing,20,25,-0.11\\n'
    """
    records = records_of(disclosed)
    groups = list(dict.fromkeys(r["group"] for r in records if r["statistic"] != "smd"))
    terms = list(dict.fromkeys(r["term"] for r in records))
    at = {(r["term"], "smd" if r["statistic"] == "smd" else r["group"]): r for r in records}
    lines = [
        [term, *(value_cell(at.get((term, g)), per_cent=True) for g in groups), value_cell(at.get((term, "smd")))]
        for term in terms
    ]
    headings = ["Characteristic", *groups, "Standardised difference"]
    name = id or slug(str(records[0]["output"]) if records else "comparison")
    return simple_table(lines, headings, id=name, caption=caption, notes=notes, source=source)


def table_outcomes(
    disclosed: DisclosedFrame,
    *,
    caption: str,
    by: str = "Of whom",
    what: str = "Outcome",
    notes: Sequence[str] = (),
    source: str = "",
    id: str | None = None,
) -> Table:
    """Return outcomes with their denominator in the line: number, of how many, share and interval.

    Parameters
    ----------
    disclosed : DisclosedFrame
        `group`: the rule of the denominator; `term`: the outcome; statistics ``count`` and ``share`` (with n).

    Examples
    --------
    >>> from resilience_stats.disclosure import apply_policy
    >>> from resilience_stats.results.rows import make_rows
    >>> rows = make_rows("special_measures", "outcomes", group="Re-inspected", term="Left special measures",
    ...     statistic=["count", "share"], value=[39, 39 / 53], conf_low=[None, 0.604], conf_high=[None, 0.836], n=53)
    >>> table_outcomes(apply_policy(rows, "board"), caption="Outcomes").records()[0]["Share (%)"]
    '73.6'
    """
    records = records_of(disclosed)
    lines = []
    for group, term in dict.fromkeys((r["group"], r["term"]) for r in records):
        here = {r["statistic"]: r for r in records if (r["group"], r["term"]) == (group, term)}
        share = here.get("share")
        base = None if share is None else {**share, "statistic": "count", "value": share["n"]}
        line = [term, value_cell(here.get("count")), value_cell(base), value_cell(share), interval_cell(share)]
        lines.append([group, *line])
    headings = [by, what, "Number", "Out of", "Share (%)", INTERVAL]
    name = id or slug(str(records[0]["output"]) if records else "outcomes")
    return simple_table(lines, headings, id=name, caption=caption, row_headers=2, notes=notes, source=source)


def table_special_measures(
    disclosed: DisclosedFrame,
    *,
    caption: str = "What became of practices in special measures",
    notes: Sequence[str] = (
        "Each share states whom it counts. Practices still awaiting re-inspection are in the wider denominators only.",
    ),
    source: str = "",
    id: str | None = None,
) -> Table:
    """Return special-measures outcomes, each with its denominator's rule and interval; see `table_outcomes`.

    Examples
    --------
    >>> from resilience_stats.disclosure import apply_policy
    >>> from resilience_stats.results.rows import make_rows
    >>> rows = make_rows("special_measures", "outcomes", group="Re-inspected", term="Closed",
    ...                  statistic=["count", "share"], value=[2, 2 / 53], n=53)
    >>> table_special_measures(apply_policy(rows, "board")).records()[0]["Number"]
    '[c]'
    """
    text = caption + " [note 1]" if notes and "[note" not in caption else caption
    return table_outcomes(disclosed, caption=text, by="Out of whom", notes=notes, source=source, id=id)


def table_programmes(
    disclosed: DisclosedFrame,
    *,
    caption: str = "Practices in support programmes",
    notes: Sequence[str] = (),
    source: str = "",
    id: str | None = None,
) -> Table:
    """Return practices by programme (`group`) and status or kind of support (`term`).

    Examples
    --------
    >>> from resilience_stats.disclosure import apply_policy
    >>> from resilience_stats.results.rows import make_rows
    >>> rows = make_rows("programmes", "status", group="GPRP", term=["Completed", "All"], value=[25, 40])
    >>> [r["Number"] for r in table_programmes(apply_policy(rows, "board")).records()]
    ['25', '40']
    """
    return table_rows(
        disclosed, caption=caption, headers={"group": "Programme", "term": "Status"}, notes=notes, source=source, id=id
    )
