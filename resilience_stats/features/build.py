"""`build_features`: every derived field of every practice in the frame."""

from __future__ import annotations

from types import MappingProxyType

import pandas as pd

from resilience_stats.cohort import Cohort
from resilience_stats.cohort.later import window_end
from resilience_stats.features import scores
from resilience_stats.features.catalogue import CRITERION, FEATURES, catalogue_frame
from resilience_stats.features.imbalance import cut_points
from resilience_stats.features.later import HIDDEN, ratings_known_to
from resilience_stats.features.quality import PROTECTED_YEARS
from resilience_stats.features.table import FeatureTable
from resilience_stats.notes import Note, note

#: A value farther from the median than so many median absolute deviations is called extreme: it is kept, and said.
FAR = 20


def build_features(cohort: Cohort) -> FeatureTable:
    """Return the derived fields of every practice in the frame, with their catalogue.

    Parameters
    ----------
    cohort : Cohort

    Returns
    -------
    FeatureTable
        ``phq_overall, phq_<area>``, the same of the wave before with ``_previous``, and the features of
        `features.catalogue.FEATURES`, for every practice asked, whether it answered or not.

    Examples
    --------
    >>> import tempfile
    >>> from resilience_stats.cohort import load_cohort
    >>> from resilience_stats.synthetic import write_example
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     features = build_features(load_cohort(write_example(folder, practices=40, responses=30).path))
    >>> len(features.frame), int(features.frame["responded"].sum())
    (40, 30)
    """
    instrument = cohort.instruments["phq"]
    asked = cohort.practices.index
    current = cohort.current()
    now = scores.phq_scores(current, instrument).reindex(asked)
    before = scores.previous_scores(cohort.responses, cohort.wave, instrument).reindex(asked)
    same = scores.same_question_scores(cohort.responses, cohort.wave, instrument)
    others = {f.name: f.build(cohort) for f in FEATURES}
    frame = pd.concat([now, before, pd.DataFrame(others, index=asked)], axis=1)
    return FeatureTable(
        frame=frame,
        catalogue=catalogue_frame(cohort, list(frame.columns), instrument),
        items=scores.turn_items(current, instrument),
        item_kinds=scores.item_kinds(current, instrument),
        part_of=MappingProxyType(scores.part_of(instrument)),
        same_questions=None if same is None else same.reindex(asked),
        one_wave_questions=scores.one_wave_questions(cohort.responses, cohort.wave, instrument),
        notes=(*cohort.notes, *_notes(frame), *_criteria_notes(cohort, frame)),
    )


def _notes(frame: pd.DataFrame) -> list[Note]:
    notes = []
    unscored = int((frame["responded"].fillna(False) & frame["phq_overall"].isna()).sum())
    if unscored:
        message = f"{unscored} practices answered too few items for an overall score."
        notes.append(note("too-few-answers", message))
    # What only the LMC may know is optional; the choice of practices for support names what it lacks.
    silent = [f.label for f in FEATURES if f.role != CRITERION and frame[f.name].isna().all()]
    if silent:
        notes.append(note("features-without-data", f"No practice has a value of: {'; '.join(silent)}."))
    return [*notes, *_extremes(frame)]


def _criteria_notes(cohort: Cohort, frame: pd.DataFrame) -> list[Note]:
    """Return what must be known of the external criteria: whose thirds they are cut at, and odd years."""
    notes = []
    labels = {f.name: f.label for f in FEATURES}
    for when, name in (("", "workforce_imbalance"), ("_later", "later_workforce_imbalance")):
        cuts = cut_points(cohort, when)
        if cuts is not None and frame[name].notna().any():
            whose = "all practices of the country" if cuts.national else "the practices in the files, not the country"
            ends = f"{100 * cuts.access_low:.0f} % with good access and {cuts.load_high:,.0f} weighted patients per GP"
            message = f"{labels[name]}: thirds of {cuts.practices:,} practices ({whose}), cut at {ends}."
            notes.append(note("imbalance-thirds", message))
    surveys = [cohort.tables.get(name) for name in ("gpps", "gpps_later")]
    series = [set(s["series"].dropna()) for s in surveys if s is not None and "series" in s]
    if len(series) == 2 and series[0] != series[1]:
        message = (
            "The patient surveys before and after the census are of two series: their levels must not be compared."
        )
        notes.append(note("survey-series", message))
    achieved = cohort.tables.get("qof_achievement")
    year = achieved["asof"].max().year if achieved is not None and len(achieved) else None
    if year in PROTECTED_YEARS:
        message = f"QOF is of the year that ended in March {year}, when payments were protected: points tell less."
        notes.append(note("qof-protected-year", message))
    return [*notes, *_later_rating_notes(cohort, frame)]


def _later_rating_notes(cohort: Cohort, frame: pd.DataFrame) -> list[Note]:
    """Return what makes the later ratings a selection: ratings that newer ones hide, and a window that is not over."""
    notes = []
    hidden = int(frame["later_cqc_status"].eq(HIDDEN).sum())
    if hidden:
        message = (
            f"Of {hidden} practices asked, a rating from after the 24 months hides whether they were rated within "
            "them. Practices rated badly are inspected again sooner: the later ratings that are known look better than "
            "all would. Files of CQC that were kept at the time, named together, show them."
        )
        notes.append(note("later-ratings-hidden", message))
    known, end = ratings_known_to(cohort), window_end(pd.Timestamp(cohort.study.census_date))
    if frame["later_cqc_status"].notna().any() and known < end:
        message = f"Ratings are known to {known.date().isoformat()}; the 24 months end on {end.date().isoformat()}."
        notes.append(note("later-window-open", message))
    return notes


def _extremes(frame: pd.DataFrame) -> list[Note]:
    """Return a note for each feature with values so far out that no straight line should be drawn through them."""
    notes = []
    for feature in (f for f in FEATURES if f.kind == "number"):
        values = frame[feature.name].dropna()
        far = (values - values.median()).abs()
        spread = far.median()
        count = int((far > FAR * spread).sum()) if spread > 0 else 0
        if count:
            told = f"1 value of '{feature.label}' lies" if count == 1 else f"{count} values of '{feature.label}' lie"
            message = f"{told} more than {FAR} median deviations from the median."
            notes.append(note("extreme-values", message))
    return notes
