"""One inference from the analyses of several completed data sets."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import pandas as pd
from scipy import stats

from resilience_stats.errors import ModelError, did_you_mean
from resilience_stats.results import Note, Result, note
from resilience_stats.results.imputation import PooledResult
from resilience_stats.results.tidy import tidy_frame
from resilience_stats.stats import pooling


def pool(
    fits: Sequence[Result | pd.DataFrame], *, df_complete: float | None = None, conf_level: float = 0.95
) -> PooledResult:
    """Return pooled estimates of the same model fitted to each completed data set.

    Parameters
    ----------
    fits : sequence of Result or of data frames
        Results with `tidy()`, or frames with the columns term, estimate, std_error.
    df_complete : float, optional
        Residual degrees of freedom on complete data; default: ``df_residual`` of the first fit's `glance()`, or its n
        less its number of terms; infinite where neither is given.
    conf_level : float

    Returns
    -------
    PooledResult
        `tidy()` adds fmi, lambda_, riv, within, between, total; `glance()`: m, n, df_complete, fmi_max.

    Raises
    ------
    ModelError
        Where there are fewer than two fits or their terms differ.

    Notes
    -----
    Rubin's rules with Barnard and Rubin's degrees of freedom: see `resilience_stats.stats.pooling.rubin`. Pool on the
    scale of the coefficients, and transform (exponentiate) afterwards.

    Examples
    --------
    >>> one = pd.DataFrame({"term": ["x"], "estimate": [1.0], "std_error": [1.0]})
    >>> pool([one, one.assign(estimate=2.0), one.assign(estimate=3.0)]).tidy()["estimate"].tolist()
    [2.0]
    """
    if len(fits) < 2:
        raise ModelError("pooling needs at least two fits", where="argument fits", found=len(fits))
    frames = [f.tidy() if isinstance(f, Result) else f for f in fits]
    terms = list(frames[0]["term"])
    if any(list(f["term"]) != terms for f in frames):
        raise ModelError(
            "the fits do not have the same terms",
            where="argument fits",
            action="A category may be empty in one of the completed data sets.",
        )
    each = np.stack([f["estimate"].to_numpy(dtype=float) for f in frames])
    errors = np.stack([f["std_error"].to_numpy(dtype=float) for f in frames])
    covariances, partial = _covariances(fits, errors, terms)
    complete = _df_complete(fits[0], len(terms)) if df_complete is None else float(df_complete)
    p = pooling.rubin(each, errors**2, complete)
    error = np.sqrt(p.total)
    half = stats.t.ppf(0.5 + conf_level / 2, p.df) * error
    rows = tidy_frame(
        term=terms, estimate=p.estimate, std_error=error, statistic=p.estimate / error, df=p.df,
        p_value=2 * stats.t.sf(np.abs(p.estimate / error), p.df), conf_low=p.estimate - half,
        conf_high=p.estimate + half, fmi=p.fmi, lambda_=p.share, riv=p.riv, within=p.within, between=p.between,
        total=p.total,
    )  # fmt: skip
    fit = {
        "m": len(fits),
        "n": _n(fits[0]),
        "df_complete": complete,
        "fmi_max": float(p.fmi.max()),
        "conf_level": conf_level,
    }
    return PooledResult(
        estimates=rows, fit=fit, notes=_notes(p, complete, partial, len(fits)), each=each, covariances=covariances
    )


def pool_test(pooled: PooledResult, terms: Sequence[str], *, method: str = "d1", df: str = "reiter") -> Result:
    """Return the pooled test that several coefficients are all zero.

    Parameters
    ----------
    pooled : PooledResult
        From results that carry their covariance.
    terms : sequence of str
    method : {"d1", "d2"}
        Pooled Wald test; or the combination of the Wald statistics of each completed data set.
    df : {"reiter", "li"}
        Denominator degrees of freedom of D1 for finite or for infinite complete-data degrees of freedom.

    Examples
    --------
    >>> one = pd.DataFrame({"term": ["x"], "estimate": [1.0], "std_error": [1.0]})
    >>> pooled = pool([one, one.assign(estimate=2.0), one.assign(estimate=3.0)])
    >>> pool_test(pooled, ["x"], df="li").glance()["statistic"].round(4).tolist()
    [1.7143]
    """
    names = list(pooled.estimates["term"])
    for term in terms:
        if term not in names:
            raise ModelError(f"no term '{term}'", where="argument terms", action=did_you_mean(term, names))
    place = [names.index(t) for t in terms]
    each, covariances = pooled.each[:, place], pooled.covariances[:, place][:, :, place]
    if method == "d1":
        complete = float(pooled.fit["df_complete"]) if df == "reiter" else np.inf  # type: ignore[arg-type]
        test = pooling.d1(each, covariances, complete)
    elif method == "d2":
        test = pooling.d2(
            np.einsum("mi,mi->m", each, np.linalg.solve(covariances, each[..., None])[..., 0]), len(place)
        )
    else:
        raise ModelError("unknown pooled test", where="argument method", found=method, allowed="d1, d2")
    return pooled_test_result(test, method, terms)


def pool_likelihood_ratio(statistics: Sequence[float], df: int) -> Result:
    """Return the pooled test (D2) of likelihood-ratio statistics, one from each completed data set.

    Examples
    --------
    >>> pool_likelihood_ratio([4.0, 9.0, 16.0], 1).glance()["riv"].round(4).tolist()
    [1.3333]
    """
    return pooled_test_result(pooling.d2(np.asarray(statistics, dtype=float), df), "d2_likelihood", ["all"])


def pool_scalar(
    estimates: Sequence[float],
    variances: Sequence[float],
    *,
    n: float = np.inf,
    parameters: int = 1,
    transform: str = "identity",
    conf_level: float = 0.95,
) -> PooledResult:
    """Return the pooled value of one quantity.

    Parameters
    ----------
    estimates, variances : sequence, length m
        On the scale on which they are pooled (Fisher's z of a correlation, the logit of a proportion).
    n : float
        Rows, so that the complete-data degrees of freedom are n - `parameters`.
    parameters : int
    transform : {"identity", "tanh", "expit", "squared_tanh"}
        Brings estimate and limits back: ``tanh`` from Fisher's z, ``squared_tanh`` for R2 pooled as z of R.

    Returns
    -------
    PooledResult
        `tidy()` on the pooling scale, with the columns value, value_low, value_high brought back by t limits and
        value_low_normal, value_high_normal by normal limits.

    Examples
    --------
    >>> pool_scalar([0.5, 0.6, 0.7], [0.01] * 3, transform="tanh").tidy()["value"].round(4).tolist()
    [0.537]
    """
    back: dict[str, Callable[[np.ndarray], np.ndarray]] = {
        "identity": lambda v: v,
        "tanh": np.tanh,
        "expit": lambda v: 1 / (1 + np.exp(-v)),
        "squared_tanh": lambda v: np.tanh(v) ** 2,
    }
    if transform not in back:
        raise ModelError("unknown transform", where="argument transform", found=transform, allowed=", ".join(back))
    frames = [
        pd.DataFrame({"term": ["value"], "estimate": [e], "std_error": [np.sqrt(v)]})
        for e, v in zip(estimates, variances, strict=True)
    ]
    pooled = pool(frames, df_complete=n - parameters, conf_level=conf_level)
    row = pooled.estimates.copy()
    centre, half = row["estimate"].to_numpy(), stats.norm.ppf(0.5 + conf_level / 2) * row["std_error"].to_numpy()
    row["value"] = back[transform](centre)
    for side in ("low", "high"):
        row[f"value_{side}"] = back[transform](row[f"conf_{side}"].to_numpy())
    row["value_low_normal"] = back[transform](centre - half)
    row["value_high_normal"] = back[transform](centre + half)
    return PooledResult(
        estimates=row, fit=pooled.fit, notes=pooled.notes, each=pooled.each, covariances=pooled.covariances
    )


def _covariances(fits: Sequence[object], errors: np.ndarray, terms: list[str]) -> tuple[np.ndarray, bool]:
    found = [getattr(f, "vcov", None) for f in fits]
    if all(isinstance(v, pd.DataFrame) and set(terms) <= set(v.columns) for v in found):
        return np.stack([v.loc[terms, terms].to_numpy() for v in found]), False  # type: ignore[union-attr]
    return np.stack([np.diag(e**2) for e in errors]), True


def _df_complete(fit: object, terms: int) -> float:
    if not isinstance(fit, Result):
        return np.inf
    if "df_residual" in fit.fit:
        return float(fit.fit["df_residual"])  # type: ignore[arg-type]
    return float(fit.fit["n"]) - terms if "n" in fit.fit else np.inf  # type: ignore[arg-type]


def _n(fit: object) -> object:
    return fit.fit.get("n") if isinstance(fit, Result) else None


def _notes(p: pooling.Pooled, complete: float, partial: bool, m: int) -> tuple[Note, ...]:
    notes = []
    if np.isinf(complete):
        notes.append(note("df-complete-unknown", "Complete-data degrees of freedom are taken as infinite."))
    if partial:
        notes.append(note("no-covariances", "Only standard errors were given: joint tests would ignore correlations."))
    if p.fmi.max() * 100 > m:
        notes.append(note("few-imputations", f"Up to {p.fmi.max():.0%} of the information is missing: "
                          f"use {int(np.ceil(p.fmi.max() * 100))} imputations or more instead of {m}."))  # fmt: skip
    return tuple(notes)


def pooled_test_result(
    test: pooling.PooledTest, method: str, terms: Sequence[str], notes: tuple[Note, ...] = ()
) -> Result:
    """Return a pooled joint test as a result: `statistic, df_num, df_den, riv, p_value, method, terms`.

    Examples
    --------
    >>> test = pooling.d2(np.array([4.0, 9.0, 16.0]), 1)
    >>> pooled_test_result(test, "d2", ["x"]).glance()["terms"].tolist()
    ['x']
    """
    fit = {"statistic": test.f, "df_num": test.df_num, "df_den": test.df_den, "riv": test.riv,
           "p_value": test.p_value, "method": method, "terms": ", ".join(terms)}  # fmt: skip
    rows = tidy_frame(term=[", ".join(terms)], estimate=[np.nan], statistic=[test.f], df=[test.df_den],
                      p_value=[test.p_value])  # fmt: skip
    return Result(estimates=rows, fit=fit, notes=notes)
