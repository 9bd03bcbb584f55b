"""How long the parts of earlier reports took on this machine: what the time left is worked out from."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from resilience_stats.report.cache import cache_folder, write_whole
from resilience_stats.report.run import Run
from resilience_stats.report.sources import digest

#: Studies whose timings are kept; those used longest ago are forgotten.
MOST = 50


def read_timings(run: Run) -> dict[str, float]:
    """Return the seconds that each part of this study's report took when it was last done; empty for a new study."""
    return _read().get(_key(run), {})


def write_timings(run: Run, seconds: Mapping[str, float]) -> None:
    """Keep the seconds of the parts that were done; those of other parts stay as they were."""
    held, key = _read(), _key(run)
    mine = {**held.pop(key, {}), **{name: round(value, 3) for name, value in seconds.items()}}
    last = dict([*held.items(), (key, mine)][-MOST:])
    with contextlib.suppress(OSError):
        write_whole(_file(), json.dumps(last, indent=1).encode("utf-8"))


def _read() -> dict[str, dict[str, float]]:
    """What is kept; of a damaged file, what can be used: it costs an estimate, no report."""
    held: Any = None
    with contextlib.suppress(OSError, RuntimeError, ValueError, RecursionError):
        held = json.loads(_file().read_text(encoding="utf-8"))
    studies = held.items() if isinstance(held, dict) else ()
    return {
        str(study): {str(name): value for name, value in parts.items() if isinstance(value, (int, float))}
        for study, parts in studies
        if isinstance(parts, dict)
    }


def _file() -> Path:
    return cache_folder() / "timings.json"


def _key(run: Run) -> str:
    """Studies are told apart by what they call themselves; the number of resamples changes how long a chapter takes."""
    parameters = {k: v for k, v in asdict(run.parameters).items() if k != "run"}
    named = [run.study.title, run.study.area, str(run.study.year), run.policy.name]
    return digest([*named, json.dumps(parameters)])[:16]
