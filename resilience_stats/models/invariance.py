"""Do items mean the same in every group? Nested factor models and the tests between them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise

import numpy as np
import pandas as pd
from scipy import stats

from resilience_stats.errors import ModelError, require_choice
from resilience_stats.models.cfa import ESTIMATORS, fit_with_parts
from resilience_stats.results import Note, note
from resilience_stats.results.cfa import CfaResult, InvarianceResult
from resilience_stats.results.tidy import tidy_frame
from resilience_stats.stats.cfa_measures import FactorFit
from resilience_stats.stats.cfa_robust import difference_test, difference_test_2000
from resilience_stats.stats.cfa_structure import jacobian_ordinal

#: What is equal at each level, continuous and ordinal items.
LEVELS = {
    "configural": (),
    "metric": ("loadings",),
    "scalar": ("loadings", "intercepts"),
    "strict": ("loadings", "intercepts", "residuals"),
}
ORDINAL_LEVELS = {
    "configural": (),
    "thresholds": ("thresholds",),
    "loadings": ("thresholds", "loadings"),
}


def measurement_invariance(
    items: pd.DataFrame,
    model: Mapping[str, Sequence[str]],
    *,
    group: str,
    levels: Sequence[str] | None = None,
    estimator: str = "ml",
    release: Sequence[str] = (),
    std_lv: bool = False,
    missing: str = "listwise",
    residual_covariances: Sequence[tuple[str, str]] = (),
    merge_below: int = 0,
    alpha: float = 0.05,
    conf_level: float = 0.95,
    allow_small_n: bool = False,
) -> InvarianceResult:
    """Test in steps whether scores of several groups may be compared.

    Parameters
    ----------
    items, model, estimator, release, std_lv, missing, residual_covariances, merge_below, conf_level, allow_small_n
        As in `fit_cfa`.
    group : str
        Column of groups.
    levels : sequence of str, optional
        Continuous items: ``configural`` (same areas), ``metric`` (same loadings), ``scalar`` (and intercepts: means
        can be compared), ``strict`` (and residual variances: sum scores can be compared). Ordinal items:
        ``configural``, ``thresholds``, ``loadings`` (Wu & Estabrook 2016). All by default.
    alpha : float
        Level of the test by which `glance()` names the strictest level held.

    Returns
    -------
    InvarianceResult
        `glance()`: ``strictest_by_test`` (no difference so far significant), ``strictest_by_cfi`` (CFI falls by no more
        than 0.01: Cheung & Rensvold 2002), ``n``, ``n_groups``.

    Notes
    -----
    Differences: likelihood ratio for ``"ml"``; scaled after Satorra & Bentler (2001) for ``"mlr"`` and ``"mlm"``,
    Satorra (2000) for ordinal items. RMSEA of a difference: ``sqrt(groups max(d - df, 0) / (df n))``.

    Examples
    --------
    >>> rng = np.random.default_rng(4)
    >>> area = rng.normal(size=(400, 1))
    >>> frame = pd.DataFrame(0.8 * area + 0.6 * rng.normal(size=(400, 4)), columns=["q1", "q2", "q3", "q4"])
    >>> frame["place"] = np.where(np.arange(400) % 2, "North", "South")
    >>> measurement_invariance(frame, {"team": ["q1", "q2", "q3", "q4"]}, group="place").tidy()["model_df"].tolist()
    [4, 7, 10, 14]
    """
    require_choice(estimator, ESTIMATORS, "estimator")
    ordinal = ESTIMATORS[estimator].startswith("wls")
    known = ORDINAL_LEVELS if ordinal else LEVELS
    wanted = tuple(known) if levels is None else tuple(levels)
    for name in wanted:
        require_choice(name, known, "levels")
    if list(wanted) != [name for name in known if name in wanted] or not wanted:
        raise ModelError(
            "levels must go from free to strict", where="argument levels", found=wanted, allowed=", ".join(known)
        )
    fits = {
        name: fit_with_parts(
            items,
            model,
            group=group,
            equal=known[name],
            estimator=estimator,
            release=release,
            std_lv=std_lv,
            missing=missing,
            residual_covariances=residual_covariances,
            merge_below=merge_below,
            conf_level=conf_level,
            allow_small_n=allow_small_n,
        )
        for name in wanted
    }
    table = _table(fits, ESTIMATORS[estimator], plain=estimator == "ml")
    results = {name: result for name, (result, _) in fits.items()}
    first = results[wanted[0]]
    return InvarianceResult(
        estimates=table,
        fit={
            "strictest_by_test": _strictest(wanted, table["p_value"] < alpha),
            "strictest_by_cfi": _strictest(wanted, table["delta_cfi"] < -0.01),
            "n": first.fit["n"],
            "n_groups": first.fit["n_groups"],
            "estimator": estimator,
        },
        notes=_notes(results),
        fits=results,
        group_sizes=first.group_sizes,
    )


def _table(fits: Mapping[str, tuple[CfaResult, FactorFit]], correction: str, *, plain: bool) -> pd.DataFrame:
    names = list(fits)
    own = pd.DataFrame([dict(fits[name][0].fit) for name in names])
    tests = [(np.nan, np.nan)]
    tests += [_difference(fits[a][1], fits[b][1], correction, plain=plain) for a, b in pairwise(names)]
    statistic, df = (np.array(x, dtype=float) for x in zip(*tests, strict=True))
    n, groups = own["n"].to_numpy(float), own["n_groups"].to_numpy(float)
    with np.errstate(invalid="ignore"):
        rmsea = np.sqrt(groups * np.maximum(statistic - df, 0.0) / (df * n))
    columns = ("cfi", "tli", "rmsea", "srmr", "aic", "bic", "cfi_robust", "rmsea_robust")
    return tidy_frame(
        term=names,
        estimate=own["cfi"].diff(),
        statistic=statistic,
        df=df,
        p_value=stats.chi2.sf(statistic, df),
        rmsea_difference=rmsea,
        delta_cfi=own["cfi"].diff(),
        delta_rmsea=own["rmsea"].diff(),
        delta_srmr=own["srmr"].diff(),
        chi_square=own["chi_square"],
        model_df=own["df"],
        model_p_value=own["p_value"],
        **{name: own[name] for name in columns if name in own},
    )


def _difference(free: FactorFit, constrained: FactorFit, correction: str, *, plain: bool) -> tuple[float, float]:
    before, after = free.measures, constrained.measures
    first, second = int(before["df"]), int(after["df"])
    if len(free.structure.threshold_item):
        test = difference_test_2000(
            after["chi_square"] - before["chi_square"],
            second - first,
            free.covariance["standard"] * (before["n"] - free.structure.n_groups),
            free.covariance["robust"] * (before["n"] - free.structure.n_groups),
            np.vstack(jacobian_ordinal(free.structure, free.solution.theta)),
            np.vstack(jacobian_ordinal(constrained.structure, constrained.solution.theta)),
        )
        return test.statistic, test.df
    scaling = (1.0, 1.0) if plain else tuple(f.corrected[correction]["scaling_factor"] for f in (constrained, free))
    value, df = difference_test((after["chi_square"], second, scaling[0]), (before["chi_square"], first, scaling[1]))
    return value, df


def _strictest(names: Sequence[str], fails: pd.Series) -> str:
    held = names[0]
    for name, failed in zip(names[1:], fails[1:], strict=True):
        if failed:
            break
        held = name
    return held


def _notes(results: Mapping[str, CfaResult]) -> tuple[Note, ...]:
    first = next(iter(results.values()))
    out = list(first.notes)
    seen = set(first.notes)
    for name, result in results.items():
        for n in result.notes:
            if n not in seen:
                seen.add(n)
                out.append(note(n.code, f"At level '{name}': {n.message}"))
    sizes = first.group_sizes
    low, high = min(sizes.values()), max(sizes.values())
    if low < 100 or high > 2 * low:
        out.append(
            note(
                "small-or-unequal-groups",
                f"The smallest of {len(sizes)} groups has {low} rows, the largest {high}: a test that finds no "
                "difference has little power here (Meade & Lautenschlager 2004); look at the changes in CFI and RMSEA.",
            )
        )
    return tuple(out)
