"""Definitions: tables, instruments, code lists and the data dictionary."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from frictionless import Schema

from resilience_stats.errors import SchemaError
from resilience_stats.resources import schema_directory
from resilience_stats.schema import data_dictionary, load_codes, load_instrument, load_table_spec, table_names
from resilience_stats.schema.dictionary import dictionary_markdown

OWN = {
    "practice_register",
    "phq",
    "rat",
    "programmes",
    "special_measures",
    "lineage",
    "local_intelligence",
    "practice_assessments",
}


def changed(tmp_path: Path, name: str, change: object) -> Path:
    content = json.loads((schema_directory() / "instruments" / f"{name}.json").read_text(encoding="utf-8"))
    change(content)  # type: ignore[operator]
    path = tmp_path / "mine.json"
    path.write_text(json.dumps(content), encoding="utf-8")
    return path


@pytest.mark.parametrize("name", table_names())
def test_every_table_is_a_table_schema_that_frictionless_reads(name: str) -> None:
    schema = Schema.from_descriptor(str(schema_directory() / f"{name}.json"))
    assert tuple(schema.field_names) == load_table_spec(name).column_names


@pytest.mark.parametrize("name", table_names())
def test_every_table_says_what_it_is(name: str) -> None:
    spec = load_table_spec(name)
    assert spec.title
    assert spec.description
    assert spec.owner == "LMC" if name in OWN else spec.extras["publication"]
    assert all(c.title and c.description for c in spec.columns)


@pytest.mark.parametrize("name", table_names())
def test_no_header_is_declared_twice_in_a_table_without_a_condition(name: str) -> None:
    from resilience_stats.loaders.headers import plain

    seen: dict[str, str] = {}
    for column in load_table_spec(name).columns:
        for spelling in {plain(column.name), *(plain(h.header) for h in column.headers if not h.beside)}:
            owner = seen.setdefault(spelling, column.name)
            exempt = name == "payments" and spelling == "ccgname"
            assert exempt or owner == column.name, f"{spelling}: {owner} and {column.name}"


def test_the_shipped_questionnaire_has_ten_to_twelve_areas_of_three_to_five_items() -> None:
    for name in ("phq", "rat"):
        instrument = load_instrument(name)
        assert instrument.illustrative
        assert "llustrative" in instrument.notice
        assert 10 <= len(instrument.areas) <= 12
        assert all(3 <= len(instrument.items_of(a.id)) <= 5 for a in instrument.areas)
        assert {i.direction for i in instrument.items} <= {1, -1}
        assert set(instrument.items[0].missing.values()) == {"not_asked", "not_applicable", "dont_know", "not_answered"}


def test_the_assessment_carries_root_causes_and_causes_for_concern() -> None:
    groups = {c.group for c in load_instrument("rat").codes}
    assert groups == {"root_cause", "cause_for_concern"}


def test_the_outcomes_are_the_rows_of_the_published_table() -> None:
    codes = load_codes("special_measures_outcomes")
    assert {c["group"] for c in codes.codes} == {"improved", "stays", "closed", "ended_early", "pending"}
    assert codes.label("reinspected_good") == "Re-inspected: Good"


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda c: c["items"][0].update(area="leadershp"), "Did you mean 'leadership'"),
        (lambda c: c["items"][0].update(scale="agrement"), "Did you mean 'agreement'"),
        (lambda c: c["items"][0].update(direction=2), "unknown direction"),
        (lambda c: c["items"][0].pop("text"), "'text' is missing"),
        (lambda c: c["items"][1].update(id=c["items"][0]["id"]), "used twice"),
        (lambda c: c["scales"]["agreement"]["options"].reverse(), "rising order"),
        (lambda c: c["items"][0].update(missing={"x": "forgot"}), "unknown kind of missing"),
        (lambda c: c.pop("areas"), "'areas' is missing"),
    ],
)
def test_a_malformed_instrument_is_refused_with_its_place(tmp_path: Path, change: object, words: str) -> None:
    with pytest.raises(SchemaError, match=words):
        load_instrument(changed(tmp_path, "phq", change))


def test_an_analysts_own_instrument_replaces_the_shipped_one(tmp_path: Path) -> None:
    path = changed(tmp_path, "phq", lambda c: c.update(title="Ours", illustrative=False))
    assert load_instrument(path).title == "Ours"
    assert not load_instrument(path).illustrative


def test_unknown_names_come_with_the_nearest() -> None:
    with pytest.raises(SchemaError, match="Did you mean 'payments'"):
        load_table_spec("payment")
    with pytest.raises(SchemaError, match="Did you mean 'leadership_1'"):
        load_instrument("phq").item("leadership_01")
    with pytest.raises(SchemaError, match="Did you mean"):
        load_instrument("phqq")


def test_broken_json_is_named_by_line(tmp_path: Path) -> None:
    path = tmp_path / "broken.json"
    path.write_text('{\n "id": }', encoding="utf-8")
    with pytest.raises(SchemaError, match="line 2"):
        load_instrument(path)


def test_the_dictionary_has_every_field_once() -> None:
    fields = data_dictionary()
    assert not fields.duplicated(["table", "column"]).any()
    assert set(fields["table"]) == set(table_names())
    assert fields["allowed"].str.len().gt(0).all()
    page = dictionary_markdown()
    assert all(f"## `{name}`" in page for name in table_names())


def test_the_dictionary_page_is_that_of_the_definitions() -> None:
    page = (schema_directory().parents[1] / "docs" / "data-dictionary.md").read_text(encoding="utf-8")
    assert page == dictionary_markdown(), "write docs/data-dictionary.md anew with dictionary_markdown()"


def test_every_table_is_in_the_guide_to_the_files() -> None:
    guide = (schema_directory().parents[1] / "docs" / "data.md").read_text(encoding="utf-8")
    assert [name for name in table_names() if f"`{name}`" not in guide] == []
