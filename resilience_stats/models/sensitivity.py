"""What a linear model's effects owe to the adjustment set, and to single places."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from resilience_stats.errors import ModelError
from resilience_stats.models.inputs import require_columns
from resilience_stats.models.linear import fit_linear
from resilience_stats.results import Note, Result, note

ROLES = ("exposure", "confounder", "mediator")


def adjusted_effects(
    data: pd.DataFrame,
    outcome: str,
    roles: Mapping[str, str],
    *,
    cluster: str | None = None,
    weights: str | None = None,
    conf_level: float = 0.95,
) -> Result:
    """Return each exposure's effect unadjusted, adjusted for confounders, and with mediators held fixed too.

    Parameters
    ----------
    data : pandas.DataFrame
    outcome : str
    roles : mapping of str to {"exposure", "confounder", "mediator"}
    cluster, weights, conf_level
        As in `fit_linear`.

    Returns
    -------
    Result
        `tidy()` by exposure term and `adjustment` ("none", "confounders", "confounders and mediators"), all on the same
        rows. The second is the total effect, if the confounders are enough; the third leaves out what goes through the
        mediators.

    Examples
    --------
    >>> data = pd.DataFrame({"y": [1.0, 3, 2, 5, 4, 6, 8], "x": [1.0, 2, 3, 4, 5, 6, 7], "c": [0.0, 1, 0, 1, 1, 0, 1]})
    >>> found = adjusted_effects(data, "y", {"x": "exposure", "c": "confounder"})
    >>> found.tidy()[["term", "adjustment"]].to_numpy().tolist()
    [['x', 'none'], ['x', 'confounders']]
    """
    wrong = {k: v for k, v in roles.items() if v not in ROLES}
    if wrong:
        raise ModelError("unknown role", where="argument roles", found=wrong, allowed=", ".join(ROLES))
    by_role = {role: [name for name, r in roles.items() if r == role] for role in ROLES}
    if not by_role["exposure"]:
        raise ModelError("no exposure is named", where="argument roles")
    carried = [c for c in (cluster, weights) if c is not None]
    require_columns(data, [outcome, *roles, *carried], "roles")
    used = data.dropna(subset=[outcome, *roles, *carried])
    sets = {"none": [], "confounders": by_role["confounder"]}
    if by_role["mediator"]:
        sets["confounders and mediators"] = by_role["confounder"] + by_role["mediator"]
    frames = []
    for exposure in by_role["exposure"]:
        for label, covariates in sets.items():
            fit = fit_linear(
                used, outcome, [exposure, *covariates], cluster=cluster, weights=weights, conf_level=conf_level
            )
            mine = [s == exposure for s in fit.design.sources]
            frames.append(fit.tidy().loc[mine].assign(adjustment=label))
    notes: tuple[Note, ...] = ()
    if len(used) < len(data):
        notes = (note("rows-dropped", f"{len(data) - len(used)} of {len(data)} rows lack a value and were left out."),)
    return Result(estimates=pd.concat(frames, ignore_index=True), fit={"n": len(used)}, notes=notes)


def leave_one_out(
    data: pd.DataFrame,
    outcome: str,
    predictors: Sequence[str],
    *,
    by: str,
    cluster: str | None = None,
    weights: str | None = None,
    vcov: str | None = None,
) -> Result:
    """Return how each coefficient changes when one place (or network, or practice) is left out.

    Parameters
    ----------
    data, outcome, predictors, cluster, weights, vcov
        As in `fit_linear`.
    by : str
        Column whose values are left out one after another.

    Returns
    -------
    Result
        `tidy()`: left_out, n, term, estimate, std_error, p_value, change (from the full model), change_in_errors (in
        the full model's standard errors), sign_changes. `glance()`: n_left_out, largest_change_in_errors,
        most_influential, most_influenced, n_sign_changes.

    Examples
    --------
    >>> data = pd.DataFrame({"y": [1.0, 3, 2, 5, 4, 6], "x": [1.0, 2, 3, 4, 5, 6], "place": list("aabbcc")})
    >>> leave_one_out(data, "y", ["x"], by="place").glance()["n_left_out"].tolist()
    [3]
    """
    require_columns(data, [by], "by")
    used = data.dropna(subset=[outcome, *predictors, by, *[c for c in (cluster, weights) if c is not None]])
    full = fit_linear(used, outcome, predictors, cluster=cluster, weights=weights, vcov=vcov).tidy().set_index("term")
    frames, failed = [], []
    for value in used[by].unique():
        rest = used.loc[used[by] != value]
        try:
            tidy = fit_linear(rest, outcome, predictors, cluster=cluster, weights=weights, vcov=vcov).tidy()
        except ModelError:
            failed.append(str(value))
            continue
        kept = tidy[["term", "estimate", "std_error", "p_value", "n"]]
        before = full.reindex(kept["term"])
        change = kept["estimate"].to_numpy() - before["estimate"].to_numpy()
        frames.append(
            kept.assign(
                left_out=value,
                change=change,
                change_in_errors=change / before["std_error"].to_numpy(),
                sign_changes=np.sign(kept["estimate"].to_numpy()) != np.sign(before["estimate"].to_numpy()),
            )
        )
    if not frames:
        raise ModelError("the model cannot be fitted without any one of them", where="argument by", found=by)
    table = pd.concat(frames, ignore_index=True)
    slopes = table.loc[table["term"] != "(Intercept)"]
    worst = slopes.iloc[int(np.argmax(slopes["change_in_errors"].abs()))]
    text = f"Without {', '.join(failed)} the model cannot be fitted."
    return Result(
        estimates=table,
        fit={
            "n_left_out": int(table["left_out"].nunique()),
            "largest_change_in_errors": float(abs(worst["change_in_errors"])),
            "most_influential": worst["left_out"],
            "most_influenced": worst["term"],
            "n_sign_changes": int(slopes["sign_changes"].sum()),
        },
        notes=(note("cannot-leave-out", text),) if failed else (),
    )
