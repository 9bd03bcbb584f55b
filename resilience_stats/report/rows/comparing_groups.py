"""Who is compared with whom: groups of like practices, and whether there are kinds of practice at all."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

import resilience_stats as rs
from resilience_stats.disclosure import Policy
from resilience_stats.display import Shown
from resilience_stats.models.peers import FEWEST as FEWEST_PEERS
from resilience_stats.models.peers import SIMILARITY, peer_statistics
from resilience_stats.models.profiles import FEWEST_ROWS, SMALLEST
from resilience_stats.report.costly import kept_between_runs
from resilience_stats.report.rows.labels import area_labels, feature_labels
from resilience_stats.report.wording import wording
from resilience_stats.results.rows import combine_rows, make_rows

#: Peers of each practice.
PEERS = 20
#: Numbers of groups that are tried.
PROFILES = (2, 3, 4)
_HELD: dict[str, Any] = {"chapter": "comparing"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Groups(Shown):
    """Peers and profiles.

    Attributes
    ----------
    peers : PeerResult or None
        None where fewer than eleven practices have a score.
    profiles : ProfileResult or None
        None where too few practices have area scores.
    frame : pandas.DataFrame
        The features that peers are chosen by, of the practices with a score.
    scores : pandas.Series
    """

    peers: Any
    profiles: Any
    frame: pd.DataFrame
    scores: pd.Series


@kept_between_runs
def fit_groups(cohort: Any, features: Any, *, random_state: int = 0) -> Groups:
    """Return the peers of each practice that has a score, and profiles of the area scores where they are stable.

    Parameters
    ----------
    cohort : Cohort
    features : FeatureTable
    random_state : int
    """
    known = features.frame[features.frame["phq_overall"].notna()]
    similarity = [c for c in SIMILARITY if c in known and known[c].notna().any()]
    enough = len(known) > FEWEST_PEERS and bool(similarity)
    peers = rs.peer_groups(known[similarity], similarity, size=PEERS) if enough else None
    areas = [f"phq_{a.id}" for a in cohort.instruments["phq"].areas if f"phq_{a.id}" in features.frame]
    scored = known[areas].astype(float)
    areas = [c for c in areas if scored[c].nunique() > 1]
    profiles = None
    used = len(scored.dropna(thresh=(len(areas) + 1) // 2, subset=areas))
    if len(areas) > 1 and used >= FEWEST_ROWS:
        numbers = [k for k in PROFILES if k <= used // SMALLEST]  # groups that so many practices can fill
        profiles = rs.find_profiles(scored, areas, numbers=numbers, missing="model", random_state=random_state)
    return Groups(peers=peers, profiles=profiles, frame=known[similarity], scores=known["phq_overall"].astype(float))


def peer_rows(groups: Groups, features: Any) -> pd.DataFrame:
    """Return how much nearer a practice is to its peers than to any other practice, in each feature they share.

    Notes
    -----
    The mean absolute difference of a practice from its peers, of that between any two practices; of a category, the
    share of pairs that differ. List sizes by their logarithm.
    """
    if groups.peers is None:
        return combine_rows([])
    labels, n, frames = feature_labels(features), len(groups.frame), []
    place = {name: i for i, name in enumerate(groups.frame.index)}
    pairs = np.array([(place[own], place[other]) for own, others in groups.peers.peers.items() for other in others])
    for column in groups.frame:
        apart = _apart(groups.frame[column], str(column))
        everybody = apart[~np.eye(n, dtype=bool)]
        whole, near = np.nanmean(everybody), np.nanmean(apart[pairs[:, 0], pairs[:, 1]])
        if whole > 0:
            label = labels.get(str(column), str(column))
            frames.append(make_rows(**_HELD, output="compare_peers", term=label, statistic="peer_likeness",
                                    value=float(near / whole), n=n))  # fmt: skip
    frames.append(make_rows(**_HELD, output="compare_peer_size", statistic="rows", value=groups.peers.fit["size"]))
    return combine_rows(frames)


def _apart(column: pd.Series, name: str) -> np.ndarray:
    if pd.api.types.is_numeric_dtype(column) and not pd.api.types.is_bool_dtype(column):
        values = column.astype("Float64").to_numpy(dtype=float, na_value=np.nan)
        values = np.log(values) if name == "list_size" else values
        return np.asarray(np.abs(values[:, None] - values[None, :]))
    text = column.astype(object).to_numpy()
    missing = column.isna().to_numpy()
    differ = (text[:, None] != text[None, :]).astype(float)
    return np.where(missing[:, None] | missing[None, :], np.nan, differ)


def practice_rows(compared: Any, groups: Groups, policy: Policy) -> pd.DataFrame:
    """Return, where practices may be named, each one's score beside its peers' median and the shrunken scores.

    Parameters
    ----------
    compared : Comparison or None
    groups : Groups
    policy : Policy
        An edition that hides who a practice is gets no such rows: the median of known peers could help to find it.
    """
    if compared is None or policy.identity != "shown":
        return combine_rows([])
    tidy = compared.plain.tidy().set_index("term").sort_index()
    held: dict[str, Any] = {**_HELD, "output": "compare_named", "term": tidy.index.astype(str)}
    frames = [make_rows(**held, statistic="score", value=tidy["score"])]
    low, high = tidy["conf_low"].clip(lower=0), tidy["conf_high"].clip(upper=100)
    frames.append(make_rows(**held, statistic="shrunken_score", value=tidy["estimate"], conf_low=low, conf_high=high))
    if "network" in compared.grouped:
        nested = compared.grouped["network"].tidy().set_index("term").reindex(tidy.index)
        frames.append(make_rows(**held, statistic="shrunken_in_group", value=nested["estimate"]))
    if groups.peers is not None:
        medians = peer_statistics(groups.scores, groups.peers.peers)["median"].reindex(tidy.index)
        frames.append(make_rows(**held, statistic="peer_median", value=medians))
    frames.append(make_rows(**held, statistic="rank", value=tidy["rank_median"], conf_low=tidy["rank_low"],
                            conf_high=tidy["rank_high"]))  # fmt: skip
    frames.append(make_rows(**held, statistic="probability_lowest", value=tidy["probability_lowest"]))
    return combine_rows(frames)


def profile_rows(cohort: Any, groups: Groups) -> pd.DataFrame:
    """Return how stable each number of groups is, and the mean scores of the groups where there are stable ones."""
    fit = groups.profiles
    if fit is None:
        return combine_rows([])
    n, tidy, words = int(fit.fit["practices"]), fit.tidy(), wording("comparing")["profiles"]
    terms = [words["number"].format(number=t.split()[0]) for t in tidy["term"]]
    held: dict[str, Any] = {**_HELD, "output": "profile_stability", "term": terms, "n": n}
    frames = [
        make_rows(**held, statistic="jaccard", value=tidy["estimate"]),
        make_rows(**held, statistic="p_adjusted", value=tidy["p_value"]),
        make_rows(**_HELD, output="profile_practices", term=[words["used"], words["left_out"]], statistic="practices",
                  value=[n, len(groups.scores) - n], n=len(groups.scores)),
        make_rows(**_HELD, output="profile_chosen", statistic="factors", value=fit.fit["chosen"]),
    ]  # fmt: skip
    labels = {f"phq_{area}": label for area, label in area_labels(cohort.instruments["phq"]).items()}
    for number, row in fit.profiles.iterrows():
        named = [c for c in row.index if c in labels]
        frames.append(make_rows(**_HELD, output="profile_means", group=words["profile"].format(number=number),
                                term=[labels[c] for c in named], statistic="mean",
                                value=[float(row[c]) for c in named], n=int(row["n"])))  # fmt: skip
    return combine_rows(frames)
