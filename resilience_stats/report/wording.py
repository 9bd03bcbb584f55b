"""The report's words: read from the files in ``wording``, so that they can be reviewed and tested as data."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from resilience_stats.errors import ReportError, did_you_mean

_FOLDER = Path(__file__).parent / "wording"


@cache
def wording(topic: str) -> Mapping[str, Any]:
    """Return the phrases of one topic.

    Examples
    --------
    >>> "synthetic_mark" in wording("notices")
    True
    """
    return tomllib.loads((_FOLDER / f"{topic}.toml").read_text(encoding="utf-8"))


def phrase(topic: str, name: str, /, **values: object) -> str:
    """Return one phrase with `values` put in.

    Raises
    ------
    ReportError
        If there is no such phrase, or it asks for a value that is not given.

    Examples
    --------
    >>> phrase("notices", "synthetic_mark")
    'Synthetic data'
    """
    phrases = wording(topic)
    if name not in phrases:
        raise ReportError(f"no phrase '{name}'", where=f"wording/{topic}.toml", action=did_you_mean(name, phrases))
    try:
        return str(phrases[name]).format(**values).strip()
    except KeyError as error:
        raise ReportError(
            f"phrase '{name}' asks for {error}", where=f"wording/{topic}.toml", found=sorted(values)
        ) from error
