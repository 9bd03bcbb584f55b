"""The second half of a practice's report: facts, help, action plan, answers, how to read it."""

from __future__ import annotations

from typing import Any

import pandas as pd

from resilience_stats.report.action_library import actions_for, support_labels
from resilience_stats.report.feedback_page import (
    Block,
    StandOut,
    Subject,
    areas_section,
    change_section,
    overall_section,
    paragraph,
    say,
    section,
    standing_out,
    standing_out_section,
    table,
)
from resilience_stats.report.notices import report_notices

#: Public figures shown, in order; a reader of the report knows them, so they are exact.
_CONTEXT = (
    "list_size", "list_growth_12m", "patients_per_gp", "gp_fte_per_1000", "nurse_fte_per_1000", "imd_score", "rurality",
    "gpps_overall_good", "gpps_phone_easy", "qof_achievement",
)  # fmt: skip
_DIGITS = {"list_size": 0, "patients_per_gp": 0, "gp_fte_per_1000": 2, "nurse_fte_per_1000": 2}


def feedback_page(subject: Subject) -> dict[str, Any]:
    """Return the whole report of one practice.

    Returns
    -------
    dict
        ``language, title, practice, area, year, notices, intro, sections, page_of``; a section has ``heading, blocks,
        new_page``; a block is a paragraph, score, list, figure or table. Everything in it is text but ``svg``.
    """
    practice = subject.run.cohort.practices.loc[subject.code]
    strengths, opportunities = standing_out(subject)
    sections = [
        overall_section(subject),
        change_section(subject),
        reading_section(),
        areas_section(subject),
        standing_out_section(strengths, 1),
        standing_out_section(opportunities, -1),
        signposts_section(subject, opportunities),
        plan_section(subject, opportunities),
        context_section(subject),
        answers_section(subject),
    ]
    return {
        "language": "en-GB",
        "title": say("title"),
        "practice": f"{practice['practice_name']} ({subject.code})",
        "area": subject.run.study.area,
        "year": subject.run.study.year,
        "notices": report_notices(subject.run),
        "intro": say("intro"),
        "sections": [s for s in sections if s["blocks"]],
        "page_of": say("page_of"),
    }


def signposts_section(subject: Subject, opportunities: StandOut) -> Block:
    """Return the kinds of help, of the closed list, for the areas where support could help most."""
    items = []
    for area in opportunities.areas:
        kinds = support_labels([k for a in actions_for(subject.actions, area.id) for k in a.support])
        items.append({"lead": area.label, "text": say("support_line", kinds="; ".join(kinds))})
    return section(say("head_signposts"), [paragraph(say("signposts_text")), {"kind": "list", "items": items}])


def plan_section(subject: Subject, opportunities: StandOut) -> Block:
    """Return the action plan: a first step for each area, and room for the practice's own."""
    rows = [
        [say("plan_goal", area=a.label), actions_for(subject.actions, a.id)[0].text, "", ""]
        for a in opportunities.areas
    ]
    again = pd.Timestamp(subject.run.study.census_date) + pd.DateOffset(years=1)
    when = f"{again:%B %Y}"
    rows.append([say("plan_empty"), "", "", ""])
    rows.append([say("plan_repeat"), say("plan_repeat_step", date=when), "", when])
    columns = [(say("column_goal"), "left", 27.0), (say("column_step"), "left", 41.0),
               (say("column_owner"), "left", 15.0), (say("column_date"), "left", 17.0)]  # fmt: skip
    return section(
        say("head_plan"), [paragraph(say("plan_text")), {**table(say("plan_table"), columns, rows), "roomy": True}]
    )


def context_section(subject: Subject) -> Block:
    """Return public figures of the practice, each with its date."""
    catalogue = subject.run.features.catalogue.set_index("name")
    rows = []
    for name in (n for n in _CONTEXT if n in catalogue.index):
        value = subject.run.features.frame.at[subject.code, name]
        if pd.isna(value):
            continue
        meta = catalogue.loc[name]
        day = "" if pd.isna(meta["asof"]) else f"{meta['asof'].day} {meta['asof']:%B %Y}"
        rows.append([str(meta["label"]), _shown(name, value, str(meta["unit"])), day])
    if not rows:
        return section(say("head_context"), [])
    columns = [(say("column_fact"), "left", 50.0), (say("column_value"), "right", 25.0),
               (say("column_asof"), "right", 25.0)]  # fmt: skip
    return section(say("head_context"), [paragraph(say("context_text")), table(say("context_table"), columns, rows)])


def _shown(name: str, value: object, unit: str) -> str:
    if isinstance(value, str):
        return value
    number = f"{float(value):,.{_DIGITS.get(name, 1)}f}"  # type: ignore[arg-type]
    return f"{number}%" if unit == "%" else number


def answers_section(subject: Subject) -> Block:
    """Return every question and the practice's answer, in its own words."""
    rows: list[list[str]] = []
    for area in subject.instrument.areas:
        rows.append([area.label])
        rows += [[item.text, _answer(subject, item)] for item in subject.instrument.items_of(area.id)]
    role = subject.answers.get("respondent_role")
    text = say("answers_text_no_role") if pd.isna(role) else say("answers_text", role=str(role))
    columns = [(say("column_question"), "left", 68.0), (say("column_answer"), "left", 32.0)]
    listed = {**table(say("answers_table"), columns, rows), "compact": True}
    return section(say("head_answers"), [paragraph(text), listed], new_page=True)


def _answer(subject: Subject, item: Any) -> str:
    given = subject.answers.get(item.id)
    if not pd.isna(given):
        return {o.value: o.label for o in item.options}.get(int(given), str(given))
    kind = subject.answers.get(f"{item.id}_missing")
    return say(f"missing_{'not_answered' if pd.isna(kind) or not kind else kind}")


def reading_section() -> Block:
    """Return how to read the report, and who sees it."""
    lines = [{"lead": "", "text": say(f"reading_{i}")} for i in range(1, 6)]
    lines.append({"lead": say("head_confidentiality"), "text": say("confidentiality")})
    return section(say("head_reading"), [{"kind": "list", "items": lines}])
