"""The same bytes on a real scheduler with two worker processes, also when a worker dies half-way."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator

import joblib
import numpy as np
import pandas as pd
import pytest

from resilience_stats.models.importance import relative_importance
from resilience_stats.stats.resampling import draw_rows, resample

distributed = pytest.importorskip("distributed", reason="needs the extra [cluster]")

#: joblib's dask backend and distributed are not ours; what they deprecate between themselves is not a failure here.
pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings("default")]
DATA = np.random.default_rng(3).normal(size=(138, 6))


@pytest.fixture
def cluster() -> Iterator[tuple[str, list[subprocess.Popen[bytes]]]]:
    """A scheduler and two workers as processes of their own on loopback."""
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    environment = os.environ | {"DASK_DISTRIBUTED__SCHEDULER__WORKER_TTL": "10 s"}
    port = free_port()
    address = f"tcp://127.0.0.1:{port}"
    command = [sys.executable, "-m", "distributed.cli.dask_scheduler", "--host", "127.0.0.1", "--port", str(port)]
    scheduler = subprocess.Popen([*command, "--no-dashboard"], env=environment, **quiet)
    worker = [sys.executable, "-m", "distributed.cli.dask_worker", address, "--nthreads", "1", "--no-nanny",
              "--host", "127.0.0.1", "--no-dashboard", "--death-timeout", "30"]  # fmt: skip
    workers = [subprocess.Popen(worker, env=environment, **quiet) for _ in range(2)]
    try:
        yield address, workers
    finally:
        for process in (*workers, scheduler):
            process.terminate()
        for process in (*workers, scheduler):
            try:
                process.wait(timeout=10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def free_port() -> int:
    import socket

    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def grams(generators: list[np.random.Generator]) -> np.ndarray:
    drawn = DATA[np.stack([draw_rows(rng, len(DATA)) for rng in generators])]
    return drawn.transpose(0, 2, 1) @ drawn


def slow_gram(rng: np.random.Generator) -> np.ndarray:
    time.sleep(0.005)
    return grams([rng])[0]


def test_a_cluster_gives_the_bytes_of_a_serial_run(cluster: tuple[str, list[subprocess.Popen[bytes]]]) -> None:
    address, workers = cluster
    serial = resample(grams, 330, random_state=5, batched=True)
    slow = resample(slow_gram, 400, random_state=7, chunk=10)
    frame = pd.DataFrame(DATA, columns=[*"abcde", "y"]).assign(y=lambda f: f["y"] + f["a"])
    shares = relative_importance(frame, "y", list("abcde"), n_boot=200, random_state=1).draws
    with distributed.Client(address) as client:
        client.wait_for_workers(2, timeout=30)
        with joblib.parallel_config(backend="dask"):
            assert resample(grams, 330, random_state=5, batched=True).tobytes() == serial.tobytes()
            again = relative_importance(frame, "y", list("abcde"), n_boot=200, random_state=1).draws
            assert again.to_numpy().tobytes() == shares.to_numpy().tobytes()
            assert len(client.has_what()) == 2
            killer = threading.Timer(0.6, workers[0].send_signal, [signal.SIGKILL])
            killer.start()
            half_way = resample(slow_gram, 400, random_state=7, chunk=10)
            killer.join()
        assert half_way.tobytes() == slow.tobytes()
        assert workers[0].wait(timeout=10) == -signal.SIGKILL
        assert len(client.scheduler_info()["workers"]) == 1
