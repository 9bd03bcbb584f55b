"""Resampling: one seed, one set of bytes, whoever does the work."""

from __future__ import annotations

import joblib
import numpy as np
import pytest

from resilience_stats.errors import ModelError
from resilience_stats.stats import resampling
from resilience_stats.stats.resampling import draw_rows, resample, spawn

DATA = np.random.default_rng(3).normal(size=(138, 6))


def gram(generators: list[np.random.Generator]) -> np.ndarray:
    drawn = DATA[np.stack([draw_rows(rng, len(DATA)) for rng in generators])]
    return drawn.transpose(0, 2, 1) @ drawn


def one_gram(rng: np.random.Generator) -> np.ndarray:
    drawn = DATA[draw_rows(rng, len(DATA))]
    return drawn.T @ drawn


@pytest.mark.parametrize("backend", ["threading", "loky", "multiprocessing"])
def test_every_backend_gives_the_bytes_of_a_serial_run(backend: str) -> None:
    serial = resample(gram, 130, random_state=5, batched=True)
    with joblib.parallel_config(backend=backend, n_jobs=2):
        assert resample(gram, 130, random_state=5, batched=True).tobytes() == serial.tobytes()


def test_a_longer_run_begins_with_the_shorter_one() -> None:
    assert np.array_equal(resample(one_gram, 60, random_state=5)[:10], resample(one_gram, 10, random_state=5))


def test_another_seed_gives_other_draws_and_a_generator_moves_on() -> None:
    rng = np.random.default_rng(1)
    runs = [resample(one_gram, 2, random_state=r).tobytes() for r in (1, 2, rng, rng)]
    assert runs[0] == runs[2]
    assert len(set(runs)) == 3


def test_blas_threads_are_given_back() -> None:
    resample(gram, 4, random_state=1, batched=True)
    with pytest.raises(ZeroDivisionError):
        resample(lambda rng: 1 / 0, 4, random_state=1)
    assert resampling._HELD == []


def test_bootstrap_error_of_the_mean_is_the_textbook_one() -> None:
    x = DATA[:, 0]
    means = resample(lambda rng: x[draw_rows(rng, len(x))].mean(), 2000, random_state=2)
    assert means.std() == pytest.approx(x.std() / np.sqrt(len(x)), rel=0.05)


def test_strata_keep_their_sizes_and_clusters_stay_whole() -> None:
    strata = np.repeat([0, 1, 2], [5, 10, 15])
    rows = draw_rows(np.random.default_rng(1), 30, strata=strata)
    assert np.array_equal(np.bincount(strata[rows]), [5, 10, 15])
    members = [np.flatnonzero(strata == g) for g in range(3)]
    drawn = strata[draw_rows(np.random.default_rng(1), 30, members=members)]
    assert all(np.count_nonzero(drawn == g) % len(members[g]) == 0 for g in range(3))


@pytest.mark.parametrize("seed", [-1, None, "a", True])
def test_a_seed_that_is_none_is_refused(seed: object) -> None:
    with pytest.raises(ModelError, match="random_state"):
        spawn(seed, 1)


def test_no_replicates_is_an_error() -> None:
    with pytest.raises(ModelError, match="too few replicates"):
        resample(one_gram, 0, random_state=1)


def test_items_drawn_elsewhere_are_judged_alike_by_one_worker_and_two() -> None:
    items = list(np.random.default_rng(1).integers(0, 9, size=(130, 4)))
    serial = resampling.evaluate(np.mean, items, chunk=7)
    np.testing.assert_array_equal(serial, [item.mean() for item in items])
    assert resampling.evaluate(np.mean, items, chunk=7, n_jobs=2).tobytes() == serial.tobytes()
