"""Policies: what may be shown, as named presets from data/schema/policies.json."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields
from functools import cache
from typing import Any

from resilience_stats.display import Part, Shown, parts_of
from resilience_stats.errors import DisclosureError, did_you_mean
from resilience_stats.resources import schema_directory

ZEROS = ("shown", "withheld")
IDENTITIES = ("shown", "pseudonym", "dropped")
ROUNDINGS = ("nearest", "midpoint")
SMALL = ("withheld", "zero")
FORMATS = ("svg", "png")
#: No threshold or base can be meant that is larger.
_MOST = 1_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy(Shown):
    """What may be shown to whom.

    Attributes
    ----------
    threshold : int
        The smallest number of people that may be shown: 5 withholds 1 to 4; 0 withholds nothing.
    practice_threshold : int
        The same for practices, where a row says how many stand behind it.
    rounding_base : int
        Counts are rounded to a multiple of it; 0 does not round.
    rounding : str
        ``"nearest"`` (half up; a total is the sum of its rounded parts where all are shown) or ``"midpoint"`` (each
        count above 0 becomes the middle of its band of `rounding_base`, totals too).
    small : str
        What becomes of a count below the threshold: ``"withheld"``, or ``"zero"`` (it counts as 0 before rounding).
    zeros : str
        ``"shown"`` or ``"withheld"``.
    secondary : bool
        Whether more is withheld until nothing withheld can be worked out.
    identity : str
        Practice codes are ``"shown"``, turned into a ``"pseudonym"``, or what belongs to one practice is ``"dropped"``.
    minimum_residual_df : int
        A model with fewer residual degrees of freedom is withheld.
    dominance_share, p_ratio : float
        Limits of `check_magnitude` for sums and means of amounts; 0 does not check.
    figure_formats : tuple of str
        Formats in which a figure may leave, the preferred one first: ``"svg"``, ``"png"``.
    name, label, description : str
        For the reader.
    pseudonym_key : str
        A secret that keeps pseudonyms the same from one release to the next. Without it they are the same within one
        release only. Practice codes are public, so a pseudonym made without a secret could be looked up.

    Examples
    --------
    >>> Policy.preset("board").threshold
    5
    """

    threshold: int = 5
    practice_threshold: int = 5
    rounding_base: int = 0
    rounding: str = "nearest"
    small: str = "withheld"
    zeros: str = "shown"
    secondary: bool = True
    identity: str = "pseudonym"
    minimum_residual_df: int = 10
    dominance_share: float = 0.0
    p_ratio: float = 0.0
    figure_formats: tuple[str, ...] = FORMATS
    name: str = "own"
    label: str = "Own settings"
    description: str = ""
    pseudonym_key: str = field(default="", repr=False)

    def __post_init__(self) -> None:
        for name in ("threshold", "practice_threshold", "rounding_base", "minimum_residual_df"):
            value = getattr(self, name)
            if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value <= _MOST:
                raise _not_allowed("not a possible number", name, value, f"a whole number, 0 to {_MOST:,}")
        for name in ("dominance_share", "p_ratio"):
            value = getattr(self, name)
            if not isinstance(value, (int, float)) or isinstance(value, bool) or not 0 <= value <= 1:
                raise _not_allowed("not a share", name, value, "0 to 1")
        if not isinstance(self.secondary, bool):
            raise _not_allowed("not yes or no", "secondary", self.secondary, "true, false")
        choices = {"zeros": ZEROS, "identity": IDENTITIES, "rounding": ROUNDINGS, "small": SMALL}
        for name, allowed in choices.items():
            if getattr(self, name) not in allowed:
                raise _not_allowed("unknown value", name, getattr(self, name), ", ".join(allowed))
        object.__setattr__(self, "figure_formats", _formats(self.figure_formats))

    def _shown(self) -> Iterable[Part]:
        yield f"{self.label} ({self.name})", self.description
        yield "", parts_of(self, without=("name", "label", "description"))

    @classmethod
    def preset(cls, name: str) -> Policy:
        """Return a policy of data/schema/policies.json: ``"internal"``, ``"board"``, ``"public"``, ``"acro"``, ..."""
        known = _presets()
        if name not in known:
            raise DisclosureError(
                "unknown policy",
                where="policy, preset",
                found=name,
                allowed=", ".join(known),
                action=did_you_mean(name, known),
            )
        return cls(name=name, **known[name])


def _not_allowed(problem: str, name: str, found: object, allowed: str) -> DisclosureError:
    return DisclosureError(problem, where=f"policy, {name}", found=found, allowed=allowed)


def _formats(held: Any) -> tuple[str, ...]:
    formats = [held] if isinstance(held, str) else held
    if not isinstance(formats, (list, tuple)) or not formats or not all(f in FORMATS for f in formats):
        raise _not_allowed("unknown format", "figure_formats", formats, ", ".join(FORMATS))
    return tuple(formats)


@cache
def _presets() -> Mapping[str, dict[str, Any]]:
    return json.loads((schema_directory() / "policies.json").read_text(encoding="utf-8"))["policies"]


def preset_names() -> tuple[str, ...]:
    """Return the names of all presets, in the order of data/schema/policies.json.

    Examples
    --------
    >>> preset_names()[:3]
    ('internal', 'board', 'public')
    """
    return tuple(_presets())


def read_policy(settings: Policy | str | Mapping[str, Any]) -> Policy:
    """Return a policy from itself, a preset's name, or the section ``[policy]`` of a study file.

    Parameters
    ----------
    settings : Policy, str or mapping
        A mapping holds ``preset`` (default board) and any field of `Policy` to change.

    Raises
    ------
    DisclosureError
        For an unknown preset, an unknown key or a value that is not allowed.

    Examples
    --------
    >>> read_policy({"preset": "public", "threshold": 10}).rounding_base
    5
    """
    if isinstance(settings, Policy):
        return settings
    if isinstance(settings, str):
        return Policy.preset(settings)
    preset = str(settings.get("preset", "board"))
    changes = {key: value for key, value in settings.items() if key != "preset"}
    known = [f.name for f in fields(Policy)]
    for key in changes:
        if key not in known:
            raise DisclosureError(
                "unknown key", where="policy", found=key, action=did_you_mean(key, ["preset", *known])
            )
    base = {name: getattr(Policy.preset(preset), name) for name in known}
    return Policy(**{**base, **changes})
