"""What a report was made from and with: enough to make it again, and to see whether it was made again."""

from __future__ import annotations

import json
import platform
import subprocess
from collections.abc import Iterable, Mapping
from dataclasses import asdict
from importlib import metadata
from pathlib import Path
from typing import Any

import resilience_stats
from resilience_stats.report.memory import own_peak_memory
from resilience_stats.report.run import Run
from resilience_stats.report.sources import file_hash

#: Distributions whose version can change a number or a page.
SOFTWARE = (
    "numpy",
    "scipy",
    "pandas",
    "statsmodels",
    "scikit-learn",
    "matplotlib",
    "typst",
    "frictionless",
    "python-calamine",
)


def build_manifest(run: Run, *, outputs: Iterable[Path], seconds: Mapping[str, float]) -> dict[str, Any]:
    """Return the manifest of a report.

    Returns
    -------
    dict
        ``study, inputs, software, commit, settings, outputs, wall_seconds, peak_memory_mb``. No path of this machine is
        in it: files are named relative to the study.
    """
    return {
        "study": study_settings(run),
        "inputs": input_files(run),
        "software": software_versions(),
        "commit": current_commit(),
        "settings": {
            "parameters": {k: v for k, v in asdict(run.parameters).items() if k != "run"},
            "policy": policy_settings(run),
        },
        "outputs": [{"file": p.name, "sha256": file_hash(p)} for p in outputs],
        "wall_seconds": {name: round(value, 2) for name, value in seconds.items()},
        "peak_memory_mb": peak_memory(run),
    }


def study_settings(run: Run) -> dict[str, Any]:
    """Return the settings of the study that can change a number."""
    study = run.study
    return {
        "title": study.title,
        "area": study.area,
        "year": study.year,
        "synthetic": study.synthetic,
        "random_state": study.random_state,
        "census_date": study.census_date.isoformat(),
        "outcome": study.outcome.name,
        "predictors": [{"name": p.name, "role": p.role} for p in study.predictors],
    }


def policy_settings(run: Run) -> dict[str, Any]:
    """Return the disclosure policy without its secret."""
    return {k: v for k, v in asdict(run.policy).items() if k != "pseudonym_key"}


def input_files(run: Run) -> list[dict[str, Any]]:
    """Return every input with its hash, in the order of the tables."""
    paths = [
        ("study", run.study.path),
        *((table, p) for table, files in sorted(run.study.files.items()) for p in files),
    ]
    return [{"table": table, "file": _relative(p, run.study.path.parent), "sha256": file_hash(p)} for table, p in paths]


def software_versions() -> dict[str, str]:
    """Return the versions that a reader needs to repeat the report.

    Examples
    --------
    >>> "numpy" in software_versions()
    True
    """
    versions = {"resilience_stats": resilience_stats.__version__, "python": platform.python_version()}
    return versions | {name: metadata.version(name) for name in SOFTWARE}


def current_commit() -> str | None:
    """Return the commit of the checkout that runs, with ``+changes`` where files differ; None outside a checkout."""
    checkout = Path(resilience_stats.__file__).resolve().parents[1]
    if not (checkout / ".git").exists():
        return None
    commit, changes = (
        _git(checkout, "rev-parse", "HEAD"),
        _git(checkout, "status", "--porcelain", "--untracked-files=no"),
    )
    return None if commit is None else commit + ("+changes" if changes else "")


def peak_memory(run: Run) -> dict[str, float | None]:
    """Return the largest resident sizes so far in MB, of this process and of the largest kernel; None where unknown."""
    told = [json.loads(p.read_text(encoding="utf-8"))["peak_memory_mb"] for p in run.directory.glob("*.blocks.json")]
    kernels = [size for size in told if size is not None]
    return {"this_process": own_peak_memory(), "largest_kernel": max(kernels, default=None)}


def write_manifest(manifest: Mapping[str, Any], path: Path) -> None:
    """Write the manifest as JSON."""
    path.write_text(json.dumps(manifest, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")


def _relative(path: Path, base: Path) -> str:
    import os

    return Path(os.path.relpath(path, base)).as_posix()


def _git(checkout: Path, *arguments: str) -> str | None:
    try:
        done = subprocess.run(["git", "-C", str(checkout), *arguments], capture_output=True, text=True, check=False)
    except OSError:
        return None
    return done.stdout.strip() if done.returncode == 0 else None
