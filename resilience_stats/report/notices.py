"""The marks that every page carries: synthetic data, an illustrative instrument, answers of an earlier year."""

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
        titles: dict[str, list[str]] = {}
        for instrument in illustrative:
            titles.setdefault(instrument.notice, []).append(instrument.title)
        text = " ".join(f"{', '.join(names)}: {notice}" for notice, names in titles.items())
        notices.append({"mark": phrase("notices", "illustrative_mark"), "text": text})
    wave = run.cohort.wave
    if wave not in (None, run.study.year):
        words = {"wave": wave, "year": run.study.year}
        text = phrase("notices", "earlier_text", **words)
        notices.append({"mark": phrase("notices", "earlier_mark", **words), "text": text})
    return notices
