"""What the reader must be told: fallbacks, dropped rows, warnings; shared by the data wing and the numbers wing."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Note:
    """One thing the reader must know about a result or a cohort: a fallback, a dropped row, a warning.

    Attributes
    ----------
    code : str
        Stable identifier, lower-case words joined by hyphens, e.g. ``"few-clusters"``.
    message : str
        The sentence that is printed.
    """

    code: str
    message: str

    def __str__(self) -> str:
        return f"{self.message} [{self.code}]"


def note(code: str, message: str) -> Note:
    """Make a `Note`.

    Examples
    --------
    >>> str(note("rows-dropped", "3 rows with a missing value were dropped."))
    '3 rows with a missing value were dropped. [rows-dropped]'
    """
    return Note(code, message)
