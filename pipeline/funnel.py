"""How many rows and records went which way, and the proof that none is missing."""

from collections import Counter
from dataclasses import dataclass, field
from typing import Any


@dataclass(slots=True)
class Funnel:
    """Counts of a conversion, added up chunk by chunk."""

    read: int = 0
    converted: int = 0
    merged: int = 0
    not_a_record: Counter[str] = field(default_factory=Counter)
    rejected_rows: Counter[str] = field(default_factory=Counter)
    made: int = 0
    rejected_records: Counter[str] = field(default_factory=Counter)
    duplicates: int = 0
    not_sampled: int = 0
    splits: Counter[str] = field(default_factory=Counter)
    cleaned: Counter[str] = field(default_factory=Counter)
    turns: Counter[str] = field(default_factory=Counter)
    notes: Counter[str] = field(default_factory=Counter)

    def add(self, other: "Funnel") -> None:
        for name in self.__slots__:
            mine, theirs = getattr(self, name), getattr(other, name)
            if isinstance(mine, Counter):
                mine.update(theirs)
            else:
                setattr(self, name, mine + theirs)

    @property
    def kept(self) -> int:
        return self.splits.total()

    @property
    def rejected(self) -> int:
        return self.rejected_rows.total() + self.rejected_records.total()

    @property
    def reject_rate(self) -> float:
        """Rejected rows and records among all that might have become records."""
        candidates = self.rejected_rows.total() + self.made
        return self.rejected / candidates if candidates else 0.0

    def check(self) -> None:
        """Every row and every record stands in exactly one place. A difference is our bug, so no PrepError."""
        rows = self.converted + self.merged + self.not_a_record.total() + self.rejected_rows.total()
        records = self.kept + self.not_sampled + self.rejected_records.total() + self.duplicates
        if rows != self.read or records != self.made:
            raise RuntimeError(
                f"rows or records are missing: {self.read} rows read, {rows} accounted for; "
                f"{self.made} records made, {records} accounted for"
            )

    def as_json(self) -> dict[str, Any]:
        """The manifest's ``rows`` and ``records``, with the counts beside them."""
        return {
            "rows": {
                "read": self.read,
                "converted": self.converted,
                "merged": self.merged,
                "not_a_record": _sorted(self.not_a_record),
                "rejected": _sorted(self.rejected_rows),
            },
            "records": {
                "made": self.made,
                **{name: self.splits[name] for name in ("train", "dev", "test")},
                "not_sampled": self.not_sampled,
                "rejected": _sorted(self.rejected_records),
                "duplicates": self.duplicates,
            },
            "reject_rate": round(self.reject_rate, 6),
            "cleaned": _sorted(self.cleaned),
            "turns": _sorted(self.turns),
            "repaired": _sorted(self.notes),
        }


def _sorted(counts: Counter[str]) -> dict[str, int]:
    return {name: counts[name] for name in sorted(counts) if counts[name]}
