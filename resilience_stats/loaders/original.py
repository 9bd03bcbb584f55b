"""The rows of a file as they stand in it, so that a row set aside can be found again and mended."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from resilience_stats.loaders.headers import plain

if TYPE_CHECKING:
    import pandas as pd

ENDING = ".set-aside.csv"
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\uff1d", "\uff0b", "\uff0d", "\uff20")
#: Control characters but the line break, and marks that turn the direction of text.
_UNSEEN = {c: f"\\x{c:02x}" for c in (*range(9), 11, 12, 13, *range(14, 32), 127)}
_UNSEEN |= {c: f"\\u{c:04x}" for c in (0x200E, 0x200F, *range(0x202A, 0x202F), *range(0x2066, 0x206A))}
#: What a cell of a workbook can hold.
_LONGEST = 32_767


def original_cells(
    header: Sequence[str], rows: Mapping[int, Sequence[str]], not_read: Collection[str] = ()
) -> pd.DataFrame:
    """Return rows of a file as text under the headers of the file, indexed by line.

    Parameters
    ----------
    header : sequence of str
    rows : mapping of int to sequence of str
        Line -> cells; a row that is longer than the header gets columns of its own.
    not_read : collection of str
        Headers to leave out: what the definition declares as not read, such as a respondent's address.

    Examples
    --------
    >>> original_cells(["a", "", "a"], {7: ["1", "2", "3", "4"]}).columns.tolist()
    ['a', 'column 2', 'a (column 3)', 'column 4']
    """
    import pandas as pd

    width = max([len(header), *(len(r) for r in rows.values())])
    left_out = {plain(h) for h in not_read}
    kept = [k for k in range(width) if k >= len(header) or plain(header[k]) not in left_out]
    texts = [header[k].strip() if k < len(header) else "" for k in range(width)]
    met: Counter[str] = Counter()
    names = []
    for k, text in enumerate(texts, start=1):
        met[text] += 1
        names.append(f"column {k}" if not text else text if met[text] == 1 else f"{text} (column {k})")
    cells = [[row[k] if k < len(row) else "" for k in kept] for row in rows.values()]
    return pd.DataFrame(cells, index=pd.Index(list(rows), name="row"), columns=[names[k] for k in kept], dtype=object)


def mending_sheet(aside: pd.DataFrame, cells: pd.DataFrame | None) -> pd.DataFrame:
    """Return what a person needs to mend rows: the reason, the line in the file, and the cells as they stand there.

    Parameters
    ----------
    aside : pandas.DataFrame
        Rows set aside of one file: ``row, reason`` and, where `cells` does not know them, their text.
    cells : pandas.DataFrame or None
        As `original_cells` gives them.
    """
    import pandas as pd

    head = aside[["reason", "row"]].reset_index(drop=True)
    extra = [c for c in ("candidate", "score") if c in aside and aside[c].notna().any()]
    head = pd.concat([head, aside[extra].reset_index(drop=True)], axis=1)
    if cells is not None and set(aside["row"].dropna()) <= set(cells.index):
        known = cells.reindex(aside["row"]).reset_index(drop=True)
    else:
        known = aside.drop(columns=["row", "reason", "file", "table", *extra], errors="ignore").reset_index(drop=True)
        known = known.dropna(axis=1, how="all")
    taken = {*head.columns}
    known = known.set_axis([f"{c} (in the file)" if c in taken else c for c in known.columns], axis=1)
    return pd.concat([head, known], axis=1).sort_values("row", kind="stable", ignore_index=True)


def write_sheets(sheets: Mapping[str, pd.DataFrame], folder: str | Path) -> tuple[Path, ...]:
    """Write one CSV for each file that has rows set aside, and take away those of an earlier run.

    A cell that a spreadsheet would run begins with an apostrophe; characters that cannot be seen are written as their
    codes; a text longer than a workbook's cell is cut, and it is said. The folder can be read by its owner only.

    Parameters
    ----------
    sheets : mapping of str to pandas.DataFrame
        Name of the file -> its `mending_sheet`.
    folder : path
        Made where there is something to write.

    Returns
    -------
    tuple of pathlib.Path
        What was written.
    """
    folder = Path(folder)
    for old in folder.glob(f"*{ENDING}"):
        old.unlink()
    full = {name: sheet for name, sheet in sheets.items() if len(sheet)}
    if full:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    written = []
    for name, sheet in full.items():
        # A label is a file's name, or its folder and name; neither may lead out of the folder.
        path = folder / (name.replace("\\", "/").strip("./").replace("/", "__") + ENDING)
        safe = sheet.set_axis([harmless(c) for c in sheet.columns], axis=1)
        for k, column in enumerate(sheet.columns):
            if column not in ("row", "score"):
                safe.isetitem(k, sheet.iloc[:, k].map(harmless).array)
        # The mark of the encoding lets a workbook program read accents as they are.
        safe.to_csv(path, index=False, encoding="utf-8-sig")
        written.append(path)
    return tuple(written)


def harmless(cell: object) -> str:
    """Return a cell's text as a spreadsheet can hold it without running it.

    Examples
    --------
    >>> harmless('=HYPERLINK("x")'), harmless("-5.2"), harmless("a\\x00b"), harmless(None)
    ('\\'=HYPERLINK("x")', '-5.2', 'a\\\\x00b', '')
    """
    import pandas as pd

    if cell is None or (not isinstance(cell, str) and pd.isna(cell)):  # type: ignore[call-overload]
        return ""
    text = str(cell)
    begins = text.lstrip(" \u00a0").startswith(_FORMULA) and not _is_number(text)
    text = text.translate(_UNSEEN)
    if len(text) > _LONGEST:
        mark = f"… (cut; {len(text):,} characters)"
        text = text[: _LONGEST - len(mark) - 1] + mark
    return f"'{text}" if begins else text


def as_written(cell: str) -> str:
    """Return the text that `harmless` was given, where it only put an apostrophe before it.

    Examples
    --------
    >>> as_written("'=1+1"), as_written("'tis")
    ('=1+1', "'tis")
    """
    rest = cell.removeprefix("'")
    return rest if rest.lstrip(" \u00a0").startswith(_FORMULA) else cell


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True
