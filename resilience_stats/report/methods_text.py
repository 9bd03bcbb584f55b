"""The methods in words and formulae, and what was done to keep practices from being identified."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from itertools import groupby
from typing import Any

from resilience_stats.disclosure import DisclosedFrame
from resilience_stats.report.blocks import Block, formula
from resilience_stats.report.markdown import blocks_from_markdown
from resilience_stats.report.reading import find, value_text
from resilience_stats.report.wording import phrase, wording


def method_blocks(results: DisclosedFrame | None = None) -> list[Block]:
    """Return each method in use with its formula and its source, in the order of wording/formulae.toml.

    Parameters
    ----------
    results : DisclosedFrame, optional
        The released rows of the run: a method is described where one of its outputs is among them. All methods by
        default.

    Examples
    --------
    >>> [b.model["kind"] for b in method_blocks()[:4]]
    ['heading', 'paragraph', 'formula', 'paragraph']
    """
    made: list[Block] = []
    for section, methods in groupby(methods_in_use(results), key=lambda entry: entry["section"]):
        made.append(Block({"kind": "heading", "level": 3, "spans": [{"text": section}]}))
        for entry in methods:
            made += [Block(b) for b in blocks_from_markdown(f"**{entry['name']}.** {entry['text']}")]
            made.append(formula(entry["typst"], entry["alt"]))
            made += [Block(b) for b in blocks_from_markdown(f"*{entry['source']}*")]
    return made


def methods_in_use(results: DisclosedFrame | None = None) -> list[Mapping[str, Any]]:
    """Return the entries of wording/formulae.toml whose outputs are among released rows; all where none are given."""
    entries: list[Mapping[str, Any]] = list(wording("formulae")["formulae"])
    if results is None:
        return entries
    there = outputs_of(results)
    return [entry for entry in entries if is_there(entry["where"], there)]


def outputs_of(results: DisclosedFrame) -> set[str]:
    """Return the places of released rows: ``chapter``, ``chapter/output`` and ``chapter/output: group``."""
    places = results.rows[["chapter", "output", "group"]].drop_duplicates().itertuples(index=False)
    return {
        text
        for chapter, output, group in places
        for text in (str(chapter), f"{chapter}/{output}", f"{chapter}/{output}: {group}")
    }


def is_there(wanted: Iterable[str], there: set[str]) -> bool:
    """Return whether one of the outputs wanted is there.

    Examples
    --------
    >>> is_there(["drivers/effects", "drivers/models"], {"drivers/models"})
    True
    """
    return any(place in there for place in wanted)


def disclosure_statement(released: DisclosedFrame) -> str:
    """Return how the numbers were protected, and how many were withheld."""
    words = wording("methods")["release"]
    rows, withheld = (find(released, "release", "released_rows", term=words[name]) for name in ("rows", "withheld"))
    return phrase("methods", "disclosure", rows=value_text(rows or {}), withheld=value_text(withheld or {}))
