"""Practice reports of a synthetic study: all made, the same each time, plain, marked, and telling on nobody."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from dataclasses import replace
from html import unescape
from pathlib import Path

import numpy as np
import pytest

import resilience_stats as rs
from resilience_stats.errors import ModelError, ReportError, SchemaError
from resilience_stats.report import feedback as made_by
from resilience_stats.report.feedback_groups import alike_groups
from resilience_stats.report.feedback_measures import peer_figures
from resilience_stats.report.feedback_page import Subject
from resilience_stats.report.feedback_support import feedback_page
from resilience_stats.report.feedback_words import reading_age, shaming_words
from resilience_stats.report.prepare import prepare_run
from resilience_stats.schema import load_codes


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("study")
    rs.write_example(folder, practices=90, responses=64, random_state=11)
    return folder


@pytest.fixture(scope="module")
def subjects(study: Path, tmp_path_factory: pytest.TempPathFactory) -> list[Subject]:
    run = prepare_run(study, tmp_path_factory.mktemp("run"))
    return made_by._subjects(run, None, 15, None)


@pytest.fixture(scope="module")
def pages(subjects: list[Subject]) -> dict[str, dict]:
    return {s.code: feedback_page(s) for s in subjects}


def texts(page: dict, *, answers: bool = False) -> list[str]:
    """Every text of a page but drawings; the practice's answers (the instrument's words) where asked for."""
    found = [page["intro"]]
    for part in page["sections"]:
        found.append(part["heading"])
        for block in part["blocks"]:
            found += [block.get(k, "") for k in ("text", "caption", "alt")]
            found += [f"{i['lead']}: {i['text']}" if i["lead"] else i["text"] for i in block.get("items", ())]
            if block["kind"] == "table" and (answers or not block.get("compact")):
                found += [cell for row in block["rows"] for cell in row]
    return [t for t in found if t]


def test_all_are_made_once_with_a_manifest_and_the_same_bytes(study: Path, tmp_path: Path) -> None:
    one = rs.build_feedback(study, out=tmp_path / "one", formats=["html"])
    two = rs.build_feedback(study, out=tmp_path / "two", formats=["html"])
    assert len(one.files) == 64
    assert not one.failures
    names = sorted(p.name for p in one.folder.iterdir())
    assert names == sorted(p.name for p in two.folder.iterdir())
    reports = [n for n in names if n != "manifest.json"]
    assert all((one.folder / n).read_bytes() == (two.folder / n).read_bytes() for n in reports)
    manifest, again = (json.loads(m.manifest.read_text(encoding="utf-8")) for m in (one, two))
    # The checkout may have been committed to between the two.
    assert {**manifest, "commit": None} == {**again, "commit": None}
    assert len(manifest["reports"]) == 64
    assert manifest["failures"] == []
    assert str(tmp_path) not in one.manifest.read_text(encoding="utf-8")


def test_one_on_demand_is_the_one_of_the_batch(study: Path, pages: dict[str, dict], tmp_path: Path) -> None:
    code = sorted(pages)[5]
    made = rs.build_feedback(study, code, out=tmp_path)
    assert list(made.files) == [code]
    assert {p.name for p in tmp_path.iterdir()} == {f"{code}.pdf", f"{code}.html", "manifest.json"}
    assert (tmp_path / f"{code}.html").read_text(encoding="utf-8") == made_by.render_feedback_html(pages[code])


@pytest.mark.skipif(shutil.which("pdfinfo") is None, reason="poppler is not installed")
def test_pdf_is_tagged_short_and_the_same_each_time(pages: dict[str, dict], tmp_path: Path) -> None:
    for code in sorted(pages)[::16]:
        first, second = (made_by.render_feedback_pdf(pages[code]) for _ in "ab")
        assert first == second
        file = tmp_path / f"{code}.pdf"
        file.write_bytes(first)
        told = subprocess.run(["pdfinfo", str(file)], capture_output=True, text=True, check=True).stdout
        assert re.search(r"Tagged:\s+yes", told)
        assert 2 <= int(re.search(r"Pages:\s+(\d+)", told).group(1)) <= 4  # type: ignore[union-attr]
        words = subprocess.run(["pdftotext", str(file), "-"], capture_output=True, text=True, check=True).stdout
        assert words.count("Synthetic data") >= 2
        assert words.count("Illustrative questionnaire") >= 2


def test_pages_are_marked_and_ask_nothing_of_the_network(pages: dict[str, dict]) -> None:
    page = made_by.render_feedback_html(next(iter(pages.values())))
    assert "Synthetic data" in page
    assert "Illustrative questionnaire" in page
    assert not re.search(r"(src|href)=|https?://(?!www\.w3\.org/2000/svg)|<script", page)
    assert 'lang="en-GB"' in page


def test_words_are_plain_and_shame_nobody(pages: dict[str, dict]) -> None:
    ages = []
    for page in pages.values():
        said = texts(page)
        assert shaming_words(said) == []
        assert not any(re.search(r"\b\d+(st|nd|rd|th)\b|out of \d+ practices", t) for t in said)
        ages.append(reading_age(" ".join(t for t in said if t.endswith("."))))
    assert max(ages) < 13


def test_hostile_text_stays_text(subjects: list[Subject]) -> None:
    subject = subjects[0]
    page = feedback_page(subject)
    evil = '<script>alert(1)</script> #panic("x") *b* $x$ \\ "q"'
    page["practice"] = evil
    page["sections"][0]["blocks"][0] = {"kind": "paragraph", "text": evil}
    assert "<script>" not in made_by.render_feedback_html(page)
    assert evil in unescape(made_by.render_feedback_html(page)).replace("&#34;", '"')
    assert made_by.render_feedback_pdf(page).startswith(b"%PDF")


def test_sections_hold_what_the_practice_is_owed(subjects: list[Subject], pages: dict[str, dict]) -> None:
    menu = {c["label"] for c in load_codes("support_types").codes}
    for subject in subjects:
        parts = {p["heading"]: p["blocks"] for p in pages[subject.code]["sections"]}
        answers = parts["Your answers"][-1]["rows"]
        assert sum(len(r) == 2 for r in answers) == len(subject.instrument.items)
        lines = [i for h in ("What you can build on", "Where support could help most") for i in parts[h][-1]["items"]]
        assert len({i["lead"] for i in lines}) == len(lines) <= 6
        for item in parts["Help that you can ask for"][-1]["items"]:
            assert set(item["text"].removeprefix("You could ask for: ").removesuffix(".").split("; ")) <= menu
        assert parts["Your action plan"][-1]["rows"][-1][0] == "Answer the questionnaire again"


def test_change_is_flagged_by_the_reliable_change_of_the_score(subjects: list[Subject]) -> None:
    seen = set()
    for subject in subjects:
        now, before = subject.value("phq_overall"), subject.value("phq_overall_previous")
        heading = next(p for p in feedback_page(subject)["sections"] if p["heading"].startswith("What has changed"))
        text = heading["blocks"][0]["text"]
        if now is None or before is None:
            assert "no earlier score" in text or "no overall score this time" in text
            continue
        error = subject.measures.errors.values.at[subject.code, "phq_overall"]
        within = abs(now - before) <= 1.959964 * np.sqrt(2) * error
        assert ("This is within measurement error" in text) == within
        seen.add(within)
    assert seen == {True, False}


def test_unknown_silent_and_merged_practices_are_told_apart(
    study: Path, subjects: list[Subject], tmp_path: Path
) -> None:
    run = subjects[0].run
    silent = run.features.frame.index[~run.features.frame["responded"]][0]
    with pytest.raises(ReportError, match="was asked and did not answer"):
        rs.build_feedback(study, silent, out=tmp_path)
    with pytest.raises(ReportError, match="Did you mean"):
        rs.build_feedback(study, subjects[0].code[:-1] + "x", out=tmp_path)
    log = run.cohort.lineage_log
    gone = log[log["new_code"].notna() & ~log["old_code"].isin([s.code for s in subjects])]
    if len(gone):
        with pytest.raises(ReportError, match="Its code is now"):
            rs.build_feedback(study, gone["old_code"].iloc[0], out=tmp_path)
    with pytest.raises(ModelError, match="unknown value for formats"):
        rs.build_feedback(study, formats=["docx"], out=tmp_path)
    assert not list(tmp_path.glob("*.html"))


def test_one_that_cannot_be_made_does_not_stop_the_others(
    study: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, subjects: list[Subject]
) -> None:
    def page(subject: Subject) -> dict:
        if subject.code == subjects[3].code:
            raise ReportError("broken")
        return feedback_page(subject)

    monkeypatch.setattr(made_by, "feedback_page", page)
    made = rs.build_feedback(study, out=tmp_path, formats=["html"])
    assert dict(made.failures) == {subjects[3].code: "ReportError: broken."}
    assert json.loads(made.manifest.read_text(encoding="utf-8"))["failures"][0]["practice_code"] == subjects[3].code
    assert len(made.files) == 63


def test_own_library_of_actions_is_checked(study: Path, tmp_path: Path) -> None:
    library = tmp_path / "actions.json"
    action = {"id": "a", "area": "*", "text": "Talk", "support": ["coachng"]}
    library.write_text(json.dumps({"actions": [action]}), encoding="utf-8")
    with pytest.raises(SchemaError, match="Did you mean 'coaching'"):
        rs.build_feedback(study, out=tmp_path, actions=library)


# What a reader could work out of others -----------------------------------------------------------------------------


def test_no_report_names_another_practice(subjects: list[Subject], pages: dict[str, dict]) -> None:
    names = subjects[0].run.cohort.practices["practice_name"]
    for code, page in pages.items():
        whole = json.dumps(page, ensure_ascii=False)
        assert not [c for c in names.index if c != code and c in whole]
        others = set(names.drop(code)) - {names[code]}
        assert not [n for n in others if n in whole]


def test_a_report_is_made_of_own_answers_and_rounded_figures_alone(
    subjects: list[Subject], pages: dict[str, dict]
) -> None:
    """Blot out every other practice's score: the page stays as it was, so nothing else of them is in it."""
    for subject in subjects[::7]:
        features = subject.run.features
        others = features.frame.index != subject.code
        frame = features.frame.copy()
        frame.loc[others, [c for c in frame if c.startswith("phq_")]] = np.nan
        scores = subject.measures.scores.where(subject.measures.scores.index.to_series().eq(subject.code), axis=0)
        blind = replace(
            subject,
            run=replace(subject.run, features=replace(features, frame=frame)),
            measures=replace(subject.measures, scores=scores, peers={subject.code: subject.peers}),
        )
        assert feedback_page(blind) == pages[subject.code]
        figures = [*subject.peers.lower.values(), *subject.peers.median.values(), *subject.peers.upper.values()]
        assert all(v % 5 == 0 for v in figures)
        assert subject.peers.count >= 10


def groups_of(subjects: list[Subject]) -> dict[str, tuple[str, ...]]:
    """Who the peers of each are, which no report says: the strongest reader may know it."""
    frame = subjects[0].run.features.frame.loc[[s.code for s in subjects], ["list_size", "imd_score", "rurality"]]
    return alike_groups(frame)


def test_own_score_is_not_among_the_peers(subjects: list[Subject]) -> None:
    peers = groups_of(subjects)
    scores = subjects[0].measures.scores
    for subject in subjects:
        changed = scores.copy()
        changed.loc[subject.code] = 0.0
        assert peer_figures(changed.loc[list(peers[subject.code])]) == subject.peers


def test_all_who_are_shown_one_practice_are_shown_the_same_figures(subjects: list[Subject]) -> None:
    """So reports put together hold nothing that one of them does not hold alone, however many they are."""
    peers = groups_of(subjects)
    shown: dict[str, set[tuple]] = {}
    for subject in subjects:
        assert subject.code not in peers[subject.code]
        assert len(peers[subject.code]) >= 15
        figures = (subject.peers.count, *(tuple(sorted(f.items())) for f in _told(subject)))
        for other in peers[subject.code]:
            shown.setdefault(other, set()).add((frozenset(peers[subject.code]), figures))
    assert all(len(seen) == 1 for seen in shown.values())


def _told(subject: Subject) -> tuple[dict[str, float], ...]:
    return subject.peers.lower, subject.peers.median, subject.peers.upper


def test_practices_that_put_their_reports_together_cannot_tell_two_others_apart(subjects: list[Subject]) -> None:
    """Two or three pool reports and own scores: exchange any two others' scores, and nothing that they hold changes.

    What they hold fits every assignment of the scores of a half to the practices in it that take no part: of each such
    practice at least ten scores are possible, and these lie far apart.
    """
    peers, scores = groups_of(subjects), subjects[0].measures.scores
    by_code = {s.code: s for s in subjects}
    rng = np.random.default_rng(3)
    for size in (2, 3):
        for subject in subjects:
            # Readers of the same half, of the other half, and of anywhere.
            pool = {subject.code, *rng.choice(peers[subject.code], 1), *rng.choice(sorted(peers), size - 2)}
            silent = [c for c in peers[subject.code] if c not in pool]
            one, other = rng.choice(silent, 2, replace=False)
            changed = scores.copy()
            changed.loc[[one, other]] = scores.loc[[other, one]].to_numpy()
            assert all(peer_figures(changed.loc[list(peers[m])]) == by_code[m].peers for m in pool)
            possible = scores.loc[silent, "phq_overall"].dropna()
            assert len(possible) >= 10
            assert np.ptp(possible) >= 20


@pytest.mark.parametrize("together", [1, 2, 3])
def test_even_readers_who_know_all_scores_but_one_cannot_tell_that_one(subjects: list[Subject], together: int) -> None:
    """The strongest readers: they know who the peers are, and every score but the target's. What scores fit them all?

    Nobody holds so much; the bound is that even then all scores within 5 points or more fit (the step of the grid is
    taken off), and within 20 in the middle case.
    """
    peers = groups_of(subjects)
    overall = subjects[0].measures.scores["phq_overall"]
    rng, grid = np.random.default_rng(together), np.linspace(0.0, 100.0, 401)
    widths = []
    for target in overall.dropna().index:
        readers = [c for c in peers if target in peers[c]]
        fits = np.ones(len(grid), dtype=bool)
        for member in rng.choice(readers, together, replace=False):
            theirs = overall[list(peers[member])].dropna()
            guesses = np.tile(theirs.to_numpy(), (len(grid), 1))
            guesses[:, theirs.index.get_loc(target)] = grid
            fits &= (_figures(guesses) == _figures(theirs.to_numpy()[None, :])).all(axis=1)
        # Scores that fit lie on one side, or around the true one: their span is what stays unknown.
        widths.append(np.ptp(grid[fits]))
    assert min(widths) >= 5 - 0.5
    assert np.median(widths) >= 20


def _figures(scores: np.ndarray) -> np.ndarray:
    """What a report tells of each row of scores; that it is this, `test_own_score_is_not_among_the_peers` says."""
    return 5 * np.floor(np.quantile(scores, [0.25, 0.5, 0.75], axis=1).T / 5 + 0.5)


@pytest.mark.slow
def test_the_whole_example_in_one_call(tmp_path: Path) -> None:
    made = rs.build_feedback(out=tmp_path)
    assert len(made.files) == 138
    assert not made.failures
    assert len(list(tmp_path.glob("*.pdf"))) == len(list(tmp_path.glob("*.html"))) == 138
