"""The logistic side of `fit_mixed`."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from scipy import stats

from resilience_stats.errors import ModelError
from resilience_stats.models.inputs import Design
from resilience_stats.results import Note, note
from resilience_stats.results.mixed import MixedResult
from resilience_stats.results.tidy import tidy_frame
from resilience_stats.stats.mixed import SINGULAR
from resilience_stats.stats.mixed_binomial import BinomialData, BinomialMixedFit, fit_binomial_mixed


def fit_binomial(
    design: Design,
    z: np.ndarray,
    z_terms: Sequence[str],
    codes: np.ndarray,
    labels: np.ndarray,
    *,
    group: str,
    trials: str | None,
    n_quadrature: int,
    conf_level: float,
    notes: tuple[Note, ...],
) -> MixedResult:
    """Return a logistic mixed model; see `fit_mixed`.

    Tests are Wald z tests. The intraclass correlation is the latent one, variance / (variance + pi^2 / 3), and the
    median odds ratio exp(sqrt(2) q(3/4) sd) (Larsen & Merlo 2005, Am J Epidemiol 161:81).
    """
    total = np.ones(len(design.y)) if trials is None else design.extra[trials].to_numpy(dtype=float)
    if ((design.y < 0) | (design.y > total) | (total <= 0)).any():
        allowed = "0 or 1" if trials is None else f"0 to '{trials}', which must be positive"
        raise ModelError("outcome outside its range", where="argument outcome", allowed=allowed)
    data = BinomialData(x=design.x, y=design.y, trials=total, z=z, codes=codes, n_groups=len(labels))
    fit = fit_binomial_mixed(data, n_quadrature=n_quadrature)
    if not fit.converged:
        notes += (
            note(
                "not-converged",
                "The likelihood has no clear maximum (are the outcomes separated?); mistrust estimates and errors.",
            ),
        )
    terms = list(design.terms)
    frame = {"index": pd.Index(labels, name=group), "columns": list(z_terms)}
    sd = np.sqrt(np.diag(fit.covariance))
    latent = fit.covariance[0, 0] / (fit.covariance[0, 0] + np.pi**2 / 3.0)
    return MixedResult(
        estimates=_tidy(design, fit, conf_level),
        fit=_glance(design, fit, len(labels), n_quadrature, float(latent), float(sd[0])),
        notes=notes,
        vcov=pd.DataFrame(fit.vcov, index=terms, columns=terms),
        variance_components=pd.DataFrame(
            {"group": group, "term": z_terms, "term_2": None, "variance": sd**2, "sd": sd}
        ).assign(conf_low=np.nan, conf_high=np.nan),
        random_effects=pd.DataFrame(fit.effects, **frame),
        random_effects_se=pd.DataFrame(fit.effects_se, **frame),
        icc=pd.DataFrame(
            {"method": ["latent"], "icc": [latent], "conf_low": np.nan, "conf_high": np.nan, "design_effect": np.nan}
        ),
        theta=pd.Series(fit.theta),
    )


def _tidy(design: Design, fit: BinomialMixedFit, conf_level: float) -> pd.DataFrame:
    variance = np.diag(fit.vcov)  # below 0 where the likelihood has no maximum
    b, se = fit.coefficients, np.sqrt(np.where(variance >= 0, variance, np.nan))
    half = stats.norm.ppf(0.5 + conf_level / 2.0) * se
    return tidy_frame(
        term=design.terms,
        estimate=b,
        std_error=se,
        statistic=b / se,
        df=np.inf,
        p_value=2.0 * stats.norm.sf(np.abs(b / se)),
        conf_low=b - half,
        conf_high=b + half,
        odds_ratio=_ratio(b),
        odds_ratio_low=_ratio(b - half),
        odds_ratio_high=_ratio(b + half),
        n=len(design.y),
    )


def _ratio(log_odds: np.ndarray) -> np.ndarray:
    """Odds ratios, as large as a number can be where the likelihood has no maximum."""
    return np.exp(np.clip(log_odds, -700, 700))


def _glance(
    design: Design, fit: BinomialMixedFit, n_groups: int, n_quadrature: int, latent: float, sd: float
) -> dict[str, object]:
    q = len(fit.covariance)
    parameters = len(fit.coefficients) + q * (q + 1) // 2
    return {
        "n": len(design.y),
        "n_groups": n_groups,
        "method": "Laplace" if n_quadrature == 1 else f"AGQ {n_quadrature}",
        "log_likelihood": fit.log_likelihood,
        "log_likelihood_relative": fit.relative_log_likelihood,
        "aic": -2.0 * fit.log_likelihood + 2.0 * parameters,
        "bic": -2.0 * fit.log_likelihood + np.log(len(design.y)) * parameters,
        "icc": latent,
        "median_odds_ratio": float(np.exp(np.sqrt(2.0) * stats.norm.ppf(0.75) * sd)),
        "singular": bool(np.linalg.eigvalsh(fit.covariance)[0] < SINGULAR**2),
    }
