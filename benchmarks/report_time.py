"""Seconds of the whole cohort report beside the same analyses as one R script, on the same example, in one run.

Run: python benchmarks/report_time.py. Both are timed as a person starts them: our command with ``--fresh``, and
Rscript. Prints ours, R's and their ratio, overall, by chapter, and without R's slowest parts: those show what the
ratio hangs on. Our chapters run two at a time, so that they add up to more than the whole; R's packages use both
processors where they can (``mc.cores = 2``), and the processor times tell how far that goes. R is spared the checks,
joins, disclosure and the PDF.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import pandas as pd

import resilience_stats as rs
from resilience_stats.report.rows.drivers import fit_drivers
from resilience_stats.report.rows.outcomes import ORDER, outcomes_of

SCRIPT = Path(__file__).with_suffix(".R")
#: Our parts, by the beginning of the names of R's.
CHAPTERS = {
    "reading": ("Preparing", "Reading", "Building"),
    "participation": ("chapter participation",),
    "instrument": ("chapter instrument",),
    "drivers": ("chapter drivers",),
    "special measures": ("chapter special_measures",),
    "programmes": ("chapter programmes",),
    "comparing": ("chapter comparing",),
    "figures and documents": ("Writing",),
}


def main() -> None:
    """Print the table of parts and the ratios."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        command = [sys.executable, "-m", "resilience_stats", "report", "--fresh", "--out", str(folder / "ours")]
        ours, our_processor = _timed(command)
        _write_data(folder)
        (folder / "theirs").mkdir()
        told = [str(folder), str(folder / "theirs"), str(folder / "seconds.csv")]
        theirs, their_processor = _timed(["Rscript", "--vanilla", str(SCRIPT), *told])
        seconds = json.loads((folder / "ours" / "manifest.json").read_text(encoding="utf-8"))["wall_seconds"]
        parts = pd.read_csv(folder / "seconds.csv").set_index("part")["seconds"]
    _say("R's parts, longest first")
    _say(_shares(parts).to_string(index=False))
    _say("\nBy chapter (ours two at a time)")
    _say(_by_chapter(seconds, parts).to_string(index=False))
    _say(f"\nwhole report: ours {ours:.1f} s, R {theirs:.1f} s, ratio {ours / theirs:.3f}")
    both = f"ours {our_processor:.1f} s, R {their_processor:.1f} s, ratio {our_processor / their_processor:.3f}"
    _say(f"processor time of all processes: {both}")
    _say(f"R kept {their_processor / theirs:.1f} processors busy on average, ours {our_processor / ours:.1f}")
    for count in (1, 2):
        slowest = parts.nlargest(count)
        ratio = ours / (theirs - slowest.sum())
        _say(f"without R's {count} slowest ({'; '.join(slowest.index)}), ours whole all the same: ratio {ratio:.3f}")


def _timed(command: list[str]) -> tuple[float, float]:
    """Wall time and processor time of a command; the second hangs little on what else the machine does."""
    wall, before = time.perf_counter(), os.times()
    done = subprocess.run(command, check=False, capture_output=True, text=True)
    if done.returncode:
        raise SystemExit(done.stderr[-2000:])
    after = os.times()
    used = after.children_user + after.children_system - before.children_user - before.children_system
    return time.perf_counter() - wall, used


def _shares(parts: pd.Series) -> pd.DataFrame:
    """R's parts with what each is of all, and what is reached with those before it."""
    held = parts.sort_values(ascending=False).rename_axis("part").rename("seconds").reset_index()
    share = 100 * held["seconds"] / held["seconds"].sum()
    return held.assign(seconds=held["seconds"].round(1), percent=share.round(1), together=share.cumsum().round(1))


def _by_chapter(seconds: dict[str, float], parts: pd.Series) -> pd.DataFrame:
    rows = []
    for name, beginnings in CHAPTERS.items():
        ours = sum(value for part, value in seconds.items() if part.startswith(beginnings))
        theirs = float(parts[parts.index.str.startswith(name)].sum())
        rows.append(
            {"chapter": name, "ours_s": round(ours, 2), "r_s": round(theirs, 2), "ratio": round(ours / theirs, 3)}
        )
    return pd.DataFrame(rows)


def _write_data(folder: Path) -> None:
    """Write the example study, and what R is given of it ready made."""
    rs.write_example(folder / "study")
    cohort = rs.load_cohort(rs.open_study(folder / "study"))
    features: Any = rs.build_features(cohort)
    outcomes = outcomes_of(cohort, features)
    frame = features.frame.assign(special_measures=outcomes[0].values)
    frame.to_csv(folder / "practices.csv")
    features.items.to_csv(folder / "items.csv")
    held = [{"item": i.id, "area": i.area} for i in cohort.instruments["phq"].items if i.id in features.items]
    pd.DataFrame(held).to_csv(folder / "areas.csv", index=False)
    cohort.programmes.to_csv(folder / "programmes.csv", index=False)
    models: Any = fit_drivers(cohort.study, features)  # R models together what ours does, and no more
    together = [{"name": name, "role": models.roles[name]} for name in models.predictors]
    pd.DataFrame(together).to_csv(folder / "predictors.csv", index=False)
    # Each outcome that has ten events or more for a predictor is modelled by as many as it carries.
    lines = []
    for outcome in outcomes:
        events = min(int(outcome.known.sum()), int((1 - outcome.known).sum()))
        lines.append(",".join([outcome.name, *ORDER[: min(events // 10, len(ORDER))]]))
    (folder / "outcomes.txt").write_text("\n".join(lines) + "\n", encoding="utf-8")


def _say(text: str) -> None:
    sys.stdout.write(re.sub(r"[ \t]+$", "", text, flags=re.MULTILINE) + "\n")


if __name__ == "__main__":
    main()
