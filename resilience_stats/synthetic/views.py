"""What patients and the Quality and Outcomes Framework say of the practices, in the publishers' layouts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from scipy.special import expit

from resilience_stats.synthetic.publishers import layout
from resilience_stats.synthetic.workbook import write_csv

#: Correlation of resilience with what patients say (before sampling error), and with latent achievement in QOF.
PATIENTS_R, QOF_R = 0.35, 0.20
#: Pull of patients per GP on questions of access, per standard deviation.
LOAD_ON_ACCESS = -0.35
#: Share of what patients say, beyond resilience, that is the same in the next survey, and that questions share.
PATIENTS_STABLE, QUESTIONS_SHARE = 0.7, 0.64
#: Results on fewer answers are suppressed, and a code stands in their place.
FEWEST_ANSWERS, SUPPRESSED = 10, -97


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """One question: mean and spread of its share on the logit scale, who answers it, and its headers by series."""

    middle: float
    spread: float
    answering: float
    access: bool
    to_2023: tuple[str, str]
    from_2024: str


QUESTIONS: Mapping[str, Question] = {
    name: Question(middle=m, spread=s, answering=a, access=c, to_2023=(f"{n}_12pct", f"{n}{base}"), from_2024=new)
    for name, m, s, a, c, n, base, new in (
        ("phone_easy", 0.85, 0.75, 0.95, True, "q3", "_1234base", "localgpservicesphone"),
        ("receptionist_helpful", 2.20, 0.45, 0.97, False, "q4", "_1234base", "localgpservicesreception"),
        ("website_easy", 1.20, 0.40, 0.45, True, "q73", "_1234base", "localgpserviceswebsite"),
        ("contact_good", 0.75, 0.55, 0.93, True, "q18", "base", "gpcontactoverall"),
        ("preferred_seen", -0.05, 0.70, 0.50, True, "q9", "_1234base", "localgpservicesprefhpsee"),
        ("confidence", 3.00, 0.40, 0.90, False, "q89", "_123base", "lastgpapptconf"),
        ("needs_met", 2.80, 0.40, 0.92, False, "q90", "_123base", "lastgpapptneeds"),
        ("overall_good", 1.65, 0.55, 0.98, False, "q28", "base", "overallexp"),
    )
}
#: QOF of 2018/19 in a few indicators, with all its 559 points.
QOF_POINTS: Mapping[str, int] = {
    "AF006": 29,
    "AST003": 45,
    "BP002": 15,
    "CAN003": 11,
    "CHD005": 35,
    "CKD005": 6,
    "COPD003": 35,
    "CS002": 20,
    "DEM004": 50,
    "DEP003": 10,
    "DM017": 86,
    "HF003": 29,
    "HYP006": 26,
    "MH003": 26,
    "PAL003": 78,
    "SMOK004": 43,
    "STIA007": 15,
}


def draw_views(
    resilience: tuple[np.ndarray, ...], load: np.ndarray, rng: np.random.Generator
) -> list[dict[str, np.ndarray]]:
    """Return, for each survey, the share of patients who would give a good answer to each question.

    Parameters
    ----------
    resilience : tuple of numpy.ndarray
        Resilience of the practices at each survey.
    load : numpy.ndarray
        Patients per GP, standardised.
    rng : numpy.random.Generator
    """
    shared = rng.standard_normal(len(load))
    views = []
    for theta in resilience:
        fresh = rng.standard_normal(len(load))
        general = np.sqrt(PATIENTS_STABLE) * shared + np.sqrt(1 - PATIENTS_STABLE) * fresh
        shares = {}
        for name, question in QUESTIONS.items():
            pull = LOAD_ON_ACCESS if question.access else 0.0
            alone = rng.standard_normal(len(load))
            rest = np.sqrt(QUESTIONS_SHARE) * general + np.sqrt(1 - QUESTIONS_SHARE) * alone
            z = PATIENTS_R * theta + pull * load + np.sqrt(1 - PATIENTS_R**2 - pull**2) * rest
            shares[name] = expit(question.middle + question.spread * z)
        views.append(shares)
    return views


def survey_table(
    practices: pd.DataFrame, shares: Mapping[str, np.ndarray], year: int, rng: np.random.Generator
) -> pd.DataFrame:
    """Return one survey as published in its year: weighted shares, their bases, and codes for suppressed results."""
    sent = rng.integers(280, 420, len(practices))
    received = rng.binomial(sent, rng.uniform(0.25, 0.45, len(practices)))
    # One practice with hardly any answers.
    received[rng.integers(len(practices))] = FEWEST_ANSWERS - 1
    values: dict[str, object] = {
        "practice_code": practices.index,
        "practice_name": practices["name"].str.upper().to_numpy(),
        "pcn_code": practices["pcn_code"].to_numpy(),
        "pcn_name": practices["pcn_name"].to_numpy(),
        "ics_code": "QZZ",
        "ics_name": "EXAMPLE ICS",
        "distributed": sent,
        "received": received,
        "resprate": np.round(received / sent, 10),
    }
    values |= {f"ad_{name.replace('_', '')}": v for name, v in values.items() if "_" in name}
    for name, question in QUESTIONS.items():
        base = rng.binomial(received, question.answering)
        good = rng.binomial(base, shares[name])
        few = base < FEWEST_ANSWERS
        new = question.from_2024
        share, basis = question.to_2023 if year < 2024 else (f"{new}.pcteval", f"{new}.baseevalw")
        values[share] = np.where(few, SUPPRESSED, np.round(good / np.maximum(base, 1), 10))
        values[basis] = np.where(few, SUPPRESSED, base)
    headers = layout("gpps_2018" if year < 2024 else "gpps_2024")
    return pd.DataFrame({h: values[h] for h in headers}).sort_values(headers[0])


def write_qof(
    directory: Path, practices: pd.DataFrame, theta: np.ndarray, year: int, rng: np.random.Generator
) -> dict[str, list[str]]:
    """Write achievement and maximum points of the financial year that ended in `year`; return their names."""
    latent = QOF_R * theta + np.sqrt(1 - QOF_R**2) * rng.standard_normal(len(practices))
    # Most practices come near the maximum and a few fall well short of it: a ceiling, as published.
    share = expit(3.4 + latent)
    rows = []
    for indicator, points in QOF_POINTS.items():
        patients = np.maximum(1, rng.poisson(practices["list_size"].to_numpy() * 0.03))
        reached = np.clip(share + 0.03 * rng.standard_normal(len(practices)), 0.0, 1.0)
        figures = {
            "ACHIEVED_POINTS": np.round(points * reached, 2),
            "NUMERATOR": np.round(0.9 * reached * patients),
            "DENOMINATOR": patients,
        }
        about = {"PRACTICE_CODE": practices.index, "INDICATOR_CODE": indicator}
        rows += [pd.DataFrame({**about, "MEASURE": m, "VALUE": v}) for m, v in figures.items()]
    table = pd.concat(rows).sort_values(["PRACTICE_CODE", "INDICATOR_CODE"], kind="stable")
    table = table.assign(REGION_ODS_CODE="Y00", REGION_NAME="EXAMPLE REGION")[list(layout("qof_achievement"))]
    whole = sum(QOF_POINTS.values())
    most = np.where(rng.random(len(practices)) < 0.03, whole - 3, whole)
    columns = dict(zip(layout("qof_maximum_points"), (practices.index, most), strict=True))
    span = f"{(year - 1) % 100:02d}{year % 100:02d}"
    names = {
        "qof_achievement": f"ACHIEVEMENT_EXAMPLE_REGION_{span}.csv",
        "qof_maximum_points": f"ORGANISATION_REFERENCE_{span}.csv",
    }
    write_csv(directory / names["qof_achievement"], table)
    write_csv(directory / names["qof_maximum_points"], pd.DataFrame(columns).sort_values("PRACTICE_CODE"))
    return {name: [file] for name, file in names.items()}
