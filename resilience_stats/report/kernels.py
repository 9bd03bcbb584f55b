"""Kernels that are started once, warmed while the files are still being read, and used by chapter after chapter.

A kernel that imports pandas, matplotlib and the models anew for each chapter costs more than the chapter does.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import subprocess
import threading
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import Any, TypeVar

from jupyter_client.manager import AsyncKernelManager
from jupyter_core.utils import ensure_event_loop

import resilience_stats

_Item = TypeVar("_Item")
_Made = TypeVar("_Made")
#: Takes what a kernel sends while code runs: the kind of message and its content.
Hear = Callable[[str, Mapping[str, Any]], None]
#: What every chapter imports. The source is looked at first: what is imported later may be newer, never older.
#: What was imported stays: to look for garbage in it costs each chapter a tenth of its time.
_WARM = """
import gc
gc.disable()
import resilience_stats.report.sources
resilience_stats.report.sources.source_hash()
import resilience_stats.report.chapter, resilience_stats.report.rows.drivers, resilience_stats.figures
gc.freeze()
gc.enable()
"""
_CLEAR = "get_ipython().run_line_magic('reset', '-f')"
#: Seconds that a process may need to start, and that one message may need to come.
_SECONDS, _PAUSE = 120, 0.2


class KernelDied(Exception):
    """The process ended while it was running something: out of memory, killed, ended by the code, or out of time."""


class Kernel:
    """One process that runs code. All calls but `kill` come from the one thread that started it.

    Parameters
    ----------
    environment : mapping of str to str
        Variables set for the process, beside those of this one.
    """

    def __init__(self, environment: Mapping[str, str]) -> None:
        self._environment = dict(environment)
        self._manager = AsyncKernelManager(kernel_name="python3")

    def start(self) -> Kernel:
        """Start the process and warm it; return this kernel.

        Raises
        ------
        RuntimeError
            If the process ends before it is ready.
        """
        self._loop = ensure_event_loop(prefer_selector_loop=True)
        try:
            self._start()
        except BaseException:
            self._loop.close()
            raise
        return self

    def run(self, code: str, hear: Hear = lambda kind, content: None, *, seconds: float | None = None) -> None:
        """Run `code` and tell `hear` all that it sends, an error among it.

        Raises
        ------
        KernelDied
            If the process ends before the code does, or is ended because the code has taken longer than `seconds`.
        """
        try:
            self._loop.run_until_complete(asyncio.wait_for(self._run(code, hear), seconds))
        except TimeoutError:
            self._loop.run_until_complete(self._manager.shutdown_kernel(now=True))
            raise KernelDied(f"stopped: it had taken longer than {seconds:g} s") from None

    def clear(self) -> None:
        """Forget what was defined; a new process takes the place of one that has died."""
        if not self._loop.run_until_complete(self._manager.is_alive()):
            self._end()
            self._manager = AsyncKernelManager(kernel_name="python3")
            self._start()
        self.run(_CLEAR)

    def kill(self) -> None:
        """End the process at once; may be called from any thread."""
        process = getattr(self._manager.provisioner, "process", None)
        if process is not None:
            process.kill()

    def close(self) -> None:
        """End the process and free what was held for it."""
        self._end()
        self._loop.close()

    def _start(self) -> None:
        self._loop.run_until_complete(
            self._manager.start_kernel(
                cwd=str(Path(resilience_stats.__file__).resolve().parents[1]),  # where the package can be imported from
                env={**os.environ, **self._environment},
                extra_arguments=["--log-level=ERROR"],  # ipykernel else warns that it listens on this machine
            )
        )
        self._client = self._manager.client()
        self._client.start_channels()
        try:
            self._loop.run_until_complete(self._warm())
        except BaseException:
            self._end()
            raise

    def _end(self) -> None:
        self._client.stop_channels()
        self._loop.run_until_complete(self._shut_down())

    async def _shut_down(self) -> None:
        """Kill the process with those that it has started, and wait; jupyter_client looks each tenth of a second."""
        held: Any = self._manager.provisioner
        process = getattr(held, "process", None)
        if process is not None:
            await held.kill()
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(_PAUSE)
        await self._manager.shutdown_kernel(now=True)

    async def _warm(self) -> None:
        """Wait until the process has warmed itself and what it sends is heard.

        jupyter_client's `wait_for_ready` listens into the silence before and after, for fifths of a second.
        """
        asked = self._client.execute(_WARM)
        try:
            async with asyncio.timeout(_SECONDS):
                while (await self._next(self._client.get_shell_msg))["parent_header"].get("msg_id") != asked:
                    pass
                while not await self._heard():  # what was sent before the channel stood is lost
                    self._client.kernel_info()
        except (KernelDied, TimeoutError) as error:
            raise RuntimeError("a process for chapters could not be started") from error

    async def _heard(self) -> bool:
        try:
            await self._client.get_iopub_msg(timeout=_PAUSE)
        except Empty:
            return False
        return True

    async def _run(self, code: str, hear: Hear) -> None:
        asked = self._client.execute(code, allow_stdin=False, stop_on_error=True)
        while True:
            message = await self._next(self._client.get_iopub_msg)
            if message["parent_header"].get("msg_id") != asked:
                continue
            kind, content = message["msg_type"], message["content"]
            if kind == "status" and content["execution_state"] == "idle":
                break
            hear(kind, content)
        while (await self._next(self._client.get_shell_msg))["parent_header"].get("msg_id") != asked:
            pass

    async def _next(self, ask: Callable[..., Any]) -> Mapping[str, Any]:
        """The next message; a process that has died sends none, and must not be waited for."""
        while True:
            try:
                message: Mapping[str, Any] = await ask(timeout=1)
            except Empty:
                if not await self._manager.is_alive():
                    raise KernelDied("the process that ran it has died") from None
            else:
                return message


class Kernels:
    """A few kernels, each driven by a thread of its own, started when there is work for them.

    Parameters
    ----------
    jobs : int
        How many at most.
    environment : mapping of str to str, optional
        Variables set for the processes.

    Notes
    -----
    Left by an error, an interruption among them, what is running is not waited for.
    """

    def __init__(self, jobs: int, environment: Mapping[str, str] | None = None) -> None:
        self._environment = environment or {}
        self.jobs = max(jobs, 1)
        self._threads = [ThreadPoolExecutor(max_workers=1) for _ in range(self.jobs)]
        self._all: list[Kernel] = []
        self._kernels: list[Future[Kernel]] = []
        self._stopping = threading.Event()

    def __enter__(self) -> Kernels:
        return self

    def __exit__(self, kind: object, *error: object) -> None:
        self._stop(at_once=kind is not None)
        for thread in self._threads:
            thread.shutdown()

    def begin(self, count: int) -> None:
        """Start kernels until `count` have been started, or as many as there may be; do not wait for them."""
        for thread in self._threads[len(self._kernels) : count]:
            kernel = Kernel(self._environment)
            self._all.append(kernel)
            self._kernels.append(thread.submit(kernel.start))

    def restart(self) -> None:
        """End the kernels, so that the next work finds processes that know nothing of the past."""
        self._stop(at_once=False)
        self._all, self._kernels, self._stopping = [], [], threading.Event()

    def map(self, function: Callable[[Kernel, _Item], _Made], items: Sequence[_Item]) -> list[_Made]:
        """Return `function(kernel, item)` of each item, in their order, begun in it, as many at a time as may be."""
        self.begin(len(items))
        waiting: SimpleQueue[tuple[int, _Item]] = SimpleQueue()
        for place in enumerate(items):
            waiting.put(place)
        made: dict[int, _Made] = {}

        def work(own: Future[Kernel]) -> None:
            """Take items off the queue and run them in this kernel until none is left."""
            kernel = own.result()  # made by this thread's task before this one
            while not self._stopping.is_set():
                try:
                    position, item = waiting.get_nowait()
                except Empty:
                    return
                kernel.clear()
                made[position] = function(kernel, item)

        pairs = zip(self._threads, self._kernels, strict=False)
        for done in [thread.submit(work, own) for thread, own in pairs]:
            done.result()
        return [made[i] for i in range(len(items))]

    def _stop(self, *, at_once: bool) -> None:
        self._stopping.set()
        if at_once:
            for kernel in self._all:
                kernel.kill()
        closing = [thread.submit(_close, own) for thread, own in zip(self._threads, self._kernels, strict=False)]
        for closed in closing:
            closed.result()


def _close(own: Future[Kernel]) -> None:
    """End a kernel on its thread; one that could not start has said so to those that waited for it."""
    if not own.cancelled() and own.exception() is None:
        own.result().close()
