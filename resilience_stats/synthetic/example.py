"""`write_example`: from a seed to a study directory and the truth behind it."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from resilience_stats.errors import StudyError
from resilience_stats.schema import load_instrument
from resilience_stats.synthetic import latent, local_tables, own_tables, programmes, survey
from resilience_stats.synthetic.outside import Outside, criteria_table, write_outside
from resilience_stats.synthetic.population import invent_practices, predictors
from resilience_stats.synthetic.publishers import Oddities, draw_oddities, write_public
from resilience_stats.synthetic.real import PublicFiles, Wanted, real_practices
from resilience_stats.synthetic.realise import Plan, Realised, realise
from resilience_stats.synthetic.resilience import EFFECTS, ROLES
from resilience_stats.synthetic.truth import Truth

#: Census date where nothing says otherwise: the month in which an LMC first published its cohort report.
CENSUS = "2019-11-30"
#: Fewest practices that make a frame with its mergers, and most for which there are free codes.
FEWEST, MOST = 5, 9900
STAGES = (
    "population",
    "measurement",
    "resilience",
    "answers",
    "responders",
    "choice",
    "waves",
    "tables",
    "public",
    "rat",
    "outside",
    "local",
)


def write_example(
    directory: str | Path,
    *,
    practices: int | None = 197,
    responses: int | float = 138,
    random_state: int | np.random.Generator = 2019,
    register: str | Path | None = None,
    public_files: PublicFiles | None = None,
    commissioners: Sequence[str] | None = None,
    practice_codes: Sequence[str] | None = None,
    contracts: Sequence[str] | None = ("GMS",),
    census_date: str | pd.Timestamp | None = None,
    instrument: str | Path = "phq",
    effects: Mapping[str, float] | None = None,
    programme_effect: float = 4.0,
    supported: int | None = None,
    response_slope: float = 0.8,
    area: str = "Example LMC",
) -> Truth:
    """Return the known truth of a synthetic study that is written to `directory`.

    Parameters
    ----------
    directory : str or pathlib.Path
        Made if it is not there. Ends up holding ``study.toml`` and the files it names.
    practices : int or None
        Practices in the frame. With `public_files`, at most so many are drawn; None takes all that match.
    responses : int or float
        Practices that answer in each wave; a fraction below 1 is a share of the frame.
    random_state : int or numpy.random.Generator
        The same seed gives the same bytes.
    register : path, optional
        A real practice register (CSV or xlsx); its invited practices are the frame. Needs `public_files`.
    public_files : mapping of str to path or paths, optional
        Table name -> publisher's file, read in place: at least ``list_size``; ``payments``, ``workforce``,
        ``deprivation``, ``pcn_membership``, ``ods_practices``, ``cqc_directory`` where there are any.
        `find_public_files` finds them in a folder.
    commissioners, practice_codes : sequence of str, optional
        Keep practices of these sub-ICB locations (CCGs), or with these codes; None keeps all of England.
    contracts : sequence of str or None
        Keep practices with these contracts in the payments file; None keeps all.
    census_date : date, optional
        Day on which the wave closes. The previous wave closed a year before.
    instrument : str or path
        The questionnaire.
    effects : mapping of str to float, optional
        Predictor -> effect of one standard deviation on latent resilience of unit variance; 0 plants a null. They
        become the predictors of the study file. Default: four drivers and two nulls.
    programme_effect : float
        Points of the overall score that GPRP adds; 0 plants a programme without effect.
    supported : int, optional
        Practices in GPRP: 40 of 197, or in proportion.
    response_slope : float
        Log-odds of answering per standard deviation of latent resilience; 0 makes answering a matter of chance.
    area : str
        Name of the LMC.

    Raises
    ------
    StudyError
        The effects explain more variance than there is, or name no predictor; no practice matches; the numbers cannot
        be had.

    Notes
    -----
    Resilience is ``sum of effects + PCN + lasting difference + state of the wave``, with unit variance; answers follow
    a bifactor graded response model (`latent`). Practices that answer are a selected sample, and so a regression on
    them is a little flatter than the truth: ``responses=practices`` and ``programme_effect=0`` give data on which least
    squares is right on average.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     truth = write_example(folder, practices=40, responses=30)
    >>> truth.null_predictors
    ('nurse_fte_per_1000', 'payments_per_weighted_patient')
    >>> int(truth.practices["responded"].sum())
    30
    """
    folder = Path(directory)
    folder.mkdir(parents=True, exist_ok=True)
    seed = int(random_state.integers(2**31)) if isinstance(random_state, np.random.Generator) else int(random_state)
    rng = {name: np.random.default_rng([seed, i]) for i, name in enumerate(STAGES)}
    if public_files is None and register is not None:
        action = "Give public_files too."
        raise StudyError("a real register needs real public files", where="argument register", action=action)
    _require_counts(practices, responses)
    real = None
    if public_files is None:
        frame = invent_practices(197 if practices is None else practices, rng["population"])
        values, census = predictors(frame), pd.Timestamp(census_date or CENSUS)
    else:
        wanted = Wanted(
            commissioners=commissioners, practice_codes=practice_codes, contracts=contracts, limit=practices
        )
        real = real_practices(
            folder, public_files, wanted, register=register, census=census_date, rng=rng["population"]
        )
        frame, values, census = real.practices, real.values, real.census
    chosen = {n: e for n, e in EFFECTS.items() if values[n].notna().any()} if effects is None else dict(effects)
    plan = Plan(chosen, responses, supported, programme_effect, response_slope)
    made = realise(frame, values, census, load_instrument(instrument), plan, rng)
    oddities = None if real is not None else draw_oddities(frame, rng["public"])
    files = _write_own_files(folder, made, rng, register=real is None)
    outside = None
    if oddities is not None:
        public, rated = write_public(folder, frame, made.resilience.now, made.between, oddities, rng["public"])
        both, missing = (made.resilience.now, made.after), oddities.workforce_missing
        outside = write_outside(folder, frame, both, census, rated, missing, rng["outside"])
        for table, names in [*public.items(), *outside.files.items()]:
            files[table] = [*files.get(table, []), *names]
    if real is not None:
        files |= {table: [_relative(p, folder) for p in paths] for table, paths in real.files.items()}
    roles = {name: ROLES.get(name, "exposure") for name in plan.effects}
    text = own_tables.study_text(
        title=f"Practice resilience in {area}",
        area=area,
        census=census,
        random_state=seed,
        files=files,
        instruments={} if str(instrument) == "phq" else {"phq": _relative(instrument, folder)},
        predictors=roles,
    )
    (folder / "study.toml").write_bytes(text.encode())
    return _truth(made, plan, roles, oddities, outside, seed, folder / "study.toml")


def _require_counts(practices: int | None, responses: int | float) -> None:
    if practices is not None and not FEWEST <= practices <= MOST:
        allowed = f"{FEWEST} to {MOST:,}, or None"
        raise StudyError(
            "so many practices cannot be had", where="argument practices", found=practices, allowed=allowed
        )
    if not responses > 0:
        allowed = "a number above 0, below 1 a share of the practices"
        raise StudyError("nobody would answer", where="argument responses", found=responses, allowed=allowed)


def _relative(path: str | Path, folder: Path) -> str:
    return Path(os.path.relpath(Path(path).resolve(), folder.resolve())).as_posix()


def _write_own_files(
    folder: Path, made: Realised, rng: Mapping[str, np.random.Generator], *, register: bool
) -> dict[str, list[str]]:
    before, now = made.waves
    survey.write_plain(folder / f"phq_{before.year}.csv", before, made.instrument)
    survey.write_forms(folder / f"phq_{now.year}_forms.xlsx", now, made.instrument)
    alive = made.practices["alive"].to_numpy()
    codes = made.practices.index.to_numpy(dtype=str)[alive]
    table = programmes.programme_table(codes, made.supported[alive], made.after[alive], made.between, rng["tables"])
    special = programmes.special_measures_table(codes, made.resilience.before[alive], made.between, rng["tables"])
    rat = load_instrument("rat")
    theta = pd.Series((made.resilience.before + made.resilience.now) / 2, index=made.practices.index)
    tables = {
        "rat": own_tables.rat_table(rat, latent.draw_measurement(rat, rng["rat"]), table, theta, rng["rat"]),
        "programmes": table,
        "special_measures": special,
    }
    today = pd.Series(made.resilience.now, index=made.practices.index)
    optional = {
        "local_intelligence": local_tables.local_intelligence_table(today[alive], made.between[1], rng["local"]),
        "practice_assessments": local_tables.practice_assessments_table(table, today, rng["local"]),
    }
    tables |= {name: t for name, t in optional.items() if len(t)}
    if register:
        invited = made.between[1] - pd.Timedelta(days=40)
        tables["practice_register"] = own_tables.register_table(made.practices, invited, rng["tables"])
    if made.practices["fate"].ne("").any():
        tables["lineage"] = own_tables.lineage_table(made.practices, made.between)
    files = {name: [own_tables.write_own(folder, name, t)] for name, t in tables.items()}
    return {"phq": [f"phq_{before.year}.csv", f"phq_{now.year}_forms.xlsx"], **files}


def _truth(
    made: Realised,
    plan: Plan,
    roles: Mapping[str, str],
    oddities: Oddities | None,
    outside: Outside | None,
    seed: int,
    path: Path,
) -> Truth:
    slope = latent.score_slope(made.measurement)
    drivers = pd.DataFrame(
        [
            {
                "name": n,
                "role": roles[n],
                "effect_per_sd": e * slope,
                "effect_per_unit": e * slope / made.resilience.sd[n],
                "sd": made.resilience.sd[n],
                "is_null": e == 0,
            }
            for n, e in plan.effects.items()
        ]
    )
    m = made.measurement
    practices = pd.DataFrame(
        {
            "resilience": made.after,
            "resilience_previous": made.resilience.before,
            "expected_score": latent.expected_score(m, made.after),
            "responded": made.answered,
            "responded_previous": made.answered_before,
            "in_gprp": made.supported,
        },
        index=made.practices.index,
    )
    alive, seen = made.practices["alive"].to_numpy(), [] if outside is None else [outside.practices]
    return Truth(
        outcome="phq_overall",
        drivers=drivers,
        null_predictors=tuple(drivers.loc[drivers["is_null"], "name"]),
        loadings=pd.DataFrame({"item": m.items, "area": m.areas, "general": m.general, "specific": m.specific}),
        reliability=_reliability(made),
        retest=latent.implied_retest(m, made.resilience.wave_r),
        r_squared=made.resilience.r_squared,
        pcn_share=made.resilience.pcn_share,
        programme_effect=made.programme_effect,
        response_slope=plan.response_slope,
        practices=pd.concat([practices[alive], made.values[alive], *seen], axis=1),
        criteria=criteria_table()[:0] if outside is None else outside.criteria,
        names=_names(made, oddities),
        random_state=seed,
        path=path,
    )


def _reliability(made: Realised) -> pd.DataFrame:
    m = made.measurement
    members = {"phq_overall": list(range(len(m.items)))}
    members |= {f"phq_{a.id}": [j for j, area in enumerate(m.areas) if area == a.id] for a in made.instrument.areas}
    alphas = latent.implied_alphas(m, list(members.values()))
    return pd.DataFrame({"scale": list(members), "items": [len(v) for v in members.values()], "alpha": alphas})


def _names(made: Realised, oddities: Oddities | None) -> dict[str, tuple[str, ...]]:
    names = {
        "duplicate_response_previous": made.waves[0].duplicates,
        "duplicate_response": made.waves[1].duplicates,
        "broken_off_previous": made.waves[0].broken_off,
        "broken_off": made.waves[1].broken_off,
    }
    for fate in ("merge", "takeover", "closure"):
        names[fate] = tuple(made.practices.index[made.practices["fate"] == fate])
    if oddities is not None:
        names |= {f: tuple(str(c) for c in getattr(oddities, f)) for f in Oddities.__dataclass_fields__}
    return names
