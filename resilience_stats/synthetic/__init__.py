"""A study directory with known truth, written in the formats that the loaders read.

`write_example` makes everything up; with ``public_files`` the questionnaire is made up for real practices, whose public
files are then read where they lie. See `resilience_stats.synthetic.real` for how to make such a study.
"""

from resilience_stats.synthetic.example import write_example
from resilience_stats.synthetic.real import BEDS_HERTS_COMMISSIONERS, find_public_files
from resilience_stats.synthetic.truth import Truth

__all__ = ["BEDS_HERTS_COMMISSIONERS", "Truth", "find_public_files", "write_example"]
