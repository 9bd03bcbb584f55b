"""Where a word too long for its line may be broken: file names, addresses, whatever a study calls its places."""

from __future__ import annotations

import re
from typing import Any

from markupsafe import Markup, escape

from resilience_stats.display import printable

#: A space of no width: a line may end there, and nothing is printed.
NO_WIDTH = "\u200b"
_LONG, _PIECE = 30, 20
_WORD = re.compile(rf"\S{{{_LONG},}}")
_PIECES = re.compile(rf"[^_/\\.@-]{{0,{_PIECE - 1}}}[_/\\.@-]+|[^_/\\.@-]{{1,{_PIECE}}}")
#: Keys of the document model that hold words to be read.
_WORDS = frozenset(
    {"text", "title", "caption", "subtitle", "headline", "label", "rows", "notes", "source", "facts", "items", "area"}
)


def breakable(text: str) -> str:
    """Return a text in whose words of 30 letters and more a line may end, after a mark or 20 letters.

    Examples
    --------
    >>> breakable("short words stay"), breakable("HSCA_Active_Locations_primary_medical.xlsx").split(NO_WIDTH)
    ('short words stay', ['HSCA_', 'Active_', 'Locations_', 'primary_', 'medical.', 'xlsx'])
    """
    return _WORD.sub(lambda word: NO_WIDTH.join(_PIECES.findall(word.group())), text)


def breakable_html(text: str) -> Markup:
    """Return the same for a page: what is copied from it holds no mark.

    Examples
    --------
    >>> str(breakable_html("<" + "a" * 30))
    '&lt;aaaaaaaaaaaaaaaaaaa<wbr>aaaaaaaaaaa'
    """
    return Markup("<wbr>").join(escape(piece) for piece in breakable(str(text)).split(NO_WIDTH))


def printable_model(node: Any) -> Any:
    """Return a part of the document model whose texts and drawings hold nothing that steers a page.

    Examples
    --------
    >>> printable_model({"title": "a\\u202eb", "rows": [["c\\x00d"]]})
    {'title': 'ab', 'rows': [['cd']]}
    """
    if isinstance(node, Markup):
        return Markup(printable(node))  # markup of ours, whose texts have been escaped
    if isinstance(node, str):
        return printable(node)
    if isinstance(node, dict):
        return {key: printable_model(value) for key, value in node.items()}
    if isinstance(node, (list, tuple)):
        return [printable_model(value) for value in node]
    return node


def breakable_model(node: Any, *, words: bool = False) -> Any:
    """Return a part of the document model in which every text to be read is breakable.

    Examples
    --------
    >>> breakable_model({"id": "i" * 40, "title": "t" * 40})["title"].count(NO_WIDTH)
    1
    """
    if isinstance(node, str):
        return breakable(node) if words else node
    if isinstance(node, dict):
        return {key: breakable_model(value, words=key in _WORDS) for key, value in node.items()}
    if isinstance(node, (list, tuple)):
        return [breakable_model(value, words=words) for value in node]
    return node
