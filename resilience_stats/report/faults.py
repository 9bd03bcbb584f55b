"""A fault of the package itself: told in a sentence, its traceback kept where only the user reads it."""

from __future__ import annotations

import platform
import sys
import traceback

import resilience_stats as rs
from resilience_stats.report.cache import cache_folder, forget_oldest, write_whole
from resilience_stats.report.console import tell

#: Exit codes of the command line that belong to no class of error.
OWN_FAULT, OUT_OF_MEMORY = 70, 71
#: Faults kept.
_MOST = 20


def tell_fault(fault: BaseException) -> None:
    """Say that the package is at fault and where the traceback lies, which may hold answers and so is not shown."""
    text = "".join(traceback.format_exception(fault))
    try:
        folder = cache_folder("faults")
        last = max((int(p.stem) for p in folder.glob("*.txt") if p.stem.isdecimal()), default=0)
        file = folder / f"{last + 1:04d}.txt"
        write_whole(file, f"resilience_stats {rs.__version__}, Python {platform.python_version()}\n{text}".encode())
        forget_oldest(folder, _MOST)
    except OSError:  # without a place to keep it, it is better shown than lost
        sys.stderr.write(text)
        return
    tell(
        f"A fault of resilience_stats itself: {type(fault).__name__}. It should have been told in words, whatever the "
        f"files hold; please report it. Its traceback lies in {file} (it may hold answers: read it before you pass "
        "it on)."
    )
