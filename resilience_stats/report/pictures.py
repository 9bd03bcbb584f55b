"""The drawings and formulae of the document model as PNG, for formats that cannot hold SVG."""

from __future__ import annotations

import base64
import tempfile
from collections.abc import Mapping, Sequence
from importlib.util import find_spec
from pathlib import Path

from resilience_stats.errors import ReportError
from resilience_stats.report.document import Model

#: Width of a drawing on the page of a Word file, in millimetres, and dots per inch.
WIDTH, DPI = 165, 180
#: The pictures of the last document, by what they were drawn from.
_DRAWN: dict[str, bytes] = {}
_PAGE = (
    "#set page(width: {width}, height: auto, margin: 0pt, fill: white)\n#set text(font: {font}, size: 11pt)\n{body}\n"
)


def to_png(document: Model) -> Mapping[str, bytes]:
    """Return the PNG of every figure and formula of a document, by the id of its block.

    Raises
    ------
    ReportError
        If Typst refuses a drawing, with its own words.

    Notes
    -----
    Drawn by Typst with the fonts of matplotlib's wheel, as the PDF is: the same on every machine. What the document
    before had too is not drawn again.
    """
    blocks = [b for c in document["chapters"] for b in c["blocks"] if b["kind"] in ("figure", "formula")]
    drawings = {block["id"]: _drawing(block) for block in blocks}
    new = {drawings[block["id"]]: block for block in blocks if drawings[block["id"]] not in _DRAWN}
    _DRAWN.update(zip(new, _draw(list(new.values())), strict=True))
    for old in set(_DRAWN) - set(drawings.values()):
        del _DRAWN[old]
    return {name: _DRAWN[drawing] for name, drawing in drawings.items()}


def as_pictures(document: Model) -> Model:
    """Return a document whose figures are PNG, for a policy under which no SVG may leave."""
    pictures = to_png(document)

    def block(held: Model) -> Model:
        """The block with its drawing as a picture, if it has one."""
        if held["kind"] != "figure":
            return held
        return {**held, "svg": "", "png": base64.b64encode(pictures[held["id"]]).decode()}

    chapters = [{**c, "blocks": [block(b) for b in c["blocks"]]} for c in document["chapters"]]
    return {**document, "chapters": chapters}


def drawing_format(figure: Model) -> str:
    """Return the ending of the file that `write_drawing` makes of a figure.

    Examples
    --------
    >>> drawing_format({"svg": "<svg/>"}), drawing_format({"svg": "", "png": "iVBO"})
    ('.svg', '.png')
    """
    return ".png" if "png" in figure else ".svg"


def write_drawing(figure: Model, folder: Path) -> None:
    """Write a figure's drawing into a folder, named by its id."""
    path = folder / f"{figure['id']}{drawing_format(figure)}"
    path.write_bytes(base64.b64decode(figure["png"]) if "png" in figure else figure["svg"].encode())


def font_folder() -> str:
    """Return where the fonts of matplotlib's wheel lie; to import all of matplotlib for that would take longest of all.

    Examples
    --------
    >>> (Path(font_folder()) / "DejaVuSans.ttf").exists()
    True
    """
    found = find_spec("matplotlib")
    return str(Path(str(found and found.origin)).parent / "mpl-data" / "fonts" / "ttf")


def png_width(png: bytes) -> float:
    """Return the width of a picture that `to_png` has made, in millimetres.

    Examples
    --------
    >>> png_width(bytes(16) + (1800).to_bytes(4, "big"))
    254.0
    """
    return int.from_bytes(png[16:20], "big") / DPI * 25.4


def _drawing(block: Model) -> str:
    """All that a picture hangs on."""
    return block["typst"] if block["kind"] == "formula" else block.get("png", "") or block["svg"]


def _draw(blocks: Sequence[Model]) -> list[bytes]:
    if not blocks:
        return []
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        pages = [_page(block, folder) for block in blocks]
        (folder / "pictures.typ").write_text("#pagebreak()\n".join(pages), encoding="utf-8")
        return _compile(folder)


def _page(block: Model, folder: Path) -> str:
    if block["kind"] == "formula":
        return _PAGE.format(width="auto", font='"DejaVu Sans"', body=f"#block(inset: 3pt)[$ {block['typst']} $]")
    write_drawing(block, folder)
    name = block["id"] + drawing_format(block)
    return _PAGE.format(width=f"{WIDTH}mm", font='"DejaVu Sans"', body=f'#image("{name}", width: 100%)')


def _compile(folder: Path) -> list[bytes]:
    import typst

    try:
        made = typst.compile(
            str(folder / "pictures.typ"),
            root=str(folder),
            font_paths=[font_folder()],
            ignore_system_fonts=True,
            format="png",
            ppi=DPI,
        )
    except typst.TypstError as error:
        raise ReportError(f"a drawing could not be turned into a picture: {error}", where="pictures.typ") from error
    return [bytes(page) for page in made] if isinstance(made, list) else [bytes(made)]
