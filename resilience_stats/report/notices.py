"""The marks that every page carries: synthetic data, an illustrative instrument."""

from __future__ import annotations

from resilience_stats.report.run import Run
from resilience_stats.report.wording import phrase


def report_notices(run: Run) -> list[dict[str, str]]:
    """Return the notices of a report: a short mark for every page, and the text in full.

    An instrument marked illustrative in its file is named on every page, because every chapter rests on its items.
    """
    notices = []
    if run.study.synthetic:
        notices.append({"mark": phrase("notices", "synthetic_mark"), "text": phrase("notices", "synthetic_text")})
    illustrative = [i for i in run.cohort.instruments.values() if i.illustrative]
    if illustrative:
        text = " ".join(dict.fromkeys(f"{i.title}: {i.notice}" for i in illustrative))
        notices.append({"mark": phrase("notices", "illustrative_mark"), "text": text})
    return notices
