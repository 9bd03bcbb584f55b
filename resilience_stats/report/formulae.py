"""Formulae, written once in Typst's notation: set by Typst in the PDF, turned by it into MathML for the page."""

from __future__ import annotations

import re
import tempfile
from collections.abc import Sequence
from pathlib import Path

from resilience_stats.errors import ReportError

_MATH = re.compile(r"<math\b.*?</math>", re.DOTALL)


def to_mathml(formulae: Sequence[str]) -> list[str]:
    """Return one ``<math>`` element per formula.

    Parameters
    ----------
    formulae : sequence of str
        In Typst's math notation, from the package's own wording and never from a study.

    Examples
    --------
    >>> to_mathml(["x^2"])[0].startswith("<math")
    True
    """
    if not formulae:
        return []
    import typst

    source = "\n\n".join(f"$ {formula} $" for formula in formulae)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "formulae.typ"
        path.write_text(source, encoding="utf-8")
        page = typst.compile(str(path), format="html", ignore_system_fonts=True)
    found = _MATH.findall(page.decode("utf-8") if isinstance(page, bytes) else str(page))
    if len(found) != len(formulae):
        raise ReportError("a formula could not be set", found=f"{len(found)} of {len(formulae)}")
    return found
