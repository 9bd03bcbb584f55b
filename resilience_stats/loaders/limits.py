"""What a file may hold. Beyond these a file is refused, or a text is cut, and it is said."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Limits on what a loader takes in; ``[limits]`` of the study file overrides them.

    Attributes
    ----------
    max_cell_characters : int
        Longer texts are cut and named (32,767 is what a cell of a workbook can hold).
    max_rows, max_columns : int
        A table with more is refused.
    max_file_bytes : int
        A larger file is refused unread.
    max_unpacked_bytes : int
        A workbook that unpacks to more is refused unopened: the defence against a zip bomb.

    Examples
    --------
    >>> Limits().max_cell_characters
    32767
    """

    max_cell_characters: int = 32_767
    max_rows: int = 5_000_000
    max_columns: int = 5_000
    max_file_bytes: int = 2_000_000_000
    max_unpacked_bytes: int = 4_000_000_000


DEFAULT_LIMITS = Limits()
