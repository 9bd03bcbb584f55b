"""Several responses from one practice in one wave: a named rule decides, and the others are kept and counted."""

from __future__ import annotations

from typing import TYPE_CHECKING

from resilience_stats.errors import require_choice

if TYPE_CHECKING:
    import pandas as pd

    from resilience_stats.schema import Instrument

RULES = ("most_complete", "latest", "first")


def one_response_per_practice(
    responses: pd.DataFrame, instrument: Instrument, *, rule: str = "most_complete"
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return one response per practice and wave, and the others with the reason that they are not used.

    Parameters
    ----------
    responses : pandas.DataFrame
        As `load_phq` gives them; several files may be put together.
    instrument : Instrument
    rule : {"most_complete", "latest", "first"}
        ``most_complete``: the most items answered, of equals the latest. ``latest`` and ``first``: by completion.

    Returns
    -------
    used, others : pandas.DataFrame
        In the order given; ``others`` has a column ``reason``. Rows used + others = rows given.

    Examples
    --------
    >>> import pandas as pd
    >>> from resilience_stats.schema import load_instrument
    >>> phq = load_instrument("phq")
    >>> rows = pd.DataFrame({i: [3, 3] for i in phq.item_ids}, dtype="Int64")
    >>> rows["practice_code"], rows["wave"] = "A81001", 2019
    >>> rows["completed_at"] = pd.to_datetime(["2019-11-01", "2019-11-02"])
    >>> used, others = one_response_per_practice(rows, phq)
    >>> used.index.tolist(), others["reason"].tolist()
    ([1], ['several responses: another is the most complete'])
    """
    require_choice(rule, RULES, "rule")
    ranked = responses.assign(
        _answered=responses[list(instrument.item_ids)].notna().sum(axis=1), _order=range(len(responses))
    )
    by = ["_answered", "completed_at"] if rule == "most_complete" else ["completed_at"]
    ranked = ranked.sort_values([*by, "_order"], ascending=rule == "first", kind="stable", na_position="last")
    chosen = ~ranked.duplicated(["practice_code", "wave"], keep="first")
    used = responses.loc[chosen.reindex(responses.index).to_numpy()]
    words = {"most_complete": "the most complete", "latest": "the latest", "first": "the first"}[rule]
    others = responses.loc[~chosen.reindex(responses.index).to_numpy()]
    return used, others.assign(reason=f"several responses: another is {words}")
