"""The methods in words and formulae, and what was done to keep practices from being identified."""

from __future__ import annotations

from resilience_stats.disclosure import DisclosedFrame
from resilience_stats.report.blocks import Block, formula
from resilience_stats.report.markdown import blocks_from_markdown
from resilience_stats.report.reading import find, value_text
from resilience_stats.report.wording import phrase, wording


def method_blocks() -> list[Block]:
    """Return each method with its formula and its source, in the order of wording/methods.toml."""
    made: list[Block] = []
    for entry in wording("methods")["formulae"]:
        made.append(Block({"kind": "heading", "level": 3, "spans": [{"text": entry["name"]}]}))
        made += [Block(b) for b in blocks_from_markdown(entry["text"])]
        made.append(formula(entry["typst"], entry["alt"]))
        made += [Block(b) for b in blocks_from_markdown(f"*{entry['source']}*")]
    return made


def disclosure_statement(released: DisclosedFrame) -> str:
    """Return how the numbers were protected, and how many were withheld."""
    words = wording("methods")["release"]
    rows, withheld = (find(released, "release", "rows", term=words[name]) for name in ("rows", "withheld"))
    return phrase("methods", "disclosure", rows=value_text(rows or {}), withheld=value_text(withheld or {}))
