"""Normal likelihood of answers with holes: likelihood, derivatives and the saturated means and covariances.

Rows are gathered by which items they answer (their pattern). Complete data are the case of a single pattern, so the
complete and the full-information likelihood are one piece of code.

References
----------
Dempster, Laird & Rubin (1977) JRSS B 39 (EM); Arbuckle (1996) in Marcoulides & Schumacker; Savalei (2010)
Psychological Methods 15 (information matrices with missing data).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from resilience_stats.stats.cfa_structure import vech_index

LOG_2PI = float(np.log(2.0 * np.pi))


@dataclass(frozen=True, slots=True, kw_only=True)
class Patterns:
    """Sufficient statistics of each pattern of answered items.

    Attributes
    ----------
    seen : numpy.ndarray of bool, shape (r, p)
    n : numpy.ndarray, shape (r,)
        Rows of each pattern.
    mean : numpy.ndarray, shape (r, p)
        Zero where not seen.
    cov : numpy.ndarray, shape (r, p, p)
        Divisor n of the pattern; zero where not seen.
    member : numpy.ndarray of int, shape (n,)
        Pattern of each row of `data`.
    data : numpy.ndarray, shape (n, p)
        Zero where not seen.
    """

    seen: np.ndarray
    n: np.ndarray
    mean: np.ndarray
    cov: np.ndarray
    member: np.ndarray
    data: np.ndarray

    @property
    def total(self) -> float:
        """Number of rows."""
        return float(self.n.sum())


def gather_patterns(data: np.ndarray) -> Patterns:
    """Return the patterns of `data` (NaN is missing); rows without any answer must have been left out.

    Examples
    --------
    >>> gather_patterns(np.array([[1.0, 2.0], [3.0, np.nan], [2.0, 5.0]])).n
    array([1., 2.])
    """
    seen, member = np.unique(~np.isnan(data), axis=0, return_inverse=True)
    member = member.reshape(-1)
    filled = np.nan_to_num(data)
    count, p = len(seen), data.shape[1]
    n = np.bincount(member, minlength=count).astype(float)
    mean, cov = np.zeros((count, p)), np.zeros((count, p, p))
    for k in range(count):
        rows = filled[member == k]
        mean[k] = rows.mean(axis=0)
        centred = rows - mean[k]
        cov[k] = centred.T @ centred / n[k]
    return Patterns(seen=seen, n=n, mean=mean, cov=cov, member=member, data=filled)


def precision(patterns: Patterns, cov: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the inverse of the seen part of `cov` by pattern (zero elsewhere) and its log determinant.

    Raises
    ------
    numpy.linalg.LinAlgError
        Where `cov` is not positive definite.

    Examples
    --------
    >>> patterns = gather_patterns(np.array([[1.0, 2.0], [3.0, np.nan]]))
    >>> precision(patterns, np.diag([2.0, 4.0]))[0][0]
    array([[0.5, 0. ],
           [0. , 0. ]])
    """
    both = patterns.seen[:, :, None] & patterns.seen[:, None, :]
    padded = np.where(both, cov, 0.0)
    diagonal = np.arange(cov.shape[0])
    padded[:, diagonal, diagonal] = np.where(patterns.seen, np.diag(cov), 1.0)
    root = np.linalg.cholesky(padded)
    log_det = 2.0 * np.log(root[:, diagonal, diagonal]).sum(axis=1)
    return np.where(both, np.linalg.inv(padded), 0.0), log_det


def log_likelihood(patterns: Patterns, mean: np.ndarray, cov: np.ndarray) -> float:
    """Return the normal log-likelihood of all rows.

    ``-1/2 sum_r n_r [o_r log 2 pi + log|Sigma_r| + tr Sigma_r^-1 (S_r + d_r d_r')]`` over the patterns r.

    Examples
    --------
    >>> patterns = gather_patterns(np.array([[0.0], [0.0]]))
    >>> round(log_likelihood(patterns, np.zeros(1), np.eye(1)), 4)
    -1.8379
    """
    inverse, log_det = precision(patterns, cov)
    second = _second_moment(patterns, mean)
    spread = np.einsum("rij,rij->r", inverse, second)
    return float(-0.5 * (patterns.n * (patterns.seen.sum(axis=1) * LOG_2PI + log_det + spread)).sum())


def moment_gradient(patterns: Patterns, mean: np.ndarray, cov: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the gradients of minus the mean log-likelihood per row in the means and in the covariance matrix.

    ``dF/dmu = -sum w Sigma_r^-1 d_r``; ``dF/dSigma = 1/2 sum w (Sigma_r^-1 - Sigma_r^-1 T_r Sigma_r^-1)`` with
    ``T = S + dd'``.

    Examples
    --------
    >>> patterns = gather_patterns(np.array([[1.0], [3.0]]))
    >>> moment_gradient(patterns, np.array([2.0]), np.eye(1))[0]
    array([-0.])
    """
    inverse, _ = precision(patterns, cov)
    weight = patterns.n / patterns.total
    gap = np.where(patterns.seen, patterns.mean - mean, 0.0)
    by_mean = -np.einsum("r,rij,rj->i", weight, inverse, gap)
    middle = inverse @ _second_moment(patterns, mean) @ inverse
    return by_mean, 0.5 * np.einsum("r,rij->ij", weight, inverse - middle)


def moment_information(
    patterns: Patterns, mean: np.ndarray, cov: np.ndarray, *, observed: bool, means: bool = True
) -> np.ndarray:
    """Return the information of one row about the means and covariances.

    Parameters
    ----------
    observed : bool
        Minus the Hessian of the likelihood; otherwise its expectation given the pattern.
    means : bool
        Include the means.

    Returns
    -------
    numpy.ndarray, shape (d, d)
        Means first, then covariances in the order of `vech_index`.

    Examples
    --------
    >>> patterns = gather_patterns(np.array([[1.0], [3.0]]))
    >>> moment_information(patterns, np.array([2.0]), np.array([[2.0]]), observed=False)
    array([[0.5  , 0.   ],
           [0.   , 0.125]])
    """
    inverse, _ = precision(patterns, cov)
    weight = patterns.n / patterns.total
    p = cov.shape[0]
    other = 0.5 * inverse
    if observed:
        other = inverse @ _second_moment(patterns, mean) @ inverse - other
    out = vech_kronecker(inverse, other, weight)
    if not means:
        return out
    full = np.zeros((p + len(out), p + len(out)))
    full[:p, :p] = np.einsum("r,rij->ij", weight, inverse)
    full[p:, p:] = out
    if observed:
        full[:p, p:] = _mean_by_covariance(patterns, inverse, weight, mean)
        full[p:, :p] = full[:p, p:].T
    return full


def case_scores(patterns: Patterns, mean: np.ndarray, cov: np.ndarray, *, means: bool = True) -> np.ndarray:
    """Return the derivative of each row's log-likelihood in the means and covariances.

    ``Sigma^-1 (y - mu)`` and ``1/2 (a a' - Sigma^-1)``, ``a = Sigma^-1 (y - mu)``, doubled off the diagonal.

    Returns
    -------
    numpy.ndarray, shape (n, d)

    Examples
    --------
    >>> patterns = gather_patterns(np.array([[1.0], [3.0]]))
    >>> case_scores(patterns, np.array([2.0]), np.eye(1))
    array([[-1.,  0.],
           [ 1.,  0.]])
    """
    inverse, _ = precision(patterns, cov)
    row, column = vech_index(cov.shape[0])
    gap = np.where(patterns.seen[patterns.member], patterns.data - mean, 0.0)
    first = np.empty_like(gap)
    for k in range(len(patterns.n)):
        rows = patterns.member == k
        first[rows] = gap[rows] @ inverse[k]
    half = np.where(row == column, 0.5, 1.0)
    constant = half * inverse[:, row, column]
    second = first[:, row] * first[:, column]
    second *= half
    second -= constant[patterns.member] if len(constant) > 1 else constant[0]
    return np.hstack([first, second]) if means else second


def saturated_moments(
    patterns: Patterns, *, tolerance: float = 1e-5, max_iterations: int = 500
) -> tuple[np.ndarray, np.ndarray, bool]:
    """Return the means and covariances that make the answers most likely, and whether EM had settled.

    EM from the means and variances of what was answered; it stops when no mean or covariance moves by `tolerance`,
    the rule and starting point of lavaan (so that its figures are met to the digit). Complete data need no iteration.

    Examples
    --------
    >>> patterns = gather_patterns(np.array([[1.0, 2.0], [3.0, 2.5], [2.0, 6.0]]))
    >>> saturated_moments(patterns)[0]
    array([2. , 3.5])
    """
    if len(patterns.n) == 1:
        return patterns.mean[0].copy(), patterns.cov[0].copy(), True
    answered = (patterns.n[:, None] * patterns.seen).sum(axis=0)
    mean = (patterns.n[:, None] * patterns.mean).sum(axis=0) / answered
    cov = np.diag(np.einsum("r,rii->i", patterns.n, _second_moment(patterns, mean)) / answered)
    for _ in range(max_iterations):
        new_mean, new_cov = _em_step(patterns, mean, cov)
        moved = max(np.abs(new_mean - mean).max(), np.abs(new_cov - cov).max())
        mean, cov = new_mean, new_cov
        if moved < tolerance:
            return mean, cov, True
    return mean, cov, False


def vech_kronecker(left: np.ndarray, right: np.ndarray, weight: np.ndarray) -> np.ndarray:
    """Return ``D' (sum_r w_r A_r (x) B_r) D`` for symmetric A, B, symmetrised; D duplicates vech to vec.

    Cell (ij, kl) is ``m_ij m_kl / 4 (A_ik B_jl + A_il B_jk + A_jk B_il + A_jl B_ik)``, m = 1 on the diagonal, else 2.

    Examples
    --------
    >>> vech_kronecker(np.eye(2)[None], np.eye(2)[None], np.ones(1))
    array([[1., 0., 0.],
           [0., 2., 0.],
           [0., 0., 1.]])
    """
    p = left.shape[1]
    flat = (left.reshape(len(left), -1) * weight[:, None]).T @ right.reshape(len(right), -1)
    grid = flat.reshape(p, p, p, p)
    row, column = vech_index(p)
    i, j, k, m = row[:, None], column[:, None], row[None, :], column[None, :]
    total = grid[i, k, j, m] + grid[i, m, j, k] + grid[j, k, i, m] + grid[j, m, i, k]
    twice = np.where(row == column, 1.0, 2.0)
    return 0.25 * twice[:, None] * twice[None, :] * total


def _second_moment(patterns: Patterns, mean: np.ndarray) -> np.ndarray:
    gap = np.where(patterns.seen, patterns.mean - mean, 0.0)
    return patterns.cov + gap[:, :, None] * gap[:, None, :]


def _mean_by_covariance(patterns: Patterns, inverse: np.ndarray, weight: np.ndarray, mean: np.ndarray) -> np.ndarray:
    gap = np.where(patterns.seen, patterns.mean - mean, 0.0)
    pulled = np.einsum("rij,rj->ri", inverse, gap)
    grid = np.einsum("r,rik,rm->ikm", weight, inverse, pulled)
    row, column = vech_index(len(mean))
    out = grid[:, row, column] + grid[:, column, row]
    return np.where(row == column, 0.5, 1.0) * out


def _em_step(patterns: Patterns, mean: np.ndarray, cov: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    inverse, _ = precision(patterns, cov)
    first, second = np.zeros_like(mean), np.zeros_like(cov)
    for k, count in enumerate(patterns.n):
        seen = patterns.seen[k]
        slope = cov @ inverse[k]
        gap = np.where(seen, patterns.mean[k] - mean, 0.0)
        fitted = mean + slope @ gap
        first += count * fitted
        second += count * (np.outer(fitted, fitted) + slope @ patterns.cov[k] @ slope.T + cov - slope @ cov)
    new_mean = first / patterns.total
    new_cov = second / patterns.total - np.outer(new_mean, new_mean)
    return new_mean, 0.5 * (new_cov + new_cov.T)
