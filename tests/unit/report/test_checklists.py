"""The checklists: an item's state follows from what the run shows, and its sentence from released rows."""

from __future__ import annotations

import re
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pandas as pd
import pytest
from small_report import small_run

from resilience_stats.disclosure import DisclosedFrame, apply_policy
from resilience_stats.errors import ReportError
from resilience_stats.report.chapter import open_chapter
from resilience_stats.report.checklists import TAKES, Answer, Shown, fill_checklist, read_checklist
from resilience_stats.report.document import build_document
from resilience_stats.report.html import render_html
from resilience_stats.report.release import release_text, release_together
from resilience_stats.report.rows import checklists
from resilience_stats.report.rows.checklists import answer_rows, checklist_blocks
from resilience_stats.results.rows import combine_rows, make_rows
from resilience_stats.tables import Cell, Column, Table

# Collins and others 2024, BMJ 385, e078378, table 2: how many lettered parts each item has.
TRIPOD_ITEMS = {3: 3, 5: 2, 6: 3, 8: 3, 9: 3, 12: 7, 18: 6, 20: 3, 23: 2, 27: 3}
# von Elm and others 2007, The Lancet 370, 1453, for cross-sectional studies.
STROBE_ITEMS = {1: 2, 12: 5, 13: 3, 14: 2, 16: 3}


def numbered(parts: dict[int, int], last: int) -> list[str]:
    letters = {k: [f"{k}{letter}" for letter in "abcdefg"[:n]] for k, n in parts.items()}
    return [name for k in range(1, last + 1) for name in letters.get(k, [str(k)])]


def evidence(name: str) -> list[Shown]:
    places = {p for item in read_checklist(name)["items"] for p in item.get("evidence", ())}
    return [Shown(chapter=p.partition("/")[0], id=p.partition("/")[2], title=p) for p in sorted(places)]


def flow(asked: int = 197) -> DisclosedFrame:
    held: dict[str, Any] = {"chapter": "participation", "output": "flow", "statistic": "stage"}
    rows = make_rows(**held, term=["Asked", "Answered", "Complete"], value=[asked, 138, 128])
    return apply_policy(rows, "board")


def by_item(name: str, released: DisclosedFrame, shown: list[Shown]) -> dict[str, Answer]:
    return {a.item: a for a in fill_checklist(name, released, shown)}


def test_every_item_of_the_published_checklists_is_there() -> None:
    assert [i["item"] for i in read_checklist("tripod_ai")["items"]] == numbered(TRIPOD_ITEMS, 27)
    assert [i["item"] for i in read_checklist("strobe")["items"]] == numbered(STROBE_ITEMS, 22)
    levels = [i["level"] for i in read_checklist("rap")["items"]]
    assert [levels.count(level) for level in ("Baseline", "Silver", "Gold")] == [5, 9, 4]


@pytest.mark.parametrize("name", ["tripod_ai", "strobe"])
def test_no_number_is_typed_into_what_an_item_says(name: str) -> None:
    for item in read_checklist(name)["items"]:
        for text in [*item.get("says", ()), item.get("author_adds", ""), item.get("otherwise", "")]:
            assert not re.search(r"\d", text), text
        for spec in item.get("values", {}).values():
            assert len(spec["from"].split("/")) == 3
            assert spec.get("take", "value") in TAKES


@pytest.mark.parametrize("name", ["tripod_ai", "strobe"])
def test_a_table_taken_out_takes_the_state_with_it(name: str) -> None:
    shown = evidence(name)
    whole, whole_places = by_item(name, flow(), shown), {s.place for s in shown}
    for item in read_checklist(name)["items"]:
        if not item.get("evidence") or not set(item.get("applies_where", whole_places)) & whole_places:
            continue
        assert whole[item["item"]].state in ("filled", "part")
        without = by_item(name, flow(), [s for s in shown if s.place not in item["evidence"]])
        assert without[item["item"]].state in ("author", "not_applicable"), item["item"]
        if len(item["evidence"]) > 1:
            last = next(p for p in reversed(item["evidence"]) if p not in read_checklist(name)["applies_where"])
            some = by_item(name, flow(), [s for s in shown if s.place != last])
            assert some[item["item"]].state == "part", item["item"]


def test_a_failed_chapter_leaves_its_items_to_the_author() -> None:
    whole = by_item("strobe", flow(), evidence("strobe"))
    assert whole["13a"].state == "filled"
    left = [s for s in evidence("strobe") if s.chapter != "participation"]
    assert by_item("strobe", flow(), left)["13a"].state == "author"


def test_without_the_analysis_the_checklist_does_not_apply_and_says_why() -> None:
    left = [s for s in evidence("tripod_ai") if s.chapter != "special_measures"]
    answers = fill_checklist("tripod_ai", flow(), left)
    assert {a.state for a in answers} == {"not_applicable"}
    assert answers[0].says.startswith("Nothing is predicted")


def test_a_survey_without_drivers_still_answers_the_items_of_a_survey() -> None:
    left = [s for s in evidence("strobe") if s.chapter != "drivers"]
    answers = by_item("strobe", flow(), left)
    assert answers["13a"].says.startswith("Asked 197")
    assert answers["13c"].state == "filled"
    assert answers["1a"].state == "author"
    for item in ("7", "10", "12a", "12e", "16a", "17"):
        assert answers[item].says == "No association is analysed in this run."
    alone = [*left, Shown(chapter="drivers", id="models", title="Each predictor alone")]
    assert by_item("strobe", flow(), alone)["16a"].state == "filled"
    assert {a.state for a in fill_checklist("strobe", flow(), [])} == {"not_applicable"}


def sensitivity(*groups: str) -> DisclosedFrame:
    held: dict[str, Any] = {"chapter": "drivers", "output": "sensitivity", "term": "Staff", "n": 128}
    rows = [make_rows(**held, group=g, statistic="effect_per_sd", value=1.0, conf_low=0.5, conf_high=2) for g in groups]
    df = make_rows("drivers", "sensitivity", statistic="df_residual", value=121, n=128)
    return apply_policy(combine_rows([*rows, df]), "board")


def test_a_way_of_fitting_is_claimed_only_where_it_was_done() -> None:
    shown, main = evidence("strobe"), "Adjusted (networks)"
    done = by_item("strobe", sensitivity(main, "Weighted for non-response"), shown)["12d"].says
    assert done.endswith("weights for non-response are among the other ways of fitting (128 practices).")
    assert by_item("strobe", sensitivity(main), shown)["12d"].says == "All were asked, none was sampled."


@pytest.mark.parametrize(("most", "says"), [(0, "carry 0 parameters"), (2, "carry 0 to 2 parameters")])
def test_a_span_of_one_number_is_that_number(most: int, says: str) -> None:
    held: dict[str, Any] = {"chapter": "special_measures", "statistic": "parameters_allowed"}
    rows = [make_rows(**held, output="local_budget", term=list("ab"), value=[0, most])]
    rows += [make_rows("special_measures", "national_model", term="x", statistic="odds_ratio", value=2.0, n=1201)]
    rows += [make_rows("special_measures", "national_model", statistic="df_residual", value=1190, n=1201)]
    answers = by_item("tripod_ai", apply_policy(combine_rows(rows), "board"), evidence("tripod_ai"))
    assert says in answers["10"].says


def test_an_item_about_what_was_not_done_does_not_apply_until_it_is() -> None:
    shown = evidence("tripod_ai")
    assert by_item("tripod_ai", flow(), shown)["12f"].state == "not_applicable"
    rows = make_rows("special_measures", "local_calibration", statistic="events", value=12, n=150)
    assert by_item("tripod_ai", apply_policy(rows, "board"), shown)["12f"].state == "filled"


def test_people_s_items_are_never_filled() -> None:
    answers = by_item("tripod_ai", flow(), evidence("tripod_ai"))
    assert {answers[i].state for i in ("3a", "3b", "3c", "17", "18a", "18b", "19", "25")} == {"author"}
    assert answers["14"].state == "part", "what is held to be fair is a person's judgement"


def test_a_sentence_follows_the_rows_and_gives_way_where_they_are_withheld() -> None:
    shown = evidence("strobe")
    assert by_item("strobe", flow(), shown)["13a"].says.startswith("Asked 197, answered 138")
    assert by_item("strobe", flow(90), shown)["13a"].says.startswith("Asked 90,")
    few = make_rows(
        "instrument", "scores", term="Overall", statistic="mean", value=60.0, conf_low=50, conf_high=70, n=3
    )
    hidden = apply_policy(combine_rows([few]), "board")
    assert by_item("strobe", hidden, shown)["15"].says == "As the table shows."


def test_an_unknown_checklist_is_an_error_with_a_hint() -> None:
    with pytest.raises(ReportError, match="strobe"):
        read_checklist("strob")


def chapter(shown: list[Shown]) -> Any:
    return SimpleNamespace(shown=lambda: shown)


def test_links_lead_to_the_number_that_a_table_has_in_the_report() -> None:
    answers = fill_checklist("strobe", flow(), evidence("strobe"))
    released = apply_policy(answer_rows(answers, "strobe"), "board")
    blocks = checklist_blocks(chapter(evidence("strobe")), released, "strobe")
    table = {"kind": "table", "id": "predictors", "caption": "Predictors", "columns": [], "rows": [], "notes": []}
    table |= {"shorthand": [], "source": ""}
    chapters = [
        {"id": "drivers", "title": "Drivers", "failure": None, "blocks": [table]},
        {"id": "methods", "title": "Methods", "failure": None, "blocks": [b.to_model() for b in blocks]},
    ]
    document = build_document(chapters, title="T", area="A", year=2019, edition="Board")
    rows = {row[0]: row for row in document["chapters"][1]["blocks"][1]["rows"]}
    assert rows["7"][4] == "Table 1"
    assert rows["1a"][4] == "[z]"
    page = render_html(document)
    assert '<a href="#table-1">Table 1</a>' in page
    assert 'id="table-1"' in page


def test_the_summary_counts_the_states() -> None:
    answers = fill_checklist("strobe", flow(), evidence("strobe"))
    released = apply_policy(answer_rows(answers, "strobe"), "board")
    said = checklist_blocks(chapter(evidence("strobe")), released, "strobe")[0].to_model()["items"][0][0]["text"]
    count = {state: sum(a.state == state for a in answers) for state in ("filled", "part", "author", "not_applicable")}
    assert f"of {len(answers)} items {count['filled']} are filled from this run and {count['part']} in part" in said


def test_rap_sees_files_of_the_repository_and_leaves_people_s_acts_open(
    tmp_path: Path,
) -> None:
    seen = [Shown(chapter="methods", id=i, title=i) for i in ("software", "data-log", "notes", "")]
    states = {a.asks: a.state for a in checklists._rap_answers(seen, checklists._repository())}
    people = [asks for asks, state in states.items() if state == "person"]
    assert len(people) == 3
    assert {state for asks, state in states.items() if asks not in people} == {"met"}
    bare = {a.asks: a for a in checklists._rap_answers(seen, tmp_path)}
    assert bare["A README says step by step how to do it again"].state == "unmet"
    (tmp_path / "README.md").write_text("Steps", encoding="utf-8")
    assert checklists._rap_answers(seen, tmp_path)[2].state == "met"
    away = {a.state for a in checklists._rap_answers(seen, None)}
    assert away == {"elsewhere", "person", "met"}
    no_table = checklists._rap_answers([s for s in seen if s.id != "software"], checklists._repository())
    assert no_table[0].state == "unmet"


def test_rows_hold_what_is_asked_its_state_what_is_said_and_where() -> None:
    rows = answer_rows(fill_checklist("strobe", flow(), evidence("strobe")), "strobe")
    assert set(rows["statistic"]) == {"definition", "kind", "found", "source"}
    assert isinstance(rows, pd.DataFrame)
    assert (rows["value"].astype(str) != "").all()


def test_what_is_shown_is_what_the_chapters_left_and_this_one_so_far(tmp_path: Path) -> None:
    run = small_run(tmp_path / "run")
    caption: dict[str, Any] = {"columns": (Column("Place", "left", True),), "rows": ((Cell("North"),),)}
    other = open_chapter("participation", run.directory)
    rows = make_rows("", "flow", term=["Asked", "Answered"], statistic="stage", value=[197, 138])
    other.disclose(rows)
    other.add(Table(id="flow", caption="Flow", **caption))
    other.close()
    open_chapter("summary", run.directory).close()  # reads results: the others may not lean on it
    release_together(run, ["participation"])
    here = open_chapter("methods", run.directory)
    here.add(Table(id="software", caption="Software", **caption))
    assert {s.place for s in here.shown()} == {"participation", "participation/flow", "methods", "methods/software"}
    assert here.released().rows["value"].tolist() == [197, 138]
    without = open_chapter("participation", run.directory)
    without.disclose(rows)
    without.close()
    assert "participation/flow" not in {s.place for s in open_chapter("methods", run.directory).shown()}
    assert release_text(run).count("Flow") == 0, "a chapter that reads what is shown would not be made anew"
