"""How results, tables and settings show themselves: short, rounded and escaped, in a notebook and in a terminal."""

from __future__ import annotations

import datetime as dt
import inspect
import re
import typing
from html.parser import HTMLParser
from pathlib import Path
from types import MappingProxyType

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import resilience_stats as rs
from resilience_stats import report
from resilience_stats.disclosure import apply_policy
from resilience_stats.display import Figures, as_html, as_text, short
from resilience_stats.results import Result, note
from resilience_stats.results.rows import make_rows
from resilience_stats.study import Outcome, Predictor, Study
from resilience_stats.tables import Cell, Column, Table

_TAGS = {"p", "strong", "code", "ul", "li", "table", "thead", "tbody", "tr", "th", "td", "div", "caption", "span"}
_HOSTILE = ("<script>alert(1)</script>", '"><img src=x onerror=a()>', "</table>", "a\x00b\u202ec", "&lt;", "x" * 9000)
#: What a cell may put into a notebook or a terminal at most, in characters.
_LONGEST_PAGE, _LONGEST_TEXT = 500_000, 20_000

texts = st.sampled_from(_HOSTILE) | st.text(max_size=40)
numbers = st.floats(allow_nan=True, allow_infinity=True) | st.integers(-(10**20), 10**20) | st.none() | texts


class _Reader(HTMLParser):
    """Fails where a tag is not closed in its turn, or does something."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.seen: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.open.append(tag)
        self.seen.add(tag)
        assert {name for name, _ in attrs} <= {"style", "scope", "class", "id", "role", "tabindex", *_described(attrs)}

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def _described(attrs: list[tuple[str, str | None]]) -> set[str]:
    return {name for name, _ in attrs if name.startswith("aria-")}


def require_harmless(page: str) -> None:
    reader = _Reader()
    reader.feed(page)
    reader.close()
    assert reader.open == []
    assert reader.seen <= _TAGS
    assert not re.search("[\x00\u202e]", page)


def kinds(hint: object) -> list[type]:
    inside = [kind for part in typing.get_args(hint) for kind in kinds(part)]
    return [hint, *inside] if inspect.isclass(hint) else inside


def returned() -> dict[type, str]:
    """The package's own types that public functions return, each with the first of them."""
    found: dict[type, str] = {}
    for home in (rs, report):
        functions = [(name, getattr(home, name)) for name in home.__all__]
        for name, function in functions:
            if inspect.isfunction(function):
                hint = typing.get_type_hints(function, {**vars(inspect.getmodule(function)), "pd": pd}).get("return")
                for kind in kinds(hint):
                    if kind.__module__.startswith("resilience_stats"):
                        found.setdefault(kind, name)
    return found


@pytest.mark.parametrize(("kind", "name"), returned().items(), ids=lambda value: getattr(value, "__name__", value))
def test_what_a_public_function_returns_shows_itself(kind: type, name: str) -> None:
    assert hasattr(kind, "_repr_html_") or kind is report.chapter.Chapter, name
    assert kind.__repr__ is not object.__repr__, name
    assert not hasattr(kind.__repr__, "__wrapped__"), f"{name}: the repr that a dataclass writes, with every field"


def test_no_kind_of_result_goes_its_own_way() -> None:
    for kind in Result.__subclasses__():
        assert kind._repr_html_ is Result._repr_html_
        assert kind.__repr__ is Result.__repr__


@given(
    frame=st.lists(st.lists(numbers, min_size=3, max_size=3), max_size=4),
    names=st.lists(texts, min_size=3, max_size=3),
    said=st.lists(texts, max_size=3),
    fit=st.dictionaries(texts, numbers, max_size=4),
)
@settings(max_examples=150, deadline=None)
def test_hostile_names_and_numbers_do_nothing(frame: list, names: list[str], said: list[str], fit: dict) -> None:
    shown = Result(
        estimates=pd.DataFrame(frame, columns=names), fit=fit, notes=tuple(note("code", text) for text in said)
    )
    page, text = shown._repr_html_(), repr(shown)
    require_harmless(page)
    assert len(page) < _LONGEST_PAGE
    assert len(text) < _LONGEST_TEXT
    assert not re.search("[\x00\u202e]", text)


def test_a_large_result_is_cut_and_says_so() -> None:
    frame = pd.DataFrame(np.random.default_rng(1).normal(size=(500, 60)), columns=[f"c{k}" for k in range(60)])
    shown = Result(estimates=frame, fit={}, notes=(note("a", "Long. " * 500),) * 50)
    page, text = shown._repr_html_(), repr(shown)
    assert "… 400 more rows; not shown: c20" in page
    assert "… 480 more rows; not shown: c" in text
    assert "and 38 more" in page
    assert "and 38 more" in text
    assert len(page) < _LONGEST_PAGE
    assert max(map(len, text.splitlines())) <= pd.get_option("display.width")


def test_a_fit_is_shown_with_few_digits_and_its_notes() -> None:
    rng = np.random.default_rng(2)
    data = pd.DataFrame({"y": rng.normal(50, 10, size=40), "x": rng.normal(size=40)})
    data.loc[3, "x"] = np.nan
    fit = rs.fit_linear(data, "y", ["x"])
    for shown in (fit._repr_html_(), repr(fit)):
        assert not re.search(r"\d\.\d{5}", shown)
        assert "1 of 40 rows" in shown
        assert "Also held" in shown
        assert f"{fit.tidy()['estimate'][0]:.2f}"[:4] in shown
    assert "influence frame of 39" in " ".join(repr(fit).split())


@pytest.mark.parametrize(
    ("values", "cells"),
    [
        ([54.08123, -0.2601], ["54.0812", "-0.2601"]),
        ([197.0, 0.7041], ["197", "0.7041"]),
        ([12.0, 3.0], ["12", "3"]),
        ([1234.56, 2000.5], ["1234.6", "2000.5"]),
        ([0.5, 1.3e-9], ["0.5000", "1.3e-09"]),
    ],
)
def test_a_column_has_one_number_of_decimals(values: list[float], cells: list[str]) -> None:
    assert as_text([("", pd.DataFrame({"v": values}))]).split() == ["v", *cells]


def test_what_is_missing_is_blank_and_a_column_of_nothing_is_named() -> None:
    frame = pd.DataFrame({"term": ["a", "b"], "df": [np.nan, np.nan], "x": [1.5, np.nan]})
    assert "nan" not in as_html([("", frame)])
    assert as_text([("", frame)]).splitlines()[-1] == "… empty: df"
    assert short(pd.NaT) == short(None) == ""


def test_names_in_the_index_are_shown() -> None:
    frame = pd.DataFrame({"F1": [0.71, 0.65]}, index=pd.Index(["q1", "q2"], name="item"))
    assert as_text([("Loadings", frame)]).splitlines() == ["Loadings:", "item     F1", "q1   0.7100", "q2   0.6500"]
    assert as_html([("", Figures({}))]) == ""


def test_a_study_does_not_show_the_secret_of_its_pseudonyms() -> None:
    policy = MappingProxyType({"preset": "board", "pseudonym_key": "a-long-secret-word"})
    study = Study(
        title="<b>Title",
        year=2019,
        area="Area",
        synthetic=True,
        random_state=1,
        census_date=dt.date(2019, 11, 30),
        files=MappingProxyType({}),
        instruments=MappingProxyType({}),
        outcome=Outcome(name="y", label="Score"),
        predictors=(Predictor(name="x", role="exposure"),),
        policy=policy,
        path=Path("study.toml"),
    )
    for shown in (repr(study), study._repr_html_(), repr(rs.Policy(pseudonym_key="a-long-secret-word"))):
        assert "a-long-secret-word" not in shown
    assert "x (exposure)" in repr(study)
    require_harmless(study._repr_html_())


def test_disclosed_rows_show_what_is_withheld_and_under_which_policy() -> None:
    rows = make_rows("c", "o", group=["<i>", "B", "All"], value=[40, 3, 43], statistic="practices")
    shown = apply_policy(rows, "board")
    for text in (repr(shown), shown._repr_html_()):
        assert "Board edition" in text
        assert "3 rows, 2 of them withheld" in text
        assert "[c]" in text
    require_harmless(shown._repr_html_())


def test_a_table_shows_itself_in_a_terminal_as_it_stands_on_the_page() -> None:
    columns = (Column("Place", "left", True), Column("Practices"))
    rows = ((Cell("North"), Cell("[c]")), (Cell("South"), Cell("20", 20)))
    table = Table(id="t", caption="By place", columns=columns, rows=rows, notes=("Asked.",), source="Register")
    assert repr(table).splitlines()[:4] == ["By place:", "Place Practices", "North [c]", "South 20"]
    assert "[note 1] Asked." in repr(table)
    assert repr(table).endswith("Source: Register")
    require_harmless(table._repr_html_())
    assert table._repr_html_().count("text-align:left") == 3
    assert repr(Table(id="t", caption="Two alike", columns=(Column("n"), Column("n")), rows=())).startswith("Two alike")


def test_settings_and_questionnaires_show_themselves() -> None:
    assert "threshold: 5" in repr(rs.Policy.preset("board"))
    phq = rs.load_instrument("phq")
    assert "40 questions in 12 areas" in phq._repr_html_()
    assert phq.items[-1].text in phq._repr_html_()
    assert len(repr(phq)) < _LONGEST_TEXT
    assert repr(report.bullets(["One & only.", "Two."])) == "One & only. Two."
