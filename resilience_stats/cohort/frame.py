"""The frame: the practices that were asked, under the codes that they have on the census date."""

from __future__ import annotations

import pandas as pd

from resilience_stats.cohort.accounts import JOINED
from resilience_stats.cohort.lineage import CLOSED, OWN, SPLIT, Lineage, carry_codes, log_links
from resilience_stats.cohort.linking import Linked
from resilience_stats.errors import DataError

NOT_ASKED, ASKED_LATER, BECAME_ONE = "not asked", "asked after the census date", "merged into another practice asked"


def build_frame(register: pd.DataFrame, lineage: Lineage) -> tuple[pd.DataFrame, Linked]:
    """Return the frame, indexed by ``practice_code``, and the register with a fate per row.

    A practice that was asked under a code that has since been taken over stands under its heir's code; if the heir was
    asked too they are one practice. One that has closed, or was split, stays under the code it was asked by.

    Raises
    ------
    DataError
        Nobody was asked.
    """
    fates = pd.Series(JOINED, index=register.index, dtype=object)
    fates[register["invited_on"].isna()] = NOT_ASKED
    fates[register["invited_on"] > lineage.census] = ASKED_LATER
    carried = carry_codes(lineage, register["practice_code"], register["invited_on"])
    lost = carried["link"].isin([CLOSED, SPLIT])
    carried.loc[lost, "practice_code"] = register.loc[lost, "practice_code"]
    asked = register.assign(
        written_code=register["practice_code"], practice_code=carried["practice_code"], link=carried["link"]
    )
    order = asked[fates.eq(JOINED)].assign(own=lambda f: f["link"].ne(OWN)).sort_values("own", kind="stable")
    twice = order.duplicated("practice_code")
    fates[twice.index[twice]] = BECAME_ONE
    practices = asked[fates.eq(JOINED)].set_index("practice_code").sort_index()
    if practices.empty:
        raise DataError(
            "no practice was asked",
            where="practice_register, column invited_on",
            action="Give the date on which each practice was invited; blank means not asked.",
        )
    log = log_links(lineage, "practice_register", register["practice_code"], carried)
    columns = ["practice_name", "place", "contract_type", "invited_on", "written_code"]
    return practices[columns], Linked(frame=asked, fates=fates, log=log)
