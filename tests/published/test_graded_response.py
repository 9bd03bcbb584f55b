"""Two law-school admission tests, the data on which marginal maximum likelihood was first shown (two categories).

LSAT 6: Bock & Lieberman (1970) Psychometrika 35; estimates as printed by Rizopoulos (2006) Journal of Statistical
Software 17(5), 21 nodes. LSAT 7: Bock & Aitkin (1981) Psychometrika 46; estimates as printed in the manual of the R
package mirt.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

import resilience_stats as rs

LSAT6 = {
    "00000": 3, "00001": 6, "00010": 2, "00011": 11, "00100": 1, "00101": 1, "00110": 3, "00111": 4, "01000": 1,
    "01001": 8, "01011": 16, "01101": 3, "01110": 2, "01111": 15, "10000": 10, "10001": 29, "10010": 14, "10011": 81,
    "10100": 3, "10101": 28, "10110": 15, "10111": 80, "11000": 16, "11001": 56, "11010": 21, "11011": 173,
    "11100": 11, "11101": 61, "11110": 28, "11111": 298,
}  # fmt: skip
LSAT7 = {
    "00000": 12, "00001": 19, "00010": 1, "00011": 7, "00100": 3, "00101": 19, "00110": 3, "00111": 17, "01000": 10,
    "01001": 5, "01010": 3, "01011": 7, "01100": 7, "01101": 23, "01110": 8, "01111": 28, "10000": 7, "10001": 39,
    "10010": 11, "10011": 34, "10100": 14, "10101": 51, "10110": 15, "10111": 90, "11000": 6, "11001": 25, "11010": 7,
    "11011": 35, "11100": 18, "11101": 136, "11110": 32, "11111": 308,
}  # fmt: skip


def answers(table: dict[str, int]) -> pd.DataFrame:
    rows = [list(map(int, pattern)) for pattern, count in table.items() for _ in range(count)]
    return pd.DataFrame(rows, columns=[f"item {i}" for i in range(1, 6)])


def test_lsat6_as_printed() -> None:
    fit = rs.fit_graded_response(answers(LSAT6))
    assert round(float(fit.fit["log_likelihood"]), 2) == -2466.65
    np.testing.assert_allclose(fit.item_parameters["slope"], [0.8254, 0.7229, 0.8905, 0.6886, 0.6575], atol=1e-3)
    np.testing.assert_allclose(
        fit.item_parameters["threshold_1"], [-3.3597, -1.3696, -0.2799, -1.8659, -3.1236], atol=3e-3
    )
    tidy = fit.tidy().set_index(["parameter", "item"])["std_error"]
    np.testing.assert_allclose(tidy["slope"], [0.2581, 0.1867, 0.2326, 0.1852, 0.2100], atol=5e-4)
    np.testing.assert_allclose(tidy["threshold 1"], [0.8669, 0.3073, 0.0997, 0.4341, 0.8700], atol=2e-3)


def test_lsat7_as_printed() -> None:
    fit = rs.fit_graded_response(answers(LSAT7))
    assert round(float(fit.fit["log_likelihood"]), 2) == -2658.81
    np.testing.assert_allclose(fit.item_parameters["slope"], [0.988, 1.081, 1.706, 0.765, 0.736], atol=2e-3)
    np.testing.assert_allclose(fit.item_parameters["intercept_1"], [1.856, 0.808, 1.804, 0.486, 1.855], atol=2e-3)
