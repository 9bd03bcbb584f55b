"""The page in a real browser: nothing leaves the file, the filter and the contents work, axe-core finds no fault."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from browser import Browser, browser, fetch_axe

from resilience_stats.report.build import build_report

pytestmark = [pytest.mark.slow, pytest.mark.needs_browser]
PHONE, DESKTOP = 390, 1280
SCREENS = [(width, dark) for width in (PHONE, DESKTOP) for dark in (False, True)]


@pytest.fixture(scope="module")
def window(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    with browser(tmp_path_factory.mktemp("profile")) as opened:
        yield opened


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory, window: Browser) -> Path:
    made = build_report(out=tmp_path_factory.mktemp("report"), parameters={"n_boot": 20})
    assert made.failures == ()
    return made.html


@pytest.fixture(scope="module")
def axe(tmp_path_factory: pytest.TempPathFactory) -> str:
    return fetch_axe(tmp_path_factory.mktemp("axe"))


@pytest.mark.parametrize(("width", "dark"), SCREENS)
def test_axe_finds_no_violation(window: Browser, page: Path, axe: str, width: int, dark: bool) -> None:
    window.open(page, width=width, dark=dark)
    window.run("document.querySelectorAll('details').forEach(d => { d.open = true; })")
    window.run(axe + "; window.axe = axe || window.axe;")
    found = window.wait_for(
        "const done = arguments[0]; window.axe.run(document, {resultTypes: ['violations']}).then("
        "r => done(r.violations.map(v => [v.id, v.impact, v.nodes.slice(0, 3).map(n => n.html.slice(0, 200))])))"
    )
    assert found == []


@pytest.mark.parametrize(("width", "dark"), SCREENS)
def test_nothing_is_fetched_and_the_page_does_not_run_over(window: Browser, page: Path, width: int, dark: bool) -> None:
    window.open(page, width=width, dark=dark)
    assert window.run("return performance.getEntriesByType('resource').map(e => e.name)") == []
    assert window.run("return document.documentElement.scrollWidth <= window.innerWidth")
    paper = window.run("return getComputedStyle(document.body).backgroundColor")
    assert (paper == "rgb(255, 255, 255)") == (not dark)


def test_a_tables_rows_are_filtered_by_what_is_typed(window: Browser, page: Path) -> None:
    window.open(page)
    first = window.run("return document.querySelector('.table .filter input').id")
    table = first.removesuffix("-filter")
    rows = f"return Array.from(document.querySelectorAll('#{table} tbody tr')).filter(r => !r.hidden).length"
    whole = window.run(rows)
    word = window.run(
        f"return document.querySelector('#{table} tbody tr:last-child').textContent.trim().split(/\\s+/)[0]"
    )
    window.type(f"#{first}", word)
    assert 1 <= window.run(rows) < whole
    told = window.run(f"return document.querySelector('#{table} .filter [role=status]').textContent")
    assert told == f"{window.run(rows)} of {whole} rows"
    window.type(f"#{first}", "no row holds this")
    assert window.run(rows) == 0
    window.open(page, media="print")
    assert window.run("return getComputedStyle(document.querySelector('.filter')).display") == "none"


def test_the_contents_lead_to_chapters_and_find_parts(window: Browser, page: Path) -> None:
    window.open(page)
    window.click("nav a[href='#methods']")
    assert window.run("return location.hash") == "#methods"
    top = window.run("return document.getElementById('methods').getBoundingClientRect().top")
    assert 0 <= top < 200
    window.run("document.dispatchEvent(new Event('scroll'))")
    marked = window.run("return document.querySelector('nav a[aria-current]').hash")
    assert marked == "#methods"
    window.type("#find", "figure 1.")
    hits = window.run("return Array.from(document.querySelectorAll('nav .hits a')).map(a => a.hash)")
    # exactly the parts whose title holds every word, in their order ("1." may stand in another figure's interval)
    titles = window.run(
        "return Array.from(document.querySelectorAll('.table, .figure'))"
        ".map(p => ['#' + p.id, p.querySelector('.words, .headline').textContent.toLowerCase()])"
    )
    assert hits == [place for place, title in titles if "figure" in title and "1." in title]
    assert hits[0] == "#figure-1"
    assert len(hits) < len(titles) / 2
    window.click("nav .hits a")
    assert window.run("return location.hash") == "#figure-1"


def test_with_the_keyboard_the_first_stop_skips_to_the_report(window: Browser, page: Path) -> None:
    window.open(page)
    window.type("body", "\ue004")  # the tabulator
    assert window.run("return document.activeElement.className") == "skip"
