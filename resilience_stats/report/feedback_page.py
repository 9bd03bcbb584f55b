"""One practice's report as a plain structure that the page and the PDF are both drawn from: its scores and areas."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import pandas as pd

from resilience_stats.report.action_library import Action
from resilience_stats.report.feedback_measures import BASE, Measures, PeerFigures, change_limit, likely_range, stand_out
from resilience_stats.report.feedback_pictures import AreaRow, areas_picture, spread_picture
from resilience_stats.report.run import Run
from resilience_stats.report.wording import phrase
from resilience_stats.schema import Area, Instrument

Block = dict[str, Any]
_NONE = PeerFigures(count=0, lower={}, median={}, upper={})


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """The practice that a report is about, with what all reports share.

    Attributes
    ----------
    code : str
    run : Run
    measures : Measures
    instrument : Instrument
    actions : tuple of Action
    answers : pandas.Series
        Its response, answers as given.
    merged : bool
        Whether it took in another practice since the wave before.
    """

    code: str
    run: Run
    measures: Measures
    instrument: Instrument
    actions: tuple[Action, ...]
    answers: pd.Series = field(repr=False)
    merged: bool

    @property
    def peers(self) -> PeerFigures:
        """What may be said of its peers."""
        return self.measures.peers.get(self.code, _NONE)

    def value(self, name: str) -> float | None:
        """Return a number of the features, None where it is missing."""
        frame = self.run.features.frame
        return _number(frame.at[self.code, name]) if name in frame else None

    def error(self, name: str) -> float | None:
        """Return the standard error of measurement of a score."""
        return _number(self.measures.errors.values.at[self.code, name])

    def limits(self, name: str) -> tuple[float, float] | None:
        """Return the likely range of a score."""
        score, error = self.value(name), self.error(name)
        return None if score is None or error is None else likely_range(score, error)


def _number(value: Any) -> float | None:
    return None if pd.isna(value) else float(value)


def say(name: str, /, **values: object) -> str:
    """Return one phrase of the feedback report."""
    return phrase("feedback", name, **values)


def paragraph(text: str) -> Block:
    """Return a block of text."""
    return {"kind": "paragraph", "text": text}


def points(text: float) -> str:
    """Return a score as it is printed: whole points."""
    return f"{text:.0f}"


def section(heading: str, blocks: Sequence[Block], *, new_page: bool = False) -> Block:
    """Return a section of the report."""
    return {"heading": heading, "blocks": list(blocks), "new_page": new_page}


def table(caption: str, columns: Sequence[tuple[str, str, float]], rows: Sequence[Sequence[str]]) -> Block:
    """Return a table: columns are (label, alignment, share of the width in per cent)."""
    whole = sum(width for _, _, width in columns)
    heads = [
        {"label": label, "align": align, "width": round(100 * width / whole, 1)} for label, align, width in columns
    ]
    return {"kind": "table", "caption": caption, "columns": heads, "rows": [list(r) for r in rows]}


def overall_section(subject: Subject) -> Block:
    """Return the overall score with its likely range, on the spread of the peers' scores."""
    score, limits, peers = subject.value("phq_overall"), subject.limits("phq_overall"), subject.peers
    blocks: list[Block] = []
    if score is None or limits is None:
        kinds = subject.run.features.item_kinds.loc[subject.code]
        asked = int((~kinds.isin(["not_asked", "not_applicable"])).sum())
        answered = int(subject.run.features.items.loc[subject.code].notna().sum())
        blocks.append(paragraph(say("overall_missing", answered=answered, asked=asked)))
    else:
        low, high = points(limits[0]), points(limits[1])
        blocks.append({"kind": "score", "value": points(score), "of": "100"})
        blocks.append(paragraph(say("overall_score", score=points(score), low=low, high=high)))
    if peers.curve:
        blocks.append(paragraph(_beside_peers(score, limits, peers)))
    else:
        blocks.append(paragraph(say("overall_no_peers")))
    if score is not None and limits is not None:
        words = {"score": points(score), "low": points(limits[0]), "high": points(limits[1])}
        alt = say("overall_alt" if peers.curve else "overall_alt_plain", **words)
        blocks.append({"kind": "figure", "svg": _spread(score, limits, peers), "alt": alt,
                       "caption": say("overall_caption")})  # fmt: skip
    if peers.curve:
        blocks.append({**paragraph(say("peers_are", count=peers.count, base=BASE)), "small": True})
    return section(say("head_overall"), blocks)


def _spread(score: float, limits: tuple[float, float], peers: PeerFigures) -> str:
    middle = (peers.lower["phq_overall"], peers.upper["phq_overall"]) if peers.curve else None
    return spread_picture(score, *limits, peers.curve, middle)


def _beside_peers(score: float | None, limits: tuple[float, float] | None, peers: PeerFigures) -> str:
    lower, upper = peers.lower["phq_overall"], peers.upper["phq_overall"]
    said = [say("overall_peers", lower=points(lower), upper=points(upper))]
    if score is not None and limits is not None:
        if lower <= score <= upper:
            said.append(say("position_within"))
        else:
            said.append(say("position_above" if score > upper else "position_below"))
            if limits[0] <= upper and limits[1] >= lower:
                said.append(say("position_unsure"))
    return " ".join(said)


def change_section(subject: Subject) -> Block:
    """Return the change of the overall score since the wave before, and whether it is more than measurement error."""
    now, before = subject.value("phq_overall"), subject.value("phq_overall_previous")
    wave = subject.value("wave_previous")
    error = subject.error("phq_overall")
    if wave is not None and (now is None or error is None):
        return section(say("head_change", wave=int(wave)), [paragraph(say("change_no_score"))])
    if now is None or before is None or wave is None or error is None:
        return section(say("head_change", wave=subject.run.study.year - 1), [paragraph(say("change_none"))])
    change, limit = now - before, change_limit(error)
    # Printed scores are whole; their difference must be that of the numbers that the reader sees.
    shown = round(now) - round(before)
    if shown == 0:
        said = [say("change_same", wave=int(wave))]
    else:
        size = "1 point" if abs(shown) == 1 else f"{abs(shown)} points"
        said = [say("change_text", direction=say("up" if shown > 0 else "down"), points=size,
                    before=points(before), after=points(now))]  # fmt: skip
    said.append(say("change_beyond" if abs(change) > limit else "change_within"))
    said.append(say("change_limit", limit=points(limit)))
    if subject.merged:
        said.append(say("change_merged"))
    return section(say("head_change", wave=int(wave)), [paragraph(" ".join(said))])


def areas_section(subject: Subject) -> Block:
    """Return the areas, drawn and as a table."""
    wave = subject.value("wave_previous")
    columns = [(say("column_area"), "left", 31.0), (say("column_score"), "right", 12.0),
               (say("column_range"), "right", 16.0), (say("column_peers"), "right", 20.0)]  # fmt: skip
    if wave is not None:
        columns.append((say("column_change", wave=int(wave)), "right", 21.0))
    drawn, rows = [], []
    for area in subject.instrument.areas:
        name = f"phq_{area.id}"
        if name not in subject.measures.scores:
            continue
        score, limits = subject.value(name), subject.limits(name)
        lower, upper = subject.peers.lower.get(name), subject.peers.upper.get(name)
        drawn.append(AreaRow(label=area.label, score=score, low=limits[0] if limits else None,
                             high=limits[1] if limits else None, lower=lower, upper=upper))  # fmt: skip
        row = [
            area.label,
            say("too_few_answers") if score is None else points(score),
            "" if limits is None else _range(*limits),
            say("not_shown") if lower is None or upper is None else _range(lower, upper),
        ]
        rows.append([*row, _area_change(subject, name)] if wave is not None else row)
    figure = {"kind": "figure", "svg": areas_picture(drawn), "alt": say("areas_alt", count=len(drawn)),
              "caption": say("areas_caption")}  # fmt: skip
    blocks = [paragraph(say("areas_text")), figure, table(say("areas_table"), columns, rows)]
    return section(say("head_areas"), blocks, new_page=True)


def _range(low: float, high: float) -> str:
    """Two limits that stay on one line on a narrow screen."""
    return f"{points(low)}\u00a0to\u00a0{points(high)}"


def _area_change(subject: Subject, name: str) -> str:
    now, before = subject.value(name), subject.value(f"{name}_previous")
    error = subject.error(name)
    if now is None or before is None or error is None:
        return say("not_shown")
    verdict = "beyond error" if abs(now - before) > change_limit(error) else "within error"
    shown = round(now) - round(before)
    return f"{shown:+d}, {verdict}" if shown else f"0, {verdict}"


@dataclass(frozen=True, slots=True, kw_only=True)
class StandOut:
    """The areas to name on one side, the words on each, whether they differ from the peers beyond chance.

    `compared` is whether there are peers at all.
    """

    areas: tuple[Area, ...]
    words: tuple[str, ...]
    beyond: bool
    compared: bool = True


def standing_out(subject: Subject) -> tuple[StandOut, StandOut]:
    """Return the areas to name above the peers, and those below: three of each at most, none of them twice.

    Where none differs from the peers, the practice's own highest (lowest) areas are named, and said to be just that.
    """
    above, below = _beyond_peers(subject, 1), _beyond_peers(subject, -1)
    above = above or _own_extremes(subject, 1, below.areas if below else ())
    return above, below or _own_extremes(subject, -1, above.areas)


def _areas(subject: Subject) -> dict[str, Area]:
    return {f"phq_{a.id}": a for a in subject.instrument.areas if f"phq_{a.id}" in subject.measures.scores}


def _beyond_peers(subject: Subject, sign: int) -> StandOut | None:
    areas, gaps = _areas(subject), {}
    for name in areas:
        own, error = subject.value(name), subject.error(name)
        if own is not None and error is not None and (gap := subject.peers.gap(name, own, error)) is not None:
            gaps[name] = gap
    size = pd.Series({n: g for n, (g, _) in gaps.items()}, dtype=float)
    errors = pd.Series({n: e for n, (_, e) in gaps.items()}, dtype=float)
    found = stand_out(size, errors, sign=sign)
    if found.empty:
        return None
    line = "strength_line" if sign > 0 else "opportunity_line"
    sure = [say("certainty_clear" if c else "certainty_likely") for c in found["certain"]]
    words = [say(line, gap=_about(g), certainty=c) for g, c in zip(found["gap"], sure, strict=True)]
    return StandOut(areas=tuple(areas[str(n)] for n in found.index), words=tuple(words), beyond=True)


def _own_extremes(subject: Subject, sign: int, taken: Sequence[Area]) -> StandOut:
    scores = {a: v for n, a in _areas(subject).items() if a not in taken and (v := subject.value(n)) is not None}
    chosen = sorted(scores, key=lambda a: -sign * scores[a])[:3]
    words = tuple(say("own_line", score=points(scores[a])) for a in chosen)
    return StandOut(areas=tuple(chosen), words=words, beyond=False, compared=bool(subject.peers.median))


def _about(gap: float) -> str:
    """A gap is printed as coarsely as the figures that it is made of."""
    return points(max(BASE, BASE * round(gap / BASE)))


def standing_out_section(found: StandOut, sign: int) -> Block:
    """Return the areas to build on (sign 1), or those where support could help most (sign -1)."""
    side = "strengths" if sign > 0 else "opportunities"
    own = f"own_{'highest' if sign > 0 else 'lowest'}{'' if found.compared else '_alone'}"
    lead = say(f"stand_out_{side}" if found.beyond else own)
    items = [{"lead": a.label, "text": words} for a, words in zip(found.areas, found.words, strict=True)]
    return section(say(f"head_{side}"), [paragraph(lead), {"kind": "list", "items": items}])
