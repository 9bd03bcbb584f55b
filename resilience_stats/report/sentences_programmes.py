"""Sentences on support programmes: what was seen, what chance would give, and what a comparison leaves."""

from __future__ import annotations

from resilience_stats.disclosure import DisclosedFrame
from resilience_stats.report.reading import Row, find, interval_text, is_shown, n_text, rows_of, value_text
from resilience_stats.report.rows.programme_effects import FEWEST
from resilience_stats.report.rows.programme_waves import FEWEST_WAVES
from resilience_stats.report.sentences import level_text
from resilience_stats.report.wording import phrase, wording

#: The groups diverged before the start where the placebo's p value is below this.
DIVERGED = 0.1


def programme_sentences(released: DisclosedFrame, *, conf_level: float) -> list[str]:
    """Return, for each programme, the change as seen beside regression to the mean, and the difference from others."""
    words, level = wording("programme_effects")["measures"], level_text(conf_level)
    rows = [r for r in rows_of(released, "programme_effects", "change_points") if is_shown(r)]
    said = []
    for programme in dict.fromkeys(str(r["group"]) for r in rows):
        at = {r["term"]: r for r in rows if r["group"] == programme}
        if words["naive"] in at and words["expected"] in at and words["others"] in at:
            naive = at[words["naive"]]
            figures = {"change": value_text(naive), "interval": interval_text(naive), "n": n_text(naive)}
            name = "naive_low" if at[words["expected"]]["value"] >= 0 else "naive_high"
            beside = {"expected": value_text(at[words["expected"]]), "others": value_text(at[words["others"]])}
            said.append(phrase("programme_effects", name, programme=programme, level=level, **figures, **beside))
        if words["ancova"] in at:
            said.append(_compared(programme, at, released, level))
    few = [str(r["term"]) for r in rows_of(released, "programme_few", "setting")]
    if few:
        said.append(phrase("programme_effects", "too_few", names=", ".join(few), least=FEWEST))
    return said or [phrase("programme_effects", "none")]


def _compared(programme: str, at: dict[str, Row], released: DisclosedFrame, level: str) -> str:
    words = wording("programme_effects")["measures"]
    main, weighted = at[words["ancova"]], at.get(words["overlap"])
    verdict = _verdict(main)
    figures = {"effect": value_text(main), "interval": interval_text(main), "level": level}
    said = [phrase("programme_effects", verdict, programme=programme, **figures)]
    if weighted is not None:
        name = "overlap_same" if _verdict(weighted) == verdict else "overlap_other"
        figures = {"effect": value_text(weighted), "interval": interval_text(weighted), "level": level}
        said.append(phrase("programme_effects", name, **figures))
    elif any(r["term"] == programme for r in rows_of(released, "programme_no_overlap", "setting")):
        said.append(phrase("programme_effects", "no_overlap"))
    if verdict != "unclear":
        e_value = find(released, "programme_e_values", "e_value", group=programme, term=words["e_value"])
        low = find(released, "programme_e_values", "e_value", group=programme, term=words["e_value_low"])
        if e_value is not None and low is not None:
            told = {"e_value": value_text(e_value), "e_value_low": value_text(low)}
            said.append(phrase("programme_effects", "e_value", **told))
    return " ".join(said)


def _verdict(row: Row) -> str:
    if row["conf_low"] > 0:
        return "higher"
    return "lower" if row["conf_high"] < 0 else "unclear"


def balance_sentences(released: DisclosedFrame) -> list[str]:
    """Return in how many respects the groups differ before and after weighting."""
    least = wording("programme_effects")["fewest_balance"]
    before, after = (
        [r for r in rows_of(released, "programme_balance", name) if is_shown(r)] for name in ("smd", "smd_weighted")
    )
    if not before:
        return []
    counts = {"before": _beyond(before, least), "after": _beyond(after, least), "total": len(before)}
    return [phrase("programme_effects", "balance", least=least, **counts)]


def _beyond(rows: list[Row], least: float) -> int:
    return sum(abs(r["value"]) >= least for r in rows)


def scatter_sentences(released: DisclosedFrame) -> list[str]:
    """Return why there is no scatter, where there is none."""
    if not rows_of(released, "programme_effects") or rows_of(released, "programme_scatter", "score_change"):
        return []
    return [phrase("programme_effects", "scatter_none")]


def absence_sentences(released: DisclosedFrame, output: str) -> list[str]:
    """Return that there is nothing to show under a heading, or that none of it may be shown, where that is so."""
    rows = rows_of(released, output)
    if not rows:
        return [phrase("programme_effects", f"no_{output}")]
    shown = any(is_shown(r) and not isinstance(r["value"], str) for r in rows)
    return [] if shown else [phrase("programme_effects", "all_withheld")]


def event_sentences(released: DisclosedFrame, *, conf_level: float) -> list[str]:
    """Return each programme's difference in differences with its placebo, or why there is none."""
    waves = find(released, "programme_waves", "columns")
    if waves is None:
        return []
    if waves["value"] < FEWEST_WAVES:
        told = "one wave" if waves["value"] == 1 else f"{value_text(waves)} waves"
        return [phrase("programme_effects", "event_waves", waves=told, least=FEWEST_WAVES)]
    said = []
    for row in rows_of(released, "programme_did", "change_points"):
        if is_shown(row):
            said.append(_event(released, row, level_text(conf_level)))
    few = [str(r["term"]) for r in rows_of(released, "programme_did_few", "setting")]
    if few:
        said.append(phrase("programme_effects", "event_few", names=", ".join(few), least=FEWEST))
    return said


def _event(released: DisclosedFrame, row: Row, level: str) -> str:
    group = str(row["group"])
    start = next((str(r["value"]) for r in rows_of(released, "programme_start", "date") if r["group"] == group), "")
    figures = {"effect": value_text(row), "interval": interval_text(row), "n": n_text(row), "level": level}
    said = [phrase("programme_effects", "event", programme=group, start=start, **figures)]
    placebo = find(released, "programme_did", "p_value", group=group, term="placebo")
    if placebo is not None:
        name = "event_parallel" if placebo["value"] >= DIVERGED else "event_diverged"
        said.append(phrase("programme_effects", name, p=_p_text(placebo)))
    left = find(released, "programme_did_left_out", "practices", group=group)
    if left is not None and left["value"] > 0:
        said.append(phrase("programme_effects", "event_left_out", left=value_text(left)))
    said.append(phrase("programme_effects", "event_warning"))
    return " ".join(said)


def _p_text(row: Row) -> str:
    text = value_text(row)
    return f"p {text}" if text.startswith("<") else f"p = {text}"
