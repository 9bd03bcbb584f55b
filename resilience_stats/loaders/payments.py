"""NHS England: NHS Payments to General Practice."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from resilience_stats.loaders.limits import DEFAULT_LIMITS, Limits
from resilience_stats.loaders.sources import load_source
from resilience_stats.loaders.table import RAISE

if TYPE_CHECKING:
    import pandas as pd


def load_payments(path: str | Path, *, on_error: str = RAISE, limits: Limits = DEFAULT_LIMITS) -> pd.DataFrame:
    """Return NHS payments in pounds, one row per practice code; the same columns for every year.

    Parameters
    ----------
    path : str or pathlib.Path
        The practice-level CSV of any year from 2014-15.
    on_error : {"raise", "set_aside"}
    limits : Limits

    Returns
    -------
    pandas.DataFrame
        ``practice_code, contract_type, dispensing, rurality, registered_patients, weighted_patients,
        payment_per_registered_patient, payment_per_weighted_patient, global_sum, ...``; a payment that the year did not
        have is missing, not 0. An average per patient is missing where there are no patients, whatever was published.
        Negative amounts are real. In 2022-23 the network's code and name stand under other headers: declared in
        ``data/schema/payments.json``.

    Raises
    ------
    DataError
        With every fault of the file in ``problems``.

    Examples
    --------
    >>> import tempfile
    >>> header = ("Practice Code,Practice Name,Contract Type,Dispensing Practice,"
    ...     "Number of Registered Patients (Last Known Figure),Number of Weighted Patients (Last Known Figure),"
    ...     "Global Sum,Total NHS Payments to General Practice")
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     file = Path(folder) / "payments.csv"
    ...     _ = file.write_text(header + "\\nA81001,ABBEY,GMS,No,4000,4100.5,-97,600000\\n")
    ...     load_payments(file)["global_sum"].tolist()
    [-97.0]
    """
    frame = load_source(path, "payments", on_error=on_error, limits=limits)
    for patients in ("registered_patients", "weighted_patients"):
        kind = patients.split("_")[0]
        averages = [c for c in frame if str(c).startswith(f"payment_per_{kind}_patient")]
        frame.loc[frame[patients].eq(0), averages] = float("nan")
    return frame
