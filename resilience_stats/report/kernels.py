"""Kernels that are started once, warmed while the files are still being read, and used by chapter after chapter.

A kernel that imports pandas, matplotlib and the models anew for each chapter costs more than the chapter does.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, TypeVar

from jupyter_client.asynchronous.client import AsyncKernelClient
from jupyter_client.manager import AsyncKernelManager
from jupyter_core.utils import ensure_event_loop, run_sync

import resilience_stats

_Item = TypeVar("_Item")
_Made = TypeVar("_Made")
#: What every chapter imports.
_WARM = "import resilience_stats.report.chapter, resilience_stats.report.rows.drivers, resilience_stats.figures"
_CLEAR = "get_ipython().run_line_magic('reset', '-f')"
_SECONDS = 120


class _Manager(AsyncKernelManager):
    """A kernel whose clients are closed by its owner: a notebook's own client leaves its sockets open."""

    def __init__(self, **settings: Any) -> None:
        super().__init__(**settings)
        self.clients: list[AsyncKernelClient] = []

    def client(self, **settings: Any) -> AsyncKernelClient:  # type: ignore[override]
        made = super().client(**settings)
        self.clients.append(made)
        return made

    def close_clients(self) -> None:
        while self.clients:
            self.clients.pop().stop_channels()


class Kernels:
    """A few processes to run notebooks in, each driven by a thread of its own.

    Parameters
    ----------
    jobs : int
        How many.
    """

    def __init__(self, jobs: int) -> None:
        self._jobs = max(jobs, 1)
        self._own = threading.local()
        self._pool = ThreadPoolExecutor(max_workers=self._jobs)

    def __enter__(self) -> Kernels:
        self._barrier = threading.Barrier(self._jobs)
        self._started = [self._pool.submit(self._once_per_thread, self._start) for _ in range(self._jobs)]
        return self

    def __exit__(self, *error: object) -> None:
        for done in [self._pool.submit(self._once_per_thread, self._stop) for _ in range(self._jobs)]:
            done.result()
        self._pool.shutdown()

    def map(self, function: Callable[[Any, _Item], _Made], items: Iterable[_Item]) -> list[_Made]:
        """Return `function(kernel_manager, item)` of each item, as many at a time as there are kernels."""
        for started in self._started:
            started.result()
        return list(self._pool.map(lambda item: self._use(function, item), items))

    def _use(self, function: Callable[[Any, _Item], _Made], item: _Item) -> _Made:
        manager = self._cleared()
        try:
            return function(manager, item)
        finally:
            manager.close_clients()

    def _once_per_thread(self, action: Callable[[], None]) -> None:
        # Nobody is through before each thread has come: so no thread takes two of these tasks and leaves one without.
        self._barrier.wait(_SECONDS)
        action()

    def _start(self) -> None:
        self._own.loop = ensure_event_loop(prefer_selector_loop=True)
        self._own.manager = manager = _Manager(kernel_name="python3")
        run_sync(manager.start_kernel)(
            cwd=str(Path(resilience_stats.__file__).resolve().parents[1]),  # where the package can be imported from
            extra_arguments=["--log-level=ERROR"],  # ipykernel else warns, per kernel, that it listens on this machine
        )
        self._run(_WARM)

    def _stop(self) -> None:
        self._own.manager.close_clients()
        run_sync(self._own.manager.shutdown_kernel)(now=True)
        self._own.loop.close()

    def _cleared(self) -> _Manager:
        """This thread's kernel without what the last chapter left in it; a new one if that chapter killed it."""
        if not run_sync(self._own.manager.is_alive)():
            self._stop()
            self._start()
        self._run(_CLEAR)
        return self._own.manager

    def _run(self, code: str) -> None:
        client = self._own.manager.client()
        client.start_channels()
        try:
            run_sync(client.wait_for_ready)(timeout=_SECONDS)
            run_sync(client.execute_interactive)(code, silent=True, store_history=False, timeout=_SECONDS)
        finally:
            self._own.manager.close_clients()
