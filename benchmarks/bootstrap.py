"""One bootstrap on every backend: the same bytes, and what each costs.

    OPENBLAS_NUM_THREADS=1 python benchmarks/bootstrap.py [--resamples 4000] [--dask]

The work is importance of 12 drivers on 138 practices. Processes are timed warm; `--dask` needs the extra [cluster].
"""

from __future__ import annotations

import argparse
import contextlib
import time

import joblib
import numpy as np
import pandas as pd

import resilience_stats as rs


def generate(n: int = 138, p: int = 12) -> pd.DataFrame:
    rng = np.random.default_rng(1)
    x = rng.normal(size=(n, p)) + 0.5 * rng.normal(size=(n, 1))
    return pd.DataFrame(x, columns=[f"x{j:02d}" for j in range(p)]).assign(y=x[:, 0] + 2 * rng.normal(size=n))


def once(d: pd.DataFrame, resamples: int) -> tuple[bytes, float]:
    start = time.perf_counter()
    found = rs.relative_importance(d, "y", list(d.columns[:-1]), n_boot=resamples, random_state=1)
    return found.draws.to_numpy().tobytes(), time.perf_counter() - start


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--resamples", type=int, default=4000)
    parser.add_argument("--dask", action="store_true")
    options = parser.parse_args()
    d = generate()
    serial, seconds = once(d, options.resamples)
    print(f"{'serial':16} {seconds:7.3f} s")
    with contextlib.ExitStack() as stack:
        backends = {"threading": {"n_jobs": 2}, "loky": {"n_jobs": 2}}
        if options.dask:
            from distributed import Client

            stack.enter_context(Client(n_workers=2, threads_per_worker=1, dashboard_address=None))
            backends["dask"] = {}
        for backend, extra in backends.items():
            with joblib.parallel_config(backend=backend, **extra):
                once(d, 100)
                found, seconds = once(d, options.resamples)
            print(f"{backend:16} {seconds:7.3f} s   {'same bytes' if found == serial else 'OTHER BYTES'}")


if __name__ == "__main__":
    main()
