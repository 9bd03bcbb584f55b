"""The LMC's own tables as files: register, lineage, programmes, special measures, RAT, and the study file."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from resilience_stats.schema import Instrument
from resilience_stats.synthetic.latent import Measurement, draw_waves
from resilience_stats.synthetic.survey import answer_codes
from resilience_stats.synthetic.workbook import write_csv


def register_table(practices: pd.DataFrame, invited_on: pd.Timestamp, rng: np.random.Generator) -> pd.DataFrame:
    """Return the practice register: the frame, and a few practices of other contracts that were not asked."""
    asked = practices[practices["alive"]]
    table = pd.DataFrame(
        {
            "practice_code": asked.index,
            "practice_name": asked["name"].to_numpy(),
            "place": asked["place"].to_numpy(),
            "contract_type": asked["contract_type"].to_numpy(),
            "invited_on": invited_on,
        }
    ).sort_values("practice_code")
    others = max(1, round(len(asked) / 16))
    extra = pd.DataFrame(
        {
            "practice_code": [f"Y8{i:04d}" for i in range(others)],
            "practice_name": [f"Personal Care {i + 1} Medical Centre" for i in range(others)],
            "place": rng.choice(asked["place"].unique(), others),
            "contract_type": rng.choice(["PMS", "APMS"], others, p=(0.8, 0.2)),
            "invited_on": pd.NaT,
        }
    )
    return pd.concat([table, extra], ignore_index=True)


def lineage_table(practices: pd.DataFrame, between: tuple[pd.Timestamp, pd.Timestamp]) -> pd.DataFrame:
    """Return what became of the codes that ended between the waves."""
    ended = practices[practices["fate"] != ""]
    step = (between[1] - between[0]) / (len(ended) + 1)
    dates = [(between[0] + step * (i + 1)).normalize() for i in range(len(ended))]
    table = {"old_code": ended.index, "new_code": ended["successor"].to_numpy(), "event": ended["fate"].to_numpy()}
    return pd.DataFrame({**table, "event_date": dates})


def rat_table(
    instrument: Instrument,
    measurement: Measurement,
    programmes: pd.DataFrame,
    resilience: pd.Series,
    rng: np.random.Generator,
) -> pd.DataFrame:
    """Return RAT assessments of the practices in GPRP and GPDP, some weeks after their support began."""
    chosen = programmes[programmes["programme"].isin(["GPRP", "GPDP"])].drop_duplicates("practice_code")
    theta = resilience.reindex(chosen["practice_code"]).to_numpy()
    (steps,) = draw_waves(measurement, [theta], rng)
    table = pd.DataFrame(
        {
            "practice_code": chosen["practice_code"].to_numpy(),
            "assessed_on": (chosen["started_on"] + pd.Timedelta(days=21)).to_numpy(),
            "programme": chosen["programme"].to_numpy(),
        }
    )
    items = {item.id: answer_codes(item, steps[:, j]) for j, item in enumerate(instrument.items)}
    # A cause is seen the more often the less resilient the practice is.
    chance = 1 / (1 + np.exp(1.6 + 0.8 * theta))
    codes = {code.id: (rng.random(len(theta)) < chance).astype(int) for code in instrument.codes}
    return pd.concat([table, pd.DataFrame({**items, **codes})], axis=1)


def study_text(
    *,
    title: str,
    area: str,
    census: pd.Timestamp,
    random_state: int,
    files: Mapping[str, Sequence[str]],
    instruments: Mapping[str, str],
    predictors: Mapping[str, str],
) -> str:
    """Return the text of ``study.toml``."""
    lines = [
        "# A synthetic study: the questionnaire, the programmes and their effects are made up.",
        "[study]",
        f"title = {_quoted(title)}",
        f"year = {census.year}",
        f"area = {_quoted(area)}",
        "synthetic = true",
        f"random_state = {random_state}",
        f"census_date = {census.date().isoformat()}",
        "",
        "[files]",
    ]
    for name, paths in files.items():
        listed = [_quoted(p) for p in paths]
        lines.append(f"{name} = {listed[0] if len(listed) == 1 else '[' + ', '.join(listed) + ']'}")
    if instruments:
        lines += ["", "[instruments]", *(f"{name} = {_quoted(path)}" for name, path in instruments.items())]
    lines += ["", "[outcome]", 'name = "phq_overall"', 'label = "Overall resilience score"', ""]
    for name, role in predictors.items():
        lines += ["[[predictors]]", f'name = "{name}"', f'role = "{role}"', ""]
    return "\n".join([*lines, "[policy]", 'preset = "board"', ""])


def _quoted(text: str) -> str:
    # A TOML basic string has the escapes of JSON, and allows one character less.
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")


def write_own(directory: Path, name: str, table: pd.DataFrame) -> str:
    """Write one of the LMC's own tables as CSV and return its file name."""
    write_csv(directory / f"{name}.csv", table)
    return f"{name}.csv"
