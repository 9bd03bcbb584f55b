"""What a practice's report is made of: scores with their errors, and figures of its peers that give nobody away."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cache

import numpy as np
import pandas as pd
from scipy import optimize, special

from resilience_stats.errors import ReportError
from resilience_stats.features import FeatureTable
from resilience_stats.features.scores import item_scores
from resilience_stats.models.peers import FEWEST, SIMILARITY
from resilience_stats.report.feedback_groups import alike_groups
from resilience_stats.schema import Instrument
from resilience_stats.stats.reliability import cronbach_alpha

#: Peers' figures are rounded to this many points; nothing finer of them is kept.
BASE = 5
#: Where the curve of the peers' scores is drawn, and its least spread, in points of score.
GRID, LEAST_SPREAD = np.arange(0.0, 100.1, 2.0), 4.0
#: Half the logarithm of the largest ratio of the two sides: rounded quartiles do not tell more lean than 2 to 1.
_LEAN = 0.3466
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
    """All that a report knows of its practice's peers: rounded figures, none of them of fewer than ten.

    Attributes
    ----------
    count : int
        Peers with an overall score.
    lower, median, upper : mapping of str to float
        Quartiles of each score, rounded; a score that fewer than ten peers have is not there.
    """

    count: int
    lower: dict[str, float]
    median: dict[str, float]
    upper: dict[str, float]

    @property
    def curve(self) -> tuple[float, ...]:
        """Relative height of the peers' overall scores at `GRID`; empty where too few have one."""
        name = "phq_overall"
        return smooth_curve(self.lower[name], self.median[name], self.upper[name]) if name in self.median else ()

    def gap(self, name: str, own: float, error: float) -> tuple[float, float] | None:
        """Return own score less the peers' median, and its standard error; None where too few peers have the score.

        Notes
        -----
        The spread of the peers is taken as IQR / 1.349; the error of a median is sqrt(pi / 2) that of a mean. Only
        rounded figures go in, so that a gap tells no more than they do.
        """
        if name not in self.median:
            return None
        spread = max(self.upper[name] - self.lower[name], float(BASE)) / 1.349
        of_median = np.sqrt(np.pi / 2) * spread / np.sqrt(max(self.count, FEWEST))
        return own - self.median[name], float(np.hypot(error, of_median))


@dataclass(frozen=True, slots=True, kw_only=True)
class Measures:
    """Everything the reports of one wave share.

    Attributes
    ----------
    scores : pandas.DataFrame
        Overall and areas, one row per practice that answered.
    errors : ScoreErrors
    peers : mapping of str to PeerFigures
        By practice; empty where fewer than twenty practices answered.
    """

    scores: pd.DataFrame = field(repr=False)
    errors: ScoreErrors = field(repr=False)
    peers: dict[str, PeerFigures] = field(repr=False)


def measure(features: FeatureTable, instrument: Instrument, *, peers: int = 15) -> Measures:
    """Return scores, errors and peers' figures of all practices that answered.

    Parameters
    ----------
    features : FeatureTable
    instrument : Instrument
    peers : int
        Peers of each practice, at least ten; see `alike_groups`.

    Raises
    ------
    ReportError
        For fewer than ten peers.
    """
    names = ["phq_overall", *(f"phq_{a.id}" for a in instrument.areas)]
    answered = features.frame.index.intersection(features.items.index)
    scores = features.frame.loc[answered, [n for n in names if n in features.frame]]
    errors = score_errors(features.items.loc[answered], scores, instrument)
    if peers < FEWEST:
        raise ReportError("too few peers: their figures would tell on single practices", where="argument peers",
                          found=peers, allowed=f"{FEWEST} or more")  # fmt: skip
    similarity = [c for c in SIMILARITY if c in features.frame]
    groups = alike_groups(features.frame.loc[answered, similarity], size=peers)
    figures = {name: peer_figures(scores.reindex(list(others))) for name, others in groups.items()}
    return Measures(scores=scores, errors=errors, peers=figures)


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
        alphas[name] = _alpha(points[members])
        k = len(members)
        given = points[members].notna().sum(axis=1)
        spread = float(scores[name].std(ddof=1))
        columns[name] = spread * np.sqrt(1 - alphas[name]) * np.sqrt(k / given.where(given > 0))
    return ScoreErrors(values=pd.DataFrame(columns).where(scores.notna()), reliability=pd.Series(alphas))


def _alpha(points: pd.DataFrame) -> float:
    """Alpha, between 0 and 1; 0 (the score is all error) where there is a single item or no variation."""
    covariance = points.cov(min_periods=3).to_numpy(copy=True)
    missing = np.isnan(covariance)
    if len(covariance) < 2 or missing.all() or np.nansum(covariance) <= 0:
        return 0.0
    # A pair that too few answered both of is taken to go together as the others do.
    covariance[missing] = covariance[~missing & ~np.eye(len(covariance), dtype=bool)].mean()
    return float(np.clip(cronbach_alpha(covariance), 0.0, 1.0))


def _members(name: str, points: pd.DataFrame, instrument: Instrument) -> list[str]:
    area = name.removeprefix("phq_")
    items = instrument.items if area == "overall" else instrument.items_of(area)
    # An item that was not asked this time measures nothing.
    return [i.id for i in items if i.id in points and points[i.id].notna().sum() >= 3]


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
    """Return the rounded quartiles of the peers' scores.

    Examples
    --------
    >>> theirs = pd.DataFrame({"phq_overall": np.linspace(40.0, 80.0, 12)})
    >>> figures = peer_figures(theirs)
    >>> figures.lower["phq_overall"], figures.median["phq_overall"], figures.upper["phq_overall"]
    (50.0, 60.0, 70.0)
    """
    known = {str(c): scores[c].dropna().to_numpy(dtype=float) for c in scores}
    quartiles = {c: np.quantile(v, [0.25, 0.5, 0.75]) for c, v in known.items() if len(v) >= FEWEST}
    low, middle, high = ({c: rounded(float(q[i])) for c, q in quartiles.items()} for i in range(3))
    return PeerFigures(count=len(known.get("phq_overall", ())), lower=low, median=middle, upper=high)


def rounded(value: float, base: float = BASE) -> float:
    """Return `value` rounded to the nearest multiple of `base`.

    Examples
    --------
    >>> rounded(57.6)
    60.0
    """
    return float(base * np.floor(value / base + 0.5))


@cache
def smooth_curve(lower: float, median: float, upper: float) -> tuple[float, ...]:
    """Return the relative height, at `GRID`, of a two-piece normal curve with these quartiles.

    Notes
    -----
    Density proportional to exp(-(x - m)^2 / (2 s^2)), s = s1 below m and s2 above; m, s1 and s2 are those whose
    quartiles are nearest, no side more than twice the other. It is made of the three rounded figures and of nothing
    else, so that no practice's score can be read off it. Source of the distribution: Wallis, Stat Sci 2014;29:106-112.

    Examples
    --------
    >>> curve = smooth_curve(50.0, 60.0, 70.0)
    >>> float(GRID[int(np.argmax(curve))]), max(curve)
    (60.0, 1.0)
    """

    def misses(t: np.ndarray) -> np.ndarray:
        """How far the quartiles of this curve lie from those wanted."""
        return _split_normal_quartiles(*_sides(t)) - np.array([lower, median, upper])

    start = [median, np.log(max((upper - lower) / 1.349, 1.05 * LEAST_SPREAD)), 0.0]
    bounds = ([-50.0, np.log(LEAST_SPREAD), -_LEAN], [150.0, np.log(100.0), _LEAN])
    m, s1, s2 = _sides(optimize.least_squares(misses, start, bounds=bounds).x)
    height = np.exp(-0.5 * ((GRID - m) / np.where(m > GRID, s1, s2)) ** 2)
    return tuple(float(h) for h in height / height.max())


def _sides(t: np.ndarray) -> tuple[float, float, float]:
    """Middle and the spreads below and above it, of middle, log spread and lean."""
    return float(t[0]), float(np.exp(t[1] - t[2])), float(np.exp(t[1] + t[2]))


def _split_normal_quartiles(m: float, s1: float, s2: float) -> np.ndarray:
    p, below = np.array([0.25, 0.5, 0.75]), s1 / (s1 + s2)
    left = m + s1 * special.ndtri(np.minimum(p / (2 * below), 0.5))
    right = m + s2 * special.ndtri(np.clip(1 - (1 - p) / (2 * (1 - below)), 0.5, 1 - 1e-12))
    return np.where(p <= below, left, right)


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
