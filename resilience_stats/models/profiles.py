"""Groups of practices with like profiles, offered only where the data hold them up."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from resilience_stats.errors import ModelError, require_choice
from resilience_stats.models.inputs import require_columns
from resilience_stats.results import Note, Result, note
from resilience_stats.results.tidy import tidy_frame
from resilience_stats.stats.resampling import draw_rows, resample

METHODS = ("mixture", "kmeans")
#: Mean Jaccard below which a group dissolves when the practices are drawn again; fewest practices of a group.
STABLE, SMALLEST = 0.75, 10
#: A gain that one multivariate normal group reaches more often than this is no sign of several.
LEVEL = 0.05


@dataclass(frozen=True, slots=True, kw_only=True)
class ProfileResult(Result):
    """Profiles.

    Attributes
    ----------
    labels : pandas.Series
        Profile of each practice, 1 for the highest mean; missing where no number of profiles is stable, or the practice
        lacks a score.
    profiles : pandas.DataFrame
        Mean of each score (columns) by profile (rows), with n and jaccard. Empty where there is none.
    """

    labels: pd.Series = field(repr=False)
    profiles: pd.DataFrame = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Fit:
    labels: np.ndarray
    centres: np.ndarray
    spreads: np.ndarray | None
    criterion: float
    model: Any


def find_profiles(
    data: pd.DataFrame,
    columns: Sequence[str],
    *,
    numbers: Sequence[int] = (2, 3, 4),
    method: str = "mixture",
    n_boot: int = 50,
    n_null: int = 39,
    random_state: int | np.random.Generator = 0,
) -> ProfileResult:
    """Return groups of practices with like scores, or that there are no stable ones.

    Parameters
    ----------
    data : pandas.DataFrame
        One row per practice.
    columns : sequence of str
        Scores; each is put on one scale (mean 0, standard deviation 1).
    numbers : sequence of int
        Numbers of groups tried.
    method : {"mixture", "kmeans"}
        Latent profiles (a normal mixture without correlation within a group), or k-means.
    n_boot : int
        Bootstrap samples for the stability of each group.
    n_null : int
        Samples from one multivariate normal group with the same correlations, for the test against it.
    random_state : int or numpy.random.Generator

    Returns
    -------
    ProfileResult
        `tidy()`, one row per number of groups: term (``2 groups``), estimate (smallest mean Jaccard of its groups), n
        (smallest group), criterion (BIC; within sum of squares for k-means), gain (over one group), p_value (of the
        gain, against one group), stable. `glance()`: practices, scores, chosen (0 for none), method.

    Raises
    ------
    ModelError
        For unknown columns, fewer than two scores, or fewer than 30 practices with all scores.

    Notes
    -----
    The Jaccard index of a group is the largest overlap (intersection over union) with a group found in a bootstrap
    sample, among the practices drawn. Scores that all rise and fall together can always be cut into a high and a low
    group, again and again the same: stability alone is no sign of groups. So a number of groups is accepted only where
    its gain also exceeds that in samples from one multivariate normal distribution with the same correlations, p = (1 +
    samples with as large a gain) / (1 + samples).
    Sources: Hennig, Comput Stat Data Anal 2007;52:258-271; McLachlan, Appl Stat 1987;36:318-324.

    Examples
    --------
    >>> rng = np.random.default_rng(2)
    >>> one = pd.DataFrame(rng.normal(60, 10, (80, 3)) + rng.normal(0, 8, (80, 1)), columns=["a", "b", "c"])
    >>> [n.code for n in find_profiles(one, ["a", "b", "c"], numbers=[2], n_boot=10, n_null=19).notes]
    ['no-stable-groups']
    """
    require_choice(method, METHODS, "method")
    require_columns(data, list(columns), "columns")
    used = data[list(columns)].astype(float).dropna()
    _require_enough(used, numbers)
    z = ((used - used.mean()) / used.std(ddof=1)).to_numpy()
    rng = np.random.default_rng(random_state)
    rows, fits = [], {}
    for k in numbers:
        fits[k] = _fit(z, k, method, rng)
        rows.append(_judge(z, k, fits[k], method, n_boot, n_null, rng))
    table = pd.DataFrame(rows)
    accepted = [row for row in rows if row["stable"]]
    chosen = int(max(accepted, key=lambda row: row["standing"])["k"]) if accepted else 0
    labels, profiles = _profiles(used, data.index, fits.get(chosen), table, chosen)
    estimates = tidy_frame(
        term=[f"{k} groups" for k in table["k"]], estimate=table["jaccard"], p_value=table["p_value"],
        n=table["smallest"], criterion=table["criterion"], gain=table["gain"], stable=table["stable"],
    )  # fmt: skip
    figures = {"practices": len(used), "scores": len(columns), "chosen": chosen, "method": method}
    return ProfileResult(estimates=estimates, fit=figures, notes=tuple(_notes(len(data) - len(used), chosen, table)),
                         labels=labels, profiles=profiles)  # fmt: skip


def _require_enough(used: pd.DataFrame, numbers: Sequence[int]) -> None:
    if used.shape[1] < 2:
        raise ModelError("profiles need at least two scores", where="argument columns", found=used.shape[1])
    if len(used) < 30:
        raise ModelError("too few practices have all scores", found=len(used), allowed="30 or more")
    if any(k < 2 or k > len(used) // SMALLEST for k in numbers) or not len(numbers):
        raise ModelError("impossible number of groups", where="argument numbers", found=list(numbers),
                         allowed=f"2 to {len(used) // SMALLEST}")  # fmt: skip
    flat = used.columns[used.std(ddof=1) == 0]
    if len(flat):
        raise ModelError("a score does not vary", where=f"column {flat[0]}")


def _fit(z: np.ndarray, k: int, method: str, rng: np.random.Generator, n_init: int = 5) -> _Fit:
    from sklearn.cluster import KMeans
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.mixture import GaussianMixture

    seed = int(rng.integers(2**31))
    with warnings.catch_warnings():
        # A start that does not settle, or finds fewer distinct points, is one of several; the best is kept.
        warnings.simplefilter("ignore", ConvergenceWarning)
        if method == "kmeans":
            means = KMeans(n_clusters=k, n_init=n_init, random_state=seed).fit(z)
            return _Fit(labels=means.labels_, centres=means.cluster_centers_, spreads=None,
                        criterion=float(means.inertia_), model=means)  # fmt: skip
        mixture = GaussianMixture(k, covariance_type="diag", n_init=n_init, reg_covar=1e-2, random_state=seed).fit(z)
        return _Fit(labels=mixture.predict(z), centres=mixture.means_, spreads=mixture.covariances_,
                    criterion=float(mixture.bic(z)), model=mixture)  # fmt: skip


def _gain(z: np.ndarray, fit: _Fit, method: str) -> float:
    """How much better than one group: difference in BIC, or the log ratio of the sums of squares."""
    n, p = z.shape
    if method == "kmeans":
        return float(np.log(((z - z.mean(axis=0)) ** 2).sum() / fit.criterion))
    variance = z.var(axis=0) + 1e-2
    one = -0.5 * n * (np.log(2 * np.pi * variance).sum() + (z.var(axis=0) / variance).sum())
    return float(-2 * one + 2 * p * np.log(n) - fit.criterion)


def _judge(
    z: np.ndarray, k: int, fit: _Fit, method: str, n_boot: int, n_null: int, rng: np.random.Generator
) -> dict[str, Any]:
    def overlaps(draw: np.random.Generator) -> np.ndarray:
        rows = draw_rows(draw, len(z))
        again = _fit(z[rows], k, method, draw, n_init=2)
        return _jaccard(fit.labels[rows], again.labels, k)

    factor = np.linalg.cholesky(np.cov(z.T) + 1e-9 * np.eye(z.shape[1]))

    def null_gain(draw: np.random.Generator) -> float:
        fake = draw.standard_normal(z.shape) @ factor.T
        fake = (fake - fake.mean(axis=0)) / fake.std(axis=0, ddof=1)
        return _gain(fake, _fit(fake, k, method, draw, n_init=2), method)

    jaccard = np.nanmean(resample(overlaps, n_boot, random_state=rng), axis=0)
    null = resample(null_gain, n_null, random_state=rng)
    gain = _gain(z, fit, method)
    p = (1 + int((null >= gain).sum())) / (1 + n_null)
    smallest = int(np.bincount(fit.labels, minlength=k).min())
    stable = bool(jaccard.min() >= STABLE and p <= LEVEL and smallest >= SMALLEST)
    # How far the gain stands out of what one group gives tells which of several stable numbers to take.
    return {"k": k, "jaccard": float(jaccard.min()), "jaccards": jaccard, "p_value": p, "smallest": smallest,
            "criterion": fit.criterion, "gain": gain, "stable": stable,
            "standing": (gain - null.mean()) / (null.std(ddof=1) or 1.0)}  # fmt: skip


def _jaccard(first: np.ndarray, second: np.ndarray, k: int) -> np.ndarray:
    """For each group of the first division, its largest overlap with one of the second; missing where none is drawn."""
    out = np.full(k, np.nan)
    for group in range(k):
        mine = first == group
        if mine.any():
            out[group] = max((mine & (second == o)).sum() / (mine | (second == o)).sum() for o in np.unique(second))
    return out


def _profiles(
    used: pd.DataFrame, index: pd.Index, fit: _Fit | None, table: pd.DataFrame, chosen: int
) -> tuple[pd.Series, pd.DataFrame]:
    labels = pd.Series(pd.NA, index=index, dtype="Int64", name="profile")
    if fit is None:
        return labels, pd.DataFrame()
    means = used.groupby(fit.labels).mean()
    order = means.mean(axis=1).sort_values(ascending=False).index
    number = {old: new for new, old in enumerate(order, start=1)}
    labels.loc[used.index] = [number[v] for v in fit.labels]
    jaccards = next(iter(table.loc[table["k"] == chosen, "jaccards"]))
    profiles = means.loc[order].set_axis(pd.RangeIndex(1, chosen + 1, name="profile"))
    profiles.insert(0, "n", [int((fit.labels == old).sum()) for old in order])
    profiles.insert(1, "jaccard", [float(jaccards[old]) for old in order])
    return labels, profiles


def _notes(dropped: int, chosen: int, table: pd.DataFrame) -> list[Note]:
    notes = []
    if dropped:
        notes.append(note("rows-dropped", f"{dropped} practices lack a score and have no profile."))
    if chosen == 0:
        steady = table[table["jaccard"] >= STABLE]
        why = ("they dissolve when practices are drawn again" if steady.empty
               else "one group whose scores rise and fall together explains them as well")  # fmt: skip
        notes.append(note("no-stable-groups", f"There are no stable groups: {why}."))
    else:
        notes.append(note("descriptive-only", "Profiles describe; they say nothing of which support would help whom."))
    return notes
