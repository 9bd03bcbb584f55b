"""CQC's aggregation rules: which overall rating the key questions give."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from resilience_stats.errors import DataError

if TYPE_CHECKING:
    import pandas as pd

KEY_QUESTIONS = ("Safe", "Effective", "Caring", "Responsive", "Well-led")
LEVELS = ("Inadequate", "Requires improvement", "Good", "Outstanding")


def expected_overall(key_questions: Mapping[str, str] | Iterable[str]) -> str | None:
    """Return the overall rating that the five key-question ratings give under CQC's aggregation rules.

    Parameters
    ----------
    key_questions : Mapping or iterable of str
        Rating by key question, or the five ratings.

    Returns
    -------
    str or None
        None where a key question has no rating: the rules need all five.

    Raises
    ------
    DataError
        A rating is none of the four.

    Notes
    -----
    Key questions weigh equally. Two or more Inadequate: Inadequate. Otherwise two or more below Good: Requires
    improvement. One Inadequate alone also counts below Good and, with the rest Good or better, limits the overall
    rating to Requires improvement. Two or more Outstanding, and no rating below Good: Outstanding. Otherwise Good.
    (CQC, "Ratings principles": judgement may override, and ratings of several dates may stand together; a difference
    is a flag, not a fault.)

    Examples
    --------
    >>> expected_overall(["Good", "Good", "Outstanding", "Good", "Requires improvement"])
    'Good'
    >>> expected_overall({"Safe": "Inadequate", "Effective": "Good", "Caring": "Good", "Responsive": "Good",
    ...     "Well-led": "Inadequate"})
    'Inadequate'
    """
    ratings = list(key_questions.values() if isinstance(key_questions, Mapping) else key_questions)
    given = [_canonical(r) for r in ratings if isinstance(r, str) and r.strip()]
    if len(given) < len(KEY_QUESTIONS) or len(given) < len(ratings):
        return None
    count = {level: given.count(level) for level in LEVELS}
    below_good = count["Inadequate"] + count["Requires improvement"]
    if count["Inadequate"] >= 2:
        return "Inadequate"
    if below_good >= 2 or count["Inadequate"] == 1:
        return "Requires improvement"
    return "Outstanding" if count["Outstanding"] >= 2 and below_good == 0 else "Good"


def _canonical(rating: str) -> str:
    folded = {level.casefold(): level for level in LEVELS}
    key = " ".join(rating.split()).casefold()
    if key not in folded:
        raise DataError("unknown rating", found=rating, allowed=", ".join(LEVELS))
    return folded[key]


def check_overall_ratings(ratings: pd.DataFrame) -> pd.DataFrame:
    """Return the locations whose published overall rating is not the one that the rules give.

    Parameters
    ----------
    ratings : pandas.DataFrame
        As `load_cqc_ratings` gives them.

    Returns
    -------
    pandas.DataFrame
        ``location_id, practice_code, published, expected, mixed_dates, inherited``, one row per location that differs.

    Examples
    --------
    >>> import pandas as pd
    >>> rows = pd.DataFrame({"location_id": "1-1", "practice_code": "A81001", "population_group": "Overall",
    ...     "key_question": [*KEY_QUESTIONS, "Overall"], "rating": ["Good"] * 5 + ["Outstanding"],
    ...     "publication_date": pd.Timestamp("2020-01-01"), "inherited": False})
    >>> check_overall_ratings(rows)["expected"].tolist()
    ['Good']
    """
    import pandas as pd

    overall = ratings.loc[ratings["population_group"].str.casefold().eq("overall")]
    rows = []
    for (location, code), group in overall.groupby(["location_id", "practice_code"]):
        published = group.loc[group["key_question"].eq("Overall")]
        questions = group.loc[group["key_question"].ne("Overall")]
        expected = expected_overall(questions["rating"].tolist())
        for _, row in published.iterrows():
            if expected is not None and isinstance(row["rating"], str) and row["rating"] != expected:
                mixed = questions["publication_date"].nunique() > 1
                rows.append((location, code, row["rating"], expected, mixed, bool(row["inherited"])))
    columns = ["location_id", "practice_code", "published", "expected", "mixed_dates", "inherited"]
    return pd.DataFrame(rows, columns=columns)
