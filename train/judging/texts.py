"""The sentences of one language, by what they say; numbers stand in them as ``{names}``."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Texts:
    """A test holds the languages to the same keys and names."""

    titles: Mapping[str, str]
    """By verdict."""
    reasons: Mapping[str, str]
    advice: Mapping[str, str]
    """By reason."""
    doubts: Mapping[str, str]
    caveats: Mapping[str, str]
    interval: str
    percent: str
    not_shown: str
