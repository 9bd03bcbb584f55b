"""Published tables, checked before they are believed: odds ratios, and outcomes of special measures."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from scipy.stats import fisher_exact

from resilience_stats.errors import ModelError, require_choice
from resilience_stats.models.inputs import require_columns
from resilience_stats.resources import schema_directory
from resilience_stats.results import Result, note
from resilience_stats.results.tidy import tidy_frame
from resilience_stats.stats.proportions import wilson
from resilience_stats.stats.published import centre_range, implied_error, percent_rounds_to, rounding_half


def check_published_table(
    table: pd.DataFrame,
    *,
    estimate: str = "estimate",
    conf_low: str = "conf_low",
    conf_high: str = "conf_high",
    term: str | None = None,
    kind: str = "ratio",
    decimals: int | None = None,
    conf_level: float = 0.95,
) -> Result:
    """Return, for each row of a published table, whether its interval can belong to its estimate.

    Parameters
    ----------
    table : pandas.DataFrame
        One row an estimate. Text keeps the number of decimals as printed; for numbers it is `decimals`, by default the
        largest number of decimals in the table.
    estimate, conf_low, conf_high : str
        Columns.
    term : str, optional
        Column of labels; default ``term`` where there is one, else the index.
    kind : {"ratio", "difference"}
        Odds, risk, hazard ratios have limits symmetric on the logarithmic scale, differences on their own.
    decimals : int, optional
    conf_level : float

    Returns
    -------
    Result
        `tidy()`: `term, estimate, std_error` (implied by the limits, of the logarithm for a ratio), `conf_low,
        conf_high, implied_low, implied_high` (estimates that the rounded limits allow), `contained, symmetric,
        consistent, problem`. `glance()`: `n, flagged`. One note for each row flagged.

    Raises
    ------
    ModelError
        For missing columns, or ratios that are not positive.

    Notes
    -----
    Every number is known to half a unit of its last place. A row is flagged where no estimate within that is the
    middle of limits within theirs, or where the estimate lies outside its interval.

    Examples
    --------
    >>> rows = pd.DataFrame({"term": ["rural", "London"], "estimate": ["1.50", "0.56"],
    ...                      "conf_low": ["1.18", "0.93"], "conf_high": ["1.92", "0.98"]})
    >>> check_published_table(rows).tidy()["consistent"].tolist()
    [True, False]
    """
    require_choice(kind, ("ratio", "difference"), "kind")
    require_columns(table, [estimate, conf_low, conf_high, *([term] if term else [])], "estimate, conf_low, conf_high")
    label = term or ("term" if "term" in table.columns else None)
    names = [str(v) for v in (table[label] if label else table.index)]
    columns = [table[c] for c in (estimate, conf_low, conf_high)]
    (value, low, high), halves = _numbers(columns), _halves(columns, decimals)
    ratio = kind == "ratio"
    if ratio and (np.minimum(np.minimum(value, low), high) <= 0).any():
        raise ModelError("a ratio is above 0", where="argument table", action="Give kind='difference' for differences.")
    least, most = centre_range(low, high, halves[1], halves[2], ratio=ratio)
    slack = 1e-9
    symmetric = (value + halves[0] >= least - slack) & (value - halves[0] <= most + slack)
    contained = (value + halves[0] >= low - halves[1] - slack) & (value - halves[0] <= high + halves[2] + slack)
    contained &= low <= high
    problems = [_problem(c, s, a, b) for c, s, a, b in zip(contained, symmetric, least, most, strict=True)]
    consistent = symmetric & contained
    frame = tidy_frame(
        term=names, estimate=value, std_error=implied_error(low, high, conf_level, ratio=ratio), conf_low=low,
        conf_high=high, implied_low=least, implied_high=most, contained=contained, symmetric=symmetric,
        consistent=consistent, problem=problems,
    )  # fmt: skip
    notes = tuple(
        note("inconsistent-row", f"{n}: {p}. Do not use this row.") for n, p in zip(names, problems, strict=True) if p
    )
    return Result(estimates=frame, fit={"n": len(names), "flagged": int((~consistent).sum())}, notes=notes)


def _numbers(columns: Sequence[pd.Series]) -> list[np.ndarray]:
    return [pd.to_numeric(c).to_numpy(dtype=float) for c in columns]


def _halves(columns: Sequence[pd.Series], decimals: int | None) -> list[np.ndarray]:
    """Half a unit in the last place of every number, column by column."""
    printed = [[v if isinstance(v, str) else f"{float(v):.10g}" for v in c] for c in columns]
    if decimals is None and all(isinstance(v, str) for c in columns for v in c):
        return [np.array([rounding_half(v) for v in c]) for c in printed]
    places = decimals if decimals is not None else max(len(v.partition(".")[2]) for c in printed for v in c)
    return [np.full(len(c), 0.5 * 10.0**-places) for c in printed]


def _problem(contained: bool, symmetric: bool, least: float, most: float) -> str:
    said = [] if contained else ["the estimate lies outside its interval"]
    if not symmetric:
        said.append(f"the interval implies an estimate of {least:.3f} to {most:.3f}")
    return "; ".join(said)


def published_odds_ratios() -> pd.DataFrame:
    """Return the published adjusted odds ratios of a better rating (2014 to 2017), as printed.

    Returns
    -------
    pandas.DataFrame
        Columns `term, estimate, conf_low, conf_high`, as text so that printed decimals are kept; two rows are
        misprints, which `check_published_table` finds.

    Examples
    --------
    >>> flagged = check_published_table(published_odds_ratios()).tidy().query("not consistent")
    >>> flagged["term"].tolist()
    ['Aged 75 or over, %', 'London against North']
    """
    held = _reference("ratings_odds_ratios_2019")
    return pd.DataFrame(held["rows"], columns=held["columns"])


def special_measures_reference(*, conf_level: float = 0.95) -> Result:
    """Return the published outcomes of support in special measures, every denominator with its interval.

    Returns
    -------
    Result
        `tidy()`: `term, estimate` (share), `conf_low, conf_high` (Wilson), `label, count, denominator, group`
        (``supported``, ``comparator``, ``flow``), and for rows that print a percentage `printed_percent` and
        `printed_right`. `glance()`: identities checked and failed, printed percentages checked and failed, and Fisher's
        exact p of supported against all inadequate practices re-inspected (`improved_p_value, good_p_value`). Notes
        name each number that does not follow from the counts.

    Notes
    -----
    Supported practices are among the comparator: the p-values describe, they do not test support.

    Examples
    --------
    >>> made = special_measures_reference()
    >>> made.tidy().query("printed_right == False")["label"].tolist()
    ['Stays in special measures']
    >>> shares = made.tidy().set_index("term")[["estimate", "conf_low", "conf_high"]]
    >>> shares.loc["left_of_reinspected"].round(3).tolist()
    [0.736, 0.604, 0.836]
    """
    held = _reference("rcgp_special_measures")
    rows = [*_printed_rows(held["rows"]), *_shares(held["proportions"], "supported")]
    rows += _shares(held["comparator"]["rows"], "comparator")
    total = held["flow"]["total"]["count"]
    rows += _shares([{**p, "denominator": total} for p in held["flow"]["parts"]], "flow")
    frame = _share_frame(rows, conf_level)
    checked, failed = _identities(held)
    wrong = [r for r in rows if r["printed_right"] is False]
    notes = [
        note("printed-percentage", f"{r['label']}: {r['count']} of {r['denominator']} is "
             f"{100 * r['count'] / r['denominator']:.1f} %, printed {r['printed_percent']} %.")
        for r in wrong
    ]  # fmt: skip
    notes += [note("identity-fails", f) for f in failed]
    notes += [note("unexplained", u) for u in held["unexplained"]] + [note("no-comparison", held["caution"])]
    glance = {
        "identities": checked, "identities_failed": len(failed),
        "percentages": sum(r["printed_percent"] is not None for r in rows), "percentages_wrong": len(wrong),
        **_against_comparator(held),
    }  # fmt: skip
    return Result(estimates=frame, fit=glance, notes=tuple(notes))


def _reference(name: str) -> dict[str, Any]:
    path = schema_directory() / "reference" / f"{name}.json"
    return json.loads(path.read_text(encoding="utf-8"))


def _printed_rows(rows: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    counts = {r["id"]: r["count"] for r in rows}
    return [
        {
            "term": r["id"], "label": r["label"], "count": r["count"], "denominator": counts[r["of"]],
            "group": "supported", "printed_percent": r["printed_percent"],
            "printed_right": bool(
                percent_rounds_to(np.array(r["count"]), np.array(counts[r["of"]]), np.array(r["printed_percent"]))
            ),
        }
        for r in rows
        if "of" in r
    ]  # fmt: skip


def _shares(rows: Sequence[Mapping[str, Any]], group: str) -> list[dict[str, Any]]:
    keys = ("label", "count", "denominator")
    named = "" if group == "supported" else f"{group}_"
    return [
        {"term": f"{named}{r['id']}", **{k: r[k] for k in keys}, "group": group, "printed_percent": None,
         "printed_right": None}
        for r in rows
    ]  # fmt: skip


def _share_frame(rows: Sequence[Mapping[str, Any]], conf_level: float) -> pd.DataFrame:
    count = np.array([r["count"] for r in rows], dtype=float)
    size = np.array([r["denominator"] for r in rows], dtype=float)
    low, high = wilson(count, size, conf_level)
    return tidy_frame(
        term=[r["term"] for r in rows], estimate=count / size, conf_low=low, conf_high=high,
        label=[r["label"] for r in rows], count=count.astype(int), denominator=size.astype(int),
        group=[r["group"] for r in rows],
        printed_percent=pd.array([r["printed_percent"] for r in rows], dtype="Int64"),
        printed_right=pd.array([r["printed_right"] for r in rows], dtype="boolean"),
    )  # fmt: skip


def _identities(held: Mapping[str, Any]) -> tuple[int, list[str]]:
    """Do the parts of each total add up to it?"""
    counts = {r["id"]: r["count"] for r in held["rows"]}
    parts: dict[str, int] = {}
    for row in held["rows"]:
        if "parent" in row:
            parts[row["parent"]] = parts.get(row["parent"], 0) + row["count"]
    parts["entered"] = sum(p["count"] for p in held["flow"]["parts"])
    counts["entered"] = held["flow"]["total"]["count"]
    failed = [f"The parts of '{k}' add up to {v}, not {counts[k]}." for k, v in parts.items() if v != counts[k]]
    return len(parts), failed


def _against_comparator(held: Mapping[str, Any]) -> dict[str, float]:
    ours = {r["id"]: r for r in held["proportions"]}
    out = {}
    for row in held["comparator"]["rows"]:
        own = ours[row["id"]]
        table = [[r["count"], r["denominator"] - r["count"]] for r in (own, row)]
        out[f"{row['id'].partition('_')[0]}_p_value"] = float(fisher_exact(table).pvalue)
    return out
