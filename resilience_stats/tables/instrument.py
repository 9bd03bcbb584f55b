"""The questionnaire in print: answers to each item, item statistics, the codebook."""

from __future__ import annotations

from collections.abc import Sequence

from resilience_stats.disclosure import DisclosedFrame
from resilience_stats.tables.build import table_rows
from resilience_stats.tables.table import Table


def table_item_distribution(
    disclosed: DisclosedFrame,
    *,
    caption: str = "Answers to each question",
    notes: Sequence[str] = (),
    source: str = "",
    id: str | None = None,
) -> Table:
    """Return one line per item (`group`) and one column per answer (`term`): shares, or counts.

    Examples
    --------
    >>> from resilience_stats.disclosure import apply_policy
    >>> from resilience_stats.results.rows import make_rows
    >>> rows = make_rows("instrument", "items", group="Q1", term=["Never", "Sometimes", "Always"], statistic="share",
    ...                  value=[0.25, 0.5, 0.25], n=100)
    >>> table_item_distribution(apply_policy(rows, "board")).records()[0]["Never (%)"]
    '25.0'
    """
    return table_rows(
        disclosed,
        caption=caption,
        row="group",
        column="term",
        headers={"group": "Question", "n": "Answered"},
        notes=notes,
        source=source,
        id=id,
    )


def table_items(
    disclosed: DisclosedFrame,
    *,
    caption: str = "How each question behaves",
    notes: Sequence[str] = (),
    source: str = "",
    id: str | None = None,
) -> Table:
    """Return item statistics: one line per item (`term`), within its area (`group`), one column per statistic.

    Examples
    --------
    >>> from resilience_stats.disclosure import apply_policy
    >>> from resilience_stats.results.rows import make_rows
    >>> rows = make_rows("instrument", "items", group="Team", term="Q1", n=137,
    ...                  statistic=["item_mean", "r_item_rest"], value=[3.42, 0.51])
    >>> table_items(apply_policy(rows, "board")).records()[0]["Item–rest correlation"]
    '0.51'
    """
    return table_rows(
        disclosed, caption=caption, headers={"group": "Area", "term": "Question"}, notes=notes, source=source, id=id
    )


def table_codebook(
    disclosed: DisclosedFrame,
    *,
    caption: str = "Codebook",
    notes: Sequence[str] = (),
    source: str = "",
    id: str | None = None,
) -> Table:
    """Return words by field: one line per field (`term`), within its table (`group`), one column per statistic.

    Examples
    --------
    >>> from resilience_stats.disclosure import apply_policy
    >>> from resilience_stats.results.rows import make_rows
    >>> rows = make_rows("methods", "codebook", group="features", term="gp_fte_per_1000", statistic=["label", "unit"],
    ...                  value=["GP full-time equivalents", "per 1,000 patients"])
    >>> table_codebook(apply_policy(rows, "board")).records()[0]["Unit"]
    'per 1,000 patients'
    """
    return table_rows(
        disclosed, caption=caption, headers={"group": "Table", "term": "Field"}, notes=notes, source=source, id=id
    )


def table_settings(
    disclosed: DisclosedFrame,
    *,
    caption: str = "Settings and software of this run",
    notes: Sequence[str] = (),
    source: str = "",
    id: str | None = None,
) -> Table:
    """Return settings and versions (`term`), grouped (`group`), as text.

    Examples
    --------
    >>> from resilience_stats.disclosure import apply_policy
    >>> from resilience_stats.results.rows import text_rows
    >>> rows = text_rows("methods", "software", {"numpy": "2.4.6"}, statistic="version")
    >>> table_settings(apply_policy(rows, "board")).to_csv()
    'Setting,Version\\nnumpy,2.4.6\\n'
    """
    return table_rows(
        disclosed,
        caption=caption,
        headers={"group": "Kind", "term": "Setting", "text": "Value"},
        notes=notes,
        source=source,
        id=id,
    )
