"""Sentences, findings, facts and formulae: the parts of a chapter that are neither table nor figure."""

from __future__ import annotations

import html
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from resilience_stats.report.html import render_block
from resilience_stats.tables import Table, clean_text


@dataclass(frozen=True, slots=True)
class Block:
    """One part of a chapter; shows itself in Jupyter as it will stand on the page.

    Attributes
    ----------
    model : dict
        As the document model holds it.
    """

    model: dict[str, Any]

    def to_model(self) -> dict[str, Any]:
        """Return the block of the document model."""
        return self.model

    def _repr_html_(self) -> str:
        return render_block(self.model)

    def __repr__(self) -> str:
        words = self.model["alt"] if self.model["kind"] == "formula" else re.sub(r"<[^>]*>", " ", self._repr_html_())
        return " ".join(html.unescape(words).split())


@dataclass(frozen=True, slots=True)
class LinkedTable:
    """A table of which some cells lead to other parts of the report.

    Attributes
    ----------
    table : Table
        In Jupyter these cells read as they stand in it.
    links : sequence of (int, int, sequence of (str, str))
        Row, column, and the targets: chapter, and the id of a table or figure in it (empty for the chapter).
    """

    table: Table
    links: Sequence[tuple[int, int, Sequence[tuple[str, str]]]]

    def to_model(self) -> dict[str, Any]:
        """Return the block of the document model, with links that `resolve_links` puts in."""
        return {**self.table.to_model(), "links": [[i, j, [list(t) for t in to]] for i, j, to in self.links]}

    def _repr_html_(self) -> str:
        return self.table.to_html()

    def __repr__(self) -> str:
        return repr(self.table)


def bullets(sentences: Iterable[str]) -> Block:
    """Return sentences as a list.

    Examples
    --------
    >>> bullets(["One.", "Two."]).model["items"][1]
    [{'text': 'Two.'}]
    """
    return Block({"kind": "list", "ordered": False, "items": [[{"text": clean_text(s)}] for s in sentences]})


def notice(text: str) -> Block:
    """Return a warning that stands out from the text.

    Examples
    --------
    >>> notice("Mind this.").model["paragraphs"]
    [[{'text': 'Mind this.'}]]
    """
    return Block({"kind": "notice", "paragraphs": [[{"text": clean_text(text)}]]})


def finding(headline: str, facts: Mapping[str, str]) -> Block:
    """Return one finding: what was found, of how many, how much, how surely.

    Examples
    --------
    >>> finding("Scores differ", {"Practices": "138"}).model["facts"]
    [['Practices', '138']]
    """
    return Block({"kind": "finding", "headline": clean_text(headline), "facts": _pairs(facts)})


def facts(pairs: Mapping[str, object]) -> Block:
    """Return names and values, for provenance and not for results.

    Examples
    --------
    >>> facts({"Seed": 2019}).model["items"]
    [['Seed', '2019']]
    """
    return Block({"kind": "facts", "items": _pairs(pairs)})


def formula(typst: str, alt: str) -> Block:
    """Return a formula in Typst's notation with its reading in words.

    Examples
    --------
    >>> formula("x^2", "x squared").model["alt"]
    'x squared'
    """
    return Block({"kind": "formula", "typst": typst, "alt": alt})


def _pairs(pairs: Mapping[str, object]) -> list[list[str]]:
    return [[clean_text(name), clean_text(value)] for name, value in pairs.items()]
