"""Results that take seconds to work out, kept for the next run that asks the same of the same data.

So a chapter whose words or figures have changed is built again without fitting its models again. The runner says where
results are kept, by a variable of the kernels' environment: in the user's cache, or with ``--fresh`` in the run's own
folder, where a chapter finds them that is run twice. In a notebook opened by hand everything is worked out.
"""

from __future__ import annotations

import functools
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

from resilience_stats.report.cache import forget_oldest
from resilience_stats.report.fingerprint import fingerprint
from resilience_stats.report.pickling import NOTHING, keep_pickled, read_pickled
from resilience_stats.report.sources import source_hash

#: Names the folder of the kept results in the environment of a kernel.
VARIABLE = "RESILIENCE_STATS_KEPT_RESULTS"
#: Results kept; those used longest ago are deleted.
MOST = 200
_Function = TypeVar("_Function", bound=Callable[..., Any])


def kept_between_runs(function: _Function) -> _Function:
    """Let a function give again what it gave before, in this run or an earlier one, for the same arguments.

    Parameters
    ----------
    function : callable
        Its result hangs on nothing but its arguments and the package's source, and can be pickled.

    Notes
    -----
    The key is a hash of the arguments' content and of the package's source: a changed answer, seed or method is worked
    out anew.
    """

    @functools.wraps(function)
    def ask(*args: Any, **settings: Any) -> Any:
        """The kept result of these arguments, or the function's own, which is then kept."""
        folder = os.environ.get(VARIABLE)
        if not folder:
            return function(*args, **settings)
        key = fingerprint(function, source_hash(), args, dict(sorted(settings.items())))
        place = Path(folder) / f"{function.__name__}-{key[:32]}.pickle"
        found = read_pickled(place)
        if found is not NOTHING:
            return found
        made = function(*args, **settings)
        keep_pickled(place, made)
        forget_oldest(place.parent, MOST)
        return made

    return ask  # type: ignore[return-value]
