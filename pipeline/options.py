"""What can be asked of a conversion: every option with its default, as the manifest keeps it."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

from pipeline.rules.rule import RuleOptions
from schemas.records import Domain, Shape

Side = Literal["both", "prompt", "response"]
"""What of a record is compared with others."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ConvertOptions:
    """All that decides what a dataset holds. Where it lies and how the work is shown is no part of it."""

    domain: Domain | None = None
    """Found from the columns and the content of the sources where it is not given."""
    format: str | None = None
    """A converter by name, ``patent/bdci``, instead of finding one."""
    direction: Literal["forward", "reverse"] = "forward"
    map: Mapping[str, str] = field(default_factory=dict)
    """``content``, ``summary``, ``history``, ``group`` -> column of the source."""
    join: str | None = None
    on: str | None = None
    table: str | None = None
    encoding: str | None = None
    turns: Literal["all", "last"] = "all"
    statutes: bool = False
    max_history_turns: int | None = None
    max_history_chars: int | None = None
    clean: bool = True
    width: bool = False
    nfkc: bool = False
    simplified: bool = False
    rules: RuleOptions = field(default_factory=RuleOptions)
    conflicts: Literal["keep", "first", "drop"] = "keep"
    max_per_prompt: int | None = None
    near_dedup: float | None = None
    """The Jaccard similarity from which two records are near duplicates."""
    near_dedup_on: Side = "both"
    verify: bool = True
    """Whether the true similarity of candidates is computed before one is left out."""
    against: tuple[str, ...] = ()
    """Files of other datasets that nothing may be taken from: what stands in them is held out there."""
    dev: float = 0.05
    """A share of the records below 1, a count of them from 1 on."""
    test: float = 0.05
    seed: int = 42
    stratify: str | None = None
    split_by: str | None = None
    """``time:COLUMN``: the newest records are held out; ``file``: the sources' names say which."""
    sample: int | None = None
    shape: Literal["auto"] | Shape = "auto"
    limit: int | None = None
    max_reject_rate: float = 0.5

    def as_json(self) -> dict[str, Any]:
        """Plain values for the manifest."""
        return asdict(self)


LIMITS = {
    "min_content": ("content", "minimum"),
    "max_content": ("content", "maximum"),
    "min_summary": ("summary", "minimum"),
    "max_summary": ("summary", "maximum"),
}
"""Option -> the side that it limits, and which end."""


def flat(made_with: Mapping[str, Any]) -> dict[str, Any]:
    """The options of a manifest under the names that they have on the command line."""
    rules: Mapping[str, Any] = made_with["rules"]
    sides = {side for side, _ in LIMITS.values()}
    own = {name: value for name, value in made_with.items() if name != "rules"}
    asked = {name: value for name, value in rules.items() if name not in sides}
    return {**own, **asked, **{name: rules[side][bound] for name, (side, bound) in LIMITS.items()}}


def time_column(options: ConvertOptions) -> str | None:
    """The column of ``--split-by time:COLUMN``."""
    is_time = options.split_by is not None and options.split_by.startswith("time:")
    return (options.split_by or "").removeprefix("time:") if is_time else None
