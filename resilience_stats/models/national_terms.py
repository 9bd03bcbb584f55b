"""The terms of the national model: from practices to the columns that its coefficients multiply."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from resilience_stats.errors import ModelError
from resilience_stats.models.inputs import require_columns
from resilience_stats.models.rating_era import ERA_NAMES, rating_era

OUTCOME = "requires_improvement_or_worse"
BAD_RATINGS = ("Inadequate", "Requires improvement")
#: Chosen from what was published before this was fitted (ratings of 2014 to 2017), not from these data. Contract and
#: dispensing were left out because they had shown no clear effect there.
PREDICTORS: tuple[tuple[str, str, str], ...] = (
    ("log_list_size", "Registered patients (logarithm)", "natural logarithm"),
    ("imd_score", "Deprivation of patients (IMD 2019)", "point"),
    ("gp_fte_per_1000", "GPs per 1,000 patients", "full-time equivalent"),
    ("single_handed", "Single-handed", "yes against no"),
    ("rural", "Rural", "rural against urban"),
    ("payments_per_weighted_patient", "Payments per weighted patient", "£"),
)
NAMES = tuple(name for name, _, _ in PREDICTORS)
YEARS = "years_to_snapshot"
_DAYS_A_YEAR = 365.25
_EXTREMES = (0.01, 0.99)


def model_columns(features: pd.DataFrame) -> pd.DataFrame:
    """Return the model's predictors from features, as numbers.

    Parameters
    ----------
    features : pandas.DataFrame
        `log_list_size, imd_score, gp_fte_per_1000, single_handed, payments_per_weighted_patient`, and `rural` or
        `rurality`.

    Raises
    ------
    ModelError
        Where a column is missing.

    Examples
    --------
    >>> frame = pd.DataFrame({"log_list_size": [9.0], "imd_score": [20], "gp_fte_per_1000": [0.5],
    ...     "single_handed": [False], "rurality": ["Rural"], "payments_per_weighted_patient": [130]})
    >>> model_columns(frame)["rural"].tolist()
    [1.0]
    """
    return numbers(with_rural(features), NAMES)


def with_rural(features: pd.DataFrame) -> pd.DataFrame:
    """Return the features with `rural` as 0 and 1, made from `rurality` where it is not there.

    Examples
    --------
    >>> with_rural(pd.DataFrame({"rurality": ["Rural", "Urban"]}))["rural"].tolist()
    [1.0, 0.0]
    """
    if "rural" in features or "rurality" not in features:
        return features
    kind = features["rurality"].astype(object)
    return features.assign(rural=kind.eq("Rural").astype(float).mask(kind.isna().to_numpy()))


def numbers(features: pd.DataFrame, names: Sequence[str]) -> pd.DataFrame:
    """Return the named columns as numbers.

    Raises
    ------
    ModelError
        Where a column is missing.

    Examples
    --------
    >>> numbers(pd.DataFrame({"dispensing": [True, None]}), ["dispensing"])["dispensing"].tolist()
    [1.0, nan]
    """
    require_columns(features, list(names), "features")
    return pd.DataFrame({n: pd.to_numeric(features[n].astype(object)).astype(float) for n in names})


def limits_of(values: pd.DataFrame) -> pd.DataFrame:
    """Return `low` and `high` of each column: 1 and 99 per cent of its values, or 0 and 1; see `bound`.

    Examples
    --------
    >>> limits_of(pd.DataFrame({"rural": [0.0, 1.0, None]})).to_numpy().tolist()
    [[0.0, 1.0]]
    """
    low, high = (values.quantile(q) for q in _EXTREMES)
    yes_no = values.isin([0.0, 1.0]).where(values.notna(), True).all()
    return pd.DataFrame({"low": low.mask(yes_no, 0.0), "high": high.mask(yes_no, 1.0)})


def date_columns(published_on: pd.Series, snapshot: pd.Timestamp, eras: Sequence[str]) -> pd.DataFrame:
    """Return years from publication to the snapshot (0 or below) and an indicator for each era but the first.

    Raises
    ------
    ModelError
        Where a rating was published in an era that the model does not know.

    Examples
    --------
    >>> day = pd.Series(pd.to_datetime(["2025-01-01"]))
    >>> date_columns(day, pd.Timestamp("2026-01-01"), ["December 2024 on"]).round(2).to_dict("list")
    {'years_to_snapshot': [-1.0]}
    """
    days = pd.to_datetime(published_on)
    era = rating_era(days)
    strange = sorted(set(era.dropna().astype(str)) - set(eras))
    if strange:
        raise ModelError(
            "the model says nothing of ratings under other rules", where="argument published_on", found=strange,
            allowed=", ".join(eras), action="Leave published_on out to predict for a rating published at the snapshot.",
        )  # fmt: skip
    columns = {YEARS: (days - snapshot).dt.days / _DAYS_A_YEAR}
    columns |= {era_term(name): era.eq(name).astype(float).mask(era.isna()) for name in eras[1:]}
    return pd.DataFrame(columns, index=published_on.index)


def era_term(name: str) -> str:
    """Return the name of an era's term.

    Examples
    --------
    >>> era_term("December 2024 on")
    'era[December 2024 on]'
    """
    return f"era[{name}]"


def eras_between(first: pd.Timestamp, last: pd.Timestamp) -> tuple[str, ...]:
    """Return the eras that a window of publication touches, in order.

    Examples
    --------
    >>> eras_between(pd.Timestamp("2023-06-01"), pd.Timestamp("2024-01-01"))
    ('October 2021 to October 2023', 'November 2023 to November 2024')
    """
    ends = rating_era(pd.Series([first, last])).astype(str)
    return ERA_NAMES[ERA_NAMES.index(ends.iloc[0]) : ERA_NAMES.index(ends.iloc[1]) + 1]


def bound(values: pd.DataFrame, low: pd.Series, high: pd.Series) -> pd.DataFrame:
    """Return predictors moved to the ends of the range that the model was fitted on.

    Examples
    --------
    >>> frame = pd.DataFrame({"x": [0.0, 5.0, np.nan]})
    >>> bound(frame, pd.Series({"x": 1.0}), pd.Series({"x": 4.0}))["x"].tolist()
    [1.0, 4.0, nan]
    """
    inside = np.clip(values.to_numpy(), low[values.columns].to_numpy(), high[values.columns].to_numpy())
    return pd.DataFrame(inside, index=values.index, columns=values.columns)
