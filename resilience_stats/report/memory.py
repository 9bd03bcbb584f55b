"""How much memory this process has needed at most."""

from __future__ import annotations

import re
import sys
from pathlib import Path

_STATUS = Path("/proc/self/status")


def own_peak_memory() -> float | None:
    """Return the largest resident size of this process so far in MB, or None where the system does not tell.

    Notes
    -----
    Linux: the high-water mark of the process itself. The number that `getrusage` gives would do less well for a kernel:
    it starts at the size of the process that started it.

    Examples
    --------
    >>> own_peak_memory() is None or own_peak_memory() > 1
    True
    """
    if _STATUS.exists():
        found = re.search(r"VmHWM:\s*(\d+) kB", _STATUS.read_text(encoding="ascii", errors="ignore"))
        return round(int(found.group(1)) / 1024, 1) if found else None
    if sys.platform == "win32":
        return None
    import resource

    scale = 2**20 if sys.platform == "darwin" else 2**10
    return round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / scale, 1)
