"""The environment is made from a lock file, made again when interrupted, and left alone where it is whole."""

from __future__ import annotations

import io
import os
import subprocess
import sys
from pathlib import Path

import pytest
from support import CHECKOUT

from resilience_stats import bootstrap


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A checkout that locks nothing, so that installing it needs no package index."""
    (tmp_path / "requirements.lock").write_text("# nothing is needed\n", encoding="utf-8")
    (tmp_path / "pyproject.toml").write_text(
        '[project]\ndependencies = ["surely-not-installed>=1"]\n', encoding="utf-8"
    )
    return tmp_path


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("prepared")
    (folder / "requirements.lock").write_text("# nothing is needed\n", encoding="utf-8")
    (folder / "pyproject.toml").write_text('[project]\ndependencies = ["surely-not-installed>=1"]\n', encoding="utf-8")
    bootstrap.prepare_environment(folder, stream=io.StringIO())
    return folder


def test_the_first_use_makes_an_environment_that_finds_the_package(prepared: Path) -> None:
    assert bootstrap.stamp_is_current(prepared)
    python = bootstrap.environment_python(prepared / ".venv")
    code = "import sys; print(sys.prefix); print(*sys.path, sep='\\n')"
    out = subprocess.run([python, "-c", code], capture_output=True, text=True, check=True, cwd="/").stdout.splitlines()
    assert Path(out[0]).resolve() == (prepared / ".venv").resolve()
    assert str(prepared.resolve()) in out[1:]


def test_a_whole_environment_is_not_touched_again(prepared: Path) -> None:
    told = io.StringIO()
    bootstrap.prepare_environment(prepared, stream=told)
    assert told.getvalue() == ""


def test_a_changed_lock_file_is_noticed_and_installed(prepared: Path) -> None:
    lock = prepared / "requirements.lock"
    lock.write_text("# still nothing is needed\n", encoding="utf-8")
    assert not bootstrap.stamp_is_current(prepared)
    kept = prepared / ".venv" / "kept"
    kept.write_text("", encoding="utf-8")
    bootstrap.prepare_environment(prepared, stream=io.StringIO())
    assert bootstrap.stamp_is_current(prepared)
    assert kept.exists(), "a changed lock file is installed over the environment, not into a new one"


def test_an_interrupted_installation_is_made_anew(prepared: Path) -> None:
    mark, debris = prepared / ".venv" / "resilience_stats.unfinished", prepared / ".venv" / "half-a-package"
    mark.write_text("", encoding="utf-8")
    debris.write_text("", encoding="utf-8")
    assert not bootstrap.stamp_is_current(prepared)
    bootstrap.prepare_environment(prepared, stream=io.StringIO())
    assert not debris.exists()
    assert not mark.exists()
    assert bootstrap.stamp_is_current(prepared)


def test_a_failed_installation_says_why_and_leaves_no_stamp(checkout: Path) -> None:
    (checkout / "requirements.lock").write_text("not a requirement ==\n", encoding="utf-8")
    with pytest.raises(bootstrap.BootstrapError, match=r"(?s)Could not install.*requirement"):
        bootstrap.prepare_environment(checkout, stream=io.StringIO())
    assert not bootstrap.stamp_is_current(checkout)


def test_an_environment_that_has_the_dependencies_is_used_as_it_is(tmp_path: Path) -> None:
    (tmp_path / "requirements.lock").write_text("", encoding="utf-8")
    (tmp_path / "pyproject.toml").write_text('[project]\ndependencies = ["numpy>=1.0"]\n', encoding="utf-8")
    bootstrap.run_inside_environment(["report"], tmp_path)
    assert not (tmp_path / ".venv").exists()


@pytest.mark.parametrize("requirement", ["surely-not-installed>=1", "numpy>=999"])
def test_a_dependency_that_is_absent_or_too_old_is_missing(tmp_path: Path, requirement: str) -> None:
    path = tmp_path / "pyproject.toml"
    path.write_text(f'[project]\ndependencies = ["numpy>=1.0", "{requirement}"]\n', encoding="utf-8")
    assert bootstrap.missing_dependencies(path) == [requirement]


def test_this_interpreter_has_what_the_project_asks_for() -> None:
    assert bootstrap.missing_dependencies(CHECKOUT / "pyproject.toml") == []


def test_an_environment_that_stays_incomplete_does_not_loop(checkout: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(bootstrap.INSIDE, "1")
    with pytest.raises(bootstrap.BootstrapError, match="Delete that folder"):
        bootstrap.run_inside_environment(["report"], checkout)


def test_an_old_python_gets_a_sentence() -> None:
    with pytest.raises(bootstrap.BootstrapError, match=r"This is Python 3\.9\.18; 3\.11 or newer"):
        bootstrap.require_python((3, 9, 18))


def test_of_the_installers_many_lines_few_are_told() -> None:
    lines = [f"Collecting package{i}" for i in range(60)] + [
        "Installing collected packages: a, b, c",
        "Successfully installed",
    ]
    tail: list[str] = []
    assert list(bootstrap._kept(lines, tail)) == [
        "  25 packages fetched ...",
        "  50 packages fetched ...",
        "  installing 3 packages (a minute or two) ...",
        "  installed.",
    ]
    assert tail[-1] == "Successfully installed"


def test_the_entry_needs_the_standard_library_only(checkout: Path) -> None:
    """Without any installed package the command line gets as far as trying to make the environment."""
    package = checkout / "resilience_stats"
    package.mkdir()
    for name in ("__init__.py", "__main__.py", "bootstrap.py"):
        (package / name).write_text(
            (CHECKOUT / "resilience_stats" / name).read_text(encoding="utf-8"), encoding="utf-8"
        )
    environment = {**os.environ, bootstrap.INSIDE: "1"}
    command = [
        sys.executable,
        "-I",
        "-S",
        "-c",
        f"import sys; sys.path.insert(0, {str(checkout)!r}); "
        "import runpy; runpy.run_module('resilience_stats', run_name='__main__')",
    ]
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=environment, cwd=checkout)
    assert done.returncode == bootstrap.BootstrapError.exit_code, done.stderr
    assert "Delete that folder and try again" in done.stderr
    assert "Traceback" not in done.stderr
