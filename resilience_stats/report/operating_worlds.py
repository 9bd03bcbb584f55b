"""Invented cohorts whose truth is known, on which the methods are tried: 138 practices in 30 networks.

Two worlds. The first is the generator of the example study, with its drivers, answers and non-response. The second is
harder on a standard error: networks differ more, two drivers are the same for a whole network, and spread grows with
the first driver.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache

import numpy as np
import pandas as pd
from scipy.special import expit

from resilience_stats.models.importance import relative_importance
from resilience_stats.schema import load_instrument
from resilience_stats.synthetic import latent
from resilience_stats.synthetic.population import invent_practices, predictors
from resilience_stats.synthetic.resilience import EFFECTS, draw_resilience, draw_responders

PRACTICES, FRAME, NETWORKS, SEED = 138, 197, 30, 2019
#: Log odds of answering per standard deviation of resilience, as in the example study.
RESPONSE_SLOPE = 0.8
#: The example's drivers, with one more that does nothing.
PLANTED: Mapping[str, float] = {**EFFECTS, "admin_fte_per_1000": 0.0}
ICC = 0.15
#: Effects in the second world, in standard deviations; p: differs between practices, n: the same for a network.
NETWORK_EFFECTS: Mapping[str, float] = {
    "p0": 0.35, "p1": 0.20, "p2": 0.10, "p3": 0.0, "p4": 0.0, "p5": 0.0, "n0": 0.20, "n1": 0.0,
}  # fmt: skip
#: Log odds ratios of the ordinal and the binary outcome per effect of one standard deviation.
LOG_ODDS = 2.0
_POPULATION = 200_000


@dataclass(frozen=True, slots=True)
class World:
    """A way to draw cohorts.

    Attributes
    ----------
    name : str
    effects : mapping of str to float
        True effect of each driver on the outcome ``y``.
    kinds : mapping of str to str
        Driver -> the kind under which its figures are counted.
    draw : callable
        Generator and number of rows -> drivers, ``y`` and ``pcn``.
    """

    name: str
    effects: Mapping[str, float]
    kinds: Mapping[str, str]
    draw: Callable[[np.random.Generator, int], pd.DataFrame]

    @property
    def drivers(self) -> list[str]:
        """Names of the drivers."""
        return list(self.effects)

    @property
    def null(self) -> list[str]:
        """Drivers that do nothing."""
        return [name for name, effect in self.effects.items() if effect == 0]


def worlds() -> tuple[World, World]:
    """Return the two worlds.

    Examples
    --------
    >>> [(w.name, len(w.drivers), len(w.null)) for w in worlds()]
    [('example', 7, 3), ('networks', 8, 4)]
    """
    slope = latent.score_slope(_measurement())
    example = World(
        "example",
        {name: slope * effect for name, effect in PLANTED.items()},
        {name: "active" if effect else "null" for name, effect in PLANTED.items()},
        _draw_example,
    )
    kinds = {name: ("network" if name[0] == "n" else "practice") for name in NETWORK_EFFECTS} | {"p0": "uneven"}
    kinds |= {name: f"{kinds[name]}_null" for name, effect in NETWORK_EFFECTS.items() if not effect}
    return example, World("networks", NETWORK_EFFECTS, kinds, _draw_networks)


def add_discrete(data: pd.DataFrame, world: World, rng: np.random.Generator) -> pd.DataFrame:
    """Return the data with an ordinal outcome of five levels and a binary one, whose models hold exactly.

    Notes
    -----
    Both are cut from one logistic latent variable without networks: proportional odds at -2, -0.7, 0.7 and 2, and an
    event, about one in six, above 2. The log odds ratios are `discrete_effects`.
    """
    eta = data[world.drivers].to_numpy() @ np.array(list(discrete_effects(world).values()))
    latent_y = eta + rng.logistic(size=len(data))
    rating = np.searchsorted([-2.0, -0.7, 0.7, 2.0], latent_y) + 1
    event = rng.random(len(data)) < expit(-2.0 + eta)
    return data.assign(rating=rating, event=event.astype(int))


def discrete_effects(world: World) -> dict[str, float]:
    """Return the true log odds ratio of each driver.

    Examples
    --------
    >>> discrete_effects(worlds()[1])["p0"]
    0.7
    """
    largest = max(abs(effect) for effect in world.effects.values())
    return {name: LOG_ODDS * 0.35 * effect / largest for name, effect in world.effects.items()}


@cache
def true_shares(name: str) -> dict[str, float]:
    """Return each driver's true share of R2 (LMG): that of many practices of the world."""
    world = next(w for w in worlds() if w.name == name)
    rng = np.random.default_rng([SEED, 1])
    rows = 9000  # the most for which the generator has practice codes
    drawn = pd.concat([world.draw(rng, -rows) for _ in range(-(-_POPULATION // rows))], ignore_index=True)
    found = relative_importance(drawn, "y", world.drivers).tidy()
    return dict(zip(found["term"], found["share"], strict=True))


@cache
def _measurement() -> latent.Measurement:
    return latent.draw_measurement(load_instrument("phq"), np.random.default_rng([SEED, 0]))


def _draw_example(rng: np.random.Generator, rows: int) -> pd.DataFrame:
    """Practices of the example's generator, standardised drivers; `rows` answer, or all of -`rows` practices."""
    practices = invent_practices(FRAME if rows > 0 else -rows, rng, fates=())
    practices["pcn_code"] = _networks(len(practices), rng).astype(str)
    values = predictors(practices)
    made = draw_resilience(practices, values, PLANTED, rng)
    (steps,) = latent.draw_waves(_measurement(), [made.now], rng)
    z = (values[list(PLANTED)] - values[list(PLANTED)].mean()) / made.sd
    drawn = z.assign(y=latent.observed_score(_measurement(), steps), pcn=practices["pcn_code"])
    answered = draw_responders(made.now, rows, RESPONSE_SLOPE, rng) if rows > 0 else np.ones(len(drawn), dtype=bool)
    return drawn[answered].reset_index(drop=True)


def _draw_networks(rng: np.random.Generator, rows: int) -> pd.DataFrame:
    n, names = abs(rows), list(NETWORK_EFFECTS)
    networks = NETWORKS if rows > 0 else n // 5
    pcn = _networks(n, rng, networks)
    practice = [name for name in names if name[0] == "p"]
    common = 0.5 * rng.normal(size=(n, 1)) + 0.4 * rng.normal(size=(networks, 1))[pcn]
    x = 0.8 * rng.normal(size=(n, len(practice))) + common
    z = rng.normal(size=(networks, len(names) - len(practice)))[pcn]
    drawn = pd.DataFrame(np.column_stack([x, z]), columns=names)
    spread = np.exp(0.3 * drawn["p0"]) * rng.normal(size=n) * np.sqrt(1 - ICC)
    expected = drawn.to_numpy() @ np.array(list(NETWORK_EFFECTS.values()))
    return drawn.assign(y=expected + np.sqrt(ICC) * rng.normal(size=networks)[pcn] + spread, pcn=pcn)


def _networks(n: int, rng: np.random.Generator, networks: int = NETWORKS) -> np.ndarray:
    """A network for each practice; networks are of unequal size, as they are."""
    share = rng.gamma(3.0, size=networks)
    return rng.choice(networks, size=n, p=share / share.sum())
