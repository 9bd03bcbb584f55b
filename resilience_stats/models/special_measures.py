"""Outcomes of support in special measures: the local register in the published table, and what went with success."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from scipy.stats import fisher_exact

from resilience_stats.errors import ModelError
from resilience_stats.models.inputs import require_columns
from resilience_stats.models.published import special_measures_reference
from resilience_stats.results import Result, note
from resilience_stats.results.tidy import tidy_frame
from resilience_stats.stats.association import conditional_odds_ratio
from resilience_stats.stats.proportions import wilson

#: About three months: the published account calls support early without a number.
EARLY_DAYS = 92
_LEFT = ("reinspected_good", "reinspected_requires_improvement")
_STAYS = ("reinspected_requires_improvement_stays", "reinspected_inadequate_stays")
_CLOSED = ("emergency_closure", "closed_with_notice")
_ENDED_EARLY = ("early_withdrawal", "gp_retired_or_resigned", "other")
_REINSPECTED = (*_LEFT, *_STAYS, *_CLOSED)
_ENDED = (*_REINSPECTED, *_ENDED_EARLY)
_ALL = (*_ENDED, "awaiting_reinspection")
#: Row of the published table, outcomes counted, outcomes in the denominator.
_ROWS: tuple[tuple[str, Sequence[str], Sequence[str]], ...] = (
    ("good", _LEFT[:1], _REINSPECTED),
    ("requires_improvement", _LEFT[1:], _REINSPECTED),
    ("left", _LEFT, _REINSPECTED),
    ("requires_improvement_stays", _STAYS[:1], _REINSPECTED),
    ("inadequate_stays", _STAYS[1:], _REINSPECTED),
    ("stays", _STAYS, _REINSPECTED),
    ("closed_in_emergency", _CLOSED[:1], _REINSPECTED),
    ("closed_with_notice", _CLOSED[1:], _REINSPECTED),
    ("closed", _CLOSED, _REINSPECTED),
    ("left_of_ended", _LEFT, _ENDED),
    ("left_of_supported", _LEFT, _ALL),
    ("improved_of_reinspected", (*_LEFT, _STAYS[0]), _REINSPECTED),
)


def support_outcomes(register: pd.DataFrame, *, outcome: str = "outcome", conf_level: float = 0.95) -> Result:
    """Return the local register in the rows and denominators of the published table, the published shares beside.

    Parameters
    ----------
    register : pandas.DataFrame
        One row an entry into special measures.
    outcome : str
        Column with the codes of ``data/schema/special_measures_outcomes.json``.
    conf_level : float

    Returns
    -------
    Result
        `tidy()`: `term, estimate` (share; missing without a denominator), `conf_low, conf_high` (Wilson), `label,
        count, denominator, published, published_low, published_high`. `glance()`: `entries, reinspected, ended,
        pending`.

    Raises
    ------
    ModelError
        For a code that is not in the list.

    Examples
    --------
    >>> register = pd.DataFrame({"outcome": ["reinspected_good", "awaiting_reinspection", "closed_with_notice"]})
    >>> support_outcomes(register).tidy().set_index("term").loc["left", ["count", "denominator"]].tolist()
    [1, 2]
    """
    require_columns(register, [outcome], "outcome")
    seen = register[outcome].dropna().astype(str)
    unknown = sorted(set(seen) - set(_ALL))
    if unknown:
        raise ModelError("unknown outcome", where=f"column {outcome}", found=unknown[0], allowed=", ".join(_ALL))
    count = np.array([seen.isin(list(c)).sum() for _, c, _ in _ROWS], dtype=float)
    size = np.array([seen.isin(list(d)).sum() for _, _, d in _ROWS], dtype=float)
    some = np.where(size > 0, size, 1.0)
    low, high = wilson(count, some, conf_level)
    published = special_measures_reference(conf_level=conf_level).tidy().set_index("term").loc[[t for t, _, _ in _ROWS]]
    frame = tidy_frame(
        term=[t for t, _, _ in _ROWS], estimate=np.where(size > 0, count / some, np.nan),
        conf_low=np.where(size > 0, low, np.nan), conf_high=np.where(size > 0, high, np.nan),
        label=published["label"].to_list(), count=count.astype(int),
        denominator=size.astype(int), published=published["estimate"].to_numpy(),
        published_low=published["conf_low"].to_numpy(), published_high=published["conf_high"].to_numpy(),
    )  # fmt: skip
    figures = {"entries": len(register), "reinspected": int(seen.isin(list(_REINSPECTED)).sum()),
               "ended": int(seen.isin(list(_ENDED)).sum()), "pending": int((seen == _ALL[-1]).sum())}  # fmt: skip
    missing = len(register) - len(seen)
    notes = [note("rows-dropped", f"{missing} entries have no outcome and are in no denominator.")] if missing else []
    notes.append(
        note("no-comparison", "Practices that took support were not chosen at random: no row shows its effect.")
    )
    return Result(estimates=frame, fit=figures, notes=tuple(notes))


def register_factors(
    register: pd.DataFrame, assessments: pd.DataFrame | None = None, *, within_days: int = EARLY_DAYS
) -> pd.DataFrame:
    """Return practices whose special measures have ended one way or the other, with what might go with success.

    Parameters
    ----------
    register : pandas.DataFrame
        One row an entry: `practice_code, entered_on, support_offered_on, support_accepted_on, outcome`.
    assessments : pandas.DataFrame, optional
        Resilience assessments (RAT): `practice_code, assessed_on` and root causes and causes for concern as columns of
        0 and 1 that begin with ``cause_`` or ``concern_``. The last before or on the entry counts, else the first.
    within_days : int
        Support is early where it was offered within so many days of the entry.

    Returns
    -------
    pandas.DataFrame
        `practice_code, success` (1 left special measures, 0 stays or closed), `early_support, support_accepted`, and
        the coded causes; entries without re-inspection are left out.

    Examples
    --------
    >>> register = pd.DataFrame({"practice_code": ["A", "B"], "entered_on": pd.to_datetime(["2019-01-01"] * 2),
    ...     "support_offered_on": pd.to_datetime(["2019-02-01", None]), "support_accepted_on": [pd.NaT, pd.NaT],
    ...     "outcome": ["reinspected_good", "closed_with_notice"]})
    >>> register_factors(register)[["success", "early_support"]].to_numpy().tolist()
    [[1, 1], [0, 0]]
    """
    require_columns(register, ["practice_code", "entered_on", "support_offered_on", "outcome"], "register")
    ended = register[register["outcome"].isin(list(_REINSPECTED))]
    wait = (pd.to_datetime(ended["support_offered_on"]) - pd.to_datetime(ended["entered_on"])).dt.days
    made = pd.DataFrame({
        "practice_code": ended["practice_code"], "success": ended["outcome"].isin(list(_LEFT)).astype(int),
        "early_support": (wait <= within_days).astype(int),
        "support_accepted": ended["support_accepted_on"].notna().astype(int),
    })  # fmt: skip
    if assessments is None or assessments.empty:
        return made.reset_index(drop=True)
    coded = [c for c in assessments.columns if c.startswith(("cause_", "concern_"))]
    return pd.concat([made, _assessed(ended, assessments, coded)], axis=1).reset_index(drop=True)


def _assessed(ended: pd.DataFrame, assessments: pd.DataFrame, coded: Sequence[str]) -> pd.DataFrame:
    """The coded causes of each entry, from the assessment nearest to it: the last before, else the first after."""
    ordered = assessments.sort_values("assessed_on")
    held = []
    for code, day in zip(ended["practice_code"], pd.to_datetime(ended["entered_on"]), strict=True):
        own = ordered[ordered["practice_code"] == code]
        before = own[pd.to_datetime(own["assessed_on"]) <= day]
        row = before.iloc[-1] if len(before) else own.iloc[0] if len(own) else None
        held.append([pd.NA if row is None else row[c] for c in coded])
    return pd.DataFrame(held, columns=list(coded), index=ended.index, dtype="Int64")


def success_factors(
    data: pd.DataFrame, success: str, factors: Sequence[str] | Mapping[str, str], *, conf_level: float = 0.95
) -> Result:
    """Return, for each yes/no factor, success with and without it, exact odds ratio and Fisher's test.

    Parameters
    ----------
    data : pandas.DataFrame
        One row a practice whose outcome is known.
    success : str
        0/1 or boolean column.
    factors : sequence of str, or mapping of str to str
        0/1 or boolean columns (early support, stakeholder support, insight and engagement, root causes); a mapping
        gives each a label.
    conf_level : float

    Returns
    -------
    Result
        `tidy()`: `term, estimate` (conditional odds ratio), `conf_low, conf_high` (exact), `p_value` (Fisher), `label,
        with_success, with_n, without_success, without_n, with_share, with_low, with_high, without_share, without_low,
        without_high`.

    Notes
    -----
    Conditional maximum likelihood and exact limits of the noncentral hypergeometric distribution, as R's
    ``fisher.test``. With few practices intervals are wide, and a large p-value does not show that a factor is idle.

    Examples
    --------
    >>> rows = pd.DataFrame({"left": [1, 1, 1, 0, 0, 1], "early": [1, 1, 1, 0, 0, 0]})
    >>> success_factors(rows, "left", ["early"]).tidy()["p_value"].round(2).tolist()
    [0.4]
    """
    labels = dict(factors) if isinstance(factors, Mapping) else {f: f for f in factors}
    require_columns(data, [success, *labels], "success, factors")
    rows = [_factor_row(data, success, name, label, conf_level) for name, label in labels.items()]
    frame = tidy_frame(**{k: [r[k] for r in rows] for k in rows[0]}) if rows else tidy_frame(term=[], estimate=[])
    weak = note(
        "exploratory", f"{len(rows)} factors on {len(data)} practices, each alone: read intervals, not p-values."
    )
    return Result(estimates=frame, fit={"n": len(data), "factors": len(rows)}, notes=(weak,))


def _factor_row(data: pd.DataFrame, success: str, name: str, label: str, conf_level: float) -> dict[str, object]:
    known = data[[success, name]].dropna().astype(float)
    for column in (success, name):
        if not set(known[column].unique()) <= {0.0, 1.0}:
            raise ModelError("a yes/no column holds something else", where=f"column {column}",
                             found=known[column].unique()[:5].tolist(), allowed="0 and 1")  # fmt: skip
    table = [[int(((known[name] == f) & (known[success] == s)).sum()) for s in (1, 0)] for f in (1, 0)]
    (a, b), (c, d) = table
    ratio, below, above = conditional_odds_ratio(np.array(table), conf_level)
    row: dict[str, object] = {
        "term": name, "estimate": ratio, "conf_low": below, "conf_high": above,
        "p_value": float(fisher_exact(table).pvalue), "label": label, "with_success": a, "with_n": a + b,
        "without_success": c, "without_n": c + d,
    }  # fmt: skip
    for side, x, n in (("with", a, a + b), ("without", c, c + d)):
        low, high = wilson(np.array(x), np.array(max(n, 1)), conf_level)
        row |= {f"{side}_share": x / n if n else np.nan, f"{side}_low": float(low) if n else np.nan,
                f"{side}_high": float(high) if n else np.nan}  # fmt: skip
    return row
