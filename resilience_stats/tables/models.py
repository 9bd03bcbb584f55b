"""Models in print: drivers, regression tables, reliability."""

from __future__ import annotations

from collections.abc import Sequence

from resilience_stats.disclosure import DisclosedFrame
from resilience_stats.tables.build import joined_cell, records_of, simple_table, table_rows, value_cell
from resilience_stats.tables.table import Table, slug

_DRIVER_ORDER = ("effect", "effect_per_sd", "estimate", "odds_ratio", "p_value", "p_adjusted", "importance_share")
_FIT_ORDER = ("n", "df_residual", "r_squared", "r_squared_adjusted", "aic", "bic", "c_statistic")


def table_drivers(
    disclosed: DisclosedFrame,
    *,
    caption: str = "What goes with the outcome: effect of each predictor, the others held fixed",
    outcome_unit: str = "",
    notes: Sequence[str] = (),
    source: str = "",
    id: str | None = None,
) -> Table:
    """Return one line per predictor: effect per natural unit and per standard deviation, p, importance, with intervals.

    Parameters
    ----------
    disclosed : DisclosedFrame
        `term`: the predictor with its unit; statistics ``effect``, ``effect_per_sd``, ``p_value``,
        ``importance_share`` (and others). Rows without a term (n, residual df, R²) become lines at the end of the
        notes.
    outcome_unit : str
        Unit of the effects, for the headings.

    Examples
    --------
    >>> from resilience_stats.disclosure import apply_policy
    >>> from resilience_stats.results.rows import combine_rows, make_rows
    >>> rows = combine_rows([
    ...     make_rows("drivers", "drivers", term="GP FTE", statistic=["effect", "p_value"], value=[3.1, 0.0001],
    ...               conf_low=[1.2, None], conf_high=[5.0, None], n=138),
    ...     make_rows("drivers", "drivers", statistic="df_residual", value=130, n=138)])
    >>> table_drivers(apply_policy(rows, "board")).records()[0]["p"]
    '<0.001'
    """
    terms, fit = _split(disclosed)
    unit = f" ({outcome_unit})" if outcome_unit else ""
    named = {"effect": f"Effect per unit{unit}", "effect_per_sd": f"Effect per standard deviation{unit}"}
    present = list(dict.fromkeys(terms.rows["statistic"]))
    wanted = [name for name in _DRIVER_ORDER if name in present] + [n for n in present if n not in _DRIVER_ORDER]
    ordered = terms.select(statistic=[n for n in wanted if n != "std_error"])
    place = {name: k for k, name in enumerate(wanted)}
    shown = DisclosedFrame(
        ordered.rows.sort_values("statistic", key=lambda s: s.map(place), kind="stable", ignore_index=True),
        ordered.policy,
        ordered.audit,
    )
    return table_rows(
        _in_order_of_terms(shown, list(dict.fromkeys(terms.rows["term"]))),
        caption=caption,
        row="term",
        headers={"term": "Predictor", **named},
        show_n=False,
        notes=(*notes, *_fit_note(fit)),
        source=source,
        id=id,
    )


def table_regression(
    disclosed: DisclosedFrame,
    *,
    caption: str = "Regression models side by side",
    notes: Sequence[str] = (),
    source: str = "",
    id: str | None = None,
) -> Table:
    """Return models side by side: one column per model (`group`), estimate with interval in the cell, fit below.

    Examples
    --------
    >>> from resilience_stats.disclosure import apply_policy
    >>> from resilience_stats.results.rows import combine_rows, make_rows
    >>> rows = combine_rows([
    ...     make_rows("drivers", "models", group="Adjusted", term="GP FTE", statistic="estimate", value=3.1,
    ...               conf_low=1.2, conf_high=5.0, n=138),
    ...     make_rows("drivers", "models", group="Adjusted", statistic="df_residual", value=130, n=138)])
    >>> [r["Adjusted"] for r in table_regression(apply_policy(rows, "board")).records()]
    ['3.10 (1.20 to 5.00)', '138', '130']
    """
    records = records_of(disclosed)
    models = list(dict.fromkeys(r["group"] for r in records))
    effects = [r for r in records if r["term"] and r["statistic"] not in ("std_error", "p_value", "test_statistic")]
    terms = list(dict.fromkeys(r["term"] for r in effects))
    lines: list[list[object]] = []
    for term in terms:
        at = {r["group"]: r for r in effects if r["term"] == term}
        lines.append([term, *(joined_cell(at.get(model)) for model in models)])
    for name in _FIT_ORDER:
        line = [_fit_cell(records, model, name) for model in models]
        if any(record is not None for record in line):
            lines.append([_FIT_LABELS[name], *(value_cell(record) for record in line)])
    headings = ["Term", *(model or "Model" for model in models)]
    name = id or slug(str(records[0]["output"]) if records else "models")
    return simple_table(lines, headings, id=name, caption=caption, notes=notes, source=source)  # type: ignore[arg-type]


def table_reliability(
    disclosed: DisclosedFrame,
    *,
    caption: str = "Reliability of the scores, by area",
    notes: Sequence[str] = (),
    source: str = "",
    id: str | None = None,
) -> Table:
    """Return alpha and omega with intervals, one line per area (`term`).

    Examples
    --------
    >>> from resilience_stats.disclosure import apply_policy
    >>> from resilience_stats.results.rows import make_rows
    >>> rows = make_rows("instrument", "reliability", term="Team", statistic="alpha", value=0.81, conf_low=0.75,
    ...                  conf_high=0.86, n=138)
    >>> table_reliability(apply_policy(rows, "board")).records()[0]
    {'Area': 'Team', 'n': '138', "Cronbach's alpha": '0.81', "95% interval, Cronbach's alpha": '0.75 to 0.86'}
    """
    return table_rows(
        disclosed, caption=caption, headers={"term": "Area", "group": "Scores"}, notes=notes, source=source, id=id
    )


_FIT_LABELS = {
    "n": "n",
    "df_residual": "Residual degrees of freedom",
    "r_squared": "R²",
    "r_squared_adjusted": "Adjusted R²",
    "aic": "AIC",
    "bic": "BIC",
    "c_statistic": "c statistic",
}


def _split(disclosed: DisclosedFrame) -> tuple[DisclosedFrame, DisclosedFrame]:
    terms = [term for term in dict.fromkeys(disclosed.rows["term"]) if term]
    return disclosed.select(term=terms), disclosed.select(term="")


def _in_order_of_terms(disclosed: DisclosedFrame, terms: Sequence[str]) -> DisclosedFrame:
    """Return rows whose first statistic meets the terms in their own order; later statistics keep theirs."""
    place = {term: k for k, term in enumerate(terms)}
    first = list(dict.fromkeys(disclosed.rows["statistic"]))
    order = {name: k for k, name in enumerate(first)}
    keys = [(order[s], place[t]) for s, t in zip(disclosed.rows["statistic"], disclosed.rows["term"], strict=True)]
    ranked = sorted(range(len(keys)), key=keys.__getitem__)
    return DisclosedFrame(disclosed.rows.iloc[ranked].reset_index(drop=True), disclosed.policy, disclosed.audit)


def _fit_note(fit: DisclosedFrame) -> tuple[str, ...]:
    records = [r for r in records_of(fit) if r["statistic"] in _FIT_LABELS]
    if not records:
        return ()
    n = _fit_cell(records, records[0]["group"], "n")
    facts = [f"n = {value_cell(n).text}"] if n is not None else []
    facts += [f"{_FIT_LABELS[r['statistic']]} {value_cell(r).text}" for r in records]
    return (f"The model: {', '.join(facts)}.",)


def _fit_cell(records: Sequence[dict], group: str, name: str) -> dict | None:
    here = [r for r in records if r["group"] == group]
    if name == "n":
        known = next((r for r in here if r["n"] == r["n"]), None)
        return None if known is None else {**known, "statistic": "count", "value": known["n"]}
    return next((r for r in here if r["statistic"] == name), None)
