"""The one door through which every bootstrap, permutation and simulation of the package goes.

One child of the seed per replicate and chunks of a fixed size make the result the same bytes serially, on threads, on
processes and on a `dask.distributed` cluster, whatever the number of workers. The backend is never chosen here: a
caller moves the work with ``joblib.parallel_config(backend=...)`` around the public function.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from typing import Any

import numpy as np
import scipy.linalg  # noqa: F401  (its BLAS must be loaded before the number of its threads can be fixed)
from joblib import Parallel, delayed
from threadpoolctl import ThreadpoolController

from resilience_stats.errors import ModelError

#: Replicates that travel to a worker together. Fixed, so that the bytes do not depend on who computes them.
CHUNK = 50
_LOCK = threading.Lock()
_HELD: list[Any] = []


def spawn(random_state: int | np.random.Generator, n: int) -> list[np.random.SeedSequence]:
    """Return one independent seed per replicate.

    Parameters
    ----------
    random_state : int or numpy.random.Generator
        The same integer always gives the same seeds; a generator gives new ones at every call.
    n : int
        Number of replicates.

    Examples
    --------
    >>> [int(s.generate_state(1)[0]) for s in spawn(1, 2)] == [int(s.generate_state(1)[0]) for s in spawn(1, 2)]
    True
    """
    if isinstance(random_state, np.random.Generator):
        parent = random_state.bit_generator.seed_seq
        if isinstance(parent, np.random.SeedSequence):
            return parent.spawn(n)
    elif isinstance(random_state, (int, np.integer)) and not isinstance(random_state, bool) and random_state >= 0:
        return np.random.SeedSequence(int(random_state)).spawn(n)
    raise ModelError(
        "random_state cannot seed a resampling",
        where="argument random_state",
        found=random_state,
        allowed="an integer of 0 or more, or a generator from numpy.random.default_rng",
    )


def resample(
    statistic: Callable[[Any], Any],
    n_boot: int,
    *,
    random_state: int | np.random.Generator,
    batched: bool = False,
    chunk: int = CHUNK,
    n_jobs: int | None = None,
) -> np.ndarray:
    """Return the statistic of every replicate, replicates along the first axis.

    Parameters
    ----------
    statistic : callable
        Takes one `numpy.random.Generator` and returns numbers of a fixed shape; with `batched` it takes the list of
        generators of a chunk and returns an array whose first axis runs over them (vectorise over resamples there).
    n_boot : int
        Number of replicates.
    random_state : int or numpy.random.Generator
    batched : bool
    chunk : int
        Replicates per task. Part of the definition of a batched result, so never derive it from the workers.
    n_jobs : int, optional
        As in joblib; None follows ``joblib.parallel_config``, and is serial without one.

    Notes
    -----
    Replicate i draws from child i of the seed (`numpy.random.SeedSequence.spawn`), and BLAS is held at one thread
    inside a chunk: sums then run in one order everywhere.

    Examples
    --------
    >>> draws = resample(lambda rng: rng.normal(), 200, random_state=1)
    >>> draws.shape, bool(abs(draws.mean()) < 0.3)
    ((200,), True)
    """
    if n_boot < 1 or chunk < 1:
        raise ModelError("too few replicates", where="argument n_boot", found=n_boot, allowed="1 or more")
    seeds = spawn(random_state, n_boot)
    parts = [seeds[i : i + chunk] for i in range(0, n_boot, chunk)]
    return np.concatenate(Parallel(n_jobs=n_jobs)(delayed(_run)(statistic, part, batched) for part in parts))


def evaluate(
    statistic: Callable[[Any], Any], items: Sequence[Any] | np.ndarray, *, chunk: int = CHUNK, n_jobs: int | None = None
) -> np.ndarray:
    """Return the statistic of every item that is given, such as resamples drawn elsewhere, along the first axis.

    Parameters
    ----------
    statistic : callable
        Takes one item and returns numbers of a fixed shape.
    items : sequence or numpy.ndarray
    chunk : int
        Items per task.
    n_jobs : int, optional
        As in `resample`.

    Examples
    --------
    >>> evaluate(np.mean, [[1.0, 2.0], [3.0, 5.0]]).tolist()
    [1.5, 4.0]
    """
    parts = [items[i : i + chunk] for i in range(0, len(items), chunk)]
    return np.concatenate(Parallel(n_jobs=n_jobs)(delayed(_each)(statistic, part) for part in parts))


def draw_rows(
    rng: np.random.Generator,
    n: int,
    *,
    strata: np.ndarray | None = None,
    members: Sequence[np.ndarray] | None = None,
) -> np.ndarray:
    """Return the row numbers of one bootstrap sample.

    Parameters
    ----------
    rng : numpy.random.Generator
    n : int
        Number of rows.
    strata : numpy.ndarray, shape (n,), optional
        Rows are drawn within the values of `strata`, whose sizes stay fixed.
    members : sequence of numpy.ndarray, optional
        Row numbers of each cluster: whole clusters are drawn (Davison & Hinkley 1997, section 3.8), so the number of
        rows varies. Takes precedence over `strata`.

    Examples
    --------
    >>> draw_rows(np.random.default_rng(1), 3).shape
    (3,)
    """
    if members is not None:
        return np.concatenate([members[i] for i in rng.integers(len(members), size=len(members))])
    if strata is None:
        return rng.integers(n, size=n)
    rows = np.empty(n, dtype=np.intp)
    for value in np.unique(strata):
        here = np.flatnonzero(strata == value)
        rows[here] = here[rng.integers(len(here), size=len(here))]
    return rows


def _each(statistic: Callable[[Any], Any], items: Sequence[Any] | np.ndarray) -> np.ndarray:
    with _one_blas_thread():
        return np.stack([np.asarray(statistic(item)) for item in items])


def _run(statistic: Callable[[Any], Any], seeds: list[np.random.SeedSequence], batched: bool) -> np.ndarray:
    generators = [np.random.default_rng(seed) for seed in seeds]
    with _one_blas_thread():
        if batched:
            return np.asarray(statistic(generators))
        return np.stack([np.asarray(statistic(rng)) for rng in generators])


@contextmanager
def _one_blas_thread() -> Iterator[None]:
    # Counted, because chunks may run on threads of one process and the first to finish must not release the others.
    with _LOCK:
        _HELD.append(None if _HELD else _controller().limit(limits=1, user_api="blas"))
    try:
        yield
    finally:
        with _LOCK:
            if len(_HELD) == 1:
                _HELD.pop().restore_original_limits()
            else:
                _HELD.pop()


@cache
def _controller() -> Any:
    return ThreadpoolController()
