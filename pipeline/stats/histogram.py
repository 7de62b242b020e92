"""The bars of a histogram: equally wide, or growing by a factor where a few lengths tower above the rest."""

from bisect import bisect_right
from dataclasses import dataclass
from itertools import pairwise

from schemas.statistics import Distribution

_TOWERING = 8
"""From this multiple of the median on the longest text asks for a logarithmic scale."""


@dataclass(frozen=True, slots=True)
class Bar:
    """Records with a length from ``low`` to ``high``, both included."""

    low: int
    high: int
    records: int


def needs_log_scale(lengths: Distribution) -> bool:
    return lengths.maximum > _TOWERING * max(lengths.p50, 1) and lengths.maximum >= 2 * _TOWERING


def bars(lengths: Distribution, number: int, within: Distribution | None = None) -> list[Bar]:
    """At most ``number`` bars from the shortest to the longest, of ``within`` where several share one scale."""
    scale = within or lengths
    edges = _log_edges(scale, number) if needs_log_scale(scale) else _even_edges(scale, number)
    totals = [0] * (len(edges) - 1)
    for length, records in lengths.counts.items():
        totals[bisect_right(edges, length) - 1] += records
    return [Bar(low, high - 1, total) for (low, high), total in zip(pairwise(edges), totals, strict=True)]


def _even_edges(lengths: Distribution, number: int) -> list[int]:
    width = -(-(lengths.maximum - lengths.minimum + 1) // number)
    count = -(-(lengths.maximum - lengths.minimum + 1) // width)
    return [lengths.minimum + index * width for index in range(count + 1)]


def _log_edges(lengths: Distribution, number: int) -> list[int]:
    first, last = lengths.minimum + 1, lengths.maximum + 2  # + 1: a history may be empty
    factor = (last / first) ** (1 / number)
    return sorted({round(first * factor**index) - 1 for index in range(number)} | {lengths.maximum + 1})
