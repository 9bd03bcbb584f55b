"""Every error a user can meet, with the exit code that the command line gives for it.

One base class means one promise: the message is for the analyst and is shown without a traceback.
A message says where, what was found, what is allowed and what to do.
"""

from __future__ import annotations

import difflib
import errno
import sys
import unicodedata
from collections.abc import Iterable
from contextlib import nullcontext
from typing import Any

#: Characters of a value that are told; more would bury the sentence.
_LONGEST = 160


class ResilienceStatsError(Exception):
    """Base of all errors that are shown without a traceback.

    Parameters
    ----------
    message : str
        What went wrong.
    where : str, optional
        File, row and column, or the argument, that is at fault.
    found : object, optional
        The value met.
    allowed : str, optional
        What would have been accepted.
    action : str, optional
        What the reader should do next.

    Examples
    --------
    >>> print(ResilienceStatsError("bad answer", where="phq.csv, row 14, column q07", found="9", allowed="1..5"))
    phq.csv, row 14, column q07: bad answer: found '9', allowed 1..5.
    """

    exit_code = 1

    def __init__(
        self,
        message: str,
        *,
        where: str | None = None,
        found: object = None,
        allowed: str | None = None,
        action: str | None = None,
    ) -> None:
        self.message, self.where, self.found, self.allowed, self.action = message, where, found, allowed, action
        super().__init__(self._sentence())

    def _sentence(self) -> str:
        facts = []
        if self.found is not None:
            facts.append(f"found {_shown(self.found)}")
        if self.allowed is not None:
            facts.append(f"allowed {self.allowed}")
        text = f"{self.where}: {self.message}" if self.where else self.message
        if facts:
            text = f"{text.rstrip('.')}: {', '.join(facts)}"
        text = text if text.endswith((".", "?", "!")) else text + "."
        return f"{text} {self.action}" if self.action else text


def _shown(value: object) -> str:
    numpy = sys.modules.get("numpy")  # where nobody has loaded it, nothing found is its kind of number
    try:
        with numpy.printoptions(legacy="1.25") if numpy else nullcontext():  # 3.0 rather than np.float64(3.0)
            text = repr(value)
    except ValueError:  # a whole number of thousands of digits has no decimal form
        return f"a number of {value.bit_length()} bits" if isinstance(value, int) else f"a {type(value).__name__}"
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}... ({len(text):,} characters)"


class UsageError(ResilienceStatsError):
    """A command was given arguments that it cannot have meant."""

    exit_code = 2


class StudyError(ResilienceStatsError):
    """The study file is missing, malformed or contradicts itself."""

    exit_code = 10


class SchemaError(ResilienceStatsError):
    """A definition in data/schema is malformed, or an instrument cannot be used."""

    exit_code = 11


class DataError(ResilienceStatsError):
    """Input files hold values that the definitions do not allow.

    Attributes
    ----------
    problems : pandas.DataFrame or None
        Every problem found, one row each: file, row, column, found, rule, allowed, action.
    """

    exit_code = 12

    def __init__(self, message: str, *, problems: Any = None, **facts: Any) -> None:
        super().__init__(message, **facts)
        self.problems = problems


class FileMissingError(DataError, StudyError):
    """A file that the study names is not there."""

    exit_code = 13


class FileAccessError(ResilienceStatsError):
    """A file or folder cannot be read or written: not allowed, in use, in the way, or the disk is full."""

    exit_code = 14


class ModelError(ResilienceStatsError):
    """A model was asked for that the data cannot carry, or was given unusable arguments."""

    exit_code = 20


class CircularModelError(ModelError):
    """A predictor is arithmetically part of the outcome."""


class EventBudgetError(ModelError):
    """More parameters were asked for than the events carry."""


class DisclosureError(ResilienceStatsError):
    """Rows that have not been through the disclosure policy were about to leave."""

    exit_code = 30


class ReportError(ResilienceStatsError):
    """The report, or one of its chapters, could not be built."""

    exit_code = 40


#: What the reader can do about an error of the system, by its number.
_REMEDIES = {
    errno.ENOSPC: "Make room on that disk, then run the same command again.",
    errno.EDQUOT: "Make room within your quota, then run the same command again.",
    errno.EACCES: "Close the file where another program has it open, or choose a folder that you may write to.",
    errno.EPERM: "Close the file where another program has it open, or choose a folder that you may write to.",
    errno.EROFS: "Choose a folder that can be written to.",
    errno.EEXIST: "A file is in the way where a folder is needed: name another folder, or move the file away.",
    errno.ENOTDIR: "A file is in the way where a folder is needed: name another folder, or move the file away.",
    errno.EISDIR: "A folder is in the way where a file is needed: name another file, or move the folder away.",
    errno.ENAMETOOLONG: "Choose a shorter name.",
    errno.ENOENT: "Look whether the path is right and the disk is there.",
    errno.EMFILE: "Too many files are open: close other programs, or give a smaller --jobs.",
    errno.ENOMEM: "Close other programs, or give --jobs 1.",
}


def access_error(fault: OSError, *, where: object = None) -> FileAccessError:
    """Return an error of the system as a sentence: which file or folder, what is wrong with it, what to do.

    Parameters
    ----------
    fault : OSError
    where : path, optional
        The file or folder, where the system has not named it.

    Examples
    --------
    >>> print(access_error(OSError(errno.ENOSPC, "No space left on device", "reports/2019/tables.xlsx")))
    reports/2019/tables.xlsx: no space left on device. Make room on that disk, then run the same command again.
    """
    place = fault.filename if where is None else where
    place = place.decode(errors="replace") if isinstance(place, bytes) else place
    reason = fault.strerror or str(fault) or type(fault).__name__
    return FileAccessError(
        reason[:1].lower() + reason[1:],
        where=None if place is None else shortened(str(place)),
        action=_REMEDIES.get(fault.errno or 0),
    )


def shortened(text: str) -> str:
    """Return a text that may stand in a message: on one line, and no longer than a reader can take in.

    Examples
    --------
    >>> shortened("a\\nb"), len(shortened("x" * 5000))
    ('a?b', 182)
    """
    text = "".join("?" if unicodedata.category(c) in ("Cc", "Cs") else c for c in text)
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}... ({len(text):,} characters)"


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """Return a hint that names the nearest known spelling, or lists what is known; nothing where nothing is.

    Examples
    --------
    >>> did_you_mean("retation", ["rotation", "method"])
    "Did you mean 'rotation'?"
    """
    names = [str(k) for k in known]
    near = difflib.get_close_matches(str(name), names, n=1, cutoff=0.6)
    if near:
        return f"Did you mean '{near[0]}'?"
    return f"Known: {', '.join(names)}." if names else ""


def require_choice(value: object, allowed: Iterable[str], argument: str) -> None:
    """Raise `ModelError` unless `value` is one of `allowed`.

    Examples
    --------
    >>> require_choice("ml", ("ml", "dwls"), "estimator")
    """
    choices = tuple(allowed)
    if value not in choices:
        raise ModelError(
            f"unknown value for {argument}",
            where=f"argument {argument}",
            found=value,
            allowed=", ".join(repr(c) for c in choices),
            action=did_you_mean(str(value), choices),
        )
