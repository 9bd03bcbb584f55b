"""Do raters, instruments or waves agree, and which changes are more than noise?"""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy import stats as distributions

from resilience_stats.errors import ModelError
from resilience_stats.models.inputs import numeric_items, require_columns
from resilience_stats.results import Note, Result, note
from resilience_stats.results.reliability import AgreementResult
from resilience_stats.results.tidy import tidy_frame
from resilience_stats.stats.agreement import VarianceTable, intraclass_forms, one_way_unbalanced, variance_table


def intraclass_correlation(
    data: pd.DataFrame,
    *,
    subject: str | None = None,
    rater: str | None = None,
    score: str | None = None,
    conf_level: float = 0.95,
) -> AgreementResult:
    """Return the intraclass correlations of scores of the same subjects, with F tests and intervals.

    Parameters
    ----------
    data : pandas.DataFrame
        Wide: one row a subject, one column a rater (or instrument, or wave). Long: name `subject` and `score`, and
        `rater` where the same raters scored every subject; without `rater`, subjects may have different numbers of
        scores and only ICC1 is defined.
    subject, rater, score : str, optional
        Columns of a long frame.
    conf_level : float

    Returns
    -------
    AgreementResult
        `tidy()`: terms ICC1, ICC2, ICC3 (one rater) and ICC1k, ICC2k, ICC3k (mean of k raters) with `statistic` (F),
        `df`, `df_residual`, `p_value`, limits. `variance_table` holds the analysis of variance.

    Raises
    ------
    ModelError
        For fewer than two subjects or raters, or a subject scored twice by a rater.

    Notes
    -----
    Scores that several instruments give agree in ICC2 only if they are on the same scale; ICC3 asks for consistency.

    Examples
    --------
    >>> scores = pd.DataFrame({"phq": [9, 6, 8, 7, 10, 6], "rat": [8, 2, 8, 6, 9, 6]})
    >>> intraclass_correlation(scores).tidy().set_index("term")["estimate"].round(3)["ICC3"]
    np.float64(0.758)
    """
    if not 0.0 < conf_level < 1.0:
        raise ModelError("not a confidence level", where="argument conf_level", found=conf_level, allowed="(0, 1)")
    if subject is None and score is None and rater is None:
        return _two_way(*_complete(numeric_items(data)[0]), conf_level)
    if subject is None or score is None:
        raise ModelError("a long frame needs both subject and score", where="arguments subject, score")
    require_columns(data, [c for c in (subject, rater, score) if c is not None], "subject, rater, score")
    if rater is None:
        return _one_way(data, subject, score, conf_level)
    if data.duplicated([subject, rater]).any():
        raise ModelError("a subject has two scores of one rater", where=f"columns {subject}, {rater}")
    wide = data.pivot(index=subject, columns=rater, values=score)
    return _two_way(*_complete(numeric_items(wide.set_axis([str(c) for c in wide.columns], axis=1))[0]), conf_level)


def reliable_change(
    before: pd.Series,
    after: pd.Series,
    *,
    reliability: float | None = None,
    conf_level: float = 0.95,
    higher_is_better: bool = True,
) -> Result:
    """Return, for each respondent, whether the change is more than measurement error would give.

    Parameters
    ----------
    before, after : pandas.Series
        Scores of the same respondents, matched by index.
    reliability : float, optional
        Of the score, for example alpha. Default: the correlation of `before` with `after`.
    conf_level : float
        Changes beyond the two-sided normal quantile of this level are reliable.
    higher_is_better : bool

    Returns
    -------
    Result
        `tidy()`: one row a respondent; `estimate` is the change, `statistic` the reliable change index, `verdict`
        improved, worse or unchanged. `glance()`: `standard_error_of_measurement`, `standard_error_of_difference`,
        `smallest_reliable_change`, `n_improved`, `n_worse`, `n_unchanged`, `n`.

    Notes
    -----
    RCI = change / (sqrt(2) SEM), SEM = s sqrt(1 - r) with s the standard deviation of `before`.
    Source: Jacobson & Truax (1991), J. Consulting and Clinical Psychology 59, 12-19. Regression to the mean moves low
    starters up without any help: see `programme_change`.

    Examples
    --------
    >>> before, after = pd.Series([40.0, 50, 60, 70]), pd.Series([70.0, 52, 61, 68])
    >>> reliable_change(before, after, reliability=0.9).tidy()["verdict"].tolist()
    ['improved', 'unchanged', 'unchanged', 'unchanged']
    """
    pairs = pd.DataFrame({"before": before, "after": after}).astype(float)
    used = pairs.dropna()
    notes: list[Note] = []
    if len(used) < len(pairs):
        message = f"{len(pairs) - len(used)} of {len(pairs)} respondents lack one of the scores and were left out."
        notes.append(note("rows-dropped", message))
    if len(used) < 3 or used["before"].std() == 0:
        raise ModelError(
            "too few respondents with both scores, or no spread before", found=len(used), allowed="3 or more"
        )
    r = float(used["before"].corr(used["after"])) if reliability is None else float(reliability)
    if reliability is not None and not 0.0 <= r < 1.0:
        raise ModelError("reliability out of range", where="argument reliability", found=r, allowed="[0, 1)")
    if r < 0.7:
        notes.append(note("low-reliability", f"A reliability of {r:.2f} lets only large changes be called reliable."))
    sem = float(used["before"].std()) * float(np.sqrt(1.0 - r))
    error, z = np.sqrt(2.0) * sem, float(distributions.norm.ppf(0.5 + conf_level / 2.0))
    change = (used["after"] - used["before"]).to_numpy()
    index = change / error
    good = index if higher_is_better else -index
    verdict = np.where(good > z, "improved", np.where(good < -z, "worse", "unchanged"))
    estimates = tidy_frame(
        term=used.index,
        estimate=change,
        std_error=error,
        statistic=index,
        p_value=2.0 * distributions.norm.sf(np.abs(index)),
        conf_low=change - z * error,
        conf_high=change + z * error,
        before=used["before"].to_numpy(),
        after=used["after"].to_numpy(),
        verdict=verdict,
    )
    fit = {
        "reliability": r,
        "standard_error_of_measurement": sem,
        "standard_error_of_difference": error,
        "smallest_reliable_change": z * error,
        "n_improved": int(np.sum(verdict == "improved")),
        "n_worse": int(np.sum(verdict == "worse")),
        "n_unchanged": int(np.sum(verdict == "unchanged")),
        "n": len(used),
    }
    return Result(estimates=estimates, fit=fit, notes=tuple(notes))


def _complete(x: np.ndarray) -> tuple[np.ndarray, list[Note]]:
    used = ~np.isnan(x).any(axis=1)
    notes = []
    if not used.all():
        message = f"{(~used).sum()} of {len(x)} subjects lack a score and were left out."
        notes.append(note("rows-dropped", message))
    if used.sum() < 2:
        raise ModelError("too few subjects with every score", found=int(used.sum()), allowed="2 or more")
    return x[used], notes


def _two_way(x: np.ndarray, notes: list[Note], level: float) -> AgreementResult:
    table = variance_table(x)
    if table.between == 0 or table.residual == 0:
        raise ModelError("the scores do not vary enough for an intraclass correlation", found="a mean square of zero")
    rows = pd.DataFrame(intraclass_forms(table, level))
    estimates = tidy_frame(**{name: rows[name] for name in rows})  # type: ignore[arg-type]
    if table.n < 30:
        notes.append(note("few-subjects", f"Only {table.n} subjects: the intervals are wide."))
    fit = {"n": table.n, "n_raters": table.k, "mean_square_within": table.within, "conf_level": level}
    return AgreementResult(estimates=estimates, fit=fit, notes=tuple(notes), variance_table=_anova_frame(table))


def _anova_frame(table: VarianceTable) -> pd.DataFrame:
    n, k = table.n, table.k
    df = np.array([n - 1, k - 1, (n - 1) * (k - 1), n * (k - 1)], dtype=float)
    mean = np.array([table.between, table.raters, table.residual, table.within])
    f = np.array([mean[0] / mean[2], mean[1] / mean[2], np.nan, np.nan])
    return pd.DataFrame(
        {
            "source": ["subjects", "raters", "residual", "within"],
            "df": df,
            "sum_sq": df * mean,
            "mean_sq": mean,
            "statistic": f,
            "p_value": distributions.f.sf(f, df, df[2]),
        }
    )


def _one_way(data: pd.DataFrame, subject: str, score: str, level: float) -> AgreementResult:
    used = data[[subject, score]].dropna()
    groups = [g.to_numpy(dtype=float) for _, g in used.groupby(subject)[score]]
    if len(groups) < 2 or len(used) <= len(groups):
        raise ModelError(
            "too few scores for an intraclass correlation",
            found=f"{len(used)} scores of {len(groups)} subjects",
            allowed="two subjects, and one of them with two scores",
        )
    one = one_way_unbalanced(groups, level)
    shared = {name: [one[name]] * 2 for name in ("statistic", "df", "df_residual", "p_value")}
    estimates = tidy_frame(
        term=["ICC1", "ICC1k"],
        estimate=[one["estimate"], one["estimate_mean"]],
        conf_low=[one["conf_low"], one["mean_conf_low"]],
        conf_high=[one["conf_high"], one["mean_conf_high"]],
        **shared,
    )
    df = np.array([one["df"], one["df_residual"]])
    mean = np.array([one["between"], one["within"]])
    table = pd.DataFrame(
        {
            "source": ["subjects", "within"],
            "df": df,
            "sum_sq": df * mean,
            "mean_sq": mean,
            "statistic": [one["statistic"], np.nan],
            "p_value": [one["p_value"], np.nan],
        }
    )
    fit = {"n": len(groups), "n_scores": len(used), "n0": one["n0"], "design_effect": one["design_effect"]}
    fit |= {"mean_square_within": one["within"], "conf_level": level}
    notes = (note("one-way", "Without raters only ICC1 is defined."),)
    return AgreementResult(estimates=estimates, fit=fit, notes=notes, variance_table=table)
