"""The document model as one HTML file that asks nothing of the network."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import Any

from resilience_stats.report.breaking import breakable_html
from resilience_stats.report.document import Model
from resilience_stats.report.formulae import to_mathml

_TEMPLATES = Path(__file__).parent / "templates"


def render_html(document: Model) -> str:
    """Return the page.

    Parameters
    ----------
    document : dict
        As `build_document` gives it. All text in it is escaped; only the figures' SVG and the formulae, both of our
        own drawing, go in as markup.
    """
    formulae = [b for c in document["chapters"] for b in c["blocks"] if b["kind"] == "formula"]
    mathml = dict(zip((b["id"] for b in formulae), to_mathml([b["typst"] for b in formulae]), strict=True))
    return str(_environment().get_template("report.html.j2").render(document=document, mathml=mathml))


def render_block(block: Model) -> str:
    """Return one block of the model as HTML, for a notebook that shows it."""
    formulae = {"block": to_mathml([block["typst"]])[0]} if block["kind"] == "formula" else {}
    macros = _environment().get_template("blocks.html.j2").make_module({"mathml": formulae})
    return str(macros.block({"id": "block", **block}))


@lru_cache
def _environment() -> Any:
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    made = Environment(
        loader=FileSystemLoader(_TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters["breakable"] = breakable_html
    return made
