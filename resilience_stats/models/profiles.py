"""Groups of practices with like profiles, offered only where the data hold them up."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd
from scipy import special

from resilience_stats.errors import ModelError, require_choice
from resilience_stats.models.inputs import require_columns
from resilience_stats.results import Note, Result, note
from resilience_stats.results.tidy import tidy_frame
from resilience_stats.stats.latent_profiles import fit_mixture
from resilience_stats.stats.missing_ml import gather_patterns, saturated_moments
from resilience_stats.stats.resampling import draw_rows, resample

METHODS = ("mixture", "kmeans")
MISSING = ("drop", "model")
#: Fewest practices that profiles are sought among.
FEWEST_ROWS = 30
#: Mean Jaccard below which a group dissolves when the practices are drawn again; fewest practices of a group.
STABLE, SMALLEST = 0.75, 10
#: Starts of a fit to a sample that is drawn; more for the data themselves.
RESTARTS = 4
#: A gain that one group reaches more often than this is no sign of several.
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
    criterion: float


def find_profiles(
    data: pd.DataFrame,
    columns: Sequence[str],
    *,
    numbers: Sequence[int] = (2, 3, 4),
    method: str = "mixture",
    missing: str = "drop",
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
    missing : {"drop", "model"}
        Leave practices out that lack a score, or use the scores that they have (at least half of them; mixture only).
    n_boot : int
        Bootstrap samples for the stability of each group.
    n_null : int
        Samples of one group with the same correlations, for the test against it.
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
        For unknown columns, fewer than two scores, or fewer than 30 practices with enough scores.

    Notes
    -----
    The Jaccard index of a group is the largest overlap (intersection over union) with a group found in a bootstrap
    sample, among the practices drawn. Scores that all rise and fall together can always be cut into a high and a low
    group, again and again the same: stability alone is no sign of groups. So a number of groups is accepted only where
    its gain also exceeds that in samples of one group, which have the distribution of each score by itself and the
    correlations of all (a normal copula). Gains are put on the scale of these samples, and compared with the largest
    over all numbers tried: p = (1 + samples whose largest is as large) / (1 + samples).
    Sources: Hennig, Comput Stat Data Anal 2007;52:258-271; McLachlan, Appl Stat 1987;36:318-324.

    Examples
    --------
    >>> rng = np.random.default_rng(2)
    >>> one = pd.DataFrame(rng.normal(60, 10, (80, 3)) + rng.normal(0, 8, (80, 1)), columns=["a", "b", "c"])
    >>> [n.code for n in find_profiles(one, ["a", "b", "c"], numbers=[2], n_boot=10, n_null=19).notes]
    ['no-stable-groups']
    """
    require_choice(method, METHODS, "method")
    require_choice(missing, MISSING, "missing")
    if missing == "model" and method == "kmeans":
        raise ModelError("k-means needs every score", where="argument missing", found=missing,
                         action="Use the mixture, or leave practices out.")  # fmt: skip
    require_columns(data, list(columns), "columns")
    scores = data[list(columns)].astype(float)
    used = scores.dropna() if missing == "drop" else scores.dropna(thresh=(len(columns) + 1) // 2)
    _require_enough(used, numbers)
    z = ((used - used.mean()) / used.std(ddof=1)).to_numpy()
    rng = np.random.default_rng(random_state)
    fits = {k: _fit(z, k, method, rng) for k in numbers}
    jaccards = [_stability(z, k, fits[k], method, n_boot, rng) for k in numbers]
    gains = np.array([_gain(z, fits[k], method, rng) for k in numbers])
    standing, p_values = _against_one_group(z, list(numbers), gains, method, n_null, rng)
    rows = [_judged(*held) for held in zip(numbers, fits.values(), jaccards, gains, standing, p_values, strict=True)]
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
    if len(used) < FEWEST_ROWS:
        raise ModelError("too few practices have the scores", found=len(used), allowed=f"{FEWEST_ROWS} or more")
    if any(k < 2 or k > len(used) // SMALLEST for k in numbers) or not len(numbers):
        raise ModelError("impossible number of groups", where="argument numbers", found=list(numbers),
                         allowed=f"2 to {len(used) // SMALLEST}")  # fmt: skip
    flat = used.columns[used.std(ddof=1) == 0]
    if len(flat):
        raise ModelError("a score does not vary", where=f"column {flat[0]}")


def _fit(z: np.ndarray, k: int, method: str, rng: np.random.Generator, n_init: int = 10) -> _Fit:
    if method == "mixture":
        # Samples drawn to judge by need not be settled to the last digit.
        mixture = fit_mixture(z, k, rng, starts=n_init, tolerance=1e-4 if n_init > RESTARTS else 1e-3)
        return _Fit(labels=mixture.labels, criterion=mixture.bic)
    from sklearn.cluster import KMeans
    from sklearn.exceptions import ConvergenceWarning

    with warnings.catch_warnings():
        # A start that does not settle, or finds fewer distinct points, is one of several; the best is kept.
        warnings.simplefilter("ignore", ConvergenceWarning)
        means = KMeans(n_clusters=k, n_init=n_init, random_state=int(rng.integers(2**31))).fit(z)
    return _Fit(labels=means.labels_, criterion=float(means.inertia_))


def _gain(z: np.ndarray, fit: _Fit, method: str, rng: np.random.Generator) -> float:
    """How much better than one group: difference in BIC, or the log ratio of the sums of squares."""
    if method == "kmeans":
        return float(np.log(((z - z.mean(axis=0)) ** 2).sum() / fit.criterion))
    return fit_mixture(z, 1, rng).bic - fit.criterion


def _one_group(z: np.ndarray) -> Callable[[np.random.Generator], np.ndarray]:
    """Return what draws samples of one group: the same scores each by itself, the same correlations, the same gaps.

    Normal variables with the correlations of the scores' normal quantiles, each turned into a score by the distribution
    of the scores given: scores that pile up at the end of their range are then no sign of a group.
    """
    known, gaps = [np.sort(column[~np.isnan(column)]) for column in z.T], np.isnan(z)
    covariance = saturated_moments(gather_patterns(_normal_quantiles(z)))[1]
    spread = np.sqrt(np.diag(covariance))
    factor = np.linalg.cholesky(covariance / np.outer(spread, spread) + 1e-9 * np.eye(z.shape[1]))

    def draw(rng: np.random.Generator) -> np.ndarray:
        """One data set of a single group with the margins and the correlations of the rows."""
        rank = special.ndtr(rng.standard_normal(z.shape) @ factor.T)
        fake = np.column_stack([np.quantile(own, rank[:, j]) for j, own in enumerate(known)])
        fake[gaps] = np.nan
        return np.asarray((fake - np.nanmean(fake, axis=0)) / np.nanstd(fake, axis=0, ddof=1))

    return draw


def _normal_quantiles(z: np.ndarray) -> np.ndarray:
    rank = pd.DataFrame(z).rank()
    return np.asarray(special.ndtri((rank - 0.5) / rank.count()))


def _stability(z: np.ndarray, k: int, fit: _Fit, method: str, n_boot: int, rng: np.random.Generator) -> np.ndarray:
    """Return the mean Jaccard index of each group."""

    def overlaps(draw: np.random.Generator) -> np.ndarray:
        """How much each profile overlaps with its best match in one resample."""
        rows = draw_rows(draw, len(z))
        again = _fit(z[rows], k, method, draw, n_init=RESTARTS)
        return _jaccard(fit.labels[rows], again.labels, k)

    return np.asarray(np.nanmean(resample(overlaps, n_boot, random_state=rng), axis=0))


def _against_one_group(
    z: np.ndarray, numbers: list[int], gains: np.ndarray, method: str, n_null: int, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """Return how far each gain stands out of those of one group, and its p value for all numbers tried together."""
    sample = _one_group(z)

    def null_gains(draw: np.random.Generator) -> np.ndarray:
        """What each number of profiles gains where there is one group only."""
        fake = sample(draw)
        return np.array([_gain(fake, _fit(fake, k, method, draw, n_init=RESTARTS), method, draw) for k in numbers])

    null = resample(null_gains, n_null, random_state=rng)
    middle, spread = null.mean(axis=0), null.std(axis=0, ddof=1)
    spread = np.where(spread > 0, spread, 1.0)
    standing, largest = (gains - middle) / spread, ((null - middle) / spread).max(axis=1)
    return standing, (1 + (largest[:, None] >= standing).sum(axis=0)) / (1 + n_null)


def _judged(k: int, fit: _Fit, jaccards: np.ndarray, gain: float, standing: float, p_value: float) -> dict[str, Any]:
    smallest = int(np.bincount(fit.labels, minlength=k).min())
    stable = bool(jaccards.min() >= STABLE and p_value <= LEVEL and smallest >= SMALLEST)
    return {"k": k, "jaccard": float(jaccards.min()), "jaccards": jaccards, "p_value": float(p_value),
            "smallest": smallest, "criterion": fit.criterion, "gain": float(gain), "stable": stable,
            "standing": float(standing)}  # fmt: skip


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
        notes.append(note("rows-dropped", f"{dropped} practices lack scores and have no profile."))
    if chosen == 0:
        steady = table[table["jaccard"] >= STABLE]
        why = ("they dissolve when practices are drawn again" if steady.empty
               else "one group whose scores rise and fall together explains them as well")  # fmt: skip
        notes.append(note("no-stable-groups", f"There are no stable groups: {why}."))
    else:
        notes.append(note("descriptive-only", "Profiles describe; they say nothing of which support would help whom."))
    return notes
