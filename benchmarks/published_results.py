"""Published results against the public files of later years: published, ours, agree or why not.

    OPENBLAS_NUM_THREADS=1 python benchmarks/published_results.py DIR [--write]

DIR holds the publishers' files. With --write the table goes into data/schema/reference/published_effects.json.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

import resilience_stats as rs
from resilience_stats.loaders import load_workforce
from resilience_stats.models.published_effects import compare_with_published
from resilience_stats.report.national_frame import load_national_frame
from resilience_stats.resources import schema_directory

LEVELS = ("Inadequate", "Requires improvement", "Good", "Outstanding")
AS_PUBLISHED = ["log_list_size", "imd_score", "dispensing", "rural", "pms", "apms"]
BANDS = (0, 2500, 5000, 7500, 10000, 15000, 10**7)
BAND_NAMES = ("below 2,500", "to 5,000", "to 7,500", "to 10,000", "to 15,000", "above")
PUBLISHED_BANDS = (0.347, 0.161, 0.089, 0.060, 0.044, 0.014)
PUBLISHED_AUC = {"inadequate": 0.64, "requires_improvement_or_worse": 0.57, "below_outstanding": 0.66}
WORSE = {
    "inadequate": LEVELS[:1],
    "requires_improvement_or_worse": LEVELS[:2],
    "below_outstanding": LEVELS[:3],
}
LATER = "Ratings standing in January 2026, two years after the published ones; most old ratings stand unchanged."
FIRST_ROUND = (
    "Every rating published before 2018 that still stands is good or outstanding: those that were worse have been "
    "replaced, so the first round of inspections cannot be repeated from this file."
)
GONE = (
    "The deprivation file was made after most of these codes had gone, so few of those that vanished have a score, and "
    "the files span two years instead of four."
)
WHY = {
    "ratings_2017_payments": FIRST_ROUND + " All NHS payments but drugs, dispensing and premises stand for capitation.",
    "ratings_2017_imd": FIRST_ROUND, "ratings_2017_single_handed": FIRST_ROUND, "ratings_2017_rural": FIRST_ROUND,
    "ratings_2017_dispensing": FIRST_ROUND,
    "ratings_2024_inadequate_list": "19 inadequate practices against 55: few events. " + LATER,
    "ratings_2024_inadequate_imd": "19 inadequate practices against 55: few events. " + LATER,
}  # fmt: skip


def rated_practices(practices: pd.DataFrame) -> pd.DataFrame:
    """Practices as in the published analysis: rated, 1,000 patients or more, contract and dispensing known."""
    d = practices[practices["list_size"].ge(1000) & practices["cqc_rating"].notna()].copy()
    d = contracts(d.dropna(subset=["contract_type", "dispensing", "imd_score", "rurality"]))
    d["rating"] = pd.Categorical(d["cqc_rating"], LEVELS, ordered=True)
    d["log_list_size"] = standardise(d["log_list_size"])
    limits = d["payments_per_weighted_patient"].quantile([0.01, 0.99])
    d["payments_per_weighted_patient"] = standardise(d["payments_per_weighted_patient"].clip(*limits))
    d["single_handed"] = d["single_handed"].astype(float)
    return d.assign(imd_score=d["imd_score"] / 10)


def contracts(d: pd.DataFrame) -> pd.DataFrame:
    made = {k: d["contract_type"].eq(k.upper()).astype(float) for k in ("pms", "apms")}
    return d.assign(rural=d["rurality"].eq("Rural").astype(float), dispensing=d["dispensing"].astype(float), **made)


def standardise(x: pd.Series) -> pd.Series:
    return (x - x.mean()) / x.std()


def codes_gone(before: pd.DataFrame, after: pd.DataFrame) -> pd.DataFrame:
    """Codes of 2020-21, and whether they were gone from payments two years later."""
    d = contracts(before[before["list_size"].ge(1000)].dropna(subset=["contract_type", "dispensing", "rurality"]))
    later = after.index[after["paid"]]
    return d.assign(
        gone=(~d.index.isin(later)).astype(int), imd_score=d["imd_score"] / 10, log2_list_size=np.log2(d["list_size"])
    )


def gone_by_size(workforce: pd.DataFrame, after: pd.DataFrame) -> pd.DataFrame:
    """Codes of 2017-18, their size, and whether they were gone from payments in 2022-23."""
    d = workforce[workforce["patients"].ge(1000)].drop_duplicates("practice_code").set_index("practice_code")
    gone = (~d.index.isin(after.index[after["paid"]])).astype(int)
    band = pd.cut(d["patients"], list(BANDS), labels=list(BAND_NAMES), right=False)
    return pd.DataFrame({"gone": gone, "band": band, "log2_list_size": np.log2(d["patients"])}, index=d.index)


def compare(fit: Any, outcome: str, prefix: str, events: int, *, better: int, scale: str = "log_odds") -> pd.DataFrame:
    made = compare_with_published(fit, scale=scale, outcome=outcome, outcome_better=better).tidy()
    made = made[made["id"].str.startswith(prefix)]
    ours = np.exp(made[["estimate", "conf_low", "conf_high"]])
    frame = pd.DataFrame({
        "id": made["id"], "label": made["label"], "unit": made["unit"], "outcome": outcome,
        "published": made["published"], "published_low": made["published_low"],
        "published_high": made["published_high"], "ours": ours["estimate"], "ours_low": ours["conf_low"],
        "ours_high": ours["conf_high"], "difference_p_value": made["difference_p_value"],
        "n": int(fit.fit["n"]), "events": events, "verdict": made["agreement"],
    })  # fmt: skip
    why = made["id"].map(WHY).fillna(GONE if prefix.startswith("survival") else LATER)
    unclear = made["published_low"].lt(1) & made["published_high"].gt(1)
    why = why.mask(unclear, "The published interval contains 1 too: neither shows an effect. " + why)
    return frame.assign(why=why.where(made["agreement"].ne("agrees"), ""))


def ratings_tables(d: pd.DataFrame) -> tuple[list[pd.DataFrame], dict[str, Any]]:
    bad = int(d["cqc_rating"].isin(LEVELS[:2]).sum())
    ordinal = rs.fit_ordinal(d, "rating", AS_PUBLISHED)
    points = d.assign(imd_score=d["imd_score"] * 10)
    funding = rs.fit_ordinal(
        points, "rating", ["payments_per_weighted_patient", "single_handed", "imd_score", "rural", "dispensing"]
    )
    parts = [compare(funding, "better_rating", "ratings_2017", bad, better=1)]
    parts.append(compare(ordinal, "better_rating", "ratings_2024", bad, better=1))
    tests = ordinal.tests[ordinal.tests["test"] == "nominal"]
    figures: dict[str, Any] = {
        "proportional_odds": dict(zip(tests["term"], tests["p_value"].round(6), strict=True)), "auc": {},
        "means": d.groupby("rating", observed=False)[["gp_fte_per_1000", "list_size"]].mean().round(3).to_dict(),
        "standing_before_2018": d[d["published_on"] < "2018-01-01"]["rating"].value_counts().to_dict(),
    }  # fmt: skip
    for outcome, levels in WORSE.items():
        event = d.assign(event=d["cqc_rating"].isin(levels).astype(int))
        penalty = "firth" if event["event"].sum() < 50 else "none"
        fit = rs.fit_logistic(event, "event", AS_PUBLISHED, penalty=penalty, check_budget="off")
        figures["auc"][outcome] = {"published": PUBLISHED_AUC[outcome], "ours": round(float(fit.fit["c_statistic"]), 4)}
        parts.append(compare(fit, outcome, "ratings_2024", int(event["event"].sum()), better=-1))
    return parts, figures


def survival_tables(d: pd.DataFrame, by_size: pd.DataFrame) -> tuple[list[pd.DataFrame], dict[str, Any]]:
    known = d.dropna(subset=["imd_score"])
    events = int(known["gone"].sum())
    off: dict[str, Any] = {"check_budget": "off"}
    crude = rs.fit_logistic(known, "gone", ["imd_score"], **off)
    terms = ["log2_list_size", "imd_score", "dispensing", "rural", "pms", "apms"]
    adjusted = rs.fit_logistic(known, "gone", terms, penalty="firth", **off)
    size = rs.fit_logistic(by_size, "gone", ["log2_list_size"], **off)
    parts = [
        compare(crude, "code_gone_unadjusted", "survival", events, better=-1),
        compare(adjusted, "code_gone", "survival", events, better=-1).query("id != 'survival_2023_list'"),
        compare(size, "code_gone", "survival_2023_list", int(by_size["gone"].sum()), better=-1),
    ]
    shares = by_size.groupby("band", observed=False)["gone"].mean().round(4)
    figures = {
        "gone_by_size": [
            {"band": band, "published": known_share, "ours": float(share)}
            for band, known_share, share in zip(BAND_NAMES, PUBLISHED_BANDS, shares, strict=True)
        ],
        "without_deprivation_score": {"codes": int(d["imd_score"].isna().sum()),
                                      "gone": int(d.loc[d["imd_score"].isna(), "gone"].sum())},
    }  # fmt: skip
    return parts, figures


def published_results(data: Path) -> tuple[pd.DataFrame, dict[str, Any]]:
    """The table, and the figures that are not odds ratios."""
    after = load_national_frame(data).practices
    before = load_national_frame(data, year="20-21", rated=False).practices
    workforce = load_workforce(next(data.rglob("practice_level_2017-18.csv")), on_error="set_aside")
    rated, first = ratings_tables(rated_practices(after))
    gone, second = survival_tables(codes_gone(before, after), gone_by_size(workforce, after))
    return pd.concat([*rated, *gone], ignore_index=True), first | second


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("data", type=Path)
    parser.add_argument("--write", action="store_true")
    chosen = parser.parse_args()
    table, figures = published_results(chosen.data)
    print(table.drop(columns=["why", "unit"]).round(3).to_string())
    print(json.dumps(figures, indent=1, default=str))
    if chosen.write:
        path = schema_directory() / "reference" / "published_effects.json"
        held = json.loads(path.read_text(encoding="utf-8"))
        held["on_real_data"] = json.loads(table.to_json(orient="records"))
        held["figures"] = json.loads(json.dumps(figures, default=str))
        path.write_text(json.dumps(held, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
