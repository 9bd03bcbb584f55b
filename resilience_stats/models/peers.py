"""Practices like this one: unnamed groups of at least ten, and what the others in them scored."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from resilience_stats.errors import ModelError
from resilience_stats.models.inputs import require_columns
from resilience_stats.results import Note, note
from resilience_stats.results.benchmark import PeerResult
from resilience_stats.results.tidy import tidy_frame

#: Fewest peers whose figures are shown to anybody.
FEWEST = 10
SIMILARITY = ("list_size", "imd_score", "rurality")


def peer_groups(data: pd.DataFrame, similarity: Sequence[str] = SIMILARITY, *, size: int = 20) -> PeerResult:
    """Return for each practice the practices that are most like it, itself never among them.

    Parameters
    ----------
    data : pandas.DataFrame
        One row per practice that has a score; the index names the practices.
    similarity : sequence of str
        Numbers (``list_size`` is taken by its logarithm) and categories.
    size : int
        Peers of each practice, 10 or more.

    Returns
    -------
    PeerResult
        `tidy()`, one row per practice: term, estimate (mean distance to its peers), n (peers), farthest, known (how
        many of the features are known of it). `peers`: who they are, nearest first, for the machine only.

    Raises
    ------
    ModelError
        For unknown columns, a size below 10, or fewer than 11 practices.

    Notes
    -----
    The distance of two practices is the mean over the features that both have: the absolute difference in standard
    deviations of a number, 0 or 1 of a category; a feature that one of them lacks counts as a typical difference (the
    mean over all pairs). Equal distances are settled by the order of the rows. Source of the mixed distance: Gower,
    Biometrics 1971;27:857-871 (with standard deviations for ranges, which one very large practice would stretch).

    Examples
    --------
    >>> frame = pd.DataFrame({"list_size": np.geomspace(2000, 20000, 24)}, index=[f"P{i:02d}" for i in range(24)])
    >>> fit = peer_groups(frame, ["list_size"], size=10)
    >>> "P00" in fit.peers["P00"], len(fit.peers["P00"])
    (False, 10)
    """
    require_columns(data, list(similarity), "similarity")
    if size < FEWEST:
        raise ModelError("too small a peer group: its figures would tell on single practices", where="argument size",
                         found=size, allowed=f"{FEWEST} or more")  # fmt: skip
    if len(data) < FEWEST + 1:
        raise ModelError("too few practices to compare with", found=len(data), allowed=f"{FEWEST + 1} or more",
                         action="Show no comparison with peers.")  # fmt: skip
    if not data.index.is_unique:
        raise ModelError("a practice is there twice", where="the index of the data")
    used = min(size, len(data) - 1)
    distance, known = _distances(data, list(similarity))
    np.fill_diagonal(distance, np.inf)
    nearest = np.argsort(distance, axis=1, kind="stable")[:, :used]
    reach = np.take_along_axis(distance, nearest, axis=1)
    names = data.index.to_numpy(dtype=object)
    rows = tidy_frame(term=list(data.index), estimate=reach.mean(axis=1), n=np.full(len(data), used),
                      farthest=reach.max(axis=1), known=known)  # fmt: skip
    return PeerResult(
        estimates=rows,
        fit={"practices": len(data), "size": used, "features": ", ".join(similarity)},
        notes=tuple(_notes(data, similarity, size, used)),
        peers={name: tuple(names[row]) for name, row in zip(data.index, nearest, strict=True)},
    )


def peer_statistics(scores: pd.Series, peers: Mapping[object, Sequence[object]]) -> pd.DataFrame:
    """Return what the peers of each practice scored, the practice's own score left out.

    Parameters
    ----------
    scores : pandas.Series
        By practice.
    peers : mapping
        `PeerResult.peers`.

    Returns
    -------
    pandas.DataFrame
        By practice: n, mean, std_dev, lower_quartile, median, upper_quartile, difference (own less median). Figures are
        exact: round them before they leave. They are missing where fewer than ten peers have a score.

    Examples
    --------
    >>> scores = pd.Series(range(12), index=list("abcdefghijkl"), dtype=float)
    >>> peer_statistics(scores, {"a": list("bcdefghijkl")}).loc["a", ["n", "median"]].tolist()
    [11.0, 6.0]
    """
    rows = {}
    for name, others in peers.items():
        values = scores.reindex([o for o in others if o != name]).dropna().to_numpy(dtype=float)
        row: dict[str, float] = {"n": float(len(values))}
        if len(values) >= FEWEST:
            low, middle, high = np.quantile(values, [0.25, 0.5, 0.75])
            row |= {"mean": float(values.mean()), "std_dev": float(values.std(ddof=1)), "lower_quartile": float(low),
                    "median": float(middle), "upper_quartile": float(high),
                    "difference": float(scores.get(name, np.nan) - middle)}  # fmt: skip
        rows[name] = row
    columns = ["n", "mean", "std_dev", "lower_quartile", "median", "upper_quartile", "difference"]
    return pd.DataFrame.from_dict(rows, orient="index", columns=columns).astype(float)


def _distances(data: pd.DataFrame, similarity: list[str]) -> tuple[np.ndarray, np.ndarray]:
    total, known = np.zeros((len(data), len(data))), np.zeros(len(data), dtype=int)
    for name in similarity:
        apart = _apart(data[name], name)
        both = ~np.isnan(apart)
        np.fill_diagonal(both, False)
        typical = float(apart[both].mean()) if both.any() else 0.0
        total += np.where(np.isnan(apart), typical, apart)
        known += data[name].notna().to_numpy().astype(int)
    return total / len(similarity), known


def _apart(column: pd.Series, name: str) -> np.ndarray:
    if pd.api.types.is_numeric_dtype(column) and not pd.api.types.is_bool_dtype(column):
        values = column.to_numpy(dtype=float, na_value=np.nan)
        if name == "list_size":
            values = np.log(np.where(values > 0, values, np.nan))
        spread = np.nanstd(values) if np.isfinite(values).any() else 0.0
        scaled = values / spread if spread > 0 else np.where(np.isnan(values), np.nan, 0.0)
        return np.abs(scaled[:, None] - scaled[None, :])
    codes = pd.factorize(column)[0].astype(float)
    codes[codes < 0] = np.nan
    differ = (codes[:, None] != codes[None, :]).astype(float)
    return np.where(np.isnan(codes[:, None]) | np.isnan(codes[None, :]), np.nan, differ)


def _notes(data: pd.DataFrame, similarity: Sequence[str], size: int, used: int) -> list[Note]:
    notes = []
    if used < size:
        notes.append(note("fewer-peers", f"Only {used} other practices have a score; all are peers of each."))
    lacking = int(data[list(similarity)].isna().any(axis=1).sum())
    if lacking:
        text = f"{lacking} of {len(data)} practices lack a feature that peers are chosen by; it was taken as typical."
        notes.append(note("similarity-missing", text))
    return notes
