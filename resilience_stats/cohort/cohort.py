"""`Cohort`: what the rest of the package reads."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

import pandas as pd

from resilience_stats.display import Part, Shown
from resilience_stats.notes import Note
from resilience_stats.schema import Instrument
from resilience_stats.study import Study


@dataclass(frozen=True, slots=True, kw_only=True)
class Cohort(Shown):
    """The joined tables of one year.

    Attributes
    ----------
    study : Study
    instruments : mapping of str to Instrument
        ``phq`` and ``rat``.
    practices : pandas.DataFrame
        The frame: one row per practice asked, indexed by ``practice_code``; ``practice_name, place, contract_type,
        invited_on, written_code``.
    wave : int or None
        The wave of this study: its year, or the latest before it that has responses.
    responses : pandas.DataFrame
        PHQ answers of all waves, one per practice and wave, coded as given (not reversed).
    other_responses : pandas.DataFrame
        Answers that another response of the same practice and wave was preferred to.
    rat, programmes, special_measures : pandas.DataFrame
        Records of practices asked, with today's code and the code as written.
    tables : mapping of str to pandas.DataFrame
        Public sources: one row per practice that has a record, indexed by ``practice_code``, with ``asof``. The list of
        a year before is ``list_size_previous``. What came after the census date stands apart, under names that end in
        ``_later``: ``cqc_directory_later``, ``gpps_later``, ``workforce_later``, ``payments_later``, ``codes_later``.
    join_audit : pandas.DataFrame
        ``table, stage, rows, matched, unmatched, reason``; matched and unmatched of a stage add up to its rows.
    row_accounts : pandas.DataFrame
        ``file, reason, rows``: of each file, rows read, and what became of them.
    lag_table : pandas.DataFrame
        ``table, source_date, census_date, lag_days``.
    lineage_log : pandas.DataFrame
        ``table, old_code, new_code, event, event_date, outcome, rows``.
    set_aside : pandas.DataFrame
        Rows that are not used, with ``table, file, row, reason`` and their text.
    sources : pandas.DataFrame
        ``table, file, sha256, encoding`` of each file.
    notes : tuple of Note
    original_cells : mapping of str to pandas.DataFrame
        File -> its rows of `set_aside` as they stand in it, indexed by line; see `write_set_aside`.
    name_matches : pandas.DataFrame
        Practice names typed instead of codes: ``file, row, typed, practice_code, score, decision, candidate``.
    everyone : mapping of str to pandas.DataFrame
        Of sources in which a practice is compared with all others (``gpps, workforce, payments``, and ``_later``): some
        columns for every practice in the file, asked or not.
    local_intelligence, practice_assessments : pandas.DataFrame
        Optional records of practices asked, like `programmes`: what is known locally, and assessments in a programme.
    """

    study: Study
    instruments: Mapping[str, Instrument]
    practices: pd.DataFrame = field(repr=False)
    wave: int | None
    responses: pd.DataFrame = field(repr=False)
    other_responses: pd.DataFrame = field(repr=False)
    rat: pd.DataFrame = field(repr=False)
    programmes: pd.DataFrame = field(repr=False)
    special_measures: pd.DataFrame = field(repr=False)
    tables: Mapping[str, pd.DataFrame] = field(repr=False)
    join_audit: pd.DataFrame = field(repr=False)
    row_accounts: pd.DataFrame = field(repr=False)
    lag_table: pd.DataFrame = field(repr=False)
    lineage_log: pd.DataFrame = field(repr=False)
    set_aside: pd.DataFrame = field(repr=False)
    sources: pd.DataFrame = field(repr=False)
    notes: tuple[Note, ...] = ()
    original_cells: Mapping[str, pd.DataFrame] = field(default_factory=dict, repr=False)
    name_matches: pd.DataFrame = field(default_factory=pd.DataFrame, repr=False)
    everyone: Mapping[str, pd.DataFrame] = field(default_factory=dict, repr=False)
    local_intelligence: pd.DataFrame = field(default_factory=pd.DataFrame, repr=False)
    practice_assessments: pd.DataFrame = field(default_factory=pd.DataFrame, repr=False)

    def current(self) -> pd.DataFrame:
        """Return the responses of this study's wave, indexed by practice code."""
        now = self.responses[self.responses["wave"].eq(self.wave)] if self.wave is not None else self.responses[:0]
        return now.set_index("practice_code").sort_index()

    def matches(self) -> pd.DataFrame:
        """Return per table how many practices asked have a record, and the share."""
        stage = self.join_audit[
            self.join_audit["stage"].eq("practice asked to record") & self.join_audit["reason"].eq("")
        ]
        return stage.assign(share=stage["matched"] / stage["rows"])[["table", "rows", "matched", "share"]].reset_index(
            drop=True
        )

    def _shown(self) -> Iterable[Part]:
        made_up = ", synthetic" if self.study.synthetic else ""
        counts = f"{len(self.practices)} practices asked, {len(self.current())} answered in {self.wave}"
        yield self.study.title, f"{counts}; census {self.study.census_date.isoformat()}{made_up}."
        yield "Practices with a record, by table", self.matches()
        yield "How old the sources are", self.lag_table
        yield "", tuple(map(str, self.notes))
