"""In a browser: no text of a figure lies on another text or outside the drawing."""

from __future__ import annotations

import html
import json
import re
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from resilience_stats.disclosure import apply_policy, statistic
from resilience_stats.errors import ReportError
from resilience_stats.figures import Figure

Samples = dict[str, tuple[pd.DataFrame, Callable[..., Figure]]]

CHROMIUM = shutil.which("chromium")
SCRIPT = """<script>
const report = {};
for (const svg of document.querySelectorAll('figure > svg')) {
  const frame = svg.getBoundingClientRect(), found = [];
  const boxes = [...svg.querySelectorAll('text')].map(t => [t.textContent.trim(), t.getBoundingClientRect()])
    .filter(([text, box]) => text && box.width > 0);
  boxes.forEach(([text, a], i) => {
    if (a.left < frame.left - 1 || a.right > frame.right + 1 || a.top < frame.top - 1 || a.bottom > frame.bottom + 1)
      found.push('cut off: ' + text);
    boxes.slice(i + 1).forEach(([other, b]) => {
      const wide = Math.min(a.right, b.right) - Math.max(a.left, b.left);
      const high = Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top);
      if (wide > 2 && high > 5) found.push(text + ' on ' + other);
    });
  });
  report[svg.closest('figure').id] = found;
}
document.body.innerHTML = '<pre id="report"></pre>';
document.getElementById('report').textContent = JSON.stringify(report);
</script>"""


SHARES = ("share", "published_share", "importance_share", "correlation", "observed_risk", "scope", "impact")
LONG = [
    "Workforce: recruitment, retention and the wellbeing of nurses, pharmacists and general practitioners far away",
    "Öffentlichkeitsarbeit-und-Zusammenarbeitsvereinbarungsangelegenheiten", "A", "W" * 60, "\u0e44\u0e17\u0e22 \u6f22",
    "Financial planning and management of premises, leases and loans",
]  # fmt: skip
Change = Callable[[pd.DataFrame, np.random.Generator], pd.DataFrame]


def is_place(name: object) -> bool:
    """Whether a name is a number, a pseudonym or has a meaning of its own, and so stays as it is."""
    return bool(re.fullmatch(r"[\d.]+|E82\d+|Curve|", str(name)))


def renamed(rows: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    rows = rows.copy()
    for column in ("group", "term"):
        names = [name for name in rows[column].dropna().unique() if not is_place(name)]
        new = {name: f"{LONG[rng.integers(len(LONG))]} {i}" for i, name in enumerate(names)}
        rows[column] = rows[column].map(lambda name, new=new: new.get(name, name))
    return rows


def on_numbers(change: Callable[[pd.Series], pd.Series]) -> Change:
    """Change the value and both ends of the interval, but of counts, shares and words."""

    def changed(rows: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
        rows = rows.copy()
        numbers = rows["value"].map(lambda v: not isinstance(v, str))
        free = ~rows["statistic"].isin(SHARES) & ~rows["statistic"].map(lambda s: statistic(s).kind in KEPT_KINDS)
        for column in ("value", "conf_low", "conf_high"):
            rows.loc[numbers & free, column] = change(rows.loc[numbers & free, column].astype(float))
        low, high = rows["conf_low"].copy(), rows["conf_high"].copy()
        turned = low > high
        rows.loc[turned, "conf_low"], rows.loc[turned, "conf_high"] = high[turned], low[turned]
        return rows

    return changed


KEPT_KINDS = ("count", "share", "fit_share", "df", "text", "tally", "days")


def wilder(rows: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    """Every number stretched by its own factor, some with their sign turned."""
    return on_numbers(lambda v: v * np.exp(rng.normal(0, 1.2, len(v))) * rng.choice([1, 1, 1, -1], len(v)))(rows, rng)


def withheld(part: float) -> Change:
    def changed(rows: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
        rows, hit = rows.copy(), rng.random(len(rows)) < part
        rows.loc[hit, "n"] = 2
        rows.loc[hit & rows["statistic"].map(lambda s: statistic(s).kind == "count"), "value"] = 2
        return rows

    return changed


def equal(rows: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    rows = rows.copy()
    for name, own in rows.groupby("statistic").groups.items():
        if statistic(str(name)).kind not in ("text", "tally", "note"):
            rows.loc[own, ["value", "conf_low", "conf_high"]] = rows.loc[
                own[0], ["value", "conf_low", "conf_high"]
            ].values
    return rows


def many(rows: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    """Four times the names where there are more than six, which a figure draws in one colour."""
    copies = [rows]
    for k in range(3):
        more = rows.copy()
        for column in ("term", "group"):
            if rows[column].nunique() > 6:
                more[column] = more[column].map(lambda name, k=k: name if is_place(name) else f"{name} {k}")
        copies.append(more)
    return pd.concat(copies).drop_duplicates(["statistic", "group", "term"]).reset_index(drop=True)


def first(number: int) -> Change:
    def changed(rows: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
        kept = pd.Series(data=True, index=rows.index)
        for column in ("term", "group"):
            names = [name for name in rows[column].unique() if not is_place(name)]
            kept &= ~rows[column].isin(names[number:])
        return rows[kept].reset_index(drop=True)

    return changed


CHANGES: dict[str, Change] = {
    "names": renamed,
    "large": on_numbers(lambda v: v * 1e6),
    "tiny": on_numbers(lambda v: v * 1e-5),
    "negative": on_numbers(lambda v: -v),
    "all-withheld": withheld(1.1),
    "some-withheld": withheld(0.4),
    "equal": equal,
    "nothing": on_numbers(lambda v: v * 0),
    "two": first(2),
    "wild-names": lambda rows, rng: renamed(wilder(rows, rng), rng),
    "many-names": lambda rows, rng: renamed(many(rows, rng), rng),
}


def touching(figures: list[Figure], folder: Path) -> dict[str, list[str]]:
    """Return what lies on what, or outside its drawing, by figure."""
    page = folder / "figures.html"
    body = "\n".join(figure.to_html() for figure in figures)
    page.write_text(
        f'<!doctype html><html lang="en-GB"><meta charset="utf-8"><body>{body}{SCRIPT}</body></html>', "utf-8"
    )
    options = ["--headless", "--no-sandbox", "--disable-gpu", "--window-size=1200,900", "--dump-dom"]
    command = [str(CHROMIUM), *options, page.as_uri()]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=240)
    held = re.search(r'<pre id="report">(.*?)</pre>', done.stdout, re.DOTALL)
    assert held is not None
    report = json.loads(html.unescape(held.group(1)))
    assert len(report) == len(figures)
    return {name: found for name, found in report.items() if found}


@pytest.mark.needs_browser
@pytest.mark.skipif(CHROMIUM is None, reason="no chromium on this machine")
def test_no_text_lies_on_another_or_is_cut_off(gallery: dict[str, Figure], tmp_path: Path) -> None:
    assert touching(list(gallery.values()), tmp_path) == {}


@pytest.mark.slow
@pytest.mark.needs_browser
@pytest.mark.skipif(CHROMIUM is None, reason="no chromium on this machine")
def test_nor_with_other_names_numbers_and_sizes(samples: Samples, tmp_path: Path) -> None:
    """Long names, one or many groups, huge, tiny and negative numbers, some or all withheld."""
    drawn, refused = [], {}
    for name, (rows, draw) in samples.items():
        for change, apply in CHANGES.items():
            changed = apply(rows, np.random.default_rng(7))
            disclosed = apply_policy(changed, str(rows.attrs.get("edition", "board")))
            try:
                drawn.append(draw(disclosed).with_id(f"{name.replace('_', '-')}-{change}"))
            except ReportError as error:
                refused[name, change] = str(error)
    assert touching(drawn, tmp_path) == {}
    assert len(drawn) >= 0.9 * len(samples) * len(CHANGES)
    assert all(re.search("withheld|nothing to draw|no point|of this length", text) for text in refused.values()), (
        refused
    )
