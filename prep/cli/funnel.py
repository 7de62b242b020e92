"""The funnel of a conversion, for a person at a terminal."""

import shutil
import textwrap
from collections.abc import Iterator, Mapping
from typing import Any

from schemas.reasons import REASONS, TURN_COUNTS

_NAMES = 14
_NARROWEST = 56
"""Columns below which lines are no longer broken: half of them are names and numbers."""


def funnel_lines(manifest: Mapping[str, Any], width: int | None = None) -> Iterator[str]:
    """What was read, what became of it, and why the rest did not arrive; in so many columns, or those of the terminal
    (80 where there is none)."""
    width = width or shutil.get_terminal_size((80, 24)).columns
    for name, count, text in _counts(manifest):
        yield from _wrapped(f"{name:<{_NAMES}}{count:>12,}  ", text, width)
    for title in ("cleaned", "repaired"):
        if manifest[title]:
            listed = ", ".join(f"{name} {count:,}" for name, count in manifest[title].items())
            yield from _wrapped(f"{title:<{_NAMES}}", listed, width)


def _counts(manifest: Mapping[str, Any]) -> Iterator[tuple[str, int, str]]:
    rows, records = manifest["rows"], manifest["records"]
    yield "read", rows["read"], "rows"
    yield from _losses(rows["not_a_record"], "no record")
    if rows["merged"]:
        yield "  merged", -rows["merged"], "joined with another row"
    yield from _losses(rows["rejected"], "rejected")
    yield "made", records["made"], "records"
    yield from _losses(records["rejected"], "rejected")
    near = manifest.get("near", {}).get("duplicates", 0)
    leaks = sum(entry["leaks"] for entry in manifest.get("appended", ()))
    if records["duplicates"] - near - leaks:
        yield "  duplicates", near + leaks - records["duplicates"], "equal to an earlier record"
    if near:
        yield "  near", -near, f"duplicates: {manifest['near']['threshold']:g} or more like an earlier record"
    if leaks:
        yield "  leak", -leaks, "linked to held-out records by what was appended"
    if records["not_sampled"]:
        yield "  not sampled", -records["not_sampled"], "outside --sample"
    for split in ("train", "dev", "test"):
        yield split, records[split], ""
    for side in ("content", "summary"):
        if at := manifest["lengths"].get(side):
            yield side, at["p50"], f"characters (median); nine in ten have {at['p5']:,} to {at['p95']:,}"
    for name, count in manifest["turns"].items():
        yield "turns", count, TURN_COUNTS.get(name, name)


def _losses(counts: Mapping[str, int], word: str) -> Iterator[tuple[str, int, str]]:
    for reason, count in counts.items():
        yield f"  {word}", -count, f"{reason}: {REASONS[reason].text}"


def _wrapped(head: str, text: str, width: int) -> list[str]:
    wrapper = textwrap.TextWrapper(
        width=max(width, _NARROWEST),
        initial_indent=head,
        subsequent_indent=" " * len(head),
        break_on_hyphens=False,  # --max-content stays in one piece
    )
    return wrapper.wrap(text) or [head.rstrip()]
