"""Prose becomes blocks; what looks like markup of either output stays text."""

from __future__ import annotations

from resilience_stats.report.markdown import blocks_from_markdown


def test_the_constructs_that_chapters_use() -> None:
    blocks = blocks_from_markdown(
        "## Who answered\n\nSome **did**\nand *some* `x`.\n\n1. one\n2. two **b**\n\n> Careful.\n"
    )
    assert blocks == [
        {"kind": "heading", "level": 2, "spans": [{"text": "Who answered"}]},
        {
            "kind": "paragraph",
            "spans": [
                {"text": "Some "},
                {"text": "did", "style": "strong"},
                {"text": " and "},
                {"text": "some", "style": "emphasis"},
                {"text": " "},
                {"text": "x", "style": "code"},
                {"text": "."},
            ],
        },
        {
            "kind": "list",
            "ordered": True,
            "items": [[{"text": "one"}], [{"text": "two "}, {"text": "b", "style": "strong"}]],
        },
        {"kind": "notice", "paragraphs": [[{"text": "Careful."}]]},
    ]


def test_html_is_text() -> None:
    (block,) = blocks_from_markdown("before <script>alert(1)</script> after")
    assert "".join(s["text"] for s in block["spans"]) == "before <script>alert(1)</script> after"
    (block,) = blocks_from_markdown("<script>\nalert(1)\n</script>\n")
    assert block["spans"][0]["text"].startswith("<script>")
