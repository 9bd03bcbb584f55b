"""Public sources for invented practices, each in its publisher's own layout, with the flaws that such files have."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from resilience_stats.synthetic.workbook import write_csv, write_workbook

RATINGS = ("Inadequate", "Requires improvement", "Good", "Outstanding")
#: Share of practices at or below each rating, as ratings stood in the autumn of 2019.
RATING_CUTS = (0.012, 0.055, 0.95)
WORKFORCE_MISSING = 0.05


@dataclass(frozen=True, slots=True, kw_only=True)
class Oddities:
    """Codes behind each flaw planted in the public files."""

    workforce_missing: tuple[str, ...]
    duplicate_rating: tuple[str, ...]
    branch_code: tuple[str, ...]
    no_rating_code: tuple[str, ...]
    not_rated: tuple[str, ...]
    rated_after: tuple[str, ...]
    no_deprivation: tuple[str, ...]
    moved_pcn: tuple[str, ...]
    zero_patients: tuple[str, ...] = ("Y70001",)


@cache
def layout(name: str) -> tuple[str, ...]:
    """Return the headers of one publisher's file."""
    return tuple(json.loads(Path(__file__).with_name("layouts.json").read_text(encoding="utf-8"))[name])


def draw_oddities(practices: pd.DataFrame, rng: np.random.Generator) -> Oddities:
    """Return which practices the flaws fall on; none of them on two rating flaws at once."""
    alive = practices.index[practices["alive"]].to_numpy(dtype=str)
    missing = rng.choice(alive, max(3, round(WORKFORCE_MISSING * len(alive))), replace=False)
    picked = rng.choice(alive, min(8, len(alive)), replace=False)
    after = np.setdiff1d(rng.choice(alive, max(1, len(alive) // 12), replace=False), picked)
    return Oddities(
        workforce_missing=tuple(sorted(missing)),
        duplicate_rating=tuple(picked[0:2]),
        branch_code=tuple(picked[2:3]),
        no_rating_code=tuple(picked[3:4]),
        not_rated=tuple(picked[4:5]),
        rated_after=tuple(sorted(after)),
        no_deprivation=tuple(picked[5:7]),
        moved_pcn=tuple(picked[7:8]),
    )


def write_public(
    directory: Path,
    practices: pd.DataFrame,
    resilience: np.ndarray,
    between: tuple[pd.Timestamp, pd.Timestamp],
    oddities: Oddities,
    rng: np.random.Generator,
) -> tuple[dict[str, list[str]], list[dict[str, Any]]]:
    """Write the public files of a study; return table name -> file names, and the rows of the CQC directory."""
    before, now = between
    year = now.year - (1 if now.month >= 4 else 2)
    names: dict[str, list[str]] = {"list_size": []}
    rated: list[dict[str, Any]] = []
    for when, column in ((before, "list_size_before"), (now, "list_size")):
        name = f"gp-reg-pat-prac-all_{when:%Y-%m}.csv"
        write_csv(directory / name, _list_size(practices, column, when), crlf=True)
        names["list_size"].append(name)
    writers: dict[str, tuple[str, Callable[[Path], None]]] = {
        "ods_practices": ("epraccur.csv", lambda p: _write_ods(p, practices, between)),
        "pcn_membership": ("ePCN.xlsx", lambda p: _write_pcn(p, practices, now, oddities)),
        "workforce": (
            f"practice_level_{now - pd.DateOffset(months=2):%Y-%m}.csv",
            lambda p: write_workforce(p, practices, oddities.workforce_missing),
        ),
        "payments": (
            f"nhspaymentsgp-{year % 100:02d}-{(year + 1) % 100:02d}.csv",
            lambda p: _write_payments(p, practices, rng),
        ),
        "deprivation": ("fingertips_93553_imd2019_gp.csv", lambda p: _write_deprivation(p, practices, oddities)),
        "cqc_directory": (
            f"HSCA_Active_Locations_primary_medical_{now + pd.DateOffset(months=2):%Y-%m}.xlsx",
            lambda p: rated.extend(_write_cqc(p, practices, resilience, now, oddities, rng)),
        ),
    }
    for table, (name, write) in writers.items():
        write(directory / name)
        names[table] = [name]
    return names, rated


def _list_size(practices: pd.DataFrame, column: str, when: pd.Timestamp) -> pd.DataFrame:
    listed = practices if column == "list_size_before" else practices[practices["alive"]]
    listed = listed.sort_index()
    table = pd.DataFrame(
        {
            "PUBLICATION": "GP_PRAC_PAT_LIST",
            "EXTRACT_DATE": f"01{when:%b%Y}".upper(),
            "TYPE": "GP",
            "CCG_CODE": listed["commissioner"],
            "ONS_CCG_CODE": "E3800" + listed["commissioner"].str[1:].str.replace("A", "0").str.zfill(4),
            "CODE": listed.index,
            "POSTCODE": listed["postcode"],
            "SEX": "ALL",
            "AGE": "ALL",
            "NUMBER_OF_PATIENTS": listed[column],
        }
    )
    return table[list(layout("list_size"))]


def _write_ods(path: Path, practices: pd.DataFrame, between: tuple[pd.Timestamp, pd.Timestamp]) -> None:
    ordered = practices.sort_index()
    closed = (between[0] + (between[1] - between[0]) / 2).strftime("%Y%m%d")
    table = pd.DataFrame("", index=range(len(ordered)), columns=range(27))
    table[0], table[1], table[2], table[3] = ordered.index, ordered["name"].str.upper().to_numpy(), "Y00", "QZZ"
    table[4], table[5], table[7], table[9] = (
        "THE SURGERY",
        "HIGH STREET",
        ordered["place"].str.upper().to_numpy(),
        ordered["postcode"].to_numpy(),
    )
    table[10] = ordered["opened_on"].dt.strftime("%Y%m%d").to_numpy()
    table[11] = np.where(ordered["alive"], "", closed)
    table[12], table[13] = np.where(ordered["alive"], "A", "C"), "B"
    table[14] = table[23] = ordered["commissioner"].to_numpy()
    table[15], table[16] = "20130401", table[11]
    table[21], table[25] = "0", "4"
    # A hospital's prescribing account: in the file, and not a practice.
    other = table.iloc[:1].copy()
    other[0], other[1], other[25] = "Y79999", "EXAMPLE HOSPITAL OUT OF HOURS", "8"
    write_csv(path, pd.concat([table, other]), header=False, quote_all=True)


def _write_pcn(path: Path, practices: pd.DataFrame, now: pd.Timestamp, oddities: Oddities) -> None:
    members = practices[practices["alive"]].sort_values(["pcn_code"], kind="stable")
    # Networks began in July 2019; a study of an earlier wave has them a little before its census.
    began = min(pd.Timestamp("2019-07-01"), now - pd.Timedelta(days=200))
    start, moved = began.strftime("%Y%m%d"), (now - pd.Timedelta(days=90)).strftime("%Y%m%d")
    about = members[["commissioner"]].assign(ccg=members["place"].str.upper() + " CCG")
    network = about.assign(code=members["pcn_code"], title=members["pcn_name"].str.upper())
    network = network[["code", "title", "commissioner", "ccg"]]
    practice = pd.concat([members["name"].str.upper(), about], axis=1)
    first = network.drop_duplicates("code")
    details = [[*row, start, "", "HIGH STREET", "", "", row[3], "", "ZZ1 1AA"] for row in first.to_numpy().tolist()]
    rows: list[list[object]] = []
    for code, head, own in zip(members.index, practice.to_numpy().tolist(), network.to_numpy().tolist(), strict=True):
        other = next((row for row in first.to_numpy().tolist() if row[0] != own[0]), None)
        if code in oddities.moved_pcn and other is not None:
            rows.append([code, *head, *other, start, moved, True])
            rows.append([code, *head, *own, moved, "", True])
        else:
            rows.append([code, *head, *own, start, "", True])
    write_workbook(
        path,
        {
            "PCNDetails": [layout("pcn_details"), *details],
            "PCN Core Partner Details": [layout("pcn_membership"), *rows],
        },
    )


def write_workforce(path: Path, practices: pd.DataFrame, missing: tuple[str, ...]) -> None:
    """Write the workforce of the practices that are there, without data of those `missing`."""
    staffed = practices[practices["alive"]].sort_index()
    values: dict[str, object] = {
        "PRAC_CODE": staffed.index,
        "PRAC_NAME": staffed["name"].str.upper(),
        "PCN_CODE": staffed["pcn_code"],
        "PCN_NAME": staffed["pcn_name"].str.upper(),
        "SUB_ICB_CODE": staffed["commissioner"],
        "SUB_ICB_NAME": staffed["place"].str.upper() + " CCG",
        "TOTAL_PATIENTS": staffed["list_size"],
        "TOTAL_NURSES_HC": np.ceil(staffed["nurse_fte"] / 0.7).astype(int),
        "TOTAL_NURSES_FTE": staffed["nurse_fte"],
        "TOTAL_DPC_HC": np.ceil(staffed["dpc_fte"] / 0.7).astype(int),
        "TOTAL_DPC_FTE": staffed["dpc_fte"],
        "TOTAL_ADMIN_HC": np.ceil(staffed["admin_fte"] / 0.7).astype(int),
        "TOTAL_ADMIN_FTE": staffed["admin_fte"],
        "TOTAL_ADMIN_MANAGER_FTE": staffed["manager_fte"],
    }
    values |= {f"TOTAL_GP_{kind}HC": staffed["gp_headcount"] for kind in ("", "EXTG_", "EXTGL_")}
    values |= {f"TOTAL_GP_{kind}FTE": staffed["gp_fte"] for kind in ("", "EXTG_", "EXTGL_")}
    values |= {f"{group}_SOURCE": "Fully provided" for group in ("GP", "NURSE", "DPC", "ADMIN")}
    table = pd.DataFrame(values, index=staffed.index)[list(layout("workforce"))].astype(object)
    groups = {"GP": "TOTAL_GP_", "NURSE": "TOTAL_N", "DPC": "TOTAL_DPC", "ADMIN": "TOTAL_ADMIN"}
    # The three ways in which the publisher has written that it has no data: 0 and ND before February 2023, NA since.
    for i, code in enumerate(missing):
        text, source = (("NA", "No data provided"), ("ND", "No valid or current data"), ("0", "No data provided"))[
            i % 3
        ]
        for group, start in groups.items() if i % 2 == 0 else (("GP", groups["GP"]),):
            table.loc[code, [c for c in table.columns if c.startswith(start)]] = text
            table.loc[code, f"{group}_SOURCE"] = source
    write_csv(path, table)


def _write_payments(path: Path, practices: pd.DataFrame, rng: np.random.Generator) -> None:
    paid = practices[practices["alive"]].sort_index()
    qof = (0.09 * paid["payments_core"]).round(2)
    total = paid["payments_core"] + paid["payments_drugs"] + paid["payments_premises"]
    values: dict[str, object] = {
        "NHS England (Region) code": "Y00",
        "NHS England (Region) Name": "EXAMPLE REGION",
        "CCG Code": paid["commissioner"],
        "CCG NAME": paid["place"].str.upper() + " CCG",
        "Practice Code": paid.index,
        "Practice Name": paid["name"].str.upper(),
        "Practice Address": "THE SURGERY HIGH STREET",
        "Practice Postcode": paid["postcode"],
        "Practice Open Date": paid["opened_on"].dt.strftime("%d/%m/%Y"),
        "Practice Close Date": "",
        "Contract Type": paid["contract_type"],
        "Dispensing Practice": np.where(paid["dispensing"], "Yes", "No"),
        "Practice type": "GP practice",
        "Practice Rurality": np.where(paid["rural"], "Rural", "Urban"),
        "Atypical characteristics": "",
        "Number of Registered Patients (Last Known Figure)": paid["list_size"],
        "Number of Weighted Patients (Last Known Figure)": paid["weighted_patients"],
        "Average payments per registered patient": (total / paid["list_size"]).round(2),
        "Average payments per weighted patient": (total / paid["weighted_patients"]).round(2),
        "Global Sum": (paid["payments_core"] - qof).round(2),
        "Total QOF Payments": qof,
        "Premises Payments": paid["payments_premises"],
        "Reimbursement of Drugs": paid["payments_drugs"],
        "Total NHS Payments to General Practice": total.round(2),
        "Deductions for Pensions, Levies and Prescription Charge Income": (-0.05 * total).round(2),
        "Total NHS Payments to General Practice Minus Deductions": (0.95 * total).round(2),
    }
    headers = list(layout("payments"))
    table = pd.DataFrame({h: values.get(h, 0) for h in headers}, index=paid.index).astype(object)
    unknown = rng.choice(paid.index.to_numpy(dtype=str), max(1, len(paid) // 100), replace=False)
    table.loc[unknown, "Practice Rurality"] = "Missing"
    # A code that was paid although it has no patients left.
    ghost = dict.fromkeys(headers, "0") | {h: table.iloc[0][h] for h in headers[:5]}
    ghost |= {
        "Practice Code": "Y70001",
        "Practice Name": "CLOSED SURGERY",
        "Practice Open Date": "01/04/1974",
        "Practice Close Date": "31/03/2019",
        "Contract Type": "Unknown",
        "Practice Rurality": "Missing",
        "Dispensing Practice": "Unknown",
        "Atypical characteristics": "",
    }
    write_csv(path, pd.concat([table, pd.DataFrame([ghost])[headers]]), crlf=True, bom=True)


def _write_deprivation(path: Path, practices: pd.DataFrame, oddities: Oddities) -> None:
    scored = practices[practices["alive"] & ~practices.index.isin(oddities.no_deprivation)].sort_index()
    country = {
        "Area Code": ["E92000001", "E92000001"],
        "Area Name": "England",
        "Area Type": "England",
        "Value": scored["imd_score"].mean(),
    }
    values = {
        "Area Code": scored.index,
        "Area Name": scored["name"],
        "Area Type": "GP",
        "Parent Code": "E92000001",
        "Parent Name": "England",
    }
    both = pd.concat([pd.DataFrame(country), pd.DataFrame({**values, "Value": scored["imd_score"]})])
    shared = {
        "Indicator ID": "93553",
        "Indicator Name": "Deprivation score (IMD 2019)",
        "Sex": "Persons",
        "Age": "All ages",
        "Time period": "2019",
        "Recent Trend": "Cannot be calculated",
        "Compared to England value or percentiles": "Not compared",
        "Compared to percentiles": "Not compared",
        "Time period Sortable": "20190000",
        "Time period range": "1y",
    }
    write_csv(path, both.assign(**shared).reindex(columns=list(layout("deprivation"))))


def _write_cqc(
    path: Path,
    practices: pd.DataFrame,
    resilience: np.ndarray,
    now: pd.Timestamp,
    oddities: Oddities,
    rng: np.random.Generator,
) -> list[dict[str, Any]]:
    held = practices.assign(latent=0.25 * resilience + rng.standard_normal(len(practices)))[
        practices["alive"]
    ].sort_index()
    # Deprivation tells a little against the rating, as it does in published ratings.
    latent = held["latent"] - 0.15 * (held["imd_score"] - held["imd_score"].mean()) / held["imd_score"].std()
    rating = np.array(RATINGS)[np.searchsorted(RATING_CUTS, latent.rank(pct=True).to_numpy())]
    days = np.where(np.isin(rating, RATINGS[:2]), rng.integers(20, 500, len(held)), rng.integers(60, 1700, len(held)))
    late = held.index.isin(oddities.rated_after)
    published = now - pd.to_timedelta(np.where(late, -rng.integers(5, 55, len(held)), days), unit="D")
    rows = []
    for i, r in enumerate(held.itertuples()):
        row = {
            "Location ID": f"1-{100000000 + i}",
            "Location HSCA start date": pd.Timestamp("2013-04-01"),
            "Dormant (Y/N)": "N",
            "Care home?": "N",
            "Location Name": r.name,
            "Location ODS Code": r.Index,
            "Location Type/Sector": "Primary Medical Services",
            "Location Inspection Directorate": "Primary medical services",
            "Location Primary Inspection Category": "GP Practices",
            "Location Latest Overall Rating": str(rating[i]),
            "Publication Date": published[i].normalize(),
            "Inherited Rating (Y/N)": "Y" if i % 19 == 3 else "N",
            "Location Commissioning CCG Code": r.commissioner,
            "Location Postal Code": r.postcode,
            "Brand ID": "-",
            "Brand Name": "-",
            "Provider ID": f"1-{200000000 + i}",
            "Provider Name": r.name,
            "Service type - Doctors treatment service": "Y",
        }
        rows += _flawed(row, str(r.Index), oddities)
    write_cqc_directory(path, rows)
    return rows


def write_cqc_directory(path: Path, rows: list[dict[str, Any]]) -> None:
    """Write rows of locations in the layout of the care directory."""
    headers = layout("cqc_directory")
    write_workbook(path, {"HSCA_Active_Locations": [headers, *([row.get(h, "") for h in headers] for row in rows)]})


def _flawed(row: dict[str, Any], code: str, oddities: Oddities) -> list[dict[str, Any]]:
    if code in oddities.no_rating_code:
        return [row | {"Location ODS Code": ""}]
    if code in oddities.not_rated:
        return [row | {"Location Latest Overall Rating": "Not Rated", "Publication Date": None}]
    if code in oddities.branch_code:
        branch = {
            "Location ID": row["Location ID"] + "9",
            "Location ODS Code": f"{code}001",
            "Location Name": f"{row['Location Name']} (branch)",
        }
        return [row, row | branch]
    if code in oddities.duplicate_rating:
        earlier = {"Location ID": row["Location ID"] + "8", "Location Latest Overall Rating": "Requires improvement"}
        return [row, row | earlier | {"Publication Date": row["Publication Date"] - pd.Timedelta(days=400)}]
    if code.endswith("7"):
        return [row | {"Location ODS Code": f" {code}"}]
    return [row]
