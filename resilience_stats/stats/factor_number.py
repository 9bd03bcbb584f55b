"""How many factors? Sampling adequacy, Bartlett's sphericity, minimum average partial, parallel analysis."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import stats as distributions
from scipy.special import gammaln

from resilience_stats.errors import ModelError
from resilience_stats.stats.correlations import correlation_matrix
from resilience_stats.stats.extraction import minres_uniquenesses
from resilience_stats.stats.polychoric import polychoric
from resilience_stats.stats.resampling import resample


@dataclass(frozen=True, slots=True)
class Reference:
    """Eigenvalues of data without factors.

    Attributes
    ----------
    components, factors : numpy.ndarray, shape (B, k)
        Eigenvalues of the correlation matrix, and of the reduced one, in falling order, by replicate.
    """

    components: np.ndarray
    factors: np.ndarray


def kaiser_meyer_olkin(r: np.ndarray) -> tuple[float, np.ndarray]:
    """Return (overall, by item) the share of squared correlations in squared correlations plus squared partials.

    Source: Kaiser (1970), Psychometrika 35, 401-415; Kaiser & Rice (1974), Educ. Psychol. Meas. 34.

    Examples
    --------
    >>> kaiser_meyer_olkin(np.eye(3) * 0.5 + 0.5)[0].__round__(4)
    0.6923
    """
    inverse = np.linalg.inv(r)
    scale = np.sqrt(np.diag(inverse))
    partial = (inverse / np.outer(scale, scale)) ** 2
    squared = r**2
    np.fill_diagonal(partial, 0.0)
    np.fill_diagonal(squared, 0.0)
    by_item = squared.sum(axis=0) / (squared.sum(axis=0) + partial.sum(axis=0))
    return float(squared.sum() / (squared.sum() + partial.sum())), by_item


def bartlett_sphericity(r: np.ndarray, n: int) -> dict[str, float]:
    """Return the chi-square test that the items are uncorrelated, -(n - 1 - (2k + 5) / 6) log|R|.

    Source: Bartlett (1951), Biometrika 38, 337-344.

    Examples
    --------
    >>> round(bartlett_sphericity(np.eye(3) * 0.5 + 0.5, 50)["chi_square"], 4)
    32.6934
    """
    k = len(r)
    log_determinant = float(np.linalg.slogdet(r)[1])
    chi_square, df = -(n - 1 - (2 * k + 5) / 6) * log_determinant, k * (k - 1) / 2
    return {
        "chi_square": chi_square,
        "df": df,
        "p_value": float(distributions.chi2.sf(chi_square, df)),
        "log_p_value": log_chi_square_tail(chi_square, df),
        "determinant": float(np.exp(log_determinant)),
    }


def log_chi_square_tail(x: float, df: float) -> float:
    """Return the logarithm of the upper tail of chi-square, also where the tail itself is below the smallest number.

    Far out, by Legendre's continued fraction of the incomplete gamma function (Abramowitz & Stegun 1964, 6.5.31).

    Examples
    --------
    >>> round(log_chi_square_tail(18146.065577235, 300), 6)
    -8315.179485
    """
    tail = float(distributions.chi2.sf(x, df))
    if tail > 1e-290:
        return float(np.log(tail))
    a, z = df / 2.0, x / 2.0
    fraction = z + 401.0 - a
    for i in range(200, 0, -1):
        fraction = z + 2.0 * i - 1.0 - a - i * (i - a) / fraction
    return float(-z + a * np.log(z) - gammaln(a) - np.log(fraction))


def minimum_average_partial(r: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the mean squared and mean fourth-power partial correlation after removing 0, 1, ..., k - 2 components.

    Source: Velicer (1976), Psychometrika 41, 321-327; fourth power: Velicer, Eaton & Fava (2000).

    Examples
    --------
    >>> [int(np.argmin(series)) for series in minimum_average_partial(np.eye(4) * 0.5 + 0.5)]
    [1, 1]
    """
    k = len(r)
    values, vectors = np.linalg.eigh(r)
    loadings = vectors[:, ::-1] * np.sqrt(np.maximum(values[::-1], 0.0))
    squares, fourths = np.full(k - 1, np.nan), np.full(k - 1, np.nan)
    for m in range(k - 1):
        rest = r - loadings[:, :m] @ loadings[:, :m].T
        variances = np.diag(rest)
        if variances.min() < 1e-12:
            break
        partial = rest / np.sqrt(np.outer(variances, variances))
        np.fill_diagonal(partial, 0.0)
        squares[m], fourths[m] = np.sum(partial**2) / (k * (k - 1)), np.sum(partial**4) / (k * (k - 1))
    return squares, fourths


def eigenvalues(r: np.ndarray, basis: str = "smc") -> tuple[np.ndarray, np.ndarray]:
    """Return eigenvalues of `r` and of `r` with communalities on its diagonal, both falling.

    Parameters
    ----------
    r : numpy.ndarray, shape (..., k, k)
        One matrix, or many at once.
    basis : {"smc", "one_factor"}
        Communalities: squared multiple correlations, or those of one minres factor (the convention of R's psych).

    Examples
    --------
    >>> components, factors = eigenvalues(np.eye(3) * 0.5 + 0.5)
    >>> components.round(4), factors.round(4)
    (array([2. , 0.5, 0.5]), array([ 1.3333, -0.1667, -0.1667]))
    """
    components = np.linalg.eigvalsh(r)[..., ::-1]
    reduced = r.copy()
    diagonal = np.arange(r.shape[-1])
    if basis == "smc":
        reduced[..., diagonal, diagonal] = 1.0 - 1.0 / np.linalg.inv(r)[..., diagonal, diagonal]
    else:
        stack = r.reshape(-1, *r.shape[-2:])
        reduced[..., diagonal, diagonal] = 1.0 - minres_uniquenesses(stack, 1)[0].reshape(r.shape[:-1])
    return components, np.linalg.eigvalsh(reduced)[..., ::-1]


def parallel_reference(
    x: np.ndarray | None,
    *,
    n: int,
    k: int,
    correlation: str,
    data: str,
    basis: str,
    n_iter: int,
    random_state: int | np.random.Generator,
) -> Reference:
    """Return eigenvalues of `n_iter` data sets without common factors.

    Parameters
    ----------
    x : numpy.ndarray of shape (n, k), or None
        The answers; needed unless `data` is "normal".
    correlation : {"pearson", "polychoric"}
        Of shuffled answers; normal data are always correlated by Pearson's.
    data : {"normal", "permute"}
        Independent normal variables, or the answers of each item shuffled on their own, which keeps the margins.

    Source: Horn (1965), Psychometrika 30, 179-185; Buja & Eyuboglu (1992), Multivariate Behavioral Research 27, for
    permuted data.

    Examples
    --------
    >>> reference = parallel_reference(None, n=100, k=4, correlation="pearson", data="normal", basis="smc", n_iter=50,
    ...     random_state=1)
    >>> reference.components.shape, bool(np.allclose(reference.components.sum(axis=1), 4))
    ((50, 4), True)
    """
    if data == "permute" and x is None:
        raise ModelError("shuffling needs the answers, not a correlation matrix", where="argument data")
    if n <= k:
        raise ModelError("parallel analysis needs more rows than items", found=f"{n} rows, {k} items")

    def draw(rngs: list[np.random.Generator]) -> np.ndarray:
        """Eigenvalues of one reference data set for each generator."""
        matrices = np.stack([_null_matrix(rng, x, n, k, correlation, data) for rng in rngs])
        return np.stack(eigenvalues(matrices, basis), axis=1)

    drawn = resample(draw, n_iter, random_state=random_state, batched=True)
    return Reference(drawn[:, 0], drawn[:, 1])


def leading(real: np.ndarray, reference: np.ndarray) -> int:
    """Return how many eigenvalues exceed their reference before the first that does not.

    Examples
    --------
    >>> leading(np.array([3.0, 1.0, 1.2]), np.array([1.5, 1.2, 1.1]))
    1
    """
    fails = np.flatnonzero(~(real > reference))
    return int(fails[0]) if len(fails) else len(real)


def _null_matrix(
    rng: np.random.Generator, x: np.ndarray | None, n: int, k: int, correlation: str, data: str
) -> np.ndarray:
    if data == "normal" or x is None:
        return _normal_matrix(rng, n, k)
    shuffled = rng.permuted(x, axis=0)
    return polychoric(shuffled).matrix if correlation == "polychoric" else correlation_matrix(shuffled)


def _normal_matrix(rng: np.random.Generator, n: int, k: int) -> np.ndarray:
    """Correlations of n independent normal rows, drawn as a Wishart matrix by Bartlett's decomposition.

    The cross-products of the rows are A A' with A lower triangular, standard normal below the diagonal and the square
    root of chi-square (n - 1 - i df, i = 0, 1, ...) on it: k (k + 1) / 2 numbers in place of n k.
    """
    a = np.tril(rng.standard_normal((k, k)), -1)
    np.fill_diagonal(a, np.sqrt(rng.chisquare(n - 1.0 - np.arange(k))))
    products = a @ a.T
    scale = np.sqrt(np.diag(products))
    r = products / np.outer(scale, scale)
    np.fill_diagonal(r, 1.0)
    return r
