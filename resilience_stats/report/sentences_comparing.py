"""Sentences on comparing practices: what scores can tell apart, why there is no league table, who is compared with."""

from __future__ import annotations

from resilience_stats.disclosure import DisclosedFrame
from resilience_stats.disclosure.formatting import decimal_text
from resilience_stats.disclosure.frame import WITHHELD
from resilience_stats.models.peers import FEWEST as FEWEST_PEERS
from resilience_stats.models.spc import FEWEST as FEWEST_WAVES
from resilience_stats.report.reading import Row, find, is_shown, n_text, rows_of, value_text
from resilience_stats.report.rows.comparing import FEWEST, LIKELY, SURE
from resilience_stats.report.sentences import level_text
from resilience_stats.report.wording import phrase, wording


def comparing_sentences(released: DisclosedFrame, *, conf_level: float) -> list[str]:
    """Return how precise the scores are, what shrinkage does, and how many practices stand clear of the average."""
    at = {str(r["statistic"]): r for r in rows_of(released, "compare_scores") if is_shown(r)}
    if "sem" not in at:
        held = rows_of(released, "compare_scores")
        return [phrase("comparing", "withheld") if held else phrase("comparing", "none", least=FEWEST)]
    n = n_text(at["sem"])
    said = [
        phrase("comparing", "precision", n=n, reliability=value_text(at["reliability_of_mean"]),
               error=value_text(at["sem"]), spread=value_text(at["spread_of_scores"])),
        phrase("comparing", "shrunken", average=value_text(at["target"]), kept=value_text(at["kept_share"])),
    ]  # fmt: skip
    words, counts = wording("comparing")["standing"], _counts(released, "compare_standing")
    if counts and counts[words["above"]] == counts[words["below"]] == "0":
        said.append(phrase("comparing", "stand_apart_none"))
    elif counts:
        told = {name: counts[words[name]] for name in ("above", "below", "neither")}
        said.append(phrase("comparing", "stand_apart", n=n, **told))
    return said


def rank_sentences(released: DisclosedFrame, *, conf_level: float) -> list[str]:
    """Return how wide the intervals of ranks are, and what can be said of the lowest tenth."""
    width, share = (find(released, "compare_scores", name) for name in ("rank_width", "rank_share"))
    if width is None or share is None:
        return [phrase("comparing", "ranks_untold")]
    n, wide = n_text(width), share["value"] >= wording("comparing")["wide_share"]
    figures = {"n": n, "level": level_text(conf_level), "width": value_text(width), "share": value_text(share)}
    said = [phrase("comparing", "ranks_wide" if wide else "ranks_narrow", **figures)]
    words, counts = wording("comparing")["standing"], _counts(released, "compare_lowest")
    at = {"sure_at": decimal_text(SURE, 1), "likely_at": decimal_text(LIKELY, 1)}
    if counts and counts[words["sure"]] == counts[words["likely"]] == "0":
        said.append(phrase("comparing", "lowest_none", likely_at=at["likely_at"]))
    elif counts:
        told = {"sure": counts[words["sure"]], "likely": counts[words["likely"]]}
        said.append(phrase("comparing", "lowest", n=n, **told, **at))
    return said


def funnel_sentences(released: DisclosedFrame) -> list[str]:
    """Return how many practices lie outside the limits under each allowance, and what that means."""
    words = wording("comparing")["funnel"]
    phi = find(released, "compare_dispersion", "overdispersion", term=words["phi"])
    plain = find(released, "compare_dispersion", "overdispersion", term=words["phi_unwinsorised"])
    if phi is None or plain is None:
        return []
    outside = {f"{name}_{end}": _outside(released, words[name], words[end])
               for name in ("none", "multiplicative", "additive") for end in ("low", "high")}  # fmt: skip
    figures = {"n": n_text(phi), "phi": value_text(phi), "phi_unwinsorised": value_text(plain)}
    over = phi["value"] >= wording("comparing")["over_dispersed"]
    said = [phrase("comparing", "funnel_limits", **figures, **outside),
            phrase("comparing", "funnel_over" if over else "funnel_even")]  # fmt: skip
    return said if released.policy.identity == "shown" else [*said, phrase("comparing", "funnel_hidden")]


def _outside(released: DisclosedFrame, kind: str, end: str) -> str:
    row = find(released, "compare_outside_outer", "practices", group=kind, term=end)
    return WITHHELD if row is None else value_text(row)


def group_mean_sentences(released: DisclosedFrame) -> list[str]:
    """Return how far scores change where they are drawn towards their own place or network."""
    said = []
    for kind in wording("comparing")["kinds"].values():
        share = find(released, "compare_methods", "group_share", term=kind)
        difference = find(released, "compare_methods", "mean_difference", term=kind)
        if share is not None and difference is not None:
            said.append(phrase("comparing", "methods", kind=kind, difference=value_text(difference),
                               share=value_text(share)))  # fmt: skip
    few = find(released, "compare_network_few", "rows")
    if few is None or few["value"] == 0:
        return said
    return [*said, phrase("comparing", "networks_left_out", few=value_text(few))]


def peer_sentences(released: DisclosedFrame) -> list[str]:
    """Return who a practice's peers are, and how much nearer they are than others."""
    size = find(released, "compare_peer_size", "rows")
    rows = [r for r in rows_of(released, "compare_peers", "peer_likeness") if is_shown(r)]
    if size is None or not rows:
        return [phrase("comparing", "peers_none")]
    features = _listed([_lower(str(r["term"])) for r in rows])
    shares = _listed([f"{value_text(r)} ({_lower(str(r['term']))})" for r in rows])
    return [phrase("comparing", "peers", size=value_text(size), features=features, shares=shares, least=FEWEST_PEERS)]


def wave_sentences(released: DisclosedFrame) -> list[str]:
    """Return what the control chart shows, or why there is none, and whose means they are where not of all."""
    kind = find(released, "compare_wave_kind", "setting")
    panel = kind is not None and kind["value"] == wording("comparing")["waves"]["panel"]
    return [*_waves(released), phrase("comparing", "waves_panel")] if panel else _waves(released)


def _waves(released: DisclosedFrame) -> list[str]:
    count = find(released, "compare_wave_kind", "columns")
    if count is None:
        return []
    told = "one wave" if count["value"] == 1 else f"{value_text(count)} waves"
    words = wording("comparing")["waves"]
    points = rows_of(released, "compare_waves", "variation")
    if not points:
        return [phrase("comparing", "waves_few", count=told, least=FEWEST_WAVES)]
    special = [r for r in points if r["value"] != words["common"]]
    if special:
        what = _listed(list(dict.fromkeys(str(r["value"]).lower() for r in special)))
        where = _listed([str(r["term"]) for r in special])
        said = [phrase("comparing", "waves_special", count=told, where=where, what=what)]
    else:
        said = [phrase("comparing", "waves_common", count=told)]
    steady = wording("comparing")["steady"]
    return [*said, phrase("comparing", "waves_provisional", steady=steady)] if len(points) < steady else said


def profile_sentences(released: DisclosedFrame) -> list[str]:
    """Return whether there are stable groups of practices."""
    chosen = find(released, "profile_chosen", "factors")
    if chosen is None:
        return [phrase("comparing", "profiles_few")]
    counts, words = _counts(released, "profile_practices"), wording("comparing")["profiles"]
    used, left_out = counts[words["used"]], counts[words["left_out"]]
    name = "profiles_none" if chosen["value"] == 0 else "profiles_some"
    said = [phrase("comparing", name, n=used, chosen=value_text(chosen))]
    return said if left_out == "0" else [*said, phrase("comparing", "profiles_missing", left_out=left_out)]


def named_sentences(released: DisclosedFrame) -> list[str]:
    """Return how the table of single practices is to be read, or that this edition has none."""
    return [phrase("comparing", "named_order" if rows_of(released, "compare_named") else "no_named")]


def _counts(released: DisclosedFrame, output: str) -> dict[str, str]:
    return {str(r["term"]): _count(r) for r in rows_of(released, output, "practices")}


def _count(row: Row) -> str:
    return value_text(row) if is_shown(row) else WITHHELD


def _listed(names: list[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"


def _lower(label: str) -> str:
    """Begin a label with a small letter, unless it is an abbreviation."""
    return label if label[:2].isupper() else label[:1].lower() + label[1:]
