"""The packaged national model is the one that the public files give."""

from __future__ import annotations

import json

import numpy as np
import pytest
from support import shared

from resilience_stats.models.national import national_model
from resilience_stats.report.national_model import make_national_model

pytestmark = [pytest.mark.needs_shared, pytest.mark.slow]


def test_one_command_makes_it_again(tmp_path) -> None:
    path = make_national_model(shared("data"), out=tmp_path / "again.json", n_boot=20)
    again, shipped = national_model(path), national_model()
    assert again.sources.equals(shipped.sources)
    assert again.tidy()["term"].tolist() == shipped.tidy()["term"].tolist()
    np.testing.assert_allclose(again.tidy()["estimate"], shipped.tidy()["estimate"], rtol=1e-7)
    np.testing.assert_allclose(again.vcov, shipped.vcov, rtol=1e-6, atol=1e-12)
    assert again.standing.equals(shipped.standing)
    assert again.sensitivity["c_statistic"].tolist() == pytest.approx(shipped.sensitivity["c_statistic"].tolist())
    assert "NaN" not in json.dumps(json.loads(path.read_text(encoding="utf-8")), allow_nan=False)
