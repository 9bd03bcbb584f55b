"""Invented practices: codes that no practice has, with sizes, staff and surroundings of the usual spread."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

#: Median of the list size and standard deviation of its logarithm.
LIST_MEDIAN, LIST_LOG_SD = 8000.0, 0.59
PLACES = ("Ashmere Vale", "Brook Hundred", "Dunmarsh", "Elmstone")
#: One sub-ICB location per place; three-character codes that are not in use.
COMMISSIONERS = ("ZA1", "ZA2", "ZA3", "ZA4")
NAME_HEADS = (
    "Abbot",
    "Beech",
    "Cedar",
    "Drovers",
    "Eastgate",
    "Fern",
    "Grange",
    "Hollow",
    "Ivy",
    "Juniper",
    "Kiln",
    "Larch",
    "Mill",
    "North",
    "Orchard",
    "Priory",
    "Quarry",
    "Rowan",
    "Station",
    "Thorn",
    "Union",
    "Vicarage",
    "Water",
    "Yew",
)
NAME_MIDDLES = (
    "",
    " Bank",
    " Bridge",
    " Court",
    " Green",
    " Hill",
    " House",
    " Lane",
    " Park",
    " Road",
    " Street",
    " View",
)
NAME_TAILS = ("Surgery", "Medical Centre", "Health Centre", "Practice", "Medical Practice")
#: Correlations of the standard normal variables behind size, deprivation and staff.
TRAITS = ("size", "deprivation", "gp", "nurse", "admin", "payment", "growth")
TRAIT_R = {
    ("deprivation", "gp"): -0.25,
    ("size", "deprivation"): -0.10,
    ("size", "nurse"): 0.15,
    ("gp", "nurse"): -0.10,
    ("gp", "admin"): 0.20,
    ("nurse", "admin"): 0.20,
    ("deprivation", "payment"): -0.15,
    ("gp", "payment"): 0.20,
    ("size", "growth"): 0.15,
}
#: Predictors that a driver can be planted on.
PREDICTORS = (
    "gp_fte_per_1000",
    "nurse_fte_per_1000",
    "admin_fte_per_1000",
    "patients_per_gp",
    "log_list_size",
    "list_growth_12m",
    "imd_score",
    "payments_per_weighted_patient",
)
#: Fate of the codes that were alive at the previous wave and are dead at this one, one letter each in this order.
FATES = ("merge", "merge", "takeover", "closure")


def invent_practices(practices: int, rng: np.random.Generator, *, fates: tuple[str, ...] = FATES) -> pd.DataFrame:
    """Return invented practices, one row each, indexed by practice code.

    Parameters
    ----------
    practices : int
        How many practices there are in the frame today.
    rng : numpy.random.Generator
    fates : tuple of str
        One more practice for each, which was there at the previous wave and is not now.

    Returns
    -------
    pandas.DataFrame
        Index ``practice_code``; ``alive`` says whether it is in the frame today, ``fate`` and ``successor`` what became
        of the others; then names, places, PCN, list sizes, staff, deprivation, payments.
    """
    total = practices + len(fates)
    traits = _draw_traits(total, rng)
    frame = _identities(total, rng)
    frame["list_size"] = np.maximum(900, np.round(np.exp(np.log(LIST_MEDIAN) + LIST_LOG_SD * traits["size"]))).astype(
        int
    )
    frame["alive"] = np.arange(total) < practices
    frame["fate"], frame["successor"] = "", ""
    frame = frame.assign(**_surroundings(frame, traits, rng))
    frame = _give_fates(frame, fates)
    frame = frame.assign(**_growth(frame, traits), **_staff(frame, traits), **_payments(frame, traits, rng))
    return frame


def predictors(practices: pd.DataFrame) -> pd.DataFrame:
    """Return the true value of every continuous predictor that a driver can be planted on.

    Notes
    -----
    Written from the definitions and not from the package's features, so that each checks the other: staff per 1,000
    registered patients, the natural logarithm of list size, growth in per cent of the list a year before with merged
    lists added up, and pounds per weighted patient without drugs, dispensing and premises.
    """
    thousands = practices["list_size"] / 1000
    return pd.DataFrame(
        {
            "gp_fte_per_1000": practices["gp_fte"] / thousands,
            "nurse_fte_per_1000": practices["nurse_fte"] / thousands,
            "admin_fte_per_1000": practices["admin_fte"] / thousands,
            "patients_per_gp": practices["list_size"] / practices["gp_fte"],
            "log_list_size": np.log(practices["list_size"]),
            "list_growth_12m": 100 * (practices["list_size"] / practices["list_size_before_with_merged"] - 1),
            "imd_score": practices["imd_score"],
            "payments_per_weighted_patient": practices["payments_core"] / practices["weighted_patients"],
        }
    )


def _draw_traits(n: int, rng: np.random.Generator) -> Mapping[str, np.ndarray]:
    correlation = np.eye(len(TRAITS))
    for (a, b), r in TRAIT_R.items():
        i, j = TRAITS.index(a), TRAITS.index(b)
        correlation[i, j] = correlation[j, i] = r
    drawn = rng.standard_normal((n, len(TRAITS))) @ np.linalg.cholesky(correlation).T
    return dict(zip(TRAITS, drawn.T, strict=True))


def _identities(n: int, rng: np.random.Generator) -> pd.DataFrame:
    codes = np.sort(rng.choice(np.arange(90000, 100000), n, replace=False))
    rng.shuffle(codes)
    place = rng.choice(len(PLACES), n, p=(0.35, 0.30, 0.20, 0.15))
    pcn = _group_into_pcns(place, rng)
    names = [f"{head}{middle} {tail}" for tail in NAME_TAILS for middle in NAME_MIDDLES for head in NAME_HEADS]
    order = rng.permutation(len(names))
    return pd.DataFrame(
        {
            "name": [
                f"{names[order[i % len(names)]]}{'' if i < len(names) else f' {i // len(names) + 1}'}" for i in range(n)
            ],
            "place": np.array(PLACES)[place],
            "commissioner": np.array(COMMISSIONERS)[place],
            "pcn_code": [f"U{k + 1:05d}" for k in pcn],
            "pcn_name": [f"{PLACES[p]} {k + 1} PCN" for p, k in zip(place, pcn, strict=True)],
            "postcode": [
                f"ZZ{1 + k % 99} {rng.integers(1, 10)}{a}{b}" for k, (a, b) in zip(pcn, _letters(n, rng), strict=True)
            ],
            "contract_type": "GMS",
            "opened_on": pd.Timestamp("1974-04-01"),
            "inside_id": np.arange(n),
        },
        index=pd.Index([f"Y{c}" for c in codes], name="practice_code"),
    )


def _letters(n: int, rng: np.random.Generator) -> np.ndarray:
    # The letters that the second half of a postcode may have.
    return rng.choice(list("ABDEFGHJLNPQRSTUWXYZ"), (n, 2))


def _group_into_pcns(place: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Return a PCN number per practice: about five practices each, all of one place."""
    pcn, used = np.zeros(len(place), dtype=int), 0
    for p in range(len(PLACES)):
        members = rng.permutation(np.flatnonzero(place == p))
        count = max(1, round(len(members) / 5))
        pcn[members] = used + np.arange(len(members)) % count
        used += count
    return pcn


def _surroundings(
    frame: pd.DataFrame, traits: Mapping[str, np.ndarray], rng: np.random.Generator
) -> dict[str, np.ndarray]:
    n = len(frame)
    rural = rng.random(n) < np.where(frame["place"].isin(PLACES[2:]), 0.45, 0.05)
    deprivation = np.exp(np.log(18.5) + 0.42 * traits["deprivation"] - 0.25 * rural)
    return {
        "rural": rural,
        "dispensing": rural & (rng.random(n) < 0.6),
        "imd_score": np.round(np.clip(deprivation, 3.5, 75.0), 10),
    }


def _give_fates(frame: pd.DataFrame, fates: tuple[str, ...]) -> pd.DataFrame:
    frame = frame.copy()
    alive = frame.index[frame["alive"]]
    taken: list[str] = []
    for code, fate in zip(frame.index[~frame["alive"]], fates, strict=True):
        near = [c for c in alive[frame.loc[alive, "pcn_code"] == frame.at[code, "pcn_code"]] if c not in taken]
        frame.loc[code, "fate"] = fate
        # Practices that end are small ones, as public lists show; the growth of the heir stays in bounds.
        frame.loc[code, "list_size"] = 1500 + frame.loc[code, "list_size"] % 1500
        if fate != "closure":
            heir = near[0] if near else next(c for c in alive if c not in taken)
            frame.loc[code, "successor"] = heir
            taken.append(heir)
            frame.loc[heir, "list_size"] += frame.loc[code, "list_size"]
    return frame


def _growth(frame: pd.DataFrame, traits: Mapping[str, np.ndarray]) -> dict[str, pd.Series]:
    growth = np.where(frame["alive"], np.clip(0.015 + 0.03 * traits["growth"], -0.08, 0.12), 0.0)
    merged = (frame["list_size"] / (1 + growth)).round().astype(int)
    inherited = frame.loc[frame["successor"] != ""].set_index("successor")["list_size"]
    alone = merged - inherited.reindex(frame.index).fillna(0).astype(int)
    return {"list_size_before": alone, "list_size_before_with_merged": merged}


def _staff(frame: pd.DataFrame, traits: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    thousands = frame["list_size"].to_numpy() / 1000
    gp = np.round(thousands * np.clip(0.50 + 0.13 * traits["gp"], 0.12, None), 2)
    nurse = np.round(thousands * np.clip(0.27 + 0.09 * traits["nurse"], 0.03, None), 2)
    admin = np.round(thousands * np.clip(1.15 + 0.28 * traits["admin"], 0.3, None), 2)
    return {
        "gp_fte": gp,
        "gp_headcount": np.maximum(1, np.round(gp / 0.85)).astype(int),
        "nurse_fte": nurse,
        "dpc_fte": np.round(0.8 * nurse, 2),
        "admin_fte": admin,
        "manager_fte": np.round(np.clip(0.1 * admin, 0.4, None), 2),
    }


def _payments(frame: pd.DataFrame, traits: Mapping[str, np.ndarray], rng: np.random.Generator) -> dict[str, np.ndarray]:
    weight = np.clip(1.0 + 0.07 * traits["deprivation"] + 0.05 * rng.standard_normal(len(frame)), 0.8, 1.4)
    weighted = np.round(frame["list_size"].to_numpy() * weight, 2)
    per_weighted = np.clip(118 + 14 * traits["payment"], 70, None)
    drugs = np.where(frame["dispensing"], np.round(weighted * 22.0, 2), np.round(weighted * 0.4, 2))
    return {
        "weighted_patients": weighted,
        "payments_core": np.round(weighted * per_weighted, 2),
        "payments_drugs": drugs,
        "payments_premises": np.round(weighted * (12 + 6 * rng.random(len(frame))), 2),
    }
