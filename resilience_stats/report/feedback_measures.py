"""What a practice's report is made of: scores with their errors, and figures of its peers that give nobody away."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from resilience_stats.features import FeatureTable
from resilience_stats.features.scores import item_scores
from resilience_stats.models.peers import FEWEST, SIMILARITY, peer_groups
from resilience_stats.results import Note
from resilience_stats.schema import Instrument
from resilience_stats.stats.reliability import cronbach_alpha

#: Peers' figures are rounded to this many points, the density to this share of its height.
BASE, HEIGHT_STEP = 5, 0.05
#: Points of the density, and the least width of its kernel in points of score.
GRID, LEAST_WIDTH = np.arange(0.0, 100.1, 2.5), 5.0
_Z = 1.959963984540054


@dataclass(frozen=True, slots=True, kw_only=True)
class ScoreErrors:
    """Standard errors of measurement.

    Attributes
    ----------
    values : pandas.DataFrame
        Standard error of each practice (rows) and score (columns).
    reliability : pandas.Series
        Alpha of each score.
    """

    values: pd.DataFrame = field(repr=False)
    reliability: pd.Series


@dataclass(frozen=True, slots=True, kw_only=True)
class PeerFigures:
    """What may be said of a practice's peers: all of it rounded, none of it of fewer than ten.

    Attributes
    ----------
    count : int
        Peers with an overall score.
    lower, upper : mapping of str to float
        Quartiles of each score, rounded; a score that fewer than ten peers have is not there.
    density : tuple of float
        Relative height of the smoothed distribution of the overall score at `GRID`, rounded; empty with too few.
    """

    count: int
    lower: dict[str, float]
    upper: dict[str, float]
    density: tuple[float, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Measures:
    """Everything the reports of one wave share.

    Attributes
    ----------
    scores : pandas.DataFrame
        Overall and areas, one row per practice that answered.
    errors : ScoreErrors
    peers : mapping of str to PeerFigures
        By practice; empty where fewer than eleven practices answered.
    gaps : pandas.DataFrame
        Own score less the peers' median, by practice and score; for the choice of areas, exact.
    gap_errors : pandas.DataFrame
    notes : tuple of Note
    """

    scores: pd.DataFrame = field(repr=False)
    errors: ScoreErrors = field(repr=False)
    peers: dict[str, PeerFigures] = field(repr=False)
    gaps: pd.DataFrame = field(repr=False)
    gap_errors: pd.DataFrame = field(repr=False)
    notes: tuple[Note, ...] = ()


def measure(features: FeatureTable, instrument: Instrument, *, peers: int = 20) -> Measures:
    """Return scores, errors and peers' figures of all practices that answered.

    Parameters
    ----------
    features : FeatureTable
    instrument : Instrument
    peers : int
        Peers of each practice, at least ten.
    """
    names = ["phq_overall", *(f"phq_{a.id}" for a in instrument.areas)]
    answered = features.frame.index.intersection(features.items.index)
    scores = features.frame.loc[answered, [n for n in names if n in features.frame]]
    errors = score_errors(features.items.loc[answered], scores, instrument)
    if len(answered) <= FEWEST:
        empty = pd.DataFrame(np.nan, index=scores.index, columns=scores.columns)
        return Measures(scores=scores, errors=errors, peers={}, gaps=empty, gap_errors=empty)
    similarity = [c for c in SIMILARITY if c in features.frame]
    groups = peer_groups(features.frame.loc[answered, similarity], similarity, size=peers)
    figures, gaps, gap_errors = {}, {}, {}
    for name, others in groups.peers.items():
        own, theirs = scores.loc[name], scores.loc[list(others)]
        figures[str(name)] = peer_figures(theirs)
        gaps[name], gap_errors[name] = _gaps(own, theirs, errors.values.loc[name])
    return Measures(
        scores=scores,
        errors=errors,
        peers=figures,
        gaps=pd.DataFrame(gaps).T,
        gap_errors=pd.DataFrame(gap_errors).T,
        notes=groups.notes,
    )


def score_errors(items: pd.DataFrame, scores: pd.DataFrame, instrument: Instrument) -> ScoreErrors:
    """Return the standard error of measurement of each practice's scores.

    Notes
    -----
    alpha = k / (k - 1) (1 - trace C / sum C) of the items' covariances C from all practices that answered both items of
    a pair; error = sd sqrt(1 - alpha) sqrt(k / answered), because a practice that left questions out is measured by
    fewer. Source: Cronbach, Psychometrika 1951;16:297-334.
    """
    points = item_scores(items, instrument)
    columns, alphas = {}, {}
    for name in scores:
        members = _members(str(name), points, instrument)
        covariance = points[members].cov(min_periods=3).to_numpy()
        k = len(members)
        alpha = cronbach_alpha(covariance) if k > 1 else 0.0
        alphas[name] = float(np.clip(alpha, 0.0, 1.0))
        given = points[members].notna().sum(axis=1)
        spread = float(scores[name].std(ddof=1))
        columns[name] = spread * np.sqrt(1 - alphas[name]) * np.sqrt(k / given.where(given > 0))
    return ScoreErrors(values=pd.DataFrame(columns).where(scores.notna()), reliability=pd.Series(alphas))


def _members(name: str, points: pd.DataFrame, instrument: Instrument) -> list[str]:
    area = name.removeprefix("phq_")
    items = instrument.items if area == "overall" else instrument.items_of(area)
    return [i.id for i in items if i.id in points]


def likely_range(score: float, error: float) -> tuple[float, float]:
    """Return the limits of the 95 % interval of a score, within 0 to 100."""
    return max(0.0, score - _Z * error), min(100.0, score + _Z * error)


def change_limit(error: float) -> float:
    """Return the change in points beyond which it is more than measurement error: 1.96 sqrt(2) error.

    Notes
    -----
    Source: Jacobson and Truax, J Consult Clin Psychol 1991;59:12-19.

    Examples
    --------
    >>> round(change_limit(4.0), 2)
    11.09
    """
    return _Z * float(np.sqrt(2)) * error


def peer_figures(scores: pd.DataFrame) -> PeerFigures:
    """Return rounded quartiles of the peers' scores, and the smoothed, rounded density of the overall one.

    Examples
    --------
    >>> theirs = pd.DataFrame({"phq_overall": np.linspace(40.0, 80.0, 12)})
    >>> figures = peer_figures(theirs)
    >>> figures.lower["phq_overall"], figures.upper["phq_overall"], max(figures.density)
    (50.0, 70.0, 1.0)
    """
    known = {str(c): scores[c].dropna().to_numpy(dtype=float) for c in scores}
    enough = {c: v for c, v in known.items() if len(v) >= FEWEST}
    overall = enough.get("phq_overall", np.array([]))
    return PeerFigures(
        count=len(known.get("phq_overall", ())),
        lower={c: rounded(float(np.quantile(v, 0.25))) for c, v in enough.items()},
        upper={c: rounded(float(np.quantile(v, 0.75))) for c, v in enough.items()},
        density=tuple(smoothed(overall)) if overall.size else (),
    )


def rounded(value: float, base: float = BASE) -> float:
    """Return `value` rounded to the nearest multiple of `base`.

    Examples
    --------
    >>> rounded(57.6)
    60.0
    """
    return float(base * np.floor(value / base + 0.5))


def smoothed(values: Sequence[float] | np.ndarray) -> list[float]:
    """Return the relative height of a Gaussian kernel density at `GRID`, in steps of `HEIGHT_STEP`.

    Notes
    -----
    The width is Silverman's (0.9 min(sd, IQR / 1.34) n^(-1/5)), never below 5 points: single scores cannot be seen in
    it. Source: Silverman, Density Estimation 1986, 3.31.
    """
    x = np.asarray(values, dtype=float)
    low, high = np.quantile(x, [0.25, 0.75])
    spread = min(float(np.std(x, ddof=1)), (high - low) / 1.34) or float(np.std(x, ddof=1))
    width = max(LEAST_WIDTH, 0.9 * spread * len(x) ** -0.2)
    height = np.exp(-0.5 * ((GRID[:, None] - x[None, :]) / width) ** 2).sum(axis=1)
    return [float(round(HEIGHT_STEP * round(h / HEIGHT_STEP), 2)) for h in height / height.max()]


def _gaps(own: pd.Series, theirs: pd.DataFrame, error: pd.Series) -> tuple[pd.Series, pd.Series]:
    enough = theirs.notna().sum() >= FEWEST
    # 1.2533 = sqrt(pi / 2): the median of n normal values is that much less sure than their mean.
    of_median = 1.2533 * theirs.std(ddof=1) / np.sqrt(theirs.notna().sum())
    return (own - theirs.median()).where(enough), np.sqrt(error**2 + of_median**2).where(enough)


def stand_out(gaps: pd.Series, errors: pd.Series, *, sign: int, count: int = 3) -> pd.DataFrame:
    """Return the areas whose gap is largest once its error is allowed for.

    Parameters
    ----------
    gaps, errors : pandas.Series
        By area.
    sign : {1, -1}
        Above the peers, or below.
    count : int

    Returns
    -------
    pandas.DataFrame
        gap (unsigned), certain (beyond 1.96 errors); at most `count` rows. Areas are taken by the lower limit of the
        gap's two-sided 60 % interval, and only while it is above 0: a large gap that is unsure comes after a smaller
        one that is sure.

    Examples
    --------
    >>> gaps, errors = pd.Series({"a": 30.0, "b": 20.0, "c": 2.0}), pd.Series({"a": 30.0, "b": 5.0, "c": 5.0})
    >>> found = stand_out(gaps, errors, sign=1)
    >>> found.index.tolist(), found["certain"].tolist()
    (['b', 'a'], [True, False])
    """
    size, error = sign * gaps.to_numpy(dtype=float), errors.to_numpy(dtype=float)
    sure = np.nan_to_num(size - 0.8416 * error, nan=-np.inf)
    chosen = [i for i in np.argsort(-sure, kind="stable")[:count] if sure[i] > 0]
    return pd.DataFrame({"gap": size[chosen], "certain": size[chosen] > _Z * error[chosen]}, index=gaps.index[chosen])
