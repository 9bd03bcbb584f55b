"""Fit the national model of inspection ratings on real practices; the packaged file is made from what this returns."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from scipy.special import chdtrc

from resilience_stats.errors import ModelError
from resilience_stats.models.budget import event_budget
from resilience_stats.models.inputs import require_columns
from resilience_stats.models.logistic import fit_logistic
from resilience_stats.models.national_terms import (
    BAD_RATINGS,
    NAMES,
    OUTCOME,
    PREDICTORS,
    YEARS,
    bound,
    date_columns,
    era_term,
    eras_between,
    limits_of,
    model_columns,
)
from resilience_stats.models.performance import calibration, decision_curve
from resilience_stats.models.rating_era import rating_era
from resilience_stats.models.subgroups import subgroup_performance
from resilience_stats.models.validation import validate_model
from resilience_stats.results.logistic import LogisticResult

#: The national c-statistic that was published for this outcome: what the budget is reckoned with, beside the default.
PUBLISHED_C = 0.57
THRESHOLDS = (0.05, 0.10, 0.15, 0.20, 0.25, 0.30)
_LEAST_EVENTS = 5
_CHECKED = ("c_statistic", "slope", "intercept", "brier", "brier_scaled", "r2", "ici")
_DECISION_COLUMNS = [
    "term", "threshold", "estimate", "conf_low", "conf_high", "against_all", "against_all_low", "against_all_high",
    "acted_on", "true_positives", "sensitivity", "specificity", "ppv", "ppv_low", "ppv_high", "npv", "npv_low",
    "npv_high",
]  # fmt: skip
_SUBGROUP_COLUMNS = [
    "variable", "term", "n", "events", "estimate", "conf_low", "conf_high", "mean_risk", "c_statistic", "c_low",
    "c_high", "calibration_in_the_large", "large_low", "large_high", "slope", "difference_p_value",
]  # fmt: skip
NEEDED = ("cqc_rating", "published_on", "inherited", "region")


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """Ratings published from `first` to `snapshot`, and how the eras within are coded."""

    first: pd.Timestamp
    snapshot: pd.Timestamp

    @property
    def eras(self) -> tuple[str, ...]:
        """Eras in the window; the first is the reference."""
        return eras_between(self.first, self.snapshot)

    @property
    def terms(self) -> list[str]:
        """Predictors of the model, dates last."""
        return [*NAMES, YEARS, *(era_term(e) for e in self.eras[1:])]


def fit_national_model(
    practices: pd.DataFrame,
    *,
    snapshot: str | pd.Timestamp,
    years: float = 3.0,
    n_boot: int = 500,
    repeats: int = 20,
    random_state: int = 2026,
) -> dict[str, Any]:
    """Return the national model with everything that has to be known of it, ready to be written as JSON.

    Parameters
    ----------
    practices : pandas.DataFrame
        One row per practice: the predictors (see `model_columns`), `cqc_rating, published_on, inherited, region`.
    snapshot : date
        Day for which the ratings stand: the end of the window.
    years : float
        Length of the window of publication.
    n_boot, repeats, random_state : int
        Of the validation: bootstrap resamples, repeats of the cross-validation.

    Returns
    -------
    dict
        `terms, vcov, predictors, eras, window, fit, budget, recalibration, performance, areas, calibration_groups,
        decisions, subgroups, sensitivity, eras_differ, standing, notes`.

    Raises
    ------
    ModelError
        For missing columns or an empty window.

    Notes
    -----
    Logistic regression of requires improvement or inadequate against good or outstanding, among practices whose rating
    was published in the window, with date of publication and era of the rules. Maximum likelihood where the events
    carry the parameters (Riley et al. 2020, BMJ 368:m441), Firth's penalty where they do not. Predictors are held
    within their 1st and 99th centile. The slope corrected for optimism and the intercept that goes with it are given as
    uniform shrinkage (van Houwelingen & Le Cessie 1990).

    Examples
    --------
    >>> rng = np.random.default_rng(1)
    >>> n = 400
    >>> frame = pd.DataFrame({"log_list_size": rng.normal(9, 0.5, n), "imd_score": rng.normal(22, 8, n),
    ...     "gp_fte_per_1000": rng.normal(0.45, 0.1, n), "single_handed": rng.random(n) < 0.1,
    ...     "rural": rng.random(n) < 0.2, "payments_per_weighted_patient": rng.normal(130, 20, n),
    ...     "cqc_rating": np.where(rng.random(n) < 0.3, "Inadequate", "Good"), "inherited": rng.random(n) < 0.02,
    ...     "published_on": pd.Timestamp("2024-12-05") + pd.to_timedelta(rng.integers(0, 380, n), "D"),
    ...     "region": rng.choice(["North", "South"], n)})
    >>> made = fit_national_model(frame, snapshot="2026-01-01", years=1.0, n_boot=20, repeats=2)
    >>> [row["term"] for row in made["terms"]][:3]
    ['(Intercept)', 'log_list_size', 'imd_score']
    """
    require_columns(practices, NEEDED, "practices")
    day = pd.Timestamp(snapshot)
    window = Window(first=day - pd.Timedelta(days=round(365.25 * years)), snapshot=day)
    rated = practices[practices["cqc_rating"].notna() & practices["published_on"].notna()]
    inside = _inside(rated, window)
    limits = limits_of(model_columns(inside))
    data = national_rows(inside, window, limits)
    carried = _budget(data, len(window.terms))
    penalty = "none" if carried["within_budget"] else "firth"
    fit = fit_logistic(data, OUTCOME, window.terms, penalty=penalty)
    return {
        "window": {"first": str(window.first.date()), "snapshot": str(day.date()), "years": years},
        "eras": list(window.eras), "penalty": penalty, "terms": _terms(fit), "vcov": fit.vcov.to_numpy().tolist(),
        "predictors": _records(_predictors(model_columns(inside), limits)),
        "fit": {k: _plain(v) for k, v in fit.fit.items()}, "budget": carried,
        **_validated(fit, inside.loc[fit.rows.index], n_boot, repeats, random_state),
        "sensitivity": _records(_sensitivity(rated, window, limits, penalty)),
        "eras_differ": _eras_differ(data.dropna(), window),
        "standing": _records(standing_ratings(rated)), "notes": [str(n) for n in fit.notes],
    }  # fmt: skip


def national_rows(practices: pd.DataFrame, window: Window, limits: pd.DataFrame) -> pd.DataFrame:
    """Return outcome and model columns of practices rated in the window."""
    x = bound(model_columns(practices), limits["low"], limits["high"])
    dates = date_columns(practices["published_on"], window.snapshot, window.eras)
    bad = practices["cqc_rating"].astype(str).isin(BAD_RATINGS).astype(int)
    return pd.concat([bad.rename(OUTCOME), x, dates], axis=1)


def standing_ratings(rated: pd.DataFrame) -> pd.DataFrame:
    """Return how many practices hold each rating, by the year and the era of the rules in which it was published.

    Examples
    --------
    >>> frame = pd.DataFrame({"cqc_rating": ["Good", "Good"], "published_on": pd.to_datetime(["2016-05-01"] * 2)})
    >>> standing_ratings(frame).values.tolist()
    [[2016, 'October 2014 to March 2018', 'Good', 2]]
    """
    years = rated["published_on"].dt.year.astype(int).rename("year")
    era = rating_era(rated["published_on"]).astype(str).rename("era")
    counts = rated.groupby([years, era, rated["cqc_rating"].astype(str).rename("rating")]).size()
    return counts.rename("practices").reset_index()


def _inside(rated: pd.DataFrame, window: Window) -> pd.DataFrame:
    inside = rated[rated["published_on"].between(window.first, window.snapshot)]
    if inside.empty:
        raise ModelError("no rating was published in the window", where="argument practices",
                         found=f"{window.first.date()} to {window.snapshot.date()}")  # fmt: skip
    return inside


def _predictors(values: pd.DataFrame, limits: pd.DataFrame) -> pd.DataFrame:
    held = bound(values, limits["low"], limits["high"])
    frame = pd.DataFrame(PREDICTORS, columns=["name", "label", "unit"]).set_index("name")
    return frame.assign(mean=held.mean(), sd=held.std(), missing=values.isna().sum(), **limits).reset_index()


def _budget(data: pd.DataFrame, parameters: int) -> dict[str, Any]:
    whole = data.dropna()
    counted: dict[str, Any] = {"n": len(whole), "events": int(whole[OUTCOME].sum()), "parameters": parameters}
    usual = event_budget(**counted).glance().iloc[0]
    weak = event_budget(**counted, c_statistic=PUBLISHED_C).glance().iloc[0]
    return counted | {
        "assumed_nagelkerke": float(usual["r2_nagelkerke"]), "parameters_allowed": int(usual["parameters_allowed"]),
        "within_budget": bool(usual["within_budget"]), "published_c": PUBLISHED_C,
        "parameters_allowed_at_published_c": int(weak["parameters_allowed"]),
    }  # fmt: skip


def _terms(fit: LogisticResult) -> list[dict[str, Any]]:
    labels = {name: label for name, label, _ in PREDICTORS} | {YEARS: "Years, date of publication"}
    kept = ["term", "estimate", "std_error", "statistic", "p_value", "conf_low", "conf_high", "odds_ratio"]
    frame = fit.tidy()[kept]
    named = frame["term"].map(labels)
    named = named.where(named.notna(), frame["term"].str.removeprefix("era[").str.removesuffix("]"))
    return _records(frame.assign(label=named))


def _validated(
    fit: LogisticResult, practices: pd.DataFrame, n_boot: int, repeats: int, random_state: int
) -> dict[str, Any]:
    made = validate_model(
        fit, n_boot=n_boot, random_state=random_state, methods=("bootstrap", "kfold", "internal_external"),
        group=practices["region"], repeats=repeats,
    )  # fmt: skip
    y = made.predictions["outcome"].to_numpy()
    apparent = calibration(y, fit.fitted).tidy().set_index("term")
    rows = made.tidy().set_index("term").loc[list(_CHECKED)]
    limits = apparent.loc["c_statistic", ["conf_low", "conf_high"]].to_numpy(dtype=float)
    rows.loc["c_statistic", ["conf_low", "conf_high"]] = (
        limits - rows["optimism"].to_numpy()[_CHECKED.index("c_statistic")]
    )
    shrinkage = float(rows["corrected"].to_numpy()[_CHECKED.index("slope")])
    folds = made.methods[made.methods["method"].eq("kfold") & made.methods["term"].isin(_CHECKED)]
    out_of_fold = made.predictions["kfold"].to_numpy()
    kept = ["term", "apparent", "corrected", "conf_low", "conf_high", "optimism", "optimism_sd", "n_resamples"]
    decided = decision_curve(y, {"model": out_of_fold}, THRESHOLDS).tidy()[_DECISION_COLUMNS]
    return {
        "recalibration": {"slope": shrinkage, "intercept": shrunken_intercept(fit, shrinkage)},
        "performance": _records(rows.reset_index()[kept]),
        "apparent_c": _records(apparent.loc[["c_statistic"], ["estimate", "conf_low", "conf_high"]])[0],
        "cross_validated": _records(folds[["term", "estimate", "std_dev"]]),
        "areas": _records(made.groups[["group", "n", "events", "c_statistic", "slope", "calibration_in_the_large"]]),
        "calibration_groups": _records(calibration(y, out_of_fold).groups), "decisions": _records(decided),
        "subgroups": _records(subgroup_performance(y, out_of_fold, _groupings(practices)).tidy()[_SUBGROUP_COLUMNS]),
    }  # fmt: skip


def _groupings(practices: pd.DataFrame) -> pd.DataFrame:
    """Kinds of practice in which the cross-validated risks are held against what happened."""
    values = model_columns(practices)
    rural = values["rural"].map({1.0: "Rural", 0.0: "Urban"})
    held = {"Deprivation": _thirds(values["imd_score"]), "Registered patients": _thirds(values["log_list_size"]),
            "Place": rural, "Rules": rating_era(practices["published_on"])}  # fmt: skip
    if "contract_type" in practices:
        held["Contract"] = practices["contract_type"]
    return pd.DataFrame(held)


def _thirds(values: pd.Series) -> pd.Series:
    return pd.qcut(values, 3, labels=["Lowest third", "Middle third", "Highest third"])


def shrunken_intercept(fit: LogisticResult, slope: float) -> float:
    """Return the intercept that, with all coefficients times `slope`, keeps the mean risk at the share observed.

    Examples
    --------
    >>> frame = pd.DataFrame({"gone": [0, 0, 1, 0, 1, 1, 0, 1], "list": [9.0, 7, 3, 6, 5, 2, 8, 7]})
    >>> abs(shrunken_intercept(fit_logistic(frame, "gone", ["list"], check_budget="off"), 1.0)) < 1e-6
    True
    """
    rows = pd.DataFrame({"y": fit.rows["outcome"], "shrunk": slope * fit.rows["linear_predictor"]})
    return float(fit_logistic(rows, "y", [], offset="shrunk", check_budget="off").tidy()["estimate"].iloc[0])


def _sensitivity(rated: pd.DataFrame, window: Window, limits: pd.DataFrame, penalty: str) -> pd.DataFrame:
    """The same model on other rows: does anything hang on the era, on inherited ratings, on the window?

    A variant with fewer than five events for each parameter is left out.
    """
    inside = _inside(rated, window)
    # Not before the first rating: an era without any would make the others' marks add up to one.
    earliest = max(window.first - pd.Timedelta(days=731), rated["published_on"].min())
    longer = Window(first=earliest, snapshot=window.snapshot)
    era = rating_era(inside["published_on"]).astype(str)
    undated = [t for t in window.terms if t in NAMES]
    variants: dict[str, tuple[pd.DataFrame, Window, Sequence[str]]] = {
        "main": (inside, window, window.terms),
        "without inherited ratings": (inside[~inside["inherited"].fillna(False).astype(bool)], window, window.terms),
        "without dates and eras": (inside, window, undated),
        "five years of publication": (_inside(rated, longer), longer, longer.terms),
        "without staffing and payments": (inside, window, ["log_list_size", "imd_score", "rural", *window.terms[6:]]),
    }
    variants |= {f"only {name}": (inside[era.eq(name)], window, undated) for name in window.eras}
    parts = [_variant(name, *held, limits, penalty) for name, held in variants.items()]
    return pd.concat([p for p in parts if p is not None], ignore_index=True)


def _eras_differ(data: pd.DataFrame, window: Window) -> dict[str, Any]:
    """Likelihood-ratio test of one set of coefficients for all eras against a set for each."""
    marks = [era_term(e) for e in window.eras[1:]]
    era = data[marks].to_numpy() @ np.arange(1, len(marks) + 1) if marks else np.zeros(len(data))
    if not marks or min(data[OUTCOME][era == k].sum() for k in range(len(marks) + 1)) < _LEAST_EVENTS * len(NAMES):
        return {"chi_square": None, "df": 0, "p_value": None}
    one = fit_logistic(data, OUTCOME, [*NAMES, *marks], check_budget="off").fit["log_likelihood"]
    parts = [fit_logistic(data[era == k], OUTCOME, NAMES, check_budget="off") for k in range(len(window.eras))]
    chi, df = 2.0 * (sum(float(str(f.fit["log_likelihood"])) for f in parts) - float(str(one))), len(NAMES) * len(marks)
    return {"chi_square": chi, "df": df, "p_value": float(chdtrc(df, chi))}


def _variant(
    name: str, rows: pd.DataFrame, window: Window, terms: Sequence[str], limits: pd.DataFrame, penalty: str
) -> pd.DataFrame | None:
    data = national_rows(rows, window, limits)
    varying = [t for t in terms if data[t].nunique() > 1]
    if min(data[OUTCOME].sum(), len(data) - data[OUTCOME].sum()) < _LEAST_EVENTS * len(varying):
        return None
    fit = fit_logistic(data, OUTCOME, varying, penalty=penalty, check_budget="off")
    c = calibration(fit.rows["outcome"], fit.fitted).tidy().set_index("term").loc["c_statistic"]
    frame = fit.tidy()[lambda f: f["term"].isin(NAMES)]
    held = frame[["term", "odds_ratio"]].assign(
        conf_low=np.exp(frame["conf_low"]), conf_high=np.exp(frame["conf_high"]), variant=name, n=fit.fit["n"],
        events=fit.fit["events"], c_statistic=c["estimate"], c_low=c["conf_low"], c_high=c["conf_high"],
    )  # fmt: skip
    return held


def _records(frame: pd.DataFrame) -> list[dict[str, Any]]:
    return [{str(k): _plain(v) for k, v in row.items()} for row in frame.to_dict("records")]


def _plain(value: Any) -> Any:
    """JSON has neither NaN nor NumPy's numbers."""
    if isinstance(value, (bool, np.bool_)):
        return bool(value)
    if isinstance(value, (int, np.integer)):
        return int(value)
    if isinstance(value, (float, np.floating)):
        return None if not np.isfinite(value) else int(value) if float(value).is_integer() else float(value)
    return value if isinstance(value, (Mapping, list)) else str(value)
