"""The funnel of a conversion, for a person at a terminal."""

from collections.abc import Iterator, Mapping
from typing import Any

from schemas.reasons import REASONS, TURN_COUNTS


def funnel_lines(manifest: Mapping[str, Any]) -> Iterator[str]:
    """What was read, what became of it, and why the rest did not arrive."""
    rows, records = manifest["rows"], manifest["records"]
    yield f"{'read':<14}{rows['read']:>12,}  rows"
    yield from _losses(rows["not_a_record"], "no record")
    if rows["merged"]:
        yield f"{'  merged':<14}{-rows['merged']:>12,}  joined with another row"
    yield from _losses(rows["rejected"], "rejected")
    yield f"{'made':<14}{records['made']:>12,}  records"
    yield from _losses(records["rejected"], "rejected")
    if records["duplicates"]:
        yield f"{'  duplicates':<14}{-records['duplicates']:>12,}  equal to an earlier record"
    if records["not_sampled"]:
        yield f"{'  not sampled':<14}{-records['not_sampled']:>12,}  outside --sample"
    for split in ("train", "dev", "test"):
        yield f"{split:<14}{records[split]:>12,}"
    yield from _lengths(manifest["lengths"])
    yield from _counts("cleaned", manifest["cleaned"])
    yield from _counts("turns", {TURN_COUNTS.get(name, name): count for name, count in manifest["turns"].items()})
    yield from _counts("repaired", manifest["repaired"])


def _losses(counts: Mapping[str, int], word: str) -> Iterator[str]:
    for reason, count in counts.items():
        yield f"  {word:<12}{-count:>12,}  {reason}: {REASONS[reason].text}"


def _lengths(lengths: Mapping[str, Mapping[str, float]]) -> Iterator[str]:
    for side in ("content", "summary"):
        if side in lengths:
            at = lengths[side]
            yield f"{side:<14}{at['p50']:>12,}  characters in the middle, {at['p5']:,} to {at['p95']:,} for nine in ten"


def _counts(title: str, counts: Mapping[str, int]) -> Iterator[str]:
    if counts:
        yield f"{title:<14}" + ", ".join(f"{name} {count:,}" for name, count in counts.items())
