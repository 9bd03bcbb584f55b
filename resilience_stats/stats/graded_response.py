"""Samejima's graded response model by marginal maximum likelihood.

An answer in category k or above has probability ``logistic(a theta + c_k)``, thresholds ``b_k = -c_k / a``, theta
standard normal among respondents. The integral over theta is a sum over equally spaced nodes with normal weights, which
for smooth integrands is as accurate as any rule of that many nodes.

References
----------
Samejima (1969) Psychometrika Monograph 17; Bock & Aitkin (1981) Psychometrika 46 (EM); Varadhan & Roland (2008)
Scandinavian Journal of Statistics 35 (acceleration); Louis (1982) JRSS B 44 (information); Bock & Mislevy (1982)
Applied Psychological Measurement 6 (EAP); Yen (1984) Applied Psychological Measurement 8 (Q3).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from scipy import linalg, sparse
from scipy.special import expit, logsumexp

#: Nodes of the latent scale.
REACH, NODES = 6.0, 81


@dataclass(frozen=True, slots=True, kw_only=True)
class GradedResponse:
    """A fitted graded response model.

    Attributes
    ----------
    slopes : numpy.ndarray, shape (p,)
    intercepts : tuple of numpy.ndarray
        By item, descending.
    covariance : numpy.ndarray, shape (q, q)
        Of slope and intercepts, item by item.
    log_likelihood : float
    converged : bool
    iterations : int
    gradient : float
        Largest absolute element, in log-likelihood units.
    posterior : numpy.ndarray, shape (n, nodes)
    nodes : numpy.ndarray
    """

    slopes: np.ndarray
    intercepts: tuple[np.ndarray, ...]
    covariance: np.ndarray
    log_likelihood: float
    converged: bool
    iterations: int
    gradient: float
    posterior: np.ndarray
    nodes: np.ndarray


@dataclass(frozen=True, slots=True)
class _Answers:
    """One-hot answers, item by item, and where each item's columns and parameters stand."""

    onehot: np.ndarray
    columns: tuple[slice, ...]
    parameters: tuple[slice, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Problem:
    """What does not change between iterations."""

    answers: _Answers
    codes: np.ndarray
    nodes: np.ndarray
    weights: np.ndarray


def latent_nodes(reach: float = REACH, count: int = NODES) -> tuple[np.ndarray, np.ndarray]:
    """Return nodes and their standard normal weights, which sum to one.

    Examples
    --------
    >>> nodes, weights = latent_nodes()
    >>> round(float(weights @ nodes**2), 6)
    1.0
    """
    nodes = np.linspace(-reach, reach, count)
    weights = np.exp(-0.5 * nodes**2)
    return nodes, weights / weights.sum()


def category_probabilities(slope: float, intercepts: np.ndarray, theta: np.ndarray) -> np.ndarray:
    """Return the probability of each category, ``P(k) = P*(k) - P*(k + 1)``, ``P*(k) = logistic(a theta + c_k)``.

    Returns
    -------
    numpy.ndarray, shape (len(theta), categories)

    Examples
    --------
    >>> category_probabilities(1.0, np.array([1.0, -1.0]), np.array([0.0]))[0].round(3)
    array([0.269, 0.462, 0.269])
    """
    z = slope * theta[:, None] + intercepts
    first, last = expit(-z[:, :1]), expit(z[:, -1:])
    # P*(k) - P*(k + 1) from the side on which both are small, so that the tails keep their digits.
    upper, lower = z[:, :-1], z[:, 1:]
    middle = np.where(upper + lower > 0, expit(-lower) - expit(-upper), expit(upper) - expit(lower))
    return np.maximum(np.hstack([first, middle, last]), 1e-300)


def fit_graded(
    codes: np.ndarray, categories: Sequence[int], *, tolerance: float = 1e-6, max_iterations: int = 500
) -> GradedResponse:
    """Return the item parameters that make the answers most likely.

    EM with one Fisher-scoring step an item until the gradient is small, then Newton with Louis's observed information,
    whose inverse is also the covariance of the estimates.

    Parameters
    ----------
    codes : numpy.ndarray of float, shape (n, p)
        Categories from zero, NaN for missing.
    categories : sequence of int
        Number of categories of each item.
    tolerance : float
        Largest element of the log-likelihood's gradient at which to stop.

    Examples
    --------
    >>> rng = np.random.default_rng(1)
    >>> behind = rng.normal(size=(300, 1)) + rng.logistic(size=(300, 3))
    >>> fit_graded(np.digitize(behind, [-1, 1]).astype(float), [3, 3, 3]).converged
    True
    """
    answers = _one_hot(codes, categories)
    nodes, weights = latent_nodes()
    problem = _Problem(answers=answers, codes=codes, nodes=nodes, weights=weights)
    items = _accelerated_em(problem, _start(codes, categories))
    information, last = None, np.inf
    done = 0
    for _ in range(max_iterations):
        done += 1
        posterior, value = _expect(items, answers, nodes, weights)
        counts = answers.onehot.T @ posterior
        gradient = _gradient(items, counts, answers, nodes)
        size = float(np.abs(gradient).max())
        if size < tolerance:
            break
        # The Hessian costs as much as many gradients: it is kept while it still shrinks the gradient well.
        if information is None or size > 0.2 * last:
            information = observed_information(items, answers, posterior, counts, nodes, codes)
        items, moved = _newton_step(items, problem, information, gradient, value)
        last = size
        if not moved:
            items, last = _em_step(items, counts, answers, nodes), np.inf
    final = observed_information(items, answers, posterior, counts, nodes, codes)
    return GradedResponse(
        slopes=np.array([x[0] for x in items]),
        intercepts=tuple(x[1:] for x in items),
        covariance=np.linalg.pinv(final, hermitian=True),
        log_likelihood=value,
        converged=size < tolerance,
        iterations=done,
        gradient=size,
        posterior=posterior,
        nodes=nodes,
    )


def item_information(slope: float, intercepts: np.ndarray, theta: np.ndarray) -> np.ndarray:
    """Return the information of an item about theta: ``sum_k P_k'^2 / P_k`` (Samejima 1969).

    Examples
    --------
    >>> float(item_information(2.0, np.array([0.0]), np.array([0.0]))[0])
    1.0
    """
    probability, by_theta = category_probabilities(slope, intercepts, theta), slope * _shift(slope, intercepts, theta)
    return (by_theta**2 / probability).sum(axis=1)


def person_scores(posterior: np.ndarray, nodes: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return posterior means of theta (EAP) and their posterior standard deviations.

    Examples
    --------
    >>> person_scores(np.array([[0.25, 0.5, 0.25]]), np.array([-1.0, 0.0, 1.0]))[1].round(3)
    array([0.707])
    """
    mean = posterior @ nodes
    spread = posterior @ nodes**2 - mean**2
    return mean, np.sqrt(np.maximum(spread, 0.0))


def posterior_of(slopes: np.ndarray, intercepts: Sequence[np.ndarray], codes: np.ndarray) -> np.ndarray:
    """Return the posterior weights over `latent_nodes` of new answers.

    Examples
    --------
    >>> posterior = posterior_of(np.array([1.0]), [np.array([0.0])], np.array([[0.0], [1.0]]))
    >>> person_scores(posterior, latent_nodes()[0])[0].round(3)
    array([-0.413,  0.413])
    """
    answers = _one_hot(codes, [len(c) + 1 for c in intercepts])
    nodes, weights = latent_nodes()
    items = [np.concatenate([[a], c]) for a, c in zip(slopes, intercepts, strict=True)]
    return _expect(items, answers, nodes, weights)[0]


def yen_q3(fit: GradedResponse, codes: np.ndarray) -> np.ndarray:
    """Return Yen's Q3: correlations of items' residuals from their expected scores at the EAP.

    Near ``-1 / (p - 1)`` where items share theta only.

    Returns
    -------
    numpy.ndarray, shape (p, p)
    """
    theta, _ = person_scores(fit.posterior, fit.nodes)
    gap = np.column_stack(
        [
            codes[:, i] - category_probabilities(a, c, theta) @ np.arange(len(c) + 1)
            for i, (a, c) in enumerate(zip(fit.slopes, fit.intercepts, strict=True))
        ]
    )
    seen = ~np.isnan(gap)
    both = seen.T.astype(float) @ seen
    filled = np.where(seen, gap - np.nanmean(gap, axis=0), 0.0)
    cross = filled.T @ filled / np.maximum(both, 1.0)
    spread = np.sqrt(np.diag(cross))
    return cross / np.outer(spread, spread)


def observed_information(
    items: Sequence[np.ndarray],
    answers: _Answers,
    posterior: np.ndarray,
    counts: np.ndarray,
    nodes: np.ndarray,
    codes: np.ndarray,
) -> np.ndarray:
    """Return minus the Hessian of the marginal log-likelihood.

    Louis (1982): expected complete-data information, less the posterior variance of the complete-data score, respondent
    by respondent. A respondent's score at a node is a sum of one vector an item, so that its second moments over
    respondents are those of the two-way tables of answers weighted by the posterior, one table a node.
    """
    scores = [_score_tables(x, nodes) for x in items]
    out = linalg.block_diag(
        *[_own_information(x, counts[c], nodes) for x, c in zip(items, answers.columns, strict=True)]
    )
    mean = _mean_scores(scores, answers, posterior, codes)
    out += mean.T @ mean
    for i, one in enumerate(answers.parameters):
        tables = _weighted_tables(codes, i, answers, posterior)
        for j in range(i + 1, len(items)):
            other = answers.parameters[j]
            block = np.einsum("abn,nap,nbq->pq", tables[j], scores[i], scores[j], optimize=True)
            out[one, other] -= block
            out[other, one] -= block.T
    return 0.5 * (out + out.T)


def _mean_scores(
    scores: Sequence[np.ndarray], answers: _Answers, posterior: np.ndarray, codes: np.ndarray
) -> np.ndarray:
    """Posterior mean of each respondent's score, shape (n, q); zero for what was not answered."""
    mean = np.zeros((len(codes), answers.parameters[-1].stop))
    for i, place in enumerate(answers.parameters):
        seen = np.flatnonzero(~np.isnan(codes[:, i]))
        size = scores[i].shape[1]
        every = (posterior[seen] @ scores[i].reshape(len(scores[i]), -1)).reshape(len(seen), size, size)
        mean[seen, place] = every[np.arange(len(seen)), codes[seen, i].astype(int)]
    return mean


def _weighted_tables(codes: np.ndarray, i: int, answers: _Answers, posterior: np.ndarray) -> dict[int, np.ndarray]:
    """Two-way tables of item i with each later item, weighted by the posterior: (categories, categories, nodes)."""
    size = answers.columns[i].stop - answers.columns[i].start
    width = answers.onehot.shape[1]
    later = range(i + 1, len(answers.columns))
    place, rows = [], []
    for j in later:
        both = np.flatnonzero(~np.isnan(codes[:, i]) & ~np.isnan(codes[:, j]))
        place.append(codes[both, i].astype(int) * width + answers.columns[j].start + codes[both, j].astype(int))
        rows.append(both)
    if not place:
        return {}
    at, row = np.concatenate(place), np.concatenate(rows)
    indicator = sparse.csr_matrix((np.ones(len(at)), (at, row)), shape=(size * width, len(codes)))
    total = (indicator @ posterior).reshape(size, width, -1)
    return {j: total[:, answers.columns[j]] for j in later}


def _one_hot(codes: np.ndarray, categories: Sequence[int]) -> _Answers:
    edges = np.concatenate([[0], np.cumsum(categories)])
    onehot = np.zeros((len(codes), edges[-1]))
    for i, start in enumerate(edges[:-1]):
        seen = np.flatnonzero(~np.isnan(codes[:, i]))
        onehot[seen, start + codes[seen, i].astype(int)] = 1.0
    columns = tuple(slice(int(a), int(b)) for a, b in pairwise(edges))
    return _Answers(onehot, columns, columns)


def _start(codes: np.ndarray, categories: Sequence[int]) -> list[np.ndarray]:
    """Slopes from the first principal axis of the answers' correlations, intercepts from the margins."""
    centred = np.where(np.isnan(codes), 0.0, codes - np.nanmean(codes, axis=0))
    spread = np.sqrt((centred**2).sum(axis=0))
    values, vectors = np.linalg.eigh(centred.T @ centred / np.outer(spread, spread))
    axis = vectors[:, -1] * np.sqrt(values[-1]) * 0.9
    axis = axis if axis.sum() >= 0 else -axis
    slope = 1.7 * axis / np.sqrt(1.0 - np.clip(axis**2, 0.0, 0.9))
    out = []
    for i, count in enumerate(categories):
        seen = codes[~np.isnan(codes[:, i]), i]
        above = np.array([(seen >= k).mean() for k in range(1, count)])
        out.append(np.concatenate([[slope[i]], np.log(above / (1.0 - above)) * np.sqrt(1.0 + slope[i] ** 2 / 2.9)]))
    return out


def _expect(
    items: Sequence[np.ndarray], answers: _Answers, nodes: np.ndarray, weights: np.ndarray
) -> tuple[np.ndarray, float]:
    """Posterior over the nodes of each respondent, and the marginal log-likelihood."""
    log_p = np.vstack([np.log(category_probabilities(x[0], x[1:], nodes)).T for x in items])
    joint = answers.onehot @ log_p + np.log(weights)
    total = logsumexp(joint, axis=1, keepdims=True)
    return np.exp(joint - total), float(total.sum())


def _shift(slope: float, intercepts: np.ndarray, theta: np.ndarray) -> np.ndarray:
    """Derivative of each category's probability in a common shift of all ``a theta + c``."""
    upper = expit(slope * theta[:, None] + intercepts)
    density = upper * (1.0 - upper)
    return np.pad(density, ((0, 0), (1, 0))) - np.pad(density, ((0, 0), (0, 1)))


def _probability_slopes(item: np.ndarray, nodes: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Probabilities (nodes, k) and their derivatives in slope and intercepts (nodes, k, k)."""
    probability = category_probabilities(item[0], item[1:], nodes)
    upper = expit(item[0] * nodes[:, None] + item[1:])
    density = upper * (1.0 - upper)
    count = len(item)
    out = np.zeros((len(nodes), count, count))
    at = np.arange(count - 1)
    out[:, at + 1, at + 1] = density
    out[:, at, at + 1] = -density
    out[:, :, 0] = nodes[:, None] * out[:, :, 1:].sum(axis=2)
    return probability, out


def _score_tables(item: np.ndarray, nodes: np.ndarray) -> np.ndarray:
    probability, slopes = _probability_slopes(item, nodes)
    return slopes / probability[:, :, None]


def _item_gradient(item: np.ndarray, counts: np.ndarray, nodes: np.ndarray) -> np.ndarray:
    return np.einsum("kn,nkp->p", counts, _score_tables(item, nodes))


def _own_information(item: np.ndarray, counts: np.ndarray, nodes: np.ndarray) -> np.ndarray:
    """``- sum r P'' / P``: an item's expected complete-data information less the outer products of its own scores."""
    probability = category_probabilities(item[0], item[1:], nodes)
    weight = counts.T / probability
    upper = expit(item[0] * nodes[:, None] + item[1:])
    curve = upper * (1.0 - upper) * (1.0 - 2.0 * upper)
    # Category k + 1 gains and category k loses what crosses threshold k.
    pull = (weight[:, 1:] - weight[:, :-1]) * curve
    second = np.diag(np.concatenate([[float((pull * nodes[:, None] ** 2).sum())], pull.sum(axis=0)]))
    second[0, 1:] = second[1:, 0] = (pull * nodes[:, None]).sum(axis=0)
    return -second


def _scoring_step(item: np.ndarray, counts: np.ndarray, nodes: np.ndarray) -> np.ndarray:
    """One Fisher-scoring step of the expected complete-data log-likelihood, shortened until that rises."""
    probability, slopes = _probability_slopes(item, nodes)
    information = np.einsum("n,nkp,nkq->pq", counts.sum(axis=0), slopes / probability[:, :, None], slopes)
    gradient = np.einsum("kn,nkp->p", counts, slopes / probability[:, :, None])
    step = np.linalg.lstsq(information, gradient, rcond=None)[0]
    now, length = float((counts.T * np.log(probability)).sum()), 1.0
    for _ in range(20):
        trial = item + length * step
        if (np.diff(trial[1:]) < 0).all():
            value = float((counts.T * np.log(category_probabilities(trial[0], trial[1:], nodes))).sum())
            if value >= now:
                return trial
        length *= 0.5
    return item


def _gradient(items: Sequence[np.ndarray], counts: np.ndarray, answers: _Answers, nodes: np.ndarray) -> np.ndarray:
    return np.concatenate([_item_gradient(x, counts[c], nodes) for x, c in zip(items, answers.columns, strict=True)])


def _em_step(items: Sequence[np.ndarray], counts: np.ndarray, answers: _Answers, nodes: np.ndarray) -> list[np.ndarray]:
    return [_scoring_step(x, counts[c], nodes) for x, c in zip(items, answers.columns, strict=True)]


def _accelerated_em(problem: _Problem, items: list[np.ndarray], *, rounds: int = 60) -> list[np.ndarray]:
    """Return parameters near the maximum: EM, two steps and an extrapolation at a time (Varadhan & Roland 2008)."""
    value = -np.inf
    for _ in range(rounds):
        chain, values = [items], []
        for _ in range(2):
            posterior, value = _expect(chain[-1], problem.answers, problem.nodes, problem.weights)
            values.append(value)
            counts = problem.answers.onehot.T @ posterior
            chain.append(_em_step(chain[-1], counts, problem.answers, problem.nodes))
        first, second, third = (np.concatenate(x) for x in chain)
        step, curve = second - first, third - 2.0 * second + first
        length = float(np.linalg.norm(step)) / max(float(np.linalg.norm(curve)), 1e-300)
        items = chain[-1]
        if length > 1.0:
            jumped = first + 2.0 * length * step + length**2 * curve
            trial = [jumped[s] for s in problem.answers.parameters]
            if all((np.diff(x[1:]) < 0).all() for x in trial):
                new = _expect(trial, problem.answers, problem.nodes, problem.weights)[1]
                if new >= values[-1]:
                    items = trial
        if np.abs(third - second).max() < 2e-3:
            break
    return items


def _newton_step(
    items: list[np.ndarray], problem: _Problem, information: np.ndarray, gradient: np.ndarray, value: float
) -> tuple[list[np.ndarray], bool]:
    try:
        step = linalg.cho_solve(linalg.cho_factor(information), gradient)
    except linalg.LinAlgError:
        return items, False
    for length in (1.0, 0.5, 0.25):
        trial = [x + length * step[s] for x, s in zip(items, problem.answers.parameters, strict=True)]
        if all((np.diff(x[1:]) < 0).all() for x in trial):
            new = _expect(trial, problem.answers, problem.nodes, problem.weights)[1]
            if new >= value - 1e-9 * (1.0 + abs(value)):
                return trial, True
    return items, False
