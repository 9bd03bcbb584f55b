"""What the tests of small reports start from."""

from __future__ import annotations

from pathlib import Path

import pytest
from small_report import write_three_chapters

from resilience_stats.report import making


@pytest.fixture
def notebooks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A summary that reads the others, and two chapters; nothing of the user's own cache."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    folder = write_three_chapters(tmp_path / "notebooks")
    monkeypatch.setattr(making, "notebook_directory", lambda: folder)
    return folder
