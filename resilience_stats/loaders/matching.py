"""Drafts that a person confirms: questions to items, and practice names to codes. Nothing doubtful is guessed."""

from __future__ import annotations

import difflib
import re
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from resilience_stats.loaders.exports import question_key, recognise
from resilience_stats.loaders.headers import plain
from resilience_stats.loaders.limits import DEFAULT_LIMITS, Limits
from resilience_stats.loaders.opening import open_table
from resilience_stats.schema import ColumnSpec, Instrument, load_instrument, load_table_spec

if TYPE_CHECKING:
    import pandas as pd

_SURE, _DOUBTFUL, _LEAD = 0.97, 0.6, 0.05
_NOISE = {
    "the",
    "dr",
    "drs",
    "surgery",
    "practice",
    "medical",
    "centre",
    "center",
    "health",
    "group",
    "and",
    "partners",
}


def match_instrument(
    path: str | Path, instrument: str | Path | Instrument = "phq", *, limits: Limits = DEFAULT_LIMITS
) -> pd.DataFrame:
    """Return a draft map of the questions of a file to the items of an instrument, for a person to confirm.

    Parameters
    ----------
    path : str or pathlib.Path
        The export of a survey tool.
    instrument : str, pathlib.Path or Instrument
    limits : Limits

    Returns
    -------
    pandas.DataFrame
        One row per header: ``question, item_id, score, confirmed, second_item_id, second_score``. ``score`` is the
        share of matching characters (Ratcliff and Obershelp) after numbering, case and closing marks are taken off.
        Only identical wording comes with ``confirmed`` = "yes"; below 0.6 no item is proposed. Save it as CSV, confirm
        or correct it, and give it to `load_phq` as ``question_map``.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     file = Path(folder) / "export.csv"
    ...     _ = file.write_text("Practice code,1. Partners share clear direction for our practice\\nA81001,4\\n")
    ...     match_instrument(file)[["item_id", "confirmed"]].values.tolist()
    [['practice_code', 'yes'], ['leadership_1', 'no']]
    """
    import pandas as pd

    chosen = load_instrument(instrument)
    rows = open_table(Path(path), limits).rows
    headers = [h for h in rows[0] if h.strip()]
    if recognise(rows) == "survey_monkey":
        pairs = zip(rows[0], rows[1], strict=False)
        headers = [under.strip() or top for top, under in pairs if top.strip() or under.strip()]
    wordings = {question_key(i.text): i.id for i in chosen.items} | {question_key(c.label): c.id for c in chosen.codes}
    fixed = {plain(h): c.name for c in load_table_spec("phq").columns for h in _spellings(c)}
    return pd.DataFrame([_draft(h, wordings, fixed, chosen) for h in headers], columns=list(_DRAFT))


_DRAFT = ("question", "item_id", "score", "confirmed", "second_item_id", "second_score")


def _spellings(column: ColumnSpec) -> list[str]:
    return [column.name, *(h.header for h in column.headers)]


def _draft(
    header: str, wordings: Mapping[str, str], fixed: Mapping[str, str], instrument: Instrument
) -> dict[str, object]:
    ids = {plain(i): i for i in instrument.item_ids}
    key = question_key(header)
    exact = fixed.get(plain(header)) or ids.get(plain(header)) or wordings.get(key)
    if exact:
        return dict(zip(_DRAFT, (header, exact, 1.0, "yes", "", 0.0), strict=True))
    ranked = sorted(((_similar(key, w), i) for w, i in wordings.items()), reverse=True)[:2]
    ranked += [(0.0, "")] * (2 - len(ranked))
    (score, item), (second_score, second) = ranked
    item = item if score >= _DOUBTFUL else ""
    return dict(zip(_DRAFT, (header, item, score, "no", second, second_score), strict=True))


def _similar(a: str, b: str) -> float:
    return difflib.SequenceMatcher(None, a, b, autojunk=False).ratio()


def match_practice_names(
    names: pd.Series, register: pd.DataFrame, *, sure: float = _SURE, lead: float = _LEAD
) -> pd.DataFrame:
    """Return which practice of the register each typed name is, with a score; doubtful ones are listed, never guessed.

    Parameters
    ----------
    names : pandas.Series
        Names as typed; a practice code among them is taken as it is.
    register : pandas.DataFrame
        With ``practice_code`` and ``practice_name``.
    sure : float
        Score from which a name is accepted.
    lead : float
        How far the next best must be behind for that.

    Returns
    -------
    pandas.DataFrame
        Index as `names`; ``typed, practice_code, score, decision, candidate, second_candidate, second_score``.
        ``practice_code`` is filled only where ``decision`` is ``accepted``; ``doubtful`` and ``not found`` are for a
        person.

    Examples
    --------
    >>> import pandas as pd
    >>> register = pd.DataFrame(
    ...     {"practice_code": ["A81001", "A81002"], "practice_name": ["Abbey Surgery", "Queens Park"]})
    >>> match_practice_names(pd.Series(["The Abbey Surgery", "Queen Park"]), register)["decision"].tolist()
    ['accepted', 'doubtful']
    """
    import pandas as pd

    pairs = zip(register["practice_code"], register["practice_name"], strict=True)
    known = [(str(code), _words(str(name))) for code, name in pairs]
    rows = [_match_name(str(name), known, sure, lead) for name in names.fillna("")]
    return pd.DataFrame(rows, index=names.index)


def _words(name: str) -> str:
    words = re.findall(r"[a-z0-9]+", name.casefold().replace("'", "").replace("\u2019", ""))
    kept = [w for w in words if w not in _NOISE]
    return " ".join(sorted(kept or words))


def _match_name(typed: str, known: list[tuple[str, str]], sure: float, lead: float) -> dict[str, object]:
    code = "".join(typed.split()).upper()
    if code in {c for c, _ in known}:
        first, second = (1.0, code), (0.0, "")
    else:
        wanted = _words(typed)
        ranked = sorted(((_similar(wanted, name) if wanted else 0.0, c) for c, name in known), reverse=True)[:2]
        first, second = (*ranked, (0.0, ""), (0.0, ""))[:2]
    accepted = first[0] >= sure and first[0] - second[0] >= lead
    decision = "accepted" if accepted else "doubtful" if first[0] >= _DOUBTFUL else "not found"
    return {
        "typed": typed,
        "practice_code": first[1] if accepted else None,
        "score": first[0],
        "decision": decision,
        "candidate": first[1],
        "second_candidate": second[1],
        "second_score": second[0],
    }
