"""Every notebook as a person opens it: alone, top to bottom, with nothing but the example."""

from __future__ import annotations

import os
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient
from support import CHECKOUT

pytestmark = pytest.mark.slow
NOTEBOOKS = sorted((CHECKOUT / "notebooks").glob("*.ipynb"))


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A user who has never run anything, and then keeps what the first notebooks have made."""
    return tmp_path_factory.mktemp("home")


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda p: p.stem)
@pytest.mark.xdist_group("notebooks-by-hand")
def test_it_runs_alone(path: Path, home: Path) -> None:
    notebook = nbformat.read(path, as_version=4)
    client = NotebookClient(notebook, timeout=600, resources={"metadata": {"path": str(CHECKOUT / "notebooks")}})
    own = {"HOME": str(home), "USERPROFILE": str(home), "XDG_CACHE_HOME": str(home / "cache")}
    with pytest.MonkeyPatch.context() as patch:
        for name, value in own.items():
            patch.setenv(name, value)
        client.execute(env=dict(os.environ))
    cells = [c for c in notebook.cells if c.cell_type == "code"]
    shown = [o for c in cells for o in c.outputs if o.output_type in ("display_data", "execute_result")]
    assert len(shown) > 3
    assert not any(o.output_type == "error" for c in cells for o in c.outputs)
