"""How many rows, or events, a prediction model needs before it is fitted: Riley's criteria."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from scipy.integrate import quad
from scipy.special import log_expit, ndtri
from scipy.stats import chi2, t

from resilience_stats.stats.logistic import fit_binomial

#: Draws of the published simulation that turns a c-statistic into an R-squared, and its seed.
SIMULATION_SIZE, SIMULATION_SEED = 1_000_000, 123456
#: pmsampsize writes 1.96 where the exact normal quantile is 1.95996...
ROUNDED_QUANTILE = 1.96
_BIG = 134217728.0


@dataclass(frozen=True, slots=True)
class Criterion:
    """One criterion: rows needed before rounding up, the shrinkage it stands for, what it asks."""

    n: float
    shrinkage: float
    asks: str


def max_cox_snell(prevalence: float) -> float:
    r"""Return the largest Cox-Snell R-squared of a binary outcome, :math:`1 - \exp(2 \ell_0 / n)`.

    Examples
    --------
    >>> round(max_cox_snell(0.174), 4)
    0.6032
    """
    null = prevalence * math.log(prevalence) + (1 - prevalence) * math.log(1 - prevalence)
    return 1.0 - math.exp(2.0 * null)


def max_cox_snell_survival(rate: float, mean_follow_up: float) -> float:
    """Return the largest Cox-Snell R-squared of an exponential time to event, as ``pmsampsize`` counts it.

    Notes
    -----
    Null log-likelihood of 10,000 people, events rounded up: E log(E / n) - E (Riley et al. 2019).

    Examples
    --------
    >>> round(max_cox_snell_survival(0.065, 2.07), 3)
    0.555
    """
    n = 10_000
    events = math.ceil(rate * mean_follow_up * n)
    return 1.0 - math.exp(2.0 * (events * math.log(events / n) - events) / n)


def rows_for_shrinkage(parameters: float, r2_cox_snell: float, shrinkage: float) -> float:
    r"""Return :math:`p / \{(S - 1) \log(1 - R^2 / S)\}` (Riley et al. 2019, equation 11).

    Examples
    --------
    >>> round(rows_for_shrinkage(24, 0.288, 0.9), 1)
    622.3
    """
    return parameters / ((shrinkage - 1.0) * math.log(1.0 - r2_cox_snell / shrinkage))


def parameters_for_shrinkage(n: float, r2_cox_snell: float, shrinkage: float) -> float:
    """Return the number of parameters that n rows carry at this shrinkage: the inverse of `rows_for_shrinkage`.

    Examples
    --------
    >>> round(parameters_for_shrinkage(622.3058, 0.288, 0.9), 4)
    24.0
    """
    return n * (shrinkage - 1.0) * math.log(1.0 - r2_cox_snell / shrinkage)


def shrinkage_for_small_optimism(r2_cox_snell: float, max_r2: float, difference: float = 0.05) -> float:
    """Return the shrinkage at which apparent and adjusted Nagelkerke R-squared differ by `difference`.

    Examples
    --------
    >>> round(shrinkage_for_small_optimism(0.288, max_cox_snell(0.174)), 3)
    0.905
    """
    return r2_cox_snell / (r2_cox_snell + difference * max_r2)


def binary_criteria(
    r2_cox_snell: float,
    parameters: int,
    prevalence: float,
    *,
    shrinkage: float = 0.9,
    margin: float = 0.05,
    quantile: float = float(ndtri(0.975)),
) -> tuple[Criterion, Criterion, Criterion]:
    """Return the three criteria of a binary outcome (Riley et al. 2019, 2020).

    Examples
    --------
    >>> [math.ceil(c.n) for c in binary_criteria(0.288, 24, 0.174)]
    [623, 662, 221]
    """
    second = shrinkage_for_small_optimism(r2_cox_snell, max_cox_snell(prevalence))
    return (
        Criterion(rows_for_shrinkage(parameters, r2_cox_snell, shrinkage), shrinkage, "shrinkage of effects"),
        Criterion(rows_for_shrinkage(parameters, r2_cox_snell, second), second, "optimism in R-squared of 0.05"),
        Criterion(
            (quantile / margin) ** 2 * prevalence * (1 - prevalence), max(shrinkage, second), "overall risk to +/- 0.05"
        ),
    )


def survival_criteria(
    r2_cox_snell: float, parameters: int, rate: float, mean_follow_up: float, *, shrinkage: float = 0.9
) -> tuple[Criterion, Criterion, Criterion]:
    """Return the criteria of a time to event; the third asks for no more rows than the first two.

    Examples
    --------
    >>> [math.ceil(c.n) for c in survival_criteria(0.051, 30, 0.065, 2.07)]
    [5143, 1039, 5143]
    """
    second = shrinkage_for_small_optimism(r2_cox_snell, max_cox_snell_survival(rate, mean_follow_up))
    n1 = rows_for_shrinkage(parameters, r2_cox_snell, shrinkage)
    n2 = rows_for_shrinkage(parameters, r2_cox_snell, second)
    return (
        Criterion(n1, shrinkage, "shrinkage of effects"),
        Criterion(n2, second, "optimism in R-squared of 0.05"),
        Criterion(max(n1, n2), max(shrinkage, second), "overall risk at the time point"),
    )


def survival_risk_interval(
    rate: float, mean_follow_up: float, time_point: float, n: float
) -> tuple[float, float, float]:
    """Return the overall risk at the time point that n rows give, with its interval.

    Examples
    --------
    >>> [round(v, 3) for v in survival_risk_interval(0.065, 2.07, 2, 5143)]
    [0.122, 0.113, 0.13]
    """
    error = ROUNDED_QUANTILE * math.sqrt(rate / round(mean_follow_up * n, 1))
    return tuple(1.0 - math.exp(-r * time_point) for r in (rate, rate - error, rate + error))  # type: ignore[return-value]


def continuous_shrinkage(n: float, parameters: int, r2: float) -> float:
    """Return the expected shrinkage of a linear model (Riley et al. 2019, part I, equation 9).

    Examples
    --------
    >>> round(continuous_shrinkage(918, 25, 0.2), 3)
    0.9
    """
    inside = 1.0 - (r2 * (n - parameters - 1) + parameters) / (n - 1)
    return 1.0 + (parameters - 2) / (n * math.log(inside)) if inside > 0 else -math.inf


def continuous_criteria(
    r2: float, parameters: int, mean: float, sd: float, *, shrinkage: float = 0.9, margin: float = 1.1
) -> tuple[Criterion, Criterion, Criterion, Criterion]:
    """Return the four criteria of a continuous outcome (Riley et al. 2019, part I).

    Parameters
    ----------
    mean, sd : float
        Of the outcome: the overall mean must be known to a factor of `margin`, and so must the residual variance.

    Examples
    --------
    >>> [math.ceil(c.n) for c in continuous_criteria(0.2, 25, 1.9, 0.6)]
    [918, 401, 259, 918]
    """
    n1 = parameters + 2
    while continuous_shrinkage(n1, parameters, r2) < shrinkage:
        n1 += 1
    n2 = 1.0 + parameters * (1.0 - r2) / 0.05
    n3 = 234
    while _residual_margin(n3 - parameters - 1) > margin:
        n3 += 1
    n4 = max(n1, math.ceil(n2), n3)
    while abs(t.ppf(0.975, n4 - parameters - 1) * math.sqrt(sd**2 * (1 - r2) / n4) / mean) > margin - 1:
        n4 += 1
    asks = (
        "shrinkage of effects",
        "optimism in R-squared of 0.05",
        "residual variance to 10 %",
        "overall mean to 10 %",
    )
    return tuple(  # type: ignore[return-value]
        Criterion(float(n), shrinkage if k == 0 and n > parameters + 2 else continuous_shrinkage(n, parameters, r2), a)
        for k, (n, a) in enumerate(zip((n1, n2, n3, n4), asks, strict=True))
    )


def _residual_margin(df: int) -> float:
    if df < 1:
        return math.inf
    return math.sqrt(max(df / chi2.ppf(0.025, df), chi2.ppf(0.975, df) / df))


def cox_snell_from_c(c_statistic: float, prevalence: float) -> float:
    r"""Return the Cox-Snell R-squared of a normally distributed predictor with this c-statistic, by integration.

    Notes
    -----
    Non-events N(0, 1), events N(m, 1), :math:`m = \sqrt2\,\Phi^{-1}(c)` (Riley, Van Calster & Collins 2021, who
    simulate it; see `simulated_cox_snell_from_c`).

    Examples
    --------
    >>> round(cox_snell_from_c(0.89, 0.174), 4)
    0.291
    """
    shift = math.sqrt(2.0) * float(ndtri(c_statistic))
    base = math.log(prevalence / (1 - prevalence)) - shift**2 / 2

    def mean_log(centre: float, sign: float) -> float:
        """Mean of log p or log (1 - p) over a normal predictor about `centre`."""

        def inside(x: float) -> float:
            """The integrand at one value of the predictor."""
            return math.exp(-0.5 * (x - centre) ** 2) / math.sqrt(2 * math.pi) * log_expit(sign * (base + shift * x))

        return float(quad(inside, centre - 12, centre + 12, epsabs=1e-13, limit=200)[0])

    value = prevalence * mean_log(shift, 1.0) + (1 - prevalence) * mean_log(0.0, -1.0)
    null = prevalence * math.log(prevalence) + (1 - prevalence) * math.log(1 - prevalence)
    return 1.0 - math.exp(-2.0 * (value - null))


def simulated_cox_snell_from_c(c_statistic: float, prevalence: float, *, seed: int = SIMULATION_SEED) -> float:
    """Return the same by the published simulation of a million draws, with R's own random numbers.

    Notes
    -----
    The draws are those of R (Mersenne-Twister, inversion) for this seed, so that the answer is ``pmsampsize``'s to the
    digit, its Monte-Carlo error (about 0.0008) included. As published, the share `prevalence` of the draws are
    non-events; R-squared hardly depends on it. Rounded to 4 decimals, as there.
    """
    n0, n1 = int(prevalence * SIMULATION_SIZE), int((1 - prevalence) * SIMULATION_SIZE)
    draws = r_normal(n0 + n1, seed)
    draws[n0:] += math.sqrt(2.0) * float(ndtri(c_statistic))
    y = np.repeat([0.0, 1.0], [n0, n1])
    fit = fit_binomial(np.column_stack([np.ones(len(y)), draws]), y)
    share = y.mean()
    null = len(y) * (share * math.log(share) + (1 - share) * math.log(1 - share))
    cox_snell = 1.0 - math.exp(-2.0 * (fit.log_likelihood - null) / len(y))
    return round(cox_snell / max_cox_snell(float(share)) * max_cox_snell(prevalence), 4)


def r_normal(n: int, seed: int) -> np.ndarray:
    """Return what ``set.seed(seed); rnorm(n)`` gives in R.

    Notes
    -----
    R scrambles the seed by a linear congruence, fills the state of the Mersenne Twister, and makes each normal from
    two uniforms by inversion (R documentation, ``?RNGkind``).

    Examples
    --------
    >>> r_normal(3, 123456).round(4)
    array([ 0.8337, -0.276 , -0.355 ])
    """
    state = np.empty(625, dtype=np.uint32)
    value = seed & 0xFFFFFFFF
    for _ in range(50):
        value = (69069 * value + 1) & 0xFFFFFFFF
    for k in range(625):
        value = (69069 * value + 1) & 0xFFFFFFFF
        state[k] = value
    twister = np.random.MT19937()
    twister.state = {"bit_generator": "MT19937", "state": {"key": state[1:], "pos": 624}}
    uniform = twister.random_raw(2 * n) * 2.3283064365386963e-10
    tiny = 2.328306437080797e-10
    uniform = np.clip(uniform, 0.5 * tiny, 1.0 - 0.5 * tiny)
    return ndtri((np.floor(_BIG * uniform[0::2]) + uniform[1::2]) / _BIG)
