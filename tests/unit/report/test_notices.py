"""The marks of every page: what is invented, and what is of another year than the title says."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from resilience_stats.report.notices import report_notices


def marks(wave: int | None, *, year: int = 2020) -> list[str]:
    study = SimpleNamespace(synthetic=False, year=year)
    run = SimpleNamespace(study=study, cohort=SimpleNamespace(instruments={}, wave=wave))
    return [notice["mark"] for notice in report_notices(run)]


@pytest.mark.parametrize(("wave", "said"), [(2019, ["Answers of 2019"]), (2020, []), (None, [])])
def test_answers_of_an_earlier_wave_are_marked_on_every_page(wave: int | None, said: list[str]) -> None:
    assert marks(wave) == said
