"""The prose of a notebook's markdown cells as blocks of the document model.

The model and not HTML is what the report is made of: the page and the PDF are drawn from the same blocks, and text
that comes from files can never become markup in either.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from typing import Any

Block = dict[str, Any]
_STYLES = {"strong": "strong", "emphasis": "emphasis", "codespan": "code"}


def blocks_from_markdown(text: str) -> list[Block]:
    """Return headings, paragraphs, lists and notices; raw HTML stays the text that it is.

    Parameters
    ----------
    text : str
        CommonMark; of its constructs the report uses headings, paragraphs, lists, quotations (shown as notices),
        strong, emphasis and code.

    Examples
    --------
    >>> blocks_from_markdown("Who *answered*?")
    [{'kind': 'paragraph', 'spans': [{'text': 'Who '}, {'text': 'answered', 'style': 'emphasis'}, {'text': '?'}]}]
    """
    return [b for token in _parser()(text) for b in _block(token)]


def paragraph(text: str) -> Block:
    """Return one paragraph of plain text, nothing in it read as markup.

    Examples
    --------
    >>> paragraph("2 * 3")
    {'kind': 'paragraph', 'spans': [{'text': '2 * 3'}]}
    """
    return {"kind": "paragraph", "spans": [{"text": text}]}


@lru_cache
def _parser() -> Any:
    import mistune

    return mistune.create_markdown(renderer=None)


def _block(token: dict[str, Any]) -> Iterable[Block]:
    kind = token["type"]
    if kind == "heading":
        yield {"kind": "heading", "level": token["attrs"]["level"], "spans": _spans(token["children"])}
    elif kind in ("paragraph", "block_text"):
        yield {"kind": "paragraph", "spans": _spans(token["children"])}
    elif kind == "list":
        items = [
            _spans([c for part in item["children"] for c in part.get("children", ())]) for item in token["children"]
        ]
        yield {"kind": "list", "ordered": token["attrs"]["ordered"], "items": items}
    elif kind == "block_quote":
        yield {
            "kind": "notice",
            "paragraphs": [_spans(c.get("children", [])) for c in token["children"] if "children" in c],
        }
    elif "raw" in token:
        yield paragraph(token["raw"].strip())


def _spans(tokens: Iterable[dict[str, Any]], style: str | None = None) -> list[dict[str, str]]:
    spans: list[dict[str, str]] = []
    for token in tokens:
        here = _STYLES.get(token["type"], style)
        if "children" in token:
            spans += _spans(token["children"], here)
        else:
            text = " " if token["type"] in ("softbreak", "linebreak") else token.get("raw", "")
            spans.append({"text": text, "style": here} if here else {"text": text})
    return _joined(spans)


def _joined(spans: list[dict[str, str]]) -> list[dict[str, str]]:
    out: list[dict[str, str]] = []
    for span in spans:
        if out and out[-1].get("style") == span.get("style"):
            out[-1] = {**out[-1], "text": out[-1]["text"] + span["text"]}
        elif span["text"]:
            out.append(span)
    return out
