"""What others see of the practices, and what becomes of them, as files; drawn after all else, from a stream of its own.

Without these files the study has the same practices, answers and programmes.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from resilience_stats.synthetic import aftermath, views
from resilience_stats.synthetic.publishers import write_cqc_directory, write_workforce
from resilience_stats.synthetic.workbook import write_csv


@dataclass(frozen=True, slots=True, kw_only=True)
class Outside:
    """What was written and what was planted.

    Attributes
    ----------
    files : dict of str to list of str
        Table name -> files, to be added to those of the study.
    criteria : pandas.DataFrame
        ``name, scale, effect``: the planted association of resilience with each external criterion.
    practices : pandas.DataFrame
        Indexed by practice code: ``later_code_gone, later_inspected, patients_view, patients_view_later`` (the shares
        with a good overall experience that the surveys sample).
    """

    files: dict[str, list[str]] = field(repr=False)
    criteria: pd.DataFrame = field(repr=False)
    practices: pd.DataFrame = field(repr=False)


def write_outside(
    directory: Path,
    practices: pd.DataFrame,
    resilience: tuple[np.ndarray, np.ndarray],
    now: pd.Timestamp,
    rated: list[dict[str, Any]],
    missing: tuple[str, ...],
    rng: np.random.Generator,
) -> Outside:
    """Write surveys, QOF, and the files from after the census date, and return what was planted in them.

    Parameters
    ----------
    directory : pathlib.Path
    practices : pandas.DataFrame
        As `invent_practices` gives them.
    resilience : tuple of numpy.ndarray
        At this wave, without and with what programmes added; what came later follows the second.
    now : pandas.Timestamp
        Census date.
    rated : list of dict
        Rows of the CQC directory of the census.
    missing : tuple of str
        Practices without workforce data; all but one give none later either.
    rng : numpy.random.Generator
    """
    alive = practices["alive"].to_numpy()
    held, theta, after = practices[alive], resilience[0][alive], resilience[1][alive]
    year = now.year if (now.month, now.day) > (3, 31) else now.year - 1
    ends = aftermath.draw_ends(held, after, now, rng)
    load = np.log(held["list_size"] / held["gp_fte"])
    seen = views.draw_views((theta, after), ((load - load.mean()) / load.std()).to_numpy(), rng)
    files: dict[str, list[str]] = {"gpps": []}
    for when, view in zip((year, year + 1), seen, strict=True):
        there = _there(ends, pd.Timestamp(when, 3, 31))
        name = f"GPPS_{when}_Practice_data_weighted.csv"
        table = views.survey_table(held[there], {q: share[there] for q, share in view.items()}, when, rng)
        write_csv(directory / name, table)
        files["gpps"].append(name)
    files |= views.write_qof(directory, held, theta, year, rng)
    later, again = _write_after(directory, held, ends, after, now, rated, missing, rng)
    planted = {"later_code_gone": ends["gone"], "later_inspected": held.index.isin(again)}
    shares = {f"patients_view{s}": v["overall_good"] for s, v in zip(("", "_later"), seen, strict=True)}
    return Outside(
        files=files | later, criteria=criteria_table(), practices=pd.DataFrame({**planted, **shares}, index=held.index)
    )


def criteria_table() -> pd.DataFrame:
    """Return the planted association of resilience with each external criterion, and its scale.

    Examples
    --------
    >>> criteria_table().set_index("name")["effect"].to_dict()["later_code_gone"]
    -0.7
    """
    patients = "correlation of resilience with the logit of the share, before sampling error"
    rows = [
        ("gpps_overall_good", patients, views.PATIENTS_R),
        ("later_gpps_overall_good", patients, views.PATIENTS_R),
        ("qof_achievement", "correlation of resilience with latent achievement", views.QOF_R),
        ("later_cqc_rating", "deviations of the latent rating per deviation of resilience", aftermath.RATING_R),
        ("later_code_gone", "log-odds per deviation of resilience", aftermath.GONE_PER_SD),
    ]
    return pd.DataFrame(rows, columns=["name", "scale", "effect"])


def _there(ends: pd.DataFrame, day: pd.Timestamp) -> np.ndarray:
    return np.asarray(~(ends["gone"] & (ends["event_date"] <= day)))


def _write_after(
    directory: Path,
    held: pd.DataFrame,
    ends: pd.DataFrame,
    resilience: np.ndarray,
    now: pd.Timestamp,
    rated: list[dict[str, Any]],
    missing: tuple[str, ...],
    rng: np.random.Generator,
) -> tuple[dict[str, list[str]], pd.Index]:
    """Write the workforce of ten months on, and ratings and ends of codes when the two years are over."""
    counted, over = now + pd.DateOffset(months=10), now + pd.DateOffset(months=25)
    staffed = aftermath.staff_after(held, resilience, rng).assign(alive=_there(ends, counted))
    names = {
        "workforce": f"practice_level_{counted:%Y-%m}.csv",
        "cqc_directory": f"HSCA_Active_Locations_primary_medical_{over:%Y-%m}.xlsx",
        "lineage": f"lineage_{over:%Y-%m}.csv",
    }
    still = tuple(c for c in missing[1:] if staffed["alive"].get(c, False))
    write_workforce(directory / names["workforce"], staffed, still)
    rows, again = aftermath.rate_again(rated, held.assign(alive=_there(ends, over)), resilience, now, rng)
    write_cqc_directory(directory / names["cqc_directory"], rows)
    write_csv(directory / names["lineage"], aftermath.lineage_after(ends))
    return {name: [file] for name, file in names.items()}, again
