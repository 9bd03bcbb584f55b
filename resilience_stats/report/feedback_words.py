"""How hard a text is to read, and whether it shames."""

from __future__ import annotations

import re
from collections.abc import Iterable

#: Years of age at which schooling starts: a grade is a year of it.
_SCHOOL_AGE = 5
#: Stems of words that blame or rank; none may stand in a practice's own report.
SHAMING = (
    "fail", "blame", "fault", "poor", "bad", "worst", "worse", "weak", "inadequate", "deficien", "underperform",
    "incompeten", "struggl", "disappoint", "unacceptable", "lagging", "laggard", "rank", "league", "bottom",
    "percentile", "decile", "shame", "must improve", "concerning", "problem practice", "outlier", "loser",
    "behind others",
)  # fmt: skip


def reading_grade(text: str) -> float:
    """Return the Flesch-Kincaid grade of an English text: years of school needed to read it with ease.

    Notes
    -----
    0.39 words / sentences + 11.8 syllables / words - 15.59. Syllables are counted by groups of vowels, a silent final e
    left out. Source: Kincaid, Fishburne, Rogers and Chissom, Naval Technical Training Command 1975, report 8-75.

    Examples
    --------
    >>> reading_grade("The cat sat on the mat. It was warm.") < 2
    True
    """
    words = re.findall(r"[A-Za-z]+(?:'[a-z]+)?", text)
    sentences = max(1, len(re.findall(r"[.!?]+(?=\s|$)", text)))
    if not words:
        return 0.0
    return 0.39 * len(words) / sentences + 11.8 * sum(map(syllables, words)) / len(words) - 15.59


def reading_age(text: str) -> float:
    """Return the age, in years, at which a text can be read with ease: its grade and five.

    Examples
    --------
    >>> reading_age("We see you.") < 8
    True
    """
    return reading_grade(text) + _SCHOOL_AGE


def syllables(word: str) -> int:
    """Return the syllables of an English word, by its groups of vowels.

    Examples
    --------
    >>> [syllables(w) for w in ("score", "practice", "table", "resilience", "asked", "areas")]
    [1, 2, 2, 4, 1, 3]
    """
    plain = word.lower().split("'")[0]
    count = len(re.findall(r"[aeiouy]+", plain))
    # Two vowels that are spoken apart: medi-an, resili-ence, vide-o, are-a, re-al, cre-ate, actu-al.
    count += len(re.findall(r"(?<![ctgs])ia|(?<=[lr])ien(?=[ct])|eo(?!p)|rea(?=s?$)|(?<=r)eal|crea|ua(?=l)", plain))
    if re.search(r"[^aeiouy]e(ly|ful|less|ment)s?$", plain):
        count -= 1
    if plain.endswith("e") and not re.search(r"[^aeiouy]le$", plain) and count > 1:
        count -= 1
    if re.search(r"[^aeioutdy]ed$", plain) and count > 1:
        count -= 1
    if re.search(r"[^aeiouyscxzgh]es$", plain) and not re.search(r"[^aeiouy]les$", plain) and count > 1:
        count -= 1
    return max(1, count)


def shaming_words(texts: Iterable[str]) -> list[str]:
    """Return the words of `texts` that blame or rank.

    Examples
    --------
    >>> shaming_words(["You are among the worst practices.", "Your score is lower."])
    ['worst']
    """
    pattern = re.compile(r"\b(" + "|".join(SHAMING) + r")[a-z]*", re.IGNORECASE)
    return [match.group(0) for text in texts for match in pattern.finditer(text)]
