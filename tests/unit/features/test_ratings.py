from __future__ import annotations

from resilience_stats.features import ratings


def test_the_rating_on_the_census_date_and_the_later_one_are_apart(make_cohort) -> None:
    cohort = make_cohort(
        cqc_directory={"overall_rating": ["Good", "Inadequate", None]},
        cqc_directory_later={"overall_rating": [None, None, "Requires improvement"]},
    )
    rating = ratings.cqc_rating(cohort)
    assert rating.tolist()[:2] == ["Good", "Inadequate"]
    assert rating.cat.ordered
    assert list(rating.cat.categories) == list(ratings.RATINGS)
    assert rating.isna().tolist() == [False, False, True]
    assert ratings.cqc_rating_later(cohort).dropna().tolist() == ["Requires improvement"]
    worse = ratings.cqc_requires_improvement_or_worse(cohort)
    assert worse.tolist()[:2] == [False, True]
    assert worse.isna().tolist() == [False, False, True]


def test_the_ratings_file_comes_before_the_directory(make_cohort) -> None:
    cohort = make_cohort(
        cqc_directory={"overall_rating": ["Good", "Good", None]},
        cqc_ratings={"overall_rating": ["Outstanding", None, None]},
    )
    assert ratings.cqc_rating(cohort).tolist()[:2] == ["Outstanding", "Good"]
