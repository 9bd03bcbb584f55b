"""What became of a practice in the 24 months after the census date: to hold resilience against, never to explain it."""

from __future__ import annotations

import pandas as pd

from resilience_stats.cohort import Cohort
from resilience_stats.cohort.filenames import NEVER, date_in_name
from resilience_stats.cohort.later import CODES_LATER, window_end
from resilience_stats.features.columns import column
from resilience_stats.features.imbalance import imbalance
from resilience_stats.features.patients import survey_share
from resilience_stats.features.ratings import RATINGS

#: The files of ratings, the better source first.
RATED = ("cqc_ratings", "cqc_directory")
PUBLISHED, NO_RATING = "rated", "published without a rating"
NOT_INSPECTED = "not inspected"
HIDDEN = "not known: rated again after the window"
CODE_GONE, NOT_IN_FILE = "code ended", "not in the file"


def later_gpps_overall_good(cohort: Cohort) -> pd.Series:
    """Return the per cent of patients with a good overall experience in the first survey after the census date."""
    return survey_share(cohort, "overall_good", "_later")


def later_workforce_imbalance(cohort: Cohort) -> pd.Series:
    """Return the workforce imbalance of the first survey and workforce count after the census date."""
    return imbalance(cohort, "_later")


def later_cqc_rating(cohort: Cohort) -> pd.Series:
    """Return the first overall rating published in the 24 months after the census date; not inspected is missing.

    Notes
    -----
    `later_cqc_status` says of which kind a missing rating is.
    """
    rating = _first_later(cohort)["overall_rating"].where(later_cqc_status(cohort).eq(PUBLISHED))
    return rating.astype(pd.CategoricalDtype(list(RATINGS), ordered=True))


def later_cqc_requires_improvement_or_worse(cohort: Cohort) -> pd.Series:
    """Return whether the first rating of the 24 months after the census was requires improvement or inadequate."""
    rating = later_cqc_rating(cohort)
    return rating.isin(RATINGS[:2]).astype("boolean").mask(rating.isna())


def later_cqc_status(cohort: Cohort) -> pd.Series:
    """Return what is known of the practice's rating in the 24 months after the census date.

    Returns
    -------
    pandas.Series
        ``rated``; ``not inspected`` (no rating was published, as far as the files reach); ``published without a
        rating``; ``not known: rated again after the window`` (CQC shows only the latest rating, and whether there was
        one in the window it no longer tells); ``code ended``; ``not in the file``. Missing where no file of ratings
        is from after the census date.
    """
    asked = cohort.practices.index
    if not ratings_known_to(cohort) > pd.Timestamp(cohort.study.census_date):
        return pd.Series([None] * len(asked), index=asked, dtype=object)
    first = _first_later(cohort)
    listed = pd.Series(False, index=asked)
    for name in RATED:
        listed |= asked.isin(cohort.tables.get(name, pd.DataFrame()).index)
    gone = later_code_gone(cohort).fillna(False).astype(bool)
    status = pd.Series(NOT_IN_FILE, index=asked, dtype=object).mask(listed, NOT_INSPECTED).mask(gone, CODE_GONE)
    published = first["publication_date"].notna()
    inside = first["publication_date"] <= window_end(pd.Timestamp(cohort.study.census_date))
    status = status.mask(published & ~inside, HIDDEN)
    return status.mask(published & inside, NO_RATING).mask(inside & first["overall_rating"].notna(), PUBLISHED)


def later_code_gone(cohort: Cohort) -> pd.Series:
    """Return whether the practice's code ended, by merger, take-over or closure, in the 24 months after the census.

    Notes
    -----
    Missing for everybody unless a table of lineage or the register of codes reaches to the end of the 24 months.
    """
    return column(cohort, CODES_LATER, "gone").astype("boolean")


def ratings_known_to(cohort: Cohort) -> pd.Timestamp:
    """Return the last day of which the files of ratings know: of their names, or of a rating in them."""
    days = []
    if len(cohort.sources):
        files = cohort.sources.loc[cohort.sources["table"].isin(RATED), "file"]
        days += [date_in_name(str(f)) for f in files]
    for name in (n for r in RATED for n in (r, f"{r}_later")):
        if "publication_date" in cohort.tables.get(name, pd.DataFrame()):
            days.append(pd.to_datetime(cohort.tables[name]["publication_date"]).max())
    return max((d for d in days if not pd.isna(d)), default=NEVER)


def _first_later(cohort: Cohort) -> pd.DataFrame:
    """Return rating and publication date of the first publication after the census; of one day, of the better file."""
    asked = cohort.practices.index
    out = pd.DataFrame({"overall_rating": None, "publication_date": pd.NaT}, index=asked)
    out["publication_date"] = pd.to_datetime(out["publication_date"])
    for name in reversed(RATED):
        rows = cohort.tables.get(f"{name}_later")
        if rows is not None and "publication_date" in rows:
            found = rows.reindex(asked)
            known = out["publication_date"]
            held = found["publication_date"].notna() & (known.isna() | (found["publication_date"] <= known))
            out.loc[held, "overall_rating"] = found.loc[held, "overall_rating"].astype(object)
            out.loc[held, "publication_date"] = found.loc[held, "publication_date"]
    return out
