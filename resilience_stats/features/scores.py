"""Scores of the questionnaire: answers turned so that higher is more resilient, areas and overall from 0 to 100."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd

from resilience_stats.schema import Instrument


def turn_items(responses: pd.DataFrame, instrument: Instrument) -> pd.DataFrame:
    """Return the answers with reversed items turned round, so that higher is more resilient.

    Notes
    -----
    A reversed answer ``v`` on a scale from ``low`` to ``high`` becomes ``low + high - v``: codes stay codes.

    Examples
    --------
    >>> from resilience_stats.schema import load_instrument
    >>> turn_items(pd.DataFrame({"leadership_1": [2], "leadership_3": [2]}), load_instrument("phq")).iloc[0].tolist()
    [2.0, 4.0]
    """
    turned = {}
    for item in (i for i in instrument.items if i.id in responses):
        answers = responses[item.id].astype("Float64").astype(float)
        values = [o.value for o in item.options]
        turned[item.id] = answers if item.direction == 1 else values[0] + values[-1] - answers
    return pd.DataFrame(turned, index=responses.index)


def item_kinds(responses: pd.DataFrame, instrument: Instrument) -> pd.DataFrame:
    """Return for each answer the kind of missing, blank where there is one."""
    names = [i.id for i in instrument.items if i.id in responses]
    kinds = {n: responses[f"{n}_missing"].astype(object).where(responses[f"{n}_missing"].notna(), "") for n in names}
    return pd.DataFrame(kinds, index=responses.index)


def item_scores(items: pd.DataFrame, instrument: Instrument) -> pd.DataFrame:
    """Return turned answers from 0 (least resilient option) to 100 (most).

    Notes
    -----
    ``100 (v - low) / (high - low)``, and with another ``range`` of the instrument's scoring between its ends.
    """
    bottom, top = instrument.scoring["range"]
    scaled = {}
    for item in (i for i in instrument.items if i.id in items):
        low, high = item.options[0].value, item.options[-1].value
        scaled[item.id] = bottom + (top - bottom) * (items[item.id] - low) / (high - low)
    return pd.DataFrame(scaled, index=items.index)


def scale_score(scores: pd.DataFrame, kinds: pd.DataFrame, minimum_share: float) -> pd.Series:
    """Return the mean of the answered items, missing where too few are answered.

    Parameters
    ----------
    scores, kinds : pandas.DataFrame
        Items of one scale: scores, and kinds of missing.
    minimum_share : float
        Least share of the items put to the practice that must be answered. Items not asked in its wave and items that
        do not apply to it are not put to it.

    Examples
    --------
    >>> scores = pd.DataFrame({"a": [50.0, 50.0], "b": [100.0, None], "c": [None, None]})
    >>> kinds = pd.DataFrame({"a": ["", ""], "b": ["", "dont_know"], "c": ["not_applicable", "not_answered"]})
    >>> scale_score(scores, kinds, 0.7).tolist()
    [75.0, nan]
    """
    put = (~kinds.isin(["not_asked", "not_applicable"])).sum(axis=1)
    share = scores.notna().sum(axis=1) / put.where(put > 0)
    # The share is compared with a little room, so that 7 of 10 is enough for 0.7 whatever binary fractions say.
    return scores.mean(axis=1).where(share >= minimum_share - 1e-9)


def instrument_scores(responses: pd.DataFrame, instrument: Instrument, prefix: str) -> pd.DataFrame:
    """Return ``<prefix>_overall`` and ``<prefix>_<area>``, 0 to 100, with the index of `responses`.

    Notes
    -----
    The overall score is the mean of all answered items, not of areas: each question weighs the same. Both follow the
    instrument's ``minimum_answered_share``.
    """
    items = turn_items(responses, instrument)
    scores, kinds = item_scores(items, instrument), item_kinds(responses, instrument)
    least = float(instrument.scoring["minimum_answered_share"])
    out = {f"{prefix}_overall": scale_score(scores, kinds, least)}
    for area in instrument.areas:
        members = [i.id for i in instrument.items_of(area.id) if i.id in scores]
        if members:
            out[f"{prefix}_{area.id}"] = scale_score(scores[members], kinds[members], least)
    return pd.DataFrame(out, index=responses.index, dtype=float)


def phq_scores(responses: pd.DataFrame, instrument: Instrument) -> pd.DataFrame:
    """Return ``phq_overall`` and ``phq_<area>`` of questionnaire responses: `instrument_scores`."""
    return instrument_scores(responses, instrument, "phq")


def rat_scores(assessments: pd.DataFrame, instrument: Instrument) -> pd.DataFrame:
    """Return ``rat_overall`` and ``rat_<area>`` of assessments, to be set beside the PHQ: `instrument_scores`."""
    return instrument_scores(assessments, instrument, "rat")


def previous_scores(responses: pd.DataFrame, wave: int | None, instrument: Instrument) -> pd.DataFrame:
    """Return, by practice code, ``wave_previous`` and the scores of the latest wave before this one."""
    earlier = responses[responses["wave"] < wave] if wave is not None else responses[:0]
    last = earlier.sort_values("wave", kind="stable").drop_duplicates("practice_code", keep="last")
    last = last.set_index("practice_code")
    scores = phq_scores(last, instrument).add_suffix("_previous")
    scores.insert(0, "wave_previous", last["wave"].astype("Int64"))
    return scores


def one_wave_questions(responses: pd.DataFrame, wave: int | None, instrument: Instrument) -> tuple[str, ...]:
    """Return the questions that were put in this wave or in one before, and not in all of them.

    Examples
    --------
    >>> from resilience_stats.schema import load_instrument
    >>> phq = load_instrument("phq")
    >>> asked = {f"{i.id}_missing": [None, None] for i in phq.items} | {"finance_1_missing": ["not_asked", None]}
    >>> one_wave_questions(pd.DataFrame({"wave": [2018, 2019], **asked}), 2019, phq)
    ('finance_1',)
    """
    if wave is None:
        return ()
    waves = [part for year, part in responses.groupby("wave") if int(str(year)) <= wave]
    kinds = {i.id: f"{i.id}_missing" for i in instrument.items if f"{i.id}_missing" in responses}
    asked = {n: [(part[column] != "not_asked").any() for part in waves] for n, column in kinds.items()}
    return tuple(name for name, held in asked.items() if any(held) and not all(held))


def same_question_scores(responses: pd.DataFrame, wave: int | None, instrument: Instrument) -> pd.DataFrame | None:
    """Return the overall score of this wave and of the one before on the questions that all waves put; else None.

    By practice code, under the names that the two scores have among the features. None where all waves put the same
    questions: the scores can then be compared as they stand.
    """
    left_out = one_wave_questions(responses, wave, instrument)
    if not left_out:
        return None
    kept = replace(instrument, items=tuple(i for i in instrument.items if i.id not in left_out))
    now = responses[responses["wave"] == wave].drop_duplicates("practice_code", keep="last").set_index("practice_code")
    before = previous_scores(responses, wave, kept)["phq_overall_previous"]
    return pd.concat([before, phq_scores(now, kept)["phq_overall"]], axis=1)


def part_of(instrument: Instrument) -> dict[str, tuple[str, ...]]:
    """Return score -> the columns that it is made of.

    Examples
    --------
    >>> from resilience_stats.schema import load_instrument
    >>> part_of(load_instrument("phq"))["phq_finance"]
    ('finance_1', 'finance_2', 'finance_3')
    """
    areas = {f"phq_{a.id}": tuple(i.id for i in instrument.items_of(a.id)) for a in instrument.areas}
    return {"phq_overall": (*areas, *instrument.item_ids), **areas}


def log_of(values: pd.Series) -> pd.Series:
    """Return natural logarithms, missing where a value is not positive.

    Examples
    --------
    >>> log_of(pd.Series([1.0, 0.0])).tolist()
    [0.0, nan]
    """
    return pd.Series(np.log(values.where(values > 0)), index=values.index)
