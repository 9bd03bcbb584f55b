"""What each figure of the report is drawn from, named under it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from resilience_stats.report.document import slug
from resilience_stats.report.rows.labels import table_label
from resilience_stats.report.run import Run
from resilience_stats.report.wording import wording


def named_source(block: dict[str, Any], run: Run) -> dict[str, Any]:
    """Return a block of a chapter; a figure that names no source gets the tables of the study that it is drawn from.

    Parameters
    ----------
    block : dict
        As a cell added it: a figure's id begins with the output whose rows it shows.
    run : Run
        Its study says which tables there are, and the features which of them the predictors come from.
    """
    if block["kind"] != "figure" or block["source"]:
        return block
    held = {slug(output): names for output, names in wording("figure_sources").items() if isinstance(names, list)}
    fitting = [output for output in held if f"{block['id']}-".startswith(f"{output}-")]
    if not fitting:
        return block
    words = wording("figure_sources")["words"]
    tables = dict.fromkeys(_tables(held[max(fitting, key=len)], run))
    return {**block, "source": ", ".join(words.get(name) or table_label(name) for name in tables)}


def _tables(names: list[str], run: Run) -> Iterator[str]:
    """The tables of this study; a wave before is of the same table."""
    for name in names:
        if name == "predictors":
            yield from _predictor_tables(run)
        elif name in wording("figure_sources")["words"] or name in run.study.files:
            yield name


def _predictor_tables(run: Run) -> Iterator[str]:
    if run.features is None:
        return
    sources = run.features.catalogue.set_index("name")["source"]
    for predictor in run.study.predictors:
        if predictor.name in sources.index:
            yield str(sources[predictor.name])
