"""A frame that travels in another frame's ``attrs``."""

from __future__ import annotations

from typing import Any

import pandas as pd


class AttachedFrame(pd.DataFrame):
    """A frame that compares and copies as one value.

    pandas compares ``attrs`` with ``==`` whenever it puts columns together, and copies them deeply at every step; a
    plain frame in there makes the first raise and the second slow. Whatever is taken out of it is a plain frame again.

    Examples
    --------
    >>> frame = pd.DataFrame({"a": [1], "b": [2]})
    >>> frame.attrs["set_aside"] = AttachedFrame({"reason": ["branch code"]})
    >>> frame.astype({"a": "float64"}).attrs["set_aside"]["reason"].tolist()
    ['branch code']
    """

    def __eq__(self, other: object) -> bool:  # type: ignore[override]
        return self is other or (isinstance(other, pd.DataFrame) and self.equals(other))

    __hash__ = None

    def __deepcopy__(self, memo: Any = None) -> AttachedFrame:
        return self
