"""Every figure: describable, deterministic, safe on a shared page; and headlines that follow the numbers."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest

from resilience_stats import figures
from resilience_stats.disclosure import apply_policy
from resilience_stats.errors import DisclosureError, ReportError
from resilience_stats.figures import Figure
from resilience_stats.figures.style import (
    DIVERGING,
    PALETTE,
    PAPER,
    SEQUENCE,
    check_contrast,
    colours,
    contrast,
    text_on,
)
from resilience_stats.results.rows import combine_rows, make_rows
from resilience_stats.tables import Cell, Column, Table

Samples = dict[str, tuple[pd.DataFrame, Callable[..., Figure]]]
HOSTILE = "</svg><script>alert(1)</script> $\\frac{1}{2}$ \u202e\x00 \U0001f600 &amp;"


def test_every_figure_function_has_a_sample(samples: Samples) -> None:
    assert {draw.__name__ for _, draw in samples.values()} == {n for n in figures.__all__ if n.startswith("figure_")}


def test_every_figure_is_well_formed_described_and_self_contained(gallery: dict[str, Figure]) -> None:
    for name, figure in gallery.items():
        root = ET.fromstring(figure.svg)
        assert root.tag.endswith("svg"), name
        assert len(figure.alt_text) > 40, name
        assert figure.title, name
        assert figure.data.rows, name
        assert "<style" not in figure.svg, name
        assert "<image" not in figure.svg, name
        links = re.findall(r'href="([^"]+)"', figure.svg)
        assert all(link.startswith(f"#{figure.id}--") for link in links), name
        assert "<text" in figure.svg, f"{name}: text is text, not outlines"


def test_text_is_large_enough_at_the_drawings_own_size(gallery: dict[str, Figure]) -> None:
    """Eleven points are 14.7 px; cells of a crowded heat map may go down to 9.5 points."""
    for name, figure in gallery.items():
        sizes = [float(x) for x in re.findall(r"font(?:-size)?:[^;\"]*?([\d.]+)px", figure.svg)]
        assert sizes, name
        assert min(sizes) >= (9.5 if name == "correlation" else 11), name


def test_two_runs_give_the_same_bytes(samples: Samples, gallery: dict[str, Figure]) -> None:
    for name, (rows, draw) in samples.items():
        edition = str(rows.attrs.get("edition", "board"))
        assert draw(apply_policy(rows, edition)).svg == gallery[name].svg, name


def test_ids_are_unique_on_a_page_of_all_figures(gallery: dict[str, Figure]) -> None:
    page = "".join(figure.to_html() for figure in gallery.values())
    ids = re.findall(r'\bid="([^"]+)"', page)
    assert len(ids) == len(set(ids))
    twice = gallery["scree"].to_html() + gallery["scree"].with_id("another").to_html()
    ids = re.findall(r'\bid="([^"]+)"', twice)
    assert len(ids) == len(set(ids))


def test_the_page_element_names_title_and_description(gallery: dict[str, Figure]) -> None:
    html = gallery["forest"].to_html(number="Figure 2")
    labelled = re.search(r'<svg role="img" aria-labelledby="([^"]+)"', html)
    assert labelled is not None
    for identifier in labelled.group(1).split():
        assert f'id="{identifier}"' in html
    assert html.count("<figcaption>") == 1
    assert "<details><summary>" in html
    assert "<table" in html


def test_alt_text_is_required_by_the_constructor() -> None:
    table = Table(id="d", caption="Data", columns=(Column("n"),), rows=((Cell("1", 1),),))
    for text in ("", "  ", "Title"):
        with pytest.raises(ReportError, match="alt text"):
            Figure(id="f", title="Title", subtitle="", alt_text=text, svg="<svg/>", data=table)
    with pytest.raises(TypeError):
        Figure(id="f", title="Title", subtitle="", svg="<svg/>", data=table)  # type: ignore[call-arg]


def test_only_disclosed_rows_are_drawn(samples: Samples) -> None:
    for rows, draw in samples.values():
        with pytest.raises((DisclosureError, AttributeError)):
            draw(rows)


def test_withheld_values_are_marked_and_never_drawn_as_zero(gallery: dict[str, Figure]) -> None:
    for name in ("distribution", "reliability", "panels", "inspections", "likert"):
        assert "[c]" in gallery[name].svg or "atched" in gallery[name].subtitle, name
        assert "withheld" in gallery[name].alt_text, name


def test_hostile_text_is_drawn_as_text(samples: Samples) -> None:
    rows = make_rows("a", "b", term=[HOSTILE, "x"], statistic="importance_share", value=[0.6, 0.4], n=100)
    figure = figures.figure_importance(apply_policy(rows, "board"), subtitle=HOSTILE, source=HOSTILE)
    root = ET.fromstring(figure.svg)
    assert not [e for e in root.iter() if e.tag.endswith("script")]
    html = figure.to_html()
    assert "<script" not in html
    assert "\u202e" not in html
    assert "\x00" not in html


def test_colours_are_told_apart_from_the_paper_and_carry_readable_text() -> None:
    check_contrast([*PALETTE, *SEQUENCE[:2], *DIVERGING])
    assert all(contrast(text_on(fill), fill) >= 4.5 for fill in (*PALETTE[:5], *DIVERGING))
    with pytest.raises(ReportError, match="contrast"):
        check_contrast(["#FFDD00"])
    assert contrast("#000000", PAPER) == pytest.approx(21)


def test_more_than_six_series_are_refused() -> None:
    with pytest.raises(ReportError, match="too many series"):
        colours(7)


# headlines follow the numbers


def forest(low: float) -> str:
    rows = make_rows(
        "d", "m", term=["A", "B"], statistic="smd", value=[0.4, 0.1], conf_low=[low, -0.1], conf_high=0.7, n=99
    )
    return figures.figure_forest(apply_policy(rows, "board"), measure="smd").title


def test_forest() -> None:
    assert forest(0.1) == "One of 2 intervals excludes no effect: A"
    assert forest(-0.1) == "None of 2 intervals excludes no effect"


def importance(low: float) -> str:
    rows = make_rows("d", "i", term=["A", "B"], statistic="importance_share", value=[0.7, 0.3], conf_low=[low, 0.1],
                     conf_high=[0.9, 0.45], n=99)  # fmt: skip
    return figures.figure_importance(apply_policy(rows, "board")).title


def test_importance() -> None:
    assert importance(0.5) == "A has the largest share (70%), and its interval lies above all others"
    assert importance(0.4) == "A has the largest share (70%), but its interval overlaps with that of B"


@pytest.mark.parametrize(
    ("low", "high", "verdict"), [(0.5, 0.9, "extreme"), (0.8, 1.2, "No clear"), (1.1, 1.6, "timid")]
)
def test_calibration(low: float, high: float, verdict: str) -> None:
    rows = combine_rows(
        [
            make_rows("m", "c", term=["0.1", "0.4"], statistic="observed_risk", value=[0.1, 0.4], n=60),
            make_rows("m", "c", statistic="calibration_slope", value=1.0, conf_low=low, conf_high=high, n=120),
        ]
    )
    assert verdict in figures.figure_calibration(apply_policy(rows, "board")).title


@pytest.mark.parametrize(("value", "words"), [(75.0, "1 of 2 lies outside"), (61.0, "All 2 lie within")])
def test_funnel(value: float, words: str) -> None:
    frames = [make_rows("s", "f", term=["N", "S"], statistic="mean", value=[value, 60], n=[20, 40])]
    for name, y in {"limit_outer_low": 50, "limit_outer_high": 70, "target": 60}.items():
        frames.append(make_rows("s", "f", term=["20", "40"], statistic=name, value=y))
    assert words in figures.figure_funnel(apply_policy(combine_rows(frames), "board")).title


@pytest.mark.parametrize(("second", "words"), [(0.9, "One factor stands"), (1.4, "2 factors stand")])
def test_scree(second: float, words: str) -> None:
    frames = [
        make_rows("i", "s", term=["1", "2", "3"], statistic="eigenvalue", value=[2.0, second, 0.5], n=99),
        make_rows("i", "s", term=["1", "2", "3"], statistic="eigenvalue_random", value=[1.2, 1.1, 1.0], n=99),
    ]
    assert words in figures.figure_scree(apply_policy(combine_rows(frames), "board")).title


@pytest.mark.parametrize(("effect", "words"), [(0.0, "cannot be told from"), (9.0, "clearly differs from")])
def test_regression_to_the_mean(effect: float, words: str) -> None:
    before = np.linspace(35, 50, 12)
    change = 0.5 * (60 - before) + effect
    names = [f"E82{k:03d}" for k in range(12)]
    rows = combine_rows(
        [
            make_rows("p", "r", group="GPRP", term=names, statistic="score_previous", value=before),
            make_rows("p", "r", group="GPRP", term=names, statistic="score_change", value=change),
            make_rows("p", "r", term=["30", "60"], statistic="expected_change", value=[15, 0]),
            make_rows("p", "r", group="GPRP", statistic="mean_change", value=change.mean(), conf_low=change.mean() - 3,
                      conf_high=change.mean() + 3, n=12),
        ]
    )  # fmt: skip
    assert words in figures.figure_regression_to_mean(apply_policy(rows, "board")).title


def test_a_funnel_by_another_figure_names_points_only_where_it_may() -> None:
    codes = [f"E82{k:03d}" for k in range(20)]
    held = {"score": [*[60.0 + k / 10 for k in range(19)], 90.0], "score_error": [3.0 + k / 20 for k in range(20)]}
    frames = [make_rows("s", "f", term=codes, statistic=name, value=v) for name, v in held.items()]
    limits = {"limit_outer_low": 40, "limit_outer_high": 80, "target": 60}
    frames += [make_rows("s", "f", term=["3", "4"], statistic=name, value=v, n=20) for name, v in limits.items()]
    rows = combine_rows(frames)
    drawn = {e: figures.figure_funnel(apply_policy(rows, e), measure="score", across="score_error", size="Error")
             for e in ("board", "internal")}  # fmt: skip
    assert drawn["internal"].title == "1 of 20 lies outside the 99.8% limits: E82019"
    assert "E82019" in drawn["internal"].svg
    assert drawn["board"].title == "1 of 20 lies outside the 99.8% limits"
    for text in (drawn["board"].svg, drawn["board"].alt_text):
        assert "Practice 0" not in text
        assert "E82" not in text


@pytest.mark.parametrize(
    ("last", "words"), [(61.0, "All 5 points lie within"), (75.0, "1 of 5 points lies outside the limits: 2019")]
)
def test_control_chart(last: float, words: str) -> None:
    years = [str(y) for y in range(2015, 2020)]
    lines = {"mean": [60.0, 61, 59, 60, last], "target": 60, "control_low": 52, "control_high": 68}
    rows = combine_rows(make_rows("s", "w", term=years, statistic=name, value=v, n=40) for name, v in lines.items())
    assert words in figures.figure_control_chart(apply_policy(rows, "board")).title
    bare = figures.figure_control_chart(apply_policy(rows[rows["statistic"] == "mean"], "board"))
    assert bare.title.startswith("From 60.0 in 2015")


@pytest.mark.parametrize("edition", ["board", "public"])
def test_the_order_of_an_offer_is_drawn_for_no_other_edition(samples: Samples, edition: str) -> None:
    rows, draw = samples["priority"]
    with pytest.raises(ReportError):
        draw(apply_policy(rows, edition))


def test_a_public_edition_has_no_figure_of_single_practices(samples: Samples) -> None:
    for name in ("caterpillar", "rtm"):
        rows, draw = samples[name]
        with pytest.raises(ReportError):
            draw(apply_policy(rows, "public"))


@pytest.mark.parametrize(
    ("value", "says"), [(0.697, "reaches 0.7 in 2 of 2 areas"), (0.693, "reaches 0.7 in 1 of 2 areas")]
)
def test_what_is_printed_as_reaching_the_threshold_is_said_to_reach_it(value: float, says: str) -> None:
    rows = make_rows("instrument", "reliability", term=["North", "South"], statistic="alpha", value=[0.8, value],
                     conf_low=[0.75, 0.6], conf_high=[0.85, 0.78], n=100)  # fmt: skip
    assert says in figures.figure_reliability(apply_policy(rows, "board")).title


def test_practices_named_one_by_one_leave_room_on_the_page_for_the_caption() -> None:
    for n in (34, 40):
        rows = make_rows("s", "c", term=[f"Practice {k:03d}" for k in range(n)], statistic="shrunken_score",
                         value=range(n), conf_low=[k - 5 for k in range(n)], conf_high=[k + 5 for k in range(n)],
                         n=100)  # fmt: skip
        svg = figures.figure_caterpillar(apply_policy(rows, "internal")).svg
        width, height = re.search(r'viewBox="0 0 ([\d.]+) ([\d.]+)"', svg).groups()
        assert float(height) < 1.3 * float(width)
