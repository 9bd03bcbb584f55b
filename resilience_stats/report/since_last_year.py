"""What changed since last year, in sentences and tables: the rows decide the verdict, wording/since.toml says it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from resilience_stats.disclosure import DisclosedFrame, format_value
from resilience_stats.report.blocks import Block, bullets
from resilience_stats.report.evidence import direction, strength
from resilience_stats.report.reading import Row, find, interval_text, is_shown, n_text, rows_of, value_text
from resilience_stats.report.sentences import level_text
from resilience_stats.report.wording import phrase, wording
from resilience_stats.results.rows import TOTAL
from resilience_stats.tables import Table, table_rows


def since_blocks(disclosed: DisclosedFrame, *, conf_level: float) -> list[Block | Table]:
    """Return the sentences and the tables of what changed since last year.

    Parameters
    ----------
    disclosed : DisclosedFrame
        Rows of `since_rows` and `same_practice_rows`.
    conf_level : float
    """
    said = bullets(since_sentences(disclosed, conf_level=conf_level))
    return [said, *since_tables(disclosed)]


def since_sentences(disclosed: DisclosedFrame, *, conf_level: float) -> list[str]:
    """Return what changed, whether the series is broken, and how the practices that answered twice moved."""
    facts = {str(r["term"]): str(r["value"]) for r in rows_of(disclosed, "since_facts", "setting")}
    if "refused" in facts:
        return [phrase("since", facts["refused"], **facts), *_same_practices(disclosed, conf_level)]
    if not rows_of(disclosed, "series"):
        return [phrase("since", "none_given"), *_same_practices(disclosed, conf_level)]
    changes = rows_of(disclosed, "since_last_year", "mean_change")
    overall = wording("instrument")["overall"]
    said = [*_between(facts), *_response(disclosed), *_series(disclosed)]
    than = phrase("since", "than_last" if _apart(facts) == 1 else "than_in", year=facts.get("then_year", ""))
    said += [_change(row, disclosed, conf_level, than) for row in changes if row["term"] == overall and is_shown(row)]
    areas = [row for row in changes if row["term"] != overall and is_shown(row)]
    said += _areas(areas, disclosed) if areas else []
    said += [phrase("since", "samples")] if any(map(is_shown, changes)) else [phrase("since", "nothing_shared")]
    return said + _same_practices(disclosed, conf_level)


def since_tables(disclosed: DisclosedFrame) -> list[Table]:
    """Return the tables behind the sentences, those that have rows."""
    words, made = wording("since"), []
    scores, response = disclosed.select(output="since_last_year"), disclosed.select(output="response_since")
    counts = disclosed.select(output="same_practices", statistic="practices")
    if len(scores.rows):
        headers = {"term": words["area"]}
        made.append(
            table_rows(
                scores, row="term", column="group", headers=headers, show_n=False, caption=words["table_caption"]
            )
        )
    if len(response.rows):
        made.append(table_rows(response, row="group", headers={"group": "Year"}, caption=words["response_caption"]))
    if len(counts.rows):
        made.append(table_rows(counts, row="term", headers={"term": "Change"}, caption=words["reliable_caption"]))
    return made


def _response(disclosed: DisclosedFrame) -> list[str]:
    years = list(dict.fromkeys(str(r["group"]) for r in rows_of(disclosed, "response_since")))
    if len(years) != 2:
        return []
    values: dict[str, Any] = {"then_year": years[0], "now_year": years[1]}
    for name, year in zip(("then", "now"), years, strict=True):
        for key, statistic in (("asked", "asked"), ("responded", "responded"), ("rate", "response_rate")):
            row = find(disclosed, "response_since", statistic, term=TOTAL, group=year)
            if row is None:
                return []
            values[f"{name}_{key}"] = value_text(row)
    said = [phrase("since", "response", **values)]
    differs = values["then_asked"] != values["now_asked"]
    return [*said, phrase("since", "asked_differs", **values)] if differs else said


def _series(disclosed: DisclosedFrame) -> list[str]:
    words = wording("since")["questions"]
    counts = {str(r["term"]): value_text(r) for r in rows_of(disclosed, "series", "items")}
    if not counts:
        return [phrase("since", "series_unknown")]
    broken = [str(r["value"]) for r in rows_of(disclosed, "series", "label")]
    taken = [phrase("since", "scales_unknown")] if rows_of(disclosed, "series_scales", "setting") else []
    if not broken:
        return [phrase("since", "series_same", items=counts[words["both"]]), *taken]
    figures = {name: counts[words[name]] for name in ("then", "now", "both")}
    said = [phrase("since", "series_break", named=", ".join(broken), **figures)]
    for kind in wording("since")["kinds"]:
        rows = [r for r in rows_of(disclosed, "series_questions", "setting") if r["value"] == kind]
        names = ", ".join(f"“{r['term']}”" for r in rows)
        said += [phrase("since", f"questions_{kind}", names=names)] if rows else []
    return [*said, *taken]


def _evidence(row: Row, disclosed: DisclosedFrame) -> Row | None:
    return find(disclosed, "since_evidence", "p_adjusted", term=row["term"], group=row["group"])


def _apart(facts: Mapping[str, str]) -> int:
    """How many years lie between the two; 1 where last year's results do not tell."""
    return int(facts["now_year"]) - int(facts["then_year"]) if "then_year" in facts else 1


def _between(facts: Mapping[str, str]) -> list[str]:
    """What else than practices and their answers stands between the two years."""
    years = _apart(facts)
    said = [phrase("since", "apart", years=years, then_date=facts["then_year"])] if years > 1 else []
    return [*said, phrase("since", "other_edition", **facts)] if "then_edition" in facts else said


def _change(row: Row, disclosed: DisclosedFrame, conf_level: float, than: str) -> str:
    adjusted = _evidence(row, disclosed)
    verdict = strength(row, adjusted)
    means = [r for r in rows_of(disclosed, "since_last_year", "mean") if r["term"] == row["term"]]
    return phrase(
        "since",
        "unclear" if verdict in ("unclear", "withheld") else direction(row),
        term=row["term"],
        than=than,
        level=level_text(conf_level),
        evidence=wording("since")["evidence"].get(verdict, ""),
        **_figures(row),
        **{f"n_{name}": n_text(mean) for name, mean in zip(("then", "now"), means, strict=True)},
    )


def _figures(row: Row) -> Mapping[str, str]:
    size = format_value(str(row["statistic"]), abs(row["value"]))
    return {"value": value_text(row), "size": size, "interval": interval_text(row)}


def _areas(rows: list[Row], disclosed: DisclosedFrame) -> list[str]:
    named = []
    for row in rows:
        verdict = strength(row, _evidence(row, disclosed))
        if verdict in ("some", "good"):
            mark = "*" if verdict == "good" else ""
            named.append(f"{row['term']} ({value_text(row)}; {interval_text(row)}){mark}")
    name = "areas_some" if named else "areas_none"
    return [phrase("since", name, count=len(rows), named=", ".join(named))]


def one_wave_sentences(disclosed: DisclosedFrame) -> list[str]:
    """Return which questions only some waves put, so that they are in no change of a practice's score."""
    names = [f"“{r['term']}”" for r in rows_of(disclosed, "one_wave_questions", "setting")]
    return [phrase("since", "one_wave", names=", ".join(names))] if names else []


def _same_practices(disclosed: DisclosedFrame, conf_level: float) -> list[str]:
    words = wording("since")
    row = find(disclosed, "same_practices", "mean_change", term=words["change"])
    if row is None:
        return []
    verdict = strength(row, None)
    name = direction(row) if verdict == "some" else "unclear"
    said = one_wave_sentences(disclosed)
    said += [phrase("since", f"same_practices_{name}", n=n_text(row), level=level_text(conf_level), **_figures(row))]
    counts = {
        name: find(disclosed, "same_practices", "practices", term=words["moved"][name])
        for name in ("higher", "lower", "within")
    }
    if all(counts.values()):
        said.append(phrase("since", "reliable", **{k: value_text(r) for k, r in counts.items() if r is not None}))
    return said
