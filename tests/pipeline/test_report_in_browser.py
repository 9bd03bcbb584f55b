"""The page in a real browser: nothing leaves the file, the filter and the contents work, axe-core finds no fault."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import unquote

import pytest
from browser import Browser, browser, fetch_axe

from resilience_stats.report.build import build_report

pytestmark = [pytest.mark.slow, pytest.mark.needs_browser]
#: A desktop window of 1280 is as wide as 320 when it is enlarged four times.
ENLARGED, PHONE, DESKTOP = 320, 390, 1280
SCREENS = [(width, dark) for width in (PHONE, DESKTOP) for dark in (False, True)] + [(ENLARGED, False)]
AXE = (
    "const done = arguments[0]; window.axe.run(document, {resultTypes: ['violations']}).then("
    "r => done(r.violations.map(v => [v.id, v.impact, v.nodes.slice(0, 3).map(n => n.html.slice(0, 200))])))"
)


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
    assert window.wait_for(AXE) == []


@pytest.mark.parametrize("forced", [False, True])
def test_axe_finds_none_in_a_page_that_was_used(window: Browser, page: Path, axe: str, forced: bool) -> None:
    window.open(page, forced=forced)
    first = window.run("return document.querySelector('.table .filter input').id")
    window.type(f"#{first}", "a")
    window.type("#find", "table")
    window.run("document.querySelectorAll('.sort').forEach((b, i) => { if (i % 3 === 0) { b.click(); } })")
    window.run("document.querySelectorAll('.tools button:last-of-type')[0].focus()")
    window.run(axe + "; window.axe = axe || window.axe;")
    assert window.wait_for(AXE) == []


def test_drawings_stay_on_white_paper_in_forced_colours(window: Browser, page: Path) -> None:
    window.open(page, forced=True, dark=True)
    found = window.run(
        "const s = n => getComputedStyle(document.querySelector(n));"
        "return [s('.drawing').backgroundColor, s('.drawing svg text').fill, s('body').backgroundColor]"
    )
    assert found[0] == "rgb(255, 255, 255)" != found[2]
    assert found[1] == "rgb(11, 12, 12)"


def test_without_scripts_the_report_is_whole(window: Browser, page: Path) -> None:
    window.open(page)
    counted = (
        "return ['.table', '.figure', 'main h2', 'nav a', 'main tbody tr']"
        ".map(s => document.querySelectorAll(s).length)"
    )
    whole = window.run(counted)
    window.scripts(False)
    try:
        window.open(page)
        assert window.run(counted) == whole
        assert window.run("return document.querySelectorAll('[hidden], .tools, .filter').length") == 0
        assert window.run("return document.querySelector('nav details').open")
        assert window.run("return document.documentElement.scrollWidth <= window.innerWidth")
        # what may have to be scrolled is a stop for the keyboard where no script finds out whether it has to
        assert window.run("return document.querySelectorAll('.scroll:not([tabindex])').length") == 0
    finally:
        window.scripts(True)


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


LONGEST = (
    "const t = [...document.querySelectorAll('.table table')].sort((a, b) => b.rows.length - a.rows.length)[0];"
    "return t.closest('.table').id"
)


def column(window: Browser, table: str, place: int) -> list[str]:
    cells = f"[...document.querySelectorAll('#{table} tbody tr')].map(r => r.cells[{place}].textContent.trim())"
    found: list[str] = window.run(f"return {cells}")
    return found


def test_a_tables_rows_are_sorted_by_the_keyboard_and_put_back(window: Browser, page: Path) -> None:
    window.open(page)
    table, place = window.run(
        "const h = [...document.querySelectorAll('.table th.number-cell')].find(h => h.querySelector('.sort') &&"
        " [...h.closest('table').tBodies[0].rows].every(r => /^[−\\d.,]+$/.test(r.cells[h.cellIndex].textContent)));"
        "return [h.closest('.table').id, h.cellIndex]"
    )
    button = f"#{table} thead th:nth-child({place + 1}) .sort"
    own = column(window, table, place)
    numbers = [float(text.replace("−", "-").replace(",", "")) for text in own]
    for state, key in (("ascending", 1), ("descending", -1)):
        window.type(button, "\ue007")  # the enter key
        assert window.run(f"return document.querySelector('{button}').closest('th').getAttribute('aria-sort')") == state
        found = [float(text.replace("−", "-").replace(",", "")) for text in column(window, table, place)]
        assert found == sorted(numbers, key=lambda n, key=key: key * n)
        told = window.run(f"return document.querySelector('#{table} .tools [role=status]').textContent")
        assert told.endswith(state)
    window.type(button, " ")
    assert column(window, table, place) == own
    assert window.run("return document.querySelectorAll('[aria-sort]').length") == 0


def test_states_are_sorted_last_either_way(window: Browser, page: Path) -> None:
    window.open(page)
    table, place = window.run(
        "const c = [...document.querySelectorAll('.table td')].find(c => c.textContent.trim() === '[c]'"
        " && c.closest('table').querySelector('.sort')"
        " && [...c.closest('tbody').rows].some(r => /^\\d/.test(r.cells[c.cellIndex].textContent)));"
        "return [c.closest('.table').id, c.cellIndex]"
    )
    for _ in range(2):
        window.click(f"#{table} thead th:nth-child({place + 1}) .sort")
        states = [text.startswith("[") for text in column(window, table, place)]
        assert states == sorted(states)
        assert any(states)


def test_a_table_is_saved_as_it_is_shown(window: Browser, page: Path) -> None:
    window.open(page)
    table = window.run(LONGEST)
    window.type(f"#{table}-filter", column(window, table, 0)[-1].split()[0])
    window.run("HTMLAnchorElement.prototype.click = function () { window.saved = [this.download, this.href]; }")
    window.click(f"#{table} .tools button:nth-of-type(2)")
    name, href = window.run("return window.saved")
    assert name == f"{table}.csv"
    lines = list(csv.reader(io.StringIO(unquote(href.partition(",")[2]).lstrip("\ufeff"))))
    shown = window.run(
        f"return [...document.querySelectorAll('#{table} tbody tr')].filter(r => !r.hidden)"
        ".map(r => [...r.cells].map(c => c.textContent.replace(/\\s+/g, ' ').trim()))"
    )
    assert 1 <= len(shown) == len(lines) - 1

    def plainly(text: str) -> str:
        return text.replace("−", "-").replace(",", "") if re.fullmatch(r"−?[\d,]+(\.\d+)?%?", text) else text

    assert lines[1:] == [[plainly(text) for text in row] for row in shown]
    assert not [cell for line in lines for cell in line if re.match(r"[=+@|]|-(?!\d)", cell)]


def test_a_formula_is_saved_as_text_and_a_number_as_a_number(window: Browser, page: Path) -> None:
    window.open(page)
    cells = ["=1+1", "@SUM(A1)", "+44", "-1", "−1,234.5", "−2.0 (−3.0 to −1.0)", 'say "so", twice', "4.3%"]
    window.run(
        "const r = document.querySelector('.table tbody').rows[0]; const t = r.closest('table');"
        "[...t.tHead.rows[0].cells].slice(1).forEach(c => c.remove()); [...t.tBodies[0].rows].forEach(r => r.remove());"
        "arguments[0].forEach(x => { t.tBodies[0].insertRow().insertCell().textContent = x; });"
        "HTMLAnchorElement.prototype.click = function () { window.saved = this.href; }",
        cells,
    )
    window.click(".table .tools button:nth-of-type(2)")
    text = unquote(window.run("return window.saved").partition(",")[2])
    held = [line[0] for line in csv.reader(io.StringIO(text))][1:]
    assert held == ["'=1+1", "'@SUM(A1)", "'+44", "'-1", "-1234.5", cells[5], cells[6], "4.3%"]


def test_headings_stay_in_sight_below_the_marks(window: Browser, page: Path) -> None:
    window.open(page)
    table = window.run(
        "return [...document.querySelectorAll('.table .fits table')].sort((a, b) => b.offsetHeight - a.offsetHeight)[0]"
        ".closest('.table').id"
    )
    window.run(f"document.querySelector('#{table} tbody tr:last-child').scrollIntoView({{block: 'center'}})")
    head, mark = window.run(
        f"return ['#{table} thead th', '.mark'].map(s => document.querySelector(s).getBoundingClientRect())"
        ".map((b, i) => i ? b.bottom : b.top)"
    )
    assert abs(head - mark) <= 1


@pytest.mark.parametrize("width", [ENLARGED, DESKTOP])
def test_only_what_has_to_be_scrolled_is_a_stop_for_the_keyboard(window: Browser, page: Path, width: int) -> None:
    window.open(page, width=width)
    stops = window.run(
        "return [...document.querySelectorAll('.scroll, .drawing')].filter(b => b.offsetWidth)"
        ".map(b => [b, b.querySelector('table, svg').getBoundingClientRect().width])"
        ".map(([b, width]) => [b.hasAttribute('tabindex'), width > b.clientWidth + 1])"
    )
    assert all(stop == over for stop, over in stops)
    assert any(stop for stop, _ in stops) or width == DESKTOP
