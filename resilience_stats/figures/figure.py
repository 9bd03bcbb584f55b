"""`Figure`: a drawing that cannot be made without a description, with the data behind it."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import Any

from resilience_stats.display import Part, Shown, clean_text, escape
from resilience_stats.errors import ReportError
from resilience_stats.tables.table import Table


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure(Shown):
    """A figure ready to be shown.

    Attributes
    ----------
    id : str
        Unique on the page; letters, digits and hyphens.
    title : str
        The message, made from the numbers.
    subtitle : str
        The measure, of whom, where and when.
    alt_text : str
        What the drawing shows, for those who do not see it. Required; it may not repeat the title.
    svg : str
        The drawing. Its ids begin with the figure's id.
    data : Table
        The numbers drawn.
    source : str
        Where the data come from.

    Raises
    ------
    ReportError
        Without alt text, title or drawing.

    Examples
    --------
    >>> from resilience_stats.tables import Cell, Column
    >>> table = Table(id="f-data", caption="Data", columns=(Column("n"),), rows=((Cell("1", 1),),))
    >>> Figure(id="f", title="One", subtitle="", alt_text="", svg="<svg/>", data=table)
    Traceback (most recent call last):
    ...
    resilience_stats.errors.ReportError: figure 'f': a figure needs alt text. Say what ...
    """

    id: str
    title: str
    subtitle: str
    alt_text: str
    svg: str = field(repr=False)
    data: Table = field(repr=False)
    source: str = ""

    def __post_init__(self) -> None:
        where = f"figure {self.id!r}"
        if not re.fullmatch(r"[A-Za-z][A-Za-z0-9-]*", self.id):
            raise ReportError("not usable as an id", where="figure", found=self.id, allowed="letters, digits, hyphens")
        if not self.alt_text.strip() or self.alt_text.strip() == self.title.strip():
            action = "Say what the drawing shows in one or two sentences."
            raise ReportError("a figure needs alt text", where=where, action=action)
        if not self.title.strip() or "<svg" not in self.svg:
            raise ReportError("a figure needs a title and a drawing", where=where)

    def with_id(self, identifier: str) -> Figure:
        """Return the same figure under another id, for a page that shows two of a kind."""
        svg = self.svg.replace(f'"{self.id}--', f'"{identifier}--').replace(f"#{self.id}--", f"#{identifier}--")
        return replace(self, id=identifier, svg=svg, data=self.data.with_id(f"{identifier}-data"))

    def to_model(self) -> dict[str, Any]:
        """Return texts and the drawing for a document template; nothing but the drawing is escaped."""
        return {
            "kind": "figure",
            "id": self.id,
            "title": clean_text(self.title),
            "subtitle": clean_text(self.subtitle),
            "alt": clean_text(self.alt_text),
            "svg": self.svg,
            "source": clean_text(self.source),
            "table": self.data.to_model(),
        }

    def to_html(self, *, number: str = "") -> str:
        """Return the figure as HTML; `number` is printed before the title, e.g. ``"Figure 2"``."""
        label = f'<span class="number">{escape(number)}:</span> ' if number else ""
        source = f'<p class="source">Source: {escape(self.source)}</p>' if self.source else ""
        return (
            f'<figure class="rs-figure" id="{self.id}">\n'
            f'<figcaption><p class="title"><strong>{label}{escape(self.title)}</strong></p>'
            f'<p class="subtitle">{escape(self.subtitle)}</p></figcaption>\n'
            f"{self._labelled_svg()}\n{source}"
            f"<details><summary>The data behind this figure: {escape(self.title)}</summary>\n"
            f"{self.data.to_html()}\n</details></figure>"
        )

    def _labelled_svg(self) -> str:
        ids = f'role="img" aria-labelledby="{self.id}-svg-title {self.id}-svg-desc"'
        inner = (
            f'<title id="{self.id}-svg-title">{escape(self.title)}</title>'
            f'<desc id="{self.id}-svg-desc">{escape(self.alt_text)}</desc>'
        )
        opening = re.search(r"<svg[^>]*>", self.svg)
        if opening is None:
            raise ReportError("the drawing is not SVG", where=f"figure {self.id!r}")
        tag = opening.group()
        return self.svg[opening.start() :].replace(tag, f"{tag[:4]} {ids}{tag[4:]}{inner}", 1)

    def _repr_html_(self) -> str:
        return self.to_html()

    def _shown(self) -> Iterable[Part]:
        yield self.title, self.subtitle
        yield "Drawn", self.alt_text
        yield "Source" if self.source else "", self.source
        yield "Its data", f"{len(self.data.rows)} rows of {', '.join(column.label for column in self.data.columns)}"
