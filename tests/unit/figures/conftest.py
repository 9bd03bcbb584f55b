"""One plausible example of every figure."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest

from resilience_stats import figures
from resilience_stats.disclosure import apply_policy
from resilience_stats.figures import Figure
from resilience_stats.results.rows import combine_rows, make_rows

AREAS = [
    "Leadership and vision", "Workforce: recruitment and retention of nurses and GPs", "Workload and demand",
    "Team working", "Premises and equipment", "Finance and business planning", "Patient engagement",
    "Clinical governance", "IT and digital", "Working with neighbours (PCN)",
]  # fmt: skip
PREDICTORS = [
    "GP full-time equivalents per 1,000 patients", "Nurse FTE per 1,000", "Deprivation score (per 10)",
    "Patients on the list (log)", "Dispensing practice", "Single-handed", "List growth over 12 months (%)",
]  # fmt: skip
CODES = [f"E82{k:03d}" for k in range(138)]


def interval(value: np.ndarray, half: float) -> dict[str, np.ndarray]:
    return {"value": value, "conf_low": value - half, "conf_high": value + half}


def flow(rng: np.random.Generator) -> tuple[pd.DataFrame, Callable[..., Figure]]:
    stages = ["On the register", "Invited", "Started the questionnaire", "Completed it", "Analysed"]
    return make_rows("p", "flow", term=stages, statistic="stage", value=[197, 195, 149, 140, 138]), figures.figure_flow


def likert(rng: np.random.Generator) -> tuple[pd.DataFrame, Callable[..., Figure]]:
    options = ["Strongly disagree", "Disagree", "Neither agree nor disagree", "Agree", "Strongly agree"]
    shapes = [[0.06, 0.14, 0.25, 0.35, 0.2], [0.01, 0.05, 0.24, 0.4, 0.3], [0.02, 0.3, 0.3, 0.36, 0.02]]
    frames = []
    for k in range(9):
        shares = rng.multinomial(138, shapes[k % 3]) / 138
        item = f"Question {k + 1}: we have enough people to meet what our patients need in a normal week"
        frames.append(make_rows("i", "items", group=item, term=options, statistic="share", value=shares, n=138))
    return combine_rows(frames), figures.figure_likert


def distribution(rng: np.random.Generator) -> tuple[pd.DataFrame, Callable[..., Figure]]:
    classes = [f"{a} to {a + 9}" for a in range(10, 100, 10)]
    return make_rows("s", "d", term=classes, value=[0, 2, 6, 11, 24, 45, 32, 15, 3]), figures.figure_distribution


def forest(rng: np.random.Generator) -> tuple[pd.DataFrame, Callable[..., Figure]]:
    effects = np.array([4.0, -0.8, -3.4, 2.1, 0.4, 1.2, 0.1])
    frames = []
    for name in ("Unadjusted", "Adjusted"):
        rows = interval(effects, 1.9)
        frames.append(make_rows("d", "m", group=name, term=PREDICTORS, statistic="effect_per_sd", n=138, **rows))
        frames.append(make_rows("d", "m", group=name, statistic="df_residual", value=130, n=138))
    return combine_rows(frames), figures.figure_forest


def importance(rng: np.random.Generator) -> tuple[pd.DataFrame, Callable[..., Figure]]:
    share = np.array([0.34, 0.2, 0.16, 0.12, 0.09, 0.06, 0.03])
    rows = make_rows("d", "imp", term=PREDICTORS, statistic="importance_share", value=share, conf_low=share * 0.3,
                     conf_high=share * 1.8, n=138)  # fmt: skip
    return rows, figures.figure_importance


def reliability(rng: np.random.Generator) -> tuple[pd.DataFrame, Callable[..., Figure]]:
    alpha, n = rng.uniform(0.6, 0.85, len(AREAS)), [138] * 9 + [4]
    frames = [
        make_rows("i", "rel", term=AREAS, statistic=name, n=n, **interval(alpha + shift, 0.06))
        for name, shift in (("alpha", 0.0), ("omega_total", 0.03))
    ]
    return combine_rows(frames), figures.figure_reliability


def correlation(rng: np.random.Generator) -> tuple[pd.DataFrame, Callable[..., Figure]]:
    loading = rng.uniform(0.4, 0.8, len(AREAS))
    frames = [
        make_rows(
            "i", "c", group=AREAS[i], term=AREAS[:i], statistic="correlation", value=loading[i] * loading[:i], n=138
        )
        for i in range(1, len(AREAS))
    ]
    return combine_rows(frames), figures.figure_correlation


def scree(rng: np.random.Generator) -> tuple[pd.DataFrame, Callable[..., Figure]]:
    names = [str(k) for k in range(1, 13)]
    real, chance = np.r_[4.2, 1.3, 1.05, 0.95, np.linspace(0.9, 0.3, 8)], np.linspace(1.5, 0.6, 12)
    frames = [
        make_rows("i", "s", term=names, statistic="eigenvalue", value=real, n=138),
        make_rows("i", "s", term=names, statistic="eigenvalue_random", value=chance, n=138),
    ]
    return combine_rows(frames), figures.figure_scree


def funnel(rng: np.random.Generator) -> tuple[pd.DataFrame, Callable[..., Figure]]:
    sizes, grid = rng.integers(6, 60, 20), np.arange(5, 61, 5)
    means = 60 + rng.normal(0, 14 / np.sqrt(sizes))
    means[3] = 76
    names, levels = [f"Place {k}" for k in range(20)], [str(x) for x in grid]
    frames = [make_rows("s", "f", term=names, statistic="mean", value=means, n=sizes)]
    for ring, z in (("inner", 1.96), ("outer", 3.09)):
        for end, sign in (("low", -1), ("high", 1)):
            limit = 60 + sign * z * 14 / np.sqrt(grid)
            frames.append(make_rows("s", "f", term=levels, statistic=f"limit_{ring}_{end}", value=limit))
    frames.append(make_rows("s", "f", term=levels, statistic="target", value=60))
    return combine_rows(frames), figures.figure_funnel


def caterpillar(rng: np.random.Generator) -> tuple[pd.DataFrame, Callable[..., Figure]]:
    rows = interval(60 + rng.normal(0, 8, 138), 10)
    frames = [
        make_rows("s", "c", term=CODES, statistic="shrunken_score", **rows),
        make_rows("s", "c", statistic="target", value=60, n=138),
    ]
    return combine_rows(frames), figures.figure_caterpillar


def rtm(rng: np.random.Generator) -> tuple[pd.DataFrame, Callable[..., Figure]]:
    before = np.r_[rng.normal(45, 8, 40), rng.normal(62, 9, 98)]
    change = 0.5 * (60 - before) + rng.normal(0, 6, 138)
    group = ["GPRP"] * 40 + ["Not in the programme"] * 98
    frames = [
        make_rows("p", "r", group=group, term=CODES, statistic="score_previous", value=before),
        make_rows("p", "r", group=group, term=CODES, statistic="score_change", value=change),
        make_rows("p", "r", term=["25", "85"], statistic="expected_change", value=[17.5, -12.5]),
        make_rows(
            "p", "r", group="GPRP", statistic="mean_change", n=40, **interval(change[:40].mean(keepdims=True), 2.0)
        ),
    ]
    return combine_rows(frames), figures.figure_regression_to_mean


def calibration(rng: np.random.Generator) -> tuple[pd.DataFrame, Callable[..., Figure]]:
    risk, curve = np.linspace(0.05, 0.5, 8), np.linspace(0.03, 0.55, 30)
    frames = [
        make_rows(
            "m", "cal", term=[f"{x:.3f}" for x in risk], statistic="observed_risk", n=17, **interval(risk * 0.8, 0.03)
        ),
        make_rows(
            "m",
            "cal",
            group="Curve",
            term=[f"{x:.3f}" for x in curve],
            statistic="observed_risk",
            value=curve * 0.8,
            n=138,
        ),
        make_rows("m", "cal", statistic="calibration_slope", value=0.8, conf_low=0.4, conf_high=1.2, n=138),
    ]
    return combine_rows(frames), figures.figure_calibration


def decision(rng: np.random.Generator) -> tuple[pd.DataFrame, Callable[..., Figure]]:
    t = np.linspace(0.01, 0.5, 40)
    lines = {
        "Resilience model": np.maximum(0.16 - 0.25 * t / (1 - t), 0),
        "Support everyone": 0.2 - 0.8 * t / (1 - t),
        "Support nobody": 0 * t,
    }
    frames = [
        make_rows("m", "d", group=name, term=[f"{x:.4f}" for x in t], statistic="net_benefit", value=y, n=138)
        for name, y in lines.items()
    ]
    return combine_rows(frames), figures.figure_decision_curve


def specifications(rng: np.random.Generator) -> tuple[pd.DataFrame, Callable[..., Figure]]:
    names = [str(k) for k in range(48)]
    frames = [
        make_rows("d", "sp", term=names, statistic="spec_estimate", n=138, **interval(rng.normal(1.5, 1, 48), 1.8)),
        make_rows("d", "sp", statistic="df_residual", value=130, n=138),
    ]
    choices = {"Outcome": ["metric", "ordinal"], "Adjusted for": ["nothing", "deprivation", "deprivation and size"]}
    for choice, options in choices.items():
        taken = rng.choice(options, 48)
        frames.append(make_rows("d", "sp", group=choice, term=names, statistic="setting", value=taken))
    return combine_rows(frames), figures.figure_specifications


def panels(rng: np.random.Generator) -> tuple[pd.DataFrame, Callable[..., Figure]]:
    frames = []
    for area in AREAS:
        n = [3 if area == "Team working" else 130, 138, 140]
        rows = interval(rng.normal(60, 5, 3), 4)
        frames.append(make_rows("s", "a", group=area, term=["2017", "2018", "2019"], statistic="mean", n=n, **rows))
    return combine_rows(frames), figures.figure_small_multiples


def inspections(rng: np.random.Generator) -> tuple[pd.DataFrame, Callable[..., Figure]]:
    ratings = ["Inadequate", "Requires improvement", "Good", "Outstanding"]
    sizes = [20, 60, 80, 45, 30]
    frames = [
        make_rows("q", "i", group=str(2014 + k), term=ratings, value=rng.multinomial(n, [0.06, 0.14, 0.75, 0.05]))
        for k, n in enumerate(sizes)
    ]
    return combine_rows(frames), figures.figure_inspections


def control_chart(rng: np.random.Generator) -> tuple[pd.DataFrame, Callable[..., Figure]]:
    years = [str(y) for y in range(2012, 2024)]
    lines = {"mean": 60 + rng.normal(0, 2, 12), "target": 60, "control_low": 54.0, "control_high": 66.0}
    frames = [make_rows("s", "w", term=years, statistic=name, value=v, n=90) for name, v in lines.items()]
    return combine_rows(frames), figures.figure_control_chart


def priority(rng: np.random.Generator) -> tuple[pd.DataFrame, Callable[..., Figure]]:
    scope, impact = rng.beta(3, 5, 138) * 100, rng.beta(2, 4, 138) * 100
    order = np.argsort(-scope * impact)
    decided = np.repeat(["Offer", "Reserve list", "Not now"], [20, 5, 113])
    held = {"scope": scope[order], "impact": impact[order], "decision": decided}
    rows = combine_rows(make_rows("p", "q", term=CODES, statistic=name, value=v) for name, v in held.items())
    rows.attrs["edition"] = "internal"
    return rows, figures.figure_priority


SAMPLES = (
    flow, likert, distribution, forest, importance, reliability, correlation, scree, funnel, caterpillar, rtm,
    calibration, decision, specifications, panels, inspections,
    control_chart, priority,
)  # fmt: skip


@pytest.fixture(scope="session")
def samples() -> dict[str, tuple[pd.DataFrame, Callable[..., Figure]]]:
    return {make.__name__: make(np.random.default_rng(20)) for make in SAMPLES}


@pytest.fixture(scope="session")
def gallery(samples: dict[str, tuple[pd.DataFrame, Callable[..., Figure]]]) -> dict[str, Figure]:
    return {name: draw(apply_policy(rows, edition(rows))) for name, (rows, draw) in samples.items()}


def edition(rows: pd.DataFrame) -> str:
    """The edition that a sample is drawn for: the board's, but for what the board never sees."""
    return str(rows.attrs.get("edition", "board"))
