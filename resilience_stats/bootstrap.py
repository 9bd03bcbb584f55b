"""A fresh clone and any Python are enough: make the environment that the lock file describes, then run inside it.

Standard library only, and no syntax newer than Python 3.8, so that an old interpreter gets a sentence and not a
traceback. A wheel, or an environment that already holds the dependencies, is left alone.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import IO

#: The interpreter that pyproject.toml asks for.
MINIMUM_PYTHON = (3, 11)
#: Set for the process that runs inside the environment, so that a broken one is reported and not made for ever.
INSIDE = "RESILIENCE_STATS_BOOTSTRAPPED"
_STAMP = "resilience_stats.stamp"
_UNFINISHED = "resilience_stats.unfinished"
_REQUIREMENT = re.compile(r"^\s*([A-Za-z0-9._-]+)\s*(?:>=\s*([0-9.]+))?")


class BootstrapError(Exception):
    """The environment could not be made; the message says what to do."""

    exit_code = 3


def run_inside_environment(arguments: Sequence[str], checkout: Path, *, stream: IO[str] | None = None) -> None:
    """Return when this interpreter can run the package; otherwise make the environment and start again in it.

    Parameters
    ----------
    arguments : sequence of str
        The command line after ``python -m resilience_stats``.
    checkout : pathlib.Path
        The folder that holds the package; it is a checkout where ``requirements.lock`` lies in it.
    stream : text stream, optional
        Where progress is told; standard error by default.

    Raises
    ------
    BootstrapError
        If Python is too old, or the environment cannot be made.

    Examples
    --------
    >>> run_inside_environment([], Path("no", "checkout"))
    """
    require_python(sys.version_info[:3])
    lock = checkout / "requirements.lock"
    if not lock.is_file() or is_ready(checkout):
        return
    if os.environ.get(INSIDE):
        raise BootstrapError(
            f"The environment in {checkout / '.venv'} is incomplete. Delete that folder and try again."
        )
    prepare_environment(checkout, stream=stream or sys.stderr)
    _start_again(environment_python(checkout / ".venv"), arguments)


def require_python(version: Sequence[int]) -> None:
    """Raise `BootstrapError` if `version` is older than the package can use.

    Examples
    --------
    >>> require_python((3, 12, 1))
    """
    if tuple(version[:2]) < MINIMUM_PYTHON:
        found, wanted = ".".join(map(str, version)), ".".join(map(str, MINIMUM_PYTHON))
        raise BootstrapError(
            f"This is Python {found}; {wanted} or newer is needed. "
            f"Install one, then name it: make report PYTHON=python{wanted}"
        )


def is_ready(checkout: Path) -> bool:
    """Return whether this interpreter may run the package as it is.

    The checkout's own environment is ready when it was finished for the lock file as it now stands; any other
    interpreter when it has every dependency that pyproject.toml names.
    """
    venv = checkout / ".venv"
    inside = Path(sys.prefix).resolve() == venv.resolve()
    if inside and (venv / _STAMP).exists():
        return stamp_is_current(checkout)
    if inside and (venv / _UNFINISHED).exists():
        return False
    return not missing_dependencies(checkout / "pyproject.toml")


def missing_dependencies(pyproject: Path) -> list[str]:
    """Return the dependencies of the project that this interpreter lacks, or has too old.

    Examples
    --------
    >>> missing_dependencies(Path("nowhere", "pyproject.toml"))
    []
    """
    import tomllib
    from importlib import metadata

    if not pyproject.is_file():
        return []
    lacking = []
    for requirement in tomllib.loads(pyproject.read_text(encoding="utf-8"))["project"]["dependencies"]:
        name, least = parse_requirement(requirement)
        try:
            found = metadata.version(name)
        except metadata.PackageNotFoundError:
            lacking.append(requirement)
            continue
        if _numbers(found) < _numbers(least):
            lacking.append(requirement)
    return lacking


def parse_requirement(requirement: str) -> tuple[str, str]:
    """Return the name and the least version of a requirement.

    Examples
    --------
    >>> parse_requirement("matplotlib>=3.11,<3.13")
    ('matplotlib', '3.11')
    """
    found = _REQUIREMENT.match(requirement)
    if found is None:
        raise BootstrapError(f"pyproject.toml: cannot read the requirement {requirement!r}.")
    return found.group(1), found.group(2) or "0"


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(n) for n in re.findall(r"\d+", version.split("+")[0])[:3])


def stamp(checkout: Path) -> str:
    """Return what identifies the environment wanted: the lock file's hash and the Python that runs.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     _ = Path(folder, "requirements.lock").write_text("a==1")
    ...     len(stamp(Path(folder)).split()[0])
    64
    """
    lock = (checkout / "requirements.lock").read_bytes()
    return f"{hashlib.sha256(lock).hexdigest()} python{sys.version_info[0]}.{sys.version_info[1]}\n"


def stamp_is_current(checkout: Path) -> bool:
    """Return whether the environment was finished for the lock file as it now stands."""
    venv = checkout / ".venv"
    if (venv / _UNFINISHED).exists() or not environment_python(venv).exists():
        return False
    try:
        written = (venv / _STAMP).read_text(encoding="utf-8")
    except OSError:
        return False
    return written.split()[:1] == stamp(checkout).split()[:1]


def environment_python(venv: Path) -> Path:
    """Return where the interpreter of an environment lies on this system."""
    return venv / "Scripts" / "python.exe" if os.name == "nt" else venv / "bin" / "python"


def prepare_environment(checkout: Path, *, stream: IO[str]) -> None:
    """Make ``.venv`` as the lock file says; an interrupted one is made anew, a changed lock file installed over.

    Raises
    ------
    BootstrapError
        With the last lines of what failed.
    """
    if stamp_is_current(checkout):
        return
    venv, mark = checkout / ".venv", checkout / ".venv" / _UNFINISHED
    if mark.exists() or not environment_python(venv).exists():
        _say(stream, f"Making the environment {venv.name} (once; needs the package index) ...")
        shutil.rmtree(venv, ignore_errors=True)
        _run(
            [sys.executable, "-m", "venv", str(venv)],
            "make the virtual environment (on Debian: apt-get install python3-venv)",
        )
    mark.write_text("The installation did not finish; it is done again from the start.\n", encoding="utf-8")
    _install(checkout, stream)
    _let_the_package_be_found(venv, checkout)
    (venv / _STAMP).write_text(stamp(checkout), encoding="utf-8")
    mark.unlink()


def _install(checkout: Path, stream: IO[str]) -> None:
    lock = checkout / "requirements.lock"
    command = [
        str(environment_python(checkout / ".venv")),
        "-m",
        "pip",
        "install",
        "--require-hashes",
        "--requirement",
        str(lock),
        "--no-input",
        "--disable-pip-version-check",
        "--progress-bar",
        "off",
    ]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, encoding="utf-8", errors="replace"
    ) as process:
        tail: list[str] = []
        for line in _kept(process.stdout or (), tail):
            _say(stream, line)
    if process.returncode:
        raise BootstrapError(
            "Could not install the dependencies of requirements.lock. The last lines were:\n  " + "\n  ".join(tail[-8:])
        )


def _kept(lines: Iterable[str], tail: list[str]) -> Iterator[str]:
    """Yield one line of progress per 25 packages out of pip's many; keep the raw lines in `tail`."""
    collected = 0
    for raw in lines:
        line = raw.rstrip()
        tail.append(line)
        del tail[:-20]
        if line.startswith("Collecting "):
            collected += 1
            if collected % 25 == 0:
                yield f"  {collected} packages fetched ..."
        elif line.startswith("Installing collected packages"):
            yield f"  installing {line.count(',') + 1} packages (a minute or two) ..."
        elif line.startswith("Successfully installed"):
            yield "  installed."


def _let_the_package_be_found(venv: Path, checkout: Path) -> None:
    """A notebook's kernel starts in its own folder: let every interpreter of the environment import this checkout."""
    for site in [*venv.glob("lib/python*/site-packages"), *venv.glob("Lib/site-packages")]:
        (site / "resilience_stats_checkout.pth").write_text(f"{checkout.resolve()}\n", encoding="utf-8")


def _run(command: Sequence[str], purpose: str) -> None:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        last = (done.stderr or done.stdout).strip().splitlines()[-5:]
        raise BootstrapError(f"Could not {purpose}:\n  " + "\n  ".join(last))


def _start_again(python: Path, arguments: Sequence[str]) -> None:
    command = [str(python), "-m", "resilience_stats", *arguments]
    environment = {**os.environ, INSIDE: "1"}
    if os.name == "nt":  # exec on Windows returns to the shell before the command has ended
        with contextlib.suppress(KeyboardInterrupt):
            sys.exit(subprocess.run(command, env=environment, check=False).returncode)
        sys.exit(130)
    os.execve(command[0], command, environment)


def _say(stream: IO[str], text: str) -> None:
    stream.write(text + "\n")
    stream.flush()
