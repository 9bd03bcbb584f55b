"""Sentences on how often the methods are right: numbers and verdicts are those of the released rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from resilience_stats.disclosure import DisclosedFrame
from resilience_stats.report.reading import Row, is_shown, rows_of, value_text
from resilience_stats.report.wording import phrase, wording

#: Bands are many: only one that is off by this many of its own 95 % half-widths is called off.
_FAR = 1.5


def operating_sentences(released: DisclosedFrame) -> list[str]:
    """Return how the figures were made, and which methods kept their word."""
    if not rows_of(released, "operating_run"):
        return []
    return [
        _made(released), phrase("operating", "two_worlds"), *_error(released), *_intervals(released),
        *_discoveries(released), *_missing(released), *_selected(released), *_shares(released), *_ranks(released),
    ]  # fmt: skip


def _made(released: DisclosedFrame) -> str:
    names = wording("operating")["run"]
    told = {r["term"]: str(r["value"]) for r in rows_of(released, "operating_run")}
    held = {key: told[label] for key, label in names.items()}
    return phrase(
        "operating", "made", cohorts=held["replicates"], practices=held["practices"], networks=held["networks"],
        date=held["made_on"], seed=held["random_state"], command=held["command"],
    )  # fmt: skip


def _error(released: DisclosedFrame) -> list[str]:
    rows = [r for r in rows_of(released, "operating_error", "simulation_error") if is_shown(r)]
    return [phrase("operating", "error", largest=value_text(rows[0]))] if rows else []


def _intervals(released: DisclosedFrame) -> list[str]:
    rows = [r for r in rows_of(released, "operating_linear", "coverage") if is_shown(r)]
    own = sorted((r for r in rows if r["term"] == wording("operating")["methods"]["CR2"]), key=_value)
    said = []
    if own:
        said.append(phrase("operating", "own", low=value_text(own[0]), high=value_text(own[-1])))
    every = [*rows, *(r for r in rows_of(released, "operating_odds", "coverage") if is_shown(r))]
    floor = _floor(released)
    narrow = sorted((r for r in every if floor is not None and r["conf_high"] < floor["value"]), key=_value)
    if not narrow:
        return [*said, phrase("operating", "none_narrow")]
    items = [phrase("operating", "narrow_item", method=r["term"], kind=r["group"], value=value_text(r)) for r in narrow]
    least = value_text(floor) if floor is not None else ""
    return [*said, phrase("operating", "narrow", floor=least, listed="; ".join(items))]


def _floor(released: DisclosedFrame) -> Row | None:
    rows = [r for r in rows_of(released, "operating_error", "coverage") if is_shown(r)]
    return rows[0] if rows else None


def _discoveries(released: DisclosedFrame) -> list[str]:
    words, said = wording("operating"), []
    rows = {(r["group"], r["term"], r["statistic"]): r for r in rows_of(released, "operating_null") if is_shown(r)}
    level = _setting(released, "level")
    for world in words["worlds"].values():
        at: dict[str, Any] = {}
        for name, label in words["adjustments"].items():
            term = f"{words['methods']['CR2']}, {label}"
            at[name], at[f"{name}_true"] = (rows.get((world, term, s)) for s in ("any_null_found", "true_found"))
        if all(row is not None for row in at.values()):
            told = {name: value_text(row) for name, row in at.items()}
            price = phrase("operating", "price", raw_true=told["none_true"], holm_true=told["holm_true"])
            said.append(
                phrase("operating", "null", world=world, level=level, raw=told["none"], holm=told["holm"],
                       bh=told["bh"], price=price)
            )  # fmt: skip
    return said


def _missing(released: DisclosedFrame) -> list[str]:
    words, said = wording("operating"), []
    rows = {(r["group"], r["term"], r["statistic"]): r for r in rows_of(released, "operating_missing") if is_shown(r)}
    labels = {name: words["methods"][name] for name in ("all", "complete", "imputed")}
    apart = [r for r in rows_of(released, "operating_missing_difference", "relative_bias") if is_shown(r)]
    for world in words["worlds"].values():
        bias = {name: rows.get((world, label, "relative_bias")) for name, label in labels.items()}
        width = {name: rows.get((world, label, "relative_width")) for name, label in labels.items()}
        if any(row is None for row in (*bias.values(), *width.values())):
            continue
        told = {name: value_text(row) for name, row in bias.items() if row is not None}
        verdict = _nearer(bias, [r for r in apart if r["group"] == world])
        wide = {f"{name}_width": value_text(row) for name, row in width.items() if row is not None}
        said.append(
            phrase("operating", verdict, world=world, share=_setting(released, "missing_share"), **told)
            + " " + phrase("operating", "missing_width", **wide)
        )  # fmt: skip
    return said


def _nearer(bias: Mapping[str, Row | None], apart: Sequence[Row]) -> str:
    complete, imputed = bias["complete"], bias["imputed"]
    if complete is None or imputed is None or not apart or apart[0]["conf_low"] <= 0 <= apart[0]["conf_high"]:
        return "missing_equal"
    return "missing_better" if abs(imputed["value"]) < abs(complete["value"]) else "missing_worse"


def _selected(released: DisclosedFrame) -> list[str]:
    """The example's own bias, where the simulation can tell it from none: its responders are no random sample."""
    words = wording("operating")
    world, label = words["worlds"]["example"], words["methods"]["all"]
    rows = rows_of(released, "operating_missing", "relative_bias")
    own = [r for r in rows if r["group"] == world and r["term"] == label and is_shown(r)]
    return [phrase("operating", "selected", world=world, all=value_text(r)) for r in own if r["conf_high"] < 0]


def _shares(released: DisclosedFrame) -> list[str]:
    words, said = wording("operating"), []
    rows = {(r["group"], r["term"]): r for r in rows_of(released, "operating_shares", "coverage") if is_shown(r)}
    rough, floor = False, _floor(released)
    for world in words["worlds"].values():
        told: dict[str, str] = {}
        for prefix, method in (("", "percentile"), ("bca_", "bca")):
            for size in ("large", "small", "none"):
                row = rows.get((f"{world}: {words['kinds'][size]}", words["methods"][method]))
                if row is not None:
                    told[prefix + size] = value_text(row)
                    rough |= floor is not None and row["conf_high"] < floor["value"]
        if len(told) == 6:
            said.append(phrase("operating", "shares", world=world, **told))
    return [*said, phrase("operating", "shares_rough")] if said and rough else said


def _ranks(released: DisclosedFrame) -> list[str]:
    first = [r for r in rows_of(released, "operating_ranks", "was_first") if is_shown(r)]
    said = {(r["group"], r["term"]): r for r in rows_of(released, "operating_ranks", "said_first") if is_shown(r)}
    pairs = [(said[key], r) for r in first if (key := (r["group"], r["term"])) in said]
    sure = [(s, f) for s, f in pairs if s["value"] - f["value"] > _FAR * (f["conf_high"] - f["value"])]
    modest = [(s, f) for s, f in pairs if f["value"] - s["value"] > _FAR * (f["value"] - f["conf_low"])]
    made = []
    for name, found in (("ranks_sure", sure), ("ranks_modest", modest)):
        if found:
            far = max(found, key=lambda p: abs(p[0]["value"] - p[1]["value"]))
            made.append(phrase("operating", name, said=value_text(far[0]), first=value_text(far[1])))
    return made or ([phrase("operating", "ranks_fair")] if pairs else [])


def _setting(released: DisclosedFrame, name: str) -> str:
    label = wording("operating")["run"][name]
    return next(str(r["value"]) for r in rows_of(released, "operating_run") if r["term"] == label)


def _value(row: Row) -> float:
    return float(row["value"])
